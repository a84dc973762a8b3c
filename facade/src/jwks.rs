//! The issuer's public keys, from a file or a URL whose content may change while we run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock, Weak};
use std::time::{Duration, Instant};

use axum::http::{Request, Uri};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http_body_util::{BodyExt as _, Limited};
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, KeyAlgorithm, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use tokio::sync::Notify;
use vextrus_platform::config::AuthConfig;
use vextrus_platform::http;

use crate::auth::AuthError;

/// A key that was taken away stops counting after this time.
const RE_READ_AFTER: Duration = Duration::from_secs(60);
/// A token with an unknown key makes us look again, but not more often than this.
const RE_READ_AT_MOST: Duration = Duration::from_secs(5);
/// Keys that could not be fetched for this long do not count any more.
const TOO_OLD: Duration = Duration::from_secs(24 * 3600);
/// How long the issuer may take to answer, and the longest answer, in bytes.
const FETCHED_WITHIN: Duration = Duration::from_secs(5);
const LONGEST: usize = 256 * 1024;
/// The shortest RSA modulus that is taken, in bytes (2048 bits).
const RSA_BYTES: usize = 256;

/// A key, with the one algorithm that it may be used with.
#[derive(Debug)]
pub(crate) struct TrustedKey {
    pub(crate) algorithm: Algorithm,
    pub(crate) key: DecodingKey,
}

type Keys = BTreeMap<String, Arc<TrustedKey>>;

/// Where the keys are.
#[derive(Debug)]
enum Source {
    /// In a small local file, which is read when a key is asked for.
    File(PathBuf),
    /// Elsewhere: they are fetched beside the calls, which are never kept waiting.
    Url,
}

/// The keys, read again when they are old or when one is missing.
#[derive(Debug)]
pub(crate) struct Jwks {
    source: Source,
    at_most: Duration,
    known: RwLock<Known>,
    wanted: Notify,
}

#[derive(Debug)]
struct Known {
    keys: Keys,
    /// When they were last looked for.
    tried: Instant,
    /// When they were last there.
    had: Instant,
}

/// The keys have not been fetched for so long that none of them counts any more.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooOld;

impl Jwks {
    /// The keys of the configuration's file or URL.
    ///
    /// # Errors
    /// [`AuthError`]: both or none are given, or no key can be had there.
    pub(crate) async fn open(config: &AuthConfig) -> Result<Arc<Self>, AuthError> {
        match (config.jwks_file.as_os_str().is_empty(), config.jwks_url.as_str()) {
            (false, "") => Ok(Arc::new(Self::in_file(&config.jwks_file, RE_READ_AT_MOST)?)),
            (true, "") => Err(AuthError::Missing("jwks_file (or auth.jwks_url)")),
            (false, _) => Err(AuthError::Both),
            (true, url) => Self::at(url, RE_READ_AFTER, RE_READ_AT_MOST).await,
        }
    }

    pub(crate) fn in_file(path: &Path, at_most: Duration) -> Result<Self, AuthError> {
        let keys = read(path)?;
        Ok(Self::new(Source::File(path.to_owned()), keys, at_most))
    }

    /// Fetches the keys, and goes on to, as long as they are used.
    pub(crate) async fn at(url: &str, every: Duration, at_most: Duration) -> Result<Arc<Self>, AuthError> {
        let fetch = Fetch::of(url)?;
        let keys = fetch.keys().await?;
        let jwks = Arc::new(Self::new(Source::Url, keys, at_most));
        tokio::spawn(refresh(Arc::downgrade(&jwks), fetch, every, at_most));
        Ok(jwks)
    }

    fn new(source: Source, keys: Keys, at_most: Duration) -> Self {
        let now = Instant::now();
        Self { source, at_most, known: RwLock::new(Known { keys, tried: now, had: now }), wanted: Notify::new() }
    }

    /// The key of this id.
    pub(crate) fn find(&self, id: &str) -> Result<Option<Arc<TrustedKey>>, TooOld> {
        let (found, age) = {
            let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
            (known.keys.get(id).cloned(), known.tried.elapsed())
        };
        match &self.source {
            Source::Url => {
                if found.is_none() {
                    // It may have been added since; the next token with it finds it.
                    self.wanted.notify_one();
                }
                if age > TOO_OLD { Err(TooOld) } else { Ok(found) }
            }
            Source::File(_) if age < RE_READ_AFTER && (found.is_some() || age < self.at_most) => Ok(found),
            Source::File(path) => Ok(self.read_again(path, id, age)),
        }
    }

    /// How long ago the keys were had. A file that nobody's call has had read for a while is read now.
    pub(crate) fn age(&self) -> Duration {
        let (tried, had) = {
            let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
            (known.tried.elapsed(), known.had.elapsed())
        };
        match &self.source {
            Source::File(path) if tried >= self.at_most => {
                self.read_again(path, "", tried);
                self.known.read().unwrap_or_else(PoisonError::into_inner).had.elapsed()
            }
            Source::File(_) | Source::Url => had,
        }
    }

    fn read_again(&self, path: &Path, id: &str, age: Duration) -> Option<Arc<TrustedKey>> {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        // Many calls may have waited for this lock; one of them reads. It blocks, but only for a small local file.
        if known.tried.elapsed() >= age {
            known.tried = Instant::now();
            match read(path) {
                Ok(keys) => (known.keys, known.had) = (keys, known.tried),
                Err(error) => tracing::warn!(%error, "the keys of tokens stay as they were"),
            }
        }
        known.keys.get(id).cloned()
    }
}

/// Fetches the keys again and again, and sooner where one is wanted that is not among them.
async fn refresh(jwks: Weak<Jwks>, fetch: Fetch, every: Duration, at_most: Duration) {
    loop {
        tokio::time::sleep(at_most).await;
        let Some(now) = jwks.upgrade() else { return };
        let wanted = tokio::time::timeout(every.saturating_sub(at_most), now.wanted.notified());
        drop(wanted.await);
        match fetch.keys().await {
            Ok(keys) => {
                let at = Instant::now();
                *now.known.write().unwrap_or_else(PoisonError::into_inner) = Known { keys, tried: at, had: at };
            }
            Err(error) => tracing::warn!(%error, age = ?now.age(), "the keys of tokens stay as they were"),
        }
    }
}

/// How keys are fetched.
struct Fetch {
    url: String,
    client: http::Client,
}

impl Fetch {
    fn of(url: &str) -> Result<Self, AuthError> {
        let bad = |why: String| AuthError::Url { url: url.to_owned(), why };
        let parsed = Uri::try_from(url).map_err(|e| bad(e.to_string()))?;
        let is_here = matches!(parsed.host(), Some("127.0.0.1" | "localhost" | "[::1]"));
        let tls = match parsed.scheme_str() {
            Some("https") => true,
            Some("http") if is_here => false,
            _ => return Err(bad("it must be https, or http on this machine".to_owned())),
        };
        let client = http::client(tls).map_err(|e| bad(e.to_string()))?;
        Ok(Self { url: url.to_owned(), client })
    }

    async fn keys(&self) -> Result<Keys, AuthError> {
        let bad = |why: String| AuthError::Url { url: self.url.clone(), why };
        let fetched = async {
            let request = Request::get(&self.url).body(http::Body::default()).map_err(|e| e.to_string())?;
            let answer = self.client.request(request).await.map_err(|e| e.to_string())?;
            if !answer.status().is_success() {
                return Err(format!("it answers {}", answer.status()));
            }
            let body = Limited::new(answer.into_body(), LONGEST).collect().await.map_err(|e| e.to_string())?;
            Ok(body.to_bytes())
        };
        let fetched = tokio::time::timeout(FETCHED_WITHIN, fetched).await;
        let bytes = fetched.map_err(|_| bad("it does not answer in time".to_owned()))?.map_err(bad)?;
        keys_of(&String::from_utf8_lossy(&bytes)).map_err(bad)
    }
}

fn read(path: &Path) -> Result<Keys, AuthError> {
    let bad = |why: String| AuthError::Jwks { path: path.to_owned(), why };
    let text = std::fs::read_to_string(path).map_err(|e| bad(e.to_string()))?;
    keys_of(&text).map_err(bad)
}

fn keys_of(text: &str) -> Result<Keys, String> {
    let set: JwkSet = serde_json::from_str(text).map_err(|e| e.to_string())?;
    let mut keys = Keys::new();
    for jwk in &set.keys {
        // An issuer also publishes keys for other uses; those are passed over.
        let (Some(id), Some(key)) = (jwk.common.key_id.clone(), trusted(jwk)) else { continue };
        if keys.insert(id.clone(), Arc::new(key)).is_some() {
            return Err(format!("two keys have the id {id:?}"));
        }
    }
    if keys.is_empty() {
        return Err("it holds no key for EdDSA, ES256 or RS256 with a `kid`".to_owned());
    }
    Ok(keys)
}

/// The key, where it is one of ours: the key's own kind says the algorithm, never the token.
fn trusted(jwk: &Jwk) -> Option<TrustedKey> {
    let common = &jwk.common;
    let for_signatures = common.public_key_use.as_ref().is_none_or(|u| *u == PublicKeyUse::Signature)
        && common.key_operations.as_ref().is_none_or(|o| o.contains(&KeyOperations::Verify));
    let (algorithm, named) = match &jwk.algorithm {
        AlgorithmParameters::OctetKeyPair(p) if p.curve == EllipticCurve::Ed25519 && bytes(&p.x) == Some(32) => {
            (Algorithm::EdDSA, KeyAlgorithm::EdDSA)
        }
        AlgorithmParameters::EllipticCurve(p)
            if p.curve == EllipticCurve::P256 && bytes(&p.x) == Some(32) && bytes(&p.y) == Some(32) =>
        {
            (Algorithm::ES256, KeyAlgorithm::ES256)
        }
        AlgorithmParameters::RSA(p) if bytes(&p.n) >= Some(RSA_BYTES) => (Algorithm::RS256, KeyAlgorithm::RS256),
        _ => return None,
    };
    let fits = for_signatures && common.key_algorithm.is_none_or(|a| a == named);
    let key = DecodingKey::from_jwk(jwk).ok()?;
    fits.then_some(TrustedKey { algorithm, key })
}

fn bytes(base64url: &str) -> Option<usize> {
    URL_SAFE_NO_PAD.decode(base64url).ok().map(|bytes| bytes.len())
}
