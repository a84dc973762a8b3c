//! Tasks: who is asked what, since when and until when.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use vextrus_approval::{AllowedAnswer, Plan};
use vextrus_domain::{DocumentKey, PersonId, TaskId, canonical};

use crate::db::{Tx, args};
use crate::error::LedgerError;
use crate::outbox;

/// Writes the tasks of a plan, not yet open.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn add(tx: &mut Tx, key: &DocumentKey, plan: &Plan, plan_hash: &str) -> Result<(), LedgerError> {
    for (i, task) in (i64::from(plan.revision) * 1000..).zip(&plan.tasks) {
        let within = i64::try_from(task.within_seconds).map_err(|e| LedgerError::corrupt("task time", e))?;
        tx.exec(
            "INSERT INTO tasks (tenant, document, submission, task, revision, position, stage, kind, role, question, answers,
                within_seconds, plan_hash, state)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 'waiting')",
            args![
                key.tenant.as_str(),
                key.document.as_str(),
                key.submission,
                task.id.as_str(),
                plan.revision,
                i,
                task.stage,
                task.kind.name(),
                task.role.as_str(),
                &task.question,
                canonical::to_text(&task.answers)?,
                within,
                plan_hash
            ],
        )
        .await?;
        for person in &task.eligible {
            tx.exec(
                "INSERT INTO task_people (tenant, person, document, submission, task) VALUES ($1, $2, $3, $4, $5)",
                args![key.tenant.as_str(), person.as_str(), key.document.as_str(), key.submission, task.id.as_str()],
            )
            .await?;
        }
    }
    Ok(())
}

/// Opens the first stage that is undecided, when nothing is open: what follows a decision is read from the plan that is
/// stored, not from whoever reports the decision.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn open_next(tx: &mut Tx, key: &DocumentKey, at: DateTime<Utc>) -> Result<(), LedgerError> {
    let undecided: Vec<(String, String, i64, i64)> = tx
        .all(
            "SELECT task, state, revision, stage FROM tasks
             WHERE tenant = $1 AND document = $2 AND submission = $3 AND state IN ('waiting', 'open') ORDER BY position",
            args![key.tenant.as_str(), key.document.as_str(), key.submission],
        )
        .await?;
    let next = undecided.iter().map(|(_, _, revision, stage)| (*revision, *stage)).min();
    if undecided.iter().any(|(_, state, ..)| state == "open") {
        return Ok(());
    }
    for (task, _, revision, stage) in &undecided {
        if Some((*revision, *stage)) == next {
            let task = task.parse().map_err(|e| LedgerError::corrupt("task", format!("{e}")))?;
            open(tx, key, &task, at).await?;
        }
    }
    Ok(())
}

/// Opens a task and tells its people. A task that is not waiting stays as it is.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn open(tx: &mut Tx, key: &DocumentKey, task: &TaskId, at: DateTime<Utc>) -> Result<(), LedgerError> {
    let found: Option<(i64, String, String)> = tx
        .opt(
            "SELECT within_seconds, role, question FROM tasks
             WHERE tenant = $1 AND document = $2 AND submission = $3 AND task = $4 AND state = 'waiting'",
            args![key.tenant.as_str(), key.document.as_str(), key.submission, task.as_str()],
        )
        .await?;
    let Some((within, role, question)) = found else { return Ok(()) };
    let due = TimeDelta::try_seconds(within).and_then(|d| at.checked_add_signed(d)).unwrap_or(DateTime::<Utc>::MAX_UTC);
    tx.exec(
        "UPDATE tasks SET state = 'open', opened_at = $5, due_at = $6
         WHERE tenant = $1 AND document = $2 AND submission = $3 AND task = $4",
        args![key.tenant.as_str(), key.document.as_str(), key.submission, task.as_str(), at, due],
    )
    .await?;
    let payload = json!({"task": task, "role": role, "question": question, "due_at": due});
    outbox::add(tx, key, &format!("task_opened/{task}"), &payload).await
}

/// Drops what is still undecided, when a document ends.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn drop_undecided(tx: &mut Tx, key: &DocumentKey) -> Result<(), LedgerError> {
    tx.exec(
        "UPDATE tasks SET state = 'dropped'
         WHERE tenant = $1 AND document = $2 AND submission = $3 AND state IN ('waiting', 'open')",
        args![key.tenant.as_str(), key.document.as_str(), key.submission],
    )
    .await
    .map(drop)
}

/// Whether a task's time has ended, give or take the clocks of two machines.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn any_overdue(tx: &mut Tx, key: &DocumentKey) -> Result<bool, LedgerError> {
    const CLOCKS_APART: TimeDelta = TimeDelta::minutes(1);
    let due: Vec<(Option<DateTime<Utc>>,)> = tx
        .all(
            "SELECT due_at FROM tasks WHERE tenant = $1 AND document = $2 AND submission = $3 AND state = 'open'",
            args![key.tenant.as_str(), key.document.as_str(), key.submission],
        )
        .await?;
    let now = tx.now();
    Ok(due.into_iter().any(|(due,)| due.is_some_and(|due| due <= now + CLOCKS_APART)))
}

/// A task as a decision on it is checked.
#[derive(Debug, Clone)]
pub struct StoredTask {
    /// `level`, or the kind of exception.
    pub kind: String,
    /// `waiting`, `open`, `decided` or `dropped`.
    pub state: String,
    /// The role asked.
    pub role: String,
    /// The hash that decisions must carry.
    pub plan_hash: String,
    /// The answers that it knows.
    pub answers: Vec<AllowedAnswer>,
    /// Who may decide it.
    pub eligible: Vec<PersonId>,
}

/// One task.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn get(tx: &mut Tx, key: &DocumentKey, task: &TaskId) -> Result<Option<StoredTask>, LedgerError> {
    let at = |key: &DocumentKey| args![key.tenant.as_str(), key.document.as_str(), key.submission, task.as_str()];
    let row: Option<(String, String, String, String, String)> = tx
        .opt(
            "SELECT kind, state, role, plan_hash, answers FROM tasks
             WHERE tenant = $1 AND document = $2 AND submission = $3 AND task = $4",
            at(key),
        )
        .await?;
    let Some((kind, state, role, plan_hash, answers)) = row else { return Ok(None) };
    let people: Vec<(String,)> = tx
        .all(
            "SELECT person FROM task_people
             WHERE tenant = $1 AND document = $2 AND submission = $3 AND task = $4 ORDER BY person",
            at(key),
        )
        .await?;
    let eligible = people
        .into_iter()
        .map(|(p,)| p.parse().map_err(|e| LedgerError::corrupt("task person", format!("{e}"))))
        .collect::<Result<_, _>>()?;
    Ok(Some(StoredTask { kind, state, role, plan_hash, answers: canonical::from_text(&answers)?, eligible }))
}

pub(crate) async fn decided(tx: &mut Tx, key: &DocumentKey, task: &TaskId) -> Result<(), LedgerError> {
    tx.exec(
        "UPDATE tasks SET state = 'decided' WHERE tenant = $1 AND document = $2 AND submission = $3 AND task = $4",
        args![key.tenant.as_str(), key.document.as_str(), key.submission, task.as_str()],
    )
    .await
    .map(drop)
}
