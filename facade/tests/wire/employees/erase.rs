//! EraseEmployee.

use tonic::{Code, Status};
use vextrus_proto::onboarding::v1 as proto;

use super::{ended, message, name, planned, says_nothing_personal, start};
use crate::setup::{World, field_names, new_request_id, reason, refused};

fn erase(employee: &str, reason: &str) -> proto::EraseEmployeeRequest {
    let name = format!("tenants/acme/employees/{employee}");
    proto::EraseEmployeeRequest { name, reason: reason.to_owned(), request_id: new_request_id() }
}

async fn refusal(world: &World, tenant: &str, person: &str, request: proto::EraseEmployeeRequest) -> Status {
    world.employees().erase_employee(world.request(tenant, person, request)).await.unwrap_err()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_is_erased_once_its_process_has_ended() {
    let world = World::new().await;
    let key = planned(&world, "emp-1").await;
    let status = refusal(&world, "acme", "habib", erase("emp-1", "asked for")).await;
    assert_eq!(reason(&status), refused(Code::FailedPrecondition, "PROCESS_OPEN"), "{status}");
    ended(&world, &key).await;
    for (tenant, person, employee, why, code, expected) in [
        ("acme", "salma", "emp-1", "asked for", Code::PermissionDenied, "NOT_ADMINISTRATOR"),
        ("acme", "gone", "emp-1", "asked for", Code::PermissionDenied, "PERMISSION_DENIED"),
        ("other", "habib", "emp-1", "asked for", Code::NotFound, "NOT_FOUND"),
        ("acme", "habib", "emp-9", "asked for", Code::NotFound, "NOT_FOUND"),
        ("acme", "habib", "rokeya@example.com", "asked for", Code::InvalidArgument, "INVALID_FIELD"),
        ("acme", "habib", "emp-1", " ", Code::InvalidArgument, "REASON_REQUIRED"),
        ("acme", "habib", "emp-1", "Rokeya asked for it", Code::InvalidArgument, "PERSONAL_DATA"),
    ] {
        let status = refusal(&world, tenant, person, erase(employee, why)).await;
        assert_eq!(reason(&status), refused(code, expected), "{tenant} {person} {employee} {why}: {status}");
        says_nothing_personal(&status);
    }
    let status = refusal(&world, "acme", "habib", erase("emp-1", &"x".repeat(501))).await;
    assert_eq!(field_names(&status), ["reason"]);

    let get = |person| world.request("acme", person, proto::GetProcessRequest { name: name(&key) });
    let shown = world.employees().get_process(get("habib")).await.unwrap().into_inner().process.unwrap();
    assert_eq!(shown.personal, message("emp-1").personal, "what was refused erased nothing");
    for person in ["habib", "farzana"] {
        let request = world.request("acme", person, erase("emp-1", "asked for"));
        world.employees().erase_employee(request).await.unwrap();
        let shown = world.employees().get_process(get(person)).await.unwrap().into_inner().process.unwrap();
        assert_eq!((shown.personal, shown.employee.as_str()), (None, "emp-1"));
    }
    // Nobody can tell any more whether it is the same request; it stays refused, and not carried out twice.
    let again = world.request("acme", "farzana", start("claim-emp-1", message("emp-1")));
    let status = world.employees().start_onboarding(again).await.unwrap_err();
    assert_eq!(reason(&status), refused(Code::AlreadyExists, "REQUEST_ID_REUSED"));
    world.stop().await;
}
