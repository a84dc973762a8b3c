//! Employees' processes that the ledger holds as open. One that has no plan yet is ended; one that has is started again from where the
//! ledger is: to undo it because its workflow is gone would take the account from somebody who is at work.

use temporalio_client::errors::WorkflowStartError;
use temporalio_client::{Client, WorkflowIdConflictPolicy, WorkflowIdReusePolicy, WorkflowStartOptions};
use temporalio_common::search_attributes::SearchAttributes;
use vextrus_contract::TASK_WITHIN;
use vextrus_contract::employees::{CarriedProcess, ProcessStart};
use vextrus_contract::reconcile::Place;
use vextrus_contract::search_attributes::{STAGE, STATUS};
use vextrus_domain::DocumentKey;
use vextrus_ledger::employees::course::Course;
use vextrus_ledger::employees::processes::{self, State, StoredProcess};
use vextrus_ledger::reconcile::findings;
use vextrus_ledger::reconcile::open;
use vextrus_ledger::{LedgerError, Tx};
use vextrus_lifecycle::{Machine, Process, Status};
use vextrus_onboarding::{EmployeeOffboarding, EmployeeOnboarding};
use vextrus_temporal::search_attributes::{DEPARTMENT, DOCUMENT, TENANT};
use vextrus_temporal::{WorkflowKind, task_queue};

use crate::judge::Act;
use crate::look::{PAGE, Suspect, or_damaged, tell};
use crate::report::{Found, Page};
use crate::{Limits, Namespaces, ReconcileError, Reconciler, Scope};

/// How often a process is started again by itself; then somebody keeps ending it, and people must talk.
const MOST_RESUMED: u64 = 3;

impl Reconciler {
    pub(crate) async fn processes(&self, scope: &Scope, after: Option<&DocumentKey>) -> Result<Page, ReconcileError> {
        let mut tx = self.steps.ledger.read_for_all().await?;
        let now = tx.now();
        let before = self.since(now, self.limits.min_age);
        let page = open::Page { after, tenant: scope.tenant.as_ref(), before, most: PAGE };
        let open = open::processes(&mut tx, page).await?;
        tx.rollback().await?;
        let next = match open.last() {
            Some(last) if open.len() as u32 == PAGE => Place::Processes { after: Some(last.key.clone()) },
            _ => Place::Runs { page: None },
        };
        let looked_at = open.len();
        let (suspects, namespaces) = self.suspects(open, kind_of, now).await?;
        let mut found = Vec::new();
        for suspect in suspects {
            let done = self.process(scope, &suspect, &namespaces).await;
            found.extend(or_damaged(done, &suspect, &namespaces)?);
        }
        Ok(Page { looked_at, found, next: Some(next) })
    }

    async fn process(
        &self,
        scope: &Scope,
        suspect: &Suspect<Process>,
        namespaces: &Namespaces,
    ) -> Result<Option<Found>, ReconcileError> {
        let key = &suspect.open.key;
        let ledger = &self.steps.ledger;
        let mut tx = if scope.dry_run { ledger.read(&key.tenant).await? } else { ledger.begin(&key.tenant).await? };
        let found =
            if scope.dry_run { processes::get(&mut tx, key).await? } else { processes::lock(&mut tx, key).await? };
        let Some(process) = found.filter(|p| p.state != State::Ended) else { return Ok(None) };
        let act = act(&mut tx, scope, suspect, &process, namespaces).await?;
        let are_one = namespaces.are_one();
        let mut found = Found::new(key, &suspect.workflow, &suspect.seen, (suspect.what, act), are_one);
        if scope.dry_run {
            return Ok(Some(found));
        }
        tell(&mut tx, &mut found, namespaces, true).await?;
        let mut course = Course::load(&mut tx, &process).await?;
        if act == Act::Close {
            let why = format!("workflow {} has ended or never began", suspect.workflow);
            let at = tx.now();
            if let Err(refusal) = course.stop(&mut tx, &process, (Status::Failed, &why), at).await? {
                return Err(LedgerError::corrupt("process", refusal).into());
            }
            course.write(&mut tx, &process).await?;
        }
        tx.commit().await?;
        if act == Act::Resume {
            let start = self.limits.start(process, course.machine().clone(), self.steps.trust.unsigned);
            resume(&self.client, &suspect.workflow, start).await?;
        }
        Ok(Some(found))
    }
}

async fn act(
    tx: &mut Tx,
    scope: &Scope,
    suspect: &Suspect<Process>,
    process: &StoredProcess,
    namespaces: &Namespaces,
) -> Result<Act, LedgerError> {
    if !suspect.may_be_mended || !namespaces.are_one() {
        return Ok(Act::Alarm);
    }
    if process.state == State::Claimed {
        return Ok(Act::Close);
    }
    let resumed = findings::acts(tx, &process.key.tenant, &suspect.workflow, Act::Resume.name()).await?;
    Ok(if resumed < MOST_RESUMED || scope.by_hand { Act::Resume } else { Act::Alarm })
}

const fn kind_of(process: Process) -> WorkflowKind {
    match process {
        Process::Onboarding => WorkflowKind::Onboarding,
        Process::Offboarding => WorkflowKind::Offboarding,
    }
}

impl Limits {
    /// What the workflow is started again with: where the ledger is, as one run would leave it to the next.
    fn start(&self, process: StoredProcess, machine: Machine, trust_unsigned: bool) -> ProcessStart {
        let phase = machine.phase().to_owned();
        let carried = CarriedProcess {
            machine,
            trust_unsigned,
            refused_messages: 0,
            signals: 0,
            runs: 1,
            shown: ("running".to_owned(), phase),
        };
        ProcessStart {
            key: process.key,
            process: process.kind,
            employee: process.employee,
            payload_hash: process.payload_hash,
            employment: process.employment,
            step_timeout_millis: self.step_timeout_millis,
            perform_within_millis: self.perform_within_millis,
            events_of_a_run: self.events_of_a_run,
            carried: Some(Box::new(carried)),
        }
    }
}

/// Starts a process's workflow again. One that runs already is as good; one that has completed is never started again.
async fn resume(client: &Client, workflow: &str, start: ProcessStart) -> Result<(), ReconcileError> {
    let (key, kind) = (&start.key, start.process);
    let shown = start.carried.as_ref().map(|carried| carried.shown.clone()).unwrap_or_default();
    let attributes = SearchAttributes::new([
        TENANT.value_set(key.tenant.to_string()),
        DOCUMENT.value_set(key.document.to_string()),
        DEPARTMENT.value_set(start.employment.department.to_string()),
        STATUS.value_set(shown.0),
        STAGE.value_set(shown.1),
    ]);
    let summary = format!("{kind} of {}, {}, started again", start.employee, start.employment.department);
    let options = WorkflowStartOptions::new(task_queue::ONBOARDING, workflow.to_owned())
        .id_reuse_policy(WorkflowIdReusePolicy::AllowDuplicateFailedOnly)
        .id_conflict_policy(WorkflowIdConflictPolicy::UseExisting)
        .task_timeout(TASK_WITHIN)
        .search_attributes(attributes)
        .static_summary(summary)
        .build();
    let started = match kind {
        Process::Onboarding => client.start_workflow(EmployeeOnboarding::run, start, options).await.map(drop),
        Process::Offboarding => client.start_workflow(EmployeeOffboarding::run, start, options).await.map(drop),
    };
    match started {
        Ok(()) | Err(WorkflowStartError::AlreadyStarted { .. }) => Ok(()),
        Err(error) => Err(ReconcileError::Start { workflow: workflow.to_owned(), why: error.to_string() }),
    }
}
