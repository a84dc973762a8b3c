//! Who must approve what, as data.

mod check;
mod file;
mod rule;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use vextrus_domain::matching::Tolerances;
use vextrus_domain::{DepartmentId, DocumentType, PersonId, ProjectId, RoleName, Taka};

pub use file::PolicyError;

/// What can make a document need a person's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExceptionKind {
    /// The invoice differs from its purchase order or from what was received by more than the tolerance.
    PoVariance,
    /// Another open or approved document looks the same.
    PossibleDuplicate,
    /// A tax row of low confidence was needed.
    UncertainRate,
    /// The payable differs from what was approved.
    PayableChanged,
    /// The budget does not suffice.
    BudgetExceeded,
}

impl ExceptionKind {
    /// Every kind.
    pub const ALL: [Self; 5] =
        [Self::PoVariance, Self::PossibleDuplicate, Self::UncertainRate, Self::PayableChanged, Self::BudgetExceeded];

    /// The kind's name in data.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PoVariance => "po_variance",
            Self::PossibleDuplicate => "possible_duplicate",
            Self::UncertainRate => "uncertain_rate",
            Self::PayableChanged => "payable_changed",
            Self::BudgetExceeded => "budget_exceeded",
        }
    }
}

/// Which seconds count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Clock {
    /// All of them.
    #[default]
    Calendar,
    /// Those within office hours, in Dhaka.
    Working,
}

/// The amount that bands are compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// VAT included.
    Total,
    /// VAT excluded.
    Subtotal,
    /// What the vendor is paid.
    Payable,
}

impl Basis {
    /// The basis in running text.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Total => "total",
            Self::Subtotal => "amount without VAT",
            Self::Payable => "payable",
        }
    }
}

/// Who is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// Everybody who holds a role.
    Role(RoleName),
    /// These people.
    People(Vec<PersonId>),
}

/// How many of those who are asked must agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quorum {
    /// One of them.
    Any,
    /// Every one of them.
    All,
    /// This many.
    Of(u32),
}

/// Who is asked next when a task's time has passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EscalateTo {
    /// The deputies of those who were asked.
    Deputy,
    /// Their managers.
    Manager,
    /// The people of the next level.
    NextLevel,
    /// Everybody who holds a role.
    Role(RoleName),
}

/// One step of an escalation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EscalationRule {
    /// Who is asked.
    pub to: EscalateTo,
    /// How long the task then has, in seconds.
    pub within_seconds: u64,
}

/// When and how somebody is asked; levels and exceptions share it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asking {
    /// Who.
    pub owner: Owner,
    /// How long they have, in seconds.
    pub within_seconds: u64,
    /// Which seconds count.
    pub clock: Clock,
    /// When reminders go out, in percent of the time.
    pub remind_at_percent: Vec<u8>,
    /// Who is asked when the time has passed; after the last step the document expires.
    pub escalations: Vec<EscalationRule>,
}

/// Which documents a level is for. What is empty does not matter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Condition {
    /// Only amounts strictly above this.
    pub above: Option<Taka>,
    /// Only amounts up to this, itself included.
    pub up_to: Option<Taka>,
    /// Only these departments.
    pub departments: Vec<DepartmentId>,
    /// Only these projects.
    pub projects: Vec<ProjectId>,
    /// Only vendors of these classes.
    pub vendor_classes: Vec<String>,
}

/// How an exception is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExceptionRule {
    /// Which exception.
    pub kind: ExceptionKind,
    /// Who answers it and by when.
    pub asking: Asking,
    /// The answer that lets the document go on.
    pub proceed: String,
    /// The answer that refuses it.
    pub refuse: String,
    /// The level before which it is asked; none means before all of them.
    pub before: Option<String>,
}

/// One level of approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LevelRule {
    /// Its name, unique in the policy.
    pub name: String,
    /// Which documents it is for.
    pub condition: Condition,
    /// Who approves and by when.
    pub asking: Asking,
    /// How many of them must.
    pub quorum: Quorum,
    /// Whether only people of the document's own department are asked.
    pub same_department: bool,
    /// Whether it is asked at the same time as the level before it.
    pub parallel: bool,
}

/// Who decides on changes of vendors' bank details.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BankDetailsRule {
    /// The role asked; never whoever proposed the change.
    pub role: RoleName,
    /// How long they have, in seconds; then the change lapses.
    pub within_seconds: u64,
}

/// What happens when a budget does not suffice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shortfall {
    /// The document is refused.
    Stop,
    /// The document goes on, with a warning for everybody who reads it.
    Warn,
    /// Somebody is asked, as exception `budget_exceeded`.
    Exception,
}

/// Which approvals stand when a returned document is submitted again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Restart {
    /// None: every level starts again.
    All,
    /// Those that were given; a higher amount starts every level again all the same.
    Undecided,
}

/// How much of everything there may be on one document; a policy may not set them beyond 200 questions, 500 comments, 50
/// returns, 10 hops and 200 interventions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Questions to the submitter.
    pub questions: u32,
    /// Comments.
    pub comments: u32,
    /// How often it may be returned for changes.
    pub returns: u32,
    /// How many people a chain of delegations may pass through after its owner.
    pub delegation_hops: u32,
    /// Delegations, reassignments, escalations by hand, replans and reassessments, together.
    pub interventions: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { questions: 50, comments: 100, returns: 10, delegation_hops: 3, interventions: 50 }
    }
}

/// The approval policy of one type of document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// The type of document.
    pub document: DocumentType,
    /// The amount that bands are compared with.
    pub basis: Basis,
    /// Which seconds count, where nothing else is said.
    pub clock: Clock,
    /// Up to which amount nobody need approve, itself included; none means that somebody always must.
    pub no_approval_up_to: Option<Taka>,
    /// The role of administrators.
    pub administrators: Option<RoleName>,
    /// The match with purchase order and receipts, for invoices.
    pub matching: Option<Tolerances>,
    /// Orders of one requester to one vendor within this time count together, in seconds; for purchase orders.
    pub together_within_seconds: Option<u64>,
    /// Who decides on changes of vendors' bank details, for invoices; none means the administrators, within a week.
    pub bank_details: Option<BankDetailsRule>,
    /// What a budget that does not suffice does.
    pub shortfall: Shortfall,
    /// How long the submitter has for an answer, in seconds.
    pub answer_seconds: u64,
    /// How long the submitter has for changes, in seconds.
    pub change_seconds: u64,
    /// Which approvals stand after changes.
    pub restart: Restart,
    /// Roles whose holders may decide more than one level of a document.
    pub may_repeat: Vec<RoleName>,
    /// Roles whose holders may release a payment that they approved.
    pub may_release: Vec<RoleName>,
    /// How much of everything there may be.
    pub limits: Limits,
    /// How exceptions are answered.
    pub exceptions: Vec<ExceptionRule>,
    /// The levels, in order.
    pub levels: Vec<LevelRule>,
}

impl Policy {
    /// Reads and checks a policy.
    ///
    /// # Errors
    /// [`PolicyError`], with its line, in words for the person who keeps the policy.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        file::read(text)
    }

    /// The roles that the policy asks for.
    #[must_use]
    pub fn roles(&self) -> BTreeSet<&RoleName> {
        let asked = self.levels.iter().map(|l| &l.asking).chain(self.exceptions.iter().map(|e| &e.asking));
        let mut roles: BTreeSet<&RoleName> = self.administrators.iter().collect();
        roles.extend(self.bank_details.iter().map(|rule| &rule.role));
        for asking in asked {
            if let Owner::Role(role) = &asking.owner {
                roles.insert(role);
            }
            roles.extend(asking.escalations.iter().filter_map(|e| match &e.to {
                EscalateTo::Role(role) => Some(role),
                _ => None,
            }));
        }
        roles
    }

    /// Whether some time of it is counted in office hours.
    #[must_use]
    pub fn counts_working_time(&self) -> bool {
        let clocks = self.levels.iter().map(|l| l.asking.clock).chain(self.exceptions.iter().map(|e| e.asking.clock));
        std::iter::once(self.clock).chain(clocks).any(|c| c == Clock::Working)
    }
}
