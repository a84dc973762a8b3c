//! The state without a server: what it accepts, queues, takes back and lets through.

use vextrus_approval::{Facts, Policy, resolve};
use vextrus_contract::invoice::InvoiceHead;
use vextrus_contract::steps::{RuleHashes, Totals};
use vextrus_domain::signature::KeyPair;
use vextrus_domain::{DocumentKey, Person, Taka};

use super::*;

fn at() -> DateTime<Utc> {
    "2026-11-01T04:00:00Z".parse().unwrap()
}

fn key() -> DocumentKey {
    DocumentKey { tenant: "acme".parse().unwrap(), document: "d".parse().unwrap(), submission: 1 }
}

fn fresh() -> State {
    let head = InvoiceHead {
        vendor: "padma".parse().unwrap(),
        number: "1".into(),
        date: "2026-10-01".parse().unwrap(),
        due_date: "2026-11-01".parse().unwrap(),
        currency: "BDT".into(),
        line_count: 1,
        subtotal: Taka::whole(200_000),
        vat: Taka::whole(30_000),
        total: Taka::whole(230_000),
        po_number: None,
        department: "works".parse().unwrap(),
        project: None,
    };
    State::new(InvoiceStart {
        key: key(),
        payload_hash: "h".into(),
        submitter: "nasrin".parse().unwrap(),
        head,
        step_timeout_millis: 1000,
    })
}

fn assessed(trust_unsigned: bool) -> Assessed {
    let person = |id: &str, role: &str| Person {
        id: id.parse().unwrap(),
        department: Some("works".parse().unwrap()),
        roles: vec![role.parse().unwrap()],
        active: true,
    };
    let people =
        [person("rahim", "accounts_payable"), person("karim", "department_head"), person("farida", "finance_manager")];
    let facts = Facts {
        revision: 1,
        total: Taka::whole(600_000),
        department: &"works".parse().unwrap(),
        submitter: &"nasrin".parse().unwrap(),
        people: &people,
        findings: &[],
    };
    let policy = Policy::parse(include_str!("../../../../rules/approval/invoice.toml")).unwrap();
    let none = Taka::ZERO;
    Assessed {
        at: at(),
        totals: Totals {
            subtotal: none,
            sd: none,
            vat: none,
            total: none,
            withheld: vec![],
            borne: none,
            retention: none,
            advance: none,
            net_payable: none,
        },
        plan: resolve(&policy, "p", &facts).unwrap(),
        rules: RuleHashes { tax: "t".into(), approval: "p".into(), accounts: "a".into() },
        trust_unsigned,
    }
}

fn waiting(trust_unsigned: bool) -> State {
    let mut state = fresh();
    state.take_up(assessed(trust_unsigned)).unwrap();
    state
}

fn signed(state: &State, task: &str, actor: &str, answer: &str) -> SignedDecision {
    let plan_hash = state.machine.tasks().iter().find(|t| t.task.id.as_str() == task).map(|t| t.plan_hash.clone());
    let decision = Decision {
        key: key(),
        task: Some(task.parse().unwrap()),
        plan_hash,
        answer: answer.into(),
        actor: actor.parse().unwrap(),
        principal: actor.parse().unwrap(),
        request_id: format!("{task}-{actor}").parse().unwrap(),
        comment: String::new(),
    };
    decision.sign(&KeyPair::from_seed(&[1; 32])).unwrap()
}

fn approve(state: &mut State, task: &str, actor: &str) -> DecideAnswer {
    let signed = signed(state, task, actor, "approve");
    state.answer("decide", signed, at())
}

fn message(person: &str, answer: &'static str) -> Message {
    Message { person: person.parse().unwrap(), answer, comment: "why?".into(), task: None, assertion: None }
}

#[test]
fn a_signal_that_comes_before_the_plan_is_heard_with_it() {
    let mut state = fresh();
    state.receive("approve", Ok(message("rahim", "approve")), at());
    assert!(state.writes.is_empty() && state.refused_messages == 0);
    state.take_up(assessed(true)).unwrap();
    assert!(matches!(state.next_write(), Some(Write::Decision { .. })));
    assert_eq!(state.decisions()[0].actor.as_str(), "rahim");
}

#[test]
fn early_signals_of_a_document_that_gets_no_plan_are_refused() {
    let mut state = fresh();
    state.receive("approve", Ok(message("rahim", "approve")), at());
    state.give_up(at());
    assert_eq!(state.refused_messages, 1);
    assert!(state.is_ready());
}

#[test]
fn the_decision_that_ends_the_approval_is_left_for_the_last_step() {
    let mut state = waiting(false);
    for (task, person) in [("level-1", "rahim"), ("level-2", "karim"), ("level-3", "farida")] {
        assert!(matches!(approve(&mut state, task, person), DecideAnswer::Accepted { .. }));
    }
    assert!(state.next_write().is_some() && state.next_write().is_some() && state.next_write().is_none());
    assert_eq!(state.last_decision().unwrap().decision.actor.as_str(), "farida");
    state.go_on();
    assert!(state.next_write().is_some(), "once nothing was settled it is recorded like any other");
}

#[test]
fn a_decision_taken_back_takes_with_it_what_rested_on_it() {
    let mut state = waiting(false);
    approve(&mut state, "level-1", "rahim");
    approve(&mut state, "level-2", "karim");
    drop(state.next_write());
    let refusal = Refusal::new(RefusalCode::SignatureInvalid, "no");
    state.void(&"level-1-rahim".parse().unwrap(), refusal, at());
    assert_eq!(state.machine.open_tasks().map(|t| t.task.id.as_str()).collect::<Vec<_>>(), ["level-1"]);
    assert!(
        matches!(state.writes.make_contiguous(), [Write::Note(Note::Refused { asserted_by: Some(p), .. })] if p.as_str() == "karim")
    );
}

#[test]
fn unsigned_and_misdirected_decisions_are_refused() {
    let mut state = waiting(false);
    let unsigned = SignedDecision { signature: None, ..signed(&state, "level-1", "rahim", "approve") };
    assert_eq!(state.would_refuse(&unsigned).unwrap_err().code, RefusalCode::SignatureMissing);
    let mut elsewhere = signed(&state, "level-1", "rahim", "approve");
    elsewhere.decision.key.submission = 2;
    assert_eq!(state.would_refuse(&elsewhere).unwrap_err().code, RefusalCode::SignatureInvalid);
    let mut long = signed(&state, "level-1", "rahim", "approve");
    long.decision.comment = "x".repeat(MAX_COMMENT + 1);
    assert_eq!(state.would_refuse(&long).unwrap_err().code, RefusalCode::LimitExceeded);
    state.receive("requestInfo", Ok(message("rahim", REQUEST_INFO)), at());
    assert_eq!(state.refused_messages, 1);
}

#[test]
fn a_signal_whose_assertion_says_something_else_is_refused() {
    let mut state = waiting(false);
    let assertion = Some(signed(&state, "level-1", "rahim", "approve"));
    state.receive("approve", Ok(Message { assertion, ..message("karim", "approve") }), at());
    assert_eq!(state.refused_messages, 1);
}

#[test]
fn a_flood_of_bad_messages_is_counted_and_not_kept() {
    let mut state = waiting(false);
    for _ in 0..MAX_NOTES + 10 {
        state.receive("approve", Err(Refusal::new(RefusalCode::MessageMalformed, "?")), at());
    }
    assert_eq!((state.refused_messages, state.writes.len()), (MAX_NOTES + 10, MAX_NOTES as usize));
}

#[test]
fn a_withdrawal_stands_though_a_decision_before_it_is_taken_back() {
    let mut state = waiting(false);
    approve(&mut state, "level-1", "rahim");
    drop(state.next_write());
    let mut withdrawal = signed(&state, "level-1", "nasrin", vextrus_approval::WITHDRAW);
    (withdrawal.decision.task, withdrawal.decision.plan_hash) = (None, None);
    assert!(matches!(state.answer("withdraw", withdrawal, at()), DecideAnswer::Accepted { .. }));
    state.void(&"level-1-rahim".parse().unwrap(), Refusal::new(RefusalCode::SignatureInvalid, "no"), at());
    assert_eq!(state.machine.outcome(), Some(&vextrus_approval::Outcome::Withdrawn));
    assert!(!state.has_writes(), "only the last step is left to do");
    assert_eq!(state.decisions().len(), 1, "what was taken back is not among the decisions");
}

#[test]
fn nothing_is_accepted_while_the_document_is_closing() {
    let mut state = waiting(false);
    state.closing = true;
    assert!(
        matches!(approve(&mut state, "level-1", "rahim"), DecideAnswer::Refused(r) if r.code == RefusalCode::DocumentClosed)
    );
}

#[test]
fn messages_wait_while_the_document_is_assessed_again() {
    let mut state = waiting(true);
    for (task, person) in [("level-1", "rahim"), ("level-2", "karim"), ("level-3", "farida")] {
        approve(&mut state, task, person);
    }
    state.go_on();
    assert!(!state.is_ready());
    state.receive("approve", Ok(message("rahim", "approve")), at());
    assert_eq!((state.refused_messages, state.machine.outcome()), (0, None));
}
