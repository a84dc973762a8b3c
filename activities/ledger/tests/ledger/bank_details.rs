//! A vendor's bank details count by four eyes, and no statement gets round them.

use chrono::TimeDelta;
use vextrus_approval::{Action, SignedCommand};
use vextrus_domain::{BankAccount, DocumentId, DocumentKey, RefusalCode};
use vextrus_ledger::bank_details::{self, BankChange, ChangeState, TASK};
use vextrus_ledger::masterdata::{self, Record};
use vextrus_ledger::views;
use vextrus_tests_support::company::{ACME, Acme, actor, id, request};
use vextrus_tests_support::on_both;

use crate::books;

on_both![
    an_account_counts_from_its_approval_on,
    nobody_decides_after_its_time,
    no_statement_gets_round_four_eyes,
    an_account_that_was_changed_afterwards_is_found,
    whoever_lost_the_role_decides_nothing,
    whoever_is_nobody_proposes_nothing,
];

fn account(number: &str) -> BankAccount {
    BankAccount {
        bank: "Sonali Bank".to_owned(),
        branch: String::new(),
        routing_number: "200270522".to_owned(),
        swift: String::new(),
        account_name: "Padma".to_owned(),
        account_number: number.to_owned(),
        evidence: "letter 17".to_owned(),
    }
}

async fn propose(acme: &Acme, person: &str, number: &str) -> Result<DocumentId, RefusalCode> {
    propose_for(acme, "padma", person, number).await
}

/// Proposes an account of a vendor.
pub(crate) async fn propose_for(
    acme: &Acme,
    vendor: &str,
    person: &str,
    number: &str,
) -> Result<DocumentId, RefusalCode> {
    let mut tx = acme.begin().await.unwrap();
    let (vendor, account) = (id(vendor), account(number));
    let done = bank_details::propose(&mut tx, &actor(person), &request(), &vendor, &account, "their letter").await;
    let done = done.unwrap();
    if done.is_ok() {
        tx.commit().await.unwrap();
    }
    done.map_err(|refusal| refusal.code)
}

async fn change(acme: &Acme, change: &DocumentId) -> BankChange {
    let mut tx = acme.read().await.unwrap();
    bank_details::one(&mut tx, &id(ACME), change).await.unwrap().unwrap()
}

async fn decision(acme: &Acme, of: &DocumentId, person: &str, answer: &str) -> SignedCommand {
    let plan_hash = change(acme, of).await.machine.tasks()[0].plan_hash.clone();
    let action =
        Action::Decide { task: id(TASK), plan_hash, answer: answer.to_owned(), comment: "as the bank says".to_owned() };
    let key = DocumentKey { tenant: id(ACME), document: of.clone(), submission: 1 };
    acme.word(&key, person, action)
}

async fn send(acme: &Acme, signed: &SignedCommand) -> Result<ChangeState, RefusalCode> {
    let mut tx = acme.begin().await.unwrap();
    let done = bank_details::command(&mut tx, signed, &acme.trust).await.unwrap();
    tx.commit().await.unwrap();
    done.map(|change| change.state).map_err(|refusal| refusal.code)
}

async fn decide(acme: &Acme, of: &DocumentId, person: &str, answer: &str) -> Result<ChangeState, RefusalCode> {
    send(acme, &decision(acme, of, person, answer).await).await
}

/// A change to an account with this number, approved.
pub(crate) async fn approved(acme: &Acme, number: &str) -> DocumentId {
    let change = propose(acme, "rina", number).await.unwrap();
    assert_eq!(decide(acme, &change, "nasrin", "approve").await, Ok(ChangeState::Approved));
    change
}

async fn in_force(acme: &Acme) -> Option<String> {
    let mut tx = acme.read().await.unwrap();
    let found = bank_details::in_force(&mut tx, &id(ACME), &id("padma")).await.unwrap();
    found.map(|(_, account)| account.account_number)
}

async fn an_account_counts_from_its_approval_on(acme: &Acme) {
    // What was settled before has no account.
    books::settled(acme, "INV-1").await;
    let first = propose(acme, "rina", "1111111111").await.unwrap();
    assert_eq!(decide(acme, &first, "rina", "approve").await, Err(RefusalCode::SelfApproval));
    assert_eq!(decide(acme, &first, "habib", "approve").await, Err(RefusalCode::NotEligible));
    assert_eq!(in_force(acme).await, None);
    assert_eq!(decide(acme, &first, "nasrin", "approve").await, Ok(ChangeState::Approved));
    assert_eq!(in_force(acme).await.as_deref(), Some("1111111111"));
    books::settled(acme, "INV-2").await;
    let second = propose(acme, "rina", "2222222222").await.unwrap();
    assert_eq!(decide(acme, &second, "nasrin", "reject").await, Ok(ChangeState::Rejected));
    assert_eq!(in_force(acme).await.as_deref(), Some("1111111111"), "a refused change changes nothing");
    approved(acme, "3333333333").await;
    assert_eq!(in_force(acme).await.as_deref(), Some("3333333333"));
    let mut tx = acme.read().await.unwrap();
    let paid = views::instructions(&mut tx, &id(ACME)).await.unwrap();
    assert_eq!(paid.into_iter().map(|i| i.bank_change).collect::<Vec<_>>(), [None, Some(first.to_string())]);
    drop(tx);
    assert_eq!(acme.wrong().await, Vec::<String>::new());
}

async fn nobody_decides_after_its_time(acme: &Acme) {
    acme.at("2025-08-01T06:00:00Z");
    let late = propose(acme, "rina", "1111111111").await.unwrap();
    assert_eq!(propose(acme, "salma", "2222222222").await, Err(RefusalCode::BankChangeOpen));
    let due = change(acme, &late).await.due_at;
    acme.pass(due - acme.now() + TimeDelta::seconds(1));
    let seen = change(acme, &late).await;
    assert_eq!((seen.state, seen.standing(acme.now()).0), (ChangeState::Open, ChangeState::Expired));
    assert_eq!(decide(acme, &late, "nasrin", "approve").await, Err(RefusalCode::DocumentClosed));
    // Whoever came too late has found it over, and the trail says so.
    assert_eq!(change(acme, &late).await.state, ChangeState::Expired);
    propose(acme, "salma", "2222222222").await.unwrap();
    assert_eq!(in_force(acme).await, None);
    assert_eq!(acme.wrong().await, Vec::<String>::new());
}

async fn no_statement_gets_round_four_eyes(acme: &Acme) {
    let open = propose(acme, "rina", "1111111111").await.unwrap();
    let mut raw = acme.database.raw().await;
    let insert = |by: &str| {
        format!(
            "INSERT INTO vendor_accounts (tenant, vendor, seq, change, approved_by, since)
             VALUES ('acme', 'padma', 1, '{open}', '{by}', '2025-08-01T00:00:00+00:00')"
        )
    };
    for by in ["rina", "nasrin"] {
        let refused = raw.refused(&insert(by)).await;
        assert!(refused.contains("approved by another person"), "{by}: {refused}");
    }
    for (sql, said) in [
        ("UPDATE bank_changes SET account = '{}'", "stays as it was proposed"),
        ("UPDATE bank_changes SET proposed_by = 'x'", "stays as it was proposed"),
        ("DELETE FROM bank_changes", "bank_changes is kept"),
        ("UPDATE bank_change_log SET content = 'x'", "bank_change_log is append-only"),
    ] {
        let refused = raw.refused(sql).await;
        assert!(refused.contains(said), "{sql}: {refused}");
    }
    // Whoever says that it was approved, and writes an account for it, is found out by the log.
    raw.exec("UPDATE bank_changes SET state = 'approved', concluded_at = proposed_at").await.unwrap();
    let refused = raw.refused(&insert("rina")).await;
    assert!(refused.contains("approved by another person"), "{refused}");
    raw.exec(&insert("nasrin")).await.unwrap();
    assert!(raw.refused("UPDATE bank_changes SET state = 'rejected'").await.contains("decided"));
    let mut wrong = acme.wrong().await;
    wrong.sort();
    let forged = format!("vendor_account {open} is on no entry");
    assert_eq!(wrong, [format!("a change of bank details is not what its log leads to: {open}"), forged]);
}

async fn an_account_that_was_changed_afterwards_is_found(acme: &Acme) {
    let change = approved(acme, "1111111111").await;
    assert_eq!(acme.wrong().await, Vec::<String>::new());
    let mut raw = acme.database.raw().await;
    raw.take_guards_away().await;
    raw.exec("UPDATE bank_changes SET account = replace(account, '1111111111', '6666666666')").await.unwrap();
    let wrong = acme.wrong().await;
    assert_eq!(wrong, [format!("the account of a change of bank details is not the one that was proposed: {change}")]);
}

async fn whoever_lost_the_role_decides_nothing(acme: &Acme) {
    let first = propose(acme, "rina", "1111111111").await.unwrap();
    let said = decision(acme, &first, "nasrin", "approve").await;
    assert_eq!(send(acme, &said).await, Ok(ChangeState::Approved));
    let open = propose(acme, "rina", "2222222222").await.unwrap();
    let mut tx = acme.begin().await.unwrap();
    let mut nasrin = masterdata::person(&mut tx, &id(ACME), &id("nasrin")).await.unwrap().unwrap().record;
    nasrin.roles.clear();
    masterdata::import_rows(&mut tx, &id(ACME), &[Record::Person(nasrin)], "hr").await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(decide(acme, &open, "nasrin", "approve").await, Err(RefusalCode::NotEligible));
    assert_eq!(in_force(acme).await.as_deref(), Some("1111111111"));
    // What was decided before stays answered.
    assert_eq!(send(acme, &said).await, Ok(ChangeState::Approved));
}

async fn whoever_is_nobody_proposes_nothing(acme: &Acme) {
    for (person, number, code) in [
        ("nobody", "1111111111", RefusalCode::PermissionDenied),
        ("jamal", "1111111111", RefusalCode::PermissionDenied),
        ("rina", "11", RefusalCode::InvalidField),
        // She alone could decide on it.
        ("nasrin", "1111111111", RefusalCode::NoEligibleApprover),
    ] {
        assert_eq!(propose(acme, person, number).await, Err(code), "{person}");
    }
}
