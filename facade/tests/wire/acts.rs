//! Act: what is checked before a workflow is asked, and what is answered without one.

use std::time::Duration;

use tokio::task::JoinSet;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;
use vextrus_approval::Action;
use vextrus_domain::TaskId;
use vextrus_proto::approval::v1 as proto;
use vextrus_proto::approval::v1::act_request::Action as Wanted;

use crate::invoices::name;
use crate::setup::{World, field_names, fields, reason, refused};

fn act(name: &str, request_id: &str, action: Wanted) -> proto::ActRequest {
    let (name, request_id) = (name.to_owned(), request_id.to_owned());
    proto::ActRequest { name, request_id, etag: String::new(), action: Some(action) }
}

fn decide(answer: &str, comment: &str) -> Wanted {
    Wanted::Decide(proto::Decide { answer: answer.to_owned(), comment: comment.to_owned() })
}

async fn refusal(world: &World, person: &str, request: proto::ActRequest) -> Status {
    world.approvals().act(world.request("acme", person, request)).await.unwrap_err()
}

fn task(id: &str) -> TaskId {
    id.parse().unwrap()
}

/// Each action with these words and this person wherever it has words or names somebody.
fn each(words: &str, person: &str) -> Vec<(Wanted, Vec<&'static str>)> {
    let (said, who) = (|| words.to_owned(), || person.to_owned());
    let (question, to) = (who(), who());
    vec![
        (decide(words, words), vec!["decide.answer", "decide.comment"]),
        (
            Wanted::RequestInformation(proto::RequestInformation { question: said() }),
            vec!["request_information.question"],
        ),
        (
            Wanted::AnswerQuestion(proto::AnswerQuestion { question, text: said() }),
            vec!["answer_question.text", "answer_question.question"],
        ),
        (Wanted::ReturnForChanges(proto::ReturnForChanges { comment: said() }), vec!["return_for_changes.comment"]),
        (Wanted::Withdraw(proto::Withdraw { comment: said() }), vec!["withdraw.comment"]),
        (Wanted::Delegate(proto::Delegate { to, comment: said() }), vec!["delegate.comment", "delegate.to"]),
        (
            Wanted::Reassign(proto::Reassign { from: who(), to: who(), reason: said() }),
            vec!["reassign.reason", "reassign.from", "reassign.to"],
        ),
        (Wanted::Comment(proto::Comment { text: said() }), vec!["comment.text"]),
        (Wanted::Escalate(proto::Escalate { reason: said() }), vec!["escalate.reason"]),
        (Wanted::Replan(proto::Replan { reason: said() }), vec!["replan.reason"]),
        (Wanted::Reassess(proto::Reassess { reason: said() }), vec!["reassess.reason"]),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_fields_of_every_action_are_named_at_once() {
    let world = World::new().await;
    let key = world.asked().await;
    let name = name(&key);
    let long = "x".repeat(2001);
    for (wanted, expected) in each(&long, "no body") {
        let status = refusal(&world, "rahim", act(&name, "", wanted)).await;
        let expected: Vec<&str> = ["request_id"].into_iter().chain(expected).collect();
        assert_eq!(field_names(&status), expected);
    }
    let optional = ["decide.comment", "withdraw.comment", "delegate.comment"];
    for (wanted, expected) in each("", "") {
        let expected: Vec<&str> = expected.into_iter().filter(|f| !optional.contains(f)).collect();
        if expected.is_empty() {
            continue;
        }
        assert_eq!(field_names(&refusal(&world, "rahim", act(&name, "a-1", wanted)).await), expected);
    }
    let status =
        refusal(&world, "rahim", proto::ActRequest { action: None, ..act(&name, "a-1", decide("", "")) }).await;
    assert_eq!(
        fields(&status),
        [("action".to_owned(), "INVALID_FIELD: action: it is missing; say what is to be done".to_owned())]
    );
    let empty = Wanted::Comment(proto::Comment { text: " \n".to_owned() });
    let status = refusal(&world, "rahim", act(&name, "a-1", empty)).await;
    assert_eq!(reason(&status), refused(Code::InvalidArgument, "REASON_REQUIRED"));
    let hidden = Wanted::Comment(proto::Comment { text: "fine\u{1b}[2J\0".to_owned() });
    let status = refusal(&world, "rahim", act(&name, "a-1", hidden)).await;
    assert_eq!(field_names(&status), ["comment.text"]);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_action_reaches_the_workflow() {
    let world = World::new().await;
    let key = world.asked().await;
    let mut calls = JoinSet::new();
    for (i, (wanted, _)) in each("why not,\nsince it is right?", "shirin").into_iter().enumerate() {
        let wanted = if i == 0 { decide("approve", "") } else { wanted };
        let mut request = world.request("acme", "rahim", act(&name(&key), &format!("a-{i}"), wanted));
        // So many at once are not to be late for their own limit.
        request.set_timeout(Duration::from_secs(3));
        let mut client = world.approvals();
        calls.spawn(async move { client.act(request).await });
    }
    while let Some(answer) = calls.join_next().await {
        let status = answer.unwrap().unwrap_err();
        assert_eq!(reason(&status), refused(Code::Unavailable, "UNAVAILABLE"), "{status}");
        assert!(status.message().contains("no worker answered in time"), "{status}");
        assert!(status.get_details_retry_info().is_some());
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_names_of_the_own_tenant_are_found() {
    let world = World::new().await;
    let key = world.asked().await;
    let name = name(&key);
    let order = name.replace("invoices", "purchaseOrders");
    let elsewhere = name.replace("acme", "other");
    let comment = || Wanted::Comment(proto::Comment { text: "hello".to_owned() });
    for (tenant, person, of, code, expected) in [
        ("acme", "rahim", "", Code::InvalidArgument, "INVALID_FIELD"),
        ("acme", "rahim", "tenants/acme/bills/x", Code::InvalidArgument, "INVALID_FIELD"),
        ("acme", "rahim", "tenants/acme/delegations/1", Code::InvalidArgument, "INVALID_FIELD"),
        ("acme", "rahim", "tenants/acme/invoices/x", Code::NotFound, "NOT_FOUND"),
        ("acme", "rahim", &order, Code::NotFound, "NOT_FOUND"),
        ("acme", "rahim", &elsewhere, Code::NotFound, "NOT_FOUND"),
        ("other", "rahim", &name, Code::NotFound, "NOT_FOUND"),
        ("other", "rahim", &elsewhere, Code::NotFound, "NOT_FOUND"),
        ("acme", "gone", &name, Code::PermissionDenied, "PERMISSION_DENIED"),
        ("acme", "nobody", &name, Code::PermissionDenied, "PERMISSION_DENIED"),
    ] {
        let request = world.request(tenant, person, act(of, "a-1", comment()));
        let status = world.approvals().act(request).await.unwrap_err();
        assert_eq!(reason(&status), refused(code, expected), "{tenant} {person} {of}: {status}");
    }
    let unknown = act(&format!("{name}/tasks/level-9"), "d-1", decide("approve", ""));
    let status = refusal(&world, "rahim", unknown).await;
    assert_eq!(reason(&status), refused(Code::NotFound, "TASK_UNKNOWN"));
    for to in ["gone", "nobody"] {
        let delegate = Wanted::Delegate(proto::Delegate { to: to.to_owned(), ..Default::default() });
        let (from, reason_given) = ("karim".to_owned(), "ill".to_owned());
        let reassign = Wanted::Reassign(proto::Reassign { from, to: to.to_owned(), reason: reason_given });
        for (person, wanted) in [("rahim", delegate), ("ruma", reassign)] {
            let status = refusal(&world, person, act(&name, "a-2", wanted)).await;
            assert_eq!(reason(&status), refused(Code::PermissionDenied, "NOT_ELIGIBLE"), "{status}");
            assert!(status.message().contains(to) && status.message().contains("name one"), "{status}");
        }
    }
    let get = vextrus_proto::invoice::v1::GetInvoiceRequest { name: name.clone() };
    let shown = world.invoices().get_invoice(world.request("acme", "rahim", get)).await.unwrap().into_inner();
    assert_eq!(shown.invoice.unwrap().approval.unwrap().etag, "1.1.1");
    for etag in ["2.1.1", "1.2.1", "1.1.2", "x"] {
        let stale = proto::ActRequest { etag: etag.to_owned(), ..act(&name, "d-1", decide("approve", "")) };
        let status = refusal(&world, "rahim", stale).await;
        assert_eq!(reason(&status), refused(Code::FailedPrecondition, "STALE_PLAN"), "{etag}");
        assert!(status.message().contains("\"1.1.1\" is current"), "{status}");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_before_the_assessment_can_be_sent_again() {
    let world = World::new().await;
    let key = world.claimed().await.key;
    for name in [name(&key), format!("{}/tasks/level-1", name(&key))] {
        let status = refusal(&world, "rahim", act(&name, "d-1", decide("approve", ""))).await;
        assert_eq!(reason(&status), refused(Code::FailedPrecondition, "NOT_ASSESSED"));
        assert!(status.get_details_retry_info().is_some());
    }
    let withdraw = Wanted::Withdraw(proto::Withdraw::default());
    let status = refusal(&world, "salma", act(&name(&key), "w-1", withdraw)).await;
    assert_eq!(reason(&status), refused(Code::Unavailable, "UNAVAILABLE"));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_that_is_stored_is_answered_from_the_ledger() {
    let world = World::new().await;
    let key = world.asked().await;
    let plan_hash = world.plan_hash(&key).await;
    let approve =
        Action::Decide { task: task("level-1"), plan_hash, answer: "approve".to_owned(), comment: String::new() };
    world.brought(&key, ("rahim", "rahim"), "d-1", approve).await;
    let level = |level: u32| format!("{}/tasks/level-{level}", name(&key));
    for name in [name(&key), level(1)] {
        let request = world.request("acme", "rahim", act(&name, "d-1", decide("approve", "")));
        let answer = world.approvals().act(request).await.unwrap().into_inner();
        assert_eq!((answer.state(), answer.principal.as_str()), (proto::DocumentState::Assessed, "rahim"));
        assert_eq!(answer.open_tasks, [level(2)]);
    }
    for (person, name, wanted) in [
        ("rahim", name(&key), decide("reject", "no")),
        ("rahim", level(2), decide("approve", "")),
        ("rahim", name(&key), Wanted::Comment(proto::Comment { text: "approve".to_owned() })),
        ("karim", name(&key), decide("approve", "")),
    ] {
        let status = refusal(&world, person, act(&name, "d-1", wanted)).await;
        assert_eq!(reason(&status), refused(Code::AlreadyExists, "REQUEST_ID_REUSED"));
    }
    let get = vextrus_proto::invoice::v1::GetInvoiceRequest { name: name(&key) };
    let shown = world.invoices().get_invoice(world.request("acme", "salma", get)).await.unwrap().into_inner();
    let tasks = shown.invoice.unwrap().approval.unwrap().tasks;
    assert_eq!((tasks[0].state(), tasks[0].actor.as_str()), (proto::TaskState::Decided, "rahim"));
    assert_eq!((tasks[1].state(), tasks[1].eligible.join(" ")), (proto::TaskState::Open, "hasina".to_owned()));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_is_answered_and_shown_again() {
    let world = World::new().await;
    let key = world.asked().await;
    let (rahim, salma) = (("rahim", "rahim"), ("salma", "salma"));
    let ask = Action::RequestInfo { task: task("level-1"), question: "which site?".to_owned() };
    world.brought(&key, rahim, "q-1", ask).await;
    let answer = Action::Answer { question: "q-1".parse().unwrap(), text: "bridge 7".to_owned() };
    world.brought(&key, salma, "a-1", answer).await;
    world.brought(&key, salma, "c-1", Action::Comment { text: "it is urgent".to_owned() }).await;
    let back = Action::Return { task: task("level-1"), comment: "the date".to_owned() };
    world.brought(&key, rahim, "b-1", back).await;

    let on_task = format!("{}/tasks/level-1", name(&key));
    let said = |text: &str| text.to_owned();
    let question = proto::RequestInformation { question: said("which site?") };
    let answered = proto::AnswerQuestion { question: said("q-1"), text: said("bridge 7") };
    for (person, name, id, wanted) in [
        ("rahim", name(&key), "q-1", Wanted::RequestInformation(question)),
        ("salma", name(&key), "a-1", Wanted::AnswerQuestion(answered)),
        ("salma", name(&key), "c-1", Wanted::Comment(proto::Comment { text: said("it is urgent") })),
        // What is not about a task may name one all the same.
        ("salma", on_task.clone(), "c-1", Wanted::Comment(proto::Comment { text: said("it is urgent") })),
        ("rahim", on_task, "b-1", Wanted::ReturnForChanges(proto::ReturnForChanges { comment: said("the date") })),
    ] {
        let request = world.request("acme", person, act(&name, id, wanted));
        let answer =
            world.approvals().act(request).await.unwrap_or_else(|status| panic!("{id}: {status}")).into_inner();
        assert_eq!((answer.state(), answer.principal.as_str()), (proto::DocumentState::Assessed, person), "{id}");
    }
    let other = Wanted::Comment(proto::Comment { text: said("it is not") });
    let status = refusal(&world, "salma", act(&name(&key), "c-1", other)).await;
    assert_eq!(reason(&status), refused(Code::AlreadyExists, "REQUEST_ID_REUSED"));

    let get = vextrus_proto::invoice::v1::GetInvoiceRequest { name: name(&key) };
    let shown = world.invoices().get_invoice(world.request("acme", "karim", get)).await.unwrap().into_inner();
    let approval = shown.invoice.unwrap().approval.unwrap();
    assert!(approval.returned && approval.questions.iter().all(|q| !q.open), "{approval:?}");
    let history: Vec<_> =
        approval.history.iter().map(|h| (h.event.as_str(), h.actor.as_str(), h.text.as_str())).collect();
    for told in [
        ("info_requested", "rahim", "which site?"),
        ("answered", "salma", "bridge 7"),
        ("commented", "salma", "it is urgent"),
        ("returned", "rahim", "the date"),
    ] {
        assert!(history.contains(&told), "{told:?}: {history:?}");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stand_in_acts_in_somebodys_name() {
    let world = World::new().await;
    let key = world.asked().await;
    let mut client = world.approvals();
    let given = crate::delegations::give("g-1", "shirin");
    client.give_delegation(world.request("acme", "karim", given)).await.unwrap();
    let plan_hash = world.plan_hash(&key).await;
    let approve =
        Action::Decide { task: task("level-1"), plan_hash, answer: "approve".to_owned(), comment: String::new() };
    world.brought(&key, ("shirin", "karim"), "d-1", approve).await;
    let request = world.request("acme", "shirin", act(&name(&key), "d-1", decide("approve", "")));
    let answer = client.act(request).await.unwrap().into_inner();
    assert_eq!((answer.document, answer.principal.as_str()), (name(&key), "karim"));
    world.stop().await;
}
