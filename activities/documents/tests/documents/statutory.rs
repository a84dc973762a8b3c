//! An invoice under the statutory schedule: what it owes, when that is due, and what only a person can say.

use vextrus_approval::{Recompute, SignedCommand, TaskKind};
use vextrus_contract::steps::{Assessed, SettleOutput};
use vextrus_domain::payee::{Evidence, Psr, PsrKind, Trade};
use vextrus_domain::tax_facts::PaymentMethod;
use vextrus_domain::vendor::Vendor;
use vextrus_domain::{DocumentKey, Invoice, PayeeFacts, RefusalCode};
use vextrus_ledger::rules::RuleKind;
use vextrus_ledger::views;
use vextrus_tests_support::company::{ACME, CALENDAR, NBR, id, invoice, taka, vendor};
use vextrus_tests_support::on_both;
use vextrus_tests_support::steps::Desk;

on_both![
    a_service_pays_vds_and_tds_into_their_own_books,
    a_bill_of_june_settled_in_july_is_assessed_again,
    a_bill_of_june_settled_in_june_is_not,
    a_code_with_several_rates_is_a_question_with_choices,
    without_its_papers_a_bill_is_not_paid,
    what_a_person_confirms_is_one_task,
    a_new_schedule_counts_from_the_next_assessment,
];

/// A bill with a Mushak 6.3, of codes that need no question.
fn bill(who: &str, number: &str, date: &str, tax_code: Option<&str>, tds_code: &str) -> Invoice {
    let mut bill = invoice(who, number, "100000");
    (bill.date, bill.due_date) = (id(date), id("2026-07-31"));
    bill.lines[0].tax_code = tax_code.map(str::to_owned);
    bill.lines[0].tds_code = Some(tds_code.to_owned());
    bill.mushak_63 = Some(vextrus_domain::invoice::Mushak63 { number: "1001/2025-26".to_owned(), date: id(date) });
    bill
}

fn papers() -> PayeeFacts {
    PayeeFacts {
        trade: Some(Trade::Manufacturer),
        psr: Some(Psr {
            kind: PsrKind::ReturnAcknowledgement,
            number: "A-1".to_owned(),
            assessment_year: id("2025-26"),
            verified_on: id("2025-12-01"),
            verified_by: Some("salma".to_owned()),
        }),
        filing_certificate: Some(Evidence {
            number: "F-1".to_owned(),
            from: id("2025-07-01"),
            until: id("2026-12-31"),
        }),
        ..PayeeFacts::default()
    }
}

async fn statutory(desk: &Desk, who: &str) {
    desk.activate(RuleKind::Tax, NBR).await;
    desk.activate(RuleKind::Calendar, CALENDAR).await;
    desk.put_vendor(&Vendor { tax: papers(), ..vendor(who) }).await;
}

/// Assesses a claimed bill on a day, which is the present from then on.
async fn assessed_at(desk: &Desk, bill: &Invoice, moment: &str) -> (DocumentKey, Assessed) {
    desk.at(moment);
    let (claim, assessed) = desk.submit(bill).await;
    (claim.key, assessed)
}

async fn settle_at(desk: &Desk, key: &DocumentKey, last: Option<SignedCommand>, moment: &str) -> SettleOutput {
    desk.at(moment);
    desk.settle(key, last).await
}

async fn a_service_pays_vds_and_tds_into_their_own_books(desk: &Desk) {
    const DAY: &str = "2026-07-10T06:00:00Z";
    statutory(desk, "jamuna").await;
    let bill = bill("jamuna", "INV-1", "2026-06-20", Some("S032.00"), "s90/PROFESSIONAL");
    let (key, assessed) = assessed_at(desk, &bill, DAY).await;
    assert!(assessed.plan.tasks.iter().all(|t| t.kind == TaskKind::Level), "{:?}", assessed.plan.tasks);
    let last = desk.approve(&key).await;
    let SettleOutput::Settled(settlement) = settle_at(desk, &key, Some(last), DAY).await else { panic!("reassess") };
    assert_eq!(settlement.totals.as_ref().unwrap().net_payable, taka("92500"));

    let mut tx = desk.read().await.unwrap();
    let balances = views::balances(&mut tx, &id(ACME)).await.unwrap();
    tx.rollback().await.unwrap();
    let told: Vec<String> =
        balances.iter().map(|b| format!("{} {} {} {}", b.account, b.purpose, b.debit, b.credit)).collect();
    assert_eq!(
        told,
        [
            "1310 input_vat 15000.00 0.00",
            "2100 accounts_payable 0.00 92500.00",
            "2310 vds_payable 0.00 15000.00",
            "2320 tds_payable 0.00 7500.00",
            "5100 expense 100000.00 0.00",
        ]
    );
    // TDS of July: two weeks after the month; VDS of a registered payer: with the return of July.
    let owed = "SELECT tax || ' ' || code || ' ' || amount || ' ' || deposit_by || ' ' || certificate_by
        FROM tax_obligations ORDER BY tax";
    assert_eq!(
        desk.database.raw().await.texts(owed).await,
        ["TDS s90/PROFESSIONAL 750000 2026-08-14 2026-08-14", "VDS S032.00 1500000 2026-08-15 2026-08-18",]
    );
    let shown = desk.document(&key).await.assessment.unwrap();
    assert_eq!(shown.facts.payee.unwrap().psr.unwrap().number, "A-1", "the evidence of that day is kept");
    assert_eq!(shown.assessment.unwrap().schedule.unwrap().hash, shown.tax_hash);
}

async fn a_bill_of_june_settled_in_july_is_assessed_again(desk: &Desk) {
    statutory(desk, "meghna").await;
    let bill = bill("meghna", "INV-1", "2026-06-30", None, "s89/OIL_REFINERY");
    let (key, assessed) = assessed_at(desk, &bill, "2026-06-30T10:00:00Z").await;
    assert_eq!(assessed.totals.as_ref().unwrap().withheld[0].amount, taka("1500"), "1.5 % until 30 June");
    assert_eq!(assessed.totals.as_ref().unwrap().net_payable, taka("113500"));
    let last = desk.approve(&key).await;

    // In Dhaka it is still June at 17:59 UTC, and July one minute later.
    const JULY: &str = "2026-06-30T18:00:00Z";
    let SettleOutput::Reassess { why } = settle_at(desk, &key, Some(last), JULY).await else { panic!("no") };
    assert_eq!(why, "the payable is 114000.00 now, it was 113500.00");
    let again = desk.reassessed(&key).await;
    assert_eq!(again.totals.as_ref().unwrap().withheld[0].amount, taka("1000"), "1 % from 1 July");
    let [task] = again.plan.tasks.as_slice() else { panic!("{:?}", again.plan) };
    assert_eq!(task.kind.name(), "payable_changed");
    assert!(
        task.question.contains("1,13,500.00 and is 1,14,000.00 now (TDS s89/OIL_REFINERY 1 %)"),
        "{}",
        task.question
    );
    let accepted = desk.signed(&key, task.id.as_str(), "salma", "accept_payable").await;
    let SettleOutput::Settled(settlement) = settle_at(desk, &key, Some(accepted), JULY).await else { panic!("no") };
    assert_eq!((settlement.totals.as_ref().unwrap().net_payable, settlement.date), (taka("114000"), id("2026-07-01")));
}

async fn a_bill_of_june_settled_in_june_is_not(desk: &Desk) {
    statutory(desk, "meghna").await;
    let bill = bill("meghna", "INV-1", "2026-06-30", None, "s89/OIL_REFINERY");
    let (key, _) = assessed_at(desk, &bill, "2026-06-30T10:00:00Z").await;
    let last = desk.approve(&key).await;
    let settled = settle_at(desk, &key, Some(last), "2026-06-30T17:59:59Z").await;
    let SettleOutput::Settled(settlement) = settled else { panic!("{settled:?}") };
    assert_eq!((settlement.totals.as_ref().unwrap().net_payable, settlement.date), (taka("113500"), id("2026-06-30")));
}

async fn a_code_with_several_rates_is_a_question_with_choices(desk: &Desk) {
    const DAY: &str = "2026-07-10T06:00:00Z";
    statutory(desk, "jamuna").await;
    let bill = bill("jamuna", "INV-1", "2026-07-01", Some("S001.10"), "s90/RESIDUAL");
    let mut bill = bill;
    bill.date = id("2026-06-28");
    let (key, assessed) = assessed_at(desk, &bill, DAY).await;
    let task = &assessed.plan.tasks[0];
    let answers: Vec<&str> = task.answers.iter().map(|a| a.name.as_str()).collect();
    assert_eq!((task.kind.name(), answers), ("uncertain_rate", vec!["S001.10AC", "S001.10nonAC", "reject"]));
    assert_eq!(assessed.totals.as_ref().unwrap().net_payable, taka("105000"), "nothing is withheld on a guess");

    // "approve" could mean either, and so means neither.
    let vague = desk.signed(&key, task.id.as_str(), "rina", "approve").await;
    let refusal = desk.record(&vague).await.unwrap_err();
    assert_eq!(refusal.code, RefusalCode::AnswerNotAllowed);
    let chosen = desk.signed(&key, task.id.as_str(), "rina", "S001.10AC").await;
    assert_eq!(desk.record(&chosen).await, Ok(()));
    assert_eq!(desk.document(&key).await.approval.recompute(), Some(&Recompute::Reassess));
    let again = desk.reassessed(&key).await;
    assert_eq!(again.plan.tasks, [], "no level has approved the amounts before the answer");
    let last = desk.approve(&key).await;
    let SettleOutput::Settled(settlement) = settle_at(desk, &key, Some(last), DAY).await else { panic!("no") };
    assert_eq!(settlement.totals.as_ref().unwrap().net_payable, taka("90000"), "the whole VAT and 10 % are withheld");
}

async fn without_its_papers_a_bill_is_not_paid(desk: &Desk) {
    statutory(desk, "jamuna").await;
    let good = bill("jamuna", "INV-1", "2026-06-28", Some("S032.00"), "s90/INTERNET");
    let bare = Invoice { mushak_63: None, ..good.clone() };
    assert_eq!(desk.refused(&bare).await.code, RefusalCode::MushakMissing);

    desk.put_vendor(&Vendor { tax: PayeeFacts::default(), ..vendor("jamuna") }).await;
    desk.activate(RuleKind::Tax, &NBR.replace("\"uplift_with_approval\"", "\"block\"")).await;
    let refusal = desk.refused(&Invoice { number: "INV-2".to_owned(), ..good }).await;
    assert_eq!(refusal.code, RefusalCode::ReturnProofMissing);
    assert!(refusal.message.contains("no proof of submission of return is on file"), "{refusal}");
}

async fn what_a_person_confirms_is_one_task(desk: &Desk) {
    const DAY: &str = "2026-07-10T06:00:00Z";
    statutory(desk, "jamuna").await;
    desk.put_vendor(&Vendor { tax: PayeeFacts::default(), ..vendor("jamuna") }).await;
    let mut bill = bill("jamuna", "INV-1", "2026-06-28", Some("S032.00"), "s90/PROFESSIONAL");
    bill.tax.payment.method = PaymentMethod::Other;
    let (_, assessed) = assessed_at(desk, &bill, DAY).await;
    let exceptions: Vec<_> = assessed.plan.tasks.iter().filter(|t| t.kind != TaskKind::Level).collect();
    let [task] = exceptions.as_slice() else { panic!("{exceptions:?}") };
    assert!(task.question.contains("s.264(5)") && task.question.contains("two uplifts of s.142"), "{}", task.question);
    assert_eq!(assessed.totals.as_ref().unwrap().withheld[1].rate.to_string(), "11.25 %", "one uplift of 7.5 %");
}

async fn a_new_schedule_counts_from_the_next_assessment(desk: &Desk) {
    const DAY: &str = "2026-07-10T06:00:00Z";
    statutory(desk, "jamuna").await;
    let bill = bill("jamuna", "INV-1", "2026-06-20", Some("S032.00"), "s90/PROFESSIONAL");
    let (key, first) = assessed_at(desk, &bill, DAY).await;
    let raised = NBR.replace("rate_ppm = 75000, from = \"2026-07-01\"", "rate_ppm = 80000, from = \"2026-07-01\"");
    assert_ne!(raised, NBR);
    desk.activate(RuleKind::Tax, &raised).await;
    let last = desk.approve(&key).await;
    let SettleOutput::Settled(settlement) = settle_at(desk, &key, Some(last), DAY).await else { panic!("reassess") };
    assert_eq!(settlement.totals, first.totals, "it keeps what it was assessed with");
    let (_, later) = assessed_at(desk, &Invoice { number: "INV-2".to_owned(), ..bill }, DAY).await;
    assert_eq!(later.totals.as_ref().unwrap().withheld[1].amount, taka("8000"));
}
