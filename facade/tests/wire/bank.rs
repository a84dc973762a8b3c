//! A vendor's bank account counts once another person has approved it, and nobody else sees its number.

use serde_json::json;
use tonic::{Code, Status};
use vextrus_domain::TenantId;
use vextrus_ledger::{bank_details, check};
use vextrus_proto::approval::v1 as approval;
use vextrus_proto::approval::v1::act_request::Action;
use vextrus_proto::masterdata::v1 as proto;

use crate::setup::{World, field_names, reason, refused};

const VENDOR: &str = "tenants/acme/vendors/padma";

fn account(number: &str) -> proto::BankAccount {
    proto::BankAccount {
        bank: "Sonali Bank".to_owned(),
        routing_number: "200270522".to_owned(),
        account_name: "Padma Builders".to_owned(),
        account_number: number.to_owned(),
        evidence: "letter SB/17".to_owned(),
        ..Default::default()
    }
}

async fn propose(
    world: &World,
    (person, request_id): (&str, &str),
    number: &str,
) -> Result<proto::BankAccountChange, Status> {
    let message = proto::ProposeBankAccountRequest {
        parent: VENDOR.to_owned(),
        request_id: request_id.to_owned(),
        account: Some(account(number)),
        reason: "their letter of 3 November".to_owned(),
    };
    let response = world.master_data().propose_bank_account(world.request("acme", person, message)).await?;
    Ok(response.into_inner().change.unwrap())
}

fn decide(answer: &str) -> Action {
    Action::Decide(approval::Decide { answer: answer.to_owned(), comment: "as the bank says".to_owned() })
}

async fn act(
    world: &World,
    (person, request_id): (&str, &str),
    name: &str,
    action: Action,
) -> Result<approval::ActResponse, Status> {
    let (name, request_id) = (name.to_owned(), request_id.to_owned());
    let message = approval::ActRequest { name, request_id, etag: String::new(), action: Some(action) };
    Ok(world.approvals().act(world.request("acme", person, message)).await?.into_inner())
}

async fn shown(world: &World, person: &str, name: &str) -> proto::BankAccountChange {
    let get = proto::GetBankAccountChangeRequest { name: name.to_owned() };
    let response = world.master_data().get_bank_account_change(world.request("acme", person, get)).await.unwrap();
    response.into_inner().change.unwrap()
}

async fn counts(world: &World) -> Option<proto::BankAccount> {
    let get = proto::GetVendorRequest { name: VENDOR.to_owned() };
    let vendor = world.master_data().get_vendor(world.request("acme", "salma", get)).await.unwrap().into_inner();
    vendor.vendor.unwrap().bank_account
}

async fn inbox(world: &World, person: &str) -> Vec<approval::PendingTask> {
    let list = approval::ListTasksRequest { parent: "tenants/acme".to_owned(), ..Default::default() };
    world.approvals().list_tasks(world.request("acme", person, list)).await.unwrap().into_inner().tasks
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_counts_once_another_person_has_approved_it() {
    let world = World::new().await;
    let change = propose(&world, ("nadia", "b-1"), "0123456789012").await.unwrap();
    assert_eq!(
        (change.state(), change.eligible.as_slice()),
        (proto::BankAccountChangeState::Open, &["farida".to_owned()][..])
    );
    let again = propose(&world, ("nadia", "b-1"), "0123456789012").await.unwrap();
    assert_eq!(again.name, change.name);
    assert_eq!(counts(&world).await, None, "it is proposed and no more");
    // It waits in the inbox of whoever is asked, and of nobody else.
    let [task] = <[_; 1]>::try_from(inbox(&world, "farida").await).unwrap();
    assert_eq!((&task.name, task.kind.as_str(), task.vendor.as_str()), (&change.name, "bank_details", "padma"));
    assert!(task.question.contains("…9012") && !task.question.contains("01234"), "{task:?}");
    assert_eq!(inbox(&world, "nadia").await, []);
    // One change at a time, by nobody but those who are asked.
    let status = propose(&world, ("rahim", "b-2"), "999999999999").await.unwrap_err();
    assert_eq!(reason(&status), refused(Code::FailedPrecondition, "BANK_CHANGE_OPEN"));
    for (person, code) in [("nadia", "SELF_APPROVAL"), ("rahim", "NOT_ELIGIBLE"), ("salma", "NOT_ELIGIBLE")] {
        let status = act(&world, (person, "a-1"), &change.name, decide("approve")).await.unwrap_err();
        assert_eq!(reason(&status), refused(Code::PermissionDenied, code), "{person}");
    }
    for _ in 0..2 {
        let done = act(&world, ("farida", "a-2"), &change.name, decide("approve")).await.unwrap();
        assert_eq!(
            (done.state(), done.outcome()),
            (approval::DocumentState::Settled, approval::DocumentOutcome::Approved)
        );
    }
    assert_eq!(counts(&world).await.unwrap().account_number, "…9012");
    assert_eq!(inbox(&world, "farida").await, []);
    let status = act(&world, ("farida", "a-3"), &change.name, decide("reject")).await.unwrap_err();
    assert_eq!(reason(&status).1, "ALREADY_DECIDED");
    // The very account that counts is no change.
    let status = propose(&world, ("nadia", "b-3"), "0123456789012").await.unwrap_err();
    assert_eq!(reason(&status), refused(Code::InvalidArgument, "INVALID_FIELD"));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_is_shown_to_whom_it_concerns() {
    let world = World::new().await;
    let change = propose(&world, ("nadia", "b-1"), "0123456789012").await.unwrap();
    for (person, number) in
        [("nadia", "0123456789012"), ("farida", "0123456789012"), ("salma", "…9012"), ("rahim", "…9012")]
    {
        let seen = shown(&world, person, &change.name).await.account.unwrap().account_number;
        assert_eq!(seen, number, "{person}");
    }
    let list = proto::ListBankAccountChangesRequest { parent: VENDOR.to_owned(), ..Default::default() };
    let listed = world.master_data().list_bank_account_changes(world.request("acme", "farida", list)).await.unwrap();
    let listed = listed.into_inner().changes;
    assert_eq!(listed[0].account.as_ref().unwrap().account_number, "…9012");
    // Nor does the trail tell it.
    let tenant: TenantId = "acme".parse().unwrap();
    let mut tx = world.ledger.read(&tenant).await.unwrap();
    let entries = vextrus_ledger::audit::read_chain(&mut tx, &tenant, "-tenant").await.unwrap().unwrap();
    let text = serde_json::to_string(&entries).unwrap();
    assert!(text.contains("bank_details_proposed") && !text.contains("0123456789012"), "{text}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_refused_withdrawn_or_spoken_of_and_nothing_else() {
    let world = World::new().await;
    let change = propose(&world, ("nadia", "b-1"), "0123456789012").await.unwrap();
    let status =
        act(&world, ("farida", "a-1"), &change.name, Action::Replan(approval::Replan { reason: "why".to_owned() }))
            .await
            .unwrap_err();
    assert_eq!(field_names(&status), ["action"]);
    let comment = Action::Comment(approval::Comment { text: "the branch is closed today".to_owned() });
    let status = act(&world, ("salma", "a-2"), &change.name, comment.clone()).await.unwrap_err();
    assert_eq!(reason(&status).1, "NOT_ELIGIBLE", "she has no part in it");
    act(&world, ("farida", "a-2"), &change.name, comment).await.unwrap();
    let status = act(&world, ("farida", "a-3"), &change.name, decide("perhaps")).await.unwrap_err();
    assert_eq!(reason(&status).1, "ANSWER_NOT_ALLOWED");
    let done = act(&world, ("farida", "a-4"), &change.name, decide("reject")).await.unwrap();
    assert_eq!(done.outcome(), approval::DocumentOutcome::Rejected);
    assert_eq!(counts(&world).await, None);

    let change = propose(&world, ("rahim", "b-2"), "999999999999").await.unwrap();
    let withdraw = || Action::Withdraw(approval::Withdraw::default());
    let status = act(&world, ("nadia", "a-5"), &change.name, withdraw()).await.unwrap_err();
    assert_eq!(reason(&status).1, "NOT_SUBMITTER");
    let done = act(&world, ("rahim", "a-6"), &change.name, withdraw()).await.unwrap();
    assert_eq!(done.outcome(), approval::DocumentOutcome::Withdrawn);

    // Several at once, beside documents.
    let change = propose(&world, ("nadia", "b-3"), "777777777777").await.unwrap();
    let decisions = vec![approval::TaskDecision {
        name: change.name.clone(),
        etag: String::new(),
        decide: Some(approval::Decide { answer: "approve".to_owned(), comment: String::new() }),
    }];
    let parent = "tenants/acme".to_owned();
    let message = approval::DecideTasksRequest { parent, request_id: "bulk-1".to_owned(), decisions };
    let results = world.approvals().decide_tasks(world.request("acme", "farida", message)).await.unwrap().into_inner();
    assert!(matches!(results.results[0].result, Some(approval::decision_result::Result::Accepted(_))), "{results:?}");
    let tenant: TenantId = "acme".parse().unwrap();
    let mut tx = world.ledger.read(&tenant).await.unwrap();
    let (_, in_force) = bank_details::in_force(&mut tx, &tenant, &"padma".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(in_force.account_number, "777777777777");
    assert_eq!(check::check(&mut tx, &tenant).await.unwrap(), Vec::<String>::new());
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_an_account_is_refused_field_by_field() {
    let world = World::new().await;
    let wrong = proto::ProposeBankAccountRequest {
        parent: VENDOR.to_owned(),
        request_id: "b-1".to_owned(),
        account: Some(proto::BankAccount { account_number: "12".to_owned(), ..Default::default() }),
        reason: " ".to_owned(),
    };
    let status = world.master_data().propose_bank_account(world.request("acme", "nadia", wrong)).await.unwrap_err();
    let mut names = field_names(&status);
    names.sort();
    let expected = [
        "account.account_name",
        "account.account_number",
        "account.bank",
        "account.evidence",
        "account.routing_number",
        "reason",
    ];
    assert_eq!(names, expected);
    let unknown = json!({"parent": "tenants/acme/vendors/nobody", "requestId": "b-2", "reason": "new",
        "account": serde_json::to_value(account("0123456789012")).unwrap()});
    let unknown: proto::ProposeBankAccountRequest = serde_json::from_value(unknown).unwrap();
    let status = world.master_data().propose_bank_account(world.request("acme", "nadia", unknown)).await.unwrap_err();
    assert_eq!(reason(&status), refused(Code::FailedPrecondition, "VENDOR_UNKNOWN"));
    world.stop().await;
}
