//! A ledger of the version before has documents and no employees.

use vextrus_ledger::{Ledger, check};
use vextrus_tests_support::company::{ACME, Acme, id};
use vextrus_tests_support::on_both;
use vextrus_tests_support::staff::Staff;

use crate::books::{self, task};

on_both![a_ledger_without_employees_keeps_what_it_holds];

/// The migrations that brought employees. Later ones stay: they do not touch what these bring.
const EMPLOYEES: &str = "(10, 11)";

/// From what others refer to, last.
const TABLES: [&str; 7] = [
    "provisions",
    "process_task_people",
    "process_tasks",
    "process_log",
    "process_plans",
    "employee_processes",
    "employee_records",
];

async fn a_ledger_without_employees_keeps_what_it_holds(staff: &Staff) {
    let acme: &Acme = staff;
    acme.at("2025-08-10T06:00:00Z");
    books::settled(acme, "INV-1").await;
    books::assessed(acme, "INV-2", vec![task("level-1", 60, &["rina"])]).await;
    books::claimed(acme, "INV-3").await;
    let mut raw = staff.database.raw().await;
    let whole = raw.rows().await;
    for table in TABLES {
        raw.exec(&format!("DROP TABLE {table}")).await.unwrap();
    }
    raw.exec(&format!("DELETE FROM _sqlx_migrations WHERE version IN {EMPLOYEES}")).await.unwrap();
    let contents = "SELECT hash FROM audit_entries ORDER BY tenant, chain, seq";
    let (before, trail) = (raw.rows().await, raw.texts(contents).await);
    assert_eq!(before.len() + TABLES.len(), whole.len());

    let ledger = Ledger::open(&staff.database.address).await.unwrap();
    assert_eq!(raw.rows().await, whole);
    assert_eq!(raw.texts(contents).await, trail);
    let mut tx = ledger.read().await.unwrap();
    assert_eq!(check::check(&mut tx, &id(ACME)).await.unwrap(), Vec::<String>::new());
    drop(tx);
    staff.at(vextrus_tests_support::staff::TODAY);
    let key = super::planned(staff, "emp-1").await;
    super::run(staff, &key).await;
    let refused = raw.refused("DELETE FROM process_log").await;
    assert!(refused.contains("process_log is append-only"), "{refused}");
}
