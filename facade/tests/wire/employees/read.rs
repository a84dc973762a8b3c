//! GetProcess and ListProcesses: who sees what.

use tonic::Code;
use vextrus_lifecycle::Action;
use vextrus_proto::audit::v1 as audit;
use vextrus_proto::onboarding::v1 as proto;

use super::{PERSONAL, brought, claimed, ended, message, name, planned, with_account};
use crate::setup::{World, reason, refused};

async fn get(world: &World, person: &str, name: String) -> proto::EmployeeProcess {
    let request = world.request("acme", person, proto::GetProcessRequest { name });
    world.employees().get_process(request).await.unwrap().into_inner().process.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_personal_is_shown_to_those_whom_it_concerns() {
    let world = World::new().await;
    let key = planned(&world, "emp-1").await;
    with_account(&world, "emp-1", &["staff"]).await;
    let personal = message("emp-1").personal;
    // The HR manager, who may stand in for them, the manager, and the employee.
    for person in ["habib", "farzana", "karim", "emp-1"] {
        assert_eq!(get(&world, person, name(&key)).await.personal, personal, "{person}");
    }
    for person in ["rahim", "mizan", "ruma", "shirin", "salma"] {
        let process = get(&world, person, name(&key)).await;
        assert_eq!(process.personal, None, "{person}");
        let shown = format!("{process:?}");
        assert!(!PERSONAL.iter().any(|personal| shown.contains(personal)), "{shown}");
    }
    let change = Action::ChangeManager { to: "rahim".parse().unwrap(), reason: "another site".to_owned() };
    brought(&world, &key, "habib", "c-1", change).await;
    assert_eq!(get(&world, "karim", name(&key)).await.personal, None, "karim is no longer the manager");
    let process = get(&world, "rahim", name(&key)).await;
    assert_eq!((process.personal, process.employment.unwrap().manager), (personal, "rahim".to_owned()));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_is_shown_to_those_whom_it_concerns() {
    let world = World::new().await;
    let key = planned(&world, "emp-1").await;
    with_account(&world, "emp-1", &["staff"]).await;
    let note = |process: &proto::EmployeeProcess| {
        process.tasks.iter().find(|t| t.name.ends_with("identity-papers")).unwrap().note.clone()
    };
    let done =
        Action::Complete { task: "identity-papers".parse().unwrap(), verdict: None, note: "two seen".to_owned() };
    brought(&world, &key, "habib", "d-1", done).await;
    let give = |to: &str| Action::Reassign {
        task: "appointment-letter".parse().unwrap(),
        to: to.parse().unwrap(),
        reason: "busy".to_owned(),
    };
    brought(&world, &key, "farzana", "r-1", give("ruma")).await;
    brought(&world, &key, "habib", "w-1", Action::Withdraw { reason: "another post".to_owned() }).await;
    // HR, the manager, the employee, and one who was asked.
    for person in ["habib", "farzana", "karim", "emp-1", "ruma"] {
        let process = get(&world, person, name(&key)).await;
        assert_eq!((note(&process).as_str(), process.why.as_str()), ("two seen", "another post"), "{person}");
        assert_eq!(process.personal.is_some(), person != "ruma", "{person}");
    }
    // `mizan` would have been asked, if the system could not have done it.
    for person in ["rahim", "mizan", "shirin", "salma"] {
        let process = get(&world, person, name(&key)).await;
        assert_eq!((note(&process).as_str(), process.why.as_str()), ("", ""), "{person}");
        assert!(process.tasks.iter().all(|t| t.handed_over.is_empty() && t.verdict() == proto::Verdict::Unspecified));
    }
    // The trail says to everybody what has happened, and what was said to the same people alone; and to auditors.
    for (person, hears) in [("habib", true), ("karim", true), ("ruma", true), ("inspector", true), ("salma", false)] {
        let list = audit::ListAuditEntriesRequest { parent: name(&key), ..Default::default() };
        let told = world.trail().list_audit_entries(world.request("acme", person, list)).await.unwrap().into_inner();
        assert!(told.entries.len() >= 4 && told.entries.iter().all(|entry| !entry.hash.is_empty()), "{person}");
        let shown = format!("{told:?}");
        assert_eq!((shown.contains("another post"), shown.contains("two seen")), (hears, hears), "{person}: {shown}");
        let watch = audit::WatchChangesRequest { name: name(&key), after_sequence: 0 };
        let mut changes = world.trail().watch_changes(world.request("acme", person, watch)).await.unwrap().into_inner();
        let mut heard = String::new();
        while let Ok(Some(change)) = changes.message().await {
            heard.push_str(&format!("{change:?}"));
        }
        assert_eq!((heard.contains("another post"), heard.contains("task_completed")), (hears, true), "{person}");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_is_shown_with_its_tasks() {
    let world = World::new().await;
    let key = claimed(&world, "emp-0").await;
    let process = get(&world, "rahim", name(&key)).await;
    assert_eq!((process.state(), process.status()), (proto::ProcessState::Claimed, proto::ProcessStatus::Planning));
    assert_eq!((process.phase.as_str(), process.tasks.len(), process.probation_end.as_str()), ("planning", 0, ""));

    let key = planned(&world, "emp-1").await;
    let process = get(&world, "rahim", name(&key)).await;
    assert_eq!((process.state(), process.status()), (proto::ProcessState::Running, proto::ProcessStatus::Running));
    assert_eq!((process.phase.as_str(), process.kind()), ("preparation", proto::ProcessKind::Onboarding));
    assert_eq!((process.employee.as_str(), process.requested_by.as_str()), ("emp-1", "farzana"));
    assert_eq!(process.workflow_id, format!("onboarding/acme/{}/1", key.document));
    assert!(process.employment == message("emp-1").employment && process.claim_time.is_some());
    assert!(process.probation_end > process.start_date && process.end_time.is_none(), "{process:?}");
    let task = |id: &str| process.tasks.iter().find(|t| t.name == format!("{}/tasks/{id}", name(&key))).unwrap();
    let letter = task("appointment-letter");
    assert_eq!(
        (letter.state(), letter.owner.as_str(), letter.people.join(" ")),
        (proto::ProcessTaskState::Open, "hr", "habib".to_owned())
    );
    assert!(letter.blocking && !letter.skippable && !letter.review && letter.due_time.is_some(), "{letter:?}");
    assert!(task("assign-mentor").skippable && task("probation-review").review);
    assert_eq!(task("create-user-account").state(), proto::ProcessTaskState::Waiting);

    let done =
        Action::Complete { task: "identity-papers".parse().unwrap(), verdict: None, note: "two seen".to_owned() };
    brought(&world, &key, "habib", "d-1", done).await;
    let process = get(&world, "habib", name(&key)).await;
    let papers = process.tasks.iter().find(|t| t.name.ends_with("identity-papers")).unwrap();
    assert_eq!(
        (papers.state(), papers.by.as_str(), papers.on_behalf_of.as_str(), papers.note.as_str()),
        (proto::ProcessTaskState::Done, "habib", "emp-1", "two seen")
    );
    assert!(papers.settle_time.is_some() && papers.verdict() == proto::Verdict::Unspecified);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ended_process_says_how_and_why() {
    let world = World::new().await;
    let key = planned(&world, "emp-1").await;
    ended(&world, &key).await;
    let process = get(&world, "habib", name(&key)).await;
    assert_eq!((process.state(), process.status()), (proto::ProcessState::Ended, proto::ProcessStatus::Cancelled));
    assert_eq!((process.phase.as_str(), process.why.as_str()), ("ended", "an operator did"));
    assert!(process.end_time.is_some() && process.tasks.iter().all(|t| t.state() == proto::ProcessTaskState::Dropped));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_are_listed_latest_first_page_by_page() {
    let world = World::new().await;
    for i in 0..5 {
        claimed(&world, &format!("emp-{i}")).await;
    }
    let mut request =
        proto::ListProcessesRequest { parent: "tenants/acme".to_owned(), page_size: 2, ..Default::default() };
    let (mut seen, mut pages) = (Vec::new(), Vec::new());
    loop {
        let page = world.employees().list_processes(world.request("acme", "habib", request.clone())).await;
        let page = page.unwrap().into_inner();
        pages.push(page.processes.len());
        assert!(page.processes.iter().all(|p| p.personal.is_none() && p.tasks.is_empty()), "{page:?}");
        seen.extend(page.processes.into_iter().map(|p| p.employee));
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            break;
        }
    }
    assert_eq!((pages, seen.join(" ")), (vec![2, 2, 1], "emp-4 emp-3 emp-2 emp-1 emp-0".to_owned()));
    let other = proto::ListProcessesRequest { parent: "tenants/other".to_owned(), ..Default::default() };
    let none = world.employees().list_processes(world.request("other", "habib", other.clone())).await.unwrap();
    assert_eq!(none.into_inner().processes, []);
    for (person, request, code, expected) in [
        ("habib", other, Code::NotFound, "NOT_FOUND"),
        ("gone", request.clone(), Code::PermissionDenied, "PERMISSION_DENIED"),
        (
            "habib",
            proto::ListProcessesRequest { page_token: "x".to_owned(), ..request.clone() },
            Code::InvalidArgument,
            "INVALID_FIELD",
        ),
        ("habib", proto::ListProcessesRequest { page_size: -1, ..request }, Code::InvalidArgument, "INVALID_FIELD"),
    ] {
        let status = world.employees().list_processes(world.request("acme", person, request)).await.unwrap_err();
        assert_eq!(reason(&status), refused(code, expected), "{status}");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_processes_of_the_own_tenant_are_found() {
    let world = World::new().await;
    let key = planned(&world, "emp-1").await;
    let name = name(&key);
    for (tenant, person, of, code, expected) in [
        ("acme", "habib", String::new(), Code::InvalidArgument, "INVALID_FIELD"),
        ("acme", "habib", format!("{name}/tasks/appointment-letter"), Code::InvalidArgument, "INVALID_FIELD"),
        ("acme", "habib", name.replace("onboardings", "invoices"), Code::InvalidArgument, "INVALID_FIELD"),
        ("acme", "habib", name.replace("onboardings", "offboardings"), Code::NotFound, "NOT_FOUND"),
        ("acme", "habib", "tenants/acme/onboardings/x".to_owned(), Code::NotFound, "NOT_FOUND"),
        ("acme", "habib", name.replace("acme", "other"), Code::NotFound, "NOT_FOUND"),
        ("other", "habib", name.clone(), Code::NotFound, "NOT_FOUND"),
        ("other", "habib", name.replace("acme", "other"), Code::NotFound, "NOT_FOUND"),
        ("acme", "gone", name.clone(), Code::PermissionDenied, "PERMISSION_DENIED"),
        ("acme", "nobody", name.clone(), Code::PermissionDenied, "PERMISSION_DENIED"),
    ] {
        let request = world.request(tenant, person, proto::GetProcessRequest { name: of.clone() });
        let status = world.employees().get_process(request).await.unwrap_err();
        assert_eq!(reason(&status), refused(code, expected), "{tenant} {person} {of}: {status}");
    }
    world.stop().await;
}
