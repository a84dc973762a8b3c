//! What no statement may do with the processes of employees, whoever holds a connection.

use vextrus_tests_support::ledgers::Engine;
use vextrus_tests_support::on_both;
use vextrus_tests_support::staff::Staff;

use super::{claimed, planned, run, withdraw};

on_both![
    what_is_written_once_stays,
    what_was_claimed_is_never_changed,
    a_process_moves_one_way,
    a_provision_is_ended_once,
    what_belongs_together_is_together,
    a_table_is_not_emptied_at_one_stroke,
    every_guard_is_known_here,
];

/// One process in each state, and provisions in both.
async fn fill(staff: &Staff) {
    let ended = planned(staff, "emp-1").await;
    run(staff, &ended).await;
    let withdrawn = planned(staff, "emp-2").await;
    super::complete(staff, &withdrawn, "letter").await;
    super::work_at(staff, &withdrawn, "account").await;
    withdraw(staff, &withdrawn).await;
    run(staff, &withdrawn).await;
    let again = planned(staff, "emp-3").await;
    super::complete(staff, &again, "letter").await;
    claimed(staff, "emp-4").await;
}

async fn what_is_written_once_stays(staff: &Staff) {
    fill(staff).await;
    let mut raw = staff.database.raw().await;
    for (table, column) in [("process_plans", "content"), ("process_log", "content"), ("process_log", "actor")] {
        let said = format!("{table} is append-only");
        for sql in [format!("UPDATE {table} SET {column} = {column}"), format!("DELETE FROM {table}")] {
            let error = raw.refused(&sql).await;
            assert!(error.contains(&said), "{sql}: {error}");
        }
    }
    for (table, said) in [
        ("employee_processes", "a process is never deleted"),
        ("provisions", "a provision is ended, never deleted"),
        ("employee_records", "a record is erased, never deleted"),
        ("process_tasks", "a task is never deleted"),
    ] {
        let error = raw.refused(&format!("DELETE FROM {table}")).await;
        assert!(error.contains(said), "{table}: {error}");
    }
}

async fn what_was_claimed_is_never_changed(staff: &Staff) {
    fill(staff).await;
    let mut raw = staff.database.raw().await;
    for column in [
        "tenant",
        "process",
        "kind",
        "employee",
        "request_id",
        "payload_hash",
        "employment",
        "template",
        "undoes",
        "requested_by",
        "claimed_at",
    ] {
        let error = raw.refused(&format!("UPDATE employee_processes SET {column} = {column}")).await;
        assert!(error.contains("what was claimed is never changed"), "{column}: {error}");
    }
}

async fn a_process_moves_one_way(staff: &Staff) {
    fill(staff).await;
    let mut raw = staff.database.raw().await;
    let moved = |from: &str, to: &str| {
        let (status, ended) = if to == "ended" { ("'completed'", "'2026-01-01T00:00:00Z'") } else { ("NULL", "NULL") };
        format!(
            "UPDATE employee_processes SET state = '{to}', status = {status}, ended_at = {ended} WHERE state = '{from}'"
        )
    };
    for (from, to) in [("running", "claimed"), ("ended", "claimed"), ("ended", "running"), ("ended", "ended")] {
        let error = raw.refused(&moved(from, to)).await;
        assert!(error.contains("a process moves claimed, running, ended"), "{from} {to}: {error}");
    }
    for wrong in ["state = 'ended'", "status = 'completed'", "ended_at = '2026-01-01T00:00:00Z'"] {
        let error = raw.refused(&format!("UPDATE employee_processes SET {wrong} WHERE state = 'running'")).await;
        assert!(error.to_lowercase().contains("check constraint"), "{wrong}: {error}");
    }
    for (from, to) in [("claimed", "claimed"), ("running", "running")] {
        assert_eq!(raw.exec(&moved(from, to)).await.unwrap(), 1, "{from}: a lock");
    }
}

async fn a_provision_is_ended_once(staff: &Staff) {
    fill(staff).await;
    let mut raw = staff.database.raw().await;
    let at = "'2026-01-01T00:00:00Z'";
    for (change, of) in [
        (format!("ended_at = {at}"), "ended"),
        ("state = 'active', ended_at = NULL, ended_by = NULL".to_owned(), "ended"),
        ("operation = operation".to_owned(), "active"),
        (format!("state = 'ended', ended_at = {at}, ended_by = 'x', reference = 'x'"), "active"),
        (format!("state = 'ended', ended_at = {at}, ended_by = 'x', employee = 'emp-4'"), "active"),
        (format!("state = 'ended', ended_at = {at}, ended_by = 'x', order_key = 'x'"), "active"),
    ] {
        let error = raw.refused(&format!("UPDATE provisions SET {change} WHERE state = '{of}'")).await;
        assert!(error.contains("a provision is ended once, and not changed"), "{change}: {error}");
    }
}

async fn what_belongs_together_is_together(staff: &Staff) {
    fill(staff).await;
    let mut raw = staff.database.raw().await;
    for (change, table) in [
        ("personal = NULL", "employee_records"),
        ("hash_key = NULL", "employee_records"),
        ("erased_at = '2026-01-01T00:00:00Z'", "employee_records"),
        ("personal = NULL, hash_key = NULL", "employee_records"),
        ("state = 'lost'", "process_tasks"),
    ] {
        let error = raw.refused(&format!("UPDATE {table} SET {change}")).await;
        assert!(error.to_lowercase().contains("check constraint"), "{change}: {error}");
    }
    let second = "INSERT INTO employee_processes (tenant, process, kind, employee, request_id, payload_hash, employment, template,
            requested_by, state, claimed_at)
        SELECT tenant, 'p-2', kind, employee, 'r-2', payload_hash, employment, template, requested_by, 'claimed', claimed_at
        FROM employee_processes WHERE state = 'running'";
    let error = raw.refused(second).await.to_lowercase();
    assert!(error.contains("unique"), "{error}");
    let nobody = "INSERT INTO process_log (tenant, process, seq, kind, assurance, content, at)
        VALUES ('acme', 'nothing', 1, 'tick', 'own', '', '2026-01-01T00:00:00Z')";
    let error = raw.refused(nobody).await.to_lowercase();
    assert!(error.contains("foreign key"), "{error}");
}

async fn a_table_is_not_emptied_at_one_stroke(staff: &Staff) {
    if staff.database.engine == Engine::Sqlite {
        return; // It has no TRUNCATE.
    }
    fill(staff).await;
    let mut raw = staff.database.raw().await;
    for table in
        ["process_plans", "process_log", "employee_processes", "provisions", "employee_records", "process_tasks"]
    {
        let error = raw.refused(&format!("TRUNCATE {table} CASCADE")).await;
        assert!(["is never emptied", "is append-only"].iter().any(|said| error.contains(said)), "{table}: {error}");
    }
}

/// A guard that is added needs a test beside those above.
async fn every_guard_is_known_here(staff: &Staff) {
    let mut raw = staff.database.raw().await;
    let tables =
        "'process_plans', 'process_log', 'employee_processes', 'provisions', 'employee_records', 'process_tasks',
        'process_task_people'";
    let (sql, expected) = match staff.database.engine {
        Engine::Sqlite => {
            (format!("SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN ({tables})"), 11)
        }
        Engine::Postgres => (
            format!(
                "SELECT count(*) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
                 WHERE NOT t.tgisinternal AND c.relname IN ({tables})"
            ),
            15,
        ),
    };
    assert_eq!(raw.number(&sql).await, expected);
}
