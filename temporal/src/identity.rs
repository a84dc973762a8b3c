//! The certificate that we show the service, read again where its files are replaced: new connections show the new one, and those that
//! are there go on.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rustls::SignatureScheme;
use rustls::client::ResolvesClientCert;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use vextrus_platform::certificates;

/// How often the files are read.
const READ_EVERY: Duration = Duration::from_secs(10);
/// How operators see when it ends.
const NAME: &str = "temporal-client";

/// A certificate and its key, and where they are.
#[derive(Debug)]
pub(crate) struct Identity {
    certificate: PathBuf,
    key: PathBuf,
    known: RwLock<Arc<CertifiedKey>>,
}

impl Identity {
    /// What stands in the files, and from then on what comes to stand there. Must be called within a tokio runtime.
    pub(crate) fn of(certificate: &str, key: &str) -> Result<Arc<Self>, String> {
        let (certificate, key) = (PathBuf::from(certificate), PathBuf::from(key));
        let known = RwLock::new(Arc::new(read(&certificate, &key)?));
        let identity = Arc::new(Self { certificate, key, known });
        let follows = Arc::downgrade(&identity);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(READ_EVERY).await;
                let Some(identity) = follows.upgrade() else { return };
                identity.read_again();
            }
        });
        Ok(identity)
    }

    /// Files that cannot be used, such as a certificate whose key is still to come, leave what was.
    fn read_again(&self) {
        match read(&self.certificate, &self.key) {
            Ok(found) if found.cert == self.current().cert => {}
            Ok(found) => {
                *self.known.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(found);
                tracing::info!("temporal is shown another certificate from now on");
            }
            Err(error) => tracing::error!(error, "the certificate that temporal is shown stays as it was"),
        }
    }

    fn current(&self) -> Arc<CertifiedKey> {
        Arc::clone(&self.known.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl ResolvesClientCert for Identity {
    fn resolve(&self, _root_hint_subjects: &[&[u8]], _schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(self.current())
    }

    fn has_certs(&self) -> bool {
        true
    }
}

fn read(certificate: &Path, key: &Path) -> Result<CertifiedKey, String> {
    let wrong = |path: &Path, why: &dyn std::fmt::Display| format!("{}: {why}", path.display());
    let pem = std::fs::read(certificate).map_err(|e| wrong(certificate, &e))?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let chain = chain.map_err(|e| wrong(certificate, &e))?;
    let private = PrivateKeyDer::from_pem_file(key).map_err(|e| wrong(key, &e))?;
    let found =
        CertifiedKey::from_der(chain, private, &ring::default_provider()).map_err(|e| wrong(certificate, &e))?;
    certificates::ends(NAME, &pem).map_err(|e| wrong(certificate, &e))?;
    Ok(found)
}

#[cfg(test)]
#[path = "identity_tests.rs"]
mod tests;
