//! Collecting what is wrong with a paper. No message repeats a TIN or BIN.

use std::fmt::Display;

use chrono::NaiveDate;
use vextrus_domain::identity::{Accepted, Bin, IdentityError, IdentityProfile};
use vextrus_domain::invoice::{FieldViolation, MAX_TEXT};
use vextrus_domain::money::MoneyError;
use vextrus_domain::{Payer, Refusal, RefusalCode, Taka};

use super::{Challan, Officer};

/// The most findings that one refusal tells; the rest is counted.
const MOST_TOLD: usize = 5;

pub(crate) fn too_large(error: MoneyError) -> Refusal {
    Refusal::new(RefusalCode::LimitExceeded, error.to_string())
}

/// What has been found so far.
#[derive(Debug, Default)]
pub(crate) struct Findings(pub(crate) Vec<FieldViolation>);

impl Findings {
    pub(crate) fn say(&mut self, field: &str, code: RefusalCode, message: impl Display) {
        let refusal = Refusal::new(code, format!("{field}: {message}"));
        self.0.push(FieldViolation { field: field.to_owned(), refusal });
    }

    pub(crate) fn invalid(&mut self, field: &str, message: impl Display) {
        self.say(field, RefusalCode::InvalidField, message);
    }

    /// A text that must be there.
    pub(crate) fn text(&mut self, field: &str, value: &str) {
        if value.trim().is_empty() {
            self.invalid(field, "it is empty; give it as the form asks");
        } else {
            self.optional(field, value);
        }
    }

    /// A text that may be missing.
    pub(crate) fn optional(&mut self, field: &str, value: &str) {
        if value.len() > MAX_TEXT {
            let message = format!("it has {} bytes; the most is {MAX_TEXT}", value.len());
            self.say(field, RefusalCode::LimitExceeded, message);
        } else if value.chars().any(char::is_control) {
            self.invalid(field, "it holds control characters; remove them");
        }
    }

    pub(crate) fn not_negative(&mut self, field: &str, amount: Taka) {
        if amount.is_negative() {
            self.invalid(field, format!("{amount} is negative; a credit is another paper (Mushak 6.7)"));
        }
    }

    pub(crate) fn positive(&mut self, field: &str, amount: Taka) {
        if amount <= Taka::ZERO {
            self.invalid(field, format!("{amount} is not above zero; leave out what has no amount"));
        }
    }

    /// An amount that must be what the rest of the paper gives, to within the tolerance.
    pub(crate) fn equals(
        &mut self,
        field: &str,
        stated: Taka,
        computed: Result<Taka, MoneyError>,
        tolerance: Taka,
        (code, what): (RefusalCode, &str),
    ) {
        match computed.and_then(|c| stated.distance(c).map(|d| (c, d))) {
            Ok((computed, distance)) if distance > tolerance => {
                self.say(field, code, format!("it is {stated}; {what} {computed}"));
            }
            Ok(_) => {}
            Err(e) => self.say(field, RefusalCode::LimitExceeded, format!("it cannot be recomputed: {e}")),
        }
    }

    /// A BIN that must be there and of a form that the profile takes on this day; the warning, where its form is old.
    pub(crate) fn bin(
        &mut self,
        field: &str,
        written: &str,
        (profile, on): (IdentityProfile, NaiveDate),
    ) -> Option<(Bin, Option<&'static str>)> {
        if written.trim().is_empty() {
            self.say(field, RefusalCode::VendorIdentityInvalid, "there is none; give the BIN");
            return None;
        }
        let read = written.parse::<Bin>().and_then(|bin| profile.check_bin(&bin, on).map(|a| (bin, a)));
        self.identity(field, read)
    }

    pub(crate) fn identity<T>(
        &mut self,
        field: &str,
        read: Result<(T, Accepted), IdentityError>,
    ) -> Option<(T, Option<&'static str>)> {
        match read {
            Ok((id, accepted)) => Some((id, accepted.warning())),
            Err(e) => {
                self.say(field, RefusalCode::VendorIdentityInvalid, e);
                None
            }
        }
    }

    pub(crate) fn officer(&mut self, officer: &Officer) {
        self.text("officer.name", &officer.name);
        self.text("officer.designation", &officer.designation);
    }

    pub(crate) fn payer(&mut self, payer: &Payer) {
        self.text("payer.name", &payer.name);
        self.text("payer.address", &payer.address);
    }

    /// A deposit that a certificate of this day rests on.
    pub(crate) fn challan(&mut self, field: &str, challan: &Challan, on: NaiveDate) {
        self.text(&format!("{field}.number"), &challan.number);
        self.positive(&format!("{field}.amount"), challan.amount);
        if challan.date > on {
            let message = format!("{} is after the certificate's {on}; certify after the deposit", challan.date);
            self.invalid(&format!("{field}.date"), message);
        }
    }

    /// Nothing, or one refusal that tells what was found; its code is the first finding's.
    pub(crate) fn refuse(self) -> Result<(), Refusal> {
        let Some(first) = self.0.first() else { return Ok(()) };
        let told: Vec<&str> = self.0.iter().take(MOST_TOLD).map(|v| v.refusal.message.as_str()).collect();
        let more = self.0.len().saturating_sub(MOST_TOLD);
        let rest = if more > 0 { format!("; and {more} more") } else { String::new() };
        Err(Refusal::new(first.refusal.code, format!("{}{rest}", told.join("; "))))
    }
}

/// A text of the paper for a message: no more than its start, without line breaks.
pub(crate) fn excerpt(text: &str) -> String {
    const LONGEST: usize = 40;
    let start: String = text.chars().take(LONGEST).collect();
    format!("{start:?}")
}
