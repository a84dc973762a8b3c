//! What an assessment writes down as it goes: steps, the rows that they rest on, questions, what is withheld.

use std::sync::Arc;

use vextrus_domain::{Rate, Taka};

use super::question::{Question, QuestionKind};
use super::result::{LineTax, Step, TraceStep, Withheld};
use super::{Case, NaiveDate};
use crate::schedule::{Confidence, Row, Schedule, Status, Tax};

/// A line as its taxes are found.
pub(super) struct LineWork<'a> {
    /// The amounts.
    pub(super) tax: LineTax,
    /// The line's supply code, choices considered; none for what is not named.
    pub(super) code: Option<&'a str>,
    /// The VAT rate; none while nobody has said which of several.
    pub(super) vat_rate: Option<Rate>,
}

/// The book.
pub(super) struct Book<'a> {
    pub(super) schedule: &'a Schedule,
    pub(super) case: Case<'a>,
    pub(super) rows: Vec<Arc<Row>>,
    pub(super) trace: Vec<TraceStep>,
    pub(super) questions: Vec<Question>,
    pub(super) withheld: Vec<Withheld>,
    pub(super) borne: Taka,
}

impl<'a> Book<'a> {
    pub(super) fn new(schedule: &'a Schedule, case: Case<'a>) -> Self {
        Self {
            schedule,
            case,
            rows: Vec::with_capacity(8),
            trace: Vec::with_capacity(2 * case.invoice.lines.len() + 4),
            questions: Vec::new(),
            withheld: Vec::new(),
            borne: Taka::ZERO,
        }
    }

    pub(super) fn paid_on(&self) -> NaiveDate {
        self.case.paid_on
    }

    /// The place of a row among those used. A doubtful row asks its question when it is used first.
    pub(super) fn cite(&mut self, row: &Arc<Row>) -> u32 {
        if let Some(known) = (0_u32..).zip(&self.rows).find(|(_, r)| Arc::ptr_eq(r, row)) {
            return known.0;
        }
        if let Some(text) = doubt(row) {
            // A code that a person chose needs no second answer to the same doubt.
            self.ask(QuestionKind::UncertainRate, &format!("{} {}", row.tax, row.key()), text);
        }
        self.rows.push(Arc::clone(row));
        u32::try_from(self.rows.len() - 1).unwrap_or(u32::MAX)
    }

    pub(super) fn step(
        &mut self,
        line: Option<u32>,
        tax: Tax,
        step: Step,
        row: Option<u32>,
        (base, rate, amount): (Taka, Rate, Taka),
    ) {
        let (code, because) = (String::new(), String::new());
        self.trace.push(TraceStep { line, tax, step, base, rate, amount, row, code, because });
    }

    pub(super) fn not_withheld(&mut self, line: Option<u32>, tax: Tax, base: Taka, why: impl Into<String>) {
        let step = Step::NotWithheld { why: why.into() };
        self.step(line, tax, step, None, (base, Rate::from_ppm(0), Taka::ZERO));
    }

    pub(super) fn ask(&mut self, kind: QuestionKind, subject: &str, text: String) {
        self.question(kind, subject, text, Vec::new(), false);
    }

    /// Whether this has been asked already; a text that would be put away need not be written.
    pub(super) fn asked(&self, kind: QuestionKind, subject: &str) -> bool {
        self.questions.iter().any(|q| q.kind == kind && q.subject == subject)
    }

    /// What a person has answered to this question, if anything.
    pub(super) fn answer(&self, kind: QuestionKind, subject: &str) -> Option<&'a str> {
        let answers = self.case.answers;
        if answers.is_empty() {
            return None;
        }
        answers.get(&format!("{}/{subject}", kind.name())).map(String::as_str)
    }

    /// Asks once for each kind and subject.
    pub(super) fn question(
        &mut self,
        kind: QuestionKind,
        subject: &str,
        text: String,
        choices: Vec<String>,
        blocks: bool,
    ) {
        if !self.asked(kind, subject) {
            self.questions.push(Question { kind, subject: subject.to_owned(), text, choices, blocks });
        }
    }
}

fn doubt(row: &Row) -> Option<String> {
    let name = format!("{} {} at {}", row.tax, row.key(), row.rate);
    if let Some(ask) = &row.ask {
        return Some(format!("{name}: {ask}"));
    }
    if row.status == Status::Placeholder {
        return Some(format!("{name} is a placeholder ({}): is it right?", row.source));
    }
    (row.confidence == Confidence::L).then(|| format!("{name} rests on {:?} alone: is it right?", row.source))
}
