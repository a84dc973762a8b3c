//! Deadlines of VAT withheld at source and of the VAT return (Value Added Tax and Supplementary Duty Act 2012, VDS Rules).

use chrono::NaiveDate;
use vextrus_domain::calendar::{self, TaxPeriod, WorkingCalendar};

use super::{Deadline, Duty, is_before_2026_27, later};
use crate::Confidence;

/// Within how many days of the payment an unregistered payer deposits.
pub(super) const DEPOSIT_DAYS: u64 = 15;
/// Within how many working days Mushak 6.6 is issued.
const CERTIFICATE_DAYS: u16 = 3;
const RETURN_DAY: u32 = 15;
const SOURCE: &str = "two readings of the gazette of VDS Rules 2025, as the research note has them";

/// Earlier guides have other days; VDS Rules 2025 apply from July 2025.
fn vds_confidence(day: NaiveDate) -> (Confidence, &'static str) {
    match NaiveDate::from_ymd_opt(2025, 7, 1) {
        Some(start) if day < start => {
            (Confidence::L, "VDS Rules 2025 apply from July 2025; the earlier rules were not read")
        }
        _ => (Confidence::H, ""),
    }
}

/// When a registered payer accounts for VAT withheld in this month: in the return for the period of the payment.
#[must_use]
pub fn vds_adjustment(month: TaxPeriod, calendar: &WorkingCalendar) -> Deadline {
    let (confidence, note) = vds_confidence(month.first_day());
    let filed = vat_return(month, calendar);
    Deadline::new(
        Duty::VdsAdjustment,
        filed.due,
        "VDS Rules 2025 r.6; Value Added Tax and Supplementary Duty Act 2012 s.50",
        SOURCE,
        confidence,
    )
    .within(&filed)
    .noted("in the return for the period of the payment, note 24; nothing is deposited apart from it")
    .noted(note)
}

/// When an unregistered payer deposits VAT withheld from a payment of this day: within 15 days, holidays or not.
#[must_use]
pub fn vds_deposit(paid: NaiveDate) -> Deadline {
    let (confidence, note) = vds_confidence(paid);
    Deadline::new(
        Duty::VdsDeposit,
        later(paid, DEPOSIT_DAYS),
        "VDS Rules 2025 r.6(3); VAT Rules r.37",
        SOURCE,
        confidence,
    )
    .noted(note)
}

/// When Mushak 6.6 is due: within 3 working days of filing the return for a registered payer, of the deposit for another.
#[must_use]
pub fn mushak_66(filed_or_deposited: NaiveDate, calendar: &WorkingCalendar, registered: bool) -> Deadline {
    let rule =
        if registered { "VDS Rules 2025 r.6; VAT Rules r.40(1)(f)" } else { "VDS Rules 2025 r.6(3); VAT Rules r.37" };
    let (confidence, note) = vds_confidence(filed_or_deposited);
    Deadline::new(Duty::Mushak66, filed_or_deposited, rule, SOURCE, confidence)
        .counted(calendar.add_working_days(filed_or_deposited, CERTIFICATE_DAYS))
        .noted("in triplicate: the circle, the supplier, and one to keep for five years")
        .noted(note)
}

/// When the VAT return that holds this month is due. Until June 2026 on the 15th of the next month; from July 2026 the
/// calendar's file says how often and on which day, because the sources dispute it. Only a government holiday moves it,
/// then to the next working day.
#[must_use]
pub fn vat_return(month: TaxPeriod, calendar: &WorkingCalendar) -> Deadline {
    const RULE: &str = "Value Added Tax and Supplementary Duty Act 2012 s.64(1)";
    let deadline = if is_before_2026_27(month.first_day()) {
        let source = "s.64 in vataxplatform.com and vatesheba.com, as the research note has it";
        Deadline::new(Duty::VatReturn, month.next().day(RETURN_DAY), RULE, source, Confidence::H)
    } else if let Some(told) = calendar.vat_return() {
        let due = calendar.vat_return_period(month).next().day(told.due_day);
        let confidence = confidence_of(told.confidence);
        Deadline::new(Duty::VatReturn, due, RULE, &told.source, confidence).noted(&told.note)
    } else {
        let source = "the calendar has no [vat_return]: taken as monthly";
        Deadline::new(Duty::VatReturn, month.next().day(RETURN_DAY), RULE, source, Confidence::L)
            .noted("monthly or quarterly is disputed: state it in the calendar")
    };
    moved_by_government_holiday(deadline, calendar)
}

fn moved_by_government_holiday(deadline: Deadline, calendar: &WorkingCalendar) -> Deadline {
    let due = deadline.due;
    if calendar.is_government_holiday(due) {
        return deadline.counted(calendar.next_working_day(due)).noted("moved: the day itself is a government holiday");
    }
    let missing_year = Some(chrono::Datelike::year(&due)).filter(|year| !calendar.covers(*year));
    let weekend = if calendar.is_weekend(due) { "on a weekend, which does not move it" } else { "" };
    Deadline { missing_year, ..deadline }.noted(weekend)
}

/// The domain's grades are the schedule's.
const fn confidence_of(grade: calendar::Confidence) -> Confidence {
    match grade {
        calendar::Confidence::H => Confidence::H,
        calendar::Confidence::M => Confidence::M,
        calendar::Confidence::L => Confidence::L,
    }
}
