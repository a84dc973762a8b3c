//! What people do with a change of bank details, and what time does.

use serde_json::json;
use vextrus_approval::{Action, Command, Input, SignedCommand};
use vextrus_domain::{PersonId, Refusal, RefusalCode};

use super::{BankChange, ChangeState, lock, log, shown};
use crate::approvals::{Trust, has_come};
use crate::asked;
use crate::audit::{VendorAccountRow, What};
use crate::db::{Tx, args};
use crate::error::LedgerError;
use crate::masterdata;

/// Brings a signed command to a change: to approve or reject it, to take it back, or to say something. The same command again
/// changes nothing. Answers the change as it is now.
///
/// # Errors
/// [`LedgerError::Database`]; the inner error is `NOT_FOUND`, or why the command does not stand.
pub async fn command(
    tx: &mut Tx,
    signed: &SignedCommand,
    trust: &Trust,
) -> Result<Result<BankChange, Refusal>, LedgerError> {
    let command = &signed.command;
    let key = &command.key;
    if let Some(refusal) = asked::stranger(tx, &key.tenant, &command.actor).await? {
        return Ok(Err(refusal));
    }
    if !matches!(command.action, Action::Decide { .. } | Action::Withdraw { .. } | Action::Comment { .. }) {
        let message = format!(
            "action: a change of bank details is decided, withdrawn or commented on, not {}",
            command.action.name()
        );
        return Ok(Err(Refusal::new(RefusalCode::InvalidField, message)));
    }
    let verified =
        signed.verify(&trust.keys, command.may_be_unsigned(trust.unsigned)).and_then(|_| has_come(tx, command.at));
    if let Err(refusal) = verified {
        return Ok(Err(refusal));
    }
    let Some(mut change) = lock(tx, &key.tenant, &key.document).await? else {
        let message = format!("there is no change {} of bank details", key.document);
        return Ok(Err(Refusal::new(RefusalCode::NotFound, message)));
    };
    pass_time(tx, &mut change).await?;
    let at = tx.now();
    let events = match change.machine.handle(&Input::Command { command: Box::new(command.clone()) }, at) {
        Ok(events) => events,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if events.is_empty() {
        return Ok(Ok(change));
    }
    if let Some(refusal) = without_the_role(tx, &change, command).await? {
        return Ok(Err(refusal));
    }
    log::append_next(tx, &change.key, &log::Put::Command(signed), at).await?;
    let body = json!({"change": key.document, "vendor": change.vendor, "action": command.action.name(),
        "words": command.action.words(), "answer": answer(&command.action), "request_id": command.request_id});
    tx.audit_tenant(&key.tenant, "bank_details_command", command.actor.as_str(), body);
    conclude(tx, &mut change, Some(&command.actor)).await?;
    Ok(Ok(change))
}

/// Whoever was asked and lost the role since decides nothing any more.
async fn without_the_role(tx: &mut Tx, change: &BankChange, command: &Command) -> Result<Option<Refusal>, LedgerError> {
    let asked = change.machine.tasks().first().filter(|_| matches!(command.action, Action::Decide { .. }));
    let Some(asked) = asked else { return Ok(None) };
    let role = &asked.task.role;
    let person = masterdata::person(tx, &command.key.tenant, &command.actor).await?;
    if person.is_some_and(|person| person.record.roles.contains(role)) {
        return Ok(None);
    }
    let message = format!("{} does not hold the role {role}", command.actor);
    Ok(Some(Refusal::new(RefusalCode::NotEligible, message)))
}

fn answer(action: &Action) -> Option<&str> {
    match action {
        Action::Decide { answer, .. } => Some(answer),
        _ => None,
    }
}

/// Lets the time of a change run out, where it has.
pub(super) async fn pass_time(tx: &mut Tx, change: &mut BankChange) -> Result<ChangeState, LedgerError> {
    let now = tx.now();
    let events = change.machine.handle(&Input::Tick, now).unwrap_or_default();
    if !events.is_empty() {
        log::append_next(tx, &change.key, &log::Put::Tick, now).await?;
        conclude(tx, change, None).await?;
    }
    Ok(change.state)
}

/// Writes where a change stands, and the account that counts from now on.
async fn conclude(tx: &mut Tx, change: &mut BankChange, by: Option<&PersonId>) -> Result<(), LedgerError> {
    let state = ChangeState::of(&change.machine);
    if state == change.state {
        return Ok(());
    }
    let (tenant, id) = (change.key.tenant.clone(), change.key.document.to_string());
    tx.exec(
        "UPDATE bank_changes SET state = $3, concluded_at = $4 WHERE tenant = $1 AND change = $2",
        args![tenant.as_str(), &id, state.name(), tx.now()],
    )
    .await?;
    tx.exec("DELETE FROM bank_change_people WHERE tenant = $1 AND change = $2", args![tenant.as_str(), &id]).await?;
    (change.state, change.concluded_at) = (state, Some(tx.now()));
    if let (ChangeState::Approved, Some(by)) = (state, by) {
        tx.exec(
            "INSERT INTO vendor_accounts (tenant, vendor, seq, change, approved_by, since)
             SELECT $1, $2, coalesce(max(seq), 0) + 1, $3, $4, $5 FROM vendor_accounts WHERE tenant = $1 AND vendor = $2",
            args![tenant.as_str(), change.vendor.as_str(), &id, by.as_str(), tx.now()],
        )
        .await?;
        let vendor = change.vendor.to_string();
        let row = VendorAccountRow { vendor, change: id.clone(), approved_by: by.to_string() };
        tx.tie_tenant(&tenant, What::VendorAccount, id.clone(), &row)?;
    }
    let body = json!({"change": id, "vendor": change.vendor, "state": state, "account": shown(&change.account, &change.account_hash)?,
        "proposed_by": change.proposed_by});
    let by = by.map_or("vextrus", PersonId::as_str);
    tx.audit_tenant(&tenant, "bank_details_concluded", by, body);
    Ok(())
}
