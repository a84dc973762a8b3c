//! Reading much without holding much: one page after the other, in a transaction that sees one state.

use super::{Cell, Sums, Totals};
use crate::db::{Arg, Row, Tx};
use crate::error::LedgerError;

/// Rows of one page.
const PAGE: i64 = 2_000;

/// Hands on each row of a query that ends in `LIMIT` and `OFFSET` of its last two values and has a complete order.
pub(super) async fn each<T: Row>(
    tx: &mut Tx,
    sql: &'static str,
    args: Vec<Arg>,
    mut take: impl FnMut(T) -> Result<(), LedgerError>,
) -> Result<(), LedgerError> {
    let mut offset = 0;
    loop {
        let mut page = args.clone();
        page.extend([Arg::from(PAGE), Arg::from(offset)]);
        let rows: Vec<T> = tx.all(sql, page).await?;
        let is_last = i64::try_from(rows.len()).is_ok_and(|read| read < PAGE);
        for row in rows {
            take(row)?;
        }
        if is_last {
            return Ok(());
        }
        offset += PAGE;
    }
}

/// Adds up columns.
#[derive(Debug, Clone)]
pub(super) struct Adding {
    names: &'static [&'static str],
    values: Vec<i128>,
    rows: i64,
}

impl Adding {
    pub(super) fn of(names: &'static [&'static str]) -> Self {
        Self { names, values: vec![0; names.len()], rows: 0 }
    }

    /// Adds one row: a value for each name.
    pub(super) fn add(&mut self, values: &[i64]) {
        debug_assert_eq!(values.len(), self.names.len(), "a value for each name");
        self.rows += 1;
        for (sum, value) in self.values.iter_mut().zip(values) {
            *sum += i128::from(*value);
        }
    }

    pub(super) fn sums(&self) -> Sums {
        self.names.iter().copied().zip(self.values.iter().copied().map(Cell::Amount)).collect()
    }

    pub(super) fn totals(&self) -> Totals {
        Totals { rows: self.rows, sums: self.sums(), groups: None }
    }
}
