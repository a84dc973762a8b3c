//! ActOnProcess: what is checked before a workflow is asked, and what is answered without one.

use std::time::Duration;

use tokio::task::JoinSet;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;
use vextrus_lifecycle::Action;
use vextrus_proto::onboarding::v1 as proto;
use vextrus_proto::onboarding::v1::act_on_process_request::Action as Wanted;

use super::{brought, claimed, ended, name, planned, says_nothing_personal, with_account};
use crate::setup::{World, field_names, fields, reason, refused};

fn act(name: &str, request_id: &str, action: Wanted) -> proto::ActOnProcessRequest {
    proto::ActOnProcessRequest { name: name.to_owned(), request_id: request_id.to_owned(), action: Some(action) }
}

async fn refusal(world: &World, person: &str, request: proto::ActOnProcessRequest) -> Status {
    world.employees().act_on_process(world.request("acme", person, request)).await.unwrap_err()
}

fn complete(note: &str) -> Wanted {
    Wanted::Complete(proto::Complete { verdict: 0, note: note.to_owned() })
}

/// Each action with these words, this person and this day wherever it has some, and the fields that hold them.
fn each(words: &str, person: &str, day: &str) -> Vec<(Wanted, Vec<&'static str>)> {
    let (reason, to, start_date) = (|| words.to_owned(), || person.to_owned(), day.to_owned());
    vec![
        (complete(words), vec!["complete.note"]),
        (Wanted::Skip(proto::Skip { reason: reason() }), vec!["skip.reason"]),
        (Wanted::Reassign(proto::Reassign { to: to(), reason: reason() }), vec!["reassign.to", "reassign.reason"]),
        (Wanted::Retry(proto::Retry { reason: reason() }), vec!["retry.reason"]),
        (
            Wanted::MoveStart(proto::MoveStart { start_date, reason: reason() }),
            vec!["move_start.start_date", "move_start.reason"],
        ),
        (
            Wanted::ChangeManager(proto::ChangeManager { to: to(), reason: reason() }),
            vec!["change_manager.to", "change_manager.reason"],
        ),
        (Wanted::Withdraw(proto::Withdraw { reason: reason() }), vec!["withdraw.reason"]),
    ]
}

/// How many of [`each`] are about a task, and stand first.
const OF_TASKS: usize = 4;

#[tokio::test(flavor = "multi_thread")]
async fn wrong_fields_of_every_action_are_named_at_once() {
    let world = World::new().await;
    let name = name(&planned(&world, "emp-1").await);
    let task = format!("{name}/tasks/appointment-letter");
    for (wanted, expected) in each(&"x".repeat(2001), "Rokeya Sultana", "12345678") {
        let status = refusal(&world, "habib", act(&task, "no id", wanted)).await;
        let expected: Vec<&str> = ["request_id"].into_iter().chain(expected).collect();
        assert_eq!(field_names(&status), expected);
        says_nothing_personal(&status);
    }
    for (i, (wanted, expected)) in each("", "", "").into_iter().enumerate() {
        let missing = (i < OF_TASKS).then_some("name");
        let expected: Vec<&str> =
            missing.into_iter().chain(expected).filter(|field| *field != "complete.note").collect();
        assert_eq!(field_names(&refusal(&world, "habib", act(&name, "a-1", wanted)).await), expected);
    }
    let hidden = Wanted::Withdraw(proto::Withdraw { reason: "fine\u{1b}[2J\0".to_owned() });
    assert_eq!(field_names(&refusal(&world, "habib", act(&name, "a-1", hidden)).await), ["withdraw.reason"]);
    let none = proto::ActOnProcessRequest { action: None, ..act(&name, "a-1", complete("")) };
    let status = refusal(&world, "habib", none).await;
    assert_eq!(
        fields(&status),
        [("action".to_owned(), "INVALID_FIELD: action: it is missing; say what is to be done".to_owned())]
    );
    let verdict = Wanted::Complete(proto::Complete { verdict: 7, note: String::new() });
    let status = refusal(&world, "habib", act(&task, "a-1", verdict)).await;
    let said = "INVALID_FIELD: complete.verdict: 7 is no verdict; say confirm, extend or end";
    assert_eq!(fields(&status), [("complete.verdict".to_owned(), said.to_owned())]);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_personal_does_not_reach_temporal() {
    let world = World::new().await;
    let name = name(&planned(&world, "emp-1").await);
    let task = format!("{name}/tasks/appointment-letter");
    for words in ["Rokeya has come", "call 01712-345678", "mail rokeya@example.com", "NID 1234567890 seen"] {
        for (wanted, expected) in each(words, "shirin", "2027-01-10") {
            // A Temporal that says nothing would be waited for, and answered with UNAVAILABLE.
            let status = refusal(&world, "habib", act(&task, "a-1", wanted)).await;
            assert_eq!(reason(&status), refused(Code::InvalidArgument, "PERSONAL_DATA"), "{status}");
            assert_eq!(field_names(&status), expected[expected.len() - 1..]);
            says_nothing_personal(&status);
        }
    }
    let status = refusal(&world, "habib", act(&task, "for-rokeya", complete(""))).await;
    assert_eq!((reason(&status).1.as_str(), field_names(&status)), ("PERSONAL_DATA", vec!["request_id".to_owned()]));
    for to in ["gone", "nobody"] {
        for (wanted, fields) in each("ill", to, "2027-01-10") {
            if fields.len() == 2 && fields[0].ends_with(".to") {
                let status = refusal(&world, "habib", act(&task, "a-1", wanted)).await;
                assert_eq!(reason(&status), refused(Code::PermissionDenied, "NOT_ELIGIBLE"), "{status}");
                assert!(status.message().contains(to) && status.message().contains("name one"), "{status}");
            }
        }
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_action_reaches_the_workflow() {
    let world = World::new().await;
    let name = name(&planned(&world, "emp-1").await);
    let unplanned = super::name(&claimed(&world, "emp-2").await);
    let mut calls = JoinSet::new();
    for (i, (wanted, _)) in each("it is right", "shirin", "2027-01-10").into_iter().enumerate() {
        let of = if i % 2 == 0 { &name } else { &unplanned };
        let request = act(&format!("{of}/tasks/appointment-letter"), &format!("a-{i}"), wanted);
        let mut request = world.request("acme", "habib", request);
        // So many at once are not to be late for their own limit.
        request.set_timeout(Duration::from_secs(3));
        let mut client = world.employees();
        calls.spawn(async move { client.act_on_process(request).await });
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
async fn who_answers_for_processes_today_is_signed_with_the_command() {
    let world = World::new().await;
    let key = planned(&world, "emp-1").await;
    let told = || Action::Withdraw { reason: "another post".to_owned() };
    let withdraw = || Wanted::Withdraw(proto::Withdraw { reason: "another post".to_owned() });
    // Whoever did not answer for processes when the plan was made may do so today, and is answered like all others.
    with_account(&world, "shirin", &["hr_administrator"]).await;
    brought(&world, &key, "shirin", "w-1", told()).await;
    let request = world.request("acme", "shirin", act(&name(&key), "w-1", withdraw()));
    world.employees().act_on_process(request).await.unwrap();
    // What was stored is answered for whoever no longer does, and for nobody else.
    with_account(&world, "shirin", &[]).await;
    let request = world.request("acme", "shirin", act(&name(&key), "w-1", withdraw()));
    world.employees().act_on_process(request).await.unwrap();
    let status = refusal(&world, "farzana", act(&name(&key), "w-1", withdraw())).await;
    assert_eq!(reason(&status), refused(Code::AlreadyExists, "REQUEST_ID_REUSED"));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_names_of_the_own_tenant_are_found() {
    let world = World::new().await;
    let name = name(&planned(&world, "emp-1").await);
    let withdraw = || Wanted::Withdraw(proto::Withdraw { reason: "no".to_owned() });
    for (tenant, person, of, code, expected) in [
        ("acme", "habib", String::new(), Code::InvalidArgument, "INVALID_FIELD"),
        ("acme", "habib", name.replace("onboardings", "purchaseOrders"), Code::InvalidArgument, "INVALID_FIELD"),
        ("acme", "habib", name.replace("onboardings", "offboardings"), Code::NotFound, "NOT_FOUND"),
        ("acme", "habib", "tenants/acme/onboardings/x".to_owned(), Code::NotFound, "NOT_FOUND"),
        ("acme", "habib", name.replace("acme", "other"), Code::NotFound, "NOT_FOUND"),
        ("other", "habib", name.clone(), Code::NotFound, "NOT_FOUND"),
        ("other", "habib", name.replace("acme", "other"), Code::NotFound, "NOT_FOUND"),
        ("acme", "gone", name.clone(), Code::PermissionDenied, "PERMISSION_DENIED"),
        ("acme", "nobody", name.clone(), Code::PermissionDenied, "PERMISSION_DENIED"),
    ] {
        let request = world.request(tenant, person, act(&of, "a-1", withdraw()));
        let status = world.employees().act_on_process(request).await.unwrap_err();
        assert_eq!(reason(&status), refused(code, expected), "{tenant} {person} {of}: {status}");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_is_stored_is_answered_from_the_ledger() {
    let world = World::new().await;
    let key = planned(&world, "emp-1").await;
    let task = |id: &str| format!("{}/tasks/{id}", name(&key));
    let done =
        Action::Complete { task: "appointment-letter".parse().unwrap(), verdict: None, note: "signed".to_owned() };
    brought(&world, &key, "habib", "d-1", done).await;
    let request = world.request("acme", "habib", act(&task("appointment-letter"), "d-1", complete("signed")));
    let answer = world.employees().act_on_process(request).await.unwrap().into_inner();
    assert_eq!((answer.process.clone(), answer.state()), (name(&key), proto::ProcessState::Running));
    assert!(answer.open_tasks.contains(&task("identity-papers")), "{answer:?}");
    assert!(!answer.open_tasks.contains(&task("appointment-letter")), "{answer:?}");
    for (person, of, wanted) in [
        ("habib", "appointment-letter", complete("signed twice")),
        ("habib", "identity-papers", complete("signed")),
        ("farzana", "appointment-letter", complete("signed")),
        ("habib", "appointment-letter", Wanted::Skip(proto::Skip { reason: "signed".to_owned() })),
    ] {
        let status = refusal(&world, person, act(&task(of), "d-1", wanted)).await;
        assert_eq!(reason(&status), refused(Code::AlreadyExists, "REQUEST_ID_REUSED"), "{person} {of}");
    }
    let moved = Action::MoveStart { start_date: "2027-02-01".parse().unwrap(), reason: "a notice".to_owned() };
    brought(&world, &key, "habib", "m-1", moved).await;
    let again = proto::MoveStart { start_date: "2027-02-01".to_owned(), reason: "a notice".to_owned() };
    // What is not about a task may name one all the same.
    for of in [name(&key), task("handover")] {
        let request = world.request("acme", "habib", act(&of, "m-1", Wanted::MoveStart(again.clone())));
        world.employees().act_on_process(request).await.unwrap();
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_asked_of_a_process_that_has_ended() {
    let world = World::new().await;
    let key = planned(&world, "emp-1").await;
    ended(&world, &key).await;
    let status = refusal(
        &world,
        "habib",
        act(&name(&key), "w-1", Wanted::Withdraw(proto::Withdraw { reason: "no".to_owned() })),
    )
    .await;
    assert_eq!(reason(&status), refused(Code::FailedPrecondition, "DOCUMENT_CLOSED"));
    assert!(status.message().contains("the onboarding has ended: cancelled"), "{status}");
    world.stop().await;
}
