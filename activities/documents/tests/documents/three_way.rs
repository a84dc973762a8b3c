//! An invoice against an order that was issued here and the goods received on it: what it asks, and whose budget it uses.

use vextrus_approval::Action;
use vextrus_contract::steps::{AssessOutput, Assessed, CloseOutput, CloseReason, SettleOutput};
use vextrus_domain::{Invoice, Order, RefusalCode};
use vextrus_ledger::rules::RuleKind;
use vextrus_tests_support::acme::bill;
use vextrus_tests_support::company::{ADMINISTRATOR, CLERK, INVOICES, billed, id, order, request, taka};
use vextrus_tests_support::ledgers::all_at_once;
use vextrus_tests_support::on_both;
use vextrus_tests_support::steps::{Desk, assess_input};

on_both![
    what_matches_asks_nobody,
    each_difference_asks,
    tolerances_are_the_policys,
    the_budget_of_the_order_pays_whatever_the_bill_says,
    a_bill_uses_what_the_order_keeps,
    a_dearer_bill_reserves_only_the_difference,
    a_cheaper_bill_leaves_the_rest_to_the_order,
    a_bill_that_is_not_settled_gives_back_to_the_order,
    an_order_that_is_billed_whole_ends_and_frees_the_rest,
    an_order_ends_with_the_last_of_its_bills,
    the_rest_of_an_order_is_closed,
    an_order_that_is_closed_leaves_its_open_bill_alone,
    a_bill_of_the_next_year_uses_the_order_of_the_last,
    only_an_open_order_of_the_same_vendor_takes_bills,
    bills_at_once_never_hold_more_than_the_order_keeps,
    a_changed_bill_leaves_nothing_on_its_first_order,
];

/// An issued order of 100 bags at 500.00 and 10 rods at 1,000.00; 60,000.00, all of it received.
async fn delivered(desk: &Desk) -> String {
    let (_, number) = desk.issue(&order("meghna", &[("cement", "100", "500"), ("rods", "10", "1000")])).await;
    assert_eq!(desk.receive(&number, &[(1, "100"), (2, "10")]).await, Ok(1));
    number
}

fn asked(assessed: &Assessed) -> Vec<&str> {
    assessed.plan.tasks.iter().filter(|t| t.kind.name() != "level").map(|t| t.question.as_str()).collect()
}

async fn what_matches_asks_nobody(desk: &Desk) {
    let number = delivered(desk).await;
    for (n, lines) in [
        (1, &[(1, "40", "500"), (2, "10", "1000")][..]),
        (2, &[(1, "20", "500"), (1, "20", "500")]),
        (3, &[(1, "20", "499.99")]),
    ] {
        let (_, assessed) = desk.submit(&billed("meghna", &format!("INV-{n}"), &number, lines)).await;
        assert_eq!(asked(&assessed), Vec::<&str>::new(), "{lines:?}");
    }
    assert_eq!(
        desk.order(&number).await.0.lines.iter().map(|l| l.billed.to_string()).collect::<Vec<_>>(),
        ["100", "10"]
    );
}

async fn each_difference_asks(desk: &Desk) {
    let (_, number) = desk.issue(&order("meghna", &[("cement", "100", "500"), ("rods", "10", "1000")])).await;
    assert_eq!(desk.receive(&number, &[(1, "50")]).await, Ok(1));
    for (what, lines, said) in [
        ("a price above", &[(1, "10", "500.01")][..], "500.01"),
        ("more than was received", &[(1, "50.000001", "500")], "50.000001"),
        ("nothing was received", &[(2, "1", "1000")], "rods"),
        ("no line of the order", &[(1, "1", "500"), (0, "1", "700")], "as ordered"),
        ("an unknown line", &[(3, "1", "500")], "3"),
    ] {
        let claim = desk.claim(&billed("meghna", what, &number, lines)).await.unwrap();
        let assessed = desk.assessed(&claim).await;
        let [question] = asked(&assessed)[..] else { panic!("{what}: {:?}", asked(&assessed)) };
        assert!(question.contains(said) && question.ends_with(": accept it?"), "{what}: {question}");
        assert_eq!(assessed.plan.tasks[0].kind.name(), "po_variance", "{what}");
        let matched = desk.document(&claim.key).await.assessment.unwrap().facts.matched;
        assert!(matched.iter().all(|m| question.contains(m.as_str())), "{what}: {matched:?}");
        desk.close(&claim.key, CloseReason::Cancelled, None).await;
    }
    // What another open bill has taken is not there for this one.
    let (first, assessed) = desk.submit(&billed("meghna", "INV-1", &number, &[(1, "50", "500")])).await;
    assert_eq!(asked(&assessed), Vec::<&str>::new());
    let (second, assessed) = desk.submit(&billed("meghna", "INV-2", &number, &[(1, "1", "500")])).await;
    assert_eq!(asked(&assessed).len(), 1);
    let accepted = desk.signed(&second.key, "exception-1-1", "rina", "accept_variance").await;
    assert_eq!(desk.record(&accepted).await, Ok(()));
    desk.carry_out(&second.key).await;
    desk.carry_out(&first.key).await;
    assert_eq!(desk.order(&number).await.0.lines[0].billed.to_string(), "51");
}

async fn tolerances_are_the_policys(desk: &Desk) {
    let text =
        INVOICES.replace("price = \"0 %\"", "price = \"2 %\"").replace("quantity = \"0 %\"", "quantity = \"10 %\"");
    assert_ne!(text, INVOICES);
    desk.activate(RuleKind::Approval, &text).await;
    let (_, number) = desk.issue(&order("meghna", &[("cement", "100", "500")])).await;
    assert_eq!(desk.receive(&number, &[(1, "10")]).await, Ok(1));
    for (lines, asks) in [
        (&[(1, "10", "510")][..], 0),
        (&[(1, "10", "510.01")], 1),
        (&[(1, "11", "500")], 0),
        (&[(1, "11.000001", "500")], 1),
    ] {
        let (claim, assessed) = desk.submit(&billed("meghna", "INV-1", &number, lines)).await;
        assert_eq!(asked(&assessed).len(), asks, "{lines:?}");
        desk.close(&claim.key, CloseReason::Cancelled, None).await;
    }
}

async fn the_budget_of_the_order_pays_whatever_the_bill_says(desk: &Desk) {
    let wanted = Order { project: Some(id("bridge")), ..order("meghna", &[("cement", "100", "500")]) };
    let (_, number) = desk.issue(&wanted).await;
    assert_eq!(desk.receive(&number, &[(1, "100")]).await, Ok(1));
    let (claim, assessed) = desk.submit(&billed("meghna", "INV-1", &number, &[(1, "100", "500")])).await;
    let said = "the bill names department works, PO-2025-26-000001 is paid by department works, project bridge, whose budget \
        will pay: accept it?";
    assert_eq!(asked(&assessed), [said]);
    let shown: Vec<_> = desk.document(&claim.key).await.budgets.into_iter().map(|b| (b.project, b.free)).collect();
    let free = |allocated: &str| Some(taka(allocated).minus(taka("50000")).unwrap());
    assert_eq!(shown, [(None, free("20000000")), (Some(id("bridge")), free("300000"))], "the lines that pay are shown");
    let accepted = desk.signed(&claim.key, "exception-1-1", "rina", "accept_variance").await;
    assert_eq!(desk.record(&accepted).await, Ok(()));
    desk.carry_out(&claim.key).await;
    for project in ["", "bridge"] {
        assert_eq!(desk.budget("works", project).await, ("0.00".to_owned(), "50000.00".to_owned()), "{project}");
    }
}

async fn a_bill_uses_what_the_order_keeps(desk: &Desk) {
    let number = delivered(desk).await;
    let amounts = async || (desk.budget("works", "").await, desk.kept(&number).await);
    let line = |reserved: &str, committed: &str| (reserved.to_owned(), committed.to_owned());
    assert_eq!(amounts().await, (line("60000.00", "0.00"), [60_000, 0, 0, 0]));
    let (first, _) = desk.submit(&billed("meghna", "INV-1", &number, &[(1, "60", "500")])).await;
    assert_eq!(amounts().await, (line("60000.00", "0.00"), [60_000, 30_000, 0, 0]), "nothing more is taken");
    let (second, _) = desk.submit(&billed("meghna", "INV-2", &number, &[(1, "20", "500"), (2, "5", "1000")])).await;
    assert_eq!(amounts().await, (line("60000.00", "0.00"), [60_000, 45_000, 0, 0]));
    desk.carry_out(&first.key).await;
    assert_eq!(amounts().await, (line("30000.00", "30000.00"), [60_000, 15_000, 30_000, 0]));
    desk.carry_out(&second.key).await;
    assert_eq!(amounts().await, (line("15000.00", "45000.00"), [60_000, 0, 45_000, 0]));
    assert!(desk.order(&number).await.1, "something of it is still to be billed");
}

async fn accept(desk: &Desk, bill: &Invoice) -> vextrus_domain::DocumentKey {
    let (claim, assessed) = desk.submit(bill).await;
    assert_eq!(asked(&assessed).len(), 1, "{:?}", asked(&assessed));
    let accepted = desk.signed(&claim.key, "exception-1-1", "rina", "accept_variance").await;
    assert_eq!(desk.record(&accepted).await, Ok(()));
    claim.key
}

async fn a_dearer_bill_reserves_only_the_difference(desk: &Desk) {
    let number = delivered(desk).await;
    let key = accept(desk, &billed("meghna", "INV-1", &number, &[(1, "100", "550"), (2, "10", "1000")])).await;
    assert_eq!(desk.budget("works", "").await.0, "65000.00");
    assert_eq!(desk.kept(&number).await, [60_000, 60_000, 0, 0]);
    let rows =
        "SELECT amount || ' ' || from_order || ' ' || state FROM budget_reservations WHERE po_number IS NOT NULL";
    assert_eq!(desk.database.raw().await.texts(rows).await, ["6500000 6000000 reserved"]);
    desk.carry_out(&key).await;
    assert_eq!(desk.budget("works", "").await, ("0.00".to_owned(), "65000.00".to_owned()));
    assert_eq!(desk.kept(&number).await, [60_000, 0, 60_000, 0]);
}

async fn a_cheaper_bill_leaves_the_rest_to_the_order(desk: &Desk) {
    let number = delivered(desk).await;
    // 2,000.00 less than the order says: above the tolerance for the whole.
    let key = accept(desk, &billed("meghna", "INV-1", &number, &[(1, "50", "460")])).await;
    desk.carry_out(&key).await;
    assert_eq!(desk.budget("works", "").await, ("37000.00".to_owned(), "23000.00".to_owned()));
    assert_eq!(desk.kept(&number).await, [60_000, 0, 23_000, 0]);
}

async fn a_bill_that_is_not_settled_gives_back_to_the_order(desk: &Desk) {
    use CloseReason::{Cancelled, Failed, Rejected, Withdrawn};
    let number = delivered(desk).await;
    for (n, reason) in [Rejected, Withdrawn, Cancelled, Failed].into_iter().enumerate() {
        let dear = billed("meghna", &format!("INV-{n}"), &number, &[(1, "100", "700")]);
        let (claim, _) = desk.submit(&dear).await;
        assert_eq!((desk.budget("works", "").await.0.as_str(), desk.kept(&number).await[1]), ("70000.00", 60_000));
        let word = match reason {
            Rejected => Some(desk.signed(&claim.key, "exception-1-1", "rina", "reject").await),
            Withdrawn => Some(desk.withdrawal(&claim.key, CLERK)),
            _ => None,
        };
        assert_eq!(desk.close(&claim.key, reason, word).await, CloseOutput::Closed);
        assert_eq!(desk.budget("works", "").await.0, "60000.00", "{reason:?}");
        assert_eq!(desk.kept(&number).await, [60_000, 0, 0, 0], "{reason:?}");
        assert_eq!(desk.order(&number).await.0.lines[0].billed.to_string(), "0");
    }
}

async fn an_order_that_is_billed_whole_ends_and_frees_the_rest(desk: &Desk) {
    let number = delivered(desk).await;
    desk.settled(&billed("meghna", "INV-1", &number, &[(1, "100", "499"), (2, "4", "1000")])).await;
    assert_eq!(desk.kept(&number).await, [60_000, 0, 53_900, 0]);
    desk.settled(&billed("meghna", "INV-2", &number, &[(2, "6", "1000")])).await;
    assert_eq!(desk.kept(&number).await, [60_000, 0, 59_900, 100], "what was saved is free");
    assert!(!desk.order(&number).await.1);
    assert_eq!(desk.budget("works", "").await, ("0.00".to_owned(), "59900.00".to_owned()));
    let because = "SELECT closed_because FROM purchase_orders WHERE serial = 1";
    assert_eq!(desk.database.raw().await.texts(because).await, ["everything is billed"]);
    let late = billed("meghna", "INV-3", &number, &[(1, "1", "500")]);
    assert_eq!(desk.refused(&late).await.code, RefusalCode::PoUnknown);
}

/// The last bill of an order may be one that is refused after the others were settled.
async fn an_order_ends_with_the_last_of_its_bills(desk: &Desk) {
    let number = delivered(desk).await;
    let (over, _) = desk.submit(&billed("meghna", "INV-1", &number, &[(1, "1", "500")])).await;
    let rest = billed("meghna", "INV-2", &number, &[(1, "100", "499"), (2, "10", "1000")]);
    let key = accept(desk, &rest).await;
    desk.carry_out(&key).await;
    assert!(desk.order(&number).await.1, "another bill is under way");
    assert_eq!(desk.close(&over.key, CloseReason::Cancelled, None).await, CloseOutput::Closed);
    assert!(!desk.order(&number).await.1);
    assert_eq!(desk.kept(&number).await, [60_000, 0, 59_500, 500], "500 were held by the other bill");

    // Of the two last bills that are settled at once, one ends the order.
    for round in 0..4 {
        let amount = format!("{}", 500 + round);
        let (_, number) = desk.issue(&order("padma", &[("works", "2", &amount)])).await;
        assert_eq!(desk.receive(&number, &[(1, "2")]).await, Ok(1));
        let mut settling = Vec::new();
        for n in 0..2 {
            let half =
                billed("padma", &format!("INV-{round}-{n}"), &number, &[(1, "1", &format!("{}.5", 498 + round + n))]);
            let (claim, _) = desk.submit(&half).await;
            let input = desk.settle_input(&claim.key, 1, Some(desk.approve(&claim.key).await));
            let steps = desk.steps();
            settling.push(async move { steps.settle_step(&input).await.unwrap() });
        }
        let answers = all_at_once(settling).await;
        assert!(answers.iter().all(|a| matches!(a, SettleOutput::Settled(_))), "{answers:?}");
        assert!(!desk.order(&number).await.1, "round {round}");
    }
}

async fn the_rest_of_an_order_is_closed(desk: &Desk) {
    let number = delivered(desk).await;
    desk.settled(&billed("meghna", "INV-1", &number, &[(1, "20", "500")])).await;
    for reason in ["", "  "] {
        assert_eq!(desk.end_order(&number, reason).await.unwrap_err().code, RefusalCode::ReasonRequired);
    }
    let too_long = "x".repeat(501);
    assert_eq!(desk.end_order(&number, &too_long).await.unwrap_err().code, RefusalCode::ReasonRequired);
    assert_eq!(desk.end_order("PO-1", "imported").await.unwrap_err().code, RefusalCode::PoUnknown);
    assert_eq!(desk.end_order("PO-99", "unknown").await.unwrap_err().code, RefusalCode::NotFound);
    assert_eq!(desk.end_order(&number, "the site is finished").await, Ok(()));
    assert_eq!(desk.kept(&number).await, [60_000, 0, 10_000, 50_000]);
    assert_eq!(desk.budget("works", "").await, ("0.00".to_owned(), "10000.00".to_owned()));
    let told = "SELECT count(*) FROM outbox WHERE event = 'order_closed'";
    let mut raw = desk.database.raw().await;
    assert_eq!(desk.end_order(&number, "again").await, Ok(()), "closed is closed");
    assert_eq!(raw.number(told).await, 1);
    let late = billed("meghna", "INV-2", &number, &[(1, "1", "500")]);
    assert_eq!(desk.refused(&late).await.code, RefusalCode::PoUnknown);
}

async fn an_order_that_is_closed_leaves_its_open_bill_alone(desk: &Desk) {
    let number = delivered(desk).await;
    let (kept, _) = desk.submit(&billed("meghna", "INV-1", &number, &[(1, "20", "500")])).await;
    let (dropped, _) = desk.submit(&billed("meghna", "INV-2", &number, &[(1, "30", "500")])).await;
    assert_eq!(desk.end_order(&number, "the site is finished").await, Ok(()));
    assert_eq!(desk.kept(&number).await, [60_000, 25_000, 0, 35_000]);
    assert_eq!(desk.budget("works", "").await.0, "25000.00", "what open bills hold stays reserved");
    desk.close(&dropped.key, CloseReason::Cancelled, None).await;
    assert_eq!(desk.kept(&number).await, [60_000, 10_000, 0, 50_000], "a closed order takes nothing back");
    assert_eq!(desk.budget("works", "").await.0, "10000.00");
    // It may be computed again, under another tax for example, and is settled as it was matched.
    let again = Action::Reassess { reason: "the tax of the new year".to_owned() };
    assert_eq!(desk.record(&desk.word(&kept.key, ADMINISTRATOR, again)).await, Ok(()));
    assert_eq!(asked(&desk.reassessed(&kept.key).await), Vec::<&str>::new());
    assert_eq!(desk.budget("works", "").await.0, "10000.00");
    desk.carry_out(&kept.key).await;
    assert_eq!(desk.budget("works", "").await, ("0.00".to_owned(), "10000.00".to_owned()));
}

async fn a_bill_of_the_next_year_uses_the_order_of_the_last(desk: &Desk) {
    let number = delivered(desk).await;
    desk.at("2026-07-10T06:00:00Z");
    let dated = |n: &str, lines: &[(u32, &str, &str)]| {
        let date = (id("2026-07-05"), id("2026-08-05"));
        let bill = billed("meghna", n, &number, lines);
        Invoice { date: date.0, due_date: date.1, ..bill }
    };
    // No line of the new year is needed for what the order keeps of the old one.
    let (_, settlement) = desk.settled(&dated("INV-1", &[(1, "50", "500")])).await;
    assert_eq!((settlement.date, settlement.number.as_str()), (id("2026-07-10"), "PI-2026-27-000001"));
    assert_eq!(desk.budget("works", "").await, ("35000.00".to_owned(), "25000.00".to_owned()));
    // A difference is paid by the year of the bill.
    let claim = desk.claim(&dated("INV-2", &[(1, "50", "800"), (2, "10", "1000")])).await.unwrap();
    let AssessOutput::Refused(refusal) = desk.assess(&claim, 1).await else { panic!("assessed") };
    assert_eq!(refusal.code, RefusalCode::BudgetUnknown);
    assert_eq!(desk.close(&claim.key, CloseReason::Rejected, None).await, CloseOutput::Closed);
    desk.put_budget("2026-27", "works", None, "15000").await;
    let shown = desk.document(&claim.key).await.budgets;
    let of_the_order = desk.budget_of("2025-26", "works", "").await;
    let taken = of_the_order.reserved.plus(of_the_order.committed).unwrap();
    assert_eq!(shown[0].free, Some(of_the_order.allocated.minus(taken).unwrap()), "the year of the order is shown");
    let key = accept(desk, &dated("INV-3", &[(1, "50", "800"), (2, "10", "1000")])).await;
    assert_eq!(desk.budget_of("2026-27", "works", "").await.reserved, taka("15000"));
    desk.carry_out(&key).await;
    assert_eq!(desk.budget("works", "").await, ("0.00".to_owned(), "60000.00".to_owned()));
    assert_eq!(desk.budget_of("2026-27", "works", "").await.committed, taka("15000"));
    assert!(!desk.order(&number).await.1);
}

async fn only_an_open_order_of_the_same_vendor_takes_bills(desk: &Desk) {
    let number = delivered(desk).await;
    let other = desk.refused(&billed("padma", "INV-1", &number, &[(1, "1", "500")])).await;
    assert_eq!(
        other.to_string(),
        format!("PO_VENDOR_MISMATCH: purchase order {number} was given to meghna, not to padma")
    );
    let unknown = desk.refused(&billed("meghna", "INV-2", "PO-2025-26-000099", &[(1, "1", "500")])).await;
    assert_eq!(unknown.code, RefusalCode::PoUnknown);
    assert_eq!(desk.kept(&number).await, [60_000, 0, 0, 0]);
}

async fn bills_at_once_never_hold_more_than_the_order_keeps(desk: &Desk) {
    let number = delivered(desk).await;
    let mut assessing = Vec::new();
    let mut keys = Vec::new();
    for n in 0..8 {
        let price = format!("{}", 1000 + n);
        let claim = desk.claim(&billed("meghna", &format!("INV-{n}"), &number, &[(1, "15", &price)])).await.unwrap();
        keys.push(claim.key.clone());
        let steps = desk.steps();
        assessing.push(async move { steps.assess_step(&assess_input(&claim, 1)).await.unwrap() });
    }
    let answers = all_at_once(assessing).await;
    assert!(answers.iter().all(|a| matches!(a, AssessOutput::Assessed(_))), "{answers:?}");
    assert_eq!(desk.kept(&number).await, [60_000, 60_000, 0, 0]);
    // 8 x 15 x 1000 to 1007.
    assert_eq!(desk.budget("works", "").await.0, "120420.00");
    assert_eq!(desk.wrong().await, Vec::<String>::new());
    // An order that is closed while its bills are given back keeps nothing that nobody holds.
    let mut closing: Vec<std::pin::Pin<Box<dyn Future<Output = ()> + Send>>> = Vec::new();
    for key in keys {
        let (steps, input) = (desk.steps(), desk.close_input(&key, CloseReason::Cancelled, None));
        closing.push(Box::pin(async move { assert_eq!(steps.close_step(&input).await.unwrap(), CloseOutput::Closed) }));
    }
    let (ledger, number) = (desk.ledger(), number.clone());
    closing.insert(
        4,
        Box::pin(async move {
            let mut tx = ledger.begin(&id("acme")).await.unwrap();
            let who = vextrus_tests_support::company::actor(CLERK);
            vextrus_ledger::orders::close(&mut tx, &who, &id(&number), "enough").await.unwrap().unwrap();
            tx.commit().await.unwrap();
        }),
    );
    all_at_once(closing).await;
    assert_eq!(desk.budget("works", "").await.0, "0.00");
}

async fn a_changed_bill_leaves_nothing_on_its_first_order(desk: &Desk) {
    let (first, second) = (delivered(desk).await, delivered(desk).await);
    for (n, po_number) in [(1, Some(second.as_str())), (2, None), (3, Some(first.as_str()))] {
        let bill_of = |po: &str| billed("meghna", &format!("INV-{n}"), po, &[(1, "10", "500")]);
        let (claim, _) = desk.submit(&bill_of(&first)).await;
        let back = Action::Return { task: id("level-1"), comment: "which order?".to_owned() };
        assert_eq!(desk.record(&desk.word(&claim.key, "rina", back)).await, Ok(()));
        let mut changed = bill_of(po_number.unwrap_or("PO-1"));
        changed.po_number = po_number.map(id);
        changed.lines[0].po_line = po_number.map(|_| 1);
        let change = desk.change(&claim.key, CLERK, &request(), &bill(&changed)).await.unwrap();
        assert_eq!(desk.kept(&first).await[1], 5000, "until it is submitted again");
        let resubmit =
            Action::Resubmit { content: change.content, payload_hash: change.payload_hash, comment: String::new() };
        assert_eq!(desk.record(&desk.word(&claim.key, CLERK, resubmit)).await, Ok(()));
        desk.reassessed(&claim.key).await;
        let held = |to: &str| if po_number == Some(to) { 5000 } else { 0 };
        assert_eq!(desk.kept(&first).await, [60_000, held(&first), 0, 0], "{n}");
        assert_eq!(desk.kept(&second).await, [60_000, held(&second), 0, 0], "{n}");
        let billed = desk.order(&first).await.0.lines[0].billed.to_string();
        assert_eq!(billed, if po_number == Some(first.as_str()) { "10" } else { "0" }, "{n}");
        desk.close(&claim.key, CloseReason::Cancelled, None).await;
        assert_eq!(desk.budget("works", "").await.0, "120000.00");
    }
}
