//! Employees who come: on time, with changes on the way, by signals, and with a probation that is extended or ends.
#![cfg(test)]

use std::time::Duration;

use anyhow::ensure;
use chrono::Days;
use serde_json::json;
use temporalio_client::WorkflowSignalOptions;
use temporalio_common::data_converters::RawValue;
use vextrus_contract::employees::ProcessAnswer;
use vextrus_domain::{DocumentKey, EmployeeClass, Refusal, RefusalCode, RequestId};
use vextrus_ledger::audit;
use vextrus_lifecycle::{Action, Status, TaskStatus, Verdict};
use vextrus_onboarding::EmployeeOnboarding;
use vextrus_platform::config::SignalTrust;
use vextrus_starter_cli::client::new_request_id;
use vextrus_tests_e2e::{Staff, World, employee};

/// A day of a test: weeks pass in seconds.
const DAY: Duration = Duration::from_millis(40);

async fn world() -> anyhow::Result<World> {
    World::with(|options| options.day = Some(DAY)).await
}

/// A world whose days do not pass while a test looks.
async fn slow_world() -> anyhow::Result<World> {
    World::with(|options| options.day = Some(Duration::from_secs(600))).await
}

fn complete(task: &str, verdict: Option<Verdict>, note: &str) -> anyhow::Result<Action> {
    Ok(Action::Complete { task: task.parse()?, verdict, note: note.to_owned() })
}

fn skip(task: &str) -> anyhow::Result<Action> {
    Ok(Action::Skip { task: task.parse()?, reason: "there is none".to_owned() })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_employee_comes_and_is_confirmed() -> anyhow::Result<()> {
    // Two days must be enough for people who do what they are asked at once, on a busy machine too.
    let world = World::with(|options| options.day = Some(DAY * 3)).await?;
    let staff = Staff::of(&world).await?;
    let zubaida = employee(1, EmployeeClass::Skilled);
    let key = staff.onboard(&zubaida).await?;
    staff.work_until_ended(&key, &[]).await?;
    let result = staff.result(&key).await?;
    assert_eq!(result.status, Status::Completed, "{result:#?}");
    assert!(result.tasks.iter().all(|t| t.state == "done" && t.settled_at.is_some()), "{result:#?}");
    let given = staff.provisions(&zubaida).await?;
    assert!(given.len() == 6 && given.iter().all(|p| p.active), "{given:#?}");
    // A run for each part of its life: preparation, the first weeks, probation.
    let runs = staff.runs(&key).await?;
    let events: Vec<usize> = runs.iter().map(Vec::len).collect();
    assert!((2..=3).contains(&runs.len()) && events.iter().sum::<usize>() <= 280, "{events:?}");
    staff.check().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_left_out_makes_it_partial() -> anyhow::Result<()> {
    let world = world().await?;
    let staff = Staff::of(&world).await?;
    let key = staff.onboard(&employee(1, EmployeeClass::Managerial)).await?;
    staff.until_open(&key, &["assign-mentor"]).await?;
    staff.tell(&key, "karim", skip("assign-mentor")?).await?;
    staff.work_until_ended(&key, &[]).await?;
    let result = staff.result(&key).await?;
    assert_eq!(result.status, Status::Partial, "{result:#?}");
    staff.check().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_does_in_time_and_does_not_block_makes_it_partial() -> anyhow::Result<()> {
    let world = world().await?;
    let staff = Staff::of(&world).await?;
    let key = staff.onboard(&employee(1, EmployeeClass::Skilled)).await?;
    staff.work_until_ended(&key, &["benefits-enrollment"]).await?;
    let result = staff.result(&key).await?;
    let left = result.tasks.iter().find(|t| t.task.as_str() == "benefits-enrollment");
    ensure!(result.status == Status::Partial && left.is_some_and(|t| t.state == "lapsed"), "{result:#?}");
    staff.check().await
}

/// What this command is refused with. The workflow may still be behind the ledger, and then keeps its answer for the request.
async fn refusal(staff: &Staff, key: &DocumentKey, person: &str, action: Action) -> anyhow::Result<RefusalCode> {
    let request: RequestId = new_request_id().parse()?;
    match staff.say(key, person, action, request).await? {
        ProcessAnswer::Refused(refusal) => Ok(refusal.code),
        ProcessAnswer::Accepted { open } => anyhow::bail!("it was accepted; open are {open:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_are_typed_and_what_is_personal_stays_out_of_the_trail() -> anyhow::Result<()> {
    let world = slow_world().await?;
    let staff = Staff::of(&world).await?;
    let zubaida = employee(1, EmployeeClass::Skilled);
    let key = staff.onboard(&zubaida).await?;
    staff.until_open(&key, &["appointment-letter"]).await?;
    for (person, action, code) in [
        ("hasina", skip("appointment-letter")?, RefusalCode::NotSkippable),
        ("karim", complete("appointment-letter", None, "")?, RefusalCode::NotEligible),
        ("hasina", complete("probation-review", None, "")?, RefusalCode::TaskNotOpen),
        ("hasina", complete("no-such-task", None, "")?, RefusalCode::TaskUnknown),
        ("hasina", complete("appointment-letter", Some(Verdict::End), "")?, RefusalCode::AnswerNotAllowed),
        ("hasina", Action::Withdraw { reason: " ".to_owned() }, RefusalCode::ReasonRequired),
        ("karim", Action::Withdraw { reason: "no".to_owned() }, RefusalCode::NotAdministrator),
    ] {
        assert_eq!(refusal(&staff, &key, person, action).await?, code);
    }
    // The same request again is the same answer; another one under its id is refused by the machine.
    let request: RequestId = "letter".parse()?;
    let done = complete("appointment-letter", None, "on file")?;
    for _ in 0..2 {
        let answer = staff.say(&key, "hasina", done.clone(), request.clone()).await?;
        assert!(matches!(answer, ProcessAnswer::Accepted { .. }), "{answer:?}");
    }
    // What names the employee is refused by the ledger, taken back, and stays out of the trail.
    let named = complete("identity-papers", None, &format!("seen by {}", zubaida.personal.name))?;
    staff.tell(&key, "hasina", named).await?;
    world
        .until("the command was taken back", async || {
            let open = staff.status(&key).await?.open;
            Ok(open.iter().any(|t| t.as_str() == "identity-papers"))
        })
        .await?;
    let mut tx = staff.ledger.read(&staff.company.tenant).await?;
    let trail = audit::read_chain(&mut tx, &staff.company.tenant, key.document.as_str()).await??;
    ensure!(trail.iter().any(|e| e.kind == "command_refused" && e.body["code"] == "PERSONAL_DATA"), "{trail:#?}");
    ensure!(!serde_json::to_string(&trail)?.contains(&zubaida.personal.name), "the trail holds the name");
    staff.check().await
}

async fn signal(staff: &Staff, key: &DocumentKey, name: &str, body: serde_json::Value) -> anyhow::Result<()> {
    let raw = RawValue::from_value(&body, &temporalio_common::data_converters::PayloadConverter::default());
    let handle = staff.handle(key);
    let sent = match name {
        "completeTask" => handle.signal(EmployeeOnboarding::complete_task, raw, WorkflowSignalOptions::default()).await,
        _ => handle.signal(EmployeeOnboarding::skip_task, raw, WorkflowSignalOptions::default()).await,
    };
    sent.map_err(|e| anyhow::anyhow!("{e:?}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn signals_count_where_the_namespace_is_trusted() -> anyhow::Result<()> {
    let world = World::with(|o| {
        o.day = Some(Duration::from_secs(600));
        o.trust = SignalTrust::Namespace;
    })
    .await?;
    let staff = Staff::of(&world).await?;
    let key = staff.onboard(&employee(1, EmployeeClass::Skilled)).await?;
    // Before the first plan or after it: none is lost.
    signal(&staff, &key, "completeTask", json!({"taskId": "appointment-letter", "completedBy": "hasina"})).await?;
    signal(&staff, &key, "skipTask", json!({"taskId": "previous-service-book", "reason": "the first employment"}))
        .await?;
    staff.until_task(&key, "appointment-letter", TaskStatus::Done).await?;
    staff.until_task(&key, "previous-service-book", TaskStatus::Skipped).await?;
    // What cannot be read, is not allowed or not theirs is counted, and blocks nothing.
    signal(&staff, &key, "completeTask", json!({"task": 7})).await?;
    signal(&staff, &key, "skipTask", json!({"taskId": "bank-account", "reason": "no bank"})).await?;
    signal(&staff, &key, "completeTask", json!({"taskId": "nominee-form", "completedBy": "rubel"})).await?;
    world.until("three were refused", async || Ok(staff.status(&key).await?.refused_messages == 3)).await?;
    staff.complete(&key, "nominee-form").await?;
    staff.check().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unsigned_signal_counts_for_nothing() -> anyhow::Result<()> {
    let world = slow_world().await?;
    let staff = Staff::of(&world).await?;
    let key = staff.onboard(&employee(1, EmployeeClass::Skilled)).await?;
    signal(&staff, &key, "completeTask", json!({"taskId": "appointment-letter", "completedBy": "hasina"})).await?;
    world.until("it was refused", async || Ok(staff.status(&key).await?.refused_messages == 1)).await?;
    ensure!(staff.open(&key).await?.iter().any(|t| t.plan.id.as_str() == "appointment-letter"), "it counted");
    staff.check().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_moved_start_and_another_manager_are_taken_up() -> anyhow::Result<()> {
    let world = slow_world().await?;
    let staff = Staff::of(&world).await?;
    let mut zubaida = employee(1, EmployeeClass::Skilled);
    // Today, so that the systems begin at once.
    zubaida.employment.start_date = vextrus_domain::calendar::dhaka_date(chrono::Utc::now());
    let key = staff.onboard(&zubaida).await?;
    staff.complete(&key, "appointment-letter").await?;
    staff.until_task(&key, "send-welcome", TaskStatus::Done).await?;
    staff.complete(&key, "assign-mentor").await?;
    let later = zubaida.employment.start_date + Days::new(21);
    staff.tell(&key, "hasina", Action::MoveStart { start_date: later, reason: "visa".to_owned() }).await?;
    world
        .until("the orientation is on the new day", async || {
            let orientations = staff.provisions(&zubaida).await?;
            let active = orientations.iter().filter(|p| p.active && p.reference.starts_with("orientation"));
            Ok(active.map(|p| p.reference.ends_with(&later.to_string())).collect::<Vec<_>>() == [true])
        })
        .await?;
    staff
        .tell(&key, "hasina", Action::ChangeManager { to: "farida".parse()?, reason: "reorganised".to_owned() })
        .await?;
    world
        .until("farida names a mentor", async || {
            let open = staff.open(&key).await?;
            let mentor = open.iter().find(|t| t.plan.id.as_str() == "assign-mentor");
            Ok(mentor.is_some_and(|t| t.people.iter().any(|p| p.as_str() == "farida")))
        })
        .await?;
    let machine = staff.machine(&key).await?;
    assert_eq!(machine.head().map(|h| (h.revision, h.start_date)), Some((3, later)));
    staff.check().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_probation_is_extended_once_and_then_ends() -> anyhow::Result<()> {
    let world = world().await?;
    let staff = Staff::of(&world).await?;
    let zubaida = employee(1, EmployeeClass::Skilled);
    let key = staff.onboard(&zubaida).await?;
    let but = ["probation-review"];
    let reviewed = async || Ok(staff.open(&key).await?.iter().any(|t| t.plan.id.as_str() == "probation-review"));
    staff.work_until(&key, &but, reviewed).await?;
    let before = staff.machine(&key).await?.head().and_then(|h| h.probation_end);
    let extend = complete("probation-review", Some(Verdict::Extend), "too little seen yet")?;
    staff.tell(&key, "karim", extend.clone()).await?;
    world.until("it was planned again", async || Ok(staff.machine(&key).await?.revision() == 2)).await?;
    let after = staff.machine(&key).await?.head().and_then(|h| h.probation_end);
    assert_eq!(after, before.and_then(|day| day.checked_add_months(chrono::Months::new(3))));
    staff.work_until(&key, &but, reviewed).await?;
    assert_eq!(refusal(&staff, &key, "karim", extend).await?, RefusalCode::AnswerNotAllowed);
    staff.tell(&key, "karim", complete("probation-review", Some(Verdict::End), "not confirmed")?).await?;
    staff.work_until_ended(&key, &[]).await?;
    let result = staff.result(&key).await?;
    assert_eq!((result.status, result.why.as_deref()), (Status::Withdrawn, Some("not confirmed")));
    staff.check().await
}

#[test]
fn a_refusal_is_found_in_what_a_client_sees() {
    let text = "Failed(Failure { message: \"NOT_SKIPPABLE: it blocks\" })";
    assert_eq!(Refusal::find_in(text).map(|r| r.code), Some(RefusalCode::NotSkippable));
}
