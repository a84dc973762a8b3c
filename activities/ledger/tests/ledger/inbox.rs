//! Each person sees the open tasks that are theirs to decide, the most urgent first.

use vextrus_domain::{Actor, DocumentKey, Employee};
use vextrus_ledger::approvals::Approval;
use vextrus_ledger::employees::claim::{self, Asked};
use vextrus_ledger::employees::course::Course;
use vextrus_ledger::employees::processes;
use vextrus_ledger::rules::{self, RuleKind};
use vextrus_ledger::views::{self, InboxCursor, InboxLine};
use vextrus_ledger::{claims, documents, masterdata};
use vextrus_lifecycle::{Facts, Template, resolve};
use vextrus_tests_support::acme::bill;
use vextrus_tests_support::company::{ACME, Acme, CALENDAR, CLERK, GLOBEX, actor, id, invoice, request};
use vextrus_tests_support::on_both;

use crate::books::{self, later, task};

on_both![
    the_most_urgent_task_comes_first,
    a_page_goes_on_where_the_last_one_ended,
    only_the_eligible_see_a_task,
    a_task_is_there_while_it_is_open,
    a_closed_document_is_gone,
    another_tenants_documents_are_not_found,
    tasks_of_employees_stand_among_them,
];

async fn inbox(acme: &Acme, person: &str, after: Option<&InboxCursor>, most: u32) -> Vec<InboxLine> {
    let mut tx = acme.read().await.unwrap();
    views::inbox(&mut tx, &id(ACME), &id(person), after, most).await.unwrap()
}

async fn numbers(acme: &Acme, person: &str) -> Vec<String> {
    inbox(acme, person, None, 100).await.into_iter().map(|line| line.number).collect()
}

async fn the_most_urgent_task_comes_first(acme: &Acme) {
    for (number, within) in [("late", 3000), ("soon", 1000), ("later", 9000)] {
        books::assessed(acme, number, vec![task("level-1", within, &["rina"])]).await;
    }
    assert_eq!(numbers(acme, "rina").await, ["soon", "late", "later"]);
    let line = &inbox(acme, "rina", None, 1).await[0];
    assert_eq!((line.task.as_str(), line.vendor.as_str(), line.total), ("level-1", "padma", 11_500_000));
}

async fn a_page_goes_on_where_the_last_one_ended(acme: &Acme) {
    // Three documents are due at one moment, so that only document and task tell them apart.
    let mut keys = Vec::new();
    for i in 0..3 {
        keys.push(books::claimed(acme, &format!("INV-{i}")).await);
    }
    let mut tx = acme.begin().await.unwrap();
    for key in &keys {
        let two = vec![task("level-1", 60, &["rina"]), task("exception-1-1", 60, &["rina"])];
        books::assess(&mut tx, key, two).await;
    }
    tx.commit().await.unwrap();

    let all = inbox(acme, "rina", None, 100).await;
    assert_eq!(all.len(), 6);
    for most in 1..=4 {
        let (mut paged, mut cursor) = (Vec::new(), None);
        loop {
            let page = inbox(acme, "rina", cursor.as_ref(), most).await;
            let Some(last) = page.last() else { break };
            cursor = Some((last.sorted_at, last.document.clone(), last.task.clone()));
            paged.extend(page);
        }
        assert_eq!(paged, all, "in pages of {most}");
    }
}

async fn only_the_eligible_see_a_task(acme: &Acme) {
    books::assessed(acme, "for rina", vec![task("level-1", 60, &["rina"])]).await;
    books::assessed(acme, "for both", vec![task("level-1", 90, &["rina", "salma"])]).await;
    assert_eq!(numbers(acme, "rina").await, ["for rina", "for both"]);
    assert_eq!(numbers(acme, "salma").await, ["for both"]);
    assert_eq!(numbers(acme, CLERK).await, Vec::<String>::new());
}

async fn a_task_is_there_while_it_is_open(acme: &Acme) {
    let second = later(1, task("level-2", 60, &["habib"]));
    let key = books::assessed(acme, "INV-1", vec![task("level-1", 60, &["rina"]), second]).await;
    assert_eq!(numbers(acme, "rina").await, ["INV-1"]);
    assert_eq!(numbers(acme, "habib").await, Vec::<String>::new(), "it waits for an earlier one");

    let decision = acme.signed(&key, "level-1", "rina", "approve").await;
    for _ in 0..2 {
        let mut tx = acme.begin().await.unwrap();
        let document = documents::lock(&mut tx, &key).await.unwrap().unwrap();
        let now = tx.now();
        let mut approval = Approval::load(&mut tx, &document).await.unwrap();
        approval.command(&mut tx, &document, &decision, &acme.trust, now).await.unwrap().unwrap();
        approval.write_tasks(&mut tx, &document).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(numbers(acme, "habib").await, ["INV-1"]);
        assert_eq!(numbers(acme, "rina").await, Vec::<String>::new(), "a decided task does not open again");
    }
    let told = "SELECT count(*) FROM outbox WHERE event = 'task_opened/level-2'";
    assert_eq!(acme.database.raw().await.number(told).await, 1, "its people are told once");
}

async fn a_closed_document_is_gone(acme: &Acme) {
    let key = books::assessed(acme, "INV-1", vec![task("level-1", 60, &["rina"])]).await;
    books::assessed(acme, "INV-2", vec![task("level-1", 90, &["rina"])]).await;
    books::close(acme, &key).await;
    assert_eq!(numbers(acme, "rina").await, ["INV-2"]);
}

async fn another_tenants_documents_are_not_found(acme: &Acme) {
    let stranger = Actor { tenant: id(GLOBEX), person: id(CLERK) };
    let bill = bill(&invoice("padma", "INV-1", "100000"));
    let theirs: DocumentKey = claims::claim(acme, &stranger, &request(), &bill).await.unwrap().unwrap().key;
    let mut tx = acme.ledger().begin(&id(GLOBEX)).await.unwrap();
    books::assess(&mut tx, &theirs, vec![task("level-1", 60, &["rina"])]).await;
    tx.commit().await.unwrap();

    assert_eq!(numbers(acme, "rina").await, Vec::<String>::new());
    let mut tx = acme.read().await.unwrap();
    assert!(views::document(&mut tx, &id(ACME), &theirs.document).await.unwrap().is_none());
    let mut tx = acme.ledger().read(&id(GLOBEX)).await.unwrap();
    assert!(views::document(&mut tx, &id(GLOBEX), &theirs.document).await.unwrap().is_some());
}

/// A papers' task of the HR manager, and the review of the manager, both open from the beginning.
const ONBOARDING: &str = r#"
    process = "onboarding"
    administrators = "department_head"

    [probation]
    months = { managerial = 6, clerical = 6, skilled = 3, worker = 3 }
    source = "the contract"

    [[task]]
    id = "papers"
    name = "Papers"
    owner = "hr"
    within_hours = 16

    [[task]]
    id = "probation-review"
    name = "Review"
    owner = "hr"
    within_hours = 24
    review = true
"#;

/// An employee's process, whose tasks are all `habib`'s.
async fn onboarding(acme: &Acme, employee: &str) -> DocumentKey {
    let employee: Employee = serde_json::from_value(serde_json::json!({
        "id": employee,
        "personal": {"name": "Rokeya Sultana", "email": "r@example.com", "phone": "01712345678", "nid": "1234567890"},
        "employment": {"department": "works", "position": "Mason", "class": "worker", "start_date": "2026-12-06",
            "manager": CLERK, "hr_manager": "habib"},
    }))
    .unwrap();
    let claimed = claim::claim(acme, &actor("habib"), &request(), Asked::Onboarding(&employee)).await.unwrap().unwrap();
    let key = claimed.process.key;
    let mut tx = acme.begin().await.unwrap();
    let process = processes::lock(&mut tx, &key).await.unwrap().unwrap();
    let facts = Facts {
        employee: &process.employee,
        employment: &process.employment,
        extended: false,
        people: &masterdata::people(&mut tx, &key.tenant).await.unwrap(),
        calendar: &rules::calendar(&mut tx, &key.tenant).await.unwrap(),
        template: &process.template,
        revision: 1,
        began_at: process.claimed_at,
        // Days so short that everything is due within the time of the tests' bills.
        day_millis: 60_000,
        undoes: None,
    };
    let plan = resolve(&Template::parse(ONBOARDING).unwrap(), &facts).unwrap();
    let mut course = Course::load(&mut tx, &process).await.unwrap();
    let at = tx.now();
    course.plan(&mut tx, &process, &plan, at).await.unwrap().unwrap();
    course.write(&mut tx, &process).await.unwrap();
    tx.commit().await.unwrap();
    key
}

async fn tasks_of_employees_stand_among_them(acme: &Acme) {
    let mut tx = acme.begin().await.unwrap();
    for (kind, content) in [(RuleKind::Onboarding, ONBOARDING), (RuleKind::Calendar, CALENDAR)] {
        // The calendar may be there already.
        drop(rules::found(&mut tx, &id(ACME), kind, content, "test").await.unwrap());
    }
    tx.commit().await.unwrap();
    for (number, within) in [("INV-1", 60), ("INV-2", 150), ("INV-3", 9000)] {
        books::assessed(acme, number, vec![task("level-1", within, &["habib"])]).await;
    }
    let keys = [onboarding(acme, "emp-1").await, onboarding(acme, "emp-2").await];
    let all = inbox(acme, "habib", None, 100).await;
    assert!(all.is_sorted_by_key(|l| (l.sorted_at, l.document.clone(), l.task.clone())), "{all:#?}");
    let tasks: Vec<&str> = all.iter().map(|l| l.task.as_str()).collect();
    assert_eq!(tasks, ["level-1", "papers", "papers", "level-1", "probation-review", "probation-review", "level-1"]);
    for most in 1..=4 {
        let (mut paged, mut cursor) = (Vec::new(), None);
        loop {
            let page = inbox(acme, "habib", cursor.as_ref(), most).await;
            let Some(last) = page.last() else { break };
            cursor = Some((last.sorted_at, last.document.clone(), last.task.clone()));
            paged.extend(page);
        }
        assert_eq!(paged, all, "in pages of {most}");
    }
    let review = all.iter().find(|l| l.task == "probation-review" && l.document == keys[0].document.as_str()).unwrap();
    assert_eq!(
        (review.document_kind.as_str(), review.kind.as_str(), review.role.as_str()),
        ("onboarding", "probation_review", "hr")
    );
    assert_eq!((review.employee.as_str(), review.principal.as_str(), review.submission), ("emp-1", "habib", 1));
    let verdicts =
        r#"[{"name":"confirm","proceeds":true},{"name":"extend","proceeds":true},{"name":"end","proceeds":false}]"#;
    assert_eq!(review.answers, verdicts);
    assert_eq!((review.vendor.as_str(), review.number.as_str(), review.total), ("", "", 0));
    let papers = all.iter().find(|l| l.task == "papers").unwrap();
    assert_eq!(
        (papers.kind.as_str(), papers.question.as_str(), papers.answers.as_str()),
        ("employee_task", "Papers", "[]")
    );
    assert!(all.iter().filter(|l| l.task == "level-1").all(|l| l.employee.is_empty()));
    assert_eq!(inbox(acme, CLERK, None, 100).await, []);
}
