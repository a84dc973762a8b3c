//! TLS by rustls: the facade's certificate, and where clients must show theirs, who has issued it. Files that are replaced are taken up by
//! new connections; those that are there go on.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use futures::{Stream, StreamExt as _};
use rustls::RootCertStore;
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::server::TcpIncoming;
use vextrus_platform::config::FacadeConfig;

/// How long files that were read are taken for what they are.
const RE_READ_AFTER: Duration = Duration::from_secs(30);
/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(5);
/// Handshakes at the same time; further connections wait.
const HANDSHAKES: usize = 256;
/// Before the next connection is taken, where one could not be: such as when there are too many open files.
const REST: Duration = Duration::from_millis(100);

/// Why TLS cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// One file is named without the other.
    #[error("facade.{0} is empty, and facade.{1} is not: TLS needs the certificate and its key")]
    Half(&'static str, &'static str),
    /// A file cannot be used.
    #[error("facade.{field} {path}: {why}")]
    File {
        /// The setting.
        field: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
}

/// Where certificates are, and what was read there.
#[derive(Debug)]
pub(crate) struct Tls {
    files: Files,
    known: RwLock<(Arc<ServerConfig>, Instant)>,
    re_read_after: Duration,
}

#[derive(Debug, Clone)]
struct Files {
    certificate: PathBuf,
    key: PathBuf,
    client_ca: PathBuf,
}

impl Tls {
    /// What is configured; none where no certificate is named.
    pub(crate) fn open(config: &FacadeConfig) -> Result<Option<Arc<Self>>, TlsError> {
        Self::reading(config, RE_READ_AFTER)
    }

    fn reading(config: &FacadeConfig, re_read_after: Duration) -> Result<Option<Arc<Self>>, TlsError> {
        let files = Files {
            certificate: config.tls_certificate_file.clone(),
            key: config.tls_key_file.clone(),
            client_ca: config.tls_client_ca_file.clone(),
        };
        let is_named = |path: &Path| !path.as_os_str().is_empty();
        match (is_named(&files.certificate), is_named(&files.key)) {
            (false, false) if is_named(&files.client_ca) => {
                Err(TlsError::Half("tls_certificate_file", "tls_client_ca_file"))
            }
            (false, false) => Ok(None),
            (true, false) => Err(TlsError::Half("tls_key_file", "tls_certificate_file")),
            (false, true) => Err(TlsError::Half("tls_certificate_file", "tls_key_file")),
            (true, true) => {
                let known = RwLock::new((Arc::new(files.read()?), Instant::now()));
                Ok(Some(Arc::new(Self { files, known, re_read_after })))
            }
        }
    }

    /// What counts now. Files that cannot be used any more leave what was.
    fn current(&self) -> Arc<ServerConfig> {
        {
            let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
            if known.1.elapsed() < self.re_read_after {
                return Arc::clone(&known.0);
            }
        }
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        // Many connections may have waited for this lock; one of them reads. It blocks, but only for small local files.
        if known.1.elapsed() >= self.re_read_after {
            known.1 = Instant::now();
            match self.files.read() {
                Ok(config) => known.0 = Arc::new(config),
                Err(error) => tracing::error!(%error, "the certificates stay as they were"),
            }
        }
        Arc::clone(&known.0)
    }

    /// Connections, once their handshake is done. What cannot be one is dropped, and keeps no other waiting.
    pub(crate) fn incoming(
        self: Arc<Self>,
        mut connections: TcpIncoming,
    ) -> impl Stream<Item = io::Result<TlsStream<TcpStream>>> {
        let (sender, receiver) = mpsc::channel(1);
        tokio::spawn(async move {
            let places = Arc::new(Semaphore::new(HANDSHAKES));
            loop {
                let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
                let stream = tokio::select! {
                    () = sender.closed() => return,
                    accepted = connections.next() => match accepted {
                        Some(Ok(stream)) => stream,
                        Some(Err(error)) => {
                            tracing::warn!(%error, "a connection could not be taken");
                            tokio::time::sleep(REST).await;
                            continue;
                        }
                        None => return,
                    },
                };
                let (tls, sender) = (Arc::clone(&self), sender.clone());
                tokio::spawn(async move {
                    let _place = place;
                    if let Some(stream) = tls.shake_hands(stream).await {
                        // Nobody takes it any more where the server has ended.
                        drop(sender.send(Ok(stream)).await);
                    }
                });
            }
        });
        ReceiverStream::new(receiver)
    }

    async fn shake_hands(&self, stream: TcpStream) -> Option<TlsStream<TcpStream>> {
        match timeout(HANDSHAKE, TlsAcceptor::from(self.current()).accept(stream)).await {
            Ok(Ok(stream)) => Some(stream),
            Ok(Err(error)) => {
                tracing::info!(%error, "a TLS handshake failed");
                None
            }
            Err(_) => {
                tracing::info!("a TLS handshake took too long");
                None
            }
        }
    }
}

impl Files {
    fn read(&self) -> Result<ServerConfig, TlsError> {
        let wrong = |field: &'static str, path: &Path| {
            let path = path.to_owned();
            move |why: String| TlsError::File { field, path: path.clone(), why }
        };
        let certificate = wrong("tls_certificate_file", &self.certificate);
        let chain = certificates(&self.certificate).map_err(&certificate)?;
        let key =
            PrivateKeyDer::from_pem_file(&self.key).map_err(|e| wrong("tls_key_file", &self.key)(e.to_string()))?;
        let provider = Arc::new(ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions();
        let builder = builder.map_err(|e| certificate(e.to_string()))?;
        let builder = if self.client_ca.as_os_str().is_empty() {
            builder.with_no_client_auth()
        } else {
            let wrong = wrong("tls_client_ca_file", &self.client_ca);
            let mut roots = RootCertStore::empty();
            for root in certificates(&self.client_ca).map_err(&wrong)? {
                roots.add(root).map_err(|e| wrong(e.to_string()))?;
            }
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
            builder.with_client_cert_verifier(verifier.map_err(|e| wrong(e.to_string()))?)
        };
        let mut config = builder.with_single_cert(chain, key).map_err(|e| certificate(e.to_string()))?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let found = CertificateDer::pem_file_iter(path).map_err(|e| e.to_string())?;
    let found: Vec<_> = found.collect::<Result<_, _>>().map_err(|e| e.to_string())?;
    if found.is_empty() { Err("it holds no certificate in PEM".to_owned()) } else { Ok(found) }
}

#[cfg(test)]
#[path = "tls_tests.rs"]
mod tests;
