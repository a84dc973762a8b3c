//! `vextrus delegation …`.

use clap::Subcommand;
use serde_json::{Value, json};
use vextrus_domain::{DocumentType, Taka};
use vextrus_proto::approval::v1::Delegation;

use crate::client::{Client, new_request_id, told_again};
use crate::options::Global;
use crate::{json as shown, output};

/// A command about standing delegations.
#[derive(Debug, Subcommand)]
pub(crate) enum DelegationCommand {
    /// Has somebody decide in your name, from one day to another. Your tasks stay yours too.
    Give {
        /// Who decides.
        #[arg(long)]
        to: String,
        /// The first day in Dhaka, YYYY-MM-DD.
        #[arg(long)]
        from_day: String,
        /// The last day in Dhaka, YYYY-MM-DD.
        #[arg(long)]
        to_day: String,
        /// Only for this type of document: invoice or purchase_order. May be given more than once.
        #[arg(long = "document")]
        documents: Vec<DocumentType>,
        /// Only up to this amount, in taka.
        #[arg(long)]
        limit: Option<Taka>,
        /// The id of this request; the same id gives the same answer. A new one without it.
        #[arg(long)]
        request_id: Option<String>,
    },
    /// Takes a delegation back.
    Revoke {
        /// Its number.
        number: u32,
        /// The id of this request; the same id gives the same answer. A new one without it.
        #[arg(long)]
        request_id: Option<String>,
    },
    /// Lists the delegations of the company that count or will count.
    List,
}

pub(crate) async fn run(global: &Global, command: DelegationCommand) -> anyhow::Result<()> {
    let mut client = Client::from_options(global).await?;
    match command {
        DelegationCommand::Give { to, from_day, to_day, documents, limit, request_id } => {
            let delegation = Delegation {
                to,
                first_day: from_day,
                last_day: to_day,
                documents: documents.iter().map(ToString::to_string).collect(),
                limit_poisha: limit.map(Taka::poisha),
                ..Delegation::default()
            };
            let request_id = request_id.unwrap_or_else(new_request_id);
            let given = told_again(client.delegate(delegation, request_id.clone()).await, &request_id)?;
            output::answer(global.output, || line(&given), &value(&given))
        }
        DelegationCommand::Revoke { number, request_id } => {
            let request_id = request_id.unwrap_or_else(new_request_id);
            told_again(client.revoke(number, request_id.clone()).await, &request_id)?;
            output::answer(global.output, || format!("delegation {number} is revoked"), &json!({"revoked": number}))
        }
        DelegationCommand::List => {
            let all = client.delegations().await?;
            let text = || {
                if all.is_empty() {
                    return "nobody stands in for anybody".to_owned();
                }
                all.iter().map(line).collect::<Vec<_>>().join("\n")
            };
            output::list(global.output, text, all.iter().map(value).collect())
        }
    }
}

fn line(d: &Delegation) -> String {
    let documents = if d.documents.is_empty() { "all documents".to_owned() } else { d.documents.join(", ") };
    let limit = d.limit_poisha.map(|l| format!(", up to BDT {}", crate::text::amount(l))).unwrap_or_default();
    format!(
        "{:>4}  {} for {} from {} to {}: {documents}{limit}",
        shown::last(&d.name),
        d.to,
        d.from,
        d.first_day,
        d.last_day
    )
}

fn value(d: &Delegation) -> Value {
    json!({
        "number": shown::last(&d.name), "from": d.from, "to": d.to, "first_day": d.first_day, "last_day": d.last_day,
        "documents": d.documents, "limit": d.limit_poisha.map(shown::taka),
    })
}
