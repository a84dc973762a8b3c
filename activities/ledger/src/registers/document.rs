//! A document as it was when a day ended: from its trail and the log of its approval, and not from what stands in the tables now.

use chrono::NaiveDate;
use serde_json::Value;
use vextrus_approval::{Machine, Outcome};
use vextrus_domain::{DocumentId, DocumentKey, PersonId, Refusal, RefusalCode, TenantId, canonical};

use super::{Cell, Rows, Totals, end_of};
use crate::approvals;
use crate::audit::{self, Entry};
use crate::db::Tx;
use crate::error::LedgerError;

pub(super) const COLUMNS: &[&str] = &["part", "submission", "item", "state", "by", "in_the_name_of", "at", "value"];

/// Where a document stood, as its trail tells it.
#[derive(Debug, Default)]
struct Stood<'e> {
    state: &'static str,
    outcome: Option<&'e Value>,
    claim: Option<&'e Entry>,
    content: Option<&'e Entry>,
    assessment: Option<&'e Entry>,
    end: Option<&'e Entry>,
}

impl<'e> Stood<'e> {
    /// Of one submission.
    fn after(entries: &'e [Entry], submission: u32) -> Self {
        let mut stood = Self::default();
        for entry in entries.iter().filter(|e| e.submission == Some(submission)) {
            match entry.kind.as_str() {
                "claimed" => (stood.state, stood.claim, stood.content) = ("claimed", Some(entry), Some(entry)),
                "content_changed" => stood.content = Some(entry),
                "assessed" => (stood.state, stood.assessment) = ("assessed", Some(entry)),
                "settled" => (stood.state, stood.end) = ("settled", Some(entry)),
                "closed" => {
                    (stood.state, stood.end) = ("closed", Some(entry));
                    stood.outcome = Some(&entry.body["reason"]);
                }
                _ => {}
            }
        }
        stood
    }

    /// Its facts: what, in which words, and the entry that tells it.
    fn facts(&self) -> Vec<(&'static str, String, &'e Entry)> {
        let mut facts = Vec::new();
        let mut tell = |item, value: &Value, entry: Option<&'e Entry>| {
            let words = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            facts.extend(entry.filter(|_| !value.is_null() && !words.is_empty()).map(|entry| (item, words, entry)));
        };
        let of = |entry: Option<&'e Entry>, pointer: &str| {
            entry.and_then(|e| e.body.pointer(pointer)).cloned().unwrap_or_default()
        };
        for (item, pointer) in [
            ("kind", "/kind"),
            ("vendor", "/vendor"),
            ("number", "/number"),
            ("fiscal_year", "/fiscal_year"),
            ("employee", "/employee"),
        ] {
            tell(item, &of(self.claim, pointer), self.claim);
        }
        for (item, pointer) in [("content_hash", "/payload_hash"), ("total", "/total")] {
            tell(item, &of(self.content, pointer), self.content);
        }
        for (item, pointer) in [
            ("revision", "/revision"),
            ("net_payable", "/totals/net_payable"),
            ("withholding_for", "/paid_on"),
            ("plan_hash", "/plan_hash"),
            ("tax_rules", "/rules/tax"),
            ("approval_rules", "/rules/approval"),
            ("account_rules", "/rules/accounts"),
        ] {
            tell(item, &of(self.assessment, pointer), self.assessment);
        }
        for (item, pointer) in [
            ("instruction_or_order", "/settlement/number"),
            ("posting_date", "/settlement/date"),
            ("paid", "/settlement/totals/net_payable"),
            ("refusal", "/refusal/code"),
        ] {
            tell(item, &of(self.end, pointer), self.end);
        }
        facts
    }
}

pub(super) async fn report(
    tx: &mut Tx,
    tenant: &TenantId,
    document: &DocumentId,
    at: NaiveDate,
    rows: &mut Rows<'_>,
) -> Result<Result<Totals, Refusal>, LedgerError> {
    let until = end_of(at);
    let mut entries = match audit::read_chain(tx, tenant, document.as_str()).await? {
        Ok(entries) => entries,
        Err(broken) => return Err(LedgerError::corrupt("trail", broken)),
    };
    let first = entries.first().map(|e| e.at);
    entries.retain(|e| e.at < until);
    let Some(submission) = entries.iter().filter_map(|e| e.submission).max() else {
        let message = match first {
            Some(first) => format!("document {document} was first heard of at {first}, after {at}; give a later day"),
            None => format!("{tenant} has no document {document}; correct its id"),
        };
        return Ok(Err(Refusal::new(RefusalCode::NotFound, message)));
    };
    let stood = Stood::after(&entries, submission);
    let mut count = 0;
    let mut row = |cells: Vec<Cell>| {
        count += 1;
        rows(cells)
    };
    let last = stood.end.or(stood.assessment).or(stood.claim);
    row(cells("document", submission, "state", (stood.state, last), stood.outcome.and_then(Value::as_str)))?;
    for (item, value, entry) in stood.facts() {
        row(cells("document", submission, item, ("", Some(entry)), Some(&value)))?;
    }
    if let Some(machine) = approval(tx, tenant, document, submission, stood.claim, until).await? {
        for cells in tasks(&machine, submission) {
            row(cells)?;
        }
    }
    for entry in &entries {
        let (body, of) = (canonical::to_text(&entry.body)?, entry.submission.unwrap_or(submission));
        row(cells("trail", of, &entry.kind, ("", Some(entry)), Some(&body)))?;
    }
    Ok(Ok(Totals { rows: count, ..Totals::default() }))
}

fn cells(
    part: &str,
    submission: u32,
    item: &str,
    (state, entry): (&str, Option<&Entry>),
    value: Option<&str>,
) -> Vec<Cell> {
    let person = |pick: fn(&Entry) -> Option<&String>| Cell::maybe(entry.and_then(pick), Cell::text);
    vec![
        Cell::text(part),
        Cell::Count(i64::from(submission)),
        Cell::text(item),
        Cell::text(state),
        person(|e| e.actor.as_ref()),
        person(|e| e.principal.as_ref()),
        Cell::maybe(entry.map(|e| e.at), Cell::Time),
        Cell::maybe(value, Cell::text),
    ]
}

/// Where the approval stood; none for what has none.
async fn approval(
    tx: &mut Tx,
    tenant: &TenantId,
    document: &DocumentId,
    submission: u32,
    claim: Option<&Entry>,
    until: chrono::DateTime<chrono::Utc>,
) -> Result<Option<Machine>, LedgerError> {
    let Some(submitter) = claim.and_then(|e| e.actor.as_deref()) else { return Ok(None) };
    let submitter: PersonId = submitter.parse().map_err(|e| LedgerError::corrupt("submitter", format!("{e}")))?;
    let key = DocumentKey { tenant: tenant.clone(), document: document.clone(), submission };
    let machine = approvals::machine_before(tx, &key, &submitter, until).await?;
    Ok(Some(machine).filter(|machine| machine.revision() > 0))
}

fn tasks(machine: &Machine, submission: u32) -> Vec<Vec<Cell>> {
    let ended = machine.outcome().map(|outcome| match outcome {
        Outcome::Approved => "approved",
        Outcome::Rejected { .. } => "rejected",
        Outcome::Withdrawn => "withdrawn",
        Outcome::Expired { .. } => "expired",
    });
    let stands = match (ended, machine.returned()) {
        (Some(ended), _) => ended,
        (None, Some(_)) => "returned",
        (None, None) => "open",
    };
    let mut all = vec![cells("approval", submission, "state", (stands, None), None)];
    for task in machine.tasks() {
        let named = |state: &str, value: &str| {
            cells("task", submission, task.task.id.as_str(), (state, None), Some(value).filter(|v| !v.is_empty()))
        };
        let waits: Vec<&str> = task.eligible.iter().map(PersonId::as_str).collect();
        all.push(named(task.status.name(), &format!("{}; asked: {}", task.task.question, waits.join(", "))));
        for given in &task.decisions {
            let mut answer = named(&given.answer, &given.comment);
            answer[0] = Cell::text("answer");
            answer[4] = Cell::text(given.by.actor.as_str());
            answer[5] = Cell::text(given.by.principal.as_str());
            answer[6] = Cell::Time(given.at);
            all.push(answer);
        }
    }
    for question in machine.questions() {
        let state = if question.open { "open" } else { "answered" };
        let mut asked = cells("question", submission, question.task.as_str(), (state, None), Some(&question.text));
        asked[4] = Cell::text(question.by.as_str());
        asked[6] = Cell::Time(question.at);
        all.push(asked);
    }
    all
}
