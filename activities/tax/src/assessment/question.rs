//! What only a person can say.

use serde::{Deserialize, Serialize};

/// What a question is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuestionKind {
    /// A code with several rates.
    AmbiguousCode,
    /// A rate whose source is weak, or that its row says to ask about.
    UncertainRate,
    /// A line that names no supply code, where VAT may have to be withheld.
    UncodedSupply,
    /// A line that names no code of income tax.
    UncodedPayment,
    /// No proof of submission of return.
    ReturnProof,
    /// A certificate of the Board that came with the bill.
    Certificate,
    /// Both failures of s.142 at once.
    BothUplifts,
    /// The bill came without a Mushak 6.3.
    Mushak63,
    /// The supplier is not registered for VAT.
    UnregisteredSupplier,
    /// An exemption from VDS whose ground or evidence is not clear.
    VdsExemption,
    /// More VAT would be withheld than was charged.
    VdsAboveVat,
    /// A commission that the bill does not show.
    CommissionNotShown,
    /// One bill of several under a contract.
    PartPayment,
    /// A base above the bill that several kinds of payment share.
    SharedBase,
    /// Supplementary duty that no row of the schedule confirms.
    SupplementaryDuty,
    /// Facts that the law does not say how to combine.
    Combination,
}

impl QuestionKind {
    /// The kind's name in data.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AmbiguousCode => "ambiguous_code",
            Self::UncertainRate => "uncertain_rate",
            Self::UncodedSupply => "uncoded_supply",
            Self::UncodedPayment => "uncoded_payment",
            Self::ReturnProof => "return_proof",
            Self::Certificate => "certificate",
            Self::BothUplifts => "both_uplifts",
            Self::Mushak63 => "mushak_63",
            Self::UnregisteredSupplier => "unregistered_supplier",
            Self::VdsExemption => "vds_exemption",
            Self::VdsAboveVat => "vds_above_vat",
            Self::CommissionNotShown => "commission_not_shown",
            Self::PartPayment => "part_payment",
            Self::SharedBase => "shared_base",
            Self::SupplementaryDuty => "supplementary_duty",
            Self::Combination => "combination",
        }
    }
}

/// A question for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Stored")]
pub struct Question {
    /// What it is about.
    pub kind: QuestionKind,
    /// The code or paper that it is about; empty for the whole document.
    pub subject: String,
    /// What is asked.
    pub text: String,
    /// The answers that change the amounts; none: the amounts stand when a person confirms them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<String>,
    /// Whether the bill must not be paid as it is, whatever people say.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub blocks: bool,
}

impl Question {
    /// What an answer is stored under; the same for the same question of a later assessment.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{}/{}", self.kind.name(), self.subject)
    }
}

/// Questions were texts alone before they had a kind.
#[derive(Deserialize)]
#[serde(untagged)]
enum Stored {
    Text(String),
    Full {
        kind: QuestionKind,
        subject: String,
        text: String,
        #[serde(default)]
        choices: Vec<String>,
        #[serde(default)]
        blocks: bool,
    },
}

impl From<Stored> for Question {
    fn from(stored: Stored) -> Self {
        match stored {
            Stored::Text(text) => Self {
                kind: QuestionKind::UncertainRate,
                subject: String::new(),
                text,
                choices: Vec::new(),
                blocks: false,
            },
            Stored::Full { kind, subject, text, choices, blocks } => Self { kind, subject, text, choices, blocks },
        }
    }
}
