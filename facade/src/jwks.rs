//! The issuer's public keys, from a file that may change while we run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, KeyAlgorithm, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};

use crate::auth::AuthError;

/// A key that was taken out of the file stops counting after this time.
const RE_READ_AFTER: Duration = Duration::from_secs(60);
/// A token with an unknown key makes us read the file again, but not more often than this.
const RE_READ_AT_MOST: Duration = Duration::from_secs(5);
/// The shortest RSA modulus that is taken, in bytes (2048 bits).
const RSA_BYTES: usize = 256;

/// A key, with the one algorithm that it may be used with.
#[derive(Debug)]
pub(crate) struct TrustedKey {
    pub(crate) algorithm: Algorithm,
    pub(crate) key: DecodingKey,
}

type Keys = BTreeMap<String, Arc<TrustedKey>>;

/// The keys of the file, read again when they are old or when one is missing.
#[derive(Debug)]
pub(crate) struct Jwks {
    path: PathBuf,
    at_most: Duration,
    known: RwLock<(Keys, Instant)>,
}

impl Jwks {
    pub(crate) fn open(path: &Path) -> Result<Self, AuthError> {
        Self::with_pause(path, RE_READ_AT_MOST)
    }

    pub(crate) fn with_pause(path: &Path, at_most: Duration) -> Result<Self, AuthError> {
        let keys = read(path)?;
        Ok(Self { path: path.to_owned(), at_most, known: RwLock::new((keys, Instant::now())) })
    }

    /// The key of this id.
    pub(crate) fn find(&self, id: &str) -> Option<Arc<TrustedKey>> {
        let (found, age) = {
            let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
            (known.0.get(id).cloned(), known.1.elapsed())
        };
        if age < RE_READ_AFTER && (found.is_some() || age < self.at_most) {
            return found;
        }
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        // Many calls may have waited for this lock; one of them reads. It blocks, but only for a small local file.
        if known.1.elapsed() >= age {
            known.1 = Instant::now();
            match read(&self.path) {
                Ok(keys) => known.0 = keys,
                Err(error) => tracing::warn!(%error, "the keys of tokens stay as they were"),
            }
        }
        known.0.get(id).cloned()
    }
}

fn read(path: &Path) -> Result<Keys, AuthError> {
    let bad = |why: String| AuthError::Jwks { path: path.to_owned(), why };
    let text = std::fs::read_to_string(path).map_err(|e| bad(e.to_string()))?;
    let set: JwkSet = serde_json::from_str(&text).map_err(|e| bad(e.to_string()))?;
    let mut keys = Keys::new();
    for jwk in &set.keys {
        // An issuer also publishes keys for other uses; those are passed over.
        let (Some(id), Some(key)) = (jwk.common.key_id.clone(), trusted(jwk)) else { continue };
        if keys.insert(id.clone(), Arc::new(key)).is_some() {
            return Err(bad(format!("two keys have the id {id:?}")));
        }
    }
    if keys.is_empty() {
        return Err(bad("it holds no key for EdDSA, ES256 or RS256 with a `kid`".to_owned()));
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
