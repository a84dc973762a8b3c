//! What only the facade reads.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use vextrus_domain::RoleName;

use super::ConfigError;
use crate::Secret;

/// `[auth]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthConfig {
    /// The issuer of tokens.
    pub issuer: String,
    /// Whom tokens are for.
    pub audience: String,
    /// The file with the issuer's public keys; empty, where they are fetched.
    pub jwks_file: PathBuf,
    /// Where the issuer's public keys are fetched from; empty, where they are in a file.
    pub jwks_url: String,
    /// The claim that holds the tenant.
    pub tenant_claim: String,
    /// The claim that holds the person's id.
    pub person_claim: String,
    /// How far the issuer's clock and ours may be apart, in seconds.
    pub leeway_seconds: u64,
}

impl AuthConfig {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let (key, value, least, most) = ("auth.leeway_seconds", self.leeway_seconds, 0, 300);
        if !(least..=most).contains(&value) {
            return Err(ConfigError::Range { key, value, least, most });
        }
        for (key, claim) in [("tenant_claim", &self.tenant_claim), ("person_claim", &self.person_claim)] {
            if claim.is_empty() {
                return Err(ConfigError::Content(format!("auth.{key}: it is empty; name a claim of the tokens")));
            }
        }
        Ok(())
    }
}

/// `[facade]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FacadeConfig {
    /// Where gRPC, gRPC-web and JSON over HTTP are served.
    pub listen: String,
    /// Where its health and metrics are served; empty is nowhere.
    pub admin_listen: String,
    /// How many calls a second one caller may make for long.
    pub calls_per_second: u32,
    /// How many calls one caller may make in a burst.
    pub calls_in_a_burst: u32,
    /// How many calls of one caller may be under way at the same time.
    pub calls_at_once: u32,
    /// The origins that browsers may ask from, separated by commas.
    pub cors_origins: String,
    /// The table of who may call which method; empty is the one that is built in.
    pub permissions_file: PathBuf,
    /// The certificate for TLS; empty is none.
    pub tls_certificate_file: PathBuf,
    /// Its key.
    pub tls_key_file: PathBuf,
    /// The roots of the certificates that clients must show; empty is none.
    pub tls_client_ca_file: PathBuf,
}

impl FacadeConfig {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        for (key, value) in [
            ("facade.calls_per_second", self.calls_per_second),
            ("facade.calls_in_a_burst", self.calls_in_a_burst),
            ("facade.calls_at_once", self.calls_at_once),
        ] {
            let (value, least, most) = (u64::from(value), 1, 100_000);
            if !(least..=most).contains(&value) {
                return Err(ConfigError::Range { key, value, least, most });
            }
        }
        Ok(())
    }

    /// The origins that browsers may ask from.
    pub fn origins(&self) -> impl Iterator<Item = &str> {
        self.cors_origins.split(',').map(str::trim).filter(|origin| !origin.is_empty())
    }
}

/// `[attachments]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttachmentsConfig {
    /// Where they are kept; empty is nowhere.
    pub place: String,
    /// The largest, in bytes.
    pub max_bytes: u64,
    /// The media types that are taken, separated by commas.
    pub media_types: String,
}

impl AttachmentsConfig {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let (key, value, least, most) = ("attachments.max_bytes", self.max_bytes, 1, 100 * 1024 * 1024);
        if (least..=most).contains(&value) { Ok(()) } else { Err(ConfigError::Range { key, value, least, most }) }
    }

    /// The media types that are taken.
    pub fn media_types(&self) -> impl Iterator<Item = &str> {
        self.media_types.split(',').map(str::trim).filter(|name| !name.is_empty())
    }
}

/// `[codec]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodecConfig {
    /// The file with the keys.
    pub keys_file: PathBuf,
    /// The keys themselves.
    pub keys: Secret,
    /// Where the facade reads payloads for people; empty is nowhere.
    pub listen: String,
    /// The role of those people.
    pub role: RoleName,
    /// The origin of the Temporal UI; empty is none.
    pub ui_origin: String,
}
