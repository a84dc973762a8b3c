//! Rules are kept by the hash of their text; each kind and subject of a tenant has one in force.

use vextrus_domain::{Refusal, RefusalCode, TenantId, canonical};
use vextrus_ledger::audit::{self, TENANT_CHAIN};
use vextrus_ledger::rules::{self, RuleKind, WHOLE_COMPANY};
use vextrus_tests_support::company::{ACME, Acme, CALENDAR, GLOBEX, IN_FORCE_SINCE, ORDERS, RULES, id};
use vextrus_tests_support::on_both;

on_both![
    founding_what_is_in_force_changes_nothing,
    a_second_rule_is_not_founded,
    a_wrong_rule_is_refused_with_its_place,
    each_type_of_document_has_rules_of_its_own,
    the_last_activation_counts_and_earlier_versions_stay,
    a_rule_is_of_one_tenant_and_one_kind,
    a_needed_rule_that_is_not_active_is_a_refusal,
    a_founding_is_on_the_trail,
];

const TAX: &str = RULES[0].1;
const INVOICE: &str = "invoice";

async fn found(acme: &Acme, tenant: &str, kind: RuleKind, text: &str) -> Result<String, Refusal> {
    let mut tx = acme.ledger().begin(&id(tenant)).await.unwrap();
    let founded = rules::found(&mut tx, &id(tenant), kind, text, "controller").await.unwrap();
    tx.commit().await.unwrap();
    founded
}

async fn active(acme: &Acme, tenant: &str, kind: RuleKind, subject: &str) -> Option<String> {
    let mut tx = acme.ledger().read(&id(tenant)).await.unwrap();
    rules::active(&mut tx, &id(tenant), kind, subject).await.unwrap().map(|rule| rule.hash)
}

async fn founding_what_is_in_force_changes_nothing(acme: &Acme) {
    let mut raw = acme.database.raw().await;
    let before = raw.rows().await;
    for (kind, text) in RULES {
        assert_eq!(found(acme, ACME, kind, text).await.unwrap(), canonical::sha256_hex(text));
    }
    assert_eq!(raw.rows().await, before);
}

async fn a_second_rule_is_not_founded(acme: &Acme) {
    let mut raw = acme.database.raw().await;
    let before = raw.rows().await;
    for (kind, text, named) in [
        (RuleKind::Tax, TAX.replace("75000", "60000"), "another tax rule already"),
        (RuleKind::Approval, RULES[1].1.replace("50", "60"), "another approval rule for invoice already"),
        (RuleKind::Approval, ORDERS.replace("50", "60"), "another approval rule for purchase_order already"),
        (RuleKind::Accounts, RULES[2].1.replace("5100", "5999"), "another accounts rule for invoice already"),
    ] {
        let refusal = found(acme, ACME, kind, &text).await.unwrap_err();
        assert_eq!(refusal.code, RefusalCode::ProposalNeeded);
        assert!(refusal.message.contains(named) && refusal.message.contains("rules propose"), "{refusal}");
    }
    assert_eq!(raw.rows().await, before);
    // A rule that was replaced is not founded anew either.
    acme.activate(RuleKind::Tax, &TAX.replace("75000", "60000")).await;
    assert_eq!(found(acme, ACME, RuleKind::Tax, TAX).await.unwrap_err().code, RefusalCode::ProposalNeeded);
    found(acme, ACME, RuleKind::Tax, &TAX.replace("75000", "60000")).await.unwrap();
}

async fn a_wrong_rule_is_refused_with_its_place(acme: &Acme) {
    let too_high = TAX.replace("rate_ppm = 75000", "rate_ppm = 750000");
    let no_level = RULES[1].1.split("[[level]]").next().unwrap().to_owned() + "level = []";
    let shared = RULES[2].1.replace("2320", "2310");
    let (nameless, shouted) =
        (RULES[1].1.replace("\"invoice\"", "\"\""), RULES[2].1.replace("\"invoice\"", "\"Invoice 7\""));
    for (kind, text, said) in [
        (
            RuleKind::Tax,
            too_high.as_str(),
            "line 26: the TDS row for CONTRACTOR has a rate of 75 %; the statutory ceiling is 20 %",
        ),
        (RuleKind::Tax, "schedule = 1", "line 1: invalid type"),
        (RuleKind::Tax, RULES[1].1, "unknown field"),
        (RuleKind::Approval, no_level.as_str(), "level"),
        (RuleKind::Approval, "document = \"invoice\"\nremind = 1", "line 2"),
        (RuleKind::Approval, nameless.as_str(), "unknown variant ``, expected `invoice` or `purchase_order`"),
        (RuleKind::Accounts, shared.as_str(), "accounts vds_payable and tds_payable share one code"),
        (RuleKind::Accounts, shouted.as_str(), "unknown variant `Invoice 7`, expected `invoice` or `purchase_order`"),
        (RuleKind::Calendar, "weekend = [\"someday\"]", "line 1"),
    ] {
        let refusal = found(acme, "newcomer", kind, text).await.unwrap_err();
        assert_eq!(refusal.code, RefusalCode::InvalidField);
        assert!(refusal.message.contains(said), "{refusal}");
        assert_eq!(kind.check(text), Err(refusal.message.clone()));
    }
    let mut raw = acme.database.raw().await;
    assert_eq!(raw.number("SELECT count(*) FROM rule_versions").await, 4);
    assert_eq!(raw.number("SELECT count(*) FROM rule_activations WHERE tenant = 'newcomer'").await, 0);
}

async fn each_type_of_document_has_rules_of_its_own(acme: &Acme) {
    let (policy, mapping) = (ORDERS, RULES[2].1.replace("\"invoice\"", "\"purchase_order\""));
    for (kind, text, subject) in [
        (RuleKind::Tax, TAX, WHOLE_COMPANY),
        (RuleKind::Calendar, CALENDAR, WHOLE_COMPANY),
        (RuleKind::Approval, RULES[1].1, INVOICE),
        (RuleKind::Accounts, RULES[2].1, INVOICE),
        (RuleKind::Approval, policy, "purchase_order"),
        (RuleKind::Accounts, &mapping, "purchase_order"),
    ] {
        assert_eq!(kind.subject_of(text).as_deref(), Ok(subject), "{kind}");
        let hash = found(acme, ACME, kind, text).await.unwrap();
        assert_eq!(active(acme, ACME, kind, subject).await, Some(hash), "{kind} {subject}");
    }
    // A change of one leaves the other.
    acme.activate(RuleKind::Approval, &policy.replace("50", "60")).await;
    assert_eq!(active(acme, ACME, RuleKind::Approval, INVOICE).await, Some(canonical::sha256_hex(RULES[1].1)));
    let changed = active(acme, ACME, RuleKind::Approval, "purchase_order").await;
    assert_eq!(changed, Some(canonical::sha256_hex(&policy.replace("50", "60"))));
    assert_eq!(active(acme, ACME, RuleKind::Approval, WHOLE_COMPANY).await, None);
}

async fn the_last_activation_counts_and_earlier_versions_stay(acme: &Acme) {
    let changed = TAX.replace("75000", "60000");
    let (first, second) = (canonical::sha256_hex(TAX), canonical::sha256_hex(&changed));
    acme.activate(RuleKind::Tax, &changed).await;
    assert_eq!(active(acme, ACME, RuleKind::Tax, WHOLE_COMPANY).await, Some(second.clone()));
    let mut tx = acme.read().await.unwrap();
    for (hash, text) in [(&first, TAX), (&second, changed.as_str())] {
        let stored = rules::version(&mut tx, RuleKind::Tax, hash).await.unwrap();
        assert_eq!((&stored.hash, &*stored.content), (hash, text));
    }
    assert!(rules::version(&mut tx, RuleKind::Approval, &first).await.is_err(), "a hash is of one kind");
    assert!(rules::version(&mut tx, RuleKind::Tax, "no such").await.unwrap_err().is_final());
    tx.rollback().await.unwrap();

    acme.activate(RuleKind::Tax, TAX).await;
    assert_eq!(active(acme, ACME, RuleKind::Tax, WHOLE_COMPANY).await, Some(first));
    let mut raw = acme.database.raw().await;
    let count = |table| format!("SELECT count(*) FROM {table} WHERE kind = 'tax'");
    assert_eq!(raw.number(&count("rule_versions")).await, 2, "going back stores nothing anew");
    assert_eq!(raw.number(&(count("rule_activations") + " AND tenant = 'acme'")).await, 3);
}

async fn a_rule_is_of_one_tenant_and_one_kind(acme: &Acme) {
    let theirs = active(acme, GLOBEX, RuleKind::Tax, WHOLE_COMPANY).await;
    acme.activate(RuleKind::Tax, &TAX.replace("75000", "60000")).await;
    assert_eq!(active(acme, GLOBEX, RuleKind::Tax, WHOLE_COMPANY).await, theirs);
    assert_eq!(active(acme, ACME, RuleKind::Approval, INVOICE).await, Some(canonical::sha256_hex(RULES[1].1)));
}

async fn a_needed_rule_that_is_not_active_is_a_refusal(acme: &Acme) {
    let newcomer: TenantId = id("newcomer");
    let mut tx = acme.ledger().read(&newcomer).await.unwrap();
    for kind in RuleKind::ALL {
        for subject in [WHOLE_COMPANY, INVOICE] {
            let refusal = rules::needed(&mut tx, &newcomer, kind, subject).await.unwrap().unwrap_err();
            assert_eq!(refusal.code, RefusalCode::RulesNotActive);
            assert!(refusal.message.starts_with(&format!("no {kind} rule is active for newcomer")), "{refusal}");
            assert_eq!(refusal.message.contains("document invoice"), subject == INVOICE, "{refusal}");
        }
    }
}

async fn a_founding_is_on_the_trail(acme: &Acme) {
    let mapping = RULES[2].1.replace("\"invoice\"", "\"purchase_order\"");
    let hash = found(acme, ACME, RuleKind::Accounts, &mapping).await.unwrap();
    let mut tx = acme.read().await.unwrap();
    let trail = audit::read_chain(&mut tx, &id(ACME), TENANT_CHAIN).await.unwrap().unwrap();
    let [.., first, last] = trail.as_slice() else { panic!("{trail:?}") };
    assert_eq!((last.kind.as_str(), last.actor.as_deref()), ("rule_activated", Some("controller")));
    let body = |kind: &str, subject: &str, hash: &str, from: &str| {
        serde_json::json!({
            "kind": kind, "subject": subject, "hash": hash, "before": null, "proposal": null, "proposed_by": null,
            "effective_from": from,
        })
    };
    let at = serde_json::to_value(last.at).unwrap();
    assert_eq!(last.body, body("accounts", "purchase_order", &hash, at.as_str().unwrap()));
    assert_eq!(first.body, body("approval", "purchase_order", &canonical::sha256_hex(ORDERS), IN_FORCE_SINCE));
}
