//! An issued order is amended: only what it adds is asked and reserved, and what has come of it stays.

use vextrus_contract::steps::{AssessOutput, Assessed, CloseOutput, CloseReason, SettleOutput};
use vextrus_domain::{Order, RefusalCode};
use vextrus_tests_support::acme::ordered;
use vextrus_tests_support::company::{CLERK, billed, id, order, taka};
use vextrus_tests_support::ledgers::all_at_once;
use vextrus_tests_support::on_both;
use vextrus_tests_support::steps::{Desk, assess_input};

on_both![
    an_increase_asks_what_the_difference_asks,
    many_small_increases_count_together,
    other_goods_for_the_same_money_are_asked,
    orders_that_grow_count_together,
    an_increase_reserves_the_difference_and_the_order_takes_it_over,
    an_amendment_that_is_not_approved_leaves_the_order_as_it_was,
    a_decrease_asks_nobody_and_frees_the_difference,
    a_decrease_of_what_is_billed_frees_what_nothing_holds,
    what_came_or_was_billed_stays,
    one_amendment_is_open_at_a_time,
    goods_that_come_meanwhile_refuse_a_decrease,
    an_order_that_ends_meanwhile_is_not_amended,
    what_cannot_be_amended,
    receipts_and_bills_follow_the_new_version,
];

fn of(amount: &str) -> Order {
    order("meghna", &[("cement", "1", amount)])
}

fn to(number: &str, changed: Order) -> Order {
    Order { amends: Some(id(number)), ..changed }
}

fn roles(assessed: &Assessed) -> Vec<&str> {
    assessed.plan.tasks.iter().map(|t| t.role.as_str()).collect()
}

async fn an_increase_asks_what_the_difference_asks(desk: &Desk) {
    for (first, amended, expected) in [
        // Nobody was asked for the first amount: the bands that the new one crosses are asked.
        ("40000", "40000", &[][..]),
        ("40000", "50000", &[]),
        ("40000", "50000.01", &["department_head"]),
        ("40000", "100000.01", &["department_head", "finance_manager"]),
        // Who has approved the first amount is asked only for a difference that needs them by itself.
        ("60000", "100000", &[]),
        ("60000", "100000.01", &["finance_manager"]),
        ("60000", "110000.01", &["department_head", "finance_manager"]),
        ("200000", "250000", &[]),
        ("200000", "250000.01", &["department_head"]),
        ("200000", "300000.01", &["department_head", "finance_manager"]),
        ("200000", "199999.99", &[]),
    ] {
        // Of a requester of its own each, since orders of one requester to one vendor count together.
        desk.pass(chrono::TimeDelta::days(31));
        let (_, number) = desk.issue(&of(first)).await;
        let (claim, assessed) = desk.ask(&to(&number, of(amended))).await;
        assert_eq!(roles(&assessed), expected, "{first} to {amended}");
        if let Some(task) = assessed.plan.tasks.first() {
            assert!(task.why.contains("was approved before"), "{}", task.why);
            assert!(task.question.starts_with("approve a change from BDT"), "{}", task.question);
        }
        desk.close(&claim.key, CloseReason::Cancelled, None).await;
    }
}

async fn many_small_increases_count_together(desk: &Desk) {
    let (_, number) = desk.issue(&of("60000")).await;
    for (amended, expected) in [
        ("80000", &[][..]),
        ("100000", &[]),
        // 50,000.01 more than was approved first, though 10,000.01 more than it is now.
        ("110000.01", &["department_head", "finance_manager"]),
        ("110000.02", &["department_head", "finance_manager"]),
        ("90000", &[]),
    ] {
        let (claim, assessed) = desk.ask(&to(&number, of(amended))).await;
        assert_eq!(roles(&assessed), expected, "{amended}");
        desk.carry_out(&claim.key).await;
        let (issued, _) = desk.order(&number).await;
        assert_eq!((issued.amount, issued.first_amount), (taka(amended), taka("60000")));
        assert_eq!(desk.budget("works", "").await.0, taka(amended).to_string(), "{amended}");
    }
    assert_eq!(desk.order(&number).await.0.version, 6);
}

async fn other_goods_for_the_same_money_are_asked(desk: &Desk) {
    let (_, number) = desk.issue(&order("meghna", &[("fabric", "1", "200000"), ("trims", "10", "100")])).await;
    for (lines, expected) in [
        (&[("laptop", "1", "200000"), ("trims", "10", "100")][..], &["department_head", "finance_manager"][..]),
        // Half of it at twice the price: 1,00,000 for what was approved, 1,00,000 more.
        (&[("fabric", "0.5", "400000"), ("trims", "10", "100")], &["department_head"]),
        (&[("fabric", "0.5", "200000"), ("trims", "510", "100")], &[]),
        (&[("fabric", "0.5", "200000"), ("trims", "510", "100"), ("lace", "1", "0.01")], &["department_head"]),
        (&[("fabric", "0.5", "180000"), ("trims", "9", "100")], &[]),
    ] {
        let (claim, assessed) = desk.ask(&to(&number, order("meghna", lines))).await;
        assert_eq!(roles(&assessed), expected, "{lines:?}");
        desk.close(&claim.key, CloseReason::Cancelled, None).await;
    }
}

async fn orders_that_grow_count_together(desk: &Desk) {
    let (_, one) = desk.issue(&of("1")).await;
    let (_, two) = desk.issue(&of("2")).await;
    let (grown, assessed) = desk.ask(&to(&one, of("30000"))).await;
    assert_eq!(roles(&assessed), Vec::<&str>::new(), "30,002.00 together");
    // The other counts as it will be, and then as it is.
    for _ in 0..2 {
        let (claim, assessed) = desk.ask(&to(&two, of("20000"))).await;
        assert_eq!(roles(&assessed), Vec::<&str>::new(), "50,000.00 together");
        desk.close(&claim.key, CloseReason::Cancelled, None).await;
        let (claim, assessed) = desk.ask(&to(&two, of("20000.01"))).await;
        assert_eq!(roles(&assessed), ["department_head"]);
        desk.close(&claim.key, CloseReason::Cancelled, None).await;
        if desk.order(&one).await.0.version == 1 {
            desk.carry_out(&grown.key).await;
        }
    }
    // Of an order that is older than the window its amendment counts.
    desk.pass(chrono::TimeDelta::days(31));
    let (claim, _) = desk.ask(&to(&one, of("30001"))).await;
    desk.carry_out(&claim.key).await;
    assert_eq!(roles(&desk.ask(&of("20000")).await.1), ["department_head"], "50,001.00 together");
}

async fn an_increase_reserves_the_difference_and_the_order_takes_it_over(desk: &Desk) {
    let project = |order: Order| Order { project: Some(id("bridge")), ..order };
    let (first, number) = desk.issue(&project(of("40000"))).await;
    let (claim, _) = desk.ask(&to(&number, project(of("70000")))).await;
    for line in ["", "bridge"] {
        assert_eq!(desk.budget("works", line).await.0, "70000.00");
    }
    assert_eq!(desk.kept(&number).await, [40_000, 0, 0, 0], "until it is approved");
    let settlement = desk.carry_out(&claim.key).await;
    assert_eq!((settlement.number.as_str(), settlement.date), (number.as_str(), id("2025-08-10")));
    assert_eq!(desk.kept(&number).await, [70_000, 0, 0, 0]);
    for line in ["", "bridge"] {
        assert_eq!(desk.budget("works", line).await.0, "70000.00");
    }
    let shown = desk.document(&claim.key).await;
    assert_eq!((shown.number.as_deref(), shown.order.unwrap().issued.unwrap().version), (Some(number.as_str()), 2));
    assert_eq!(desk.document(&first).await.order.unwrap().issued.unwrap().amount, taka("70000"));
    let told = "SELECT event FROM outbox WHERE event LIKE 'order%' ORDER BY created_at, id";
    assert_eq!(desk.database.raw().await.texts(told).await, ["order_issued", "order_amended"]);
    let numbers = "SELECT last FROM number_series WHERE series = 'PO'";
    assert_eq!(desk.database.raw().await.number(numbers).await, 1, "an amendment takes no number");
    // More than is free is refused like an order of that much.
    let refusal = desk.refused_as(CLERK, &ordered(&to(&number, project(of("300000.01"))))).await;
    assert_eq!(refusal.code, RefusalCode::BudgetExceeded);
    assert!(refusal.message.contains("2,30,000.00 free; 2,30,000.01"), "{refusal}");
}

async fn an_amendment_that_is_not_approved_leaves_the_order_as_it_was(desk: &Desk) {
    use CloseReason::{Cancelled, Failed, Rejected, Withdrawn};
    let (_, number) = desk.issue(&of("40000")).await;
    let before = desk.order(&number).await;
    for reason in [Rejected, Withdrawn, Cancelled, Failed] {
        let (claim, _) = desk.ask(&to(&number, of("90000"))).await;
        assert_eq!(desk.budget("works", "").await.0, "90000.00");
        let word = match reason {
            Rejected => Some(desk.signed(&claim.key, "level-1", "habib", "reject").await),
            Withdrawn => Some(desk.withdrawal(&claim.key, CLERK)),
            _ => None,
        };
        assert_eq!(desk.close(&claim.key, reason, word).await, CloseOutput::Closed);
        assert_eq!(desk.budget("works", "").await.0, "40000.00", "{reason:?}");
        assert_eq!(desk.order(&number).await, before, "{reason:?}");
        assert_eq!(desk.document(&claim.key).await.number, None);
    }
}

async fn a_decrease_asks_nobody_and_frees_the_difference(desk: &Desk) {
    let (_, number) = desk.issue(&of("200000")).await;
    let (claim, assessed) = desk.ask(&to(&number, of("150000"))).await;
    assert_eq!(roles(&assessed), Vec::<&str>::new());
    assert_eq!(desk.budget("works", "").await.0, "200000.00", "until it is settled");
    desk.carry_out(&claim.key).await;
    assert_eq!(desk.budget("works", "").await.0, "150000.00");
    assert_eq!(desk.kept(&number).await, [200_000, 0, 0, 50_000]);
    assert_eq!(desk.end_order(&number, "enough").await, Ok(()));
    assert_eq!(desk.kept(&number).await, [200_000, 0, 0, 200_000]);
}

async fn a_decrease_of_what_is_billed_frees_what_nothing_holds(desk: &Desk) {
    let (_, number) = desk.issue(&order("meghna", &[("cement", "100", "1000")])).await;
    assert_eq!(desk.receive(&number, &[(1, "50")]).await, Ok(1));
    // A dearer bill for half of it uses 60,000.00 of 100,000.00.
    let (bill, _) = desk.submit(&billed("meghna", "INV-1", &number, &[(1, "50", "1200")])).await;
    desk.record(&desk.signed(&bill.key, "exception-1-1", "rina", "accept_variance").await).await.unwrap();
    desk.carry_out(&bill.key).await;
    assert_eq!(desk.kept(&number).await, [100_000, 0, 60_000, 0]);
    // 50,000.00 less: there are only 40,000.00 that nothing has used.
    desk.issue(&to(&number, order("meghna", &[("cement", "50", "1000")]))).await;
    assert_eq!(desk.kept(&number).await, [100_000, 0, 60_000, 40_000]);
    assert_eq!(desk.budget("works", "").await, ("0.00".to_owned(), "60000.00".to_owned()));
    assert!(!desk.order(&number).await.1, "all that is ordered now is billed");
}

async fn what_came_or_was_billed_stays(desk: &Desk) {
    let first = [("cement", "100", "500"), ("rods", "10", "1000"), ("sand", "5", "200")];
    let (_, number) = desk.issue(&order("meghna", &first)).await;
    assert_eq!(desk.receive(&number, &[(1, "40")]).await, Ok(1));
    desk.submit(&billed("meghna", "INV-1", &number, &[(2, "3", "1000")])).await;
    for (what, lines, said) in [
        ("less than came", &[("cement", "39.999999", "500"), ("rods", "10", "1000")][..], "lines[0]: 40 of cement"),
        ("another product", &[("lime", "100", "500"), ("rods", "10", "1000")], "lines[0]: 40 of cement"),
        ("less than is billed", &[("cement", "40", "500"), ("rods", "2", "1000")], "lines[1]: 3 of rods"),
        ("a line gone", &[("cement", "40", "500")], "lines[1]: 3 of rods"),
        ("in another order", &[("rods", "10", "1000"), ("cement", "100", "500")], "lines[0]: 40 of cement"),
    ] {
        let refusal = desk.refused_as(CLERK, &ordered(&to(&number, order("meghna", lines)))).await;
        assert_eq!(refusal.code, RefusalCode::OrderInUse, "{what}");
        assert!(refusal.message.starts_with(said), "{what}: {refusal}");
    }
    // What did not come may go, prices may change, and lines may be added.
    let least = [("cement", "40", "450"), ("rods", "3", "1000"), ("paint", "2", "300")];
    desk.issue(&to(&number, order("meghna", &least))).await;
    let (issued, _) = desk.order(&number).await;
    let lines: Vec<_> = issued.lines.iter().map(|l| format!("{} {} {}", l.product, l.ordered, l.received)).collect();
    assert_eq!(lines, ["cement 40 40", "rods 3 0", "paint 2 0"]);
}

async fn one_amendment_is_open_at_a_time(desk: &Desk) {
    let (_, number) = desk.issue(&of("60000")).await;
    let (first, _) = desk.ask(&to(&number, of("120000"))).await;
    let second = desk.claim_order("babul", &to(&number, of("70000"))).await.unwrap();
    let AssessOutput::Refused(refusal) = desk.assess(&second, 1).await else { panic!("assessed") };
    assert_eq!(refusal.code, RefusalCode::OrderInUse);
    assert!(refusal.message.contains(&format!("document {} amends {number} already", first.key.document)), "{refusal}");
    desk.close(&first.key, CloseReason::Cancelled, None).await;
    // Of many at once, one is taken.
    let mut assessing = Vec::new();
    for n in 0..6 {
        let claim = desk.claim_order("babul", &to(&number, of(&format!("{}", 70_000 + n)))).await.unwrap();
        let steps = desk.steps();
        assessing.push(async move { steps.assess_step(&assess_input(&claim, 1)).await.unwrap() });
    }
    let answers = all_at_once(assessing).await;
    let taken = answers.iter().filter(|a| matches!(a, AssessOutput::Assessed(_))).count();
    assert_eq!(taken, 1, "{answers:?}");
}

async fn goods_that_come_meanwhile_refuse_a_decrease(desk: &Desk) {
    let (_, number) = desk.issue(&order("meghna", &[("cement", "100", "500")])).await;
    let (claim, _) = desk.ask(&to(&number, order("meghna", &[("cement", "50", "500")]))).await;
    assert_eq!(desk.receive(&number, &[(1, "60")]).await, Ok(1));
    let before = desk.order(&number).await;
    let SettleOutput::Reassess { why } = desk.settle(&claim.key, None).await else { panic!("amended") };
    assert!(why.contains("60 of cement") && why.contains("keep the line with at least that"), "{why}");
    assert_eq!(desk.order(&number).await, before);
    let AssessOutput::Refused(refusal) = desk.assess_again(&claim.key).await else { panic!("assessed") };
    assert_eq!(refusal.code, RefusalCode::OrderInUse);
    assert_eq!(desk.close(&claim.key, CloseReason::Rejected, None).await, CloseOutput::Closed);
    assert_eq!(desk.kept(&number).await, [50_000, 0, 0, 0]);
    // One that leaves what came is carried out, although goods came meanwhile.
    let (claim, _) = desk.ask(&to(&number, order("meghna", &[("cement", "80", "500")]))).await;
    assert_eq!(desk.receive(&number, &[(1, "20")]).await, Ok(2));
    desk.carry_out(&claim.key).await;
    assert_eq!(desk.kept(&number).await, [50_000, 0, 0, 10_000]);
}

async fn an_order_that_ends_meanwhile_is_not_amended(desk: &Desk) {
    let (_, number) = desk.issue(&of("60000")).await;
    let (claim, _) = desk.ask(&to(&number, of("120000"))).await;
    assert_eq!(desk.end_order(&number, "not needed").await, Ok(()));
    let last = desk.approve(&claim.key).await;
    let SettleOutput::Reassess { why } = desk.settle(&claim.key, Some(last)).await else { panic!("amended") };
    assert!(why.contains("is not open"), "{why}");
    let AssessOutput::Refused(refusal) = desk.assess_again(&claim.key).await else { panic!("assessed") };
    assert_eq!(refusal.code, RefusalCode::PoUnknown);
    desk.close(&claim.key, CloseReason::Rejected, None).await;
    assert_eq!(desk.budget("works", "").await.0, "0.00");
}

async fn what_cannot_be_amended(desk: &Desk) {
    let (_, number) = desk.issue(&of("60000")).await;
    let other = |change: fn(&mut Order)| {
        let mut order = to(&number, of("60000"));
        change(&mut order);
        order
    };
    for (what, wanted, code) in [
        ("an unknown order", to("PO-2025-26-000099", of("1")), RefusalCode::PoUnknown),
        ("an imported order", to("PO-2", of("1")), RefusalCode::PoUnknown),
        ("another vendor", to(&number, order("padma", &[("works", "1", "1")])), RefusalCode::PoVendorMismatch),
        ("another department", other(|o| o.department = id("stores")), RefusalCode::OrderInUse),
        ("another project", other(|o| o.project = Some(id("bridge"))), RefusalCode::OrderInUse),
    ] {
        assert_eq!(desk.refused_as(CLERK, &ordered(&wanted)).await.code, code, "{what}");
    }
    assert_eq!(desk.end_order(&number, "enough").await, Ok(()));
    assert_eq!(desk.refused_as(CLERK, &ordered(&other(|_| ()))).await.code, RefusalCode::PoUnknown, "a closed order");
}

async fn receipts_and_bills_follow_the_new_version(desk: &Desk) {
    let (_, number) = desk.issue(&order("meghna", &[("cement", "10", "500")])).await;
    assert_eq!(desk.receive(&number, &[(1, "10")]).await, Ok(1));
    assert_eq!(desk.receive(&number, &[(1, "1")]).await.unwrap_err().code, RefusalCode::InvalidField);
    desk.issue(&to(&number, order("meghna", &[("cement", "12", "550"), ("lime", "1", "100")]))).await;
    assert_eq!(desk.receive(&number, &[(1, "2"), (2, "1")]).await, Ok(2));
    let (key, _) = desk.settled(&billed("meghna", "INV-1", &number, &[(1, "12", "550"), (2, "1", "100")])).await;
    assert_eq!(desk.document(&key).await.assessment.unwrap().facts.matched, Vec::<String>::new());
    assert!(!desk.order(&number).await.1, "all of the new version is billed");
    assert_eq!(desk.kept(&number).await, [6700, 0, 6700, 0]);
}
