//! The end of an order: closed by hand, or because all of it is billed.

use serde_json::json;
use vextrus_approval::Policy;
use vextrus_domain::ids::PoNumber;
use vextrus_domain::quantity::QuantitySum;
use vextrus_domain::{Actor, DocumentKey, DocumentType, PersonId, Refusal, RefusalCode, TenantId};

use super::{IssuedOrder, MAX_NOTE, bad, get, lock};
use crate::db::{Tx, args};
use crate::documents::Document;
use crate::error::LedgerError;
use crate::outbox::{self, EventKind, NewEvent};
use crate::rules::{self, RuleKind};
use crate::{budgets, claims, documents, masterdata};

/// Closes what is left of an order, and frees its budget. An order that is closed already stays so. One that ended since all of it
/// was billed can be closed too, and takes no receipts from then on.
///
/// Its requester may, and whoever holds the role of administrators in the policy that is active for orders.
///
/// # Errors
/// [`LedgerError::Database`]; the inner error says why it cannot be closed.
pub async fn close(
    tx: &mut Tx,
    actor: &Actor,
    number: &PoNumber,
    reason: &str,
) -> Result<Result<(), Refusal>, LedgerError> {
    let tenant = &actor.tenant;
    let no = |code, message: String| Ok(Err(Refusal::new(code, message)));
    if !masterdata::is_active(tx, tenant, &actor.person).await? {
        return Ok(Err(claims::not_a_member(actor)));
    }
    let Some(order) = lock(tx, tenant, number, None).await? else {
        return no(RefusalCode::NotFound, format!("there is no purchase order {number}"));
    };
    let Some(key) = document_of(tx, tenant, &order).await? else {
        if !order.open {
            return Ok(Ok(()));
        }
        let message = format!("purchase order {number} was imported; the service that owns it closes it");
        return no(RefusalCode::PoUnknown, message);
    };
    let Some(document) = documents::get(tx, &key).await? else { return Err(bad("its document is missing")) };
    if let Err(refusal) = may_close(tx, actor, &document, number).await? {
        return Ok(Err(refusal));
    }
    if order.closed_by.is_some() {
        return Ok(Ok(()));
    }
    if reason.trim().is_empty() || reason.len() > MAX_NOTE {
        let message = format!("reason: say in up to {MAX_NOTE} bytes why the rest of {number} is not needed");
        return no(RefusalCode::ReasonRequired, message);
    }
    end(tx, &key, number, (reason, Some(&actor.person))).await?;
    let told = json!({"po_number": number, "reason": reason, "to": &document.submitter});
    let about = DocumentType::PurchaseOrder.into();
    let event = NewEvent { kind: EventKind::OrderClosed, about, instance: "", payload: &told };
    outbox::add(tx, &key, event)?;
    Ok(Ok(()))
}

/// Whether somebody may close the order that this document issued.
async fn may_close(
    tx: &mut Tx,
    actor: &Actor,
    document: &Document,
    number: &PoNumber,
) -> Result<Result<(), Refusal>, LedgerError> {
    if document.submitter == actor.person {
        return Ok(Ok(()));
    }
    let subject = DocumentType::PurchaseOrder.name();
    let policy = match rules::active(tx, &actor.tenant, RuleKind::Approval, subject).await? {
        Some(rule) => Some(rule.read(tx, Policy::parse)?),
        None => None,
    };
    let administrators = policy.and_then(|policy| policy.administrators.clone());
    let people = masterdata::people(tx, &actor.tenant).await?;
    let roles = people.iter().find(|p| p.id == actor.person).map(|p| p.roles.as_slice()).unwrap_or_default();
    if administrators.as_ref().is_some_and(|role| roles.contains(role)) {
        return Ok(Ok(()));
    }
    let others = administrators.map(|role| format!(" or somebody with the role {role}")).unwrap_or_default();
    let message = format!(
        "{} cannot close purchase order {number}; {}, who requested it,{others} may",
        actor.person, document.submitter
    );
    Ok(Err(Refusal::new(RefusalCode::PermissionDenied, message)))
}

/// Ends an order: it takes no invoice any more, and what nothing holds is free. Nobody has closed what ends by itself.
async fn end(
    tx: &mut Tx,
    key: &DocumentKey,
    number: &PoNumber,
    (because, by): (&str, Option<&PersonId>),
) -> Result<(), LedgerError> {
    tx.exec(
        "UPDATE purchase_orders SET open = $3, closed_because = $4, closed_by = $5 WHERE tenant = $1 AND po_number = $2",
        args![key.tenant.as_str(), number.as_str(), false, because, by.map(PersonId::as_str)],
    )
    .await?;
    tx.audit(key, "order_closed", by, json!({"po_number": number, "reason": because}));
    budgets::free_order(tx, &key.tenant, number, None).await
}

/// Ends an order once all of it is billed and no other invoice than this document is under way: none that names the order, and
/// none that bills it until it is submitted again without. The caller has locked the order, and has settled or closed what this
/// document held of it. Goods may come until everything has come.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn end_when_billed(tx: &mut Tx, key: &DocumentKey, number: &PoNumber) -> Result<(), LedgerError> {
    let Some(order) = get(tx, &key.tenant, number).await?.filter(|o| o.open) else { return Ok(()) };
    let Some(issued) = &order.issued else { return Ok(()) };
    // SQLite takes the tables of a cross join as they stand: the few that concern this order first.
    let (open_bills,): (i64,) = tx
        .one(
            "SELECT count(*) FROM (
                SELECT document, submission FROM documents WHERE tenant = $1 AND po_number = $2
                UNION SELECT document, submission FROM billed_lines WHERE tenant = $1 AND po_number = $2) n
             CROSS JOIN documents d WHERE d.tenant = $1 AND d.document = n.document AND d.submission = n.submission
               AND d.kind = 'invoice' AND d.state IN ('claimed', 'assessed') AND d.document <> $3",
            args![key.tenant.as_str(), number.as_str(), key.document.as_str()],
        )
        .await?;
    let all_billed = issued.lines.iter().all(|l| l.billed >= QuantitySum::from(l.ordered));
    if open_bills > 0 || !all_billed {
        return Ok(());
    }
    let Some(order_key) = document_of(tx, &key.tenant, &order).await? else { return Ok(()) };
    end(tx, &order_key, number, ("everything is billed", None)).await
}

/// The submission that issued an order.
pub(crate) async fn document_of(
    tx: &mut Tx,
    tenant: &TenantId,
    order: &IssuedOrder,
) -> Result<Option<DocumentKey>, LedgerError> {
    let Some(issued) = &order.issued else { return Ok(None) };
    let found: Option<(i64,)> = tx
        .opt(
            "SELECT submission FROM documents WHERE tenant = $1 AND document = $2 AND state = 'settled'
             ORDER BY submission DESC LIMIT 1",
            args![tenant.as_str(), issued.document.as_str()],
        )
        .await?;
    let Some((submission,)) = found else { return Ok(None) };
    let submission = u32::try_from(submission).map_err(bad)?;
    Ok(Some(DocumentKey { tenant: tenant.clone(), document: issued.document.clone(), submission }))
}
