//! The facade's messages as JSON, for scripts.

use serde_json::{Value, json};
use vextrus_domain::Taka;
use vextrus_proto::approval::v1::{
    Approval, Attachment, BudgetLeft, DocumentOutcome, DocumentState, HistoryEntry, PendingTask, PlannedTask, Task,
    TaskState,
};
use vextrus_proto::invoice::v1::{Invoice, InvoiceTaxes, LineTaxes, WithheldTax};
use vextrus_proto::pbjson_types::Timestamp;
use vextrus_proto::purchasing::v1::{IssuedOrder, PurchaseOrder};

pub use vextrus_facade::{content, order_content};

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

/// Where a document stands.
#[must_use]
pub fn state(state: DocumentState) -> String {
    word(state.as_str_name(), "DOCUMENT_STATE_")
}

/// Whether a document has ended.
#[must_use]
pub const fn has_ended(state: DocumentState) -> bool {
    matches!(state, DocumentState::Settled | DocumentState::Closed)
}

/// How a document ended, once it has.
#[must_use]
pub fn outcome(outcome: DocumentOutcome) -> Option<String> {
    Some(word(outcome.as_str_name(), "DOCUMENT_OUTCOME_")).filter(|o| o != "unspecified")
}

/// The tasks of an invoice.
#[must_use]
pub fn tasks(invoice: &Invoice) -> &[Task] {
    invoice.approval.as_ref().map(|a| a.tasks.as_slice()).unwrap_or_default()
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
        "state": state(i.state()),
        "outcome": outcome(i.outcome()),
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
        "tasks": tasks(i).iter().map(task).collect::<Vec<_>>(),
        "approval": i.approval.as_ref().map(approval),
        "payment_instruction": Some(&i.payment_instruction).filter(|p| !p.is_empty()),
        "payment_account": Some(&i.payment_account).filter(|to| !to.is_empty()),
        "claimed_at": time(i.claim_time.as_ref()),
        "concluded_at": time(i.conclude_time.as_ref()),
        "workflow_id": i.workflow_id,
    })
}

/// The taxes of an invoice.
#[must_use]
pub fn taxes(t: &InvoiceTaxes) -> Value {
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

/// An order.
#[must_use]
pub fn order(o: &PurchaseOrder) -> Value {
    let content = o.content.clone().unwrap_or_default();
    json!({
        "name": o.name,
        "submission": o.submission,
        "state": state(o.state()),
        "outcome": outcome(o.outcome()),
        "refusal": o.refusal.as_ref().map(|r| json!({"code": r.code, "message": r.message})),
        "submitter": o.submitter,
        "vendor": content.vendor,
        "date": content.date,
        "needed_by": Some(content.needed_by).filter(|d| !d.is_empty()),
        "department": content.department,
        "project": Some(content.project).filter(|p| !p.is_empty()),
        "amends": Some(content.amends).filter(|p| !p.is_empty()),
        "lines": content.lines.iter().map(|l| json!({
            "product": l.product, "quantity": l.quantity,
            "unit_price": taka(l.unit_price_poisha), "amount": taka(l.amount_poisha),
        })).collect::<Vec<_>>(),
        "amount": taka(content.amount_poisha),
        "note": content.note,
        "approval": o.approval.as_ref().map(approval),
        "issued": o.issued.as_ref().map(issued),
        "claimed_at": time(o.claim_time.as_ref()),
        "concluded_at": time(o.conclude_time.as_ref()),
        "workflow_id": o.workflow_id,
    })
}

/// An issued order.
#[must_use]
pub fn issued(o: &IssuedOrder) -> Value {
    let lines = o.lines.iter().map(|l| {
        json!({"line": l.line, "product": l.product, "ordered": l.ordered, "received": l.received, "billed": l.billed,
            "to_receive": l.to_receive, "to_bill": l.to_bill})
    });
    json!({"po_number": o.po_number, "version": o.version, "open": o.open, "amount": taka(o.amount_poisha),
        "lines": lines.collect::<Vec<_>>()})
}

/// Where an approval stands.
fn approval(a: &Approval) -> Value {
    let entry = |h: &HistoryEntry| {
        json!({"time": time(h.time.as_ref()), "event": h.event, "actor": h.actor, "principal": h.principal, "task": h.task,
            "subject": h.subject, "text": h.text})
    };
    json!({
        "tasks": a.tasks.iter().map(task).collect::<Vec<_>>(),
        "questions": a.questions.iter().map(|q| json!({
            "id": q.id, "task": q.task, "actor": q.actor, "text": q.text, "open": q.open,
        })).collect::<Vec<_>>(),
        "history": a.history.iter().map(entry).collect::<Vec<_>>(),
        "returned": a.returned,
        "budgets": budgets(&a.budgets),
        "match_differences": a.match_differences,
        "warnings": a.warnings,
        "attachments": a.attachments.iter().map(attachment).collect::<Vec<_>>(),
        "etag": a.etag,
    })
}

/// A paper of a document.
#[must_use]
pub fn attachment(a: &Attachment) -> Value {
    let kind = a.kind().as_str_name().trim_start_matches("ATTACHMENT_KIND_").to_lowercase();
    json!({
        "name": a.name, "kind": kind, "file_name": a.file_name, "media_type": a.media_type, "bytes": a.size_bytes,
        "sha256": a.sha256, "attached_by": a.uploader, "attached_at": time(a.upload_time.as_ref()),
    })
}

/// What is left of budgets.
#[must_use]
pub fn budgets(left: &[BudgetLeft]) -> Value {
    left.iter().map(|b| json!({"project": b.project, "free": b.free_poisha.map(taka)})).collect()
}

/// The tasks that a submission would bring.
#[must_use]
pub fn planned(tasks: &[PlannedTask]) -> Value {
    let task = |t: &PlannedTask| {
        json!({"task": t.task, "kind": t.kind, "role": t.role, "question": t.question, "why": t.why, "eligible": t.eligible,
            "needed": t.needed, "due_by": time(t.due_time.as_ref()), "stage": t.stage})
    };
    Value::Array(tasks.iter().map(task).collect())
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
        "principal": Some(&t.principal).filter(|a| !a.is_empty()),
        "needed": t.needed,
        "given": t.given,
        "eligible": t.eligible,
        "why": t.why,
        "comment": Some(&t.comment).filter(|c| !c.is_empty()),
        "decided_at": time(t.decide_time.as_ref()),
    })
}

/// The kind of task that a change of a vendor's bank account is.
pub(crate) const BANK_DETAILS: &str = "bank_details";

/// A line of an inbox.
#[must_use]
pub fn pending(t: &PendingTask) -> Value {
    json!({
        "name": t.name,
        "document": t.document,
        "principal": t.principal,
        "task": last(&t.name),
        "kind": t.kind,
        "role": t.role,
        "question": t.question,
        "answers": t.allowed_answers.iter().map(|a| &a.name).collect::<Vec<_>>(),
        "due_at": time(t.due_time.as_ref()),
        "vendor": t.vendor,
        "number": t.number,
        "total": (t.employee.is_empty() && t.kind != BANK_DETAILS).then(|| taka(t.total_poisha)),
        "employee": Some(&t.employee).filter(|e| !e.is_empty()),
    })
}
