//! Periods are closed and opened by new entries, with a person and a reason.

use vextrus_domain::{Actor, Refusal, RefusalCode};
use vextrus_ledger::audit::{self, TENANT_CHAIN};
use vextrus_ledger::periods::{self, PeriodLock};
use vextrus_tests_support::company::{ACME, Acme, GLOBEX, actor, id, request};
use vextrus_tests_support::on_both;

use crate::books;

on_both![
    a_period_is_closed_and_reopened_by_new_entries,
    what_cannot_be_closed_is_refused,
    the_same_request_is_answered_the_same_way,
    no_statement_posts_into_a_closed_period,
];

async fn lock(acme: &Acme, through: &str) -> Result<PeriodLock, Refusal> {
    let mut tx = acme.begin().await.unwrap();
    let done = periods::lock(&mut tx, &actor("nasrin"), &request(), id(through), "reported").await.unwrap();
    tx.commit().await.unwrap();
    done
}

async fn reopen(acme: &Acme, through: &str) -> Result<PeriodLock, Refusal> {
    let mut tx = acme.begin().await.unwrap();
    let done = periods::reopen(&mut tx, &actor("tareq"), &request(), id(through), "a late bill").await.unwrap();
    tx.commit().await.unwrap();
    done
}

async fn a_period_is_closed_and_reopened_by_new_entries(acme: &Acme) {
    acme.at("2025-08-10T06:00:00Z");
    assert_eq!(lock(acme, "2025-06-30").await.unwrap().seq, 1);
    assert_eq!(lock(acme, "2025-08-31").await.unwrap().seq, 2);
    assert_eq!(reopen(acme, "2025-05-31").await.unwrap().seq, 3);
    assert_eq!(lock(acme, "2025-07-31").await.unwrap().seq, 4);
    let mut tx = acme.read().await.unwrap();
    let entries = periods::list(&mut tx, &id(ACME)).await.unwrap();
    let told: Vec<String> = entries.iter().map(|e| format!("{} {} {}", e.through, e.set_by, e.reason)).collect();
    assert_eq!(
        told,
        [
            "2025-06-30 nasrin reported",
            "2025-08-31 nasrin reported",
            "2025-05-31 tareq a late bill",
            "2025-07-31 nasrin reported"
        ]
    );
    for (day, posted) in [("2025-07-31", "2025-08-01"), ("2025-08-01", "2025-08-01"), ("2024-01-01", "2025-08-01")] {
        assert_eq!(periods::posting_date(&mut tx, &id(ACME), id(day)).await.unwrap(), id(posted));
        let mut elsewhere = acme.ledger().read(&id(GLOBEX)).await.unwrap();
        assert_eq!(periods::posting_date(&mut elsewhere, &id(GLOBEX), id(day)).await.unwrap(), id(day));
    }
    let trail = audit::read_chain(&mut tx, &id(ACME), TENANT_CHAIN).await.unwrap().unwrap();
    let kinds: Vec<&str> = trail.iter().map(|e| e.kind.as_str()).filter(|k| k.starts_with("period")).collect();
    assert_eq!(kinds, ["period_locked", "period_locked", "period_reopened", "period_locked"]);
    let last = trail.last().unwrap();
    assert_eq!((last.actor.as_deref(), &last.body["through"]), (Some("nasrin"), &serde_json::json!("2025-07-31")));
    assert_eq!((&last.body["before"], &last.body["reason"]), (&"2025-05-31".into(), &"reported".into()));
    tx.rollback().await.unwrap();
    assert_eq!(acme.wrong().await, Vec::<String>::new());
}

async fn what_cannot_be_closed_is_refused(acme: &Acme) {
    acme.at("2025-08-10T06:00:00Z");
    let refusal = reopen(acme, "2025-05-31").await.unwrap_err();
    assert!(refusal.message.contains("nothing to reopen"), "{refusal}");
    lock(acme, "2025-07-31").await.unwrap();
    let mut raw = acme.database.raw().await;
    let before = raw.rows().await;
    for (through, said) in [
        ("2025-08-30", "periods are whole months, so give 2025-08-31"),
        ("2025-09-30", "give 2025-08-31 or earlier"),
        ("2025-07-31", "closed through 2025-07-31 already"),
        ("2025-06-30", "closed through 2025-07-31 already"),
    ] {
        let refusal = lock(acme, through).await.unwrap_err();
        assert_eq!(refusal.code, RefusalCode::InvalidField);
        assert!(refusal.message.contains(said) && refusal.message.contains(through), "{refusal}");
    }
    let refusal = reopen(acme, "2025-07-31").await.unwrap_err();
    assert!(refusal.message.contains("give an earlier day"), "{refusal}");
    let mut tx = acme.begin().await.unwrap();
    for (person, reason, code) in [
        ("nobody", "why", RefusalCode::PermissionDenied),
        ("jamal", "why", RefusalCode::PermissionDenied),
        ("nasrin", " ", RefusalCode::InvalidField),
    ] {
        let refused = periods::lock(&mut tx, &actor(person), &request(), id("2025-08-31"), reason).await.unwrap();
        assert_eq!(refused.unwrap_err().code, code);
    }
    tx.rollback().await.unwrap();
    assert_eq!(raw.rows().await, before);
}

async fn the_same_request_is_answered_the_same_way(acme: &Acme) {
    acme.at("2025-08-10T06:00:00Z");
    let (who, asked, through) = (actor("nasrin"), request(), id("2025-07-31"));
    let mut tx = acme.begin().await.unwrap();
    let first = periods::lock(&mut tx, &who, &asked, through, "reported").await.unwrap().unwrap();
    tx.commit().await.unwrap();
    let mut tx = acme.begin().await.unwrap();
    assert_eq!(periods::lock(&mut tx, &who, &asked, through, "reported").await.unwrap().unwrap(), first);
    for (person, reason) in [("nasrin", "another"), ("tareq", "reported")] {
        let other = periods::lock(&mut tx, &actor(person), &asked, through, reason).await.unwrap().unwrap_err();
        assert_eq!(other.code, RefusalCode::RequestIdReused);
    }
    let other = periods::reopen(&mut tx, &who, &asked, through, "reported").await.unwrap().unwrap_err();
    assert_eq!(other.code, RefusalCode::RequestIdReused);
    // Ids are each tenant's own.
    let elsewhere = Actor { tenant: id(GLOBEX), ..who };
    tx.commit().await.unwrap();
    let mut tx = acme.ledger().begin(&elsewhere.tenant).await.unwrap();
    assert_eq!(periods::lock(&mut tx, &elsewhere, &asked, through, "theirs").await.unwrap().unwrap().seq, 1);
    tx.commit().await.unwrap();
    let mut tx = acme.read().await.unwrap();
    assert_eq!(periods::list(&mut tx, &id(ACME)).await.unwrap(), [first]);
}

async fn no_statement_posts_into_a_closed_period(acme: &Acme) {
    acme.at("2025-08-10T06:00:00Z");
    let key = books::settled(acme, "INV-1").await;
    lock(acme, "2025-07-31").await.unwrap();
    let mut raw = acme.database.raw().await;
    let entry = |name: &str, tenant: &str, day: &str| {
        format!("INSERT INTO journal_entries VALUES ('{tenant}', '{name}', '{}', 1, '{day}', 'draft')", key.document)
    };
    let deposit = |number: u32, day: &str| {
        format!(
            "INSERT INTO treasury_deposits VALUES ('acme', {number}, 'TDS', 'challan', 'x', 'X', '{day}', 'b', '', 5, 'x',
                '2025-08-01T00:00:00Z')"
        )
    };
    for (sql, said) in [
        (entry("a", "acme", "2025-07-31"), "closed to postings"),
        (entry("a", "acme", "2020-01-01"), "closed to postings"),
        (deposit(9, "2025-07-31"), "closed to deposits"),
    ] {
        let error = raw.refused(&sql).await;
        assert!(error.contains(said), "{sql}: {error}");
    }
    raw.exec(&entry("b", "acme", "2025-08-01")).await.unwrap();
    raw.exec(&deposit(9, "2025-08-01")).await.unwrap();
}
