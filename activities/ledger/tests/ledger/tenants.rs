//! A transaction of one company sees and takes no other's rows, whatever it asks for.

use vextrus_ledger::{Ledger, LedgerError, masterdata, views};
use vextrus_platform::config::LedgerConfig;
use vextrus_tests_support::company::{ACME, Acme, GLOBEX, company, id};
use vextrus_tests_support::ledgers::{Database, Engine, run};
use vextrus_tests_support::on_both;

on_both![
    a_statement_for_another_tenant_is_an_error_of_ours,
    what_serves_the_whole_ledger_sees_all,
    sqlite_says_that_it_does_not_guard,
    a_number_of_connections_is_kept_to,
];

async fn a_statement_for_another_tenant_is_an_error_of_ours(acme: &Acme) {
    let mut tx = acme.ledger().begin(&id(ACME)).await.unwrap();
    let read = views::budgets(&mut tx, &id(GLOBEX)).await.unwrap_err();
    assert!(matches!(read, LedgerError::OtherTenant) && read.is_final(), "{read}");
    let wrote = masterdata::import(&mut tx, &company(GLOBEX), "controller").await.unwrap_err();
    assert!(matches!(wrote, LedgerError::OtherTenant), "{wrote}");
}

async fn what_serves_the_whole_ledger_sees_all(acme: &Acme) {
    let mut tx = acme.ledger().read_for_all().await.unwrap();
    for tenant in [ACME, GLOBEX] {
        assert!(!views::budgets(&mut tx, &id(tenant)).await.unwrap().is_empty(), "{tenant}");
    }
}

async fn sqlite_says_that_it_does_not_guard(acme: &Acme) {
    assert_eq!(acme.guards_tenants().await.unwrap(), acme.database.engine == Engine::Postgres);
}

async fn a_number_of_connections_is_kept_to(database: &Database) {
    let config = LedgerConfig { connections: 2, acquire_timeout_millis: 100, ..LedgerConfig::at(&database.address) };
    let ledger = Ledger::open_as(&config).await.unwrap();
    let held = [ledger.read(&id(ACME)).await.unwrap(), ledger.read(&id(ACME)).await.unwrap()];
    let error = ledger.read(&id(ACME)).await.unwrap_err();
    assert!(matches!(error, LedgerError::Database(sqlx::Error::PoolTimedOut)), "{error}");
    drop(held);
    ledger.read(&id(ACME)).await.unwrap();
}

/// What PostgreSQL itself holds, past the ledger's own check of its statements.
#[test]
fn postgres_shows_and_takes_the_rows_of_one_tenant() {
    run(Engine::Postgres, async |acme: &Acme| {
        let ledger = acme.ledger();
        let changed = async |of: Option<&str>, sql| {
            let mut tx = match of {
                Some(tenant) => ledger.begin(&id(tenant)).await.unwrap(),
                None => ledger.begin_for_all().await.unwrap(),
            };
            let changed = tx.raw(sql).await;
            tx.rollback().await.unwrap();
            changed
        };
        const ALL: &str = "UPDATE people SET active = active";
        let (ours, theirs) = (changed(Some(ACME), ALL).await.unwrap(), changed(Some(GLOBEX), ALL).await.unwrap());
        assert!(ours > 0 && theirs > 0);
        assert_eq!(changed(None, ALL).await.unwrap(), ours + theirs);
        assert_eq!(changed(Some("nobody"), ALL).await.unwrap(), 0);
        const GIVE_AWAY: &str = "UPDATE people SET tenant = 'globex', person = 'x' || person";
        let refused = changed(Some(ACME), GIVE_AWAY).await.unwrap_err().to_string();
        assert!(refused.contains("row-level security"), "{refused}");
        const PLANT: &str = "INSERT INTO people (tenant, person, roles, active) VALUES ('globex', 'x', '[]', TRUE)";
        let refused = changed(Some(ACME), PLANT).await.unwrap_err().to_string();
        assert!(refused.contains("row-level security"), "{refused}");
        assert_eq!(changed(Some(GLOBEX), PLANT).await.unwrap(), 1);
        assert_eq!(changed(Some("nobody"), "SET LOCAL vextrus.tenant = ''; ").await.unwrap(), 0);
    });
}

#[test]
fn without_a_tenant_postgres_shows_nothing() {
    run(Engine::Postgres, async |acme: &Acme| {
        let pool = sqlx::PgPool::connect(&acme.database.address).await.unwrap();
        // Once on a new session, and once after a transaction has set it and ended.
        let mut conn = pool.acquire().await.unwrap();
        for _ in 0..2 {
            let seen: i64 = sqlx::query_scalar("SELECT count(*) FROM people").fetch_one(&mut *conn).await.unwrap();
            assert_eq!(seen, 0);
            let within = "BEGIN; SET LOCAL vextrus.tenant = 'acme'; COMMIT";
            sqlx::raw_sql(within).execute(&mut *conn).await.unwrap();
        }
    });
}

/// A migration that adds a table and forgets `SELECT guard_tenants()` fails here.
#[test]
fn every_table_with_a_tenant_is_guarded() {
    run(Engine::Postgres, async |acme: &Acme| {
        let mut raw = acme.database.raw().await;
        let unguarded = "SELECT c.relname::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
            WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND a.attname = 'tenant'
            AND NOT (c.relrowsecurity AND c.relforcerowsecurity
                AND EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'of_tenant'))";
        assert_eq!(raw.texts(unguarded).await, Vec::<String>::new());
        let guarded = "SELECT count(*) FROM pg_policy WHERE polname = 'of_tenant'";
        assert!(raw.number(guarded).await >= 35, "the question finds the tables");
        // What no table of a later version may be without.
        raw.exec("CREATE TABLE forgotten (tenant TEXT NOT NULL)").await.unwrap();
        assert_eq!(raw.texts(unguarded).await, ["forgotten"]);
        raw.texts("SELECT guard_tenants()::text").await;
        assert_eq!(raw.texts(unguarded).await, Vec::<String>::new());
    });
}

#[test]
fn a_damaged_file_is_found_before_it_is_served() {
    run(Engine::Sqlite, async |acme: &Acme| {
        let config = LedgerConfig::at(&acme.database.address);
        Ledger::open_to_serve(&config).await.unwrap().close().await;
        let mut raw = acme.database.raw().await;
        raw.take_guards_away().await;
        raw.exec("DELETE FROM rule_versions").await.unwrap();
        let error = Ledger::open_to_serve(&config).await.unwrap_err();
        assert!(matches!(error, LedgerError::Damaged(_)) && error.is_final(), "{error}");
        assert!(error.to_string().contains("rows of rule_activations refer to nothing"), "{error}");
        // A command line call does not look.
        Ledger::open_as(&config).await.unwrap().close().await;
    });
}
