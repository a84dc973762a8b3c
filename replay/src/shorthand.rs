//! Payloads in short, as the Temporal CLI writes them by default: a payload that is JSON stands there as what it holds. In full it is
//! its metadata and its data in base64. Older exports also shorten the names of enums.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Map, Value, json};

const PAYLOAD: &str = "temporal.api.common.v1.Payload";
const PAYLOADS: &str = "temporal.api.common.v1.Payloads";
const ENCODING: &str = "encoding";
const PLAIN: &[u8] = b"json/plain";
const NULL: &[u8] = b"binary/null";
/// The type of a message that a payload holds as JSON.
const MESSAGE_TYPE: &str = "_protoMessageType";

/// Puts every payload and enum in full.
pub(crate) fn lengthen(value: &mut Value, message: &MessageDescriptor) {
    match message.full_name() {
        PAYLOAD => *value = in_full(std::mem::take(value)),
        PAYLOADS => {
            if let Value::Array(all) = value {
                let all: Vec<Value> = std::mem::take(all).into_iter().map(in_full).collect();
                *value = json!({"payloads": all});
            } else {
                fields(value, message, &lengthen, &enum_in_full);
            }
        }
        _ => fields(value, message, &lengthen, &enum_in_full),
    }
}

/// Puts every payload in short that is JSON and nothing else.
pub(crate) fn shorten(value: &mut Value, message: &MessageDescriptor) {
    match message.full_name() {
        PAYLOAD => {
            if let Some(short) = in_short(value) {
                *value = short;
            }
        }
        PAYLOADS => {
            let all = value.get("payloads").and_then(Value::as_array);
            let short: Option<Vec<Value>> = all.and_then(|all| all.iter().map(in_short).collect());
            if let Some(short) = short {
                *value = Value::Array(short);
            }
        }
        _ => fields(value, message, &shorten, &|_, _| {}),
    }
}

fn fields(
    value: &mut Value,
    message: &MessageDescriptor,
    inner: &dyn Fn(&mut Value, &MessageDescriptor),
    of_enum: &dyn Fn(&mut Value, &FieldDescriptor),
) {
    // Times and the like have a JSON of their own.
    if message.full_name().starts_with("google.protobuf.") {
        return;
    }
    let Value::Object(object) = value else { return };
    for (name, value) in object {
        let Some(field) = message.get_field_by_json_name(name).or_else(|| message.get_field_by_name(name)) else {
            continue;
        };
        let (kind, field) = match field.kind() {
            Kind::Message(entry) if field.is_map() => {
                let of = entry.map_entry_value_field();
                (of.kind(), of)
            }
            kind => (kind, field.clone()),
        };
        let values: Box<dyn Iterator<Item = &mut Value>> = match value {
            Value::Array(all) if field.is_list() => Box::new(all.iter_mut()),
            Value::Object(all) if message.get_field_by_json_name(name).is_some_and(|f| f.is_map()) => {
                Box::new(all.values_mut())
            }
            one => Box::new(std::iter::once(one)),
        };
        for value in values {
            match &kind {
                Kind::Message(message) => inner(value, message),
                Kind::Enum(_) => of_enum(value, &field),
                _ => {}
            }
        }
    }
}

/// `WorkflowExecutionStarted` of an older export is `EVENT_TYPE_WORKFLOW_EXECUTION_STARTED`.
fn enum_in_full(value: &mut Value, field: &FieldDescriptor) {
    let (Value::String(name), Kind::Enum(of)) = (&*value, field.kind()) else { return };
    if of.get_value_by_name(name).is_some() {
        return;
    }
    let screaming = |name: &str| {
        let mut text = String::new();
        for letter in name.chars() {
            if letter.is_uppercase() && !text.is_empty() {
                text.push('_');
            }
            text.extend(letter.to_uppercase());
        }
        text
    };
    let full = format!("{}_{}", screaming(of.name()), screaming(name));
    if of.get_value_by_name(&full).is_some() {
        *value = Value::String(full);
    }
}

fn payload(encoding: &[u8], data: &[u8]) -> Value {
    json!({"metadata": {ENCODING: BASE64_STANDARD.encode(encoding)}, "data": BASE64_STANDARD.encode(data)})
}

fn in_full(short: Value) -> Value {
    if is_in_full(&short) {
        return short;
    }
    match short {
        Value::Null => json!({"metadata": {ENCODING: BASE64_STANDARD.encode(NULL)}}),
        Value::Object(mut object) if object.get(MESSAGE_TYPE).is_some_and(Value::is_string) => {
            let message = object.remove(MESSAGE_TYPE);
            let mut full = payload(b"json/protobuf", Value::Object(object).to_string().as_bytes());
            let message = message.as_ref().and_then(Value::as_str).unwrap_or_default();
            full["metadata"]["messageType"] = Value::String(BASE64_STANDARD.encode(message));
            full
        }
        other => payload(PLAIN, other.to_string().as_bytes()),
    }
}

/// Whether it is metadata and data, and nothing else: what a payload holds could hardly look so.
fn is_in_full(value: &Value) -> bool {
    let Value::Object(object) = value else { return false };
    let texts = |map: &Map<String, Value>| map.values().all(Value::is_string);
    object.get("metadata").and_then(Value::as_object).is_some_and(texts)
        && object.iter().all(|(name, value)| name == "metadata" || name == "data" && value.is_string())
}

fn in_short(full: &Value) -> Option<Value> {
    let metadata = full.get("metadata")?.as_object()?;
    if metadata.len() != 1 {
        return None;
    }
    let text = |value: &Value| BASE64_STANDARD.decode(value.as_str()?).ok();
    let data = full.get("data");
    match text(metadata.get(ENCODING)?)?.as_slice() {
        PLAIN => {
            let value: Value = serde_json::from_slice(&text(data?)?).ok()?;
            // Read again, it must be what it is now.
            (!is_in_full(&value) && value.get(MESSAGE_TYPE).is_none() && !value.is_null()).then_some(value)
        }
        NULL => data.is_none().then_some(Value::Null),
        _ => None,
    }
}
