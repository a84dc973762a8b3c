//! Approvals while people are away, ask, change their minds, and deploys come and go. Times are a second or two: the server's
//! timers are about that coarse.
#![cfg(test)]

use std::collections::BTreeMap;

use chrono::{Days, Utc};
use vextrus_contract::document::{CommandAnswer, FinalStatus};
use vextrus_domain::calendar::dhaka_date;
use vextrus_domain::{DocumentType, RefusalCode, Taka};
use vextrus_ledger::rules::RuleKind;
use vextrus_platform::config::SignalTrust;
use vextrus_proto::approval::v1::act_request::Action;
use vextrus_proto::approval::v1::{
    AnswerQuestion, Comment, Decide, Delegate, Delegation, Escalate, Reassign, Replan, RequestInformation,
    ReturnForChanges, TaskState, Withdraw,
};
use vextrus_proto::purchasing::v1::PurchaseOrder;
use vextrus_starter_cli::client::new_request_id;
use vextrus_starter_cli::json;
use vextrus_tests_e2e::messages::signal;
use vextrus_tests_e2e::{World, order, order_policy as policy, status_of, task};

const ORDER: DocumentType = DocumentType::PurchaseOrder;

async fn world_with(within: &str, more: &str) -> World {
    let world = World::new().await.unwrap();
    world.activate(RuleKind::Approval, &policy(within, more)).await.unwrap();
    world
}

fn is_open(id: &'static str) -> impl Fn(&PurchaseOrder) -> bool {
    move |o| {
        let tasks = o.approval.as_ref().map(|a| a.tasks.as_slice()).unwrap_or_default();
        tasks.iter().any(|t| json::last(&t.name) == id && t.state() == TaskState::Open)
    }
}

async fn opened(world: &World, amount: &str) -> String {
    let id = world.order(&order("meghna-steel", amount)).await.unwrap();
    world.until_order(&id, is_open("level-1")).await.unwrap();
    id
}

fn approve() -> Action {
    Action::Decide(Decide { answer: "approve".to_owned(), comment: String::new() })
}

fn ask(question: &str) -> Action {
    Action::RequestInformation(RequestInformation { question: question.to_owned() })
}

async fn kinds(world: &World, id: &str) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for kind in ["reminded", "escalated", "delegated", "reassigned", "info_requested", "answered", "commented"] {
        counts.insert(kind, world.trail(id, kind).await.unwrap().len());
    }
    counts
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_nobody_answers_lapses() {
    let world = World::new().await.unwrap();
    let policy = policy("1d", "").replace("[changes]", "[information]\nanswer_within = \"1s\"\n[changes]");
    world.activate(RuleKind::Approval, &policy).await.unwrap();
    let id = opened(&world, "101").await;
    let mut karim = world.person("karim").await.unwrap();
    let name = karim.name(ORDER, &id);
    karim.act(name, ask("what is it for?"), new_request_id()).await.unwrap();
    let lapsed = async || Ok(world.trail(&id, "question_lapsed").await?.len() == 1);
    world.until("the question has lapsed", lapsed).await.unwrap();
    world.decide_order(&id, "level-1", "karim", "approve").await.unwrap();
    assert_eq!(world.order_result(&id).await.unwrap().status, FinalStatus::Approved);
    world.sound(false).await.unwrap();
    world.stack.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn time_reminds_escalates_and_expires_and_a_stopped_clock_does_not() {
    let steps = "escalate = [{ to = \"deputy\", within = \"2s\" }, { to = \"manager\", within = \"2s\" }]";
    let world = world_with("2s", steps).await;
    // Four at the same time: nobody answers; the deputy does; a question stops the clock; the manager is asked by hand.
    let ids = [
        opened(&world, "101").await,
        opened(&world, "102").await,
        opened(&world, "103").await,
        opened(&world, "104").await,
    ];
    let [silent, deputy, asked, by_hand] = ids.each_ref().map(String::as_str);
    let question = new_request_id();
    let mut karim = world.person("karim").await.unwrap();
    let name = karim.name(ORDER, asked);
    karim.act(name, ask("what is it for?"), question.clone()).await.unwrap();
    let now = Action::Escalate(Escalate { reason: "karim is at the site".to_owned() });
    world.act((ORDER, by_hand, Some("level-1")), "ruma", now.clone()).await.unwrap();
    world.act((ORDER, by_hand, Some("level-1")), "ruma", now.clone()).await.unwrap();
    let nobody_left = world.act((ORDER, by_hand, Some("level-1")), "ruma", now).await.unwrap_err();
    assert!(status_of(&nobody_left).message().starts_with("NOTHING_TO_ESCALATE"), "{nobody_left:?}");
    world.decide_order(by_hand, "level-1", "tanvir", "approve").await.unwrap();
    assert_eq!(world.order_result(by_hand).await.unwrap().status, FinalStatus::Approved);
    world.decide_order(deputy, "level-1", "shirin", "approve").await.unwrap();
    assert_eq!(world.order_result(deputy).await.unwrap().status, FinalStatus::Approved);
    assert_eq!(world.order_result(silent).await.unwrap().status, FinalStatus::Expired);
    let trail = kinds(&world, silent).await;
    assert_eq!((trail["escalated"], trail["reminded"]), (2, 3), "{trail:?}");
    // All that time has passed for the one whose question waits, too.
    let shown = world.until_order(asked, is_open("level-1")).await.unwrap();
    let approval = shown.approval.unwrap();
    assert!(task(&approval.tasks, "level-1").due_time.is_none() && approval.questions[0].open, "{approval:?}");
    assert_eq!(kinds(&world, asked).await["escalated"], 0);
    let answer = Action::AnswerQuestion(AnswerQuestion { question, text: "the wall".to_owned() });
    let stranger = world.act((ORDER, asked, None), "karim", answer.clone()).await.unwrap_err();
    assert!(status_of(&stranger).message().starts_with("NOT_SUBMITTER"), "{stranger:?}");
    world.act((ORDER, asked, None), "nasrin", answer).await.unwrap();
    world.act((ORDER, asked, Some("level-1")), "karim", approve()).await.unwrap();
    assert_eq!(world.order_result(asked).await.unwrap().status, FinalStatus::Approved);
    world.sound(false).await.unwrap();
    world.stack.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_stands_in_and_the_owner_is_named() {
    let world = world_with("1d", "").await;
    let mut karim = world.person("karim").await.unwrap();
    let today = dhaka_date(Utc::now());
    let leave = |to: &str, limit: Option<i64>| Delegation {
        to: to.to_owned(),
        first_day: today.to_string(),
        last_day: today.checked_add_days(Days::new(7)).unwrap().to_string(),
        limit_poisha: limit,
        ..Delegation::default()
    };
    karim.delegate(leave("shirin", Some(5_000_000)), new_request_id()).await.unwrap();
    let mut shirin = world.person("shirin").await.unwrap();
    let circle = shirin.delegate(leave("karim", None), new_request_id()).await.unwrap_err();
    assert!(circle.message().starts_with("DELEGATION_INVALID"), "{circle:?}");
    // A chain of two: salma stands in for shirin, who stands in for karim.
    shirin.delegate(leave("salma", None), new_request_id()).await.unwrap();
    let id = opened(&world, "40000").await;
    let mut salma = world.person("salma").await.unwrap();
    let line = salma.inbox().await.unwrap().into_iter().find(|t| json::last(&t.document) == id).unwrap();
    assert_eq!(line.principal, "karim");
    let decided = world.act((ORDER, &id, None), "salma", approve()).await.unwrap();
    assert_eq!(decided.principal, "karim");
    let result = world.order_result(&id).await.unwrap();
    let by = &result.decisions[0];
    assert_eq!((by.actor.as_str(), by.principal.as_str()), ("salma", "karim"));
    assert_eq!(world.trail(&id, "decided").await.unwrap()[0]["through"], serde_json::json!(["shirin"]));
    // Above the limit the delegation does not count; one that is revoked does not either.
    let large = opened(&world, "50000.01").await;
    let refused = world.act((ORDER, &large, Some("level-1")), "shirin", approve()).await.unwrap_err();
    assert!(status_of(&refused).message().starts_with("NOT_ELIGIBLE"), "{refused:?}");
    let small = opened(&world, "30000").await;
    karim.revoke(1, "revoke-1".to_owned()).await.unwrap();
    let refused = world.act((ORDER, &small, Some("level-1")), "shirin", approve()).await.unwrap_err();
    assert!(status_of(&refused).message().starts_with("NOT_ELIGIBLE"), "{refused:?}");
    for id in [&large, &small] {
        world.withdraw(ORDER, id, "nasrin").await.unwrap();
        assert_eq!(world.order_result(id).await.unwrap().status, FinalStatus::Withdrawn);
    }
    world.sound(false).await.unwrap();
    world.stack.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_task_is_delegated_and_another_reassigned() {
    let world = world_with("1d", "").await;
    let id = opened(&world, "120000").await;
    let delegate = Action::Delegate(Delegate { to: "shirin".to_owned(), comment: "at the site".to_owned() });
    world.act((ORDER, &id, Some("level-1")), "karim", delegate).await.unwrap();
    let mut shirin = world.person("shirin").await.unwrap();
    world
        .until("shirin's inbox has it in karim's name", async || {
            let inbox = shirin.inbox().await?;
            Ok(inbox.iter().any(|t| json::last(&t.document) == id && t.principal == "karim"))
        })
        .await
        .unwrap();
    world.decide_order(&id, "level-1", "shirin", "approve").await.unwrap();
    world.until_order(&id, is_open("level-2")).await.unwrap();
    let reassign = |to: &str| {
        Action::Reassign(Reassign {
            from: "farida".to_owned(),
            to: to.to_owned(),
            reason: "farida has left".to_owned(),
        })
    };
    for (person, to, code) in [
        ("karim", "tanvir", "NOT_ADMINISTRATOR"),
        ("ruma", "ruma", "SELF_APPROVAL"),
        ("ruma", "shirin", "REPEATED_APPROVER"),
        ("ruma", "karim", "REPEATED_APPROVER"),
        ("ruma", "nasrin", "SELF_APPROVAL"),
    ] {
        let refused = world.act((ORDER, &id, Some("level-2")), person, reassign(to)).await.unwrap_err();
        assert!(status_of(&refused).message().starts_with(code), "{person} to {to}: {refused:?}");
    }
    world.act((ORDER, &id, Some("level-2")), "ruma", reassign("tanvir")).await.unwrap();
    let comment = Action::Comment(Comment { text: "the price is last month's".to_owned() });
    world.act((ORDER, &id, None), "nasrin", comment).await.unwrap();
    world.decide_order(&id, "level-2", "tanvir", "approve").await.unwrap();
    let result = world.order_result(&id).await.unwrap();
    let by: Vec<(&str, &str)> = result.decisions.iter().map(|d| (d.actor.as_str(), d.principal.as_str())).collect();
    assert_eq!(by, [("shirin", "karim"), ("tanvir", "tanvir")]);
    let trail = kinds(&world, &id).await;
    assert_eq!((trail["delegated"], trail["reassigned"], trail["commented"]), (1, 1, 1), "{trail:?}");
    world.sound(false).await.unwrap();
    world.stack.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_returned_order_is_changed_and_starts_again() {
    let world = world_with("1d", "").await;
    let id = opened(&world, "120000").await;
    world.act((ORDER, &id, None), "karim", approve()).await.unwrap();
    world.until_order(&id, is_open("level-2")).await.unwrap();
    let mut nasrin = world.person("nasrin").await.unwrap();
    let changed = json::order_content(&order("meghna-steel", "90000"));
    let early = nasrin.resubmit_order(&id, changed.clone(), "", new_request_id()).await.unwrap_err();
    assert!(early.message().starts_with("NOT_RETURNED"), "{early:?}");
    let back = Action::ReturnForChanges(ReturnForChanges { comment: "order less".to_owned() });
    let taken = world.act((ORDER, &id, None), "farida", back).await.unwrap();
    assert!(taken.open_tasks.is_empty(), "{taken:?}");
    world.until_order(&id, |o| o.approval.as_ref().is_some_and(|a| a.returned)).await.unwrap();
    let waits = world.person("farida").await.unwrap().inbox().await.unwrap();
    assert!(waits.iter().all(|t| json::last(&t.document) != id), "nobody can decide it now: {waits:?}");
    let refused = world.act((ORDER, &id, Some("level-2")), "farida", approve()).await.unwrap_err();
    assert!(status_of(&refused).message().starts_with("DOCUMENT_RETURNED"), "{refused:?}");
    let request = new_request_id();
    nasrin.resubmit_order(&id, changed.clone(), "less of it", request.clone()).await.unwrap();
    nasrin.resubmit_order(&id, changed, "less of it", request).await.unwrap();
    world.decide_order(&id, "level-2-1", "karim", "approve").await.unwrap();
    let result = world.order_result(&id).await.unwrap();
    assert_eq!(
        (result.status, result.decisions.len()),
        (FinalStatus::Approved, 1),
        "finance is not asked below 100,000"
    );
    let shown = world.until_order(&id, |o| o.issued.is_some()).await.unwrap();
    assert_eq!(shown.issued.unwrap().amount_poisha, 9_000_000);
    world.sound(false).await.unwrap();
    world.stack.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_taken_back_in_every_state() {
    let mut world = world_with("1d", "").await;
    // While it waits, while a question waits, between two levels, and while it is back for changes.
    let ids = [
        opened(&world, "120001").await,
        opened(&world, "120002").await,
        opened(&world, "120003").await,
        opened(&world, "120004").await,
    ];
    world.act((ORDER, &ids[1], None), "karim", ask("why?")).await.unwrap();
    world.act((ORDER, &ids[2], None), "karim", approve()).await.unwrap();
    world.until_order(&ids[2], is_open("level-2")).await.unwrap();
    let back = Action::ReturnForChanges(ReturnForChanges { comment: "less".to_owned() });
    world.act((ORDER, &ids[3], None), "karim", back).await.unwrap();
    for id in &ids {
        world.withdraw(ORDER, id, "nasrin").await.unwrap();
        assert_eq!(world.order_result(id).await.unwrap().status, FinalStatus::Withdrawn);
    }
    // Before it is assessed: no worker is there, and the wish waits for one.
    world.stack.stop_worker().await.unwrap();
    let early = world.order(&order("meghna-steel", "120005")).await.unwrap();
    // Nobody answers in time, but the server keeps the wish for the next worker.
    let mut nasrin = world.person("nasrin").await.unwrap();
    let (name, request) = (nasrin.name(ORDER, &early), new_request_id());
    let take_back = || Action::Withdraw(Withdraw { comment: String::new() });
    let waited = nasrin.act(name.clone(), take_back(), request.clone()).await.unwrap_err();
    assert_eq!(waited.code(), tonic::Code::Unavailable, "{waited:?}");
    world.stack.start_worker().unwrap();
    nasrin.act(name, take_back(), request).await.unwrap();
    assert_eq!(world.order_result(&early).await.unwrap().status, FinalStatus::Withdrawn);
    world.finish().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_that_comes_late_does_not_count_for_the_next_level() {
    let world = World::with(|o| o.trust = SignalTrust::Namespace).await.unwrap();
    world.activate(RuleKind::Approval, &policy("1d", "")).await.unwrap();
    let id = opened(&world, "120000").await;
    let handle = world.order_handle(&id).await.unwrap();
    signal(&handle, "approve", &["{\"approver\": \"karim\", \"task\": \"level-1\"}"]).await.unwrap();
    world.until_order(&id, is_open("level-2")).await.unwrap();
    // The same once more, by somebody who could decide the level that is open now.
    signal(&handle, "approve", &["{\"approver\": \"farida\", \"task\": \"level-1\"}"]).await.unwrap();
    let refused = async || Ok(world.trail(&id, "message_refused").await?.len() == 1);
    world.until("it is refused", refused).await.unwrap();
    let entry = &world.trail(&id, "message_refused").await.unwrap()[0];
    assert_eq!(entry["refusal"]["code"], RefusalCode::AlreadyDecided.name());
    world.until_order(&id, is_open("level-2")).await.unwrap();
    signal(&handle, "approve", &["{\"approver\": \"farida\"}"]).await.unwrap();
    assert_eq!(world.order_result(&id).await.unwrap().status, FinalStatus::Approved);
    world.sound(false).await.unwrap();
    world.stack.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_decisions_of_one_person_that_wait_for_a_worker_count_once() {
    let mut world = World::new().await.unwrap();
    // karim could decide both levels, but only one of one document.
    let karim = world.company.people.iter().position(|p| p.id.as_str() == "karim").unwrap();
    world.company.people[karim].roles.push("finance_manager".parse().unwrap());
    world.stack.found(&world.company).await.unwrap();
    world.activate(RuleKind::Approval, &policy("1d", "")).await.unwrap();
    let id = opened(&world, "120000").await;
    let (handle, key) = (world.order_handle(&id).await.unwrap(), world.key(&id).await.unwrap());
    let own = world.stack.signing_key.clone();
    let sign = async |task: &str| {
        vextrus_tests_e2e::messages::decision(&world, &key, task, "karim", "approve", Some(&own)).await.unwrap()
    };
    let (first, second) = (sign("level-1").await, sign("level-2").await);
    world.stack.stop_worker().await.unwrap();
    let send = async |signed: &vextrus_approval::SignedCommand, seconds| {
        vextrus_tests_e2e::messages::decided(&handle, signed.clone(), seconds).await
    };
    let waited = futures::join!(send(&first, 2), send(&second, 2));
    assert!(waited.0.is_err() && waited.1.is_err(), "{waited:?}");
    world.stack.start_worker().unwrap();
    let answers = [send(&first, 30).await, send(&second, 30).await];
    let accepted = answers.iter().filter(|a| matches!(a, Ok(CommandAnswer::Accepted { .. }))).count();
    assert_eq!(accepted, 1, "{answers:?}");
    world.decide_order(&id, "level-2", "farida", "approve").await.unwrap();
    assert_eq!(world.order_result(&id).await.unwrap().decisions.len(), 2);
    world.sound(false).await.unwrap();
    world.stack.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_plan_is_asked_for_and_what_was_approved_stands() {
    let world = world_with("1d", "").await;
    let id = opened(&world, "120000").await;
    world.act((ORDER, &id, None), "karim", approve()).await.unwrap();
    world.until_order(&id, is_open("level-2")).await.unwrap();
    let stricter = format!("{}[[level]]\nrole = \"cfo\"\nabove = \"110000\"\nwithin = \"1d\"\n", policy("1d", ""));
    world.activate(RuleKind::Approval, &stricter).await.unwrap();
    let replan = Action::Replan(Replan { reason: "the board wants the CFO asked".to_owned() });
    let refused = world.act((ORDER, &id, None), "farida", replan.clone()).await.unwrap_err();
    assert!(status_of(&refused).message().starts_with("NOT_ADMINISTRATOR"), "{refused:?}");
    world.act((ORDER, &id, None), "ruma", replan).await.unwrap();
    world.decide_order(&id, "level-2-2", "farida", "approve").await.unwrap();
    world.decide_order(&id, "level-2-3", "tanvir", "approve").await.unwrap();
    let result = world.order_result(&id).await.unwrap();
    let by: Vec<&str> = result.decisions.iter().map(|d| d.actor.as_str()).collect();
    assert_eq!((result.status, by), (FinalStatus::Approved, vec!["karim", "farida", "tanvir"]));
    assert_eq!(world.trail(&id, "recompute_asked").await.unwrap()[0]["reason"], "the board wants the CFO asked");
    world.sound(false).await.unwrap();
    world.stack.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_wait_goes_on_in_further_runs_and_loses_nothing() {
    let world = World::with(|o| o.events_of_a_run = Some(60)).await.unwrap();
    world.activate(RuleKind::Approval, &policy("1d", "")).await.unwrap();
    let id = opened(&world, "120000").await;
    world.act((ORDER, &id, None), "karim", approve()).await.unwrap();
    let mut nasrin = world.person("nasrin").await.unwrap();
    for number in 0..20 {
        let name = nasrin.name(ORDER, &id);
        let comment = Action::Comment(Comment { text: format!("note {number}") });
        nasrin.act(name, comment, format!("c-{number}")).await.unwrap();
    }
    let handle = world.order_handle(&id).await.unwrap();
    let status = async || {
        let answer = handle.query(vextrus_purchase_order::PurchaseOrderApproval::status, (), Default::default()).await;
        answer.map_err(|e| anyhow::anyhow!("{e:?}"))
    };
    world.until("it goes on in another run", async || Ok(status().await?.runs >= 1)).await.unwrap();
    let name = nasrin.name(ORDER, &id);
    let same = Action::Comment(Comment { text: "note 3".to_owned() });
    nasrin.act(name, same, "c-3".to_owned()).await.unwrap();
    world.decide_order(&id, "level-2", "farida", "approve").await.unwrap();
    let result = world.order_result(&id).await.unwrap();
    assert_eq!((result.status, result.decisions.len()), (FinalStatus::Approved, 2));
    assert_eq!(world.trail(&id, "commented").await.unwrap().len(), 20);
    let mut tx = world.stack.ledger.read(&world.company.tenant).await.unwrap();
    let reserved: Vec<Taka> = vextrus_ledger::views::budgets(&mut tx, &world.company.tenant)
        .await
        .unwrap()
        .into_iter()
        .map(|l| l.reserved)
        .collect();
    assert!(reserved.contains(&Taka::whole(120_000)), "{reserved:?}");
    tx.rollback().await.unwrap();
    world.sound(false).await.unwrap();
    world.stack.stop().await.unwrap();
}
