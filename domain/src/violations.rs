//! What is wrong with the fields of a document, and the checks that every document shares.

use std::fmt::Display;

use crate::money::Taka;
use crate::refusal::{Refusal, RefusalCode};

/// The most lines that one document may have.
pub const MAX_LINES: usize = 500;
/// The longest free text in one field, in bytes.
pub const MAX_TEXT: usize = 500;

/// One thing that is wrong with a field of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldViolation {
    /// The field's path, such as `lines[2].amount`.
    pub field: String,
    /// What is wrong with it and what would be right.
    pub refusal: Refusal,
}

/// What has been found so far.
#[derive(Debug, Default)]
pub(crate) struct Violations(pub(crate) Vec<FieldViolation>);

impl Violations {
    pub(crate) fn say(&mut self, field: &str, code: RefusalCode, message: impl Display) {
        let refusal = Refusal::new(code, format!("{field}: {message}"));
        self.0.push(FieldViolation { field: field.to_owned(), refusal });
    }

    pub(crate) fn invalid(&mut self, field: &str, message: impl Display) {
        self.say(field, RefusalCode::InvalidField, message);
    }

    /// The currency of a document; only BDT is handled.
    pub(crate) fn currency(&mut self, currency: &str) {
        if currency != "BDT" {
            let start: String = currency.chars().take(10).collect();
            let message = format!("{start:?} is not handled; only BDT is");
            self.say("currency", RefusalCode::CurrencyNotSupported, message);
        }
    }

    /// How many lines a document has.
    pub(crate) fn line_count(&mut self, count: usize) {
        if count == 0 {
            self.invalid("lines", "there are none; give at least one");
        }
        if count > MAX_LINES {
            self.say("lines", RefusalCode::LimitExceeded, format!("there are {count}; the most is {MAX_LINES}"));
        }
    }

    /// A text that must be there.
    pub(crate) fn text(&mut self, field: &str, value: &str) {
        if value.trim().is_empty() {
            self.invalid(field, "it is empty");
        } else if value.len() > MAX_TEXT {
            let message = format!("it has {} bytes; the most is {MAX_TEXT}", value.len());
            self.say(field, RefusalCode::LimitExceeded, message);
        } else if value.chars().any(char::is_control) {
            self.invalid(field, "it holds control characters");
        }
    }

    pub(crate) fn not_negative(&mut self, field: &str, amount: Taka) {
        if amount.is_negative() {
            self.invalid(field, format!("{amount} is negative; a credit is another document"));
        }
    }
}
