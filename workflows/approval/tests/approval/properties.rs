//! Whatever people and time do in whatever order.

use chrono::TimeDelta;
use proptest::prelude::*;
use vextrus_approval::{Action, Amounts, Command, Event, Input, Machine, Outcome, TaskState, What};
use vextrus_domain::{PersonId, RefusalCode};

use crate::common::{Case, also, duplicate, policy, standing, taka, which};
use crate::desk::{Desk, ask, comment, delegate, escalate, reassess, reassign, replan, resubmit, send_back, withdraw};
use crate::oracle::Oracle;

const PEOPLE: [&str; 13] =
    ["ana", "ben", "cara", "dina", "emon", "faruk", "gita", "ada", "omar", "hasan", "ivy", "sub", "stranger"];
const ROLES: [&str; 4] = ["clerk", "head", "chief", "admin"];
const AMOUNTS: [&str; 4] = ["90", "100", "100.01", "5000"];

/// One of each action by everybody, on what the machine knows.
pub(crate) fn every_action(machine: &Machine) -> Vec<(&'static str, Action)> {
    let tasks: Vec<String> = machine.tasks().iter().map(|t| t.task.id.to_string()).collect();
    let all = (0..12)
        .flat_map(|kind| PEOPLE.iter().flat_map(move |actor| PEOPLE.iter().map(move |other| (kind, *actor, *other))));
    all.flat_map(|(kind, actor, other)| {
        tasks.iter().map(move |task| (actor, action(machine, kind, task, actor, other)))
    })
    .collect()
}

fn action(machine: &Machine, kind: u8, task: &str, actor: &str, other: &str) -> Action {
    let state = machine.task(&task.parse().unwrap());
    let decide = |answer: &str| Action::Decide {
        task: task.parse().unwrap(),
        plan_hash: state.map(|t| t.plan_hash.clone()).unwrap_or_default(),
        answer: answer.to_owned(),
        comment: "so".to_owned(),
    };
    match kind {
        0 => ask(task),
        1 => match machine.questions().iter().find(|q| q.open) {
            Some(question) => Action::Answer { question: question.id.clone(), text: "so".to_owned() },
            None => Action::Answer { question: "none".parse().unwrap(), text: "so".to_owned() },
        },
        2 => send_back(task),
        3 => resubmit(),
        4 => withdraw(),
        5 => delegate(task, other),
        6 => reassign(task, other, if actor == "ada" { "ivy" } else { "cara" }),
        7 => comment(),
        8 => escalate(task),
        9 => replan(),
        10 => reassess(),
        11 => decide("reject"),
        _ => match state.and_then(|t| t.task.answers.iter().find(|a| a.proceeds)) {
            Some(answer) => decide(&answer.name),
            None => decide("approve"),
        },
    }
}

/// What happens next.
#[derive(Debug, Clone)]
enum Step {
    Act { kind: u8, actor: usize, apt: bool, task: prop::sample::Index, other: usize, shift: i64 },
    Again { which: prop::sample::Index, changed: bool },
    Wait { hours: i64 },
    Timer,
    Plan { amount: usize, finds: u8, quits: usize },
    Reopen,
    Delegation { from: usize, to: usize, days: u32, limit: Option<usize> },
}

fn step() -> impl Strategy<Value = Step> {
    let person = 0..PEOPLE.len();
    let kind =
        prop_oneof![12 => Just(12_u8), 3 => 0..2_u8, 2 => 2..4_u8, 6 => 5..11_u8, 1 => Just(3_u8), 1 => 0..12_u8];
    let shift = prop_oneof![9 => Just(0_i64), 1 => -80..80_i64];
    prop_oneof![
        30 => (kind, 0..30_usize, prop::bool::weighted(0.85), any::<prop::sample::Index>(), person.clone(), shift)
            .prop_map(|(kind, actor, apt, task, other, shift)| Step::Act { kind, actor, apt, task, other, shift }),
        1 => (any::<prop::sample::Index>(), any::<bool>()).prop_map(|(which, changed)| Step::Again { which, changed }),
        2 => (1..40_i64).prop_map(|hours| Step::Wait { hours }),
        1 => Just(Step::Timer),
        6 => (0..AMOUNTS.len(), 0..4_u8, person.clone()).prop_map(|(amount, finds, quits)| Step::Plan { amount, finds, quits }),
        1 => Just(Step::Reopen),
        4 => (person.clone(), person, 1..10_u32, prop::option::of(0..AMOUNTS.len()))
            .prop_map(|(from, to, days, limit)| Step::Delegation { from, to, days, limit }),
    ]
}

fn some_policy() -> impl Strategy<Value = String> {
    let quorum = || prop_oneof![Just("\"any\""), Just("\"all\""), Just("2")];
    let step = || prop_oneof![Just("deputy"), Just("manager"), Just("next_level"), Just("head")];
    let clock = || prop_oneof![Just("calendar"), Just("working")];
    (quorum(), quorum(), step(), step(), clock(), any::<[bool; 5]>()).prop_map(|(q1, q2, s1, s2, clock, [parallel, twice, keep, before, tight])| {
        let twice = if twice { "[separation]\nmay_decide_twice = [\"chief\"]\n" } else { "" };
        let restart = if keep { "undecided" } else { "all" };
        let most = if tight { "[limits]\ndelegation_hops = 1\ninterventions = 3\nquestions = 2\ncomments = 2\nreturns = 1\n" } else { "" };
        let before = if before { "refuse = \"reject\"\nbefore = \"chief\"" } else { "refuse = \"reject\"" };
        let levels = format!(
            "[[level]]\nrole = \"clerk\"\nquorum = {q1}\nwithin = \"30h\"\nescalate = [{{ to = \"{s1}\", within = \"10h\" }}, {{ to = \"{s2}\", within = \"9h\" }}]\n\
             [[level]]\nrole = \"head\"\nparallel = {parallel}\nquorum = {q2}\nwithin = \"50h\"\nclock = \"{clock}\"\n\
             [[level]]\nrole = \"chief\"\nabove = \"100\"\nwithin = \"40h\"\nescalate = [{{ to = \"deputy\", within = \"5h\" }}]\n\
             {twice}{most}[information]\nanswer_within = \"20h\"\n[changes]\nwithin = \"60h\"\nrestart = \"{restart}\"\n"
        );
        policy("", &levels).replace("refuse = \"reject\"", before)
    })
}

/// The machine and the second opinion side by side.
struct Run {
    desk: Desk,
    oracle: Oracle,
    sent: Vec<(Command, bool)>,
}

impl Run {
    fn put(&mut self, input: &Input) -> Result<Vec<Event>, RefusalCode> {
        let was_closed = self.desk.machine.outcome().is_some();
        let before = self.desk.machine.clone();
        let events = match self.desk.put(input) {
            Ok(events) => events,
            Err(refusal) => {
                assert!(self.desk.machine == before && !refusal.message.is_empty(), "a refusal changes nothing");
                return Err(refusal.code);
            }
        };
        events.iter().for_each(|event| self.oracle.see(event, &self.desk.delegations));
        if was_closed && !matches!(input, Input::Reopen { .. }) {
            assert!(events.is_empty(), "{input:?} after the end");
        }
        if matches!(input, Input::Tick) {
            let approves =
                |e: &Event| matches!(e.what, What::Decided { .. } | What::Concluded { outcome: Outcome::Approved });
            assert!(!events.iter().any(approves), "time approves nothing");
        }
        self.is_sound();
        Ok(events)
    }

    /// Nothing is lost between two levels, and clocks stand still for questions alone.
    fn is_sound(&self) {
        let m = &self.desk.machine;
        assert_eq!(m.outcome().is_some(), self.oracle.is_closed);
        if m.outcome().is_some() || m.recompute().is_some() || m.returned().is_some() {
            return;
        }
        assert!(m.open_tasks().next().is_some() && m.next_moment().is_some(), "it waits for nothing");
        for task in m.open_tasks() {
            let asked = m.questions().iter().any(|q| q.open && q.task == task.task.id);
            assert_eq!(task.running_since.is_none(), asked, "the clock of {}", task.task.id);
            assert!(task.missing() > 0);
        }
    }

    /// A command; where it is to be apt, by somebody who may and on what is open.
    fn command(
        &mut self,
        kind: u8,
        actor: usize,
        apt: bool,
        task: prop::sample::Index,
        other: usize,
        shift: i64,
    ) -> Command {
        let m = &self.desk.machine;
        let open: Vec<&TaskState> = m.open_tasks().collect();
        let among: Vec<&TaskState> = if apt && !open.is_empty() { open } else { m.tasks().iter().collect() };
        let state = (!among.is_empty()).then(|| among[task.index(among.len())]);
        let name = |people: &[PersonId], n: usize| people.get(n % people.len().max(1)).map(ToString::to_string);
        let eligible = state.map(|t| t.eligible.clone()).unwrap_or_default();
        let delegates = self
            .desk
            .delegations
            .iter()
            .map(|d| &d.to)
            .chain(state.into_iter().flat_map(|t| t.delegations.iter().map(|(_, to)| to)));
        let people: Vec<PersonId> = eligible.iter().chain(delegates).cloned().collect();
        let fit = match kind {
            1 | 3 | 4 => Some("sub".to_owned()),
            6 | 9 => m.terms().and_then(|t| name(&t.administrators, actor)),
            _ => name(&people, actor),
        };
        let actor = fit.filter(|_| apt).unwrap_or_else(|| PEOPLE[actor % PEOPLE.len()].to_owned());
        let other =
            if apt && kind == 6 { name(&eligible, other).unwrap_or_default() } else { PEOPLE[other].to_owned() };
        let id = state.map_or_else(|| "level-1".to_owned(), |t| t.task.id.to_string());
        let action = action(m, kind, &id, &actor, if other.is_empty() { "ana" } else { &other });
        let mut command = self.desk.command(&actor, action);
        command.at += TimeDelta::hours(shift);
        command
    }

    fn take(&mut self, step: &Step) {
        match step {
            Step::Act { kind, actor, apt, task, other, shift } => {
                let command = self.command(*kind, *actor, *apt, *task, *other, *shift);
                let done = self.put(&Input::Command { command: Box::new(command.clone()) });
                assert!(done.as_ref().map_or(true, |events| !events.is_empty()), "an event or a refusal");
                self.sent.push((command, done.is_ok()));
            }
            Step::Again { which, changed } if !self.sent.is_empty() => {
                let at = which.index(self.sent.len());
                let (mut command, accepted) = self.sent[at].clone();
                if *changed {
                    command.actor = "changed".parse().unwrap();
                }
                let done = self.put(&Input::Command { command: Box::new(command) });
                match (accepted, changed) {
                    (true, false) => assert_eq!(done, Ok(Vec::new())),
                    (true, true) => assert_eq!(done, Err(RefusalCode::RequestIdReused)),
                    (false, _) if done.is_ok() => self.sent[at].1 = true,
                    (false, _) => {}
                }
            }
            Step::Wait { hours } => self.desk.now += TimeDelta::hours(*hours),
            Step::Timer => self.timer(),
            Step::Plan { amount, finds, quits } if self.desk.machine.recompute().is_some() => {
                self.desk.case.amounts = Amounts::same(taka(AMOUNTS[*amount]));
                self.desk.case.findings =
                    [vec![], vec![duplicate()], vec![which("a"), duplicate()], vec![which("a"), which("b")]]
                        [usize::from(*finds)]
                    .clone();
                self.desk.case.people.iter_mut().for_each(|p| p.active = p.id.as_str() != PEOPLE[*quits]);
                self.plan();
            }
            Step::Reopen => drop(self.put(&Input::Reopen { why: "changed".to_owned() })),
            Step::Delegation { from, to, days, limit } => {
                let mut delegation = standing(PEOPLE[*from], PEOPLE[*to]);
                delegation.last_day = delegation.first_day + TimeDelta::days(i64::from(*days));
                delegation.limit = limit.map(|n| taka(AMOUNTS[n]));
                self.desk.delegations.push(delegation);
            }
            Step::Again { .. } | Step::Plan { .. } => {}
        }
    }

    /// Takes up the plan that is waited for; there may be nobody for it.
    fn plan(&mut self) -> bool {
        match self.desk.planned() {
            Ok(plan) => self.put(&Input::Open { plan: Box::new(plan) }).is_ok(),
            Err(refusal) => {
                assert_eq!(refusal.code, RefusalCode::NoEligibleApprover);
                false
            }
        }
    }

    fn timer(&mut self) {
        let Some(moment) = self.desk.machine.next_moment() else { return };
        self.desk.now = self.desk.now.max(moment);
        let events = self.put(&Input::Tick).unwrap();
        assert!(!events.is_empty(), "something is due at its moment");
    }

    /// Lets time alone go on.
    fn run_out(&mut self) {
        for _ in 0..2_000 {
            if self.desk.machine.outcome().is_some() || (self.desk.machine.recompute().is_some() && !self.plan()) {
                return;
            }
            self.timer();
        }
        panic!("time never ends it: {:?}", self.desk.machine);
    }
}

proptest! {
    #[test]
    fn the_rules_hold_whatever_happens(
        text in some_policy(),
        roles in prop::collection::vec((0..PEOPLE.len() - 1, 0..ROLES.len()), 0..6),
        amount in 0..AMOUNTS.len(),
        finds in any::<bool>(),
        steps in prop::collection::vec(step(), 1..80),
    ) {
        let case = Case::with(AMOUNTS[amount], |c| {
            roles.iter().for_each(|(person, role)| also(&mut c.people, PEOPLE[*person], ROLES[*role]));
            c.findings = if finds { vec![duplicate()] } else { Vec::new() };
        });
        let mut run = Run { desk: Desk::empty(&text, case), oracle: Oracle::new("sub"), sent: Vec::new() };
        run.plan();
        steps.iter().for_each(|step| run.take(step));
        run.run_out();
    }
}
