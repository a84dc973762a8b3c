//! Whether a proof of submission of return counts on the day of payment (Income Tax Act 2023 s.264).

use chrono::NaiveDate;
use vextrus_domain::{FiscalYear, PayeeFacts};

use super::result::since;
use crate::schedule::PsrDays;

/// How a payee stands with its proof of return.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ReturnProof {
    /// It has shown one that counts.
    Shown,
    /// It need not show one.
    NotNeeded,
    /// It has shown none that counts; why.
    Missing(String),
    /// Nobody can say without asking; why.
    Doubtful(String),
}

/// Looks at the proof on a day. One of the day's own assessment year always counts; one of the year before counts until the
/// day by which that payee's next return was due.
pub(crate) fn return_proof(payee: &PayeeFacts, days: &PsrDays, day: NaiveDate) -> ReturnProof {
    // Exemptions: Income Tax Act 2023 s.166(2) and s.264(4), as s.142 has them since July 2025; s.119 payees are outside s.142.
    if payee.non_resident || (payee.psr_exemption.is_some() && since(day, (2025, 7, 1))) {
        return ReturnProof::NotNeeded;
    }
    let Some(psr) = &payee.psr else {
        return ReturnProof::Missing("no proof of submission of return is on file".to_owned());
    };
    if psr.verified_on > day {
        return ReturnProof::Missing(format!("the proof of return was verified on {}, after {day}", psr.verified_on));
    }
    let year = FiscalYear::of(day);
    if psr.assessment_year >= year {
        return ReturnProof::Shown;
    }
    let of = psr.assessment_year;
    let last_year = year.first_day().pred_opt().map(FiscalYear::of);
    if last_year != Some(of) {
        return ReturnProof::Missing(format!("the proof of return is of assessment year {of}; {year} has been due"));
    }
    let due = |md: crate::schedule::MonthDay| {
        let ends = if md.month() >= 7 { year.first_day() } else { year.last_day() };
        md.in_year(chrono::Datelike::year(&ends)).unwrap_or(ends)
    };
    let (own, company) =
        (if payee.natural_person { due(days.natural_person) } else { due(days.other) }, due(days.other));
    if day <= own {
        ReturnProof::Shown
    } else if day <= company {
        ReturnProof::Doubtful(format!(
            "the proof of return is of assessment year {of}; the return of {year} was due on {own}"
        ))
    } else {
        ReturnProof::Missing(format!(
            "the proof of return is of assessment year {of}; the return of {year} was due on {own}"
        ))
    }
}
