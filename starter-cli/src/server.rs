//! Temporal's server, for the commands that speak to it and not to the facade.

use anyhow::Context as _;
use clap::Args;
use temporalio_client::Client;
use vextrus_temporal::{Codec, ConnectOptions, connect, connect_to};

use crate::exit::Usage;
use crate::options::Global;

/// Which namespace: TEMPORAL_* says where Temporal is and which one, unless --address is given.
#[derive(Debug, Clone, Args)]
pub(crate) struct Namespace {
    /// The namespace, where --address is given; `default` without it. Elsewhere TEMPORAL_NAMESPACE names it.
    #[arg(long)]
    namespace: Option<String>,
}

impl Namespace {
    /// A connection to Temporal at `--address HOST:PORT`, or where `TEMPORAL_*` says. A URL is the facade's, from the environment.
    ///
    /// # Errors
    /// The namespace is named where that would not count; or Temporal does not answer.
    pub(crate) async fn client(&self, global: &Global, codec: Option<Codec>) -> anyhow::Result<Client> {
        let options = ConnectOptions { codec, ..ConnectOptions::default() };
        let address = global.address.as_deref().filter(|address| !address.contains("://"));
        let client = match (address, &self.namespace) {
            (Some(address), name) => connect_to(address, name.as_deref().unwrap_or("default"), options).await,
            (None, None) => connect(options).await,
            (None, Some(name)) => {
                let said = "counts beside --address HOST:PORT alone; set TEMPORAL_NAMESPACE";
                return Err(Usage(format!("--namespace {name} {said}={name}")).into());
            }
        };
        client.context("temporal")
    }
}
