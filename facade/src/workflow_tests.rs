use vextrus_domain::Taka;

use super::*;

fn head() -> InvoiceHead {
    InvoiceHead {
        vendor: "padma".parse().unwrap(),
        number: "INV|`1`\n2026".to_owned(),
        date: "2026-08-01".parse().unwrap(),
        due_date: "2026-09-01".parse().unwrap(),
        currency: "BDT".to_owned(),
        line_count: 3,
        subtotal: Taka::whole(100_000),
        vat: Taka::whole(15_000),
        total: Taka::whole(115_000),
        po_number: None,
        department: "works".parse().unwrap(),
        project: None,
    }
}

fn rpc(code: Code) -> Result<DecideAnswer, WorkflowUpdateError> {
    Err(WorkflowUpdateError::Rpc(Status::new(code, "Timeout expired")))
}

#[test]
fn a_run_says_what_it_is_about_in_one_line_that_fits() {
    assert_eq!(summary(&head()), "invoice INV12026 of padma, BDT 1,15,000.00");
    let long = InvoiceHead { number: "চালান".repeat(100), ..head() };
    assert!(summary(&long).len() < 400);
    let table = details(&head());
    assert!(table.contains("| number | INV12026 |\n") && table.contains("| project | – |\n"), "{table}");
}

#[test]
fn an_answer_of_the_workflow_is_passed_on() {
    let open = vec!["level-2".parse().unwrap()];
    assert_eq!(understood(Ok(DecideAnswer::Accepted { open: open.clone() })).unwrap(), Told::Accepted(open));
    let refusal = Refusal::new(RefusalCode::SelfApproval, "no");
    assert_eq!(understood(Ok(DecideAnswer::Refused(refusal.clone()))).unwrap(), Told::Refused(refusal));
}

#[test]
fn a_run_that_is_not_there_is_gone() {
    let status = Status::not_found("workflow execution already completed");
    assert_eq!(understood(Err(WorkflowUpdateError::NotFound(status))).unwrap(), Told::Gone);
}

#[test]
fn no_answer_in_time_can_be_tried_again() {
    for code in [Code::Cancelled, Code::DeadlineExceeded, Code::Unavailable] {
        let status = understood(rpc(code)).unwrap_err().into_status("DecideTask");
        assert_eq!(status.code(), Code::Unavailable);
        assert!(status.message().starts_with("UNAVAILABLE: no worker answered in time"), "{status}");
        assert!(tonic_types::StatusExt::get_details_retry_info(&status).is_some());
    }
    let status = understood(rpc(Code::InvalidArgument)).unwrap_err().into_status("DecideTask");
    assert!(status.code() == Code::Internal && !status.message().contains("Timeout"), "{status}");
}
