//! The preview says what a submission would say, and leaves nothing.

use vextrus_contract::steps::{AssessOutput, Assessed};
use vextrus_documents::preview;
use vextrus_domain::{Content, Invoice, Order, RefusalCode};
use vextrus_ledger::claims;
use vextrus_ledger::rules::RuleKind;
use vextrus_tests_support::acme::{bill, ordered};
use vextrus_tests_support::company::{CLERK, INVOICES, actor, billed, id, invoice, order, person, request, taka};
use vextrus_tests_support::ledgers::at_once;
use vextrus_tests_support::on_both;
use vextrus_tests_support::steps::Desk;

on_both![
    what_it_says_is_what_a_submission_says,
    what_it_refuses_is_what_a_submission_refuses,
    it_leaves_no_row,
    it_says_by_when_everybody_would_have_decided,
    a_document_that_is_submitted_already_is_a_duplicate,
    a_plan_that_names_a_whole_company_is_refused_too,
    previews_and_claims_at_once_do_not_disturb_each_other,
];

/// Previews a content, then submits it; both must say the same.
async fn both(desk: &Desk, what: &str, content: &Content) -> Assessed {
    let seen = desk.preview(content).await.unwrap();
    let (claim, assessed) = desk.submit_as(CLERK, content).await;
    assert_eq!(seen.plan, assessed.plan, "{what}");
    assert_eq!(seen.totals, assessed.totals, "{what}");
    let stored = desk.document(&claim.key).await.assessment.unwrap();
    assert_eq!(seen.assessment, stored, "{what}");
    assessed
}

async fn what_it_says_is_what_a_submission_says(desk: &Desk) {
    both(desk, "one level", &bill(&invoice("padma", "INV-1", "1000"))).await;
    let dear = Invoice { project: Some(id("bridge")), ..invoice("jamuna", "INV-2", "290000") };
    assert_eq!(both(desk, "a project", &bill(&dear)).await.plan.tasks.len(), 2);
    let alike = both(desk, "one alike", &bill(&invoice("padma", "INV-3", "1000"))).await;
    assert_eq!(alike.plan.tasks[0].kind.name(), "possible_duplicate");
    let differs = Invoice { po_number: Some(id("PO-1")), ..invoice("padma", "INV-4", "120000") };
    assert_eq!(both(desk, "an imported order", &bill(&differs)).await.plan.tasks[0].kind.name(), "po_variance");
    assert_eq!(
        both(desk, "a small order", &ordered(&order("meghna", &[("cement", "1", "30000")]))).await.plan.tasks,
        []
    );
    let split = both(desk, "a split order", &ordered(&order("meghna", &[("cement", "1", "30001")]))).await;
    assert_eq!(split.plan.tasks.len(), 1);
    let (_, number) = desk.issue(&order("padma", &[("works", "10", "6000")])).await;
    let more = Order { amends: Some(id(&number)), ..order("padma", &[("works", "20", "6000")]) };
    both(desk, "an amendment", &ordered(&more)).await;
    let dear = billed("padma", "INV-5", &number, &[(1, "10", "6001")]);
    let asked = both(desk, "on an issued order", &bill(&dear)).await;
    assert_eq!(asked.plan.tasks[0].kind.name(), "po_variance");
}

async fn what_it_refuses_is_what_a_submission_refuses(desk: &Desk) {
    let good = invoice("padma", "INV-1", "100000");
    let contents = [
        bill(&Invoice { total: taka("1"), ..good.clone() }),
        bill(&Invoice { vendor: id("surma"), ..good.clone() }),
        bill(&Invoice { vendor: id("unheard-of"), ..good.clone() }),
        bill(&Invoice { department: id("transport"), ..good.clone() }),
        bill(&Invoice { po_number: Some(id("PO-3")), ..good.clone() }),
        bill(&Invoice { project: Some(id("bridge")), ..invoice("padma", "INV-1", "300000.01") }),
        ordered(&order("surma", &[("cement", "1", "1")])),
        ordered(&order("meghna", &[("cement", "1", "20000000.01")])),
        ordered(&Order { amends: Some(id("PO-1")), ..order("padma", &[("works", "1", "1")]) }),
    ];
    for content in contents {
        let seen = desk.preview(&content).await.unwrap_err();
        let met = match desk.claim_content(CLERK, &request(), &content).await {
            Err(refusal) => refusal,
            Ok(claim) => {
                let AssessOutput::Refused(refusal) = desk.assess(&claim, 1).await else { panic!("assessed") };
                desk.close(&claim.key, vextrus_contract::steps::CloseReason::Rejected, None).await;
                refusal
            }
        };
        assert_eq!(seen, met);
    }
    let stranger = preview(&desk.ledger(), &actor("jamal"), &bill(&good)).await.unwrap().unwrap_err();
    assert_eq!(stranger.code, RefusalCode::PermissionDenied);
}

async fn it_leaves_no_row(desk: &Desk) {
    desk.submit(&invoice("padma", "INV-1", "1000")).await;
    let (_, number) = desk.issue(&order("padma", &[("works", "10", "6000")])).await;
    let mut raw = desk.database.raw().await;
    let locks = "SELECT CAST(sum(lock_version) AS BIGINT) FROM vendors";
    let before = (raw.rows().await, raw.number(locks).await, desk.budget("works", "").await, desk.kept(&number).await);
    for content in [
        bill(&invoice("padma", "INV-2", "1000")),
        bill(&invoice("padma", "INV-1", "1000")),
        bill(&billed("padma", "INV-3", &number, &[(1, "5", "9000")])),
        bill(&invoice("padma", "INV-4", "999999999")),
        ordered(&order("padma", &[("works", "1", "70000")])),
        ordered(&Order { amends: Some(id(&number)), ..order("padma", &[("works", "20", "6000")]) }),
    ] {
        drop(desk.preview(&content).await);
        let after =
            (raw.rows().await, raw.number(locks).await, desk.budget("works", "").await, desk.kept(&number).await);
        assert_eq!(after, before);
    }
}

async fn it_says_by_when_everybody_would_have_decided(desk: &Desk) {
    let seen = desk.preview(&bill(&invoice("padma", "INV-1", "600000"))).await.unwrap();
    let told: Vec<_> = seen
        .expected
        .iter()
        .map(|e| format!("{} {} {}", e.task, e.opens_by.to_rfc3339(), e.due_by.to_rfc3339()))
        .collect();
    assert_eq!(
        told,
        [
            "level-1 2025-08-10T06:00:00+00:00 2025-08-12T06:00:00+00:00",
            "level-2 2025-08-12T06:00:00+00:00 2025-08-15T06:00:00+00:00",
            "level-3 2025-08-15T06:00:00+00:00 2025-08-18T06:00:00+00:00",
        ]
    );
    assert!(seen.plan.tasks.iter().all(|t| !t.why.is_empty() && !t.eligible.is_empty()));
}

async fn a_document_that_is_submitted_already_is_a_duplicate(desk: &Desk) {
    desk.claim(&invoice("padma", "INV-1", "1000")).await.unwrap();
    let seen = desk.preview(&bill(&invoice("padma", "INV-1", "2000"))).await.unwrap_err();
    assert_eq!(seen.code, RefusalCode::DuplicateInvoice);
    desk.submit(&invoice("padma", "INV-2", "1000")).await;
    let seen = desk.preview(&bill(&invoice("padma", "inv 2", "1000"))).await.unwrap_err();
    assert_eq!(seen.code, RefusalCode::DuplicateInvoice);
}

async fn a_plan_that_names_a_whole_company_is_refused_too(desk: &Desk) {
    for n in 0..1500 {
        let mut one = person("rina");
        one.id = id(&format!("a-long-name-for-somebody-of-accounts-{n:04}"));
        desk.put_person(one).await;
    }
    let content = bill(&invoice("padma", "INV-1", "1000"));
    let seen = desk.preview(&content).await.unwrap_err();
    assert_eq!(seen.code, RefusalCode::LimitExceeded);
    assert_eq!(desk.refused_as(CLERK, &content).await, seen);
}

async fn previews_and_claims_at_once_do_not_disturb_each_other(desk: &Desk) {
    desk.activate(RuleKind::Approval, &INVOICES.replace("above = \"100000\"", "above = \"90000\"")).await;
    for round in 0..4 {
        let ledger = desk.ledger();
        let answers = at_once(16, move |i| {
            let ledger = ledger.clone();
            async move {
                let content = bill(&invoice("padma", &format!("INV-{round}"), &format!("{}", 1000 + round)));
                if i % 4 == 0 {
                    let claimed = claims::claim(&ledger, &actor(CLERK), &request(), &content).await.unwrap();
                    return (true, claimed.is_ok());
                }
                match preview(&ledger, &actor(CLERK), &content).await.unwrap() {
                    Ok(seen) => assert_eq!(seen.plan.tasks.len(), 1),
                    Err(refusal) => assert_eq!(refusal.code, RefusalCode::DuplicateInvoice),
                }
                (false, true)
            }
        })
        .await;
        assert!(answers.iter().any(|(is_claim, ok)| *is_claim && *ok), "a preview takes no number: {answers:?}");
    }
    let mut raw = desk.database.raw().await;
    assert_eq!(raw.number("SELECT count(*) FROM documents").await, 4);
    assert_eq!(raw.number("SELECT count(*) FROM audit_entries WHERE chain <> '-tenant'").await, 4);
}
