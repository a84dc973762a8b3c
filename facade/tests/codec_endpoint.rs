//! The codec endpoint over a real socket.
#![cfg(test)]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use vextrus_domain::signature::KeyPair;
use vextrus_facade::{Authenticator, CodecEndpoint, EndpointError, MAX_BODY_BYTES, dev_tokens};
use vextrus_ledger::{Ledger, masterdata};
use vextrus_platform::Config;

const KEYS: &str = "k-1=AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE";
const UI: &str = "https://temporal.example";
const NID: &str = "\"1990269812345678\"";

struct World {
    address: SocketAddr,
    key: KeyPair,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<std::io::Result<()>>,
    _dir: TempDir,
}

/// What was answered.
struct Answer {
    status: u16,
    head: String,
    body: Value,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    fn code(&self) -> (u16, &str) {
        (self.status, self.body["code"].as_str().unwrap_or_default())
    }
}

async fn open(dir: &TempDir, change: impl FnOnce(&mut Config)) -> Result<Option<CodecEndpoint>, EndpointError> {
    let file = |name: &str| dir.path().join(name);
    std::fs::write(file("jwks.json"), dev_tokens::jwks_json(&key())).unwrap();
    let mut config = Config::layered(None, |_| None).unwrap();
    config.auth.issuer = "dev".to_owned();
    config.auth.jwks_file = file("jwks.json");
    config.codec.keys = KEYS.to_owned().into();
    config.codec.listen = "127.0.0.1:0".to_owned();
    change(&mut config);
    let ledger = Ledger::open(&format!("sqlite:{}", file("ledger.db").display())).await.unwrap();
    let company = |tenant: &str| {
        serde_json::from_value(json!({
            "tenant": tenant, "vendors": [], "budgets": [], "people": [
                {"id": "salma", "roles": ["accounts_payable"]},
                {"id": "omar", "roles": if tenant == "acme" { vec!["accounts_payable", "operator"] } else { vec![] }},
                {"id": "gone", "roles": ["operator"], "active": false},
            ],
        }))
        .unwrap()
    };
    let mut tx = ledger.begin_for_all().await.unwrap();
    for tenant in ["acme", "other"] {
        masterdata::import(&mut tx, &company(tenant), "test").await.unwrap();
    }
    tx.commit().await.unwrap();
    let auth = Arc::new(Authenticator::open(&config.auth).await.unwrap());
    CodecEndpoint::open(&config.codec, auth, ledger).await
}

fn key() -> KeyPair {
    KeyPair::from_seed(&[7; 32])
}

impl World {
    async fn new(ui_origin: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let endpoint = open(&dir, |config| ui_origin.clone_into(&mut config.codec.ui_origin)).await.unwrap().unwrap();
        let address = endpoint.address().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(endpoint.serve(async move { drop(stopped.await) }));
        Self { address, key: key(), stop, serving, _dir: dir }
    }

    fn token(&self, tenant: &str, person: &str) -> String {
        let (tenant, person) = (tenant.parse().unwrap(), person.parse().unwrap());
        let token = dev_tokens::mint(&self.key, "dev", "vextrus", &tenant, &person, Duration::from_secs(60)).unwrap();
        format!("Bearer {token}")
    }

    async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut head = format!("{method} {path} HTTP/1.1\r\nhost: codec\r\nconnection: close\r\n");
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        head += &format!("content-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
        let mut socket = TcpStream::connect(self.address).await.unwrap();
        socket.write_all(head.as_bytes()).await.unwrap();
        socket.write_all(body).await.unwrap();
        let mut text = String::new();
        socket.read_to_string(&mut text).await.unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.to_owned(), body: serde_json::from_str(body).unwrap_or_default() }
    }

    /// Posts as omar, who may.
    async fn post(&self, path: &str, body: &[u8]) -> Answer {
        let token = self.token("acme", "omar");
        self.send("POST", path, &[("authorization", &token), ("x-namespace", "default")], body).await
    }

    async fn stop(self) {
        self.stop.send(()).unwrap();
        self.serving.await.unwrap().unwrap();
        assert!(TcpStream::connect(self.address).await.is_err(), "nobody listens any more");
    }
}

fn payloads(texts: &[&str]) -> Value {
    let payload =
        |text: &&str| json!({"metadata": {"encoding": STANDARD.encode("json/plain")}, "data": STANDARD.encode(text)});
    json!({"payloads": texts.iter().map(payload).collect::<Vec<_>>()})
}

#[tokio::test]
async fn what_was_encoded_is_decoded() {
    let world = World::new("").await;
    let plain = payloads(&[NID, "2", ""]);
    let encoded = world.post("/encode", plain.to_string().as_bytes()).await;
    assert_eq!((encoded.status, encoded.header("content-type")), (200, Some("application/json")));
    assert_eq!(encoded.header("cache-control"), Some("no-store"));
    let list = encoded.body["payloads"].as_array().unwrap();
    let metadata =
        json!({"encoding": STANDARD.encode("binary/encrypted"), "encryption-key-id": STANDARD.encode("k-1")});
    assert!(list.len() == 3 && list.iter().all(|p| p["metadata"] == metadata), "{list:?}");
    let decoded = world.post("/decode", encoded.body.to_string().as_bytes()).await;
    assert_eq!((decoded.status, decoded.body), (200, plain.clone()));
    // What is in clear passes, and nothing is no error.
    assert_eq!(world.post("/decode", plain.to_string().as_bytes()).await.body, plain);
    assert_eq!(world.post("/decode", b"{}").await.body, json!({"payloads": []}));
    world.stop().await;
}

#[tokio::test]
async fn only_people_with_the_role_are_answered() {
    let world = World::new("").await;
    let body = payloads(&[NID]).to_string();
    for path in ["/decode", "/encode"] {
        let answer = world.send("POST", path, &[], body.as_bytes()).await;
        assert_eq!(answer.code(), (401, "UNAUTHENTICATED"));
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
        for bad in ["Bearer x.y.z", "Basic b21hcjpvbWFy", ""] {
            let answer = world.send("POST", path, &[("authorization", bad)], body.as_bytes()).await;
            assert_eq!(answer.code(), (401, "UNAUTHENTICATED"), "{bad}");
        }
        for (tenant, person) in
            [("acme", "salma"), ("acme", "gone"), ("acme", "nobody"), ("other", "omar"), ("none", "omar")]
        {
            let answer = world.send("POST", path, &[("authorization", &world.token(tenant, person))], b"no json").await;
            assert_eq!(answer.code(), (403, "PERMISSION_DENIED"), "{person} of {tenant}");
        }
    }
    world.stop().await;
}

#[tokio::test]
async fn bad_bodies_are_refused_and_not_repeated() {
    let world = World::new("").await;
    let of = |key: &str, data: &str| {
        let metadata =
            json!({"encoding": STANDARD.encode("binary/encrypted"), "encryption-key-id": STANDARD.encode(key)});
        json!({"payloads": [{"metadata": metadata, "data": data}]}).to_string()
    };
    for (body, told) in [
        (String::new(), "the body is not"),
        ("secret".to_owned(), "line 1, column 1"),
        ("{\"payloads\": \"secret\"}".to_owned(), "the body is not"),
        ("{\"payloads\": [{\"data\": \"secret!\"}]}".to_owned(), "payloads[0].data is not base64"),
        ("{\"payloads\": [{}, {\"metadata\": {\"a\": \"secret!\"}}]}".to_owned(), "payloads[1].metadata is not base64"),
        (of("k-2", "c2VjcmV0"), "key \"k-2\", which is not known"),
        (of("k-1", "c2VjcmV0"), "names key \"k-1\" does not open"),
    ] {
        let answer = world.post("/decode", body.as_bytes()).await;
        assert_eq!(answer.code(), (400, "INVALID_FIELD"), "{body}");
        let message = answer.body["message"].as_str().unwrap();
        assert!(message.contains(told) && !message.contains("secret"), "{message}");
    }
    let fits = payloads(&[&"x".repeat(MAX_BODY_BYTES / 2)]).to_string();
    assert_eq!(world.post("/decode", fits.as_bytes()).await.status, 200);
    let large = vec![b' '; MAX_BODY_BYTES + 1];
    assert_eq!(world.post("/decode", &large).await.code(), (413, "LIMIT_EXCEEDED"));
    for (method, path, status) in [("GET", "/decode", 405), ("POST", "/", 404), ("POST", "/decode/x", 404)] {
        let answer = world.send(method, path, &[("authorization", &world.token("acme", "omar"))], b"").await;
        assert_eq!(answer.status, status, "{method} {path}");
    }
    world.stop().await;
}

#[tokio::test]
async fn pages_of_the_ui_may_ask_and_no_others() {
    let world = World::new(UI).await;
    let allowed = |answer: &Answer| {
        let header = |name: &str| answer.header(&format!("access-control-allow-{name}")).map(str::to_owned);
        (header("origin"), header("credentials"), header("headers"), header("methods"))
    };
    let own = (Some(UI.to_owned()), Some("true".to_owned()));
    let asked = [("origin", UI), ("access-control-request-method", "POST")];
    let answer = world.send("OPTIONS", "/decode", &asked, b"").await;
    let headers = "authorization, content-type, x-namespace, authorization-extras".to_owned();
    assert_eq!(allowed(&answer), (own.0.clone(), own.1.clone(), Some(headers), Some("POST".to_owned())));
    assert_eq!((answer.status, answer.header("vary")), (204, Some("origin")));
    // Errors can be read too, so that the UI can say why.
    let answer = world.send("POST", "/decode", &[("origin", UI)], b"{}").await;
    assert_eq!((answer.status, allowed(&answer)), (401, (own.0.clone(), own.1.clone(), None, None)));
    let token = world.token("acme", "omar");
    let answer = world.send("POST", "/decode", &[("origin", UI), ("authorization", &token)], b"{}").await;
    assert_eq!((answer.status, allowed(&answer)), (200, (own.0, own.1, None, None)));
    for other in ["https://temporal.example.evil", "http://temporal.example", "null"] {
        let answer = world.send("OPTIONS", "/decode", &[("origin", other)], b"").await;
        assert_eq!((answer.status, allowed(&answer)), (403, (None, None, None, None)), "{other}");
        let answer = world.send("POST", "/decode", &[("origin", other), ("authorization", &token)], b"{}").await;
        assert_eq!((answer.status, allowed(&answer)), (200, (None, None, None, None)), "{other}");
    }
    world.stop().await;
    let world = World::new("").await;
    assert_eq!(world.send("OPTIONS", "/decode", &[("origin", UI)], b"").await.status, 403);
    world.stop().await;
}

#[tokio::test]
async fn a_wrong_configuration_stops_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let text = async |change: fn(&mut Config)| open(&dir, change).await.err().unwrap().to_string();
    assert!(text(|c| c.codec.keys = String::new().into()).await.contains("VEXTRUS_CODEC_KEYS"));
    assert!(text(|c| c.codec.keys = "k-1=short".to_owned().into()).await.contains("key \"k-1\" is not 32 bytes"));
    assert!(text(|c| "*".clone_into(&mut c.codec.ui_origin)).await.contains("codec.ui_origin \"*\""));
    assert!(text(|c| "nowhere".clone_into(&mut c.codec.listen)).await.contains("cannot listen on nowhere"));
    assert!(open(&dir, |c| c.codec.listen.clear()).await.unwrap().is_none());
}
