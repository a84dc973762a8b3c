//! The amounts, and the working behind them. Plain data: rendering is another module's.

use std::sync::Arc;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use vextrus_domain::{Rate, Taka};

use super::question::Question;
use crate::schedule::{Row, Tax};

/// One tax withheld from the payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withheld {
    /// VDS or TDS.
    pub tax: Tax,
    /// The row's code, with its section for TDS.
    pub code: String,
    /// The rate applied, uplift and certificates considered.
    pub rate: Rate,
    /// What it was applied to.
    pub base: Taka,
    /// The amount withheld.
    pub amount: Taka,
}

/// Which version of which schedule an assessment rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduleRef {
    /// Its name.
    pub name: String,
    /// SHA-256 of its text, in hex.
    pub hash: String,
}

/// The taxes of one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineTax {
    /// The line's number, from 1.
    pub line: u32,
    /// Its value without taxes.
    pub value: Taka,
    /// Supplementary duty.
    pub sd: Taka,
    /// VAT.
    pub vat: Taka,
    /// VAT withheld.
    pub vds: Taka,
    /// Its share of the income tax withheld.
    pub tds: Taka,
}

/// Why s.142 raised a rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UpliftGround {
    /// No proof of submission of return (s.142(1)).
    NoPsr,
    /// Payment otherwise than by bank transfer (s.142(2)).
    NotByBank,
    /// Both.
    Both,
}

/// What a step of the working did.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Step {
    /// The rate's share of the base.
    #[default]
    Share,
    /// The rate's part of a base that includes the tax: base x rate / (100 + rate).
    TaxFraction,
    /// The whole of what the line was charged, because the rates are the same.
    Whole,
    /// The tax is the printed one; the computed sum differs within the tolerance.
    Stated {
        /// The computed sum.
        computed: Taka,
    },
    /// The base was chosen as the highest of these (Income Tax Act 2023 s.140(5)).
    HighestOf {
        /// The value of the contract.
        contract: Option<Taka>,
        /// The bill.
        bill: Taka,
        /// The payment, where it is another amount.
        payment: Option<Taka>,
        /// What was taxed before under the contract and is taken off.
        taxed_before: Taka,
    },
    /// The rate was raised (s.142).
    Uplift {
        /// The rate before.
        from: Rate,
        /// Why.
        ground: UpliftGround,
    },
    /// A certificate of the Board lowered the rate.
    Certificate {
        /// The rate before.
        from: Rate,
        /// The certificate's number.
        number: String,
    },
    /// Another reckoning that gave less: the higher tax is due.
    LowerAlternative,
    /// Tax paid at import was taken off.
    ImportCredit {
        /// The tax before.
        from: Taka,
    },
    /// The payer bears the tax: base x rate / (100 - rate) (s.141).
    GrossUp,
    /// The income tax of the section was rounded to whole taka (s.331).
    NearestTaka,
    /// Nothing is withheld.
    NotWithheld {
        /// Why, with the rule.
        why: String,
    },
}

/// One step of the working.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceStep {
    /// The line's number, from 1; none for a step on the whole document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// The tax.
    pub tax: Tax,
    /// What was done.
    #[serde(default)]
    pub step: Step,
    /// What the rate was applied to.
    pub base: Taka,
    /// The rate.
    pub rate: Rate,
    /// The result, rounded half-up to the poisha.
    pub amount: Taka,
    /// The row that it rests on, by its place in [`Assessment::rows`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<u32>,
    /// The row's code, in assessments that were stored before rows were.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub code: String,
    /// The row's sources, in assessments that were stored before rows were.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub because: String,
}

/// What an invoice owes and to whom.
///
/// `net_payable` + everything in `withheld` + `retention` + `advance` = `total` + `borne`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assessment {
    /// The schedule; none in assessments that were stored before it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<ScheduleRef>,
    /// The value without taxes.
    pub subtotal: Taka,
    /// Supplementary duty, as stated, within the schedule's tolerance.
    #[serde(default)]
    pub sd: Taka,
    /// The VAT as stated, within the schedule's tolerance.
    pub vat: Taka,
    /// The invoice total, taxes included.
    pub total: Taka,
    /// The taxes line by line.
    #[serde(default)]
    pub lines: Vec<LineTax>,
    /// What is withheld.
    pub withheld: Vec<Withheld>,
    /// Income tax that the payer bears on top of the total (s.141).
    #[serde(default)]
    pub borne: Taka,
    /// What is kept back.
    #[serde(default)]
    pub retention: Taka,
    /// The advance that is set off.
    #[serde(default)]
    pub advance: Taka,
    /// What the vendor is paid now.
    pub net_payable: Taka,
    /// The rows that the working rests on.
    #[serde(default)]
    pub rows: Vec<Arc<Row>>,
    /// The working, step by step.
    pub trace: Vec<TraceStep>,
    /// Questions that a person must answer before the amounts stand.
    pub questions: Vec<Question>,
}

impl Assessment {
    /// What the bill costs the company, VAT aside: value, supplementary duty and the tax that it bears.
    ///
    /// # Errors
    /// An amount beyond what the ledger holds.
    pub fn cost(&self) -> Result<Taka, vextrus_domain::money::MoneyError> {
        self.subtotal.plus(self.sd)?.plus(self.borne)
    }

    /// The row of a step.
    #[must_use]
    pub fn row(&self, step: &TraceStep) -> Option<&Row> {
        self.rows.get(step.row? as usize).map(|r| &**r)
    }

    /// The questions that keep the bill from being paid, whatever people answer.
    pub fn blocking(&self) -> impl Iterator<Item = &Question> {
        self.questions.iter().filter(|q| q.blocks)
    }
}

/// Whether a day is in the life of a paper or rule that begins on `from`.
pub(crate) fn since(day: NaiveDate, from: (i32, u32, u32)) -> bool {
    NaiveDate::from_ymd_opt(from.0, from.1, from.2).is_some_and(|from| from <= day)
}
