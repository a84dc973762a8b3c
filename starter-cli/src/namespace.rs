//! `vextrus namespace …`: the namespace in Temporal and its search attributes, as this program wants them.

use std::time::Duration;

use clap::Subcommand;
use serde_json::json;
use temporalio_client::NamespacedClient as _;
use vextrus_temporal::{NamespaceChange, RETENTION, ensure_namespace, ensure_search_attributes};

use crate::options::Global;
use crate::output;
use crate::server::Namespace;

#[derive(Debug, Subcommand)]
pub(crate) enum NamespaceCommand {
    /// Makes the namespace, or brings the time for which it keeps what has ended to ours, and waits until it can be used. May be run again.
    ///
    /// It needs the right to administer namespaces, which Temporal Cloud gives to nobody: make the namespace there.
    Ensure(Namespace),
    /// Adds the search attributes that are missing in the namespace, and waits until they can be used. May be run again.
    EnsureAttributes(Namespace),
}

pub(crate) async fn run(global: &Global, command: NamespaceCommand) -> anyhow::Result<()> {
    match command {
        NamespaceCommand::Ensure(place) => {
            let client = place.client(global, None).await?;
            let name = client.namespace();
            let change = ensure_namespace(&client, &name, RETENTION).await?;
            let (what, from) = match change {
                NamespaceChange::Created => ("created", None),
                NamespaceChange::Updated { from } => ("updated", Some(days(from))),
                NamespaceChange::Unchanged => ("unchanged", None),
            };
            let said = || {
                let was = from.map(|days| format!(", {days} before")).unwrap_or_default();
                format!("namespace {name} keeps what has ended for {} days{was} ({what})", days(RETENTION))
            };
            let json = json!({"namespace": &name, "change": what, "retention_days": days(RETENTION), "was_days": from});
            output::answer(global.output, said, &json)
        }
        NamespaceCommand::EnsureAttributes(place) => {
            let client = place.client(global, None).await?;
            let name = client.namespace();
            let added = ensure_search_attributes(&client, &name).await?;
            let said = || match added.as_slice() {
                [] => format!("namespace {name} has its search attributes"),
                added => format!("namespace {name} has its search attributes; added {}", added.join(", ")),
            };
            output::answer(global.output, said, &json!({"namespace": &name, "added": &added}))
        }
    }
}

const fn days(time: Duration) -> u64 {
    time.as_secs() / (24 * 60 * 60)
}
