//! A ledger that has been in use for years: what a few documents left, many times over.

use crate::ledgers::{Database, Engine};
use crate::raw::Raw;

/// The tables that grow, parents first, with the columns by which their rows are told from each other. A `#` marks a number; a `-` a
/// time that is earlier with each copy, a `+` one that is later.
const GROWING: &[(&str, &str)] = &[
    ("people", "person"),
    ("vendors", "vendor"),
    ("contacts", "party"),
    ("budget_lines", "project"),
    ("documents", "document canonical_number number po_number request_id #total -claimed_at"),
    ("document_contents", "document request_id"),
    ("assessments", "document"),
    ("approval_log", "document"),
    ("tasks", "document +due_at +opened_at"),
    ("task_people", "document +sorted_at"),
    ("purchase_orders", "po_number document #serial"),
    ("order_lines", "po_number"),
    ("goods_receipts", "po_number request_id"),
    ("goods_receipt_lines", "po_number"),
    ("billed_lines", "document po_number"),
    ("encumbrances", "po_number"),
    ("budget_reservations", "document po_number"),
    ("payment_instructions", "instruction document #serial"),
    ("payment_exclusions", "instruction"),
    ("journal_entries", "entry document"),
    ("journal_lines", "entry"),
    ("tax_obligations", "document"),
    ("effects", "document"),
    ("outbox", "id document -created_at"),
    ("outbox_lanes", "lane document -due_at"),
    ("outbox_deliveries", "delivery event lane -created_at"),
    ("audit_entries", "chain"),
    ("audit_checkpoints", "#number #size"),
    ("attachments", "attachment document request_id"),
    ("book_requests", "request_id"),
    ("reconcile_findings", "workflow"),
    ("standing_delegations", "#number request_id"),
    ("bank_changes", "change vendor -proposed_at +due_at"),
    ("bank_change_log", "change"),
    ("bank_change_people", "change +sorted_at"),
    ("vendor_accounts", "vendor change"),
    ("employee_records", "employee"),
    ("employee_processes", "process employee request_id -claimed_at"),
    ("process_plans", "process"),
    ("process_log", "process"),
    ("process_tasks", "process +due_at +opened_at"),
    ("process_task_people", "process +sorted_at"),
    ("provisions", "order_key employee reference"),
];

/// Adds so many copies of what there is. What is open is little beside all that has ended: of the documents, processes and changes that
/// these ids name, there are only so many.
pub async fn multiply(database: &Database, times: u32, open: &[(String, u32)]) {
    let mut raw = database.raw().await;
    raw.exec("BEGIN").await.unwrap();
    for (table, told_by) in GROWING {
        let columns = columns(&mut raw, database.engine, table).await;
        let values: Vec<String> = columns.iter().map(|column| value(database.engine, table, column, told_by)).collect();
        let sql = format!(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {times})
             INSERT INTO {table} ({}) SELECT {} FROM {table}, n{}",
            columns.join(", "),
            values.join(", "),
            fewer(table, told_by, open)
        );
        raw.exec(&sql).await.unwrap_or_else(|error| panic!("{table}: {error}"));
        if *table == "journal_lines" {
            raw.exec("UPDATE journal_entries SET state = 'posted' WHERE state = 'draft'").await.unwrap();
        }
    }
    raw.exec("COMMIT").await.unwrap();
}

/// Has the database count what it holds, as PostgreSQL does by itself. SQLite never does unless it is told to: there the first round
/// goes without.
pub async fn look(database: &Database, round: u32) {
    if database.engine == Engine::Sqlite && round == 1 {
        return;
    }
    let mut raw = database.raw().await;
    for sql in ["VACUUM", "ANALYZE"] {
        raw.exec(sql).await.unwrap();
    }
}

/// What keeps the rows of something open from being as many as the others.
fn fewer(table: &str, told_by: &str, open: &[(String, u32)]) -> String {
    let of = told_by.split(' ').find(|name| matches!(*name, "document" | "process" | "change" | "chain"));
    // Deliveries name their documents by events and lanes alone.
    let Some(of) = of.filter(|_| !table.starts_with("outbox")) else { return String::new() };
    let each = open.iter().map(|(id, times)| format!(" AND (i <= {times} OR coalesce({of}, '') <> '{id}')"));
    format!(" WHERE TRUE{}", each.collect::<String>())
}

/// A column of the copy `n.i`.
fn value(engine: Engine, table: &str, column: &str, told_by: &str) -> String {
    let mark = told_by.split(' ').find_map(|name| name.strip_suffix(column).filter(|mark| mark.len() < 2));
    match mark {
        Some("") => return format!("{column} || '-' || i"),
        // No other number is as far from the first ones.
        Some("#") => return format!("{column} + i * 101"),
        Some(sign) if engine == Engine::Sqlite => {
            return format!("strftime('%Y-%m-%dT%H:%M:%S+00:00', {column}, '{sign}' || i || ' days')");
        }
        Some(sign) => return format!("{column} {sign} i * interval '1 day'"),
        None => {}
    }
    match (table, column) {
        // Its lines are written before it is posted.
        ("journal_entries", "state") => "'draft'".to_owned(),
        // Most people have left, most orders are closed, and most of what was delegated is over.
        ("people", "active") | ("purchase_orders", "open") => "FALSE".to_owned(),
        ("standing_delegations", "last_day") => "'2025-07-31'".to_owned(),
        // A command names what it is about.
        ("bank_change_log", "content") => "replace(content, change, change || '-' || i)".to_owned(),
        _ => column.to_owned(),
    }
}

async fn columns(raw: &mut Raw, engine: Engine, table: &str) -> Vec<String> {
    raw.texts(&match engine {
        Engine::Sqlite => format!("SELECT name FROM pragma_table_info('{table}')"),
        Engine::Postgres => format!(
            "SELECT column_name::text FROM information_schema.columns
             WHERE table_name = '{table}' AND table_schema = 'public'"
        ),
    })
    .await
}
