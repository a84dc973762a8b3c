//! Registers, the treasury and closed periods on the command line, over the books of a company in a file.

use serde_json::{Value, json};
use vextrus_domain::{Payer, Taka};
use vextrus_ledger::registers::Asked;
use vextrus_ledger::{Ledger, masterdata};

use crate::offline::Books;
use crate::program::Ran;

const TENANT: [&str; 2] = ["--tenant", "acme-bd"];
const OBLIGATION: &str = "INSERT INTO tax_obligations (tenant, document, submission, tax, code, vendor, base, rate_ppm, amount,
    withheld_on, deposit_by, certificate_by, deadline_rule) SELECT 'acme-bd', 'doc-1', 1, 'TDS', 'CONTRACTOR', min(vendor), 10000000,
    75000, 750000, '2026-07-10', '2026-08-14', '2026-08-14', '=TDS Rules 2026 r.9' FROM vendors WHERE tenant = 'acme-bd'";

/// The example company with one settled invoice, as far as the registers read it.
async fn withheld() -> Books {
    let books = Books::of_the_example();
    let ledger = Ledger::open(&books.address()).await.unwrap();
    let mut tx = ledger.begin_for_all().await.unwrap();
    let payer = Payer { name: "Acme Ltd".to_owned(), address: "Dhaka".to_owned(), ..Payer::default() };
    masterdata::put_payer(&mut tx, &"acme-bd".parse().unwrap(), &payer, "controller").await.unwrap();
    tx.raw(
        r#"INSERT INTO documents (tenant, document, submission, kind, vendor, fiscal_year, canonical_number, number, dated, department,
            total, submitter, request_id, payload, payload_hash, state, revision, outcome, claimed_at, concluded_at)
        SELECT 'acme-bd', 'doc-1', 1, 'invoice', min(vendor), '2026-27', '1', '@SUM(A1)', '2026-07-01', 'works', 11500000, 'x', 'r',
            '{"currency":"BDT","date":"2026-07-01","department":"works","due_date":"2026-08-01","lines":[],"number":"@SUM(A1)","subtotal":"100000","total":"115000","vat":"15000","vendor":"' || min(vendor) || '"}',
            'h', 'settled', 1, 'approved', '2026-07-02T00:00:00+00:00', '2026-07-10T00:00:00+00:00'
        FROM vendors WHERE tenant = 'acme-bd'"#,
    )
    .await
    .unwrap();
    tx.raw(
        r#"INSERT INTO assessments (tenant, document, submission, revision, assessed_at, paid_on, assessment, plan, plan_hash, tax_hash,
            approval_hash, accounts_hash) VALUES ('acme-bd', 'doc-1', 1, 1, '2026-07-02T00:00:00+00:00', '2026-07-10',
            '{"net_payable":"107500.00","questions":[],"subtotal":"100000.00","total":"115000.00","trace":[],"vat":"15000.00","withheld":[{"amount":"7500.00","base":"100000.00","code":"CONTRACTOR","rate":75000,"tax":"TDS"}]}',
            '{}', 'p', 't', 'a', 'c')"#,
    )
    .await
    .unwrap();
    tx.raw(
        "INSERT INTO payment_instructions (tenant, instruction, fiscal_year, serial, document, submission, vendor, amount, due_date,
            posting_date, state, created_at) SELECT 'acme-bd', 'PI-2026-27-000001', '2026-27', 1, 'doc-1', 1, min(vendor), 10750000,
            '2026-08-01', '2026-07-10', 'proposed', '2026-07-10T00:00:00+00:00' FROM vendors WHERE tenant = 'acme-bd'",
    )
    .await
    .unwrap();
    tx.raw(OBLIGATION).await.unwrap();
    tx.commit().await.unwrap();
    ledger.close().await;
    books
}

fn report(books: &Books, args: &[&str]) -> Ran {
    books.run(&[&["report"], args, &TENANT].concat())
}

fn act(books: &Books, args: &[&str]) -> Ran {
    books.run(&[args, &TENANT, &["--by", "nasrin"]].concat())
}

const DEPOSIT: [&str; 13] = [
    "treasury",
    "deposit",
    "tds",
    "--challan",
    "CH-1",
    "--on",
    "2026-08-20",
    "--amount",
    "7500",
    "--bank",
    "Sonali",
    "--month",
    "2026-07",
];

/// Reads a table as RFC 4180 has it.
fn table(text: &str) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

#[tokio::test]
async fn a_register_is_csv_and_json_of_the_same_rows() {
    let books = withheld().await;
    let asked = ["tds", "--month", "2026-07", "--as-of", "2026-08-25"];
    let ran = report(&books, &asked).exits(0);
    assert!(ran.out.lines().count() == 2 && ran.out.ends_with("\r\n"), "{ran:#?}");
    assert_eq!(
        ran.err.trim(),
        "1 rows\ntotal: base 100000.00, deducted 7500.00, deposited 0.00, not_deposited 7500.00, certified 0.00"
    );
    let rows = table(&ran.out);
    let tenant: Vec<&str> = rows[0].iter().map(String::as_str).collect();
    let columns = Asked::Withheld {
        tax: vextrus_tax::Tax::Tds,
        month: "2026-07".parse().unwrap(),
        as_of: "2026-08-25".parse().unwrap(),
    };
    assert_eq!(tenant, columns.columns());
    let json = report(&books, &[&asked[..], &["-o", "json"]].concat()).json();
    assert_eq!(
        (&json["report"], &json["tenant"], &json["as_of"]),
        (&json!("tds"), &json!("acme-bd"), &json!("2026-08-25"))
    );
    assert_eq!(json["parameters"], json!({"month": "2026-07"}));
    assert_eq!(
        json["totals"],
        json!({"rows": 1, "base": "100000.00", "deducted": "7500.00", "deposited": "0.00",
        "not_deposited": "7500.00", "certified": "0.00"})
    );
    let row = &json["rows"][0];
    assert_eq!(
        (&row["deposit_overdue"], &row["deposit_days_late"], &row["deposited_on"]),
        (&json!(true), &json!(11), &Value::Null)
    );
    // What others wrote is no formula in a spreadsheet, and itself in JSON.
    let place = |name: &str| tenant.iter().position(|column| *column == name).unwrap();
    assert_eq!((rows[1][place("invoice_number")].as_str(), &row["invoice_number"]), ("'@SUM(A1)", &json!("@SUM(A1)")));
    assert_eq!(
        (rows[1][place("deadline_rule")].as_str(), &row["deadline_rule"]),
        ("'=TDS Rules 2026 r.9", &json!("=TDS Rules 2026 r.9"))
    );
    let lines = report(&books, &[&asked[..], &["-o", "jsonl"]].concat()).jsonl();
    assert_eq!(lines, std::slice::from_ref(row));
    assert_eq!(report(&books, &[&asked[..], &["-o", "csv"]].concat()).ok(), ran.out, "csv is the default");
}

#[tokio::test]
async fn tax_is_deposited_certified_and_taken_back() {
    let books = withheld().await;
    let wrong = [&DEPOSIT[..8], &["7000"], &DEPOSIT[9..]].concat();
    act(&books, &wrong).fails(4, "TOTAL_MISMATCH: amount is 7000.00; the 1 obligations come to 7500.00");
    act(&books, &[&DEPOSIT[..], &["--request-id", "dep-1"]].concat()).ok();
    let said = act(&books, &[&DEPOSIT[..], &["--request-id", "dep-1"]].concat()).ok();
    assert_eq!(said.trim(), "deposit 1: BDT 7,500.00 for 1 obligations of TDS", "the same request has the same answer");
    act(&books, &DEPOSIT).fails(4, "INVALID_FIELD: number: it is that of deposit 1");
    let vendor = report(&books, &["tds", "--month", "2026-07", "-o", "json"]).json()["rows"][0]["vendor"].clone();
    let certify = [
        "treasury",
        "certify",
        "tds",
        "--vendor",
        vendor.as_str().unwrap(),
        "--month",
        "2026-07",
        "--officer",
        "N. Akter",
        "--designation",
        "Manager",
        "-o",
        "json",
    ];
    let done = act(&books, &certify).json();
    let number = done["certificate"].as_str().unwrap();
    assert!(number.starts_with("TDSC-") && done["amount"] == "7500.00", "{done}");
    let shown = books.run(&[&["treasury", "show", number, "-o", "json"], &TENANT[..]].concat()).json();
    assert_eq!((&shown["in_force"], &shown["content"]["deductions"][0]["tax"]), (&json!(true), &json!("7500.00")));
    let late = report(&books, &["tds", "--month", "2026-07", "-o", "json"]).json()["rows"][0].clone();
    assert_eq!(
        (&late["deposit_days_late"], &late["state"], &late["certificate_number"]),
        (&json!(6), &json!("certified"), &json!(number))
    );
    assert_eq!(report(&books, &["obligations", "-o", "json"]).json()["rows"], json!([]));

    act(&books, &["treasury", "reverse", "1", "--reason", "wrong"]).fails(4, "OBLIGATION_STATE");
    act(&books, &["treasury", "cancel", number, "--reason", "wrong challan"]).ok();
    act(&books, &["treasury", "reverse", "1", "--reason", "wrong challan"]).ok();
    act(&books, &["treasury", "reverse", "7", "--reason", "r"]).fails(3, "NOT_FOUND: acme-bd has no deposit 7");
    let shown = books.run(&[&["treasury", "show", number], &TENANT[..]].concat()).ok();
    assert!(shown.starts_with(&format!("certificate {number}, cancelled\n")), "{shown}");
    let serials = report(&books, &["serials", "-o", "jsonl"]).jsonl();
    assert!(serials.iter().any(|s| s["series"] == "TDSC" && s["sound"] == true), "{serials:?}");
    let stranger = [&DEPOSIT[..], &TENANT, &["--by", "nobody"]].concat();
    books.run(&stranger).fails(4, "PERMISSION_DENIED: nobody");
    let owed: Taka = "7500".parse().unwrap();
    assert_eq!(report(&books, &["obligations", "-o", "json"]).json()["totals"]["to_deposit"], json!(owed));
}

#[tokio::test]
async fn a_period_is_closed_and_reopened() {
    let books = withheld().await;
    let change =
        |verb: &str, day: &str| act(&books, &["period", verb, "--through", day, "--reason", "the returns are filed"]);
    assert_eq!(books.run(&[&["period", "list"], &TENANT[..]].concat()).ok(), "no period of acme-bd is closed\n");
    change("lock", "2026-07-30")
        .fails(4, "INVALID_FIELD: through is 2026-07-30; periods are whole months, so give 2026-07-31");
    change("reopen", "2026-06-30").fails(4, "nothing to reopen");
    assert_eq!(change("lock", "2026-08-31").ok(), "the books of acme-bd are closed through 2026-08-31\n");
    act(&books, &DEPOSIT)
        .fails(4, "PERIOD_LOCKED: the day of the deposit is 2026-08-20, and the books are closed through 2026-08-31");
    change("reopen", "2026-07-31").ok();
    act(&books, &DEPOSIT).ok();
    let listed = books.run(&[&["period", "list", "-o", "jsonl"], &TENANT[..]].concat()).jsonl();
    let through: Vec<&Value> = listed.iter().map(|entry| &entry["through"]).collect();
    assert_eq!(through, ["2026-08-31", "2026-07-31"]);
    assert_eq!((&listed[1]["set_by"], &listed[1]["reason"]), (&json!("nasrin"), &json!("the returns are filed")));
}

#[tokio::test]
async fn every_report_answers_and_tells_what_it_lacks() {
    let books = withheld().await;
    for (asked, head) in [
        (&["vds", "--month", "2026-07"][..], "document,payment_instruction,vendor,supplier_name,supplier_bin"),
        (&["purchases", "--month", "2026-07"], "serial,date,challan_number,challan_date"),
        (&["budget", "--fiscal-year", "2026-27"], "fiscal_year,department,project,allocated,reserved"),
        (&["journal", "--from", "2026-07-01", "--to", "2026-07-31"], "entry,line,posting_date,account"),
        (&["rules", "--at", "2026-07-31"], "kind,subject,version,hash"),
        (&["serials"], "series,fiscal_year,first,last"),
    ] {
        assert!(report(&books, asked).ok().starts_with(head), "{asked:?}");
    }
    report(&books, &["document", "nothing", "--at", "2026-07-31"])
        .fails(3, "NOT_FOUND: acme-bd has no document nothing");
    report(&books, &["journal", "--from", "2026-07-31", "--to", "2026-07-01"])
        .fails(4, "INVALID_FIELD: to is 2026-07-01");
    let other = books.run(&["report", "tds", "--month", "2026-07", "--tenant", "other-co", "-o", "json"]).json();
    assert_eq!((&other["rows"], &other["totals"]["rows"]), (&json!([]), &json!(0)));
}
