//! What a schedule must hold to before it may be used.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use vextrus_domain::{Rate, Taka};

use super::{Ambiguous, Basis, Required, Row, Schedule, Tax};

/// The highest rate that the law allows: Income Tax Act 2023 s.89 10 %, s.90 20 %, s.119 30 %; VAT Act s.15(3) 15 %.
/// A row of income tax without a section is held to s.90's; supplementary duty is bounded only against slips.
const fn ceiling(tax: Tax, section: &str) -> Rate {
    match (tax, section.as_bytes()) {
        (Tax::Vat | Tax::Vds, _) => Rate::from_ppm(150_000),
        (Tax::Sd, _) => Rate::from_ppm(10_000_000),
        (Tax::Tds, b"s89") => Rate::from_ppm(100_000),
        (Tax::Tds, b"s119") => Rate::from_ppm(300_000),
        (Tax::Tds, _) => Rate::from_ppm(200_000),
    }
}

/// Checks a row on its own.
pub(super) fn row(row: &Row) -> Result<(), String> {
    let key = row.key();
    let most = ceiling(row.tax, &row.section);
    if row.rate > most {
        return Err(format!(
            "the {} row for {key} has a rate of {}; the statutory ceiling is {most}",
            row.tax, row.rate
        ));
    }
    if row.from.zip(row.to).is_some_and(|(from, to)| to <= from) {
        return Err(format!("the {} row for {key} ends before it begins; `to` is the first day after it", row.tax));
    }
    if row.over.zip(row.upto).is_some_and(|(over, upto)| upto <= over) {
        return Err(format!("the {} row for {key} has an empty band; `upto` must be above `over`", row.tax));
    }
    for (name, value) in [("code", &row.code), ("legal_ref", &row.legal_ref), ("source", &row.source)] {
        if value.trim().is_empty() {
            return Err(format!(
                "the {} row for {key} has an empty {name}; every rate says where it comes from",
                row.tax
            ));
        }
    }
    if row.code.contains('/') {
        return Err(format!("the {} row's code {:?} holds a slash, which parts section and code", row.tax, row.code));
    }
    if row.tax != Tax::Tds && row.basis != Basis::Base {
        return Err(format!("the {} row for {key} has a basis; only TDS knows gross and commission", row.tax));
    }
    Ok(())
}

impl Schedule {
    pub(super) fn check_withholding(&self) -> Result<(), String> {
        let w = &self.withholding;
        for (kind, key) in [("contractor", &w.contractor), ("supplier", &w.supplier), ("service", &w.service)] {
            self.tds_key(key).map_err(|e| format!("withholding.{kind}: {}", e.message))?;
        }
        Ok(())
    }

    pub(super) fn check_ambiguous(&self, ambiguous: &Ambiguous) -> Result<(), String> {
        if ambiguous.choices.len() < 2 {
            return Err(format!("code {} has fewer than two choices", ambiguous.code));
        }
        match ambiguous.choices.iter().find(|c| !self.knows_supply(c)) {
            Some(unknown) => Err(format!("code {}: no VAT or VDS row has the code {unknown:?}", ambiguous.code)),
            None => Ok(()),
        }
    }

    /// Every day, payee and base of what is promised must find exactly one row of one basis.
    pub(super) fn check_required(&self, required: &Required) -> Result<(), String> {
        let rows: Vec<&Row> = self
            .rows_of(required.tax, &required.code)
            .filter(|r| r.section == required.section)
            .map(|r| &**r)
            .collect();
        let slash = if required.section.is_empty() { "" } else { "/" };
        let name = format!("{} {}{slash}{}", required.tax, required.section, required.code);
        // Between two neighbouring edges nothing changes, so that the first day of each span speaks for it.
        let mut edges: BTreeSet<NaiveDate> = rows.iter().flat_map(|r| [r.from, r.to]).flatten().collect();
        edges.insert(required.from.unwrap_or(NaiveDate::MIN));
        let within =
            |day: &NaiveDate| required.from.is_none_or(|f| f <= *day) && required.to.is_none_or(|to| *day < to);
        for day in edges.into_iter().filter(within) {
            for natural_person in [true, false] {
                let mut bands: Vec<(Option<Taka>, Option<Taka>)> = rows
                    .iter()
                    .filter(|r| {
                        r.in_force(day) && r.payee.covers(natural_person, false) && r.basis != Basis::Commission
                    })
                    .map(|r| (r.over.filter(|o| *o != Taka::ZERO), r.upto))
                    .collect();
                bands.sort_unstable();
                let tiled = bands.first().is_some_and(|b| b.0.is_none())
                    && bands.last().is_some_and(|b| b.1.is_none())
                    && bands.windows(2).all(|w| w[0].1 == w[1].0);
                if !tiled {
                    let whom = if natural_person { "natural persons" } else { "others" };
                    let day = if day == NaiveDate::MIN { "any early day".to_owned() } else { day.to_string() };
                    return Err(format!("{name} is promised, but {whom} have no rate for every base on {day}"));
                }
            }
        }
        Ok(())
    }
}
