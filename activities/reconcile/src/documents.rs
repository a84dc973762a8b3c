//! Documents that the ledger holds as open: each should have an approval that runs.

use vextrus_contract::reconcile::Place;
use vextrus_contract::steps::{CloseInput, CloseOutput, CloseReason};
use vextrus_domain::{DocumentKey, DocumentType, Refusal, RefusalCode};
use vextrus_ledger::documents::{self, State};
use vextrus_ledger::reconcile::open;
use vextrus_temporal::WorkflowKind;

use crate::judge::{Act, What};
use crate::look::{PAGE, Suspect, or_damaged, tell};
use crate::report::{Found, Page};
use crate::{Namespaces, ReconcileError, Reconciler, Scope};

impl Reconciler {
    pub(crate) async fn documents(&self, scope: &Scope, after: Option<&DocumentKey>) -> Result<Page, ReconcileError> {
        let mut tx = self.steps.ledger.read_for_all().await?;
        let now = tx.now();
        let before = self.since(now, self.limits.min_age);
        let page = open::Page { after, tenant: scope.tenant.as_ref(), before, most: PAGE };
        let open = open::documents(&mut tx, page).await?;
        tx.rollback().await?;
        let next = match open.last() {
            Some(last) if open.len() as u32 == PAGE => Place::Documents { after: Some(last.key.clone()) },
            _ => Place::Processes { after: None },
        };
        let looked_at = open.len();
        let (suspects, namespaces) = self.suspects(open, WorkflowKind::from, now).await?;
        let mut found = Vec::new();
        for suspect in suspects {
            let done = self.document(scope, &suspect, &namespaces).await;
            found.extend(or_damaged(done, &suspect, &namespaces)?);
        }
        Ok(Page { looked_at, found, next: Some(next) })
    }

    /// Tells of a document and closes it, if it is open still and may be closed.
    async fn document(
        &self,
        scope: &Scope,
        suspect: &Suspect<DocumentType>,
        namespaces: &Namespaces,
    ) -> Result<Option<Found>, ReconcileError> {
        let key = &suspect.open.key;
        let are_one = namespaces.are_one();
        let act = if suspect.may_be_mended && are_one { Act::Close } else { Act::Alarm };
        let mut found = Found::new(key, &suspect.workflow, &suspect.seen, (suspect.what, act), are_one);
        let is_open = |state| matches!(state, State::Claimed | State::Assessed);
        if scope.dry_run {
            let mut tx = self.steps.ledger.read(&key.tenant).await?;
            let still = documents::get(&mut tx, key).await?.is_some_and(|d| is_open(d.state));
            return Ok(still.then_some(found));
        }
        let mut tx = self.steps.ledger.begin(&key.tenant).await?;
        // The server was asked before: a document that has ended since has ended as it should.
        if !documents::lock(&mut tx, key).await?.is_some_and(|d| is_open(d.state)) {
            return Ok(None);
        }
        tell(&mut tx, &mut found, namespaces, true).await?;
        tx.commit().await?;
        // In a transaction of its own, since it is the workflow's own step: what was told is done in the next round, if not now.
        if act == Act::Close {
            self.close(suspect, &found).await?;
        }
        Ok(Some(found))
    }

    async fn close(&self, suspect: &Suspect<DocumentType>, found: &Found) -> Result<(), ReconcileError> {
        let (reason, how) = match suspect.what {
            What::Cancelled => (CloseReason::Cancelled, "was cancelled from outside"),
            What::Terminated => (CloseReason::Failed, "was terminated"),
            What::TimedOut => (CloseReason::Failed, "timed out"),
            What::Missing => (CloseReason::Failed, "never began, or is lost"),
            _ => (CloseReason::Failed, "failed"),
        };
        let message = format!("workflow {} {how}; submit the document again", suspect.workflow);
        let refusal = Some(Refusal::new(RefusalCode::WorkflowEnded, message));
        let input = CloseInput { key: found.key.clone(), reason, refusal, entries: Vec::new() };
        match self.steps.close_step(&input).await? {
            CloseOutput::Closed | CloseOutput::AlreadySettled(_) => {}
            output @ (CloseOutput::NotEnded { .. } | CloseOutput::Refused(_)) => {
                tracing::error!(workflow = suspect.workflow, ?output, "a document without workflow was not closed");
            }
        }
        Ok(())
    }
}
