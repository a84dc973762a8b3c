//! The signatures, without a server.

use axum::http::HeaderMap;
use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use vextrus_notify::webhook::{ID, SIGNATURE, Secret, TIMESTAMP, TOLERANCE, VerifyError, sign, verify};

use crate::secret;

/// The published example of the scheme.
const EXAMPLE_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const EXAMPLE_ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
const EXAMPLE_TIME: i64 = 1_614_265_330;
const EXAMPLE_BODY: &[u8] = br#"{"test": 2432232314}"#;
const EXAMPLE_SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

fn headers(id: &str, timestamp: &str, signature: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in [(ID, id), (TIMESTAMP, timestamp), (SIGNATURE, signature)] {
        headers.insert(name, value.parse().unwrap());
    }
    headers
}

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap()
}

#[test]
fn the_published_example_comes_out() {
    let secret: Secret = EXAMPLE_SECRET.parse().unwrap();
    let bare: Secret = EXAMPLE_SECRET.trim_start_matches("whsec_").parse().unwrap();
    for secret in [secret, bare] {
        let secrets = [secret];
        assert_eq!(sign(&secrets, EXAMPLE_ID, EXAMPLE_TIME, EXAMPLE_BODY), EXAMPLE_SIGNATURE);
        let headers = headers(EXAMPLE_ID, &EXAMPLE_TIME.to_string(), EXAMPLE_SIGNATURE);
        assert_eq!(verify(&secrets, &headers, EXAMPLE_BODY, at(EXAMPLE_TIME), TOLERANCE), Ok(()));
    }
}

#[test]
fn a_message_is_of_now() {
    let secrets = [secret(1)];
    let headers = headers("id", "1000", &sign(&secrets, "id", 1000, b"{}"));
    let untimely = |seconds| Err(VerifyError::Untimely { seconds, tolerance: 300 });
    for (now, expected) in [(700, Ok(())), (1000, Ok(())), (1300, Ok(())), (699, untimely(301)), (1301, untimely(301))]
    {
        assert_eq!(verify(&secrets, &headers, b"{}", at(now), TOLERANCE), expected, "{now}");
    }
    let negative = verify(&secrets, &headers, b"{}", at(1001), TimeDelta::seconds(-5));
    assert_eq!(negative, Err(VerifyError::Untimely { seconds: 1, tolerance: 0 }));
}

#[test]
fn headers_that_are_missing_or_no_headers_of_ours_are_named() {
    let secrets = [secret(1)];
    let check = |headers: &HeaderMap| verify(&secrets, headers, b"{}", at(1000), TOLERANCE);
    let good = headers("id", "1000", &sign(&secrets, "id", 1000, b"{}"));
    for name in [ID, TIMESTAMP, SIGNATURE] {
        let mut without = good.clone();
        without.remove(name);
        assert_eq!(check(&without), Err(VerifyError::Missing(name)));
    }
    for time in ["", "soon", "1000.0", "99999999999999999999"] {
        assert_eq!(check(&headers("id", time, "v1,x")), Err(VerifyError::NotATimestamp), "{time}");
    }
    assert!(matches!(check(&headers("id", &i64::MIN.to_string(), "v1,x")), Err(VerifyError::Untimely { .. })));
    let signature = sign(&secrets, "id", 1000, b"{}");
    let other = |text: &str| check(&headers("id", "1000", text));
    for wrong in [
        "",
        "v1",
        "v1,",
        "v1,AAAA",
        "v1,!",
        &signature.replace("v1,", "v2,"),
        &signature.replace("v1,", ""),
        &signature[..20],
    ] {
        assert_eq!(other(wrong), Err(VerifyError::Mismatch), "{wrong}");
    }
    // Signatures of other versions stand beside ours.
    assert_eq!(other(&format!("v1a,AAAA  v1,! {signature}")), Ok(()));
}

proptest! {
    #[test]
    fn what_was_changed_does_not_pass(
        id in "[!-~]{1,40}", body in proptest::collection::vec(any::<u8>(), 0..200), time in 0..4_000_000_000_i64,
        place in any::<prop::sample::Index>(), flip in 1..=255_u8,
    ) {
        let secrets = [secret(7)];
        let signature = sign(&secrets, &id, time, &body);
        let check = |id: &str, time: i64, body: &[u8], known: &[Secret]| {
            verify(known, &headers(id, &time.to_string(), &signature), body, at(time), TOLERANCE)
        };
        prop_assert_eq!(check(&id, time, &body, &secrets), Ok(()));
        prop_assert_eq!(check(&id, time, &body, &[secret(8)]), Err(VerifyError::Mismatch));
        prop_assert_eq!(check(&id, time + 1, &body, &secrets), Err(VerifyError::Mismatch));
        prop_assert_eq!(check(&format!("{id}x"), time, &body, &secrets), Err(VerifyError::Mismatch));
        let mut changed = body.clone();
        changed.push(b' ');
        prop_assert_eq!(check(&id, time, &changed, &secrets), Err(VerifyError::Mismatch));
        if !body.is_empty() {
            let mut changed = body.clone();
            changed[place.index(body.len())] ^= flip;
            prop_assert_eq!(check(&id, time, &changed, &secrets), Err(VerifyError::Mismatch));
        }
    }
}
