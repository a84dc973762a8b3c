//! What the workflow knows of its document. Plain data and functions: no SDK.

use chrono::{DateTime, Utc};
use vextrus_approval::{Action, Command, Input, Machine, Outcome, SignedCommand};
use vextrus_contract::document::{Carried, CommandAnswer, DocumentStart, FinalStatus};
use vextrus_contract::steps::{Assessed, Entry, RefusedCommand, RuleHashes, Totals};
use vextrus_domain::signature::missing_signature;
use vextrus_domain::{PersonId, Refusal, RefusalCode, TaskId};

use crate::messages::{Message, Wish};

/// The most messages that go on the trail; more are counted only.
const MAX_NOTES: u32 = 200;
/// The most signals that wait for the assessment.
const MAX_EARLY: usize = 50;

/// What the main loop does next.
#[derive(Debug)]
pub(crate) enum Next {
    End(Outcome),
    Record,
    Assess,
    Wait,
}

/// The state of a document's workflow.
#[derive(Debug)]
pub struct State {
    pub(crate) start: DocumentStart,
    /// The approval as the ledger has it.
    confirmed: Machine,
    /// Taken and not yet in the ledger, in the order of acceptance.
    pending: Vec<Entry>,
    /// The approval with what is pending.
    machine: Machine,
    totals: Option<Totals>,
    rules: Option<RuleHashes>,
    /// The hash of the content that was assessed last.
    payload_hash: String,
    trust_unsigned: bool,
    pub(crate) refused_messages: u32,
    pub(crate) ended: Option<FinalStatus>,
    /// The document is being closed whatever people say: it was refused, cancelled, or cannot go on.
    pub(crate) closing: bool,
    pub(crate) shown: (String, String),
    /// Whether this run first tries to be assessed by a local activity.
    pub(crate) assess_is_local: bool,
    pub(crate) runs: u32,
    early: Vec<(&'static str, Message)>,
    signals: u32,
}

impl State {
    /// The state at the beginning of a run.
    #[must_use]
    pub fn new(mut start: DocumentStart) -> Self {
        let fresh = || Carried {
            machine: Machine::new(start.submitter.clone()),
            totals: None,
            rules: None,
            payload_hash: start.payload_hash.clone(),
            trust_unsigned: false,
            refused_messages: 0,
            signals: 0,
            runs: 0,
            shown: ("assessing".to_owned(), "assess".to_owned()),
        };
        let carried = start.carried.take().map_or_else(fresh, |carried| *carried);
        Self {
            start,
            confirmed: carried.machine.clone(),
            pending: Vec::new(),
            machine: carried.machine,
            totals: carried.totals,
            rules: carried.rules,
            payload_hash: carried.payload_hash,
            trust_unsigned: carried.trust_unsigned,
            refused_messages: carried.refused_messages,
            ended: None,
            closing: false,
            shown: carried.shown,
            assess_is_local: false,
            runs: carried.runs,
            early: Vec::new(),
            signals: carried.signals,
        }
    }

    /// What the next run is started with.
    pub(crate) fn carry(&self) -> DocumentStart {
        let carried = Carried {
            machine: self.confirmed.clone(),
            totals: self.totals.clone(),
            rules: self.rules.clone(),
            payload_hash: self.payload_hash.clone(),
            trust_unsigned: self.trust_unsigned,
            refused_messages: self.refused_messages,
            signals: self.signals,
            runs: self.runs + 1,
            shown: self.shown.clone(),
        };
        DocumentStart { carried: Some(Box::new(carried)), ..self.start.clone() }
    }

    pub(crate) fn machine(&self) -> &Machine {
        &self.machine
    }

    pub(crate) fn pending(&self) -> &[Entry] {
        &self.pending
    }

    pub(crate) fn totals(&self) -> Option<Totals> {
        self.totals.clone()
    }

    pub(crate) fn revision(&self) -> u32 {
        self.machine.revision()
    }

    /// The hash of the content that is to be assessed.
    pub(crate) fn payload_hash(&self) -> String {
        match self.machine.recompute() {
            Some(vextrus_approval::Recompute::Resubmit { payload_hash, .. }) => payload_hash.clone(),
            _ => self.payload_hash.clone(),
        }
    }

    pub(crate) fn next(&self) -> Next {
        if let Some(outcome) = self.machine.outcome() {
            return Next::End(outcome.clone());
        }
        // What asks for another assessment must be in the ledger before it; before the first one nothing can be.
        if !self.pending.is_empty() && self.revision() > 0 {
            return Next::Record;
        }
        if self.machine.recompute().is_some() { Next::Assess } else { Next::Wait }
    }

    pub(crate) fn next_moment(&self) -> Option<DateTime<Utc>> {
        self.machine.next_moment()
    }

    /// Whether decisions can be judged: there is a plan that stands, or there will be none.
    pub(crate) fn is_ready(&self) -> bool {
        self.machine.recompute().is_none() || self.closing || self.machine.outcome().is_some()
    }

    /// Whether a command must wait until decisions can be judged.
    pub(crate) fn must_wait(&self, signed: &SignedCommand) -> bool {
        let at_once = matches!(signed.command.action, Action::Withdraw { .. } | Action::Comment { .. });
        !at_once && !self.is_ready()
    }

    /// Whether nothing is on its way to the ledger or to the machine.
    pub(crate) fn is_quiet(&self) -> bool {
        self.pending.is_empty() && self.early.is_empty()
    }

    /// What the search attributes show while the document waits.
    pub(crate) fn stage(&self) -> (&'static str, Option<String>) {
        if self.machine.returned().is_some() {
            return ("returned", Some("submitter".to_owned()));
        }
        ("waiting", self.machine.open_tasks().next().map(|t| t.task.role.to_string()))
    }

    /// What the next `record` does, in one line for the operator.
    pub(crate) fn summary(&self) -> String {
        match &self.pending[..] {
            [Entry::Command { signed, .. }] => {
                let c = &signed.command;
                let task = c.action.task().map(|t| format!(" of {t}")).unwrap_or_default();
                match &c.action {
                    Action::Decide { answer, .. } => format!("record {answer}{task}"),
                    action => format!("record {}{task}", action.name()),
                }
            }
            entries => format!("record {} on the trail", entries.len()),
        }
    }

    /// The early answer to an update: what the handler would refuse now.
    pub(crate) fn would_refuse(&self, signed: &SignedCommand) -> Result<(), Refusal> {
        self.check(signed)?;
        self.machine.decide(&input(&signed.command), signed.command.at).map(drop)
    }

    /// The tasks that can be decided now.
    fn open_tasks(&self) -> Vec<TaskId> {
        let tasks = self.machine.open_tasks().filter(|_| self.machine.takes_decisions());
        tasks.map(|t| t.task.id.clone()).collect()
    }

    /// Answers an update.
    pub(crate) fn answer(&mut self, message: &'static str, signed: SignedCommand, now: DateTime<Utc>) -> CommandAnswer {
        let actor = signed.command.actor.clone();
        match self.accept(signed, now) {
            Ok(()) => CommandAnswer::Accepted { open: self.open_tasks() },
            Err(refusal) => {
                self.refuse(message, Some(actor), refusal.clone(), now);
                CommandAnswer::Refused(refusal)
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
                    self.refuse(name, Some(person), refusal, now);
                }
            }
        }
    }

    /// Takes up the plan of an assessment and, after it, the signals that came too early.
    pub(crate) fn take_up(&mut self, assessed: Assessed, payload_hash: String) -> Result<(), Refusal> {
        let at = assessed.at;
        self.confirmed.handle(&Input::Open { plan: Box::new(assessed.plan) }, at)?;
        self.totals = assessed.totals;
        self.rules = Some(assessed.rules);
        self.trust_unsigned = assessed.trust_unsigned;
        self.payload_hash = payload_hash;
        self.rebuild(at);
        self.hear_early(at);
        Ok(())
    }

    /// No plan will come.
    pub(crate) fn give_up(&mut self, now: DateTime<Utc>) {
        self.closing = true;
        self.hear_early(now);
    }

    fn hear_early(&mut self, now: DateTime<Utc>) {
        for (name, message) in std::mem::take(&mut self.early) {
            self.receive(name, Ok(message), now);
        }
    }

    /// Lets time pass.
    pub(crate) fn tick(&mut self, now: DateTime<Utc>) {
        // A tick is never refused.
        if self.machine.handle(&Input::Tick, now).is_ok_and(|events| !events.is_empty()) {
            self.pending.push(Entry::Tick { at: now });
        }
    }

    /// The ledger holds the first entries now, but for these commands: they are taken back, and what rested on them.
    pub(crate) fn confirm(&mut self, count: usize, refused: &[RefusedCommand], now: DateTime<Utc>) {
        let known = count.min(self.pending.len());
        for entry in self.pending.drain(..known) {
            let is_refused = |id| refused.iter().any(|r| r.request_id == id);
            let (input, at) = match entry {
                Entry::Command { signed, .. } if is_refused(signed.command.request_id.clone()) => continue,
                Entry::Command { at, signed } => (input(&signed.command), at),
                Entry::Tick { at } => (Input::Tick, at),
                Entry::Refused { .. } => continue,
            };
            // What the ledger has taken was taken here before.
            drop(self.confirmed.handle(&input, at));
        }
        self.refused_messages += u32::try_from(refused.len()).unwrap_or(u32::MAX);
        if !refused.is_empty() {
            self.rebuild(now);
        }
    }

    /// The ledger holds the first entries, and wants what was approved to be computed again.
    pub(crate) fn reopen(&mut self, count: usize, why: &str, at: DateTime<Utc>) {
        self.confirm(count, &[], at);
        drop(self.confirmed.handle(&Input::Reopen { why: why.to_owned() }, at));
        self.rebuild(at);
    }

    /// Puts what is pending to the approval as the ledger has it. What does not stand any more goes on the trail as refused.
    fn rebuild(&mut self, now: DateTime<Utc>) {
        self.machine = self.confirmed.clone();
        for entry in std::mem::take(&mut self.pending) {
            match entry {
                Entry::Command { at, signed } => match self.machine.handle(&input(&signed.command), at) {
                    Ok(_) => self.pending.push(Entry::Command { at, signed }),
                    Err(refusal) => {
                        let name = signed.command.action.name();
                        self.refuse(name, Some(signed.command.actor), refusal, now);
                    }
                },
                Entry::Tick { at } => {
                    drop(self.machine.handle(&Input::Tick, at));
                    self.pending.push(Entry::Tick { at });
                }
                kept @ Entry::Refused { .. } => self.pending.push(kept),
            }
        }
    }

    /// The document has ended: nothing but the trail of refused messages is left to be written.
    pub(crate) fn end(&mut self, status: FinalStatus) {
        self.ended = Some(status);
        self.pending.retain(|e| matches!(e, Entry::Refused { .. }));
    }

    fn check(&self, signed: &SignedCommand) -> Result<(), Refusal> {
        let command = &signed.command;
        if self.closing || self.ended.is_some() {
            return Err(Refusal::new(RefusalCode::DocumentClosed, "the document is being closed; nothing is open"));
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
            self.pending.push(Entry::Command { at: now, signed: Box::new(signed) });
        }
        Ok(())
    }

    fn take(&mut self, message: Message, now: DateTime<Utc>) -> Result<(), Refusal> {
        if let Some(assertion) = message.assertion {
            let said = match &assertion.command.action {
                Action::Decide { .. } => message.wish != Wish::Ask,
                Action::RequestInfo { .. } => message.wish == Wish::Ask,
                _ => false,
            };
            if assertion.command.actor != message.person || !said {
                let why = "the assertion says something else than the signal that carries it";
                return Err(Refusal::new(RefusalCode::MessageMalformed, why));
            }
            return self.accept(assertion, now);
        }
        self.signals += 1;
        let current = match &message.task {
            Some(task) => self.machine.task(task),
            None => Some(self.machine.current_task(&message.person)?),
        };
        let task = message.task.clone().or_else(|| current.map(|t| t.task.id.clone()));
        let Some(task) = task else { return Err(missing_signature()) };
        let standing = current.and_then(|t| self.machine.standing(t, &message.person, &[], now));
        let action = match message.wish {
            Wish::Ask => Action::RequestInfo { task, question: message.words },
            wish => Action::Decide {
                task,
                plan_hash: current.map(|t| t.plan_hash.clone()).unwrap_or_default(),
                answer: if wish == Wish::Approve { "approve" } else { "reject" }.to_owned(),
                comment: message.words,
            },
        };
        let request_id = format!("signal-{}", self.signals).parse();
        let command = Command {
            key: self.start.key.clone(),
            action,
            principal: standing.map_or_else(|| message.person.clone(), |s| s.principal),
            actor: message.person,
            via: Vec::new(),
            request_id: request_id.map_err(|e| Refusal::new(RefusalCode::Internal, format!("{e}")))?,
            at: now,
        };
        self.accept(SignedCommand { command, signature: None }, now)
    }

    fn refuse(&mut self, message: &str, asserted_by: Option<PersonId>, refusal: Refusal, at: DateTime<Utc>) {
        self.refused_messages += 1;
        if self.refused_messages <= MAX_NOTES {
            self.pending.push(Entry::Refused { at, message: message.to_owned(), asserted_by, refusal });
        }
    }
}

fn input(command: &Command) -> Input {
    Input::Command { command: Box::new(command.clone()) }
}

#[cfg(test)]
mod tests;
