//! What is settled while its period is closed is posted on the first day of the next one that is open.

use std::time::{Duration, Instant};

use vextrus_contract::steps::SettleOutput;
use vextrus_domain::{Actor, DocumentKey, Invoice};
use vextrus_ledger::Tx;
use vextrus_ledger::periods::{self, PeriodLock};
use vextrus_ledger::rules::RuleKind;
use vextrus_tests_support::company::{ACME, CALENDAR, GLOBEX, NBR, actor, id, invoice, request, taka};
use vextrus_tests_support::ledgers::Engine;
use vextrus_tests_support::on_both;
use vextrus_tests_support::steps::Desk;

on_both![
    an_open_day_is_its_own_posting_date,
    what_is_settled_in_a_closed_period_is_posted_in_the_next,
    at_the_end_of_the_year_the_number_is_of_the_next,
    withholding_is_that_of_the_posting_date,
    a_period_that_is_closed_after_the_assessment_asks_for_another,
    a_period_that_closes_during_a_settle_is_not_slipped_into,
    a_settle_under_way_keeps_its_period_open,
];

const CONTROLLER: &str = "nasrin";

async fn lock_in(tx: &mut Tx, through: &str) -> PeriodLock {
    periods::lock(tx, &actor(CONTROLLER), &request(), id(through), "the month is reported").await.unwrap().unwrap()
}

async fn lock(desk: &Desk, through: &str) {
    let mut tx = desk.begin().await.unwrap();
    lock_in(&mut tx, through).await;
    tx.commit().await.unwrap();
}

/// The posting dates in instruction, journal and obligations.
async fn dates(desk: &Desk, key: &DocumentKey) -> [String; 3] {
    let mut raw = desk.database.raw().await;
    let mut dates = Vec::new();
    for (column, table) in [
        ("posting_date", "payment_instructions"),
        ("posting_date", "journal_entries"),
        ("withheld_on", "tax_obligations"),
    ] {
        let sql = format!("SELECT CAST({column} AS TEXT) FROM {table} WHERE document = '{}'", key.document);
        dates.push(raw.texts(&sql).await.join(" "));
    }
    dates.try_into().unwrap()
}

async fn an_open_day_is_its_own_posting_date(desk: &Desk) {
    lock(desk, "2025-07-31").await;
    let other = Actor { tenant: id(GLOBEX), person: id(CONTROLLER) };
    let mut tx = desk.ledger().begin(&other.tenant).await.unwrap();
    periods::lock(&mut tx, &other, &request(), id("2025-08-31"), "another company's").await.unwrap().unwrap();
    tx.commit().await.unwrap();
    let (key, settlement) = desk.settled(&invoice("padma", "INV-1", "100000")).await;
    assert_eq!(settlement.date, id("2025-08-10"));
    assert_eq!(dates(desk, &key).await, ["2025-08-10", "2025-08-10", "2025-08-10"]);
}

async fn what_is_settled_in_a_closed_period_is_posted_in_the_next(desk: &Desk) {
    lock(desk, "2025-08-31").await;
    let (key, settlement) = desk.settled(&invoice("padma", "INV-1", "100000")).await;
    assert_eq!((settlement.date, settlement.number.as_str()), (id("2025-09-01"), "PI-2025-26-000001"));
    assert_eq!(dates(desk, &key).await, ["2025-09-01", "2025-09-01", "2025-09-01"]);
    assert_eq!(desk.document(&key).await.assessment.unwrap().paid_on, id("2025-09-01"));
    let due = "SELECT CAST(deposit_by AS TEXT) FROM tax_obligations";
    assert_eq!(
        desk.database.raw().await.texts(due).await,
        ["2025-10-14"],
        "what September withholds is due in October"
    );

    let mut tx = desk.begin().await.unwrap();
    let earlier = id("2025-07-31");
    periods::reopen(&mut tx, &actor(CONTROLLER), &request(), earlier, "a bill was late").await.unwrap().unwrap();
    tx.commit().await.unwrap();
    let (_, settlement) = desk.settled(&invoice("padma", "INV-2", "90000")).await;
    assert_eq!(settlement.date, id("2025-08-10"));
}

async fn at_the_end_of_the_year_the_number_is_of_the_next(desk: &Desk) {
    desk.at("2026-06-20T06:00:00Z");
    lock(desk, "2026-06-30").await;
    let (_, settlement) = desk.settled(&invoice("padma", "INV-1", "100000")).await;
    assert_eq!((settlement.date, settlement.number.as_str()), (id("2026-07-01"), "PI-2026-27-000001"));
}

/// A bill of an oil refinery, from which 1.5 % is withheld until June 2026 and 1 % from July.
async fn refinery(desk: &Desk) -> Invoice {
    desk.activate(RuleKind::Tax, NBR).await;
    desk.activate(RuleKind::Calendar, CALENDAR).await;
    desk.at("2026-06-28T06:00:00Z");
    let mut bill = invoice("meghna", "INV-1", "100000");
    (bill.date, bill.due_date) = (id("2026-06-28"), id("2026-07-31"));
    bill.lines[0].tds_code = Some("s89/OIL_REFINERY".to_owned());
    bill.mushak_63 = Some(vextrus_domain::invoice::Mushak63 { number: "1001/2025-26".to_owned(), date: bill.date });
    let papers = vextrus_domain::PayeeFacts {
        trade: Some(vextrus_domain::payee::Trade::Manufacturer),
        psr_exemption: Some("s.166(2)".to_owned()),
        ..Default::default()
    };
    let meghna = vextrus_tests_support::company::vendor("meghna");
    desk.put_vendor(&vextrus_domain::vendor::Vendor { tax: papers, ..meghna }).await;
    bill
}

async fn withheld(desk: &Desk, key: &DocumentKey) -> String {
    let sql = format!("SELECT CAST(amount AS TEXT) FROM tax_obligations WHERE document = '{}'", key.document);
    desk.database.raw().await.texts(&sql).await.join(" ")
}

async fn withholding_is_that_of_the_posting_date(desk: &Desk) {
    let bill = refinery(desk).await;
    lock(desk, "2026-06-30").await;
    let (key, settlement) = desk.settled(&bill).await;
    assert_eq!((settlement.date, settlement.totals.unwrap().net_payable), (id("2026-07-01"), taka("114000")));
    assert_eq!(withheld(desk, &key).await, "100000");
}

async fn a_period_that_is_closed_after_the_assessment_asks_for_another(desk: &Desk) {
    let bill = refinery(desk).await;
    let (claim, assessed) = desk.submit(&bill).await;
    assert_eq!(assessed.totals.unwrap().net_payable, taka("113500"), "1.5 % of June");
    let last = desk.approve(&claim.key).await;
    lock(desk, "2026-06-30").await;
    let SettleOutput::Reassess { why } = desk.settle(&claim.key, Some(last)).await else { panic!("not asked again") };
    assert_eq!(why, "the payable is 114000.00 now, it was 113500.00");
    let again = desk.reassessed(&claim.key).await;
    let task = again.plan.tasks[0].id.to_string();
    let accepted = desk.signed(&claim.key, &task, "salma", "accept_payable").await;
    let SettleOutput::Settled(settlement) = desk.settle(&claim.key, Some(accepted)).await else { panic!("again") };
    assert_eq!(settlement.date, id("2026-07-01"));
    assert_eq!(withheld(desk, &claim.key).await, "100000");
}

/// Waits until some transaction of this database waits for another's lock.
async fn until_blocked(desk: &Desk) {
    const WAITING: &str =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let mut raw = desk.database.raw().await;
    let end = Instant::now() + Duration::from_secs(20);
    while raw.number(WAITING).await == 0 {
        assert!(Instant::now() < end, "nobody waits");
        tokio::task::yield_now().await;
    }
}

async fn a_period_that_closes_during_a_settle_is_not_slipped_into(desk: &Desk) {
    let (claim, _) = desk.submit(&invoice("padma", "INV-1", "100000")).await;
    let last = desk.approve(&claim.key).await;
    let input = desk.settle_input(&claim.key, 1, Some(last));
    let mut tx = desk.begin().await.unwrap();
    lock_in(&mut tx, "2025-08-31").await;
    let steps = desk.steps();
    let settling = tokio::spawn({
        let input = input.clone();
        async move { steps.settle_step(&input).await }
    });
    if desk.database.engine == Engine::Postgres {
        // It has found the day open, and waits for the books.
        until_blocked(desk).await;
    }
    tx.commit().await.unwrap();
    // Overtaken, it runs again, and finds the day closed.
    let output = settling.await.unwrap().unwrap();
    let SettleOutput::Settled(settlement) = output else { panic!("{output:?}") };
    assert_eq!(settlement.date, id("2025-09-01"));
    assert_eq!(settlement.number, "PI-2025-26-000001", "no number is lost on the way");
}

async fn a_settle_under_way_keeps_its_period_open(desk: &Desk) {
    let tenant = id(ACME);
    let day = id("2025-08-10");
    let mut tx = desk.begin().await.unwrap();
    periods::hold(&mut tx, &tenant, day, day).await.unwrap();
    let ledger = desk.ledger();
    let locking = tokio::spawn(async move {
        let mut tx = ledger.begin_for_all().await.unwrap();
        let lock = lock_in(&mut tx, "2025-08-31").await;
        tx.commit().await.unwrap();
        lock
    });
    if desk.database.engine == Engine::Postgres {
        until_blocked(desk).await;
    }
    assert_eq!(periods::posting_date(&mut tx, &tenant, day).await.unwrap(), day);
    tx.commit().await.unwrap();
    assert_eq!(locking.await.unwrap().seq, 1);
}
