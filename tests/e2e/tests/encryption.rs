//! With encrypted payloads a document goes its whole way, and what Temporal stores of it cannot be read.
#![cfg(test)]

use std::collections::BTreeSet;

use futures::StreamExt as _;
use futures::future::{BoxFuture, ready};
use prost::Message as _;
use temporalio_client::errors::WorkflowUpdateError;
use temporalio_client::{WorkflowExecuteUpdateOptions, WorkflowFetchHistoryOptions};
use temporalio_common::data_converters::PayloadConversionError;
use temporalio_common::payload_visitor::{AsyncPayloadVisitor, PayloadField, PayloadFieldData, PayloadVisitable as _};
use temporalio_protos::temporal::api::common::v1::Payload;
use temporalio_protos::temporal::api::history::v1::History;
use tokio::net::{TcpListener, TcpStream};
use vextrus_contract::document::FinalStatus;
use vextrus_invoice::InvoiceApproval;
use vextrus_platform::Config;
use vextrus_replay::gate::{self, Recorded, Verdict};
use vextrus_starter_cli::client::new_request_id;
use vextrus_temporal::{Codec, ConnectOptions, codec, connect_to, converter};
use vextrus_tests_e2e::messages::{decision, signal};
use vextrus_tests_e2e::{World, invoice, status_of};

/// Of a person who does not exist.
const NID: &str = "1990269812345678";

/// A free address; nobody else takes it in the moment before the facade does.
async fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().to_string()
}

async fn encrypted(listen: &str) -> World {
    let mut codec = Config::layered(None, |_| None).unwrap().codec;
    codec.keys = "k-1=AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE".to_owned().into();
    listen.clone_into(&mut codec.listen);
    World::with(|options| options.codec = Some(codec)).await.unwrap()
}

/// Where payloads stand in clear.
#[derive(Default)]
struct InClear(BTreeSet<&'static str>);

impl AsyncPayloadVisitor for InClear {
    fn visit<'a>(&'a mut self, field: PayloadField<'a>) -> BoxFuture<'a, Result<(), PayloadConversionError>> {
        let clear = |payload: &Payload| {
            payload.metadata.get("encoding").is_none_or(|e| e != b"binary/encrypted") && !is_of_the_sdk(payload)
        };
        let found = match field.data {
            PayloadFieldData::Single(payload) => clear(payload),
            PayloadFieldData::Repeated(payloads) => payloads.iter().any(clear),
            PayloadFieldData::Payloads(payloads) => payloads.payloads.iter().any(clear),
        };
        if found {
            self.0.insert(field.path);
        }
        Box::pin(ready(Ok(())))
    }
}

/// What the SDK keeps for itself in a marker: the id of a patch, or the type and the times of a local activity.
fn is_of_the_sdk(payload: &Payload) -> bool {
    const KEPT: [&str; 10] = [
        "id",
        "deprecated",
        "seq",
        "attempt",
        "activity_id",
        "activity_type",
        "complete_time",
        "backoff",
        "original_schedule_time",
        "activation_index",
    ];
    let fields: Option<serde_json::Map<String, serde_json::Value>> = serde_json::from_slice(&payload.data).ok();
    fields.is_some_and(|fields| !fields.is_empty() && fields.keys().all(|name| KEPT.contains(&name.as_str())))
}

/// The document's history as somebody without the keys gets it.
async fn stored(world: &World, id: &str) -> History {
    let (temporal, namespace) = (&world.stack.temporal, &world.stack.namespace);
    let stranger = connect_to(temporal, namespace, ConnectOptions::default()).await.unwrap();
    let workflow = format!("invoice/{}", world.key(id).await.unwrap());
    let handle = stranger.get_workflow_handle::<InvoiceApproval>(workflow);
    let events = handle.fetch_history(WorkflowFetchHistoryOptions::default());
    History { events: events.map(|event| event.unwrap()).collect().await }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_goes_its_way_and_its_history_shows_nothing() {
    let world = encrypted("").await;
    let id = world.submit(&invoice("padma-builders", "E-1", "200000")).await.unwrap();
    world.until_open(&id).await.unwrap();
    assert_eq!(world.status(&id).await.unwrap().refused_messages, 0);

    // What the workflow refuses reaches the caller, though failures travel encrypted too.
    let (handle, key, own) =
        (world.handle(&id).await.unwrap(), world.key(&id).await.unwrap(), world.stack.signing_key.clone());
    let early = decision(&world, &key, "level-1", "karim", "approve", Some(&own)).await.unwrap();
    let error = handle
        .execute_update(InvoiceApproval::decide, early, WorkflowExecuteUpdateOptions::default())
        .await
        .unwrap_err();
    let WorkflowUpdateError::Failed(failure) = error else { panic!("{error:?}") };
    assert_eq!(failure.message, "Encoded failure");
    let message = codec::message(&world.stack.client, &failure).await.unwrap();
    assert!(message.contains("NOT_ELIGIBLE"), "{message}");
    let error = world.decide(&id, "nasrin", "approve").await.unwrap_err();
    assert!(status_of(&error).message().starts_with("SELF_APPROVAL"), "{error}");

    let signed = decision(&world, &key, "level-1", "rahim", "approve", Some(&own)).await.unwrap();
    let body = serde_json::json!({"approver": "rahim", "comments": NID, "assertion": signed}).to_string();
    signal(&handle, "approve", &[&body]).await.unwrap();
    let mut karim = world.person("karim").await.unwrap();
    world.until("level 2 is open", async || Ok(karim.inbox().await?.len() == 1)).await.unwrap();
    karim.decide(&id, Some("level-2"), "approve", NID, new_request_id()).await.unwrap();
    let result = world.result(&id).await.unwrap();
    assert_eq!((result.status, result.decisions.len()), (FinalStatus::Approved, 2));

    let mut history = stored(&world, &id).await;
    // Whoever has the keys replays it before a rollout.
    let keys = Codec::configured(&world.stack.config.codec).unwrap();
    let recorded = Recorded { name: id.clone(), history: history.clone() };
    let replayed = tokio::task::spawn_blocking(move || {
        gate::replay(&vextrus_replay::workflows(converter(keys)).unwrap(), vec![recorded]).unwrap()
    });
    assert_eq!(replayed.await.unwrap()[0].verdict, Verdict::Replayed);
    let bytes = history.encode_to_vec();
    let shows = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(!shows(NID) && !shows("rahim") && !shows("assess, revision 1"));
    // docs/encryption.md names these.
    assert!(shows("invoice E-1 of padma-builders"));
    let mut clear = InClear::default();
    history.visit_payloads_mut(&mut clear).await.unwrap();
    let expected = BTreeSet::from([
        "temporal.api.common.v1.SearchAttributes.indexed_fields",
        "temporal.api.sdk.v1.UserMetadata.details",
        "temporal.api.sdk.v1.UserMetadata.summary",
    ]);
    assert_eq!(clear.0, expected);
    world.finish().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_codec_endpoint_lives_as_long_as_the_facade() {
    let address = free_address().await;
    let world = encrypted(&address).await;
    world.until("it listens", async || Ok(TcpStream::connect(&address).await.is_ok())).await.unwrap();
    world.finish().await.unwrap();
    assert!(TcpStream::connect(&address).await.is_err());
}
