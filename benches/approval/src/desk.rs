//! What people do with one document until it ends.

use anyhow::{Context as _, bail};
use chrono::{DateTime, TimeDelta, Utc};
use vextrus_approval::{Action, Command, Input, Machine, Occasion, Recompute};
use vextrus_domain::{DocumentKey, PersonId};

use crate::{Chance, Company, Document};

struct Desk<'a> {
    machine: Machine,
    chance: Chance,
    now: DateTime<Utc>,
    requests: u32,
    key: &'a DocumentKey,
}

pub(crate) fn approve(company: &Company, document: &Document) -> anyhow::Result<Machine> {
    let key = DocumentKey { tenant: "acme-bd".parse()?, document: "document-1".parse()?, submission: 1 };
    let machine = Machine::new(document.submitter.clone());
    let mut desk = Desk { machine, chance: document.chance, now: company.start, requests: 0, key: &key };
    for _ in 0..1_000 {
        if desk.machine.outcome().is_some() {
            return Ok(desk.machine);
        }
        match desk.machine.recompute() {
            Some(why) => {
                let occasion = match why {
                    _ if desk.machine.revision() == 0 => Occasion::First,
                    Recompute::Resubmit { .. } => Occasion::Resubmitted { before: document.amounts.total },
                    Recompute::Replan => Occasion::Replanned,
                    Recompute::Reassess => Occasion::Reassessed { before: document.amounts.total },
                };
                let plan = Box::new(company.plan(document, desk.machine.revision() + 1, occasion)?);
                desk.put(&Input::Open { plan })?;
            }
            None => desk.step()?,
        }
    }
    bail!("the document does not end: {:?}", desk.machine)
}

impl Desk<'_> {
    fn put(&mut self, input: &Input) -> anyhow::Result<()> {
        self.machine.handle(input, self.now)?;
        Ok(())
    }

    fn step(&mut self) -> anyhow::Result<()> {
        let submitter = self.machine.submitter().clone();
        let open = self.machine.questions().iter().find(|q| q.open).map(|q| q.id.clone());
        if let Some(question) = open {
            return self.send(&submitter, Action::Answer { question, text: "as agreed".to_owned() });
        }
        if self.machine.returned().is_some() {
            let payload_hash = "changed".to_owned();
            return self.send(&submitter, Action::Resubmit { content: 2, payload_hash, comment: String::new() });
        }
        self.now += TimeDelta::hours(1);
        let due = self.machine.next_moment().context("nothing is due")?;
        if due <= self.now {
            return self.put(&Input::Tick);
        }
        match self.chance.below(100) {
            0..2 => self.send(&submitter, Action::Withdraw { comment: String::new() }),
            2..8 => {
                // Nobody does anything until something is due.
                self.now = due;
                self.put(&Input::Tick)
            }
            chance => self.act(chance),
        }
    }

    /// Somebody who may decide does something with a task.
    fn act(&mut self, chance: u64) -> anyhow::Result<()> {
        let task = self.machine.open_tasks().next().context("nothing is open")?;
        let taken = self.machine.approvers();
        let free = |p: &&PersonId| !taken.contains(*p) && task.decisions.iter().all(|d| d.by.actor != **p);
        let actor = task.eligible.iter().find(free).context("nobody is free to decide")?.clone();
        let (id, plan_hash) = (task.task.id.clone(), task.plan_hash.clone());
        let decide = |answer: &str, comment: &str| Action::Decide {
            task: id.clone(),
            plan_hash: plan_hash.clone(),
            answer: answer.to_owned(),
            comment: comment.to_owned(),
        };
        let action = match chance {
            8..12 => Action::RequestInfo { task: id.clone(), question: "for which site?".to_owned() },
            12..14 => Action::Return { task: id.clone(), comment: "the price is another one".to_owned() },
            14..18 => Action::Comment { text: "seen".to_owned() },
            18..20 => decide("reject", "not agreed"),
            _ => decide("approve", ""),
        };
        self.send(&actor, action)
    }

    fn send(&mut self, actor: &PersonId, action: Action) -> anyhow::Result<()> {
        self.requests += 1;
        let command = Box::new(Command {
            key: self.key.clone(),
            action,
            actor: actor.clone(),
            principal: actor.clone(),
            via: Vec::new(),
            request_id: format!("request-{}", self.requests).parse()?,
            at: self.now,
        });
        self.put(&Input::Command { command })
    }
}
