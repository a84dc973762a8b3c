//! Taxes without a document, and the working of a document's.

use tonic::Code;
use vextrus_proto::tax::v1 as proto;

use crate::setup::{World, content, fields, reason, refused};

#[tokio::test(flavor = "multi_thread")]
async fn taxes_are_told_without_a_document() {
    let world = World::new().await;
    let assess = |paid_on: &str, vendor: &str| {
        let mut content = content();
        vendor.clone_into(&mut content.vendor);
        let parent = "tenants/acme".to_owned();
        proto::AssessTaxesRequest { parent, content: Some(content), paid_on: paid_on.to_owned() }
    };
    let asked = world.request("acme", "shirin", assess("2026-08-20", "padma"));
    let taxes = world.taxes().assess_taxes(asked).await.unwrap().into_inner().taxes.unwrap();
    assert_eq!(taxes.paid_on, "2026-08-20");
    assert!(taxes.net_payable_poisha > 0 && !taxes.working.is_empty() && !taxes.working_bn.is_empty(), "{taxes:?}");
    world.has_no_documents().await;
    let status = world.taxes().assess_taxes(world.request("acme", "shirin", assess("soon", "padma"))).await;
    assert_eq!(fields(&status.unwrap_err())[0].0, "paid_on");
    let status = world.taxes().assess_taxes(world.request("acme", "shirin", assess("", "nobody"))).await.unwrap_err();
    assert_eq!(reason(&status), refused(Code::FailedPrecondition, "VENDOR_UNKNOWN"));
    let status = world.taxes().assess_taxes(world.request("acme", "gone", assess("", "padma"))).await.unwrap_err();
    assert_eq!(reason(&status), refused(Code::PermissionDenied, "PERMISSION_DENIED"));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_documents_taxes_are_explained() {
    let world = World::new().await;
    let of = |document: &str| proto::ExplainTaxesRequest { name: format!("tenants/acme/invoices/{document}") };
    let assessed = world.asked().await;
    let told = world.taxes().explain_taxes(world.request("acme", "shirin", of(assessed.document.as_str()))).await;
    assert!(!told.unwrap().into_inner().taxes.unwrap().working.is_empty());
    let claimed = world.claimed().await.key;
    let status = world.taxes().explain_taxes(world.request("acme", "shirin", of(claimed.document.as_str()))).await;
    assert_eq!(reason(&status.unwrap_err()), refused(Code::FailedPrecondition, "NOT_ASSESSED"));
    world.stop().await;
}
