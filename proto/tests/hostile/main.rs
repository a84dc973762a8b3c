//! Bytes that nobody means well with: they are refused or read, and what is read is written and read again as the same.
#![cfg(test)]

mod check;

use proptest::prelude::*;
use serde_json::Value;

/// Sound messages, from which damaged ones are made.
const SOUND: [&str; 3] = [
    r#"{"parent": "tenants/a", "requestId": "r", "content": {"vendor": "v", "lines": [{"quantity": "1", "amountPoisha": "5"}]}}"#,
    r#"{"name": "tenants/a/invoices/b", "requestId": "r", "decide": {"answer": "approve", "comment": "বিল"}}"#,
    r#"{"attachment": {"parent": "p", "kind": "ATTACHMENT_KIND_BILL"}}"#,
];

proptest! {
    #[test]
    fn any_bytes_are_refused_or_read(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        check::check_all(&bytes);
    }

    #[test]
    fn damaged_json_is_refused_or_read(which in 0..SOUND.len(), at in any::<usize>(), with in "\\PC{0,3}", cut in 0_usize..4) {
        let chars: Vec<char> = SOUND[which].chars().collect();
        let at = at % chars.len();
        let damaged: String =
            chars[..at].iter().copied().chain(with.chars()).chain(chars[at..].iter().skip(cut).copied()).collect();
        check::check_all(damaged.as_bytes());
    }

    #[test]
    fn other_types_in_json_are_refused_or_read(which in 0..SOUND.len(), path in prop::collection::vec(any::<usize>(), 1..4), value in values()) {
        let mut whole: Value = serde_json::from_str(SOUND[which]).unwrap();
        let mut place = &mut whole;
        for step in path {
            let length = place.as_object().map_or_else(|| place.as_array().map_or(0, Vec::len), serde_json::Map::len);
            if length == 0 {
                break;
            }
            place = match place {
                Value::Object(fields) => fields.values_mut().nth(step % length).unwrap(),
                Value::Array(values) => &mut values[step % length],
                _ => unreachable!("it has no length"),
            };
        }
        *place = value;
        check::check_all(whole.to_string().as_bytes());
    }
}

/// Whatever JSON has, and what has hurt others: large numbers, deep nesting, numbers as text.
fn values() -> impl Strategy<Value = Value> {
    let deep = (1_usize..200).prop_map(|depth| (0..depth).fold(Value::Null, |inner, _| Value::Array(vec![inner])));
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(|number| Value::from(number.to_string())),
        prop::sample::select(vec!["1e400", "-0", "0x1", "NaN", "1.5", "9223372036854775808"]).prop_map(Value::from),
        "\\PC{0,5}".prop_map(Value::from),
        deep,
    ]
}
