//! Why an amount is what it is, in words, and what would change it.

mod labels;
mod text;
mod what_if;

pub use text::{line, lines, summary, why};
pub use what_if::{Comparison, WhatIf, compare};
