//! The reconciler: compares what the ledger holds as open with what Temporal says of its workflows, both ways.
//!
//! It takes nobody's word. What it closes, it has itself asked the server about, in the namespace that the ledger knows by its id;
//! ages and limits come from the configuration of the process, never from who starts it. It closes documents by the step that their
//! workflows close them by, with the same tombstone, and it makes up nothing: what it cannot mend is told.

mod activities;
mod documents;
mod error;
mod judge;
mod look;
mod processes;
mod report;
mod runs;
mod schedule;

use std::time::Duration;

use temporalio_client::{Client, NamespacedClient as _};
use vextrus_contract::reconcile::Place;
use vextrus_documents::Steps;
use vextrus_domain::TenantId;
use vextrus_ledger::Ledger;
use vextrus_ledger::reconcile::namespaces::{self, Namespace};
use vextrus_platform::Config;

pub use activities::Reconciliation;
pub use error::ReconcileError;
pub use judge::{Act, What};
pub use report::{Found, MOST_LISTED, Page, Round};
pub use schedule::{SCHEDULE, ensure};

/// The reconciler over one ledger and one namespace.
#[derive(Clone)]
pub struct Reconciler {
    client: Client,
    steps: Steps,
    limits: Limits,
}

/// From when on something is looked at and done, and how a process is started again.
#[derive(Debug, Clone)]
struct Limits {
    min_age: Duration,
    grace: Duration,
    step_timeout_millis: u64,
    perform_within_millis: u64,
    events_of_a_run: u32,
}

/// What a round is about, and whether it only looks.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// One company, or all.
    pub tenant: Option<TenantId>,
    /// Nothing is written, closed or started.
    pub dry_run: bool,
    /// An operator asks: what was started again too often by itself is started again.
    pub by_hand: bool,
}

/// The namespaces that the ledger and the server speak of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Namespaces {
    /// The name by which we are connected.
    pub name: String,
    /// What the server calls it.
    pub server: String,
    /// What the ledger calls its own; none before a worker has started.
    pub ledger: Option<String>,
}

impl Namespaces {
    /// Whether the server's namespace is the one that the ledger's workflows live in. Otherwise nothing may be closed: what is
    /// missing here may run there.
    #[must_use]
    pub fn are_one(&self) -> bool {
        self.ledger.as_ref() == Some(&self.server)
    }
}

impl Reconciler {
    /// A reconciler, as the configuration says.
    #[must_use]
    pub fn configured(config: &Config, client: Client, steps: Steps) -> Self {
        let limits = Limits {
            min_age: Duration::from_millis(config.reconcile.min_age_millis),
            grace: Duration::from_millis(config.reconcile.grace_millis),
            step_timeout_millis: config.steps.timeout_millis,
            perform_within_millis: config.steps.perform_within_millis,
            events_of_a_run: config.steps.events_of_a_run,
        };
        Self { client, steps, limits }
    }

    /// The whole comparison, page by page.
    ///
    /// # Errors
    /// [`ReconcileError`].
    pub async fn round(&self, scope: &Scope) -> Result<Round, ReconcileError> {
        let mut round = Round::begun(self.namespaces().await?);
        let mut place = Some(Place::default());
        while let Some(next) = place {
            let page = self.page(scope, &next).await?;
            place = page.next.clone();
            round.add(page);
        }
        Ok(round)
    }

    /// One page of it.
    ///
    /// # Errors
    /// [`ReconcileError`].
    pub async fn page(&self, scope: &Scope, place: &Place) -> Result<Page, ReconcileError> {
        let page = match place {
            Place::Documents { after } => self.documents(scope, after.as_ref()).await?,
            Place::Processes { after } => self.processes(scope, after.as_ref()).await?,
            Place::Runs { page } => self.runs(scope, page.as_deref()).await?,
        };
        for found in page.found.iter().filter(|found| found.is_new && !scope.dry_run) {
            tracing::warn!(
                workflow = found.workflow,
                finding = found.finding.name(),
                act = found.act.name(),
                "ledger and temporal do not fit together"
            );
        }
        Ok(page)
    }

    /// Which namespaces the ledger and the server speak of.
    ///
    /// # Errors
    /// [`ReconcileError`].
    pub async fn namespaces(&self) -> Result<Namespaces, ReconcileError> {
        let name = self.client.namespace();
        let server = vextrus_temporal::namespace_id(&self.client, &name).await?;
        let mut tx = self.steps.ledger.read_for_all().await?;
        let ledger = namespaces::stored(&mut tx).await?.map(|stored| stored.id);
        Ok(Namespaces { name, server, ledger })
    }
}

/// Keeps the namespace of the first worker in the ledger. One that is another than the ledger's is told loudly, and changes nothing:
/// an operator may be at work on one of the two.
///
/// # Errors
/// [`ReconcileError`].
pub async fn keep_namespace(client: &Client, ledger: &Ledger) -> Result<Namespace, ReconcileError> {
    let name = client.namespace();
    let id = vextrus_temporal::namespace_id(client, &name).await?;
    let kept = namespaces::keep(ledger, &name, &id).await?;
    if kept.id != id {
        tracing::error!(
            namespace = name,
            id,
            ledgers_namespace = kept.name,
            ledgers_id = kept.id,
            "this is not the namespace that the ledger's workflows live in: nothing is reconciled, only told. Connect to that \
             one, or, if it is lost, say so with: vextrus ledger adopt-namespace"
        );
    }
    Ok(kept)
}
