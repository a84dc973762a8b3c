//! `vextrus invoice …` and `vextrus inbox`.

use std::io::Read as _;
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use serde_json::{Value, json};
use tonic::Status;
use vextrus_domain::Invoice as InvoiceFile;
use vextrus_proto::invoice::v1::{Invoice, InvoiceState};

use crate::client::{Client, new_request_id};
use crate::options::{Global, InvoiceCommand};
use crate::{json, output, text};

/// How often `watch` looks.
const LOOK_EVERY: Duration = Duration::from_millis(300);
/// The largest file that is read: as much as the facade takes, with room for white space.
const MAX_FILE: u64 = 1024 * 1024;

pub(crate) async fn run(global: &Global, command: InvoiceCommand) -> anyhow::Result<()> {
    // A file that cannot be read needs no connection to be refused.
    let submitted = match &command {
        InvoiceCommand::Submit { file, .. } => Some(read(file)?),
        _ => None,
    };
    let mut client = Client::from_options(global).await?;
    match command {
        InvoiceCommand::Submit { request_id, .. } => {
            let file = submitted.context("no invoice was read")?;
            let request_id = request_id.unwrap_or_else(new_request_id);
            let submitted = client.submit(json::content(&file), request_id.clone()).await;
            let (invoice, _) = submitted.inspect_err(|status| {
                if status.code() == tonic::Code::Unavailable {
                    eprintln!("try again with --request-id {request_id}");
                }
            })?;
            output::answer(global.output, || text::invoice(&invoice), &json::invoice(&invoice))
        }
        InvoiceCommand::Show { invoice } => {
            let invoice = client.get(&invoice).await?;
            output::answer(global.output, || text::invoice(&invoice), &json::invoice(&invoice))
        }
        InvoiceCommand::Watch { invoice } => {
            let print = |i: &Invoice| output::answer(global.output, || text::invoice(i), &json::invoice(i));
            watch(&mut client, &invoice, print).await
        }
        InvoiceCommand::Approve { invoice, task, answer, comment, request_id } => {
            decide(global, &mut client, &invoice, task.as_deref(), &answer, &comment, request_id).await
        }
        InvoiceCommand::Reject { invoice, reason, task, request_id } => {
            decide(global, &mut client, &invoice, task.as_deref(), "reject", &reason, request_id).await
        }
        InvoiceCommand::Withdraw { invoice, reason, request_id } => {
            let request_id = request_id.unwrap_or_else(new_request_id);
            client.withdraw(&invoice, &reason, request_id).await?;
            output::answer(global.output, || "taken back".to_owned(), &json!({"withdrawn": client.name(&invoice)}))
        }
    }
}

pub(crate) async fn inbox(global: &Global) -> anyhow::Result<()> {
    let tasks = Client::from_options(global).await?.inbox().await?;
    let lines: Vec<Value> = tasks.iter().map(json::pending).collect();
    match global.output {
        crate::options::Format::Jsonl => lines.iter().try_for_each(|l| output::line(&l.to_string())),
        format => output::answer(format, || text::inbox(&tasks), &Value::Array(lines)),
    }
}

async fn decide(
    global: &Global,
    client: &mut Client,
    invoice: &str,
    task: Option<&str>,
    answer: &str,
    comment: &str,
    request_id: Option<String>,
) -> anyhow::Result<()> {
    let request_id = request_id.unwrap_or_else(new_request_id);
    let decided = client.decide(invoice, task, answer, comment, request_id).await?;
    let open: Vec<&str> = decided.open_tasks.iter().map(|t| json::last(t)).collect();
    let said = || {
        if open.is_empty() {
            "taken; the approval has ended".to_owned()
        } else {
            format!("taken; next: {}", open.join(", "))
        }
    };
    output::answer(global.output, said, &json!({"invoice": decided.invoice, "open_tasks": open}))
}

/// Shows an invoice each time it has changed, until it ends.
pub(crate) async fn watch(
    client: &mut Client,
    invoice: &str,
    mut show: impl FnMut(&Invoice) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut shown: Option<Invoice> = None;
    loop {
        let now = client.get(invoice).await?;
        let ended = has_ended(&now);
        if shown.as_ref() != Some(&now) {
            show(&now)?;
            shown = Some(now);
        }
        if ended {
            return Ok(());
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

pub(crate) fn has_ended(invoice: &Invoice) -> bool {
    matches!(invoice.state(), InvoiceState::Settled | InvoiceState::Closed)
}

/// Reads an invoice file; `-` is stdin.
pub(crate) fn read(path: &Path) -> anyhow::Result<InvoiceFile> {
    let mut text = String::new();
    if path == Path::new("-") {
        std::io::stdin().take(MAX_FILE + 1).read_to_string(&mut text).context("stdin cannot be read")?;
    } else {
        let file = std::fs::File::open(path).with_context(|| format!("{} cannot be opened", path.display()))?;
        file.take(MAX_FILE + 1)
            .read_to_string(&mut text)
            .with_context(|| format!("{} cannot be read", path.display()))?;
    }
    if text.len() as u64 > MAX_FILE {
        return Err(Status::out_of_range(format!("LIMIT_EXCEEDED: the invoice is larger than {MAX_FILE} bytes")).into());
    }
    let invoice = InvoiceFile::from_json(&text).map_err(|refusal| Status::invalid_argument(refusal.to_string()))?;
    let wrong: Vec<String> = invoice.violations().into_iter().map(|v| v.refusal.to_string()).collect();
    if wrong.is_empty() { Ok(invoice) } else { Err(Status::invalid_argument(wrong.join("\n       ")).into()) }
}
