//! From an input to events: plans, and the frame of every command.

use std::borrow::Cow;

use chrono::{DateTime, SubsecRound as _, Utc};
use vextrus_domain::{Refusal, RefusalCode};

use super::{Machine, TaskStatus, at};
use crate::command::{Action, Command, MAX_COMMENT};
use crate::event::{Event, Outcome, Recompute, What};
use crate::plan::Plan;

impl Machine {
    pub(super) fn open(&self, plan: &Plan, now: DateTime<Utc>) -> Result<Vec<Event>, Refusal> {
        let plan_hash = plan.hash().map_err(|e| Refusal::new(RefusalCode::Internal, e.to_string()))?;
        if plan.revision != self.revision + 1 {
            let message = format!("plan {} was given after plan {}", plan.revision, self.revision);
            return Err(Refusal::new(RefusalCode::StalePlan, message));
        }
        if self.outcome.is_some() {
            return Err(self.nothing_open());
        }
        let opened = at(now, What::PlanOpened { plan: Box::new(plan.clone()), plan_hash });
        let mut next = self.clone();
        next.apply(&opened);
        let mut events = vec![opened];
        events.extend(next.advance(now));
        Ok(events)
    }

    pub(super) fn reopen(&self, why: &str, now: DateTime<Utc>) -> Result<Vec<Event>, Refusal> {
        if self.outcome != Some(Outcome::Approved) {
            return Err(Refusal::new(
                RefusalCode::NotAssessed,
                "only what is approved can be computed again at its end",
            ));
        }
        let (recompute, reason) = (Recompute::Reassess, why.to_owned());
        Ok(vec![at(now, What::RecomputeAsked { recompute, reason })])
    }

    /// Opens the next stage when nothing is open, or concludes.
    pub(super) fn advance(&self, now: DateTime<Utc>) -> Vec<Event> {
        if self.open_tasks().next().is_some() {
            return Vec::new();
        }
        let waiting = || self.tasks.iter().filter(|t| t.status == TaskStatus::Waiting);
        match waiting().map(|t| t.stage).min() {
            Some(stage) => waiting()
                .filter(|t| t.stage == stage)
                .map(|t| at(now, What::TaskOpened { task: t.task.id.clone() }))
                .collect(),
            None => vec![at(now, What::Concluded { outcome: Outcome::Approved })],
        }
    }

    /// What a command leads to. A command counts from when it was given, so that one that waited for a worker is not late; what
    /// time had brought by then comes before it.
    pub(super) fn command(&self, command: &Command, now: DateTime<Utc>) -> Result<Vec<Event>, Refusal> {
        let digest = command.digest().map_err(|e| Refusal::new(RefusalCode::Internal, e.to_string()))?;
        if let Some(known) = self.requests.get(&command.request_id) {
            if *known == digest {
                return Ok(Vec::new());
            }
            let message = format!("request {} asked for something else; use a new id", command.request_id);
            return Err(Refusal::new(RefusalCode::RequestIdReused, message));
        }
        check_words(&command.action)?;
        let given = command.at.trunc_subsecs(6).min(now);
        let moment = self.last_at.map_or(given, |last| given.max(last));
        let mut events = self.tick(moment);
        let mut state = Cow::Borrowed(self);
        for event in &events {
            state.to_mut().apply(event);
        }
        let mut brought = state.act(command, &digest, moment)?;
        if let Some(first) = brought.first_mut() {
            first.request = Some((command.request_id.clone(), digest));
        }
        events.extend(brought);
        Ok(events)
    }
}

/// Words where they are needed, and not too many of them.
fn check_words(action: &Action) -> Result<(), Refusal> {
    let words = action.words();
    if words.len() > MAX_COMMENT {
        let message = format!("the text has {} bytes; the most is {MAX_COMMENT}", words.len());
        return Err(Refusal::new(RefusalCode::LimitExceeded, message));
    }
    // Some databases cannot store them, and a terminal would obey them.
    if let Some(control) = words.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        let message = format!("the text has the control character U+{:04X}; leave it out", u32::from(control));
        return Err(Refusal::new(RefusalCode::InvalidField, message));
    }
    let optional = matches!(
        action,
        Action::Decide { .. } | Action::Resubmit { .. } | Action::Withdraw { .. } | Action::Delegate { .. }
    );
    if !optional && words.trim().is_empty() {
        let message = format!("{} needs words: say what or why", action.name());
        return Err(Refusal::new(RefusalCode::ReasonRequired, message));
    }
    Ok(())
}
