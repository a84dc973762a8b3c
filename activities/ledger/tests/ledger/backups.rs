//! A backup holds the ledger of one moment, and either engine is restored from it, or refuses it whole.

use std::path::{Path, PathBuf};

use vextrus_ledger::backup::{self, Backup, BackupError, TableSum};
use vextrus_ledger::{Ledger, check};
use vextrus_tests_support::company::{ACME, Acme, GLOBEX, id, invoice};
use vextrus_tests_support::ledgers::{Database, Engine, Fixture, run};
use vextrus_tests_support::on_both;
use vextrus_tests_support::staff::Staff;

use crate::books::{self, task};
use crate::employees::ended;

on_both![
    either_engine_is_restored_from_it,
    it_is_of_one_moment,
    a_file_that_is_cut_or_changed_is_refused,
    a_file_of_another_version_is_refused,
    only_an_empty_ledger_is_restored_to,
    what_is_unsound_is_restored_only_if_asked_for,
    nobody_else_reads_it_and_nothing_is_overwritten,
];

struct Files(tempfile::TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::Builder::new().prefix("vextrus-backup-").tempdir().unwrap())
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

/// Documents in every state, and an employee whose onboarding has ended.
async fn fill(staff: &Staff) {
    let acme: &Acme = staff;
    acme.at("2025-08-10T06:00:00Z");
    books::settled(acme, "INV-1").await;
    books::assessed(acme, "INV-2", vec![task("level-1", 60, &["rina"])]).await;
    books::claimed(acme, "INV-3").await;
    staff.at(vextrus_tests_support::staff::TODAY);
    ended(staff, "emp-1").await;
}

async fn open(database: &Database) -> Ledger {
    Ledger::open(&database.address).await.unwrap()
}

async fn restore(database: &Database, file: &Path) -> Result<Backup, BackupError> {
    let ledger = open(database).await;
    let restored = backup::restore(&ledger, file, "operator", false).await;
    ledger.close().await;
    restored
}

async fn rows(database: &Database) -> i64 {
    let mut rows = database.raw().await.rows().await;
    for of_the_database in ["_sqlx_migrations", "outbox_spreading"] {
        rows.remove(of_the_database);
    }
    rows.values().sum()
}

/// Every table but the trail, to which a restore adds that it happened.
fn but_the_trail(backup: &Backup) -> Vec<&TableSum> {
    backup.manifest.tables.iter().filter(|t| !t.table.starts_with("audit_")).collect()
}

async fn either_engine_is_restored_from_it(staff: &Staff) {
    fill(staff).await;
    let files = Files::new();
    let taken = backup::save(&staff.ledger(), &files.at("first")).await.unwrap();
    assert_eq!(taken.manifest.tenants, [ACME, GLOBEX]);
    for table in ["documents", "approval_log", "journal_lines", "process_log", "employee_records", "rule_versions"] {
        assert!(taken.manifest.tables.iter().any(|t| t.table == table && t.rows > 0), "{table}: {taken:?}");
    }
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let database = Database::create(engine).await;
        assert_eq!(restore(&database, &files.at("first")).await.unwrap(), taken);
        let ledger = open(&database).await;
        let again = backup::save(&ledger, &files.at(&format!("{engine:?}"))).await.unwrap();
        assert_eq!(but_the_trail(&again), but_the_trail(&taken), "every row of every table, to the byte");
        for tenant in [id(ACME), id(GLOBEX)] {
            let mut tx = ledger.read(&tenant).await.unwrap();
            assert_eq!(check::check(&mut tx, &tenant).await.unwrap(), Vec::<String>::new());
            let trail = vextrus_ledger::audit::read_chain(&mut tx, &tenant, "-tenant").await.unwrap().unwrap();
            let last = trail.last().unwrap();
            assert_eq!((last.kind.as_str(), last.actor.as_deref()), ("ledger_restored", Some("operator")));
            assert_eq!(last.body["sha256"], taken.manifest.sha256);
        }
        let mut raw = database.raw().await;
        for (sql, said) in [
            ("DELETE FROM approval_log", "approval_log is append-only"),
            ("UPDATE audit_entries SET content = 'x'", "audit_entries is append-only"),
            ("DELETE FROM documents", "documents are never deleted"),
            ("INSERT INTO assessments SELECT 'acme', 'none', 1, 1, assessed_at, paid_on, assessment, plan, plan_hash, tax_hash,
                approval_hash, accounts_hash, facts FROM assessments LIMIT 1", "foreign key"),
        ] {
            let refused = raw.refused(sql).await.to_lowercase();
            assert!(refused.contains(said), "{engine:?}: {sql}: {refused}");
        }
        if engine == Engine::Postgres {
            let deferred = "SELECT count(*) FROM pg_constraint WHERE condeferrable";
            assert_eq!(raw.number(deferred).await, 0);
            let off = "SELECT count(*) FROM pg_trigger WHERE tgenabled <> 'O'";
            assert_eq!(raw.number(off).await, 0);
        }
        ledger.close().await;
    }
}

async fn it_is_of_one_moment(acme: &Acme) {
    let files = Files::new();
    let ledger = acme.ledger();
    let writing = tokio::spawn({
        let ledger = ledger.clone();
        async move {
            for i in 0..200 {
                let content =
                    vextrus_domain::Content::Invoice(Box::new(invoice("padma", &format!("MANY-{i}"), "1000")));
                let request = id(&format!("many-{i}"));
                let actor = vextrus_tests_support::company::actor("karim");
                vextrus_ledger::claims::claim(&ledger, &actor, &request, &content).await.unwrap().unwrap();
            }
        }
    });
    let mut sizes = Vec::new();
    while !writing.is_finished() {
        let name = format!("backup-{}", sizes.len());
        sizes.push(backup::save(&ledger, &files.at(&name)).await.unwrap().rows());
        let database = Database::create(Engine::Sqlite).await;
        // A claim is a document, its content and an entry on its trail: the check finds one without the others.
        restore(&database, &files.at(&name)).await.unwrap();
    }
    writing.await.unwrap();
    assert!(sizes.is_sorted() && !sizes.is_empty(), "{sizes:?}");
}

async fn a_file_that_is_cut_or_changed_is_refused(staff: &Staff) {
    fill(staff).await;
    let files = Files::new();
    backup::save(&staff.ledger(), &files.at("whole")).await.unwrap();
    let whole = std::fs::read_to_string(files.at("whole")).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    let joined = |lines: &[&str]| lines.join("\n") + "\n";
    let without = |i: usize| joined(&[&lines[..i], &lines[i + 1..]].concat());
    let row = lines.iter().position(|line| line.starts_with('[') && line.contains("padma")).unwrap();
    let table = lines.iter().position(|line| line.starts_with("{\"table\":\"vendors\"")).unwrap();
    let database = Database::create(staff.database.engine).await;
    for (broken, said) in [
        (String::new(), "the file ends before its manifest"),
        ("{}\n".to_owned(), "it is no backup of a ledger"),
        ("hello\n".to_owned(), "it is no backup of a ledger"),
        (joined(&lines[..row]) + &lines[row][..5], "the line is cut"),
        (joined(&lines[..lines.len() / 2]), "the file ends before its manifest"),
        (joined(&lines[..lines.len() - 1]), "the file ends before its manifest"),
        (whole.trim_end().to_owned(), "the line is cut"),
        (without(row), "is not what the manifest tells of it"),
        (without(table), ""),
        (whole.replacen("padma", "pabna", 1), "is not what the manifest tells"),
        (whole.replacen("\"kind\":\"text\"", "\"kind\":\"int\"", 1), "has other columns"),
        (whole.replace("{\"table\":\"vendors\"", "{\"table\":\"people\""), ""),
        (joined(&[&lines[..=row], &["[1,"], &lines[row..]].concat()), "it cannot be read"),
        (joined(&[&lines[..1], &["[1]"], &lines[1..]].concat()), "a row stands before any table"),
    ] {
        std::fs::write(files.at("broken"), &broken).unwrap();
        let error = restore(&database, &files.at("broken")).await.unwrap_err();
        assert!(matches!(error, BackupError::Damaged { .. } | BackupError::Ledger(_)), "{error}");
        assert!(error.to_string().contains(said), "{said}: {error}");
        assert_eq!(rows(&database).await, 0, "{said}");
    }
    assert!(restore(&database, &files.at("nowhere")).await.unwrap_err().to_string().contains("nowhere"));
    restore(&database, &files.at("whole")).await.unwrap();
}

async fn a_file_of_another_version_is_refused(acme: &Acme) {
    let files = Files::new();
    let taken = backup::save(&acme.ledger(), &files.at("ours")).await.unwrap();
    let ours = std::fs::read_to_string(files.at("ours")).unwrap();
    let database = Database::create(acme.database.engine).await;
    let schema = format!("\"schema\":{}", taken.head.schema);
    for (from, to, said) in [
        ("\"version\":1", "\"version\":2", "the backup is of format version 2, this program of 1"),
        (schema.as_str(), "\"schema\":999", "the backup is of table version 999"),
        (schema.as_str(), "\"schema\":1", "this one then brings the ledger to the present"),
    ] {
        std::fs::write(files.at("other"), ours.replacen(from, to, 1)).unwrap();
        let error = restore(&database, &files.at("other")).await.unwrap_err();
        assert!(matches!(error, BackupError::Version { .. }) && error.to_string().contains(said), "{error}");
    }
    assert_eq!(rows(&database).await, 0);
}

async fn only_an_empty_ledger_is_restored_to(acme: &Acme) {
    let files = Files::new();
    backup::save(&acme.ledger(), &files.at("ours")).await.unwrap();
    let before = rows(&acme.database).await;
    let error = backup::restore(&acme.ledger(), &files.at("ours"), "operator", true).await.unwrap_err();
    assert!(matches!(error, BackupError::NotEmpty { .. }), "{error}");
    assert!(error.to_string().contains("restore into a new database"), "{error}");
    assert_eq!(rows(&acme.database).await, before);
}

async fn what_is_unsound_is_restored_only_if_asked_for(acme: &Acme) {
    let mut raw = acme.database.raw().await;
    raw.exec("UPDATE budget_lines SET reserved = 100 WHERE tenant = 'acme' AND department = 'stores'").await.unwrap();
    let files = Files::new();
    backup::save(&acme.ledger(), &files.at("unsound")).await.unwrap();
    let database = Database::create(acme.database.engine).await;
    let error = restore(&database, &files.at("unsound")).await.unwrap_err();
    let fault = "acme: a budget line's reserved amount is not the sum of its reservations and encumbrances: stores/";
    assert!(matches!(&error, BackupError::Unsound(faults) if faults == &[fault]), "{error}");
    assert_eq!(rows(&database).await, 0);
    let kept = backup::restore(&open(&database).await, &files.at("unsound"), "operator", true).await.unwrap();
    assert_eq!(kept.faults, [fault]);
    assert!(rows(&database).await > 0);
}

async fn nobody_else_reads_it_and_nothing_is_overwritten(acme: &Acme) {
    use std::os::unix::fs::PermissionsExt as _;
    let files = Files::new();
    backup::save(&acme.ledger(), &files.at("ours")).await.unwrap();
    assert_eq!(std::fs::metadata(files.at("ours")).unwrap().permissions().mode() & 0o777, 0o600);
    let error = backup::save(&acme.ledger(), &files.at("ours")).await.unwrap_err();
    assert!(error.to_string().contains("the file is there already"), "{error}");
    let error = backup::save(&acme.ledger(), &files.at("no/such/folder")).await.unwrap_err();
    assert!(matches!(error, BackupError::File { .. }), "{error}");
    let left: Vec<_> = std::fs::read_dir(files.0.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["ours"], "nothing half-written stays");
}

/// The companies are found by their rows, for whoever asks about all of them.
#[test]
fn tenants_are_found_by_their_rows() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        run(engine, async |acme: &Acme| {
            let mut tx = acme.ledger().read_for_all().await.unwrap();
            assert_eq!(backup::tenants(&mut tx).await.unwrap(), [id(ACME), id(GLOBEX)]);
            drop(tx);
            let empty = Database::build(Database::create(engine).await).await;
            let mut tx = open(&empty).await.read_for_all().await.unwrap();
            assert!(backup::tenants(&mut tx).await.unwrap().is_empty());
        });
    }
}
