//! `vextrus tax schedule show`.

use chrono::NaiveDate;
use serde_json::json;
use vextrus_tax::{Basis, Confidence, PayeeClass, Row, Schedule, Status, Tax};

use super::schedule::grade;
use super::schedules::short;
use super::table;
use crate::options::Format;
use crate::output;

/// Which rows to show.
pub(super) struct Filter {
    pub(super) tax: Option<Tax>,
    pub(super) code: Option<String>,
    pub(super) on: Option<NaiveDate>,
}

impl Filter {
    /// The codes that are meant: a code of several meanings stands for them all.
    fn codes<'a>(&'a self, schedule: &'a Schedule) -> Option<Vec<&'a str>> {
        let code = self.code.as_deref()?;
        let ambiguous = schedule.ambiguous.iter().find(|a| a.code == code);
        let choices = ambiguous.into_iter().flat_map(|a| a.choices.iter().map(String::as_str));
        Some(std::iter::once(code).chain(choices).collect())
    }

    fn takes(&self, row: &Row, codes: Option<&[&str]>) -> bool {
        self.tax.is_none_or(|tax| tax == row.tax)
            && self.on.is_none_or(|day| row.in_force(day))
            && codes.is_none_or(|codes| codes.contains(&row.code.as_str()) || codes.contains(&row.key().as_str()))
    }
}

pub(super) fn run(format: Format, schedule: &Schedule, filter: &Filter) -> anyhow::Result<()> {
    let codes = filter.codes(schedule);
    let rows: Vec<&Row> = schedule.rows.iter().map(|r| &**r).filter(|r| filter.takes(r, codes.as_deref())).collect();
    let text = || {
        let mut out = format!("schedule {} {}, {} rows\n", schedule.name, short(&schedule.hash), rows.len());
        if let Some(ambiguous) = schedule.ambiguous.iter().find(|a| filter.code.as_ref() == Some(&a.code)) {
            out.push_str(&format!(
                "{} is one of {}: {}\n",
                ambiguous.code,
                ambiguous.choices.join(", "),
                ambiguous.question
            ));
        }
        if rows.is_empty() {
            out.push_str("no row is like that; without --tax, --code and --on all are shown");
            return out;
        }
        let cells: Vec<_> = rows.iter().map(|row| cells(row)).collect();
        out.push_str(&table(["tax", "code", "rate", "from", "to", "for", "sure", "law"], &cells));
        if rows.iter().any(|row| asks(row)) {
            out.push_str("\n? a person is asked whenever the row is used");
        }
        if filter.code.is_some() {
            out.extend(rows.iter().map(|row| details(row)));
        }
        out
    };
    let answer = json!({"schedule": schedule.name, "hash": schedule.hash, "rows": rows});
    output::answer(format, text, &answer)
}

fn cells(row: &Row) -> [String; 8] {
    let day = |day: Option<NaiveDate>| day.map_or_else(|| "-".to_owned(), |day| day.to_string());
    let sure = format!("{}{}", grade(row.confidence), if asks(row) { "?" } else { "" });
    let (tax, rate) = (row.tax.to_string(), row.rate.to_string());
    [tax, row.key(), rate, day(row.from), day(row.to), scope(row), sure, row.legal_ref.clone()]
}

/// Whom and what a row is for, where it is not for everything.
fn scope(row: &Row) -> String {
    let mut parts = Vec::new();
    parts.extend(match row.payee {
        PayeeClass::Any => None,
        PayeeClass::NaturalPerson => Some("natural persons".to_owned()),
        PayeeClass::Other => Some("others than natural persons".to_owned()),
        PayeeClass::Enlisted => Some("enlisted suppliers".to_owned()),
    });
    parts.extend(match row.basis {
        Basis::Base => None,
        Basis::Gross => Some("gross".to_owned()),
        Basis::Commission => Some("commission".to_owned()),
    });
    parts.extend(row.over.map(|over| format!("over {}", over.grouped())));
    parts.extend(row.upto.map(|upto| format!("up to {}", upto.grouped())));
    if parts.is_empty() { "all".to_owned() } else { parts.join(", ") }
}

/// Whether the row never computes silently.
fn asks(row: &Row) -> bool {
    row.ask.is_some() || row.status == Status::Placeholder || row.confidence == Confidence::L
}

fn details(row: &Row) -> String {
    let ask = row.ask.as_ref().map(|ask| format!("\n    asks: {ask}")).unwrap_or_default();
    let from = row.from.map(|from| format!(" from {from}")).unwrap_or_default();
    format!("\n{} {} {}{from}\n    source: {}{ask}", row.tax, row.key(), row.rate, row.source)
}
