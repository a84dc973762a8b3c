//! The encryption of payloads: what Temporal stores of inputs, results, messages and memos is unreadable without our keys.

mod failure;
mod keys;

use std::fmt;
use std::sync::Arc;

use futures::future::{BoxFuture, ready};
use prost::Message as _;
use ring::aead::{Aad, NONCE_LEN, Nonce};
use ring::rand::{SecureRandom as _, SystemRandom};
use temporalio_common::data_converters::{
    DataConverter, DefaultFailureConverter, PayloadCodec, PayloadConversionError, PayloadConverter,
    SerializationContextData,
};
use temporalio_protos::temporal::api::common::v1::Payload;
use vextrus_platform::config::CodecConfig;

pub use failure::message;
use keys::Keys;
pub use keys::KeysError;

/// The metadata entry that says how a payload is written.
const ENCODING: &str = "encoding";
/// How ours are.
const ENCRYPTED: &[u8] = b"binary/encrypted";
/// The metadata entry that names the key.
const KEY_ID: &str = "encryption-key-id";

/// Why a payload cannot be encrypted or read. Never says what it holds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CodecError {
    /// Its key is not one of ours.
    #[error(
        "a payload is encrypted with key {0:?}, which is not known here; add that key to codec.keys or codec.keys_file"
    )]
    UnknownKey(String),
    /// It is not what was encrypted with that key.
    #[error(
        "a payload that names key {0:?} does not open with it: it was changed since, or another key has this id here"
    )]
    NotAuthentic(String),
    /// It names no key.
    #[error("a payload is encrypted, and its metadata entry {KEY_ID} is missing")]
    NoKeyId,
    /// The system has no random numbers, or the payload is too large.
    #[error("a payload could not be encrypted")]
    NotEncrypted,
}

/// Encrypts payloads under the active key and decrypts them under any known one. What is not encrypted passes unchanged, so
/// that a namespace can be switched on while its workflows live.
#[derive(Clone)]
pub struct Codec {
    keys: Arc<Keys>,
    random: SystemRandom,
}

impl fmt::Debug for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Codec({})", self.active())
    }
}

impl Codec {
    /// The codec that the configuration asks for; none where it names no keys.
    ///
    /// # Errors
    /// [`KeysError`], naming the setting, the key's id and the remedy.
    pub fn configured(config: &CodecConfig) -> Result<Option<Self>, KeysError> {
        Ok(Keys::configured(config)?.map(Self::with))
    }

    /// A codec with these keys: entries of `id=KEY`, on lines or separated by commas, of which the first one encrypts.
    ///
    /// # Errors
    /// [`KeysError`].
    pub fn from_text(keys: &str) -> Result<Self, KeysError> {
        Keys::parse("the text", keys).map(Self::with)
    }

    fn with(keys: Keys) -> Self {
        Self { keys: Arc::new(keys), random: SystemRandom::new() }
    }

    /// The id of the key that encrypts.
    #[must_use]
    pub fn active(&self) -> &str {
        self.keys.active()
    }

    /// Encrypts a payload whole, with its metadata.
    ///
    /// # Errors
    /// [`CodecError::NotEncrypted`].
    pub fn encrypt(&self, payload: &Payload) -> Result<Payload, CodecError> {
        let (id, key) = self.keys.to_encrypt();
        let mut nonce = [0; NONCE_LEN];
        self.random.fill(&mut nonce).map_err(|_| CodecError::NotEncrypted)?;
        let mut data = nonce.to_vec();
        payload.encode(&mut data).map_err(|_| CodecError::NotEncrypted)?;
        let tag = key
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(id.as_bytes()),
                &mut data[NONCE_LEN..],
            )
            .map_err(|_| CodecError::NotEncrypted)?;
        data.extend_from_slice(tag.as_ref());
        let metadata = [(ENCODING, ENCRYPTED), (KEY_ID, id.as_bytes())];
        let metadata = metadata.into_iter().map(|(name, value)| (name.to_owned(), value.to_vec())).collect();
        Ok(Payload { metadata, data, ..Payload::default() })
    }

    /// Decrypts a payload; one that is not encrypted stays as it is.
    ///
    /// # Errors
    /// [`CodecError`], naming the key's id.
    pub fn decrypt(&self, payload: Payload) -> Result<Payload, CodecError> {
        if payload.metadata.get(ENCODING).is_none_or(|encoding| encoding != ENCRYPTED) {
            return Ok(payload);
        }
        let id = payload.metadata.get(KEY_ID).ok_or(CodecError::NoKeyId)?;
        let key = self.keys.find(id).ok_or_else(|| CodecError::UnknownKey(shown(id)))?;
        let not_authentic = || CodecError::NotAuthentic(shown(id));
        let mut data = payload.data;
        let (nonce, sealed) = data.split_at_mut_checked(NONCE_LEN).ok_or_else(not_authentic)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| not_authentic())?;
        let opened = key.open_in_place(nonce, Aad::from(id.as_slice()), sealed).map_err(|_| not_authentic())?;
        Payload::decode(&*opened).map_err(|_| not_authentic())
    }

    /// The converter of a client that encrypts. Failures carry their message and stack trace in a payload, for a message may
    /// repeat what it is about.
    pub(crate) fn into_converter(self) -> DataConverter {
        DataConverter::new(PayloadConverter::default(), DefaultFailureConverter::new(true), self)
    }
}

/// The converter of a client with these keys; without any, payloads stand in clear.
#[must_use]
pub fn converter(codec: Option<Codec>) -> DataConverter {
    codec.map_or_else(DataConverter::default, Codec::into_converter)
}

/// A key's id as it may stand in a message: it comes from whoever wrote the payload.
fn shown(id: &[u8]) -> String {
    String::from_utf8_lossy(id).chars().take(keys::MOST_ID).collect()
}

type Coded = BoxFuture<'static, Result<Vec<Payload>, PayloadConversionError>>;

fn all(coded: impl Iterator<Item = Result<Payload, CodecError>>) -> Coded {
    let coded = coded.collect::<Result<_, _>>();
    Box::pin(ready(coded.map_err(|error| PayloadConversionError::EncodingError(Box::new(error)))))
}

impl PayloadCodec for Codec {
    fn encode(&self, _: &SerializationContextData, payloads: Vec<Payload>) -> Coded {
        all(payloads.iter().map(|payload| self.encrypt(payload)))
    }

    fn decode(&self, _: &SerializationContextData, payloads: Vec<Payload>) -> Coded {
        all(payloads.into_iter().map(|payload| self.decrypt(payload)))
    }
}

#[cfg(test)]
mod tests;
