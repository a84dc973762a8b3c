//! The development issuer: a key pair of one's own whose tokens this facade takes. For `vextrus dev` and for tests.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::json;
use vextrus_domain::signature::KeyPair;
use vextrus_domain::{PersonId, TenantId};

/// A token cannot be made.
#[derive(Debug, thiserror::Error)]
#[error("the token cannot be signed: {0}")]
pub struct MintError(#[from] jsonwebtoken::errors::Error);

/// The issuer's public key as a JWKS, for the file that `auth.jwks_file` names.
#[must_use]
pub fn jwks_json(key: &KeyPair) -> String {
    // RFC 8037: an octet key pair whose x is the public key in base64url, which is how we write it.
    let jwk =
        json!({"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": key.id(), "x": key.public_text()});
    json!({ "keys": [jwk] }).to_string()
}

/// A token for a person of a tenant that is valid from now on.
///
/// # Errors
/// [`MintError`].
pub fn mint(
    key: &KeyPair,
    issuer: &str,
    audience: &str,
    tenant: &TenantId,
    person: &PersonId,
    ttl: Duration,
) -> Result<String, MintError> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let claims = json!({
        "iss": issuer, "aud": audience, "sub": person, "tenant": tenant, "iat": now, "nbf": now,
        "exp": now.saturating_add(ttl.as_secs()),
    });
    let header = Header { kid: Some(key.id()), ..Header::new(Algorithm::EdDSA) };
    Ok(encode(&header, &claims, &EncodingKey::from_ed_der(&key.to_pkcs8_der()))?)
}
