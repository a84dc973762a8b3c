//! The statutory schedule on a real server: VAT withheld, questions that only a person can answer, papers that must be there.
#![cfg(test)]

use vextrus_contract::document::FinalStatus;
use vextrus_domain::invoice::Mushak63;
use vextrus_domain::{DocumentType, Invoice, RefusalCode, Taka};
use vextrus_ledger::rules::RuleKind;
use vextrus_ledger::views;
use vextrus_tests_e2e::{World, invoice};

const NBR: &str = include_str!("../../../rules/tax/nbr.toml");

/// A service with its Mushak 6.3. The vendor has shown no proof of return, so that every day asks the same.
fn bill(number: &str, tax_code: &str) -> Invoice {
    let mut bill = invoice("surma-consult", number, "80000");
    bill.lines[0].tax_code = Some(tax_code.to_owned());
    bill.lines[0].tds_code = Some("s90/RESIDUAL".to_owned());
    bill.mushak_63 = Some(Mushak63 { number: "7/2026-27".to_owned(), date: bill.date });
    bill
}

fn taka(text: &str) -> Taka {
    text.parse().unwrap()
}

async fn statutory() -> World {
    let world = World::new().await.unwrap();
    world.activate(RuleKind::Tax, NBR).await.unwrap();
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confirmed_rate_withholds_vat_and_raised_income_tax() {
    let world = statutory().await;
    let id = world.submit(&bill("S-1", "S032.00")).await.unwrap();
    let shown = world.until_open(&id).await.unwrap();
    let taxes = shown.taxes.unwrap();
    assert_eq!((taxes.schedule.as_str(), taxes.net_payable_poisha), ("nbr", 6_800_000), "{taxes:?}");
    assert_eq!(taxes.working_bn.len(), taxes.working.len());
    assert!(taxes.working.iter().any(|w| w.contains("10 % is raised to 15 %")), "{:?}", taxes.working);
    world.decide_when_open(&id, "exception-1-1", "rahim", "confirm_rate").await.unwrap();
    world.decide_when_open(&id, "level-1", "salma", "approve").await.unwrap();
    let result = world.result(&id).await.unwrap();
    assert_eq!((result.status, result.totals.map(|t| t.net_payable)), (FinalStatus::Approved, Some(taka("68000"))));
    let mut tx = world.stack.ledger.read(&world.company.tenant).await.unwrap();
    let balances = views::balances(&mut tx, &world.company.tenant).await.unwrap();
    tx.rollback().await.unwrap();
    let credit = |purpose| balances.iter().find(|b| b.purpose == purpose).unwrap().credit;
    assert_eq!((credit("vds_payable"), credit("tds_payable")), (taka("12000"), taka("12000")));
    world.finish().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_with_several_rates_is_chosen_before_the_levels_see_it() {
    let world = statutory().await;
    let id = world.submit(&bill("S-2", "S001.10")).await.unwrap();
    let shown = world.until_open(&id).await.unwrap();
    assert_eq!(shown.taxes.as_ref().unwrap().net_payable_poisha, 8_000_000, "nothing of VAT is withheld on a guess");
    let asked = vextrus_starter_cli::json::tasks(&shown).iter().find(|t| t.allowed_answers.len() == 3).unwrap();
    let name = asked.name.rsplit('/').next().unwrap().to_owned();
    let vague = world.person("salma").await.unwrap().decide(&id, Some(&name), "approve", "", "v-1".into()).await;
    assert!(vague.unwrap_err().message().starts_with("ANSWER_NOT_ALLOWED"));
    world.decide_when_open(&id, "exception-1-1", "rahim", "confirm_rate").await.unwrap();
    world.decide_when_open(&id, &name, "rahim", "S001.10AC").await.unwrap();
    let chosen =
        |i: &vextrus_proto::invoice::v1::Invoice| i.taxes.as_ref().is_some_and(|t| t.net_payable_poisha == 6_800_000);
    let shown = world.until_shown(&id, chosen).await.unwrap();
    assert_eq!(shown.taxes.unwrap().withheld.len(), 2);
    world.decide_when_open(&id, "level-1", "salma", "approve").await.unwrap();
    let result = world.result(&id).await.unwrap();
    assert_eq!((result.status, result.totals.map(|t| t.net_payable)), (FinalStatus::Approved, Some(taka("68000"))));
    world.finish().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bill_without_its_vat_invoice_is_refused_with_the_remedy() {
    let world = statutory().await;
    let bare = Invoice { mushak_63: None, ..bill("S-3", "S032.00") };
    let id = world.submit(&bare).await.unwrap();
    let result = world.result(&id).await.unwrap();
    let refusal = result.refusal.unwrap();
    assert_eq!((result.status, refusal.code), (FinalStatus::Rejected, RefusalCode::MushakMissing));
    assert!(refusal.message.contains("ask the supplier for it"), "{refusal}");
    // The clerk adds it: the same document, its next submission.
    let again = world.submit(&bill("S-3", "S032.00")).await.unwrap();
    assert_eq!((&again, world.key(&again).await.unwrap().submission), (&id, 2));
    world.withdraw(DocumentType::Invoice, &again, "nasrin").await.unwrap();
    assert_eq!(world.result(&again).await.unwrap().status, FinalStatus::Withdrawn);
    world.finish().await.unwrap();
}
