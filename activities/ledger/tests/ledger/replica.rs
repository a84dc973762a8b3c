//! Lists and reports are read from a streaming replica, where there is one, and all else from the primary.

use std::time::{Duration, Instant};

use sqlx::Connection as _;
use sqlx::postgres::PgConnection;
use vextrus_ledger::{Ledger, masterdata, retry, views};
use vextrus_platform::config::LedgerConfig;
use vextrus_tests_support::company::{ACME, GLOBEX, company, id};
use vextrus_tests_support::ledgers::{Database, Engine, TestLedger, run};
use vextrus_tests_support::postgres::Server;
use vextrus_tests_support::raw::Raw;

const DATABASE: &str = "company";
/// How long a replica may be behind.
const WITHIN: Duration = Duration::from_secs(60);

/// Gives a ledger a company.
pub(super) async fn import(ledger: &Ledger, tenant: &str) {
    let mut tx = ledger.begin(&id(tenant)).await.unwrap();
    masterdata::import(&mut tx, &company(tenant), "controller").await.unwrap();
    tx.commit().await.unwrap();
}

/// A replica that goes away while it is being read costs the reading, as any connection that is lost does, and another begins.
async fn reported(ledger: &Ledger, tenant: &str) -> usize {
    let read = async || views::budgets(&mut ledger.report(&id(tenant)).await?, &id(tenant)).await;
    retry::unkeyed(read).await.unwrap().len()
}

async fn written(ledger: &Ledger, tenant: &str) -> usize {
    views::budgets(&mut ledger.read(&id(tenant)).await.unwrap(), &id(tenant)).await.unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_read_from_the_replica_and_all_else_from_the_primary() {
    let primary = Server::durable().await;
    primary.create(DATABASE).await;
    let address = primary.owners(DATABASE);
    import(&Ledger::open(&address).await.unwrap(), ACME).await;
    let replica = primary.replica().await;
    let config = LedgerConfig { replica_address: replica.owners(DATABASE), ..LedgerConfig::at(&address) };
    let ledger = Ledger::open_as(&config).await.unwrap();
    assert!(reported(&ledger, ACME).await > 0, "what was there before the replica");

    // A replica that stands still is behind, and only lists are.
    let mut behind = Raw::open(&replica.address("postgres")).await;
    behind.texts("SELECT pg_wal_replay_pause()::text").await;
    import(&ledger, GLOBEX).await;
    assert!(written(&ledger, GLOBEX).await > 0);
    assert_eq!(reported(&ledger, GLOBEX).await, 0);
    behind.texts("SELECT pg_wal_replay_resume()::text").await;
    let deadline = Instant::now() + WITHIN;
    while reported(&ledger, GLOBEX).await == 0 {
        assert!(Instant::now() < deadline, "the replica has not caught up");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }

    // It holds sessions to their company, as the primary does, and takes nothing.
    let mut session = PgConnection::connect(&replica.owners(DATABASE)).await.unwrap();
    let seen: i64 = sqlx::query_scalar("SELECT count(*) FROM people").fetch_one(&mut session).await.unwrap();
    assert_eq!(seen, 0);
    let mut tx = ledger.report(&id(ACME)).await.unwrap();
    let refused = tx.raw("UPDATE people SET active = active").await.unwrap_err().to_string();
    assert!(refused.contains("read-only"), "{refused}");
    drop(tx);

    // One that is away makes lists slower, and not wrong.
    drop(replica);
    assert!(reported(&ledger, GLOBEX).await > 0);
}

/// What cannot be a replica is said at the start, by the name of its key.
#[test]
fn what_is_no_replica_is_refused() {
    run(Engine::Postgres, async |ledger: &TestLedger| {
        let primary = ledger.database.address.clone();
        let of = |replica: &str| LedgerConfig { replica_address: replica.to_owned(), ..LedgerConfig::at(&primary) };
        let empty = Database::create(Engine::Postgres).await;
        for wrong in ["sqlite:replica.db", empty.address.as_str(), "postgres://vextrus@127.0.0.1:1/company"] {
            let error = Ledger::open_as(&of(wrong)).await.unwrap_err().to_string();
            assert!(error.starts_with("ledger.replica_address: the replica cannot be used"), "{wrong}: {error}");
        }
    });
}
