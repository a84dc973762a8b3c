//! A ledger brings its own tables to its version, however many processes open it at once.

use std::process::Command;

use vextrus_ledger::{Ledger, LedgerError};
use vextrus_tests_support::ledgers::{Database, at_once};
use vextrus_tests_support::on_both;

on_both![
    opening_again_changes_nothing,
    many_may_open_a_new_ledger_at_once,
    many_processes_may_open_a_new_ledger_at_once,
    a_ledger_of_a_later_version_is_left_alone,
];

/// Names a ledger that a process of its own is to open.
const ADDRESS: &str = "VEXTRUS_TEST_LEDGER";

#[test]
fn opens_the_ledger_that_another_test_names() {
    let Some(address) = std::env::var_os(ADDRESS) else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(Ledger::open(address.to_str().unwrap())).unwrap();
}

async fn applied(database: &Database) -> i64 {
    database.raw().await.number("SELECT count(*) FROM _sqlx_migrations").await
}

async fn opening_again_changes_nothing(database: &Database) {
    Ledger::open(&database.address).await.unwrap().close().await;
    let before = (applied(database).await, database.raw().await.rows().await);
    Ledger::open(&database.address).await.unwrap().ping().await.unwrap();
    assert_eq!((applied(database).await, database.raw().await.rows().await), before);
}

async fn many_may_open_a_new_ledger_at_once(database: &Database) {
    let address = database.address.clone();
    at_once(8, move |_| {
        let address = address.clone();
        async move { Ledger::open(&address).await.unwrap().ping().await.unwrap() }
    })
    .await;
}

async fn many_processes_may_open_a_new_ledger_at_once(database: &Database) {
    let this = std::env::current_exe().unwrap();
    let running: Vec<_> = (0..4)
        .map(|_| {
            Command::new(&this)
                .args(["--exact", "migrations::opens_the_ledger_that_another_test_names", "--nocapture"])
                .env(ADDRESS, &database.address)
                .start()
        })
        .collect();
    for process in running {
        let done = process.wait_with_output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        assert!(String::from_utf8_lossy(&done.stdout).contains("1 passed"), "the child ran no test");
    }
    Ledger::open(&database.address).await.unwrap();
}

/// Starts a process whose output is read when it has ended.
trait Start {
    fn start(&mut self) -> std::process::Child;
}

impl Start for Command {
    fn start(&mut self) -> std::process::Child {
        self.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap()
    }
}

async fn a_ledger_of_a_later_version_is_left_alone(database: &Database) {
    Ledger::open(&database.address).await.unwrap().close().await;
    let mut raw = database.raw().await;
    raw.exec(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         SELECT 9999, 'later', true, checksum, 0 FROM _sqlx_migrations WHERE version = 1",
    )
    .await
    .unwrap();
    let error = Ledger::open(&database.address).await.unwrap_err();
    assert!(matches!(error, LedgerError::Migration(_)), "{error}");
}
