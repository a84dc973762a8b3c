//! The log of a change of bank details, and running it again.

use chrono::{DateTime, Utc};
use vextrus_approval::{Input, Machine, Plan, SignedCommand};
use vextrus_domain::{DocumentKey, PersonId, canonical};

use crate::audit::{BankLogRow, What};
use crate::db::{Tx, args};
use crate::error::LedgerError;

/// What is put; the plan itself is stored with the change.
pub(super) enum Put<'a> {
    Open,
    Tick,
    Command(&'a SignedCommand),
}

pub(super) async fn append(
    tx: &mut Tx,
    key: &DocumentKey,
    seq: i64,
    put: &Put<'_>,
    at: DateTime<Utc>,
) -> Result<(), LedgerError> {
    let (kind, content, command) = match put {
        Put::Open => ("open", String::new(), None),
        Put::Tick => ("tick", String::new(), None),
        Put::Command(signed) => ("command", canonical::to_text(signed)?, Some(&signed.command)),
    };
    tx.exec(
        "INSERT INTO bank_change_log (tenant, change, seq, kind, request_id, actor, content, at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        args![
            key.tenant.as_str(),
            key.document.as_str(),
            seq,
            kind,
            command.map(|c| c.request_id.as_str()),
            command.map(|c| c.actor.as_str()),
            &content,
            at
        ],
    )
    .await?;
    let row = BankLogRow { change: key.document.to_string(), seq, kind: kind.to_owned(), content };
    tx.tie_tenant(&key.tenant, What::BankLog, row.name(), &row)
}

/// The same at the end of the log; the change is locked.
pub(super) async fn append_next(
    tx: &mut Tx,
    key: &DocumentKey,
    put: &Put<'_>,
    at: DateTime<Utc>,
) -> Result<(), LedgerError> {
    let (last,): (i64,) = tx
        .one(
            "SELECT max(seq) FROM bank_change_log WHERE tenant = $1 AND change = $2",
            args![key.tenant.as_str(), key.document.as_str()],
        )
        .await?;
    append(tx, key, last + 1, put, at).await
}

#[derive(sqlx::FromRow)]
struct Row {
    seq: i64,
    kind: String,
    content: String,
    at: DateTime<Utc>,
}

/// Runs the log of a change.
pub(super) async fn run(
    tx: &mut Tx,
    key: &DocumentKey,
    proposer: &PersonId,
    plan: Plan,
) -> Result<Machine, LedgerError> {
    let rows: Vec<Row> = tx
        .all(
            "SELECT seq, kind, content, at FROM bank_change_log WHERE tenant = $1 AND change = $2 ORDER BY seq",
            args![key.tenant.as_str(), key.document.as_str()],
        )
        .await?;
    let bad = |why: String| LedgerError::corrupt("log", why);
    let mut machine = Machine::new(proposer.clone());
    let mut plan = Some(plan);
    for (next, row) in (1_i64..).zip(rows) {
        if row.seq != next {
            return Err(bad(format!("entry {next} of {key} is missing")));
        }
        let input = match row.kind.as_str() {
            "open" => {
                let plan = plan.take().ok_or_else(|| bad(format!("{key} is opened twice")))?;
                Input::Open { plan: Box::new(plan) }
            }
            "tick" => Input::Tick,
            "command" => {
                let signed: SignedCommand = canonical::from_text(&row.content)?;
                if signed.command.key != *key {
                    return Err(bad(format!("entry {} belongs elsewhere", row.seq)));
                }
                Input::Command { command: Box::new(signed.command) }
            }
            other => return Err(bad(format!("{other:?} is no kind of entry"))),
        };
        machine.handle(&input, row.at).map_err(|refusal| bad(format!("entry {} of {key}: {refusal}", row.seq)))?;
    }
    Ok(machine)
}
