//! The channels that are configured, and how each hands an event over.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use vextrus_ledger::outbox::{self, Delivery};
use vextrus_platform::notify::NotifyConfig;

use crate::cloud_event::cloud_event;
use crate::failure::Failure;
#[cfg(feature = "kafka")]
use crate::kafka::Kafka;
use crate::mail::Mailer;
use crate::pace::{LONGEST_TIMEOUT, Pace};
use crate::webhook::{SecretError, Webhook, WebhookConfig, WebhookError, read_secrets};

/// The most receivers that are spoken to at a time.
const MOST_IN_FLIGHT: u32 = 256;

/// The channels of a process.
#[derive(Debug, Clone)]
pub struct Channels {
    pub(crate) all: Vec<Channel>,
    pub(crate) pace: Pace,
}

/// A channel.
#[derive(Debug, Clone)]
pub(crate) enum Channel {
    Log,
    Webhook(Box<Webhook>),
    Smtp(Arc<Mailer>),
    #[cfg(feature = "kafka")]
    Kafka(Arc<Kafka>),
}

/// Why channels cannot be used as they are configured.
#[derive(Debug, thiserror::Error)]
pub enum NotifyError {
    /// There is no such channel.
    #[error("notify.channels: {0:?} is no channel; name some of log, webhook, smtp, kafka, separated by commas")]
    Unknown(String),
    /// This program was built without it.
    #[error("notify.channels: this program was built without the channel kafka; build it with --features kafka")]
    WithoutKafka,
    /// A key has a value that cannot be.
    #[error("notify.{key}: {why}")]
    Key {
        /// The key.
        key: &'static str,
        /// What is wrong and what would be right.
        why: String,
    },
    /// A file cannot be read.
    #[error("notify.{key}: {path}: {source}")]
    File {
        /// The key.
        key: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The webhook's secrets cannot be read.
    #[error("notify.webhook_secret_file: {0}")]
    Secret(#[from] SecretError),
    /// The webhook cannot be used.
    #[error("notify.webhook_url: {0}")]
    Webhook(#[from] WebhookError),
}

impl NotifyError {
    pub(crate) fn key(key: &'static str, why: impl ToString) -> Self {
        Self::Key { key, why: why.to_string() }
    }
}

/// A file that a key names; none where it names none.
pub(crate) fn read(key: &'static str, path: &Path) -> Result<Option<String>, NotifyError> {
    if path.as_os_str().is_empty() {
        return Ok(None);
    }
    let text = std::fs::read_to_string(path);
    text.map(Some).map_err(|source| NotifyError::File { key, path: path.to_owned(), source })
}

impl Channels {
    /// The names of the channels.
    #[must_use]
    pub fn names(&self) -> BTreeSet<String> {
        self.all.iter().map(|channel| channel.name().to_owned()).collect()
    }

    /// The channels that are configured. Nothing is sent yet.
    ///
    /// # Errors
    /// [`NotifyError`], naming the key. No message repeats an address or a secret.
    pub fn configured(config: &NotifyConfig) -> Result<Self, NotifyError> {
        let timeout = Duration::from_millis(config.timeout_millis);
        for (key, value, most) in [
            ("attempts", u64::from(config.attempts), 1_000),
            ("pause_millis", config.pause_millis, 86_400_000),
            ("longest_pause_millis", config.longest_pause_millis, 86_400_000),
            ("in_flight", u64::from(config.in_flight), u64::from(MOST_IN_FLIGHT)),
            ("timeout_millis", config.timeout_millis, u64::try_from(LONGEST_TIMEOUT.as_millis()).unwrap_or(u64::MAX)),
        ] {
            if !(1..=most).contains(&value) {
                return Err(NotifyError::key(key, format!("{value} is not between 1 and {most}")));
            }
        }
        let names = config.channels.split(',').map(str::trim).filter(|name| !name.is_empty());
        let mut all: Vec<Channel> = Vec::new();
        for name in names {
            let channel = match name {
                "log" => Channel::Log,
                "webhook" => {
                    let secrets = read_secrets(&config.webhook_secret_file)?;
                    let config = WebhookConfig { url: config.webhook_url.clone(), secrets, timeout };
                    Channel::Webhook(Box::new(Webhook::new(config)?))
                }
                "smtp" => Channel::Smtp(Arc::new(Mailer::new(config)?)),
                #[cfg(feature = "kafka")]
                "kafka" => Channel::Kafka(Arc::new(Kafka::new(config)?)),
                #[cfg(not(feature = "kafka"))]
                "kafka" => return Err(NotifyError::WithoutKafka),
                other => return Err(NotifyError::Unknown(other.chars().take(40).collect())),
            };
            if !all.iter().any(|known| known.name() == channel.name()) {
                all.push(channel);
            }
        }
        Ok(Self { all, pace: Pace::of(config) })
    }

    /// What the ledger needs to know of them.
    pub(crate) fn described(&self) -> Vec<outbox::Channel> {
        let describe = |channel: &Channel| outbox::Channel {
            name: channel.name(),
            to_people: matches!(channel, Channel::Smtp(_)),
        };
        self.all.iter().map(describe).collect()
    }
}

impl Channel {
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Webhook(_) => "webhook",
            Self::Smtp(_) => "smtp",
            #[cfg(feature = "kafka")]
            Self::Kafka(_) => "kafka",
        }
    }

    pub(crate) async fn hand_over(&self, delivery: &Delivery) -> Result<(), Failure> {
        match self {
            Self::Log => {
                to_log(delivery);
                Ok(())
            }
            Self::Webhook(webhook) => {
                let event = &delivery.event;
                Ok(webhook.tell(&event.id, &cloud_event(event)).await?)
            }
            Self::Smtp(mailer) => mailer.send(delivery).await,
            #[cfg(feature = "kafka")]
            Self::Kafka(kafka) => kafka.send(&delivery.event).await,
        }
    }
}

fn to_log(delivery: &Delivery) {
    let event = &delivery.event;
    // The payload may name people and is not for the log; the document and the event are.
    tracing::info!(
        target: "vextrus::outbox",
        id = event.id,
        tenant = event.tenant,
        document = event.document,
        submission = event.submission,
        event = event.event,
        sequence = event.sequence,
        "event"
    );
}
