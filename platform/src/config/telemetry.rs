//! What a process tells of itself.

use serde::{Deserialize, Serialize};

use super::ConfigError;

/// By which form of OTLP spans are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OtlpProtocol {
    /// gRPC.
    Grpc,
    /// Protobuf over HTTP.
    Http,
}

/// `[telemetry]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TelemetryConfig {
    /// Where spans are sent; empty is nowhere.
    pub otlp_endpoint: String,
    /// By which form.
    pub otlp_protocol: OtlpProtocol,
    /// Of how many traces one is sent; 0 is of none.
    pub sample_one_in: u32,
    /// How long sending may take, in milliseconds.
    pub timeout_millis: u64,
}

impl TelemetryConfig {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let (key, value, least, most) = ("telemetry.timeout_millis", self.timeout_millis, 100, 60_000);
        let is_right = (least..=most).contains(&value);
        if is_right { Ok(()) } else { Err(ConfigError::Range { key, value, least, most }) }
    }
}

/// The log's form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

/// `[log]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogConfig {
    /// What is logged.
    pub filter: String,
    /// How.
    pub format: LogFormat,
}
