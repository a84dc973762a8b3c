//! The calls to Temporal: starting a process, and telling it what somebody asks. What is personal is not said.

use std::time::Duration;

use temporalio_client::{
    RpcOptions, WorkflowExecuteUpdateOptions, WorkflowIdConflictPolicy, WorkflowIdReusePolicy, WorkflowStartOptions,
};
use temporalio_common::search_attributes::SearchAttributes;
use vextrus_contract::TASK_WITHIN;
use vextrus_contract::employees::ProcessStart;
use vextrus_contract::search_attributes::{STAGE, STATUS};
use vextrus_domain::DocumentKey;
use vextrus_ledger::LedgerError;
use vextrus_lifecycle::{Process, SignedCommand};
use vextrus_onboarding::{EmployeeOffboarding, EmployeeOnboarding};
use vextrus_temporal::search_attributes::{DEPARTMENT, DOCUMENT, TENANT};
use vextrus_temporal::{WorkflowId, WorkflowKind, task_queue};

use crate::errors::Failure;
use crate::render::workflow_id;
use crate::service::App;
use crate::workflow::{Told, heard, started};

/// The id of a process's workflow.
pub(super) fn id(kind: Process, key: &DocumentKey) -> Result<WorkflowId, LedgerError> {
    let kind = match kind {
        Process::Onboarding => WorkflowKind::Onboarding,
        Process::Offboarding => WorkflowKind::Offboarding,
    };
    workflow_id(kind, key)
}

/// Starts a process. One that has started already is as good.
pub(super) async fn start(app: &App, start: ProcessStart, within: Duration) -> Result<(), Failure> {
    let (kind, key) = (start.process, &start.key);
    let attributes = SearchAttributes::new([
        TENANT.value_set(key.tenant.to_string()),
        DOCUMENT.value_set(key.document.to_string()),
        DEPARTMENT.value_set(start.employment.department.to_string()),
        STATUS.value_set("planning".to_owned()),
        STAGE.value_set("planning".to_owned()),
    ]);
    let options = WorkflowStartOptions::new(task_queue::ONBOARDING, id(kind, key)?.to_string())
        .id_reuse_policy(WorkflowIdReusePolicy::RejectDuplicate)
        .id_conflict_policy(WorkflowIdConflictPolicy::UseExisting)
        .task_timeout(TASK_WITHIN)
        .search_attributes(attributes)
        .static_summary(line(&start))
        .static_details(page(&start))
        .rpc_options(RpcOptions::builder().timeout(within).build())
        .build();
    started(
        match kind {
            Process::Onboarding => app.client.start_workflow(EmployeeOnboarding::run, start, options).await.map(drop),
            Process::Offboarding => app.client.start_workflow(EmployeeOffboarding::run, start, options).await.map(drop),
        },
        "the process is claimed, but its workflow could not be started yet",
    )
}

/// Brings a command to a process.
pub(super) async fn tell(app: &App, kind: Process, signed: SignedCommand, within: Duration) -> Result<Told, Failure> {
    let command = &signed.command;
    // As for documents: the id stands for the content too.
    let update_id = format!("{}/{}", command.request_id, command.digest()?);
    let id = id(kind, &command.key)?.to_string();
    let options = WorkflowExecuteUpdateOptions::builder()
        .update_id(update_id)
        .rpc_options(RpcOptions::builder().timeout(within).build())
        .build();
    let answer = match kind {
        Process::Onboarding => {
            let handle = app.client.get_workflow_handle::<EmployeeOnboarding>(id);
            handle.execute_update(EmployeeOnboarding::command, signed, options).await
        }
        Process::Offboarding => {
            let handle = app.client.get_workflow_handle::<EmployeeOffboarding>(id);
            handle.execute_update(EmployeeOffboarding::command, signed, options).await
        }
    };
    heard(app, answer).await
}

/// The one line that lists of runs show.
fn line(start: &ProcessStart) -> String {
    format!("{} of {}, {}", start.process, start.employee, start.employment.department)
}

/// What a run's page shows.
fn page(start: &ProcessStart) -> String {
    let work = &start.employment;
    let day = match start.process {
        Process::Onboarding => "first day",
        Process::Offboarding => "last day",
    };
    let rows = [
        ("employee", start.employee.to_string()),
        ("department", work.department.to_string()),
        ("class", work.class.to_string()),
        (day, work.start_date.to_string()),
        ("manager", work.manager.to_string()),
        ("HR manager", work.hr_manager.to_string()),
    ];
    crate::summary::table(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_says_whose_it_is_by_id() {
        let start: ProcessStart = serde_json::from_value(serde_json::json!({
            "key": {"tenant": "acme", "document": "0198", "submission": 1}, "process": "onboarding", "employee": "emp-0042",
            "payload_hash": "h", "step_timeout_millis": 1, "perform_within_millis": 1, "events_of_a_run": 1,
            "employment": {"department": "works", "position": "Site engineer", "class": "skilled", "start_date": "2026-12-06",
                "manager": "karim", "hr_manager": "hasina"},
        }))
        .unwrap();
        assert_eq!(line(&start), "onboarding of emp-0042, works");
        assert!(page(&start).contains("| first day | 2026-12-06 |\n"), "{}", page(&start));
        assert_eq!(id(start.process, &start.key).unwrap().to_string(), "onboarding/acme/0198/1");
    }
}
