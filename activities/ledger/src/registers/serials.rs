//! Every series of numbers: what it has reached, what is missing, and what stands twice.

use std::collections::BTreeMap;

use vextrus_domain::TenantId;

use super::{Cell, Rows, Totals};
use crate::db::{Tx, args};
use crate::error::LedgerError;

pub(super) const COLUMNS: &[&str] =
    &["series", "fiscal_year", "first", "last", "taken", "count", "missing", "gaps", "duplicates", "sound"];

/// The most gaps that one row tells; the rest is counted.
const MOST_GAPS: usize = 20;

/// One series, read in order.
#[derive(Debug, Default)]
struct Series {
    first: Option<i64>,
    last: i64,
    /// What the series says of itself; none where numbers are counted from the rows.
    taken: Option<i64>,
    count: i64,
    missing: i64,
    gaps: Vec<String>,
    more: usize,
    duplicates: i64,
}

impl Series {
    fn take(&mut self, serial: i64) {
        self.count += 1;
        if self.first.is_some() && serial == self.last {
            self.duplicates += 1;
            return;
        }
        self.gap(self.last + 1, serial - 1);
        self.first.get_or_insert(serial);
        self.last = serial;
    }

    fn gap(&mut self, from: i64, until: i64) {
        if until < from {
            return;
        }
        self.missing += until - from + 1;
        if self.gaps.len() == MOST_GAPS {
            self.more += 1;
        } else if from == until {
            self.gaps.push(from.to_string());
        } else {
            self.gaps.push(format!("{from} to {until}"));
        }
    }

    fn cells(mut self, series: String, year: String) -> Vec<Cell> {
        if let Some(taken) = self.taken {
            self.gap(self.last + 1, taken);
        }
        let mut gaps = self.gaps.join(", ");
        if self.more > 0 {
            gaps = format!("{gaps}, and {} more", self.more);
        }
        let beyond = self.taken.is_some_and(|taken| taken < self.last);
        vec![
            Cell::text(series),
            Cell::text(year),
            Cell::maybe(self.first, Cell::Count),
            Cell::maybe(self.first.map(|_| self.last), Cell::Count),
            Cell::maybe(self.taken, Cell::Count),
            Cell::Count(self.count),
            Cell::Count(self.missing),
            Cell::text(gaps),
            Cell::Count(self.duplicates),
            Cell::Flag(self.missing == 0 && self.duplicates == 0 && !beyond),
        ]
    }
}

pub(super) async fn report(tx: &mut Tx, tenant: &TenantId, rows: &mut Rows<'_>) -> Result<Totals, LedgerError> {
    let mut all: BTreeMap<(String, String), Series> = BTreeMap::new();
    let taken: Vec<(String, String, i64)> =
        tx.all("SELECT series, fiscal_year, last FROM number_series WHERE tenant = $1", args![tenant.as_str()]).await?;
    for (series, year, last) in taken {
        all.entry((series, year)).or_default().taken = Some(last);
    }
    tx.each(
        "SELECT series, fiscal_year, serial FROM (
            SELECT 'PI' AS series, fiscal_year, serial FROM payment_instructions WHERE tenant = $1
            UNION ALL SELECT 'PO', fiscal_year, serial FROM purchase_orders WHERE tenant = $1 AND serial IS NOT NULL
            UNION ALL SELECT tax || 'C', fiscal_year, serial FROM tax_certificates WHERE tenant = $1
            UNION ALL SELECT 'DEPOSIT', '', deposit FROM treasury_deposits WHERE tenant = $1) AS numbers
         ORDER BY series, fiscal_year, serial",
        args![tenant.as_str()],
        |(series, year, serial): (String, String, i64)| {
            all.entry((series, year)).or_default().take(serial);
            Ok(())
        },
    )
    .await?;
    let (mut missing, mut duplicates) = (0, 0);
    let series = i64::try_from(all.len()).unwrap_or(i64::MAX);
    for ((series, year), one) in all {
        duplicates += one.duplicates;
        let cells = one.cells(series, year);
        if let Some(Cell::Count(count)) = cells.get(6) {
            missing += count;
        }
        rows(cells)?;
    }
    let sums = vec![("missing", Cell::Count(missing)), ("duplicates", Cell::Count(duplicates))];
    Ok(Totals { rows: series, sums, groups: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(serials: &[i64], taken: Option<i64>) -> String {
        let mut series = Series { taken, ..Series::default() };
        serials.iter().for_each(|serial| series.take(*serial));
        let cells = series.cells("PI".to_owned(), "2026-27".to_owned());
        cells[2..].iter().map(ToString::to_string).collect::<Vec<_>>().join("|")
    }

    #[test]
    fn gaps_and_duplicates_are_found_wherever_they_are() {
        for (serials, taken, row) in [
            (&[1, 2, 3][..], Some(3), "1|3|3|3|0||0|yes"),
            (&[], Some(2), "||2|0|2|1 to 2|0|no"),
            (&[2, 3, 7], Some(9), "2|7|9|3|6|1, 4 to 6, 8 to 9|0|no"),
            (&[1, 1, 2, 2, 2], Some(2), "1|2|2|5|0||3|no"),
            (&[1, 2], Some(1), "1|2|1|2|0||0|no"),
            (&[1, 2], None, "1|2||2|0||0|yes"),
        ] {
            assert_eq!(told(serials, taken), row, "{serials:?}");
        }
        let odd: Vec<i64> = (0..50).map(|n| 2 * n + 1).collect();
        let row = told(&odd, Some(99));
        assert!(row.contains("|49|2, 4, ") && row.contains("40, and 29 more|0|no"), "{row}");
    }
}
