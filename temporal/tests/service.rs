//! The namespace, the search attributes and the encryption of payloads on one real server.
#![cfg(test)]

use std::time::Duration;

use prost::Message as _;
use temporalio_client::{Client, UntypedSignal, WorkflowSignalOptions, WorkflowStartOptions, WorkflowTerminateOptions};
use temporalio_common::{
    MemoValues, UntypedWorkflow,
    data_converters::RawValue,
    search_attributes::{SearchAttributeKey, SearchAttributes},
};
use temporalio_protos::temporal::api::{
    common::v1::{Payload, WorkflowExecution},
    enums::v1::IndexedValueType,
    history::v1::{History, history_event::Attributes},
    operatorservice::v1::AddSearchAttributesRequest,
    workflowservice::v1::{
        DescribeNamespaceRequest, DescribeWorkflowExecutionRequest, GetWorkflowExecutionHistoryRequest,
    },
};
use tokio::sync::OnceCell;
use tonic::Request;
use vextrus_temporal::{
    Codec, ConnectOptions, DevServer, DevServerOptions, NamespaceChange, NamespaceError, RETENTION,
    SearchAttributesError, connect_to, ensure_namespace, ensure_search_attributes,
    search_attributes::{ALL, DEPARTMENT, DOCUMENT, STAGE, STATUS, TENANT, TOTAL_POISHA, VENDOR},
    task_queue,
};

static SERVER: OnceCell<DevServer> = OnceCell::const_new();

async fn client(namespace: &str) -> anyhow::Result<Client> {
    let server = SERVER.get_or_try_init(|| DevServer::start(DevServerOptions::default())).await?;
    Ok(connect_to(&server.address, namespace, ConnectOptions::default()).await?)
}

/// A history as the server keeps it, and what it says of the run.
async fn stored(client: &Client, namespace: &str, workflow: &str) -> anyhow::Result<(History, Vec<u8>)> {
    let mut service = client.connection().workflow_service();
    let execution = Some(WorkflowExecution { workflow_id: workflow.to_owned(), ..Default::default() });
    let namespace = namespace.to_owned();
    let history = GetWorkflowExecutionHistoryRequest {
        namespace: namespace.clone(),
        execution: execution.clone(),
        ..Default::default()
    };
    let history = service.get_workflow_execution_history(Request::new(history)).await?.into_inner().history;
    let describe = DescribeWorkflowExecutionRequest { namespace, execution };
    let described = service.describe_workflow_execution(Request::new(describe)).await?.into_inner();
    Ok((history.unwrap_or_default(), described.encode_to_vec()))
}

fn contains(bytes: &[u8], part: &str) -> bool {
    bytes.windows(part.len()).any(|window| window == part.as_bytes())
}

async fn retention(client: &Client, namespace: &str) -> anyhow::Result<Option<Duration>> {
    let describe = DescribeNamespaceRequest { namespace: namespace.to_owned(), ..Default::default() };
    let answer = client.connection().workflow_service().describe_namespace(Request::new(describe)).await?;
    let found = answer.into_inner().config.and_then(|config| config.workflow_execution_retention_ttl);
    Ok(found.and_then(|found| found.try_into().ok()))
}

/// Starts a run with every search attribute of ours, which the server refuses where it does not know one.
async fn start(client: &Client, id: &str) -> anyhow::Result<SearchAttributes> {
    let status = SearchAttributeKey::<String>::keyword(STATUS);
    let stage = SearchAttributeKey::<String>::keyword(STAGE);
    let attributes = SearchAttributes::new([
        status.value_set("waiting".into()),
        stage.value_set("level-1".into()),
        TENANT.value_set("acme".into()),
        DOCUMENT.value_set("doc-1".into()),
        VENDOR.value_set("vendor-1".into()),
        DEPARTMENT.value_set("it".into()),
        TOTAL_POISHA.value_set(1_234_567_890_123),
    ]);
    assert_eq!(attributes.len(), ALL.len());
    let options = WorkflowStartOptions::new(task_queue::INVOICE, id).search_attributes(attributes).build();
    let run = client.start_workflow(UntypedWorkflow::new("Nobody"), RawValue::empty(), options).await?;
    let found = run.describe(Default::default()).await?.search_attributes();
    run.terminate(WorkflowTerminateOptions::builder().reason("done").build()).await?;
    Ok(found)
}

#[tokio::test]
async fn a_namespace_is_made_once_and_kept_as_it_should_be() -> anyhow::Result<()> {
    let name = "made";
    let client = client(name).await?;
    assert_eq!(ensure_namespace(&client, name, RETENTION).await?, NamespaceChange::Created);
    assert_eq!(ensure_namespace(&client, name, RETENTION).await?, NamespaceChange::Unchanged);
    assert_eq!(ensure_search_attributes(&client, name).await?.len(), ALL.len());
    let week = Duration::from_secs(7 * 24 * 60 * 60);
    assert_eq!(ensure_namespace(&client, name, week).await?, NamespaceChange::Updated { from: RETENTION });
    assert_eq!(retention(&client, name).await?, Some(week));
    // The rest of the configuration, which holds the names of search attributes, is as before.
    assert!(ensure_search_attributes(&client, name).await?.is_empty());
    start(&client, "made-1").await?;
    Ok(())
}

#[tokio::test]
async fn many_processes_make_one_namespace_at_once() -> anyhow::Result<()> {
    let name = "raced";
    let clients = [client(name).await?, client(name).await?, client(name).await?, client(name).await?];
    let [one, two, three, four] = &clients;
    let made = tokio::try_join!(
        ensure_namespace(one, name, RETENTION),
        ensure_namespace(two, name, RETENTION),
        ensure_namespace(three, name, RETENTION),
        ensure_namespace(four, name, RETENTION),
    )?;
    let made = [made.0, made.1, made.2, made.3];
    assert_eq!(made.iter().filter(|made| **made == NamespaceChange::Created).count(), 1, "{made:?}");
    let added = tokio::try_join!(
        ensure_search_attributes(one, name),
        ensure_search_attributes(two, name),
        ensure_search_attributes(three, name),
        ensure_search_attributes(four, name),
    )?;
    assert!(!added.0.is_empty() || !added.1.is_empty() || !added.2.is_empty() || !added.3.is_empty());
    let found = start(one, "raced-1").await?;
    assert_eq!(found.get(&TOTAL_POISHA), Some(1_234_567_890_123));
    assert_eq!(found.get(&TENANT).as_deref(), Some("acme"));
    assert_eq!(one.count_workflows("VextrusTenant = 'nobody'", Default::default()).await?.count(), 0);
    Ok(())
}

#[tokio::test]
async fn what_the_server_refuses_is_an_error_at_once() -> anyhow::Result<()> {
    let name = "refused";
    let client = client(name).await?;
    for (retention, told) in [(Duration::from_secs(1), "cannot create"), (Duration::MAX, "too long")] {
        let error = ensure_namespace(&client, name, retention).await.err();
        let text = error.as_ref().map(ToString::to_string).unwrap_or_default();
        assert!(text.contains(told), "{text}");
        assert!(!matches!(error, Some(NamespaceError::NotUsable { .. })));
    }
    Ok(())
}

#[tokio::test]
async fn a_search_attribute_of_another_type_is_refused() -> anyhow::Result<()> {
    let name = "mistyped";
    let client = client(name).await?;
    ensure_namespace(&client, name, RETENTION).await?;
    let add = AddSearchAttributesRequest {
        search_attributes: [(STAGE.to_owned(), IndexedValueType::Int as i32)].into(),
        namespace: name.to_owned(),
    };
    client.connection().operator_service().add_search_attributes(Request::new(add)).await?;
    let error = ensure_search_attributes(&client, name).await.err();
    let Some(SearchAttributesError::WrongType { name, found, .. }) = error else {
        panic!("{error:?}");
    };
    assert_eq!((name, found), (STAGE, IndexedValueType::Int as i32));
    Ok(())
}

/// Of a person who does not exist.
const NID: &str = "1990269812345678";

fn about_nid() -> RawValue {
    let json = [("encoding".to_owned(), b"json/plain".to_vec())].into();
    RawValue::new(vec![Payload {
        metadata: json,
        data: format!("{{\"nid\":\"{NID}\"}}").into_bytes(),
        ..Default::default()
    }])
}

/// Starts a run that says the number in its input, its memo and a signal, and its own id in its summary.
async fn start_with_nid(client: &Client, id: &str) -> anyhow::Result<()> {
    let mut memo = MemoValues::new();
    memo.insert("nid", NID.to_owned());
    let options =
        WorkflowStartOptions::new(task_queue::INVOICE, id).memo(memo).static_summary(format!("run {id}")).build();
    let run = client.start_workflow(UntypedWorkflow::new("Nobody"), about_nid(), options).await?;
    run.signal(UntypedSignal::new("about"), about_nid(), WorkflowSignalOptions::default()).await?;
    Ok(())
}

#[tokio::test]
async fn a_history_shows_nothing_without_the_keys() -> anyhow::Result<()> {
    let name = "encrypted";
    let clear = client(name).await?;
    ensure_namespace(&clear, name, RETENTION).await?;
    let server = SERVER.get_or_try_init(|| DevServer::start(DevServerOptions::default())).await?;
    let codec = Codec::from_text("k-1=AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE")?;
    let options = ConnectOptions { codec: Some(codec.clone()), ..ConnectOptions::default() };
    let encrypting = connect_to(&server.address, name, options).await?;
    start_with_nid(&clear, "in-clear").await?;
    start_with_nid(&encrypting, "encrypted").await?;

    let (history, described) = stored(&clear, name, "in-clear").await?;
    assert!(
        contains(&history.encode_to_vec(), NID) && contains(&described, NID),
        "the test finds what stands in clear"
    );
    let (history, described) = stored(&clear, name, "encrypted").await?;
    assert!(!contains(&history.encode_to_vec(), NID) && !contains(&described, NID));
    assert!(contains(&history.encode_to_vec(), "k-1"));
    // The SDK gives the summary of a start to no codec: docs/encryption.md says so.
    assert!(contains(&history.encode_to_vec(), "run encrypted"));

    let mut read = 0;
    for event in history.events {
        let input = match event.attributes {
            Some(Attributes::WorkflowExecutionStartedEventAttributes(started)) => started.input,
            Some(Attributes::WorkflowExecutionSignaledEventAttributes(signaled)) => signaled.input,
            _ => continue,
        };
        let [payload] = input.unwrap_or_default().payloads.try_into().unwrap();
        assert!(codec.decrypt(payload)? == about_nid().payloads[0]);
        read += 1;
    }
    assert_eq!(read, 2);
    for (id, client) in [("encrypted", &encrypting), ("in-clear", &encrypting)] {
        let described = client.get_workflow_handle::<UntypedWorkflow>(id).describe(Default::default()).await?;
        assert_eq!(described.memo().get::<String>("nid")?.as_deref(), Some(NID), "{id}");
    }
    let unread = clear.get_workflow_handle::<UntypedWorkflow>("encrypted").describe(Default::default()).await?;
    assert!(unread.memo().get::<String>("nid").is_err());
    Ok(())
}
