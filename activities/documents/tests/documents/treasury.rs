//! What invoices withheld is deposited, certified, and taken back, each once and by a person.

use vextrus_domain::payee::Trade;
use vextrus_domain::vendor::Vendor;
use vextrus_domain::{DocumentKey, Invoice, PayeeFacts, Payer, Refusal, RefusalCode, RequestId};
use vextrus_ledger::audit::{self, TENANT_CHAIN};
use vextrus_ledger::periods;
use vextrus_ledger::rules::RuleKind;
use vextrus_ledger::treasury::{
    self, CertificateRequest, Certified, DepositRequest, Deposited, Ended, Means, Selection,
};
use vextrus_tax::Tax;
use vextrus_tax::mushak::Officer;
use vextrus_tests_support::company::{ACME, CALENDAR, GLOBEX, NBR, actor, id, invoice, request, taka, vendor};
use vextrus_tests_support::ledgers::all_at_once;
use vextrus_tests_support::on_both;
use vextrus_tests_support::steps::Desk;

on_both![
    a_challan_covers_obligations_as_a_whole,
    what_is_deposited_is_not_deposited_again,
    a_deposit_must_be_what_it_says,
    a_registered_payer_takes_vat_up_in_its_return,
    an_unregistered_payer_deposits_vat_and_names_its_challan,
    certificates_are_numbered_without_gaps,
    what_is_not_deposited_is_not_certified,
    a_deposit_is_taken_back_after_its_certificate,
    the_same_request_is_answered_the_same_way,
    many_deposits_at_once_cover_each_obligation_once,
    a_closed_period_takes_no_deposit_and_gives_none_back,
    another_company_sees_none_of_it,
];

const BY: &str = "nasrin";
/// Noon in Dhaka on the day of the payments.
const PAID: &str = "2026-07-10T06:00:00Z";
/// In the month after, when its returns are filed.
const AFTER: &str = "2026-08-12T06:00:00Z";

fn payer() -> Payer {
    Payer {
        name: "Acme Ltd".to_owned(),
        bin: "9876543210101".to_owned(),
        address: "Dhaka".to_owned(),
        ..Payer::default()
    }
}

pub(crate) fn professional(number: &str, subtotal: &str) -> Invoice {
    let mut bill = invoice("jamuna", number, subtotal);
    (bill.date, bill.due_date) = (id("2026-06-20"), id("2026-07-31"));
    bill.lines[0].tax_code = Some("S032.00".to_owned());
    bill.lines[0].tds_code = Some("s90/PROFESSIONAL".to_owned());
    bill.mushak_63 = Some(vextrus_domain::invoice::Mushak63 { number: format!("{number}/2025-26"), date: bill.date });
    bill
}

/// A company under the statutory schedule that pays a professional: 15 % VDS and 7.5 % TDS.
pub(crate) async fn statutory(desk: &Desk, payer: &Payer) {
    desk.activate(RuleKind::Tax, NBR).await;
    desk.activate(RuleKind::Calendar, CALENDAR).await;
    desk.put_payer(payer).await;
    let tax = PayeeFacts {
        trade: Some(Trade::Manufacturer),
        psr_exemption: Some("s.166(2)".to_owned()),
        ..Default::default()
    };
    desk.put_vendor(&Vendor { tax, ..vendor("jamuna") }).await;
    desk.at(PAID);
}

pub(crate) async fn paid(desk: &Desk, numbers: &[(&str, &str)]) -> Vec<DocumentKey> {
    let mut keys = Vec::new();
    for (number, subtotal) in numbers {
        keys.push(desk.settled(&professional(number, subtotal)).await.0);
    }
    keys
}

pub(crate) fn challan(tax: Tax, number: &str, on: &str, amount: &str) -> DepositRequest {
    DepositRequest {
        tax,
        means: Means::Challan,
        number: number.to_owned(),
        on: id(on),
        bank: "Sonali Bank, Motijheel".to_owned(),
        account_code: "1/1141/0001/0112".to_owned(),
        amount: taka(amount),
        of: Selection { month: Some(id("2026-07")), ..Selection::default() },
    }
}

pub(crate) fn filed(on: &str, amount: &str) -> DepositRequest {
    DepositRequest {
        means: Means::VatReturn,
        bank: String::new(),
        account_code: String::new(),
        ..challan(Tax::Vds, "ACK-7", on, amount)
    }
}

fn of(key: &DocumentKey) -> Selection {
    Selection { documents: vec![key.document.clone()], ..Selection::default() }
}

pub(crate) fn certificate_of(tax: Tax) -> CertificateRequest {
    CertificateRequest {
        tax,
        vendor: id("jamuna"),
        of: Selection { month: Some(id("2026-07")), ..Selection::default() },
        deposit: None,
        officer: Officer { name: "N. Akter".to_owned(), designation: "Finance Manager".to_owned() },
    }
}

pub(crate) async fn deposit(desk: &Desk, asked: &DepositRequest) -> Result<Deposited, Refusal> {
    deposit_as(desk, &request(), asked).await
}

async fn deposit_as(desk: &Desk, request: &RequestId, asked: &DepositRequest) -> Result<Deposited, Refusal> {
    let mut tx = desk.begin().await.unwrap();
    let done = treasury::deposit(&mut tx, &actor(BY), request, asked).await.unwrap();
    if done.is_ok() {
        tx.commit().await.unwrap();
    }
    done
}

pub(crate) async fn certify(desk: &Desk, asked: &CertificateRequest) -> Result<Certified, Refusal> {
    let mut tx = desk.begin().await.unwrap();
    let done = treasury::certify(&mut tx, &actor(BY), &request(), asked).await.unwrap();
    if done.is_ok() {
        tx.commit().await.unwrap();
    }
    done
}

pub(crate) async fn reverse(desk: &Desk, number: i64, reason: &str) -> Result<Ended, Refusal> {
    let mut tx = desk.begin().await.unwrap();
    let done = treasury::reverse(&mut tx, &actor("tareq"), &request(), number, reason).await.unwrap();
    tx.commit().await.unwrap();
    done
}

async fn cancel(desk: &Desk, number: &str, reason: &str) -> Result<Ended, Refusal> {
    let mut tx = desk.begin().await.unwrap();
    let done = treasury::cancel(&mut tx, &actor("tareq"), &request(), number, reason).await.unwrap();
    tx.commit().await.unwrap();
    done
}

#[track_caller]
fn refused<T: std::fmt::Debug>(answer: Result<T, Refusal>, code: RefusalCode, said: &str) {
    let refusal = answer.unwrap_err();
    assert_eq!(refusal.code, code, "{refusal}");
    assert!(refusal.message.contains(said), "{said:?} is expected: {refusal}");
}

async fn a_challan_covers_obligations_as_a_whole(desk: &Desk) {
    statutory(desk, &payer()).await;
    paid(desk, &[("INV-1", "100000"), ("INV-2", "40000")]).await;
    let asked = challan(Tax::Tds, "CH-1", "2026-07-10", "10499.99");
    let said = "amount is 10499.99; the 2 obligations come to 10500.00";
    refused(deposit(desk, &asked).await, RefusalCode::TotalMismatch, said);
    let done = deposit(desk, &challan(Tax::Tds, "CH-1", "2026-07-10", "10500")).await.unwrap();
    assert_eq!(done, Deposited { deposit: 1, obligations: 2, amount: taka("10500") });
    let mut tx = desk.read().await.unwrap();
    let trail = audit::read_chain(&mut tx, &id(ACME), TENANT_CHAIN).await.unwrap().unwrap();
    let last = trail.last().unwrap();
    assert_eq!((last.kind.as_str(), last.actor.as_deref()), ("tax_deposited", Some(BY)));
    assert_eq!((&last.body["deposit"], &last.body["amount"]), (&1.into(), &"10500.00".into()));
}

async fn what_is_deposited_is_not_deposited_again(desk: &Desk) {
    statutory(desk, &payer()).await;
    let keys = paid(desk, &[("INV-1", "100000"), ("INV-2", "40000")]).await;
    deposit(desk, &DepositRequest { of: of(&keys[0]), ..challan(Tax::Tds, "CH-1", "2026-07-10", "7500") })
        .await
        .unwrap();
    let again = DepositRequest { of: of(&keys[0]), ..challan(Tax::Tds, "CH-2", "2026-07-10", "7500") };
    refused(deposit(desk, &again).await, RefusalCode::ObligationState, "is deposited already, by deposit 1");
    let same = challan(Tax::Tds, "ch 1", "2026-07-10", "3000");
    refused(deposit(desk, &same).await, RefusalCode::InvalidField, "number: it is that of deposit 1");
    // The month's rest.
    deposit(desk, &challan(Tax::Tds, "CH-2", "2026-07-10", "3000")).await.unwrap();
    let nothing = challan(Tax::Tds, "CH-3", "2026-07-10", "3000");
    refused(deposit(desk, &nothing).await, RefusalCode::ObligationState, "deposited already");
    let line = format!(
        "INSERT INTO deposit_lines SELECT tenant, 2, document, submission, tax, code, amount, certificate_by FROM deposit_lines
         WHERE document = '{}'",
        keys[0].document
    );
    let said = desk.database.raw().await.refused(&line).await;
    assert!(said.contains("an obligation is deposited once"), "{said}");
}

async fn a_deposit_must_be_what_it_says(desk: &Desk) {
    statutory(desk, &payer()).await;
    paid(desk, &[("INV-1", "100000")]).await;
    let mut raw = desk.database.raw().await;
    let before = raw.rows().await;
    let good = || challan(Tax::Tds, "CH-1", "2026-07-10", "7500");
    let month = |month: &str| Selection { month: Some(id(month)), ..Selection::default() };
    for (asked, code, said) in [
        (DepositRequest { number: " ".into(), ..good() }, RefusalCode::InvalidField, "number is empty"),
        (DepositRequest { number: "-/-".into(), ..good() }, RefusalCode::InvalidField, "neither letter nor digit"),
        (DepositRequest { number: "x".repeat(501), ..good() }, RefusalCode::LimitExceeded, "501 bytes"),
        (DepositRequest { bank: String::new(), ..good() }, RefusalCode::InvalidField, "bank is empty"),
        (DepositRequest { bank: "a\nb".into(), ..good() }, RefusalCode::InvalidField, "control characters"),
        (DepositRequest { on: id("2026-07-11"), ..good() }, RefusalCode::InvalidField, "it is 2026-07-10 in Dhaka"),
        (DepositRequest { on: id("2026-07-09"), ..good() }, RefusalCode::InvalidField, "was withheld on 2026-07-10"),
        (DepositRequest { tax: Tax::Vat, ..good() }, RefusalCode::InvalidField, "tax is VAT"),
        (DepositRequest { means: Means::VatReturn, ..good() }, RefusalCode::InvalidField, "deposited by challan"),
        (
            DepositRequest { of: Selection::default(), ..good() },
            RefusalCode::InvalidField,
            "neither month nor document",
        ),
        (DepositRequest { of: month("2026-06"), ..good() }, RefusalCode::NotFound, "in 2026-06"),
        (
            DepositRequest { of: Selection { documents: vec![id("nothing")], ..Selection::default() }, ..good() },
            RefusalCode::NotFound,
            "document nothing",
        ),
        (
            DepositRequest { tax: Tax::Vds, amount: taka("15000"), ..good() },
            RefusalCode::TaxFactsContradict,
            "VAT return",
        ),
    ] {
        refused(deposit(desk, &asked).await, code, said);
    }
    let mut tx = desk.begin().await.unwrap();
    let stranger = treasury::deposit(&mut tx, &actor("jamal"), &request(), &good()).await.unwrap();
    refused(stranger, RefusalCode::PermissionDenied, "jamal");
    tx.rollback().await.unwrap();
    assert_eq!(raw.rows().await, before);
}

async fn a_registered_payer_takes_vat_up_in_its_return(desk: &Desk) {
    statutory(desk, &payer()).await;
    paid(desk, &[("INV-1", "100000"), ("INV-2", "40000")]).await;
    desk.at(AFTER);
    refused(deposit(desk, &filed("2026-07-31", "21000")).await, RefusalCode::InvalidField, "ends on 2026-07-31");
    deposit(desk, &filed("2026-08-12", "21000")).await.unwrap();
    // Three working days after Wednesday, without the weekend of Friday and Saturday.
    let by = "SELECT DISTINCT CAST(certificate_by AS TEXT) FROM deposit_lines";
    assert_eq!(desk.database.raw().await.texts(by).await, ["2026-08-17"]);
    let done = certify(desk, &certificate_of(Tax::Vds)).await.unwrap();
    assert_eq!((done.certificate.as_str(), done.amount), ("VDSC-2026-27-000001", taka("21000")));
    let form = &done.content;
    assert_eq!((&form["number"], &form["issued_on"]), (&"VDSC-2026-27-000001".into(), &"2026-08-12".into()));
    assert_eq!((form["rows"].as_array().unwrap().len(), &form["vat_deducted"]), (2, &"21000.00".into()));
    assert_eq!((form["withholder"]["name"].as_str(), form.get("challan")), (Some("Acme Ltd"), None));
    let mut tx = desk.read().await.unwrap();
    let kept = treasury::certificate(&mut tx, &id(ACME), &done.certificate).await.unwrap();
    assert_eq!(kept, Some((done.content, true)));
}

async fn an_unregistered_payer_deposits_vat_and_names_its_challan(desk: &Desk) {
    statutory(desk, &Payer { vat_registered: false, ..payer() }).await;
    let keys = paid(desk, &[("INV-1", "100000"), ("INV-2", "40000")]).await;
    desk.at(AFTER);
    refused(deposit(desk, &filed("2026-08-12", "21000")).await, RefusalCode::TaxFactsContradict, "by challan");
    // What the company has become since does not count.
    desk.put_payer(&payer()).await;
    for (key, number, amount) in [(&keys[0], "V-1", "15000"), (&keys[1], "V-2", "6000")] {
        let asked = DepositRequest { of: of(key), ..challan(Tax::Vds, number, "2026-07-20", amount) };
        deposit(desk, &asked).await.unwrap();
    }
    refused(certify(desk, &certificate_of(Tax::Vds)).await, RefusalCode::InvalidField, "deposits 1 and 2");
    let asked = CertificateRequest { deposit: Some(2), ..certificate_of(Tax::Vds) };
    let done = certify(desk, &asked).await.unwrap();
    assert_eq!((done.amount, &done.content["challan"]["number"]), (taka("6000"), &"V-2".into()));
    refused(certify(desk, &asked).await, RefusalCode::ObligationState, "is certified already, by VDSC-2026-27-000001");
}

async fn certificates_are_numbered_without_gaps(desk: &Desk) {
    statutory(desk, &payer()).await;
    let keys = paid(desk, &[("INV-1", "100000"), ("INV-2", "40000"), ("INV-3", "20000")]).await;
    deposit(desk, &challan(Tax::Tds, "CH-1", "2026-07-10", "12000")).await.unwrap();
    let asked = |n: usize| CertificateRequest { of: of(&keys[n]), ..certificate_of(Tax::Tds) };
    let unsigned = CertificateRequest { officer: Officer::default(), ..asked(0) };
    refused(certify(desk, &unsigned).await, RefusalCode::InvalidField, "officer.name");
    let first = certify(desk, &asked(0)).await.unwrap();
    assert_eq!((first.content["tax"].as_str(), first.content["from"].as_str()), (Some("7500.00"), Some("2026-07-01")));
    assert_eq!(first.content["deductions"][0]["section"], "s90");
    refused(certify(desk, &asked(0)).await, RefusalCode::ObligationState, "certified already");
    let all = all_at_once((1..3).map(|n| {
        let (ledger, asked) = (desk.ledger(), asked(n));
        async move {
            let mut tx = ledger.begin_for_all().await.unwrap();
            let done = treasury::certify(&mut tx, &actor(BY), &request(), &asked).await.unwrap().unwrap();
            tx.commit().await.unwrap();
            done.certificate
        }
    }))
    .await;
    let mut numbers = all;
    numbers.sort();
    assert_eq!(first.certificate, "TDSC-2026-27-000001");
    assert_eq!(numbers, ["TDSC-2026-27-000002", "TDSC-2026-27-000003"]);
}

async fn what_is_not_deposited_is_not_certified(desk: &Desk) {
    statutory(desk, &payer()).await;
    let keys = paid(desk, &[("INV-1", "100000"), ("INV-2", "40000")]).await;
    refused(certify(desk, &certificate_of(Tax::Tds)).await, RefusalCode::ObligationState, "is not deposited");
    deposit(desk, &DepositRequest { of: of(&keys[0]), ..challan(Tax::Tds, "CH-1", "2026-07-10", "7500") })
        .await
        .unwrap();
    refused(certify(desk, &certificate_of(Tax::Tds)).await, RefusalCode::ObligationState, keys[1].document.as_str());
    let other = CertificateRequest { vendor: id("padma"), ..certificate_of(Tax::Tds) };
    refused(certify(desk, &other).await, RefusalCode::NotFound, "from vendor padma");
    let unknown = CertificateRequest { vendor: id("nobody"), ..certificate_of(Tax::Tds) };
    refused(certify(desk, &unknown).await, RefusalCode::VendorUnknown, "nobody");
    let wrong = CertificateRequest { deposit: Some(7), ..certificate_of(Tax::Tds) };
    refused(certify(desk, &wrong).await, RefusalCode::ObligationState, "deposit 7 covers none");
    assert_eq!(desk.database.raw().await.rows().await["tax_certificates"], 0);
    assert_eq!(desk.database.raw().await.number("SELECT count(*) FROM number_series WHERE series = 'TDSC'").await, 0);
    // A company without a name cannot certify, and the number is not spent.
    desk.put_payer(&Payer::default()).await;
    let first = CertificateRequest { of: of(&keys[0]), ..certificate_of(Tax::Tds) };
    refused(certify(desk, &first).await, RefusalCode::InvalidField, "payer.name");
    desk.put_payer(&payer()).await;
    assert_eq!(certify(desk, &first).await.unwrap().certificate, "TDSC-2026-27-000001");
}

async fn a_deposit_is_taken_back_after_its_certificate(desk: &Desk) {
    statutory(desk, &payer()).await;
    paid(desk, &[("INV-1", "100000")]).await;
    deposit(desk, &challan(Tax::Tds, "CH-1", "2026-07-10", "7500")).await.unwrap();
    let first = certify(desk, &certificate_of(Tax::Tds)).await.unwrap().certificate;
    refused(reverse(desk, 1, "wrong number").await, RefusalCode::ObligationState, "certified by TDSC-2026-27-000001");
    let mut raw = desk.database.raw().await;
    let said = raw.refused("INSERT INTO deposit_reversals VALUES ('acme', 1, 'r', 'x', '2026-07-10T06:00:00Z')").await;
    assert!(said.contains("a certified deposit is not reversed"), "{said}");
    refused(cancel(desk, &first, " ").await, RefusalCode::InvalidField, "reason is empty");
    refused(cancel(desk, "TDSC-2026-27-000009", "why").await, RefusalCode::NotFound, "no such certificate");
    assert_eq!(cancel(desk, &first, "wrong number").await.unwrap().amount, taka("7500"));
    refused(cancel(desk, &first, "again").await, RefusalCode::ObligationState, "cancelled by tareq already");
    assert_eq!(reverse(desk, 1, "wrong number").await.unwrap().amount, taka("7500"));
    refused(reverse(desk, 1, "again").await, RefusalCode::ObligationState, "reversed by tareq already");
    refused(reverse(desk, 2, "what").await, RefusalCode::NotFound, "no deposit 2");
    // The right challan may have the very number, and the certificate gets the next one.
    assert_eq!(deposit(desk, &challan(Tax::Tds, "CH-1", "2026-07-10", "7500")).await.unwrap().deposit, 2);
    assert_eq!(certify(desk, &certificate_of(Tax::Tds)).await.unwrap().certificate, "TDSC-2026-27-000002");
}

async fn the_same_request_is_answered_the_same_way(desk: &Desk) {
    statutory(desk, &payer()).await;
    paid(desk, &[("INV-1", "100000")]).await;
    let (asked, request) = (challan(Tax::Tds, "CH-1", "2026-07-10", "7500"), request());
    let first = deposit_as(desk, &request, &asked).await.unwrap();
    let before = desk.database.raw().await.rows().await;
    assert_eq!(deposit_as(desk, &request, &asked).await.unwrap(), first);
    assert_eq!(desk.database.raw().await.rows().await, before);
    let other = DepositRequest { number: "CH-2".to_owned(), ..asked };
    refused(deposit_as(desk, &request, &other).await, RefusalCode::RequestIdReused, request.as_str());
}

async fn many_deposits_at_once_cover_each_obligation_once(desk: &Desk) {
    statutory(desk, &payer()).await;
    paid(desk, &[("INV-1", "100000")]).await;
    let answers = all_at_once((0..8).map(|n| {
        let (ledger, asked) = (desk.ledger(), challan(Tax::Tds, &format!("CH-{n}"), "2026-07-10", "7500"));
        async move {
            let mut tx = ledger.begin_for_all().await.unwrap();
            let done = treasury::deposit(&mut tx, &actor(BY), &request(), &asked).await.unwrap();
            tx.commit().await.unwrap();
            done
        }
    }))
    .await;
    assert_eq!(answers.iter().filter(|a| a.is_ok()).count(), 1, "{answers:?}");
    let refusals = answers.into_iter().filter_map(Result::err);
    assert!(refusals.into_iter().all(|r| r.code == RefusalCode::ObligationState));
}

async fn a_closed_period_takes_no_deposit_and_gives_none_back(desk: &Desk) {
    statutory(desk, &payer()).await;
    let keys = paid(desk, &[("INV-1", "100000"), ("INV-2", "40000")]).await;
    deposit(desk, &DepositRequest { of: of(&keys[0]), ..challan(Tax::Tds, "CH-1", "2026-07-10", "7500") })
        .await
        .unwrap();
    desk.at(AFTER);
    let mut tx = desk.begin().await.unwrap();
    periods::lock(&mut tx, &actor(BY), &request(), id("2026-07-31"), "reported").await.unwrap().unwrap();
    tx.commit().await.unwrap();
    let said = "closed through 2026-07-31";
    refused(deposit(desk, &challan(Tax::Tds, "CH-2", "2026-07-31", "3000")).await, RefusalCode::PeriodLocked, said);
    refused(reverse(desk, 1, "wrong").await, RefusalCode::PeriodLocked, said);
    deposit(desk, &challan(Tax::Tds, "CH-2", "2026-08-01", "3000")).await.unwrap();
}

async fn another_company_sees_none_of_it(desk: &Desk) {
    statutory(desk, &payer()).await;
    paid(desk, &[("INV-1", "100000")]).await;
    deposit(desk, &challan(Tax::Tds, "CH-1", "2026-07-10", "7500")).await.unwrap();
    let number = certify(desk, &certificate_of(Tax::Tds)).await.unwrap().certificate;
    let elsewhere = vextrus_domain::Actor { tenant: id(GLOBEX), person: id(BY) };
    let mut tx = desk.ledger().begin(&elsewhere.tenant).await.unwrap();
    let asked = challan(Tax::Tds, "CH-1", "2026-07-10", "7500");
    refused(treasury::deposit(&mut tx, &elsewhere, &request(), &asked).await.unwrap(), RefusalCode::NotFound, "no TDS");
    refused(
        treasury::reverse(&mut tx, &elsewhere, &request(), 1, "why").await.unwrap(),
        RefusalCode::NotFound,
        "globex",
    );
    refused(
        treasury::cancel(&mut tx, &elsewhere, &request(), &number, "why").await.unwrap(),
        RefusalCode::NotFound,
        "globex",
    );
    assert_eq!(treasury::certificate(&mut tx, &id(GLOBEX), &number).await.unwrap(), None);
    tx.rollback().await.unwrap();
}
