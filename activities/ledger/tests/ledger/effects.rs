//! A step happens once, whoever tries it again and when.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use vextrus_domain::DocumentKey;
use vextrus_ledger::{Ledger, LedgerError, effects};
use vextrus_tests_support::company::{Acme, id};
use vextrus_tests_support::ledgers::{Engine, at_once};
use vextrus_tests_support::on_both;

on_both![
    a_repeated_step_gets_the_stored_result,
    another_input_is_a_conflict_that_no_retry_mends,
    a_second_attempt_waits_for_the_first,
    a_rolled_back_step_leaves_its_key_free,
    many_attempts_at_once_run_the_body_once,
    steps_submissions_and_tenants_have_keys_of_their_own,
];

fn key(tenant: &str, submission: u32) -> DocumentKey {
    DocumentKey { tenant: id(tenant), document: id("d-1"), submission }
}

/// Carries a step out, or answers what it answered before. `body` runs when the step is begun.
async fn step(
    ledger: &Ledger,
    key: &DocumentKey,
    input: &str,
    body: impl FnOnce() -> String,
) -> Result<String, LedgerError> {
    let mut tx = ledger.begin(&key.tenant).await?;
    if let Some(done) = effects::begin(&mut tx, key, "settle/1", &input).await? {
        return Ok(done);
    }
    let result = body();
    effects::finish(&mut tx, key, "settle/1", &result).await?;
    tx.commit().await?;
    Ok(result)
}

fn never() -> String {
    panic!("the body ran again")
}

async fn a_repeated_step_gets_the_stored_result(acme: &Acme) {
    let key = key("acme", 1);
    assert_eq!(step(acme, &key, "input", || "one".to_owned()).await.unwrap(), "one");
    assert_eq!(step(acme, &key, "input", never).await.unwrap(), "one");
    let mut tx = acme.read().await.unwrap();
    assert_eq!(effects::result::<String>(&mut tx, &key, "settle/1").await.unwrap(), Some("one".to_owned()));
    assert_eq!(effects::result::<String>(&mut tx, &key, "settle/2").await.unwrap(), None);
}

async fn another_input_is_a_conflict_that_no_retry_mends(acme: &Acme) {
    let key = key("acme", 1);
    step(acme, &key, "input", || "one".to_owned()).await.unwrap();
    let error = step(acme, &key, "other input", never).await.unwrap_err();
    assert!(matches!(error, LedgerError::EffectConflict { .. }), "{error}");
    assert_eq!((error.is_final(), error.code().name()), (true, "EFFECT_CONFLICT"));
    assert_eq!(step(acme, &key, "input", never).await.unwrap(), "one", "the conflict spoilt nothing");
}

async fn a_second_attempt_waits_for_the_first(acme: &Acme) {
    let key = key("acme", 1);
    let mut first = acme.begin().await.unwrap();
    assert_eq!(effects::begin::<String>(&mut first, &key, "settle/1", &"input").await.unwrap(), None);
    let second = tokio::spawn({
        let (ledger, key) = (acme.ledger(), key.clone());
        async move { step(&ledger, &key, "input", never).await }
    });
    // On SQLite the second cannot even begin; on PostgreSQL we see it wait.
    if acme.database.engine == Engine::Postgres {
        let mut raw = acme.database.raw().await;
        let deadline = Instant::now() + Duration::from_secs(8);
        let waiting =
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
        while raw.number(waiting).await == 0 {
            assert!(Instant::now() < deadline && !second.is_finished(), "the second attempt does not wait");
            tokio::task::yield_now().await;
        }
    }
    assert!(!second.is_finished());
    effects::finish(&mut first, &key, "settle/1", &"one").await.unwrap();
    first.commit().await.unwrap();
    assert_eq!(second.await.unwrap().unwrap(), "one");
}

async fn a_rolled_back_step_leaves_its_key_free(acme: &Acme) {
    let key = key("acme", 1);
    for dropped in [false, true] {
        let mut tx = acme.begin().await.unwrap();
        assert_eq!(effects::begin::<String>(&mut tx, &key, "settle/1", &"spoilt").await.unwrap(), None);
        effects::finish(&mut tx, &key, "settle/1", &"spoilt").await.unwrap();
        if dropped { drop(tx) } else { tx.rollback().await.unwrap() }
    }
    assert_eq!(step(acme, &key, "input", || "one".to_owned()).await.unwrap(), "one");
}

async fn many_attempts_at_once_run_the_body_once(acme: &Acme) {
    let runs = Arc::new(AtomicUsize::new(0));
    let (ledger, counted) = (acme.ledger(), Arc::clone(&runs));
    let results = at_once(64, move |i| {
        let (ledger, counted) = (ledger.clone(), Arc::clone(&counted));
        async move {
            let body = || {
                counted.fetch_add(1, Ordering::SeqCst);
                format!("attempt {i}")
            };
            step(&ledger, &key("acme", 1), "input", body).await.unwrap()
        }
    })
    .await;
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    assert!(results.iter().all(|r| *r == results[0]), "{results:?}");
}

async fn steps_submissions_and_tenants_have_keys_of_their_own(acme: &Acme) {
    for (i, (tenant, submission)) in [("acme", 1), ("acme", 2), ("globex", 1)].into_iter().enumerate() {
        let result = step(acme, &key(tenant, submission), "input", || format!("run {i}")).await.unwrap();
        assert_eq!(result, format!("run {i}"));
    }
}
