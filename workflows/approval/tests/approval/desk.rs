//! A desk at which a document is approved.

use chrono::{DateTime, TimeDelta, Utc};
use vextrus_approval::{
    Action, Command, Event, Input, Machine, Occasion, Plan, Recompute, StandingDelegation, TaskStatus,
};
use vextrus_domain::{DocumentKey, Refusal, RefusalCode};

use crate::common::{Case, id};

/// A machine with the people in front of it. Whatever it does is checked: the events alone make another machine, which must
/// always be the same.
#[derive(Debug, Clone)]
pub(crate) struct Desk {
    pub(crate) machine: Machine,
    pub(crate) policy: String,
    pub(crate) case: Case,
    pub(crate) delegations: Vec<StandingDelegation>,
    pub(crate) now: DateTime<Utc>,
    pub(crate) events: Vec<Event>,
    twin: Machine,
    count: u32,
}

impl Desk {
    pub(crate) fn empty(policy: &str, case: Case) -> Self {
        let machine = Machine::new(id(case.submitter));
        let (twin, now) = (machine.clone(), case.at);
        let (policy, delegations, events) = (policy.to_owned(), Vec::new(), Vec::new());
        Self { machine, policy, case, delegations, now, events, twin, count: 0 }
    }

    pub(crate) fn open(policy: &str, case: Case) -> Self {
        let mut desk = Self::empty(policy, case);
        desk.next_plan().unwrap();
        desk
    }

    pub(crate) fn put(&mut self, input: &Input) -> Result<Vec<Event>, Refusal> {
        let events = self.machine.handle(input, self.now)?;
        for event in &events {
            self.twin.apply(&serde_json::from_str(&serde_json::to_string(event).unwrap()).unwrap());
        }
        assert_eq!(self.machine, self.twin, "the state is the sum of its events");
        let stored: Machine = serde_json::from_str(&serde_json::to_string(&self.machine).unwrap()).unwrap();
        assert_eq!(self.machine, stored, "the state can be stored");
        self.events.extend(events.iter().cloned());
        Ok(events)
    }

    /// Resolves the plan that the document waits for, and takes it up.
    pub(crate) fn next_plan(&mut self) -> Result<Vec<Event>, Refusal> {
        let plan = self.planned()?;
        self.put(&Input::Open { plan: Box::new(plan) })
    }

    pub(crate) fn planned(&self) -> Result<Plan, Refusal> {
        let before = self.machine.resolved_for();
        let occasion = match self.machine.recompute() {
            _ if self.machine.revision() == 0 => Occasion::First,
            Some(Recompute::Replan) => Occasion::Replanned,
            Some(Recompute::Resubmit { .. }) => Occasion::Resubmitted { before },
            _ => Occasion::Reassessed { before },
        };
        self.case.resolve(&self.policy, self.machine.revision() + 1, occasion)
    }

    pub(crate) fn later(&mut self, hours: i64) -> &mut Self {
        self.now += TimeDelta::hours(hours);
        self
    }

    pub(crate) fn tick(&mut self) -> Vec<Event> {
        self.put(&Input::Tick).unwrap()
    }

    /// A command as the facade makes it: in whose name somebody acts follows from the delegations.
    pub(crate) fn command(&mut self, actor: &str, action: Action) -> Command {
        self.count += 1;
        let found = action
            .task()
            .and_then(|id| self.machine.task(id))
            .and_then(|task| self.machine.standing(task, &id(actor), &self.delegations, self.now));
        let (principal, via) = found.map_or_else(|| (id(actor), Vec::new()), |s| (s.principal, s.via));
        Command {
            key: DocumentKey { tenant: "acme".parse().unwrap(), document: "d".parse().unwrap(), submission: 1 },
            action,
            actor: id(actor),
            principal,
            via,
            request_id: format!("r{}", self.count).parse().unwrap(),
            at: self.now,
        }
    }

    pub(crate) fn send(&mut self, command: Command) -> Result<Vec<Event>, RefusalCode> {
        self.put(&Input::Command { command: Box::new(command) }).map_err(|r| r.code)
    }

    pub(crate) fn act(&mut self, actor: &str, action: Action) -> Result<Vec<Event>, RefusalCode> {
        let command = self.command(actor, action);
        self.send(command)
    }

    pub(crate) fn answer_task(&mut self, actor: &str, task: &str, answer: &str) -> Result<Vec<Event>, RefusalCode> {
        let task = task.parse().unwrap();
        let plan_hash = self.machine.task(&task).map(|t| t.plan_hash.clone()).unwrap_or_default();
        let comment = if answer == "reject" { "no".to_owned() } else { String::new() };
        self.act(actor, Action::Decide { task, plan_hash, answer: answer.to_owned(), comment })
    }

    pub(crate) fn approve(&mut self, actor: &str, task: &str) -> Result<Vec<Event>, RefusalCode> {
        self.answer_task(actor, task, "approve")
    }

    pub(crate) fn status(&self, task: &str) -> TaskStatus {
        self.machine.task(&task.parse().unwrap()).unwrap().status
    }

    pub(crate) fn is_open(&self, tasks: &[&str]) {
        let open: Vec<&str> = self.machine.open_tasks().map(|t| t.task.id.as_str()).collect();
        assert_eq!(open, tasks);
    }
}

/// Actions in one word.
pub(crate) fn ask(task: &str) -> Action {
    Action::RequestInfo { task: task.parse().unwrap(), question: "why?".to_owned() }
}

pub(crate) fn reply(request: &str) -> Action {
    Action::Answer { question: request.parse().unwrap(), text: "so".to_owned() }
}

pub(crate) fn send_back(task: &str) -> Action {
    Action::Return { task: task.parse().unwrap(), comment: "mend it".to_owned() }
}

pub(crate) fn resubmit() -> Action {
    Action::Resubmit { content: 2, payload_hash: "hash".to_owned(), comment: String::new() }
}

pub(crate) fn withdraw() -> Action {
    Action::Withdraw { comment: String::new() }
}

pub(crate) fn delegate(task: &str, to: &str) -> Action {
    Action::Delegate { task: task.parse().unwrap(), to: id(to), comment: String::new() }
}

pub(crate) fn reassign(task: &str, from: &str, to: &str) -> Action {
    Action::Reassign { task: task.parse().unwrap(), from: id(from), to: id(to), reason: "leave".to_owned() }
}

pub(crate) fn escalate(task: &str) -> Action {
    Action::Escalate { task: task.parse().unwrap(), reason: "urgent".to_owned() }
}

pub(crate) fn comment() -> Action {
    Action::Comment { text: "seen".to_owned() }
}

pub(crate) fn replan() -> Action {
    Action::Replan { reason: "new policy".to_owned() }
}

pub(crate) fn reassess() -> Action {
    Action::Reassess { reason: "new prices".to_owned() }
}
