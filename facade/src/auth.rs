//! Who calls: a bearer token (JWT) of the configured issuer. Fails closed, and never repeats a token.

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Validation, decode, decode_header};
use serde_json::{Map, Value};
use tonic::metadata::MetadataMap;
use vextrus_domain::{Actor, PersonId, Refusal, RefusalCode, TenantId};
use vextrus_platform::config::AuthConfig;

use crate::jwks::{Jwks, TooOld, TrustedKey};
use crate::verified::{Known, Print, Verified};

/// The longest token that is looked at, in bytes.
const MAX_TOKEN: usize = 8192;

/// Why nobody could ever be authenticated.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// A setting is missing.
    #[error("auth.{0} is empty: tokens are checked against it")]
    Missing(&'static str),
    /// The keys are said to be in two places.
    #[error("auth.jwks_file and auth.jwks_url are both set: leave one of them empty")]
    Both,
    /// The keys cannot be fetched or used.
    #[error("auth.jwks_url {url}: {why}")]
    Url {
        /// The URL.
        url: String,
        /// Why.
        why: String,
    },
    /// The keys cannot be used.
    #[error("auth.jwks_file {path}: {why}")]
    Jwks {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
}

/// Checks bearer tokens.
#[derive(Debug)]
pub struct Authenticator {
    issuer: String,
    audience: String,
    tenant_claim: String,
    person_claim: String,
    leeway_seconds: u64,
    keys: Arc<Jwks>,
    verified: Verified,
}

impl Authenticator {
    /// Reads or fetches the issuer's keys.
    ///
    /// # Errors
    /// [`AuthError`] when issuer, audience or keys are missing.
    pub async fn open(config: &AuthConfig) -> Result<Self, AuthError> {
        for (name, value) in [("issuer", &config.issuer), ("audience", &config.audience)] {
            if value.is_empty() {
                return Err(AuthError::Missing(name));
            }
        }
        Ok(Self::with_keys(config, Jwks::open(config).await?))
    }

    fn with_keys(config: &AuthConfig, keys: Arc<Jwks>) -> Self {
        Self {
            issuer: config.issuer.clone(),
            audience: config.audience.clone(),
            tenant_claim: config.tenant_claim.clone(),
            person_claim: config.person_claim.clone(),
            leeway_seconds: config.leeway_seconds,
            keys,
            verified: Verified::default(),
        }
    }

    /// How long ago the issuer's keys were had.
    pub(crate) fn keys_age(&self) -> Duration {
        self.keys.age()
    }

    /// Who sent these metadata.
    ///
    /// # Errors
    /// `UNAUTHENTICATED`.
    pub fn actor(&self, metadata: &MetadataMap) -> Result<Actor, Refusal> {
        Ok(self.caller(metadata)?.0)
    }

    /// Who sent these metadata, and for how long their token counts.
    pub(crate) fn caller(&self, metadata: &MetadataMap) -> Result<(Actor, Duration), Refusal> {
        let mut entries = metadata.get_all("authorization").iter();
        let (Some(entry), None) = (entries.next(), entries.next()) else {
            return Err(refused("send one bearer token in the metadata entry authorization"));
        };
        let (scheme, token) = entry.to_str().ok().and_then(|text| text.split_once(' ')).unwrap_or_default();
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(refused("the metadata entry authorization must be Bearer and a token"));
        }
        self.checked(token.trim())
    }

    /// Whose token this is.
    ///
    /// # Errors
    /// `UNAUTHENTICATED`.
    pub fn verify(&self, token: &str) -> Result<Actor, Refusal> {
        Ok(self.checked(token)?.0)
    }

    fn checked(&self, token: &str) -> Result<(Actor, Duration), Refusal> {
        if token.len() > MAX_TOKEN {
            return Err(refused(&format!("the token has {} bytes; the most is {MAX_TOKEN}", token.len())));
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let left = |until: u64| Duration::from_secs(until).saturating_sub(now);
        let print = Print::of(token);
        if let Some(known) = self.verified.get(&print, now.as_secs())
            && self.key(&known.key_id)?.is_some_and(|key| Arc::ptr_eq(&key, &known.key))
        {
            return Ok((known.actor, left(known.until)));
        }
        let header = decode_header(token).map_err(|_| refused("the token's header cannot be accepted"))?;
        // `crit` names extensions that must be understood; we understand none (RFC 7515 s.4.1.11).
        if header.crit.is_some() {
            return Err(refused("the token asks for an extension that is not known"));
        }
        let id = header.kid.ok_or_else(|| refused("the token names no key (kid)"))?;
        let trusted = self.key(&id)?.ok_or_else(|| refused("the token's key is not one of the issuer's"))?;
        let mut validation = Validation::new(trusted.algorithm);
        validation.leeway = self.leeway_seconds;
        validation.validate_nbf = true;
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[&self.audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud"]);
        let decoded = decode::<Map<String, Value>>(token, &trusted.key, &validation);
        let claims = decoded.map_err(|e| refused(reason(e.kind())))?.claims;
        let actor = Actor {
            tenant: claim::<TenantId>(&claims, &self.tenant_claim)?,
            person: claim::<PersonId>(&claims, &self.person_claim)?,
        };
        let expires = claims.get("exp").and_then(Value::as_u64).unwrap_or_default().saturating_add(self.leeway_seconds);
        let known = Known { key_id: id, key: trusted, actor: actor.clone(), until: expires };
        self.verified.put(print, known, now.as_secs());
        Ok((actor, left(expires)))
    }

    /// The issuer's key of this id.
    fn key(&self, id: &str) -> Result<Option<Arc<TrustedKey>>, Refusal> {
        self.keys.find(id).map_err(|TooOld| {
            Refusal::new(
                RefusalCode::Unavailable,
                "the issuer's keys cannot be fetched, and those that are known are too old",
            )
        })
    }
}

/// A claim that says who somebody is.
fn claim<T: FromStr>(claims: &Map<String, Value>, name: &str) -> Result<T, Refusal> {
    let read = claims.get(name).and_then(Value::as_str).and_then(|text| text.parse().ok());
    read.ok_or_else(|| refused(&format!("the token's claim {name} is missing or cannot be read")))
}

fn reason(kind: &ErrorKind) -> &'static str {
    match kind {
        ErrorKind::ExpiredSignature => "the token has expired; fetch a new one",
        ErrorKind::ImmatureSignature => "the token is not valid yet (nbf)",
        ErrorKind::InvalidIssuer => "the token is from another issuer",
        ErrorKind::InvalidAudience => "the token is for another audience",
        ErrorKind::InvalidAlgorithm => "the token's algorithm is not its key's",
        ErrorKind::InvalidSignature => "the token's signature does not fit",
        ErrorKind::MissingRequiredClaim(_) => "the token must have the claims exp, iss and aud",
        ErrorKind::Json(_) => "the token's claims cannot be read",
        _ => "the token cannot be accepted",
    }
}

fn refused(why: &str) -> Refusal {
    Refusal::new(RefusalCode::Unauthenticated, why)
}

#[cfg(test)]
#[path = "auth_tests.rs"]
mod tests;
