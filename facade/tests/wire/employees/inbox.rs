//! Inboxes hold the tasks of employees' processes beside those of documents.

use vextrus_proto::approval::v1 as proto;

use super::{name, planned};
use crate::setup::{World, invoice};

async fn list(world: &World, person: &str, page_size: i32) -> (Vec<proto::PendingTask>, usize) {
    let (mut tasks, mut pages, mut page_token) = (Vec::new(), 0, String::new());
    loop {
        let request = proto::ListTasksRequest { parent: "tenants/acme".to_owned(), page_size, page_token };
        let page = world.approvals().list_tasks(world.request("acme", person, request)).await.unwrap().into_inner();
        assert!(page.tasks.len() <= usize::try_from(page_size).unwrap());
        (pages, page_token) = (pages + 1, page.next_page_token);
        tasks.extend(page.tasks);
        if page_token.is_empty() {
            return (tasks, pages);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tasks_of_both_are_in_one_order_and_on_the_same_pages() {
    let world = World::new().await;
    // `karim` approves bills, and is the manager of those who come.
    for _ in 0..3 {
        world.asked().await;
    }
    for i in 0..3 {
        planned(&world, &format!("emp-{i}")).await;
    }
    let (all, _) = list(&world, "karim", 100).await;
    let of_people = all.iter().filter(|t| !t.employee.is_empty()).count();
    assert_eq!((all.len(), of_people), (6, 3), "{all:?}");
    let due: Vec<_> = all.iter().map(|t| t.due_time.unwrap()).map(|t| (t.seconds, t.nanos)).collect();
    assert!(due.is_sorted(), "{due:?}");
    for page_size in 1..=4 {
        let (paged, pages) = list(&world, "karim", page_size).await;
        assert_eq!((&paged, pages), (&all, 6_usize.div_ceil(usize::try_from(page_size).unwrap())), "by {page_size}");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_of_a_process_says_whose_it_is() {
    let world = World::new().await;
    let key = planned(&world, "emp-1").await;
    let (tasks, _) = list(&world, "habib", 100).await;
    let letter = tasks.iter().find(|t| t.name == format!("{}/tasks/appointment-letter", name(&key))).unwrap();
    assert_eq!((letter.document.clone(), letter.employee.as_str()), (name(&key), "emp-1"));
    assert_eq!((letter.kind.as_str(), letter.role.as_str(), letter.submission), ("employee_task", "hr", 1));
    assert!(letter.question.starts_with("Appointment letter, signed") && letter.due_time.is_some(), "{letter:?}");
    assert_eq!((letter.allowed_answers.len(), letter.vendor.as_str(), letter.number.as_str()), (0, "", ""));
    assert_eq!((letter.total_poisha, letter.principal.as_str()), (0, "habib"));
    // It is nobody else's, and another tenant's people have none of it.
    let (others, _) = list(&world, "rahim", 100).await;
    assert_eq!(others, []);
    let number = invoice().number;
    assert!(tasks.iter().all(|t| t.number != number && t.name.starts_with("tenants/acme/onboardings/")), "{tasks:?}");
    world.stop().await;
}
