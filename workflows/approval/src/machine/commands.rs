//! What each command leads to, or why it is refused.

use chrono::{DateTime, Utc};
use vextrus_domain::{PersonId, Refusal, RefusalCode, RequestId, TaskId};

use super::{Machine, TaskState, TaskStatus, by};
use crate::command::{Action, Command};
use crate::delegation::path;
use crate::event::{By, Event, Outcome, Recompute, What};
use crate::plan::{AllowedAnswer, TaskKind, allowed};
use crate::policy::Limits;

type Brought = Result<Vec<Event>, Refusal>;

impl Machine {
    /// The events of one command. The first of them carries the request.
    pub(super) fn act(&self, c: &Command, digest: &str, now: DateTime<Utc>) -> Brought {
        match &c.action {
            Action::Decide { task, plan_hash, answer, comment } => {
                self.give(c, digest, (task, plan_hash), answer, comment, now)
            }
            Action::Withdraw { comment } => self.withdraw(c, comment, now),
            Action::Comment { text } => self.comment(c, text, now),
            Action::Resubmit { content, payload_hash, comment } => {
                self.resubmit(c, *content, payload_hash, comment, now)
            }
            Action::RequestInfo { task, question } => self.ask(c, task, question, now),
            Action::Answer { question, text } => self.answer(c, question, text, now),
            Action::Return { task, comment } => self.send_back(c, task, comment, now),
            Action::Delegate { task, to, comment } => self.delegate(c, task, to, comment, now),
            Action::Reassign { task, from, to, reason } => self.reassign(c, task, (from, to), reason, now),
            Action::Escalate { task, reason } => self.escalate(c, task, reason, now),
            Action::Replan { reason } => {
                self.settled_down()?;
                self.administers(&c.actor)?;
                self.recompute_asked(c, Recompute::Replan, reason, now)
            }
            Action::Reassess { reason } => {
                self.settled_down()?;
                let may_act = |t: &TaskState| self.may_act(t, &c.actor, &c.principal, &c.via, now).is_ok();
                if !self.open_tasks().any(may_act) {
                    self.administers(&c.actor)?;
                }
                self.recompute_asked(c, Recompute::Reassess, reason, now)
            }
        }
    }

    /// Nothing stands between the document and a decision: it has not ended, is not being computed and not with its submitter.
    fn settled_down(&self) -> Result<(), Refusal> {
        let busy = self.outcome.is_some() || self.recompute.is_some() || self.returned.is_some();
        if busy { Err(self.nothing_open()) } else { Ok(()) }
    }

    fn is_submitter(&self, c: &Command) -> Result<By, Refusal> {
        match [&c.actor, &c.principal].into_iter().find(|p| **p != self.submitter) {
            None => Ok(By::oneself(&c.actor)),
            Some(other) => {
                Err(Refusal::new(RefusalCode::NotSubmitter, format!("{other} did not submit this document")))
            }
        }
    }

    /// A task that waits for answers.
    fn open_task(&self, id: &TaskId) -> Result<&TaskState, Refusal> {
        if self.tasks.is_empty() {
            return Err(self.nothing_open());
        }
        let Some(state) = self.task(id) else {
            let known: Vec<&str> = self.tasks.iter().map(|t| t.task.id.as_str()).collect();
            let message = format!("{id} is not a task of this document; there are {}", known.join(", "));
            return Err(Refusal::new(RefusalCode::TaskUnknown, message));
        };
        if state.status == TaskStatus::Decided {
            let who: Vec<&str> = state.decisions.iter().map(|d| d.by.actor.as_str()).collect();
            let message = format!("{id} was decided by {}", who.join(", "));
            return Err(Refusal::new(RefusalCode::AlreadyDecided, message));
        }
        self.settled_down()?;
        match state.status {
            TaskStatus::Open => Ok(state),
            TaskStatus::Dropped | TaskStatus::Superseded => {
                let message = format!("{id} belongs to a plan that is not followed any more; read the document again");
                Err(Refusal::new(RefusalCode::StalePlan, message))
            }
            _ => {
                let open: Vec<&str> = self.open_tasks().map(|t| t.task.id.as_str()).collect();
                Err(Refusal::new(RefusalCode::TaskNotOpen, format!("{id} waits for {}", open.join(", "))))
            }
        }
    }

    fn acts_on(&self, c: &Command, task: &TaskState, now: DateTime<Utc>) -> Result<By, Refusal> {
        self.may_act(task, &c.actor, &c.principal, &c.via, now)
    }

    fn give(
        &self,
        c: &Command,
        digest: &str,
        (id, plan_hash): (&TaskId, &str),
        answer: &str,
        comment: &str,
        now: DateTime<Utc>,
    ) -> Brought {
        let task = self.open_task(id)?;
        let who = self.acts_on(c, task, now)?;
        if plan_hash != task.plan_hash {
            let message = format!("the decision on {id} was made for another plan; read the document again");
            return Err(Refusal::new(RefusalCode::StalePlan, message));
        }
        let answer = known(task, answer)?;
        if !answer.proceeds && comment.trim().is_empty() {
            let message = format!("{} of {id} needs a reason: say why in the comment", answer.name);
            return Err(Refusal::new(RefusalCode::ReasonRequired, message));
        }
        let (task_id, proceeds) = (id.clone(), answer.proceeds);
        let decided =
            What::Decided { task: task_id, answer: answer.name.clone(), proceeds, comment: comment.to_owned() };
        let mut events = vec![by(now, who, decided)];
        if !proceeds {
            let outcome = Outcome::Rejected { task: id.clone(), by: c.actor.clone() };
            events.push(super::at(now, What::Concluded { outcome }));
            return Ok(events);
        }
        events[0].request = Some((c.request_id.clone(), digest.to_owned()));
        let mut next = self.clone();
        next.apply(&events[0]);
        if task.task.kind == TaskKind::Level {
            self.leaves_enough(&next, id)?;
        }
        let is_decided = next.task(id).is_some_and(|t| t.status == TaskStatus::Decided);
        let asks_more = next.open_tasks().any(|t| t.task.asks_which());
        if is_decided && task.task.asks_which() && !asks_more {
            let reason = format!("{} was answered", task.task.id);
            events.push(super::at(now, What::RecomputeAsked { recompute: Recompute::Reassess, reason }));
        } else {
            events.extend(next.advance(now));
        }
        Ok(events)
    }

    fn withdraw(&self, c: &Command, comment: &str, now: DateTime<Utc>) -> Brought {
        if self.outcome.is_some() {
            return Err(self.nothing_open());
        }
        let who = self.is_submitter(c)?;
        let taken = by(now, who, What::TakenBack { comment: comment.to_owned() });
        Ok(vec![taken, super::at(now, What::Concluded { outcome: Outcome::Withdrawn })])
    }

    fn comment(&self, c: &Command, text: &str, now: DateTime<Utc>) -> Brought {
        if self.outcome.is_some() {
            return Err(self.nothing_open());
        }
        if c.actor != c.principal || !self.takes_part(&c.actor) {
            let message = format!("{} has no part in this document", c.actor);
            return Err(Refusal::new(RefusalCode::NotEligible, message));
        }
        self.limit("comments", self.used.comments, |l| l.comments)?;
        Ok(vec![by(now, By::oneself(&c.actor), What::Commented { text: text.to_owned() })])
    }

    fn ask(&self, c: &Command, id: &TaskId, question: &str, now: DateTime<Utc>) -> Brought {
        let who = self.acts_on(c, self.open_task(id)?, now)?;
        self.limit("questions", u32::try_from(self.questions.len()).unwrap_or(u32::MAX), |l| l.questions)?;
        Ok(vec![by(now, who, What::InfoRequested { task: id.clone(), question: question.to_owned() })])
    }

    fn answer(&self, c: &Command, question: &RequestId, text: &str, now: DateTime<Utc>) -> Brought {
        self.settled_down()?;
        let who = self.is_submitter(c)?;
        if !self.questions.iter().any(|q| q.id == *question && q.open) {
            let open: Vec<&str> = self.questions.iter().filter(|q| q.open).map(|q| q.id.as_str()).collect();
            let open = if open.is_empty() { "none does".to_owned() } else { open.join(", ") };
            let message = format!("{question} is not a question that waits for an answer; these do: {open}");
            return Err(Refusal::new(RefusalCode::QuestionUnknown, message));
        }
        Ok(vec![by(now, who, What::Answered { question: question.clone(), text: text.to_owned() })])
    }

    fn send_back(&self, c: &Command, id: &TaskId, comment: &str, now: DateTime<Utc>) -> Brought {
        let who = self.acts_on(c, self.open_task(id)?, now)?;
        self.limit("returns for changes", self.used.returns, |l| l.returns)?;
        Ok(vec![by(now, who, What::Returned { task: id.clone(), comment: comment.to_owned() })])
    }

    fn resubmit(&self, c: &Command, content: u32, hash: &str, comment: &str, now: DateTime<Utc>) -> Brought {
        if self.outcome.is_some() {
            return Err(self.nothing_open());
        }
        let who = self.is_submitter(c)?;
        if self.returned.is_none() {
            let message = "the document was not returned for changes; withdraw it to submit it anew";
            return Err(Refusal::new(RefusalCode::NotReturned, message));
        }
        let recompute = Recompute::Resubmit { content, payload_hash: hash.to_owned() };
        let changed = by(now, who, What::Resubmitted { content, comment: comment.to_owned() });
        let reason = "the submitter has changed it".to_owned();
        Ok(vec![changed, super::at(now, What::RecomputeAsked { recompute, reason })])
    }

    fn delegate(&self, c: &Command, id: &TaskId, to: &PersonId, comment: &str, now: DateTime<Utc>) -> Brought {
        let task = self.open_task(id)?;
        let who = self.acts_on(c, task, now)?;
        self.limit("interventions", self.used.interventions, |l| l.interventions)?;
        let invalid = |why: String| Err(Refusal::new(RefusalCode::DelegationInvalid, why));
        if task.eligible.contains(to) {
            return invalid(format!("{to} may decide {id} already"));
        }
        if who.everybody().any(|p| p == to) {
            return invalid(format!("{to} is part of the chain from {} to {} already", c.principal, c.actor));
        }
        let links = super::people::links(task, c.via.iter());
        if path(to, &c.actor, &links, usize::MAX).is_some() {
            return invalid(format!("{to} delegates to {} already: that would close a circle", c.actor));
        }
        let hops = path(&c.principal, &c.actor, &links, self.hops()).map_or(0, |way| way.len());
        if hops > self.hops() {
            return invalid(format!("the chain from {} would be longer than {} people", c.principal, self.hops()));
        }
        self.separated(task, std::slice::from_ref(to))?;
        let (task, to, comment) = (id.clone(), to.clone(), comment.to_owned());
        Ok(vec![by(now, who, What::Delegated { task, to, comment })])
    }

    fn reassign(
        &self,
        c: &Command,
        id: &TaskId,
        (from, to): (&PersonId, &PersonId),
        reason: &str,
        now: DateTime<Utc>,
    ) -> Brought {
        let task = self.open_task(id)?;
        self.administers(&c.actor)?;
        self.limit("interventions", self.used.interventions, |l| l.interventions)?;
        if *to == c.actor {
            let message = format!("{to} cannot give themselves a task; ask another administrator");
            return Err(Refusal::new(RefusalCode::SelfApproval, message));
        }
        if !task.eligible.contains(from) {
            return Err(Refusal::new(RefusalCode::NotEligible, format!("{from} is not asked for {id}")));
        }
        if task.eligible.contains(to) {
            return Err(Refusal::new(RefusalCode::DelegationInvalid, format!("{to} is asked for {id} already")));
        }
        if task.decisions.iter().any(|d| d.by.principal == *from) {
            let message = format!("{from} has decided {id}; reassign it from somebody who has not");
            return Err(Refusal::new(RefusalCode::AlreadyDecided, message));
        }
        self.separated(task, std::slice::from_ref(to))?;
        let what = What::Reassigned { task: id.clone(), from: from.clone(), to: to.clone(), reason: reason.to_owned() };
        let reassigned = by(now, By::oneself(&c.actor), what);
        let mut next = self.clone();
        next.apply(&reassigned);
        self.leaves_enough(&next, id)?;
        Ok(vec![reassigned])
    }

    fn escalate(&self, c: &Command, id: &TaskId, reason: &str, now: DateTime<Utc>) -> Brought {
        let task = self.open_task(id)?;
        let who = match self.administers(&c.actor) {
            Ok(()) => By::oneself(&c.actor),
            Err(_) => self.acts_on(c, task, now)?,
        };
        self.limit("interventions", self.used.interventions, |l| l.interventions)?;
        let step = task.task.escalations.get(usize::try_from(task.escalated).unwrap_or(usize::MAX));
        let Some(step) = step else {
            let message = format!("{id} has nobody left to ask; reassign it");
            return Err(Refusal::new(RefusalCode::NothingToEscalate, message));
        };
        let what = What::Escalated { task: id.clone(), to: step.to.clone(), reason: Some(reason.to_owned()) };
        Ok(vec![by(now, who, what)])
    }

    fn recompute_asked(&self, c: &Command, recompute: Recompute, reason: &str, now: DateTime<Utc>) -> Brought {
        self.limit("interventions", self.used.interventions, |l| l.interventions)?;
        let what = What::RecomputeAsked { recompute, reason: reason.to_owned() };
        Ok(vec![by(now, By::oneself(&c.actor), what)])
    }

    fn limit(&self, what: &str, used: u32, most: impl Fn(&Limits) -> u32) -> Result<(), Refusal> {
        let most = self.terms.as_ref().map_or_else(|| most(&Limits::default()), |t| most(&t.limits));
        if used < most {
            return Ok(());
        }
        let message = format!("this document has had {used} {what}, which is the most; decide it or take it back");
        Err(Refusal::new(RefusalCode::LimitExceeded, message))
    }
}

fn known<'a>(task: &'a TaskState, answer: &str) -> Result<&'a AllowedAnswer, Refusal> {
    allowed(&task.task.answers, answer).ok_or_else(|| {
        let known: Vec<&str> = task.task.answers.iter().map(|a| a.name.as_str()).collect();
        let answer: String = answer.chars().take(40).collect();
        let message = format!("{answer:?} is not an answer to {}; it knows {}", task.task.id, known.join(", "));
        Refusal::new(RefusalCode::AnswerNotAllowed, message)
    })
}
