//! Inboxes.

use tonic::Code;
use vextrus_domain::Content;
use vextrus_proto::approval::v1 as proto;

use crate::setup::{World, new_request_id, order, reason, refused};

#[tokio::test(flavor = "multi_thread")]
async fn an_inbox_is_read_page_by_page() {
    let world = World::new().await;
    for _ in 0..5 {
        world.asked().await;
    }
    let mut client = world.approvals();
    let mut request =
        proto::ListTasksRequest { parent: "tenants/acme".to_owned(), page_size: 2, page_token: String::new() };
    let (mut seen, mut pages) = (Vec::new(), Vec::new());
    loop {
        let page = client.list_tasks(world.request("acme", "rahim", request.clone())).await.unwrap().into_inner();
        pages.push(page.tasks.len());
        seen.extend(page.tasks.iter().map(|t| t.name.clone()));
        for task in &page.tasks {
            assert_eq!((task.submission, task.vendor.as_str(), task.principal.as_str()), (1, "padma", "rahim"));
            assert!(task.total_poisha > 11_500_000 && task.number.starts_with("INV-"), "{task:?}");
            assert_eq!(task.allowed_answers[0].name, "approve");
        }
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            break;
        }
    }
    seen.dedup();
    assert_eq!((pages, seen.len()), (vec![2, 2, 1], 5));
    let nobodys = client.list_tasks(world.request("acme", "hasina", request.clone())).await.unwrap();
    assert!(nobodys.into_inner().tasks.is_empty());
    request.page_token = "x".to_owned();
    let status = client.list_tasks(world.request("acme", "rahim", request)).await.unwrap_err();
    assert_eq!(reason(&status), refused(Code::InvalidArgument, "INVALID_FIELD"));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stand_in_sees_in_whose_name() {
    let world = World::new().await;
    let key = world.assessed("o-1", &Content::Order(Box::new(order(120)))).await;
    let mut client = world.approvals();
    let list = || proto::ListTasksRequest { parent: "tenants/acme".to_owned(), ..Default::default() };
    let mine = |tasks: &[proto::PendingTask]| -> Vec<(String, String)> {
        tasks.iter().map(|t| (t.name.clone(), t.principal.clone())).collect()
    };
    let before = client.list_tasks(world.request("acme", "shirin", list())).await.unwrap().into_inner();
    assert_eq!(before.tasks, []);
    // One for another type of document, and one for less than the order's 60,000.00.
    let bills = crate::delegations::with("g-0", |d| d.documents = vec!["invoice".to_owned()]);
    client.give_delegation(world.request("acme", "hasina", bills)).await.unwrap();
    for (limit, seen) in [(5_999_999, 0), (6_000_000, 1)] {
        let given = crate::delegations::with(&format!("g-{limit}"), |d| d.limit_poisha = Some(limit));
        let given = client.give_delegation(world.request("acme", "hasina", given)).await.unwrap().into_inner();
        let tasks = client.list_tasks(world.request("acme", "shirin", list())).await.unwrap().into_inner().tasks;
        assert_eq!(tasks.len(), seen, "up to {limit} poisha");
        let name = given.delegation.unwrap().name;
        let revoke = proto::RevokeDelegationRequest { name, request_id: new_request_id() };
        client.revoke_delegation(world.request("acme", "hasina", revoke)).await.unwrap();
    }
    let given = crate::delegations::give("g-1", "shirin");
    client.give_delegation(world.request("acme", "hasina", given)).await.unwrap();
    let task = format!("tenants/acme/purchaseOrders/{}/tasks/level-1", key.document);
    for person in ["shirin", "hasina"] {
        let seen = client.list_tasks(world.request("acme", person, list())).await.unwrap().into_inner().tasks;
        assert_eq!(mine(&seen), [(task.clone(), "hasina".to_owned())], "{person}");
        let (number, total) = (seen[0].number.as_str(), seen[0].total_poisha);
        assert_eq!((number, total, seen[0].role.as_str()), ("", 6_000_000, "department_head"));
    }
    let status = client.list_tasks(world.request("other", "shirin", list())).await.unwrap_err();
    assert_eq!(reason(&status), refused(Code::NotFound, "NOT_FOUND"));
    world.stop().await;
}
