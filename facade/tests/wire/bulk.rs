//! Several decisions in one call.

use tonic::Code;
use vextrus_approval::Action;
use vextrus_proto::approval::v1 as proto;
use vextrus_proto::approval::v1::decision_result::Result as Outcome;

use crate::setup::{World, fields, reason, refused};

fn decision(document: &str, answer: &str) -> proto::TaskDecision {
    let decide = proto::Decide { answer: answer.to_owned(), comment: String::new() };
    let name = format!("tenants/acme/invoices/{document}/tasks/level-1");
    proto::TaskDecision { name, etag: String::new(), decide: Some(decide) }
}

fn asking(decisions: Vec<proto::TaskDecision>) -> proto::DecideTasksRequest {
    proto::DecideTasksRequest { parent: "tenants/acme".to_owned(), request_id: "bulk-1".to_owned(), decisions }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_decision_is_answered_by_itself() {
    let world = World::new().await;
    // One was taken before; one is not asked yet; one is not there; one is nobody's to answer so.
    let (first, second) = (world.asked().await, world.claimed().await.key);
    let plan_hash = world.plan_hash(&first).await;
    let task = "level-1".parse().unwrap();
    let approve = Action::Decide { task, plan_hash, answer: "approve".to_owned(), comment: String::new() };
    world.brought(&first, ("rahim", "rahim"), "bulk-1", approve).await;
    let third = world.asked().await;
    let decisions = vec![
        decision(first.document.as_str(), "approve"),
        decision(second.document.as_str(), "approve"),
        decision("none", "approve"),
        decision(third.document.as_str(), ""),
    ];
    let asked = world.request("acme", "rahim", asking(decisions));
    let results = world.approvals().decide_tasks(asked).await.unwrap().into_inner().results;
    let told = |result: &proto::DecisionResult| match result.result.as_ref().unwrap() {
        Outcome::Accepted(accepted) => accepted.document.clone(),
        Outcome::Refused(refused) => refused.code.clone(),
    };
    let told: Vec<String> = results.iter().map(told).collect();
    assert_eq!(told[0], format!("tenants/acme/invoices/{}", first.document));
    assert_eq!(told[2..], ["NOT_FOUND", "INVALID_FIELD"], "{results:?}");
    // Temporal does not answer here.
    assert!(matches!(told[1].as_str(), "NOT_ASSESSED" | "UNAVAILABLE"), "{results:?}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_wrong_as_a_whole_decides_nothing() {
    let world = World::new().await;
    let document = world.asked().await.document;
    let one = || decision(document.as_str(), "approve");
    let mut no_task = one();
    no_task.name.truncate(no_task.name.len() - "/tasks/level-1".len());
    for (decisions, field) in [
        (Vec::new(), "decisions"),
        (vec![one(); 51], "decisions"),
        (vec![one(), one()], "decisions[1].name"),
        (vec![no_task], "decisions[0].name"),
    ] {
        let status = world.approvals().decide_tasks(world.request("acme", "rahim", asking(decisions))).await;
        assert_eq!(fields(&status.unwrap_err())[0].0, field);
    }
    let others = world.request("other", "rahim", asking(vec![one()]));
    let status = world.approvals().decide_tasks(others).await.unwrap_err();
    assert_eq!(reason(&status), refused(Code::NotFound, "NOT_FOUND"));
    world.stop().await;
}
