//! An invoice against its purchase order.

use vextrus_contract::steps::{AssessOutput, Assessed, CloseOutput, CloseReason, SettleOutput};
use vextrus_domain::{Invoice, RefusalCode};
use vextrus_tests_support::company::{id, invoice, taka};
use vextrus_tests_support::on_both;
use vextrus_tests_support::steps::Desk;

on_both![
    a_difference_above_the_tolerance_asks,
    what_others_have_billed_is_not_left_to_bill,
    an_accepted_variance_lets_the_levels_begin,
    a_refused_variance_ends_the_document,
];

/// A bill on a purchase order of 115,000.00.
fn ordered(number: &str, subtotal: &str, vat: &str) -> Invoice {
    let (subtotal, vat) = (taka(subtotal), taka(vat));
    let total = subtotal.plus(vat).unwrap();
    Invoice { vat, total, po_number: Some(id("PO-1")), ..invoice("padma", number, &subtotal.to_string()) }
}

fn kinds(assessed: &Assessed) -> Vec<&'static str> {
    assessed.plan.tasks.iter().map(|t| t.kind.name()).collect()
}

async fn a_difference_above_the_tolerance_asks(desk: &Desk) {
    for (subtotal, vat, total, asks) in [
        ("100000", "15000", "115000.00", false),
        ("99130.44", "14869.56", "114000.00", false),
        ("99130.43", "14869.56", "113999.99", true),
        ("100869.57", "15130.43", "116000.00", false),
        ("100869.57", "15130.44", "116000.01", true),
    ] {
        let bill = ordered(total, subtotal, vat);
        assert_eq!(bill.total, taka(total));
        let (claim, assessed) = desk.submit(&bill).await;
        let expected: &[_] = if asks { &["po_variance", "level", "level"] } else { &["level", "level"] };
        assert_eq!(kinds(&assessed), expected, "{total}");
        if asks {
            let question = &assessed.plan.tasks[0].question;
            assert!(question.contains("purchase order PO-1 has 1,15,000.00 left to bill"), "{question}");
            assert!(question.contains("a difference of 1,000.01"), "{question}");
        }
        desk.close(&claim.key, CloseReason::Cancelled, None).await;
    }
}

async fn what_others_have_billed_is_not_left_to_bill(desk: &Desk) {
    let (first, assessed) = desk.submit(&ordered("INV-1", "60000", "9000")).await;
    assert!(kinds(&assessed).contains(&"po_variance"), "a part of the order differs from the whole");
    let (_, assessed) = desk.submit(&ordered("INV-2", "40000", "6000")).await;
    assert_eq!(kinds(&assessed), ["level"], "69,000 and 46,000 are the order");

    desk.close(&first.key, CloseReason::Cancelled, None).await;
    let (_, assessed) = desk.submit(&ordered("INV-3", "60000", "9000")).await;
    assert_eq!(kinds(&assessed), ["level"], "a closed document has billed nothing");
    let (_, assessed) = desk.submit(&ordered("INV-4", "1000", "150")).await;
    assert!(assessed.plan.tasks[0].question.contains("PO-1 has 0.00 left to bill"), "{:?}", assessed.plan.tasks[0]);
}

async fn an_accepted_variance_lets_the_levels_begin(desk: &Desk) {
    let (claim, _) = desk.submit(&ordered("INV-1", "120000", "18000")).await;
    let states = async || desk.document(&claim.key).await.tasks.into_iter().map(|t| t.state).collect::<Vec<_>>();
    assert_eq!(states().await, ["open", "waiting", "waiting"]);

    let early = desk.signed(&claim.key, "level-1", "salma", "approve").await;
    let refusal = desk.record(&early).await.unwrap_err();
    assert_eq!(refusal.code, RefusalCode::TaskNotOpen);
    let odd = desk.signed(&claim.key, "exception-1-1", "rina", "not_a_duplicate").await;
    let refusal = desk.record(&odd).await.unwrap_err();
    assert_eq!(refusal.code, RefusalCode::AnswerNotAllowed);

    let accepted = desk.signed(&claim.key, "exception-1-1", "rina", "accept_variance").await;
    assert_eq!(desk.record(&accepted).await, Ok(()));
    assert_eq!(states().await, ["decided", "open", "waiting"]);
    // Whoever accepted the variance may approve the level as well: only levels need different people.
    let last = desk.approve(&claim.key).await;
    assert!(matches!(desk.settle(&claim.key, Some(last)).await, SettleOutput::Settled(_)));
}

async fn a_refused_variance_ends_the_document(desk: &Desk) {
    let (claim, _) = desk.submit(&ordered("INV-1", "120000", "18000")).await;
    let no = desk.signed(&claim.key, "exception-1-1", "rina", "reject").await;
    assert_eq!(desk.close(&claim.key, CloseReason::Rejected, Some(no)).await, CloseOutput::Closed);
    let shown = desk.document(&claim.key).await;
    let states: Vec<_> = shown.tasks.iter().map(|t| t.state.as_str()).collect();
    assert_eq!(states, ["decided", "dropped", "dropped"]);
    assert_eq!(shown.outcome.as_deref(), Some("rejected"));
    assert!(matches!(desk.assess(&claim, 2).await, AssessOutput::Refused(_)));
}
