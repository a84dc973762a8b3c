//! Decisions: checked again here, whatever the workflow has accepted, and kept with their signatures.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde_json::json;
use vextrus_approval::{AllowedAnswer, SignedDecision, Task, TaskKind, WITHDRAW, allowed};
use vextrus_domain::signature::AcceptedKeys;
use vextrus_domain::{DocumentKey, PersonId, Refusal, RefusalCode, RequestId, canonical};

use crate::assessments::{self, StoredAssessment};
use crate::db::{Tx, args};
use crate::documents::Document;
use crate::error::LedgerError;
use crate::tasks;

/// Whose word is taken.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    /// The keys whose signatures are accepted.
    pub keys: AcceptedKeys,
    /// Whether an unsigned signal counts, because whoever can write to the namespace is trusted.
    pub unsigned: bool,
}

/// What a stored decision does to its document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// Whether the document goes on with it.
    pub proceeds: bool,
    /// Whether the answer itself counts, so that the document must be assessed again.
    pub reassess: bool,
}

impl Taken {
    /// A task with several ways to proceed asks which; one with a single way asks whether.
    fn of(answers: &[AllowedAnswer], answer: &AllowedAnswer) -> Self {
        let ways = answers.iter().filter(|a| a.proceeds).count();
        Self { proceeds: answer.proceeds, reassess: answer.proceeds && ways > 1 }
    }
}

/// Checks a decision and stores it. A decision that is stored already is answered the same way.
///
/// # Errors
/// [`LedgerError::Database`]; the inner error says why the decision does not stand.
pub async fn store(
    tx: &mut Tx,
    document: &Document,
    signed: &SignedDecision,
    trust: &Trust,
    at: DateTime<Utc>,
) -> Result<Result<Taken, Refusal>, LedgerError> {
    let key = &document.key;
    let decision = &signed.decision;
    let content = canonical::to_text(signed)?;
    let is_signed = match check_origin(document, signed, trust) {
        Ok(is_signed) => is_signed,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if let Some((stored, proceeds)) = stored(tx, key, &decision.request_id).await? {
        let reused = || {
            Refusal::new(
                RefusalCode::RequestIdReused,
                format!("request {} decided something else", decision.request_id),
            )
        };
        return Ok(if stored == content { Ok(Taken { proceeds, reassess: false }) } else { Err(reused()) });
    }
    let taken = match check_task(tx, document, signed).await? {
        Ok(taken) => taken,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let assurance = if is_signed { "signed" } else { "asserted" };
    tx.exec(
        "INSERT INTO decisions (tenant, document, submission, request_id, task, answer, proceeds, actor, principal, comment,
            assurance, content, decided_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        args![
            key.tenant.as_str(),
            key.document.as_str(),
            key.submission,
            decision.request_id.as_str(),
            decision.task.as_ref().map_or("", |t| t.as_str()),
            &decision.answer,
            taken.proceeds,
            decision.actor.as_str(),
            decision.principal.as_str(),
            &decision.comment,
            assurance,
            content,
            at
        ],
    )
    .await?;
    if let Some(task) = &decision.task {
        tasks::decided(tx, key, task).await?;
    }
    let body = json!({"task": &decision.task, "answer": &decision.answer, "proceeds": taken.proceeds, "assurance": assurance,
        "request_id": &decision.request_id, "plan_hash": &decision.plan_hash, "comment": &decision.comment,
        "signature": &signed.signature});
    tx.audit_as(key, "decided", Some(&decision.actor), Some(&decision.principal), body);
    Ok(Ok(taken))
}

/// Whether a message was signed by an accepted key for this document, or needs no signature here.
///
/// # Errors
/// The refusal.
pub fn check_origin(document: &Document, signed: &SignedDecision, trust: &Trust) -> Result<bool, Refusal> {
    if signed.decision.key != document.key {
        let message = format!("the decision is for {}, not for {}", signed.decision.key, document.key);
        return Err(Refusal::new(RefusalCode::SignatureInvalid, message));
    }
    signed.verify(&trust.keys, trust.unsigned)
}

async fn stored(tx: &mut Tx, key: &DocumentKey, request: &RequestId) -> Result<Option<(String, bool)>, LedgerError> {
    tx.opt(
        "SELECT content, proceeds FROM decisions WHERE tenant = $1 AND document = $2 AND submission = $3 AND request_id = $4",
        args![key.tenant.as_str(), key.document.as_str(), key.submission, request.as_str()],
    )
    .await
}

async fn check_task(
    tx: &mut Tx,
    document: &Document,
    signed: &SignedDecision,
) -> Result<Result<Taken, Refusal>, LedgerError> {
    let decision = &signed.decision;
    let no = |code, message: String| Ok(Err(Refusal::new(code, message)));
    let Some(id) = &decision.task else {
        return if decision.answer != WITHDRAW {
            no(RefusalCode::AnswerNotAllowed, format!("{:?} needs a task", decision.answer))
        } else if decision.actor == document.submitter && decision.principal == document.submitter {
            Ok(Ok(Taken { proceeds: false, reassess: false }))
        } else {
            no(RefusalCode::NotSubmitter, format!("{} did not submit this document", decision.actor))
        };
    };
    let Some(task) = tasks::get(tx, &document.key, id).await? else {
        return no(RefusalCode::TaskUnknown, format!("{id} is not a task of this document"));
    };
    match task.state.as_str() {
        "open" => {}
        "decided" => return no(RefusalCode::AlreadyDecided, format!("{id} has been decided")),
        other => return no(RefusalCode::TaskNotOpen, format!("{id} is {other}")),
    }
    if decision.plan_hash.as_deref() != Some(task.plan_hash.as_str()) {
        return no(RefusalCode::StalePlan, format!("the decision on {id} was made for another plan"));
    }
    for person in [&decision.actor, &decision.principal] {
        if *person == document.submitter {
            return no(RefusalCode::SelfApproval, format!("{person} submitted this document"));
        }
        if !task.eligible.contains(person) {
            return no(RefusalCode::NotEligible, format!("{person} may not decide {id} ({})", task.role));
        }
        if task.kind == TaskKind::Level.name() && decided_a_level(tx, &document.key, person).await? {
            return no(RefusalCode::RepeatedApprover, format!("{person} decided another level of this document"));
        }
    }
    match allowed(&task.answers, &decision.answer) {
        Some(answer) => Ok(Ok(Taken::of(&task.answers, answer))),
        None => no(RefusalCode::AnswerNotAllowed, format!("{:?} is not an answer to {id}", decision.answer)),
    }
}

/// What people have answered to the questions whose answers count, by what they are stored under. What was signed counts.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn answers(
    tx: &mut Tx,
    key: &DocumentKey,
    assessed: &[StoredAssessment],
) -> Result<BTreeMap<String, String>, LedgerError> {
    let mut found = BTreeMap::new();
    let asked = assessed.iter().flat_map(|a| &a.plan.tasks).filter_map(|t| Some((t, t.subject.as_ref()?)));
    for (task, subject) in asked {
        let stored: Option<(String,)> = tx
            .opt(
                "SELECT content FROM decisions WHERE tenant = $1 AND document = $2 AND submission = $3 AND task = $4 AND proceeds",
                args![key.tenant.as_str(), key.document.as_str(), key.submission, task.id.as_str()],
            )
            .await?;
        let Some((content,)) = stored else { continue };
        let signed: SignedDecision = canonical::from_text(&content)?;
        if let Some(answer) = allowed(&task.answers, &signed.decision.answer) {
            found.insert(subject.clone(), answer.name.clone());
        }
    }
    Ok(found)
}

async fn decided_a_level(tx: &mut Tx, key: &DocumentKey, person: &PersonId) -> Result<bool, LedgerError> {
    let found: Vec<(String,)> = tx
        .all(
            "SELECT d.task FROM decisions d
             JOIN tasks t ON t.tenant = d.tenant AND t.document = d.document AND t.submission = d.submission AND t.task = d.task
             WHERE d.tenant = $1 AND d.document = $2 AND d.submission = $3 AND (d.actor = $4 OR d.principal = $4) AND t.kind = $5",
            args![
                key.tenant.as_str(),
                key.document.as_str(),
                key.submission,
                person.as_str(),
                TaskKind::Level.name()
            ],
        )
        .await?;
    Ok(!found.is_empty())
}

/// Re-checks, from what is stored alone, that every task of every plan of the document has been answered by somebody who
/// may, so that the document goes on, with no submitter among them, no person at two levels and every signature standing.
/// A withdrawal keeps it from going on, whatever was approved.
///
/// # Errors
/// [`LedgerError::Database`]; the inner error is `APPROVALS_INCOMPLETE`.
pub async fn complete(tx: &mut Tx, document: &Document, trust: &Trust) -> Result<Result<(), Refusal>, LedgerError> {
    let key = &document.key;
    let rows: Vec<(String, String)> = tx
        .all(
            "SELECT task, content FROM decisions WHERE tenant = $1 AND document = $2 AND submission = $3",
            args![key.tenant.as_str(), key.document.as_str(), key.submission],
        )
        .await?;
    let incomplete = |why: String| Ok(Err(Refusal::new(RefusalCode::ApprovalsIncomplete, why)));
    if rows.iter().any(|(task, _)| task.is_empty()) {
        return incomplete(format!("{} took the document back", document.submitter));
    }
    let mut at_levels = BTreeSet::new();
    for assessment in assessments::all(tx, key).await? {
        for task in &assessment.plan.tasks {
            let Some((_, content)) = rows.iter().find(|(decided, _)| decided == task.id.as_str()) else {
                return incomplete(format!("{} is undecided", task.id));
            };
            let signed: SignedDecision = canonical::from_text(content)?;
            if let Err(why) = stands(document, &assessment, task, &signed, trust) {
                return incomplete(why);
            }
            let people = BTreeSet::from([signed.decision.actor, signed.decision.principal]);
            for person in people.into_iter().filter(|_| task.kind == TaskKind::Level) {
                if let Some(person) = at_levels.replace(person) {
                    return incomplete(format!("{person} decided two levels"));
                }
            }
        }
    }
    Ok(Ok(()))
}

/// Whether a stored decision lets a document go on past a task. What was signed counts, not the columns beside it.
fn stands(
    document: &Document,
    assessment: &StoredAssessment,
    task: &Task,
    signed: &SignedDecision,
    trust: &Trust,
) -> Result<(), String> {
    let decision = &signed.decision;
    if decision.task.as_ref() != Some(&task.id) || decision.plan_hash.as_ref() != Some(&assessment.plan_hash) {
        return Err(format!("the decision on {} is about something else", task.id));
    }
    if !allowed(&task.answers, &decision.answer).is_some_and(|a| a.proceeds)
        || check_origin(document, signed, trust).is_err()
    {
        return Err(format!("the decision on {} does not let the document go on", task.id));
    }
    for person in [&decision.actor, &decision.principal] {
        if *person == document.submitter || !task.eligible.contains(person) {
            return Err(format!("{person} may not decide {}", task.id));
        }
    }
    Ok(())
}

/// Whether some level of a document has been approved.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn any_level(tx: &mut Tx, key: &DocumentKey) -> Result<bool, LedgerError> {
    let (decided,): (i64,) = tx
        .one(
            "SELECT count(*) FROM tasks WHERE tenant = $1 AND document = $2 AND submission = $3 AND kind = $4 AND state = 'decided'",
            args![key.tenant.as_str(), key.document.as_str(), key.submission, TaskKind::Level.name()],
        )
        .await?;
    Ok(decided > 0)
}

/// Whether somebody answered a task so that the document does not go on.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn refused(tx: &mut Tx, key: &DocumentKey) -> Result<bool, LedgerError> {
    let (refusing,): (i64,) = tx
        .one(
            "SELECT count(*) FROM decisions
             WHERE tenant = $1 AND document = $2 AND submission = $3 AND task <> '' AND NOT proceeds",
            args![key.tenant.as_str(), key.document.as_str(), key.submission],
        )
        .await?;
    Ok(refusing > 0)
}

/// Whether the submitter took the document back.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn withdrawn(tx: &mut Tx, key: &DocumentKey) -> Result<bool, LedgerError> {
    let (withdrawals,): (i64,) = tx
        .one(
            "SELECT count(*) FROM decisions WHERE tenant = $1 AND document = $2 AND submission = $3 AND task = ''",
            args![key.tenant.as_str(), key.document.as_str(), key.submission],
        )
        .await?;
    Ok(withdrawals > 0)
}
