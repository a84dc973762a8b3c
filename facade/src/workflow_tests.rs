use tonic::Status;

use super::*;

fn rpc(code: Code) -> Result<CommandAnswer, WorkflowUpdateError> {
    Err(WorkflowUpdateError::Rpc(Status::new(code, "Timeout expired")))
}

#[test]
fn an_answer_of_the_workflow_is_passed_on() {
    let open = vec!["level-2".parse().unwrap()];
    assert_eq!(understood(Ok(CommandAnswer::Accepted { open: open.clone() })).unwrap(), Told::Accepted(open));
    let refusal = Refusal::new(RefusalCode::SelfApproval, "no");
    assert_eq!(understood(Ok(CommandAnswer::Refused(refusal.clone()))).unwrap(), Told::Refused(refusal));
}

#[test]
fn a_run_that_is_not_there_is_gone() {
    let status = Status::not_found("workflow execution already completed");
    assert_eq!(understood::<CommandAnswer>(Err(WorkflowUpdateError::NotFound(status))).unwrap(), Told::Gone);
}

#[test]
fn no_answer_in_time_can_be_tried_again() {
    for code in [Code::Cancelled, Code::DeadlineExceeded, Code::Unavailable] {
        let status = understood(rpc(code)).unwrap_err().into_status("Act");
        assert_eq!(status.code(), Code::Unavailable);
        assert!(status.message().starts_with("UNAVAILABLE: no worker answered in time"), "{status}");
        assert!(tonic_types::StatusExt::get_details_retry_info(&status).is_some());
    }
    let status = understood(rpc(Code::FailedPrecondition)).unwrap_err().into_status("Act");
    assert!(status.message().starts_with("UNAVAILABLE: the workflow takes nothing now"), "{status}");
    let status = understood(rpc(Code::InvalidArgument)).unwrap_err().into_status("Act");
    assert!(status.code() == Code::Internal && !status.message().contains("Timeout"), "{status}");
}
