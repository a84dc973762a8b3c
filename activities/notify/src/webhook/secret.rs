//! The secrets that sign.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

/// What a secret's text may begin with.
const PREFIX: &str = "whsec_";
/// The fewest bytes of a secret.
const SHORTEST: usize = 24;

/// A secret that both sides know. It is never printed.
#[derive(Clone)]
pub struct Secret(Hmac<Sha256>);

impl Secret {
    pub(super) fn mac(&self) -> Hmac<Sha256> {
        self.0.clone()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Why secrets cannot be read. No message repeats a part of one.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The text is no secret.
    #[error("not a webhook secret: give whsec_ and the base64 of {SHORTEST} random bytes or more, or the base64 alone")]
    NotASecret,
    /// The secret is too short.
    #[error("the webhook secret has {bytes} bytes; {SHORTEST} are the fewest")]
    TooShort {
        /// How many it has.
        bytes: usize,
    },
    /// The file cannot be read.
    #[error("secret file {path}: {source}; name a readable file")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A line of the file is no secret.
    #[error("secret file {path}, line {line}: {source}")]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// Why.
        source: Box<SecretError>,
    },
    /// The file holds none.
    #[error("secret file {path} holds no secret; write at least one, each on a line of its own")]
    Empty {
        /// The file.
        path: PathBuf,
    },
}

impl FromStr for Secret {
    type Err = SecretError;

    /// Reads `whsec_` and base64, or base64 alone.
    fn from_str(text: &str) -> Result<Self, SecretError> {
        let text = text.trim();
        let bytes = BASE64.decode(text.strip_prefix(PREFIX).unwrap_or(text)).map_err(|_| SecretError::NotASecret)?;
        if bytes.len() < SHORTEST {
            return Err(SecretError::TooShort { bytes: bytes.len() });
        }
        Hmac::new_from_slice(&bytes).map(Self).map_err(|_| SecretError::NotASecret)
    }
}

/// Reads the secrets of a file, one a line. Several stand there while one is being replaced: then each signs, until the receivers
/// know the new one and the old line is removed.
///
/// # Errors
/// [`SecretError`], naming the file and the line.
pub fn read_secrets(path: &Path) -> Result<Vec<Secret>, SecretError> {
    let text = std::fs::read_to_string(path).map_err(|source| SecretError::File { path: path.to_owned(), source })?;
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    let secrets = lines.map(|(line, text)| {
        text.parse().map_err(|e| SecretError::Line { path: path.to_owned(), line, source: Box::new(e) })
    });
    let secrets = secrets.collect::<Result<Vec<_>, _>>()?;
    if secrets.is_empty() { Err(SecretError::Empty { path: path.to_owned() }) } else { Ok(secrets) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_holds_a_secret_a_line() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("secrets");
        let (one, two) = (BASE64.encode([1; 24]), BASE64.encode([2; 40]));
        let short = BASE64.encode([3; 23]);
        let read = |text: &str| {
            std::fs::write(&file, text).unwrap();
            read_secrets(&file).map(|s| s.len()).map_err(|e| e.to_string())
        };
        assert_eq!(read(&format!("{one}\n\n  whsec_{two}  \r\n")), Ok(2));
        for (text, said) in [
            (format!("{one}\n{short}\n"), "line 2: the webhook secret has 23 bytes; 24 are the fewest"),
            (format!("whsec_{one}!\n"), "line 1: not a webhook secret"),
            (format!("whsec {one}\n"), "line 1: not a webhook secret"),
            (" \n\n".to_owned(), "holds no secret"),
        ] {
            let error = read(&text).unwrap_err();
            assert!(error.contains(said) && error.contains("secrets"), "{error}");
            assert!(!error.contains(&one) && !error.contains(&short), "{error}");
        }
        let gone = read_secrets(&dir.path().join("none")).unwrap_err().to_string();
        assert!(gone.contains("none") && gone.contains("readable"), "{gone}");
    }

    #[test]
    fn a_secret_is_not_shown() {
        let text = BASE64.encode(b"twenty-four bytes, or so!");
        let secret: Secret = text.parse().unwrap();
        assert_eq!(format!("{secret:?}"), "Secret(…)");
    }
}
