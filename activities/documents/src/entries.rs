//! What a workflow has taken, put to the ledger's own approval.

use serde_json::json;
use vextrus_contract::steps::{Entry, RefusedCommand};
use vextrus_ledger::approvals::{Approval, Trust};
use vextrus_ledger::documents::Document;
use vextrus_ledger::{LedgerError, Tx};

/// Puts entries to an approval, in their order. Answers the commands that do not stand; they are on the trail.
pub(crate) async fn put(
    tx: &mut Tx,
    document: &Document,
    approval: &mut Approval,
    entries: &[Entry],
    trust: &Trust,
) -> Result<Vec<RefusedCommand>, LedgerError> {
    let mut refused = Vec::new();
    for entry in entries {
        match entry {
            Entry::Command { at, signed } => {
                if let Err(refusal) = approval.command(tx, document, signed, trust, *at).await? {
                    let c = &signed.command;
                    let body = json!({"code": refusal.code, "message": &refusal.message, "request_id": &c.request_id,
                        "asserted_by": &c.actor, "action": c.action.name(), "task": c.action.task()});
                    tx.audit(&document.key, "command_refused", None, body);
                    tracing::warn!(document = %document.key.document, code = refusal.code.name(), "a command was refused");
                    refused.push(RefusedCommand { request_id: c.request_id.clone(), refusal });
                }
            }
            Entry::Tick { at } => {
                // A moment that is yet to come by the database's clock changes nothing; the next one makes up for it.
                if let Err(refusal) = approval.tick(tx, document, *at).await? {
                    tracing::warn!(document = %document.key.document, %refusal, "time was told too early");
                }
            }
            Entry::Refused { at, message, asserted_by, refusal } => {
                let body =
                    json!({"received_at": at, "message": message, "asserted_by": asserted_by, "refusal": refusal});
                tx.audit(&document.key, "message_refused", None, body);
            }
        }
    }
    Ok(refused)
}
