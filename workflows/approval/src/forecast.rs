//! By when a plan would be through, if everybody took all their time: what people are told before anything is started.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use vextrus_domain::TaskId;

use crate::machine::after;
use crate::plan::Plan;

/// One task of a plan that has not been started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// The task.
    pub task: TaskId,
    /// The latest moment at which it would open.
    pub opens_by: DateTime<Utc>,
    /// The latest moment at which it would be decided, before anything is escalated.
    pub due_by: DateTime<Utc>,
}

/// The tasks of a plan with their latest moments, if it were started now.
#[must_use]
pub fn forecast(plan: &Plan, now: DateTime<Utc>) -> Vec<Expected> {
    let mut ends: BTreeMap<u32, DateTime<Utc>> = BTreeMap::new();
    let mut expected = Vec::new();
    for task in &plan.tasks {
        let opens_by = ends.range(..task.stage).next_back().map_or(now, |(_, end)| *end);
        let due_by = after(task.clock, plan.terms.hours.as_ref(), opens_by, task.within_seconds);
        let end = ends.entry(task.stage).or_insert(due_by);
        *end = due_by.max(*end);
        expected.push(Expected { task: task.id.clone(), opens_by, due_by });
    }
    expected
}
