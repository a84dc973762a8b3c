//! Canonical text of a value, and its hash: what is hashed, signed and chained is always this text.

use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

/// The value cannot be written as JSON.
#[derive(Debug, thiserror::Error)]
#[error("cannot write canonical JSON: {0}")]
pub struct CanonicalError(#[from] serde_json::Error);

/// JSON with object keys sorted and no white space.
///
/// # Errors
/// [`CanonicalError`] when the value has no JSON form.
pub fn to_text<T: Serialize>(value: &T) -> Result<String, CanonicalError> {
    // `serde_json::Value` keeps objects in a sorted map (its `preserve_order` feature is off; a test holds that).
    Ok(serde_json::to_string(&serde_json::to_value(value)?)?)
}

/// Reads a value back from its canonical text.
///
/// # Errors
/// [`CanonicalError`] when the text is not such a value.
pub fn from_text<T: DeserializeOwned>(text: &str) -> Result<T, CanonicalError> {
    Ok(serde_json::from_str(text)?)
}

/// SHA-256 of a text, in lowercase hex.
#[must_use]
pub fn sha256_hex(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

/// SHA-256 of the value's canonical text, in lowercase hex.
///
/// # Errors
/// [`CanonicalError`] when the value has no JSON form.
pub fn hash<T: Serialize>(value: &T) -> Result<String, CanonicalError> {
    Ok(sha256_hex(&to_text(value)?))
}

#[cfg(test)]
mod tests {
    #[test]
    fn keys_are_sorted_whatever_the_order_of_fields() {
        #[derive(serde::Serialize)]
        struct Odd {
            z: u8,
            a: &'static str,
        }
        assert_eq!(super::to_text(&Odd { z: 1, a: "x" }).unwrap(), r#"{"a":"x","z":1}"#);
        assert_eq!(super::sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
