//! What would change on another date, or with other evidence.

use chrono::NaiveDate;
use serde::Serialize;
use vextrus_domain::payee::{Psr, PsrKind};
use vextrus_domain::tax_facts::PaymentMethod;
use vextrus_domain::{FiscalYear, Refusal, Taka};

use crate::assessment::{Assessment, Case, Withheld, assess};
use crate::schedule::Schedule;

/// A change of one fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WhatIf {
    /// Payment on another day; the date of supply stays.
    PaidOn(NaiveDate),
    /// With, or without, a proof of submission of return that counts on the day.
    ReturnProof(bool),
    /// With, or without, payment by bank transfer.
    ByBank(bool),
}

/// What the change would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// The change.
    pub what_if: WhatIf,
    /// What would be withheld.
    pub withheld: Vec<Withheld>,
    /// What the vendor would be paid.
    pub net_payable: Taka,
    /// How much more the vendor would be paid than now; negative where it is less.
    pub difference: Taka,
    /// The questions that would be asked then and are not now.
    pub new_questions: Vec<String>,
}

/// Assesses the case again with one fact changed.
///
/// # Errors
/// The refusal that the changed case would meet.
pub fn compare(schedule: &Schedule, case: &Case<'_>, now: &Assessment, what_if: WhatIf) -> Result<Comparison, Refusal> {
    let mut payee = case.payee.clone();
    let mut invoice = case.invoice.clone();
    let mut paid_on = case.paid_on;
    match what_if {
        WhatIf::PaidOn(day) => paid_on = day,
        WhatIf::ReturnProof(shown) => {
            payee.psr = shown.then(|| Psr {
                kind: PsrKind::ReturnAcknowledgement,
                number: "supposed".to_owned(),
                assessment_year: FiscalYear::of(case.paid_on),
                verified_on: case.paid_on,
                verified_by: None,
            });
        }
        WhatIf::ByBank(true) => invoice.tax.payment.method = PaymentMethod::BankTransfer,
        WhatIf::ByBank(false) => invoice.tax.payment.method = PaymentMethod::Other,
    }
    let then = assess(schedule, &Case { invoice: &invoice, payee: &payee, paid_on, ..*case })?;
    let difference = then.net_payable.minus(now.net_payable).map_err(crate::assessment::too_large)?;
    let new_questions = then.questions.iter().filter(|q| !now.questions.contains(q)).map(|q| q.text.clone()).collect();
    Ok(Comparison { what_if, withheld: then.withheld, net_payable: then.net_payable, difference, new_questions })
}
