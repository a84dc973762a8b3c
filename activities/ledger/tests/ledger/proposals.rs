//! A rule is proposed by one person and activated by another, and counts from its effective date on.

use chrono::{DateTime, Utc};
use serde_json::json;
use vextrus_domain::{Refusal, RefusalCode, canonical};
use vextrus_ledger::audit::{self, TENANT_CHAIN};
use vextrus_ledger::rules::{self, Activation, Listing, Proposal, RuleKind, WHOLE_COMPANY};
use vextrus_ledger::{Clock, Ledger};
use vextrus_tests_support::company::{ACME, ACTIVATOR, Acme, GLOBEX, PROPOSER, RULES, id};
use vextrus_tests_support::ledgers::at_once;
use vextrus_tests_support::on_both;
use vextrus_tests_support::raw::Raw;

on_both![
    one_person_proposes_and_another_activates,
    a_change_is_on_the_trail,
    who_may_not_is_refused,
    a_proposal_is_closed_by_the_next_activation,
    a_proposal_must_say_what_why_and_when,
    a_version_that_changes_nothing_is_no_proposal,
    a_rule_counts_from_its_effective_date_on,
    a_date_that_has_passed_before_the_activation_is_no_earlier_than_it,
    a_later_activation_overtakes_one_that_was_still_to_come,
    many_may_propose_at_once_and_one_activates,
    no_statement_passes_by_the_second_person,
];

const TAX: &str = RULES[0].1;
/// Noon in Dhaka on 10 August 2025.
const TODAY: &str = "2025-08-10T06:00:00Z";
/// Midnight in Dhaka on 1 September 2025.
const SEPTEMBER: &str = "2025-08-31T18:00:00Z";

/// A schedule with another rate for contractors.
fn rate(ppm: &str) -> String {
    TAX.replace("75000", ppm)
}

fn time(text: &str) -> DateTime<Utc> {
    id(text)
}

fn at(acme: &Acme, moment: &str) -> Ledger {
    acme.ledger().with_clock(Clock::Fixed(id(moment)))
}

/// The proposal of a tax schedule at a moment.
struct Asked<'a> {
    text: &'a str,
    by: &'a str,
    effective: Option<&'a str>,
    reason: &'a str,
}

impl<'a> Asked<'a> {
    fn of(text: &'a str) -> Self {
        Self { text, by: PROPOSER, effective: None, reason: "SRO 1 of the day" }
    }

    async fn at(&self, ledger: &Ledger) -> Result<Proposal, Refusal> {
        let mut tx = ledger.begin(&id(ACME)).await.unwrap();
        let (tenant, effective) = (id(ACME), self.effective.map(id));
        let asked =
            rules::propose(&mut tx, &tenant, RuleKind::Tax, self.text, &id(self.by), effective, self.reason).await;
        tx.commit().await.unwrap();
        asked.unwrap()
    }
}

async fn activate(ledger: &Ledger, number: i64, by: &str) -> Result<Activation, Refusal> {
    let mut tx = ledger.begin(&id(ACME)).await.unwrap();
    let activated = rules::activate(&mut tx, &id(ACME), number, &id(by)).await.unwrap();
    tx.commit().await.unwrap();
    activated
}

/// Proposes and activates a schedule at one moment.
async fn changed(acme: &Acme, moment: &str, text: &str, effective: Option<&str>) -> Activation {
    let ledger = at(acme, moment);
    let proposal = Asked { effective, ..Asked::of(text) }.at(&ledger).await.unwrap();
    activate(&ledger, proposal.number, ACTIVATOR).await.unwrap()
}

/// The tax schedule in force at a moment.
async fn active(acme: &Acme, moment: &str) -> Option<String> {
    let mut tx = at(acme, moment).read(&id(ACME)).await.unwrap();
    let now = rules::active(&mut tx, &id(ACME), RuleKind::Tax, WHOLE_COMPANY).await.unwrap();
    tx.rollback().await.unwrap();
    // Whoever asks later gets the same answer.
    let mut tx = acme.read().await.unwrap();
    let seen = rules::active_at(&mut tx, &id(ACME), RuleKind::Tax, WHOLE_COMPANY, id(moment)).await.unwrap();
    assert_eq!(now, seen);
    now.map(|rule| rule.hash)
}

async fn listed(ledger: &Ledger) -> Listing {
    let mut tx = ledger.read(&id(ACME)).await.unwrap();
    rules::list(&mut tx, &id(ACME)).await.unwrap()
}

fn hash(text: &str) -> Option<String> {
    Some(canonical::sha256_hex(text))
}

async fn one_person_proposes_and_another_activates(acme: &Acme) {
    let (today, text) = (at(acme, TODAY), rate("60000"));
    let proposal = Asked::of(&text).at(&today).await.unwrap();
    assert_eq!((proposal.number, proposal.kind, proposal.subject.as_str()), (1, RuleKind::Tax, WHOLE_COMPANY));
    assert_eq!((Some(&proposal.hash), proposal.proposed_by.as_str()), (hash(&text).as_ref(), PROPOSER));
    assert_eq!((proposal.proposed_at, proposal.effective_from), (time(TODAY), time(TODAY)));
    assert_eq!(proposal.reason, "SRO 1 of the day");
    assert_eq!(active(acme, TODAY).await, hash(TAX), "a proposal alone changes nothing");
    let mut tx = today.read(&id(ACME)).await.unwrap();
    assert_eq!(rules::proposal(&mut tx, &id(ACME), 1).await.unwrap().as_ref(), Some(&proposal));
    assert_eq!(&*rules::version(&mut tx, RuleKind::Tax, &proposal.hash).await.unwrap().content, text);
    tx.rollback().await.unwrap();
    let mut tx = today.read(&id(GLOBEX)).await.unwrap();
    assert_eq!(rules::proposal(&mut tx, &id(GLOBEX), 1).await.unwrap(), None);
    tx.rollback().await.unwrap();
    assert_eq!(listed(&today).await.open, [proposal]);

    let activation = activate(&today, 1, ACTIVATOR).await.unwrap();
    assert_eq!((activation.seq, activation.proposal), (2, Some(1)));
    assert_eq!((activation.activated_by.as_str(), activation.effective_from), (ACTIVATOR, time(TODAY)));
    assert_eq!(active(acme, TODAY).await, hash(&text));
    assert_eq!(active(acme, "2025-08-10T05:59:59Z").await, hash(TAX));
    let after = listed(&today).await;
    let kinds: Vec<_> = after.active.iter().map(|a| (a.kind, a.subject.as_str(), a.seq)).collect();
    let untouched = [
        (RuleKind::Approval, "invoice", 1),
        (RuleKind::Approval, "purchase_order", 1),
        (RuleKind::Accounts, "invoice", 1),
    ];
    assert_eq!(kinds, [&[(RuleKind::Tax, "", 2)], &untouched[..]].concat());
    assert_eq!((after.active.first(), after.scheduled.len(), after.open.len()), (Some(&activation), 0, 0));
}

async fn a_change_is_on_the_trail(acme: &Acme) {
    changed(acme, TODAY, &rate("60000"), Some(SEPTEMBER)).await;
    let mut tx = acme.read().await.unwrap();
    let trail = audit::read_chain(&mut tx, &id(ACME), TENANT_CHAIN).await.unwrap().unwrap();
    let [.., proposed, activated] = trail.as_slice() else { panic!("{trail:?}") };
    assert_eq!((proposed.kind.as_str(), proposed.actor.as_deref()), ("rule_proposed", Some(PROPOSER)));
    assert_eq!(
        proposed.body,
        json!({
            "proposal": 1, "kind": "tax", "subject": "", "hash": hash(&rate("60000")), "effective_from": SEPTEMBER,
            "reason": "SRO 1 of the day",
        })
    );
    assert_eq!((activated.kind.as_str(), activated.actor.as_deref()), ("rule_activated", Some(ACTIVATOR)));
    assert_eq!(
        activated.body,
        json!({
            "kind": "tax", "subject": "", "hash": hash(&rate("60000")), "before": hash(TAX), "proposal": 1,
            "proposed_by": PROPOSER, "effective_from": SEPTEMBER,
        })
    );
}

async fn who_may_not_is_refused(acme: &Acme) {
    let (today, text) = (at(acme, TODAY), rate("60000"));
    let mut raw = acme.database.raw().await;
    let before = raw.rows().await;
    // Jamal has left, and nobody knows the others.
    for stranger in ["jamal", "nobody", "controller"] {
        let refusal = Asked { by: stranger, ..Asked::of(&text) }.at(&today).await.unwrap_err();
        assert_eq!(refusal.code, RefusalCode::PermissionDenied);
        assert!(refusal.message.contains(stranger) && refusal.message.contains("acme"), "{refusal}");
    }
    assert_eq!(raw.rows().await, before);

    Asked::of(&text).at(&today).await.unwrap();
    let before = raw.rows().await;
    for (number, by, code, said) in [
        (1, "jamal", RefusalCode::PermissionDenied, "jamal is not an active person of acme"),
        (1, "nobody", RefusalCode::PermissionDenied, "nobody is not an active person of acme"),
        (1, PROPOSER, RefusalCode::SelfApproval, "nasrin made proposal 1; another person must activate it"),
        (2, ACTIVATOR, RefusalCode::NotFound, "acme has no proposal 2"),
        (0, ACTIVATOR, RefusalCode::NotFound, "acme has no proposal 0"),
        (i64::MAX, ACTIVATOR, RefusalCode::NotFound, "acme has no proposal"),
    ] {
        let refusal = activate(&today, number, by).await.unwrap_err();
        assert_eq!(refusal.code, code, "{number} {by}: {refusal}");
        assert!(refusal.message.contains(said), "{refusal}");
    }
    assert_eq!(raw.rows().await, before);
    assert_eq!(active(acme, TODAY).await, hash(TAX));
}

async fn a_proposal_is_closed_by_the_next_activation(acme: &Acme) {
    let today = at(acme, TODAY);
    for ppm in ["60000", "50000", "40000"] {
        Asked::of(&rate(ppm)).at(&today).await.unwrap();
    }
    let open = |listing: Listing| listing.open.into_iter().map(|p| p.number).collect::<Vec<_>>();
    assert_eq!(open(listed(&today).await), [1, 2, 3]);
    activate(&today, 2, ACTIVATOR).await.unwrap();
    assert_eq!(open(listed(&today).await), [] as [i64; 0]);
    for (number, said) in [
        (2, "proposal 2 was activated by tareq"),
        (1, "since proposal 1 was made, tareq activated another tax rule"),
        (3, "since proposal 3 was made, tareq activated another tax rule"),
    ] {
        let refusal = activate(&today, number, "farida").await.unwrap_err();
        assert_eq!(refusal.code, RefusalCode::ProposalClosed);
        assert!(refusal.message.contains(said), "{refusal}");
    }
    assert_eq!(active(acme, TODAY).await, hash(&rate("50000")));
    // Another kind is no successor, and what is proposed anew is open.
    acme.activate(RuleKind::Accounts, &RULES[2].1.replace("5100", "5999")).await;
    let again = Asked::of(&rate("40000")).at(&today).await.unwrap();
    assert_eq!(open(listed(&today).await), [again.number]);
    activate(&today, again.number, ACTIVATOR).await.unwrap();
}

async fn a_proposal_must_say_what_why_and_when(acme: &Acme) {
    let (today, text) = (at(acme, TODAY), rate("60000"));
    let mut raw = acme.database.raw().await;
    let before = raw.rows().await;
    let long = "x".repeat(2001);
    let good = Asked::of(&text);
    let yesterday = "effective_from is 2025-08-09 in Dhaka; give 2025-08-10";
    for (asked, code, said) in [
        (Asked { reason: " ", ..Asked::of(&text) }, RefusalCode::InvalidField, "reason is empty"),
        (Asked { reason: &long, ..Asked::of(&text) }, RefusalCode::LimitExceeded, "2001 bytes; the most is 2000"),
        (Asked::of("schedule = 1"), RefusalCode::InvalidField, "line 1: invalid type"),
        (Asked { effective: Some("2025-08-09T17:59:59Z"), ..Asked::of(&text) }, RefusalCode::InvalidField, yesterday),
        (Asked { effective: Some("+10000-01-01T00:00:00Z"), ..Asked::of(&text) }, RefusalCode::InvalidField, "10000"),
    ] {
        let refusal = asked.at(&today).await.unwrap_err();
        assert_eq!(refusal.code, code, "{refusal}");
        assert!(refusal.message.contains(said), "{refusal}");
    }
    assert_eq!(raw.rows().await, before);
    for effective in ["2025-08-09T18:00:00Z", TODAY, SEPTEMBER, "9999-12-31T00:00:00Z"] {
        let asked = Asked { effective: Some(effective), ..Asked::of(&text) };
        assert_eq!(asked.at(&today).await.unwrap().effective_from, time(effective));
    }
    good.at(&today).await.unwrap();
}

async fn a_version_that_changes_nothing_is_no_proposal(acme: &Acme) {
    let today = at(acme, TODAY);
    let refusal = Asked::of(TAX).at(&today).await.unwrap_err();
    assert_eq!(refusal.code, RefusalCode::InvalidField);
    assert!(refusal.message.contains("this tax rule was activated by controller already"), "{refusal}");
    // It may be brought forward, and what is in force may be kept in place of what was to come.
    changed(acme, TODAY, &rate("60000"), Some(SEPTEMBER)).await;
    Asked { effective: Some(SEPTEMBER), ..Asked::of(&rate("60000")) }.at(&today).await.unwrap_err();
    Asked::of(&rate("60000")).at(&today).await.unwrap();
    Asked::of(TAX).at(&today).await.unwrap();
}

async fn a_rule_counts_from_its_effective_date_on(acme: &Acme) {
    let text = rate("60000");
    let activation = changed(acme, TODAY, &text, Some(SEPTEMBER)).await;
    assert_eq!((activation.activated_at, activation.effective_from), (time(TODAY), time(SEPTEMBER)));
    for (moment, rule) in
        [(TODAY, TAX), ("2025-08-31T17:59:59.999999Z", TAX), (SEPTEMBER, &text), ("2031-01-01T00:00:00Z", &text)]
    {
        assert_eq!(active(acme, moment).await, hash(rule), "{moment}");
    }
    assert_eq!(active(acme, "2020-01-01T00:00:00Z").await, None);
    let before = listed(&at(acme, TODAY)).await;
    assert_eq!((before.active[0].seq, before.scheduled.as_slice()), (1, &[activation.clone()][..]));
    let after = listed(&at(acme, SEPTEMBER)).await;
    assert_eq!((&after.active[0], after.scheduled.len()), (&activation, 0));
}

async fn a_date_that_has_passed_before_the_activation_is_no_earlier_than_it(acme: &Acme) {
    const LATER: &str = "2025-09-20T06:00:00Z";
    let text = rate("60000");
    let asked = Asked { effective: Some(SEPTEMBER), ..Asked::of(&text) };
    let number = asked.at(&at(acme, TODAY)).await.unwrap().number;
    let activation = activate(&at(acme, LATER), number, ACTIVATOR).await.unwrap();
    assert_eq!(activation.effective_from, time(LATER), "what was in force until then stays so");
    assert_eq!(active(acme, SEPTEMBER).await, hash(TAX));
    assert_eq!(active(acme, LATER).await, hash(&text));
}

async fn a_later_activation_overtakes_one_that_was_still_to_come(acme: &Acme) {
    let (autumn, kept) = (rate("60000"), rate("50000"));
    changed(acme, TODAY, &autumn, Some(SEPTEMBER)).await;
    changed(acme, "2025-08-11T06:00:00Z", &kept, Some("2025-08-19T18:00:00Z")).await;
    for (moment, rule) in [("2025-08-19T17:00:00Z", TAX), ("2025-08-19T18:00:00Z", &kept), (SEPTEMBER, &kept)] {
        assert_eq!(active(acme, moment).await, hash(rule), "{moment}");
    }
    let listing = listed(&at(acme, "2025-08-12T00:00:00Z")).await;
    assert_eq!(listing.scheduled.iter().map(|a| a.seq).collect::<Vec<_>>(), [3]);
    // One for a later day stands behind it.
    changed(acme, "2025-08-12T06:00:00Z", &autumn, Some(SEPTEMBER)).await;
    let listing = listed(&at(acme, "2025-08-13T00:00:00Z")).await;
    assert_eq!(listing.scheduled.iter().map(|a| a.seq).collect::<Vec<_>>(), [3, 4]);
    assert_eq!(active(acme, "2025-08-25T00:00:00Z").await, hash(&kept));
    assert_eq!(active(acme, SEPTEMBER).await, hash(&autumn));
}

async fn many_may_propose_at_once_and_one_activates(acme: &Acme) {
    let ledger = acme.ledger();
    let proposing = move |n: usize| {
        let (ledger, text) = (ledger.clone(), rate(&format!("6000{n}")));
        async move { Asked::of(&text).at(&ledger).await.unwrap().number }
    };
    let mut numbers = at_once(8, proposing).await;
    numbers.sort_unstable();
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7, 8]);
    let ledger = acme.ledger();
    let activating = move |n: usize| {
        let (ledger, number) = (ledger.clone(), i64::try_from(n / 2).unwrap() + 1);
        async move { activate(&ledger, number, ACTIVATOR).await.map_err(|refusal| refusal.code) }
    };
    let ended = at_once(8, activating).await;
    assert_eq!(ended.iter().filter(|e| e.is_ok()).count(), 1, "{ended:?}");
    assert!(ended.iter().all(|e| !matches!(e, Err(code) if *code != RefusalCode::ProposalClosed)), "{ended:?}");
}

async fn refused(raw: &mut Raw, sql: &str, said: &str) {
    let error = raw.refused(sql).await;
    assert!(error.contains(said), "{sql}: {error}");
}

async fn no_statement_passes_by_the_second_person(acme: &Acme) {
    let proposal = Asked::of(&rate("60000")).at(&at(acme, TODAY)).await.unwrap();
    let mut raw = acme.database.raw().await;
    let activation = |kind: &str, subject: &str, seq: i64, hash: &str, by: &str, proposal: &str| {
        format!(
            "INSERT INTO rule_activations
                (tenant, kind, subject, seq, hash, activated_by, activated_at, effective_from, proposal)
             VALUES ('acme', '{kind}', '{subject}', {seq}, '{hash}', '{by}', '{TODAY}', '{TODAY}', {proposal})"
        )
    };
    let (hash, other) = (proposal.hash.as_str(), canonical::sha256_hex(TAX));
    for sql in [
        activation("tax", "", 2, hash, "tareq", "NULL"),
        activation("tax", "", 2, hash, PROPOSER, "1"),
        activation("tax", "", 2, &other, "tareq", "1"),
        activation("tax", "", 3, hash, "tareq", "1"),
        activation("tax", "invoice", 2, hash, "tareq", "1"),
        activation("tax", "", 2, hash, "tareq", "7"),
    ] {
        refused(&mut raw, &sql, "a rule is activated as it was proposed, by another person").await;
    }
    for column in ["hash", "proposed_by", "effective_from", "base"] {
        let sql = format!("UPDATE rule_proposals SET {column} = {column}");
        refused(&mut raw, &sql, "rule_proposals is append-only").await;
    }
    refused(&mut raw, "DELETE FROM rule_proposals", "rule_proposals is append-only").await;
    raw.exec(&activation("tax", "", 2, hash, "tareq", "1")).await.unwrap();
    for column in ["effective_from", "subject", "proposal"] {
        let sql = format!("UPDATE rule_activations SET {column} = {column}");
        refused(&mut raw, &sql, "rule_activations is append-only").await;
    }
}
