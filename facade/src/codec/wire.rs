//! Payloads in JSON, as Temporal's remote codec protocol writes them: bytes are base64.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use temporalio_common::protos::temporal::api::common::v1::Payload;

/// The body of requests and answers.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Payloads {
    #[serde(default)]
    payloads: Vec<Written>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Written {
    #[serde(default)]
    metadata: BTreeMap<String, String>,
    #[serde(default)]
    data: String,
}

/// Reads a body; an error says where it is wrong, and never what stands there.
pub(super) fn read(body: &[u8]) -> Result<Vec<Payload>, String> {
    let body: Payloads = serde_json::from_slice(body).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        format!(
            "the body is not {{\"payloads\": [{{\"metadata\": {{}}, \"data\": \"\"}}]}} (line {line}, column {column})"
        )
    })?;
    body.payloads.into_iter().enumerate().map(|(at, written)| payload(at, written)).collect()
}

fn payload(at: usize, written: Written) -> Result<Payload, String> {
    let bytes =
        |field: &str, text: &str| STANDARD.decode(text).map_err(|_| format!("payloads[{at}].{field} is not base64"));
    let metadata = written.metadata.into_iter().map(|(name, text)| Ok((name, bytes("metadata", &text)?)));
    Ok(Payload {
        metadata: metadata.collect::<Result<_, String>>()?,
        data: bytes("data", &written.data)?,
        ..Payload::default()
    })
}

/// Writes an answer.
pub(super) fn write(payloads: Vec<Payload>) -> Payloads {
    let written = |payload: Payload| Written {
        metadata: payload.metadata.into_iter().map(|(name, bytes)| (name, STANDARD.encode(bytes))).collect(),
        data: STANDARD.encode(payload.data),
    };
    Payloads { payloads: payloads.into_iter().map(written).collect() }
}
