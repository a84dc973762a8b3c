//! What columns come to.

use super::{Cell, Sums, Totals};

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
