//! Rules are kept by the hash of their text, and each tenant has one that is active.

use vextrus_domain::{RefusalCode, TenantId, canonical};
use vextrus_ledger::audit::{self, TENANT_CHAIN};
use vextrus_ledger::rules::{self, RuleKind};
use vextrus_tests_support::company::{ACME, Acme, GLOBEX, RULES, id};
use vextrus_tests_support::on_both;

on_both![
    activating_what_is_active_changes_nothing,
    the_last_activation_counts_and_earlier_versions_stay,
    a_wrong_rule_is_refused_with_its_place,
    a_rule_is_of_one_tenant_and_one_kind,
    a_needed_rule_that_is_not_active_is_a_refusal,
    an_activation_is_on_the_trail,
];

const TAX: &str = RULES[0].1;

async fn activate(acme: &Acme, tenant: &str, kind: RuleKind, text: &str) -> Result<String, String> {
    let mut tx = acme.begin().await.unwrap();
    let activated = rules::activate(&mut tx, &id(tenant), kind, text, "controller").await.unwrap();
    tx.commit().await.unwrap();
    activated
}

async fn active(acme: &Acme, tenant: &str, kind: RuleKind) -> Option<String> {
    let mut tx = acme.read().await.unwrap();
    rules::active(&mut tx, &id(tenant), kind).await.unwrap().map(|rule| rule.hash)
}

async fn activating_what_is_active_changes_nothing(acme: &Acme) {
    let mut raw = acme.database.raw().await;
    let before = raw.rows().await;
    for (kind, text) in RULES {
        assert_eq!(activate(acme, ACME, kind, text).await.unwrap(), canonical::sha256_hex(text));
    }
    assert_eq!(raw.rows().await, before);
}

async fn the_last_activation_counts_and_earlier_versions_stay(acme: &Acme) {
    let first = canonical::sha256_hex(TAX);
    let changed = TAX.replace("75000", "60000");
    let second = activate(acme, ACME, RuleKind::Tax, &changed).await.unwrap();
    assert_ne!(first, second);
    assert_eq!(active(acme, ACME, RuleKind::Tax).await, Some(second.clone()));
    let mut tx = acme.read().await.unwrap();
    for (hash, text) in [(&first, TAX), (&second, changed.as_str())] {
        let stored = rules::version(&mut tx, RuleKind::Tax, hash).await.unwrap();
        assert_eq!((&stored.hash, stored.content.as_str()), (hash, text));
    }
    assert!(rules::version(&mut tx, RuleKind::Approval, &first).await.is_err(), "a hash is of one kind");
    assert!(rules::version(&mut tx, RuleKind::Tax, "no such").await.unwrap_err().is_final());
    tx.rollback().await.unwrap();

    assert_eq!(activate(acme, ACME, RuleKind::Tax, TAX).await.unwrap(), first);
    assert_eq!(active(acme, ACME, RuleKind::Tax).await, Some(first));
    let mut raw = acme.database.raw().await;
    let count = |table| format!("SELECT count(*) FROM {table} WHERE kind = 'tax'");
    assert_eq!(raw.number(&count("rule_versions")).await, 2, "going back stores nothing anew");
    assert_eq!(raw.number(&(count("rule_activations") + " AND tenant = 'acme'")).await, 3);
}

async fn a_wrong_rule_is_refused_with_its_place(acme: &Acme) {
    let before = active(acme, ACME, RuleKind::Tax).await;
    let too_high = TAX.replace("rate_ppm = 75000", "rate_ppm = 750000");
    let no_level = RULES[1].1.split("[[level]]").next().unwrap().to_owned() + "level = []";
    let shared = RULES[2].1.replace("2320", "2310");
    for (kind, text, said) in [
        (
            RuleKind::Tax,
            too_high.as_str(),
            "line 26: the TDS row for CONTRACTOR has a rate of 75 %; the statutory ceiling is 20 %",
        ),
        (RuleKind::Tax, "schedule = 1", "line 1: invalid type"),
        (RuleKind::Tax, RULES[1].1, "unknown field"),
        (RuleKind::Approval, no_level.as_str(), "level"),
        (RuleKind::Accounts, shared.as_str(), "accounts vds_payable and tds_payable share one code"),
    ] {
        let why = activate(acme, ACME, kind, text).await.unwrap_err();
        assert!(why.contains(said), "{why}");
    }
    assert_eq!(active(acme, ACME, RuleKind::Tax).await, before);
    assert_eq!(acme.database.raw().await.number("SELECT count(*) FROM rule_versions").await, 3);
}

async fn a_rule_is_of_one_tenant_and_one_kind(acme: &Acme) {
    let theirs = active(acme, GLOBEX, RuleKind::Tax).await;
    activate(acme, ACME, RuleKind::Tax, &TAX.replace("75000", "60000")).await.unwrap();
    assert_eq!(active(acme, GLOBEX, RuleKind::Tax).await, theirs);
    assert_eq!(active(acme, ACME, RuleKind::Approval).await, Some(canonical::sha256_hex(RULES[1].1)));
}

async fn a_needed_rule_that_is_not_active_is_a_refusal(acme: &Acme) {
    let newcomer: TenantId = id("newcomer");
    let mut tx = acme.read().await.unwrap();
    for kind in RuleKind::ALL {
        let refusal = rules::needed(&mut tx, &newcomer, kind).await.unwrap().unwrap_err();
        assert_eq!(refusal.code, RefusalCode::RulesNotActive);
        assert!(refusal.message.starts_with(&format!("no {kind} rule is active for newcomer")), "{refusal}");
    }
}

async fn an_activation_is_on_the_trail(acme: &Acme) {
    let before = canonical::sha256_hex(TAX);
    let after = activate(acme, ACME, RuleKind::Tax, &TAX.replace("75000", "60000")).await.unwrap();
    let mut tx = acme.read().await.unwrap();
    let last = audit::read_chain(&mut tx, &id(ACME), TENANT_CHAIN).await.unwrap().unwrap().pop().unwrap();
    assert_eq!((last.kind.as_str(), last.actor.as_deref()), ("rule_activated", Some("controller")));
    assert_eq!(last.body, serde_json::json!({"kind": "tax", "hash": after, "before": before}));
}
