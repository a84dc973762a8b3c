//! `list`, `trail`, `taxes` and `explain-taxes`, and deciding several tasks at once.

use clap::Args;
use serde_json::{Value, json};
use vextrus_proto::approval::v1::decision_result::Result as Outcome;
use vextrus_proto::approval::v1::{Decide, DocumentOutcome, DocumentState};
use vextrus_proto::audit::v1::AuditEntry;
use vextrus_proto::invoice::v1::{InvoiceSummary, InvoiceTaxes};
use vextrus_proto::purchasing::v1::PurchaseOrderSummary;

use crate::client::{Client, new_request_id};
use crate::exit::Refused;
use crate::options::{Format, Global};
use crate::tax::table;
use crate::{json as shown, output, text};

/// What a list holds.
#[derive(Debug, Args)]
pub(crate) struct ListOptions {
    /// Which ones, such as 'state = assessed AND vendor = padma-builders'. Fields: state, outcome, vendor, department, submitter,
    /// number (of invoices) with =, claim_time with >= and <.
    #[arg(long, default_value = "")]
    filter: String,
    /// How many at most, the latest submitted first.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
}

/// What is decided at once.
#[derive(Debug, Args)]
pub(crate) struct InboxOptions {
    /// Goes through the tasks one by one and asks what is to be done with each.
    #[arg(long, conflicts_with = "decide")]
    pub(crate) each: bool,
    /// Decides these tasks instead of listing: the answer, such as approve.
    #[arg(long, value_name = "ANSWER", requires = "tasks")]
    decide: Option<String>,
    /// A comment for the trail; the reason, where the answer refuses.
    #[arg(long, default_value = "", requires = "decide")]
    comment: String,
    /// The id of this request; the same id gives the same answer. A new one without it.
    #[arg(long, requires = "decide")]
    request_id: Option<String>,
    /// The names of the tasks, each of another document, as -o json shows them (`name`).
    #[arg(requires = "decide")]
    tasks: Vec<String>,
}

pub(crate) async fn invoices(global: &Global, mut client: Client, options: &ListOptions) -> anyhow::Result<()> {
    let found = client.list_invoices(&options.filter, usize::try_from(options.limit)?).await?;
    let row = |i: &InvoiceSummary| {
        [
            shown::last(&i.name).to_owned(),
            stands(i.state(), i.outcome()),
            i.vendor.clone(),
            i.number.clone(),
            text::amount(i.total_poisha),
            i.submitter.clone(),
            shown::time(i.claim_time.as_ref()).unwrap_or_default(),
        ]
    };
    let heads = ["invoice", "stands", "vendor", "number", "BDT", "submitted by", "at"];
    let rows: Vec<[String; 7]> = found.iter().map(row).collect();
    output::list(global.output, || table(heads, &rows), found.iter().map(invoice).collect())
}

fn invoice(i: &InvoiceSummary) -> Value {
    json!({
        "name": i.name, "submission": i.submission, "state": shown::state(i.state()),
        "outcome": shown::outcome(i.outcome()), "vendor": i.vendor, "number": i.number, "department": i.department,
        "total": shown::taka(i.total_poisha), "submitter": i.submitter,
        "claimed_at": shown::time(i.claim_time.as_ref()), "concluded_at": shown::time(i.conclude_time.as_ref()),
        "due_at": shown::time(i.due_time.as_ref()),
    })
}

pub(crate) async fn orders(global: &Global, mut client: Client, options: &ListOptions) -> anyhow::Result<()> {
    let found = client.list_orders(&options.filter, usize::try_from(options.limit)?).await?;
    let row = |o: &PurchaseOrderSummary| {
        [
            shown::last(&o.name).to_owned(),
            stands(o.state(), o.outcome()),
            o.vendor.clone(),
            text::amount(o.amount_poisha),
            o.submitter.clone(),
            shown::time(o.claim_time.as_ref()).unwrap_or_default(),
        ]
    };
    let rows: Vec<[String; 6]> = found.iter().map(row).collect();
    let heads = ["order", "stands", "vendor", "BDT", "submitted by", "at"];
    output::list(global.output, || table(heads, &rows), found.iter().map(order).collect())
}

fn order(o: &PurchaseOrderSummary) -> Value {
    json!({
        "name": o.name, "submission": o.submission, "state": shown::state(o.state()),
        "outcome": shown::outcome(o.outcome()), "vendor": o.vendor, "department": o.department,
        "amount": shown::taka(o.amount_poisha), "submitter": o.submitter,
        "claimed_at": shown::time(o.claim_time.as_ref()), "concluded_at": shown::time(o.conclude_time.as_ref()),
        "due_at": shown::time(o.due_time.as_ref()),
    })
}

fn stands(state: DocumentState, outcome: DocumentOutcome) -> String {
    let state = shown::state(state);
    shown::outcome(outcome).map_or_else(|| state.clone(), |outcome| format!("{state}: {outcome}"))
}

/// Everything that has happened to a document.
pub(crate) async fn trail(global: &Global, mut client: Client, name: &str) -> anyhow::Result<()> {
    let entries = client.trail(name).await?;
    let row = |e: &AuditEntry| {
        let time = shown::time(e.time.as_ref()).unwrap_or_default();
        let who = if e.principal.is_empty() || e.principal == e.actor {
            e.actor.clone()
        } else {
            format!("{} for {}", e.actor, e.principal)
        };
        [e.sequence.to_string(), time, e.kind.clone(), who, e.hash.chars().take(12).collect()]
    };
    let rows: Vec<[String; 5]> = entries.iter().map(row).collect();
    let lines = entries.iter().map(serde_json::to_value).collect::<Result<_, _>>()?;
    output::list(global.output, || table(["entry", "at", "what", "who", "hash"], &rows), lines)
}

/// Decides several tasks, and says of each what became of it.
pub(crate) async fn decide(global: &Global, mut client: Client, options: InboxOptions) -> anyhow::Result<()> {
    let InboxOptions { each: _, decide, comment, request_id, tasks } = options;
    let decide = Decide { answer: decide.unwrap_or_default(), comment };
    let results = client.decide_tasks(&tasks, &decide, request_id.unwrap_or_else(new_request_id)).await?;
    let told = |outcome: Option<&Outcome>| match outcome {
        Some(Outcome::Refused(refused)) => Some(format!("{}: {}", refused.code, refused.message)),
        _ => None,
    };
    let of: Vec<(String, Option<String>)> = results.iter().map(|r| (r.name.clone(), told(r.result.as_ref()))).collect();
    let rows: Vec<[String; 2]> =
        of.iter().map(|(name, no)| [name.clone(), no.clone().unwrap_or_else(|| "decided".to_owned())]).collect();
    let lines = of.iter().map(|(name, no)| json!({"task": name, "decided": no.is_none(), "refused": no})).collect();
    output::list(global.output, || table(["task", "answer"], &rows), lines)?;
    match of.iter().filter(|(_, no)| no.is_some()).count() {
        0 => Ok(()),
        refused => Err(Refused(format!("{refused} of {} were refused", of.len())).into()),
    }
}

impl InboxOptions {
    /// Whether something is decided, or what waits is listed.
    pub(crate) fn decides(&self) -> bool {
        self.decide.is_some()
    }
}

/// Taxes, as text or JSON.
pub(crate) fn taxes(format: Format, taxes: &InvoiceTaxes, uncertain: &[String]) -> anyhow::Result<()> {
    let text = || {
        let asked: String = uncertain.iter().map(|question| format!("to confirm  {question}\n")).collect();
        format!("{}{asked}", text::tax_lines(taxes))
    };
    output::answer(format, text, &json!({"taxes": shown::taxes(taxes), "uncertainties": uncertain}))
}
