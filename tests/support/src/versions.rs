//! A ledger as each version that landed left it, with data of what that version brought. The next one is one more entry of
//! [`LANDED`]: its migrations, what a ledger of that time holds, and by what it is found again.

use sqlx::SqlSafeStr as _;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use vextrus_domain::{DocumentKey, canonical};

use crate::company::{ACME, id};
use crate::first_version::{self, trail};
use crate::ledgers::{Database, Engine};
use crate::{migrate, staff};

/// A migration: sqlx's version, its name, its text for SQLite and for PostgreSQL.
pub type Step = (i64, &'static str, [&'static str; 2]);

/// A version of the tables, as it landed.
#[derive(Debug)]
pub struct Version {
    /// Its migrations.
    pub steps: &'static [Step],
    /// What it holds beside what came before.
    pub records: &'static [&'static str],
    /// Questions that answer one text a row, and what they answer ever after.
    pub found: &'static [(&'static str, &'static [&'static str])],
}

macro_rules! text {
    ($name:literal) => {
        [text!(@ $name, ".sql"), text!(@ $name, ".sql")]
    };
    ($name:literal, each) => {
        [text!(@ $name, ".sqlite.sql"), text!(@ $name, ".postgres.sql")]
    };
    (@ $name:literal, $end:literal) => {
        include_str!(concat!("../../../activities/ledger/migrations/", $name, $end))
    };
}

/// Every version, from the first.
pub const LANDED: &[Version] = &[
    Version {
        steps: &[(1, "ledger", text!("0001_ledger")), (2, "guards", text!("0001_guards", each))],
        // They are those of the first version's own tests.
        records: &[],
        found: &[
            ("SELECT document || ' ' || state FROM documents ORDER BY document", &["d-1 assessed", "d-2 settled", "d-3 claimed"]),
            ("SELECT instruction FROM payment_instructions", &["PI-2025-26-000001"]),
            ("SELECT account FROM journal_lines ORDER BY line", &["5100", "1310", "2320", "2100"]),
            ("SELECT vendor || ' ' || name FROM vendors", &["padma Padma"]),
            ("SELECT hash FROM rule_activations WHERE kind = 'approval' ORDER BY seq", &["h2", "h3"]),
            ("SELECT chain FROM audit_entries WHERE seq = 1 AND chain LIKE 'd-%' ORDER BY chain", &["d-1", "d-2", "d-3"]),
        ],
    },
    Version {
        steps: &[(3, "tax", text!("0002_tax")), (4, "tax guards", text!("0002_guards", each))],
        records: &[
            "INSERT INTO payers (tenant, seq, payer, set_by, set_at)
             VALUES ('acme', 1, '{\"name\":\"Acme\"}', 'controller', '2026-02-01T00:00:00+00:00')",
            "UPDATE vendors SET tax = '{\"residence\":\"resident\"}' WHERE vendor = 'padma'",
            "INSERT INTO rule_versions (kind, hash, content, stored_at) VALUES ('calendar', 'h9', 'days', '2026-02-01T00:00:00+00:00')",
        ],
        found: &[
            ("SELECT payer FROM payers", &["{\"name\":\"Acme\"}"]),
            ("SELECT tax FROM vendors", &["{\"residence\":\"resident\"}"]),
            ("SELECT content FROM rule_versions WHERE kind = 'calendar'", &["days"]),
        ],
    },
    Version {
        steps: &[(5, "rules", text!("0003_rules")), (6, "rule guards", text!("0003_guards", each))],
        records: &[
            "INSERT INTO rule_books (tenant) VALUES ('acme')",
            "INSERT INTO rule_versions (kind, hash, content, stored_at) VALUES ('tax', 'h5', 'new', '2026-03-01T00:00:00+00:00')",
            "INSERT INTO rule_proposals (tenant, proposal, kind, subject, hash, base, reason, proposed_by, proposed_at, effective_from)
             VALUES ('acme', 1, 'tax', '', 'h5', 1, 'SRO 1', 'rina', '2026-03-01T00:00:00+00:00', '2026-03-01T00:00:00+00:00')",
            "INSERT INTO rule_activations (tenant, kind, subject, seq, hash, activated_by, activated_at, effective_from, proposal)
             VALUES ('acme', 'tax', '', 2, 'h5', 'karim', '2026-03-01T00:00:00+00:00', '2026-03-01T00:00:00+00:00', 1)",
        ],
        found: &[
            ("SELECT reason || ' ' || proposed_by FROM rule_proposals", &["SRO 1 rina"]),
            ("SELECT hash || ' ' || activated_by FROM rule_activations WHERE kind = 'tax' ORDER BY seq", &["h1 controller", "h5 karim"]),
        ],
    },
    Version {
        steps: &[
            (7, "remade", text!("0004_remade", each)),
            (8, "approvals", text!("0004_approvals")),
            (9, "approval guards", text!("0004_guards", each)),
        ],
        records: &[
            "INSERT INTO purchase_orders (tenant, po_number, vendor, total, open) VALUES ('acme', 'PO-9', 'padma', 5000000, TRUE)",
            "INSERT INTO order_lines (tenant, po_number, version, line, product, quantity, unit_price, amount)
             VALUES ('acme', 'PO-9', 1, 1, 'cement', 10000000, 500000, 5000000)",
            "INSERT INTO goods_receipts (tenant, po_number, receipt, request_id, content, received_on, received_by, at)
             VALUES ('acme', 'PO-9', 1, 'g-1', '{}', '2026-04-01', 'karim', '2026-04-01T00:00:00+00:00')",
            "INSERT INTO goods_receipt_lines (tenant, po_number, receipt, line, quantity) VALUES ('acme', 'PO-9', 1, 1, 4000000)",
            "INSERT INTO payment_exclusions (tenant, instruction, person) VALUES ('acme', 'PI-2025-26-000001', 'rina')",
            "INSERT INTO delegation_numbers (tenant, last) VALUES ('acme', 1)",
            "INSERT INTO standing_delegations (tenant, number, from_person, to_person, last_day, content, request_id, given_by, given_at)
             VALUES ('acme', 1, 'rina', 'karim', '2026-05-01', '{}', 'g-2', 'rina', '2026-04-01T00:00:00+00:00')",
        ],
        found: &[
            ("SELECT product FROM order_lines", &["cement"]),
            ("SELECT received_by FROM goods_receipts WHERE po_number = 'PO-9'", &["karim"]),
            ("SELECT person FROM payment_exclusions", &["rina"]),
            ("SELECT from_person || ' ' || to_person FROM standing_delegations WHERE revoked_at IS NULL", &["rina karim"]),
            ("SELECT answer FROM tasks WHERE document = 'd-1' AND task = 'level-1'", &["approve"]),
        ],
    },
    Version {
        steps: &[(10, "employees", text!("0005_employees")), (11, "employee guards", text!("0005_guards", each))],
        // The record and its process are written from the types, below.
        records: &[
            "INSERT INTO employee_records (tenant, employee, recorded_at, erased_at)
             VALUES ('acme', 'emp-8', '2026-05-01T00:00:00+00:00', '2026-06-01T00:00:00+00:00')",
            "INSERT INTO provisions (tenant, order_key, employee, system, operation, reference, state, created_at)
             VALUES ('acme', 'o-1', 'emp-8', 'mail', 'create_mailbox', 'emp-8@acme', 'active', '2026-05-01T00:00:00+00:00')",
        ],
        found: &[
            ("SELECT process || ' ' || state FROM employee_processes", &["onb-9 claimed"]),
            ("SELECT employee FROM employee_records WHERE personal IS NOT NULL", &["emp-9"]),
            ("SELECT reference FROM provisions", &["emp-8@acme"]),
        ],
    },
];

/// Writes the tables as they were at a version, counted from 1, with what each version up to it brought.
///
/// # Panics
/// When there is no such version.
pub async fn write(database: &Database, version: usize) {
    first_version::write(database).await;
    for (at, landed) in LANDED.iter().enumerate().take(version) {
        if at > 0 {
            tables(database, at + 1).await;
        }
        let mut raw = database.raw().await;
        for record in landed.records {
            raw.exec(record).await.unwrap_or_else(|error| panic!("{record}: {error}"));
        }
        if at == 4 {
            employee(database).await;
        }
    }
}

/// An onboarding that was claimed.
async fn employee(database: &Database) {
    let text = |value: Result<String, canonical::CanonicalError>| value.unwrap().replace('\'', "''");
    let (personal, employment) =
        (text(canonical::to_text(&staff::personal())), text(canonical::to_text(&staff::employment())));
    let mut raw = database.raw().await;
    for record in [
        format!(
            "INSERT INTO employee_records (tenant, employee, personal, hash_key, recorded_at)
             VALUES ('acme', 'emp-9', '{personal}', 'k', '2026-05-01T00:00:00+00:00')"
        ),
        format!(
            "INSERT INTO employee_processes (tenant, process, kind, employee, request_id, payload_hash, employment, template,
                requested_by, state, claimed_at)
             VALUES ('acme', 'onb-9', 'onboarding', 'emp-9', 'g-3', 'h', '{employment}', 't', 'rina', 'claimed',
                '2026-05-01T00:00:00+00:00')"
        ),
    ] {
        raw.exec(&record).await.unwrap_or_else(|error| panic!("{record}: {error}"));
    }
    let key = DocumentKey { tenant: id(ACME), document: id("onb-9"), submission: 1 };
    trail(&mut raw, &key, &["claimed"]).await;
}

/// Brings the tables to a version.
pub async fn tables(database: &Database, version: usize) {
    let text = |[sqlite, postgres]: [&'static str; 2]| match database.engine {
        Engine::Sqlite => sqlite,
        Engine::Postgres => postgres,
    };
    let steps = LANDED.iter().take(version).flat_map(|landed| landed.steps);
    let migrations = steps.map(|(at, name, texts)| {
        Migration::new(*at, (*name).into(), MigrationType::Simple, text(*texts).into_sql_str(), false)
    });
    migrate::run(database, &Migrator::with_migrations(migrations.collect())).await;
}
