//! Looking at a page of what is open: which of it has no workflow that runs, as the server itself says.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use vextrus_ledger::outbox::About;
use vextrus_ledger::reconcile::findings::{self, Finding};
use vextrus_ledger::reconcile::open::Open;
use vextrus_ledger::{LedgerError, Tx};
use vextrus_lifecycle::Process;
use vextrus_temporal::runs::{self, Seen};
use vextrus_temporal::{WorkflowId, WorkflowKind};

use crate::judge::{Act, What, judge};
use crate::report::Found;
use crate::{Namespaces, ReconcileError, Reconciler};

/// How much is looked at in one page.
pub(crate) const PAGE: u32 = 50;

/// Something open whose workflow does not run.
pub(crate) struct Suspect<K> {
    pub(crate) open: Open<K>,
    pub(crate) workflow: String,
    pub(crate) seen: Seen,
    pub(crate) what: What,
    pub(crate) may_be_mended: bool,
}

impl Reconciler {
    /// What of these has no workflow that runs, and the namespaces as they were afterwards: a namespace that was deleted meanwhile
    /// would have let everything seem missing.
    pub(crate) async fn suspects<K: Copy>(
        &self,
        open: Vec<Open<K>>,
        kind_of: impl Fn(K) -> WorkflowKind,
        now: DateTime<Utc>,
    ) -> Result<(Vec<Suspect<K>>, Namespaces), ReconcileError> {
        let id_of = |open: &Open<K>| {
            let key = &open.key;
            WorkflowId::new(kind_of(open.kind), key.tenant.as_str(), key.document.as_str(), key.submission)
        };
        let ids = open.iter().map(|open| Ok(id_of(open)?.to_string())).collect::<Result<Vec<_>, ReconcileError>>()?;
        // Visibility lags behind, so it decides nothing: what it takes for running is looked at in the next round again.
        let running = runs::running_among(&self.client, &ids).await?;
        let mut suspects = Vec::new();
        for (open, workflow) in open.into_iter().zip(ids) {
            if running.contains(&workflow) {
                continue;
            }
            let seen = runs::describe(&self.client, &workflow).await?;
            if let Some((what, may_be_mended)) = judge(&seen, open.claimed_at <= self.since(now, self.limits.grace)) {
                suspects.push(Suspect { open, workflow, seen, what, may_be_mended });
            }
        }
        Ok((suspects, self.namespaces().await?))
    }

    /// The moment so long ago.
    pub(crate) fn since(&self, now: DateTime<Utc>, age: std::time::Duration) -> DateTime<Utc> {
        TimeDelta::from_std(age).ok().and_then(|age| now.checked_sub_signed(age)).unwrap_or(DateTime::<Utc>::UNIX_EPOCH)
    }
}

/// What was done about a suspect. One that the ledger cannot read stands in no other's way: `vextrus ledger check` says what is wrong
/// with it.
pub(crate) fn or_damaged<K>(
    done: Result<Option<Found>, ReconcileError>,
    suspect: &Suspect<K>,
    namespaces: &Namespaces,
) -> Result<Option<Found>, ReconcileError> {
    match done {
        Err(ReconcileError::Ledger(error)) if error.is_final() => {
            tracing::error!(workflow = suspect.workflow, %error, "what has no workflow any more cannot be read");
            let found = (suspect.what, Act::Alarm);
            Ok(Some(Found::new(&suspect.open.key, &suspect.workflow, &suspect.seen, found, namespaces.are_one())))
        }
        done => done,
    }
}

/// Writes a finding, and notes whether it is new.
pub(crate) async fn tell(
    tx: &mut Tx,
    found: &mut Found,
    namespaces: &Namespaces,
    is_known: bool,
) -> Result<(), LedgerError> {
    let body = json!({"workflow": &found.workflow, "run": &found.run, "finding": found.finding.name(),
        "act": found.act.name(), "namespace": &namespaces.server, "remedy": found.remedy});
    let id: WorkflowId = found.workflow.parse().map_err(|e| LedgerError::corrupt("workflow id", e))?;
    let about = match id.kind() {
        WorkflowKind::Document(kind) => About::Document(kind),
        WorkflowKind::Onboarding => About::Process(Process::Onboarding),
        WorkflowKind::Offboarding => About::Process(Process::Offboarding),
    };
    let finding = Finding {
        key: &found.key,
        about,
        workflow: &found.workflow,
        finding: found.finding.name(),
        act: found.act.name(),
        reference: found.run.as_ref().unwrap_or(&namespaces.server),
        is_known,
        body,
    };
    found.is_new = findings::tell(tx, &finding).await?;
    Ok(())
}
