//! The state without a server: what it accepts, queues, takes back, carries over and lets through.

use vextrus_approval::{Amounts, Facts, Occasion, Policy, resolve};
use vextrus_contract::document::{EVENTS_OF_A_RUN, Head, InvoiceHead};
use vextrus_contract::steps::RuleHashes;
use vextrus_domain::calendar::WorkingCalendar;
use vextrus_domain::signature::KeyPair;
use vextrus_domain::{DocumentKey, Person, Taka};

use super::*;

const CALENDAR: &str = include_str!("../../../../rules/calendar/bangladesh.toml");
const POLICY: &str = include_str!("../../../../rules/approval/invoice.toml");

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
    State::new(DocumentStart {
        key: key(),
        payload_hash: "h".into(),
        submitter: "nasrin".parse().unwrap(),
        head: Head::Invoice(head),
        step_timeout_millis: 1000,
        events_of_a_run: EVENTS_OF_A_RUN,
        carried: None,
    })
}

fn assessed(trust_unsigned: bool, revision: u32, occasion: Occasion) -> Assessed {
    let person = |id: &str, role: &str| {
        Person::new(id.parse().unwrap(), Some("works".parse().unwrap()), vec![role.parse().unwrap()])
    };
    let people =
        [person("rahim", "accounts_payable"), person("karim", "department_head"), person("farida", "finance_manager")];
    let facts = Facts {
        revision,
        occasion,
        amounts: Amounts::same(Taka::whole(600_000)),
        together: Taka::ZERO,
        change: None,
        department: &"works".parse().unwrap(),
        project: None,
        vendor_class: "contractor",
        submitter: &"nasrin".parse().unwrap(),
        people: &people,
        findings: &[],
        calendar: &WorkingCalendar::parse(CALENDAR).unwrap(),
        at: at(),
    };
    Assessed {
        at: at(),
        totals: None,
        plan: resolve(&Policy::parse(POLICY).unwrap(), "p", &facts).unwrap(),
        rules: RuleHashes { tax: "t".into(), approval: "p".into(), accounts: "a".into() },
        trust_unsigned,
    }
}

fn waiting(trust_unsigned: bool) -> State {
    let mut state = fresh();
    state.take_up(assessed(trust_unsigned, 1, Occasion::First), "h".into()).unwrap();
    state
}

fn signed_action(actor: &str, request: &str, action: Action) -> SignedCommand {
    let command = Command {
        key: key(),
        action,
        actor: actor.parse().unwrap(),
        principal: actor.parse().unwrap(),
        via: Vec::new(),
        request_id: request.parse().unwrap(),
        at: at(),
    };
    command.sign(&KeyPair::from_seed(&[1; 32])).unwrap()
}

fn signed(state: &State, task: &str, actor: &str) -> SignedCommand {
    let id = task.parse().unwrap();
    let plan_hash = state.machine.task(&id).map(|t| t.plan_hash.clone()).unwrap_or_default();
    let action = Action::Decide { task: id, plan_hash, answer: "approve".into(), comment: String::new() };
    signed_action(actor, &format!("{task}-{actor}"), action)
}

fn withdrawal() -> SignedCommand {
    signed_action("nasrin", "w", Action::Withdraw { comment: String::new() })
}

fn approve(state: &mut State, task: &str, actor: &str) -> CommandAnswer {
    let signed = signed(state, task, actor);
    state.answer("decide", signed, at())
}

fn approve_all(state: &mut State) {
    for (task, person) in [("level-1", "rahim"), ("level-2", "karim"), ("level-3", "farida")] {
        assert!(matches!(approve(state, task, person), CommandAnswer::Accepted { .. }));
    }
}

fn refused(request: &str) -> RefusedCommand {
    let refusal = Refusal::new(RefusalCode::SignatureInvalid, "no");
    RefusedCommand { request_id: request.parse().unwrap(), refusal }
}

fn message(person: &str, wish: Wish) -> Message {
    Message { person: person.parse().unwrap(), wish, words: "why?".into(), task: None, assertion: None }
}

fn open(state: &State) -> Vec<&str> {
    state.machine.open_tasks().map(|t| t.task.id.as_str()).collect()
}

#[test]
fn a_signal_that_comes_before_the_plan_is_heard_with_it() {
    let mut state = fresh();
    state.receive("approve", Ok(message("rahim", Wish::Approve)), at());
    assert!(state.pending.is_empty() && state.refused_messages == 0);
    state.take_up(assessed(true, 1, Occasion::First), "h".into()).unwrap();
    assert!(matches!(state.pending[..], [Entry::Command { .. }]) && matches!(state.next(), Next::Record));
    assert_eq!(state.decisions()[0].actor.as_str(), "rahim");
}

#[test]
fn early_signals_of_a_document_that_gets_no_plan_are_refused() {
    let mut state = fresh();
    state.receive("approve", Ok(message("rahim", Wish::Approve)), at());
    state.give_up(at());
    assert_eq!(state.refused_messages, 1);
    assert!(state.is_ready());
}

#[test]
fn what_ends_the_approval_goes_with_the_last_step_and_everything_before_it() {
    let mut state = waiting(false);
    approve(&mut state, "level-1", "rahim");
    assert!(matches!(state.next(), Next::Record));
    state.confirm(1, &[], at());
    assert!(matches!(state.next(), Next::Wait));
    approve(&mut state, "level-2", "karim");
    approve(&mut state, "level-3", "farida");
    assert!(matches!(state.next(), Next::End(Outcome::Approved)));
    assert_eq!(state.pending().len(), 2, "the last step brings both");
    state.reopen(2, "the payable changed", at());
    assert!(state.pending().is_empty() && matches!(state.next(), Next::Assess));
    state.take_up(assessed(false, 2, Occasion::Reassessed { before: Taka::whole(600_000) }), "h".into()).unwrap();
    assert!(matches!(state.next(), Next::End(Outcome::Approved)), "nothing new was asked");
}

#[test]
fn a_command_taken_back_takes_with_it_what_rested_on_it() {
    let mut state = waiting(false);
    approve(&mut state, "level-1", "rahim");
    approve(&mut state, "level-2", "karim");
    state.confirm(1, &[refused("level-1-rahim")], at());
    assert_eq!(open(&state), ["level-1"]);
    assert!(
        matches!(&state.pending[..], [Entry::Refused { asserted_by: Some(p), .. }] if p.as_str() == "karim"),
        "{:?}",
        state.pending
    );
    assert_eq!((state.refused_messages, state.decisions().len()), (2, 0));
}

#[test]
fn a_command_taken_back_leaves_those_beside_it() {
    let mut state = waiting(false);
    approve(&mut state, "level-1", "rahim");
    let comment = signed_action("karim", "c", Action::Comment { text: "seen".into() });
    assert!(matches!(state.answer("command", comment, at()), CommandAnswer::Accepted { .. }));
    state.confirm(2, &[refused("level-1-rahim")], at());
    assert_eq!(open(&state), ["level-1"]);
    assert_eq!(state.history_view().len(), 1, "the comment stands");
}

#[test]
fn a_withdrawal_stands_though_a_decision_before_it_is_taken_back() {
    let mut state = waiting(false);
    approve(&mut state, "level-1", "rahim");
    assert!(matches!(state.answer("command", withdrawal(), at()), CommandAnswer::Accepted { .. }));
    state.confirm(1, &[refused("level-1-rahim")], at());
    assert!(matches!(state.next(), Next::End(Outcome::Withdrawn)));
}

#[test]
fn a_withdrawal_while_the_document_is_assessed_ends_it_once_the_plan_is_there() {
    let mut state = fresh();
    assert!(matches!(state.answer("command", withdrawal(), at()), CommandAnswer::Accepted { .. }));
    assert!(matches!(state.next(), Next::End(Outcome::Withdrawn)));
    state.take_up(assessed(false, 1, Occasion::First), "h".into()).unwrap();
    assert!(matches!(state.next(), Next::End(Outcome::Withdrawn)));
    assert_eq!(state.pending().len(), 1, "close brings it");
}

#[test]
fn unsigned_and_misdirected_commands_are_refused() {
    let mut state = waiting(false);
    let unsigned = SignedCommand { signature: None, ..signed(&state, "level-1", "rahim") };
    assert_eq!(state.would_refuse(&unsigned).unwrap_err().code, RefusalCode::SignatureMissing);
    let mut elsewhere = signed(&state, "level-1", "rahim");
    elsewhere.command.key.submission = 2;
    assert_eq!(state.would_refuse(&elsewhere).unwrap_err().code, RefusalCode::SignatureInvalid);
    state.receive("requestInfo", Ok(message("rahim", Wish::Ask)), at());
    assert_eq!(state.refused_messages, 1);
}

#[test]
fn a_signal_whose_assertion_says_something_else_is_refused() {
    let mut state = waiting(false);
    let assertion = Some(signed(&state, "level-1", "rahim"));
    state.receive("approve", Ok(Message { assertion: assertion.clone(), ..message("karim", Wish::Approve) }), at());
    state.receive("requestInfo", Ok(Message { assertion: assertion.clone(), ..message("rahim", Wish::Ask) }), at());
    assert_eq!(state.refused_messages, 2);
    state.receive("approve", Ok(Message { assertion, ..message("rahim", Wish::Approve) }), at());
    assert_eq!((state.refused_messages, open(&state)), (2, vec!["level-2"]));
}

#[test]
fn a_flood_of_bad_messages_is_counted_and_not_kept() {
    let mut state = waiting(false);
    for _ in 0..MAX_NOTES + 10 {
        state.receive("approve", Err(Refusal::new(RefusalCode::MessageMalformed, "?")), at());
    }
    assert_eq!((state.refused_messages, state.pending.len()), (MAX_NOTES + 10, MAX_NOTES as usize));
}

#[test]
fn nothing_is_accepted_while_the_document_is_closing() {
    let mut state = waiting(false);
    state.closing = true;
    assert!(
        matches!(approve(&mut state, "level-1", "rahim"), CommandAnswer::Refused(r) if r.code == RefusalCode::DocumentClosed)
    );
}

#[test]
fn decisions_wait_while_the_document_is_assessed_again_and_withdrawals_do_not() {
    let mut state = waiting(true);
    approve_all(&mut state);
    state.reopen(3, "it changed", at());
    assert!(!state.is_ready() && state.must_wait(&signed(&state, "level-1", "rahim")));
    assert!(!state.must_wait(&withdrawal()));
    state.receive("approve", Ok(message("rahim", Wish::Approve)), at());
    assert_eq!((state.refused_messages, state.machine.outcome()), (0, None));
}

#[test]
fn the_next_run_knows_what_this_one_knew() {
    let mut state = waiting(true);
    approve(&mut state, "level-1", "rahim");
    state.receive("approve", Err(Refusal::new(RefusalCode::MessageMalformed, "?")), at());
    assert!(!state.is_quiet());
    state.confirm(2, &[], at());
    assert!(state.is_quiet());
    let start = state.carry();
    let text = serde_json::to_string(&start).unwrap();
    let next = State::new(serde_json::from_str(&text).unwrap());
    assert_eq!(next.machine, state.machine);
    assert_eq!((next.refused_messages, next.runs, next.trust_unsigned), (1, 1, true));
    assert_eq!((open(&next), next.revision()), (vec!["level-2"], 1));
    let mut next = next;
    assert!(matches!(approve(&mut next, "level-1", "rahim"), CommandAnswer::Accepted { .. }), "the same request");
    assert!(next.is_quiet(), "and nothing of it is written again");
}
