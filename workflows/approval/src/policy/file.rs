//! The policy's file, as it is written.

use serde::Deserialize;
use toml::Spanned;
use vextrus_domain::matching::Tolerances;
use vextrus_domain::{DepartmentId, DocumentType, PersonId, ProjectId, RoleName, Taka};

use super::{Basis, Clock, ExceptionKind, Policy, Restart, Shortfall, check};
use crate::duration;

/// The longest policy that is read, in bytes.
const LONGEST_POLICY: usize = 256 * 1024;

/// Why a policy cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// The text is far longer than any policy.
    #[error("the approval policy is longer than {LONGEST_POLICY} bytes")]
    TooLong,
    /// The text is not a policy; the message names line and column.
    #[error("the approval policy cannot be read: {0}")]
    Unreadable(String),
    /// Something in it contradicts itself or cannot be.
    #[error("line {line} of the approval policy: {problem}")]
    Wrong {
        /// The line, from 1.
        line: usize,
        /// What is wrong and what would be right.
        problem: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PolicyFile {
    pub(super) document: Spanned<DocumentType>,
    #[serde(default)]
    pub(super) basis: Option<Basis>,
    #[serde(default)]
    pub(super) clock: Clock,
    #[serde(default = "half_time")]
    pub(super) remind_at_percent: Spanned<Vec<u8>>,
    pub(super) no_approval_up_to: Option<Spanned<Taka>>,
    pub(super) administrators: Option<RoleName>,
    pub(super) matching: Option<Tolerances>,
    pub(super) splitting: Option<SplittingFile>,
    pub(super) bank_details: Option<Spanned<BankDetailsFile>>,
    pub(super) budget: BudgetFile,
    #[serde(default)]
    pub(super) information: InformationFile,
    #[serde(default)]
    pub(super) changes: ChangesFile,
    #[serde(default)]
    pub(super) separation: SeparationFile,
    #[serde(default)]
    pub(super) limits: LimitsFile,
    #[serde(default, rename = "exception")]
    pub(super) exceptions: Vec<Spanned<ExceptionFile>>,
    #[serde(default, rename = "level")]
    pub(super) levels: Vec<Spanned<LevelFile>>,
}

fn half_time() -> Spanned<Vec<u8>> {
    Spanned::new(0..0, vec![50])
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SplittingFile {
    #[serde(deserialize_with = "duration::seconds")]
    pub(super) within: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BankDetailsFile {
    pub(super) role: RoleName,
    #[serde(deserialize_with = "duration::seconds")]
    pub(super) within: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BudgetFile {
    pub(super) shortfall: Shortfall,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InformationFile {
    #[serde(deserialize_with = "duration::seconds")]
    pub(super) answer_within: u64,
}

impl Default for InformationFile {
    fn default() -> Self {
        Self { answer_within: 7 * 86_400 }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangesFile {
    #[serde(deserialize_with = "duration::seconds")]
    pub(super) within: u64,
    pub(super) restart: Restart,
}

impl Default for ChangesFile {
    fn default() -> Self {
        Self { within: 14 * 86_400, restart: Restart::All }
    }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct SeparationFile {
    pub(super) may_decide_twice: Vec<RoleName>,
    pub(super) may_release: Vec<RoleName>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct LimitsFile {
    pub(super) questions: Option<Spanned<u32>>,
    pub(super) comments: Option<Spanned<u32>>,
    pub(super) returns: Option<Spanned<u32>>,
    pub(super) delegation_hops: Option<Spanned<u32>>,
    pub(super) interventions: Option<Spanned<u32>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EscalationFile {
    pub(super) to: String,
    #[serde(deserialize_with = "duration::seconds")]
    pub(super) within: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExceptionFile {
    pub(super) kind: ExceptionKind,
    pub(super) role: Option<RoleName>,
    pub(super) people: Option<Vec<PersonId>>,
    #[serde(deserialize_with = "duration::seconds")]
    pub(super) within: u64,
    pub(super) clock: Option<Clock>,
    pub(super) remind_at_percent: Option<Vec<u8>>,
    #[serde(default)]
    pub(super) escalate: Vec<EscalationFile>,
    pub(super) proceed: String,
    pub(super) refuse: String,
    pub(super) before: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LevelFile {
    pub(super) name: Option<String>,
    pub(super) role: Option<RoleName>,
    pub(super) people: Option<Vec<PersonId>>,
    pub(super) quorum: Option<Spanned<toml::Value>>,
    pub(super) above: Option<Taka>,
    pub(super) up_to: Option<Taka>,
    #[serde(default)]
    pub(super) departments: Vec<DepartmentId>,
    #[serde(default)]
    pub(super) projects: Vec<ProjectId>,
    #[serde(default)]
    pub(super) vendor_classes: Vec<String>,
    #[serde(deserialize_with = "duration::seconds")]
    pub(super) within: u64,
    pub(super) clock: Option<Clock>,
    pub(super) remind_at_percent: Option<Vec<u8>>,
    #[serde(default)]
    pub(super) escalate: Vec<EscalationFile>,
    #[serde(default)]
    pub(super) same_department: bool,
    #[serde(default)]
    pub(super) parallel: bool,
}

pub(super) fn read(text: &str) -> Result<Policy, PolicyError> {
    if text.len() > LONGEST_POLICY {
        return Err(PolicyError::TooLong);
    }
    let file: PolicyFile =
        toml::from_str(text).map_err(|e| PolicyError::Unreadable(e.to_string().trim_end().to_owned()))?;
    let line = |offset: usize| text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1;
    let document = *file.document.get_ref();
    let at_top = line(file.document.span().start);
    check::policy(file).map_err(|(offset, problem)| {
        let place = if offset == 0 { at_top } else { line(offset) };
        PolicyError::Wrong { line: place, problem: format!("{document} policy: {problem}") }
    })
}
