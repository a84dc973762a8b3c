//! What a budget that does not suffice does, by the policy.

use vextrus_approval::{Action, TaskStatus};
use vextrus_contract::steps::{Assessed, CloseOutput, CloseReason};
use vextrus_domain::{Invoice, Order, RefusalCode};
use vextrus_ledger::rules::RuleKind;
use vextrus_tests_support::acme::ordered;
use vextrus_tests_support::company::{ADMINISTRATOR, CLERK, INVOICES, ORDERS, billed, id, invoice, order};
use vextrus_tests_support::on_both;
use vextrus_tests_support::steps::Desk;

on_both![
    where_the_policy_stops_the_document_is_refused,
    where_the_policy_warns_everybody_reads_it_and_nobody_is_asked,
    where_the_policy_asks_somebody_lets_it_be_exceeded,
    an_unknown_line_is_refused_whatever_the_policy,
    what_was_exceeded_is_there_again_when_it_is_given_back,
    only_what_has_changed_asks_again,
    another_plan_asks_again,
    what_takes_nothing_meets_no_shortfall,
];

const EXCEPTION: &str = "
[[exception]]
kind = \"budget_exceeded\"
role = \"finance_manager\"
within = \"2d\"
proceed = \"exceed\"
refuse = \"reject\"
";

fn policy(text: &str, shortfall: &str) -> String {
    let stop = "shortfall = \"stop\"";
    assert!(text.contains(stop));
    // After the tables of the policy, before its levels or behind them: the order of tables does not matter.
    let exception = if shortfall == "exception" { EXCEPTION } else { "" };
    format!("{}{exception}", text.replace(stop, &format!("shortfall = \"{shortfall}\"")))
}

async fn orders_do(desk: &Desk, shortfall: &str) {
    desk.activate(RuleKind::Approval, &policy(ORDERS, shortfall)).await;
}

/// An order for the bridge, whose own line has 300,000.00; the department's has more.
fn bridge(amount: &str) -> Order {
    Order { project: Some(id("bridge")), ..order("meghna", &[("steel", "1", amount)]) }
}

fn kinds(assessed: &Assessed) -> Vec<&str> {
    assessed.plan.tasks.iter().map(|t| t.kind.name()).collect()
}

async fn where_the_policy_stops_the_document_is_refused(desk: &Desk) {
    let refusal = desk.refused_as(CLERK, &ordered(&bridge("300000.01"))).await;
    assert_eq!(refusal.code, RefusalCode::BudgetExceeded);
    for project in ["", "bridge"] {
        assert_eq!(desk.budget("works", project).await.0, "0.00");
    }
    let (_, assessed) = desk.ask(&bridge("300000")).await;
    assert_eq!(kinds(&assessed), ["level", "level"]);
}

async fn where_the_policy_warns_everybody_reads_it_and_nobody_is_asked(desk: &Desk) {
    orders_do(desk, "warn").await;
    let (claim, assessed) = desk.ask(&bridge("300000.01")).await;
    assert_eq!(kinds(&assessed), ["level", "level"]);
    let said = "department works, project bridge, 2025-26 has BDT 3,00,000.00 free; 3,00,000.01 without VAT are needed";
    let shown = desk.document(&claim.key).await;
    assert_eq!(shown.assessment.as_ref().unwrap().facts.warnings, [said]);
    assert_eq!(desk.entries(&claim.key).await[1].body["warnings"][0], said);
    let free: Vec<_> = shown.budgets.iter().map(|b| b.free.unwrap().to_string()).collect();
    assert_eq!(free, ["19699999.99", "-0.01"]);
    let settlement = desk.carry_out(&claim.key).await;
    // The invoice uses what the order keeps.
    assert_eq!(desk.receive(&settlement.number, &[(1, "1")]).await, Ok(1));
    let mut bill = billed("meghna", "INV-1", &settlement.number, &[(1, "1", "300000.01")]);
    bill.project = Some(id("bridge"));
    desk.settled(&bill).await;
    assert_eq!(desk.budget("works", "bridge").await, ("0.00".to_owned(), "300000.01".to_owned()));
}

async fn where_the_policy_asks_somebody_lets_it_be_exceeded(desk: &Desk) {
    orders_do(desk, "exception").await;
    desk.put_budget("2025-26", "works", None, "300000").await;
    let (claim, assessed) = desk.ask(&bridge("300000.01")).await;
    assert_eq!(kinds(&assessed), ["budget_exceeded", "budget_exceeded", "level", "level"], "both lines ask");
    let [department, project, ..] = assessed.plan.tasks.as_slice() else { panic!() };
    assert!(department.question.starts_with("department works, 2025-26 has"), "{}", department.question);
    assert!(project.question.starts_with("department works, project bridge, 2025-26 has"), "{}", project.question);
    assert!(project.question.ends_with("are needed: let it be exceeded?"), "{}", project.question);
    assert_eq!(department.stage, project.stage);
    let no = desk.signed(&claim.key, department.id.as_str(), "nasrin", "reject").await;
    assert_eq!(desk.close(&claim.key, CloseReason::Rejected, Some(no)).await, CloseOutput::Closed);
    assert_eq!(desk.budget("works", "bridge").await.0, "0.00");

    let (claim, assessed) = desk.ask(&bridge("300000.02")).await;
    for task in &assessed.plan.tasks[..2] {
        let early = desk.signed(&claim.key, "level-1", "habib", "approve").await;
        assert_eq!(desk.record(&early).await.unwrap_err().code, RefusalCode::TaskNotOpen);
        assert_eq!(desk.record(&desk.signed(&claim.key, task.id.as_str(), "nasrin", "exceed").await).await, Ok(()));
    }
    desk.carry_out(&claim.key).await;
    assert_eq!(desk.budget("works", "bridge").await.0, "300000.02");
    // What is free is below zero now: the next one asks even for a poisha.
    let (_, assessed) = desk.ask(&bridge("0.01")).await;
    assert!(assessed.plan.tasks[0].question.contains("has BDT -0.02 free"), "{}", assessed.plan.tasks[0].question);
}

async fn an_unknown_line_is_refused_whatever_the_policy(desk: &Desk) {
    for shortfall in ["warn", "exception"] {
        orders_do(desk, shortfall).await;
        let tunnel = Order { project: Some(id("tunnel")), ..bridge("1") };
        let refusal = desk.refused_as(CLERK, &ordered(&tunnel)).await;
        assert_eq!(refusal.code, RefusalCode::BudgetUnknown, "{shortfall}");
        assert_eq!(desk.budget("works", "").await.0, "0.00");
    }
}

async fn what_was_exceeded_is_there_again_when_it_is_given_back(desk: &Desk) {
    orders_do(desk, "warn").await;
    let (first, _) = desk.ask(&bridge("200000")).await;
    let (second, _) = desk.ask(&bridge("250000")).await;
    let excess = "SELECT excess FROM budget_lines WHERE tenant = 'acme' AND project = 'bridge'";
    let mut raw = desk.database.raw().await;
    assert_eq!(raw.number(excess).await, 15_000_000);
    desk.close(&first.key, CloseReason::Cancelled, None).await;
    assert_eq!((raw.number(excess).await, desk.budget("works", "bridge").await.0.as_str()), (0, "250000.00"));
    orders_do(desk, "stop").await;
    let refusal = desk.refused_as(CLERK, &ordered(&bridge("50000.01"))).await;
    assert_eq!(refusal.code, RefusalCode::BudgetExceeded);
    desk.close(&second.key, CloseReason::Cancelled, None).await;
    assert_eq!(desk.budget("works", "bridge").await.0, "0.00");
}

async fn only_what_has_changed_asks_again(desk: &Desk) {
    orders_do(desk, "exception").await;
    let (claim, assessed) = desk.ask(&bridge("300001")).await;
    assert_eq!(kinds(&assessed), ["budget_exceeded", "level", "level"]);
    let again = || Action::Reassess { reason: "look again".to_owned() };
    assert_eq!(desk.record(&desk.word(&claim.key, ADMINISTRATOR, again())).await, Ok(()));
    assert_eq!(kinds(&desk.reassessed(&claim.key).await), Vec::<&str>::new(), "it was asked already");
    // Somebody else has taken of the line meanwhile.
    desk.submit_as("babul", &ordered(&bridge("10"))).await;
    assert_eq!(desk.record(&desk.word(&claim.key, ADMINISTRATOR, again())).await, Ok(()));
    let assessed = desk.reassessed(&claim.key).await;
    assert_eq!(kinds(&assessed), ["budget_exceeded"]);
    assert!(assessed.plan.tasks[0].question.contains("2,99,990.00 free"), "{}", assessed.plan.tasks[0].question);
}

async fn another_plan_asks_again(desk: &Desk) {
    orders_do(desk, "exception").await;
    let (claim, _) = desk.ask(&bridge("300001")).await;
    let anew = || Action::Replan { reason: "the policy is another".to_owned() };
    assert_eq!(desk.record(&desk.word(&claim.key, ADMINISTRATOR, anew())).await, Ok(()));
    let assessed = desk.reassessed(&claim.key).await;
    assert_eq!(kinds(&assessed), ["budget_exceeded", "level", "level"], "nobody has let it be exceeded");
    let task = assessed.plan.tasks[0].id.as_str();
    assert_eq!(desk.record(&desk.signed(&claim.key, task, "nasrin", "exceed").await).await, Ok(()));
    // What was answered stands.
    assert_eq!(desk.record(&desk.word(&claim.key, ADMINISTRATOR, anew())).await, Ok(()));
    let assessed = desk.reassessed(&claim.key).await;
    assert_eq!(kinds(&assessed), ["budget_exceeded", "level", "level"]);
    let shown = desk.document(&claim.key).await;
    let asked = shown.approval.task(&assessed.plan.tasks[0].id).unwrap();
    assert_eq!(asked.status, TaskStatus::Decided);
    desk.carry_out(&claim.key).await;
}

/// An order that exceeded its budget with somebody's consent is billed, and made smaller, although nothing is free.
async fn what_takes_nothing_meets_no_shortfall(desk: &Desk) {
    orders_do(desk, "warn").await;
    let (_, number) = desk.issue(&bridge("400000")).await;
    orders_do(desk, "stop").await;
    assert!(INVOICES.contains("shortfall = \"stop\""));
    assert_eq!(desk.receive(&number, &[(1, "0.5")]).await, Ok(1));
    let half = Invoice { project: Some(id("bridge")), ..billed("meghna", "INV-1", &number, &[(1, "0.5", "400000")]) };
    desk.settled(&half).await;
    let smaller = order("meghna", &[("steel", "0.9", "400000")]);
    let less = Order { amends: Some(id(&number)), project: Some(id("bridge")), ..smaller };
    desk.issue(&less).await;
    assert_eq!(desk.budget("works", "bridge").await, ("160000.00".to_owned(), "200000.00".to_owned()));
    // What needs more is stopped all the same.
    let plain = Invoice { project: Some(id("bridge")), ..invoice("meghna", "INV-2", "0.01") };
    assert_eq!(desk.refused(&plain).await.code, RefusalCode::BudgetExceeded);
    let dearer = Invoice { project: Some(id("bridge")), ..billed("meghna", "INV-3", &number, &[(1, "0.4", "500000")]) };
    assert_eq!(desk.refused(&dearer).await.code, RefusalCode::BudgetExceeded);
}
