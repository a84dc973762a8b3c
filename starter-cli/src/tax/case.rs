//! A bill with what is known of payee and payer, read from one file and the options.

use chrono::NaiveDate;
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use vextrus_domain::vendor::VendorKind;
use vextrus_domain::{Invoice, PayeeFacts, Payer, Refusal, RefusalCode};
use vextrus_tax::{Answers, Assessment, Case, Schedule, assess};

use super::file;
use super::options::CaseOptions;
use super::schedules;
use crate::exit;

/// The form of a case file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseFile {
    invoice: Invoice,
    #[serde(default)]
    payee: PayeeFacts,
    #[serde(default)]
    payer: Payer,
    #[serde(default)]
    kind: Option<VendorKind>,
    #[serde(default)]
    paid_on: Option<NaiveDate>,
    #[serde(default)]
    answers: Answers,
}

/// The keys that a case has and a bill has not.
#[derive(Deserialize)]
struct Peek {
    invoice: Option<IgnoredAny>,
    payee: Option<IgnoredAny>,
    payer: Option<IgnoredAny>,
    kind: Option<IgnoredAny>,
    paid_on: Option<IgnoredAny>,
    answers: Option<IgnoredAny>,
}

/// A case that can be assessed.
pub(super) struct Read {
    pub(super) schedule: Schedule,
    /// The day of payment or credit.
    pub(super) paid_on: NaiveDate,
    /// Who said so.
    pub(super) paid_on_by: PaidOnBy,
    invoice: Invoice,
    payee: PayeeFacts,
    payer: Payer,
    kind: VendorKind,
    answers: Answers,
}

/// Where the day of payment is from.
#[derive(Clone, Copy)]
pub(super) enum PaidOnBy {
    Option,
    Case,
    Invoice,
}

impl Read {
    /// Reads the file and the schedule that the options name.
    pub(super) fn from_options(options: &CaseOptions) -> anyhow::Result<Self> {
        let schedule = schedules::load(&options.schedule)?;
        let found = parse(&file::read_or_stdin(&options.file, file::MAX_CASE)?)?;
        let wrong: Vec<String> = found.invoice.violations().into_iter().map(|v| v.refusal.to_string()).collect();
        if !wrong.is_empty() {
            return Err(exit::Refused(wrong.join("\n       ")).into());
        }
        let (paid_on, paid_on_by) = match (options.on, found.paid_on) {
            (Some(day), _) => (day, PaidOnBy::Option),
            (None, Some(day)) => (day, PaidOnBy::Case),
            (None, None) => (found.invoice.date, PaidOnBy::Invoice),
        };
        let kind = kind(options.kind.or(found.kind), &found.invoice)?;
        let CaseFile { invoice, payee, payer, answers, .. } = found;
        Ok(Self { schedule, paid_on, paid_on_by, invoice, payee, payer, kind, answers })
    }

    /// The case.
    pub(super) fn case(&self) -> Case<'_> {
        Case {
            invoice: &self.invoice,
            payer: &self.payer,
            kind: self.kind,
            payee: &self.payee,
            paid_on: self.paid_on,
            answers: &self.answers,
        }
    }

    /// Assesses the case.
    pub(super) fn assess(&self) -> Result<Assessment, Refusal> {
        assess(&self.schedule, &self.case())
    }

    /// The schedule and the day in one line, for people.
    pub(super) fn head(&self) -> String {
        let by = match self.paid_on_by {
            PaidOnBy::Option => "",
            PaidOnBy::Case => " as the case says",
            PaidOnBy::Invoice => ", taken from the date of the bill; --on says another day",
        };
        let Schedule { name, hash, .. } = &self.schedule;
        format!("schedule {name} {}, paid on {}{by}", schedules::short(hash), self.paid_on)
    }
}

fn parse(text: &str) -> Result<CaseFile, Refusal> {
    // Serde would take the fields from an array too, by their order.
    if !text.trim_start().starts_with('{') {
        let message = "this is neither a bill nor a case: give a JSON object".to_owned();
        return Err(Refusal::new(RefusalCode::InvalidField, message));
    }
    let Peek { invoice, payee, payer, kind, paid_on, answers } = json(text, "bill or case")?;
    if [invoice, payee, payer, kind, paid_on, answers].iter().any(Option::is_some) {
        return json(text, "case");
    }
    let invoice = Invoice::from_json(text)?;
    let (payee, payer) = (PayeeFacts::default(), Payer::default());
    Ok(CaseFile { invoice, payee, payer, kind: None, paid_on: None, answers: Answers::new() })
}

fn json<T: DeserializeOwned>(text: &str, what: &str) -> Result<T, Refusal> {
    serde_json::from_str(text)
        .map_err(|e| Refusal::new(RefusalCode::InvalidField, format!("the {what} cannot be read: {e}")))
}

/// The vendor's kind. It only decides where a line names no code of income tax: then it must be said, since a guess would
/// change the amounts.
fn kind(said: Option<VendorKind>, invoice: &Invoice) -> Result<VendorKind, exit::Usage> {
    let silent = invoice.lines.iter().position(|line| line.tds_code.is_none());
    match (said, silent) {
        (Some(kind), _) => Ok(kind),
        (None, None) => Ok(VendorKind::Service),
        (None, Some(line)) => Err(exit::Usage(format!(
            "lines[{line}] names no tds_code, so the vendor's kind decides its income tax: say --kind contractor, supplier or \
             service, or \"kind\" in a case file"
        ))),
    }
}
