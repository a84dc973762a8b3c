//! What the ledger holds, as the API shows it.

use chrono::{DateTime, Utc};
use vextrus_approval::AllowedAnswer;
use vextrus_domain::{DocumentKey, Lang, TenantId, canonical};
use vextrus_ledger::LedgerError;
use vextrus_ledger::assessments::StoredAssessment;
use vextrus_ledger::documents::State;
use vextrus_ledger::views::{DocumentView, InboxLine, TaskView};
use vextrus_proto::invoice::v1 as proto;
use vextrus_proto::prost_types::Timestamp;
use vextrus_tax::explain;
use vextrus_temporal::WorkflowId;

use crate::names::{invoice_name, task_name};

/// The id of a document's workflow.
pub(crate) fn workflow_id(key: &DocumentKey) -> Result<WorkflowId, LedgerError> {
    WorkflowId::new(key.tenant.as_str(), key.document.as_str(), key.submission)
        .map_err(|error| LedgerError::corrupt("document key", error))
}

/// A whole document.
pub(crate) fn invoice(view: DocumentView) -> Result<proto::Invoice, LedgerError> {
    let key = &view.key;
    Ok(proto::Invoice {
        name: invoice_name(&key.tenant, key.document.as_str()),
        submission: submission(i64::from(key.submission))?,
        state: state(view.state).into(),
        outcome: outcome(view.outcome.as_deref())?.into(),
        refusal: view.refusal.map(|r| proto::Refusal { code: r.code.name().to_owned(), message: r.message }),
        submitter: view.submitter.to_string(),
        content: Some(crate::content::content(&view.invoice)),
        taxes: view.assessment.map(taxes),
        tasks: view.tasks.into_iter().map(|t| task(key, t)).collect::<Result<_, _>>()?,
        payment_instruction: view.instruction.unwrap_or_default(),
        claim_time: Some(timestamp(view.claimed_at)),
        conclude_time: view.concluded_at.map(timestamp),
        workflow_id: workflow_id(key)?.to_string(),
    })
}

/// Where a document stands.
pub(crate) const fn state(state: State) -> proto::InvoiceState {
    match state {
        State::Claimed => proto::InvoiceState::Claimed,
        State::Assessed => proto::InvoiceState::Assessed,
        State::Settled => proto::InvoiceState::Settled,
        State::Closed => proto::InvoiceState::Closed,
    }
}

/// How a document ended.
pub(crate) fn outcome(stored: Option<&str>) -> Result<proto::InvoiceOutcome, LedgerError> {
    use proto::InvoiceOutcome as O;
    Ok(match stored {
        None => O::Unspecified,
        Some("approved") => O::Approved,
        Some("rejected") => O::Rejected,
        Some("expired") => O::Expired,
        Some("withdrawn") => O::Withdrawn,
        Some("cancelled") => O::Cancelled,
        Some("failed") => O::Failed,
        Some(other) => return Err(LedgerError::corrupt("outcome", other)),
    })
}

/// A line of an inbox.
pub(crate) fn pending(tenant: &TenantId, line: InboxLine) -> Result<proto::PendingTask, LedgerError> {
    Ok(proto::PendingTask {
        name: task_name(tenant, &line.document, &line.task),
        invoice: invoice_name(tenant, &line.document),
        submission: submission(line.submission)?,
        kind: line.kind,
        role: line.role,
        question: line.question,
        allowed_answers: answers(&line.answers)?,
        due_time: Some(timestamp(line.due_at)),
        vendor: line.vendor,
        number: line.number,
        total_poisha: line.total,
    })
}

fn task(key: &DocumentKey, task: TaskView) -> Result<proto::Task, LedgerError> {
    Ok(proto::Task {
        name: task_name(&key.tenant, key.document.as_str(), &task.task),
        kind: task.kind,
        role: task.role,
        question: task.question,
        allowed_answers: answers(&task.answers)?,
        state: task_state(&task.state)?.into(),
        open_time: task.opened_at.map(timestamp),
        due_time: task.due_at.map(timestamp),
        answer: task.answer.unwrap_or_default(),
        actor: task.actor.unwrap_or_default(),
        comment: task.comment.unwrap_or_default(),
        decide_time: task.decided_at.map(timestamp),
    })
}

fn task_state(stored: &str) -> Result<proto::TaskState, LedgerError> {
    Ok(match stored {
        "waiting" => proto::TaskState::Waiting,
        "open" => proto::TaskState::Open,
        "decided" => proto::TaskState::Decided,
        "dropped" => proto::TaskState::Dropped,
        other => return Err(LedgerError::corrupt("task state", other)),
    })
}

fn answers(stored: &str) -> Result<Vec<proto::AllowedAnswer>, LedgerError> {
    let answers: Vec<AllowedAnswer> = canonical::from_text(stored)?;
    Ok(answers.into_iter().map(|a| proto::AllowedAnswer { name: a.name, proceeds: a.proceeds }).collect())
}

fn taxes(stored: StoredAssessment) -> proto::InvoiceTaxes {
    let assessment = stored.assessment;
    let (working, working_bn) = (explain::lines(&assessment, Lang::En), explain::lines(&assessment, Lang::Bn));
    let withheld = assessment.withheld.into_iter().map(|w| proto::WithheldTax {
        tax: w.tax.name().to_owned(),
        code: w.code,
        rate_ppm: w.rate.ppm(),
        base_poisha: w.base.poisha(),
        amount_poisha: w.amount.poisha(),
    });
    let lines = assessment.lines.into_iter().map(|l| proto::LineTaxes {
        line: l.line,
        value_poisha: l.value.poisha(),
        sd_poisha: l.sd.poisha(),
        vat_poisha: l.vat.poisha(),
        vds_poisha: l.vds.poisha(),
        tds_poisha: l.tds.poisha(),
    });
    let (schedule, schedule_hash) = assessment.schedule.map(|s| (s.name, s.hash)).unwrap_or_default();
    proto::InvoiceTaxes {
        vat_poisha: assessment.vat.poisha(),
        withheld: withheld.collect(),
        net_payable_poisha: assessment.net_payable.poisha(),
        working,
        paid_on: stored.paid_on.to_string(),
        sd_poisha: assessment.sd.poisha(),
        borne_poisha: assessment.borne.poisha(),
        retention_poisha: assessment.retention.poisha(),
        advance_poisha: assessment.advance.poisha(),
        lines: lines.collect(),
        schedule,
        schedule_hash,
        working_bn,
        warnings: stored.facts.warnings,
    }
}

fn submission(stored: i64) -> Result<i32, LedgerError> {
    i32::try_from(stored).map_err(|error| LedgerError::corrupt("submission", error))
}

fn timestamp(at: DateTime<Utc>) -> Timestamp {
    // Nanoseconds within a second; a leap second's are above what the type allows.
    let nanos = i32::try_from(at.timestamp_subsec_nanos()).unwrap_or_default().min(999_999_999);
    Timestamp { seconds: at.timestamp(), nanos }
}
