//! A desk at which an employee's process is followed.

use chrono::{DateTime, TimeDelta, Utc};
use vextrus_domain::{DocumentKey, PersonId, Refusal, RefusalCode};
use vextrus_lifecycle::{
    Action, Command, Event, Input, Machine, Performed, Plan, Status, TaskState, TaskStatus, Verdict,
};

use crate::common::{Case, date, dhaka, id};

/// A machine with the people in front of it. Whatever it does is checked: a refusal changes nothing, what was accepted makes the same
/// machine again, and it can be stored.
#[derive(Debug, Clone)]
pub(crate) struct Desk {
    pub(crate) machine: Machine,
    pub(crate) template: String,
    pub(crate) case: Case,
    pub(crate) now: DateTime<Utc>,
    twin: Machine,
    count: u32,
}

pub(crate) type Answer = Result<Vec<Event>, RefusalCode>;

impl Desk {
    pub(crate) fn empty(template: &str, case: Case) -> Self {
        let (template, now) = (template.to_owned(), case.began_at);
        Self { machine: Machine::new(), template, case, now, twin: Machine::new(), count: 0 }
    }

    /// With the first plan.
    pub(crate) fn of(template: &str, case: Case) -> Self {
        let mut desk = Self::empty(template, case);
        desk.next_plan();
        desk
    }

    /// An onboarding with these tasks.
    pub(crate) fn open(tasks: &str) -> Self {
        Self::of(&crate::common::onboarding(tasks), Case::new())
    }

    pub(crate) fn put(&mut self, input: &Input) -> Result<Vec<Event>, Refusal> {
        let before = self.machine.clone();
        let decided = self.machine.decide(input, self.now);
        assert_eq!(self.machine, before, "deciding changes nothing");
        let answer = self.machine.handle(input, self.now);
        assert_eq!(answer, decided);
        match &answer {
            Ok(events) => {
                assert_eq!(self.twin.handle(input, self.now).as_ref(), Ok(events));
                for event in events {
                    assert_eq!(through_json(event), *event, "an event can be stored");
                }
            }
            Err(refusal) => {
                assert_eq!(self.machine, before, "a refusal changes nothing");
                assert!(!refusal.message.is_empty());
            }
        }
        assert_eq!(self.machine, self.twin, "the same inputs make the same machine");
        assert_eq!(through_json(&self.machine), self.machine, "the state can be stored");
        answer
    }

    /// The plan that is waited for, as the facts are now.
    pub(crate) fn planned(&self) -> Plan {
        let mut case = self.case.clone();
        let changes = self.machine.changes();
        case.work.start_date = changes.start_date.unwrap_or(case.work.start_date);
        case.work.manager = changes.manager.clone().unwrap_or(case.work.manager);
        case.extended = changes.extended;
        case.resolve(&self.template, self.machine.revision() + 1).unwrap()
    }

    pub(crate) fn next_plan(&mut self) -> Vec<Event> {
        let plan = self.planned();
        self.put(&Input::Plan(Box::new(plan))).unwrap()
    }

    pub(crate) fn at(&mut self, moment: &str) -> &mut Self {
        self.now = dhaka(moment);
        self
    }

    pub(crate) fn tick(&mut self) -> Vec<Event> {
        self.put(&Input::Tick).unwrap()
    }

    /// Goes to the next moment at which something follows, and not past it.
    pub(crate) fn next(&mut self) -> Vec<Event> {
        let moment = self.machine.next_moment().expect("something follows");
        assert_eq!(self.machine.decide(&Input::Tick, moment - TimeDelta::nanoseconds(1)), Ok(Vec::new()));
        self.now = moment;
        let events = self.tick();
        assert!(!events.is_empty(), "something follows at {moment}");
        events
    }

    pub(crate) fn command(&mut self, actor: &str, action: Action) -> Command {
        self.count += 1;
        Command {
            key: DocumentKey { tenant: "acme".parse().unwrap(), document: "d".parse().unwrap(), submission: 1 },
            action,
            in_office: false,
            actor: id(actor),
            request_id: format!("r{}", self.count).parse().unwrap(),
            at: self.now,
        }
    }

    pub(crate) fn send(&mut self, command: &Command) -> Answer {
        self.put(&Input::Command(Box::new(command.clone()))).map_err(|r| r.code)
    }

    pub(crate) fn act(&mut self, actor: &str, action: Action) -> Answer {
        let command = self.command(actor, action);
        self.send(&command)
    }

    pub(crate) fn complete(&mut self, actor: &str, task: &str) -> Answer {
        self.act(actor, complete(task))
    }

    pub(crate) fn performed(&mut self, task: &str, attempt: u32, result: Performed) -> Answer {
        self.put(&Input::Performed { task: task.parse().unwrap(), attempt, result }).map_err(|r| r.code)
    }

    /// The system says of its present attempt that it is done, and calls it so.
    pub(crate) fn done(&mut self, task: &str, reference: &str) -> Vec<Event> {
        let attempt = self.task(task).attempt;
        self.performed(task, attempt, done(reference)).unwrap()
    }

    pub(crate) fn stop(&mut self, status: Status) -> Vec<Event> {
        self.put(&Input::Stop { status, why: "the worker gave up".to_owned() }).unwrap()
    }

    pub(crate) fn task(&self, task: &str) -> &TaskState {
        self.machine.task(&task.parse().unwrap()).unwrap_or_else(|| panic!("no task {task}"))
    }

    pub(crate) fn status(&self, task: &str) -> TaskStatus {
        self.task(task).status
    }

    pub(crate) fn asked(&self, task: &str) -> String {
        self.task(task).people.iter().map(PersonId::as_str).collect::<Vec<_>>().join(" ")
    }

    /// Where every task stands: `a:done b:open`.
    pub(crate) fn stands(&self) -> String {
        let tasks = self.machine.tasks().iter();
        tasks.map(|t| format!("{}:{}", t.plan.id, t.status.name())).collect::<Vec<_>>().join(" ")
    }
}

fn through_json<T: serde::Serialize + serde::de::DeserializeOwned>(value: &T) -> T {
    serde_json::from_str(&serde_json::to_string(value).unwrap()).unwrap()
}

/// The names of events with their tasks: `task_opened a, ended`.
pub(crate) fn told(events: &[Event]) -> String {
    let one = |e: &Event| e.task().map_or_else(|| e.name().to_owned(), |task| format!("{} {task}", e.name()));
    events.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// Actions in one word.
pub(crate) fn complete(task: &str) -> Action {
    Action::Complete { task: task.parse().unwrap(), verdict: None, note: String::new() }
}

pub(crate) fn review(task: &str, verdict: Verdict) -> Action {
    Action::Complete { task: task.parse().unwrap(), verdict: Some(verdict), note: "as seen".to_owned() }
}

pub(crate) fn skip(task: &str) -> Action {
    Action::Skip { task: task.parse().unwrap(), reason: "not needed".to_owned() }
}

pub(crate) fn reassign(task: &str, to: &str) -> Action {
    Action::Reassign { task: task.parse().unwrap(), to: id(to), reason: "on leave".to_owned() }
}

pub(crate) fn retry(task: &str) -> Action {
    Action::Retry { task: task.parse().unwrap(), reason: "it is up again".to_owned() }
}

pub(crate) fn move_start(to: &str) -> Action {
    Action::MoveStart { start_date: date(to), reason: "the visa is late".to_owned() }
}

pub(crate) fn change_manager(to: &str) -> Action {
    Action::ChangeManager { to: id(to), reason: "another site".to_owned() }
}

pub(crate) fn withdraw() -> Action {
    Action::Withdraw { reason: "declined".to_owned() }
}

pub(crate) fn done(reference: &str) -> Performed {
    Performed::Done { reference: reference.to_owned() }
}

pub(crate) fn impossible() -> Performed {
    Performed::Impossible { why: "no licence is left".to_owned() }
}
