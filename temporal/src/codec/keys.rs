//! The keys of payloads, as the configuration gives them. No message here repeats a key, nor what could be one.

use std::collections::BTreeMap;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::aead::{AES_256_GCM, LessSafeKey, UnboundKey};
use vextrus_platform::config::CodecConfig;

/// The longest id. A key has 43 characters, so that one that was written in an id's place is none.
pub(super) const MOST_ID: usize = 32;

/// Why keys cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeysError {
    /// They stand in two places.
    #[error("codec.keys_file and codec.keys (VEXTRUS_CODEC_KEYS) are both set; empty one of them")]
    Both,
    /// The file cannot be read.
    #[error("codec.keys_file {path}: {source}; name a readable file")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// There is none.
    #[error("{0} holds no key; write id=KEY, a key being 32 random bytes in base64url")]
    None(String),
    /// An entry has no id.
    #[error("{place}: entry {entry} is not id=KEY with an id of 1 to {MOST_ID} letters, digits, '.', '_' or '-'")]
    NoId {
        /// Where it stands.
        place: String,
        /// Which entry, counted from 1.
        entry: usize,
    },
    /// An entry has no key.
    #[error(
        "{place}: what stands for key {id:?} is not 32 bytes in base64url; make a key with \
         `openssl rand -base64 32 | tr '+/' '-_'`"
    )]
    NotAKey {
        /// Where it stands.
        place: String,
        /// Its id.
        id: String,
    },
    /// Two keys have one id.
    #[error("{place}: two keys have the id {id:?}; give each an id of its own")]
    Twice {
        /// Where they stand.
        place: String,
        /// Their id.
        id: String,
    },
}

/// Keys by their ids, and which one encrypts.
pub(super) struct Keys {
    active: (String, LessSafeKey),
    others: BTreeMap<String, LessSafeKey>,
}

impl Keys {
    pub(super) fn configured(config: &CodecConfig) -> Result<Option<Self>, KeysError> {
        let (path, text) = (&config.keys_file, config.keys.expose());
        match (path.as_os_str().is_empty(), text.is_empty()) {
            (true, true) => Ok(None),
            (false, false) => Err(KeysError::Both),
            (true, false) => Self::parse("codec.keys", text).map(Some),
            (false, true) => {
                let file = |source| KeysError::File { path: path.clone(), source };
                let text = std::fs::read_to_string(path).map_err(file)?;
                Self::parse(&format!("codec.keys_file {}", path.display()), &text).map(Some)
            }
        }
    }

    pub(super) fn parse(place: &str, text: &str) -> Result<Self, KeysError> {
        let (mut active, mut others) = (None, BTreeMap::new());
        let entries = text.split(['\n', ',']).map(str::trim).filter(|entry| !entry.is_empty());
        for (at, entry) in entries.enumerate() {
            let place = || place.to_owned();
            let (id, key) = entry
                .split_once('=')
                .map(|(id, key)| (id.trim(), key.trim().trim_end_matches('=')))
                // A key alone ends in '=' where it is padded, and must not be taken for an id.
                .filter(|(id, key)| is_id(id) && !key.is_empty())
                .ok_or_else(|| KeysError::NoId { place: place(), entry: at + 1 })?;
            let key = aes(key).ok_or_else(|| KeysError::NotAKey { place: place(), id: id.to_owned() })?;
            if others.contains_key(id) || active.as_ref().is_some_and(|(known, _)| known == id) {
                return Err(KeysError::Twice { place: place(), id: id.to_owned() });
            }
            match active {
                None => active = Some((id.to_owned(), key)),
                Some(_) => drop(others.insert(id.to_owned(), key)),
            }
        }
        active.map(|active| Self { active, others }).ok_or_else(|| KeysError::None(place.to_owned()))
    }

    pub(super) fn active(&self) -> &str {
        &self.active.0
    }

    pub(super) fn to_encrypt(&self) -> (&str, &LessSafeKey) {
        (&self.active.0, &self.active.1)
    }

    pub(super) fn find(&self, id: &[u8]) -> Option<&LessSafeKey> {
        if id == self.active.0.as_bytes() {
            return Some(&self.active.1);
        }
        self.others.get(std::str::from_utf8(id).ok()?)
    }
}

fn is_id(text: &str) -> bool {
    (1..=MOST_ID).contains(&text.len())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
}

fn aes(base64url: &str) -> Option<LessSafeKey> {
    let bytes = URL_SAFE_NO_PAD.decode(base64url).ok()?;
    UnboundKey::new(&AES_256_GCM, &bytes).ok().map(LessSafeKey::new)
}
