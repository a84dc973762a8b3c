//! What a workflow tells the server to do: as a history has it, and as replayed code gives it. The SDK compares the kinds of the two;
//! here what they say is compared too, and the event is named.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;

use serde_json::{Map, Value, json};
use temporalio_common::protos::coresdk::workflow_commands::workflow_command::Variant;
use temporalio_common::protos::coresdk::workflow_commands::{ScheduleActivity, WorkflowCommand};
use temporalio_protos::temporal::api::common::v1::{Payload, Payloads};
use temporalio_protos::temporal::api::enums::v1::EventType;
use temporalio_protos::temporal::api::history::v1::history_event::Attributes;
use temporalio_protos::temporal::api::history::v1::{ActivityTaskScheduledEventAttributes, HistoryEvent};
use temporalio_protos::temporal::api::sdk::v1::UserMetadata;

use crate::local::Local;

/// The marker by which the SDK keeps that a patch was there.
const PATCH_MARKER: &str = "core_patch";
/// The search attribute that the SDK itself sets for a patch.
const PATCH_ATTRIBUTE: &str = "TemporalChangeVersion";

/// In place of a payload that cannot be read here, such as one that is encrypted: what it holds is not compared.
const UNREADABLE: &str = "\u{2026}";

/// One thing that a workflow told the server.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The event that it became; none for what code gives.
    pub event: Option<i64>,
    /// What sort it is of.
    pub kind: &'static str,
    /// What it is about: the type of an activity, the id of a patch.
    pub subject: String,
    /// What else it says; null is what it leaves to the server.
    pub says: Map<String, Value>,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kind)?;
        if !self.subject.is_empty() {
            write!(f, " {}", self.subject)?;
        }
        match self.says.get("summary").and_then(Value::as_str) {
            Some(summary) => write!(f, " ({summary})"),
            None => Ok(()),
        }
    }
}

/// Where code goes elsewhere than the history did.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// The event of the history.
    pub event: i64,
    /// What the history says there.
    pub recorded: String,
    /// What the code gave in its place.
    pub given: String,
    /// What of it differs, where only that does.
    pub what: Option<String>,
}

impl Step {
    fn new(kind: &'static str, subject: impl Into<String>, says: Value) -> Self {
        let says = if let Value::Object(says) = says { says } else { Map::new() };
        Self { event: None, kind, subject: subject.into(), says }
    }

    fn with_summary(mut self, metadata: Option<&UserMetadata>) -> Self {
        if let Some(summary) = metadata.and_then(|m| m.summary.as_ref()) {
            self.says.insert("summary".to_owned(), value(summary));
        }
        self
    }
}

/// What a history's workflow told the server, in order.
#[must_use]
pub fn recorded(events: &[HistoryEvent]) -> Vec<Step> {
    events.iter().filter_map(of_event).collect()
}

fn of_event(event: &HistoryEvent) -> Option<Step> {
    use Attributes as A;
    let step = match event.attributes.as_ref()? {
        A::ActivityTaskScheduledEventAttributes(a) => scheduled(a),
        A::ActivityTaskCancelRequestedEventAttributes(_) => Step::new("CancelActivity", "", json!({})),
        A::TimerStartedEventAttributes(a) => Step::new(
            "StartTimer",
            "",
            json!({"millis": millis(a.start_to_fire_timeout.as_ref().map(|t| (t.seconds, t.nanos)))}),
        ),
        A::TimerCanceledEventAttributes(_) => Step::new("CancelTimer", "", json!({})),
        A::UpsertWorkflowSearchAttributesEventAttributes(a) => {
            let fields = a.search_attributes.as_ref().map(|s| &s.indexed_fields)?;
            if fields.keys().all(|name| name == PATCH_ATTRIBUTE) {
                return None;
            }
            Step::new("UpsertSearchAttributes", "", attributes(fields))
        }
        A::WorkflowPropertiesModifiedEventAttributes(a) => {
            Step::new("ModifyProperties", "", attributes(&a.upserted_memo.as_ref()?.fields))
        }
        A::MarkerRecordedEventAttributes(a) if a.marker_name == PATCH_MARKER => {
            let data = a.details.values().flat_map(|p| &p.payloads).map(value);
            let id = data.filter_map(|d| d.get("id").and_then(Value::as_str).map(str::to_owned)).next();
            Step::new("Patch", id.unwrap_or_default(), json!({}))
        }
        A::MarkerRecordedEventAttributes(_) => {
            let local = Local::ended(event)?;
            Step::new("LocalActivity", local.activity, json!({"input": list(local.input)}))
        }
        A::WorkflowExecutionCompletedEventAttributes(a) => {
            Step::new("Complete", "", json!({"result": values(a.result.as_ref())}))
        }
        A::WorkflowExecutionFailedEventAttributes(a) => {
            let message = a.failure.as_ref().map(|f| f.message.clone());
            Step::new("Fail", "", json!({"message": message}))
        }
        A::WorkflowExecutionCanceledEventAttributes(_) => Step::new("Cancel", "", json!({})),
        A::WorkflowExecutionContinuedAsNewEventAttributes(a) => {
            let name = a.workflow_type.as_ref().map(|t| t.name.clone()).unwrap_or_default();
            Step::new("ContinueAsNew", name, json!({"input": values(a.input.as_ref())}))
        }
        A::StartChildWorkflowExecutionInitiatedEventAttributes(a) => {
            let name = a.workflow_type.as_ref().map(|t| t.name.clone()).unwrap_or_default();
            Step::new("StartChild", name, json!({"input": values(a.input.as_ref()), "id": &a.workflow_id}))
        }
        A::SignalExternalWorkflowExecutionInitiatedEventAttributes(a) => {
            Step::new("SignalExternal", a.signal_name.clone(), json!({"input": values(a.input.as_ref())}))
        }
        A::RequestCancelExternalWorkflowExecutionInitiatedEventAttributes(_) => {
            Step::new("CancelExternal", "", json!({}))
        }
        _ => return None,
    };
    // The server repeats there what the timer said.
    let metadata = event.user_metadata.as_ref().filter(|_| step.kind != "CancelTimer");
    Some(Step { event: Some(event.event_id), ..step.with_summary(metadata) })
}

fn scheduled(a: &ActivityTaskScheduledEventAttributes) -> Step {
    let name = a.activity_type.as_ref().map(|t| t.name.clone()).unwrap_or_default();
    let retry = a.retry_policy.as_ref();
    let says = json!({
        "input": values(a.input.as_ref()),
        "task_queue": a.task_queue.as_ref().map(|q| &q.name),
        "start_to_close_millis": millis(a.start_to_close_timeout.as_ref().map(|t| (t.seconds, t.nanos))),
        "attempts": retry.map(|r| r.maximum_attempts),
    });
    Step::new("ScheduleActivity", name, says)
}

/// What code told the server in one go. What it begins and takes back at once never reaches the server.
#[must_use]
pub fn given(commands: &[WorkflowCommand], task_queue: &str) -> Vec<Step> {
    let mut begun: HashMap<(bool, u32), usize> = HashMap::new();
    let mut undone: HashSet<usize> = HashSet::new();
    for (place, command) in commands.iter().enumerate() {
        let (key, is_begin) = match command.variant.as_ref() {
            Some(Variant::StartTimer(t)) => ((true, t.seq), true),
            Some(Variant::CancelTimer(t)) => ((true, t.seq), false),
            Some(Variant::ScheduleActivity(a)) => ((false, a.seq), true),
            Some(Variant::RequestCancelActivity(a)) => ((false, a.seq), false),
            _ => continue,
        };
        if is_begin {
            begun.insert(key, place);
        } else if let Some(begin) = begun.get(&key) {
            undone.extend([*begin, place]);
        }
    }
    let left = commands.iter().enumerate().filter(|(place, _)| !undone.contains(place));
    left.filter_map(|(_, command)| of_command(command, task_queue)).collect()
}

fn of_command(command: &WorkflowCommand, task_queue: &str) -> Option<Step> {
    let step = match command.variant.as_ref()? {
        Variant::ScheduleActivity(a) => schedule(a, task_queue),
        Variant::RequestCancelActivity(_) => Step::new("CancelActivity", "", json!({})),
        Variant::ScheduleLocalActivity(a) => {
            Step::new("LocalActivity", a.activity_type.clone(), json!({"input": list(&a.arguments)}))
        }
        Variant::StartTimer(t) => Step::new(
            "StartTimer",
            "",
            json!({"millis": millis(t.start_to_fire_timeout.as_ref().map(|t| (t.seconds, t.nanos)))}),
        ),
        Variant::CancelTimer(_) => Step::new("CancelTimer", "", json!({})),
        Variant::UpsertWorkflowSearchAttributes(a) => {
            Step::new("UpsertSearchAttributes", "", attributes(&a.search_attributes.as_ref()?.indexed_fields))
        }
        Variant::ModifyWorkflowProperties(m) => {
            Step::new("ModifyProperties", "", attributes(&m.upserted_memo.as_ref()?.fields))
        }
        Variant::SetPatchMarker(p) => Step::new("Patch", p.patch_id.clone(), json!({})),
        Variant::CompleteWorkflowExecution(c) => {
            let result = Value::Array(c.result.iter().map(value).collect());
            Step::new("Complete", "", json!({"result": result}))
        }
        Variant::FailWorkflowExecution(f) => {
            let message = f.failure.as_ref().map(|f| f.message.clone());
            Step::new("Fail", "", json!({"message": message}))
        }
        Variant::CancelWorkflowExecution(_) => Step::new("Cancel", "", json!({})),
        Variant::ContinueAsNewWorkflowExecution(c) => {
            Step::new("ContinueAsNew", c.workflow_type.clone(), json!({"input": list(&c.arguments)}))
        }
        Variant::StartChildWorkflowExecution(c) => {
            Step::new("StartChild", c.workflow_type.clone(), json!({"input": list(&c.input), "id": &c.workflow_id}))
        }
        Variant::SignalExternalWorkflowExecution(s) => {
            Step::new("SignalExternal", s.signal_name.clone(), json!({"input": list(&s.args)}))
        }
        Variant::RequestCancelExternalWorkflowExecution(_) => Step::new("CancelExternal", "", json!({})),
        _ => return None,
    };
    Some(step.with_summary(command.user_metadata.as_ref()))
}

fn schedule(a: &ScheduleActivity, task_queue: &str) -> Step {
    // The replayer's own queue is where the workflow's was: nothing to compare.
    let queue = Some(&a.task_queue).filter(|q| !q.is_empty() && *q != task_queue);
    let says = json!({
        "input": list(&a.arguments),
        "task_queue": queue,
        "start_to_close_millis": millis(a.start_to_close_timeout.as_ref().map(|t| (t.seconds, t.nanos))),
        "attempts": a.retry_policy.as_ref().map(|r| r.maximum_attempts),
    });
    Step::new("ScheduleActivity", a.activity_type.clone(), says)
}

fn millis(time: Option<(i64, i32)>) -> Value {
    time.map_or(Value::Null, |(seconds, nanos)| json!(seconds * 1000 + i64::from(nanos) / 1_000_000))
}

/// What a payload holds.
fn value(payload: &Payload) -> Value {
    let is_json = payload.metadata.get("encoding").is_some_and(|e| e == b"json/plain");
    let json = is_json.then(|| serde_json::from_slice(&payload.data).ok()).flatten();
    json.unwrap_or_else(|| Value::from(UNREADABLE))
}

fn list(payloads: &[Payload]) -> Value {
    Value::Array(payloads.iter().map(value).collect())
}

fn values(payloads: Option<&Payloads>) -> Value {
    list(payloads.map_or(&[], |p| &p.payloads))
}

fn attributes<S>(fields: &HashMap<String, Payload, S>) -> Value {
    let fields: BTreeMap<&String, Value> = fields.iter().map(|(name, payload)| (name, value(payload))).collect();
    json!({"set": fields})
}

/// The first step in which code goes elsewhere.
#[must_use]
pub fn difference(recorded: &[Step], given: &[Step]) -> Option<Difference> {
    recorded.iter().enumerate().find_map(|(place, recorded)| {
        let event = recorded.event.unwrap_or_default();
        let Some(given) = given.get(place) else {
            let given = "nothing".to_owned();
            return Some(Difference { event, recorded: recorded.to_string(), given, what: None });
        };
        let differ = |what| Difference { event, recorded: recorded.to_string(), given: given.to_string(), what };
        if (recorded.kind, &recorded.subject) != (given.kind, &given.subject) {
            return Some(differ(None));
        }
        let what = recorded.says.iter().filter(|(_, was)| !was.is_null()).find_map(|(name, was)| {
            let is = given.says.get(name).unwrap_or(&Value::Null);
            // What code leaves to the server, the server has filled in.
            if is.is_null() && name != "summary" {
                return None;
            }
            // Attributes are all that is shown; of what else is said, code may say more than it did.
            let same_names = recorded.kind != "UpsertSearchAttributes"
                || was.as_object().map(Map::len) == is.as_object().map(Map::len);
            if same_names { differs(name, was, is) } else { Some(format!("{name} was {was}, is {is}")) }
        });
        what.map(|what| differ(Some(what)))
    })
}

/// What code gives beyond a history whose latest task was completed: the code that completed it gave no more. The SDK goes on, and gives it
/// with the next task. Where a task is under way, more is to be expected.
#[must_use]
pub fn surplus(events: &[HistoryEvent], recorded: &[Step], given: &[Step]) -> Option<Difference> {
    let latest = events.iter().rev().find_map(|event| match event.event_type() {
        // Of what is only scheduled, no code has seen anything.
        EventType::WorkflowTaskCompleted => Some(true),
        EventType::WorkflowTaskStarted | EventType::WorkflowTaskFailed | EventType::WorkflowTaskTimedOut => Some(false),
        _ => None,
    });
    let more = given.get(recorded.len()).filter(|_| latest == Some(true))?;
    let event = events.last().map_or(0, |event| event.event_id);
    let what = Some("it is given with the next task".to_owned());
    Some(Difference { event, recorded: "nothing more".to_owned(), given: more.to_string(), what })
}

/// The first place in which what was said is not said any more. A field that was added since is no difference.
fn differs(path: &str, was: &Value, is: &Value) -> Option<String> {
    match (was, is) {
        (Value::String(text), _) | (_, Value::String(text)) if text == UNREADABLE => None,
        (Value::Object(was), Value::Object(is)) => was
            .iter()
            .find_map(|(name, was)| differs(&format!("{path}.{name}"), was, is.get(name).unwrap_or(&Value::Null))),
        (Value::Array(was), Value::Array(is)) if was.len() == is.len() => {
            was.iter().zip(is).enumerate().find_map(|(n, (was, is))| differs(&format!("{path}[{n}]"), was, is))
        }
        (was, is) if was == is => None,
        (was, is) => Some(format!("{path} was {was}, is {is}")),
    }
}
