//! What the workflow knows of its document. Plain data and functions: no SDK.

use std::collections::{BTreeSet, VecDeque};

use chrono::{DateTime, Utc};
use vextrus_approval::{Command, Decision, Event, MAX_COMMENT, Machine, REQUEST_INFO, SignedDecision};
use vextrus_contract::invoice::{DecideAnswer, DecisionView, FinalStatus, HistoryEntry, InvoiceStart};
use vextrus_contract::steps::{Assessed, Note};
use vextrus_domain::{PersonId, Refusal, RefusalCode, RequestId};

use crate::messages::Message;

/// The most messages that go on the trail; more are counted only.
const MAX_NOTES: u32 = 200;
/// The most signals that wait for the assessment.
const MAX_EARLY: usize = 50;

/// Something accepted that the ledger does not hold yet.
#[derive(Debug, Clone)]
pub(crate) enum Write {
    Decision { signed: SignedDecision, at: DateTime<Utc>, ends: bool },
    Note(Note),
}

impl Write {
    /// Whether it is the decision that ended the approval: it is written by the last step, not by `record`.
    fn ends(&self) -> bool {
        matches!(self, Self::Decision { ends: true, .. })
    }
}

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) start: InvoiceStart,
    pub(crate) machine: Machine,
    pub(crate) assessed: Option<Assessed>,
    pub(crate) revision: u32,
    /// Whether the document must be assessed (again) before anything else.
    pub(crate) must_assess: bool,
    /// Accepted and not yet recorded, in the order of acceptance.
    pub(crate) writes: VecDeque<Write>,
    pub(crate) history: Vec<HistoryEntry>,
    pub(crate) refused_messages: u32,
    pub(crate) ended: Option<FinalStatus>,
    /// The document is being closed whatever people say: it was refused, cancelled, or cannot go on.
    pub(crate) closing: bool,
    pub(crate) shown: (String, String),
    voided: BTreeSet<RequestId>,
    early: Vec<(&'static str, Message)>,
    signals: u32,
}

impl State {
    pub(crate) fn new(start: InvoiceStart) -> Self {
        Self {
            machine: Machine::new(start.submitter.clone()),
            start,
            assessed: None,
            revision: 0,
            must_assess: true,
            writes: VecDeque::new(),
            history: Vec::new(),
            refused_messages: 0,
            ended: None,
            closing: false,
            voided: BTreeSet::new(),
            shown: ("assessing".to_owned(), "assess".to_owned()),
            early: Vec::new(),
            signals: 0,
        }
    }

    /// Whether decisions can be judged: there is a plan that stands, or there will be none.
    pub(crate) fn is_ready(&self) -> bool {
        !self.must_assess || self.closing || self.machine.outcome().is_some()
    }

    /// Whether something waits to be recorded.
    pub(crate) fn has_writes(&self) -> bool {
        self.writes.iter().any(|w| !w.ends())
    }

    /// The early answer to an update: what the handler would refuse now.
    pub(crate) fn would_refuse(&self, signed: &SignedDecision) -> Result<(), Refusal> {
        self.check(signed)?;
        // The time only stamps events; a refusal does not depend on it.
        self.machine.decide(&command(&signed.decision), DateTime::<Utc>::UNIX_EPOCH).map(drop)
    }

    /// Answers an update.
    pub(crate) fn answer(&mut self, message: &'static str, signed: SignedDecision, now: DateTime<Utc>) -> DecideAnswer {
        let actor = signed.decision.actor.clone();
        match self.accept(signed, now) {
            Ok(()) => DecideAnswer::Accepted { open: self.machine.open_tasks().map(|t| t.task.id.clone()).collect() },
            Err(refusal) => {
                self.refuse(message, Some(actor), refusal.clone(), now);
                DecideAnswer::Refused(refusal)
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
    pub(crate) fn take_up(&mut self, assessed: Assessed) -> Result<(), Refusal> {
        let at = assessed.at;
        let plan = assessed.plan.clone();
        self.revision = plan.revision;
        self.must_assess = false;
        self.assessed = Some(assessed);
        self.machine.handle(&Command::Open(plan), at)?;
        self.hear_early(at);
        Ok(())
    }

    /// No plan will come.
    pub(crate) fn give_up(&mut self, now: DateTime<Utc>) {
        self.closing = true;
        self.must_assess = false;
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
        for event in self.machine.handle(&Command::Tick, now).unwrap_or_default() {
            if let Event::Reminded { task, at } = event {
                self.history.push(HistoryEntry::Reminded { task: task.clone(), at });
                self.writes.push_back(Write::Note(Note::Reminded { at, task }));
            }
        }
    }

    /// Takes back a decision that the ledger refused, and what rested on it.
    pub(crate) fn void(&mut self, request_id: &RequestId, refusal: Refusal, now: DateTime<Utc>) {
        let command = Command::Void { request_id: request_id.clone(), refusal: refusal.clone() };
        drop(self.machine.handle(&command, now));
        let standing = |signed: &SignedDecision| match &signed.decision.task {
            None => signed.decision.request_id != *request_id,
            Some(id) => {
                let decision = self.machine.tasks().iter().find(|t| t.task.id == *id).and_then(|t| t.decision.as_ref());
                decision.is_some_and(|d| d.request_id == signed.decision.request_id)
            }
        };
        let mut voided = BTreeSet::from([request_id.clone()]);
        for write in std::mem::take(&mut self.writes) {
            match write {
                Write::Decision { signed, .. } if !standing(&signed) => {
                    let fresh = voided.insert(signed.decision.request_id.clone());
                    if fresh {
                        let (message, asserted_by) = ("decide".to_owned(), Some(signed.decision.actor));
                        let note = Note::Refused { at: now, message, asserted_by, refusal: refusal.clone() };
                        self.writes.push_back(Write::Note(note));
                    }
                }
                kept => self.writes.push_back(kept),
            }
        }
        self.refused_messages += 1;
        let entry = |id: &RequestId| HistoryEntry::Voided { request_id: id.clone(), refusal: refusal.clone(), at: now };
        self.history.extend(voided.iter().map(entry));
        self.voided.extend(voided);
    }

    /// The next thing to record: everything but the decision that ended the approval, which goes with the last step.
    pub(crate) fn next_write(&mut self) -> Option<Write> {
        let at = self.writes.iter().position(|w| !w.ends())?;
        self.writes.remove(at)
    }

    /// The decision that ended the approval, if the ledger does not hold it yet.
    pub(crate) fn last_decision(&self) -> Option<SignedDecision> {
        self.writes.iter().find(|w| w.ends()).and_then(|w| match w {
            Write::Decision { signed, .. } => Some(signed.clone()),
            Write::Note(_) => None,
        })
    }

    /// The last step wrote nothing and the document is assessed again: the decision that ended the approval is recorded
    /// like any other.
    pub(crate) fn go_on(&mut self) {
        self.must_assess = true;
        self.machine.resume();
        for write in &mut self.writes {
            if let Write::Decision { ends, .. } = write {
                *ends = false;
            }
        }
    }

    pub(crate) fn decisions(&self) -> Vec<DecisionView> {
        let decided = |e: &HistoryEntry| match e {
            HistoryEntry::Decided(view) if !self.voided.contains(&view.request_id) => Some(view.clone()),
            _ => None,
        };
        self.history.iter().filter_map(decided).collect()
    }

    fn check(&self, signed: &SignedDecision) -> Result<(), Refusal> {
        let decision = &signed.decision;
        if self.closing || self.ended.is_some() {
            return Err(Refusal::new(RefusalCode::DocumentClosed, "the document is being closed; nothing is open"));
        }
        if decision.key != self.start.key {
            let message = format!("the decision is for {}, this is {}", decision.key, self.start.key);
            return Err(Refusal::new(RefusalCode::SignatureInvalid, message));
        }
        if signed.signature.is_none() && !self.assessed.as_ref().is_some_and(|a| a.trust_unsigned) {
            let message = "the decision is unsigned; send it through the facade, which signs it";
            return Err(Refusal::new(RefusalCode::SignatureMissing, message));
        }
        if decision.comment.len() > MAX_COMMENT {
            let message = format!("the comment has {} bytes; the most is {MAX_COMMENT}", decision.comment.len());
            return Err(Refusal::new(RefusalCode::LimitExceeded, message));
        }
        Ok(())
    }

    fn accept(&mut self, signed: SignedDecision, now: DateTime<Utc>) -> Result<(), Refusal> {
        self.check(&signed)?;
        let events = self.machine.handle(&command(&signed.decision), now)?;
        let ends = events.iter().any(|e| matches!(e, Event::Concluded { .. }));
        for event in events {
            match event {
                Event::TaskDecided { decision, answer, at, .. } => {
                    self.history.push(HistoryEntry::Decided(view(&decision, answer, at)));
                    self.writes.push_back(Write::Decision { signed, at: now, ends });
                    return Ok(());
                }
                Event::InfoRequested(question) => {
                    let (by, at) = (question.by, question.at);
                    self.history.push(HistoryEntry::InfoRequested { by, question: question.question, at });
                    self.writes.push_back(Write::Note(Note::InfoRequested { at, asked: signed }));
                    return Ok(());
                }
                _ => {}
            }
        }
        // Nothing happened: the same request was accepted before.
        Ok(())
    }

    fn take(&mut self, message: Message, now: DateTime<Utc>) -> Result<(), Refusal> {
        if let Some(assertion) = message.assertion {
            let decision = &assertion.decision;
            if decision.actor != message.person || (decision.answer == REQUEST_INFO) != (message.answer == REQUEST_INFO)
            {
                let why = "the assertion says something else than the signal that carries it";
                return Err(Refusal::new(RefusalCode::MessageMalformed, why));
            }
            return self.accept(assertion, now);
        }
        self.signals += 1;
        let current = self.machine.current_task(&message.person)?;
        let task = message.task.unwrap_or_else(|| current.task.id.clone());
        let plan_hash = self.machine.tasks().iter().find(|t| t.task.id == task).map(|t| t.plan_hash.clone());
        let request_id = format!("signal-{}", self.signals).parse();
        let decision = Decision {
            key: self.start.key.clone(),
            task: Some(task),
            plan_hash,
            answer: message.answer.to_owned(),
            actor: message.person.clone(),
            principal: message.person,
            request_id: request_id.map_err(|e| Refusal::new(RefusalCode::Internal, format!("{e}")))?,
            comment: message.comment,
        };
        self.accept(SignedDecision { decision, signature: None }, now)
    }

    fn refuse(&mut self, message: &str, asserted_by: Option<PersonId>, refusal: Refusal, at: DateTime<Utc>) {
        self.refused_messages += 1;
        if self.refused_messages <= MAX_NOTES {
            self.writes.push_back(Write::Note(Note::Refused { at, message: message.to_owned(), asserted_by, refusal }));
        }
    }
}

fn command(decision: &Decision) -> Command {
    if decision.answer == REQUEST_INFO {
        Command::RequestInfo { by: decision.actor.clone(), question: decision.comment.clone() }
    } else {
        Command::Decide(decision.clone())
    }
}

fn view(decision: &Decision, answer: String, at: DateTime<Utc>) -> DecisionView {
    DecisionView {
        task: decision.task.clone(),
        answer,
        actor: decision.actor.clone(),
        principal: decision.principal.clone(),
        comment: decision.comment.clone(),
        request_id: decision.request_id.clone(),
        at,
    }
}

#[cfg(test)]
mod tests;
