//! The state of one document's approval.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use vextrus_domain::{PersonId, Refusal, RefusalCode, RequestId, TaskId};

use crate::decision::{Decision, WITHDRAW};
use crate::events::{Command, Event, Outcome, Question};
use crate::plan::{AllowedAnswer, Plan, Task, TaskKind};

/// The most questions that may be put to a submitter.
pub const MAX_QUESTIONS: usize = 50;

/// A task with what has happened to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskState {
    /// The task.
    pub task: Task,
    /// The hash of the plan that holds it.
    pub plan_hash: String,
    /// When it opened; none while an earlier stage is undecided.
    pub opened_at: Option<DateTime<Utc>>,
    /// When its people were reminded.
    pub reminded_at: Option<DateTime<Utc>>,
    /// The decision, once there is one.
    pub decision: Option<Decision>,
}

impl TaskState {
    /// Whether it waits for an answer.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.opened_at.is_some() && self.decision.is_none()
    }

    /// When its time ends.
    #[must_use]
    pub fn due_at(&self) -> Option<DateTime<Utc>> {
        self.opened_at.map(|at| after(at, self.task.within_seconds))
    }

    fn next_moment(&self) -> Option<DateTime<Utc>> {
        match self.reminded_at {
            None => self.opened_at.map(|at| after(at, self.task.remind_after_seconds)),
            Some(_) => self.due_at(),
        }
    }
}

fn after(at: DateTime<Utc>, seconds: u64) -> DateTime<Utc> {
    i64::try_from(seconds)
        .ok()
        .and_then(TimeDelta::try_seconds)
        .and_then(|d| at.checked_add_signed(d))
        .unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// The approval of one submission of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    submitter: PersonId,
    tasks: Vec<TaskState>,
    questions: Vec<Question>,
    withdrawal: Option<Decision>,
    outcome: Option<Outcome>,
}

impl Machine {
    /// A document that has not been assessed.
    #[must_use]
    pub fn new(submitter: PersonId) -> Self {
        Self { submitter, tasks: Vec::new(), questions: Vec::new(), withdrawal: None, outcome: None }
    }

    /// What the command leads to, or why it is refused. Changes nothing.
    ///
    /// # Errors
    /// A typed refusal, in words for the person who asked.
    pub fn decide(&self, command: &Command, now: DateTime<Utc>) -> Result<Vec<Event>, Refusal> {
        match command {
            Command::Open(plan) => self.open(plan, now),
            Command::Decide(decision) => self.answer(decision, now),
            Command::RequestInfo { by, question } => self.ask(by, question, now),
            Command::Tick => Ok(self.tick(now)),
            Command::Void { request_id, refusal } => {
                Ok(vec![Event::DecisionVoided { request_id: request_id.clone(), refusal: refusal.clone() }])
            }
        }
    }

    /// Decides and applies in one step.
    ///
    /// # Errors
    /// As [`Self::decide`]; nothing has changed then.
    pub fn handle(&mut self, command: &Command, now: DateTime<Utc>) -> Result<Vec<Event>, Refusal> {
        let events = self.decide(command, now)?;
        for event in &events {
            self.apply(event);
        }
        Ok(events)
    }

    /// Takes an event into the state.
    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::PlanOpened { plan, plan_hash } => self.take_up(plan, plan_hash),
            Event::TaskOpened { task, at } => self.each(task, |t| t.opened_at = Some(*at)),
            Event::TaskDecided { decision, .. } => match &decision.task {
                Some(task) => self.each(task, |t| t.decision = Some(decision.clone())),
                None => self.withdrawal = Some(decision.clone()),
            },
            Event::InfoRequested(question) => self.questions.push(question.clone()),
            Event::Reminded { task, at } => self.each(task, |t| t.reminded_at = Some(*at)),
            Event::DecisionVoided { request_id, .. } => self.void(request_id),
            Event::Concluded { outcome, .. } => self.outcome = Some(outcome.clone()),
        }
    }

    /// How the approval ended, once it has.
    #[must_use]
    pub fn outcome(&self) -> Option<&Outcome> {
        self.outcome.as_ref()
    }

    /// The tasks, by stage.
    #[must_use]
    pub fn tasks(&self) -> &[TaskState] {
        &self.tasks
    }

    /// The questions put to the submitter.
    #[must_use]
    pub fn questions(&self) -> &[Question] {
        &self.questions
    }

    /// The tasks that wait for an answer.
    pub fn open_tasks(&self) -> impl Iterator<Item = &TaskState> {
        self.tasks.iter().filter(|t| t.is_open())
    }

    /// The next moment at which something is due.
    #[must_use]
    pub fn next_moment(&self) -> Option<DateTime<Utc>> {
        if self.outcome.is_some() { None } else { self.open_tasks().filter_map(TaskState::next_moment).min() }
    }

    /// The task that a decision without one means: the first open task that the person may decide, else the first open one.
    ///
    /// # Errors
    /// `NOT_ASSESSED` or `DOCUMENT_CLOSED` when nothing is open.
    pub fn current_task(&self, actor: &PersonId) -> Result<&TaskState, Refusal> {
        self.open_tasks()
            .find(|t| t.task.eligible.contains(actor))
            .or_else(|| self.open_tasks().next())
            .ok_or_else(|| self.nothing_open())
    }

    fn each(&mut self, id: &TaskId, change: impl Fn(&mut TaskState)) {
        self.tasks.iter_mut().filter(|t| t.task.id == *id).for_each(change);
    }

    fn take_up(&mut self, plan: &Plan, plan_hash: &str) {
        // A later plan follows everything that is decided already.
        let base = self.tasks.iter().map(|t| t.task.stage + 1).max().unwrap_or(0);
        self.tasks.extend(plan.tasks.iter().map(|task| TaskState {
            task: Task { stage: base + task.stage, ..task.clone() },
            plan_hash: plan_hash.to_owned(),
            opened_at: None,
            reminded_at: None,
            decision: None,
        }));
        self.outcome = None;
    }

    fn void(&mut self, request_id: &RequestId) {
        let named = |d: &Option<Decision>| d.as_ref().is_some_and(|d| d.request_id == *request_id);
        if named(&self.withdrawal) {
            self.withdrawal = None;
        }
        if let Some(stage) = self.tasks.iter().find(|t| named(&t.decision)).map(|t| t.task.stage) {
            for task in &mut self.tasks {
                if named(&task.decision) {
                    task.decision = None;
                } else if task.task.stage > stage {
                    // What came after rests on it.
                    (task.opened_at, task.reminded_at, task.decision) = (None, None, None);
                }
            }
        }
        self.outcome = self.standing_outcome();
    }

    /// What the decisions that stand amount to: one that ends the approval may stand beside one that was taken back.
    fn standing_outcome(&self) -> Option<Outcome> {
        if self.withdrawal.is_some() {
            return Some(Outcome::Withdrawn);
        }
        self.tasks.iter().find_map(|t| {
            let decision = t.decision.as_ref()?;
            let refuses = allowed(&t.task, &decision.answer).is_ok_and(|answer| !answer.proceeds);
            refuses.then(|| Outcome::Rejected { task: t.task.id.clone(), by: decision.actor.clone() })
        })
    }

    /// The last step wrote nothing, and another plan is to come: the document can be decided and withdrawn again.
    pub fn resume(&mut self) {
        self.outcome = self.standing_outcome();
    }

    fn nothing_open(&self) -> Refusal {
        if self.outcome.is_some() {
            Refusal::new(RefusalCode::DocumentClosed, "the approval has ended; nothing is open")
        } else {
            Refusal::new(RefusalCode::NotAssessed, "the document is being assessed; try again in a moment")
        }
    }

    fn open(&self, plan: &Plan, now: DateTime<Utc>) -> Result<Vec<Event>, Refusal> {
        let plan_hash = plan.hash().map_err(|e| Refusal::new(RefusalCode::Internal, e.to_string()))?;
        let mut events = vec![Event::PlanOpened { plan: plan.clone(), plan_hash }];
        let withdrawn = self.withdrawal.is_some();
        let mut next = self.clone();
        next.apply(&events[0]);
        if withdrawn {
            events.push(Event::Concluded {
                outcome: Outcome::Withdrawn,
                request_id: self.withdrawal.as_ref().map(|d| d.request_id.clone()),
            });
        } else {
            events.extend(next.advance(now, None));
        }
        Ok(events)
    }

    /// Opens the next stage when nothing is open, or concludes.
    fn advance(&self, now: DateTime<Utc>, last: Option<&RequestId>) -> Vec<Event> {
        if self.open_tasks().next().is_some() {
            return Vec::new();
        }
        match self.tasks.iter().filter(|t| t.decision.is_none()).map(|t| t.task.stage).min() {
            Some(stage) => self
                .tasks
                .iter()
                .filter(|t| t.task.stage == stage)
                .map(|t| Event::TaskOpened { task: t.task.id.clone(), at: now })
                .collect(),
            None => vec![Event::Concluded { outcome: Outcome::Approved, request_id: last.cloned() }],
        }
    }

    fn answer(&self, decision: &Decision, now: DateTime<Utc>) -> Result<Vec<Event>, Refusal> {
        let earlier = self.tasks.iter().filter_map(|t| t.decision.as_ref()).chain(&self.withdrawal);
        if let Some(known) = earlier.into_iter().find(|d| d.request_id == decision.request_id) {
            return if known == decision {
                Ok(Vec::new())
            } else {
                Err(Refusal::new(
                    RefusalCode::RequestIdReused,
                    format!("request {} decided something else", decision.request_id),
                ))
            };
        }
        match &decision.task {
            None => self.withdraw(decision, now),
            Some(task) => self.decide_task(task, decision, now),
        }
    }

    fn withdraw(&self, decision: &Decision, now: DateTime<Utc>) -> Result<Vec<Event>, Refusal> {
        if self.outcome.is_some() {
            return Err(self.nothing_open());
        }
        if decision.answer != WITHDRAW {
            return Err(Refusal::new(
                RefusalCode::AnswerNotAllowed,
                format!("{:?} needs a task; without one only {WITHDRAW} is known", decision.answer),
            ));
        }
        if decision.actor != self.submitter || decision.principal != self.submitter {
            return Err(Refusal::new(
                RefusalCode::NotSubmitter,
                format!("{} did not submit this document", decision.actor),
            ));
        }
        Ok(vec![
            Event::TaskDecided { decision: decision.clone(), answer: WITHDRAW.to_owned(), proceeds: false, at: now },
            Event::Concluded { outcome: Outcome::Withdrawn, request_id: Some(decision.request_id.clone()) },
        ])
    }

    fn decide_task(&self, id: &TaskId, decision: &Decision, now: DateTime<Utc>) -> Result<Vec<Event>, Refusal> {
        let state = self.check_task(id)?;
        self.check_person(state, &decision.actor)?;
        if decision.principal != decision.actor {
            self.check_person(state, &decision.principal)?;
        }
        if decision.plan_hash.as_deref() != Some(state.plan_hash.as_str()) {
            return Err(Refusal::new(
                RefusalCode::StalePlan,
                format!("the decision on {id} was made for another plan; read the document again"),
            ));
        }
        let answer = allowed(&state.task, &decision.answer)?;
        let decided = Event::TaskDecided {
            decision: decision.clone(),
            answer: answer.name.clone(),
            proceeds: answer.proceeds,
            at: now,
        };
        if !answer.proceeds {
            let outcome = Outcome::Rejected { task: id.clone(), by: decision.actor.clone() };
            return Ok(vec![decided, Event::Concluded { outcome, request_id: Some(decision.request_id.clone()) }]);
        }
        let mut next = self.clone();
        next.apply(&decided);
        let mut events = vec![decided];
        events.extend(next.advance(now, Some(&decision.request_id)));
        Ok(events)
    }

    fn check_task(&self, id: &TaskId) -> Result<&TaskState, Refusal> {
        if self.tasks.is_empty() {
            return Err(self.nothing_open());
        }
        let state = self.tasks.iter().find(|t| t.task.id == *id).ok_or_else(|| {
            let known: Vec<&str> = self.tasks.iter().map(|t| t.task.id.as_str()).collect();
            Refusal::new(
                RefusalCode::TaskUnknown,
                format!("{id} is not a task of this document; there are {}", known.join(", ")),
            )
        })?;
        if let Some(decided) = &state.decision {
            return Err(Refusal::new(RefusalCode::AlreadyDecided, format!("{id} was decided by {}", decided.actor)));
        }
        if self.outcome.is_some() {
            return Err(self.nothing_open());
        }
        if state.opened_at.is_none() {
            let open: Vec<&str> = self.open_tasks().map(|t| t.task.id.as_str()).collect();
            return Err(Refusal::new(RefusalCode::TaskNotOpen, format!("{id} waits for {}", open.join(", "))));
        }
        Ok(state)
    }

    fn check_person(&self, state: &TaskState, person: &PersonId) -> Result<(), Refusal> {
        if *person == self.submitter {
            return Err(Refusal::new(RefusalCode::SelfApproval, format!("{person} submitted this document")));
        }
        if !state.task.eligible.contains(person) {
            return Err(Refusal::new(
                RefusalCode::NotEligible,
                format!("{person} may not decide {} ({})", state.task.id, state.task.role),
            ));
        }
        let is_level = |t: &TaskState| t.task.kind == TaskKind::Level;
        let by_person = |d: &Decision| d.actor == *person || d.principal == *person;
        let earlier = self
            .tasks
            .iter()
            .find(|t| is_level(t) && t.task.id != state.task.id && t.decision.as_ref().is_some_and(by_person));
        match earlier {
            Some(other) if is_level(state) => Err(Refusal::new(
                RefusalCode::RepeatedApprover,
                format!("{person} decided {}; another person must decide {}", other.task.id, state.task.id),
            )),
            _ => Ok(()),
        }
    }

    fn ask(&self, by: &PersonId, question: &str, now: DateTime<Utc>) -> Result<Vec<Event>, Refusal> {
        let state = self.current_task(by)?;
        self.check_person(state, by)?;
        if self.questions.len() >= MAX_QUESTIONS {
            return Err(Refusal::new(
                RefusalCode::LimitExceeded,
                format!("{MAX_QUESTIONS} questions were asked; decide the task"),
            ));
        }
        Ok(vec![Event::InfoRequested(Question {
            task: state.task.id.clone(),
            by: by.clone(),
            question: question.to_owned(),
            at: now,
        })])
    }

    fn tick(&self, now: DateTime<Utc>) -> Vec<Event> {
        if self.outcome.is_some() {
            return Vec::new();
        }
        if let Some(late) = self.open_tasks().find(|t| t.due_at().is_some_and(|due| due <= now)) {
            return vec![Event::Concluded {
                outcome: Outcome::Expired { task: late.task.id.clone() },
                request_id: None,
            }];
        }
        self.open_tasks()
            .filter(|t| t.reminded_at.is_none() && t.next_moment().is_some_and(|moment| moment <= now))
            .map(|t| Event::Reminded { task: t.task.id.clone(), at: now })
            .collect()
    }
}

fn allowed<'a>(task: &'a Task, answer: &str) -> Result<&'a AllowedAnswer, Refusal> {
    crate::plan::allowed(&task.answers, answer).ok_or_else(|| {
        let known: Vec<&str> = task.answers.iter().map(|a| a.name.as_str()).collect();
        let answer: String = answer.chars().take(40).collect();
        Refusal::new(
            RefusalCode::AnswerNotAllowed,
            format!("{answer:?} is not an answer to {}; it knows {}", task.id, known.join(", ")),
        )
    })
}
