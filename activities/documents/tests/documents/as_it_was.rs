//! Documents and rules as they were on a day that has passed.

use vextrus_domain::{DocumentKey, RefusalCode};
use vextrus_ledger::registers::Asked;
use vextrus_ledger::rules::{self, RuleKind};
use vextrus_tests_support::company::{ACME, ACTIVATOR, GLOBEX, INVOICES, PROPOSER, id, invoice};
use vextrus_tests_support::on_both;
use vextrus_tests_support::steps::Desk;

use crate::registers::{Line, answer, read, told};

on_both![
    a_document_is_shown_as_it_was,
    a_document_is_rebuilt_from_its_trail_and_not_from_tables,
    the_rules_of_a_day_are_those_in_force_when_it_ended,
];

fn of(key: &DocumentKey, at: &str) -> Asked {
    Asked::Document { document: key.document.clone(), at: id(at) }
}

/// An invoice of 9 August that is assessed on the 10th, decided once on the 11th, and settled on the 12th.
async fn in_steps(desk: &Desk) -> DocumentKey {
    desk.at("2025-08-09T06:00:00Z");
    let claim = desk.claim(&invoice("padma", "INV-1", "100000")).await.unwrap();
    desk.at("2025-08-10T06:00:00Z");
    desk.assessed(&claim).await;
    desk.at("2025-08-11T06:00:00Z");
    let first = desk.signed(&claim.key, "level-1", "rina", "approve").await;
    assert_eq!(desk.record(&first).await, Ok(()));
    desk.at("2025-08-12T06:00:00Z");
    desk.carry_out(&claim.key).await;
    claim.key
}

const STEPS: [(&str, &str, &[&str]); 4] = [
    ("2025-08-09", "claimed", &[]),
    ("2025-08-10", "assessed", &["level-1 open", "level-2 waiting"]),
    ("2025-08-11", "assessed", &["level-1 decided", "level-2 open"]),
    ("2025-08-12", "settled", &["level-1 decided", "level-2 decided"]),
];

async fn shown(desk: &Desk, key: &DocumentKey) {
    for (day, state, tasks) in STEPS {
        let (lines, _) = read(desk, &of(key, day)).await;
        let part = |part: &str| lines.iter().filter(|l| l["part"] == part).cloned().collect::<Vec<_>>();
        assert_eq!(part("document")[0]["state"], state, "{day}");
        assert_eq!(told(&part("task"), &["item", "state"]), tasks, "{day}");
    }
}

async fn a_document_is_shown_as_it_was(desk: &Desk) {
    let key = in_steps(desk).await;
    shown(desk, &key).await;
    let (lines, _) = read(desk, &of(&key, "2025-08-12")).await;
    let value =
        |item: &str| lines.iter().find(|l| l["part"] == "document" && l["item"] == item).map(|l| l["value"].clone());
    assert_eq!(value("number").as_deref(), Some("INV-1"));
    assert_eq!(value("total").as_deref(), Some("115000.00"));
    assert_eq!(value("instruction_or_order").as_deref(), Some("PI-2025-26-000001"));
    assert_eq!(value("posting_date").as_deref(), Some("2025-08-12"));
    let answers: Vec<Line> = lines.iter().filter(|l| l["part"] == "answer").cloned().collect();
    let told_answers = told(&answers, &["item", "state", "by", "at"]);
    assert_eq!(told_answers[0], "level-1 approve rina 2025-08-11T06:00:00.000Z");
    assert_eq!(told_answers.len(), 2);
    let trail: Vec<&str> = lines.iter().filter(|l| l["part"] == "trail").map(|l| l["item"].as_str()).collect();
    assert_eq!(trail, ["claimed", "assessed", "reminded", "decided", "decided", "settled"]);
    for (tenant, asked, said) in [
        (ACME, of(&key, "2025-08-08"), "give a later day"),
        (GLOBEX, of(&key, "2025-08-12"), "globex has no document"),
        (ACME, Asked::Document { document: id("nothing"), at: id("2025-08-12") }, "acme has no document nothing"),
    ] {
        let refusal = answer(desk, tenant, &asked).await.unwrap_err();
        assert_eq!(refusal.code, RefusalCode::NotFound);
        assert!(refusal.message.contains(said), "{refusal}");
    }
}

async fn a_document_is_rebuilt_from_its_trail_and_not_from_tables(desk: &Desk) {
    let key = in_steps(desk).await;
    let mut tx = desk.begin().await.unwrap();
    tx.raw("UPDATE tasks SET state = 'dropped', actor = 'nobody'").await.unwrap();
    tx.raw("UPDATE vendors SET name = 'another'").await.unwrap();
    tx.commit().await.unwrap();
    shown(desk, &key).await;
}

async fn the_rules_of_a_day_are_those_in_force_when_it_ended(desk: &Desk) {
    let changed = INVOICES.replace("remind_at_percent = [50]", "remind_at_percent = [60]");
    desk.at("2025-08-20T06:00:00Z");
    let mut tx = desk.begin().await.unwrap();
    let (tenant, september) = (id(ACME), id("2025-08-31T18:00:00Z"));
    let (proposer, from) = (id(PROPOSER), Some(september));
    let proposed = rules::propose(&mut tx, &tenant, RuleKind::Approval, &changed, &proposer, from, "sooner").await;
    let number = proposed.unwrap().unwrap().number;
    rules::activate(&mut tx, &tenant, number, &id(ACTIVATOR)).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    let hash = vextrus_domain::canonical::sha256_hex;
    let columns = ["subject", "version", "hash", "proposed_by", "reason", "activated_by"];
    for (day, said) in [
        ("2025-08-31", format!("invoice 1 {}   controller", hash(INVOICES))),
        ("2025-09-01", format!("invoice 2 {} {PROPOSER} sooner {ACTIVATOR}", hash(&changed))),
    ] {
        let (lines, _) = read(desk, &Asked::Rules { at: id(day) }).await;
        assert_eq!(
            told(&lines, &["kind", "subject"]),
            ["accounts invoice", "approval invoice", "approval purchase_order", "tax "]
        );
        assert_eq!(told(&lines[1..2], &columns), [said], "{day}");
    }
    assert_eq!(read(desk, &Asked::Rules { at: id("2025-06-30") }).await.0, [], "they were founded on 1 July in Dhaka");
}
