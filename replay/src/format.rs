//! Histories as they are met: in the JSON that the Temporal CLI and UI export, in that of the Rust SDK, and in binary.

use std::sync::LazyLock;

use prost::Message as _;
use prost_reflect::{DescriptorPool, DeserializeOptions, DynamicMessage, MessageDescriptor, SerializeOptions};
use serde_json::Value;
use temporalio_protos::temporal::api::history::v1::History;

use crate::shorthand;

static DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/temporal.descriptors"));

static HISTORY: LazyLock<Option<MessageDescriptor>> = LazyLock::new(|| {
    let pool = DescriptorPool::decode(DESCRIPTORS).ok()?;
    pool.get_message_by_name("temporal.api.history.v1.History")
});

/// What is no history.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FormatError {
    /// It is neither JSON nor a message.
    #[error(
        "it is no history: neither JSON as the Temporal CLI, its UI or the Rust SDK write it, nor a binary message"
    )]
    Unknown,
    /// It is JSON, and not that of a history.
    #[error("it is no history in JSON: {0}")]
    Json(String),
    /// It holds no events.
    #[error("the history holds no events")]
    Empty,
}

fn descriptor() -> Result<&'static MessageDescriptor, FormatError> {
    HISTORY.as_ref().ok_or_else(|| FormatError::Json("this program lacks the descriptors of histories".to_owned()))
}

/// Reads a history in whichever form it is.
///
/// # Errors
/// [`FormatError`].
pub fn read(bytes: &[u8]) -> Result<History, FormatError> {
    let is_json = matches!(bytes.iter().find(|b| !b.is_ascii_whitespace()), Some(b'{' | b'['));
    let history = if is_json {
        let json: Value = serde_json::from_slice(bytes).map_err(|e| FormatError::Json(e.to_string()))?;
        let json = unwrapped(json);
        if json.pointer("/events/0/event_id").is_some() {
            serde_json::from_value(json).map_err(|e| FormatError::Json(e.to_string()))?
        } else {
            exported(json)?
        }
    } else {
        History::decode(bytes).map_err(|_| FormatError::Unknown)?
    };
    if history.events.is_empty() { Err(FormatError::Empty) } else { Ok(history) }
}

/// The history itself, where it stands in an answer of the server's HTTP API, or where there are events alone.
fn unwrapped(mut json: Value) -> Value {
    if json.is_array() {
        return serde_json::json!({"events": json});
    }
    match json.get_mut("history") {
        Some(history @ Value::Object(_)) => history.take(),
        _ => json,
    }
}

/// As the CLI and the UI export it: protobuf's own JSON, with payloads in short or in full.
fn exported(mut json: Value) -> Result<History, FormatError> {
    let descriptor = descriptor()?;
    shorthand::lengthen(&mut json, descriptor);
    // A newer server may say more.
    let options = DeserializeOptions::new().deny_unknown_fields(false);
    let message = DynamicMessage::deserialize_with_options(descriptor.clone(), json, &options)
        .map_err(|e| FormatError::Json(e.to_string()))?;
    message.transcode_to().map_err(|e| FormatError::Json(e.to_string()))
}

/// Writes a history as the CLI exports it, payloads in short, so that people can read it and see what differs.
///
/// # Errors
/// [`FormatError::Json`].
pub fn write(history: &History) -> Result<String, FormatError> {
    let bad = |e: &dyn std::fmt::Display| FormatError::Json(e.to_string());
    let descriptor = descriptor()?;
    let message =
        DynamicMessage::decode(descriptor.clone(), history.encode_to_vec().as_slice()).map_err(|e| bad(&e))?;
    let options = SerializeOptions::new();
    let mut json = message.serialize_with_options(serde_json::value::Serializer, &options).map_err(|e| bad(&e))?;
    shorthand::shorten(&mut json, descriptor);
    let mut text = serde_json::to_string_pretty(&json).map_err(|e| bad(&e))?;
    text.push('\n');
    Ok(text)
}
