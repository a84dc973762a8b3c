//! `vextrus invoice …` and `vextrus inbox`.

use std::path::Path;

use anyhow::Context as _;
use serde_json::{Value, json};
use tonic::Status;
use vextrus_domain::{DocumentType, Invoice as InvoiceFile};
use vextrus_proto::invoice::v1::Invoice;

use crate::client::{Client, new_request_id, told_again, watch};
use crate::lists::InboxOptions;
use crate::options::{Global, InvoiceCommand};
use crate::{acts, desk, files, json, lists, output, text};

pub(crate) async fn run(global: &Global, command: InvoiceCommand) -> anyhow::Result<()> {
    // A file that cannot be read needs no connection to be refused.
    let file = match &command {
        InvoiceCommand::Submit { file, .. }
        | InvoiceCommand::Resubmit { file, .. }
        | InvoiceCommand::Taxes { file, .. }
        | InvoiceCommand::Explain { file } => Some(read(file)?),
        _ => None,
    };
    let content = || file.as_ref().map(json::content).context("no invoice was read");
    let print = |i: &Invoice| output::answer(global.output, || text::invoice(i), &json::invoice(i));
    let mut client = Client::from_options(global).await?;
    match command {
        InvoiceCommand::Act(act) => acts::run(global, client, DocumentType::Invoice, act).await,
        InvoiceCommand::Submit { request_id, .. } => {
            let request_id = request_id.unwrap_or_else(new_request_id);
            let submitted = client.submit(content()?, request_id.clone()).await;
            print(&told_again(submitted, &request_id)?.0)
        }
        InvoiceCommand::Show { invoice } => print(&client.get(&invoice).await?),
        InvoiceCommand::Watch { invoice } => {
            let name = client.name(DocumentType::Invoice, &invoice);
            watch(client, &name, async |client| client.get(&invoice).await, has_ended, print).await
        }
        InvoiceCommand::List(options) => lists::invoices(global, client, &options).await,
        InvoiceCommand::Trail { invoice } => {
            let name = client.name(DocumentType::Invoice, &invoice);
            lists::trail(global, client, &name).await
        }
        InvoiceCommand::Taxes { paid_on, .. } => {
            let told = client.assess_taxes(content()?, paid_on).await?;
            lists::taxes(global.output, &told.taxes.unwrap_or_default(), &told.uncertainties)
        }
        InvoiceCommand::ExplainTaxes { invoice } => {
            let name = client.name(DocumentType::Invoice, &invoice);
            lists::taxes(global.output, &client.explain_taxes(name).await?, &[])
        }
        InvoiceCommand::Resubmit { invoice, comment, request_id, .. } => {
            let request_id = request_id.unwrap_or_else(new_request_id);
            let changed = client.resubmit(&invoice, content()?, &comment, request_id.clone()).await;
            print(&told_again(changed, &request_id)?)
        }
        InvoiceCommand::Explain { .. } => {
            let preview = client.preview(content()?).await?;
            let taxes = preview.taxes.as_ref();
            let text = || {
                let differences = preview.match_differences.iter().map(|d| format!("difference  {d}\n"));
                let taxes = taxes.map(text::tax_lines).unwrap_or_default();
                format!(
                    "{taxes}{}{}",
                    differences.collect::<String>(),
                    text::planned(&preview.tasks, &preview.budgets, &preview.warnings)
                )
            };
            let value = json!({
                "tasks": json::planned(&preview.tasks), "taxes": taxes.map(json::taxes),
                "match_differences": preview.match_differences, "budgets": json::budgets(&preview.budgets),
                "warnings": preview.warnings,
            });
            output::answer(global.output, text, &value)
        }
    }
}

pub(crate) async fn inbox(global: &Global, options: InboxOptions) -> anyhow::Result<()> {
    let mut client = Client::from_options(global).await?;
    if options.each {
        return desk::each(global, client).await;
    }
    if options.decides() {
        return lists::decide(global, client, options).await;
    }
    let tasks = client.inbox().await?;
    let lines: Vec<Value> = tasks.iter().map(json::pending).collect();
    output::list(global.output, || text::inbox(&tasks), lines)
}

pub(crate) fn has_ended(invoice: &Invoice) -> bool {
    json::has_ended(invoice.state())
}

/// Reads an invoice file; `-` is stdin.
pub(crate) fn read(path: &Path) -> anyhow::Result<InvoiceFile> {
    let text = files::read(path, "invoice")?;
    let invoice = InvoiceFile::from_json(&text).map_err(|refusal| Status::invalid_argument(refusal.to_string()))?;
    files::sound(invoice.violations())?;
    Ok(invoice)
}
