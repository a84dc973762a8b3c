//! Events over a signed webhook.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use chrono::{TimeDelta, Utc};
use serde_json::{Value, json};
use vextrus_ledger::outbox::EventKind;
use vextrus_notify::Channels;
use vextrus_notify::webhook::{ID, IDEMPOTENCY_KEY, TOLERANCE, verify};
use vextrus_platform::notify::NotifyConfig;
use vextrus_tests_support::company::Acme;
use vextrus_tests_support::on_both;

use crate::receiver::Receiver;
use crate::{SECRET, TODAY, add, config, deliveries, dispatch, dispatch_all, hook, opened, states};

on_both![
    an_event_arrives_signed_as_a_cloud_event,
    a_receiver_that_is_away_gets_everything_in_order,
    what_is_refused_is_dead_at_once_and_the_rest_goes_on,
    a_receiver_is_asked_only_so_often,
    the_wish_to_be_left_alone_is_followed,
    one_document_does_not_hold_up_another,
];

fn fine(_: usize, _: Value) -> Response {
    "thank you".into_response()
}

async fn an_event_arrives_signed_as_a_cloud_event(acme: &Acme) {
    acme.at(TODAY);
    let receiver = Receiver::new(fine).await;
    let channels = Channels::configured(&hook(receiver.url())).unwrap();
    add(acme, "inv-1", EventKind::Settled, "", json!({"number": "PI-1", "to": "karim", "vendor": "padma"})).await;
    assert_eq!(dispatch(acme, &channels).await, 1);
    let [(headers, body)] = receiver.seen().try_into().unwrap();
    let event: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(headers["content-type"], "application/cloudevents+json");
    assert_eq!((&headers[ID], &headers[IDEMPOTENCY_KEY]), (&headers[ID], &headers[ID]));
    assert_eq!(headers[ID], event["id"].as_str().unwrap());
    verify(&[SECRET.parse().unwrap()], &headers, &body, Utc::now(), TOLERANCE).unwrap();
    assert_eq!(event["source"], "/tenants/acme/invoices/inv-1");
    assert_eq!(event["type"], "bd.vextrus.document.settled.v1");
    assert_eq!((&event["time"], &event["sequence"]), (&json!("2025-08-10T06:00:00.000000Z"), &json!("000000000001")));
    assert_eq!(event["data"], json!({"number": "PI-1", "to": "karim", "vendor": "padma"}));
    assert_eq!(states(acme).await, [("sent".to_owned(), 1, None)]);
    assert_eq!(dispatch(acme, &channels).await, 0);
}

async fn a_receiver_that_is_away_gets_everything_in_order(acme: &Acme) {
    acme.at(TODAY);
    // Every third request is taken, the others fail in different ways.
    let receiver = Receiver::new(|before, _| match before % 3 {
        0 => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        1 => StatusCode::TOO_MANY_REQUESTS.into_response(),
        _ => "{}".into_response(),
    })
    .await;
    let channels = Channels::configured(&hook(receiver.url())).unwrap();
    for task in ["a", "b", "c"] {
        opened(acme, "inv-1", task).await;
    }
    dispatch_all(acme, &channels).await;
    let came: Vec<(String, String)> = receiver
        .events()
        .iter()
        .map(|e| (e["data"]["task"].as_str().unwrap().to_owned(), e["id"].as_str().unwrap().to_owned()))
        .collect();
    let tasks: Vec<&str> = came.iter().map(|(task, _)| task.as_str()).collect();
    assert_eq!(tasks, ["a", "a", "a", "b", "b", "b", "c", "c", "c"]);
    let ids: BTreeMap<&str, &str> = came.iter().map(|(task, id)| (task.as_str(), id.as_str())).collect();
    assert!(came.iter().all(|(task, id)| ids[task.as_str()] == id), "an event keeps its id: {came:?}");
    assert!(states(acme).await.iter().all(|(state, attempts, _)| state == "sent" && *attempts == 3));
}

async fn what_is_refused_is_dead_at_once_and_the_rest_goes_on(acme: &Acme) {
    acme.at(TODAY);
    let receiver = Receiver::new(|_, event| match event["data"]["task"].as_str() {
        Some("bad") => (StatusCode::BAD_REQUEST, "rina@example.com is unknown").into_response(),
        _ => "{}".into_response(),
    })
    .await;
    let channels = Channels::configured(&hook(receiver.url())).unwrap();
    for task in ["good", "bad", "better"] {
        opened(acme, "inv-1", task).await;
    }
    assert_eq!(dispatch(acme, &channels).await, 3);
    let said = Some("it answered 400, a refusal".to_owned());
    assert_eq!(
        states(acme).await,
        [("sent".to_owned(), 1, None), ("dead".to_owned(), 1, said), ("sent".to_owned(), 1, None)]
    );
    let places: Vec<Value> = receiver.events().iter().map(|e| e["sequence"].clone()).collect();
    assert_eq!(places, ["000000000001", "000000000002", "000000000003"]);
}

async fn a_receiver_is_asked_only_so_often(acme: &Acme) {
    acme.at(TODAY);
    let receiver = Receiver::new(|_, _| StatusCode::BAD_GATEWAY.into_response()).await;
    let channels = Channels::configured(&NotifyConfig { attempts: 3, ..hook(receiver.url()) }).unwrap();
    opened(acme, "inv-1", "a").await;
    assert_eq!(dispatch(acme, &channels).await, 1);
    assert_eq!(dispatch(acme, &channels).await, 0, "not before the pause is over");
    dispatch_all(acme, &channels).await;
    assert_eq!(receiver.seen().len(), 3);
    let said = Some("given up after 3 attempts: it is unavailable: it answered 502".to_owned());
    assert_eq!(states(acme).await, [("dead".to_owned(), 3, said)]);
}

async fn the_wish_to_be_left_alone_is_followed(acme: &Acme) {
    acme.at(TODAY);
    let receiver = Receiver::new(|before, _| match before {
        0 => (StatusCode::SERVICE_UNAVAILABLE, [("retry-after", "7200")]).into_response(),
        _ => "{}".into_response(),
    })
    .await;
    let channels = Channels::configured(&hook(receiver.url())).unwrap();
    opened(acme, "inv-1", "a").await;
    assert_eq!(dispatch(acme, &channels).await, 1);
    acme.pass(TimeDelta::seconds(7199));
    assert_eq!(dispatch(acme, &channels).await, 0);
    acme.pass(TimeDelta::seconds(1));
    assert_eq!(dispatch(acme, &channels).await, 1);
    assert_eq!(states(acme).await[0].0, "sent");
}

async fn one_document_does_not_hold_up_another(acme: &Acme) {
    acme.at(TODAY);
    let receiver = Receiver::new(|_, event| match event["source"].as_str().unwrap().ends_with("inv-1") {
        true => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        false => "{}".into_response(),
    })
    .await;
    let channels = Channels::configured(&hook(receiver.url())).unwrap();
    for document in ["inv-1", "inv-2", "inv-3"] {
        opened(acme, document, "a").await;
        opened(acme, document, "b").await;
    }
    assert_eq!(dispatch(acme, &channels).await, 5);
    let found = deliveries(acme).await;
    let waiting: Vec<&str> = found.iter().filter(|d| d.state == "waiting").map(|d| d.document.as_str()).collect();
    assert_eq!(waiting, ["inv-1", "inv-1"]);
}

#[test]
fn what_cannot_be_used_is_said_by_its_key() {
    let hooked = || hook("https://hooks.example.com/x?token=t0psecret".to_owned());
    for (wrong, said) in [
        (config("log, pigeon"), "notify.channels: \"pigeon\" is no channel; name some of log, webhook, smtp, kafka"),
        (config("webhook"), "notify.webhook_secret_file: secret file"),
        (
            NotifyConfig { webhook_url: "http://hooks.example.com/t0psecret".to_owned(), ..hooked() },
            "notify.webhook_url: ",
        ),
        (NotifyConfig { attempts: 0, ..hooked() }, "notify.attempts: 0 is not between 1 and 1000"),
        (
            NotifyConfig { timeout_millis: 20_001, ..hooked() },
            "notify.timeout_millis: 20001 is not between 1 and 20000",
        ),
        (NotifyConfig { in_flight: 0, ..hooked() }, "notify.in_flight: 0"),
        (config("smtp"), "notify.smtp_host: it is empty"),
        (
            NotifyConfig { smtp_host: "mail.example.com".to_owned(), ..config("smtp") },
            "notify.smtp_from: it is no address",
        ),
        #[cfg(not(feature = "kafka"))]
        (config("kafka"), "notify.channels: this program was built without the channel kafka"),
        #[cfg(feature = "kafka")]
        (config("kafka"), "notify.kafka_brokers: it is empty"),
    ] {
        let error = Channels::configured(&wrong).unwrap_err().to_string();
        assert!(error.starts_with(said) && !error.contains("t0psecret"), "{said}: {error}");
    }
    assert!(Channels::configured(&hooked()).is_ok() && Channels::configured(&config("")).is_ok());
}
