//! Proposing an account.

use chrono::{DateTime, Utc};
use serde_json::json;
use uuid::Uuid;
use vextrus_approval::{Input, Machine, Plan, Policy};
use vextrus_domain::{
    Actor, BankAccount, DocumentId, DocumentKey, DocumentType, Refusal, RefusalCode, RequestId, TenantId, VendorId,
    canonical,
};

use super::command::pass_time;
use super::{ChangeState, account_hash, lock, log, read, shown};
use crate::asked::{self, Begun};
use crate::audit::{BankChangeRow, What};
use crate::db::{Tx, args};
use crate::error::LedgerError;
use crate::masterdata;
use crate::rules::{self, RuleKind};

/// What is done, on the trail and for repeated requests.
const ACTION: &str = "bank_details_proposed";

/// What is proposed.
struct Proposed<'a> {
    vendor: &'a VendorId,
    account: &'a BankAccount,
    reason: &'a str,
    plan: Plan,
    due_at: DateTime<Utc>,
}

/// Proposes an account for a vendor. The same request is answered the same way.
///
/// # Errors
/// [`LedgerError::Database`]; the inner error is `INVALID_FIELD`, `VENDOR_UNKNOWN`, `BANK_CHANGE_OPEN`, `RULES_NOT_ACTIVE`,
/// `NO_ELIGIBLE_APPROVER`, `PERMISSION_DENIED` or `REQUEST_ID_REUSED`.
pub async fn propose(
    tx: &mut Tx,
    actor: &Actor,
    request: &RequestId,
    vendor: &VendorId,
    account: &BankAccount,
    reason: &str,
) -> Result<Result<DocumentId, Refusal>, LedgerError> {
    let wrong = account.violations().into_iter().next().map(|v| v.refusal);
    if let Some(refusal) = wrong.or_else(|| asked::reason(reason).err()) {
        return Ok(Err(refusal));
    }
    let hash = match asked::begin_beside_the_books(tx, actor, request, ACTION, &(vendor, account, reason)).await? {
        Ok(Begun::New(hash)) => hash,
        Ok(Begun::Done(done)) => return Ok(Ok(done)),
        Err(refusal) => return Ok(Err(refusal)),
    };
    if let Some(refusal) = in_the_way(tx, &actor.tenant, vendor, account).await? {
        return Ok(Err(refusal));
    }
    let (plan, due_at) = match plan(tx, actor, vendor, account).await? {
        Ok(found) => found,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let id = insert(tx, actor, request, &Proposed { vendor, account, reason, plan, due_at }).await?;
    asked::finish(tx, (actor, request), (ACTION, &hash), &id).await?;
    Ok(Ok(id))
}

/// Whom the change asks by the policy that is active, and until when.
async fn plan(
    tx: &mut Tx,
    actor: &Actor,
    vendor: &VendorId,
    account: &BankAccount,
) -> Result<Result<(Plan, DateTime<Utc>), Refusal>, LedgerError> {
    let rule = match rules::needed(tx, &actor.tenant, RuleKind::Approval, DocumentType::Invoice.name()).await? {
        Ok(rule) => rule,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let policy = rule.read(tx, Policy::parse)?;
    let people = masterdata::people(tx, &actor.tenant).await?;
    let question = format!("pay {vendor} to {} {}?", account.bank, account.masked_number());
    let plan = vextrus_approval::bank_details(&policy, &rule.hash, &question, &actor.person, &people);
    let opened = plan.and_then(|plan| {
        let mut machine = Machine::new(actor.person.clone());
        machine.handle(&Input::Open { plan: Box::new(plan.clone()) }, tx.now())?;
        Ok((plan, machine))
    });
    let (plan, machine) = match opened {
        Ok(opened) => opened,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let due = machine.open_tasks().find_map(|task| machine.due_at(task));
    let due = due.ok_or_else(|| LedgerError::corrupt("plan", "a change of bank details asks nobody"))?;
    Ok(Ok((plan, due)))
}

async fn insert(
    tx: &mut Tx,
    actor: &Actor,
    request: &RequestId,
    proposed: &Proposed<'_>,
) -> Result<DocumentId, LedgerError> {
    let Proposed { vendor, account, reason, plan, due_at } = proposed;
    let document: DocumentId =
        Uuid::now_v7().to_string().parse().map_err(|e| LedgerError::corrupt("id", format!("{e}")))?;
    let key = DocumentKey { tenant: actor.tenant.clone(), document: document.clone(), submission: 1 };
    let (now, salt) = (tx.now(), Uuid::new_v4().simple().to_string());
    let hash = account_hash(&salt, account)?;
    let nobody = || LedgerError::corrupt("plan", "a change of bank details asks nobody");
    let task = plan.tasks.first().ok_or_else(nobody)?;
    tx.exec(
        "INSERT INTO bank_changes (tenant, change, vendor, account, account_hash, account_salt, reason, proposed_by, proposed_at, plan, role,
            question, state, due_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'open', $13)",
        args![
            key.tenant.as_str(),
            document.as_str(),
            vendor.as_str(),
            canonical::to_text(account)?,
            &hash,
            &salt,
            *reason,
            actor.person.as_str(),
            now,
            canonical::to_text(plan)?,
            task.role.as_str(),
            &task.question,
            *due_at
        ],
    )
    .await?;
    log::append(tx, &key, 1, &log::Put::Open, now).await?;
    for person in &task.eligible {
        tx.exec(
            "INSERT INTO bank_change_people (tenant, person, change, sorted_at) VALUES ($1, $2, $3, $4)",
            args![key.tenant.as_str(), person.as_str(), document.as_str(), *due_at],
        )
        .await?;
    }
    let body = json!({"change": document, "vendor": vendor, "account": shown(account, &hash)?, "reason": reason,
        "asked": task.eligible, "request_id": request});
    tx.audit_tenant(&key.tenant, ACTION, actor.person.as_str(), body);
    let row = BankChangeRow {
        change: document.to_string(),
        vendor: vendor.to_string(),
        account_hash: hash,
        proposed_by: actor.person.to_string(),
        plan: canonical::to_text(plan)?,
    };
    tx.tie_tenant(&key.tenant, What::BankChange, row.change.clone(), &row)?;
    Ok(document)
}

/// What keeps an account from being proposed for a vendor, who is held until the transaction ends.
async fn in_the_way(
    tx: &mut Tx,
    tenant: &TenantId,
    vendor: &VendorId,
    account: &BankAccount,
) -> Result<Option<Refusal>, LedgerError> {
    if masterdata::lock_vendor(tx, tenant, vendor).await?.is_none() {
        let message = format!("vendor {vendor} is not in the register of {tenant}; add it first");
        return Ok(Some(Refusal::new(RefusalCode::VendorUnknown, message)));
    }
    if read::in_force(tx, tenant, vendor).await?.is_some_and(|(_, current)| current == *account) {
        let message = format!("account: it is the one that {vendor} is paid to already");
        return Ok(Some(Refusal::new(RefusalCode::InvalidField, message)));
    }
    let Some(open) = read::open_of(tx, tenant, vendor).await? else { return Ok(None) };
    let mut open = match lock(tx, tenant, &open).await? {
        Some(open) => open,
        None => return Ok(None),
    };
    if open.state == ChangeState::Open && pass_time(tx, &mut open).await? == ChangeState::Open {
        let message = format!(
            "change {} of {vendor}'s bank details waits for a decision until {}; have it decided or withdrawn first",
            open.key.document, open.due_at
        );
        return Ok(Some(Refusal::new(RefusalCode::BankChangeOpen, message).about(open.key.document.to_string())));
    }
    Ok(None)
}
