//! Records are put once each, never over another version, and what a file brings is reported row by row.

use vextrus_domain::{Department, Person, RefusalCode};
use vextrus_ledger::audit::{self, TENANT_CHAIN};
use vextrus_ledger::intake::{self, Intake};
use vextrus_ledger::masterdata::{self, Budget, Change, PurchaseOrder, Record};
use vextrus_ledger::retry;
use vextrus_tests_support::company::{ACME, Acme, actor, id, invoice, order, request, taka};
use vextrus_tests_support::ledgers::at_once;
use vextrus_tests_support::on_both;

on_both![
    a_record_is_put_once_and_not_over_another_version,
    of_many_that_meet_one_writes_each_version,
    a_file_is_reported_row_by_row,
    what_is_not_taken_in_is_refused_until_it_is_again,
];

fn department(name: &str) -> Record {
    Record::Department(Department { id: id("stores"), name: name.to_owned(), head: None, active: true })
}

async fn put(acme: &Acme, record: &Record, expected: Option<i64>) -> Result<(Change, i64), RefusalCode> {
    let mut tx = acme.begin().await.unwrap();
    let done = masterdata::upsert(&mut tx, &actor("rina"), &request(), record, expected).await.unwrap();
    if done.is_ok() {
        tx.commit().await.unwrap();
    }
    done.map(|done| (done.change, done.version)).map_err(|refusal| refusal.code)
}

async fn a_record_is_put_once_and_not_over_another_version(acme: &Acme) {
    assert_eq!(put(acme, &department("Stores"), Some(0)).await, Ok((Change::Created, 1)));
    assert_eq!(put(acme, &department("Stores"), Some(0)).await, Err(RefusalCode::RecordChanged));
    assert_eq!(put(acme, &department("Stores"), Some(1)).await, Ok((Change::Unchanged, 1)));
    assert_eq!(put(acme, &department("Stores and yards"), Some(1)).await, Ok((Change::Updated, 2)));
    assert_eq!(put(acme, &department("Yards"), Some(1)).await, Err(RefusalCode::RecordChanged));
    assert_eq!(put(acme, &department("Yards"), None).await, Ok((Change::Updated, 3)));
    // Records that were there before versions were.
    let mut tx = acme.read().await.unwrap();
    let rina = masterdata::person(&mut tx, &id(ACME), &id("rina")).await.unwrap().unwrap();
    assert_eq!(rina.version, 1);
    drop(tx);
    let moved = Record::Person(Person { department: Some(id("stores")), ..rina.record });
    assert_eq!(put(acme, &moved, Some(1)).await, Ok((Change::Updated, 2)));
    let small = Record::Budget(Budget {
        fiscal_year: id("2025-26"),
        department: id("works"),
        project: None,
        allocated: taka("0"),
    });
    assert_eq!(put(acme, &small, None).await, Ok((Change::Updated, 2)), "nothing is taken of it");
}

async fn of_many_that_meet_one_writes_each_version(acme: &Acme) {
    put(acme, &department("Stores"), None).await.unwrap();
    let ledger = acme.ledger();
    let written = at_once(6, move |i| {
        let ledger = ledger.clone();
        async move {
            let (record, request) = (department(&format!("Stores {i}")), request());
            let done = retry::keyed(async || {
                let mut tx = ledger.begin(&id(ACME)).await?;
                let done = masterdata::upsert(&mut tx, &actor("rina"), &request, &record, Some(1)).await?;
                if done.is_ok() {
                    tx.commit().await?;
                }
                Ok::<_, vextrus_ledger::LedgerError>(done)
            })
            .await;
            done.unwrap().is_ok()
        }
    })
    .await;
    assert_eq!(written.into_iter().filter(|written| *written).count(), 1, "all of them had read the first version");
    let mut tx = acme.read().await.unwrap();
    assert_eq!(masterdata::department(&mut tx, &id(ACME), &id("stores")).await.unwrap().unwrap().version, 2);
}

async fn a_file_is_reported_row_by_row(acme: &Acme) {
    let order = |number: &str, vendor: &str| {
        Record::Order(PurchaseOrder { number: id(number), vendor: id(vendor), total: taka("1000"), open: true })
    };
    let rows = [
        department("Stores"),
        order("PO-77", "padma"),
        order("PO-78", "nobody"),
        order("PO-2025-26-000001", "padma"),
        order("PO-1", "padma"),
        Record::Department(Department { id: id("yards"), name: String::new(), head: None, active: true }),
    ];
    let mut tx = acme.begin().await.unwrap();
    let reports = masterdata::import_rows(&mut tx, &id(ACME), &rows, "controller").await.unwrap();
    let became: Vec<_> = reports.into_iter().map(|r| (r.name, r.result.map_err(|refusal| refusal.code))).collect();
    let expected = [
        ("stores", Ok(Change::Created)),
        ("PO-77", Ok(Change::Created)),
        ("PO-78", Err(RefusalCode::VendorUnknown)),
        ("PO-2025-26-000001", Err(RefusalCode::InvalidField)),
        ("PO-1", Ok(Change::Updated)),
        ("yards", Err(RefusalCode::InvalidField)),
    ];
    assert_eq!(became, expected.map(|(name, result)| (name.to_owned(), result)));
    tx.commit().await.unwrap();
    let mut tx = acme.read().await.unwrap();
    let entries = audit::read_chain(&mut tx, &id(ACME), TENANT_CHAIN).await.unwrap().unwrap();
    let last = entries.iter().rfind(|e| e.kind == "master_data_imported").unwrap();
    let changed: Vec<&str> =
        last.body["changes"].as_array().unwrap().iter().map(|c| c["name"].as_str().unwrap()).collect();
    assert_eq!(changed, ["stores", "PO-77", "PO-1"]);
    assert_eq!(last.body["changes"][2]["before"]["total"], "115000.00");
    assert_eq!(acme.wrong().await, Vec::<String>::new());
}

async fn what_is_not_taken_in_is_refused_until_it_is_again(acme: &Acme) {
    let set = async |kinds: &[Intake], stopped| {
        let mut tx = acme.begin().await.unwrap();
        let changed = intake::set(&mut tx, &actor("rina"), &request(), kinds, stopped, "cut-over").await.unwrap();
        tx.commit().await.unwrap();
        changed.unwrap().into_iter().map(|gate| gate.kind).collect::<Vec<_>>()
    };
    let again = request();
    acme.claim_as("karim", &again, &invoice("padma", "I-1", "1000")).await.unwrap();
    assert_eq!(set(&[Intake::Invoice, Intake::Onboarding], true).await, [Intake::Invoice, Intake::Onboarding]);
    assert_eq!(set(&Intake::ALL, true).await, [Intake::PurchaseOrder, Intake::Offboarding], "the others are stopped");
    let refused = acme.claim(&invoice("padma", "I-2", "1000")).await.unwrap_err();
    assert_eq!(refused.code, RefusalCode::IntakeStopped);
    let refused = acme.claim_order("karim", &order("padma", &[("cement", "1", "500")])).await.unwrap_err();
    assert_eq!(refused.code, RefusalCode::IntakeStopped);
    // What was taken in before is answered as before.
    assert!(acme.claim_as("karim", &again, &invoice("padma", "I-1", "1000")).await.unwrap().repeated);
    assert_eq!(set(&[Intake::Invoice], false).await, [Intake::Invoice]);
    acme.claim(&invoice("padma", "I-2", "1000")).await.unwrap();
    let mut tx = acme.begin().await.unwrap();
    let nobody = intake::set(&mut tx, &actor("nobody"), &request(), &Intake::ALL, true, "why").await.unwrap();
    assert_eq!(nobody.unwrap_err().code, RefusalCode::PermissionDenied);
    let silent = intake::set(&mut tx, &actor("rina"), &request(), &Intake::ALL, true, " ").await.unwrap();
    assert_eq!(silent.unwrap_err().code, RefusalCode::InvalidField);
}
