//! The channel Kafka: structured CloudEvents, keyed by document, so that a document's events stay in one partition in their order.

use std::fmt;
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord};
use vextrus_ledger::outbox::OutboxEvent;
use vextrus_platform::notify::NotifyConfig;

use crate::channels::NotifyError;
use crate::cloud_event::cloud_event;
use crate::failure::Failure;
use crate::webhook::CLOUD_EVENT;

/// A producer for one topic.
pub(crate) struct Kafka {
    producer: FutureProducer,
    topic: String,
    timeout: Duration,
}

impl fmt::Debug for Kafka {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kafka").field("topic", &self.topic).finish_non_exhaustive()
    }
}

impl Kafka {
    pub(crate) fn new(config: &NotifyConfig) -> Result<Self, NotifyError> {
        if config.kafka_brokers.trim().is_empty() {
            return Err(NotifyError::key("kafka_brokers", "it is empty; give HOST:PORT of at least one broker"));
        }
        if config.kafka_topic.trim().is_empty() {
            return Err(NotifyError::key("kafka_topic", "it is empty; name a topic"));
        }
        let mut client = ClientConfig::new();
        client.set("client.id", "vextrus");
        for (name, value) in properties(config)? {
            client.set(name, value);
        }
        // What order and safety rest on is not for the file to change.
        client.set("bootstrap.servers", config.kafka_brokers.trim());
        client.set("enable.idempotence", "true");
        client.set("acks", "all");
        client.set("message.timeout.ms", config.timeout_millis.to_string());
        let producer = client.create().map_err(|e| unusable(&e))?;
        let timeout = Duration::from_millis(config.timeout_millis);
        Ok(Self { producer, topic: config.kafka_topic.trim().to_owned(), timeout })
    }

    pub(crate) async fn send(&self, event: &OutboxEvent) -> Result<(), Failure> {
        let key = format!("{}/{}", event.tenant, event.document);
        let payload = cloud_event(event).to_string();
        let headers = OwnedHeaders::new().insert(Header { key: "content-type", value: Some(CLOUD_EVENT) });
        let record = FutureRecord::to(&self.topic).key(&key).payload(&payload).headers(headers);
        match self.producer.send(record, self.timeout).await {
            Ok(_) => Ok(()),
            Err((error, _)) => Err(failed(&error)),
        }
    }
}

/// The properties of a file, `NAME=VALUE` a line. No message repeats a value.
fn properties(config: &NotifyConfig) -> Result<Vec<(String, String)>, NotifyError> {
    let (key, path) = ("kafka_properties_file", &config.kafka_properties_file);
    if path.as_os_str().is_empty() {
        return Ok(Vec::new());
    }
    let text = std::fs::read_to_string(path).map_err(|source| NotifyError::File { key, path: path.clone(), source })?;
    let lines = (1..).zip(text.lines().map(str::trim)).filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|(number, line)| match line.split_once('=') {
            Some((name, value)) => Ok((name.trim().to_owned(), value.trim().to_owned())),
            None => Err(NotifyError::key(key, format!("line {number} of {}: write NAME=VALUE", path.display()))),
        })
        .collect()
}

/// The error's own text may repeat a value, and that may be a password.
fn unusable(error: &KafkaError) -> NotifyError {
    let why = match error {
        KafkaError::ClientConfig(_, _, name, _) => format!("librdkafka does not know {name}, or not with this value"),
        _ => "the producer cannot be made of these properties".to_owned(),
    };
    NotifyError::key("kafka_properties_file", why)
}

fn failed(error: &KafkaError) -> Failure {
    match error.rdkafka_error_code() {
        Some(code @ (RDKafkaErrorCode::MessageSizeTooLarge | RDKafkaErrorCode::InvalidMessage)) => {
            Failure::Never(format!("the broker refuses it: {code}"))
        }
        Some(code) => Failure::later(format!("the broker did not take it: {code}")),
        None => Failure::later("the producer cannot be used"),
    }
}
