//! The facade's messages as JSON, for scripts.

use serde_json::{Value, json};
use vextrus_domain::Taka;
use vextrus_proto::invoice::v1::{Invoice, InvoiceTaxes, LineTaxes, PendingTask, Task, TaskState, WithheldTax};
use vextrus_proto::prost_types::Timestamp;

pub use vextrus_facade::content;

/// Poisha as a decimal string of taka.
#[must_use]
pub fn taka(poisha: i64) -> String {
    Taka::from_poisha(poisha).map_or_else(|_| format!("{poisha} poisha"), |t| t.to_string())
}

/// A time as RFC 3339 text.
#[must_use]
pub fn time(at: Option<&Timestamp>) -> Option<String> {
    let at = at?;
    let nanos = u32::try_from(at.nanos).ok()?;
    Some(chrono::DateTime::from_timestamp(at.seconds, nanos)?.to_rfc3339_opts(chrono::SecondsFormat::Millis, true))
}

/// The last part of a resource name.
#[must_use]
pub fn last(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// The lower-case word of an enum's name, such as `settled` of `INVOICE_STATE_SETTLED`.
#[must_use]
pub fn word(name: &str, prefix: &str) -> String {
    name.strip_prefix(prefix).unwrap_or(name).to_lowercase()
}

/// Where the invoice stands.
#[must_use]
pub fn state(invoice: &Invoice) -> String {
    word(invoice.state().as_str_name(), "INVOICE_STATE_")
}

/// How the invoice ended, once it has.
#[must_use]
pub fn outcome(invoice: &Invoice) -> Option<String> {
    Some(word(invoice.outcome().as_str_name(), "INVOICE_OUTCOME_")).filter(|o| o != "unspecified")
}

/// Where a task stands.
#[must_use]
pub fn task_state(state: TaskState) -> String {
    word(state.as_str_name(), "TASK_STATE_")
}

/// An invoice.
#[must_use]
pub fn invoice(i: &Invoice) -> Value {
    let content = i.content.clone().unwrap_or_default();
    json!({
        "name": i.name,
        "submission": i.submission,
        "state": state(i),
        "outcome": outcome(i),
        "refusal": i.refusal.as_ref().map(|r| json!({"code": r.code, "message": r.message})),
        "submitter": i.submitter,
        "vendor": content.vendor,
        "number": content.number,
        "date": content.date,
        "due_date": content.due_date,
        "currency": content.currency,
        "department": content.department,
        "project": Some(content.project).filter(|p| !p.is_empty()),
        "po_number": Some(content.po_number).filter(|p| !p.is_empty()),
        "lines": content.lines.iter().map(|l| json!({
            "description": l.description, "quantity": l.quantity,
            "unit_price": taka(l.unit_price_poisha), "amount": taka(l.amount_poisha),
            "tax_code": Some(&l.tax_code).filter(|c| !c.is_empty()), "tds_code": Some(&l.tds_code).filter(|c| !c.is_empty()),
        })).collect::<Vec<_>>(),
        "subtotal": taka(content.subtotal_poisha),
        "sd": taka(content.sd_poisha),
        "vat": taka(content.vat_poisha),
        "total": taka(content.total_poisha),
        "taxes": i.taxes.as_ref().map(taxes),
        "tasks": i.tasks.iter().map(task).collect::<Vec<_>>(),
        "payment_instruction": Some(&i.payment_instruction).filter(|p| !p.is_empty()),
        "claimed_at": time(i.claim_time.as_ref()),
        "concluded_at": time(i.conclude_time.as_ref()),
        "workflow_id": i.workflow_id,
    })
}

fn taxes(t: &InvoiceTaxes) -> Value {
    let withheld = |w: &WithheldTax| json!({"tax": w.tax, "code": w.code, "rate_ppm": w.rate_ppm, "base": taka(w.base_poisha), "amount": taka(w.amount_poisha)});
    let line = |l: &LineTaxes| json!({"line": l.line, "value": taka(l.value_poisha), "sd": taka(l.sd_poisha), "vat": taka(l.vat_poisha), "vds": taka(l.vds_poisha), "tds": taka(l.tds_poisha)});
    json!({
        "schedule": t.schedule,
        "schedule_hash": t.schedule_hash,
        "sd": taka(t.sd_poisha),
        "vat": taka(t.vat_poisha),
        "lines": t.lines.iter().map(line).collect::<Vec<_>>(),
        "borne": taka(t.borne_poisha),
        "retention": taka(t.retention_poisha),
        "advance": taka(t.advance_poisha),
        "withheld": t.withheld.iter().map(withheld).collect::<Vec<_>>(),
        "net_payable": taka(t.net_payable_poisha),
        "working": t.working,
        "working_bn": t.working_bn,
        "warnings": t.warnings,
        "paid_on": t.paid_on,
    })
}

fn task(t: &Task) -> Value {
    json!({
        "task": last(&t.name),
        "kind": t.kind,
        "role": t.role,
        "question": t.question,
        "answers": t.allowed_answers.iter().map(|a| &a.name).collect::<Vec<_>>(),
        "state": task_state(t.state()),
        "due_at": time(t.due_time.as_ref()),
        "answer": Some(&t.answer).filter(|a| !a.is_empty()),
        "actor": Some(&t.actor).filter(|a| !a.is_empty()),
        "comment": Some(&t.comment).filter(|c| !c.is_empty()),
        "decided_at": time(t.decide_time.as_ref()),
    })
}

/// A line of an inbox.
#[must_use]
pub fn pending(t: &PendingTask) -> Value {
    json!({
        "invoice": last(&t.invoice),
        "task": last(&t.name),
        "kind": t.kind,
        "role": t.role,
        "question": t.question,
        "answers": t.allowed_answers.iter().map(|a| &a.name).collect::<Vec<_>>(),
        "due_at": time(t.due_time.as_ref()),
        "vendor": t.vendor,
        "number": t.number,
        "total": taka(t.total_poisha),
    })
}
