//! Events in Kafka, with the brokers that librdkafka plays.

use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::consumer::{Consumer as _, StreamConsumer};
use rdkafka::message::{Headers as _, Message as _};
use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;
use serde_json::Value;
use vextrus_notify::Channels;
use vextrus_platform::notify::{KafkaSecurity, NotifyConfig};
use vextrus_tests_support::company::Acme;
use vextrus_tests_support::on_both;

use crate::{TODAY, config, dispatch, file, opened, states};

on_both![a_documents_events_stay_in_one_partition_in_their_order, brokers_that_are_away_are_asked_again];

const TOPIC: &str = "vextrus.events";

/// So many brokers.
pub(crate) fn brokers(count: i32) -> MockCluster<'static, DefaultProducerContext> {
    let brokers = MockCluster::new(count).unwrap();
    brokers.create_topic(TOPIC, 8, count).unwrap();
    brokers
}

/// An event that came.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Came {
    pub(crate) key: String,
    partition: i32,
    offset: i64,
    task: String,
}

/// The first events of the topic, in the order in which they are read.
pub(crate) async fn take(brokers: &MockCluster<'static, DefaultProducerContext>, count: usize) -> Vec<Came> {
    let consumer: StreamConsumer = ClientConfig::new()
        .set("bootstrap.servers", brokers.bootstrap_servers())
        .set("group.id", "test")
        .set("auto.offset.reset", "earliest")
        .create()
        .unwrap();
    consumer.subscribe(&[TOPIC]).unwrap();
    let mut came = Vec::new();
    while came.len() < count {
        let message = tokio::time::timeout(Duration::from_secs(60), consumer.recv()).await.unwrap().unwrap();
        let event: Value = serde_json::from_slice(message.payload().unwrap()).unwrap();
        let key = String::from_utf8(message.key().unwrap().to_vec()).unwrap();
        let header = message.headers().unwrap().get(0);
        assert_eq!((header.key, header.value.unwrap()), ("content-type", b"application/cloudevents+json".as_slice()));
        assert_eq!(
            event["source"].as_str().unwrap(),
            format!("/tenants/acme/invoices/{}", key.rsplit('/').next().unwrap())
        );
        let task = event["data"]["task"].as_str().unwrap().to_owned();
        came.push(Came { key, partition: message.partition(), offset: message.offset(), task });
    }
    came
}

/// Brokers that speak in plain.
fn plain(brokers: &str) -> NotifyConfig {
    NotifyConfig { kafka_brokers: brokers.to_owned(), kafka_security: KafkaSecurity::None, ..config("kafka") }
}

async fn a_documents_events_stay_in_one_partition_in_their_order(acme: &Acme) {
    acme.at(TODAY);
    let brokers = brokers(3);
    let channels = Channels::configured(&plain(&brokers.bootstrap_servers())).unwrap();
    for document in ["inv-1", "inv-2", "inv-3"] {
        for task in ["a", "b", "c"] {
            opened(acme, document, task).await;
        }
    }
    assert_eq!(dispatch(acme, &channels).await, 9);
    let mut came = take(&brokers, 9).await;
    came.sort();
    for document in ["acme/inv-1", "acme/inv-2", "acme/inv-3"] {
        let of_it: Vec<_> = came.iter().filter(|came| came.key == document).collect();
        assert!(of_it.iter().all(|came| came.partition == of_it[0].partition), "{of_it:?}");
        assert_eq!(of_it.iter().map(|came| came.task.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
    }
    assert!(states(acme).await.iter().all(|(state, ..)| state == "sent"));
}

async fn brokers_that_are_away_are_asked_again(acme: &Acme) {
    acme.at(TODAY);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = taken.local_addr().unwrap().to_string();
    drop(taken);
    let away = NotifyConfig { timeout_millis: 500, ..plain(&nobody) };
    opened(acme, "inv-1", "a").await;
    assert_eq!(dispatch(acme, &Channels::configured(&away).unwrap()).await, 1);
    let [(state, attempts, said)] = states(acme).await.try_into().unwrap();
    assert_eq!((state.as_str(), attempts), ("waiting", 1));
    assert!(said.unwrap().starts_with("the broker did not take it: "));
}

#[test]
fn a_property_that_is_wrong_is_named_without_its_value() {
    for (text, said) in [
        ("sasl.mechanism t0psecret", "line 1 of"),
        ("no.such.property=t0psecret", "librdkafka does not know no.such.property"),
        ("acks=t0psecret", "acks is always all"),
        ("# ours\nenable.ssl.certificate.verification = t0psecret", "line 2 of"),
        ("security.protocol=t0psecret", "set notify.kafka_security in place of security.protocol"),
        ("ssl.ca.location=/t0psecret", "set notify.kafka_root_file in place of ssl.ca.location"),
        ("sasl.mechanism=PLAIN\nsasl.password=t0psecret", "credentials are not sent in plain"),
    ] {
        let kafka_properties_file = file("kafka-properties", text);
        let wrong = NotifyConfig { kafka_properties_file, ..plain("127.0.0.1:1") };
        let error = Channels::configured(&wrong).unwrap_err().to_string();
        assert!(error.contains(said) && !error.contains("t0psecret"), "{error}");
    }
}

#[test]
fn credentials_go_by_tls() {
    let text = "sasl.mechanism=SCRAM-SHA-512\nsasl.username=vextrus\nsasl.password=t0psecret";
    let kafka_properties_file = file("kafka-credentials", text);
    let secured = NotifyConfig { kafka_properties_file, kafka_security: KafkaSecurity::Tls, ..plain("127.0.0.1:1") };
    Channels::configured(&secured).unwrap();
}
