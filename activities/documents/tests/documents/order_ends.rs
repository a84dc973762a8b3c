//! An order that ends because all of it is billed, and what its end must not disturb.

use vextrus_approval::Action;
use vextrus_contract::steps::{CloseOutput, CloseReason, SettleOutput};
use vextrus_domain::{DocumentKey, Invoice, Order, RefusalCode};
use vextrus_ledger::audit::Entry;
use vextrus_tests_support::acme::{bill, ordered};
use vextrus_tests_support::company::{CLERK, billed, id, invoice, order, request};
use vextrus_tests_support::ledgers::all_at_once;
use vextrus_tests_support::on_both;
use vextrus_tests_support::steps::Desk;

on_both![
    what_is_billed_may_still_come,
    what_is_billed_can_be_closed_by_hand,
    a_bill_that_moves_lets_its_first_order_end,
    a_bill_that_moves_and_is_closed_lets_its_first_order_end,
    an_order_waits_for_a_bill_that_has_moved_until_it_is_submitted_again,
    orders_of_two_years_end_beside_other_bills,
];

/// An issued order of ten bags at 500.00.
async fn issued(desk: &Desk) -> (DocumentKey, String) {
    desk.issue(&order("meghna", &[("cement", "10", "500")])).await
}

/// Accepts what a bill does not match, and settles it.
async fn accepted(desk: &Desk, invoice: &Invoice) {
    let (claim, assessed) = desk.submit(invoice).await;
    for task in assessed.plan.tasks.iter().filter(|t| t.kind.name() == "po_variance") {
        let word = desk.signed(&claim.key, task.id.as_str(), "rina", "accept_variance").await;
        assert_eq!(desk.record(&word).await, Ok(()));
    }
    desk.carry_out(&claim.key).await;
}

async fn ends(desk: &Desk, key: &DocumentKey) -> Vec<Entry> {
    desk.entries(key).await.into_iter().filter(|e| e.kind == "order_closed").collect()
}

async fn what_is_billed_may_still_come(desk: &Desk) {
    let (key, number) = issued(desk).await;
    assert_eq!(desk.receive(&number, &[(1, "4")]).await, Ok(1));
    accepted(desk, &billed("meghna", "INV-1", &number, &[(1, "10", "500")])).await;
    assert!(!desk.order(&number).await.1);
    let [end] = &ends(desk, &key).await[..] else { panic!("{:?}", ends(desk, &key).await) };
    assert_eq!((end.actor.as_deref(), &end.body["reason"]), (None, &serde_json::json!("everything is billed")));
    assert_eq!(desk.receive(&number, &[(1, "5")]).await, Ok(2));
    let over = desk.receive(&number, &[(1, "1.000001")]).await.unwrap_err();
    assert_eq!(over.code, RefusalCode::InvalidField, "{over}");
    assert_eq!(desk.receive(&number, &[(1, "1")]).await, Ok(3));
    assert_eq!(desk.receive(&number, &[(1, "0.000001")]).await.unwrap_err().code, RefusalCode::InvalidField);
    assert_eq!(desk.order(&number).await.0.lines[0].received.to_string(), "10");
    assert_eq!(desk.budget("works", "").await, ("0.00".to_owned(), "5000.00".to_owned()));
    let late = billed("meghna", "INV-2", &number, &[(1, "1", "500")]);
    assert_eq!(desk.refused(&late).await.code, RefusalCode::PoUnknown);
    let more = Order { amends: Some(id(&number)), ..order("meghna", &[("cement", "11", "500")]) };
    assert_eq!(desk.refused_as(CLERK, &ordered(&more)).await.code, RefusalCode::PoUnknown);
}

async fn what_is_billed_can_be_closed_by_hand(desk: &Desk) {
    let (key, number) = issued(desk).await;
    accepted(desk, &billed("meghna", "INV-1", &number, &[(1, "10", "500")])).await;
    assert_eq!(desk.receive(&number, &[(1, "4")]).await, Ok(1));
    assert_eq!(desk.end_order(&number, " ").await.unwrap_err().code, RefusalCode::ReasonRequired);
    // Whoever types the words of the automatic end has closed it by hand all the same.
    for _ in 0..2 {
        assert_eq!(desk.end_order(&number, "everything is billed").await, Ok(()));
    }
    assert_eq!(desk.receive(&number, &[(1, "1")]).await.unwrap_err().code, RefusalCode::PoUnknown);
    let by: Vec<Option<String>> = ends(desk, &key).await.into_iter().map(|e| e.actor).collect();
    assert_eq!(by, [None, Some(CLERK.to_owned())]);
}

/// An order that is billed whole and waits only for another of its bills, which is open; that bill, and another order.
async fn waiting(desk: &Desk) -> (String, DocumentKey, String) {
    let ((_, first), (_, second)) = (issued(desk).await, issued(desk).await);
    for number in [&first, &second] {
        assert_eq!(desk.receive(number, &[(1, "10")]).await, Ok(1));
    }
    let (open, _) = desk.submit(&billed("meghna", "INV-1", &first, &[(1, "1", "500")])).await;
    accepted(desk, &billed("meghna", "INV-2", &first, &[(1, "10", "499")])).await;
    assert!(desk.order(&first).await.1, "another bill is under way");
    (first, open.key, second)
}

/// Has a bill returned to its submitter and changed to another order; answers the command that submits it again.
async fn moved(desk: &Desk, key: &DocumentKey, to: &str) -> Action {
    let back = Action::Return { task: id("level-1"), comment: "which order?".to_owned() };
    assert_eq!(desk.record(&desk.word(key, "rina", back)).await, Ok(()));
    let changed = bill(&billed("meghna", "INV-1", to, &[(1, "1", "500")]));
    let change = desk.change(key, CLERK, &request(), &changed).await.unwrap();
    Action::Resubmit { content: change.content, payload_hash: change.payload_hash, comment: String::new() }
}

async fn a_bill_that_moves_lets_its_first_order_end(desk: &Desk) {
    let (first, key, second) = waiting(desk).await;
    let resubmit = moved(desk, &key, &second).await;
    assert!(desk.order(&first).await.1, "until it is submitted again");
    assert_eq!(desk.record(&desk.word(&key, CLERK, resubmit)).await, Ok(()));
    desk.reassessed(&key).await;
    assert!(!desk.order(&first).await.1);
    assert!(desk.order(&second).await.1);
    assert_eq!(desk.kept(&first).await, [5000, 0, 4500, 500]);
    assert_eq!(desk.kept(&second).await, [5000, 500, 0, 0]);
    assert_eq!(desk.budget("works", "").await, ("5000.00".to_owned(), "4990.00".to_owned()));
}

async fn a_bill_that_moves_and_is_closed_lets_its_first_order_end(desk: &Desk) {
    let (first, key, second) = waiting(desk).await;
    moved(desk, &key, &second).await;
    assert_eq!(desk.close(&key, CloseReason::Cancelled, None).await, CloseOutput::Closed);
    assert!(!desk.order(&first).await.1);
    assert_eq!((desk.kept(&first).await, desk.kept(&second).await), ([5000, 0, 4500, 500], [5000, 0, 0, 0]));
}

async fn an_order_waits_for_a_bill_that_has_moved_until_it_is_submitted_again(desk: &Desk) {
    let ((_, first), (_, second)) = (issued(desk).await, issued(desk).await);
    assert_eq!(desk.receive(&first, &[(1, "10")]).await, Ok(1));
    let (open, _) = desk.submit(&billed("meghna", "INV-1", &first, &[(1, "1", "500")])).await;
    let resubmit = moved(desk, &open.key, &second).await;
    accepted(desk, &billed("meghna", "INV-2", &first, &[(1, "9", "500")])).await;
    assert!(desk.order(&first).await.1, "the tenth bag is billed by what has moved, and will not be");
    assert_eq!(desk.record(&desk.word(&open.key, CLERK, resubmit)).await, Ok(()));
    desk.reassessed(&open.key).await;
    assert!(desk.order(&first).await.1, "one bag is still to be billed");
    assert_eq!(desk.kept(&first).await, [5000, 0, 4500, 0]);
}

/// Whatever ends an order locks the budget lines in the same order as everybody else, and before the number series.
async fn orders_of_two_years_end_beside_other_bills(desk: &Desk) {
    desk.put_budget("2026-27", "works", None, "1000000").await;
    let dated = |date: &str, bill: Invoice| Invoice { date: id(date), due_date: id("2026-09-30"), ..bill };
    for round in 0..6 {
        desk.at("2025-08-10T06:00:00Z");
        let amount = (500 + round).to_string();
        let mut numbers = Vec::new();
        for n in 0..2 {
            let price = format!("{amount}.{n}");
            numbers.push(desk.issue(&order("meghna", &[("cement", "10", &price)])).await.1);
        }
        desk.at("2026-07-10T06:00:00Z");
        for (n, number) in numbers.iter().enumerate() {
            let price = format!("{amount}.{n}");
            let more = Order {
                amends: Some(id(number)),
                date: id("2026-07-05"),
                ..order("meghna", &[("cement", "20", &price)])
            };
            desk.issue(&more).await;
            assert_eq!(desk.receive(number, &[(1, "20")]).await, Ok(1));
        }
        // The last bill of the first order, cheaper, so that its later year is freed; a bill of each year without an order; and
        // the second order is closed by hand while one of its bills ends.
        let last = dated("2026-07-05", billed("meghna", &format!("L-{round}"), &numbers[0], &[(1, "20", "100")]));
        let mut settling = vec![last];
        settling.push(dated("2026-07-05", invoice("padma", &format!("N-{round}"), &amount)));
        settling.push(dated("2026-06-05", invoice("padma", &format!("O-{round}"), &amount)));
        settling.push(dated("2026-07-05", billed("meghna", &format!("B-{round}"), &numbers[1], &[(1, "15", "400")])));
        let mut running: Vec<std::pin::Pin<Box<dyn Future<Output = ()> + Send>>> = Vec::new();
        for invoice in settling {
            let (claim, assessed) = desk.submit(&invoice).await;
            for task in assessed.plan.tasks.iter().filter(|t| t.kind.name() == "po_variance") {
                let word = desk.signed(&claim.key, task.id.as_str(), "rina", "accept_variance").await;
                assert_eq!(desk.record(&word).await, Ok(()));
            }
            let undecided = desk.document(&claim.key).await.tasks.iter().any(|t| t.state == "open");
            let word = if undecided { Some(desk.approve(&claim.key).await) } else { None };
            let (steps, input) = (desk.steps(), desk.settle_input(&claim.key, 1, word));
            running.push(Box::pin(async move {
                let answer = steps.settle_step(&input).await.unwrap();
                assert!(matches!(answer, SettleOutput::Settled(_)), "{answer:?}");
            }));
        }
        let (ledger, second) = (desk.ledger(), numbers[1].clone());
        running.push(Box::pin(async move {
            let mut tx = ledger.begin(&id("acme")).await.unwrap();
            let who = vextrus_tests_support::company::actor(CLERK);
            vextrus_ledger::orders::close(&mut tx, &who, &id(&second), "enough").await.unwrap().unwrap();
            tx.commit().await.unwrap();
        }));
        all_at_once(running).await;
        for number in &numbers {
            assert!(!desk.order(number).await.1, "round {round}, {number}");
        }
    }
}
