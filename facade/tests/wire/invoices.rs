//! Submitting, reading and resubmitting invoices.

use tonic::Code;
use tonic_types::StatusExt as _;
use vextrus_domain::{Content, DocumentKey};
use vextrus_proto::approval::v1::{DocumentOutcome, DocumentState};
use vextrus_proto::invoice::v1 as proto;

use crate::setup::{World, content, field_names, invoice, reason, refused, submission};

pub(crate) fn name(key: &DocumentKey) -> String {
    format!("tenants/{}/invoices/{}", key.tenant, key.document)
}

fn get(key: &DocumentKey) -> proto::GetInvoiceRequest {
    proto::GetInvoiceRequest { name: name(key) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_stands_when_temporal_does_not_answer() {
    let world = World::new().await;
    let invoice = invoice();
    let content = vextrus_facade::content(&invoice);
    let submit = submission(&content.number, content.clone());
    for _ in 0..2 {
        let status = world.invoices().submit_invoice(world.request("acme", "salma", submit.clone())).await.unwrap_err();
        assert_eq!(reason(&status), refused(Code::Unavailable, "UNAVAILABLE"), "{status}");
        assert!(status.get_details_retry_info().is_some());
    }
    let claim = world.claim(&content.number, &Content::Invoice(Box::new(invoice))).await;
    assert!(claim.repeated);
    let invoice = world.invoices().get_invoice(world.request("acme", "rahim", get(&claim.key))).await.unwrap();
    let invoice = invoice.into_inner().invoice.unwrap();
    assert_eq!((invoice.state(), invoice.outcome()), (DocumentState::Claimed, DocumentOutcome::Unspecified));
    assert_eq!((invoice.name, invoice.submitter.as_str()), (name(&claim.key), "salma"));
    assert_eq!(invoice.content.unwrap(), content);
    assert_eq!(invoice.workflow_id, format!("invoice/acme/{}/1", claim.key.document));
    assert!(invoice.taxes.is_none() && invoice.conclude_time.is_none());
    let approval = invoice.approval.unwrap();
    assert!(approval.tasks.is_empty() && approval.history.is_empty() && !approval.returned);

    // Its submitter may send the same again under a new id: the workflow is still to be started.
    let again = submission("r-2", content.clone());
    let status = world.invoices().submit_invoice(world.request("acme", "salma", again)).await.unwrap_err();
    assert_eq!(reason(&status), refused(Code::Unavailable, "UNAVAILABLE"), "{status}");
    // Another bill of the same number, the same request id for something else, and another tenant.
    let mut changed = content.clone();
    changed.lines[0].description = "something else".to_owned();
    let changed = submission("r-3", changed);
    let status = world.invoices().submit_invoice(world.request("acme", "salma", changed)).await.unwrap_err();
    assert_eq!(reason(&status), refused(Code::AlreadyExists, "DUPLICATE_INVOICE"));
    let other = submission(&content.number, crate::setup::content());
    let status = world.invoices().submit_invoice(world.request("acme", "salma", other)).await.unwrap_err();
    assert_eq!(reason(&status), refused(Code::AlreadyExists, "REQUEST_ID_REUSED"));
    let status = world.invoices().submit_invoice(world.request("other", "salma", submit)).await.unwrap_err();
    assert_eq!(reason(&status), refused(Code::NotFound, "NOT_FOUND"));
    let status = world.invoices().get_invoice(world.request("other", "salma", get(&claim.key))).await.unwrap_err();
    let missing = proto::GetInvoiceRequest { name: name(&claim.key).replace("acme", "other") };
    assert_eq!(reason(&status), refused(Code::NotFound, "NOT_FOUND"));
    let unknown = world.invoices().get_invoice(world.request("other", "salma", missing)).await.unwrap_err();
    assert_eq!(status.message().replace("acme", "other"), unknown.message(), "the two can be told apart");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_fields_are_listed() {
    let world = World::new().await;
    let mut wrong = content();
    wrong.vendor.clear();
    wrong.currency = "USD".to_owned();
    let status =
        world.invoices().submit_invoice(world.request("acme", "salma", submission("r-1", wrong))).await.unwrap_err();
    assert_eq!(reason(&status), refused(Code::InvalidArgument, "INVALID_FIELD"));
    assert_eq!(field_names(&status), ["content.vendor", "content.currency"]);
    let mut unknown = content();
    unknown.vendor = "meghna".to_owned();
    let status =
        world.invoices().submit_invoice(world.request("acme", "salma", submission("r-1", unknown))).await.unwrap_err();
    assert_eq!(reason(&status), refused(Code::FailedPrecondition, "VENDOR_UNKNOWN"));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_was_returned_is_submitted_again() {
    let world = World::new().await;
    let key = world.asked().await;
    let again = |name: String, content: proto::InvoiceContent| proto::ResubmitInvoiceRequest {
        name,
        request_id: "r-9".to_owned(),
        content: Some(content),
        comment: String::new(),
    };
    let mut client = world.invoices();
    let shown = client.get_invoice(world.request("acme", "salma", get(&key))).await.unwrap().into_inner();
    let content = shown.invoice.unwrap().content.unwrap();
    for (tenant, person, request, code, refusal) in [
        ("acme", "salma", again(name(&key), content.clone()), Code::FailedPrecondition, "NOT_RETURNED"),
        ("acme", "rahim", again(name(&key), content.clone()), Code::PermissionDenied, "NOT_SUBMITTER"),
        ("acme", "gone", again(name(&key), content.clone()), Code::PermissionDenied, "PERMISSION_DENIED"),
        ("acme", "salma", again("tenants/acme/invoices/x".to_owned(), content.clone()), Code::NotFound, "NOT_FOUND"),
        ("other", "salma", again(name(&key), content.clone()), Code::NotFound, "NOT_FOUND"),
        ("acme", "salma", again(name(&key), crate::setup::content()), Code::InvalidArgument, "INVALID_FIELD"),
    ] {
        let status = client.resubmit_invoice(world.request(tenant, person, request)).await.unwrap_err();
        assert_eq!(reason(&status), refused(code, refusal), "{status}");
    }
    let mut wrong = again(name(&key), content);
    wrong.request_id.clear();
    wrong.content.as_mut().unwrap().date = "1.8.2026".to_owned();
    let status = client.resubmit_invoice(world.request("acme", "salma", wrong)).await.unwrap_err();
    assert_eq!(field_names(&status), ["request_id", "content.date"]);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_says_who_and_what_and_leaves_nothing() {
    let world = World::new().await;
    let mut client = world.invoices();
    let preview = |content| proto::PreviewInvoiceRequest { parent: "tenants/acme".to_owned(), content };
    let content = content();
    let request = world.request("acme", "salma", preview(Some(content.clone())));
    let seen = client.preview_invoice(request).await.unwrap().into_inner();
    let asked: Vec<_> = seen.tasks.iter().map(|t| (t.role.as_str(), t.eligible.join(" "), t.stage)).collect();
    assert_eq!(asked, [("accounts_payable", "karim rahim".to_owned(), 0), ("department_head", "hasina".to_owned(), 1)]);
    assert!(seen.tasks.iter().all(|t| t.due_time.is_some() && !t.why.is_empty() && t.needed == 1), "{seen:?}");
    let taxes = seen.taxes.unwrap();
    assert_eq!(taxes.vat_poisha, content.vat_poisha);
    assert!(!taxes.working.is_empty() && taxes.net_payable_poisha < content.total_poisha);
    let status = client.preview_invoice(world.request("acme", "salma", preview(None))).await.unwrap_err();
    assert_eq!(field_names(&status), ["content"]);
    let status = client.preview_invoice(world.request("acme", "gone", preview(Some(content)))).await.unwrap_err();
    assert_eq!(reason(&status), refused(Code::PermissionDenied, "PERMISSION_DENIED"));
    world.has_no_documents().await;
    world.stop().await;
}
