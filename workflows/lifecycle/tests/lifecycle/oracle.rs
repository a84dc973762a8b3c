//! A second opinion on what the machine did, from its plans, its inputs and its events alone.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, SubsecRound as _, Utc};
use vextrus_domain::{PersonId, TaskId};
use vextrus_lifecycle::{Event, Fact, Head, Input, Performed, Plan, PlannedTask, PlannedUndo, Status, Verdict, Work};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stand {
    Waiting,
    Open,
    Running,
    Completed,
    Skipped,
    Lapsed,
    Dropped,
}

impl Stand {
    fn is_settled(self) -> bool {
        !matches!(self, Self::Waiting | Self::Open | Self::Running)
    }
}

/// A task, with what the events say of it.
#[derive(Debug)]
struct Live {
    plan: PlannedTask,
    stand: Stand,
    people: Vec<PersonId>,
    is_given: bool,
    attempt: u32,
    is_retried: bool,
    opened_at: DateTime<Utc>,
    due_at: DateTime<Utc>,
    is_escalated: bool,
    reminders: u32,
    /// By a system or a person, whatever came later.
    was_completed: bool,
    has_reference: bool,
    is_by_hand: bool,
    is_unclear: bool,
}

impl Live {
    fn new(plan: PlannedTask) -> Self {
        Self {
            stand: Stand::Waiting,
            people: plan.people.clone(),
            is_given: false,
            attempt: 0,
            is_retried: false,
            opened_at: DateTime::UNIX_EPOCH,
            due_at: DateTime::UNIX_EPOCH,
            is_escalated: false,
            reminders: 0,
            was_completed: false,
            has_reference: false,
            is_by_hand: false,
            is_unclear: false,
            plan,
        }
    }

    fn is_system(&self) -> bool {
        matches!(self.plan.work, Work::System(_))
    }

    /// Who undoes it, or would if no system could.
    fn undoers(&self) -> Vec<PersonId> {
        match &self.plan.undo {
            PlannedUndo::Person { people, .. } if !self.is_unclear => people.clone(),
            _ => self.people.clone(),
        }
    }

    /// What its undoing consists of.
    fn undoing(&self) -> Work {
        match &self.plan.undo {
            _ if self.is_unclear => Work::Person,
            PlannedUndo::System(_) if self.stand == Stand::Completed && self.is_by_hand => Work::Person,
            PlannedUndo::System(_) if !self.has_reference => Work::Person,
            PlannedUndo::System(operation) => Work::System(*operation),
            PlannedUndo::Person { .. } => Work::Person,
            PlannedUndo::Nothing => Work::Nothing,
        }
    }
}

/// Follows the tasks, and panics where a rule is broken.
#[derive(Debug, Default)]
pub(crate) struct Oracle {
    live: BTreeMap<TaskId, Live>,
    undone: BTreeSet<TaskId>,
    head: Option<Head>,
    told: Option<Input>,
    start: Option<NaiveDate>,
    manager: Option<PersonId>,
    is_extended: bool,
    /// What has changed and stands in no plan yet.
    pending: BTreeSet<Fact>,
    needs_extension: bool,
    /// What the plan that was just taken up asks for again.
    again: BTreeSet<TaskId>,
    stopped: Option<Status>,
    is_undoing: bool,
    pub(crate) ended: Option<Status>,
}

impl Oracle {
    /// Whether a plan is asked for.
    pub(crate) fn wants_plan(&self) -> bool {
        let changed = !self.pending.is_empty() || self.needs_extension;
        self.stopped.is_none() && self.ended.is_none() && (self.head.is_none() || changed)
    }

    /// An input that was accepted, with all that followed.
    pub(crate) fn see(&mut self, input: &Input, events: &[Event], at: DateTime<Utc>) {
        self.told = Some(input.clone());
        if let Input::Performed { task, attempt, result: Performed::Unclear } = input {
            let live = self.task(task);
            assert!(live.stand == Stand::Running && live.attempt == *attempt, "no such answer is awaited");
            live.is_unclear = true;
        }
        for event in events {
            assert_eq!(self.ended, None, "{event:?} after the end");
            self.happened(event, at);
        }
        assert!(!matches!(input, Input::Performed { .. }) || !events.is_empty(), "an answer of a system counts");
        let is_end = |event: &Event| matches!(event, Event::Completed { verdict: Some(Verdict::End), .. });
        assert!(!events.iter().any(is_end) || self.stopped == Some(Status::Withdrawn), "the employment goes on");
        assert!(self.again.is_empty(), "{:?} were to be done again", self.again);
    }

    fn task(&mut self, id: &TaskId) -> &mut Live {
        self.live.get_mut(id).unwrap_or_else(|| panic!("no task {id}"))
    }

    fn head(&self) -> &Head {
        self.head.as_ref().expect("a plan")
    }

    /// Whether the answer of the system that was just given is about this task, and which.
    fn answer(&self, id: &TaskId) -> Option<&Performed> {
        match &self.told {
            Some(Input::Performed { task, attempt, result }) if task == id && self.live[id].attempt == *attempt => {
                Some(result)
            }
            _ => None,
        }
    }

    fn is_ready(&self, id: &TaskId, at: DateTime<Utc>) -> bool {
        let live = &self.live[id];
        let free = live.plan.after.iter().all(|other| self.live[other].stand.is_settled());
        let goes_on = if self.stopped.is_some() { self.is_undoing } else { !self.wants_plan() };
        live.stand == Stand::Waiting && free && goes_on && live.plan.opens_at.is_none_or(|opens| opens <= at)
    }

    fn happened(&mut self, event: &Event, at: DateTime<Utc>) {
        match event {
            Event::Planned { revision, start_date, tasks, .. } => {
                let Some(Input::Plan(plan)) = self.told.clone() else { panic!("no plan was given") };
                let named: Vec<TaskId> = plan.tasks.iter().map(|t| t.id.clone()).collect();
                assert_eq!((plan.head.revision, plan.head.start_date, &named), (*revision, *start_date, tasks));
                self.planned(&plan);
            }
            Event::Opened { task, people, due_at } => {
                assert!(self.is_ready(task, at) && self.live[task].plan.work == Work::Person, "{event:?} too early");
                self.asks(task, people, *due_at, at);
            }
            Event::Started { task, attempt } => {
                let retried = self.live[task].is_retried && self.live[task].stand == Stand::Open;
                assert!(retried || self.is_ready(task, at), "{event:?} too early");
                let live = self.task(task);
                assert!(live.is_system() && *attempt == live.attempt + 1, "{event:?} after attempt {}", live.attempt);
                (live.stand, live.attempt, live.is_retried) = (Stand::Running, *attempt, false);
            }
            Event::HandedOver { task, people, due_at, .. } => {
                assert!(self.stopped.is_none() || self.undone.contains(task), "{task} is to be done after the stop");
                assert!(matches!(self.answer(task), Some(Performed::Impossible { .. } | Performed::Unclear)));
                assert_eq!(self.live[task].stand, Stand::Running);
                self.asks(task, people, *due_at, at);
            }
            Event::Completed { task, by, on_behalf_of, verdict, .. } => {
                self.completed(task, by.as_ref(), on_behalf_of.as_ref(), *verdict, at);
            }
            Event::Reminded { task, count } => self.reminded(task, *count, at),
            Event::Escalated { task, people, due_at } => {
                let renewed = self.head().deadline(at, self.live[task].plan.within_seconds);
                let live = self.task(task);
                assert!(live.stand == Stand::Open && !live.is_escalated && live.due_at <= at, "{event:?} too early");
                let all: BTreeSet<&PersonId> = live.people.iter().chain(&live.plan.escalate_to).collect();
                assert_eq!(people.iter().collect::<BTreeSet<_>>(), all);
                assert_eq!((people.len(), *due_at), (all.len(), renewed));
                (live.is_escalated, live.due_at, live.people) = (true, renewed, people.clone());
            }
            Event::Lapsed { task } => {
                let live = self.task(task);
                assert!(live.stand == Stand::Open && live.is_escalated && live.due_at <= at, "{event:?} too early");
                assert!(!live.plan.blocking, "{task} blocks and lapsed");
                live.stand = Stand::Lapsed;
            }
            _ => self.decided(event),
        }
    }

    /// What somebody decided, and what follows from it for all.
    fn decided(&mut self, event: &Event) {
        if let Event::Stopped { status, .. } = event {
            assert_eq!(self.stopped.replace(*status), None, "stopped twice");
            return;
        }
        if let Event::Dropped { .. } | Event::UndoBegan { .. } | Event::Ended { .. } = event {
            self.wound_up(event);
            return;
        }
        let Head { administrators, employee, .. } = self.head().clone();
        match event {
            Event::Skipped { task, by, .. } => {
                let live = self.task(task);
                assert!(live.plan.skippable && matches!(live.stand, Stand::Waiting | Stand::Open), "{event:?}");
                assert!(live.people.contains(by) || administrators.contains(by), "{by} skipped {task}");
                live.stand = Stand::Skipped;
            }
            Event::Reassigned { task, by, from, to, .. } => {
                let live = self.task(task);
                assert!(!live.stand.is_settled() && administrators.contains(by) && live.people == *from, "{event:?}");
                assert!(*to != employee || live.plan.of_employee, "{task} is not the employee's");
                (live.people, live.is_given) = (vec![to.clone()], true);
            }
            Event::Retried { task, by, .. } => {
                let live = self.task(task);
                assert!(live.people.contains(by) || administrators.contains(by), "{by} retried {task}");
                live.is_retried = true;
            }
            Event::Again { task } => {
                assert!(self.again.remove(task), "{task} is not touched");
                self.task(task).stand = Stand::Waiting;
            }
            Event::StartMoved { to, .. } => {
                self.start = Some(*to);
                self.pending.insert(Fact::StartDate);
            }
            Event::ManagerChanged { to, .. } => {
                self.manager = Some(to.clone());
                self.pending.insert(Fact::Manager);
            }
            Event::ProbationExtended { .. } => {
                assert!(!self.is_extended, "a probation is extended once");
                (self.is_extended, self.needs_extension) = (true, true);
            }
            other => panic!("{other:?} is another's"),
        }
    }

    /// How it comes to its end.
    fn wound_up(&mut self, event: &Event) {
        match event {
            Event::Dropped { task } => {
                let refused = !matches!(self.answer(task), None | Some(Performed::Done { .. }));
                assert!(self.stopped.is_some() && !self.is_undoing);
                let live = self.task(task);
                assert!(!live.stand.is_settled() && (live.stand != Stand::Running || refused), "{event:?} too early");
                live.stand = Stand::Dropped;
            }
            Event::UndoBegan { tasks } => self.undo_began(tasks),
            Event::Ended { status } => self.ended(*status),
            other => panic!("{other:?} is another's"),
        }
    }

    fn planned(&mut self, plan: &Plan) {
        assert!(self.wants_plan(), "no plan is awaited");
        for planned in &plan.tasks {
            let Some(live) = self.live.get_mut(&planned.id) else {
                self.live.insert(planned.id.clone(), Live::new(planned.clone()));
                continue;
            };
            live.plan = planned.clone();
            if !live.is_given {
                live.people.clone_from(&planned.people);
                let further = planned.escalate_to.iter().filter(|p| live.is_escalated && !planned.people.contains(p));
                live.people.extend(further.cloned());
            }
            if live.stand == Stand::Open && !live.is_escalated {
                let least = plan.head.deadline(live.opened_at, planned.within_seconds);
                live.due_at = planned.due_at.map_or(least, |due| due.max(least));
            }
        }
        let start = self.start.is_some_and(|start| start != plan.head.start_date).then_some(Fact::StartDate);
        let manager = self.manager.as_ref().is_some_and(|m| *m != plan.head.manager).then_some(Fact::Manager);
        let changed = std::mem::replace(&mut self.pending, start.into_iter().chain(manager).collect());
        let taken_up = &changed - &self.pending;
        let touched = |live: &&Live| live.plan.again_when.iter().any(|fact| taken_up.contains(fact));
        let done = self.live.values().filter(|live| live.stand == Stand::Completed);
        self.again = done.filter(touched).map(|live| live.plan.id.clone()).collect();
        self.needs_extension = self.is_extended && plan.head.extension_months > 0;
        self.head = Some(plan.head.clone());
    }

    /// A person is asked from now on.
    fn asks(&mut self, task: &TaskId, people: &[PersonId], due_at: DateTime<Utc>, at: DateTime<Utc>) {
        let least = self.head().deadline(at, self.live[task].plan.within_seconds);
        let live = self.task(task);
        assert_eq!(due_at, live.plan.due_at.map_or(least, |due| due.max(least)), "the time of {task}");
        assert!(live.people == people && !people.is_empty(), "{task} asks {people:?} instead of {:?}", live.people);
        (live.stand, live.opened_at, live.due_at) = (Stand::Open, at, due_at);
        (live.is_escalated, live.reminders) = (false, 0);
    }

    fn completed(
        &mut self,
        task: &TaskId,
        by: Option<&PersonId>,
        on_behalf_of: Option<&PersonId>,
        verdict: Option<Verdict>,
        at: DateTime<Utc>,
    ) {
        let employee = self.head().employee.clone();
        let is_done = matches!(self.answer(task), Some(Performed::Done { .. }));
        let is_ready = self.is_ready(task, at);
        let live = self.task(task);
        match by {
            Some(by) => {
                assert!(live.stand == Stand::Open && live.people.contains(by), "{by} completed {task}");
                let for_employee = live.plan.of_employee && *by != employee;
                assert_eq!(on_behalf_of, for_employee.then_some(&employee));
            }
            None if live.plan.work == Work::Nothing => assert!(is_ready, "{task} too early"),
            None => assert!(live.stand == Stand::Running && is_done, "{task} without its system"),
        }
        assert_eq!(verdict.is_some(), live.plan.review, "the verdict of {task}");
        if verdict == Some(Verdict::Extend) {
            live.stand = Stand::Waiting;
            return;
        }
        (live.stand, live.was_completed, live.is_unclear) = (Stand::Completed, true, false);
        live.is_by_hand = by.is_some() && live.is_system();
        live.has_reference |= is_done;
    }

    fn reminded(&mut self, task: &TaskId, count: u32, at: DateTime<Utc>) {
        let renewed = self.head().deadline(at, self.live[task].plan.within_seconds);
        let live = self.task(task);
        assert!(live.stand == Stand::Open && count == live.reminders + 1, "reminder {count} of {task}");
        if live.is_escalated {
            assert!(live.plan.blocking && live.due_at <= at, "{task} is reminded too early");
            live.due_at = renewed;
        } else {
            let percent = i32::from(live.plan.remind_at_percent[live.reminders as usize]);
            // All time of a process is kept in microseconds.
            let moment = (live.opened_at + (live.due_at - live.opened_at) * percent / 100).trunc_subsecs(6);
            assert!(moment <= at && moment < live.due_at, "{task} is reminded at {percent} percent, {at}");
        }
        live.reminders = count;
    }

    /// Exactly what was done, or may have been, is undone: each once, and after the undoing of all that rests on it.
    fn undo_began(&mut self, tasks: &[TaskId]) {
        assert!(self.stopped.is_some() && !self.is_undoing);
        assert!(self.live.values().all(|l| l.stand.is_settled()), "a system still runs");
        let named = |id: &TaskId| -> TaskId { format!("undo-{id}").parse().unwrap() };
        let due: BTreeSet<&TaskId> =
            self.live.iter().filter(|(_, l)| l.was_completed || l.is_unclear).map(|(id, _)| id).collect();
        let expected: BTreeSet<TaskId> = due.iter().map(|id| named(id)).collect();
        assert_eq!(tasks.iter().cloned().collect::<BTreeSet<_>>(), expected);
        assert_eq!(tasks.len(), expected.len(), "each once");
        let mut undoing = Vec::new();
        for id in &due {
            let rests_on_it = due.iter().filter(|other| self.rests_on(other, id));
            let live = &self.live[*id];
            let plan = PlannedTask {
                id: named(id),
                after: rests_on_it.map(|other| named(other)).collect(),
                work: live.undoing(),
                people: live.undoers(),
                of_employee: false,
                opens_at: None,
                due_at: None,
                within_seconds: 16 * 3600,
                remind_at_percent: vec![50],
                blocking: true,
                skippable: false,
                review: false,
                ..live.plan.clone()
            };
            undoing.push(Live::new(plan));
        }
        self.is_undoing = true;
        self.undone = expected;
        self.live.extend(undoing.into_iter().map(|l| (l.plan.id.clone(), l)));
    }

    /// Whether one task waits for another, directly or through others.
    fn rests_on(&self, task: &TaskId, other: &TaskId) -> bool {
        self.live[task].plan.after.iter().any(|before| before == other || self.rests_on(before, other))
    }

    fn ended(&mut self, status: Status) {
        assert!(self.live.values().all(|l| l.stand.is_settled()) && !self.wants_plan(), "ended too early");
        let left_out = self.live.values().any(|l| matches!(l.stand, Stand::Skipped | Stand::Lapsed));
        let mut blocking = self.live.values().filter(|l| l.plan.blocking);
        match self.stopped {
            Some(stopped) => {
                assert!(self.is_undoing && status == stopped);
                assert!(self.undone.iter().all(|id| self.live[id].stand == Stand::Completed), "not all is undone");
            }
            None => {
                assert!(blocking.all(|l| l.stand == Stand::Completed), "not all was done that blocks");
                assert_eq!(status, if left_out { Status::Partial } else { Status::Completed });
            }
        }
        self.ended = Some(status);
    }
}
