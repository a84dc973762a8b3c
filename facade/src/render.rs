//! What the ledger holds, as the API shows it.

use chrono::{DateTime, Utc};
use vextrus_approval::{AllowedAnswer, Machine};
use vextrus_documents::Preview;
use vextrus_domain::matching::open_quantities;
use vextrus_domain::{DocumentKey, DocumentType, Lang, Refusal, TenantId, canonical};
use vextrus_ledger::LedgerError;
use vextrus_ledger::assessments::StoredAssessment;
use vextrus_ledger::budgets::BudgetLeft;
use vextrus_ledger::documents::State;
use vextrus_ledger::orders::IssuedOrder;
use vextrus_ledger::views::{DocumentView, InboxLine, TaskView};
use vextrus_lifecycle::Process;
use vextrus_proto::approval::v1 as shared;
use vextrus_proto::invoice::v1 as proto;
use vextrus_proto::pbjson_types::Timestamp;
use vextrus_proto::purchasing::v1 as purchasing;
use vextrus_tax::explain;
use vextrus_temporal::{WorkflowId, WorkflowKind};

use crate::attachments;
use crate::employees::names as employees;
use crate::history;
use crate::masterdata::names as masterdata;
use crate::names::{document_name, task_name};

/// The id of the workflow of a document or of an employee's process.
pub(crate) fn workflow_id(kind: impl Into<WorkflowKind>, key: &DocumentKey) -> Result<WorkflowId, LedgerError> {
    WorkflowId::new(kind, key.tenant.as_str(), key.document.as_str(), key.submission)
        .map_err(|error| LedgerError::corrupt("document key", error))
}

/// A whole invoice.
pub(crate) fn invoice(view: DocumentView) -> Result<proto::Invoice, LedgerError> {
    let approval = approval(&view)?;
    let key = &view.key;
    let Some(content) = view.content.invoice() else {
        return Err(LedgerError::corrupt("document", "it is no invoice"));
    };
    Ok(proto::Invoice {
        name: document_name(DocumentType::Invoice, &key.tenant, key.document.as_str()),
        submission: submission(i64::from(key.submission))?,
        state: state(view.state).into(),
        outcome: outcome(view.outcome.as_deref())?.into(),
        refusal: view.refusal.map(refusal),
        submitter: view.submitter.to_string(),
        content: Some(crate::content::content(content)),
        taxes: view.assessment.and_then(taxes),
        approval: Some(approval),
        payment_instruction: view.number.unwrap_or_default(),
        payment_account: view.account.map(|a| format!("{} {}", a.bank, a.masked_number())).unwrap_or_default(),
        claim_time: Some(timestamp(view.claimed_at)),
        conclude_time: view.concluded_at.map(timestamp),
        workflow_id: workflow_id(DocumentType::Invoice, key)?.to_string(),
    })
}

/// A whole order.
pub(crate) fn order(view: DocumentView) -> Result<purchasing::PurchaseOrder, LedgerError> {
    let approval = approval(&view)?;
    let key = &view.key;
    let Some(content) = view.content.order() else { return Err(LedgerError::corrupt("document", "it is no order")) };
    Ok(purchasing::PurchaseOrder {
        name: document_name(DocumentType::PurchaseOrder, &key.tenant, key.document.as_str()),
        submission: submission(i64::from(key.submission))?,
        state: state(view.state).into(),
        outcome: outcome(view.outcome.as_deref())?.into(),
        refusal: view.refusal.map(refusal),
        submitter: view.submitter.to_string(),
        content: Some(crate::content::order_content(content)),
        approval: Some(approval),
        issued: view.order.and_then(issued),
        claim_time: Some(timestamp(view.claimed_at)),
        conclude_time: view.concluded_at.map(timestamp),
        workflow_id: workflow_id(DocumentType::PurchaseOrder, key)?.to_string(),
    })
}

pub(crate) fn refusal(r: Refusal) -> shared::Refusal {
    shared::Refusal { code: r.code.name().to_owned(), message: r.message }
}

/// What only orders have that were issued here.
pub(crate) fn issued(order: IssuedOrder) -> Option<purchasing::IssuedOrder> {
    let issued = order.issued?;
    let open = open_quantities(&issued.lines);
    let lines = issued.lines.iter().zip(&open).map(|(line, open)| purchasing::LineProgress {
        line: i32::try_from(line.line).unwrap_or(i32::MAX),
        product: line.product.clone(),
        ordered: line.ordered.to_string(),
        received: line.received.to_string(),
        billed: line.billed.to_string(),
        to_receive: open.to_receive.to_string(),
        to_bill: open.to_bill.to_string(),
    });
    Some(purchasing::IssuedOrder {
        po_number: order.number.to_string(),
        version: i32::try_from(issued.version).unwrap_or(i32::MAX),
        open: order.open,
        amount_poisha: issued.amount.poisha(),
        lines: lines.collect(),
    })
}

/// What is left of budgets.
pub(crate) fn budgets(left: &[BudgetLeft]) -> Vec<shared::BudgetLeft> {
    let one = |b: &BudgetLeft| shared::BudgetLeft {
        project: b.project.as_ref().map(ToString::to_string).unwrap_or_default(),
        free_poisha: b.free.map(|free| free.poisha()),
    };
    left.iter().map(one).collect()
}

/// Where an approval stands.
fn approval(view: &DocumentView) -> Result<shared::Approval, LedgerError> {
    let machine = &view.approval;
    let (kind, key) = (view.content.kind(), &view.key);
    let tasks = view.tasks.iter().map(|t| task(kind, key, t, machine)).collect::<Result<_, _>>()?;
    let questions = machine.questions().iter().map(|q| shared::Question {
        id: q.id.to_string(),
        task: q.task.to_string(),
        actor: q.by.to_string(),
        text: q.text.clone(),
        ask_time: Some(timestamp(q.at)),
        open: q.open,
    });
    let facts = view.assessment.as_ref().map(|a| &a.facts);
    Ok(shared::Approval {
        tasks,
        questions: questions.collect(),
        history: machine.history().iter().map(history::entry).collect(),
        returned: machine.returned().is_some(),
        budgets: budgets(&view.budgets),
        match_differences: facts.map(|f| f.matched.clone()).unwrap_or_default(),
        warnings: facts.map(|f| f.warnings.clone()).unwrap_or_default(),
        etag: etag(view),
        attachments: view.attachments.iter().map(|a| attachments::shown(kind, &key.tenant, a)).collect(),
    })
}

/// Which submission, content and plan a document has.
pub(crate) fn etag(view: &DocumentView) -> String {
    format!("{}.{}.{}", view.key.submission, view.content_number, view.approval.revision())
}

/// The tasks of a plan that is not started.
pub(crate) fn planned(preview: &Preview) -> Vec<shared::PlannedTask> {
    let tasks = preview.plan.tasks.iter().zip(&preview.expected).map(|(task, expected)| shared::PlannedTask {
        task: task.id.to_string(),
        kind: task.kind.name().to_owned(),
        role: task.role.to_string(),
        question: task.question.clone(),
        why: task.why.clone(),
        eligible: task.eligible.iter().map(ToString::to_string).collect(),
        needed: count(task.needed),
        due_time: Some(timestamp(expected.due_by)),
        stage: count(task.stage),
    });
    tasks.collect()
}

fn count(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// Where a document stands.
pub(crate) const fn state(state: State) -> shared::DocumentState {
    match state {
        State::Claimed => shared::DocumentState::Claimed,
        State::Assessed => shared::DocumentState::Assessed,
        State::Settled => shared::DocumentState::Settled,
        State::Closed => shared::DocumentState::Closed,
    }
}

/// How a document ended.
pub(crate) fn outcome(stored: Option<&str>) -> Result<shared::DocumentOutcome, LedgerError> {
    use shared::DocumentOutcome as O;
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
pub(crate) fn pending(tenant: &TenantId, line: InboxLine) -> Result<shared::PendingTask, LedgerError> {
    let (name, document) = match (line.document_kind.parse::<DocumentType>(), line.document_kind.parse::<Process>()) {
        (Ok(kind), _) => {
            (task_name(kind, tenant, &line.document, &line.task), document_name(kind, tenant, &line.document))
        }
        (_, Ok(kind)) => (
            employees::task_name(kind, tenant, &line.document, &line.task),
            employees::process_name(kind, tenant, &line.document),
        ),
        _ if line.document_kind == "bank_details" => {
            let name = masterdata::change_name(tenant, &line.document);
            (name.clone(), name)
        }
        (Err(error), _) => return Err(LedgerError::corrupt("type of document", format!("{error}"))),
    };
    Ok(shared::PendingTask {
        name,
        document,
        submission: submission(line.submission)?,
        kind: line.kind,
        role: line.role,
        question: line.question,
        allowed_answers: answers(&line.answers)?,
        due_time: line.due_at.map(timestamp),
        vendor: line.vendor,
        number: line.number,
        total_poisha: line.total,
        principal: line.principal,
        employee: line.employee,
    })
}

fn task(
    kind: DocumentType,
    key: &DocumentKey,
    task: &TaskView,
    machine: &Machine,
) -> Result<shared::Task, LedgerError> {
    let planned = machine.tasks().iter().find(|t| t.task.id.as_str() == task.task);
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    Ok(shared::Task {
        name: task_name(kind, &key.tenant, key.document.as_str(), &task.task),
        kind: task.kind.clone(),
        role: task.role.clone(),
        question: task.question.clone(),
        allowed_answers: answers(&task.answers)?,
        state: task_state(&task.state)?.into(),
        open_time: task.opened_at.map(timestamp),
        due_time: task.due_at.map(timestamp),
        answer: text(&task.answer),
        actor: text(&task.actor),
        comment: text(&task.comment),
        decide_time: task.decided_at.map(timestamp),
        principal: text(&task.principal),
        needed: i32::try_from(task.needed).unwrap_or(i32::MAX),
        given: i32::try_from(task.given).unwrap_or(i32::MAX),
        eligible: planned.map(|t| t.eligible.iter().map(ToString::to_string).collect()).unwrap_or_default(),
        why: planned.map(|t| t.task.why.clone()).unwrap_or_default(),
    })
}

fn task_state(stored: &str) -> Result<shared::TaskState, LedgerError> {
    Ok(match stored {
        "waiting" => shared::TaskState::Waiting,
        "open" => shared::TaskState::Open,
        "decided" => shared::TaskState::Decided,
        "dropped" => shared::TaskState::Dropped,
        "superseded" => shared::TaskState::Superseded,
        other => return Err(LedgerError::corrupt("task state", other)),
    })
}

fn answers(stored: &str) -> Result<Vec<shared::AllowedAnswer>, LedgerError> {
    let answers: Vec<AllowedAnswer> = canonical::from_text(stored)?;
    Ok(answers.into_iter().map(|a| shared::AllowedAnswer { name: a.name, proceeds: a.proceeds }).collect())
}

/// The taxes of an assessment that computed any.
pub(crate) fn taxes(stored: StoredAssessment) -> Option<proto::InvoiceTaxes> {
    let assessment = stored.assessment?;
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
    Some(proto::InvoiceTaxes {
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
    })
}

pub(crate) fn submission(stored: i64) -> Result<i32, LedgerError> {
    i32::try_from(stored).map_err(|error| LedgerError::corrupt("submission", error))
}

pub(crate) fn timestamp(at: DateTime<Utc>) -> Timestamp {
    // Nanoseconds within a second; a leap second's are above what the type allows.
    let nanos = i32::try_from(at.timestamp_subsec_nanos()).unwrap_or_default().min(999_999_999);
    Timestamp { seconds: at.timestamp(), nanos }
}
