//! The configuration of the channels by which events leave.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// How a mail server is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SmtpSecurity {
    /// TLS from the first byte.
    Tls,
    /// In plain at first, and then TLS or nothing.
    Starttls,
    /// In plain.
    None,
}

/// How brokers of Kafka are spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KafkaSecurity {
    /// TLS.
    Tls,
    /// In plain.
    None,
}

/// `[notify]`. `Debug` shows no webhook's address: its path or query may be as good as a password.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotifyConfig {
    /// The channels, separated by commas.
    pub channels: String,
    /// How often a delivery is tried.
    pub attempts: u32,
    /// The first pause, in milliseconds.
    pub pause_millis: u64,
    /// The longest pause, in milliseconds.
    pub longest_pause_millis: u64,
    /// How many receivers are spoken to at a time in each channel.
    pub in_flight: u32,
    /// How long a receiver may take, in milliseconds.
    pub timeout_millis: u64,
    /// The webhook's address.
    pub webhook_url: String,
    /// The file with the secrets that sign.
    pub webhook_secret_file: PathBuf,
    /// The mail server.
    pub smtp_host: String,
    /// Its port.
    pub smtp_port: u16,
    /// How it is spoken to.
    pub smtp_security: SmtpSecurity,
    /// Who mail comes from.
    pub smtp_from: String,
    /// The file with user name and password; empty is none.
    pub smtp_credentials_file: PathBuf,
    /// The file with a root certificate; empty is none.
    pub smtp_root_file: PathBuf,
    /// Where a link in a mail leads; empty is nowhere.
    pub link: String,
    /// The brokers, separated by commas.
    pub kafka_brokers: String,
    /// The topic.
    pub kafka_topic: String,
    /// How they are spoken to.
    pub kafka_security: KafkaSecurity,
    /// The file with a root certificate; empty is none.
    pub kafka_root_file: PathBuf,
    /// The file with the client's certificate and its key; empty is none.
    pub kafka_client_file: PathBuf,
    /// The file with further properties; empty is none.
    pub kafka_properties_file: PathBuf,
}

impl fmt::Debug for NotifyConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NotifyConfig")
            .field("channels", &self.channels)
            .field("attempts", &self.attempts)
            .field("in_flight", &self.in_flight)
            .field("webhook_url", &if self.webhook_url.is_empty() { "" } else { "…" })
            .field("smtp_host", &self.smtp_host)
            .field("smtp_port", &self.smtp_port)
            .field("smtp_security", &self.smtp_security)
            .field("kafka_brokers", &self.kafka_brokers)
            .field("kafka_topic", &self.kafka_topic)
            .field("kafka_security", &self.kafka_security)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Config;

    #[test]
    fn channels_are_configured_and_addresses_not_shown() {
        let defaults = Config::layered(None, |_| None).unwrap().notify;
        assert_eq!((defaults.channels.as_str(), defaults.smtp_security), ("log", SmtpSecurity::Starttls));
        assert_eq!(defaults.kafka_security, KafkaSecurity::Tls);
        let env = |name: &str| match name {
            "VEXTRUS_NOTIFY_WEBHOOK_URL" => Some("https://hooks.example.com/events?token=t0psecret".to_owned()),
            "VEXTRUS_NOTIFY_CHANNELS" => Some("webhook, smtp".to_owned()),
            "VEXTRUS_NOTIFY_SMTP_SECURITY" => Some("none".to_owned()),
            _ => None,
        };
        let notify = Config::layered(None, env).unwrap().notify;
        assert_eq!((notify.channels.as_str(), notify.smtp_security), ("webhook, smtp", SmtpSecurity::None));
        let shown = format!("{notify:?}");
        assert!(shown.contains("webhook_url: \"…\"") && !shown.contains("example.com"), "{shown}");
        let env = |name: &str| (name == "VEXTRUS_NOTIFY_SMTP_SECURITY").then(|| "perhaps".to_owned());
        let wrong = Config::layered(None, env).unwrap_err().to_string();
        assert!(wrong.contains("perhaps") && wrong.contains("starttls"), "{wrong}");
    }
}
