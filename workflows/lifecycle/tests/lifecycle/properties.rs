//! Whatever people, systems and time do in whatever order.

use chrono::{DateTime, Days, TimeDelta, Utc};
use proptest::prelude::*;
use vextrus_domain::{DocumentKey, PersonId, RefusalCode, TaskId};
use vextrus_lifecycle::{
    Action, Changes, Command, Event, Input, Machine, Performed, Status, TaskState, TaskStatus, Verdict,
};

use crate::common::id;
use crate::graphs::{Graph, began, first_start, graph};
use crate::oracle::Oracle;

const PEOPLE: [&str; 10] = ["ada", "dipa", "emp", "hana", "iris", "ivan", "karim", "lima", "omar", "stranger"];

#[derive(Debug, Clone)]
enum Step {
    Act { kind: u8, actor: usize, apt: bool, task: prop::sample::Index, other: usize, days: u64 },
    Repeat { which: prop::sample::Index, changed: bool },
    Perform { task: prop::sample::Index, result: u8, stale: bool },
    Plan { early: bool },
    Remember,
    Stop { status: Status },
    Wait { quarters: i32 },
    Timer,
}

fn step() -> impl Strategy<Value = Step> {
    // Completing, skipping, giving away, trying again, moving, another manager, extending or confirming; ending and withdrawing are rare.
    let kind = prop_oneof![
        20 => Just(0_u8), 3 => Just(1_u8), 3 => Just(2_u8), 6 => Just(3_u8), 3 => Just(4_u8), 3 => Just(5_u8),
        3 => Just(6_u8), 2 => Just(7_u8), 1 => Just(8_u8)
    ];
    let index = any::<prop::sample::Index>;
    prop_oneof![
        24 => (kind, 0..30_usize, prop::bool::weighted(0.85), index(), 0..PEOPLE.len(), 0..20_u64)
            .prop_map(|(kind, actor, apt, task, other, days)| Step::Act { kind, actor, apt, task, other, days }),
        2 => (index(), any::<bool>()).prop_map(|(which, changed)| Step::Repeat { which, changed }),
        18 => (index(), 0..6_u8, prop::bool::weighted(0.1))
            .prop_map(|(task, result, stale)| Step::Perform { task, result, stale }),
        5 => prop::bool::weighted(0.2).prop_map(|early| Step::Plan { early }),
        1 => Just(Step::Remember),
        1 => prop_oneof![Just(Status::Failed), Just(Status::Cancelled)].prop_map(|status| Step::Stop { status }),
        4 => (1..40_i32).prop_map(|quarters| Step::Wait { quarters }),
        6 => Just(Step::Timer),
    ]
}

/// The machine and the second opinion side by side.
struct Run {
    graph: Graph,
    machine: Machine,
    oracle: Oracle,
    now: DateTime<Utc>,
    log: Vec<(Input, DateTime<Utc>)>,
    sent: Vec<(Command, bool)>,
    /// What was changed when a plan began to be made.
    remembered: Changes,
}

impl Run {
    fn new(graph: &Graph) -> Self {
        let (machine, oracle) = (Machine::new(), Oracle::default());
        let (log, sent) = (Vec::new(), Vec::new());
        Self { graph: graph.clone(), machine, oracle, now: began(), log, sent, remembered: Changes::default() }
    }

    fn put(&mut self, input: Input) -> Result<Vec<Event>, RefusalCode> {
        let was_ended = self.machine.ended().is_some();
        let before = self.machine.clone();
        let events = match self.machine.handle(&input, self.now) {
            Ok(events) => events,
            Err(refusal) => {
                assert!(self.machine == before && !refusal.message.is_empty(), "a refusal changes nothing");
                return Err(refusal.code);
            }
        };
        assert!(!was_ended || events.is_empty(), "{input:?} after the end");
        if events.is_empty() && matches!(input, Input::Command(_)) {
            assert!(
                self.machine == before,
                "a request that was taken before changes nothing, nor does it let time pass"
            );
            return Ok(events);
        }
        self.oracle.see(&input, &events, self.now);
        self.log.push((input, self.now));
        self.is_sound();
        Ok(events)
    }

    /// It says what it waits for, and can be stored.
    fn is_sound(&self) {
        let machine = &self.machine;
        assert_eq!((machine.ended(), machine.wants_plan()), (self.oracle.ended, self.oracle.wants_plan()));
        if self.log.len().is_multiple_of(4) || machine.ended().is_some() {
            let stored: Machine = serde_json::from_str(&serde_json::to_string(machine).unwrap()).unwrap();
            assert_eq!(*machine, stored, "the state can be stored");
        }
        if machine.ended().is_some() {
            assert_eq!(machine.next_moment(), None);
            return;
        }
        let tick = |at| machine.decide(&Input::Tick, at).unwrap();
        let Some(moment) = machine.next_moment() else {
            assert_eq!(tick(self.now + TimeDelta::days(4_000)), [], "it waits for no moment");
            return;
        };
        assert!(moment > self.now, "{moment} has passed");
        assert_eq!(tick(moment - TimeDelta::nanoseconds(1)), [], "before its moment");
        assert_ne!(tick(moment), [], "at its moment");
    }

    fn command(&mut self, actor: PersonId, action: Action) -> Command {
        Command {
            key: DocumentKey { tenant: "acme".parse().unwrap(), document: "d".parse().unwrap(), submission: 1 },
            in_office: false,
            action,
            actor,
            request_id: format!("r{}", self.sent.len()).parse().unwrap(),
            at: self.now,
        }
    }

    fn tasks(&self, status: TaskStatus) -> Vec<&TaskState> {
        self.machine.tasks().iter().filter(|t| t.status == status).collect()
    }

    /// A command; where it is to be apt, by somebody who may and on what is open.
    fn act(&mut self, kind: u8, actor: usize, apt: bool, task: prop::sample::Index, other: usize, days: u64) {
        let wanted = |t: &&TaskState| match kind {
            3 => t.status == TaskStatus::Open && t.handed_over.is_some(),
            6 | 7 => t.status == TaskStatus::Open && t.plan.review,
            1 => !t.status.is_settled() && t.plan.skippable,
            2 => !t.status.is_settled(),
            _ => t.status == TaskStatus::Open,
        };
        let fit: Vec<&TaskState> = self.machine.tasks().iter().filter(wanted).collect();
        let among = if apt && !fit.is_empty() { fit } else { self.machine.tasks().iter().collect() };
        let state = (!among.is_empty()).then(|| among[task.index(among.len())]);
        let people = match kind {
            2 | 4 | 5 | 8 => self.machine.head().map(|h| h.administrators.clone()),
            _ => state.map(|t| t.people.clone()),
        };
        let people = people.filter(|p| apt && !p.is_empty());
        let by = people.map_or_else(|| id(PEOPLE[actor % PEOPLE.len()]), |people| people[actor % people.len()].clone());
        let task: TaskId = state.map_or_else(|| "t0".parse().unwrap(), |t| t.plan.id.clone());
        let is_review = state.is_some_and(|t| t.plan.review);
        let (reason, to) = ("so it is".to_owned(), id(PEOPLE[other]));
        let complete = |verdict: Verdict| Action::Complete {
            task: task.clone(),
            verdict: (is_review == (apt || days > 4)).then_some(verdict),
            note: reason.clone(),
        };
        let action = match kind {
            0 => complete(Verdict::Confirm),
            1 => Action::Skip { task, reason },
            2 => Action::Reassign { task, to, reason },
            3 => Action::Retry { task, reason },
            4 => Action::MoveStart { start_date: first_start() - Days::new(5) + Days::new(days), reason },
            5 => Action::ChangeManager { to, reason },
            6 => complete(if other.is_multiple_of(2) { Verdict::Extend } else { Verdict::Confirm }),
            7 => complete(Verdict::End),
            _ => Action::Withdraw { reason },
        };
        let command = self.command(by, action);
        let done = self.put(Input::Command(Box::new(command.clone())));
        assert!(done.as_ref().map_or(true, |events| !events.is_empty()), "an event or a refusal");
        self.sent.push((command, done.is_ok()));
    }

    fn repeat(&mut self, at: usize, changed: bool) {
        let (mut command, accepted) = self.sent[at].clone();
        if changed {
            command.actor = id("changed");
        }
        let done = self.put(Input::Command(Box::new(command)));
        match (accepted, changed) {
            (true, false) => assert_eq!(done, Ok(Vec::new()), "it brings nothing, not even the time that has passed"),
            (true, true) => assert_eq!(done, Err(RefusalCode::RequestIdReused)),
            (false, false) if done.is_ok() => self.sent[at].1 = true,
            (false, _) => {}
        }
    }

    fn perform(&mut self, task: prop::sample::Index, result: u8, stale: bool) {
        let running = self.tasks(TaskStatus::Running);
        let all: Vec<&TaskState> = self.machine.tasks().iter().collect();
        let among = if stale || running.is_empty() { all } else { running };
        if among.is_empty() {
            return;
        }
        let state = among[task.index(among.len())];
        let is_awaited = state.status == TaskStatus::Running && !stale;
        let (task, attempt) = (state.plan.id.clone(), state.attempt + 1 - u32::from(is_awaited));
        let result = match result {
            0 => Performed::Impossible { why: "it is full".to_owned() },
            1 => Performed::Unclear,
            _ => Performed::Done { reference: format!("{task}-{attempt}") },
        };
        let input = Input::Performed { task, attempt, result };
        assert_eq!(self.put(input.clone()).is_ok(), is_awaited, "{input:?}");
        if is_awaited {
            assert!(self.put(input).is_err(), "one answer for each attempt");
        }
    }

    fn plan(&mut self, changes: &Changes) {
        let plan = self.graph.plan(self.machine.revision() + 1, changes);
        let wanted = self.machine.wants_plan();
        let done = self.put(Input::Plan(Box::new(plan.clone())));
        assert_eq!(done.is_ok(), wanted, "a plan is taken where it is awaited");
        assert!(self.put(Input::Plan(Box::new(plan))).is_err(), "each once");
    }

    fn timer(&mut self) {
        let Some(moment) = self.machine.next_moment() else { return };
        self.now = self.now.max(moment);
        assert_ne!(self.put(Input::Tick), Ok(Vec::new()), "something is due at its moment");
    }

    fn take(&mut self, step: &Step) {
        match step {
            Step::Act { kind, actor, apt, task, other, days } => self.act(*kind, *actor, *apt, *task, *other, *days),
            Step::Repeat { which, changed } if !self.sent.is_empty() => {
                self.repeat(which.index(self.sent.len()), *changed);
            }
            Step::Repeat { .. } => {}
            Step::Perform { task, result, stale } => self.perform(*task, *result, *stale),
            Step::Plan { early: true } => self.plan(&self.remembered.clone()),
            Step::Plan { early: false } => self.plan(&self.machine.changes().clone()),
            Step::Remember => self.remembered = self.machine.changes().clone(),
            Step::Stop { status } => drop(self.put(Input::Stop { status: *status, why: "it broke".to_owned() })),
            Step::Wait { quarters } => self.now += self.graph.day() * *quarters / 4,
            Step::Timer => self.timer(),
        }
    }

    /// Gives everything that is waited for, until it ends.
    fn run_out(&mut self) {
        for _ in 0..500 {
            if self.machine.ended().is_some() {
                return;
            }
            if self.machine.wants_plan() {
                self.plan(&self.machine.changes().clone());
            } else if let Some(running) = self.tasks(TaskStatus::Running).first() {
                let (task, attempt) = (running.plan.id.clone(), running.attempt);
                let result = Performed::Done { reference: "at last".to_owned() };
                self.put(Input::Performed { task, attempt, result }).unwrap();
            } else if let Some(open) = self.tasks(TaskStatus::Open).first() {
                let (task, by) = (open.plan.id.clone(), open.people[0].clone());
                let verdict = open.plan.review.then_some(Verdict::Confirm);
                let command = self.command(by, Action::Complete { task, verdict, note: String::new() });
                self.put(Input::Command(Box::new(command.clone()))).unwrap();
                self.sent.push((command, true));
            } else {
                assert_ne!(self.machine.next_moment(), None, "it waits for nothing: {:?}", self.machine);
                self.timer();
            }
        }
        panic!("it never ends: {:?}", self.machine);
    }

    /// After the end nothing counts; and what was accepted makes the same machine again.
    fn is_over(&mut self) {
        let plan = self.graph.plan(self.machine.revision() + 1, &Changes::default());
        let task: TaskId = "t0".parse().unwrap();
        let withdraw = self.command(id("ada"), Action::Withdraw { reason: "late".to_owned() });
        for input in [
            Input::Tick,
            Input::Plan(Box::new(plan)),
            Input::Stop { status: Status::Failed, why: "late".to_owned() },
            Input::Performed { task, attempt: 1, result: Performed::Unclear },
            Input::Command(Box::new(withdraw)),
        ] {
            assert_eq!(self.put(input), Err(RefusalCode::DocumentClosed));
        }
        let mut twin = Machine::new();
        for (input, at) in &self.log {
            twin.handle(input, *at).unwrap();
        }
        assert_eq!(twin, self.machine, "the same inputs make the same machine");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn the_rules_hold_whatever_happens(
        graph in graph(),
        planned in prop::bool::weighted(0.9),
        steps in prop::collection::vec(step(), 1..90),
    ) {
        let mut run = Run::new(&graph);
        if planned {
            run.plan(&Changes::default());
        }
        steps.iter().for_each(|step| run.take(step));
        run.run_out();
        run.is_over();
    }

    /// Stopped at any moment, with whatever was done by then.
    #[test]
    fn what_is_stopped_is_undone(
        graph in graph(),
        steps in prop::collection::vec(step(), 1..60),
        end in any::<bool>(),
    ) {
        let mut run = Run::new(&graph);
        run.plan(&Changes::default());
        let is_stop = |step: &Step| matches!(step, Step::Stop { .. } | Step::Act { kind: 7.., .. });
        steps.iter().filter(|step| !is_stop(step)).for_each(|step| run.take(step));
        if run.machine.ended().is_none() {
            let status = if end { Status::Failed } else { Status::Cancelled };
            run.put(Input::Stop { status, why: "it broke".to_owned() }).unwrap();
            steps.iter().for_each(|step| run.take(step));
            run.run_out();
            assert_eq!(run.machine.ended(), Some(status));
        }
        run.is_over();
    }
}
