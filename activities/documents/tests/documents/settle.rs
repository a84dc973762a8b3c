//! `settle` pays what the ledger itself finds approved, once.

use chrono::TimeDelta;
use vextrus_contract::steps::{AssessOutput, CloseOutput, CloseReason, SettleInput, SettleOutput};
use vextrus_domain::{DocumentKey, Refusal, RefusalCode};
use vextrus_ledger::views;
use vextrus_tests_support::company::{ACME, CLERK, id, invoice};
use vextrus_tests_support::ledgers::at_once;
use vextrus_tests_support::on_both;
use vextrus_tests_support::steps::Desk;

on_both![
    settled_by_hand_it_is_refused_audited_and_not_spoilt,
    a_refusing_answer_settles_nothing,
    what_is_not_at_this_revision_is_not_settled,
    many_settles_at_once_are_one_instruction,
    many_documents_settled_at_once_are_numbered_without_gaps,
    a_closed_document_is_not_settled,
    a_settled_document_is_not_closed,
    the_posting_date_is_the_day_in_dhaka,
    nothing_is_settled_on_a_day_that_is_not,
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
    let SettleOutput::Refused(refusal) = desk.settle(&key, None).await else { panic!("settled") };
    assert_eq!(refusal.code, RefusalCode::ApprovalsIncomplete);
    assert!(refusal.message.ends_with("level-1, level-2 is undecided"), "{refusal}");
    let first = desk.signed(&key, "level-1", "rina", "approve").await;
    assert_eq!(
        code(desk.settle(&key, Some(first)).await),
        RefusalCode::ApprovalsIncomplete,
        "one of two is not enough"
    );
    assert_eq!(desk.trail(&key).await, ["claimed", "assessed", "settle_refused", "settle_refused"]);
    assert_eq!(desk.database.raw().await.rows().await["approval_log"], 1, "what came with a refused step is not kept");
    assert_eq!(instructions(desk).await, Vec::<String>::new());

    // The true step has the very input of the first forged one, but for the approvals that are there by now.
    let last = desk.approve(&key).await;
    assert_eq!(desk.record(&last).await, Ok(()));
    assert!(matches!(desk.settle(&key, None).await, SettleOutput::Settled(_)));
}

async fn a_refusing_answer_settles_nothing(desk: &Desk) {
    let key = submitted(desk).await;
    let first = desk.signed(&key, "level-1", "rina", "approve").await;
    assert_eq!(desk.record(&first).await, Ok(()));
    let no = desk.signed(&key, "level-2", "habib", "reject").await;
    assert_eq!(code(desk.settle(&key, Some(no.clone())).await), RefusalCode::ApprovalsIncomplete);
    assert_eq!(desk.record(&no).await, Ok(()));
    let SettleOutput::Refused(refusal) = desk.settle(&key, None).await else { panic!("settled") };
    let said = "APPROVALS_INCOMPLETE: the ledger does not hold every approval: the approval has ended otherwise";
    assert_eq!(refusal.to_string(), said);
    let yes = desk.signed(&key, "level-2", "omar", "approve").await;
    let SettleOutput::NotApproved { refused } = desk.settle(&key, Some(yes)).await else { panic!("settled") };
    assert_eq!(refused[0].refusal.code, RefusalCode::AlreadyDecided);
    assert_eq!(desk.close(&key, CloseReason::Rejected, None).await, CloseOutput::Closed);
}

async fn what_is_not_at_this_revision_is_not_settled(desk: &Desk) {
    let claim = desk.claim(&invoice("padma", "INV-1", "100000")).await.unwrap();
    assert_eq!(code(desk.settle(&claim.key, None).await), RefusalCode::DocumentClosed, "it is not assessed");
    desk.assessed(&claim).await;
    let last = desk.approve(&claim.key).await;
    let later = desk.settle_input(&claim.key, 2, Some(last.clone()));
    assert_eq!(code(desk.steps().settle_step(&later).await.unwrap()), RefusalCode::DocumentClosed);
    let before = desk.settle_input(&claim.key, 0, None);
    assert_eq!(code(desk.steps().settle_step(&before).await.unwrap()), RefusalCode::DocumentClosed);
    assert!(matches!(desk.settle(&claim.key, Some(last)).await, SettleOutput::Settled(_)));
}

async fn many_settles_at_once_are_one_instruction(desk: &Desk) {
    let key = submitted(desk).await;
    let input = desk.settle_input(&key, 1, Some(desk.approve(&key).await));
    let steps = desk.steps();
    let answers = at_once(16, move |_| {
        let (steps, input) = (steps.clone(), input.clone());
        async move { steps.settle_step(&input).await.unwrap() }
    })
    .await;
    assert!(matches!(&answers[0], SettleOutput::Settled(s) if s.number == "PI-2025-26-000001"), "{answers:?}");
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
        inputs.push(desk.settle_input(&claim.key, 1, decision));
    }
    let steps = desk.steps();
    let answers = at_once(12, move |i| {
        let (steps, input) = (steps.clone(), inputs[i].clone());
        async move { steps.settle_step(&input).await.unwrap() }
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
    let refusal = desk.record(&last).await.unwrap_err();
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
    assert_eq!(instructions(desk).await, [settlement.number]);
}

async fn the_posting_date_is_the_day_in_dhaka(desk: &Desk) {
    for (n, (at, day, number)) in [
        ("2026-06-30T17:59:59Z", "2026-06-30", "PI-2025-26-000001"),
        ("2026-06-30T18:00:00Z", "2026-07-01", "PI-2026-27-000001"),
    ]
    .into_iter()
    .enumerate()
    {
        desk.at(at);
        let (_, settlement) = desk.settled(&invoice("padma", &format!("INV-{n}"), &format!("{}", 100_000 + n))).await;
        assert_eq!((settlement.date, settlement.number.as_str()), (id(day), number));
    }
}

async fn nothing_is_settled_on_a_day_that_is_not(desk: &Desk) {
    let key = submitted(desk).await;
    let last = desk.approve(&key).await;
    // Tomorrow, or a day before it was approved: the date chooses the month of its taxes.
    for days in [1, -1] {
        let input = desk.settle_input(&key, 1, Some(last.clone()));
        let another_day = SettleInput { at: desk.now() + TimeDelta::days(days), ..input };
        assert_eq!(code(desk.steps().settle_step(&another_day).await.unwrap()), RefusalCode::NotDue);
    }
    assert!(matches!(desk.settle(&key, Some(last)).await, SettleOutput::Settled(_)));
}
