//! A check is the sum of its parts: one that is wrong fails it, one that is not known keeps it from passing.

use std::fmt::Display;

use super::{Check, Finding, Outcome};

/// The most failures that a finding tells; the rest is counted.
const MOST_TOLD: usize = 5;

/// What the parts of a check have shown so far.
#[derive(Debug, Default)]
pub(super) struct Parts {
    right: Vec<String>,
    wrong: Vec<(String, String)>,
    unknown: Vec<String>,
    beside: Option<String>,
}

impl Parts {
    /// A check that is not about this document, and why.
    pub(super) fn beside(why: impl Display) -> Self {
        Self { beside: Some(format!("does not apply: {why}")), ..Self::default() }
    }

    /// A check of which nothing is known.
    pub(super) fn not_known(what: impl Display) -> Self {
        let mut parts = Self::default();
        parts.unknown(what);
        parts
    }

    pub(super) fn right(&mut self, what: impl Display) {
        self.right.push(what.to_string());
    }

    pub(super) fn wrong(&mut self, why: impl Display, remedy: impl Display) {
        self.wrong.push((why.to_string(), remedy.to_string()));
    }

    pub(super) fn unknown(&mut self, what: impl Display) {
        self.unknown.push(what.to_string());
    }

    /// Fails with why and remedy unless the condition holds.
    pub(super) fn expect(&mut self, holds: bool, what: impl Display, why: impl Display, remedy: impl Display) {
        if holds { self.right(what) } else { self.wrong(why, remedy) }
    }

    /// A flag that must be set, where it is known.
    pub(super) fn flag(&mut self, field: &str, value: Option<bool>, wanted: bool, remedy: &str) {
        match value {
            None => self.unknown(field),
            Some(v) => self.expect(v == wanted, format!("{field} is {v}"), format!("{field} is {v}"), remedy),
        }
    }

    pub(super) fn finding(self, check: Check) -> Finding {
        let (outcome, reason, remedy) = if !self.wrong.is_empty() {
            let more = self.wrong.len().saturating_sub(MOST_TOLD);
            let rest = if more > 0 { format!("; and {more} more") } else { String::new() };
            let told = || self.wrong.iter().take(MOST_TOLD);
            let whys: Vec<&str> = told().map(|(why, _)| why.as_str()).collect();
            let mut remedies: Vec<&str> = Vec::new();
            for (_, remedy) in told() {
                if !remedies.contains(&remedy.as_str()) {
                    remedies.push(remedy);
                }
            }
            (Outcome::Fail, format!("{}{rest}", whys.join("; ")), remedies.join("; "))
        } else if let Some(beside) = self.beside {
            (Outcome::NotApplicable, beside, String::new())
        } else if !self.unknown.is_empty() {
            let what = self.unknown.join(", ");
            (Outcome::NotApplicable, format!("not known here: {what}"), format!("record {what}"))
        } else if self.right.is_empty() {
            (Outcome::NotApplicable, "does not apply: there is nothing to look at".to_owned(), String::new())
        } else {
            (Outcome::Pass, self.right.join("; "), String::new())
        };
        Finding { check, outcome, reason, remedy }
    }
}
