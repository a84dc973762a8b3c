//! What is asked again and again is found by an index, however much a ledger holds, and a page is read in its order. Asked of the
//! statements themselves as they run, with their values.

mod catalog;
mod reads;
mod ways;

use std::cell::Cell;
use std::collections::BTreeSet;

use catalog::Catalog;
use reads::{Read, Reads};
use vextrus_ledger::Plan;
use vextrus_tests_support::crowd;
use vextrus_tests_support::ledgers::{Database, Engine, Fixture};
use vextrus_tests_support::on_both;
use vextrus_tests_support::staff::{HR, Staff};
use vextrus_tests_support::steps::Desk;

on_both![what_is_asked_often_is_found_by_an_index, an_inbox_is_read_from_its_first_line_on];

/// How often everything is there. A document that asks for ten things in parallel then makes 10,000 pending tasks.
const TIMES: u32 = 1000;

/// Something that would be a fault elsewhere, the databases on which it is seen, and why it is none.
struct Excuse {
    what: &'static str,
    on: &'static [Engine],
    because: &'static str,
}

const fn excuse(what: &'static str, on: &'static [Engine], because: &'static str) -> Excuse {
    Excuse { what, on, because }
}

const SQLITE: &[Engine] = &[Engine::Sqlite];
const POSTGRES: &[Engine] = &[Engine::Postgres];
const BOTH: &[Engine] = &[Engine::Sqlite, Engine::Postgres];

/// Tables that stay so small that reading them whole is as quick.
const SMALL: &[Excuse] = &[
    excuse("audit_exports", BOTH, "a row for each destination of a company"),
    excuse("audit_logs", BOTH, "a row for each company"),
    excuse("departments", POSTGRES, "a company has dozens"),
    excuse("intake", POSTGRES, "a row each time that somebody stops or starts it"),
    excuse("outbox_spreading", POSTGRES, "one row"),
    excuse("payers", BOTH, "a row each time that a company's own tax facts change"),
    excuse("period_locks", BOTH, "a row for each month that is closed"),
    excuse("rule_activations", POSTGRES, "rules change a few times a year"),
];

/// Indexes that hold nothing but what is open.
const OPEN: &[Excuse] = &[
    excuse("documents_open", BOTH, "what is open is counted"),
    // Two that hold the same.
    excuse("employee_processes_unended employee_processes_open", BOTH, "what is open is counted"),
    excuse("purchase_orders_open", BOTH, "what is open is counted"),
    excuse("outbox_unspread", BOTH, "what waits is counted"),
    excuse("outbox_lanes_due", BOTH, "what waits is counted"),
    excuse("outbox_deliveries_oldest", BOTH, "what waits is counted"),
    excuse("outbox_deliveries_dead", BOTH, "what was given up waits for somebody, and is counted"),
];

/// Parts of statements that read more than they seem to.
const STATED: &[Excuse] = &[
    excuse(
        "FROM people WHERE tenant = $1 AND active ORDER BY person",
        BOTH,
        "a plan is made of all people of a company",
    ),
    excuse("WITH RECURSIVE waits", SQLITE, "each step takes the next of the index, which is the least of the rest"),
    excuse(
        "INSERT INTO outbox_lanes",
        SQLITE,
        "it would look for deliveries without a lane, if the transaction had made one",
    ),
    excuse("AND finding = $2 LIMIT CAST($3 AS BIGINT)", SQLITE, "it ends at the limit"),
    excuse("INSERT INTO vendor_accounts", SQLITE, "a vendor has had few"),
];

/// Parts of statements that put in order what they have found, and are for a page of it.
const SORTED: &[Excuse] = &[excuse(
    "count(*) OVER () FROM documents",
    BOTH,
    "of one vendor, day and amount there are few, and they are counted",
)];

/// Columns of which a company has few values, or that have many rows of one value: what is found by these alone is a large part of
/// the table.
const COMMON: &[&str] =
    &["tenant", "kind", "state", "vendor", "fiscal_year", "submitter", "department", "channel", "person", "finding"];

/// A company after years.
struct Years(Cell<Option<(Desk, ways::Few)>>);

impl Fixture for Years {
    async fn build(database: Database) -> Self {
        let staff = Staff::build(database).await;
        ways::few_employees(&staff).await;
        let process = ways::pending_employees(&staff).await;
        let desk = ways::at_the_desk(staff);
        let few = ways::few_documents(&desk).await;
        let [document, change] = ways::pending_documents(&desk).await;
        ways::all_told(&desk).await;
        crowd::multiply(&desk.database, TIMES, &[(process, 500), (document, 100), (change, 500)]).await;
        ways::mostly_sealed(&desk).await;
        Self(Cell::new(Some((desk, few))))
    }
}

async fn what_is_asked_often_is_found_by_an_index(years: &Years) {
    let (mut desk, few) = years.0.take().unwrap();
    let plans = desk.ledger().explained();
    let mut judge = Judge::of(&desk.database).await;
    for round in 1..=2 {
        crowd::look(&desk.database, round).await;
        ways::documents(&desk, &few, round).await;
        let staff = ways::among_the_staff(desk);
        ways::employees(&staff, round).await;
        desk = ways::at_the_desk(staff);
        let faults = judge.faults(&plans.take());
        assert!(faults.is_empty(), "{faults}");
    }
    assert_eq!(judge.unneeded(), Vec::<&str>::new());
    // And what is not found by an index is told.
    desk.database.raw().await.exec("DROP INDEX purchase_orders_of").await.unwrap();
    desk.document(&few.settled).await;
    let faults = judge.faults(&plans.take());
    assert!(faults.contains("purchase_orders is read whole"), "{faults:?}");
}

/// Ten thousand tasks of one person.
struct Pending(Cell<Option<Desk>>);

impl Fixture for Pending {
    async fn build(database: Database) -> Self {
        let staff = Staff::build(database).await;
        ways::pending_employees(&staff).await;
        let desk = ways::at_the_desk(staff);
        ways::pending_documents(&desk).await;
        crowd::multiply(&desk.database, TIMES, &[]).await;
        Self(Cell::new(Some(desk)))
    }
}

async fn an_inbox_is_read_from_its_first_line_on(pending: &Pending) {
    let desk = pending.0.take().unwrap();
    let of_rina = "SELECT count(*) FROM task_people WHERE person = 'rina' AND sorted_at IS NOT NULL";
    assert!(desk.database.raw().await.number(of_rina).await > 10_000);
    let plans = desk.ledger().explained();
    let mut judge = Judge::of(&desk.database).await;
    for round in 1..=2 {
        crowd::look(&desk.database, round).await;
        for person in ["rina", "mizan", "nasrin", HR] {
            ways::inbox(&desk, person).await;
        }
        let faults = judge.faults(&plans.take());
        assert!(faults.is_empty(), "{faults}");
    }
    // And a page that is not read in its order is told.
    desk.database.raw().await.exec("DROP INDEX task_people_open").await.unwrap();
    ways::inbox(&desk, "rina").await;
    let faults = judge.faults(&plans.take());
    assert!(faults.contains("put in order for one page"), "{faults:?}");
}

/// Looks for faults.
struct Judge {
    catalog: Catalog,
    /// The excuses that were needed.
    needed: BTreeSet<&'static str>,
}

impl Judge {
    async fn of(database: &Database) -> Self {
        Self { catalog: Catalog::read(database).await, needed: BTreeSet::new() }
    }

    /// What is wrong with these plans, a line each.
    fn faults(&mut self, plans: &[Plan]) -> String {
        let mut faults = BTreeSet::new();
        for plan in plans {
            let found = Reads::of(&self.catalog, plan);
            let sql: Vec<&str> = plan.sql.split_whitespace().collect();
            let sql = sql.join(" ");
            if sql.contains("LIMIT $") {
                faults.insert(format!("SQLite plans it anew each time it runs, write LIMIT CAST($n AS BIGINT): {sql}"));
            }
            for read in &found.reads {
                if !self.is_search(read) && !self.is_excused(&sql, read) {
                    faults.insert(format!("{} is read whole, by {:?} {:?}: {sql}", read.table, read.index, read.by));
                }
            }
            if !found.sorts || !is_page(&sql) || self.is_needed(SORTED, |what| sql.contains(what)) {
                continue;
            }
            if !found.reads.iter().all(|read| self.is_excused(&sql, read)) {
                faults.insert(format!("all rows are read and put in order for one page: {sql}"));
            }
        }
        faults.into_iter().collect::<Vec<String>>().join("\n")
    }

    /// Whether few rows are read, however many there are.
    fn is_search(&self, read: &Read) -> bool {
        let is_of_one = read.index.as_ref().is_some_and(|index| {
            let index = &self.catalog.indexes[index];
            index.is_unique && index.columns.len() == read.by.len()
        });
        read.is_bounded || is_of_one || read.by.iter().any(|column| !COMMON.contains(&column.as_str()))
    }

    fn is_excused(&mut self, sql: &str, read: &Read) -> bool {
        let index = read.index.as_deref();
        self.is_needed(SMALL, |what| what == read.table)
            || self.is_needed(OPEN, |what| what.split(' ').any(|name| Some(name) == index))
            || self.is_needed(STATED, |what| sql.contains(what))
    }

    fn is_needed(&mut self, excuses: &[Excuse], fits: impl Fn(&str) -> bool) -> bool {
        let mut here = excuses.iter().filter(|excuse| excuse.on.contains(&self.catalog.engine));
        let found = here.find(|excuse| fits(excuse.what));
        self.needed.extend(found.map(|excuse| excuse.what));
        found.is_some()
    }

    /// The excuses that nothing needs any more.
    fn unneeded(&self) -> Vec<&'static str> {
        let all = [SMALL, OPEN, STATED, SORTED].into_iter().flatten();
        let here = all.filter(|excuse| excuse.on.contains(&self.catalog.engine));
        assert!(here.clone().all(|excuse| !excuse.because.is_empty()));
        here.map(|excuse| excuse.what).filter(|what| !self.needed.contains(what)).collect()
    }
}

/// Whether a statement asks for so many rows, in an order.
fn is_page(sql: &str) -> bool {
    let is_last = |end: &str| end.contains("LIMIT CAST($") && !end.replacen("AS BIGINT)", "", 1).contains(')');
    sql.rsplit_once("ORDER BY").is_some_and(|(_, end)| is_last(end))
}
