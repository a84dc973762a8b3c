//! The keys of decisions, as configuration names them.

use std::path::{Path, PathBuf};

use vextrus_domain::signature::{AcceptedKeys, KeyPair, SignatureError};

/// Why a key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read.
    #[error("key file {path}: {source}; set signing.key_file to a readable file")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The text is not a key.
    #[error("{place}: {source}")]
    NotAKey {
        /// Where it stands.
        place: String,
        /// Why.
        source: SignatureError,
    },
}

/// Reads the secret key that signs decisions.
///
/// # Errors
/// [`KeyError`].
pub fn read_signing_key(path: &Path) -> Result<KeyPair, KeyError> {
    let text = std::fs::read_to_string(path).map_err(|source| KeyError::File { path: path.to_owned(), source })?;
    KeyPair::from_secret_text(&text).map_err(|source| KeyError::NotAKey { place: path.display().to_string(), source })
}

/// Reads the accepted public keys, separated by commas.
///
/// # Errors
/// [`KeyError`].
pub fn accepted_keys(list: &str) -> Result<AcceptedKeys, KeyError> {
    AcceptedKeys::from_public_texts(list.split(',').map(str::trim).filter(|t| !t.is_empty()))
        .map_err(|source| KeyError::NotAKey { place: "signing.accepted_keys".to_owned(), source })
}
