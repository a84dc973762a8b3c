//! Asking for purchase orders, and reading them.

use tonic::Code;
use tonic_types::StatusExt as _;
use vextrus_domain::Content;
use vextrus_proto::approval::v1::{DocumentOutcome, DocumentState};
use vextrus_proto::purchasing::v1 as proto;

use crate::setup::{World, field_names, fields, order, reason, refused};

fn submit(request_id: &str, content: proto::OrderContent) -> proto::SubmitPurchaseOrderRequest {
    let (parent, request_id) = ("tenants/acme".to_owned(), request_id.to_owned());
    proto::SubmitPurchaseOrderRequest { parent, request_id, content: Some(content) }
}

fn content(bags: u32) -> proto::OrderContent {
    vextrus_facade::order_content(&order(bags))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_field_is_named_with_its_value_and_the_remedy() {
    let world = World::new().await;
    let mut wrong = content(10);
    wrong.vendor = "pad ma".to_owned();
    wrong.date = "1/8/2026".to_owned();
    wrong.currency = "USD".to_owned();
    wrong.lines[0].quantity = "0".to_owned();
    wrong.lines[0].unit_price_poisha = -5;
    wrong.amount_poisha = 499_900;
    wrong.amends = "a/b".to_owned();
    let mut request = submit("", wrong);
    let status =
        world.orders().submit_purchase_order(world.request("acme", "salma", request.clone())).await.unwrap_err();
    let found = fields(&status);
    for (field, said) in [
        ("request_id", "it is missing"),
        ("content.vendor", "\"pad ma\""),
        ("content.date", "\"1/8/2026\" is not a date: write it as YYYY-MM-DD"),
        ("content.lines[0].quantity", "0"),
        ("content.lines[0].unit_price_poisha", "-0.05 is negative; a credit is another document"),
        ("content.amends", "\"a/b\""),
        ("content.currency", "\"USD\" is not handled; only BDT is"),
        ("content.amount_poisha", "it is 4999.00; the lines add up to 5000.00"),
    ] {
        let description = found.iter().find(|(name, _)| name == field).map(|(_, description)| description.as_str());
        assert!(description.is_some_and(|d| d.contains(said)), "{field}: {said:?} is expected: {found:?}");
    }
    request.content = None;
    let status = world.orders().submit_purchase_order(world.request("acme", "salma", request)).await.unwrap_err();
    assert_eq!(field_names(&status), ["request_id", "content"]);
    let mut unknown = content(10);
    unknown.vendor = "meghna".to_owned();
    let request = world.request("acme", "salma", submit("r-1", unknown));
    let status = world.orders().submit_purchase_order(request).await.unwrap_err();
    assert_eq!(reason(&status), refused(Code::FailedPrecondition, "VENDOR_UNKNOWN"));
    world.has_no_documents().await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_claims_one_order() {
    let world = World::new().await;
    let mut client = world.orders();
    for _ in 0..2 {
        let request = world.request("acme", "salma", submit("r-1", content(120)));
        let status = client.submit_purchase_order(request).await.unwrap_err();
        assert_eq!(reason(&status), refused(Code::Unavailable, "UNAVAILABLE"), "{status}");
        assert!(status.get_details_retry_info().is_some());
    }
    let claim = world.claim("r-1", &Content::Order(Box::new(order(120)))).await;
    assert!(claim.repeated);
    let status = client.submit_purchase_order(world.request("acme", "salma", submit("r-1", content(121)))).await;
    assert_eq!(reason(&status.unwrap_err()), refused(Code::AlreadyExists, "REQUEST_ID_REUSED"));
    let status = client.submit_purchase_order(world.request("acme", "rahim", submit("r-1", content(120)))).await;
    assert_eq!(reason(&status.unwrap_err()), refused(Code::AlreadyExists, "REQUEST_ID_REUSED"), "another person's");
    let status = client.submit_purchase_order(world.request("other", "salma", submit("r-1", content(120)))).await;
    assert_eq!(reason(&status.unwrap_err()), refused(Code::NotFound, "NOT_FOUND"));
    // The same content under another id is another order.
    let other = world.claim("r-2", &Content::Order(Box::new(order(120)))).await;
    assert!(!other.repeated && other.key != claim.key);

    let name = format!("tenants/acme/purchaseOrders/{}", claim.key.document);
    let get = |name: &str| proto::GetPurchaseOrderRequest { name: name.to_owned() };
    let shown = client.get_purchase_order(world.request("acme", "rahim", get(&name))).await.unwrap().into_inner();
    let shown = shown.purchase_order.unwrap();
    assert_eq!((shown.state(), shown.outcome()), (DocumentState::Claimed, DocumentOutcome::Unspecified));
    assert_eq!((shown.name.as_str(), shown.submitter.as_str(), shown.submission), (name.as_str(), "salma", 1));
    assert_eq!((shown.content, shown.issued), (Some(content(120)), None));
    assert_eq!(shown.workflow_id, format!("purchase-order/acme/{}/1", claim.key.document));
    let (as_invoice, elsewhere) = (name.replace("purchaseOrders", "invoices"), name.replace("acme", "other"));
    let task = format!("{name}/tasks/level-1");
    for (tenant, person, name, code, refusal) in [
        ("acme", "rahim", "tenants/acme/purchaseOrders/x", Code::NotFound, "NOT_FOUND"),
        ("other", "rahim", &elsewhere, Code::NotFound, "NOT_FOUND"),
        ("other", "rahim", &name, Code::NotFound, "NOT_FOUND"),
        ("acme", "rahim", &as_invoice, Code::InvalidArgument, "INVALID_FIELD"),
        ("acme", "rahim", &task, Code::InvalidArgument, "INVALID_FIELD"),
        ("acme", "gone", &name, Code::PermissionDenied, "PERMISSION_DENIED"),
    ] {
        let status = client.get_purchase_order(world.request(tenant, person, get(name))).await.unwrap_err();
        assert_eq!(reason(&status), refused(code, refusal), "{tenant} {person} {name}");
    }
    let invoice = vextrus_proto::invoice::v1::GetInvoiceRequest { name: as_invoice };
    let status = world.invoices().get_invoice(world.request("acme", "rahim", invoice)).await.unwrap_err();
    assert_eq!(reason(&status), refused(Code::NotFound, "NOT_FOUND"));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_was_returned_is_submitted_again() {
    let world = World::new().await;
    let key = world.assessed("r-1", &Content::Order(Box::new(order(120)))).await;
    let name = format!("tenants/acme/purchaseOrders/{}", key.document);
    let again = |name: &str, comment: &str| proto::ResubmitPurchaseOrderRequest {
        name: name.to_owned(),
        request_id: "r-2".to_owned(),
        content: Some(content(130)),
        comment: comment.to_owned(),
    };
    let long = "x".repeat(2001);
    for (person, request, code, refusal) in [
        ("salma", again(&name, ""), Code::FailedPrecondition, "NOT_RETURNED"),
        ("rahim", again(&name, ""), Code::PermissionDenied, "NOT_SUBMITTER"),
        ("salma", again(&name, &long), Code::InvalidArgument, "LIMIT_EXCEEDED"),
        ("salma", again(&name, "\u{7}"), Code::InvalidArgument, "INVALID_FIELD"),
        ("salma", again("tenants/acme/purchaseOrders/x", ""), Code::NotFound, "NOT_FOUND"),
        ("salma", again("tenants/other/purchaseOrders/x", ""), Code::NotFound, "NOT_FOUND"),
    ] {
        let status = world.orders().resubmit_purchase_order(world.request("acme", person, request)).await.unwrap_err();
        assert_eq!(reason(&status), refused(code, refusal), "{status}");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_says_who_why_and_by_when_and_leaves_nothing() {
    let world = World::new().await;
    let mut client = world.orders();
    let preview = |bags: u32| proto::PreviewPurchaseOrderRequest {
        parent: "tenants/acme".to_owned(),
        content: Some(content(bags)),
    };
    let seen = client.preview_purchase_order(world.request("acme", "salma", preview(120))).await.unwrap().into_inner();
    let task = &seen.tasks[0];
    assert_eq!((seen.tasks.len(), task.task.as_str(), task.role.as_str()), (1, "level-1", "department_head"));
    assert_eq!((task.eligible.join(" "), task.needed, task.stage), ("hasina".to_owned(), 1, 0));
    assert!(task.why.contains("50,000") && task.due_time.is_some(), "{task:?}");
    let small = client.preview_purchase_order(world.request("acme", "salma", preview(100))).await.unwrap().into_inner();
    assert_eq!(small.tasks, [], "up to 50,000 nobody is asked");
    let left = |seen: &proto::PreviewPurchaseOrderResponse| seen.budgets[0].free_poisha.unwrap();
    assert_eq!(left(&small) - left(&seen), 20 * 50_000, "20 bags of 500.00");

    let mut wrong = preview(10);
    wrong.content.as_mut().unwrap().lines.clear();
    let status = client.preview_purchase_order(world.request("acme", "salma", wrong)).await.unwrap_err();
    assert_eq!(field_names(&status), ["content.lines", "content.amount_poisha"]);
    for (tenant, person, bags, code, refusal) in [
        ("acme", "salma", 20_000, Code::FailedPrecondition, "BUDGET_EXCEEDED"),
        ("acme", "hasina", 120, Code::FailedPrecondition, "NO_ELIGIBLE_APPROVER"),
        ("acme", "gone", 120, Code::PermissionDenied, "PERMISSION_DENIED"),
        ("other", "salma", 120, Code::NotFound, "NOT_FOUND"),
    ] {
        let status = client.preview_purchase_order(world.request(tenant, person, preview(bags))).await.unwrap_err();
        assert_eq!(reason(&status), refused(code, refusal), "{status}");
    }
    world.has_no_documents().await;
    world.stop().await;
}
