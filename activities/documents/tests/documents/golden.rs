//! What an undisturbed invoice comes to, in every book that it touches.

use vextrus_contract::steps::SettleOutput;
use vextrus_ledger::views;
use vextrus_tests_support::company::{ACME, id, invoice, taka};
use vextrus_tests_support::on_both;
use vextrus_tests_support::steps::Desk;

on_both![
    each_kind_of_vendor_is_paid_what_the_schedule_leaves,
    the_amount_chooses_the_levels,
    every_book_tells_the_same_story,
];

async fn each_kind_of_vendor_is_paid_what_the_schedule_leaves(desk: &Desk) {
    for (vendor, withheld, payable, number) in [
        ("padma", "7500", "107500", "PI-2025-26-000001"),
        ("meghna", "5000", "110000", "PI-2025-26-000002"),
        ("jamuna", "10000", "105000", "PI-2025-26-000003"),
    ] {
        let (claim, assessed) = desk.submit(&invoice(vendor, "INV-1", "100000")).await;
        let totals = assessed.totals.as_ref().unwrap();
        assert_eq!((totals.subtotal, totals.vat, totals.total), (taka("100000"), taka("15000"), taka("115000")));
        assert_eq!((totals.withheld[0].amount, totals.net_payable), (taka(withheld), taka(payable)), "{vendor}");
        assert_eq!(totals.withheld[0].base, taka("100000"), "the base is without VAT");

        let roles: Vec<&str> = assessed.plan.tasks.iter().map(|t| t.role.as_str()).collect();
        assert_eq!(roles, ["accounts_payable", "department_head"]);
        let last = desk.approve(&claim.key).await;
        let SettleOutput::Settled(settlement) = desk.settle(&claim.key, Some(last)).await else { panic!("{vendor}") };
        assert_eq!((settlement.number.as_str(), settlement.totals.as_ref()), (number, Some(totals)));
    }
}

async fn the_amount_chooses_the_levels(desk: &Desk) {
    // The basis is the total with VAT, and a level is asked strictly above its amount.
    for (subtotal, total, levels) in [
        ("86956.52", "100000.00", 1),
        ("86956.53", "100000.01", 2),
        ("434782.61", "500000.00", 2),
        ("434782.62", "500000.01", 3),
        ("869565.22", "1000000.00", 3),
        ("869565.23", "1000000.01", 4),
        ("4347826.09", "5000000.00", 4),
        ("4347826.10", "5000000.02", 5),
    ] {
        let bill = invoice("meghna", total, subtotal);
        assert_eq!(bill.total, taka(total));
        let (claim, assessed) = desk.submit(&bill).await;
        assert_eq!(assessed.plan.tasks.len(), levels, "{total}");
        let last = desk.approve(&claim.key).await;
        assert!(matches!(desk.settle(&claim.key, Some(last)).await, SettleOutput::Settled(_)), "{total}");
    }
}

async fn every_book_tells_the_same_story(desk: &Desk) {
    let mut bill = invoice("padma", "INV-1", "100000");
    bill.project = Some(id("bridge"));
    let (key, settlement) = desk.settled(&bill).await;

    let mut tx = desk.read().await.unwrap();
    let instructions = views::instructions(&mut tx, &id(ACME)).await.unwrap();
    assert_eq!(instructions.len(), 1);
    let paid = &instructions[0];
    assert_eq!((&paid.instruction, paid.document.as_str()), (&settlement.number, key.document.as_str()));
    assert_eq!((paid.vendor.as_str(), paid.amount, paid.state.as_str()), ("padma", 10_750_000, "proposed"));
    assert_eq!((paid.due_date, paid.posting_date), (id("2025-08-31"), id("2025-08-10")));

    let balances: Vec<_> = views::balances(&mut tx, &id(ACME)).await.unwrap();
    let shown: Vec<_> = balances
        .iter()
        .map(|b| (b.account.as_str(), b.purpose.as_str(), b.debit.to_string(), b.credit.to_string()))
        .collect();
    let line = |account, purpose, debit: &str, credit: &str| (account, purpose, debit.to_owned(), credit.to_owned());
    assert_eq!(
        shown,
        [
            line("1310", "input_vat", "15000.00", "0.00"),
            line("2100", "accounts_payable", "0.00", "107500.00"),
            line("2320", "tds_payable", "0.00", "7500.00"),
            line("5100", "expense", "100000.00", "0.00"),
        ]
    );

    let budgets = views::budgets(&mut tx, &id(ACME)).await.unwrap();
    for project in ["", "bridge"] {
        let line = budgets.iter().find(|b| b.department == "works" && b.project == project).unwrap();
        assert_eq!((line.reserved, line.committed), (taka("0"), taka("100000")), "{project}: VAT costs no budget");
    }
    tx.rollback().await.unwrap();

    let mut raw = desk.database.raw().await;
    let owed = "SELECT tax || ' ' || code || ' ' || base || ' ' || rate_ppm || ' ' || amount || ' ' || withheld_on
                FROM tax_obligations";
    assert_eq!(raw.texts(owed).await, ["TDS CONTRACTOR 10000000 75000 750000 2025-08-10"]);
    let told = "SELECT event FROM outbox ORDER BY created_at, id";
    assert_eq!(raw.texts(told).await, ["task_opened/level-1", "assessed/1", "task_opened/level-2", "settled"]);
    assert_eq!(desk.trail(&key).await, ["claimed", "assessed", "decided", "decided", "settled"]);
    let shown = desk.document(&key).await;
    assert_eq!((shown.state.name(), shown.outcome.as_deref()), ("settled", Some("approved")));
    assert_eq!(shown.number, Some(settlement.number));
}
