//! Deadlines of income tax deducted at source (Income Tax Act 2023, TDS Rules).

use chrono::{Datelike, NaiveDate};
use vextrus_domain::calendar::{TaxPeriod, WorkingCalendar};

use super::{Deadline, Duty, is_before_2026_27, later};
use crate::Confidence;

const DEPOSIT_RULE: &str = "TDS Rules 2026 r.9";
const DEPOSIT_RULE_BEFORE: &str = "rules of deposit before TDS Rules 2026";
const SOURCE: &str =
    "TakaBooks withholding-tds-vds.md and a second reading of the gazette, as the research note has them";
const MEMORY: &str = "memory: the June rules before July 2026 were not read";

/// When tax deducted on this day is to be deposited: two weeks after the month's end; in June within 7 days up to the 20th,
/// then on the next day, and on the last working day of June at once.
#[must_use]
pub fn tds_deposit(deducted: NaiveDate, calendar: &WorkingCalendar) -> Deadline {
    let month = TaxPeriod::of(deducted);
    if month.month() != 6 {
        let due = later(month.last_day(), 14);
        return if is_before_2026_27(deducted) {
            let rule = Deadline::new(Duty::TdsDeposit, due, DEPOSIT_RULE_BEFORE, SOURCE, Confidence::M);
            rule.noted("the rule was read in TDS Rules 2026; its predecessor was not")
        } else {
            Deadline::new(Duty::TdsDeposit, due, DEPOSIT_RULE, SOURCE, Confidence::H)
        };
    }
    let last_working = calendar.last_working_day_of(month);
    let deadline = match deducted.day() {
        // The last working day has its own rule whatever its number.
        _ if last_working.is_some_and(|last| last.date == deducted) => june(deducted, deducted),
        ..=20 => june(deducted, later(deducted, 7)),
        _ => june(deducted, later(deducted, 1)),
    };
    // Which day is the last working one depends on the holidays of the days that are left of June.
    let missing = last_working.and_then(|last| last.missing_year).filter(|_| deducted.day() > 20);
    Deadline { missing_year: missing, ..deadline }
}

fn june(deducted: NaiveDate, due: NaiveDate) -> Deadline {
    if is_before_2026_27(deducted) {
        Deadline::new(Duty::TdsDeposit, due, DEPOSIT_RULE_BEFORE, MEMORY, Confidence::L)
    } else {
        Deadline::new(Duty::TdsDeposit, due, DEPOSIT_RULE, SOURCE, Confidence::H)
    }
}

/// The deposits of a month: one, but in June one for each of its three rules, at its earliest day.
pub(super) fn deposits_of(month: TaxPeriod, calendar: &WorkingCalendar) -> Vec<Deadline> {
    if month.month() != 6 {
        return vec![tds_deposit(month.first_day(), calendar)];
    }
    let last_working = calendar.last_working_day_of(month).map(|last| last.date);
    let on = |number: u32| tds_deposit(month.day(number), calendar);
    let mut all = vec![on(1).noted(&format!(
        "each deduction of 1 to 20 June is due 7 days after it: from {} (deducted on the 1st) to {} (on the 20th)",
        on(1).due,
        on(20).due
    ))];
    if let Some(first) = (21..=30).find(|number| last_working != Some(month.day(*number))) {
        all.push(on(first).noted("each deduction after 20 June is due on the day after it, also on a holiday"));
    }
    if let Some(last) = last_working {
        let noted = format!("tax deducted on {last}, the last working day of June, is due on that very day");
        all.push(tds_deposit(last, calendar).noted(&noted));
    }
    all
}

/// When the certificates for a month's deductions are due: within two weeks of the month that follows.
#[must_use]
pub fn tds_certificate(month: TaxPeriod) -> Deadline {
    let due = later(month.last_day(), 14);
    let source = "TakaBooks compliance-calendar.md, as the research note has it";
    Deadline::new(Duty::TdsCertificate, due, "Income Tax Act 2023 s.145; TDS Rules r.10", source, Confidence::M)
        .noted("only after the deposit by A-Challan, whose number it carries")
}

/// When the withholding return that holds this month is due: on the 25th after the quarter, or, for months before July 2026,
/// on the 15th of the next month as enacted. Either moves to the next working day.
#[must_use]
pub fn withholding_return(month: TaxPeriod, calendar: &WorkingCalendar) -> Deadline {
    let (due, rule, source, confidence, note) = if is_before_2026_27(month.first_day()) {
        (
            month.next().day(15),
            "Income Tax Act 2023 s.177, as enacted: monthly",
            "text of the Act as enacted in 2023",
            Confidence::L,
            "it became quarterly on a day that was not found: confirm whether this month is monthly or in a quarter",
        )
    } else {
        (
            month.quarter_end().next().day(25),
            "Income Tax Act 2023 s.177: quarterly",
            "TakaBooks compliance-calendar.md, as the research note has it",
            Confidence::M,
            "for the whole quarter; there is no extension",
        )
    };
    Deadline::new(Duty::WithholdingReturn, due, rule, source, confidence)
        .counted(calendar.next_working_day(due))
        .noted(note)
}
