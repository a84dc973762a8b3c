//! A purchase order: whom it asks, its number, and the budget that it keeps from its assessment on.

use chrono::TimeDelta;
use vextrus_contract::steps::{AssessOutput, CloseInput, CloseOutput, CloseReason, Entry, SettleOutput};
use vextrus_domain::vendor::Vendor;
use vextrus_domain::{DocumentKey, Order, RefusalCode};
use vextrus_tests_support::acme::ordered;
use vextrus_tests_support::company::{CLERK, id, order, taka, vendor};
use vextrus_tests_support::ledgers::at_once;
use vextrus_tests_support::on_both;
use vextrus_tests_support::steps::Desk;

on_both![
    the_amount_chooses_the_levels,
    a_small_order_is_issued_without_anybody,
    orders_are_numbered_without_gaps,
    an_order_is_what_was_asked_for,
    the_budget_is_reserved_then_kept_by_the_order,
    whatever_does_not_issue_gives_back,
    an_order_without_a_budget_is_refused,
    an_order_is_not_issued_to_a_vendor_that_is_gone,
    the_requester_does_not_approve_their_own,
    orders_to_one_vendor_within_a_month_count_together,
    what_does_not_count_together,
    of_two_split_orders_assessed_at_once_one_sees_the_other,
    two_orders_alike_ask_whether_they_are_one,
];

fn of(amount: &str) -> Order {
    order("meghna", &[("cement", "1", amount)])
}

async fn roles(desk: &Desk, order: &Order) -> Vec<String> {
    desk.ask(order).await.1.plan.tasks.iter().map(|t| format!("{} {}", t.name, t.role)).collect()
}

async fn the_amount_chooses_the_levels(desk: &Desk) {
    let head = "department_head department_head".to_owned();
    let finance = "finance finance_manager".to_owned();
    // The basis is without VAT, and a level is asked strictly above its amount. Each from a requester of its own, since
    // orders of one requester count together.
    for (person, amount, expected) in [
        ("karim", "49999.99", vec![]),
        ("babul", "50000.00", vec![]),
        ("mizan", "50000.01", vec![head.clone()]),
        ("lipi", "99999.99", vec![head.clone()]),
        ("rina", "100000.00", vec![head.clone()]),
        ("salma", "100000.01", vec![head.clone(), finance.clone()]),
        ("tareq", "5000000.00", vec![head, finance]),
    ] {
        let (claim, assessed) = desk.submit_as(person, &ordered(&of(amount))).await;
        let asked: Vec<_> = assessed.plan.tasks.iter().map(|t| format!("{} {}", t.name, t.role)).collect();
        assert_eq!(asked, expected, "{amount}");
        assert_eq!((assessed.totals.as_ref(), assessed.rules.tax.as_str()), (None, ""), "an order owes no taxes");
        desk.carry_out(&claim.key).await;
    }
}

async fn a_small_order_is_issued_without_anybody(desk: &Desk) {
    let (claim, assessed) = desk.ask(&of("50000")).await;
    assert_eq!(assessed.plan.tasks, []);
    let SettleOutput::Settled(settlement) = desk.settle(&claim.key, None).await else { panic!("not issued") };
    assert_eq!((settlement.number.as_str(), settlement.date), ("PO-2025-26-000001", id("2025-08-10")));
    assert_eq!(settlement.totals, None);
    assert_eq!(desk.trail(&claim.key).await, ["claimed", "assessed", "settled"]);
    let told = "SELECT event FROM outbox ORDER BY created_at, id";
    assert_eq!(desk.database.raw().await.texts(told).await, ["assessed/1", "order_issued", "settled"]);
    let rows = desk.database.raw().await.rows().await;
    for table in ["payment_instructions", "journal_entries", "tax_obligations"] {
        assert_eq!(rows[table], 0, "{table}");
    }
}

async fn orders_are_numbered_without_gaps(desk: &Desk) {
    let mut inputs = Vec::new();
    for i in 0..12 {
        let (claim, _) = desk.ask(&of(&format!("{}", 60_000 + i))).await;
        // Every fourth lacks an approval and is refused on the way.
        let last = if i % 4 == 3 { None } else { Some(desk.approve(&claim.key).await) };
        inputs.push(desk.settle_input(&claim.key, 1, last));
    }
    let steps = desk.steps();
    let answers = at_once(12, move |i| {
        let (steps, input) = (steps.clone(), inputs[i].clone());
        async move { steps.settle_step(&input).await.unwrap() }
    })
    .await;
    assert_eq!(answers.iter().filter(|a| matches!(a, SettleOutput::Settled(_))).count(), 9, "{answers:?}");
    let numbers = "SELECT po_number FROM purchase_orders WHERE serial IS NOT NULL ORDER BY serial";
    let expected: Vec<String> = (1..=9).map(|n| format!("PO-2025-26-{n:06}")).collect();
    assert_eq!(desk.database.raw().await.texts(numbers).await, expected);
    // The year of the number is that of the day of issue; each year has a series of its own.
    desk.at("2026-06-30T18:00:00Z");
    assert_eq!(desk.issue(&of("10")).await.1, "PO-2026-27-000001");
}

async fn an_order_is_what_was_asked_for(desk: &Desk) {
    let wanted = order("meghna", &[("cement", "120.5", "400"), ("sand", "3", "0")]);
    let (key, number) = desk.issue(&wanted).await;
    let (issued, open) = desk.order(&number).await;
    assert!(open && issued.document == key.document);
    assert_eq!((issued.version, issued.amount, issued.first_amount), (1, taka("48200"), taka("48200")));
    assert_eq!((issued.department, issued.project), (id("works"), None));
    let lines: Vec<_> = issued.lines.iter().map(|l| (l.line, l.product.as_str(), l.ordered, l.unit_price)).collect();
    assert_eq!(lines, [(1, "cement", id("120.5"), taka("400")), (2, "sand", id("3"), taka("0"))]);
    let shown = desk.document(&key).await;
    assert_eq!((shown.number.as_deref(), shown.state.name()), (Some(number.as_str()), "settled"));
    assert_eq!(shown.order.unwrap().number.as_str(), number);
}

async fn the_budget_is_reserved_then_kept_by_the_order(desk: &Desk) {
    let mut wanted = of("100000");
    wanted.project = Some(id("bridge"));
    let claim = desk.claim_order(CLERK, &wanted).await.unwrap();
    let both = async || [desk.budget("works", "").await.0, desk.budget("works", "bridge").await.0];
    assert_eq!(both().await, ["0.00", "0.00"], "a claim takes nothing");
    desk.assessed(&claim).await;
    assert_eq!(both().await, ["100000.00", "100000.00"]);
    let settlement = desk.carry_out(&claim.key).await;
    assert_eq!(both().await, ["100000.00", "100000.00"], "the order keeps it");
    assert_eq!(desk.kept(&settlement.number).await, [100_000, 0, 0, 0]);
    let states = "SELECT state FROM budget_reservations ORDER BY project";
    assert_eq!(desk.database.raw().await.texts(states).await, ["encumbered", "encumbered"]);
    assert_eq!(desk.end_order(&settlement.number, "not needed any more").await, Ok(()));
    assert_eq!(both().await, ["0.00", "0.00"]);
}

/// Brings an assessed order to its end in another way than its issue.
async fn end(desk: &Desk, key: &DocumentKey, reason: CloseReason) -> CloseOutput {
    let word = match reason {
        CloseReason::Rejected => Some(desk.signed(key, "level-1", "habib", "reject").await),
        CloseReason::Withdrawn => Some(desk.withdrawal(key, CLERK)),
        _ => None,
    };
    let mut input: CloseInput = desk.close_input(key, reason, word);
    if reason == CloseReason::Expired {
        desk.pass(TimeDelta::days(7));
        input.entries.push(Entry::Tick { at: desk.now() });
    }
    desk.steps().close_step(&input).await.unwrap()
}

async fn whatever_does_not_issue_gives_back(desk: &Desk) {
    use CloseReason::{Cancelled, Expired, Failed, Rejected, Withdrawn};
    let mut wanted = of("80000");
    wanted.project = Some(id("bridge"));
    for reason in [Rejected, Withdrawn, Expired, Cancelled, Failed] {
        let (claim, _) = desk.ask(&wanted).await;
        assert_eq!(desk.budget("works", "bridge").await.0, "80000.00");
        assert_eq!(end(desk, &claim.key, reason).await, CloseOutput::Closed, "{reason:?}");
        assert_eq!(desk.budget("works", "").await.0, "0.00", "{reason:?}");
        assert_eq!(desk.budget("works", "bridge").await.0, "0.00", "{reason:?}");
        let SettleOutput::Refused(refusal) = desk.settle(&claim.key, None).await else { panic!("{reason:?}") };
        assert_eq!(refusal.code, RefusalCode::DocumentClosed);
    }
    let rows = desk.database.raw().await.rows().await;
    assert_eq!((rows["encumbrances"], rows["order_lines"], rows["number_series"]), (0, 0, 0));
}

async fn an_order_without_a_budget_is_refused(desk: &Desk) {
    let of_department = |department: &str| Order { department: id(department), ..of("40000") };
    let mut bridge = of("300000.01");
    bridge.project = Some(id("bridge"));
    let next_year = Order { date: id("2026-07-01"), ..of("1") };
    for (wanted, code, said) in [
        (of_department("transport"), RefusalCode::BudgetUnknown, "department transport, 2025-26 has no budget line"),
        (next_year, RefusalCode::BudgetUnknown, "department works, 2026-27 has no budget line"),
        (bridge, RefusalCode::BudgetExceeded, "project bridge, 2025-26 has BDT 3,00,000.00 free; 3,00,000.01"),
        (of("20000000.01"), RefusalCode::BudgetExceeded, "department works, 2025-26 has BDT 2,00,00,000.00 free"),
    ] {
        let refusal = desk.refused_as(CLERK, &ordered(&wanted)).await;
        assert_eq!(refusal.code, code);
        assert!(refusal.message.contains(said), "{refusal}");
    }
    assert_eq!(desk.budget("works", "").await.0, "0.00", "what was taken on the way was given back");
}

async fn an_order_is_not_issued_to_a_vendor_that_is_gone(desk: &Desk) {
    let (claim, _) = desk.ask(&of("80000")).await;
    let last = desk.approve(&claim.key).await;
    desk.put_vendor(&Vendor { active: false, ..vendor("meghna") }).await;
    let SettleOutput::Reassess { why } = desk.settle(&claim.key, Some(last)).await else { panic!("issued") };
    assert_eq!(why, "vendor meghna is not active any more");
    let AssessOutput::Refused(refusal) = desk.assess_again(&claim.key).await else { panic!("assessed") };
    assert_eq!(refusal.code, RefusalCode::VendorInactive);
    assert_eq!(desk.close(&claim.key, CloseReason::Rejected, None).await, CloseOutput::Closed);
    assert_eq!(desk.budget("works", "").await.0, "0.00");
}

async fn the_requester_does_not_approve_their_own(desk: &Desk) {
    let (claim, assessed) = desk.submit_as("habib", &ordered(&of("80000"))).await;
    assert_eq!(assessed.plan.tasks[0].eligible, [id("omar")]);
    let own = desk.signed(&claim.key, "level-1", "habib", "approve").await;
    assert_eq!(desk.record(&own).await.unwrap_err().code, RefusalCode::SelfApproval);
    let other = desk.signed(&claim.key, "level-1", "omar", "approve").await;
    assert!(matches!(desk.settle(&claim.key, Some(other)).await, SettleOutput::Settled(_)));
}

async fn orders_to_one_vendor_within_a_month_count_together(desk: &Desk) {
    assert_eq!(roles(desk, &of("30000")).await, Vec::<String>::new());
    assert_eq!(roles(desk, &of("20000")).await, Vec::<String>::new(), "50,000.00 together");
    let (_, assessed) = desk.ask(&of("0.01")).await;
    let [task] = assessed.plan.tasks.as_slice() else { panic!("{:?}", assessed.plan.tasks) };
    assert_eq!(task.role.as_str(), "department_head");
    assert_eq!(
        task.why,
        "the amount without VAT 50,000.01 is above 50,000.00, with 50,000.00 of other documents that count together"
    );
    assert_eq!(assessed.plan.terms.amount, taka("50000.01"));
    assert_eq!(roles(desk, &of("49999.99")).await.len(), 1, "100,000.00 together");
    assert_eq!(roles(desk, &of("0.02")).await.len(), 2);
    // The thirtieth day still counts, to the second, from claim to claim.
    desk.pass(TimeDelta::days(30));
    assert_eq!(roles(desk, &of("0.03")).await.len(), 2);
    desk.pass(TimeDelta::seconds(1));
    assert_eq!(roles(desk, &of("0.04")).await, Vec::<String>::new());
}

async fn what_does_not_count_together(desk: &Desk) {
    let (_, number) = desk.issue(&of("50000")).await;
    let asked = async |person: &str, wanted: &Order| {
        let (claim, assessed) = desk.submit_as(person, &ordered(wanted)).await;
        desk.close(&claim.key, CloseReason::Cancelled, None).await;
        assessed.plan.tasks.len()
    };
    assert_eq!(asked(CLERK, &of("10")).await, 1, "the same requester to the same vendor");
    assert_eq!(asked("babul", &of("10")).await, 0, "another requester");
    assert_eq!(asked(CLERK, &order("padma", &[("works", "1", "10")])).await, 0, "another vendor");
    // An amendment changes an order that counts already, and is measured by what it adds to it.
    let amendment = Order { amends: Some(id(&number)), ..of("50000") };
    assert_eq!(asked(CLERK, &amendment).await, 0, "an amendment");
    desk.claim_order(CLERK, &of("50000")).await.unwrap();
    assert_eq!(asked(CLERK, &of("49999")).await, 1, "50,000.00 is issued; what is only claimed counts for nothing");
    assert_eq!(asked(CLERK, &of("49999.99")).await, 1, "and what was closed counts no more");
}

async fn of_two_split_orders_assessed_at_once_one_sees_the_other(desk: &Desk) {
    for round in 0..6 {
        desk.pass(TimeDelta::days(31));
        let mut claims = Vec::new();
        for n in 0..2 {
            let line = format!("{}", 30_000 + 100 * round + n);
            claims.push(desk.claim_order(CLERK, &of(&line)).await.unwrap());
        }
        let steps = desk.steps();
        let outputs = at_once(2, move |n| {
            let (steps, claim) = (steps.clone(), claims[n].clone());
            async move { steps.assess_step(&vextrus_tests_support::steps::assess_input(&claim, 1)).await.unwrap() }
        })
        .await;
        let asking = outputs.iter().filter(|o| matches!(o, AssessOutput::Assessed(a) if a.plan.tasks.len() == 1));
        assert_eq!(asking.count(), 1, "round {round}: {outputs:?}");
    }
}

async fn two_orders_alike_ask_whether_they_are_one(desk: &Desk) {
    let (first, assessed) = desk.ask(&of("1000")).await;
    assert_eq!(assessed.plan.tasks, []);
    let (claim, assessed) = desk.ask(&of("1000")).await;
    let [task] = assessed.plan.tasks.as_slice() else { panic!("{:?}", assessed.plan.tasks) };
    assert_eq!((task.kind.name(), task.role.as_str()), ("possible_duplicate", "department_head"));
    let said = format!("same vendor, amount and date as {}: is it another order?", first.key.document);
    assert_eq!(task.question, said);
    let yes = desk.signed(&claim.key, "exception-1-1", "habib", "not_a_duplicate").await;
    assert!(matches!(desk.settle(&claim.key, Some(yes)).await, SettleOutput::Settled(_)));
}
