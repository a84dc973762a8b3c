//! What is personal stands in the record, and can be erased.

use chrono::TimeDelta;
use vextrus_domain::{Refusal, RefusalCode};
use vextrus_ledger::employees::claim::{self, Asked};
use vextrus_ledger::employees::records;
use vextrus_lifecycle::Action;
use vextrus_tests_support::company::{ACME, actor, id, request};
use vextrus_tests_support::ledgers::all_at_once;
use vextrus_tests_support::on_both;
use vextrus_tests_support::staff::{self, HR, MANAGER, PERSONAL, Staff, leaving, places};

use super::{claimed, planned, run, say, withdraw};

on_both![
    the_trail_holds_nothing_of_a_record,
    two_records_of_one_person_have_different_hashes,
    an_erased_record_is_nowhere,
    a_record_that_is_needed_is_not_erased,
    a_claim_beside_an_erasure_keeps_its_record,
    a_request_names_nobody,
];

async fn erase(staff: &Staff, person: &str, reason: &str) -> Result<(), Refusal> {
    let mut tx = staff.begin().await.unwrap();
    let erased = records::erase(&mut tx, &actor(person), &id("emp-1"), reason).await.unwrap();
    if erased.is_ok() {
        tx.commit().await.unwrap();
    }
    erased
}

async fn the_trail_holds_nothing_of_a_record(staff: &Staff) {
    let key = planned(staff, "emp-1").await;
    run(staff, &key).await;
    staff.pass(TimeDelta::days(1));
    staff.release(&leaving("emp-1", "2026-04-30")).await.unwrap();
    let found = places(&staff.database, PERSONAL).await;
    let expected: Vec<String> = PERSONAL.iter().map(|word| format!("employee_records: {word}")).collect();
    assert_eq!(found, expected);
    let body = &staff.entries(&key).await[0].body;
    for hash in ["payload_hash", "personal_hash"] {
        assert_eq!(body[hash].as_str().unwrap().len(), 64, "{hash}");
    }
    // Whoever has no key cannot make the hash of a guess.
    let plain = vextrus_domain::canonical::hash(&staff::personal()).unwrap();
    assert_ne!(body["personal_hash"], plain);
}

async fn two_records_of_one_person_have_different_hashes(staff: &Staff) {
    let mut hashes = Vec::new();
    for name in ["emp-1", "emp-2"] {
        let key = claimed(staff, name).await;
        hashes.push(staff.entries(&key).await[0].body["personal_hash"].clone());
    }
    // The same employee again.
    let key = planned(staff, "emp-3").await;
    hashes.push(staff.entries(&key).await[0].body["personal_hash"].clone());
    withdraw(staff, &key).await;
    run(staff, &key).await;
    staff.pass(TimeDelta::days(1));
    let key = claimed(staff, "emp-3").await;
    hashes.push(staff.entries(&key).await[0].body["personal_hash"].clone());
    for (place, hash) in hashes.iter().enumerate() {
        assert!(!hashes[..place].contains(hash), "{hashes:?}");
    }
    let mut tx = staff.read().await.unwrap();
    let record = records::get(&mut tx, &id(ACME), &id("emp-3")).await.unwrap().unwrap();
    assert_eq!(record.hash(&staff::personal()).unwrap(), hashes[3], "the key is the latest one's");
}

async fn an_erased_record_is_nowhere(staff: &Staff) {
    let key = planned(staff, "emp-1").await;
    run(staff, &key).await;
    let keys = staff.database.raw().await.texts("SELECT hash_key FROM employee_records").await;
    assert_eq!(erase(staff, HR, "ten years have passed").await, Ok(()));
    let mut words = PERSONAL.to_vec();
    words.push(&keys[0]);
    assert_eq!(places(&staff.database, &words).await, Vec::<String>::new());
    let mut tx = staff.read().await.unwrap();
    assert!(records::get(&mut tx, &id(ACME), &id("emp-1")).await.unwrap().is_none());
    drop(tx);
    let told = staff.entries(&key).await.pop().unwrap();
    assert_eq!((told.kind.as_str(), told.actor.as_deref()), ("record_erased", Some(HR)));
    // They can leave still, and come again with another record.
    staff.pass(TimeDelta::days(1));
    staff.release(&leaving("emp-1", "2026-04-30")).await.unwrap();
}

async fn a_record_that_is_needed_is_not_erased(staff: &Staff) {
    assert_eq!(erase(staff, HR, "enough").await.unwrap_err().code, RefusalCode::NotFound);
    let key = planned(staff, "emp-1").await;
    assert_eq!(erase(staff, HR, "enough").await.unwrap_err().code, RefusalCode::ProcessOpen);
    run(staff, &key).await;
    assert_eq!(erase(staff, MANAGER, "enough").await.unwrap_err().code, RefusalCode::NotAdministrator);
    assert_eq!(erase(staff, HR, "  ").await.unwrap_err().code, RefusalCode::ReasonRequired);
    assert_eq!(erase(staff, HR, "Quaderi asked for it").await.unwrap_err().code, RefusalCode::PersonalData);
    assert_eq!(places(&staff.database, PERSONAL).await.len(), PERSONAL.len());
}

async fn a_claim_beside_an_erasure_keeps_its_record(staff: &Staff) {
    let key = planned(staff, "emp-1").await;
    withdraw(staff, &key).await;
    run(staff, &key).await;
    for _ in 0..5 {
        staff.pass(TimeDelta::days(1));
        let (ledger, other) = (staff.ledger(), staff.ledger());
        let claiming = async move {
            let employee = staff::employee("emp-1");
            claim::claim(&ledger, &actor(HR), &request(), Asked::Onboarding(&employee)).await.unwrap().ok()
        };
        let erasing = async move {
            let mut tx = other.begin(&id(ACME)).await.unwrap();
            if records::erase(&mut tx, &actor(HR), &id("emp-1"), "enough").await.unwrap().is_ok() {
                tx.commit().await.unwrap();
            }
            None
        };
        type Done = std::pin::Pin<Box<dyn Future<Output = Option<claim::Claim>> + Send>>;
        let both: [Done; 2] = [Box::pin(claiming), Box::pin(erasing)];
        let claim = all_at_once(both).await.into_iter().flatten().next().unwrap();
        let mut tx = staff.read().await.unwrap();
        let record = records::get(&mut tx, &id(ACME), &id("emp-1")).await.unwrap();
        drop(tx);
        assert!(record.is_some(), "the process that is open needs it");
        super::stop(staff, &claim.process.key).await;
    }
}

async fn a_request_names_nobody(staff: &Staff) {
    let key = planned(staff, "emp-1").await;
    let mut command = staff.ordered(&key, HR, Action::Withdraw { reason: "no".to_owned() });
    command.request_id = id("zebunnessa-1");
    let signed = command.sign(&staff.key).unwrap();
    let refused = super::put(staff, &key, super::Put::Command(&signed)).await.unwrap_err();
    assert!(refused.code == RefusalCode::PersonalData && refused.message.starts_with("request_id"), "{refused}");
    say(staff, &key, Action::Withdraw { reason: "no".to_owned() }).await.unwrap();
}
