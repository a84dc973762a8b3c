//! `settle` pays what the ledger itself finds approved, once.

use chrono::TimeDelta;
use vextrus_contract::steps::{AssessOutput, CloseOutput, CloseReason, RecordOutput, SettleInput, SettleOutput};
use vextrus_domain::{DocumentKey, Refusal, RefusalCode};
use vextrus_ledger::views;
use vextrus_tests_support::company::{ACME, CLERK, id, invoice};
use vextrus_tests_support::ledgers::at_once;
use vextrus_tests_support::on_both;
use vextrus_tests_support::steps::{Desk, now, settle_input};

on_both![
    settled_by_hand_it_is_refused_audited_and_not_spoilt,
    a_refusing_answer_settles_nothing,
    what_is_not_at_this_revision_is_not_settled,
    many_settles_at_once_are_one_instruction,
    many_documents_settled_at_once_are_numbered_without_gaps,
    a_closed_document_is_not_settled,
    a_settled_document_is_not_closed,
    the_posting_date_is_the_day_in_dhaka,
    nothing_is_settled_on_a_day_to_come,
];

#[track_caller]
fn code(output: SettleOutput) -> RefusalCode {
    match output {
        SettleOutput::Refused(Refusal { code, .. }) => code,
        other => panic!("it was not refused: {other:?}"),
    }
}

async fn submitted(desk: &Desk) -> DocumentKey {
    desk.submit(&invoice("padma", "INV-1", "100000")).await.0.key
}

async fn instructions(desk: &Desk) -> Vec<String> {
    let mut tx = desk.read().await.unwrap();
    let all = views::instructions(&mut tx, &id(ACME)).await.unwrap();
    all.into_iter().map(|i| i.instruction).collect()
}

async fn settled_by_hand_it_is_refused_audited_and_not_spoilt(desk: &Desk) {
    let key = submitted(desk).await;
    assert_eq!(code(desk.settle(&key, None).await), RefusalCode::ApprovalsIncomplete);
    let first = desk.signed(&key, "level-1", "rina", "approve").await;
    assert_eq!(
        code(desk.settle(&key, Some(first)).await),
        RefusalCode::ApprovalsIncomplete,
        "one of two is not enough"
    );
    assert_eq!(desk.trail(&key).await, ["claimed", "assessed", "settle_refused", "settle_refused"]);
    assert_eq!(desk.database.raw().await.rows().await["decisions"], 0, "what came with a refused step is not kept");
    assert_eq!(instructions(desk).await, Vec::<String>::new());

    // The true step has the very input of the first forged one, but for the approvals that are there by now.
    let last = desk.approve(&key).await;
    assert_eq!(desk.record(&last).await, RecordOutput::Recorded);
    assert!(matches!(desk.settle(&key, None).await, SettleOutput::Settled(_)));
}

async fn a_refusing_answer_settles_nothing(desk: &Desk) {
    let key = submitted(desk).await;
    let first = desk.signed(&key, "level-1", "rina", "approve").await;
    desk.record(&first).await;
    let no = desk.signed(&key, "level-2", "habib", "reject").await;
    assert_eq!(code(desk.settle(&key, Some(no.clone())).await), RefusalCode::ApprovalsIncomplete);
    assert_eq!(desk.record(&no).await, RecordOutput::Recorded);
    assert_eq!(code(desk.settle(&key, None).await), RefusalCode::ApprovalsIncomplete);
    let yes = desk.signed(&key, "level-2", "omar", "approve").await;
    assert_eq!(code(desk.settle(&key, Some(yes)).await), RefusalCode::AlreadyDecided);
    assert_eq!(desk.close(&key, CloseReason::Rejected, None).await, CloseOutput::Closed);
}

async fn what_is_not_at_this_revision_is_not_settled(desk: &Desk) {
    let claim = desk.claim(&invoice("padma", "INV-1", "100000")).await.unwrap();
    assert_eq!(code(desk.settle(&claim.key, None).await), RefusalCode::DocumentClosed, "it is not assessed");
    desk.assessed(&claim).await;
    let last = desk.approve(&claim.key).await;
    let later = settle_input(&claim.key, 2, Some(last.clone()));
    assert_eq!(code(desk.invoices.settle_step(&later).await.unwrap()), RefusalCode::DocumentClosed);
    let before = desk.invoices.settle_step(&settle_input(&claim.key, 0, None)).await.unwrap();
    assert!(matches!(&before, SettleOutput::Reassess { why } if why == "revision 1 has been assessed"), "{before:?}");
    assert!(matches!(desk.settle(&claim.key, Some(last)).await, SettleOutput::Settled(_)));
}

async fn many_settles_at_once_are_one_instruction(desk: &Desk) {
    let key = submitted(desk).await;
    let input = settle_input(&key, 1, Some(desk.approve(&key).await));
    let invoices = desk.invoices.clone();
    let answers = at_once(16, move |_| {
        let (invoices, input) = (invoices.clone(), input.clone());
        async move { invoices.settle_step(&input).await.unwrap() }
    })
    .await;
    assert!(matches!(&answers[0], SettleOutput::Settled(s) if s.instruction == "PI-2025-26-000001"), "{answers:?}");
    assert!(answers.iter().all(|a| *a == answers[0]));
    assert_eq!(instructions(desk).await, ["PI-2025-26-000001"]);
    assert_eq!(desk.trail(&key).await, ["claimed", "assessed", "decided", "decided", "settled"]);
}

async fn many_documents_settled_at_once_are_numbered_without_gaps(desk: &Desk) {
    let mut inputs = Vec::new();
    for i in 0..12 {
        let vendor = ["padma", "meghna", "jamuna"][i % 3];
        let (claim, _) = desk.submit(&invoice(vendor, &format!("INV-{i}"), &format!("{}", 90_000 + i))).await;
        // Every fourth lacks an approval and is refused on the way.
        let decision = if i % 4 == 3 { None } else { Some(desk.approve(&claim.key).await) };
        inputs.push(settle_input(&claim.key, 1, decision));
    }
    let invoices = desk.invoices.clone();
    let answers = at_once(12, move |i| {
        let (invoices, input) = (invoices.clone(), inputs[i].clone());
        async move { invoices.settle_step(&input).await.unwrap() }
    })
    .await;
    assert_eq!(answers.iter().filter(|a| matches!(a, SettleOutput::Settled(_))).count(), 9, "{answers:?}");
    let expected: Vec<String> = (1..=9).map(|n| format!("PI-2025-26-{n:06}")).collect();
    assert_eq!(instructions(desk).await, expected);
}

async fn a_closed_document_is_not_settled(desk: &Desk) {
    let (claim, _) = desk.submit(&invoice("padma", "INV-1", "100000")).await;
    let last = desk.approve(&claim.key).await;
    assert_eq!(desk.close(&claim.key, CloseReason::Cancelled, None).await, CloseOutput::Closed);
    assert_eq!(code(desk.settle(&claim.key, Some(last.clone())).await), RefusalCode::DocumentClosed);
    let RecordOutput::Refused(refusal) = desk.record(&last).await else { panic!("recorded") };
    assert_eq!(refusal.code, RefusalCode::DocumentClosed);
    let AssessOutput::Refused(refusal) = desk.assess(&claim, 2).await else { panic!("assessed") };
    assert_eq!(refusal.code, RefusalCode::DocumentClosed);
    assert_eq!(desk.close(&claim.key, CloseReason::Rejected, None).await, CloseOutput::Closed, "it is closed already");
    assert_eq!(desk.document(&claim.key).await.outcome.as_deref(), Some("cancelled"));
}

async fn a_settled_document_is_not_closed(desk: &Desk) {
    let (key, settlement) = desk.settled(&invoice("padma", "INV-1", "100000")).await;
    let withdrawn = desk.withdrawal(&key, CLERK);
    for (reason, decision) in
        [(CloseReason::Cancelled, None), (CloseReason::Failed, None), (CloseReason::Withdrawn, Some(withdrawn))]
    {
        let answer = desk.close(&key, reason, decision).await;
        assert_eq!(answer, CloseOutput::AlreadySettled(Box::new(settlement.clone())), "{reason:?}");
    }
    assert_eq!(desk.document(&key).await.outcome.as_deref(), Some("approved"));
    assert_eq!(instructions(desk).await, [settlement.instruction]);
}

async fn the_posting_date_is_the_day_in_dhaka(desk: &Desk) {
    for (n, (at, day, number)) in [
        ("2025-06-30T17:59:59Z", "2025-06-30", "PI-2024-25-000001"),
        ("2025-06-30T18:00:00Z", "2025-07-01", "PI-2025-26-000001"),
    ]
    .into_iter()
    .enumerate()
    {
        let (claim, _) = desk.submit(&invoice("padma", &format!("INV-{n}"), &format!("{}", 100_000 + n))).await;
        let last = desk.approve(&claim.key).await;
        let input = SettleInput { at: id(at), ..settle_input(&claim.key, 1, Some(last)) };
        let SettleOutput::Settled(settlement) = desk.invoices.settle_step(&input).await.unwrap() else {
            panic!("{at}")
        };
        assert_eq!((settlement.posting_date, settlement.instruction.as_str()), (id(day), number));
    }
}

async fn nothing_is_settled_on_a_day_to_come(desk: &Desk) {
    let key = submitted(desk).await;
    let last = desk.approve(&key).await;
    let tomorrow = SettleInput { at: now() + TimeDelta::days(1), ..settle_input(&key, 1, Some(last.clone())) };
    assert_eq!(code(desk.invoices.settle_step(&tomorrow).await.unwrap()), RefusalCode::InvalidField);
    assert!(matches!(desk.settle(&key, Some(last)).await, SettleOutput::Settled(_)));
}
