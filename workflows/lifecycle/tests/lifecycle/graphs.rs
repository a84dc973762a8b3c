//! Processes of any shape.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use proptest::prelude::*;
use vextrus_domain::calendar::dhaka_date;
use vextrus_lifecycle::{Changes, DAY_MILLIS, Fact, Head, Operation, Plan, PlannedTask, PlannedUndo, Process, Work};

use crate::common::{Case, date, dhaka, id, ids, onboarding, task};

/// One task; what it waits for comes before it.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    after: BTreeSet<usize>,
    work: Work,
    undo: PlannedUndo,
    /// Whether it blocks, and whether it may be skipped.
    how: (bool, bool),
    review: bool,
    owner: &'static str,
    opens: Option<i64>,
    due: Option<i64>,
    within_hours: u64,
    remind_at_percent: Vec<u8>,
    again_when: Vec<Fact>,
}

/// A graph of tasks that is planned for any start and manager.
#[derive(Debug, Clone)]
pub(crate) struct Graph {
    nodes: Vec<Node>,
    backwards: bool,
    day_millis: u64,
    extension_months: u32,
    calendar: Case,
}

pub(crate) fn began() -> DateTime<Utc> {
    dhaka("2026-11-15 10:00")
}

pub(crate) fn first_start() -> NaiveDate {
    date("2026-12-06")
}

fn undo() -> impl Strategy<Value = PlannedUndo> {
    let person =
        PlannedUndo::Person { name: "Take it back".to_owned(), owner: "it".to_owned(), people: ids("iris ivan") };
    prop_oneof![
        1 => Just(PlannedUndo::Nothing),
        3 => Just(PlannedUndo::System(Operation::RevokeBadge)),
        2 => Just(person)
    ]
}

fn node(index: usize) -> impl Strategy<Value = Node> {
    // A few of what comes before it, so that there are long ways as well as wide ones.
    let after = prop::collection::btree_set(0..index.max(1), 0..=index.min(3));
    let work = prop_oneof![
        5 => Just(Work::Person),
        5 => Just(Work::System(Operation::IssueBadge)),
        1 => Just(Work::Nothing)
    ];
    let how = prop_oneof![4 => Just((true, false)), 1 => Just((false, false)), 2 => Just((false, true))];
    let owner = prop_oneof![Just("manager"), Just("employee"), Just("it"), Just("hr")];
    let days = |weight| prop::option::weighted(weight, -25..30_i64);
    let percents = prop::collection::btree_set(1..=99_u8, 0..3).prop_map(|set| set.into_iter().collect());
    let facts = prop_oneof![3 => Just(vec![]), 2 => Just(vec![Fact::StartDate]), 1 => Just(vec![Fact::Manager, Fact::StartDate])];
    let times = (days(0.3), days(0.6), 1..40_u64, percents);
    (after, work, undo(), how, prop::bool::weighted(0.25), owner, times, facts).prop_map(
        move |(after, work, undo, how, review, owner, (opens, due, within_hours, remind_at_percent), again_when)| {
            Node {
                after: if index == 0 { BTreeSet::new() } else { after },
                review: review && work == Work::Person,
                work,
                undo,
                how,
                owner,
                opens,
                due,
                within_hours,
                remind_at_percent,
                again_when,
            }
        },
    )
}

pub(crate) fn graph() -> impl Strategy<Value = Graph> {
    let nodes = (1..=20_usize).prop_flat_map(|count| (0..count).map(node).collect::<Vec<_>>());
    let millis = prop_oneof![3 => Just(DAY_MILLIS), 1 => Just(1_000_u64)];
    (nodes, any::<bool>(), millis, 0..=3_u32).prop_map(|(nodes, backwards, day_millis, extension_months)| Graph {
        nodes,
        backwards,
        day_millis,
        extension_months,
        calendar: Case::new(),
    })
}

impl Graph {
    pub(crate) fn day(&self) -> TimeDelta {
        TimeDelta::milliseconds(i64::try_from(self.day_millis).unwrap())
    }

    /// The plan for what was changed.
    pub(crate) fn plan(&self, revision: u32, changes: &Changes) -> Plan {
        let start = changes.start_date.unwrap_or_else(first_start);
        let manager = changes.manager.clone().unwrap_or_else(|| id("karim"));
        let mut head = self.calendar.plan(&onboarding(&task("one", "hr", ""))).head;
        head = Head {
            process: Process::Onboarding,
            revision,
            start_date: start,
            manager: manager.clone(),
            day_millis: self.day_millis,
            extension_months: if changes.extended { 0 } else { self.extension_months },
            ..head
        };
        let days = start.signed_duration_since(dhaka_date(began())).num_days();
        let moment = |offset: i64| began() + self.day() * i32::try_from(days + offset).unwrap();
        let named = |index: usize| format!("t{index}").parse().unwrap();
        let mut tasks: Vec<PlannedTask> = Vec::new();
        for (index, node) in self.nodes.iter().enumerate() {
            let people = match node.owner {
                "manager" => vec![manager.clone()],
                "employee" => ids("emp ada hana omar"),
                "it" => ids("iris ivan"),
                _ => ids("hana"),
            };
            tasks.push(PlannedTask {
                takes_back: None,
                id: named(index),
                name: format!("Task {index}"),
                owner: node.owner.to_owned(),
                escalate_to: ids("ada dipa omar"),
                of_employee: node.owner == "employee",
                people,
                work: node.work,
                after: node.after.iter().copied().map(named).collect(),
                opens_at: node.opens.map(moment),
                due_at: node.due.map(moment),
                within_seconds: node.within_hours * 3600,
                remind_at_percent: node.remind_at_percent.clone(),
                blocking: node.how.0,
                skippable: node.how.1,
                again_when: node.again_when.clone(),
                review: node.review,
                undo: node.undo.clone(),
                undoes: None,
                reference: None,
            });
        }
        if self.backwards {
            tasks.reverse();
        }
        Plan { head, tasks }
    }
}
