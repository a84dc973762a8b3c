//! Which ways of a workflow a history goes, and which ways there are: each alternative of what a shell waits for, each message, each
//! command, each state of a machine.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;
use temporalio_common::data_converters::DataConverter;
use temporalio_protos::temporal::api::common::v1::{Payload, Payloads};
use temporalio_protos::temporal::api::history::v1::history_event::Attributes as A;
use temporalio_protos::temporal::api::history::v1::{History, HistoryEvent};
use temporalio_protos::temporal::api::update::v1::outcome::Value as Outcome;
use vextrus_replay::local::Local;
use vextrus_replay::steps;

use crate::machines;

/// The ways of one history.
///
/// # Errors
/// A payload that today's types do not read.
pub fn ways(history: &History) -> anyhow::Result<BTreeSet<String>> {
    let mut course = Course { ways: machines::states(history)?, ..Course::default() };
    for event in &history.events {
        course.step(event);
        course.message(event);
        course.state(event);
    }
    Ok(course.ways)
}

/// What has been met of a history so far.
#[derive(Default)]
struct Course {
    scheduled: HashMap<i64, String>,
    timers: HashMap<i64, String>,
    is_answered: bool,
    is_cancelled: bool,
    ways: BTreeSet<String>,
}

impl Course {
    fn add(&mut self, way: String) {
        self.ways.insert(way);
    }

    /// What activities and timers have come to.
    fn step(&mut self, event: &HistoryEvent) {
        if let Some(local) = Local::ended(event) {
            let answer = local.result.map(|result| variant(&json(result)));
            self.is_answered |= answer.is_some();
            self.add(match answer {
                Some(answer) => format!("{}: {answer}", local.activity),
                None => format!("{}: is left to the server", local.activity),
            });
        }
        let step = |course: &Self, scheduled: i64| course.scheduled.get(&scheduled).cloned().unwrap_or_default();
        let timer = |course: &Self, started: i64| course.timers.get(&started).cloned().unwrap_or_default();
        match event.attributes.as_ref() {
            Some(A::ActivityTaskScheduledEventAttributes(a)) => {
                let name = a.activity_type.as_ref().map(|t| t.name.clone()).unwrap_or_default();
                self.scheduled.insert(event.event_id, name);
            }
            Some(A::ActivityTaskCompletedEventAttributes(a)) => {
                self.is_answered = true;
                let answer = variant(&first(a.result.as_ref()));
                self.add(format!("{}: {answer}", step(self, a.scheduled_event_id)));
            }
            Some(A::ActivityTaskFailedEventAttributes(a)) => {
                self.add(format!("{}: fails", step(self, a.scheduled_event_id)));
            }
            Some(A::ActivityTaskTimedOutEventAttributes(a)) => {
                self.add(format!("{}: times out", step(self, a.scheduled_event_id)));
            }
            Some(A::TimerStartedEventAttributes(_)) => {
                let summary = event.user_metadata.as_ref().and_then(|m| m.summary.as_ref()).map(json);
                let summary = summary.and_then(|s| s.as_str().map(str::to_owned)).unwrap_or_default();
                self.timers.insert(event.event_id, summary);
            }
            Some(A::TimerFiredEventAttributes(a)) => {
                self.add(format!("timer fires: {}", timer(self, a.started_event_id)));
            }
            Some(A::TimerCanceledEventAttributes(a)) if self.is_cancelled => {
                self.add(format!("timer is cancelled: {}", timer(self, a.started_event_id)));
            }
            Some(A::TimerCanceledEventAttributes(_)) => self.add("timer is moved forward".to_owned()),
            _ => {}
        }
    }

    /// What it was told.
    fn message(&mut self, event: &HistoryEvent) {
        match event.attributes.as_ref() {
            Some(A::WorkflowExecutionSignaledEventAttributes(a)) => {
                if !self.is_answered {
                    self.add("signal comes early".to_owned());
                }
                self.add(format!("signal: {}", a.signal_name));
            }
            Some(A::WorkflowExecutionUpdateAcceptedEventAttributes(a)) => {
                let input = a.accepted_request.as_ref().and_then(|r| r.input.as_ref());
                if let Some(action) = input.and_then(|i| action(&first(i.args.as_ref()))) {
                    self.add(format!("command: {action}"));
                }
                self.add(format!("update: {}", input.map(|i| i.name.as_str()).unwrap_or_default()));
            }
            Some(A::WorkflowExecutionUpdateCompletedEventAttributes(a)) => {
                self.add(format!("answer: {}", answer(a.outcome.as_ref().and_then(|o| o.value.as_ref()))));
            }
            Some(A::WorkflowExecutionCancelRequestedEventAttributes(_)) => {
                self.is_cancelled = true;
                self.add("cancel is asked".to_owned());
            }
            _ => {}
        }
    }

    /// Where it has stood, how it began and how it ended.
    fn state(&mut self, event: &HistoryEvent) {
        match event.attributes.as_ref() {
            Some(A::WorkflowExecutionStartedEventAttributes(a)) if !a.continued_execution_run_id.is_empty() => {
                self.add("begins: goes on".to_owned());
            }
            Some(A::UpsertWorkflowSearchAttributesEventAttributes(a)) => {
                let status = a.search_attributes.as_ref().and_then(|s| s.indexed_fields.get("VextrusStatus"));
                if let Some(status) = status.map(json).as_ref().and_then(Value::as_str) {
                    self.add(format!("status: {status}"));
                }
            }
            Some(A::WorkflowExecutionCompletedEventAttributes(a)) => {
                let result = first(a.result.as_ref());
                let status = result.get("status").and_then(Value::as_str).unwrap_or("completed");
                self.add(format!("ends: {status}"));
            }
            Some(A::WorkflowExecutionFailedEventAttributes(_)) => self.add("ends: failure".to_owned()),
            Some(A::WorkflowExecutionCanceledEventAttributes(_)) => self.add("ends: as cancelled".to_owned()),
            Some(A::WorkflowExecutionContinuedAsNewEventAttributes(_)) => self.add("ends: goes on".to_owned()),
            _ => {}
        }
    }
}

/// Which step follows which, so that an order of steps that no other history has is kept too.
#[must_use]
pub fn turns(history: &History) -> BTreeSet<String> {
    let steps = steps::recorded(&history.events);
    let name = |step: &steps::Step| format!("{} {}", step.kind, step.subject);
    steps.windows(2).map(|two| format!("{} > {}", name(&two[0]), name(&two[1]))).collect()
}

pub(crate) fn json(payload: &Payload) -> Value {
    serde_json::from_slice(&payload.data).unwrap_or_default()
}

pub(crate) fn first(payloads: Option<&Payloads>) -> Value {
    payloads.and_then(|p| p.payloads.first()).map(json).unwrap_or_default()
}

fn answer(outcome: Option<&Outcome>) -> String {
    match outcome {
        Some(Outcome::Success(payloads)) => variant(&first(Some(payloads))),
        _ => "failure".to_owned(),
    }
}

/// The name of an enum's variant, as serde writes it.
pub(crate) fn variant(value: &Value) -> String {
    match value {
        Value::String(name) => name.clone(),
        Value::Object(fields) => fields.keys().next().cloned().unwrap_or_default(),
        _ => String::new(),
    }
}

/// The name of the action of a command, wherever it stands in it.
fn action(value: &Value) -> Option<String> {
    match value {
        Value::Object(fields) => match fields.get("action") {
            Some(Value::String(name)) => Some(name.clone()),
            _ => fields.values().find_map(action),
        },
        _ => None,
    }
}

/// A way that there is, and the workflows of which one must go it at least.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// The workflows that share the code.
    pub workflows: Vec<String>,
    /// The way.
    pub way: String,
}

const DOCUMENTS: [&str; 2] = ["InvoiceApproval", "PurchaseOrderApproval"];
const PROCESSES: [&str; 2] = ["EmployeeOnboarding", "EmployeeOffboarding"];
const ROUND: &str = "LedgerReconciliation";
const GATE: &str = "RolloutGate";

/// The ways of the shell of documents, which both types share.
const OF_DOCUMENTS: [&str; 35] = [
    "timer is moved forward",
    "signal comes early",
    "assess: assessed",
    "assess: refused",
    "assess: fails",
    "assess: is left to the server",
    "record: recorded",
    "record: refused",
    "record: fails",
    "settle: settled",
    "settle: reassess",
    "settle: not_approved",
    "settle: refused",
    "settle: fails",
    "close: closed",
    "close: already_settled",
    "close: not_ended",
    "close: refused",
    "close: fails",
    "timer fires: next reminder or deadline",
    "timer is cancelled: next reminder or deadline",
    "timer fires: before closing is tried again",
    "cancel is asked",
    "begins: goes on",
    "ends: goes on",
    "answer: accepted",
    "answer: refused",
    "status: waiting",
    "status: returned",
    "status: approved",
    "status: rejected",
    "status: expired",
    "status: withdrawn",
    "status: cancelled",
    "status: failed",
];

const OF_PROCESSES: [&str; 26] = [
    "timer is moved forward",
    "plan: planned",
    "plan: not_yet",
    "plan: refused",
    "plan: fails",
    "progress: recorded",
    "progress: elsewhere",
    "progress: refused",
    "progress: fails",
    "perform: performed",
    "perform: refused",
    "perform: fails",
    "perform: times out",
    "timer fires: next reminder or deadline",
    "cancel is asked",
    "begins: goes on",
    "ends: goes on",
    "answer: accepted",
    "answer: refused",
    "ends: completed",
    "ends: partial",
    "ends: withdrawn",
    "ends: failed",
    "ends: as cancelled",
    "status: running",
    "status: undoing",
];

/// Every way that there is: of each type its messages and how it ends, of those that share their code what the code waits for.
///
/// # Errors
/// Two workflow types of one name.
pub fn all() -> anyhow::Result<Vec<Way>> {
    let mut ways = Vec::new();
    let mut add = |workflows: &[&str], names: &[&str], prefix: &str| {
        let workflows: Vec<String> = workflows.iter().map(|&w| w.to_owned()).collect();
        ways.extend(names.iter().map(|name| Way { workflows: workflows.clone(), way: format!("{prefix}{name}") }));
    };
    let workflows = vextrus_replay::workflows(DataConverter::default())?.workflows();
    for definition in workflows.workflow_definitions() {
        let name = definition.workflow_type.as_str();
        let signals: Vec<&str> = definition.signals.iter().map(String::as_str).collect();
        let updates: Vec<&str> = definition.updates.iter().map(|u| u.name.as_str()).collect();
        add(&[name], &signals, "signal: ");
        add(&[name], &updates, "update: ");
    }
    add(&DOCUMENTS, &OF_DOCUMENTS, "");
    add(&DOCUMENTS, &machines::OF_APPROVALS, "");
    add(&DOCUMENTS, &vextrus_approval::Action::NAMES, "command: ");
    for one in DOCUMENTS {
        add(&[one], &["settle: settled", "close: closed", "ends: goes on", "ends: as cancelled"], "");
    }
    add(&PROCESSES, &OF_PROCESSES, "");
    add(&PROCESSES, &machines::OF_LIVES, "");
    add(&PROCESSES, &vextrus_lifecycle::Action::NAMES, "command: ");
    for one in PROCESSES {
        add(&[one], &["ends: completed", "ends: goes on", "ends: as cancelled"], "");
    }
    add(&[ROUND], &["ends: completed", "ends: goes on", "ends: failure", "begins: goes on"], "");
    add(&[GATE], &["ends: completed", "ends: failure"], "");
    Ok(ways)
}

/// Which ways no history goes, with the workflows that could.
///
/// # Errors
/// As [`all`].
pub fn missing<'a>(histories: impl IntoIterator<Item = (&'a str, &'a History)>) -> anyhow::Result<Vec<Way>> {
    let mut gone: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (workflow, history) in histories {
        gone.entry(workflow).or_default().extend(ways(history)?);
    }
    let goes = |workflow: &String, way: &str| gone.get(workflow.as_str()).is_some_and(|ways| ways.contains(way));
    let mut missing = all()?;
    missing.retain(|way| !way.workflows.iter().any(|w| goes(w, &way.way)));
    Ok(missing)
}
