use proptest::prelude::*;

use super::*;

/// Keys of 32 equal bytes.
const A: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE";
const B: &str = "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI";

fn codec(keys: &str) -> Codec {
    Codec::from_text(keys).unwrap()
}

fn one() -> Codec {
    codec(&format!("a={A}"))
}

fn plain(data: &[u8]) -> Payload {
    Payload {
        metadata: [(ENCODING.to_owned(), b"json/plain".to_vec())].into(),
        data: data.to_vec(),
        ..Payload::default()
    }
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

#[tokio::test]
async fn many_payloads_come_back_in_their_order() {
    let (codec, none) = (one(), SerializationContextData::None);
    let payloads: Vec<Payload> = (0..50_u8).map(|i| plain(&vec![i; usize::from(i) * 100])).collect();
    let encoded = codec.encode(&none, payloads.clone()).await.unwrap();
    assert!(encoded.iter().all(|p| p.metadata[ENCODING] == ENCRYPTED && p.metadata[KEY_ID] == b"a"));
    assert_eq!(codec.decode(&none, encoded).await.unwrap(), payloads);
    assert!(codec.encode(&none, Vec::new()).await.unwrap().is_empty());
}

proptest! {
    #[test]
    fn whatever_is_encrypted_comes_back(
        data: Vec<u8>,
        metadata in prop::collection::hash_map("[a-z/-]{0,20}", any::<Vec<u8>>(), 0..5),
    ) {
        let payload = Payload { metadata, data, ..Payload::default() };
        let encoded = one().encrypt(&payload).unwrap();
        prop_assert_eq!(one().decrypt(encoded.clone()).unwrap(), payload.clone());
        // What is encrypted twice is decrypted twice, layer by layer.
        let twice = one().encrypt(&encoded).unwrap();
        prop_assert_eq!(one().decrypt(twice).unwrap(), encoded);
    }

    #[test]
    fn any_bytes_that_claim_to_be_ours_are_refused(data: Vec<u8>) {
        let forged = Payload { data, ..one().encrypt(&plain(b"")).unwrap() };
        prop_assert_eq!(one().decrypt(forged), Err(CodecError::NotAuthentic("a".to_owned())));
    }
}

#[test]
fn no_two_encryptions_are_alike_and_none_shows_the_content() {
    let payload = plain(b"\"nid 1990269812345678\"");
    let encoded: Vec<Payload> = (0..100).map(|_| one().encrypt(&payload).unwrap()).collect();
    for (i, this) in encoded.iter().enumerate() {
        assert!(!contains(&this.data, b"1990") && !contains(&this.data, b"json"));
        assert!(encoded[i + 1..].iter().all(|other| other.data[..NONCE_LEN] != this.data[..NONCE_LEN]));
    }
}

#[test]
fn old_keys_decrypt_and_the_first_one_encrypts() {
    let old = one().encrypt(&plain(b"1")).unwrap();
    let rotated = codec(&format!("b={B}\na={A}\n"));
    assert_eq!(rotated.active(), "b");
    assert_eq!(rotated.decrypt(old.clone()).unwrap(), plain(b"1"));
    let new = rotated.encrypt(&plain(b"2")).unwrap();
    assert_eq!(new.metadata[KEY_ID], b"b");
    assert_eq!(one().decrypt(new), Err(CodecError::UnknownKey("b".to_owned())));
    let error = codec(&format!("b={B}")).decrypt(old).unwrap_err();
    assert_eq!(error, CodecError::UnknownKey("a".to_owned()));
    assert!(error.to_string().contains("\"a\"") && error.to_string().contains("codec.keys"), "{error}");
}

#[test]
fn a_change_anywhere_is_found() {
    // Both ids have the same key, so that only the bound id tells them apart.
    let codec = codec(&format!("a={A},b={A}"));
    let good = codec.encrypt(&plain(b"pay 100 to rahim")).unwrap();
    for at in 0..good.data.len() {
        let mut bad = good.clone();
        bad.data[at] ^= 1;
        assert_eq!(codec.decrypt(bad), Err(CodecError::NotAuthentic("a".to_owned())), "byte {at}");
        let short = Payload { data: good.data[..at].to_vec(), ..good.clone() };
        assert_eq!(codec.decrypt(short), Err(CodecError::NotAuthentic("a".to_owned())), "cut at {at}");
    }
    let named = |id: &[u8]| {
        let mut bad = good.clone();
        bad.metadata.insert(KEY_ID.to_owned(), id.to_vec());
        codec.decrypt(bad)
    };
    assert_eq!(named(b"b"), Err(CodecError::NotAuthentic("b".to_owned())));
    assert_eq!(named(b"c"), Err(CodecError::UnknownKey("c".to_owned())));
    assert_eq!(named(&[0xff; 1000]), Err(CodecError::UnknownKey("\u{fffd}".repeat(keys::MOST_ID))));
    let mut nameless = good.clone();
    nameless.metadata.remove(KEY_ID);
    assert_eq!(codec.decrypt(nameless), Err(CodecError::NoKeyId));
    // The same id with another key on another machine.
    let other = self::codec(&format!("a={B}"));
    let error = other.decrypt(good).unwrap_err().to_string();
    assert!(error.contains("\"a\"") && !error.contains("rahim"), "{error}");
}

#[test]
fn what_is_not_ours_passes_unchanged() {
    let mut other = plain(b"{}");
    other.metadata.insert(KEY_ID.to_owned(), b"a".to_vec());
    for payload in [plain(b"1"), plain(b""), Payload::default(), other] {
        assert_eq!(one().decrypt(payload.clone()).unwrap(), payload);
    }
}

#[test]
fn keys_are_read_from_lines_and_commas() {
    for text in
        [format!("k-1={A}"), format!("\r\n k-1 = {A}=\r\n\n"), format!("k-1={A},k-2={B}"), format!("k-1={A}\nk-2={B}")]
    {
        let codec = codec(&text);
        assert_eq!((codec.active(), format!("{codec:?}").as_str()), ("k-1", "Codec(k-1)"));
    }
}

#[test]
fn wrong_keys_are_named_and_never_shown() {
    for (text, told) in [
        (String::new(), "holds no key"),
        ("\n ,\n".to_owned(), "holds no key"),
        (A.to_owned(), "entry 1 is not id=KEY"),
        (format!("{A}="), "entry 1 is not id=KEY"),
        (format!("{A}=a"), "entry 1 is not id=KEY"),
        (format!("a={A}\n={B}"), "entry 2 is not id=KEY"),
        (format!("a b={A}"), "entry 1 is not id=KEY"),
        (format!("a={}", &A[1..]), "key \"a\" is not 32 bytes"),
        (format!("a={A}{A}"), "key \"a\" is not 32 bytes"),
        (format!("a={A}\nb=+{}", &B[1..]), "key \"b\" is not 32 bytes"),
        (format!("a={A} {B}"), "key \"a\" is not 32 bytes"),
        (format!("a={A},b={B},a={B}"), "two keys have the id \"a\""),
        (format!("a={A},b={B},b={A}"), "two keys have the id \"b\""),
    ] {
        let error = Codec::from_text(&text).unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(shown.contains(told), "{shown}");
        assert!(!shown.contains("AQEB") && !shown.contains("ICAg"), "{shown}");
    }
}

fn config(keys_file: &std::path::Path, keys: &str) -> CodecConfig {
    let mut config = vextrus_platform::Config::layered(None, |_| None).unwrap().codec;
    config.keys_file = keys_file.to_owned();
    config.keys = keys.to_owned().into();
    config
}

#[test]
fn keys_come_from_one_place() {
    let dir = tempfile::tempdir().unwrap();
    let (file, nowhere, none) = (dir.path().join("keys"), dir.path().join("nowhere"), std::path::Path::new(""));
    std::fs::write(&file, format!("f={A}\n")).unwrap();
    assert!(Codec::configured(&config(none, "")).unwrap().is_none());
    assert_eq!(Codec::configured(&config(none, &format!("k={A}"))).unwrap().unwrap().active(), "k");
    assert_eq!(Codec::configured(&config(&file, "")).unwrap().unwrap().active(), "f");
    let text = |file: &std::path::Path, keys: &str| Codec::configured(&config(file, keys)).unwrap_err().to_string();
    assert!(text(&file, &format!("k={A}")).contains("both set"));
    assert!(text(&nowhere, "").contains("nowhere"));
    assert!(text(none, "k=short").starts_with("codec.keys: what stands for key \"k\""));
    std::fs::write(&file, "f=short").unwrap();
    assert!(text(&file, "").contains(&file.display().to_string()));
    std::fs::write(&file, "").unwrap();
    assert!(text(&file, "").contains("holds no key"));
}
