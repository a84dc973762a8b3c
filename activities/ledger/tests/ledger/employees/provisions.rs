//! What the company's own systems give: once for each order, without a gap.

use chrono::TimeDelta;
use vextrus_domain::{Employment, PersonId, TenantId};
use vextrus_ledger::employees::provisions::{self, Order};
use vextrus_ledger::{Ledger, LedgerError};
use vextrus_lifecycle::Operation;
use vextrus_tests_support::company::{ACME, id};
use vextrus_tests_support::ledgers::at_once;
use vextrus_tests_support::on_both;
use vextrus_tests_support::staff::{self, Staff};

use super::claimed;

on_both![
    the_same_order_has_the_same_answer,
    orders_at_once_have_numbers_without_a_gap,
    what_is_rolled_back_leaves_no_gap,
    what_is_taken_back_is_taken_back_once,
    an_account_is_made_again_after_it_was_disabled,
    an_orientation_is_moved,
];

struct Asked {
    tenant: TenantId,
    employee: PersonId,
    employment: Employment,
}

impl Asked {
    fn of(name: &str) -> Self {
        Self { tenant: id(ACME), employee: id(name), employment: staff::employment() }
    }

    fn order<'a>(&'a self, key: &'a str, operation: Operation) -> Order<'a> {
        Order { tenant: &self.tenant, key, employee: &self.employee, operation, employment: &self.employment }
    }

    async fn give(&self, ledger: &Ledger, key: &str, operation: Operation) -> Result<String, LedgerError> {
        let mut tx = ledger.begin(&id(ACME)).await?;
        let reference = provisions::give(&mut tx, self.order(key, operation)).await?;
        tx.commit().await?;
        Ok(reference)
    }

    async fn take_back(&self, ledger: &Ledger, key: &str, operation: Operation) -> String {
        let mut tx = ledger.begin(&id(ACME)).await.unwrap();
        let reference = provisions::take_back(&mut tx, self.order(key, operation)).await.unwrap();
        tx.commit().await.unwrap();
        reference
    }
}

async fn the_same_order_has_the_same_answer(staff: &Staff) {
    claimed(staff, "emp-1").await;
    let asked = Asked::of("emp-1");
    for operation in [
        Operation::CreateAccount,
        Operation::CreateMailbox,
        Operation::AssignWorkstation,
        Operation::IssueBadge,
        Operation::ScheduleOrientation,
        Operation::SendWelcome,
    ] {
        let key = format!("key of {operation}");
        let first = asked.give(&staff.ledger(), &key, operation).await.unwrap();
        let rows = staff.database.raw().await.rows().await;
        staff.pass(TimeDelta::hours(1));
        assert_eq!(asked.give(&staff.ledger(), &key, operation).await.unwrap(), first, "{operation}");
        assert_eq!(staff.database.raw().await.rows().await, rows, "{operation}");
    }
    assert_eq!(staff.given("emp-1").await.len(), 6);
}

async fn orders_at_once_have_numbers_without_a_gap(staff: &Staff) {
    for number in 0..4 {
        claimed(staff, &format!("emp-{number}")).await;
    }
    let ledger = staff.ledger();
    let references = at_once(32, move |i| {
        let ledger = ledger.clone();
        async move {
            let (asked, key) = (Asked::of(&format!("emp-{}", i % 4)), format!("badge of order {i}"));
            asked.give(&ledger, &key, Operation::IssueBadge).await.unwrap()
        }
    })
    .await;
    let mut numbers: Vec<u32> = references.iter().map(|r| r.strip_prefix("badge ").unwrap().parse().unwrap()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=32).collect::<Vec<u32>>());
}

async fn what_is_rolled_back_leaves_no_gap(staff: &Staff) {
    claimed(staff, "emp-1").await;
    let asked = Asked::of("emp-1");
    let mut tx = staff.begin().await.unwrap();
    let lost = provisions::give(&mut tx, asked.order("a", Operation::IssueBadge)).await.unwrap();
    tx.rollback().await.unwrap();
    let kept = asked.give(&staff.ledger(), "b", Operation::IssueBadge).await.unwrap();
    assert_eq!((lost.as_str(), kept.as_str()), ("badge 1", "badge 1"));
}

async fn what_is_taken_back_is_taken_back_once(staff: &Staff) {
    claimed(staff, "emp-1").await;
    let (asked, ledger) = (Asked::of("emp-1"), staff.ledger());
    asked.give(&ledger, "a", Operation::IssueBadge).await.unwrap();
    asked.give(&ledger, "w", Operation::AssignWorkstation).await.unwrap();
    for _ in 0..2 {
        assert_eq!(asked.take_back(&ledger, "b", Operation::RevokeBadge).await, "badge 1", "the same order");
    }
    assert_eq!(asked.take_back(&ledger, "c", Operation::RevokeBadge).await, "nothing", "another order");
    assert_eq!(staff.has("emp-1").await, ["workstation 1"], "and nothing else");
    let mut raw = staff.database.raw().await;
    let ended = "SELECT ended_by FROM provisions WHERE state = 'ended'";
    assert_eq!(raw.texts(ended).await, ["b"]);
    assert_eq!(asked.give(&ledger, "a", Operation::IssueBadge).await.unwrap(), "badge 1", "as it was carried out");
    assert_eq!(staff.has("emp-1").await, ["workstation 1"], "an old order gives nothing back");
}

async fn an_account_is_made_again_after_it_was_disabled(staff: &Staff) {
    claimed(staff, "emp-1").await;
    let (asked, ledger) = (Asked::of("emp-1"), staff.ledger());
    assert_eq!(asked.give(&ledger, "a", Operation::CreateAccount).await.unwrap(), "account emp-1 1");
    assert_eq!(asked.take_back(&ledger, "b", Operation::DisableAccount).await, "account emp-1 1");
    assert_eq!(asked.give(&ledger, "c", Operation::CreateAccount).await.unwrap(), "account emp-1 2");
    // One at a time: another order replaces it.
    assert_eq!(asked.give(&ledger, "d", Operation::CreateAccount).await.unwrap(), "account emp-1 3");
    assert_eq!(staff.has("emp-1").await, ["account emp-1 3"]);
}

async fn an_orientation_is_moved(staff: &Staff) {
    claimed(staff, "emp-1").await;
    let (mut asked, ledger) = (Asked::of("emp-1"), staff.ledger());
    asked.give(&ledger, "a", Operation::ScheduleOrientation).await.unwrap();
    asked.employment.start_date = id("2025-12-14");
    asked.give(&ledger, "b", Operation::ScheduleOrientation).await.unwrap();
    assert_eq!(staff.has("emp-1").await, ["orientation 2 on 2025-12-14"]);
    assert_eq!(asked.take_back(&ledger, "c", Operation::CancelOrientation).await, "orientation 2 on 2025-12-14");
    assert_eq!(staff.has("emp-1").await, Vec::<String>::new());
}
