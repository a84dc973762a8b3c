//! Certificates of our own making, and what a client meets.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsConnector;

use super::*;

/// An authority, and what it has issued: each as PEM, the certificate and its key.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn issues(&self, name: &str) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        (params.signed_by(&key, &self.0).unwrap().pem(), key.serialize_pem())
    }

    fn root(&self) -> String {
        self.0.pem()
    }
}

struct Place(TempDir);

impl Place {
    fn new(server: &(String, String), client_ca: Option<&Authority>) -> (Self, FacadeConfig) {
        let place = Self(tempfile::tempdir().unwrap());
        place.put(server);
        let mut config = vextrus_platform::Config::layered(None, |_| None).unwrap().facade;
        config.tls_certificate_file = place.0.path().join("cert.pem");
        config.tls_key_file = place.0.path().join("key.pem");
        if let Some(authority) = client_ca {
            config.tls_client_ca_file = place.0.path().join("ca.pem");
            std::fs::write(&config.tls_client_ca_file, authority.root()).unwrap();
        }
        (place, config)
    }

    fn put(&self, (certificate, key): &(String, String)) {
        std::fs::write(self.0.path().join("cert.pem"), certificate).unwrap();
        std::fs::write(self.0.path().join("key.pem"), key).unwrap();
    }
}

/// Serves connections that are greeted once their handshake is done; answers where.
async fn serve(tls: Arc<Tls>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let mut connections = Box::pin(tls.incoming(TcpIncoming::from(listener)));
    tokio::spawn(async move {
        while let Some(Ok(mut stream)) = connections.next().await {
            drop(stream.write_all(b"welcome").await);
            drop(stream.shutdown().await);
        }
    });
    address
}

/// What a client hears that trusts an authority and shows this certificate.
async fn heard(address: &str, trusts: &Authority, shows: Option<&(String, String)>) -> Result<String, String> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(trusts.root().as_bytes()).unwrap()).unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap().with_root_certificates(roots);
    let config = match shows {
        None => builder.with_no_client_auth(),
        Some((certificate, key)) => {
            let chain = vec![CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()];
            builder.with_client_auth_cert(chain, PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap()).unwrap()
        }
    };
    let stream = TcpStream::connect(address).await.unwrap();
    let name = ServerName::try_from("facade.example").unwrap();
    let mut stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.map_err(|e| e.to_string())?;
    let mut text = String::new();
    stream.read_to_string(&mut text).await.map_err(|e| e.to_string())?;
    Ok(text)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_trusts_the_authority_is_served_and_no_other() {
    let (ours, other) = (Authority::new("ours"), Authority::new("other"));
    let (_place, config) = Place::new(&ours.issues("facade.example"), None);
    let address = serve(Tls::open(&config).unwrap().unwrap()).await;
    assert_eq!(heard(&address, &ours, None).await.unwrap(), "welcome");
    assert!(heard(&address, &other, None).await.is_err());
    // Whoever speaks no TLS, or says nothing, keeps nobody else waiting.
    let mut plain = TcpStream::connect(&address).await.unwrap();
    plain.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    let silent = TcpStream::connect(&address).await.unwrap();
    assert_eq!(heard(&address, &ours, None).await.unwrap(), "welcome");
    drop((plain, silent));
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_show_a_certificate_where_they_must() {
    let (ours, other) = (Authority::new("ours"), Authority::new("other"));
    let (_place, config) = Place::new(&ours.issues("facade.example"), Some(&ours));
    let address = serve(Tls::open(&config).unwrap().unwrap()).await;
    let (known, stranger) = (ours.issues("erp.example"), other.issues("erp.example"));
    assert_eq!(heard(&address, &ours, Some(&known)).await.unwrap(), "welcome");
    assert!(heard(&address, &ours, None).await.is_err(), "it shows none");
    assert!(heard(&address, &ours, Some(&stranger)).await.is_err(), "somebody else issued it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_is_replaced_is_taken_up_and_one_that_is_none_is_not() {
    let (before, after) = (Authority::new("before"), Authority::new("after"));
    let (place, config) = Place::new(&before.issues("facade.example"), None);
    let tls = Tls::reading(&config, Duration::ZERO).unwrap().unwrap();
    let address = serve(tls).await;
    assert_eq!(heard(&address, &before, None).await.unwrap(), "welcome");
    place.put(&("no certificate".to_owned(), "no key".to_owned()));
    assert_eq!(heard(&address, &before, None).await.unwrap(), "welcome", "what was stays");
    place.put(&after.issues("facade.example"));
    assert_eq!(heard(&address, &after, None).await.unwrap(), "welcome");
    assert!(heard(&address, &before, None).await.is_err());
}

#[test]
fn what_cannot_be_served_is_said_with_its_setting() {
    let ours = Authority::new("ours");
    let (place, config) = Place::new(&ours.issues("facade.example"), None);
    let said = |change: &dyn Fn(&mut FacadeConfig)| {
        let mut config = config.clone();
        change(&mut config);
        Tls::open(&config).map(|tls| tls.is_some()).map_err(|e| e.to_string())
    };
    assert_eq!(said(&|_| {}), Ok(true));
    assert_eq!(said(&|c| (c.tls_certificate_file, c.tls_key_file) = Default::default()), Ok(false));
    let half = said(&|c| c.tls_key_file = PathBuf::new()).unwrap_err();
    assert!(half.starts_with("facade.tls_key_file is empty"), "{half}");
    let half = said(&|c| c.tls_certificate_file = PathBuf::new()).unwrap_err();
    assert!(half.starts_with("facade.tls_certificate_file is empty"), "{half}");
    let missing = said(&|c| c.tls_client_ca_file = PathBuf::from("/nowhere.pem")).unwrap_err();
    assert!(missing.starts_with("facade.tls_client_ca_file /nowhere.pem: "), "{missing}");
    // A key of another certificate.
    std::fs::write(place.0.path().join("key.pem"), ours.issues("x.example").1).unwrap();
    assert!(said(&|_| {}).unwrap_err().starts_with("facade.tls_certificate_file"));
}
