//! Whom a client trusts under TLS, and what it shows of itself.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity};

use crate::exit::Usage;

/// Certificates for a facade that is served under TLS (https).
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct Certificates {
    /// The roots that the facade's certificate must come from, in PEM; those of this machine without it.
    #[arg(long, global = true, env = "VEXTRUS_CA_FILE")]
    pub ca_file: Option<PathBuf>,
    /// The certificate that is shown to the facade, in PEM, where it asks for one.
    #[arg(long, global = true, env = "VEXTRUS_CLIENT_CERTIFICATE_FILE")]
    pub client_certificate_file: Option<PathBuf>,
    /// Its key, in PEM.
    #[arg(long, global = true, env = "VEXTRUS_CLIENT_KEY_FILE")]
    pub client_key_file: Option<PathBuf>,
}

impl Certificates {
    /// These, and where they say nothing, the others.
    #[must_use]
    pub(crate) fn or(&self, others: Self) -> Self {
        Self {
            ca_file: self.ca_file.clone().or(others.ca_file),
            client_certificate_file: self.client_certificate_file.clone().or(others.client_certificate_file),
            client_key_file: self.client_key_file.clone().or(others.client_key_file),
        }
    }

    /// The endpoint under TLS, where its address is an https one.
    pub(super) fn apply(&self, address: &str, endpoint: Endpoint) -> anyhow::Result<Endpoint> {
        if !address.starts_with("https://") {
            if *self == Self::default() {
                return Ok(endpoint);
            }
            let said = format!("{address} is not an https address, and certificates are for those alone");
            return Err(Usage(said).into());
        }
        let mut tls = match &self.ca_file {
            Some(file) => ClientTlsConfig::new().ca_certificate(Certificate::from_pem(read(file)?)),
            None => ClientTlsConfig::new().with_native_roots(),
        };
        match (&self.client_certificate_file, &self.client_key_file) {
            (None, None) => {}
            (Some(certificate), Some(key)) => tls = tls.identity(Identity::from_pem(read(certificate)?, read(key)?)),
            _ => {
                let said = "a client's certificate and its key go together: give both files, or none";
                return Err(Usage(said.to_owned()).into());
            }
        }
        endpoint.tls_config(tls).context("the certificates cannot be used")
    }
}

fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(file).with_context(|| format!("{} cannot be read", file.display()))
}
