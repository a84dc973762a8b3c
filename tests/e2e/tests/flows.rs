//! Invoices on their usual ways, from submission to their end.
#![cfg(test)]

use vextrus_contract::document::FinalStatus;
use vextrus_domain::{DocumentType, RefusalCode, Taka};
use vextrus_ledger::rules::RuleKind;
use vextrus_proto::invoice::v1::Invoice;
use vextrus_starter_cli::json;
use vextrus_starter_cli::stack::DEFAULT_RULES;
use vextrus_tests_e2e::history::event_types;
use vextrus_tests_e2e::{World, invoice};

const ONE_LEVEL: &[&str] = &[
    "WORKFLOW_EXECUTION_STARTED",
    "WORKFLOW_TASK_SCHEDULED",
    "WORKFLOW_TASK_STARTED",
    "WORKFLOW_TASK_COMPLETED",
    "MARKER_RECORDED",                   // the patch
    "UPSERT_WORKFLOW_SEARCH_ATTRIBUTES", // by the SDK, for it
    "MARKER_RECORDED",                   // assess
    "UPSERT_WORKFLOW_SEARCH_ATTRIBUTES",
    "TIMER_STARTED",
    "WORKFLOW_TASK_SCHEDULED",
    "WORKFLOW_TASK_STARTED",
    "WORKFLOW_TASK_COMPLETED",
    "WORKFLOW_EXECUTION_UPDATE_ACCEPTED",
    "WORKFLOW_EXECUTION_UPDATE_COMPLETED",
    "ACTIVITY_TASK_SCHEDULED", // settle
    "ACTIVITY_TASK_STARTED",
    "ACTIVITY_TASK_COMPLETED",
    "WORKFLOW_TASK_SCHEDULED",
    "WORKFLOW_TASK_STARTED",
    "WORKFLOW_TASK_COMPLETED",
    "UPSERT_WORKFLOW_SEARCH_ATTRIBUTES",
    "WORKFLOW_EXECUTION_COMPLETED",
];

fn taka(text: &str) -> Taka {
    text.parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_level_takes_few_events() {
    let world = World::new().await.unwrap();
    let id = world.submit(&invoice("padma-builders", "A-1", "80000")).await.unwrap();
    world.decide_when_open(&id, "level-1", "rahim", "approve").await.unwrap();
    let result = world.result(&id).await.unwrap();
    assert_eq!(
        (result.status, result.settlement.as_ref().map(|s| s.number.as_str())),
        (FinalStatus::Approved, Some("PI-2026-27-000001"))
    );
    assert_eq!(result.totals.map(|t| t.net_payable), Some(taka("86000")));
    let events = event_types(&world.handle(&id).await.unwrap()).await.unwrap();
    println!("one level: {} events", events.len());
    assert_eq!(events, ONE_LEVEL);
    assert!(events.len() <= 24);
    world.finish().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn three_levels_take_few_events() {
    let world = World::new().await.unwrap();
    let id = world.submit(&invoice("padma-builders", "A-1", "600000")).await.unwrap();
    for (task, person) in [("level-1", "rahim"), ("level-2", "karim"), ("level-3", "farida")] {
        world.decide_when_open(&id, task, person, "approve").await.unwrap();
    }
    let result = world.result(&id).await.unwrap();
    assert_eq!(result.status, FinalStatus::Approved);
    let deciders: Vec<&str> = result.decisions.iter().map(|d| d.actor.as_str()).collect();
    assert_eq!(deciders, ["rahim", "karim", "farida"]);
    let events = event_types(&world.handle(&id).await.unwrap()).await.unwrap();
    println!("three levels: {} events", events.len());
    let count = |kind: &str| events.iter().filter(|e| *e == kind).count();
    assert_eq!(count("ACTIVITY_TASK_COMPLETED"), 3, "two records, settle");
    assert_eq!((count("TIMER_STARTED"), count("TIMER_CANCELED")), (1, 0), "one timer");
    assert!(events.len() <= 48, "{events:?}");
    world.finish().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn golden_cases() {
    let world = World::new().await.unwrap();
    for (vendor, kind, withheld, payable) in [
        ("padma-builders", "CONTRACTOR", "7500", "107500"),
        ("meghna-steel", "SUPPLIER", "5000", "110000"),
        ("jamuna-survey", "SERVICE", "10000", "105000"),
    ] {
        let id = world.submit(&invoice(vendor, "G-1", "100000")).await.unwrap();
        for (task, person) in [("level-1", "rahim"), ("level-2", "karim")] {
            world.decide_when_open(&id, task, person, "approve").await.unwrap();
        }
        let result = world.result(&id).await.unwrap();
        let totals = result.totals.unwrap();
        assert_eq!((totals.vat, totals.net_payable), (taka("15000"), taka(payable)));
        assert_eq!((totals.withheld[0].code.as_str(), totals.withheld[0].amount), (kind, taka(withheld)));
    }
    world.finish().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_number_is_submitted_again_and_approved() {
    let world = World::new().await.unwrap();
    let bill = invoice("jamuna-survey", "R-1", "50000");
    let first = world.submit(&bill).await.unwrap();
    world.decide_when_open(&first, "level-1", "salma", "reject").await.unwrap();
    assert_eq!(world.result(&first).await.unwrap().status, FinalStatus::Rejected);
    let second = world.submit(&bill).await.unwrap();
    assert_eq!(first, second, "the document stays the same");
    assert_eq!(world.key(&second).await.unwrap().submission, 2);
    world.decide_when_open(&second, "level-1", "salma", "approve").await.unwrap();
    assert_eq!(world.result(&second).await.unwrap().status, FinalStatus::Approved);
    world.finish().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn assessments_that_refuse_end_in_a_rejection_with_its_code() {
    let world = World::new().await.unwrap();
    let mut wrong_vat = invoice("meghna-steel", "W-1", "50000");
    (wrong_vat.vat, wrong_vat.total) = (taka("5000"), taka("55000"));
    let mut no_budget = invoice("meghna-steel", "W-2", "50000");
    no_budget.department = "sales".parse().unwrap();
    let too_much = invoice("meghna-steel", "W-3", "5000000.01");
    let inactive = invoice("karnaphuli-works", "W-4", "100");
    for (bill, code) in [
        (wrong_vat, RefusalCode::VatMismatch),
        (no_budget, RefusalCode::BudgetUnknown),
        (too_much, RefusalCode::BudgetExceeded),
        (inactive, RefusalCode::VendorInactive),
    ] {
        let id = world.submit(&bill).await.unwrap();
        let result = world.result(&id).await.unwrap();
        assert_eq!((result.status, result.refusal.map(|r| r.code)), (FinalStatus::Rejected, Some(code)));
    }
    world.finish().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn exceptions_are_answered_before_the_levels() {
    let world = World::new().await.unwrap();
    let mut bill = invoice("meghna-steel", "P-1", "60000");
    bill.po_number = Some("PO-2026-0042".parse().unwrap());
    let id = world.submit(&bill).await.unwrap();
    let shown = world.until_open(&id).await.unwrap();
    let tasks = json::tasks(&shown);
    assert_eq!((tasks[0].kind.as_str(), tasks.len()), ("po_variance", 2));
    world.decide_when_open(&id, "exception-1-1", "rahim", "accept_variance").await.unwrap();
    world.decide_when_open(&id, "level-1", "rahim", "approve").await.unwrap();
    assert_eq!(world.result(&id).await.unwrap().status, FinalStatus::Approved);
    world.finish().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_nobody_answers_is_reminded_of_and_expires() {
    let world = World::new().await.unwrap();
    let policy = DEFAULT_RULES[1].1.replace(
        "[[level]]\nrole = \"accounts_payable\"\nwithin = \"2d\"\nescalate = [{ to = \"deputy\", within = \"1d\" }, { to = \"manager\", within = \"2d\" }]",
        "[[level]]\nrole = \"accounts_payable\"\nwithin = \"4s\"",
    );
    world.activate(RuleKind::Approval, &policy).await.unwrap();
    let id = world.submit(&invoice("meghna-steel", "E-1", "100")).await.unwrap();
    assert_eq!(world.result(&id).await.unwrap().status, FinalStatus::Expired);
    assert_eq!(world.trail(&id, "reminded").await.unwrap().len(), 1);
    world.finish().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn its_submitter_takes_a_document_back() {
    let world = World::new().await.unwrap();
    let id = world.submit(&invoice("meghna-steel", "T-1", "100")).await.unwrap();
    world.until_open(&id).await.unwrap();
    let refused = world.withdraw(DocumentType::Invoice, &id, "rahim").await.unwrap_err();
    let refused = vextrus_tests_e2e::status_of(&refused);
    assert!(refused.message().starts_with("NOT_SUBMITTER"), "{refused:?}");
    world.withdraw(DocumentType::Invoice, &id, "nasrin").await.unwrap();
    assert_eq!(world.result(&id).await.unwrap().status, FinalStatus::Withdrawn);
    world.finish().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_payable_is_assessed_again_and_asks_accounts_payable() {
    let world = World::new().await.unwrap();
    let id = world.submit(&invoice("padma-builders", "C-1", "80000")).await.unwrap();
    world.until_open(&id).await.unwrap();
    let mut company = world.company.clone();
    company.vendors[0].kind = vextrus_domain::vendor::VendorKind::Service;
    let mut tx = world.stack.ledger.begin(&company.tenant).await.unwrap();
    let vendor = vextrus_ledger::masterdata::Record::Vendor(Box::new(company.vendors[0].clone()));
    vextrus_ledger::masterdata::import_rows(&mut tx, &company.tenant, &[vendor], "test").await.unwrap();
    tx.commit().await.unwrap();
    world.decide(&id, "rahim", "approve").await.unwrap();
    let changed = |i: &Invoice| json::tasks(i).iter().any(|t| t.kind == "payable_changed" && t.open_time.is_some());
    world.until_shown(&id, changed).await.unwrap();
    world.decide_when_open(&id, "exception-2-1", "salma", "accept_payable").await.unwrap();
    let result = world.result(&id).await.unwrap();
    assert_eq!((result.status, result.totals.map(|t| t.net_payable)), (FinalStatus::Approved, Some(taka("84000"))));
    world.finish().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_temporal_ui_shows_what_an_operator_needs() {
    let world = World::new().await.unwrap();
    let id = world.submit(&invoice("padma-builders", "U-1", "80000")).await.unwrap();
    world.until_open(&id).await.unwrap();
    world
        .until("the stage is shown", async || {
            let described = world.describe(&id).await?;
            let stage = described.search_attributes().get(&vextrus_contract::search_attributes::STAGE);
            Ok(stage.as_deref() == Some("accounts_payable"))
        })
        .await
        .unwrap();
    let described = world.describe(&id).await.unwrap();
    let attributes = described.search_attributes();
    assert_eq!(attributes.get(&vextrus_temporal::search_attributes::TOTAL_POISHA), Some(9_200_000));
    assert_eq!(attributes.get(&vextrus_temporal::search_attributes::VENDOR).as_deref(), Some("padma-builders"));
    let summary = format!("{:?}", described.static_summary());
    assert!(summary.contains("U-1") && summary.contains("92,000.00"), "{summary}");
    world.decide(&id, "rahim", "approve").await.unwrap();
    world.result(&id).await.unwrap();
    world.finish().await.unwrap();
}
