//! `vextrus cutover submit`: the caller's own open documents.

use std::path::Path;

use vextrus_domain::PersonId;
use vextrus_proto::approval::v1::act_request::Action;
use vextrus_proto::approval::v1::{Comment, PlannedTask};

use super::open::{self, Content, OpenDocument};
use super::{Became, Told, end, patiently, refusal};
use crate::client::Client;
use crate::json as shown;
use crate::options::Global;

pub(super) async fn run(global: &Global, file: &Path, dry_run: bool) -> anyhow::Result<()> {
    let documents = open::read(file)?;
    let mut client = Client::from_options(global).await?;
    let caller = open::caller(&mut client).await?;
    let mut told = Vec::with_capacity(documents.len());
    let done = each(&mut client, &caller, documents, dry_run, &mut told).await;
    end(global.output, &told, done)
}

async fn each(
    client: &mut Client,
    caller: &PersonId,
    documents: Vec<OpenDocument>,
    dry_run: bool,
    told: &mut Vec<Told>,
) -> anyhow::Result<()> {
    for mut document in documents {
        let became = if document.submitter != *caller {
            (Became::Left, format!("it is {}'s: they submit it themselves", document.submitter))
        } else if dry_run {
            tried(client, &document).await?
        } else {
            submitted(client, &mut document).await?
        };
        told.push(Told::of(document, became));
    }
    Ok(())
}

/// What would become of it.
async fn tried(client: &mut Client, document: &OpenDocument) -> anyhow::Result<(Became, String)> {
    let tasks = match document.content()? {
        Content::Invoice(invoice) => {
            patiently(async || client.preview(shown::content(invoice)).await).await.map(|preview| preview.tasks)
        }
        Content::PurchaseOrder(order) => patiently(async || client.preview_order(shown::order_content(order)).await)
            .await
            .map(|preview| preview.tasks),
    };
    Ok(match tasks {
        Ok(tasks) => (Became::Possible, asked(&tasks)),
        Err(status) => (Became::Refused, refusal(status)?),
    })
}

fn asked(tasks: &[PlannedTask]) -> String {
    if tasks.is_empty() {
        return "nobody would be asked".to_owned();
    }
    let one = |task: &PlannedTask| format!("{} ({})", task.eligible.join(", "), task.role);
    format!("asks {}", tasks.iter().map(one).collect::<Vec<_>>().join("; "))
}

/// Submits it, and says on it who had approved it.
async fn submitted(client: &mut Client, document: &mut OpenDocument) -> anyhow::Result<(Became, String)> {
    let request_id = document.request_id("submit");
    let answer = match document.content()? {
        Content::Invoice(invoice) => {
            let answer = patiently(async || client.submit(shown::content(invoice), request_id.clone()).await).await;
            answer.map(|(invoice, repeated)| (invoice.name, repeated))
        }
        Content::PurchaseOrder(order) => {
            let answer =
                patiently(async || client.submit_order(shown::order_content(order), request_id.clone()).await).await;
            answer.map(|(order, repeated)| (order.name, repeated))
        }
    };
    let repeated = match answer {
        Ok((name, repeated)) => {
            document.document = name;
            repeated
        }
        Err(status) => return Ok((Became::Refused, refusal(status)?)),
    };
    let became = if repeated { Became::Repeated } else { Became::Submitted };
    for (number, approval) in document.approvals.iter().enumerate() {
        let said = if approval.comment.is_empty() { String::new() } else { format!(": {}", approval.comment) };
        let text = format!("{}: approved by {} on {}{said}", document.reference, approval.person, approval.on);
        let request_id = document.request_id(&format!("approval {number}"));
        let (name, comment) = (document.document.clone(), Action::Comment(Comment { text }));
        let said = patiently(async || client.act(name.clone(), comment.clone(), request_id.clone()).await).await;
        if let Err(status) = said {
            return Ok((became, format!("its earlier approvals are not noted on it: {}", refusal(status)?)));
        }
    }
    Ok((became, String::new()))
}
