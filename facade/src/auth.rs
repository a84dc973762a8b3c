//! Who calls: a bearer token (JWT) of the configured issuer. Fails closed, and never repeats a token.

use std::path::PathBuf;

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Validation, decode, decode_header};
use serde::Deserialize;
use tonic::metadata::MetadataMap;
use vextrus_domain::{Actor, PersonId, Refusal, RefusalCode, TenantId};
use vextrus_platform::config::AuthConfig;

use crate::jwks::Jwks;

/// How far two machines' clocks may be apart, in seconds.
const LEEWAY_SECONDS: u64 = 30;
/// The longest token that is looked at, in bytes.
const MAX_TOKEN: usize = 8192;

/// Why nobody could ever be authenticated.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// A setting is missing.
    #[error("auth.{0} is empty: tokens are checked against it")]
    Missing(&'static str),
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
    keys: Jwks,
}

/// What a token says, beyond what its validation looks at.
#[derive(Deserialize)]
struct Claims {
    sub: PersonId,
    tenant: TenantId,
}

impl Authenticator {
    /// Reads the issuer's keys.
    ///
    /// # Errors
    /// [`AuthError`] when issuer, audience or keys are missing.
    pub fn open(config: &AuthConfig) -> Result<Self, AuthError> {
        Self::with_keys(config, Jwks::open(&config.jwks_file))
    }

    fn with_keys(config: &AuthConfig, keys: Result<Jwks, AuthError>) -> Result<Self, AuthError> {
        for (name, value) in [("issuer", &config.issuer), ("audience", &config.audience)] {
            if value.is_empty() {
                return Err(AuthError::Missing(name));
            }
        }
        Ok(Self { issuer: config.issuer.clone(), audience: config.audience.clone(), keys: keys? })
    }

    /// Who sent these metadata.
    ///
    /// # Errors
    /// `UNAUTHENTICATED`.
    pub fn actor(&self, metadata: &MetadataMap) -> Result<Actor, Refusal> {
        let mut entries = metadata.get_all("authorization").iter();
        let (Some(entry), None) = (entries.next(), entries.next()) else {
            return Err(refused("send one bearer token in the metadata entry authorization"));
        };
        let (scheme, token) = entry.to_str().ok().and_then(|text| text.split_once(' ')).unwrap_or_default();
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(refused("the metadata entry authorization must be Bearer and a token"));
        }
        self.verify(token.trim())
    }

    /// Whose token this is.
    ///
    /// # Errors
    /// `UNAUTHENTICATED`.
    pub fn verify(&self, token: &str) -> Result<Actor, Refusal> {
        if token.len() > MAX_TOKEN {
            return Err(refused(&format!("the token has {} bytes; the most is {MAX_TOKEN}", token.len())));
        }
        let header = decode_header(token).map_err(|_| refused("the token's header cannot be accepted"))?;
        // `crit` names extensions that must be understood; we understand none (RFC 7515 s.4.1.11).
        if header.crit.is_some() {
            return Err(refused("the token asks for an extension that is not known"));
        }
        let id = header.kid.ok_or_else(|| refused("the token names no key (kid)"))?;
        let trusted = self.keys.find(&id).ok_or_else(|| refused("the token's key is not one of the issuer's"))?;
        let mut validation = Validation::new(trusted.algorithm);
        validation.leeway = LEEWAY_SECONDS;
        validation.validate_nbf = true;
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[&self.audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        let claims = decode::<Claims>(token, &trusted.key, &validation).map_err(|e| refused(reason(e.kind())))?.claims;
        Ok(Actor { tenant: claims.tenant, person: claims.sub })
    }
}

fn reason(kind: &ErrorKind) -> &'static str {
    match kind {
        ErrorKind::ExpiredSignature => "the token has expired; fetch a new one",
        ErrorKind::ImmatureSignature => "the token is not valid yet (nbf)",
        ErrorKind::InvalidIssuer => "the token is from another issuer",
        ErrorKind::InvalidAudience => "the token is for another audience",
        ErrorKind::InvalidAlgorithm => "the token's algorithm is not its key's",
        ErrorKind::InvalidSignature => "the token's signature does not fit",
        ErrorKind::MissingRequiredClaim(_) => "the token must have the claims exp, iss, aud, sub and tenant",
        ErrorKind::Json(_) => "the token's claims sub (a person) and tenant cannot be read",
        _ => "the token cannot be accepted",
    }
}

fn refused(why: &str) -> Refusal {
    Refusal::new(RefusalCode::Unauthenticated, why)
}

#[cfg(test)]
#[path = "auth_tests.rs"]
mod tests;
