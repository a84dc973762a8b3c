//! `vextrus cutover confirm`: what the caller had approved before, approved here by themselves.

use std::collections::HashMap;
use std::path::Path;

use vextrus_domain::PersonId;
use vextrus_proto::approval::v1::act_request::Action;
use vextrus_proto::approval::v1::{Decide, PendingTask};

use super::open::{self, Content, EarlierApproval, OpenDocument};
use super::{Became, Told, end, patiently, refusal};
use crate::client::Client;
use crate::json as shown;
use crate::options::Global;
use crate::text;

/// A level of approval; an exception is a question that the replaced service never asked.
const LEVEL: &str = "level";
const APPROVE: &str = "approve";

/// What was approved is read from the replaced service's own file; from what the submitter has answered come names alone.
pub(super) async fn run(global: &Global, file: &Path, submitted: &Path, dry_run: bool) -> anyhow::Result<()> {
    let documents = open::read(file)?;
    let names: HashMap<String, String> =
        open::read(submitted)?.into_iter().map(|document| (document.reference, document.document)).collect();
    let mut client = Client::from_options(global).await?;
    let caller = open::caller(&mut client).await?;
    let mut told = Vec::new();
    let done = each(&mut client, &caller, (documents, &names), dry_run, &mut told).await;
    end(global.output, &told, done)
}

async fn each(
    client: &mut Client,
    caller: &PersonId,
    (documents, names): (Vec<OpenDocument>, &HashMap<String, String>),
    dry_run: bool,
    told: &mut Vec<Told>,
) -> anyhow::Result<()> {
    let inbox = client.inbox().await?;
    for mut document in documents {
        let Some(approval) = document.approvals.iter().rev().find(|approval| approval.person == *caller).cloned()
        else {
            continue;
        };
        document.document = names.get(&document.reference).cloned().unwrap_or_default();
        // In their own name alone: they had not approved it in anybody else's.
        let mine = |task: &&PendingTask| {
            task.document == document.document && task.kind == LEVEL && task.principal == caller.as_str()
        };
        let became = match inbox.iter().find(mine) {
            _ if document.document.is_empty() => (Became::Left, "it is not submitted".to_owned()),
            None => (Became::Left, "no level of it waits for you".to_owned()),
            Some(task) => confirmed(client, &document, &approval, task, dry_run).await?,
        };
        told.push(Told::of(document, became));
    }
    Ok(())
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
            let now = patiently(async || client.get(&document.document).await).await?;
            (now.content == Some(shown::content(invoice)), now.approval)
        }
        Content::PurchaseOrder(order) => {
            let now = patiently(async || client.order(&document.document).await).await?;
            (now.content == Some(shown::order_content(order)), now.approval)
        }
    };
    if !same {
        return Ok((Became::Left, "it is not what you had approved: read it and decide".to_owned()));
    }
    if dry_run {
        let what = format!("{} of {}: BDT {}", task.name, task.vendor, text::amount(task.total_poisha));
        return Ok((Became::Possible, what));
    }
    let comment = format!("approved before, on {} ({})", approval.on, document.reference);
    let decide = Action::Decide(Decide { answer: APPROVE.to_owned(), comment });
    let request_id = document.request_id(&format!("confirm {} {}", approval.person, task.name));
    let etag = approval_now.map(|approval| approval.etag).unwrap_or_default();
    let decided =
        patiently(async || client.act_if(etag.clone(), task.name.clone(), decide.clone(), request_id.clone()).await);
    Ok(match decided.await {
        Ok(_) => (Became::Approved, String::new()),
        Err(status) => (Became::Refused, refusal(status)?),
    })
}
