//! `vextrus tax deadlines`.

use anyhow::Context as _;
use serde_json::{Value, json};
use vextrus_domain::calendar::WorkingCalendar;
use vextrus_tax::Confidence;
use vextrus_tax::deadlines::{Deadline, for_month};

use super::options::DeadlinesOptions;
use super::{file, table};
use crate::options::Format;
use crate::output;

const BANGLADESH: &str = include_str!("../../../rules/calendar/bangladesh.toml");

pub(super) fn run(format: Format, asked: &DeadlinesOptions) -> anyhow::Result<()> {
    let name = asked.calendar.as_ref().map_or_else(|| "bangladesh".to_owned(), |path| path.display().to_string());
    let read = asked.calendar.as_ref().map(|path| file::read(path, file::MAX_RULES)).transpose()?;
    let calendar = WorkingCalendar::parse(read.as_deref().unwrap_or(BANGLADESH)).with_context(|| name.clone())?;
    let registered = !asked.unregistered;
    let all = for_month(asked.month, &calendar, registered);
    let text = || {
        let whom = if registered { "registered for VAT" } else { "not registered for VAT" };
        let head = format!("tax withheld in {}, by a company {whom}; calendar {name}", asked.month);
        let rows: Vec<_> = all.iter().map(cells).collect();
        let mut out = format!("{head}\n{}", table(["due", "sure", "what", "rule"], &rows));
        for deadline in &all {
            let notes = notes(deadline);
            if !notes.is_empty() {
                out.push_str(&format!("\n\n{} {}", deadline.due, deadline.duty));
                out.extend(notes.iter().map(|note| format!("\n    {note}")));
            }
        }
        out
    };
    let deadlines = all.iter().map(with_doubt).collect::<Result<Vec<_>, _>>()?;
    let answer = json!({
        "month": asked.month,
        "vat_registered": registered,
        "calendar": name,
        "deadlines": deadlines,
    });
    output::answer(format, text, &answer)
}

fn cells(deadline: &Deadline) -> [String; 4] {
    let doubt = if deadline.is_doubtful() { "?" } else { "" };
    let due = format!("{}{doubt}", deadline.due.format("%a %Y-%m-%d"));
    [due, format!("{:?}", deadline.confidence), deadline.duty.to_string(), deadline.rule.to_owned()]
}

/// Why a day is doubtful, then what else to know.
fn notes(deadline: &Deadline) -> Vec<String> {
    let mut all = doubts(deadline);
    if !deadline.note.is_empty() {
        all.push(deadline.note.clone());
    }
    all
}

fn doubts(deadline: &Deadline) -> Vec<String> {
    let weak = (deadline.confidence == Confidence::L).then(|| format!("? confidence L, source: {}", deadline.source));
    let missing =
        deadline.missing_year.map(|year| format!("? the holidays of {year} are not all listed: the day may move"));
    weak.into_iter().chain(missing).collect()
}

fn with_doubt(deadline: &Deadline) -> Result<Value, serde_json::Error> {
    let mut value = serde_json::to_value(deadline)?;
    if let Some(fields) = value.as_object_mut() {
        fields.insert("doubtful".to_owned(), deadline.is_doubtful().into());
    }
    Ok(value)
}
