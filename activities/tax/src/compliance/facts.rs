//! What is known of one document. Whoever asks fills in what it knows; `None` is "not known here" and never passes.

use chrono::NaiveDate;
use vextrus_domain::calendar::TaxPeriod;
use vextrus_domain::{Invoice, PayeeFacts, Payer, PersonId, Taka};

use crate::assessment::Assessment;
use crate::mushak::{Challan, Form63};
use crate::schedule::Schedule;

/// Everything that is known of a document. The default is that nothing is.
#[derive(Debug, Clone, Default)]
pub struct Facts<'a> {
    /// The bill.
    pub invoice: Option<&'a Invoice>,
    /// Its assessment.
    pub assessment: Option<&'a Assessment>,
    /// The schedule of the assessment.
    pub schedule: Option<&'a Schedule>,
    /// The company that pays.
    pub payer: Option<&'a Payer>,
    /// The vendor's tax facts.
    pub payee: Option<&'a PayeeFacts>,
    /// The vendor's BIN on record.
    pub payee_bin: Option<&'a str>,
    /// The Mushak 6.3 as it was captured.
    pub form_6_3: Option<&'a Form63>,
    /// The day of payment or credit.
    pub paid_on: Option<NaiveDate>,
    /// The day of the question.
    pub today: Option<NaiveDate>,
    /// What proves the bank transfer, where the invoice does not say.
    pub bank_evidence: Option<&'a str>,
    /// Who allowed the payment without proof of return; empty: nobody did.
    pub overrides: Option<Vec<Override>>,
    /// Whether and when the purchase was booked.
    pub booking: Option<Booking>,
    /// The input credit claimed.
    pub credit: Option<Credit>,
    /// The Mushak 6.6 for what was withheld.
    pub certificate_6_6: Option<Certificate66>,
    /// The deposits of the period of the payment.
    pub deposits: Option<Deposits>,
    /// The state of the trail.
    pub trail: Option<Trail>,
    /// How records are kept.
    pub retention: Option<Retention>,
    /// Who did what.
    pub approvals: Option<Approvals>,
}

/// A decision to pay although something is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    /// Why.
    pub reason: String,
    /// Who asked for it.
    pub asked_by: PersonId,
    /// Who agreed.
    pub agreed_by: PersonId,
}

/// The line of the purchase register (Mushak 6.1 or 6.2.1).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Booking {
    /// When it was booked; none: it is not.
    pub booked_on: Option<NaiveDate>,
    /// The import document or the Mushak 6.3 that the line names; empty where it names none.
    pub reference: String,
}

/// Input credit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credit {
    /// How much is claimed, in taka; zero: none is.
    pub amount: Taka,
    /// When it was taken.
    pub taken_on: NaiveDate,
    /// The period in whose return it is.
    pub period: TaxPeriod,
    /// Whether the purchase serves exempt supplies; none where nobody has said.
    pub exempt_use: Option<bool>,
    /// When it was reversed, where it was.
    pub reversed_on: Option<NaiveDate>,
}

/// The certificate of VAT withheld.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Certificate66 {
    /// When it was issued; none: it is not.
    pub issued_on: Option<NaiveDate>,
    /// The last day for it; none where it is not known.
    pub due: Option<NaiveDate>,
    /// The VAT deducted for this bill as it says, in taka.
    pub vat_deducted: Taka,
    /// Whether note 24 of the return holds it; none where it is not known.
    pub in_note_24: Option<bool>,
}

/// The deposits of income tax of one period.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Deposits {
    /// The sum of the period's deductions, this bill's included, in taka.
    pub deducted: Taka,
    /// The A-Challans.
    pub challans: Vec<Challan>,
    /// The last day for the deposit (June has days of its own); none where it is not known.
    pub due: Option<NaiveDate>,
    /// When the payee's certificate was issued, where it was.
    pub certified_on: Option<NaiveDate>,
    /// The total of the withholding return (s.177) for the period, in taka; none where it is not filed yet.
    pub return_total: Option<Taka>,
}

/// The state of the trail and the machines that keep it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Trail {
    /// Whether the chain of hashes was verified.
    pub chain_verified: Option<bool>,
    /// Whether the return of the document's period has been filed.
    pub return_filed: Option<bool>,
    /// Whether the period is locked.
    pub period_locked: Option<bool>,
    /// Whether serials have no gap, by fiscal year and issuing unit.
    pub serials_without_gap: Option<bool>,
    /// How many backups are made a day.
    pub backups_a_day: Option<u32>,
    /// Whether restoring from one has been tested.
    pub restore_tested: Option<bool>,
    /// Whether administrators' acts are on the trail.
    pub admin_acts_logged: Option<bool>,
}

/// How records are kept and shown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Retention {
    /// Until when the document is kept.
    pub kept_until: Option<NaiveDate>,
    /// Whether it is under a legal hold.
    pub legal_hold: Option<bool>,
    /// Whether it was disposed of.
    pub disposed: Option<bool>,
    /// Whether it can be exported in a form that is readable offline.
    pub exportable: Option<bool>,
    /// Whether the officers' role can only read.
    pub officers_read_only: Option<bool>,
    /// For how many days an officer's access is given.
    pub officer_access_days: Option<u32>,
    /// Whether what officers read is logged.
    pub reads_logged: Option<bool>,
    /// Whether ledger, register and return were reproduced with the rates then in force.
    pub reproducible: Option<bool>,
}

/// Who did what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approvals {
    /// Who asked for the payment.
    pub submitter: PersonId,
    /// Who approved it, level by level.
    pub approvers: Vec<PersonId>,
    /// Who released the money; none where it is not released, or not known.
    pub releaser: Option<PersonId>,
}
