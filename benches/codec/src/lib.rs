//! The payloads that the benchmarks of the codec encrypt and decrypt.

use temporalio_protos::temporal::api::common::v1::Payload;
use vextrus_temporal::{Codec, KeysError};

/// Two keys, as after a rotation; the first one encrypts. They protect nothing.
const KEYS: &str = "new=AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE,old=AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI";

/// The codec.
///
/// # Errors
/// Where the keys are none.
pub fn codec() -> Result<Codec, KeysError> {
    Codec::from_text(KEYS)
}

/// A payload of so many bytes, as the SDK's converter makes it.
#[must_use]
pub fn payload(bytes: usize) -> Payload {
    let metadata = [("encoding".to_owned(), b"json/plain".to_vec())].into();
    Payload { metadata, data: vec![b'7'; bytes], ..Payload::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_measured_is_encrypted_and_comes_back() {
        let (codec, plain) = (codec().unwrap(), payload(1_000));
        let encrypted = codec.encrypt(&plain).unwrap();
        assert_ne!(encrypted.metadata, plain.metadata);
        assert_eq!(codec.decrypt(encrypted).unwrap(), plain);
    }
}
