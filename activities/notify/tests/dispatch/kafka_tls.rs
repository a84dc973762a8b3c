//! Brokers that are spoken to by TLS: those that librdkafka plays know none, so a wire before them does.

use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};
use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig, crypto::ring};
use vextrus_notify::Channels;
use vextrus_platform::notify::{KafkaSecurity, NotifyConfig};
use vextrus_tests_support::company::Acme;
use vextrus_tests_support::on_both;

use crate::kafka::{brokers, take};
use crate::{TODAY, config, dispatch, file, opened, states};

on_both![
    events_reach_brokers_by_tls,
    who_is_not_known_gets_nothing,
    brokers_in_plain_get_nothing_where_tls_is_asked_for,
    brokers_may_want_a_certificate,
];

const HOST: &str = "127.0.0.1";

/// One broker behind a wire of TLS.
struct Secured {
    address: String,
    root: PathBuf,
    brokers: MockCluster<'static, DefaultProducerContext>,
}

/// What those who come must show.
enum Guests {
    Anybody,
    OnlyThis(rcgen::Certificate),
}

fn issued(name: &str) -> CertifiedKey<KeyPair> {
    generate_simple_self_signed([name.to_owned()]).unwrap()
}

impl Secured {
    async fn new(guests: Guests) -> Self {
        let brokers = brokers(1);
        let own = issued(HOST);
        let provider = Arc::new(ring::default_provider());
        let config = ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions();
        let config = match guests {
            Guests::Anybody => config.unwrap().with_no_client_auth(),
            Guests::OnlyThis(guest) => {
                let mut known = RootCertStore::empty();
                known.add(guest.der().clone()).unwrap();
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(known), provider).build().unwrap();
                config.unwrap().with_client_cert_verifier(verifier)
            }
        };
        let key = PrivateKeyDer::Pkcs8(own.signing_key.serialize_der().into());
        let acceptor = TlsAcceptor::from(Arc::new(config.with_single_cert(vec![own.cert.der().clone()], key).unwrap()));
        let listener = TcpListener::bind((HOST, 0)).await.unwrap();
        let (near, far) = (listener.local_addr().unwrap().port(), brokers.bootstrap_servers());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, far) = (acceptor.clone(), far.clone());
                // Who does not pass the handshake is dropped.
                tokio::spawn(async move { carry(acceptor, stream, &far, near).await });
            }
        });
        let root = file(&format!("kafka-root-{near}"), &own.cert.pem());
        Self { address: format!("{HOST}:{near}"), root, brokers }
    }

    fn config(&self) -> NotifyConfig {
        NotifyConfig {
            kafka_brokers: self.address.clone(),
            kafka_root_file: self.root.clone(),
            timeout_millis: 5_000,
            ..config("kafka")
        }
    }
}

/// Carries a connection's frames. A broker tells its own address in its answers: there stands the wire's in place of it.
async fn carry(acceptor: TlsAcceptor, near: TcpStream, far: &str, port: u16) -> std::io::Result<()> {
    let (mut from_client, mut to_client) = tokio::io::split(acceptor.accept(near).await?);
    let (mut from_broker, mut to_broker) = TcpStream::connect(far).await?.into_split();
    tokio::spawn(async move { tokio::io::copy(&mut from_client, &mut to_broker).await });
    let address = |port: u16| [HOST.as_bytes(), &u32::from(port).to_be_bytes()].concat();
    let (its, ours) = (address(far.rsplit(':').next().unwrap().parse().unwrap()), address(port));
    loop {
        let mut frame = vec![0; usize::try_from(from_broker.read_u32().await?).unwrap()];
        from_broker.read_exact(&mut frame).await?;
        let places: Vec<usize> = (0..frame.len()).filter(|at| frame[*at..].starts_with(&its)).collect();
        for at in places {
            frame[at..at + ours.len()].copy_from_slice(&ours);
        }
        to_client.write_u32(u32::try_from(frame.len()).unwrap()).await?;
        to_client.write_all(&frame).await?;
        to_client.flush().await?;
    }
}

/// Hands over one event of this document; answers what became of it.
async fn told(acme: &Acme, config: &NotifyConfig, document: &str) -> (String, Option<String>) {
    opened(acme, document, "a").await;
    assert_eq!(dispatch(acme, &Channels::configured(config).unwrap()).await, 1);
    let (state, _, said) = states(acme).await.pop().unwrap();
    (state, said)
}

async fn events_reach_brokers_by_tls(acme: &Acme) {
    acme.at(TODAY);
    let secured = Secured::new(Guests::Anybody).await;
    assert_eq!(told(acme, &secured.config(), "inv-1").await, ("sent".to_owned(), None));
    let [came] = take(&secured.brokers, 1).await.try_into().unwrap();
    assert_eq!(came.key, "acme/inv-1");
}

async fn who_is_not_known_gets_nothing(acme: &Acme) {
    acme.at(TODAY);
    let secured = Secured::new(Guests::Anybody).await;
    let other = file("kafka-other-root", &issued(HOST).cert.pem());
    // A certificate of another, and one that only the machine's authorities are asked about.
    for (document, root) in [("inv-1", other), ("inv-2", PathBuf::new())] {
        let config = NotifyConfig { kafka_root_file: root, timeout_millis: 2_000, ..secured.config() };
        let (state, said) = told(acme, &config, document).await;
        assert!(state == "waiting" && said.as_ref().is_some_and(|s| s.contains("SSL")), "{state} {said:?}");
    }
    // Of its name another one is no more than a stranger.
    let port = secured.address.rsplit(':').next().unwrap();
    let named = NotifyConfig {
        kafka_brokers: format!("localhost:{port}"),
        kafka_properties_file: file("kafka-family", "broker.address.family=v4"),
        timeout_millis: 2_000,
        ..secured.config()
    };
    let (state, said) = told(acme, &named, "inv-3").await;
    assert!(state == "waiting" && said.as_ref().is_some_and(|s| s.contains("SSL")), "{state} {said:?}");
    assert_eq!(told(acme, &secured.config(), "inv-4").await.0, "sent");
    assert_eq!(take(&secured.brokers, 1).await[0].key, "acme/inv-4", "nothing came before it");
}

async fn brokers_in_plain_get_nothing_where_tls_is_asked_for(acme: &Acme) {
    acme.at(TODAY);
    let plain = brokers(1);
    let servers = plain.bootstrap_servers();
    let strict = NotifyConfig { kafka_brokers: servers, timeout_millis: 2_000, ..config("kafka") };
    assert_eq!(told(acme, &strict, "inv-1").await.0, "waiting");
    let said = NotifyConfig { kafka_security: KafkaSecurity::None, ..strict };
    assert_eq!(told(acme, &said, "inv-2").await.0, "sent");
    assert_eq!(take(&plain, 1).await[0].key, "acme/inv-2", "nothing came before it");
}

async fn brokers_may_want_a_certificate(acme: &Acme) {
    acme.at(TODAY);
    let ours = issued("vextrus");
    let pem = format!("{}{}", ours.cert.pem(), ours.signing_key.serialize_pem());
    let secured = Secured::new(Guests::OnlyThis(ours.cert)).await;
    let without = NotifyConfig { timeout_millis: 2_000, ..secured.config() };
    assert_eq!(told(acme, &without, "inv-1").await.0, "waiting");
    let with = NotifyConfig { kafka_client_file: file("kafka-client", &pem), ..secured.config() };
    assert_eq!(told(acme, &with, "inv-2").await.0, "sent");
}

#[test]
fn what_is_no_certificate_is_named() {
    let own = issued("vextrus");
    let (certificate, nothing) = (file("kafka-certificate", &own.cert.pem()), file("kafka-nothing", "t0psecret"));
    let base = NotifyConfig { kafka_brokers: format!("{HOST}:1"), ..config("kafka") };
    for (wrong, said) in [
        (NotifyConfig { kafka_root_file: nothing.clone(), ..base.clone() }, "notify.kafka_root_file: it holds no"),
        (NotifyConfig { kafka_client_file: nothing, ..base.clone() }, "notify.kafka_client_file: it holds no"),
        (NotifyConfig { kafka_client_file: certificate, ..base.clone() }, "with its private key in PEM"),
        (NotifyConfig { kafka_root_file: "/nowhere".into(), ..base }, "notify.kafka_root_file: /nowhere: "),
    ] {
        let error = Channels::configured(&wrong).unwrap_err().to_string();
        assert!(error.contains(said) && !error.contains("t0psecret"), "{error}");
    }
}
