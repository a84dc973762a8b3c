//! StartOnboarding and StartOffboarding.

use tonic::{Code, Status};
use tonic_types::StatusExt as _;
use vextrus_domain::Employee;
use vextrus_ledger::employees::processes::{self, ProcessFilter};
use vextrus_proto::onboarding::v1 as proto;

use super::{claimed, message, name, says_nothing_personal, start};
use crate::setup::{World, field_names, fields, reason, refused};

async fn refusal(world: &World, person: &str, request: proto::StartOnboardingRequest) -> Status {
    world.employees().start_onboarding(world.request("acme", person, request)).await.unwrap_err()
}

async fn leave(world: &World, person: &str, request: proto::StartOffboardingRequest) -> Status {
    world.employees().start_offboarding(world.request("acme", person, request)).await.unwrap_err()
}

fn leaving(request_id: &str, employee: &str) -> proto::StartOffboardingRequest {
    let [parent, last_day, reason, hr_manager] =
        ["tenants/acme", "2027-03-31", "another post", "habib"].map(str::to_owned);
    proto::StartOffboardingRequest {
        parent,
        request_id: request_id.to_owned(),
        employee: employee.to_owned(),
        last_day,
        reason,
        hr_manager,
    }
}

async fn count(world: &World) -> usize {
    let mut tx = world.ledger.read(&"acme".parse().unwrap()).await.unwrap();
    processes::list(&mut tx, &"acme".parse().unwrap(), &ProcessFilter::default(), None, 100).await.unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_fields_are_named_at_once_and_not_repeated() {
    let world = World::new().await;
    let odd = || "Rokeya 12345678".to_owned();
    let wrong = proto::Employee {
        employee_id: "rokeya@example.com".to_owned(),
        personal: Some(proto::PersonalData {
            name: "Rokeya\u{1b}[2J".to_owned(),
            email: odd(),
            phone: "0171234567890".to_owned(),
            nid: "123456789012".to_owned(),
            birth_registration: "1234567890".to_owned(),
        }),
        employment: Some(proto::Employment {
            department: odd(),
            position: "Rokeya ".repeat(20),
            grade: "G7 ".repeat(50),
            class: 9,
            start_date: odd(),
            manager: odd(),
            hr_manager: odd(),
        }),
    };
    let status = refusal(&world, "farzana", start(&odd(), wrong)).await;
    let mut found = field_names(&status);
    found.sort_unstable();
    let employment = ["class", "department", "grade", "hr_manager", "manager", "position", "start_date"];
    let personal = ["birth_registration", "email", "name", "nid", "phone"];
    let mut expected: Vec<String> = employment.iter().map(|f| format!("employee.employment.{f}")).collect();
    expected.extend(personal.iter().map(|f| format!("employee.personal.{f}")));
    expected.extend(["employee.employee_id".to_owned(), "request_id".to_owned()]);
    expected.sort_unstable();
    assert_eq!(found, expected);
    says_nothing_personal(&status);
    let class = fields(&status).into_iter().find(|(f, _)| f.ends_with("class")).unwrap().1;
    assert!(class.contains("9 is no class of employees; say managerial, clerical, skilled or worker"), "{class}");

    // What is missing in a message that is missing is missing.
    let mut found = field_names(&refusal(&world, "farzana", start("", proto::Employee::default())).await);
    found.sort_unstable();
    let optional = ["grade", "birth_registration"];
    let expected: Vec<String> =
        expected.into_iter().filter(|f| !optional.iter().any(|optional| f.ends_with(optional))).collect();
    assert_eq!(found, expected);
    let missing = proto::StartOnboardingRequest { employee: None, ..start("r-1", message("emp-1")) };
    assert_eq!(field_names(&refusal(&world, "farzana", missing).await), ["employee"]);
    let same = Employee { id: "karim".parse().unwrap(), ..super::employee("emp-1") };
    let status = refusal(&world, "farzana", start("r-1", vextrus_facade::employee(&same))).await;
    assert_eq!(field_names(&status), ["employee.employment.manager"]);
    assert_eq!(count(&world).await, 0);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_in_histories_may_not_be_personal() {
    let world = World::new().await;
    let changed = |change: fn(&mut proto::Employee)| {
        let mut employee = message("emp-1");
        change(&mut employee);
        employee
    };
    for (request_id, employee, field) in [
        ("r-1", changed(|e| e.employee_id = "sultana".to_owned()), "employee.employee_id"),
        ("r-1", changed(|e| e.employee_id = "emp-01712345678".to_owned()), "employee.employee_id"),
        ("for-rokeya", message("emp-1"), "request_id"),
        (
            "r-1",
            changed(|e| e.employment.as_mut().unwrap().position = "Rokeya's post".to_owned()),
            "employee.employment.position",
        ),
        ("r-1", changed(|e| e.employment.as_mut().unwrap().grade = "Sultana".to_owned()), "employee.employment.grade"),
        (
            "r-1",
            changed(|e| e.employment.as_mut().unwrap().department = "team-rokeya".to_owned()),
            "employee.employment.department",
        ),
    ] {
        let status = refusal(&world, "farzana", start(request_id, employee)).await;
        assert_eq!(reason(&status), refused(Code::InvalidArgument, "PERSONAL_DATA"), "{field}: {status}");
        assert_eq!(field_names(&status), [field]);
        says_nothing_personal(&status);
    }
    for (field, who) in [("manager", "gone"), ("hr_manager", "nobody")] {
        let mut employee = message("emp-1");
        let work = employee.employment.as_mut().unwrap();
        let place = if field == "manager" { &mut work.manager } else { &mut work.hr_manager };
        who.clone_into(place);
        let status = refusal(&world, "farzana", start("r-1", employee)).await;
        assert_eq!(field_names(&status), [format!("employee.employment.{field}")]);
        assert!(status.message().contains(who) && status.message().contains("name one"), "{status}");
    }
    assert_eq!(count(&world).await, 0);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_those_who_answer_for_it_may_begin_one() {
    let world = World::new().await;
    for (tenant, person, parent, code, expected) in [
        ("acme", "salma", "tenants/acme", Code::PermissionDenied, "NOT_ADMINISTRATOR"),
        ("acme", "karim", "tenants/acme", Code::PermissionDenied, "NOT_ADMINISTRATOR"),
        // Whom the request itself names as its HR manager.
        ("acme", "habib", "tenants/acme", Code::PermissionDenied, "NOT_ADMINISTRATOR"),
        ("acme", "gone", "tenants/acme", Code::PermissionDenied, "PERMISSION_DENIED"),
        ("acme", "nobody", "tenants/acme", Code::PermissionDenied, "PERMISSION_DENIED"),
        ("other", "farzana", "tenants/acme", Code::NotFound, "NOT_FOUND"),
        ("acme", "farzana", "tenants/other", Code::NotFound, "NOT_FOUND"),
        ("acme", "farzana", "acme", Code::InvalidArgument, "INVALID_FIELD"),
    ] {
        let mut request = start("r-1", message("emp-1"));
        request.parent = parent.to_owned();
        let status = world.employees().start_onboarding(world.request(tenant, person, request)).await.unwrap_err();
        assert_eq!(reason(&status), refused(code, expected), "{tenant} {person} {parent}: {status}");
        says_nothing_personal(&status);
        let mut request = leaving("r-1", "emp-1");
        request.parent = parent.to_owned();
        let status = world.employees().start_offboarding(world.request(tenant, person, request)).await.unwrap_err();
        if expected != "NOT_ADMINISTRATOR" {
            assert_eq!(reason(&status), refused(code, expected), "{tenant} {person} {parent}: {status}");
        }
    }
    assert_eq!(count(&world).await, 0);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_claims_one_onboarding() {
    let world = World::new().await;
    // Temporal says nothing: the claim stands, and the same request tries its start again.
    for _ in 0..2 {
        let status = refusal(&world, "farzana", start("r-1", message("emp-1"))).await;
        assert_eq!(reason(&status), refused(Code::Unavailable, "UNAVAILABLE"), "{status}");
        assert!(status.message().contains("the process is claimed") && status.get_details_retry_info().is_some());
        says_nothing_personal(&status);
    }
    assert_eq!(count(&world).await, 1);
    for (person, request_id, id, code, expected) in [
        ("farzana", "r-1", "emp-2", Code::AlreadyExists, "REQUEST_ID_REUSED"),
        ("habib", "r-1", "emp-1", Code::AlreadyExists, "REQUEST_ID_REUSED"),
        // The same again, which may not have started.
        ("farzana", "r-2", "emp-1", Code::Unavailable, "UNAVAILABLE"),
    ] {
        let status = refusal(&world, person, start(request_id, message(id))).await;
        assert_eq!(reason(&status), refused(code, expected), "{person} {request_id} {id}: {status}");
        says_nothing_personal(&status);
    }
    let mut other = message("emp-1");
    other.employment.as_mut().unwrap().grade = "G8".to_owned();
    let status = refusal(&world, "farzana", start("r-3", other)).await;
    assert_eq!(reason(&status), refused(Code::FailedPrecondition, "PROCESS_OPEN"), "{status}");
    assert_eq!(count(&world).await, 1);
    // Once it runs, nothing is started any more, and the same request is answered.
    let key = super::planned(&world, "emp-3").await;
    let request = world.request("acme", "farzana", start("claim-emp-3", message("emp-3")));
    let answer = world.employees().start_onboarding(request).await.unwrap().into_inner();
    let process = answer.process.unwrap();
    assert!(answer.repeated_request);
    assert_eq!((process.name.clone(), process.state()), (name(&key), proto::ProcessState::Running));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_was_onboarded() {
    let world = World::new().await;
    let wrong = proto::StartOffboardingRequest {
        parent: "tenants/acme".to_owned(),
        employee: "Rokeya Sultana".to_owned(),
        last_day: "soon".to_owned(),
        reason: " ".to_owned(),
        ..Default::default()
    };
    let status = leave(&world, "farzana", wrong).await;
    assert_eq!(field_names(&status), ["request_id", "employee", "last_day", "hr_manager", "reason"]);
    says_nothing_personal(&status);
    let long = proto::StartOffboardingRequest { reason: "x".repeat(501), ..leaving("l-1", "habib") };
    assert_eq!(field_names(&leave(&world, "farzana", long).await), ["reason", "hr_manager"]);

    let status = leave(&world, "farzana", leaving("l-1", "emp-1")).await;
    assert_eq!(reason(&status), refused(Code::FailedPrecondition, "NOT_ONBOARDED"), "{status}");
    claimed(&world, "emp-1").await;
    let status = leave(&world, "farzana", leaving("l-1", "emp-1")).await;
    assert_eq!(reason(&status), refused(Code::FailedPrecondition, "PROCESS_OPEN"), "{status}");
    let mut tx = world.ledger.begin(&"acme".parse().unwrap()).await.unwrap();
    let end = "UPDATE employee_processes SET state = 'ended', status = 'completed', ended_at = claimed_at";
    assert_eq!(tx.raw(end).await.unwrap(), 1);
    tx.commit().await.unwrap();
    // Neither may one who names themselves as its HR manager.
    for person in ["salma", "habib"] {
        let own = proto::StartOffboardingRequest { hr_manager: person.to_owned(), ..leaving("l-1", "emp-1") };
        let status = leave(&world, person, own).await;
        assert_eq!(reason(&status), refused(Code::PermissionDenied, "NOT_ADMINISTRATOR"), "{status}");
    }
    let told = proto::StartOffboardingRequest { reason: "Ms. Sultana goes".to_owned(), ..leaving("l-1", "emp-1") };
    let status = leave(&world, "farzana", told).await;
    assert_eq!((reason(&status).1.as_str(), field_names(&status)), ("PERSONAL_DATA", vec!["reason".to_owned()]));
    let nobodys = proto::StartOffboardingRequest { hr_manager: "gone".to_owned(), ..leaving("l-1", "emp-1") };
    assert_eq!(field_names(&leave(&world, "farzana", nobodys).await), ["hr_manager"]);
    for _ in 0..2 {
        let status = leave(&world, "farzana", leaving("l-1", "emp-1")).await;
        assert_eq!(reason(&status), refused(Code::Unavailable, "UNAVAILABLE"), "{status}");
    }
    let other = proto::StartOffboardingRequest { reason: "ill".to_owned(), ..leaving("l-1", "emp-1") };
    let status = leave(&world, "farzana", other).await;
    assert_eq!(reason(&status), refused(Code::AlreadyExists, "REQUEST_ID_REUSED"));
    let list = proto::ListProcessesRequest { parent: "tenants/acme".to_owned(), ..Default::default() };
    let found = world.employees().list_processes(world.request("acme", "salma", list)).await.unwrap().into_inner();
    let kinds: Vec<_> = found.processes.iter().map(|p| (p.kind(), p.status(), p.start_date.as_str())).collect();
    assert_eq!(kinds[0], (proto::ProcessKind::Offboarding, proto::ProcessStatus::Unspecified, "2027-03-31"));
    assert_eq!((kinds.len(), kinds[1].1), (2, proto::ProcessStatus::Completed));
    assert!(found.processes[0].workflow_id.starts_with("offboarding/acme/"), "{found:?}");
    world.stop().await;
}
