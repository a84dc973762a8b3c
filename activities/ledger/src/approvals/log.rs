//! The log of what was put to an approval, and running it again.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use vextrus_approval::{Input, Machine, Plan, SignedCommand};
use vextrus_domain::{DocumentKey, PersonId, canonical};

use super::Trust;
use crate::assessments;
use crate::db::{Tx, args};
use crate::error::LedgerError;

/// What is put.
pub(super) enum Put<'a> {
    Open(&'a Plan),
    Tick,
    Reopen(&'a str),
    Command { signed: &'a SignedCommand, is_signed: bool },
}

/// What a stored opening says; the plan itself is stored with its assessment.
#[derive(Serialize, Deserialize)]
struct Opened {
    revision: u32,
}

impl Put<'_> {
    pub(super) fn input(&self) -> Input {
        match self {
            Self::Open(plan) => Input::Open { plan: Box::new((*plan).clone()) },
            Self::Tick => Input::Tick,
            Self::Reopen(why) => Input::Reopen { why: (*why).to_owned() },
            Self::Command { signed, .. } => Input::Command { command: Box::new(signed.command.clone()) },
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
        Put::Open(plan) => ("open", canonical::to_text(&Opened { revision: plan.revision })?),
        Put::Tick => ("tick", String::new()),
        Put::Reopen(why) => ("reopen", (*why).to_owned()),
        Put::Command { signed, .. } => ("command", canonical::to_text(signed)?),
    };
    let command = match put {
        Put::Command { signed, .. } => Some(&signed.command),
        _ => None,
    };
    tx.exec(
        "INSERT INTO approval_log (tenant, document, submission, seq, kind, request_id, action, task, actor, principal, assurance,
            content, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        args![
            key.tenant.as_str(),
            key.document.as_str(),
            key.submission,
            seq,
            kind,
            command.map(|c| c.request_id.as_str()),
            command.map_or(kind, |c| c.action.name()),
            command.and_then(|c| c.action.task()).map(|t| t.as_str()),
            command.map(|c| c.actor.as_str()),
            command.map(|c| c.principal.as_str()),
            put.assurance(),
            content,
            at
        ],
    )
    .await
    .map(drop)
}

/// An entry of the log or, where the rest is there, an assessment, with its revision as `seq` and its plan as `content`.
#[derive(sqlx::FromRow)]
struct Row {
    seq: i64,
    kind: String,
    content: String,
    at: DateTime<Utc>,
    paid_on: Option<NaiveDate>,
    facts: Option<String>,
    assessment: Option<String>,
    plan_hash: Option<String>,
    tax_hash: Option<String>,
    approval_hash: Option<String>,
    accounts_hash: Option<String>,
}

impl Row {
    const fn is_entry(&self) -> bool {
        self.plan_hash.is_none()
    }

    /// The assessment that it is, with its plan.
    fn into_assessment(self) -> Result<(assessments::Row, String), LedgerError> {
        let missing = || LedgerError::corrupt("assessment", format!("{} holds nothing in a column", self.seq));
        let assessment = assessments::Row {
            revision: self.seq,
            assessed_at: self.at,
            paid_on: self.paid_on.ok_or_else(missing)?,
            facts: self.facts.ok_or_else(missing)?,
            assessment: self.assessment.ok_or_else(missing)?,
            plan_hash: self.plan_hash.ok_or_else(missing)?,
            tax_hash: self.tax_hash.ok_or_else(missing)?,
            approval_hash: self.approval_hash.ok_or_else(missing)?,
            accounts_hash: self.accounts_hash.ok_or_else(missing)?,
        };
        Ok((assessment, self.content))
    }
}

/// Where a log leads.
pub(super) struct Reached {
    pub(super) machine: Machine,
    /// The next place in the log.
    pub(super) next: i64,
    /// Every assessment of the document, the latest last.
    pub(super) assessed: Vec<assessments::Row>,
}

/// How far a log is run, and on whose word.
#[derive(Clone, Copy, Default)]
pub(super) struct Run<'a> {
    /// Whose signatures are verified again; none are without it.
    pub(super) trust: Option<&'a Trust>,
    /// The moment that the log is run up to; to its end without it.
    pub(super) before: Option<DateTime<Utc>>,
}

/// The log of a document and its assessments.
async fn read(tx: &mut Tx, key: &DocumentKey) -> Result<(Vec<Row>, Vec<(assessments::Row, String)>), LedgerError> {
    let rows: Vec<Row> = tx
        .all(
            "SELECT seq, kind, content, at, NULL AS paid_on, NULL AS facts, NULL AS assessment, NULL AS plan_hash,
                NULL AS tax_hash, NULL AS approval_hash, NULL AS accounts_hash FROM approval_log
             WHERE tenant = $1 AND document = $2 AND submission = $3
             UNION ALL
             SELECT revision, 'assessment', plan, assessed_at, paid_on, facts, assessment, plan_hash, tax_hash, approval_hash,
                accounts_hash FROM assessments WHERE tenant = $1 AND document = $2 AND submission = $3
             ORDER BY seq",
            args![key.tenant.as_str(), key.document.as_str(), key.submission],
        )
        .await?;
    let (mut entries, mut assessed) = (Vec::with_capacity(rows.len()), Vec::new());
    for row in rows {
        if row.is_entry() {
            entries.push(row);
        } else {
            assessed.push(row.into_assessment()?);
        }
    }
    Ok((entries, assessed))
}

/// Runs the log of a document.
pub(super) async fn run(
    tx: &mut Tx,
    key: &DocumentKey,
    submitter: &PersonId,
    run: Run<'_>,
) -> Result<Reached, LedgerError> {
    let (mut rows, assessed) = read(tx, key).await?;
    if let Some(before) = run.before {
        let past = rows.iter().take_while(|r| r.at < before).count();
        rows.truncate(past);
    }
    let (assessed, plans): (Vec<assessments::Row>, Vec<String>) = assessed.into_iter().unzip();
    let mut machine = Machine::new(submitter.clone());
    let mut next = 1;
    // Decisions of an earlier version are kept for the record; their documents cannot go on.
    if rows.iter().any(|r| r.kind == "decision") {
        return Ok(Reached { machine, next: rows.last().map_or(1, |r| r.seq + 1), assessed });
    }
    for row in rows {
        if row.seq != next {
            return Err(LedgerError::corrupt("approval log", format!("entry {next} of {key} is missing")));
        }
        next += 1;
        let input = match row.kind.as_str() {
            "open" => {
                let Opened { revision } = canonical::from_text(&row.content)?;
                let place = assessed.iter().position(|a| a.revision == i64::from(revision));
                let missing = || LedgerError::corrupt("approval log", format!("plan {revision} of {key} is missing"));
                Input::Open { plan: Box::new(canonical::from_text(&plans[place.ok_or_else(missing)?])?) }
            }
            "tick" => Input::Tick,
            "reopen" => Input::Reopen { why: row.content },
            "command" => {
                let signed: SignedCommand = canonical::from_text(&row.content)?;
                if signed.command.key != *key {
                    return Err(LedgerError::corrupt("approval log", format!("entry {} belongs elsewhere", row.seq)));
                }
                if let Some(trust) = run.trust {
                    signed
                        .verify(&trust.keys, signed.command.may_be_unsigned(trust.unsigned))
                        .map_err(LedgerError::Unsigned)?;
                }
                Input::Command { command: Box::new(signed.command) }
            }
            other => return Err(LedgerError::corrupt("approval log", format!("{other:?} is no kind of entry"))),
        };
        machine.handle(&input, row.at).map_err(|refusal| {
            LedgerError::corrupt("approval log", format!("entry {} of {key}: {refusal}", row.seq))
        })?;
    }
    Ok(Reached { machine, next, assessed })
}
