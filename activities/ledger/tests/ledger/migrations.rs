//! A ledger brings its own tables to its version, however many processes open it at once.

use std::process::Command;

use sqlx::SqlSafeStr as _;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use vextrus_domain::{DocumentKey, Lang, PayeeFacts, RefusalCode};
use vextrus_ledger::rules::{self, RuleKind, WHOLE_COMPANY};
use vextrus_ledger::{Ledger, LedgerError, assessments, masterdata};
use vextrus_tests_support::company::{CALENDAR, RULES, id, taka};
use vextrus_tests_support::ledgers::{Database, Engine, at_once};
use vextrus_tests_support::on_both;

on_both![
    opening_again_changes_nothing,
    many_may_open_a_new_ledger_at_once,
    many_processes_may_open_a_new_ledger_at_once,
    a_ledger_of_a_later_version_is_left_alone,
    a_ledger_of_the_first_version_keeps_what_it_holds,
    rules_of_the_first_version_are_those_of_invoices_since_their_activation,
];

const POLICY: &str = RULES[1].1;
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

/// The tables as they were before anything was added to them, with a vendor, a rule and an assessed document in them.
async fn first_version(database: &Database) {
    const TABLES: &str = include_str!("../../migrations/0001_ledger.sql");
    let guards = match database.engine {
        Engine::Sqlite => include_str!("../../migrations/0001_guards.sqlite.sql"),
        Engine::Postgres => include_str!("../../migrations/0001_guards.postgres.sql"),
    };
    let migration = |version, name: &'static str, sql: &'static str| {
        Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
    };
    let migrator = Migrator::with_migrations(vec![migration(1, "ledger", TABLES), migration(2, "guards", guards)]);
    match database.engine {
        Engine::Sqlite => {
            let pool = sqlx::SqlitePool::connect(&format!("{}?mode=rwc", database.address)).await.unwrap();
            migrator.run(&pool).await.unwrap();
            pool.close().await;
        }
        Engine::Postgres => {
            let pool = sqlx::PgPool::connect(&database.address).await.unwrap();
            migrator.run(&pool).await.unwrap();
            pool.close().await;
        }
    }
    let mut raw = database.raw().await;
    // SQLite compares times as text, and the program writes them so.
    for sql in [
        "INSERT INTO rule_versions VALUES ('tax', 'h1', 'content', '2026-01-01T00:00:00Z')",
        "INSERT INTO rule_activations VALUES ('acme', 'tax', 1, 'h1', 'controller', '2026-01-01T00:00:00+00:00')",
        "INSERT INTO rule_versions VALUES ('approval', 'h2', 'policy', '2026-01-01T00:00:00Z')",
        "INSERT INTO rule_versions VALUES ('approval', 'h3', 'policy again', '2026-01-01T00:00:00Z')",
        "INSERT INTO rule_versions VALUES ('accounts', 'h4', 'mapping', '2026-01-01T00:00:00Z')",
        "INSERT INTO rule_activations VALUES ('acme', 'approval', 1, 'h2', 'controller', '2026-01-01T00:00:00+00:00')",
        "INSERT INTO rule_activations VALUES ('acme', 'approval', 2, 'h3', 'controller', '2026-02-01T00:00:00+00:00')",
        "INSERT INTO rule_activations VALUES ('acme', 'accounts', 1, 'h4', 'controller', '2026-01-01T00:00:00+00:00')",
        "INSERT INTO people VALUES ('acme', 'karim', 'works', '[]', TRUE)",
        "INSERT INTO people VALUES ('acme', 'rina', 'works', '[]', TRUE)",
        "INSERT INTO vendors VALUES ('acme', 'padma', 'Padma', 'contractor', '123456789012', '1234567890101', TRUE, 0)",
        "INSERT INTO documents (tenant, document, submission, kind, vendor, fiscal_year, canonical_number, number,
            invoice_date, department, total, submitter, request_id, payload, payload_hash, state, revision, claimed_at)
         VALUES ('acme', 'd-1', 1, 'invoice', 'padma', '2025-26', 'INV1', 'INV-1', '2025-08-01', 'works', 11500000, 'karim',
            'r-1', '{}', 'p', 'assessed', 1, '2026-01-01T00:00:00Z')",
        "INSERT INTO assessments VALUES ('acme', 'd-1', 1, 1, '2026-01-01T00:00:00Z', '2026-01-01',
            '{\"net_payable\":\"107500.00\",\"questions\":[\"is it right?\"],\"subtotal\":\"100000.00\",\"total\":\"115000.00\",\"trace\":[{\"amount\":\"15000.00\",\"base\":\"100000.00\",\"because\":\"schedule house\",\"code\":\"STANDARD\",\"rate\":150000,\"tax\":\"VAT\"}],\"vat\":\"15000.00\",\"withheld\":[{\"amount\":\"7500.00\",\"base\":\"100000.00\",\"code\":\"CONTRACTOR\",\"rate\":75000,\"tax\":\"TDS\"}]}',
            '{\"policy_hash\":\"x\",\"revision\":1,\"tasks\":[]}', 'ph', 'h1', 'ah', 'ch')",
    ] {
        raw.exec(sql).await.unwrap();
    }
}

async fn a_ledger_of_the_first_version_keeps_what_it_holds(database: &Database) {
    first_version(database).await;
    let ledger = Ledger::open(&database.address).await.unwrap();
    let mut tx = ledger.begin().await.unwrap();
    let tenant = id("acme");
    let key = DocumentKey { tenant, document: id("d-1"), submission: 1 };
    let rule = rules::active(&mut tx, &key.tenant, RuleKind::Tax, WHOLE_COMPANY).await.unwrap().unwrap();
    assert_eq!((rule.hash.as_str(), rule.content.as_str()), ("h1", "content"));
    let vendor = masterdata::lock_vendor(&mut tx, &key.tenant, &id("padma")).await.unwrap().unwrap();
    assert_eq!(vendor.tax, PayeeFacts::default());
    let [kept] = <[_; 1]>::try_from(assessments::all(&mut tx, &key).await.unwrap()).unwrap();
    assert_eq!(kept.assessment.net_payable, taka("107500"));
    assert_eq!(kept.assessment.questions[0].text, "is it right?");
    let shown = vextrus_tax::explain::lines(&kept.assessment, Lang::En);
    assert_eq!(shown, ["VAT STANDARD: 15 % of 1,00,000.00 = 15,000.00 (schedule house)"]);
    // The new kind of rule fits, and what was guarded is guarded still.
    rules::found(&mut tx, &key.tenant, RuleKind::Calendar, CALENDAR, "controller").await.unwrap().unwrap();
    tx.commit().await.unwrap();
    let refused = database.raw().await.refused("DELETE FROM rule_activations").await;
    assert!(refused.contains("rule_activations is append-only"), "{refused}");
    let refused = database.raw().await.refused("UPDATE rule_versions SET content = 'x'").await;
    assert!(refused.contains("rule_versions is append-only"), "{refused}");
    let refused = database
        .raw()
        .await
        .refused(
            "INSERT INTO rule_activations (tenant, kind, subject, seq, hash, activated_by, activated_at, effective_from)
             VALUES ('other', 'tax', '', 1, 'unknown', 'x', '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z')",
        )
        .await;
    assert!(refused.to_lowercase().contains("foreign key"), "{refused}");
}

async fn rules_of_the_first_version_are_those_of_invoices_since_their_activation(database: &Database) {
    first_version(database).await;
    let ledger = Ledger::open(&database.address).await.unwrap();
    let mut tx = ledger.begin().await.unwrap();
    let tenant = id("acme");
    for (kind, subject, moment, hash) in [
        (RuleKind::Tax, WHOLE_COMPANY, "2026-01-01T00:00:00Z", Some("h1")),
        (RuleKind::Tax, WHOLE_COMPANY, "2025-12-31T23:59:59Z", None),
        (RuleKind::Tax, "invoice", "2026-03-01T00:00:00Z", None),
        (RuleKind::Approval, "invoice", "2026-01-31T23:59:59Z", Some("h2")),
        (RuleKind::Approval, "invoice", "2026-02-01T00:00:00Z", Some("h3")),
        (RuleKind::Approval, WHOLE_COMPANY, "2026-03-01T00:00:00Z", None),
        (RuleKind::Accounts, "invoice", "2026-03-01T00:00:00Z", Some("h4")),
    ] {
        let rule = rules::active_at(&mut tx, &tenant, kind, subject, id(moment)).await.unwrap();
        assert_eq!(rule.map(|r| r.hash).as_deref(), hash, "{kind} {subject:?} at {moment}");
    }
    let listed = rules::list(&mut tx, &tenant).await.unwrap();
    assert!(listed.active.iter().all(|a| a.proposal.is_none() && a.effective_from == a.activated_at), "{listed:?}");
    assert_eq!(listed.active.iter().map(|a| a.seq).collect::<Vec<_>>(), [1, 2, 1]);
    // The next change goes the new way.
    let founded = rules::found(&mut tx, &tenant, RuleKind::Approval, POLICY, "controller").await.unwrap();
    assert_eq!(founded.unwrap_err().code, RefusalCode::ProposalNeeded);
    let (karim, rina) = (id("karim"), id("rina"));
    let proposed = rules::propose(&mut tx, &tenant, RuleKind::Approval, POLICY, &karim, None, "first").await.unwrap();
    let activated = rules::activate(&mut tx, &tenant, proposed.unwrap().number, &rina).await.unwrap().unwrap();
    assert_eq!((activated.seq, activated.subject.as_str()), (3, "invoice"));
    tx.commit().await.unwrap();
}
