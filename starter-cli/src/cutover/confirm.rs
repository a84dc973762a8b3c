//! `vextrus cutover confirm`: what the caller had approved before, approved here by themselves.

use std::path::Path;

use vextrus_proto::approval::v1::act_request::Action;
use vextrus_proto::approval::v1::{Decide, PendingTask};

use super::open::{self, Content, EarlierApproval, OpenDocument};
use super::{Became, Told, refusal, report};
use crate::client::Client;
use crate::json as shown;
use crate::options::Global;

/// A level of approval; an exception is a question that the replaced service never asked.
const LEVEL: &str = "level";
const APPROVE: &str = "approve";

pub(super) async fn run(global: &Global, file: &Path, dry_run: bool) -> anyhow::Result<()> {
    let documents = open::read(file)?;
    let mut client = Client::from_options(global).await?;
    let caller = open::caller(&mut client).await?;
    let inbox = client.inbox().await?;
    let mut told = Vec::new();
    for document in documents {
        let Some(approval) = document.approvals.iter().rev().find(|approval| approval.person == caller) else {
            continue;
        };
        // In their own name alone: they had not approved it in anybody else's.
        let mine = |task: &&PendingTask| {
            task.document == document.document && task.kind == LEVEL && task.principal == caller.as_str()
        };
        let (became, note) = match inbox.iter().find(mine) {
            _ if document.document.is_empty() => (Became::Left, "it is not submitted".to_owned()),
            None => (Became::Left, "no level of it waits for you".to_owned()),
            Some(task) => confirmed(&mut client, &document, approval, task, dry_run).await?,
        };
        let row = serde_json::to_value(&document)?;
        told.push(Told { reference: document.reference, document: document.document, became, note, row });
    }
    report(global.output, &told)
}

/// Approves the task, if the document still says what was approved.
async fn confirmed(
    client: &mut Client,
    document: &OpenDocument,
    approval: &EarlierApproval,
    task: &PendingTask,
    dry_run: bool,
) -> anyhow::Result<(Became, String)> {
    let (same, approval_now) = match document.content()? {
        Content::Invoice(invoice) => {
            let now = client.get(&document.document).await?;
            (now.content == Some(shown::content(invoice)), now.approval)
        }
        Content::PurchaseOrder(order) => {
            let now = client.order(&document.document).await?;
            (now.content == Some(shown::order_content(order)), now.approval)
        }
    };
    if !same {
        return Ok((Became::Left, "it was changed since: read it and decide".to_owned()));
    }
    if dry_run {
        return Ok((Became::Possible, task.name.clone()));
    }
    let comment = format!("approved before, on {} ({})", approval.on, document.reference);
    let decide = Action::Decide(Decide { answer: APPROVE.to_owned(), comment });
    let request_id = document.request_id(&format!("confirm {} {}", approval.person, task.name));
    let etag = approval_now.map(|approval| approval.etag).unwrap_or_default();
    Ok(match client.act_if(etag, task.name.clone(), decide, request_id).await {
        Ok(_) => (Became::Approved, String::new()),
        Err(status) => (Became::Refused, refusal(status)?),
    })
}
