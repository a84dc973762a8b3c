//! The other way round: workflows that run for something that the ledger has ended or does not hold. They are told of, never stopped.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use vextrus_contract::document::workflow_type;
use vextrus_contract::employees;
use vextrus_contract::reconcile::Place;
use vextrus_domain::{DocumentKey, DocumentType};
use vextrus_ledger::employees::processes;
use vextrus_ledger::reconcile::findings;
use vextrus_ledger::reconcile::open::{self, Standing};
use vextrus_ledger::{Tx, documents};
use vextrus_lifecycle::Process;
use vextrus_temporal::runs::{self, Seen};
use vextrus_temporal::{WorkflowId, WorkflowKind};

use crate::judge::{Act, What};
use crate::look::{PAGE, tell};
use crate::report::{Found, Page};
use crate::{Namespaces, ReconcileError, Reconciler, Scope};

/// The most workflows without document that stand on a company's trail; more are counted only.
const MOST_UNKNOWN: u32 = 200;

/// A workflow that runs, and what it is for.
struct Run {
    workflow: String,
    kind: WorkflowKind,
    key: DocumentKey,
}

impl Reconciler {
    pub(crate) async fn runs(&self, scope: &Scope, page: Option<&str>) -> Result<Page, ReconcileError> {
        let token = page.map(|page| STANDARD.decode(page)).transpose();
        let token = token.map_err(|_| ReconcileError::Place(page.unwrap_or_default().chars().take(80).collect()))?;
        let documents = DocumentType::ALL.map(workflow_type);
        let processes = Process::ALL.map(employees::workflow_type);
        let types: Vec<&str> = documents.into_iter().chain(processes).collect();
        let most = i32::try_from(PAGE).unwrap_or(i32::MAX);
        let (ids, token) = runs::running_of(&self.client, &types, most, token.unwrap_or_default()).await?;
        let next = (!token.is_empty()).then(|| Place::Runs { page: Some(STANDARD.encode(token)) });
        // An id of another form was chosen by somebody's hand: it belongs to no company, and its steps are refused.
        let running: Vec<Run> = ids.iter().filter_map(|id| Run::read(id)).collect();
        let looked_at = running.len();
        let asked =
            running.into_iter().filter(|run| scope.tenant.as_ref().is_none_or(|tenant| *tenant == run.key.tenant));
        let mut suspects = Vec::new();
        let mut tx = self.steps.ledger.read_for_all().await?;
        let now = tx.now();
        for run in asked {
            if self.standing(&mut tx, &run, now).await?.is_some() {
                suspects.push(run);
            }
        }
        tx.rollback().await?;
        let mut found = Vec::new();
        if !suspects.is_empty() {
            let namespaces = self.namespaces().await?;
            for run in suspects {
                found.extend(self.run(scope, &run, &namespaces).await?);
            }
        }
        Ok(Page { looked_at, found, next })
    }

    /// What does not fit, as the ledger has it now.
    async fn standing(&self, tx: &mut Tx, run: &Run, now: DateTime<Utc>) -> Result<Option<What>, ReconcileError> {
        let standing = match run.kind {
            WorkflowKind::Document(kind) => open::document_standing(tx, &run.key, kind).await?,
            WorkflowKind::Onboarding => open::process_standing(tx, &run.key, Process::Onboarding).await?,
            WorkflowKind::Offboarding => open::process_standing(tx, &run.key, Process::Offboarding).await?,
        };
        // A workflow ends a moment after the ledger; with a worker that died in between, some time after it.
        Ok(match standing {
            None => Some(What::Unknown),
            Some(Standing::Ended(at)) if at <= self.since(now, self.limits.grace) => Some(What::RunsOn),
            Some(_) => None,
        })
    }

    async fn run(&self, scope: &Scope, run: &Run, namespaces: &Namespaces) -> Result<Option<Found>, ReconcileError> {
        let seen = runs::describe(&self.client, &run.workflow).await?;
        let (ledger, tenant) = (&self.steps.ledger, &run.key.tenant);
        let mut tx = if scope.dry_run { ledger.read(tenant).await? } else { ledger.begin(tenant).await? };
        let now = tx.now();
        // The claim comes before the start; so young a run is left alone all the same, as a claim is.
        let is_young = |started_at| DateTime::<Utc>::from(started_at) > self.since(now, self.limits.min_age);
        if !matches!(seen, Seen::Running { started_at, .. } if !is_young(started_at)) {
            return Ok(None);
        }
        let Some(what) = self.standing(&mut tx, run, now).await? else { return Ok(None) };
        let mut found = Found::new(&run.key, &run.workflow, &seen, (what, Act::Alarm), namespaces.are_one());
        if scope.dry_run {
            return Ok(Some(found));
        }
        let is_known = what != What::Unknown;
        // Two entries at once would both follow the same last entry of the trail.
        match run.kind {
            WorkflowKind::Document(_) => documents::lock(&mut tx, &run.key).await?.is_some(),
            _ => processes::lock(&mut tx, &run.key).await?.is_some(),
        };
        if is_known || findings::has_room(&mut tx, &run.key.tenant, what.name(), MOST_UNKNOWN).await? {
            tell(&mut tx, &mut found, namespaces, is_known).await?;
            tx.commit().await?;
        }
        Ok(Some(found))
    }
}

impl Run {
    fn read(workflow: &str) -> Option<Self> {
        let id: WorkflowId = workflow.parse().ok()?;
        let key = DocumentKey {
            tenant: id.tenant().parse().ok()?,
            document: id.document().parse().ok()?,
            submission: id.submission(),
        };
        Some(Self { workflow: workflow.to_owned(), kind: id.kind(), key })
    }
}
