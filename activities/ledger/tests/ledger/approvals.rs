//! An approval is what its log leads to, signed content first; a log that was tampered with leads nowhere.

use vextrus_approval::{Action, Outcome, SignedCommand};
use vextrus_domain::{DocumentKey, Refusal, RefusalCode, canonical};
use vextrus_ledger::approvals::{Approval, Trust};
use vextrus_ledger::{LedgerError, documents};
use vextrus_tests_support::company::{Acme, CLERK, id};
use vextrus_tests_support::on_both;
use vextrus_tests_support::raw::Raw;

use crate::books::{self, later, task};

on_both![
    every_task_must_be_answered,
    a_repeated_command_is_written_once,
    a_withdrawal_counts_until_the_last_approval,
    a_row_counts_for_no_more_than_its_signed_content,
    a_command_without_its_signature_is_not_verified,
    a_key_that_is_no_longer_accepted_does_not_approve,
    a_log_with_a_gap_leads_nowhere,
    a_log_whose_plan_was_changed_leads_nowhere,
    a_moment_to_come_is_no_moment,
    what_is_rolled_back_was_never_put,
];

async fn with_two_levels(acme: &Acme) -> DocumentKey {
    let second = later(1, task("level-2", 60, &["habib", "omar"]));
    books::assessed(acme, "INV-1", vec![task("level-1", 60, &["rina", "omar"]), second]).await
}

/// Puts a command to an approval.
async fn put(acme: &Acme, key: &DocumentKey, signed: &SignedCommand) -> Result<(), Refusal> {
    let mut tx = acme.begin().await.unwrap();
    let document = documents::lock(&mut tx, key).await.unwrap().unwrap();
    let mut approval = Approval::load(&mut tx, &document).await.unwrap();
    let now = tx.now();
    let put = approval.command(&mut tx, &document, signed, &acme.trust, now).await.unwrap();
    approval.write_tasks(&mut tx, &document).await.unwrap();
    tx.commit().await.unwrap();
    put
}

async fn approve(acme: &Acme, key: &DocumentKey, task: &str, person: &str) {
    let decision = acme.signed(key, task, person, "approve").await;
    assert_eq!(put(acme, key, &decision).await, Ok(()));
}

async fn approve_both(acme: &Acme, key: &DocumentKey) {
    approve(acme, key, "level-1", "rina").await;
    approve(acme, key, "level-2", "habib").await;
}

/// Where the approval stands, once every signature has been verified.
async fn verified(acme: &Acme, key: &DocumentKey, trust: &Trust) -> Result<Result<Approval, Refusal>, LedgerError> {
    let mut tx = acme.read().await.unwrap();
    let document = documents::get(&mut tx, key).await.unwrap().unwrap();
    Approval::verified(&mut tx, &document, trust).await
}

async fn outcome(acme: &Acme, key: &DocumentKey) -> Option<Outcome> {
    verified(acme, key, &acme.trust).await.unwrap().unwrap().machine().outcome().cloned()
}

/// Why the log leads nowhere.
async fn broken(acme: &Acme, key: &DocumentKey) -> String {
    let error = verified(acme, key, &acme.trust).await.unwrap_err();
    assert!(error.is_final() && matches!(error, LedgerError::Corrupt { .. }), "{error}");
    error.to_string()
}

async fn every_task_must_be_answered(acme: &Acme) {
    let key = with_two_levels(acme).await;
    assert_eq!(outcome(acme, &key).await, None);
    approve(acme, &key, "level-1", "rina").await;
    assert_eq!(outcome(acme, &key).await, None);
    approve(acme, &key, "level-2", "habib").await;
    assert_eq!(outcome(acme, &key).await, Some(Outcome::Approved));
}

async fn a_repeated_command_is_written_once(acme: &Acme) {
    let key = with_two_levels(acme).await;
    let first = acme.signed(&key, "level-1", "rina", "approve").await;
    assert_eq!(put(acme, &key, &first).await, Ok(()));
    let rows = acme.database.raw().await.rows().await;
    assert_eq!(put(acme, &key, &first).await, Ok(()), "again is the same");
    assert_eq!(acme.database.raw().await.rows().await, rows);
    // The id of a request belongs to what it asked for.
    let mut other = acme.decision(&key, "level-2", "habib", "approve").await;
    other.request_id = first.command.request_id.clone();
    assert_eq!(put(acme, &key, &acme.sign(other)).await.unwrap_err().code, RefusalCode::RequestIdReused);
}

async fn a_withdrawal_counts_until_the_last_approval(acme: &Acme) {
    let key = with_two_levels(acme).await;
    approve_both(acme, &key).await;
    let late = put(acme, &key, &acme.withdrawal(&key, CLERK)).await;
    assert_eq!(late.unwrap_err().code, RefusalCode::DocumentClosed);
    assert_eq!(outcome(acme, &key).await, Some(Outcome::Approved));

    let other = books::assessed(acme, "INV-2", vec![task("level-1", 60, &["rina"])]).await;
    assert_eq!(put(acme, &other, &acme.withdrawal(&other, CLERK)).await, Ok(()));
    assert_eq!(outcome(acme, &other).await, Some(Outcome::Withdrawn));
    let late = put(acme, &other, &acme.signed(&other, "level-1", "rina", "approve").await).await;
    assert_eq!(late.unwrap_err().code, RefusalCode::DocumentClosed);
}

/// Writes a command at the end of a log, behind the ledger's back, under columns that say what a reader wants.
async fn plant(raw: &mut Raw, key: &DocumentKey, signed: &SignedCommand) {
    let content = canonical::to_text(signed).unwrap().replace('\'', "''");
    let rows = raw
        .exec(&format!(
            "INSERT INTO approval_log (tenant, document, submission, seq, kind, request_id, action, task, actor, principal,
                assurance, content, at)
             SELECT tenant, document, submission, max(seq) + 1, 'command', 'planted', 'decide', 'level-2', 'habib', 'habib',
                'signed', '{content}', max(at) FROM approval_log WHERE document = '{}' GROUP BY tenant, document, submission",
            key.document
        ))
        .await;
    assert_eq!(rows.unwrap(), 1);
}

async fn take_out(raw: &mut Raw) {
    raw.take_guards_away().await;
    assert_eq!(raw.exec("DELETE FROM approval_log WHERE request_id = 'planted'").await.unwrap(), 1);
}

async fn a_row_counts_for_no_more_than_its_signed_content(acme: &Acme) {
    let key = with_two_levels(acme).await;
    let other = books::assessed(acme, "INV-2", vec![task("level-2", 60, &["habib"])]).await;
    approve(acme, &key, "level-1", "rina").await;
    let mut raw = acme.database.raw().await;
    for (what, signed, said) in [
        ("another task", acme.signed(&key, "level-1", "omar", "approve").await, "ALREADY_DECIDED"),
        ("another person", acme.signed(&key, "level-2", "salma", "approve").await, "NOT_ELIGIBLE"),
        ("another document", acme.signed(&other, "level-2", "habib", "approve").await, "entry 3 belongs elsewhere"),
        ("not the submitter", acme.withdrawal(&key, "rina"), "NOT_SUBMITTER"),
    ] {
        plant(&mut raw, &key, &signed).await;
        let why = broken(acme, &key).await;
        assert!(why.contains(said), "{what}: {why}");
        take_out(&mut raw).await;
    }
    plant(&mut raw, &key, &acme.signed(&key, "level-2", "habib", "reject").await).await;
    assert_eq!(
        outcome(acme, &key).await,
        Some(Outcome::Rejected { task: id("level-2"), by: id("habib") }),
        "what was signed counts, whatever the columns say"
    );
    take_out(&mut raw).await;
    approve(acme, &key, "level-2", "habib").await;
    assert_eq!(outcome(acme, &key).await, Some(Outcome::Approved), "the true word counts");
}

async fn a_command_without_its_signature_is_not_verified(acme: &Acme) {
    let key = with_two_levels(acme).await;
    approve(acme, &key, "level-1", "rina").await;
    let good = acme.signed(&key, "level-2", "habib", "approve").await;
    let unsigned = SignedCommand { signature: None, ..good.clone() };
    let mut forged = acme.signed(&key, "level-2", "omar", "approve").await;
    (forged.command.actor, forged.command.principal) = (id("habib"), id("habib"));
    let mut raw = acme.database.raw().await;
    for (signed, code) in [(unsigned, RefusalCode::SignatureMissing), (forged, RefusalCode::SignatureInvalid)] {
        plant(&mut raw, &key, &signed).await;
        let refusal = verified(acme, &key, &acme.trust).await.unwrap().unwrap_err();
        assert_eq!(refusal.code, code);
        take_out(&mut raw).await;
    }
}

async fn a_key_that_is_no_longer_accepted_does_not_approve(acme: &Acme) {
    let key = with_two_levels(acme).await;
    approve_both(acme, &key).await;
    let refusal = verified(acme, &key, &Trust::default()).await.unwrap().unwrap_err();
    assert_eq!(refusal.code, RefusalCode::SignatureInvalid);
    // Trust in the namespace is no trust in a signature that does not stand.
    let unsigned = Trust { unsigned: true, ..Trust::default() };
    assert_eq!(verified(acme, &key, &unsigned).await.unwrap().unwrap_err().code, RefusalCode::SignatureInvalid);
}

async fn a_log_with_a_gap_leads_nowhere(acme: &Acme) {
    let key = with_two_levels(acme).await;
    approve_both(acme, &key).await;
    let mut raw = acme.database.raw().await;
    raw.take_guards_away().await;
    raw.exec("CREATE TABLE kept AS SELECT * FROM approval_log").await.unwrap();
    let swap = [
        "UPDATE approval_log SET seq = 9 WHERE seq = 2",
        "UPDATE approval_log SET seq = 2 WHERE seq = 3",
        "UPDATE approval_log SET seq = 3 WHERE seq = 9",
    ];
    let close_the_gap = ["DELETE FROM approval_log WHERE seq = 2", "UPDATE approval_log SET seq = 2 WHERE seq = 3"];
    for (what, damage, said) in [
        ("the plan is gone", &["DELETE FROM approval_log WHERE seq = 1"][..], "entry 1 of"),
        ("an approval is gone", &["DELETE FROM approval_log WHERE seq = 2"], "entry 2 of"),
        ("an approval is gone and its place closed", &close_the_gap, "TASK_NOT_OPEN"),
        ("two approvals in another order", &swap, "TASK_NOT_OPEN"),
    ] {
        for sql in damage {
            assert_eq!(raw.exec(sql).await.unwrap(), 1, "{what}: {sql}");
        }
        let why = broken(acme, &key).await;
        assert!(why.contains(said), "{what}: {why}");
        raw.exec("DELETE FROM approval_log").await.unwrap();
        raw.exec("INSERT INTO approval_log SELECT * FROM kept").await.unwrap();
        assert_eq!(outcome(acme, &key).await, Some(Outcome::Approved), "{what}, put right again");
    }
    raw.exec("DELETE FROM approval_log WHERE seq = 3").await.unwrap();
    assert_eq!(outcome(acme, &key).await, None, "without its last entry it is not approved");
}

async fn a_log_whose_plan_was_changed_leads_nowhere(acme: &Acme) {
    let key = with_two_levels(acme).await;
    approve_both(acme, &key).await;
    let mut raw = acme.database.raw().await;
    raw.take_guards_away().await;
    raw.exec("UPDATE assessments SET plan = replace(plan, 'rina', 'salma')").await.unwrap();
    assert!(broken(acme, &key).await.contains("NOT_ELIGIBLE"));
    raw.exec("UPDATE assessments SET plan = replace(replace(plan, 'salma', 'rina'), 'level-2?', 'level-9?')")
        .await
        .unwrap();
    assert!(broken(acme, &key).await.contains("STALE_PLAN"), "decisions are signed for one plan");
    raw.exec("DELETE FROM assessments").await.unwrap();
    assert!(broken(acme, &key).await.contains("plan 1 of"));
}

async fn a_moment_to_come_is_no_moment(acme: &Acme) {
    let key = with_two_levels(acme).await;
    let mut tx = acme.begin().await.unwrap();
    let document = documents::lock(&mut tx, &key).await.unwrap().unwrap();
    let mut approval = Approval::load(&mut tx, &document).await.unwrap();
    let (now, apart) = (tx.now(), chrono::TimeDelta::minutes(5));
    let second = chrono::TimeDelta::seconds(1);
    let tick = approval.tick(&mut tx, &document, now + apart + second).await.unwrap();
    assert_eq!(tick.unwrap_err().code, RefusalCode::NotDue);
    let early = acme.signed(&key, "level-1", "rina", "approve").await;
    let put = approval.command(&mut tx, &document, &early, &acme.trust, now + apart + second).await.unwrap();
    assert_eq!(put.unwrap_err().code, RefusalCode::NotDue);
    let mut dated = acme.decision(&key, "level-1", "rina", "approve").await;
    dated.at = now + apart + second;
    let put = approval.command(&mut tx, &document, &acme.sign(dated), &acme.trust, now).await.unwrap();
    assert_eq!(put.unwrap_err().code, RefusalCode::NotDue);
    // Two clocks may be some minutes apart.
    assert_eq!(approval.tick(&mut tx, &document, now + apart).await.unwrap(), Ok(()));
    assert!(matches!(approval.machine().outcome(), Some(Outcome::Expired { .. })), "a task of a minute is over");
    assert_eq!(approval.is_past(&tx, now + apart + second).unwrap_err().code, RefusalCode::NotDue);
    assert_eq!(approval.is_past(&tx, now - second).unwrap_err().code, RefusalCode::NotDue, "before what happened");
    approval.is_past(&tx, now).unwrap();
}

async fn what_is_rolled_back_was_never_put(acme: &Acme) {
    let key = with_two_levels(acme).await;
    let rows = acme.database.raw().await.rows().await;
    let mut tx = acme.begin().await.unwrap();
    let document = documents::lock(&mut tx, &key).await.unwrap().unwrap();
    let mut approval = Approval::load(&mut tx, &document).await.unwrap();
    let now = tx.now();
    let word = acme.word(&key, CLERK, Action::Comment { text: "soon, please".to_owned() });
    approval.command(&mut tx, &document, &word, &acme.trust, now).await.unwrap().unwrap();
    approval.write_tasks(&mut tx, &document).await.unwrap();
    tx.rollback().await.unwrap();
    assert_eq!(acme.database.raw().await.rows().await, rows);
    assert_eq!(acme.trail(&key).await, ["claimed", "assessed"]);
}
