//! `temporal workflow reset`: a run begins again from an earlier point, and its steps with it. Effects happen once all the same.

use anyhow::{Context as _, ensure};
use temporalio_client::NamespacedClient as _;
use temporalio_protos::temporal::api::common::v1::WorkflowExecution;
use temporalio_protos::temporal::api::enums::v1::EventType;
use temporalio_protos::temporal::api::history::v1::HistoryEvent;
use temporalio_protos::temporal::api::history::v1::history_event::Attributes;
use temporalio_protos::temporal::api::workflowservice::v1::ResetWorkflowExecutionRequest;
use tonic::Request;
use vextrus_contract::document::{DocumentResult, FinalStatus};
use vextrus_domain::RefusalCode;
use vextrus_replay::local::Local;
use vextrus_tests_e2e::messages::{decision, sent};
use vextrus_tests_e2e::{World, history, invoice};
use vextrus_tests_support::raw::Raw;

use crate::{is_closed, names, round, terminate, until_visible, world};

/// Begins the workflow's latest run again from the workflow task before the first of these activities was asked for.
pub(crate) async fn reset_before(world: &World, workflow: &str, activity: &str) -> anyhow::Result<()> {
    let client = &world.stack.client;
    let runs = history::runs(client, workflow).await?;
    let events = runs.last().context("no run")?;
    let scheduled = events.iter().find(|event| match &event.attributes {
        Some(Attributes::ActivityTaskScheduledEventAttributes(a)) => {
            a.activity_type.as_ref().is_some_and(|t| t.name == activity)
        }
        _ => Local::ended(event).is_some_and(|local| local.activity == activity),
    });
    let before = scheduled.with_context(|| format!("{activity} was not scheduled"))?.event_id;
    let is_task = |event: &&HistoryEvent| event.event_type() == EventType::WorkflowTaskCompleted;
    let task = events.iter().filter(is_task).rfind(|event| event.event_id < before).context("no workflow task")?;
    let reset = ResetWorkflowExecutionRequest {
        namespace: client.namespace(),
        workflow_execution: Some(WorkflowExecution { workflow_id: workflow.to_owned(), run_id: String::new() }),
        reason: "to see what happens".to_owned(),
        workflow_task_finish_event_id: task.event_id,
        request_id: uuid::Uuid::new_v4().to_string(),
        ..Default::default()
    };
    client.connection().workflow_service().reset_workflow_execution(Request::new(reset)).await?;
    Ok(())
}

/// Everything that counts: rows of the books, and the trail without entries that a step was repeated.
async fn books(world: &World) -> Vec<String> {
    let mut raw = Raw::open(&world.stack.config.ledger.address).await;
    let mut all = Vec::new();
    for sql in [
        "SELECT instruction || ' ' || amount FROM payment_instructions ORDER BY instruction",
        "SELECT entry || ' ' || line || ' ' || debit || ' ' || credit FROM journal_lines ORDER BY entry, line",
        "SELECT department || project || ' ' || reserved || ' ' || committed FROM budget_lines ORDER BY department, project",
        "SELECT series || ' ' || last FROM number_series ORDER BY series",
        "SELECT document || state || coalesce(outcome, '') FROM documents ORDER BY document",
        "SELECT hash FROM audit_entries WHERE content NOT LIKE '%\"kind\":\"written\"%' ORDER BY tenant, chain, seq",
    ] {
        all.extend(raw.texts(sql).await);
    }
    all
}

async fn settled(world: &World) -> anyhow::Result<String> {
    let id = world.submit(&invoice("padma-builders", "R-1", "200000")).await?;
    world.decide_when_open(&id, "level-1", "rahim", "approve").await?;
    world.decide_when_open(&id, "level-2", "karim", "approve").await?;
    ensure!(world.result(&id).await?.status == FinalStatus::Approved);
    Ok(id)
}

async fn comes_to_the_same(activity: &str) -> anyhow::Result<()> {
    let world = world().await?;
    let id = settled(&world).await?;
    let (before, result) = (books(&world).await, world.result(&id).await?);
    reset_before(&world, &format!("invoice/{}", world.key(&id).await?), activity).await?;
    let again = world.result(&id).await?;
    // The decisions that this run has heard may be fewer: the ledger had ended the document before it came to the later ones.
    let what_counts = |r: &DocumentResult| (r.status, r.settlement.clone(), r.totals.clone(), r.refusal.clone());
    ensure!(what_counts(&again) == what_counts(&result), "{again:#?} is not {result:#?}");
    ensure!(books(&world).await == before, "something was written again");
    ensure!(round(&world).await?.is_sound());
    world.finish().await
}

#[tokio::test(flavor = "multi_thread")]
async fn before_settling() -> anyhow::Result<()> {
    comes_to_the_same("settle").await
}

#[tokio::test(flavor = "multi_thread")]
async fn before_a_decision_was_recorded() -> anyhow::Result<()> {
    comes_to_the_same("record").await
}

#[tokio::test(flavor = "multi_thread")]
async fn before_everything() -> anyhow::Result<()> {
    comes_to_the_same("assess").await
}

#[tokio::test(flavor = "multi_thread")]
async fn while_it_waits() -> anyhow::Result<()> {
    let world = world().await?;
    let id = world.submit(&invoice("padma-builders", "R-1", "200000")).await?;
    world.decide_when_open(&id, "level-1", "rahim", "approve").await?;
    world
        .until("the second level is open", async || {
            let shown = world.person("nasrin").await?.get(&id).await?;
            let tasks = vextrus_starter_cli::json::tasks(&shown);
            Ok(tasks
                .iter()
                .any(|t| t.name.ends_with("level-2") && t.state() == vextrus_proto::approval::v1::TaskState::Open))
        })
        .await?;
    reset_before(&world, &format!("invoice/{}", world.key(&id).await?), "record").await?;
    world.decide_when_open(&id, "level-2", "karim", "approve").await?;
    let result = world.result(&id).await?;
    ensure!(result.status == FinalStatus::Approved, "{result:#?}");
    let decisions = world.trail(&id, "decided").await?;
    ensure!(decisions.len() == 2, "{decisions:#?}");
    ensure!(round(&world).await?.is_sound());
    world.finish().await
}

#[tokio::test(flavor = "multi_thread")]
async fn of_what_was_terminated_and_closed_meets_the_tombstone() -> anyhow::Result<()> {
    let world = world().await?;
    let id = world.submit(&invoice("padma-builders", "R-1", "200000")).await?;
    world.until_open(&id).await?;
    let key = world.key(&id).await?;
    let workflow = format!("invoice/{key}");
    terminate(&world.handle(&id).await?).await?;
    until_visible(&world, &workflow, false).await?;
    ensure!(names(&round(&world).await?) == ["terminated/close"]);
    reset_before(&world, &workflow, "assess").await?;
    until_visible(&world, &workflow, true).await?;
    ensure!(names(&round(&world).await?) == ["runs_on/alarm"]);
    // Its assessment is answered as it was, so that it waits; the decision that comes then is refused by the ledger.
    world.until("it waits again", async || Ok(world.status(&id).await?.status == "waiting")).await?;
    let signed = decision(&world, &key, "level-1", "rahim", "approve", Some(&world.stack.signing_key)).await?;
    // It may end before it has answered.
    drop(sent(&world.handle(&id).await?, signed, 30).await);
    let result = world.result(&id).await?;
    ensure!(result.status != FinalStatus::Approved, "{result:#?}");
    ensure!(result.refusal.is_some_and(|refusal| refusal.code == RefusalCode::DocumentClosed));
    is_closed(&world, &key, "failed").await?;
    world.finish().await
}
