//! A policy resolved for one document: which tasks, in which order, who may answer them and by when.

use serde::{Deserialize, Serialize};
use vextrus_domain::canonical::{self, CanonicalError};
use vextrus_domain::{DepartmentId, Person, PersonId, Refusal, RefusalCode, RoleName, Taka, TaskId};

use crate::policy::{ExceptionKind, Policy};

/// One answer that a task knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllowedAnswer {
    /// The answer's name.
    pub name: String,
    /// Whether the document goes on with it; otherwise it is refused.
    pub proceeds: bool,
}

/// What a task is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskKind {
    /// A level of approval.
    Level,
    /// An exception.
    Exception(ExceptionKind),
}

/// The answer that is meant: by its name, or `approve` and `reject` for the only one that proceeds or refuses. A task with
/// several ways to proceed wants the very one.
#[must_use]
pub fn allowed<'a>(answers: &'a [AllowedAnswer], answer: &str) -> Option<&'a AllowedAnswer> {
    let only = |proceeds: bool| {
        let mut meant = answers.iter().filter(|a| a.proceeds == proceeds);
        meant.next().filter(|_| meant.next().is_none())
    };
    answers.iter().find(|a| a.name == answer).or_else(|| match answer {
        "approve" => only(true),
        "reject" => only(false),
        _ => None,
    })
}

impl TaskKind {
    /// The kind's name in data.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Level => "level",
            Self::Exception(kind) => kind.name(),
        }
    }
}

/// One thing that a person must decide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// Its id, unique in the document's submission.
    pub id: TaskId,
    /// What it is for.
    pub kind: TaskKind,
    /// Tasks of one stage are open together; a stage opens when the one before it is decided.
    pub stage: u32,
    /// The role asked.
    pub role: RoleName,
    /// What is asked.
    pub question: String,
    /// What its answer is an answer to, where the answer itself counts and not only whether it proceeds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The people who may decide it, sorted.
    pub eligible: Vec<PersonId>,
    /// The answers that it knows.
    pub answers: Vec<AllowedAnswer>,
    /// How long they have, in seconds from its opening.
    pub within_seconds: u64,
    /// When the reminder goes out, in seconds from its opening.
    pub remind_after_seconds: u64,
}

/// The tasks of one assessment of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The assessment that it belongs to; 1 for the first.
    pub revision: u32,
    /// The hash of the policy that it was resolved from.
    pub policy_hash: String,
    /// The tasks, by stage.
    pub tasks: Vec<Task>,
}

impl Plan {
    /// The hash that decisions on its tasks carry.
    ///
    /// # Errors
    /// [`CanonicalError`] when the plan cannot be written.
    pub fn hash(&self) -> Result<String, CanonicalError> {
        canonical::hash(self)
    }
}

/// An exception that the assessment found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExceptionFinding {
    /// What was found.
    pub kind: ExceptionKind,
    /// What is asked, with the values.
    pub question: String,
    /// The answers with which the document goes on; none: those of the policy.
    pub choices: Option<Choices>,
}

/// A question whose answer counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choices {
    /// What the answer is stored under.
    pub subject: String,
    /// The answers.
    pub answers: Vec<String>,
}

impl ExceptionFinding {
    /// A finding that is answered with the policy's own answers.
    #[must_use]
    pub const fn new(kind: ExceptionKind, question: String) -> Self {
        Self { kind, question, choices: None }
    }
}

/// What the resolution of a policy needs to know of a document.
#[derive(Debug, Clone)]
pub struct Facts<'a> {
    /// The assessment; levels belong to the first, later ones only ask what changed.
    pub revision: u32,
    /// The invoice total, VAT included.
    pub total: Taka,
    /// The department that pays.
    pub department: &'a DepartmentId,
    /// Who submitted.
    pub submitter: &'a PersonId,
    /// The tenant's people.
    pub people: &'a [Person],
    /// What the assessment found.
    pub findings: &'a [ExceptionFinding],
}

/// Resolves a policy into the plan of one document.
///
/// # Errors
/// `NO_ELIGIBLE_APPROVER` when a role that is needed is held by nobody but the submitter.
pub fn resolve(policy: &Policy, policy_hash: &str, facts: &Facts<'_>) -> Result<Plan, Refusal> {
    let mut tasks = Vec::new();
    for (i, finding) in facts.findings.iter().enumerate() {
        let Some(rule) = policy.exceptions.iter().find(|e| e.kind == finding.kind) else {
            continue;
        };
        tasks.push(Task {
            id: task_id(&format!("exception-{}-{}", facts.revision, i + 1))?,
            kind: TaskKind::Exception(finding.kind),
            stage: 0,
            role: rule.role.clone(),
            question: finding.question.clone(),
            subject: finding.choices.as_ref().map(|c| c.subject.clone()),
            eligible: eligible(&rule.role, None, facts)?,
            answers: match &finding.choices {
                None => answers(std::slice::from_ref(&rule.proceed), &rule.refuse),
                Some(choices) => answers(&choices.answers, &rule.refuse),
            },
            within_seconds: rule.within_seconds,
            remind_after_seconds: share(rule.within_seconds, policy.remind_at_percent),
        });
    }
    let levels =
        policy.levels.iter().filter(|l| facts.revision == 1 && l.above.is_none_or(|above| facts.total > above));
    for (stage, level) in (1..).zip(levels) {
        tasks.push(Task {
            id: task_id(&format!("level-{stage}"))?,
            kind: TaskKind::Level,
            stage,
            role: level.role.clone(),
            question: format!("approve a total of BDT {} as {}?", facts.total.grouped(), level.role),
            subject: None,
            eligible: eligible(&level.role, level.same_department.then_some(facts.department), facts)?,
            answers: answers(&["approve".to_owned()], "reject"),
            within_seconds: level.within_seconds,
            remind_after_seconds: share(level.within_seconds, policy.remind_at_percent),
        });
    }
    Ok(Plan { revision: facts.revision, policy_hash: policy_hash.to_owned(), tasks })
}

fn task_id(text: &str) -> Result<TaskId, Refusal> {
    text.parse().map_err(|e| Refusal::new(RefusalCode::Internal, format!("{e}")))
}

fn answers(proceed: &[String], refuse: &str) -> Vec<AllowedAnswer> {
    let proceed = proceed.iter().map(|name| AllowedAnswer { name: name.clone(), proceeds: true });
    proceed.chain([AllowedAnswer { name: refuse.to_owned(), proceeds: false }]).collect()
}

fn share(seconds: u64, percent: u8) -> u64 {
    seconds.saturating_mul(u64::from(percent)) / 100
}

fn eligible(role: &RoleName, department: Option<&DepartmentId>, facts: &Facts<'_>) -> Result<Vec<PersonId>, Refusal> {
    let mut found: Vec<PersonId> = facts
        .people
        .iter()
        .filter(|p| p.active && p.id != *facts.submitter && p.roles.contains(role))
        .filter(|p| department.is_none_or(|d| p.department.as_ref() == Some(d)))
        .map(|p| p.id.clone())
        .collect();
    found.sort();
    found.dedup();
    if found.is_empty() {
        let of = department.map(|d| format!(" of department {d}")).unwrap_or_default();
        return Err(Refusal::new(
            RefusalCode::NoEligibleApprover,
            format!("nobody{of} but the submitter holds the role {role}; give it to an active person"),
        ));
    }
    Ok(found)
}
