//! The plan of a change of a vendor's bank details: one task, for somebody else than whoever proposed it.

use vextrus_domain::{Person, PersonId, Refusal, RefusalCode, RoleName, Taka};

use super::{answers, task_id};
use crate::plan::{Plan, SubmitterTimes, Succession, Task, TaskKind, Terms};
use crate::policy::{Clock, Limits, Policy};

/// How long administrators have, where the policy does not say who decides: a week.
const USUAL_SECONDS: u64 = 7 * 86_400;

/// Resolves the invoice policy into the plan of a change of a vendor's bank details.
///
/// # Errors
/// `NO_ELIGIBLE_APPROVER` when nobody but the proposer holds the role.
pub fn bank_details(
    policy: &Policy,
    policy_hash: &str,
    question: &str,
    proposer: &PersonId,
    people: &[Person],
) -> Result<Plan, Refusal> {
    let rule = policy.bank_details.as_ref();
    let nobody = |why: String| Refusal::new(RefusalCode::NoEligibleApprover, why);
    let role = rule.map(|r| &r.role).or(policy.administrators.as_ref()).ok_or_else(|| {
        nobody("the invoice policy has neither [bank_details] nor administrators; name a role there".to_owned())
    })?;
    let within_seconds = rule.map_or(USUAL_SECONDS, |r| r.within_seconds);
    let holders = |role: &RoleName| -> Vec<PersonId> {
        let active = people.iter().filter(|p| p.active && p.id != *proposer && p.roles.contains(role));
        let mut found: Vec<PersonId> = active.map(|p| p.id.clone()).collect();
        found.sort();
        found
    };
    let eligible = holders(role);
    if eligible.is_empty() {
        return Err(nobody(format!("nobody but {proposer} holds the role {role}; give it to another active person")));
    }
    let task = Task {
        id: task_id("level-1")?,
        kind: TaskKind::Level,
        name: "bank_details".to_owned(),
        stage: 0,
        role: role.clone(),
        question: question.to_owned(),
        why: "payments go where a vendor's bank details say".to_owned(),
        subject: None,
        department: None,
        eligible,
        needed: 1,
        answers: answers(&["approve".to_owned()], "reject"),
        within_seconds,
        clock: Clock::Calendar,
        remind_at_percent: Vec::new(),
        escalations: Vec::new(),
    };
    let terms = Terms {
        document: policy.document,
        amount: Taka::ZERO,
        administrators: policy.administrators.as_ref().map(holders).unwrap_or_default(),
        may_repeat: Vec::new(),
        may_release: Vec::new(),
        submitter: SubmitterTimes { answer_seconds: within_seconds, change_seconds: within_seconds },
        clock: Clock::Calendar,
        limits: Limits::default(),
        hours: None,
    };
    let policy_hash = policy_hash.to_owned();
    Ok(Plan { revision: 1, succession: Succession::Follows, policy_hash, terms, tasks: vec![task] })
}
