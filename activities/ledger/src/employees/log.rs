//! The log of what was put to a process, and running it again.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use vextrus_domain::{DocumentKey, PersonId, RequestId, TaskId, canonical};
use vextrus_lifecycle::{Input, Machine, Performed, Plan, SignedCommand, Status};

use crate::approvals::Trust;
use crate::db::{Tx, args};
use crate::error::LedgerError;

/// What is put.
pub(super) enum Put<'a> {
    Plan(&'a Plan),
    Command { signed: &'a SignedCommand, is_signed: bool },
    Performed { task: &'a TaskId, attempt: u32, result: &'a Performed },
    Stop { status: Status, why: &'a str },
    Tick,
}

/// What a stored plan's entry says; the plan itself is stored beside the log.
#[derive(Serialize, Deserialize)]
struct Planned {
    revision: u32,
}

#[derive(Serialize, Deserialize)]
struct Worked {
    task: TaskId,
    attempt: u32,
    result: Performed,
}

#[derive(Serialize, Deserialize)]
struct Ceased {
    status: Status,
    why: String,
}

impl Put<'_> {
    pub(super) fn input(&self) -> Input {
        match self {
            Self::Plan(plan) => Input::Plan(Box::new((*plan).clone())),
            Self::Command { signed, .. } => Input::Command(Box::new(signed.command.clone())),
            Self::Performed { task, attempt, result } => {
                Input::Performed { task: (*task).clone(), attempt: *attempt, result: (*result).clone() }
            }
            Self::Stop { status, why } => Input::Stop { status: *status, why: (*why).to_owned() },
            Self::Tick => Input::Tick,
        }
    }

    /// Whose word it rests on.
    pub(super) const fn assurance(&self) -> &'static str {
        match self {
            Self::Command { is_signed: true, .. } => "signed",
            Self::Command { .. } => "asserted",
            _ => "own",
        }
    }
}

pub(super) async fn append(
    tx: &mut Tx,
    key: &DocumentKey,
    seq: i64,
    put: &Put<'_>,
    at: DateTime<Utc>,
) -> Result<(), LedgerError> {
    let (kind, content) = match put {
        Put::Plan(plan) => {
            store(tx, key, plan, at).await?;
            ("plan", canonical::to_text(&Planned { revision: plan.head.revision })?)
        }
        Put::Command { signed, .. } => ("command", canonical::to_text(signed)?),
        Put::Performed { task, attempt, result } => {
            let worked = Worked { task: (*task).clone(), attempt: *attempt, result: (*result).clone() };
            ("performed", canonical::to_text(&worked)?)
        }
        Put::Stop { status, why } => ("stop", canonical::to_text(&Ceased { status: *status, why: (*why).to_owned() })?),
        Put::Tick => ("tick", String::new()),
    };
    let command = match put {
        Put::Command { signed, .. } => Some(&signed.command),
        _ => None,
    };
    tx.exec(
        "INSERT INTO process_log (tenant, process, seq, kind, request_id, actor, assurance, content, at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        args![
            key.tenant.as_str(),
            key.document.as_str(),
            seq,
            kind,
            command.map(|c| c.request_id.as_str()),
            command.map(|c| c.actor.as_str()),
            put.assurance(),
            content,
            at
        ],
    )
    .await
    .map(drop)
}

async fn store(tx: &mut Tx, key: &DocumentKey, plan: &Plan, at: DateTime<Utc>) -> Result<(), LedgerError> {
    tx.exec(
        "INSERT INTO process_plans (tenant, process, revision, content, made_at) VALUES ($1, $2, $3, $4, $5)",
        args![key.tenant.as_str(), key.document.as_str(), plan.head.revision, canonical::to_text(plan)?, at],
    )
    .await
    .map(drop)
}

#[derive(sqlx::FromRow)]
struct Row {
    seq: i64,
    kind: String,
    content: String,
    at: DateTime<Utc>,
}

/// Runs the log of a process. Answers the machine and the next place in the log.
pub(super) async fn run(tx: &mut Tx, key: &DocumentKey, trust: Option<&Trust>) -> Result<(Machine, i64), LedgerError> {
    let (tenant, process) = (key.tenant.as_str(), key.document.as_str());
    let rows: Vec<Row> = tx
        .all(
            "SELECT seq, kind, content, at FROM process_log WHERE tenant = $1 AND process = $2 ORDER BY seq",
            args![tenant, process],
        )
        .await?;
    let plans: Vec<(String,)> = tx
        .all(
            "SELECT content FROM process_plans WHERE tenant = $1 AND process = $2 ORDER BY revision",
            args![tenant, process],
        )
        .await?;
    let mut plans = plans.into_iter();
    let mut machine = Machine::new();
    let mut next = 1;
    for row in rows {
        let bad = |why: String| LedgerError::corrupt("log of a process", format!("entry {} of {key}: {why}", row.seq));
        if row.seq != next {
            return Err(LedgerError::corrupt("log of a process", format!("entry {next} of {key} is missing")));
        }
        next += 1;
        let input = match row.kind.as_str() {
            "plan" => {
                let Planned { revision } = canonical::from_text(&row.content)?;
                let (text,) = plans.next().ok_or_else(|| bad(format!("plan {revision} is missing")))?;
                Input::Plan(Box::new(canonical::from_text(&text)?))
            }
            "command" => {
                let signed: SignedCommand = canonical::from_text(&row.content)?;
                if signed.command.key != *key {
                    return Err(bad("it belongs elsewhere".to_owned()));
                }
                if let Some(trust) = trust {
                    let unsigned = signed.command.may_be_unsigned(trust.unsigned);
                    signed.verify(&trust.keys, unsigned).map_err(LedgerError::Unsigned)?;
                }
                Input::Command(Box::new(signed.command))
            }
            "performed" => {
                let Worked { task, attempt, result } = canonical::from_text(&row.content)?;
                Input::Performed { task, attempt, result }
            }
            "stop" => {
                let Ceased { status, why } = canonical::from_text(&row.content)?;
                Input::Stop { status, why }
            }
            "tick" => Input::Tick,
            other => return Err(bad(format!("{other:?} is no kind of entry"))),
        };
        machine.handle(&input, row.at).map_err(|refusal| bad(refusal.to_string()))?;
    }
    Ok((machine, next))
}

/// The command that a request brought to a process.
pub(super) async fn command(
    tx: &mut Tx,
    key: &DocumentKey,
    request: &RequestId,
) -> Result<Option<SignedCommand>, LedgerError> {
    let found: Option<(String,)> = tx
        .opt(
            "SELECT content FROM process_log WHERE tenant = $1 AND process = $2 AND request_id = $3",
            args![key.tenant.as_str(), key.document.as_str(), request.as_str()],
        )
        .await?;
    Ok(found.map(|(content,)| canonical::from_text(&content)).transpose()?)
}

/// Whether a person has an account: an active person of the tenant.
pub(super) async fn has_account(tx: &mut Tx, key: &DocumentKey, person: &PersonId) -> Result<bool, LedgerError> {
    crate::masterdata::is_active(tx, &key.tenant, person).await
}
