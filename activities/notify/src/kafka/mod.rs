//! The channel Kafka: structured CloudEvents, keyed by document, so that a document's events stay in one partition in their order.

mod properties;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::ClientContext;
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
    producer: FutureProducer<Heard>,
    heard: Heard,
    topic: String,
    timeout: Duration,
}

/// The last troubles of connections. A message that could not be sent says of itself only that its time is over.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Troubles>>);

#[derive(Clone, Copy, Default)]
struct Troubles {
    told: Option<(Instant, RDKafkaErrorCode)>,
    /// That a connection was lost, or all were: often said after the reason.
    lost: Option<(Instant, RDKafkaErrorCode)>,
}

impl ClientContext for Heard {
    fn error(&self, error: KafkaError, reason: &str) {
        tracing::warn!(target: "vextrus::outbox", %error, reason, "kafka");
        let Some(code) = error.rdkafka_error_code() else { return };
        let mut troubles = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let trouble = match code {
            RDKafkaErrorCode::AllBrokersDown | RDKafkaErrorCode::BrokerTransportFailure => &mut troubles.lost,
            _ => &mut troubles.told,
        };
        *trouble = Some((Instant::now(), code));
    }
}

impl Heard {
    fn since(&self, began: Instant) -> Option<RDKafkaErrorCode> {
        let Troubles { told, lost } = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        [told, lost].into_iter().flatten().find(|(at, _)| *at >= began).map(|(_, code)| code)
    }
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
        let heard = Heard::default();
        let client = properties::client(config)?;
        let producer = client.create_with_context(heard.clone()).map_err(|e| unusable(&e))?;
        let timeout = Duration::from_millis(config.timeout_millis);
        Ok(Self { producer, heard, topic: config.kafka_topic.trim().to_owned(), timeout })
    }

    pub(crate) async fn send(&self, event: &OutboxEvent) -> Result<(), Failure> {
        let key = format!("{}/{}", event.tenant, event.document);
        let payload = cloud_event(event).to_string();
        let headers = OwnedHeaders::new().insert(Header { key: "content-type", value: Some(CLOUD_EVENT) });
        let record = FutureRecord::to(&self.topic).key(&key).payload(&payload).headers(headers);
        let began = Instant::now();
        match self.producer.send(record, self.timeout).await {
            Ok(_) => Ok(()),
            Err((error, _)) => Err(failed(&error, self.heard.since(began))),
        }
    }
}

/// The error's own text may repeat a value, and that may be a password.
fn unusable(error: &KafkaError) -> NotifyError {
    let why = match error {
        KafkaError::ClientConfig(_, _, name, _) => format!("librdkafka does not know {name}, or not with this value"),
        _ => "the producer cannot be made of these properties".to_owned(),
    };
    NotifyError::key("kafka_properties_file", why)
}

fn failed(error: &KafkaError, heard: Option<RDKafkaErrorCode>) -> Failure {
    let why = heard.map(|code| format!(", {code}")).unwrap_or_default();
    match error.rdkafka_error_code() {
        Some(code @ (RDKafkaErrorCode::MessageSizeTooLarge | RDKafkaErrorCode::InvalidMessage)) => {
            Failure::Never(format!("the broker refuses it: {code}"))
        }
        Some(code) => Failure::later(format!("the broker did not take it: {code}{why}")),
        None => Failure::later("the producer cannot be used"),
    }
}
