//! Delegations: given in one's own name, listed for everybody, taken back by the two whom they concern.

use chrono::{Days, NaiveDate, Utc};
use tonic::{Code, Status};
use vextrus_domain::calendar::dhaka_date;
use vextrus_proto::approval::v1 as proto;

use crate::setup::{World, fields, new_request_id, reason, refused};

/// The day this many days from today in Dhaka.
fn day(from_today: u64) -> NaiveDate {
    dhaka_date(Utc::now()).checked_add_days(Days::new(from_today)).unwrap()
}

/// A delegation for the two weeks from today.
pub(crate) fn give(request_id: &str, to: &str) -> proto::GiveDelegationRequest {
    let (first_day, last_day) = (day(0).to_string(), day(14).to_string());
    proto::GiveDelegationRequest {
        parent: "tenants/acme".to_owned(),
        request_id: request_id.to_owned(),
        delegation: Some(proto::Delegation { to: to.to_owned(), first_day, last_day, ..Default::default() }),
    }
}

pub(crate) fn with(request_id: &str, change: impl FnOnce(&mut proto::Delegation)) -> proto::GiveDelegationRequest {
    let mut request = give(request_id, "shirin");
    change(request.delegation.as_mut().unwrap());
    request
}

async fn refusal(world: &World, person: &str, request: proto::GiveDelegationRequest) -> Status {
    world.approvals().give_delegation(world.request("acme", person, request)).await.unwrap_err()
}

async fn listed(world: &World) -> Vec<String> {
    let list = proto::ListDelegationsRequest { parent: "tenants/acme".to_owned() };
    let all = world.approvals().list_delegations(world.request("acme", "salma", list)).await.unwrap().into_inner();
    all.delegations.into_iter().map(|d| d.name).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_is_given_once_and_listed() {
    let world = World::new().await;
    let mut client = world.approvals();
    let narrow = with("g-1", |d| {
        d.documents = ["purchase_order", "invoice", "purchase_order"].map(str::to_owned).to_vec();
        d.limit_poisha = Some(20_000_000);
    });
    for _ in 0..2 {
        let request = world.request("acme", "hasina", narrow.clone());
        let given = client.give_delegation(request).await.unwrap().into_inner().delegation.unwrap();
        assert_eq!((given.name.as_str(), given.from.as_str()), ("tenants/acme/delegations/1", "hasina"));
        assert_eq!((given.to.as_str(), given.limit_poisha), ("shirin", Some(20_000_000)));
        assert_eq!(given.documents, ["invoice", "purchase_order"], "sorted, and each once");
        assert_eq!((given.first_day, given.last_day), (day(0).to_string(), day(14).to_string()));
    }
    client.give_delegation(world.request("acme", "rahim", give("g-2", "karim"))).await.unwrap();
    assert_eq!(listed(&world).await, ["tenants/acme/delegations/1", "tenants/acme/delegations/2"]);

    let status = refusal(&world, "hasina", give("g-1", "ruma")).await;
    assert_eq!(reason(&status), refused(Code::AlreadyExists, "REQUEST_ID_REUSED"));
    let elsewhere = proto::ListDelegationsRequest { parent: "tenants/other".to_owned() };
    let status = client.list_delegations(world.request("acme", "salma", elsewhere.clone())).await.unwrap_err();
    assert_eq!(reason(&status), refused(Code::NotFound, "NOT_FOUND"));
    let theirs = client.list_delegations(world.request("other", "salma", elsewhere)).await.unwrap().into_inner();
    assert_eq!(theirs.delegations, []);
    let list = proto::ListDelegationsRequest { parent: "tenants/acme".to_owned() };
    let status = client.list_delegations(world.request("acme", "gone", list)).await.unwrap_err();
    assert_eq!(reason(&status), refused(Code::PermissionDenied, "PERMISSION_DENIED"));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_no_sense_is_refused() {
    let world = World::new().await;
    world.approvals().give_delegation(world.request("acme", "hasina", give("g-1", "shirin"))).await.unwrap();
    let yesterday = dhaka_date(Utc::now()).pred_opt().unwrap().to_string();
    for (person, request, code, refusal_code, said) in [
        ("shirin", give("g-2", "hasina"), Code::FailedPrecondition, "DELEGATION_INVALID", "hasina to shirin"),
        ("hasina", give("g-2", "hasina"), Code::FailedPrecondition, "DELEGATION_INVALID", "name somebody else"),
        ("hasina", give("g-2", "gone"), Code::FailedPrecondition, "DELEGATION_INVALID", "gone is not an active person"),
        ("hasina", give("g-2", "nobody"), Code::FailedPrecondition, "DELEGATION_INVALID", "nobody"),
        ("gone", give("g-2", "shirin"), Code::PermissionDenied, "PERMISSION_DENIED", "gone"),
        (
            "salma",
            with("g-2", |d| d.from = "hasina".to_owned()),
            Code::PermissionDenied,
            "PERMISSION_DENIED",
            "salma can delegate only what is their own",
        ),
        (
            "hasina",
            with("g-2", |d| d.last_day = yesterday.clone()),
            Code::FailedPrecondition,
            "DELEGATION_INVALID",
            &format!("last_day {yesterday} has passed; it is {}", day(0)),
        ),
        (
            "hasina",
            with("g-2", |d| d.first_day = day(15).to_string()),
            Code::FailedPrecondition,
            "DELEGATION_INVALID",
            "is before first_day",
        ),
        (
            "hasina",
            with("g-2", |d| d.limit_poisha = Some(0)),
            Code::FailedPrecondition,
            "DELEGATION_INVALID",
            "leave it out or give an amount",
        ),
    ] {
        let status = refusal(&world, person, request).await;
        assert_eq!(reason(&status), refused(code, refusal_code), "{status}");
        assert!(status.message().contains(said), "{said:?} is expected: {status}");
    }
    let own = with("g-3", |d| d.from = "karim".to_owned());
    world.approvals().give_delegation(world.request("acme", "karim", own)).await.unwrap();
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_fields_are_listed() {
    let world = World::new().await;
    let wrong = with("", |d| {
        d.from = "a b".to_owned();
        d.to.clear();
        d.first_day = "1.8.2026".to_owned();
        d.last_day.clear();
        d.documents = ["invoice", "bill"].map(str::to_owned).to_vec();
        d.limit_poisha = Some(i64::MAX);
    });
    let found = fields(&refusal(&world, "hasina", wrong).await);
    let names: Vec<&str> = found.iter().map(|(field, _)| field.as_str()).collect();
    let expected =
        ["request_id", "from", "to", "first_day", "last_day", "documents[1]", "limit_poisha"].map(|name| match name {
            "request_id" => name.to_owned(),
            of_it => format!("delegation.{of_it}"),
        });
    assert_eq!(names, expected);
    let day = "INVALID_FIELD: delegation.first_day: \"1.8.2026\" is not a date: write it as YYYY-MM-DD";
    assert_eq!(found[3].1, day);
    assert!(found[5].1.contains("bill") && found[5].1.contains("purchase_order"), "value and remedy: {found:?}");
    let nothing = proto::GiveDelegationRequest { delegation: None, ..give("g-1", "shirin") };
    let found = fields(&refusal(&world, "hasina", nothing).await);
    assert_eq!(found, [("delegation".to_owned(), "INVALID_FIELD: delegation: it is missing".to_owned())]);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_taken_back_by_whom_it_concerns() {
    let world = World::new().await;
    let mut client = world.approvals();
    for (person, id, to) in [("hasina", "g-1", "shirin"), ("rahim", "g-2", "karim")] {
        client.give_delegation(world.request("acme", person, give(id, to))).await.unwrap();
    }
    let revoke = |name: &str| proto::RevokeDelegationRequest { name: name.to_owned(), request_id: new_request_id() };
    for (tenant, person, name, code, refusal_code) in [
        ("acme", "salma", "tenants/acme/delegations/1", Code::PermissionDenied, "PERMISSION_DENIED"),
        ("acme", "gone", "tenants/acme/delegations/1", Code::PermissionDenied, "PERMISSION_DENIED"),
        ("acme", "hasina", "tenants/acme/delegations/9", Code::NotFound, "NOT_FOUND"),
        ("acme", "hasina", "tenants/other/delegations/1", Code::NotFound, "NOT_FOUND"),
        ("other", "hasina", "tenants/acme/delegations/1", Code::NotFound, "NOT_FOUND"),
        ("other", "hasina", "tenants/other/delegations/1", Code::NotFound, "NOT_FOUND"),
        ("acme", "hasina", "tenants/acme/delegations/one", Code::InvalidArgument, "INVALID_FIELD"),
        ("acme", "hasina", "1", Code::InvalidArgument, "INVALID_FIELD"),
    ] {
        let status = client.revoke_delegation(world.request(tenant, person, revoke(name))).await.unwrap_err();
        assert_eq!(reason(&status), refused(code, refusal_code), "{tenant} {person} {name}");
    }
    assert_eq!(listed(&world).await.len(), 2);
    // Its owner, twice; and whoever stands in.
    for (person, name) in [("hasina", 1), ("hasina", 1), ("karim", 2)] {
        let request = revoke(&format!("tenants/acme/delegations/{name}"));
        client.revoke_delegation(world.request("acme", person, request)).await.unwrap();
    }
    assert_eq!(listed(&world).await, Vec::<String>::new());
    // What is taken back closes no circle any more.
    client.give_delegation(world.request("acme", "shirin", give("g-3", "hasina"))).await.unwrap();
    world.stop().await;
}
