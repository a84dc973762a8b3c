//! What a system calls what it did, taken from its answer.

use serde_json::Value;
use vextrus_domain::PersonalData;
use vextrus_ledger::employees::records;
use vextrus_lifecycle::System;

use super::super::{AdapterError, Reference};

/// The most bytes of a reference.
const LONGEST: usize = 200;

/// The `reference` of an answer.
///
/// Without a usable one it is not known what the system did, so it is asked again under the same key. With one that holds personal
/// data it has acted, and would answer the same next time: a person must see to it, since references stand in histories that nobody
/// can erase.
pub(super) fn read(answer: &Value, system: System, personal: Option<&PersonalData>) -> Result<Reference, AdapterError> {
    let text = answer.get("reference").and_then(Value::as_str).unwrap_or_default();
    if text.trim().is_empty() || text.len() > LONGEST || text.chars().any(char::is_control) {
        return Err(AdapterError::Unavailable(format!(
            "the {system} system answered without a usable reference; it must answer {{\"reference\": \"...\"}} with 1 to \
             {LONGEST} bytes and no control characters"
        )));
    }
    if personal.is_some_and(|personal| records::is_in(personal, text)) {
        return Err(AdapterError::Unclear(format!(
            "the {system} system's reference holds personal data; find out there what it did, and let it answer with a number \
             of its own"
        )));
    }
    Ok(Reference(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn personal() -> PersonalData {
        let mut personal = json!({"name": "Rokeya Sultana", "email": "r.begum@example.com", "phone": "01712345678"});
        personal["nid"] = json!("9876543210");
        personal["birth_registration"] = json!("19901234567890123");
        serde_json::from_value(personal).unwrap()
    }

    fn of(answer: &Value) -> Result<String, AdapterError> {
        read(answer, System::Access, Some(&personal())).map(|r| r.0)
    }

    #[test]
    fn a_reference_is_short_and_plain() {
        for good in ["B", "BADGE-7", "ব্যাজ ৭", &"x".repeat(200), "rokeyas", "345678"] {
            assert_eq!(of(&json!({"reference": good, "more": 1})), Ok(good.to_owned()));
        }
        let long = "x".repeat(201);
        for bad in ["", " ", "a\nb", "a\u{7f}", "a\u{85}", long.as_str()] {
            let error = of(&json!({"reference": bad})).unwrap_err();
            assert!(matches!(&error, AdapterError::Unavailable(text) if text.contains("1 to 200 bytes")), "{error}");
        }
        for bad in [
            json!(null),
            json!({}),
            json!({"reference": 7}),
            json!({"Reference": "x"}),
            json!(["reference"]),
            json!("x"),
        ] {
            assert!(matches!(of(&bad), Err(AdapterError::Unavailable(_))), "{bad}");
        }
    }

    #[test]
    fn a_reference_is_not_personal() {
        for bad in [
            "Rokeya Sultana",
            "rokeya",
            "sultana-9",
            "badge of ROKEYA SULTANA",
            "rokeya.sultana@acme.example",
            "RokeyaSultana42",
            "R.Begum@Example.com",
            "01712345678",
            "badge-01712-345678",
            "+880 1712 345678",
            "nid:987 654 3210",
            "9876543210",
            "br-1990-1234567890123",
        ] {
            let error = of(&json!({"reference": bad})).unwrap_err();
            let AdapterError::Unclear(text) = error else { panic!("{bad}: {error}") };
            assert!(text.starts_with("the access system's reference holds personal data;"), "{text}");
            assert!(!text.contains(bad), "{text}");
        }
        // What has been erased cannot be recognised.
        assert!(read(&json!({"reference": "Rokeya Sultana"}), System::Access, None).is_ok());
    }

    proptest! {
        #[test]
        fn no_notation_hides_a_name(before in "[A-Z0-9 -]{0,20}", between in "[ ._/-]{0,5}", upper in any::<bool>(), after in "[a-z0-9 -]{0,20}") {
            let name = format!("rokeya{between}sultana");
            let name = if upper { name.to_uppercase() } else { name };
            let answer = json!({"reference": format!("{before}{name}{after}")});
            prop_assert!(matches!(of(&answer), Err(AdapterError::Unclear(_))));
        }

        #[test]
        fn a_number_of_their_own_passes(number in 0..1_000_000_u32, prefix in "[A-F]{1,4}") {
            let reference = format!("{prefix}-{number}");
            prop_assert_eq!(of(&json!({"reference": &reference})), Ok(reference));
        }
    }
}
