//! Two bills of one vendor with one amount and date ask a person, under whatever numbers they came.

use vextrus_contract::steps::{AssessOutput, Assessed, CloseReason};
use vextrus_domain::Invoice;
use vextrus_tests_support::company::{id, invoice};
use vextrus_tests_support::ledgers::at_once;
use vextrus_tests_support::on_both;
use vextrus_tests_support::steps::{Desk, assess_input};

on_both![
    the_second_of_two_alike_asks,
    what_differs_is_not_alike,
    an_ended_document_is_alike_only_when_it_was_paid,
    of_two_assessed_at_once_exactly_one_asks,
    of_many_alike_the_first_are_named_and_the_rest_counted,
];

fn bill(number: &str) -> Invoice {
    invoice("padma", number, "100000")
}

fn asks(assessed: &Assessed) -> bool {
    assessed.plan.tasks.iter().any(|t| t.kind.name() == "possible_duplicate")
}

async fn the_second_of_two_alike_asks(desk: &Desk) {
    let (first, assessed) = desk.submit(&bill("INV-1")).await;
    assert!(!asks(&assessed));
    let (_, assessed) = desk.submit(&bill("INV-01")).await;
    let task = &assessed.plan.tasks[0];
    assert_eq!((task.kind.name(), task.role.as_str()), ("possible_duplicate", "accounts_payable"));
    assert!(task.question.contains(&format!("INV-1 ({})", first.key.document)), "{}", task.question);
    let (_, assessed) = desk.submit(&bill("INV-001")).await;
    assert!(assessed.plan.tasks[0].question.contains("INV-01 "), "all that are alike are named");
}

async fn what_differs_is_not_alike(desk: &Desk) {
    desk.submit(&bill("INV-1")).await;
    for other in [
        Invoice { date: id("2025-08-02"), ..bill("INV-2") },
        invoice("padma", "INV-3", "100000.01"),
        invoice("meghna", "INV-4", "100000"),
    ] {
        assert!(!asks(&desk.submit(&other).await.1), "{}", other.number);
    }
    desk.claim(&bill("INV-5")).await.unwrap();
    let shown = desk.submit(&bill("INV-6")).await.1.plan.tasks[0].question.clone();
    assert!(!shown.contains("INV-5"), "a claim that was never assessed is no bill: {shown}");
}

async fn an_ended_document_is_alike_only_when_it_was_paid(desk: &Desk) {
    let (closed, _) = desk.submit(&bill("INV-1")).await;
    desk.close(&closed.key, CloseReason::Cancelled, None).await;
    desk.settled(&bill("INV-2")).await;
    let (_, assessed) = desk.submit(&bill("INV-3")).await;
    let question = &assessed.plan.tasks[0].question;
    assert!(question.contains("INV-2 ") && !question.contains("INV-1 "), "{question}");
    let (again, assessed) = desk.submit(&bill("INV-1")).await;
    assert_eq!(again.key.submission, 2);
    assert!(!assessed.plan.tasks[0].question.contains("INV-1 "), "a document is not alike itself");
}

async fn of_two_assessed_at_once_exactly_one_asks(desk: &Desk) {
    for round in 0..8 {
        let mut claims = Vec::new();
        for n in 0..2 {
            // Alike within a round only.
            let subtotal = (100_000 + round).to_string();
            claims.push(desk.claim(&invoice("padma", &format!("INV-{round}-{n}"), &subtotal)).await.unwrap());
        }
        let steps = desk.steps();
        let outputs = at_once(2, move |n| {
            let (steps, input) = (steps.clone(), assess_input(&claims[n], 1));
            async move { steps.assess_step(&input).await.unwrap() }
        })
        .await;
        let asking = outputs.iter().filter(|o| matches!(o, AssessOutput::Assessed(a) if asks(a))).count();
        assert_eq!(asking, 1, "round {round}: {outputs:?}");
    }
}

async fn of_many_alike_the_first_are_named_and_the_rest_counted(desk: &Desk) {
    for n in 1..=23_usize {
        let (claim, assessed) = desk.submit(&invoice("padma", &format!("INV-{n}"), "1000")).await;
        let (named, more) = ((n - 1).min(20), (n - 1).saturating_sub(20));
        let Some(task) = assessed.plan.tasks.iter().find(|t| t.kind.name() == "possible_duplicate") else {
            assert_eq!(n, 1);
            continue;
        };
        assert_eq!(task.question.matches("INV-").count(), named, "{n}: {}", task.question);
        let said = if more > 0 {
            format!(" and {more} more: is it another bill?")
        } else {
            "): is it another bill?".to_owned()
        };
        assert!(task.question.ends_with(&said), "{n}: {}", task.question);
        assert_eq!(more == 0, !task.question.contains("more"), "{n}");
        assert!(!task.question.contains(claim.key.document.as_str()), "not itself");
    }
}
