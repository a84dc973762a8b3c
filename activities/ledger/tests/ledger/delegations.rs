//! Standing delegations are given by their owner, revoked by either side, and never changed.

use vextrus_approval::StandingDelegation;
use vextrus_domain::{DocumentType, RefusalCode, RequestId};
use vextrus_ledger::audit::{self, TENANT_CHAIN};
use vextrus_ledger::delegations::{self, stands_for};
use vextrus_tests_support::company::{ACME, Acme, GLOBEX, actor, id, request, taka};
use vextrus_tests_support::ledgers::at_once;
use vextrus_tests_support::on_both;

on_both![
    only_the_owner_delegates_and_only_to_somebody_who_is_there,
    the_same_request_is_the_same_delegation,
    no_circle_closes_while_two_meet,
    a_chain_is_as_wide_as_its_narrowest_and_the_widest_counts,
    either_side_revokes_and_nobody_else,
    what_has_run_out_is_not_listed,
    a_delegation_is_on_the_trail,
    no_statement_changes_a_delegation,
    what_is_given_and_revoked_at_once_is_on_the_trail_once,
    what_is_refused_takes_no_number,
];

const AUGUST: (&str, &str) = ("2025-08-01", "2025-08-31");

fn wanted(from: &str, to: &str) -> StandingDelegation {
    StandingDelegation {
        number: 0,
        from: id(from),
        to: id(to),
        first_day: id(AUGUST.0),
        last_day: id(AUGUST.1),
        documents: Vec::new(),
        limit: None,
    }
}

async fn open(acme: &Acme) -> Vec<u32> {
    let mut tx = acme.read().await.unwrap();
    delegations::open(&mut tx, &id(ACME)).await.unwrap().into_iter().map(|d| d.number).collect()
}

async fn give(acme: &Acme, by: &str, wanted: &StandingDelegation) -> Result<u32, RefusalCode> {
    acme.give(&request(), by, wanted).await.map(|d| d.number).map_err(|r| r.code)
}

async fn only_the_owner_delegates_and_only_to_somebody_who_is_there(acme: &Acme) {
    acme.at("2025-08-10T06:00:00Z");
    let (from, to) = (wanted("habib", "lipi"), wanted("habib", "habib"));
    for (by, wanted, code) in [
        ("rina", from.clone(), RefusalCode::PermissionDenied),
        ("jamal", wanted("jamal", "lipi"), RefusalCode::PermissionDenied),
        ("nobody", wanted("nobody", "lipi"), RefusalCode::PermissionDenied),
        ("habib", wanted("habib", "jamal"), RefusalCode::DelegationInvalid),
        ("habib", wanted("habib", "nobody"), RefusalCode::DelegationInvalid),
        ("habib", to, RefusalCode::DelegationInvalid),
        ("habib", StandingDelegation { last_day: id("2025-07-31"), ..from.clone() }, RefusalCode::DelegationInvalid),
        ("habib", StandingDelegation { first_day: id("2025-09-01"), ..from.clone() }, RefusalCode::DelegationInvalid),
        ("habib", StandingDelegation { limit: Some(taka("0")), ..from.clone() }, RefusalCode::DelegationInvalid),
        // The day before, in Dhaka, has passed.
        ("habib", StandingDelegation { last_day: id("2025-08-09"), ..from.clone() }, RefusalCode::DelegationInvalid),
    ] {
        assert_eq!(give(acme, by, &wanted).await, Err(code), "{by} {wanted:?}");
    }
    assert_eq!(open(acme).await, Vec::<u32>::new());
    assert_eq!(give(acme, "habib", &StandingDelegation { last_day: id("2025-08-10"), ..from.clone() }).await, Ok(1));
    assert_eq!(give(acme, "habib", &StandingDelegation { limit: Some(taka("0.01")), ..from }).await, Ok(2));
    assert_eq!(open(acme).await, [1, 2]);
}

async fn the_same_request_is_the_same_delegation(acme: &Acme) {
    acme.at("2025-08-10T06:00:00Z");
    let (again, first): (RequestId, _) = (request(), wanted("habib", "lipi"));
    for _ in 0..2 {
        assert_eq!(acme.give(&again, "habib", &first).await.unwrap().number, 1);
    }
    let other = StandingDelegation { limit: Some(taka("5")), ..first.clone() };
    assert_eq!(acme.give(&again, "habib", &other).await.unwrap_err().code, RefusalCode::RequestIdReused);
    assert_eq!(
        acme.give(&again, "omar", &wanted("omar", "lipi")).await.unwrap_err().code,
        RefusalCode::RequestIdReused
    );
    // The answer is the same after it was revoked, and after its last day.
    assert_eq!(acme.revoke("habib", 1).await, Ok(()));
    acme.at("2025-10-10T06:00:00Z");
    assert_eq!(acme.give(&again, "habib", &first).await.unwrap().number, 1);
    assert_eq!(open(acme).await, Vec::<u32>::new());
}

async fn no_circle_closes_while_two_meet(acme: &Acme) {
    acme.at("2025-08-10T06:00:00Z");
    assert_eq!(give(acme, "habib", &wanted("habib", "lipi")).await, Ok(1));
    assert_eq!(give(acme, "lipi", &wanted("lipi", "mizan")).await, Ok(2));
    assert_eq!(give(acme, "mizan", &wanted("mizan", "habib")).await, Err(RefusalCode::DelegationInvalid));
    let later =
        StandingDelegation { first_day: id("2025-09-01"), last_day: id("2025-09-30"), ..wanted("mizan", "habib") };
    assert_eq!(give(acme, "mizan", &later).await, Ok(3), "they never meet");
    assert_eq!(acme.revoke("habib", 1).await, Ok(()));
    assert_eq!(give(acme, "mizan", &wanted("mizan", "habib")).await, Ok(4), "what was revoked closes no circle");
    let mut tx = acme.read().await.unwrap();
    let standing = delegations::open(&mut tx, &id(ACME)).await.unwrap();
    let for_whom = |who: &str, day: &str| {
        let all = stands_for(&standing, &id(who), DocumentType::Invoice, id(day));
        all.keys().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(for_whom("habib", "2025-08-15"), ["habib", "lipi", "mizan"], "by chains");
    assert_eq!(for_whom("habib", "2025-09-15"), ["habib", "mizan"]);
    assert_eq!(for_whom("habib", "2025-10-15"), ["habib"]);
}

async fn a_chain_is_as_wide_as_its_narrowest_and_the_widest_counts(_: &Acme) {
    let with =
        |from: &str, to: &str, limit: Option<&str>| StandingDelegation { limit: limit.map(taka), ..wanted(from, to) };
    let orders = vec![DocumentType::PurchaseOrder];
    let standing = [
        with("habib", "lipi", Some("500")),
        with("lipi", "mizan", Some("900")),
        with("habib", "rina", Some("700")),
        StandingDelegation { documents: orders, ..with("rina", "mizan", None) },
    ];
    let reach = |document| stands_for(&standing, &id("mizan"), document, id("2025-08-15"));
    let of = |all: std::collections::BTreeMap<_, i64>| all.into_iter().map(|(p, most)| format!("{p} {most}"));
    let own = format!("mizan {}", i64::MAX);
    assert_eq!(of(reach(DocumentType::Invoice)).collect::<Vec<_>>(), ["habib 50000", "lipi 90000", &own]);
    let rina = format!("rina {}", i64::MAX);
    assert_eq!(of(reach(DocumentType::PurchaseOrder)).collect::<Vec<_>>(), ["habib 70000", "lipi 90000", &own, &rina]);
}

async fn either_side_revokes_and_nobody_else(acme: &Acme) {
    acme.at("2025-08-10T06:00:00Z");
    for (number, by) in [(1, "habib"), (2, "lipi")] {
        assert_eq!(give(acme, "habib", &wanted("habib", "lipi")).await, Ok(number));
        assert_eq!(acme.revoke("omar", number).await.unwrap_err().code, RefusalCode::PermissionDenied);
        for _ in 0..2 {
            assert_eq!(acme.revoke(by, number).await, Ok(()));
        }
    }
    assert_eq!(acme.revoke("habib", 9).await.unwrap_err().code, RefusalCode::NotFound);
    let by = "SELECT revoked_by FROM standing_delegations ORDER BY number";
    assert_eq!(acme.database.raw().await.texts(by).await, ["habib", "lipi"]);
}

async fn what_has_run_out_is_not_listed(acme: &Acme) {
    acme.at("2025-08-10T06:00:00Z");
    assert_eq!(give(acme, "habib", &wanted("habib", "lipi")).await, Ok(1));
    acme.at("2025-08-31T17:59:59Z");
    assert_eq!(open(acme).await, [1]);
    acme.at("2025-08-31T18:00:00Z");
    assert_eq!(open(acme).await, Vec::<u32>::new());
    let mut tx = acme.ledger().read(&id(GLOBEX)).await.unwrap();
    assert!(delegations::open(&mut tx, &id(GLOBEX)).await.unwrap().is_empty());
}

async fn a_delegation_is_on_the_trail(acme: &Acme) {
    acme.at("2025-08-10T06:00:00Z");
    assert_eq!(give(acme, "habib", &wanted("habib", "lipi")).await, Ok(1));
    assert_eq!(acme.revoke("lipi", 1).await, Ok(()));
    let mut tx = acme.read().await.unwrap();
    let trail = audit::read_chain(&mut tx, &id(ACME), TENANT_CHAIN).await.unwrap().unwrap();
    let [.., given, revoked] = trail.as_slice() else { panic!("{trail:?}") };
    assert_eq!((given.kind.as_str(), given.actor.as_deref()), ("delegation_given", Some("habib")));
    assert_eq!(given.body["delegation"]["to"], "lipi");
    assert_eq!((revoked.kind.as_str(), revoked.actor.as_deref()), ("delegation_revoked", Some("lipi")));
}

async fn no_statement_changes_a_delegation(acme: &Acme) {
    acme.at("2025-08-10T06:00:00Z");
    assert_eq!(give(acme, "habib", &wanted("habib", "lipi")).await, Ok(1));
    assert_eq!(give(acme, "habib", &wanted("habib", "mizan")).await, Ok(2));
    assert_eq!(acme.revoke("habib", 2).await, Ok(()));
    let mut raw = acme.database.raw().await;
    for (sql, said) in [
        ("DELETE FROM standing_delegations", "revoked, never deleted"),
        ("UPDATE standing_delegations SET content = '{}' WHERE number = 1", "revoked once, and not changed"),
        ("UPDATE standing_delegations SET last_day = '2027-01-01' WHERE number = 1", "revoked once, and not changed"),
        ("UPDATE standing_delegations SET to_person = 'omar' WHERE number = 1", "revoked once, and not changed"),
        ("UPDATE standing_delegations SET revoked_at = NULL WHERE number = 2", "revoked once, and not changed"),
        (
            "UPDATE standing_delegations SET revoked_at = '2025-08-01T00:00:00Z', to_person = 'omar' WHERE number = 1",
            "revoked once, and not changed",
        ),
    ] {
        let error = raw.refused(sql).await;
        assert!(error.contains(said), "{sql}: {error}");
    }
}

async fn what_is_given_and_revoked_at_once_is_on_the_trail_once(acme: &Acme) {
    acme.at("2025-08-10T06:00:00Z");
    for number in 1..=4 {
        assert_eq!(give(acme, "habib", &wanted("habib", "lipi")).await, Ok(number));
    }
    let ledger = acme.ledger();
    at_once(16, move |n| {
        let ledger = ledger.clone();
        async move {
            let mut tx = ledger.begin(&id(ACME)).await.unwrap();
            if n < 8 {
                // Both sides revoke each of the four.
                let by = actor(if n % 2 == 0 { "habib" } else { "lipi" });
                let number = 1 + u32::try_from(n / 2).unwrap();
                delegations::revoke(&mut tx, &by, number).await.unwrap().unwrap();
            } else {
                delegations::give(&mut tx, &actor("omar"), &request(), &wanted("omar", "mizan"))
                    .await
                    .unwrap()
                    .unwrap();
            }
            tx.commit().await.unwrap();
        }
    })
    .await;
    assert_eq!(open(acme).await, (5..=12).collect::<Vec<_>>());
    let mut tx = acme.read().await.unwrap();
    let trail = audit::read_chain(&mut tx, &id(ACME), TENANT_CHAIN).await.unwrap().unwrap();
    let of = |kind: &str| trail.iter().filter(|e| e.kind == kind).count();
    assert_eq!((of("delegation_given"), of("delegation_revoked")), (12, 4));
}

async fn what_is_refused_takes_no_number(acme: &Acme) {
    acme.at("2025-08-10T06:00:00Z");
    let mut tx = acme.begin().await.unwrap();
    let itself = wanted("habib", "habib");
    delegations::give(&mut tx, &actor("habib"), &request(), &itself).await.unwrap().unwrap_err();
    assert_eq!(
        delegations::revoke(&mut tx, &actor("habib"), 1).await.unwrap().unwrap_err().code,
        RefusalCode::NotFound
    );
    tx.commit().await.unwrap();
    assert_eq!(give(acme, "habib", &wanted("habib", "lipi")).await, Ok(1));
}
