//! How a company reads the questions that the law leaves open. Each is a named choice in the schedule, so that its hash
//! covers it. The defaults are those of a schedule that says nothing: the company's own rates, no statutory extras.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// The choices of a schedule.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// Whether VAT is withheld by the table of the VDS Rules.
    pub vds: Vds,
    /// Whether the base of income tax at source includes SD and VAT; the Act is silent, practice leaves them out.
    pub tds_base: TdsBase,
    /// To what income tax at source is rounded, once a document and section.
    pub tds_rounding: TdsRounding,
    /// Whether a missing proof of return, or a payment outside the bank, raises the rate by half (Income Tax Act 2023 s.142).
    pub s142_uplift: Uplift,
    /// What both failures at once do; the law is unresolved.
    pub both_uplifts: BothUplifts,
    /// What a missing proof of return does to the payment (s.264(5)).
    pub no_psr: NoPsr,
    /// What a missing Mushak 6.3 does (VDS Rules 2025 r.6(1)).
    pub no_mushak_63: NoMushak63,
    /// How the bills of one contract are taxed (s.140(5)); the law is unresolved.
    pub part_payments: PartPayments,
    /// Until when a proof of return of the previous assessment year counts.
    pub psr_days: PsrDays,
}

/// Whether VAT is withheld.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Vds {
    /// Never.
    #[default]
    None,
    /// By the schedule's VDS rows and the exemptions of VDS Rules 2025 r.5.
    Table,
}

/// What the base of income tax at source holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TdsBase {
    /// The value alone.
    #[default]
    ExclVat,
    /// The value with SD and VAT.
    InclVat,
}

/// To what income tax at source is rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TdsRounding {
    /// To the poisha, half-up.
    #[default]
    Paisa,
    /// To the taka; 50 poisha or more count as one (Income Tax Act 2023 s.331).
    NearestTakaS331,
}

/// Whether s.142 raises rates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Uplift {
    /// It does not: the schedule's rates hold it already.
    #[default]
    None,
    /// It does, by half of the rate.
    Apply,
}

/// What two failures at once do to a rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BothUplifts {
    /// One uplift, and a person is asked.
    #[default]
    OneAndAsk,
    /// Twice half of the rate: the rate doubles.
    Sum,
    /// Half on top of half: the rate times 2.25.
    Product,
}

/// What a missing proof of return does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoPsr {
    /// The rate is raised, and a person must agree to pay.
    #[default]
    UpliftWithApproval,
    /// The bill must not be paid.
    Block,
}

/// What a missing Mushak 6.3 does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoMushak63 {
    /// Nothing.
    #[default]
    Ignore,
    /// A person is asked.
    Ask,
    /// The bill must not be paid.
    Block,
}

/// How the bills of one contract are taxed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartPayments {
    /// Each on its own amount.
    #[default]
    PaymentWise,
    /// The whole contract at the first payment, less what was taxed before.
    WholeContract,
}

/// The last day, in the fiscal year of the payment, on which a proof of the previous assessment year counts. Written `MM-DD`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PsrDays {
    /// For natural persons; afterwards, until the company's day, a person is asked.
    pub natural_person: MonthDay,
    /// For everybody else: the fifteenth day of the ninth month after the year's end.
    pub other: MonthDay,
}

impl Default for PsrDays {
    fn default() -> Self {
        Self { natural_person: MonthDay { month: 11, day: 30 }, other: MonthDay { month: 3, day: 15 } }
    }
}

/// A day of any year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MonthDay {
    month: u32,
    day: u32,
}

impl MonthDay {
    /// The day in this year; the last of its month where the year has no such day.
    #[must_use]
    pub fn in_year(self, year: i32) -> Option<NaiveDate> {
        (0..4).find_map(|back| NaiveDate::from_ymd_opt(year, self.month, self.day.checked_sub(back)?))
    }

    /// The month, 1 to 12.
    #[must_use]
    pub const fn month(self) -> u32 {
        self.month
    }
}

impl TryFrom<String> for MonthDay {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || format!("{text:?} is not a day of the year: write it like 03-15");
        let (month, day) = text.split_once('-').ok_or_else(wrong)?;
        let (month, day) = (month.parse().map_err(|_| wrong())?, day.parse().map_err(|_| wrong())?);
        // A leap year has every day that any year has.
        NaiveDate::from_ymd_opt(2024, month, day).map(|_| Self { month, day }).ok_or_else(wrong)
    }
}

impl From<MonthDay> for String {
    fn from(day: MonthDay) -> Self {
        format!("{:02}-{:02}", day.month, day.day)
    }
}
