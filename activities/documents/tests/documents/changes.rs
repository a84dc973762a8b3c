//! A document is returned for changes, and submitted again with another content.

use chrono::TimeDelta;
use vextrus_approval::{Action, Outcome, SignedCommand, TaskStatus};
use vextrus_contract::steps::{AssessInput, AssessOutput, CloseInput, CloseOutput, CloseReason, Entry, SettleOutput};
use vextrus_domain::{Content, DocumentKey, Invoice, Order, RefusalCode};
use vextrus_ledger::claims::Claim;
use vextrus_ledger::rules::RuleKind;
use vextrus_tests_support::acme::{bill, ordered};
use vextrus_tests_support::company::{CLERK, INVOICES, id, invoice, order, request, taka};
use vextrus_tests_support::on_both;
use vextrus_tests_support::steps::{Desk, assess_input};

on_both![
    a_returned_document_waits_for_its_submitter,
    another_content_is_assessed_and_reserved_anew,
    every_level_starts_again,
    where_the_policy_says_so_what_was_approved_stands,
    an_order_is_changed_like_an_invoice,
    what_stays_the_same_when_a_document_is_changed,
    only_what_was_returned_is_changed_and_by_its_submitter,
    the_same_change_is_made_once,
    a_content_that_the_ledger_does_not_hold_is_not_taken_up,
    a_changed_content_that_does_not_stand_up_is_refused,
    changes_that_do_not_come_expire,
];

/// Returns a document at the task that waits.
async fn give_back(desk: &Desk, key: &DocumentKey, task: &str, who: &str) {
    let back = Action::Return { task: id(task), comment: "the quantity is wrong".to_owned() };
    assert_eq!(desk.record(&desk.word(key, who, back)).await, Ok(()));
}

fn resubmission(desk: &Desk, change: &Claim) -> SignedCommand {
    let action = Action::Resubmit {
        content: change.content,
        payload_hash: change.payload_hash.clone(),
        comment: "corrected".to_owned(),
    };
    desk.word(&change.key, CLERK, action)
}

/// Changes a returned document, and submits it again.
async fn submit_again(desk: &Desk, key: &DocumentKey, content: &Content) -> vextrus_contract::steps::Assessed {
    let change = desk.change(key, CLERK, &request(), content).await.unwrap();
    assert_eq!(desk.record(&resubmission(desk, &change)).await, Ok(()));
    desk.reassessed(key).await
}

async fn states(desk: &Desk, key: &DocumentKey) -> Vec<String> {
    desk.document(key).await.tasks.iter().map(|t| format!("{} {}", t.task, t.state)).collect()
}

async fn a_returned_document_waits_for_its_submitter(desk: &Desk) {
    let (claim, _) = desk.submit(&invoice("padma", "INV-1", "100000")).await;
    let key = claim.key;
    give_back(desk, &key, "level-1", "rina").await;
    let shown = desk.document(&key).await;
    assert_eq!((shown.state.name(), shown.tasks[0].due_at), ("assessed", None));
    assert_eq!(shown.approval.returned().unwrap().task, id("level-1"));
    let late = desk.record(&desk.signed(&key, "level-1", "salma", "approve").await).await;
    assert_eq!(late.unwrap_err().code, RefusalCode::DocumentReturned);
    let SettleOutput::Refused(refusal) = desk.settle(&key, None).await else { panic!("settled") };
    assert!(refusal.message.ends_with("the document is with karim for changes"), "{refusal}");
    assert!(matches!(desk.assess_again(&key).await, AssessOutput::Refused(r) if r.code == RefusalCode::DocumentClosed));
    assert_eq!(desk.budget("works", "").await.0, "100000.00", "its budget stays reserved");
    let told = "SELECT payload FROM outbox WHERE event LIKE 'returned/%'";
    let told = desk.database.raw().await.texts(told).await;
    assert!(told[0].contains("\"to\":\"karim\"") && told[0].contains("the quantity is wrong"), "{told:?}");
}

async fn another_content_is_assessed_and_reserved_anew(desk: &Desk) {
    let mut first = invoice("padma", "INV-1", "100000");
    first.project = Some(id("bridge"));
    let (claim, _) = desk.submit(&first).await;
    give_back(desk, &claim.key, "level-1", "rina").await;
    // Another amount, department line, date: what is claimed stays.
    let mut second = Invoice { date: id("2025-08-05"), ..invoice("padma", "INV 1", "80000") };
    second.lines[0].description = "as measured".to_owned();
    let assessed = submit_again(desk, &claim.key, &bill(&second)).await;
    assert_eq!(assessed.totals.unwrap().total, taka("92000"));
    assert_eq!(assessed.plan.revision, 2);
    assert_eq!(desk.budget("works", "").await.0, "80000.00");
    assert_eq!(desk.budget("works", "bridge").await.0, "0.00");
    let shown = desk.document(&claim.key).await;
    assert_eq!((shown.content_number, &shown.content), (2, &bill(&second)));
    let kept = "SELECT content || ' ' || length(payload_hash) FROM document_contents ORDER BY content";
    assert_eq!(desk.database.raw().await.texts(kept).await, ["1 64", "2 64"]);
    let settlement = desk.carry_out(&claim.key).await;
    assert_eq!(settlement.totals.unwrap().total, taka("92000"));
    assert_eq!(
        desk.trail(&claim.key).await,
        [
            "claimed",
            "assessed",
            "returned",
            "content_changed",
            "resubmitted",
            "recompute_asked",
            "assessed",
            "decided",
            "settled"
        ]
    );
}

async fn every_level_starts_again(desk: &Desk) {
    let (claim, _) = desk.submit(&invoice("padma", "INV-1", "100000")).await;
    assert_eq!(desk.record(&desk.signed(&claim.key, "level-1", "rina", "approve").await).await, Ok(()));
    give_back(desk, &claim.key, "level-2", "habib").await;
    let assessed = submit_again(desk, &claim.key, &bill(&invoice("padma", "INV-1", "100000"))).await;
    assert_eq!(assessed.plan.tasks.len(), 2);
    let now = ["level-1 superseded", "level-2 dropped", "level-2-1 open", "level-2-2 waiting"];
    let mut found = states(desk, &claim.key).await;
    found.sort();
    assert_eq!(found, now);
    let old = desk.record(&desk.signed(&claim.key, "level-2", "habib", "approve").await).await.unwrap_err();
    assert!(matches!(old.code, RefusalCode::StalePlan | RefusalCode::AlreadyDecided), "{old}");
    // Whoever approved the first content may approve another level of the second.
    assert_eq!(desk.record(&desk.signed(&claim.key, "level-2-1", "omar", "approve").await).await, Ok(()));
    let last = desk.signed(&claim.key, "level-2-2", "habib", "approve").await;
    assert!(matches!(desk.settle(&claim.key, Some(last)).await, SettleOutput::Settled(_)));
    let excluded = "SELECT person FROM payment_exclusions ORDER BY person";
    assert_eq!(desk.database.raw().await.texts(excluded).await, ["habib", "omar"], "of what was approved last");
}

async fn where_the_policy_says_so_what_was_approved_stands(desk: &Desk) {
    desk.activate(RuleKind::Approval, &INVOICES.replace("restart = \"all\"", "restart = \"undecided\"")).await;
    for (n, again, stands) in [(1, "100000", true), (2, "90000", true), (3, "100003.01", false)] {
        let number = format!("INV-{n}");
        let (claim, _) = desk.submit(&invoice("padma", &number, &format!("10000{}", n - 1))).await;
        assert_eq!(desk.record(&desk.signed(&claim.key, "level-1", "rina", "approve").await).await, Ok(()));
        give_back(desk, &claim.key, "level-2", "habib").await;
        submit_again(desk, &claim.key, &bill(&invoice("padma", &number, again))).await;
        let shown = desk.document(&claim.key).await;
        let first = shown.approval.task(&id("level-2-1")).unwrap();
        assert_eq!(first.status == TaskStatus::Decided, stands, "{again}");
        desk.carry_out(&claim.key).await;
    }
}

async fn an_order_is_changed_like_an_invoice(desk: &Desk) {
    let (claim, _) = desk.ask(&order("meghna", &[("cement", "100", "700")])).await;
    give_back(desk, &claim.key, "level-1", "habib").await;
    let second = Order { project: Some(id("bridge")), ..order("meghna", &[("cement", "60", "700")]) };
    let assessed = submit_again(desk, &claim.key, &ordered(&second)).await;
    assert_eq!(assessed.plan.tasks, [], "42,000.00 asks nobody");
    assert_eq!(desk.budget("works", "bridge").await.0, "42000.00");
    let settlement = desk.carry_out(&claim.key).await;
    let (issued, _) = desk.order(&settlement.number).await;
    assert_eq!((issued.amount, issued.project, issued.lines[0].ordered), (taka("42000"), Some(id("bridge")), id("60")));
    assert_eq!(desk.kept(&settlement.number).await, [42_000, 0, 0, 0]);
}

async fn what_stays_the_same_when_a_document_is_changed(desk: &Desk) {
    let (claim, _) = desk.submit(&invoice("padma", "INV-1", "100000")).await;
    give_back(desk, &claim.key, "level-1", "rina").await;
    let good = invoice("padma", "INV-1", "90000");
    for (what, changed) in [
        ("another vendor", bill(&invoice("meghna", "INV-1", "90000"))),
        ("another number", bill(&invoice("padma", "INV-2", "90000"))),
        ("another fiscal year", bill(&Invoice { date: id("2025-06-30"), ..good.clone() })),
        ("another type", ordered(&order("padma", &[("works", "1", "90000")]))),
    ] {
        let refusal = desk.change(&claim.key, CLERK, &request(), &changed).await.unwrap_err();
        assert_eq!(refusal.code, RefusalCode::InvalidField, "{what}");
    }
    let (_, number) = desk.issue(&order("meghna", &[("cement", "1", "60000")])).await;
    let amends = |to: Option<&str>| Order { amends: to.map(id), ..order("meghna", &[("cement", "1", "120000")]) };
    let (amendment, _) = desk.ask(&amends(Some(&number))).await;
    give_back(desk, &amendment.key, "level-1", "habib").await;
    for to in [None, Some("PO-1")] {
        let refusal = desk.change(&amendment.key, CLERK, &request(), &ordered(&amends(to))).await.unwrap_err();
        assert_eq!(refusal.code, RefusalCode::InvalidField, "{to:?}");
    }
    assert_eq!(desk.document(&claim.key).await.content_number, 1);
}

async fn only_what_was_returned_is_changed_and_by_its_submitter(desk: &Desk) {
    let (claim, _) = desk.submit(&invoice("padma", "INV-1", "100000")).await;
    let key = claim.key;
    let other = bill(&invoice("padma", "INV-1", "90000"));
    let change = async |who: &str| desk.change(&key, who, &request(), &other).await.unwrap_err().code;
    assert_eq!(change(CLERK).await, RefusalCode::NotReturned);
    give_back(desk, &key, "level-1", "rina").await;
    assert_eq!(change("rina").await, RefusalCode::NotSubmitter);
    let unknown = DocumentKey { document: id("made-up"), ..key.clone() };
    let refusal = desk.change(&unknown, CLERK, &request(), &other).await.unwrap_err();
    assert_eq!(refusal.code, RefusalCode::NotClaimed);
    let made = desk.change(&key, CLERK, &request(), &other).await.unwrap();
    let theirs = Action::Resubmit { content: 2, payload_hash: made.payload_hash.clone(), comment: String::new() };
    let theirs = desk.record(&desk.word(&key, "rina", theirs)).await;
    assert_eq!(theirs.unwrap_err().code, RefusalCode::NotSubmitter);
    assert_eq!(desk.record(&resubmission(desk, &made)).await, Ok(()));
    assert_eq!(change(CLERK).await, RefusalCode::NotReturned, "it is on its way already");
    desk.reassessed(&key).await;
    assert_eq!(desk.record(&resubmission(desk, &made)).await.unwrap_err().code, RefusalCode::NotReturned);
    desk.close(&key, CloseReason::Cancelled, None).await;
    assert_eq!(change(CLERK).await, RefusalCode::DocumentClosed);
}

async fn the_same_change_is_made_once(desk: &Desk) {
    let (claim, _) = desk.submit(&invoice("padma", "INV-1", "100000")).await;
    give_back(desk, &claim.key, "level-1", "rina").await;
    let (again, other) = (request(), bill(&invoice("padma", "INV-1", "90000")));
    let first = desk.change(&claim.key, CLERK, &again, &other).await.unwrap();
    let rows = desk.database.raw().await.rows().await;
    let second = desk.change(&claim.key, CLERK, &again, &other).await.unwrap();
    assert_eq!((first.content, second.content, second.repeated), (2, 2, true));
    assert_eq!((desk.database.raw().await.rows().await, first.payload_hash), (rows, second.payload_hash));
    let third = bill(&invoice("padma", "INV-1", "80000"));
    assert_eq!(desk.change(&claim.key, CLERK, &again, &third).await.unwrap_err().code, RefusalCode::RequestIdReused);
    // The id of a change is no id of a claim, nor the other way round.
    let bill_of = invoice("meghna", "INV-9", "10");
    let claimed = desk.claim_as(CLERK, &again, &bill_of).await.unwrap_err();
    assert_eq!(claimed.code, RefusalCode::RequestIdReused);
    let used = request();
    desk.claim_as(CLERK, &used, &bill_of).await.unwrap();
    assert_eq!(desk.change(&claim.key, CLERK, &used, &third).await.unwrap_err().code, RefusalCode::RequestIdReused);
    // It may be changed again before it is submitted again.
    assert_eq!(desk.change(&claim.key, CLERK, &request(), &third).await.unwrap().content, 3);
}

async fn a_content_that_the_ledger_does_not_hold_is_not_taken_up(desk: &Desk) {
    let (claim, _) = desk.submit(&invoice("padma", "INV-1", "100000")).await;
    give_back(desk, &claim.key, "level-1", "rina").await;
    let change = async |amount: &str| {
        let content = bill(&invoice("padma", "INV-1", amount));
        desk.change(&claim.key, CLERK, &request(), &content).await.unwrap()
    };
    let (second, third) = (change("90000").await, change("80000").await);
    for (what, named) in [
        ("one that was overtaken", second),
        ("a number to come", Claim { content: 4, ..third.clone() }),
        ("another hash", Claim { payload_hash: "0".repeat(64), ..third.clone() }),
        ("the first", Claim { content: 1, ..claim.clone() }),
    ] {
        let refusal = desk.record(&resubmission(desk, &named)).await.unwrap_err();
        assert_eq!(refusal.code, RefusalCode::NotClaimed, "{what}");
    }
    assert_eq!(desk.record(&resubmission(desk, &third)).await, Ok(()));
    // Nor is it assessed by another.
    let old = AssessInput { revision: 2, ..assess_input(&claim, 2) };
    let AssessOutput::Refused(refusal) = desk.steps().assess_step(&old).await.unwrap() else { panic!("assessed") };
    assert_eq!(refusal.code, RefusalCode::NotClaimed);
    assert_eq!(desk.reassessed(&claim.key).await.totals.unwrap().subtotal, taka("80000"));
}

async fn a_changed_content_that_does_not_stand_up_is_refused(desk: &Desk) {
    let (claim, _) = desk.submit(&invoice("padma", "INV-1", "100000")).await;
    give_back(desk, &claim.key, "level-1", "rina").await;
    let mut wrong = invoice("padma", "INV-1", "90000");
    wrong.total = taka("1");
    let change = desk.change(&claim.key, CLERK, &request(), &bill(&wrong)).await.unwrap();
    assert_eq!(desk.record(&resubmission(desk, &change)).await, Ok(()));
    let AssessOutput::Refused(refusal) = desk.assess_again(&claim.key).await else { panic!("assessed") };
    assert_eq!(refusal.code, RefusalCode::TotalMismatch);
    assert_eq!(desk.budget("works", "").await.0, "100000.00", "nothing of the refused assessment stays");
    assert_eq!(desk.close(&claim.key, CloseReason::Rejected, None).await, CloseOutput::Closed);
    assert_eq!(desk.budget("works", "").await.0, "0.00");
    // The number is free for the next submission.
    let (next, _) = desk.submit(&invoice("padma", "INV-1", "90000")).await;
    assert_eq!((next.key.document, next.key.submission), (claim.key.document, 2));
}

async fn changes_that_do_not_come_expire(desk: &Desk) {
    let (claim, _) = desk.submit(&invoice("padma", "INV-1", "100000")).await;
    desk.pass(TimeDelta::days(1));
    give_back(desk, &claim.key, "level-1", "rina").await;
    let expire = async || {
        let tick = vec![Entry::Tick { at: desk.now() }];
        let input = CloseInput { entries: tick, ..desk.close_input(&claim.key, CloseReason::Expired, None) };
        desk.steps().close_step(&input).await.unwrap()
    };
    desk.pass(TimeDelta::days(14) - TimeDelta::seconds(1));
    assert!(matches!(expire().await, CloseOutput::Refused(r) if r.code == RefusalCode::NotDue));
    desk.pass(TimeDelta::seconds(1));
    assert_eq!(expire().await, CloseOutput::Closed);
    let shown = desk.document(&claim.key).await;
    assert_eq!(shown.approval.outcome(), Some(&Outcome::Expired { task: id("level-1") }));
    assert_eq!((shown.outcome.as_deref(), desk.budget("works", "").await.0.as_str()), (Some("expired"), "0.00"));
}
