//! Master data by the services that own it: once each, not over what somebody else has written, and on the trail.

use serde_json::Value;
use tonic::{Code, Status};
use vextrus_domain::TenantId;
use vextrus_ledger::audit::{self, TENANT_CHAIN};
use vextrus_ledger::intake::{self, Intake};
use vextrus_proto::masterdata::v1 as proto;

use crate::setup::{World, actor, content, field_names, reason, refused, submission};

const PARENT: &str = "tenants/acme";

fn vendor(etag: &str) -> proto::Vendor {
    let mut vendor = proto::Vendor {
        name: "tenants/acme/vendors/surma".to_owned(),
        display_name: "Surma Consulting".to_owned(),
        tin: "567890123456".to_owned(),
        bin: "678901234-0101".to_owned(),
        etag: etag.to_owned(),
        tax: Some(proto::VendorTaxFacts {
            vat_status: proto::VatStatus::Registered.into(),
            return_proof: Some(vextrus_proto::invoice::v1::ReturnProof {
                kind: 1,
                number: "R-17".to_owned(),
                assessment_year: "2026-27".to_owned(),
                verified_on: "2026-08-01".to_owned(),
                verified_by: "nadia".to_owned(),
            }),
            ..Default::default()
        }),
        ..Default::default()
    };
    vendor.set_kind(proto::VendorKind::Service);
    vendor
}

async fn put(world: &World, request_id: &str, vendor: proto::Vendor) -> Result<proto::UpsertVendorResponse, Status> {
    let message = proto::UpsertVendorRequest {
        parent: PARENT.to_owned(),
        request_id: request_id.to_owned(),
        vendor: Some(vendor),
    };
    let request = world.request("acme", "nadia", message);
    Ok(world.master_data().upsert_vendor(request).await?.into_inner())
}

async fn trail(world: &World, kind: &str) -> Vec<Value> {
    let tenant: TenantId = "acme".parse().unwrap();
    let mut tx = world.ledger.read(&tenant).await.unwrap();
    let entries = audit::read_chain(&mut tx, &tenant, TENANT_CHAIN).await.unwrap().unwrap();
    entries.into_iter().filter(|e| e.kind == kind).map(|e| e.body).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendor_is_put_once_and_not_over_what_somebody_else_wrote() {
    let world = World::new().await;
    // The same request is answered the same way.
    for _ in 0..2 {
        let created = put(&world, "v-1", vendor("0")).await.unwrap();
        assert_eq!(created.change(), proto::RecordChange::Created);
        assert_eq!(created.vendor.unwrap().etag, "1");
    }
    assert_eq!(put(&world, "v-2", vendor("1")).await.unwrap().change(), proto::RecordChange::Unchanged);
    let renamed = proto::Vendor { display_name: "Surma Ltd".to_owned(), ..vendor("1") };
    let updated = put(&world, "v-3", renamed.clone()).await.unwrap();
    assert_eq!((updated.change(), updated.vendor.unwrap().etag), (proto::RecordChange::Updated, "2".to_owned()));
    // Whoever has read the first version does not write over the second; without an etag the caller says that they mean it.
    let status = put(&world, "v-4", vendor("1")).await.unwrap_err();
    assert_eq!(reason(&status), refused(Code::Aborted, "RECORD_CHANGED"));
    assert_eq!(reason(&put(&world, "v-5", vendor("0")).await.unwrap_err()).1, "RECORD_CHANGED");
    assert_eq!(put(&world, "v-6", vendor("")).await.unwrap().vendor.unwrap().etag, "3");
    let status = put(&world, "v-1", renamed).await.unwrap_err();
    assert_eq!(reason(&status), refused(Code::AlreadyExists, "REQUEST_ID_REUSED"));

    let get = proto::GetVendorRequest { name: vendor("").name };
    let got = world.master_data().get_vendor(world.request("acme", "salma", get)).await.unwrap().into_inner();
    let got = got.vendor.unwrap();
    assert_eq!((&got.display_name, got.etag.as_str()), (&vendor("").display_name, "3"));
    assert_eq!(got.tax, vendor("").tax);
    let changes = trail(&world, "master_data_changed").await;
    assert_eq!(changes.len(), 3, "what changes nothing is not on the trail: {changes:?}");
    assert_eq!(changes[1]["changes"][0]["before"]["name"], "Surma Consulting");
    assert_eq!(changes[1]["changes"][0]["after"]["name"], "Surma Ltd");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_is_wrong_is_named_at_once() {
    let world = World::new().await;
    let mut wrong = vendor("first");
    wrong.kind = 0;
    wrong.display_name = " ".to_owned();
    wrong.tax.as_mut().unwrap().return_proof.as_mut().unwrap().number = String::new();
    let status = put(&world, "v-1", wrong).await.unwrap_err();
    let names = ["vendor.display_name", "vendor.etag", "vendor.kind", "vendor.tax.return_proof.number"];
    let mut found = field_names(&status);
    found.sort();
    assert_eq!(found, names);
    let elsewhere = proto::Vendor { name: "tenants/other/vendors/surma".to_owned(), ..vendor("") };
    assert_eq!(reason(&put(&world, "v-1", elsewhere).await.unwrap_err()), refused(Code::NotFound, "NOT_FOUND"));
    let nobody = proto::UpsertPersonRequest { parent: PARENT.to_owned(), request_id: "p-1".to_owned(), person: None };
    let status = world.master_data().upsert_person(world.request("acme", "nadia", nobody)).await.unwrap_err();
    assert_eq!(field_names(&status), ["person"]);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_departments_and_budgets_are_kept_the_same_way() {
    let world = World::new().await;
    let mut client = world.master_data();
    let person = proto::Person {
        name: "tenants/acme/people/lipi".to_owned(),
        department: "works".to_owned(),
        roles: vec!["department_head".to_owned()],
        manager: "hasina".to_owned(),
        approval_limit_poisha: Some(10_000_000),
        ..Default::default()
    };
    let put = |request_id: &str, person: proto::Person| proto::UpsertPersonRequest {
        parent: PARENT.to_owned(),
        request_id: request_id.to_owned(),
        person: Some(person),
    };
    client.upsert_person(world.request("acme", "nadia", put("p-1", person.clone()))).await.unwrap();
    let own_manager = proto::Person { manager: "lipi".to_owned(), ..person.clone() };
    let status = client.upsert_person(world.request("acme", "nadia", put("p-2", own_manager))).await.unwrap_err();
    assert_eq!(field_names(&status), ["person.manager"]);
    // They can call from now on, and no more once they have left.
    let get = proto::GetPersonRequest { name: person.name.clone() };
    let got = client.get_person(world.request("acme", "lipi", get.clone())).await.unwrap().into_inner().person.unwrap();
    let me = proto::GetPersonRequest { name: "tenants/acme/people/me".to_owned() };
    let mine = client.get_person(world.request("acme", "lipi", me)).await.unwrap().into_inner().person.unwrap();
    assert_eq!(mine.name, "tenants/acme/people/lipi");
    assert_eq!(got, proto::Person { etag: "1".to_owned(), ..person.clone() });
    let left = proto::Person { inactive: true, ..person };
    client.upsert_person(world.request("acme", "nadia", put("p-3", left))).await.unwrap();
    let status = client.get_person(world.request("acme", "lipi", get)).await.unwrap_err();
    assert_eq!(reason(&status), refused(Code::PermissionDenied, "PERMISSION_DENIED"));

    let works = proto::Department {
        name: "tenants/acme/departments/works".to_owned(),
        display_name: "Works".to_owned(),
        head: "hasina".to_owned(),
        ..Default::default()
    };
    let put = |request_id: &str, department: proto::Department| proto::UpsertDepartmentRequest {
        parent: PARENT.to_owned(),
        request_id: request_id.to_owned(),
        department: Some(department),
    };
    client.upsert_department(world.request("acme", "nadia", put("d-1", works.clone()))).await.unwrap();
    // Nothing new is submitted for a department that is closed.
    let closed = proto::Department { inactive: true, ..works.clone() };
    client.upsert_department(world.request("acme", "nadia", put("d-2", closed))).await.unwrap();
    let submit = world.request("acme", "salma", submission("s-1", content()));
    let status = world.invoices().submit_invoice(submit).await.unwrap_err();
    assert_eq!(reason(&status), refused(Code::FailedPrecondition, "DEPARTMENT_INACTIVE"));
    let list = proto::ListDepartmentsRequest { parent: PARENT.to_owned(), ..Default::default() };
    let all = client.list_departments(world.request("acme", "salma", list)).await.unwrap().into_inner().departments;
    assert_eq!(all.iter().map(|d| (d.inactive, d.etag.as_str())).collect::<Vec<_>>(), [(true, "2")]);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_budget_is_not_cut_below_what_is_taken() {
    let world = World::new().await;
    world.asked().await;
    let name = "tenants/acme/budgets/2026-27~works".to_owned();
    let get = proto::GetBudgetRequest { name };
    let mut client = world.master_data();
    let budget = client.get_budget(world.request("acme", "salma", get)).await.unwrap().into_inner().budget.unwrap();
    assert!(budget.reserved_poisha > 0, "{budget:?}");
    let put = |request_id: &str, allocated_poisha| proto::UpsertBudgetRequest {
        parent: PARENT.to_owned(),
        request_id: request_id.to_owned(),
        budget: Some(proto::Budget { allocated_poisha, ..budget.clone() }),
    };
    let less = put("b-1", budget.reserved_poisha - 1);
    let status = client.upsert_budget(world.request("acme", "nadia", less)).await.unwrap_err();
    assert_eq!(reason(&status), refused(Code::FailedPrecondition, "BUDGET_EXCEEDED"));
    let just = put("b-2", budget.reserved_poisha);
    let written = client.upsert_budget(world.request("acme", "nadia", just)).await.unwrap().into_inner();
    let written = written.budget.unwrap();
    assert_eq!((written.reserved_poisha, written.etag.as_str()), (budget.reserved_poisha, "2"));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_come_in_pages_and_a_calendar_is_proposed_once() {
    let world = World::new().await;
    let mut client = world.master_data();
    let (mut names, mut page_token) = (Vec::new(), String::new());
    loop {
        let list = proto::ListPeopleRequest { parent: PARENT.to_owned(), page_size: 5, page_token };
        let page = client.list_people(world.request("acme", "salma", list)).await.unwrap().into_inner();
        names.extend(page.people.into_iter().map(|p| p.name));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert!(names.is_sorted() && names.len() == 13, "{names:?}");
    assert!(names.contains(&"tenants/acme/people/gone".to_owned()), "those who have left are listed too");

    let get = proto::GetCalendarRequest { name: "tenants/acme/calendar".to_owned() };
    let calendar = client.get_calendar(world.request("acme", "salma", get)).await.unwrap().into_inner();
    let propose = |request_id: &str, content: String| proto::ProposeCalendarRequest {
        parent: PARENT.to_owned(),
        request_id: request_id.to_owned(),
        content,
        reason: "the government's list".to_owned(),
        ..Default::default()
    };
    let changed = format!("{}\n# as published\n", calendar.content);
    for _ in 0..2 {
        let request = world.request("acme", "nadia", propose("c-1", changed.clone()));
        assert_eq!(client.propose_calendar(request).await.unwrap().into_inner().proposal, 1);
    }
    let wrong = world.request("acme", "nadia", propose("c-2", "holidays = 1".to_owned()));
    assert_eq!(field_names(&client.propose_calendar(wrong).await.unwrap_err()), ["content"]);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_taken_in_is_refused_and_what_is_under_way_goes_on() {
    let world = World::new().await;
    let invoice = content();
    let submit = |request_id: &str, content| world.request("acme", "salma", submission(request_id, content));
    let key = world.asked().await;
    let mut tx = world.ledger.begin(&key.tenant).await.unwrap();
    let request = "stop-1".parse().unwrap();
    let kinds = [Intake::Invoice];
    intake::set(&mut tx, &actor("ruma"), &request, &kinds, true, "we move to another system").await.unwrap().unwrap();
    tx.commit().await.unwrap();
    let status = world.invoices().submit_invoice(submit("s-1", invoice.clone())).await.unwrap_err();
    assert_eq!(reason(&status), refused(Code::FailedPrecondition, "INTAKE_STOPPED"));
    assert!(status.message().contains("we move to another system"), "{status}");
    // A decision reaches the workflow, which says nothing here.
    let decide = vextrus_proto::approval::v1::ActRequest {
        name: format!("tenants/acme/invoices/{}", key.document),
        request_id: "d-1".to_owned(),
        action: Some(vextrus_proto::approval::v1::act_request::Action::Decide(vextrus_proto::approval::v1::Decide {
            answer: "approve".to_owned(),
            comment: String::new(),
        })),
        ..Default::default()
    };
    let status = world.approvals().act(world.request("acme", "rahim", decide)).await.unwrap_err();
    assert_eq!(reason(&status), refused(Code::Unavailable, "UNAVAILABLE"));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gives_themselves_roles() {
    let world = World::new().await;
    let nadia = proto::Person { name: "tenants/acme/people/nadia".to_owned(), ..Default::default() };
    let asked =
        proto::UpsertPersonRequest { parent: PARENT.to_owned(), request_id: "p-1".to_owned(), person: Some(nadia) };
    let status = world.master_data().upsert_person(world.request("acme", "nadia", asked)).await.unwrap_err();
    assert_eq!(reason(&status), refused(Code::PermissionDenied, "PERMISSION_DENIED"));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_access_is_on_the_trail_once_in_a_while() {
    let world = World::new().await;
    for round in 0..3 {
        let message = proto::UpsertVendorRequest {
            parent: PARENT.to_owned(),
            request_id: format!("v-{round}"),
            vendor: Some(vendor("")),
        };
        let status = world.master_data().upsert_vendor(world.request("acme", "salma", message)).await.unwrap_err();
        assert_eq!(reason(&status), refused(Code::PermissionDenied, "PERMISSION_DENIED"));
        let get = proto::GetVendorRequest { name: "tenants/other/vendors/padma".to_owned() };
        let status = world.master_data().get_vendor(world.request("acme", "salma", get)).await.unwrap_err();
        assert_eq!(status.code(), Code::NotFound);
    }
    // Nobody waited for it to be written.
    let until = tokio::time::Instant::now() + std::time::Duration::from_secs(10);
    let told = loop {
        let told = trail(&world, "access_refused").await;
        if told.len() >= 2 || tokio::time::Instant::now() > until {
            break told;
        }
        tokio::task::yield_now().await;
    };
    let what: Vec<(&str, &str)> =
        told.iter().map(|b| (b["rpc"].as_str().unwrap(), b["what"].as_str().unwrap())).collect();
    assert_eq!(what.len(), 2, "{told:?}");
    assert!(what.contains(&("UpsertVendor", "not allowed")), "{told:?}");
    assert!(what.contains(&("GetVendor", "another company's")), "{told:?}");
    world.stop().await;
}
