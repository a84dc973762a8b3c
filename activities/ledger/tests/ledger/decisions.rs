//! What counts as approved is decided from what is stored, signed content first.

use vextrus_approval::SignedDecision;
use vextrus_domain::{DocumentKey, Refusal, RefusalCode};
use vextrus_ledger::decisions::{self, Trust};
use vextrus_ledger::documents;
use vextrus_tests_support::company::{Acme, CLERK};
use vextrus_tests_support::on_both;

use crate::books::{self, task};

on_both![
    every_task_must_be_answered,
    a_withdrawal_keeps_an_approved_document_from_going_on,
    a_row_counts_for_no_more_than_its_signed_content,
    a_key_that_is_no_longer_accepted_does_not_approve,
];

async fn with_two_levels(acme: &Acme) -> DocumentKey {
    books::assessed(
        acme,
        "INV-1",
        vec![task("level-1", 60, &["rina", "omar"]), task("level-2", 60, &["habib", "omar"])],
    )
    .await
}

async fn store(acme: &Acme, key: &DocumentKey, decision: &SignedDecision) -> Result<bool, Refusal> {
    let mut tx = acme.begin().await.unwrap();
    let document = documents::lock(&mut tx, key).await.unwrap().unwrap();
    let now = tx.now();
    let stored = decisions::store(&mut tx, &document, decision, &acme.trust, now).await.unwrap();
    tx.commit().await.unwrap();
    stored.map(|taken| taken.proceeds)
}

async fn complete(acme: &Acme, key: &DocumentKey, trust: &Trust) -> Result<(), Refusal> {
    let mut tx = acme.read().await.unwrap();
    let document = documents::get(&mut tx, key).await.unwrap().unwrap();
    decisions::complete(&mut tx, &document, trust).await.unwrap()
}

async fn approve_both(acme: &Acme, key: &DocumentKey) {
    for (task, person) in [("level-1", "rina"), ("level-2", "habib")] {
        let decision = acme.signed(key, task, person, "approve").await;
        assert_eq!(store(acme, key, &decision).await, Ok(true));
    }
}

async fn every_task_must_be_answered(acme: &Acme) {
    let key = with_two_levels(acme).await;
    let first = acme.signed(&key, "level-1", "rina", "approve").await;
    for _ in 0..2 {
        assert_eq!(store(acme, &key, &first).await, Ok(true), "again is the same");
    }
    let refusal = complete(acme, &key, &acme.trust).await.unwrap_err();
    assert_eq!(refusal.to_string(), "APPROVALS_INCOMPLETE: level-2 is undecided");
    store(acme, &key, &acme.signed(&key, "level-2", "habib", "approve").await).await.unwrap();
    assert_eq!(complete(acme, &key, &acme.trust).await, Ok(()));
}

async fn a_withdrawal_keeps_an_approved_document_from_going_on(acme: &Acme) {
    let key = with_two_levels(acme).await;
    approve_both(acme, &key).await;
    assert_eq!(store(acme, &key, &acme.withdrawal(&key, CLERK)).await, Ok(false));
    assert_eq!(complete(acme, &key, &acme.trust).await.unwrap_err().code, RefusalCode::ApprovalsIncomplete);
}

/// Rows whose columns say what `complete` wants to read, over the signed word of somebody about something else.
async fn a_row_counts_for_no_more_than_its_signed_content(acme: &Acme) {
    let key = with_two_levels(acme).await;
    let other = books::assessed(acme, "INV-2", vec![task("level-2", 60, &["habib"])]).await;
    store(acme, &key, &acme.signed(&key, "level-1", "rina", "approve").await).await.unwrap();
    let mut raw = acme.database.raw().await;
    let planted = [
        ("another task", acme.signed(&key, "level-1", "omar", "approve").await),
        ("another answer", acme.signed(&key, "level-2", "habib", "reject").await),
        ("another person", acme.signed(&key, "level-2", "salma", "approve").await),
        ("another document", acme.signed(&other, "level-2", "habib", "approve").await),
        ("no signature", {
            let decision = acme.decision(&key, "level-2", "habib", "approve").await;
            SignedDecision { decision, signature: None }
        }),
    ];
    for (what, decision) in planted {
        let content = vextrus_domain::canonical::to_text(&decision).unwrap();
        raw.exec("BEGIN").await.unwrap();
        raw.exec(&format!(
            "INSERT INTO decisions (tenant, document, submission, request_id, task, answer, proceeds, actor, principal,
                comment, assurance, content, decided_at) VALUES ('acme', '{}', 1, 'planted {what}', 'level-2', 'approve',
                true, 'habib', 'habib', '', 'signed', '{content}', '2025-08-01T00:00:00Z')",
            key.document
        ))
        .await
        .unwrap();
        raw.exec("COMMIT").await.unwrap();
        assert_eq!(
            complete(acme, &key, &acme.trust).await.map_err(|r| r.code),
            Err(RefusalCode::ApprovalsIncomplete),
            "{what}"
        );
        raw.take_guards_away().await;
        raw.exec("DELETE FROM decisions WHERE request_id LIKE 'planted%'").await.unwrap();
    }
    store(acme, &key, &acme.signed(&key, "level-2", "habib", "approve").await).await.unwrap();
    assert_eq!(complete(acme, &key, &acme.trust).await, Ok(()), "the true word counts");
}

async fn a_key_that_is_no_longer_accepted_does_not_approve(acme: &Acme) {
    let key = with_two_levels(acme).await;
    approve_both(acme, &key).await;
    let nobody = Trust::default();
    assert_eq!(complete(acme, &key, &nobody).await.unwrap_err().code, RefusalCode::ApprovalsIncomplete);
}
