//! A ledger brings its own tables to its version, however many processes open it at once.

use std::process::Command;

use vextrus_approval::Recompute;
use vextrus_domain::{Lang, PayeeFacts, RefusalCode};
use vextrus_ledger::approvals::Approval;
use vextrus_ledger::rules::{self, RuleKind, WHOLE_COMPANY};
use vextrus_ledger::{Ledger, LedgerError, assessments, check, documents, masterdata, views};
use vextrus_tests_support::company::{ACME, CALENDAR, INVOICES, id, taka};
use vextrus_tests_support::first_version;
use vextrus_tests_support::ledgers::{Database, at_once};
use vextrus_tests_support::on_both;
use vextrus_tests_support::raw::Raw;
use vextrus_tests_support::versions::{self, LANDED};

on_both![
    opening_again_changes_nothing,
    many_may_open_a_new_ledger_at_once,
    many_processes_may_open_a_new_ledger_at_once,
    a_ledger_of_a_later_version_is_left_alone,
    a_ledger_of_a_later_version_that_says_so_is_used,
    a_ledger_of_the_first_version_keeps_what_it_holds,
    rules_of_the_first_version_are_those_of_invoices_since_their_activation,
    documents_of_the_first_version_keep_their_decisions,
    every_version_that_landed_is_brought_to_the_present,
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
    let ours = raw.number("SELECT max(version) FROM _sqlx_migrations").await;
    for (later, name) in [(9998, format!("one (usable from {})", ours + 1)), (9999, "another".to_owned())] {
        bring(&mut raw, later, &name).await;
        let error = Ledger::open(&database.address).await.unwrap_err();
        let said = format!("of version {later}, which programs that know version ");
        assert!(matches!(error, LedgerError::Later { .. }) && error.to_string().contains(&said), "{error}");
        raw.exec("DELETE FROM _sqlx_migrations WHERE version > 9000").await.unwrap();
    }
}

/// What a later program leaves of a migration of its own.
async fn bring(raw: &mut Raw, version: i64, name: &str) {
    raw.exec(&format!(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         SELECT {version}, '{name}', true, checksum, 0 FROM _sqlx_migrations WHERE version = 1"
    ))
    .await
    .unwrap();
}

async fn a_ledger_of_a_later_version_that_says_so_is_used(database: &Database) {
    Ledger::open(&database.address).await.unwrap().close().await;
    let mut raw = database.raw().await;
    let ours = raw.number("SELECT max(version) FROM _sqlx_migrations").await;
    bring(&mut raw, 9998, &format!("one (usable from {ours})")).await;
    bring(&mut raw, 9999, "another (usable from 1)").await;
    let ledger = Ledger::open(&database.address).await.unwrap();
    let mut tx = ledger.begin(&id(ACME)).await.unwrap();
    rules::found(&mut tx, &id(ACME), RuleKind::Calendar, CALENDAR, "controller").await.unwrap().unwrap();
    tx.commit().await.unwrap();
}

async fn a_ledger_of_the_first_version_keeps_what_it_holds(database: &Database) {
    first_version::write(database).await;
    let ledger = Ledger::open(&database.address).await.unwrap();
    let mut tx = ledger.begin(&id(ACME)).await.unwrap();
    let key = first_version::assessed();
    let rule = rules::active(&mut tx, &key.tenant, RuleKind::Tax, WHOLE_COMPANY).await.unwrap().unwrap();
    assert_eq!((rule.hash.as_str(), &*rule.content), ("h1", "content"));
    let vendor = masterdata::lock_vendor(&mut tx, &key.tenant, &id("padma")).await.unwrap().unwrap();
    assert_eq!(vendor.tax, PayeeFacts::default());
    let [kept] = <[_; 1]>::try_from(assessments::all(&mut tx, &key).await.unwrap()).unwrap();
    let kept = kept.assessment.unwrap();
    assert_eq!((kept.net_payable, kept.questions[0].text.as_str()), (taka("107500"), "is it right?"));
    let shown = vextrus_tax::explain::lines(&kept, Lang::En);
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
    first_version::write(database).await;
    let ledger = Ledger::open(&database.address).await.unwrap();
    let mut tx = ledger.begin(&id(ACME)).await.unwrap();
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
    let founded = rules::found(&mut tx, &tenant, RuleKind::Approval, INVOICES, "controller").await.unwrap();
    assert_eq!(founded.unwrap_err().code, RefusalCode::ProposalNeeded);
    let (karim, rina) = (id("karim"), id("rina"));
    let proposed = rules::propose(&mut tx, &tenant, RuleKind::Approval, INVOICES, &karim, None, "first").await.unwrap();
    let activated = rules::activate(&mut tx, &tenant, proposed.unwrap().number, &rina).await.unwrap().unwrap();
    assert_eq!((activated.seq, activated.subject.as_str()), (3, "invoice"));
    tx.commit().await.unwrap();
}

async fn documents_of_the_first_version_keep_their_decisions(database: &Database) {
    first_version::write(database).await;
    let ledger = Ledger::open(&database.address).await.unwrap();
    let mut tx = ledger.read(&id(ACME)).await.unwrap();
    assert_eq!(check::check(&mut tx, &id(ACME)).await.unwrap(), Vec::<String>::new());
    let shown = async |tx: &mut _, key: &vextrus_domain::DocumentKey| {
        views::document(tx, &key.tenant, &key.document).await.unwrap().unwrap()
    };
    let assessed = shown(&mut tx, &first_version::assessed()).await;
    let [first, second] = assessed.tasks.as_slice() else { panic!("{:?}", assessed.tasks) };
    assert_eq!((first.state.as_str(), first.answer.as_deref()), ("decided", Some("approve")));
    let who = (first.actor.as_deref(), first.principal.as_deref(), first.comment.as_deref());
    assert_eq!(who, (Some("salma"), Some("rina"), Some("checked")));
    assert_eq!(first.decided_at, Some(id("2026-01-02T00:00:00Z")));
    assert_eq!((second.state.as_str(), second.answer.as_deref(), second.decided_at), ("open", None, None));
    assert_eq!((assessed.content_number, assessed.content.invoice().unwrap().number.as_str()), (1, "INV-1"));
    let settled = shown(&mut tx, &first_version::settled()).await;
    assert_eq!(settled.number.as_deref(), Some("PI-2025-26-000001"));
    assert!(settled.tasks.iter().all(|t| t.answer.as_deref() == Some("approve")), "{:?}", settled.tasks);
    // What they were decided with is kept as it was; no approval goes on from there.
    for key in [first_version::assessed(), first_version::settled(), first_version::claimed()] {
        let document = documents::get(&mut tx, &key).await.unwrap().unwrap();
        let approval = Approval::load(&mut tx, &document).await.unwrap();
        assert_eq!((approval.machine().revision(), approval.machine().recompute()), (0, Some(&Recompute::Reassess)));
    }
    tx.rollback().await.unwrap();
    let mut raw = database.raw().await;
    let log = "SELECT document || ' ' || seq || ' ' || kind || ' ' || request_id || ' ' || assurance || ' ' || content
        FROM approval_log ORDER BY document, seq";
    assert_eq!(
        raw.texts(log).await,
        [
            "d-1 1 decision r-10 signed {\"decision\":{},\"signature\":{}}",
            "d-2 1 decision r-20 signed {}",
            "d-2 2 decision r-21 asserted {}",
        ]
    );
    let contents = "SELECT document || ' ' || content || ' ' || request_id FROM document_contents ORDER BY document";
    assert_eq!(raw.texts(contents).await, ["d-1 1 r-d-1", "d-2 1 r-d-2", "d-3 1 r-d-3"]);
}

/// Tables of every version, with what each of them brought, and everything is found again.
async fn every_version_that_landed_is_brought_to_the_present(newest: &Database) {
    Ledger::open(&newest.address).await.unwrap().close().await;
    let tables: Vec<String> = newest.raw().await.rows().await.into_keys().collect();
    for version in 1..=LANDED.len() {
        let database = Database::create(newest.engine).await;
        versions::write(&database, version).await;
        let before = database.raw().await.rows().await;
        let ledger = Ledger::open(&database.address).await.unwrap();
        let (mut raw, after) = (database.raw().await, database.raw().await.rows().await);
        assert_eq!(after.keys().cloned().collect::<Vec<_>>(), tables, "version {version}");
        assert_eq!(applied(&database).await, applied(newest).await, "version {version}");
        for (table, rows) in before.iter().filter(|(table, _)| after.contains_key(*table)) {
            assert!(after[table] >= *rows, "version {version}: {table} had {rows} rows and has {}", after[table]);
        }
        for (question, answers) in LANDED.iter().take(version).flat_map(|landed| landed.found) {
            assert_eq!(raw.texts(question).await, *answers, "version {version}: {question}");
        }
        let mut tx = ledger.read(&id(ACME)).await.unwrap();
        assert_eq!(check::check(&mut tx, &id(ACME)).await.unwrap(), Vec::<String>::new(), "version {version}");
        assert_eq!(ledger.damage().await.unwrap(), Vec::<String>::new(), "version {version}");
        let refused = raw.refused("UPDATE audit_entries SET content = 'x'").await;
        assert!(refused.contains("audit_entries is append-only"), "version {version}: {refused}");
    }
}
