//! A business key belongs to one open or approved document, whoever asks at once.

use vextrus_domain::{Actor, Invoice, RefusalCode};
use vextrus_ledger::claims;
use vextrus_tests_support::acme;
use vextrus_tests_support::company::{Acme, CLERK, GLOBEX, actor, id, invoice, request};
use vextrus_tests_support::ledgers::at_once;
use vextrus_tests_support::on_both;

use crate::books;

on_both![
    the_same_request_gets_the_same_answer,
    a_request_id_is_not_used_for_something_else,
    an_open_or_approved_document_keeps_its_key,
    a_claim_is_taken_up_again_by_its_submitter,
    a_closed_document_makes_room_for_the_next_submission,
    numbers_are_compared_by_letters_and_digits,
    a_key_is_of_one_vendor_in_one_fiscal_year,
    tenants_do_not_see_each_other,
    who_may_not_claim_is_refused,
    one_of_many_claims_of_one_key_wins,
    one_of_many_resubmissions_wins,
    the_same_request_many_times_at_once_is_one_claim,
    a_request_id_used_many_times_at_once_is_one_claim,
];

fn bill(number: &str) -> Invoice {
    invoice("padma", number, "100000")
}

async fn the_same_request_gets_the_same_answer(acme: &Acme) {
    let request = request();
    let first = acme.claim_as(CLERK, &request, &bill("INV-1")).await.unwrap();
    assert_eq!((first.key.submission, first.repeated), (1, false));
    let again = acme.claim_as(CLERK, &request, &bill("INV-1")).await.unwrap();
    assert_eq!((&again.key, &again.payload_hash, again.repeated), (&first.key, &first.payload_hash, true));

    books::close(acme, &first.key).await;
    let late = acme.claim_as(CLERK, &request, &bill("INV-1")).await.unwrap();
    assert_eq!(late, again, "an ended document does not change the answer");
    assert_eq!(acme.trail(&first.key).await, ["claimed", "closed"]);
}

async fn a_request_id_is_not_used_for_something_else(acme: &Acme) {
    let request = request();
    acme.claim_as(CLERK, &request, &bill("INV-1")).await.unwrap();
    for (person, other) in [(CLERK, bill("INV-2")), (CLERK, invoice("padma", "INV-1", "1")), ("rina", bill("INV-1"))] {
        let refusal = acme.claim_as(person, &request, &other).await.unwrap_err();
        assert_eq!(refusal.code, RefusalCode::RequestIdReused, "{person} {}", other.number);
    }
}

async fn an_open_or_approved_document_keeps_its_key(acme: &Acme) {
    books::claimed(acme, "claimed").await;
    books::assessed(acme, "assessed", vec![]).await;
    books::settled(acme, "settled").await;
    for state in ["claimed", "assessed", "settled"] {
        let refusal = acme.claim_as("rina", &request(), &bill(state)).await.unwrap_err();
        assert_eq!(refusal.code, RefusalCode::DuplicateInvoice);
        assert!(refusal.message.contains(&format!("is {state} already as document")), "{refusal}");
    }
}

/// Whose workflow could not be started may send the same again, under a request id of their own choosing.
async fn a_claim_is_taken_up_again_by_its_submitter(acme: &Acme) {
    let first = acme.claim(&bill("INV-1")).await.unwrap();
    let again = acme.claim(&bill("INV-1")).await.unwrap();
    assert_eq!((&again.key, &again.payload_hash, again.repeated), (&first.key, &first.payload_hash, true));
    assert_eq!(acme.trail(&first.key).await, ["claimed"]);
    for (person, other) in [("rina", bill("INV-1")), (CLERK, invoice("padma", "INV-1", "100000.01"))] {
        let refusal = acme.claim_as(person, &request(), &other).await.unwrap_err();
        assert_eq!(refusal.code, RefusalCode::DuplicateInvoice, "{person} {}", other.total);
    }
    let assessed = books::assessed(acme, "INV-2", vec![]).await;
    let refusal = acme.claim(&bill("INV-2")).await.unwrap_err();
    assert_eq!(refusal.code, RefusalCode::DuplicateInvoice, "{assessed} is under way");
}

async fn a_closed_document_makes_room_for_the_next_submission(acme: &Acme) {
    let first = books::claimed(acme, "INV-1").await;
    for submission in 2..4 {
        books::close(acme, &acme.document(&first).await.key).await;
        let next = acme.claim(&bill("INV-1")).await.unwrap().key;
        assert_eq!((&next.document, next.submission), (&first.document, submission));
    }
    assert_eq!(acme.trail(&first).await, ["claimed", "closed", "claimed", "closed", "claimed"], "one chain for all");
}

async fn numbers_are_compared_by_letters_and_digits(acme: &Acme) {
    acme.claim(&bill("INV/2026-001")).await.unwrap();
    for same in ["inv 2026 001", "INV2026001", "INV/২০২৬-০০১", " inv_2026.001 "] {
        assert_eq!(acme.claim(&bill(same)).await.unwrap_err().code, RefusalCode::DuplicateInvoice, "{same}");
    }
    acme.claim(&bill("INV/2026-0001")).await.expect("leading zeros stay");
}

async fn a_key_is_of_one_vendor_in_one_fiscal_year(acme: &Acme) {
    acme.claim(&bill("INV-1")).await.unwrap();
    acme.claim(&invoice("meghna", "INV-1", "100000")).await.unwrap();
    let dated = |date: &str| Invoice { date: id(date), ..bill("INV-1") };
    acme.claim(&dated("2025-06-30")).await.unwrap();
    acme.claim(&dated("2026-07-01")).await.unwrap();
    for date in ["2025-07-01", "2026-06-30"] {
        assert_eq!(acme.claim(&dated(date)).await.unwrap_err().code, RefusalCode::DuplicateInvoice, "{date}");
    }
}

async fn tenants_do_not_see_each_other(acme: &Acme) {
    let request = request();
    let ours = acme.claim_as(CLERK, &request, &bill("INV-1")).await.unwrap();
    let stranger = Actor { tenant: id(GLOBEX), person: id(CLERK) };
    let theirs = claims::claim(acme, &stranger, &request, &acme::bill(&bill("INV-1"))).await.unwrap().unwrap();
    assert!(!theirs.repeated && theirs.key.document != ours.key.document);
}

async fn who_may_not_claim_is_refused(acme: &Acme) {
    for (person, vendor, code) in [
        ("jamal", "padma", RefusalCode::PermissionDenied),
        ("nobody", "padma", RefusalCode::PermissionDenied),
        ("jamal", "unheard-of", RefusalCode::PermissionDenied),
        (CLERK, "unheard-of", RefusalCode::VendorUnknown),
    ] {
        let refusal = acme.claim_as(person, &request(), &invoice(vendor, "INV-1", "1")).await.unwrap_err();
        assert_eq!(refusal.code, code, "{person} {vendor}");
    }
    assert_eq!(acme.database.raw().await.number("SELECT count(*) FROM documents").await, 0);
}

/// The outcomes of 32 claims at once, each of its own request and content and by one of two people.
async fn race(acme: &Acme) -> (Vec<claims::Claim>, Vec<RefusalCode>) {
    let ledger = acme.ledger();
    let outcomes = at_once(32, move |i| {
        let ledger = ledger.clone();
        let person = [CLERK, "rina"][i % 2];
        let bill = invoice("padma", "INV-1", &format!("{}", 100_000 + i));
        async move { claims::claim(&ledger, &actor(person), &request(), &acme::bill(&bill)).await.unwrap() }
    })
    .await;
    let (won, lost): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    (won.into_iter().map(Result::unwrap).collect(), lost.into_iter().map(|r| r.unwrap_err().code).collect())
}

async fn one_of_many_claims_of_one_key_wins(acme: &Acme) {
    let (won, lost) = race(acme).await;
    assert_eq!((won.len(), won[0].key.submission), (1, 1));
    assert_eq!(lost, [RefusalCode::DuplicateInvoice; 31]);
    assert_eq!(acme.wrong().await, Vec::<String>::new());
}

async fn one_of_many_resubmissions_wins(acme: &Acme) {
    let first = books::claimed(acme, "INV-1").await;
    books::close(acme, &first).await;
    let (won, lost) = race(acme).await;
    assert_eq!((won.len(), &won[0].key.document, won[0].key.submission), (1, &first.document, 2));
    assert_eq!(lost, [RefusalCode::DuplicateInvoice; 31]);
    assert_eq!(acme.wrong().await, Vec::<String>::new());
}

async fn the_same_request_many_times_at_once_is_one_claim(acme: &Acme) {
    let (ledger, request) = (acme.ledger(), request());
    let answers =
        at_once(32, move |_| {
            let (ledger, request) = (ledger.clone(), request.clone());
            async move {
                claims::claim(&ledger, &actor(CLERK), &request, &acme::bill(&bill("INV-1"))).await.unwrap().unwrap()
            }
        })
        .await;
    assert!(answers.iter().all(|a| a.key == answers[0].key && a.payload_hash == answers[0].payload_hash));
    assert_eq!(answers.iter().filter(|a| !a.repeated).count(), 1);
    assert_eq!(acme.trail(&answers[0].key).await, ["claimed"]);
}

async fn a_request_id_used_many_times_at_once_is_one_claim(acme: &Acme) {
    let (ledger, request) = (acme.ledger(), request());
    let answers = at_once(32, move |i| {
        let (ledger, request) = (ledger.clone(), request.clone());
        let bill = acme::bill(&bill(&format!("INV-{i}")));
        async move { claims::claim(&ledger, &actor(CLERK), &request, &bill).await.unwrap() }
    })
    .await;
    let lost: Vec<_> = answers.iter().filter_map(|a| a.as_ref().err().map(|r| r.code)).collect();
    assert_eq!(lost, [RefusalCode::RequestIdReused; 31]);
}
