//! Rows as they come, as CSV or JSON: nothing of a report is held.

use std::io::{self, BufWriter, Write};

use chrono::NaiveDate;
use serde_json::{Map, Value, json};
use vextrus_domain::TenantId;
use vextrus_ledger::registers::{Asked, Cell, Sums, Totals};

use crate::options::Format;

/// A report on its way out. Its head is written with the first row, so that one that is refused leaves nothing behind.
pub(super) struct Writing<W: Write> {
    out: Out<W>,
    columns: &'static [&'static str],
    /// What stands before the rows of a JSON object.
    head: Option<String>,
    is_first: bool,
}

enum Out<W: Write> {
    Csv(Box<csv::Writer<W>>),
    Object(BufWriter<W>),
    Lines(BufWriter<W>),
}

impl<W: Write> Writing<W> {
    pub(super) fn new(out: W, format: Format, asked: &Asked, (tenant, today): (&TenantId, NaiveDate)) -> Self {
        let out = match format {
            // RFC 4180 ends lines like this.
            Format::Text | Format::Csv => {
                Out::Csv(Box::new(csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out)))
            }
            Format::Json => Out::Object(BufWriter::new(out)),
            Format::Jsonl => Out::Lines(BufWriter::new(out)),
        };
        let parameters: Map<String, Value> =
            asked.parameters().into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
        let head = format!(
            "{{\n\"report\": {},\n\"tenant\": {},\n\"parameters\": {},\n\"as_of\": {},\n\"rows\": [",
            json!(asked.name()),
            json!(tenant),
            Value::Object(parameters),
            json!(asked.as_of().unwrap_or(today))
        );
        Self { out, columns: asked.columns(), head: Some(head), is_first: true }
    }

    fn begin(&mut self) -> io::Result<()> {
        let Some(head) = self.head.take() else { return Ok(()) };
        match &mut self.out {
            Out::Csv(out) => out.write_record(self.columns)?,
            Out::Object(out) => out.write_all(head.as_bytes())?,
            Out::Lines(_) => {}
        }
        Ok(())
    }

    pub(super) fn row(&mut self, cells: &[Cell]) -> io::Result<()> {
        self.begin()?;
        let between = if self.is_first { "\n" } else { ",\n" };
        self.is_first = false;
        match &mut self.out {
            Out::Csv(out) => Ok(out.write_record(cells.iter().map(plain))?),
            Out::Object(out) => write!(out, "{between}{}", object(self.columns, cells)),
            Out::Lines(out) => writeln!(out, "{}", object(self.columns, cells)),
        }
    }

    /// Ends the report.
    pub(super) fn finish(mut self, totals: &Totals) -> io::Result<()> {
        self.begin()?;
        match &mut self.out {
            Out::Csv(out) => out.flush(),
            Out::Object(out) => {
                writeln!(out, "\n],\n\"totals\": {}\n}}", totals_of(totals))?;
                out.flush()
            }
            Out::Lines(out) => out.flush(),
        }
    }
}

/// A cell of a CSV file. Spreadsheets take a text that begins with one of these signs for a formula: an apostrophe before it makes
/// it a text. Amounts may begin with a minus.
fn plain(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) => format!("'{text}"),
        cell => cell.to_string(),
    }
}

/// One row with its columns in order.
fn object(columns: &[&str], cells: &[Cell]) -> String {
    let fields: Vec<String> =
        columns.iter().zip(cells).map(|(column, cell)| format!("{}:{}", json!(column), cell.json())).collect();
    format!("{{{}}}", fields.join(","))
}

fn totals_of(totals: &Totals) -> Value {
    let sums = |sums: &Sums| sums.iter().map(|(name, sum)| ((*name).to_owned(), sum.json())).collect::<Map<_, _>>();
    let mut all = sums(&totals.sums);
    all.insert("rows".to_owned(), totals.rows.into());
    if let Some((name, groups)) = &totals.groups {
        let by = groups.iter().map(|(group, of)| (group.clone(), Value::Object(sums(of)))).collect();
        all.insert((*name).to_owned(), Value::Object(by));
    }
    Value::Object(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_never_a_formula() {
        for (text, written) in [
            ("=HYPERLINK(\"x\")", "'=HYPERLINK(\"x\")"),
            ("+880", "'+880"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("a=1", "a=1"),
        ] {
            assert_eq!(plain(&Cell::Text(text.to_owned())), written);
        }
        assert_eq!(plain(&Cell::Amount(-150)), "-1.50");
    }
}
