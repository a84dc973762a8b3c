//! A rejected invoice comes again, corrected, and is another submission of the same document.

use vextrus_contract::steps::{CloseOutput, CloseReason, SettleOutput};
use vextrus_domain::RefusalCode;
use vextrus_tests_support::company::invoice;
use vextrus_tests_support::on_both;
use vextrus_tests_support::steps::Desk;

on_both![a_rejected_invoice_is_approved_the_second_time, an_approved_invoice_does_not_come_again];

async fn a_rejected_invoice_is_approved_the_second_time(desk: &Desk) {
    let (first, _) = desk.submit(&invoice("padma", "INV-1", "200000")).await;
    let old_word = desk.signed(&first.key, "level-1", "rina", "approve").await;
    let no = desk.signed(&first.key, "level-1", "rina", "reject").await;
    assert_eq!(desk.close(&first.key, CloseReason::Rejected, Some(no)).await, CloseOutput::Closed);

    let (second, _) = desk.submit(&invoice("padma", "INV 1", "100000")).await;
    assert_eq!((&second.key.document, second.key.submission), (&first.key.document, 2));
    let settled = desk.settle(&second.key, Some(old_word)).await;
    let SettleOutput::NotApproved { refused } = settled else { panic!("{settled:?}") };
    assert_eq!(refused[0].refusal.code, RefusalCode::SignatureInvalid);
    // Whoever rejected the first submission may approve the second.
    let last = desk.approve(&second.key).await;
    assert!(matches!(desk.settle(&second.key, Some(last)).await, SettleOutput::Settled(_)));

    assert_eq!(
        desk.trail(&first.key).await,
        [
            "claimed",
            "assessed",
            "decided",
            "closed",
            "claimed",
            "assessed",
            "command_refused",
            "decided",
            "decided",
            "settled"
        ]
    );
    let shown = desk.document(&first.key).await;
    assert_eq!((shown.key.submission, shown.state.name()), (2, "settled"));
    // The first submission stays what it was.
    assert_eq!(desk.close(&first.key, CloseReason::Failed, None).await, CloseOutput::Closed);
    let outcomes = "SELECT outcome FROM documents ORDER BY submission";
    assert_eq!(desk.database.raw().await.texts(outcomes).await, ["rejected", "approved"]);
}

async fn an_approved_invoice_does_not_come_again(desk: &Desk) {
    desk.settled(&invoice("padma", "INV-1", "100000")).await;
    let refusal = desk.claim(&invoice("padma", "inv1", "50000")).await.unwrap_err();
    assert_eq!(refusal.code, RefusalCode::DuplicateInvoice);
}
