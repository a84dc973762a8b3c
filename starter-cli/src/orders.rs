//! `vextrus order …`.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Subcommand;
use serde_json::json;
use tonic::Status;
use vextrus_domain::{DocumentType, Order};
use vextrus_proto::purchasing::v1::{IssuedOrder, PurchaseOrder};

use crate::acts::{self, ActCommand};
use crate::client::{Client, new_request_id, told_again, watch};
use crate::lists::{self, ListOptions};
use crate::options::Global;
use crate::{files, json as shown, output, text};

const KIND: DocumentType = DocumentType::PurchaseOrder;

/// A command about purchase orders.
#[derive(Debug, Subcommand)]
pub(crate) enum OrderCommand {
    /// Asks for an order. Example: vextrus --as nasrin order submit examples/orders/01-cement.json
    Submit {
        /// The order as JSON; - reads it from stdin. With `amends` it changes an issued order.
        file: PathBuf,
        /// The id of this request; the same id gives the same answer. A new one without it.
        #[arg(long)]
        request_id: Option<String>,
    },
    /// Shows an order with its tasks, its budget, and what was received and billed.
    Show {
        /// The order's id or name.
        order: String,
    },
    /// Follows an order until it is issued or ends otherwise.
    Watch {
        /// The order's id or name.
        order: String,
    },
    /// Lists orders and amendments, the latest submitted first. Example: vextrus --as rahim order list --filter 'state = settled'
    List(ListOptions),
    /// Shows everything that has happened to an order: its trail.
    Trail {
        /// The order's id or name.
        order: String,
    },
    /// Submits a returned order again, changed.
    Resubmit {
        /// The order's id or name.
        order: String,
        /// The order as JSON, changed; - reads it from stdin.
        file: PathBuf,
        /// What was changed.
        #[arg(long, default_value = "")]
        comment: String,
        /// The id of this request; the same id gives the same answer. A new one without it.
        #[arg(long)]
        request_id: Option<String>,
    },
    /// Says who would have to approve an order, why and by when. Starts nothing.
    Explain {
        /// The order as JSON; - reads it from stdin.
        file: PathBuf,
    },
    /// Records goods that came on an issued order. Example: vextrus --as karim order receive PO-2026-27-000001 --line 1=40
    Receive {
        /// The number of the issued order.
        po_number: String,
        /// What came: the order's line and how much, such as 1=40. May be given more than once.
        #[arg(long = "line", required = true, value_parser = received)]
        lines: Vec<(i32, String)>,
        /// When it came, YYYY-MM-DD; today in Dhaka without it.
        #[arg(long)]
        on: Option<String>,
        /// What else is to be said, such as the delivery challan's number.
        #[arg(long, default_value = "")]
        note: String,
        /// The id of this request; the same id gives the same answer. A new one without it.
        #[arg(long)]
        request_id: Option<String>,
    },
    /// Closes what is left of an issued order, and frees its budget.
    Close {
        /// The number of the issued order.
        po_number: String,
        /// Why the rest is not needed.
        #[arg(long)]
        reason: String,
        /// The id of this request; the same id gives the same answer. A new one without it.
        #[arg(long)]
        request_id: Option<String>,
    },
    #[command(flatten)]
    Act(ActCommand),
}

fn received(text: &str) -> Result<(i32, String), String> {
    let read = text.split_once('=').and_then(|(line, quantity)| Some((line.parse().ok()?, quantity.to_owned())));
    read.ok_or_else(|| format!("{text:?} is not a line and a quantity: write it like 1=40"))
}

pub(crate) async fn run(global: &Global, command: OrderCommand) -> anyhow::Result<()> {
    // A file that cannot be read needs no connection to be refused.
    let file = match &command {
        OrderCommand::Submit { file, .. } | OrderCommand::Resubmit { file, .. } | OrderCommand::Explain { file } => {
            Some(read(file)?)
        }
        _ => None,
    };
    let content = || file.as_ref().map(shown::order_content).context("no order was read");
    let print = |o: &PurchaseOrder| output::answer(global.output, || text::order(o), &shown::order(o));
    let mut client = Client::from_options(global).await?;
    match command {
        OrderCommand::Act(act) => acts::run(global, client, KIND, act).await,
        OrderCommand::Submit { request_id, .. } => {
            let request_id = request_id.unwrap_or_else(new_request_id);
            let submitted = client.submit_order(content()?, request_id.clone()).await;
            print(&told_again(submitted, &request_id)?.0)
        }
        OrderCommand::Show { order } => print(&client.order(&order).await?),
        OrderCommand::Watch { order } => {
            let (name, ended) = (client.name(KIND, &order), |o: &PurchaseOrder| shown::has_ended(o.state()));
            watch(client, &name, async |client| client.order(&order).await, ended, print).await
        }
        OrderCommand::List(options) => lists::orders(global, client, &options).await,
        OrderCommand::Trail { order } => {
            let name = client.name(KIND, &order);
            lists::trail(global, client, &name).await
        }
        OrderCommand::Resubmit { order, comment, request_id, .. } => {
            let request_id = request_id.unwrap_or_else(new_request_id);
            let changed = client.resubmit_order(&order, content()?, &comment, request_id.clone()).await;
            print(&told_again(changed, &request_id)?)
        }
        OrderCommand::Explain { .. } => {
            let preview = client.preview_order(content()?).await?;
            let text = || text::planned(&preview.tasks, &preview.budgets, &preview.warnings);
            output::answer(
                global.output,
                text,
                &json!({"tasks": shown::planned(&preview.tasks), "budgets": shown::budgets(&preview.budgets),
                    "warnings": preview.warnings}),
            )
        }
        OrderCommand::Receive { po_number, lines, on, note, request_id } => {
            let today = || vextrus_domain::calendar::dhaka_date(chrono::Utc::now()).to_string();
            let request_id = request_id.unwrap_or_else(new_request_id);
            let on = on.unwrap_or_else(today);
            let received = client.receive(&po_number, &on, lines, &note, request_id.clone()).await;
            let (receipt, order) = told_again(received, &request_id)?;
            let text = || format!("receipt {receipt} of {po_number}\n{}", text::issued(&order));
            output::answer(global.output, text, &json!({"receipt": receipt, "order": shown::issued(&order)}))
        }
        OrderCommand::Close { po_number, reason, request_id } => {
            let id = request_id.unwrap_or_else(new_request_id);
            let closed = client.close_order(&po_number, &reason, id.clone()).await;
            let order: IssuedOrder = told_again(closed, &id)?;
            output::answer(global.output, || text::issued(&order), &shown::issued(&order))
        }
    }
}

/// Reads an order file; `-` is stdin.
pub(crate) fn read(path: &std::path::Path) -> anyhow::Result<Order> {
    let text = files::read(path, "order")?;
    let order = Order::from_json(&text).map_err(|refusal| Status::invalid_argument(refusal.to_string()))?;
    files::sound(order.violations())?;
    Ok(order)
}
