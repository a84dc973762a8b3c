use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use tempfile::TempDir;
use vextrus_domain::signature::KeyPair;

use super::*;
use crate::dev_tokens::{jwks_json, mint};

const ISSUER: &str = "https://issuer.example";
const HOUR: Duration = Duration::from_secs(3600);

struct Setup {
    key: KeyPair,
    auth: Authenticator,
    dir: TempDir,
}

fn config(file: &Path) -> AuthConfig {
    let defaults = vextrus_platform::Config::layered(None, |_| None).unwrap().auth;
    AuthConfig { issuer: ISSUER.to_owned(), jwks_file: file.to_owned(), ..defaults }
}

fn setup() -> Setup {
    let key = KeyPair::from_seed(&[7; 32]);
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("jwks.json");
    std::fs::write(&file, jwks_json(&key)).unwrap();
    let auth = Authenticator::with_keys(&config(&file), Arc::new(Jwks::in_file(&file, Duration::ZERO).unwrap()));
    Setup { key, auth, dir }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

fn claims() -> Value {
    json!({"iss": ISSUER, "aud": "vextrus", "sub": "rahim", "tenant": "acme", "exp": now() + 60})
}

fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[name] = value;
    claims
}

fn without(name: &str) -> Value {
    let mut claims = claims();
    claims.as_object_mut().unwrap().remove(name);
    claims
}

fn signed(key: &KeyPair, claims: &Value) -> String {
    let header = Header { kid: Some(key.id()), ..Header::new(Algorithm::EdDSA) };
    encode(&header, claims, &EncodingKey::from_ed_der(&key.to_pkcs8_der())).unwrap()
}

fn refusal(auth: &Authenticator, token: &str) -> String {
    let refusal = auth.verify(token).unwrap_err();
    assert_eq!(refusal.code, RefusalCode::Unauthenticated);
    for part in token.split('.').filter(|part| part.len() > 3) {
        assert!(!refusal.message.contains(part), "{refusal} repeats the token");
    }
    refusal.message
}

#[test]
fn a_minted_token_names_its_person() {
    let Setup { key, auth, .. } = setup();
    let (tenant, person) = ("acme".parse().unwrap(), "rahim".parse().unwrap());
    let token = mint(&key, ISSUER, "vextrus", &tenant, &person, HOUR).unwrap();
    assert_eq!(auth.verify(&token).unwrap(), Actor { tenant, person });
}

#[test]
fn claims_are_checked() {
    let Setup { key, auth, .. } = setup();
    for (claims, said) in [
        (with("aud", "other".into()), "another audience"),
        (with("iss", "https://other.example".into()), "another issuer"),
        (with("exp", (now() - 31).into()), "expired"),
        (with("exp", "tomorrow".into()), "must have the claims"),
        (with("nbf", (now() + 60).into()), "not valid yet"),
        (with("sub", "a b".into()), "cannot be read"),
        (with("tenant", "../other".into()), "cannot be read"),
        (with("tenant", 7.into()), "cannot be read"),
        (without("exp"), "must have the claims"),
        (without("iss"), "must have the claims"),
        (without("aud"), "must have the claims"),
        (without("sub"), "claim sub is missing"),
        (without("tenant"), "claim tenant is missing"),
    ] {
        let message = refusal(&auth, &signed(&key, &claims));
        assert!(message.contains(said), "{claims}: {message}");
    }
}

#[test]
fn clocks_may_be_half_a_minute_apart() {
    let Setup { key, auth, .. } = setup();
    for claims in [with("exp", (now() - 15).into()), with("nbf", (now() + 15).into())] {
        auth.verify(&signed(&key, &claims)).unwrap();
    }
}

#[test]
fn the_key_says_the_algorithm_and_never_the_token() {
    let Setup { key, auth, .. } = setup();
    // alg none, with and without a signature.
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let none = format!("{}.{}.", part(json!({"alg": "none", "kid": key.id()})), part(claims()));
    assert!(refusal(&auth, &none).contains("header"));
    assert!(refusal(&auth, &format!("{none}AAAA")).contains("header"));
    // HS256, with what everybody can read of the public key as the secret.
    let public = URL_SAFE_NO_PAD.decode(key.public_text()).unwrap();
    for secret in [public.as_slice(), key.public_text().as_bytes(), jwks_json(&key).as_bytes()] {
        let header = Header { kid: Some(key.id()), ..Header::new(Algorithm::HS256) };
        let token = encode(&header, &claims(), &EncodingKey::from_secret(secret)).unwrap();
        assert!(refusal(&auth, &token).contains("algorithm"));
    }
}

#[test]
fn signatures_and_headers_are_checked() {
    let Setup { key, auth, .. } = setup();
    let good = signed(&key, &claims());
    let parts: Vec<&str> = good.split('.').collect();
    let other = URL_SAFE_NO_PAD.encode(with("sub", "karim".into()).to_string());
    assert!(refusal(&auth, &format!("{}.{other}.{}", parts[0], parts[2])).contains("signature"));
    assert!(refusal(&auth, &format!("{}.{}.{}", parts[0], parts[1], "AAAA")).contains("signature"));
    // Another key under a trusted id, a key that nobody knows, and one that comes with the token.
    let stranger = KeyPair::from_seed(&[8; 32]);
    let secret = EncodingKey::from_ed_der(&stranger.to_pkcs8_der());
    let forged = Header { kid: Some(key.id()), ..Header::new(Algorithm::EdDSA) };
    assert!(refusal(&auth, &encode(&forged, &claims(), &secret).unwrap()).contains("signature"));
    assert!(refusal(&auth, &signed(&stranger, &claims())).contains("not one of the issuer's"));
    let set: jsonwebtoken::jwk::JwkSet = serde_json::from_str(&jwks_json(&stranger)).unwrap();
    let own = Header { jwk: set.keys.first().cloned(), ..forged.clone() };
    assert!(refusal(&auth, &encode(&own, &claims(), &secret).unwrap()).contains("signature"));
    assert!(refusal(&auth, &encode(&Header::new(Algorithm::EdDSA), &claims(), &secret).unwrap()).contains("kid"));
    let extended = Header { crit: Some(vec!["b64".to_owned()]), ..forged };
    assert!(refusal(&auth, &encode(&extended, &claims(), &secret).unwrap()).contains("extension"));
}

#[test]
fn garbage_is_refused() {
    let Setup { auth, .. } = setup();
    let long = "a".repeat(9000);
    for bad in ["", ".", "..", "a.b.c", "e30.e30.e30", "not a token at all", "টাকা.টাকা.টাকা", long.as_str()]
    {
        refusal(&auth, bad);
    }
}

#[tokio::test]
async fn the_other_two_algorithms_count_and_weak_or_symmetric_keys_do_not() {
    let tokens = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tokens");
    let auth = Authenticator::open(&config(&tokens.join("jwks.json"))).await.unwrap();
    let token = |name: &str| std::fs::read_to_string(tokens.join(name)).unwrap().trim().to_owned();
    for good in ["es256.jwt", "rs256.jwt"] {
        assert_eq!(auth.verify(&token(good)).unwrap().person.as_str(), "rahim", "{good}");
    }
    for bad in ["weak-rsa.jwt", "hs256.jwt"] {
        assert!(refusal(&auth, &token(bad)).contains("not one of the issuer's"), "{bad}");
    }
}

#[test]
fn a_new_key_is_found_and_a_broken_file_changes_nothing() {
    let Setup { key, auth, dir } = setup();
    let next = KeyPair::from_seed(&[9; 32]);
    let file = dir.path().join("jwks.json");
    assert!(refusal(&auth, &signed(&next, &claims())).contains("not one of the issuer's"));
    std::fs::write(&file, "{").unwrap();
    assert!(refusal(&auth, &signed(&next, &claims())).contains("not one of the issuer's"));
    auth.verify(&signed(&key, &claims())).unwrap();
    std::fs::write(&file, jwks_json(&next)).unwrap();
    auth.verify(&signed(&next, &claims())).unwrap();
    refusal(&auth, &signed(&key, &claims()));
}

#[test]
fn no_token_is_refused_while_the_issuers_keys_take_turns() {
    let Setup { key: old, auth, dir } = setup();
    let new = KeyPair::from_seed(&[9; 32]);
    let publish = |keys: &[&KeyPair]| {
        let each = keys.iter().map(|key| serde_json::from_str::<Value>(&jwks_json(key)).unwrap()["keys"][0].clone());
        std::fs::write(dir.path().join("jwks.json"), json!({"keys": each.collect::<Vec<_>>()}).to_string()).unwrap();
    };
    let of_old = signed(&old, &claims());
    auth.verify(&of_old).unwrap();
    // The new key is published beside the old one, and then signs.
    publish(&[&old, &new]);
    let of_new = signed(&new, &claims());
    for token in [&of_new, &of_old, &signed(&old, &with("sub", json!("karim"))), &of_new] {
        auth.verify(token).unwrap();
    }
    // Once no token of the old one is in use, it goes; what was copied of it counts no more when the keys are read again.
    publish(&[&new]);
    auth.verify(&of_new).unwrap();
    let stranger = KeyPair::from_seed(&[10; 32]);
    refusal(&auth, &signed(&stranger, &claims()));
    refusal(&auth, &of_old);
    auth.verify(&of_new).unwrap();
}

#[test]
fn a_token_that_was_verified_falls_with_its_key() {
    let Setup { key, auth, dir } = setup();
    let token = signed(&key, &claims());
    for _ in 0..2 {
        auth.verify(&token).unwrap();
    }
    let other = KeyPair::from_seed(&[8; 32]);
    std::fs::write(dir.path().join("jwks.json"), jwks_json(&other)).unwrap();
    // A key that is not known makes the file be read.
    auth.verify(&signed(&other, &claims())).unwrap();
    assert!(refusal(&auth, &token).contains("not one of the issuer's"));
}

#[test]
fn an_unknown_key_makes_the_file_be_read_only_now_and_then() {
    let Setup { dir, .. } = setup();
    let file = dir.path().join("jwks.json");
    let jwks = Jwks::in_file(&file, Duration::from_secs(5)).unwrap();
    let next = KeyPair::from_seed(&[9; 32]);
    std::fs::write(&file, jwks_json(&next)).unwrap();
    assert!(jwks.find(&next.id()).unwrap().is_none(), "it was read a moment ago");
}

#[tokio::test]
async fn nothing_starts_without_issuer_audience_and_keys() {
    let Setup { dir, .. } = setup();
    let good = config(&dir.path().join("jwks.json"));
    let said = async |config: AuthConfig| Authenticator::open(&config).await.unwrap_err().to_string();
    assert!(said(AuthConfig { issuer: String::new(), ..good.clone() }).await.starts_with("auth.issuer is empty"));
    assert!(said(AuthConfig { audience: String::new(), ..good.clone() }).await.starts_with("auth.audience is empty"));
    assert!(said(config(Path::new(""))).await.starts_with("auth.jwks_file"));
    let both = AuthConfig { jwks_url: "https://issuer.example/jwks".to_owned(), ..good.clone() };
    assert!(said(both).await.contains("both set"));
    for (url, why) in [
        ("http://issuer.example/jwks", "must be https"),
        ("ftp://127.0.0.1/jwks", "must be https"),
        ("http://127.0.0.1:1/jwks", "auth.jwks_url"),
    ] {
        let elsewhere = AuthConfig { jwks_url: url.to_owned(), jwks_file: "".into(), ..good.clone() };
        assert!(said(elsewhere).await.contains(why), "{url}");
    }
    let file = dir.path().join("other.json");
    for text in ["", "{}", r#"{"keys": []}"#, r#"{"keys": [{"kty": "oct", "kid": "a", "k": "AAAA"}]}"#] {
        std::fs::write(&file, text).unwrap();
        assert!(said(config(&file)).await.contains("other.json"), "{text}");
    }
    let twice = jwks_json(&KeyPair::from_seed(&[1; 32]));
    let mut twice: Value = serde_json::from_str(&twice).unwrap();
    let first = twice["keys"][0].clone();
    twice["keys"].as_array_mut().unwrap().push(first);
    std::fs::write(&file, twice.to_string()).unwrap();
    assert!(said(config(&file)).await.contains("two keys"));
}

/// An issuer that serves what it is given, and counts how often it is asked.
async fn issuer(keys: Arc<std::sync::Mutex<String>>) -> (String, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let serve = move || {
        counted.fetch_add(1, Ordering::SeqCst);
        let text = keys.lock().unwrap().clone();
        async move { if text.is_empty() { (StatusCode::INTERNAL_SERVER_ERROR, text) } else { (StatusCode::OK, text) } }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/jwks", listener.local_addr().unwrap());
    let router = axum::Router::new().route("/jwks", axum::routing::get(serve));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, asked)
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_fetched_again_when_one_is_wanted_and_kept_while_the_issuer_is_away() {
    let (key, next) = (KeyPair::from_seed(&[7; 32]), KeyPair::from_seed(&[9; 32]));
    let keys = Arc::new(std::sync::Mutex::new(jwks_json(&key)));
    let (url, asked) = issuer(Arc::clone(&keys)).await;
    let soon = Duration::from_millis(20);
    let jwks = Jwks::at(&url, HOUR, soon).await.unwrap();
    let auth = Authenticator::with_keys(&config(Path::new("")), jwks);
    auth.verify(&signed(&key, &claims())).unwrap();
    // It is away, and then comes back with another key.
    keys.lock().unwrap().clear();
    assert!(refusal(&auth, &signed(&next, &claims())).contains("not one of the issuer's"));
    while asked.load(Ordering::SeqCst) < 2 {
        tokio::time::sleep(soon).await;
    }
    auth.verify(&signed(&key, &claims())).unwrap();
    *keys.lock().unwrap() = jwks_json(&next);
    let found = async {
        while auth.verify(&signed(&next, &claims())).is_err() {
            tokio::time::sleep(soon).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), found).await.unwrap();
    // What was taken away does not count.
    refusal(&auth, &signed(&key, &claims()));
}

#[test]
fn other_claims_may_say_who_it_is() {
    let Setup { key, dir, .. } = setup();
    let file = dir.path().join("jwks.json");
    let named = AuthConfig {
        tenant_claim: "https://login.example/company".to_owned(),
        person_claim: "employee_id".to_owned(),
        leeway_seconds: 0,
        ..config(&file)
    };
    let auth = Authenticator::with_keys(&named, Arc::new(Jwks::in_file(&file, Duration::ZERO).unwrap()));
    let mut said = with("https://login.example/company", "globex".into());
    said["employee_id"] = "karim".into();
    let actor = auth.verify(&signed(&key, &said)).unwrap();
    assert_eq!((actor.tenant.as_str(), actor.person.as_str()), ("globex", "karim"));
    assert!(refusal(&auth, &signed(&key, &claims())).contains("claim https://login.example/company is missing"));
    said["exp"] = (now() - 5).into();
    assert!(refusal(&auth, &signed(&key, &said)).contains("expired"));
}

#[test]
fn the_metadata_hold_one_bearer_token() {
    let Setup { key, auth, .. } = setup();
    let token = signed(&key, &claims());
    let metadata = |values: &[String]| {
        let mut metadata = MetadataMap::new();
        for value in values {
            metadata.append("authorization", value.parse().unwrap());
        }
        metadata
    };
    auth.actor(&metadata(&[format!("Bearer {token}")])).unwrap();
    auth.actor(&metadata(&[format!("bearer {token}")])).unwrap();
    for bad in [vec![], vec![token.clone()], vec![format!("Basic {token}")], vec!["Bearer".to_owned()]] {
        assert_eq!(auth.actor(&metadata(&bad)).unwrap_err().code, RefusalCode::Unauthenticated);
    }
    let two = vec![format!("Bearer {token}"); 2];
    assert_eq!(auth.actor(&metadata(&two)).unwrap_err().code, RefusalCode::Unauthenticated);
}
