//! What the workflow knows of its process. Plain data and functions: no SDK.

use chrono::{DateTime, TimeDelta, Utc};
use vextrus_contract::employees::{CarriedProcess, KnownResult, ProcessAnswer, ProcessEntry, ProcessStart};
use vextrus_contract::steps::RefusedCommand;
use vextrus_domain::signature::missing_signature;
use vextrus_domain::{PersonId, Refusal, RefusalCode, TaskId};
use vextrus_lifecycle::{Command, Input, Machine, Performed, Plan, SignedCommand, Status, TaskStatus};

use crate::messages::Message;

/// The most messages that go on the trail; more are counted only.
const MAX_NOTES: u32 = 200;
/// The most signals that wait for the first plan.
const MAX_EARLY: usize = 50;

/// What the main loop does next.
#[derive(Debug)]
pub(crate) enum Next {
    End(Status),
    Record,
    Plan,
    Wait,
}

/// The state of a process's workflow.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) start: ProcessStart,
    /// The process as the ledger has it.
    confirmed: Machine,
    /// Taken and not yet in the ledger, in the order of acceptance.
    pending: Vec<ProcessEntry>,
    /// The process with what is pending.
    machine: Machine,
    trust_unsigned: bool,
    pub(crate) refused_messages: u32,
    signals: u32,
    pub(crate) runs: u32,
    /// The phase in which this run began.
    began_in: &'static str,
    pub(crate) shown: (String, String),
    early: Vec<(&'static str, Message)>,
    /// No plan can be made before this moment.
    postponed: Option<DateTime<Utc>>,
    /// How often in a row none could be made.
    postponements: u32,
    /// The ledger takes nothing of this process.
    dead: Option<Refusal>,
}

impl State {
    pub(crate) fn new(mut start: ProcessStart) -> Self {
        let fresh = || CarriedProcess {
            machine: Machine::new(),
            trust_unsigned: false,
            refused_messages: 0,
            signals: 0,
            runs: 0,
            shown: ("planning".to_owned(), "planning".to_owned()),
        };
        let carried = start.carried.take().map_or_else(fresh, |carried| *carried);
        Self {
            start,
            began_in: carried.machine.phase(),
            confirmed: carried.machine.clone(),
            pending: Vec::new(),
            machine: carried.machine,
            trust_unsigned: carried.trust_unsigned,
            refused_messages: carried.refused_messages,
            signals: carried.signals,
            runs: carried.runs,
            shown: carried.shown,
            early: Vec::new(),
            postponed: None,
            postponements: 0,
            dead: None,
        }
    }

    /// What the next run is started with.
    pub(crate) fn carry(&self) -> ProcessStart {
        let carried = CarriedProcess {
            machine: self.confirmed.clone(),
            trust_unsigned: self.trust_unsigned,
            refused_messages: self.refused_messages,
            signals: self.signals,
            runs: self.runs + 1,
            shown: self.shown.clone(),
        };
        ProcessStart { carried: Some(Box::new(carried)), ..self.start.clone() }
    }

    pub(crate) fn machine(&self) -> &Machine {
        &self.machine
    }

    pub(crate) fn pending(&self) -> &[ProcessEntry] {
        &self.pending
    }

    pub(crate) fn dead(&self) -> Option<&Refusal> {
        self.dead.as_ref()
    }

    pub(crate) fn next(&self) -> Next {
        if self.dead.is_some() {
            return Next::End(Status::Failed);
        }
        if !self.pending.is_empty() {
            return Next::Record;
        }
        match self.machine.ended() {
            Some(status) => Next::End(status),
            None if self.machine.wants_plan() && self.postponed.is_none() => Next::Plan,
            None => Next::Wait,
        }
    }

    /// What systems are asked for and have not answered, as far as the ledger knows of it.
    pub(crate) fn asked(&self) -> Vec<(TaskId, u32)> {
        let awaited = |task: &TaskId, attempt| {
            let now = self.machine.task(task);
            now.is_some_and(|t| t.status == TaskStatus::Running && t.attempt == attempt)
        };
        let asked = self.confirmed.running().filter(|t| awaited(&t.plan.id, t.attempt));
        asked.map(|t| (t.plan.id.clone(), t.attempt)).collect()
    }

    /// Whether commands can be judged: there is a plan, or there will be none.
    pub(crate) fn is_ready(&self) -> bool {
        self.machine.revision() > 0 || self.machine.ended().is_some() || self.dead.is_some()
    }

    /// Whether the process had better go on in another run: it has come into another part of its life, or its history is long.
    pub(crate) fn is_at_a_border(&self, history_is_long: bool) -> bool {
        let quiet = self.pending.is_empty() && self.early.is_empty() && self.machine.running().next().is_none();
        if self.machine.stopped().is_some() {
            return quiet && history_is_long;
        }
        let another = self.machine.phase() != self.began_in && self.began_in != "planning";
        let first = self.began_in == "planning" && self.machine.phase() != "preparation";
        quiet && (history_is_long || another || first)
    }

    /// The status, as people and the search attribute see it.
    pub(crate) fn status(&self) -> &'static str {
        match (self.machine.ended(), self.machine.phase()) {
            _ if self.dead.is_some() => Status::Failed.name(),
            (Some(status), _) => status.name(),
            (None, early @ ("planning" | "stopping" | "undoing")) => early,
            (None, _) => "running",
        }
    }

    /// What the next `progress` writes, in one line for the operator.
    pub(crate) fn summary(&self) -> String {
        match &self.pending[..] {
            [ProcessEntry::Command { signed, .. }] => {
                let task = signed.command.action.task().map(|t| format!(" {t}")).unwrap_or_default();
                format!("{}{task}", signed.command.action.name())
            }
            [ProcessEntry::Performed { task, .. }] => format!("result of {task}"),
            [ProcessEntry::Stop { status, .. }] => format!("stop: {status}"),
            [ProcessEntry::Tick { .. }] => "time has passed".to_owned(),
            entries => format!("{} entries", entries.len()),
        }
    }

    /// The early answer to an update: what the handler would refuse now.
    pub(crate) fn would_refuse(&self, signed: &SignedCommand) -> Result<(), Refusal> {
        self.check(signed)?;
        self.machine.decide(&input(&signed.command), signed.command.at).map(drop)
    }

    /// Answers an update.
    pub(crate) fn answer(&mut self, signed: SignedCommand, now: DateTime<Utc>) -> ProcessAnswer {
        let actor = signed.command.actor.clone();
        match self.accept(signed, now) {
            Ok(()) => {
                let open = self.machine.tasks().iter().filter(|t| t.status == TaskStatus::Open);
                ProcessAnswer::Accepted { open: open.map(|t| t.plan.id.clone()).collect() }
            }
            Err(refusal) => {
                self.refuse("command", Some(actor), refusal.clone(), now);
                ProcessAnswer::Refused(refusal)
            }
        }
    }

    /// Takes a signal, or puts on the trail why not.
    pub(crate) fn receive(&mut self, name: &'static str, parsed: Result<Message, Refusal>, now: DateTime<Utc>) {
        match parsed {
            Err(refusal) => self.refuse(name, None, refusal, now),
            Ok(message) if !self.is_ready() && self.early.len() < MAX_EARLY => self.early.push((name, message)),
            Ok(message) => {
                let person = message.person.clone();
                if let Err(refusal) = self.take(message, now) {
                    self.refuse(name, person, refusal, now);
                }
            }
        }
    }

    /// Takes up a plan of the ledger's and, after the first one, the signals that came too early.
    pub(crate) fn take_up(&mut self, plan: Plan, trust_unsigned: bool, at: DateTime<Utc>) -> Result<(), Refusal> {
        self.confirmed.handle(&Input::Plan(Box::new(plan)), at)?;
        (self.postponed, self.postponements) = (None, 0);
        self.trust_unsigned = trust_unsigned;
        self.rebuild(at);
        self.hear_early(at);
        Ok(())
    }

    fn hear_early(&mut self, now: DateTime<Utc>) {
        for (name, message) in std::mem::take(&mut self.early) {
            self.receive(name, Ok(message), now);
        }
    }

    /// No plan can be made now: it is asked for again in a minute, then two, up to an hour. What people say is heard meanwhile.
    pub(crate) fn postpone(&mut self, now: DateTime<Utc>) {
        let minutes = 1_i64 << self.postponements.min(6);
        self.postponements += 1;
        self.postponed = now.checked_add_signed(TimeDelta::minutes(minutes.min(60)));
    }

    /// The next moment at which something follows by itself.
    pub(crate) fn next_moment(&self) -> Option<DateTime<Utc>> {
        let postponed = self.postponed.filter(|_| self.machine.wants_plan());
        self.machine.next_moment().into_iter().chain(postponed).min()
    }

    /// The ledger has come elsewhere than this workflow: it goes on from there. What waited is gone, but for what tells of refusals.
    pub(crate) fn adopt(&mut self, machine: Machine, now: DateTime<Utc>) {
        self.confirmed = machine;
        self.pending.retain(|entry| matches!(entry, ProcessEntry::Refused { .. }));
        self.rebuild(now);
    }

    /// Lets time pass.
    pub(crate) fn tick(&mut self, now: DateTime<Utc>) {
        self.postponed = self.postponed.filter(|moment| *moment > now);
        // A tick is never refused while the process runs.
        if self.machine.handle(&Input::Tick, now).is_ok_and(|events| !events.is_empty()) {
            self.pending.push(ProcessEntry::Tick { at: now });
        }
    }

    /// A system's work has ended.
    pub(crate) fn performed(&mut self, task: TaskId, attempt: u32, result: Performed, now: DateTime<Utc>) {
        let said = Input::Performed { task: task.clone(), attempt, result: result.clone() };
        if self.machine.handle(&said, now).is_ok() {
            self.pending.push(ProcessEntry::Performed { at: now, task, attempt, result });
        }
    }

    /// Ends the process early.
    pub(crate) fn stop(&mut self, status: Status, why: &str, now: DateTime<Utc>) {
        let stop = Input::Stop { status, why: why.to_owned() };
        if self.machine.handle(&stop, now).is_ok_and(|events| !events.is_empty()) {
            self.pending.push(ProcessEntry::Stop { at: now, status, why: why.to_owned() });
            self.hear_early(now);
        }
    }

    /// The ledger takes nothing of this process: it was never claimed, or has ended otherwise.
    pub(crate) fn give_up(&mut self, refusal: Refusal) {
        self.dead = Some(refusal);
        self.pending.clear();
        self.early.clear();
    }

    /// The ledger holds the first entries now, but for these commands: they are taken back, and what rested on them. Of some work it
    /// knew the result better.
    pub(crate) fn confirm(
        &mut self,
        count: usize,
        refused: &[RefusedCommand],
        known: &[KnownResult],
        now: DateTime<Utc>,
    ) {
        let count = count.min(self.pending.len());
        for entry in self.pending.drain(..count) {
            let (input, at) = match entry {
                ProcessEntry::Command { at, signed } => {
                    if refused.iter().any(|r| r.request_id == signed.command.request_id) {
                        continue;
                    }
                    (input(&signed.command), at)
                }
                ProcessEntry::Performed { at, task, attempt, result } => {
                    let better = known.iter().find(|k| k.task == task && k.attempt == attempt);
                    let result = better.map_or(result, |k| k.result.clone());
                    (Input::Performed { task, attempt, result }, at)
                }
                ProcessEntry::Stop { at, status, why } => (Input::Stop { status, why }, at),
                ProcessEntry::Tick { at } => (Input::Tick, at),
                ProcessEntry::Refused { .. } => continue,
            };
            // What the ledger has taken was taken here before.
            drop(self.confirmed.handle(&input, at));
        }
        self.refused_messages += u32::try_from(refused.len()).unwrap_or(u32::MAX);
        if !refused.is_empty() || !known.is_empty() {
            self.rebuild(now);
        }
    }

    /// Puts what is pending to the process as the ledger has it. What does not stand any more goes on the trail as refused.
    fn rebuild(&mut self, now: DateTime<Utc>) {
        self.machine = self.confirmed.clone();
        for entry in std::mem::take(&mut self.pending) {
            match entry {
                ProcessEntry::Command { at, signed } => match self.machine.handle(&input(&signed.command), at) {
                    Ok(_) => self.pending.push(ProcessEntry::Command { at, signed }),
                    Err(refusal) => self.refuse("command", Some(signed.command.actor), refusal, now),
                },
                ProcessEntry::Performed { at, task, attempt, result } => self.performed(task, attempt, result, at),
                ProcessEntry::Stop { at, status, why } => self.stop(status, &why, at),
                ProcessEntry::Tick { at } => self.tick(at),
                kept @ ProcessEntry::Refused { .. } => self.pending.push(kept),
            }
        }
    }

    fn check(&self, signed: &SignedCommand) -> Result<(), Refusal> {
        let command = &signed.command;
        if let Some(refusal) = &self.dead {
            return Err(refusal.clone());
        }
        if command.key != self.start.key {
            let message = format!("the command is for {}, this is {}", command.key, self.start.key);
            return Err(Refusal::new(RefusalCode::SignatureInvalid, message));
        }
        if signed.signature.is_none() && !command.may_be_unsigned(self.trust_unsigned) {
            return Err(missing_signature());
        }
        Ok(())
    }

    fn accept(&mut self, signed: SignedCommand, now: DateTime<Utc>) -> Result<(), Refusal> {
        self.check(&signed)?;
        let events = self.machine.handle(&input(&signed.command), now)?;
        // No event: the same request was accepted before.
        if !events.is_empty() {
            self.pending.push(ProcessEntry::Command { at: now, signed: Box::new(signed) });
        }
        Ok(())
    }

    fn take(&mut self, message: Message, now: DateTime<Utc>) -> Result<(), Refusal> {
        if let Some(assertion) = message.assertion {
            let same_person = message.person.is_none_or(|p| p == assertion.command.actor);
            let same_task = assertion.command.action.name() == message.action.name()
                && assertion.command.action.task() == message.action.task();
            if !same_person || !same_task {
                let why = "the assertion says something else than the signal that carries it";
                return Err(Refusal::new(RefusalCode::MessageMalformed, why));
            }
            return self.accept(assertion, now);
        }
        self.signals += 1;
        let request_id = format!("signal-{}", self.signals).parse();
        let command = Command {
            key: self.start.key.clone(),
            action: message.action,
            actor: message.person.unwrap_or_else(|| self.start.employment.hr_manager.clone()),
            in_office: false,
            request_id: request_id.map_err(|e| Refusal::new(RefusalCode::Internal, format!("{e}")))?,
            at: now,
        };
        self.accept(SignedCommand { command, signature: None }, now)
    }

    fn refuse(&mut self, message: &str, asserted_by: Option<PersonId>, refusal: Refusal, at: DateTime<Utc>) {
        self.refused_messages += 1;
        if self.dead.is_none() && self.refused_messages <= MAX_NOTES {
            self.pending.push(ProcessEntry::Refused { at, message: message.to_owned(), asserted_by, refusal });
        }
    }
}

fn input(command: &Command) -> Input {
    Input::Command(Box::new(command.clone()))
}
