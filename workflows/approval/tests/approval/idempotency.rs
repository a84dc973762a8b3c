//! The same request twice, at once, out of order and too late.

use vextrus_approval::{Action, Command, Input, Outcome};
use vextrus_domain::RefusalCode;

use crate::common::{Case, TWO, id, policy, standing};
use crate::desk::{Desk, comment, escalate, resubmit, send_back, withdraw};

fn desk() -> Desk {
    Desk::open(&policy("", TWO), Case::of("100"))
}

#[test]
fn a_request_counts_once() {
    let mut desk = desk();
    let said = desk.command("ana", comment());
    assert_eq!(desk.send(said.clone()).unwrap().len(), 1);
    assert_eq!(desk.send(said.clone()).unwrap(), []);
    let mut later = said.clone();
    (later.at, later.via) = (desk.later(1).now, vec![standing("ben", "ana")]);
    assert_eq!(desk.send(later).unwrap(), [], "when it came and by which way does not count");
    let changes: [fn(&mut Command); 3] = [
        |c| c.actor = id("ben"),
        |c| c.action = Action::Comment { text: "other".to_owned() },
        |c| c.key.submission = 2,
    ];
    for change in changes {
        let mut other = said.clone();
        change(&mut other);
        assert_eq!(desk.send(other), Err(RefusalCode::RequestIdReused));
    }
}

#[test]
fn a_request_that_was_refused_may_be_sent_again() {
    let mut desk = desk();
    let task = "level-2".parse().unwrap();
    let plan_hash = desk.machine.tasks()[0].plan_hash.clone();
    let early =
        desk.command("gita", Action::Decide { task, plan_hash, answer: "approve".into(), comment: String::new() });
    assert_eq!(desk.send(early.clone()), Err(RefusalCode::TaskNotOpen));
    desk.approve("ana", "level-1").unwrap();
    desk.send(early.clone()).unwrap();
    assert_eq!(desk.machine.outcome(), Some(&Outcome::Approved));
    assert_eq!(desk.send(early).unwrap(), [], "also once it is closed");
}

#[test]
fn each_command_twice_is_once() {
    let commands: [(&str, Action); 4] =
        [("ana", comment()), ("ana", escalate("level-1")), ("ana", send_back("level-1")), ("sub", resubmit())];
    let mut desk = desk();
    for (actor, action) in commands {
        let command = desk.command(actor, action);
        assert!(!desk.send(command.clone()).unwrap().is_empty());
        let before = desk.machine.clone();
        assert_eq!(desk.send(command).unwrap(), []);
        assert_eq!(desk.machine, before);
    }
}

#[test]
fn of_two_at_once_one_decides_and_the_other_is_told() {
    for quorum in [1, 2] {
        let text = policy("", &TWO.replacen("role = \"clerk\"", &format!("role = \"clerk\"\nquorum = {quorum}"), 1));
        let mut desk = Desk::open(&text, Case::of("100"));
        let hash = desk.machine.tasks()[0].plan_hash.clone();
        let mut sent = Vec::new();
        for person in ["ana", "ben", "cara"] {
            let action = Action::Decide {
                task: "level-1".parse().unwrap(),
                plan_hash: hash.clone(),
                answer: "approve".to_owned(),
                comment: String::new(),
            };
            let command = desk.command(person, action);
            sent.push(desk.send(command).err());
        }
        let told = Some(RefusalCode::AlreadyDecided);
        assert_eq!(sent, if quorum == 1 { [None, told, told] } else { [None, None, told] });
    }
}

#[test]
fn a_closed_document_accepts_nothing() {
    let mut ends = [desk(), desk(), desk()];
    ends[0].act("sub", withdraw()).unwrap();
    ends[1].answer_task("ana", "level-1", "reject").unwrap();
    ends[2].approve("ana", "level-1").unwrap();
    ends[2].later(96).tick();
    for (desk, outcome) in ends.iter_mut().zip(["Withdrawn", "Rejected", "Expired"]) {
        assert!(format!("{:?}", desk.machine.outcome().unwrap()).starts_with(outcome));
        let before = desk.machine.clone();
        for (actor, action) in crate::properties::every_action(&before) {
            desk.act(actor, action).unwrap_err();
        }
        assert_eq!((desk.later(9999).tick(), desk.machine.next_moment()), (Vec::new(), None));
        desk.put(&Input::Reopen { why: "?".to_owned() }).unwrap_err();
        assert_eq!(desk.machine, before);
    }
}
