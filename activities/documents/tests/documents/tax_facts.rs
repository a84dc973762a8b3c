//! What the company, the vendor and the bill say of themselves, and what it does to amounts, books and budget.

use vextrus_contract::steps::SettleOutput;
use vextrus_domain::identity::IdentityProfile;
use vextrus_domain::tax_facts::Contract;
use vextrus_domain::vendor::{Vendor, VendorKind};
use vextrus_domain::{Invoice, Payer, RefusalCode};
use vextrus_ledger::rules::RuleKind;
use vextrus_tests_support::company::{RULES, invoice, taka, vendor};
use vextrus_tests_support::on_both;
use vextrus_tests_support::steps::Desk;

on_both![
    the_identity_profile_is_the_companys,
    a_company_that_withholds_nothing,
    tax_that_the_payer_bears_costs_budget,
    retention_and_advance_have_their_accounts,
];

async fn the_identity_profile_is_the_companys(desk: &Desk) {
    let legacy = Vendor { tin: "1234567890".to_owned(), bin: "123456789".to_owned(), ..vendor("padma") };
    desk.put_vendor(&legacy).await;
    let (claim, _) = desk.submit(&invoice("padma", "INV-1", "1000")).await;
    let warned = format!(
        "SELECT content FROM audit_entries WHERE chain = '{}' AND content LIKE '%LEGACY_IDENTIFIER%'",
        claim.key.document
    );
    assert_eq!(desk.database.raw().await.texts(&warned).await.len(), 1, "accepted with a warning on the trail");

    desk.put_payer(&Payer { identity_profile: IdentityProfile::Nbr, ..Payer::default() }).await;
    let refusal = desk.refused(&invoice("padma", "INV-2", "1000")).await;
    assert_eq!(refusal.code, RefusalCode::VendorIdentityInvalid);
    assert!(refusal.message.contains("identity_profile"), "the setting is named: {refusal}");
    assert!(!refusal.message.contains("1234567890"), "the number is not: {refusal}");
}

async fn a_company_that_withholds_nothing(desk: &Desk) {
    desk.put_payer(&Payer { specified_person: false, ..Payer::default() }).await;
    let (_, settlement) = desk.settled(&invoice("padma", "INV-1", "100000")).await;
    assert_eq!(settlement.totals.as_ref().unwrap().net_payable, taka("115000"));
    assert_eq!(desk.database.raw().await.number("SELECT count(*) FROM tax_obligations").await, 0);
    // The same facts again are no new version of them.
    desk.put_payer(&Payer { specified_person: false, ..Payer::default() }).await;
    assert_eq!(desk.database.raw().await.number("SELECT count(*) FROM payers").await, 1);
}

async fn tax_that_the_payer_bears_costs_budget(desk: &Desk) {
    let mut bill = invoice("jamuna", "INV-1", "90000");
    bill.tax.contract = Some(Contract { value: taka("90000"), net_of_tax: true, ..Contract::default() });
    let (claim, assessed) = desk.submit(&bill).await;
    // s.141: 100 x 90,000 / (100 - 10) = 100,000, of which 10,000 is tax.
    let totals = assessed.totals.unwrap();
    assert_eq!((totals.borne, totals.net_payable), (taka("10000"), taka("103500")));
    let reserved = "SELECT reserved FROM budget_lines WHERE department = 'works' AND project = '' AND reserved > 0";
    assert_eq!(desk.database.raw().await.number(reserved).await, 10_000_000);

    // A vendor of another kind by the time of settling: less tax to bear, less budget.
    let last = desk.approve(&claim.key).await;
    desk.put_vendor(&Vendor { kind: VendorKind::Supplier, ..vendor("jamuna") }).await;
    let SettleOutput::Reassess { .. } = desk.settle(&claim.key, Some(last)).await else { panic!("settled") };
    desk.assess(&claim, 2).await;
    assert_eq!(desk.database.raw().await.number(reserved).await, 9_473_684, "5 of 95 on top");
    let settled = desk.settle(&claim.key, None).await;
    assert!(matches!(settled, SettleOutput::Settled(_)), "what the vendor is paid did not change: {settled:?}");
}

async fn retention_and_advance_have_their_accounts(desk: &Desk) {
    let mut bill = invoice("padma", "INV-1", "100000");
    (bill.tax.retention, bill.tax.advance) = (taka("10000"), taka("20000"));
    let refusal = desk.refused(&bill).await;
    assert_eq!(refusal.code, RefusalCode::RulesNotActive);
    assert!(refusal.message.contains("retention_payable"), "{refusal}");

    let accounts = format!("{}retention_payable = \"2150\"\nadvances = \"1250\"\n", RULES[2].1);
    desk.activate(RuleKind::Accounts, &accounts).await;
    let (_, settlement) = desk.settled(&Invoice { number: "INV-2".to_owned(), ..bill }).await;
    assert_eq!(settlement.totals.as_ref().unwrap().net_payable, taka("77500"));
    let lines = "SELECT account || ' ' || credit FROM journal_lines WHERE account IN ('1250', '2150') ORDER BY account";
    assert_eq!(desk.database.raw().await.texts(lines).await, ["1250 2000000", "2150 1000000"]);
}
