//! TLS for a wire: authorities of our own making, and whom a server shows itself as and lets in.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

/// An authority.
#[derive(Debug)]
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key, as PEM.
#[derive(Debug, Clone)]
pub struct Issued {
    /// The certificate.
    pub certificate: String,
    /// Its key.
    pub key: String,
}

impl Authority {
    /// A new one.
    ///
    /// # Panics
    /// Where there is no randomness.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// A certificate for a host, or for whoever shows this name.
    ///
    /// # Panics
    /// For what is no name.
    #[must_use]
    pub fn issues(&self, name: &str) -> Issued {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        Issued { certificate: params.signed_by(&key, &self.0).unwrap().pem(), key: key.serialize_pem() }
    }

    /// Its own certificate, as PEM.
    #[must_use]
    pub fn root(&self) -> String {
        self.0.pem()
    }
}

/// A server that shows this certificate, and lets in whom one of these authorities has issued one; anybody where there are none.
///
/// # Panics
/// For what is no certificate.
#[must_use]
pub fn shows(own: &Issued, guests: &[&Authority]) -> Arc<ServerConfig> {
    let provider = Arc::new(ring::default_provider());
    let config =
        ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions().unwrap();
    let config = if guests.is_empty() {
        config.with_no_client_auth()
    } else {
        let mut known = RootCertStore::empty();
        guests
            .iter()
            .for_each(|guest| known.add(CertificateDer::from_pem_slice(guest.root().as_bytes()).unwrap()).unwrap());
        config.with_client_cert_verifier(
            WebPkiClientVerifier::builder_with_provider(Arc::new(known), provider).build().unwrap(),
        )
    };
    let chain = vec![CertificateDer::from_pem_slice(own.certificate.as_bytes()).unwrap()];
    let mut config =
        config.with_single_cert(chain, PrivateKeyDer::from_pem_slice(own.key.as_bytes()).unwrap()).unwrap();
    config.alpn_protocols = vec![b"h2".to_vec(), b"postgresql".to_vec()];
    Arc::new(config)
}
