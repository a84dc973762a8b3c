//! Ed25519 signatures over canonical text, with the id of the key that made them.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::canonical::{self, CanonicalError};
use crate::refusal::{Refusal, RefusalCode};

/// A signature and the id of its key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    /// The id of the key, from [`KeyPair::id`].
    pub key_id: String,
    /// The signature, base64url without padding.
    pub value: String,
}

/// Why a key could not be read, or a signature does not stand.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// The text is not a key.
    #[error("not an Ed25519 key: give 32 bytes in base64url")]
    NotAKey,
    /// No accepted key has this id.
    #[error("no accepted key has the id {0:?}")]
    UnknownKey(String),
    /// The signature does not fit the text.
    #[error("the signature does not fit the content")]
    Mismatch,
}

/// A key that signs. Its secret is never printed.
#[derive(Clone)]
pub struct KeyPair(SigningKey);

impl KeyPair {
    /// A key from its 32 secret bytes.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// Reads the secret from its base64url text.
    ///
    /// # Errors
    /// [`SignatureError::NotAKey`] when the text is not 32 bytes.
    pub fn from_secret_text(text: &str) -> Result<Self, SignatureError> {
        Ok(Self::from_seed(&key_bytes(text)?))
    }

    /// The secret as base64url text, for the file that keeps it.
    #[must_use]
    pub fn to_secret_text(&self) -> String {
        BASE64.encode(self.0.to_bytes())
    }

    /// The secret key in PKCS #8 DER, as token libraries read it.
    #[must_use]
    pub fn to_pkcs8_der(&self) -> Vec<u8> {
        // RFC 8410: a fixed header, then the 32 bytes of the seed.
        const HEADER: [u8; 16] =
            [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
        [HEADER.as_slice(), &self.0.to_bytes()].concat()
    }

    /// The public key as base64url text.
    #[must_use]
    pub fn public_text(&self) -> String {
        BASE64.encode(self.0.verifying_key().to_bytes())
    }

    /// The key's id: the first 16 hex digits of the SHA-256 of the public key.
    #[must_use]
    pub fn id(&self) -> String {
        key_id(&self.0.verifying_key())
    }

    /// Signs a text.
    #[must_use]
    pub fn sign(&self, text: &str) -> Signature {
        Signature { key_id: self.id(), value: BASE64.encode(self.0.sign(text.as_bytes()).to_bytes()) }
    }
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyPair({})", self.id())
    }
}

/// The public keys whose signatures are accepted.
#[derive(Debug, Clone, Default)]
pub struct AcceptedKeys(BTreeMap<String, VerifyingKey>);

impl AcceptedKeys {
    /// Keys from the base64url texts of public keys.
    ///
    /// # Errors
    /// [`SignatureError::NotAKey`] when one of them is not a key.
    pub fn from_public_texts<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, SignatureError> {
        let mut keys = BTreeMap::new();
        for text in texts {
            let key = VerifyingKey::from_bytes(&key_bytes(text)?).map_err(|_| SignatureError::NotAKey)?;
            keys.insert(key_id(&key), key);
        }
        Ok(Self(keys))
    }

    /// Checks a signature over a text.
    ///
    /// # Errors
    /// [`SignatureError`] when the key is not accepted or the signature does not fit.
    pub fn verify(&self, text: &str, signature: &Signature) -> Result<(), SignatureError> {
        let key = self.0.get(&signature.key_id).ok_or_else(|| SignatureError::UnknownKey(signature.key_id.clone()))?;
        let bytes: [u8; 64] =
            BASE64.decode(&signature.value).ok().and_then(|b| b.try_into().ok()).ok_or(SignatureError::Mismatch)?;
        key.verify_strict(text.as_bytes(), &ed25519_dalek::Signature::from_bytes(&bytes))
            .map_err(|_| SignatureError::Mismatch)
    }
}

/// Something that was said, with the signature of the facade, or without one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signed<C> {
    /// What was said.
    pub command: C,
    /// The signature over its canonical text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<Signature>,
}

impl<C: Serialize> Signed<C> {
    /// Signs it.
    ///
    /// # Errors
    /// [`CanonicalError`] when it cannot be written.
    pub fn new(command: C, key: &KeyPair) -> Result<Self, CanonicalError> {
        let signature = Some(key.sign(&canonical::to_text(&command)?));
        Ok(Self { command, signature })
    }

    /// Whether the signature stands. `Ok(true)`: signed; `Ok(false)`: unsigned, which the caller allows.
    ///
    /// # Errors
    /// `SIGNATURE_MISSING` or `SIGNATURE_INVALID`.
    pub fn verify(&self, keys: &AcceptedKeys, allow_unsigned: bool) -> Result<bool, Refusal> {
        let Some(signature) = &self.signature else {
            return if allow_unsigned { Ok(false) } else { Err(missing_signature()) };
        };
        let invalid = |why: String| Refusal::new(RefusalCode::SignatureInvalid, why);
        let text = canonical::to_text(&self.command).map_err(|e| invalid(e.to_string()))?;
        keys.verify(&text, signature).map(|()| true).map_err(|e| invalid(e.to_string()))
    }
}

/// The refusal of a command that nobody has signed.
#[must_use]
pub fn missing_signature() -> Refusal {
    Refusal::new(RefusalCode::SignatureMissing, "the command is unsigned; send it through the facade, which signs it")
}

fn key_bytes(text: &str) -> Result<[u8; 32], SignatureError> {
    BASE64.decode(text.trim()).ok().and_then(|b| b.try_into().ok()).ok_or(SignatureError::NotAKey)
}

fn key_id(key: &VerifyingKey) -> String {
    hex::encode(&Sha256::digest(key.as_bytes())[..8])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_stands_for_its_text_and_key_only() {
        let pair = KeyPair::from_seed(&[7; 32]);
        let keys = AcceptedKeys::from_public_texts([pair.public_text().as_str()]).unwrap();
        let signature = pair.sign("approve level-1");
        assert_eq!(keys.verify("approve level-1", &signature), Ok(()));
        assert_eq!(keys.verify("approve level-2", &signature), Err(SignatureError::Mismatch));
        let stranger = KeyPair::from_seed(&[8; 32]).sign("approve level-1");
        assert!(matches!(keys.verify("approve level-1", &stranger), Err(SignatureError::UnknownKey(_))));
        assert!(!format!("{pair:?}").contains(&pair.to_secret_text()));
        assert_eq!(KeyPair::from_secret_text(&pair.to_secret_text()).unwrap().id(), pair.id());
    }
}
