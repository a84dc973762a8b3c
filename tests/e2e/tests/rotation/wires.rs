//! Temporal and the database by TLS: who is spoken to, who is let in, and a certificate that is replaced.

use std::path::Path;
use std::time::Duration;

use temporalio_client::envconfig::{ClientConfigProfile, DataSource};
use temporalio_common::envconfig::ClientConfigTLS;
use vextrus_ledger::Ledger;
use vextrus_platform::Config;
use vextrus_starter_cli::client::new_request_id;
use vextrus_temporal::{ConnectOptions, connect_as};
use vextrus_tests_support::postgres::{self, OWNER};
use vextrus_tests_support::proxy::{Proxy, Target};
use vextrus_tests_support::secured::{Authority, Issued, shows};

use crate::Turning;

const HOST: &str = "localhost";

/// A server on this machine whose certificates are made here.
struct Wired {
    wire: Proxy,
    servers: Authority,
    folder: tempfile::TempDir,
}

impl Wired {
    fn file(&self, name: &str, content: &str) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.display().to_string()
    }

    /// Puts a certificate where the client finds it: first its key, so that the pair does not fit for a moment.
    fn put(&self, issued: &Issued) -> (String, String) {
        let key = self.file("tls.key", &issued.key);
        (self.file("tls.crt", &issued.certificate), key)
    }

    fn temporal(&self, root: &str, host: &str, shown: Option<(String, String)>) -> ClientConfigProfile {
        let (certificate, key) = shown.map(|(c, k)| (DataSource::Path(c), DataSource::Path(k))).unzip();
        let tls = ClientConfigTLS::builder().server_ca_cert(DataSource::Path(root.to_owned())).server_name(host);
        let tls = tls.maybe_client_cert(certificate).maybe_client_key(key).build();
        ClientConfigProfile::builder().address(self.wire.address.to_string()).tls(tls).build()
    }
}

async fn before_temporal(address: &str, guests: &[&Authority]) -> Wired {
    let servers = Authority::new("servers");
    let shown = shows(&servers.issues(HOST), guests);
    let wire = Proxy::secured(Target::Tcp(address.to_owned()), shown).await.unwrap();
    Wired { wire, servers, folder: tempfile::tempdir().unwrap() }
}

async fn is_let_in(profile: ClientConfigProfile) -> bool {
    let options = ConnectOptions { within: Duration::from_secs(2), ..ConnectOptions::default() };
    connect_as(profile, options).await.is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn temporal_is_shown_another_certificate_without_a_restart() {
    let mut turning = Turning::on(None).await;
    let [before, after] = ["before", "after"].map(Authority::new);
    let wired = before_temporal(&turning.world.stack.temporal, &[&before]).await;
    let root = wired.file("ca.crt", &wired.servers.root());
    let of_before = before.issues("vextrus");
    let mut by_wire = wired.temporal(&root, HOST, Some(wired.put(&of_before)));
    by_wire.namespace.clone_from(&turning.temporal.namespace);
    turning.temporal = by_wire.clone();
    turning.turn(|_| {}).await;
    let id = turning.submit("R-1", "200000").await;
    turning.approve(&id, "level-1", "rahim").await;

    // Whoever came in is sent away, and must show what there was no more than a file of a moment ago.
    wired.put(&after.issues("vextrus"));
    wired.wire.show(shows(&wired.servers.issues(HOST), &[&after]));
    wired.wire.cut();
    let approved = async || {
        let mut karim = turning.person("karim").await;
        Ok(karim.decide(&id, Some("level-2"), "approve", "", new_request_id()).await.is_ok())
    };
    turning.world.until("a decision comes through again", approved).await.unwrap();
    turning.settles(&id).await;
    assert!(is_let_in(by_wire.clone()).await);
    wired.put(&of_before);
    assert!(!is_let_in(by_wire).await, "by the certificate of before");
    turning.running.take().unwrap().stop().await.unwrap();
    turning.world.sound(false).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_is_known_speaks_with_temporal() {
    let server = vextrus_temporal::DevServer::start(vextrus_temporal::DevServerOptions::default()).await.unwrap();
    let [ours, others] = ["ours", "others"].map(Authority::new);
    let wired = before_temporal(&server.address, &[&ours]).await;
    let root = wired.file("ca.crt", &wired.servers.root());
    let shown = || Some(wired.put(&ours.issues("vextrus")));
    assert!(is_let_in(wired.temporal(&root, HOST, shown())).await);
    assert!(!is_let_in(wired.temporal(&root, HOST, None)).await, "without a certificate");
    let foreign = Some(wired.put(&others.issues("vextrus")));
    assert!(!is_let_in(wired.temporal(&root, HOST, foreign)).await, "by a certificate of others");
    let elsewhere = wired.file("other.crt", &others.root());
    assert!(!is_let_in(wired.temporal(&elsewhere, HOST, shown())).await, "a server that others have issued");
    assert!(!is_let_in(wired.temporal(&root, "temporal.example", shown())).await, "a server of another name");
    server.shutdown().await.unwrap();
}

async fn opens(address: &str, more: &str) -> Result<Ledger, String> {
    let mut config = Config::layered(None, |_| None).unwrap().ledger;
    config.address = format!("{address}?{more}");
    config.acquire_timeout_millis = 2_000;
    Ledger::open_to_serve(&config).await.map_err(|error| format!("{error:?}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_database_itself_is_spoken_to() {
    let servers = Authority::new("servers");
    let address = postgres::fresh_database().await;
    Ledger::open(&address).await.unwrap().close().await;
    let database = Path::new(address.split('?').next().unwrap()).file_name().unwrap().to_str().unwrap();
    let target = Target::Unix(postgres::server().await.socket());
    let wire = Proxy::secured_postgres(target, shows(&servers.issues(HOST), &[])).await.unwrap();
    let wired = Wired { wire, servers, folder: tempfile::tempdir().unwrap() };
    let at = |host: &str| format!("postgres://{OWNER}@{host}:{}/{database}", wired.wire.address.port());
    let root = wired.file("ca.crt", &wired.servers.root());
    let whole = format!("sslmode=verify-full&sslrootcert={root}");

    opens(&at(HOST), &whole).await.unwrap().close().await;
    let other = wired.file("other.crt", &Authority::new("others").root());
    let refused = opens(&at(HOST), &format!("sslmode=verify-full&sslrootcert={other}")).await.unwrap_err();
    assert!(refused.contains("UnknownIssuer") || refused.contains("BadSignature"), "{refused}");
    let refused = opens(&at("127.0.0.1"), &whole).await.unwrap_err();
    assert!(refused.contains("NotValidForName"), "{refused}");
    // A server that has no TLS, where it is asked for.
    let plain = Proxy::to(Target::Unix(postgres::server().await.socket())).await.unwrap();
    let plain = format!("postgres://{OWNER}@{HOST}:{}/{database}", plain.address.port());
    assert!(opens(&plain, &whole).await.is_err());
}
