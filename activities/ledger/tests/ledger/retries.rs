//! What passes is tried again at one place: deadlocks, locks that are held too long, connections that are cut.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Barrier;
use vextrus_domain::{DocumentKey, TenantId};
use vextrus_ledger::{Ledger, LedgerError, Tx, effects, retry};
use vextrus_platform::config::LedgerConfig;
use vextrus_tests_support::company::{ACME, Acme, id};
use vextrus_tests_support::ledgers::{Engine, run};
use vextrus_tests_support::on_both;

on_both![what_does_not_pass_is_not_tried_again, what_goes_on_passing_ends, a_first_attempt_that_is_alive_is_waited_for];

fn tenant() -> TenantId {
    id(ACME)
}

fn key() -> DocumentKey {
    DocumentKey { tenant: tenant(), document: id("d-1"), submission: 1 }
}

async fn what_does_not_pass_is_not_tried_again(acme: &Acme) {
    let tries = Cell::new(0);
    let error = retry::keyed(async || {
        tries.set(tries.get() + 1);
        let mut tx = acme.begin().await?;
        tx.raw("SELECT nonsense FROM nowhere").await
    })
    .await
    .unwrap_err();
    assert_eq!((tries.get(), error.is_passing()), (1, false), "{error}");
}

async fn what_goes_on_passing_ends(acme: &Acme) {
    let tries = Cell::new(0);
    let error = retry::unkeyed(async || {
        tries.set(tries.get() + 1);
        let mut tx = acme.begin().await?;
        // A key that is there already, as when another transaction was quicker.
        tx.raw("INSERT INTO rule_books (tenant) VALUES ('acme')").await?;
        tx.raw("INSERT INTO rule_books (tenant) VALUES ('acme')").await
    })
    .await
    .unwrap_err();
    assert!(tries.get() > 2 && error.is_unique_violation(), "{} tries: {error}", tries.get());
}

/// The first attempt at a step holds its transaction when the second one comes, and a third: one effect, the same result.
async fn a_first_attempt_that_is_alive_is_waited_for(acme: &Acme) {
    let ran = Arc::new(AtomicUsize::new(0));
    let mut first = acme.begin().await.unwrap();
    assert_eq!(effects::begin::<String>(&mut first, &key(), "settle/1", &"input").await.unwrap(), None);
    let begun = Arc::new(Barrier::new(3));
    let others: Vec<_> = (0..2)
        .map(|_| {
            let (ledger, ran, begun) = (acme.ledger(), Arc::clone(&ran), Arc::clone(&begun));
            tokio::spawn(async move {
                begun.wait().await;
                retry::keyed(|| attempt(&ledger, &ran)).await
            })
        })
        .collect();
    begun.wait().await;
    effects::finish(&mut first, &key(), "settle/1", &"the first").await.unwrap();
    first.commit().await.unwrap();
    for other in others {
        assert_eq!(other.await.unwrap().unwrap(), "the first");
    }
    assert_eq!(ran.load(Ordering::SeqCst), 0, "the body ran once, in the first attempt");
}

async fn attempt(ledger: &Ledger, ran: &AtomicUsize) -> Result<String, LedgerError> {
    let mut tx = ledger.begin(&tenant()).await?;
    if let Some(done) = effects::begin(&mut tx, &key(), "settle/1", &"input").await? {
        return Ok(done);
    }
    ran.fetch_add(1, Ordering::SeqCst);
    effects::finish(&mut tx, &key(), "settle/1", &"another").await?;
    tx.commit().await?;
    Ok("another".to_owned())
}

const KARIM: &str = "UPDATE people SET active = active WHERE person = 'karim'";
const RINA: &str = "UPDATE people SET active = active WHERE person = 'rina'";

/// Two transactions take the same two rows in opposite orders, and each holds its first one when it asks for the second.
#[test]
fn a_deadlock_is_tried_again() {
    run(Engine::Postgres, async |acme: &Acme| {
        let (tries, both_hold) = (Arc::new(AtomicUsize::new(0)), Arc::new(Barrier::new(2)));
        let tasks = [(KARIM, RINA), (RINA, KARIM)].map(|(first, second)| {
            let (ledger, tries, both_hold) = (acme.ledger(), Arc::clone(&tries), Arc::clone(&both_hold));
            tokio::spawn(async move {
                let met = AtomicUsize::new(0);
                retry::unkeyed(async || {
                    tries.fetch_add(1, Ordering::SeqCst);
                    let mut tx = ledger.begin(&tenant()).await?;
                    tx.raw(first).await?;
                    if met.fetch_add(1, Ordering::SeqCst) == 0 {
                        both_hold.wait().await;
                    }
                    tx.raw(second).await?;
                    tx.commit().await
                })
                .await
            })
        });
        for task in tasks {
            task.await.unwrap().unwrap();
        }
        assert!(tries.load(Ordering::SeqCst) > 2, "one of the two gave way");
    });
}

/// A row that somebody holds for longer than one may wait for it: the wait ends, and another one begins.
#[test]
fn a_lock_that_is_held_too_long_is_asked_for_again() {
    run(Engine::Postgres, async |acme: &Acme| {
        let config = LedgerConfig { statement_timeout_millis: 400, ..LedgerConfig::at(&acme.database.address) };
        let ledger = Ledger::open_as(&config).await.unwrap();
        let mut holder = Some(acme.begin().await.unwrap());
        holder.as_mut().unwrap().raw(KARIM).await.unwrap();
        let holder = std::cell::RefCell::new(holder);
        let tries = Cell::new(0);
        let first = Cell::new(None);
        retry::unkeyed(async || {
            tries.set(tries.get() + 1);
            let mut tx = ledger.begin(&tenant()).await?;
            let taken = tx.raw(KARIM).await;
            if let Err(error) = taken {
                first.set(Some(error.to_string()));
                let held = holder.borrow_mut().take();
                if let Some(held) = held {
                    held.rollback().await?;
                }
                return Err(error);
            }
            tx.commit().await
        })
        .await
        .unwrap();
        assert_eq!(tries.get(), 2);
        let first = first.take().unwrap();
        assert!(first.contains("lock timeout"), "{first}");
    });
}

/// Ends the session of a transaction, from outside.
async fn cut(acme: &Acme) {
    let others = "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND state LIKE 'idle in transaction%'";
    assert_eq!(acme.database.raw().await.number(others).await, 1);
}

async fn some_work(tx: &mut Tx) -> Result<(), LedgerError> {
    tx.raw(KARIM).await.map(drop)
}

#[test]
fn a_connection_that_is_cut_before_the_commit_is_replaced() {
    run(Engine::Postgres, async |acme: &Acme| {
        let tries = Cell::new(0);
        retry::unkeyed(async || {
            tries.set(tries.get() + 1);
            let mut tx = acme.begin().await?;
            some_work(&mut tx).await?;
            if tries.get() == 1 {
                cut(acme).await;
            }
            some_work(&mut tx).await?;
            tx.commit().await
        })
        .await
        .unwrap();
        assert_eq!(tries.get(), 2);
    });
}

#[test]
fn after_a_commit_of_unknown_outcome_only_what_is_keyed_runs_again() {
    run(Engine::Postgres, async |acme: &Acme| {
        for (keyed, expected) in [(true, 2), (false, 1)] {
            let tries = Cell::new(0);
            let body = async || {
                tries.set(tries.get() + 1);
                let mut tx = acme.begin().await?;
                some_work(&mut tx).await?;
                if tries.get() == 1 {
                    cut(acme).await;
                }
                tx.commit().await
            };
            let ended = if keyed { retry::keyed(body).await } else { retry::unkeyed(body).await };
            assert_eq!((tries.get(), ended.is_ok()), (expected, keyed), "{ended:?}");
            if let Err(error) = ended {
                assert!(
                    matches!(error, LedgerError::Unknown(_)) && !error.is_passing() && !error.is_final(),
                    "{error}"
                );
            }
        }
    });
}

/// SQLite's busy answer, from a file that another process writes to for longer than we wait.
#[test]
fn a_busy_file_is_asked_again() {
    run(Engine::Sqlite, async |acme: &Acme| {
        let config = LedgerConfig { acquire_timeout_millis: 100, ..LedgerConfig::at(&acme.database.address) };
        let ledger = Ledger::open_as(&config).await.unwrap();
        let mut other = acme.database.raw().await;
        other.exec("BEGIN IMMEDIATE").await.unwrap();
        let (tries, other) = (Cell::new(0), tokio::sync::Mutex::new(other));
        retry::unkeyed(async || {
            tries.set(tries.get() + 1);
            let begun = ledger.begin(&tenant()).await;
            if tries.get() == 1 {
                let error = begun.unwrap_err();
                assert!(error.is_passing(), "{error}");
                other.lock().await.exec("ROLLBACK").await.unwrap();
                return Err(error);
            }
            let mut tx = begun?;
            some_work(&mut tx).await?;
            tx.commit().await
        })
        .await
        .unwrap();
        assert_eq!(tries.get(), 2);
    });
}

#[test]
fn a_statement_that_takes_too_long_is_ended() {
    run(Engine::Postgres, async |acme: &Acme| {
        let config = LedgerConfig { statement_timeout_millis: 100, ..LedgerConfig::at(&acme.database.address) };
        let ledger = Ledger::open_as(&config).await.unwrap();
        let mut tx = ledger.begin(&tenant()).await.unwrap();
        let began = std::time::Instant::now();
        let error = tx.raw("SELECT pg_sleep(60)").await.unwrap_err();
        assert!(began.elapsed() < Duration::from_secs(20) && !error.is_passing(), "{error}");
    });
}
