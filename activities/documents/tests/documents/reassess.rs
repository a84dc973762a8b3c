//! Withholding is computed again for the day and the vendor of the payment; what has changed is approved again.

use vextrus_approval::Action;
use vextrus_contract::steps::{AssessOutput, CloseOutput, CloseReason, SettleOutput};
use vextrus_domain::RefusalCode;
use vextrus_domain::vendor::{Vendor, VendorKind};
use vextrus_ledger::claims::Claim;
use vextrus_ledger::rules::RuleKind;
use vextrus_ledger::views;
use vextrus_tests_support::company::{ACME, ADMINISTRATOR, RULES, id, invoice, taka, vendor};
use vextrus_tests_support::on_both;
use vextrus_tests_support::steps::Desk;

on_both![
    a_changed_vendor_is_reassessed_and_the_payable_accepted,
    another_plan_asks_about_the_payable_too,
    a_refused_payable_closes_the_document,
    a_vendor_that_may_not_be_paid_any_more_is_refused,
    a_running_document_keeps_its_rules,
    a_change_that_is_taken_back_asks_nobody,
];

async fn becomes(desk: &Desk, kind: VendorKind) {
    desk.put_vendor(&Vendor { kind, ..vendor("padma") }).await;
}

/// An approved document whose vendor is another kind by the time of settling. Its last decision is stored.
async fn to_be_reassessed(desk: &Desk) -> Claim {
    let (claim, assessed) = desk.submit(&invoice("padma", "INV-1", "100000")).await;
    assert_eq!(assessed.totals.as_ref().unwrap().net_payable, taka("107500"));
    let last = desk.approve(&claim.key).await;
    becomes(desk, VendorKind::Service).await;
    let before = desk.database.raw().await.rows().await;
    let SettleOutput::Reassess { why } = desk.settle(&claim.key, Some(last)).await else { panic!("settled") };
    assert_eq!(why, "the payable is 105000.00 now, it was 107500.00");
    let mut after = desk.database.raw().await.rows().await;
    for (table, more) in [("approval_log", 2), ("audit_entries", 2), ("audit_unsealed", 2), ("effects", 1)] {
        *after.get_mut(table).unwrap() -= more;
    }
    assert_eq!(after.insert("task_people".to_owned(), before["task_people"]), Some(0), "nobody can decide now");
    assert_eq!(after, before, "the approval is written and that it is asked for again, and nothing else");
    claim
}

async fn a_changed_vendor_is_reassessed_and_the_payable_accepted(desk: &Desk) {
    let claim = to_be_reassessed(desk).await;
    let assessed = desk.reassessed(&claim.key).await;
    assert_eq!(assessed.totals.as_ref().unwrap().net_payable, taka("105000"));
    let [task] = assessed.plan.tasks.as_slice() else { panic!("{:?}", assessed.plan) };
    assert_eq!((task.kind.name(), task.role.as_str()), ("payable_changed", "accounts_payable"));
    assert!(task.question.contains("approved as BDT 1,07,500.00 and is 1,05,000.00 now"), "{}", task.question);

    let SettleOutput::Refused(refusal) = desk.settle(&claim.key, None).await else { panic!("settled") };
    assert_eq!(refusal.code, RefusalCode::ApprovalsIncomplete);
    let accepted = desk.signed(&claim.key, task.id.as_str(), "salma", "accept_payable").await;
    let SettleOutput::Settled(settlement) = desk.settle(&claim.key, Some(accepted)).await else { panic!("no") };
    assert_eq!(settlement.totals.as_ref().unwrap().net_payable, taka("105000"));

    let mut tx = desk.read().await.unwrap();
    let balances = views::balances(&mut tx, &id(ACME)).await.unwrap();
    let credit = |purpose| balances.iter().find(|b| b.purpose == purpose).unwrap().credit;
    assert_eq!((credit("accounts_payable"), credit("tds_payable")), (taka("105000"), taka("10000")));
    tx.rollback().await.unwrap();
    let owed = "SELECT code || ' ' || rate_ppm || ' ' || amount FROM tax_obligations";
    assert_eq!(desk.database.raw().await.texts(owed).await, ["SERVICE 100000 1000000"]);
    assert_eq!(
        desk.trail(&claim.key).await,
        [
            "claimed",
            "assessed",
            "decided",
            "decided",
            "recompute_asked",
            "assessed",
            "settle_refused",
            "decided",
            "settled"
        ]
    );
}

async fn another_plan_asks_about_the_payable_too(desk: &Desk) {
    let claim = to_be_reassessed(desk).await;
    desk.reassessed(&claim.key).await;
    let anew = Action::Replan { reason: "the policy is another".to_owned() };
    assert_eq!(desk.record(&desk.word(&claim.key, ADMINISTRATOR, anew)).await, Ok(()));
    let assessed = desk.reassessed(&claim.key).await;
    let kinds: Vec<&str> = assessed.plan.tasks.iter().map(|t| t.kind.name()).collect();
    assert_eq!(kinds, ["payable_changed", "level", "level"], "the levels approved another payable");
    let SettleOutput::Refused(refusal) = desk.settle(&claim.key, None).await else { panic!("settled") };
    assert_eq!(refusal.code, RefusalCode::ApprovalsIncomplete);
    let accepted = desk.signed(&claim.key, assessed.plan.tasks[0].id.as_str(), "salma", "accept_payable").await;
    assert!(matches!(desk.settle(&claim.key, Some(accepted)).await, SettleOutput::Settled(_)));
}

async fn a_refused_payable_closes_the_document(desk: &Desk) {
    let claim = to_be_reassessed(desk).await;
    let assessed = desk.reassessed(&claim.key).await;
    let no = desk.signed(&claim.key, assessed.plan.tasks[0].id.as_str(), "salma", "reject").await;
    assert_eq!(desk.close(&claim.key, CloseReason::Rejected, Some(no)).await, CloseOutput::Closed);
}

async fn a_vendor_that_may_not_be_paid_any_more_is_refused(desk: &Desk) {
    let (claim, _) = desk.submit(&invoice("padma", "INV-1", "100000")).await;
    let last = desk.approve(&claim.key).await;
    desk.put_vendor(&Vendor { active: false, ..vendor("padma") }).await;
    let SettleOutput::Reassess { why } = desk.settle(&claim.key, Some(last)).await else { panic!("settled") };
    assert_eq!(why, "vendor padma is not active any more");
    let AssessOutput::Refused(refusal) = desk.assess(&claim, 2).await else { panic!("assessed") };
    assert_eq!(refusal.code, RefusalCode::VendorInactive);
    assert_eq!(desk.close(&claim.key, CloseReason::Rejected, None).await, CloseOutput::Closed);
}

async fn a_running_document_keeps_its_rules(desk: &Desk) {
    let (claim, first) = desk.submit(&invoice("padma", "INV-1", "100000")).await;
    desk.activate(RuleKind::Tax, &RULES[0].1.replace("75000", "60000")).await;
    desk.activate(RuleKind::Approval, &RULES[1].1.replace("above = \"100000\"", "above = \"10\"")).await;
    desk.activate(RuleKind::Accounts, &RULES[2].1.replace("5100", "5999")).await;
    let last = desk.approve(&claim.key).await;
    let SettleOutput::Settled(settlement) = desk.settle(&claim.key, Some(last)).await else { panic!("reassess") };
    assert_eq!(settlement.totals, first.totals);
    assert_eq!(desk.database.raw().await.number("SELECT count(*) FROM journal_lines WHERE account = '5999'").await, 0);

    let (_, later) = desk.submit(&invoice("padma", "INV-2", "1000")).await;
    assert_eq!(
        later.totals.as_ref().unwrap().withheld[0].amount,
        taka("60"),
        "what comes later is under the new rules"
    );
    assert_eq!(later.plan.tasks.len(), 2);
    assert!(later.rules.tax != first.rules.tax && later.rules.accounts != first.rules.accounts);
}

async fn a_change_that_is_taken_back_asks_nobody(desk: &Desk) {
    let claim = to_be_reassessed(desk).await;
    becomes(desk, VendorKind::Contractor).await;
    let assessed = desk.reassessed(&claim.key).await;
    assert_eq!(assessed.plan.tasks, []);
    let SettleOutput::Settled(settlement) = desk.settle(&claim.key, None).await else { panic!("no") };
    assert_eq!(settlement.totals.as_ref().unwrap().net_payable, taka("107500"));
}
