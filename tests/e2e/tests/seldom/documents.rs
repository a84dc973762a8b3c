//! Documents.

use std::time::Duration;

use anyhow::ensure;
use serde_json::json;
use temporalio_client::WorkflowGetResultOptions;
use vextrus_contract::document::FinalStatus;
use vextrus_contract::steps::{CloseOutput, RecordOutput, SettleOutput};
use vextrus_domain::DocumentType;
use vextrus_invoice::InvoiceApproval;
use vextrus_ledger::rules::RuleKind;
use vextrus_platform::config::SignalTrust;
use vextrus_proto::approval::v1::act_request::Action;
use vextrus_proto::approval::v1::{Comment, Reassess, Withdraw};
use vextrus_proto::purchasing::v1::PurchaseOrder;
use vextrus_starter_cli::client::new_request_id;
use vextrus_tests_e2e::messages::signal;
use vextrus_tests_e2e::{World, invoice, order};

use crate::{Said, no, stop, with};

/// Somebody who may have a document computed again.
const ADMINISTRATOR: &str = "ruma";

/// How an invoice ends that is answered so at its levels, where a step says something else.
async fn ends(step: &'static str, said: Vec<Said>, answers: &[(&str, &str, &str)]) -> anyhow::Result<FinalStatus> {
    let (world, fleet) = with(step, said, |_| {}).await?;
    let id = world.submit(&invoice("padma-builders", "S-1", "200000")).await?;
    for (task, person, answer) in answers {
        world.decide_when_open(&id, task, person, answer).await?;
    }
    let status = world.result(&id).await?.status;
    stop(world, fleet).await?;
    Ok(status)
}

const APPROVED: [(&str, &str, &str); 2] = [("level-1", "rahim", "approve"), ("level-2", "karim", "approve")];
const REJECTED: [(&str, &str, &str); 1] = [("level-1", "rahim", "reject")];

#[tokio::test(flavor = "multi_thread")]
async fn an_assessment_that_fails_ends_it() -> anyhow::Result<()> {
    ensure!(ends("assess", vec![Said::Fails], &[]).await? == FinalStatus::Failed);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_recorded_ends_it() -> anyhow::Result<()> {
    let refused = Said::value(RecordOutput::Refused(no()));
    ensure!(ends("record", vec![refused], &APPROVED[..1]).await? == FinalStatus::Failed);
    ensure!(ends("record", vec![Said::Fails], &APPROVED[..1]).await? == FinalStatus::Failed);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_settled_is_closed() -> anyhow::Result<()> {
    let refused = Said::value(SettleOutput::Refused(no()));
    ensure!(ends("settle", vec![refused], &APPROVED).await? == FinalStatus::Failed);
    ensure!(ends("settle", vec![Said::Fails], &APPROVED).await? == FinalStatus::Failed);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_settled_already_was_approved() -> anyhow::Result<()> {
    let settlement = serde_json::from_value(json!({"number": "PAY-2026-27-000001", "date": "2026-11-25"}))?;
    let settled = Said::value(CloseOutput::AlreadySettled(Box::new(settlement)));
    ensure!(ends("close", vec![settled], &REJECTED).await? == FinalStatus::Approved);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_not_ended_by_the_ledger_is_asked_again() -> anyhow::Result<()> {
    let open = Said::value(CloseOutput::NotEnded { refused: Vec::new() });
    // The decision that rejected it was never told to the ledger, which does not close it as rejected then.
    ensure!(ends("close", vec![open], &REJECTED).await? == FinalStatus::Failed);
    Ok(())
}

/// It takes the minute of the pause.
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_closed_is_tried_again_after_a_pause() -> anyhow::Result<()> {
    let (world, fleet) = with("close", [Said::Fails, Said::Fails], |_| {}).await?;
    let id = world.submit(&invoice("padma-builders", "S-1", "200000")).await?;
    world.decide_when_open(&id, "level-1", "rahim", "reject").await?;
    let handle = world.handle(&id).await?;
    let result = handle.get_result(WorkflowGetResultOptions::default());
    ensure!(tokio::time::timeout(Duration::from_secs(120), result).await??.status == FinalStatus::Failed);
    stop(world, fleet).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_rejected_and_asked_about_by_signals() -> anyhow::Result<()> {
    let world = World::with(|o| o.trust = SignalTrust::Namespace).await?;
    let rejected = world.order(&order("meghna-steel", "60000")).await?;
    let is_asked = |o: &PurchaseOrder| o.approval.as_ref().is_some_and(|a| !a.tasks.is_empty());
    world.until_order(&rejected, is_asked).await?;
    let handle = world.order_handle(&rejected).await?;
    let question = json!({"requestedBy": "karim", "question": "which site?"}).to_string();
    signal(&handle, "requestInfo", &[&question]).await?;
    signal(&handle, "reject", &[&json!({"approver": "karim", "reason": "too dear"}).to_string()]).await?;
    ensure!(world.order_result(&rejected).await?.status == FinalStatus::Rejected);
    world.stack.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_before_the_assessment_is_heard_after_it() -> anyhow::Result<()> {
    let mut world = World::with(|o| o.trust = SignalTrust::Namespace).await?;
    world.stack.stop_worker().await?;
    let id = world.submit(&invoice("padma-builders", "S-1", "1000")).await?;
    signal(&world.handle(&id).await?, "approve", &[&json!({"approver": "rahim", "comments": "ok"}).to_string()])
        .await?;
    world.stack.start_worker()?;
    ensure!(world.result(&id).await?.status == FinalStatus::Approved);
    world.finish().await
}

const TWO_DAYS: &str = "escalate = [{ to = \"deputy\", within = \"2d\" }, { to = \"manager\", within = \"2d\" }]";

/// The second level has an hour, the first has days.
#[tokio::test(flavor = "multi_thread")]
async fn a_shorter_time_moves_the_timer_forward() -> anyhow::Result<()> {
    let world = World::new().await?;
    let orders = include_str!("../../../../rules/approval/purchase_order.toml")
        .replace("above = \"100000\"\nwithin = \"7d\"", "above = \"100000\"\nwithin = \"1h\"");
    world.activate(RuleKind::Approval, &orders).await?;
    let id = world.order(&order("meghna-steel", "120000")).await?;
    world.decide_order(&id, "level-1", "karim", "approve").await?;
    world.decide_order(&id, "level-2", "farida", "approve").await?;
    ensure!(world.order_result(&id).await?.status == FinalStatus::Approved);
    let invoices = include_str!("../../../../rules/approval/invoice.toml")
        .replace("above = \"100000\"\nwithin = \"3d\"", "above = \"100000\"\nwithin = \"1h\"")
        .replace(TWO_DAYS, "");
    world.activate(RuleKind::Approval, &invoices).await?;
    let id = world.submit(&invoice("padma-builders", "S-1", "200000")).await?;
    world.decide_when_open(&id, "level-1", "rahim", "approve").await?;
    world.decide_when_open(&id, "level-2", "karim", "approve").await?;
    ensure!(world.result(&id).await?.status == FinalStatus::Approved);
    world.stack.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_goes_on_in_another_run_and_is_assessed_again() -> anyhow::Result<()> {
    let world = World::with(|o| o.events_of_a_run = Some(40)).await?;
    let id = world.submit(&invoice("padma-builders", "S-1", "200000")).await?;
    world.until_open(&id).await?;
    let mut nasrin = world.person("nasrin").await?;
    let name = nasrin.name(DocumentType::Invoice, &id);
    for number in 0..12 {
        let comment = Action::Comment(Comment { text: format!("note {number}") });
        nasrin.act(name.clone(), comment, new_request_id()).await?;
    }
    let handle = world.handle(&id).await?;
    world
        .until("it goes on in another run", async || {
            let status = handle.query(InvoiceApproval::status, (), Default::default()).await;
            Ok(status.map_err(|e| anyhow::anyhow!("{e:?}"))?.runs >= 1)
        })
        .await?;
    let again = Action::Reassess(Reassess { reason: "the vendor has sent its certificate".to_owned() });
    world.act((DocumentType::Invoice, &id, None), ADMINISTRATOR, again).await?;
    let withdraw = Action::Withdraw(Withdraw { comment: "sent twice".to_owned() });
    world.act((DocumentType::Invoice, &id, None), "nasrin", withdraw).await?;
    ensure!(world.result(&id).await?.status == FinalStatus::Withdrawn);
    world.finish().await
}
