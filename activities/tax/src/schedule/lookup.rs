//! Finding the one row for a key and a day.

use std::sync::Arc;

use chrono::NaiveDate;
use vextrus_domain::{Refusal, RefusalCode, Taka};

use super::{Ambiguous, Basis, Row, Schedule, Tax};

/// The code under which a section's rows for everything stand, such as the slabs before July 2024.
const ANYTHING: &str = "ANY";

/// Whether a supply's code has rows of a tax, and one for the day.
pub(crate) enum Known<'a> {
    /// This row is in force.
    Row(&'a Arc<Row>),
    /// The code has rows of the tax, none of which covers the day.
    NotThen,
    /// The code has no row of the tax.
    Never,
}

/// The rows that give a payment's income tax on a day.
#[derive(Clone, Copy)]
pub(crate) struct Rates<'a> {
    /// On the base, or on the gross bill.
    pub(crate) main: &'a Arc<Row>,
    /// On the commission, where the law takes the higher of both.
    pub(crate) commission: Option<&'a Arc<Row>>,
}

impl Schedule {
    /// The rows of a tax for a code, in the order of the text.
    pub fn rows_of(&self, tax: Tax, code: &str) -> impl Iterator<Item = &Arc<Row>> {
        let numbers = self.index[tax as usize].get(code).map_or(&[][..], Vec::as_slice);
        numbers.iter().filter_map(|i| self.rows.get(*i as usize))
    }

    /// The first day after this one on which a code that is covered now is covered no more, since its last row has ended: bills of that
    /// code cannot be assessed then.
    #[must_use]
    pub fn first_gap(&self, after: NaiveDate) -> Option<NaiveDate> {
        let of = |row: &Row| (row.tax, row.section.clone(), row.code.clone());
        let ends = self.rows.iter().filter_map(|row| Some((row.to.filter(|to| *to > after)?, of(row))));
        ends.filter(|(to, key)| !self.rows.iter().any(|other| of(other) == *key && other.in_force(*to)))
            .map(|(to, _)| to)
            .min()
    }

    pub(crate) fn knows_supply(&self, code: &str) -> bool {
        [Tax::Vat, Tax::Vds].iter().any(|t| self.index[*t as usize].contains_key(code))
    }

    /// The row of a supply's code.
    pub(crate) fn supply_row(&self, tax: Tax, code: &str, day: NaiveDate, enlisted: bool) -> Known<'_> {
        let mut any = false;
        for row in self.rows_of(tax, code).filter(|r| r.payee.covers(false, enlisted)) {
            any = true;
            if row.in_force(day) {
                return Known::Row(row);
            }
        }
        if any { Known::NotThen } else { Known::Never }
    }

    pub(crate) fn ambiguous_code(&self, code: &str) -> Option<&Ambiguous> {
        self.ambiguous.iter().find(|a| a.code == code)
    }

    /// Section and code of a key such as `s90/PROFESSIONAL` or, where it is clear, `PROFESSIONAL`.
    pub(crate) fn tds_key<'k>(&'k self, key: &'k str) -> Result<(&'k str, &'k str), Refusal> {
        let unknown = |message: String| Refusal::new(RefusalCode::TaxCodeUnknown, message);
        let (section, code) = key.split_once('/').map_or((None, key), |(s, c)| (Some(s), c));
        let mut found = self.rows_of(Tax::Tds, code).map(|r| r.section.as_str());
        let clear = match section {
            Some(section) => found.any(|f| f == section).then_some(section),
            None => found.next().filter(|first| found.all(|f| f == *first)),
        };
        if let Some(section) = clear {
            return Ok((section, code));
        }
        let mut sections: Vec<&str> = self.rows_of(Tax::Tds, code).map(|r| r.section.as_str()).collect();
        sections.sort_unstable();
        sections.dedup();
        match (section, sections.as_slice()) {
            (None, [_, ..]) => Err(unknown(format!(
                "TDS code {key:?} is in sections {}; write it with its section, such as {}/{code}",
                sections.join(", "),
                sections.first().unwrap_or(&"s90")
            ))),
            _ => Err(unknown(format!(
                "schedule {} has no TDS code {key:?}; `vextrus tax schedule show {} --tax TDS` lists them",
                self.name, self.name
            ))),
        }
    }

    /// The key whose rows serve another one on a day: its own or, where it has none then, the section's for everything.
    pub(crate) fn tds_serving<'k>(&self, (section, code): (&'k str, &'k str), day: NaiveDate) -> (&'k str, &'k str) {
        let serves = |code: &str| self.rows_of(Tax::Tds, code).any(|r| r.section == section && r.in_force(day));
        if !serves(code) && serves(ANYTHING) { (section, ANYTHING) } else { (section, code) }
    }

    /// The rows for a payment under a key, on a day, of this base.
    pub(crate) fn tds_rates(
        &self,
        (section, code): (&str, &str),
        day: NaiveDate,
        natural_person: bool,
        base: Taka,
    ) -> Option<Rates<'_>> {
        let find = |code: &str, commission: bool| {
            self.rows_of(Tax::Tds, code).find(|r| {
                r.section == section
                    && r.in_force(day)
                    && r.payee.covers(natural_person, false)
                    && r.in_band(base)
                    && (r.basis == Basis::Commission) == commission
            })
        };
        Some(Rates { main: find(code, false)?, commission: find(code, true) })
    }
}
