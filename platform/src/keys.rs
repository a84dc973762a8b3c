//! Keys, as configuration names them.

use std::path::{Path, PathBuf};

use vextrus_domain::signature::{AcceptedKeys, KeyPair, SignatureError};

/// Why a key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read.
    #[error("key file {path}: {source}; set {setting} to a readable file")]
    File {
        /// The setting that names it.
        setting: &'static str,
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

/// Reads the secret key in the file that a setting names.
///
/// # Errors
/// [`KeyError`].
pub fn read_secret_key(setting: &'static str, path: &Path) -> Result<KeyPair, KeyError> {
    let text =
        std::fs::read_to_string(path).map_err(|source| KeyError::File { setting, path: path.to_owned(), source })?;
    KeyPair::from_secret_text(&text).map_err(|source| KeyError::NotAKey { place: path.display().to_string(), source })
}

/// Reads the public keys in a setting, separated by commas.
///
/// # Errors
/// [`KeyError::NotAKey`].
pub fn public_keys(setting: &'static str, list: &str) -> Result<AcceptedKeys, KeyError> {
    AcceptedKeys::from_public_texts(list.split(',').map(str::trim).filter(|t| !t.is_empty()))
        .map_err(|source| KeyError::NotAKey { place: setting.to_owned(), source })
}
