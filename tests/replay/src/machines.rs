//! The states of the machines that a history goes through: what the steps of a workflow have confirmed, told to the machine once more.

use std::collections::{BTreeSet, HashMap};

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use temporalio_protos::temporal::api::history::v1::History;
use temporalio_protos::temporal::api::history::v1::history_event::Attributes as A;
use vextrus_approval::{Input, Machine, What};
use vextrus_contract::document::DocumentStart;
use vextrus_contract::employees::{KnownResult, PlanOutput, ProcessEntry, ProcessStart, ProgressInput, ProgressOutput};
use vextrus_contract::steps::{
    AssessOutput, CloseInput, CloseOutput, Entry, RecordInput, RecordOutput, RefusedCommand, SettleInput, SettleOutput,
};
use vextrus_domain::RequestId;
use vextrus_lifecycle as lifecycle;
use vextrus_replay::local::Local;

use crate::coverage::{first, json, variant};

/// What becomes of an approval and of its tasks.
pub(crate) const OF_APPROVALS: [&str; 28] = [
    "task is waiting",
    "task is open",
    "task is decided",
    "task is dropped",
    "task is superseded",
    "event: plan_opened",
    "event: task_opened",
    "event: decided",
    "event: info_requested",
    "event: answered",
    "event: question_lapsed",
    "event: returned",
    "event: resubmitted",
    "event: taken_back",
    "event: delegated",
    "event: reassigned",
    "event: commented",
    "event: reminded",
    "event: escalated",
    "event: recompute_asked",
    "event: concluded",
    "recompute: reassess",
    "recompute: replan",
    "recompute: resubmit",
    "outcome: approved",
    "outcome: rejected",
    "outcome: withdrawn",
    "outcome: expired",
];

/// What becomes of a process and of its tasks.
pub(crate) const OF_LIVES: [&str; 36] = [
    "task is waiting",
    "task is open",
    "task is running",
    "task is done",
    "task is skipped",
    "task is lapsed",
    "task is dropped",
    "phase: planning",
    "phase: preparation",
    "phase: settling_in",
    "phase: probation",
    "phase: stopping",
    "phase: undoing",
    "phase: ended",
    "performed: done",
    "performed: impossible",
    "performed: unclear",
    "event: planned",
    "event: opened",
    "event: started",
    "event: completed",
    "event: handed_over",
    "event: skipped",
    "event: lapsed",
    "event: reminded",
    "event: escalated",
    "event: reassigned",
    "event: retried",
    "event: again",
    "event: start_moved",
    "event: manager_changed",
    "event: probation_extended",
    "event: stopped",
    "event: dropped",
    "event: undo_began",
    "event: ended",
];

/// The states that the machine of this history goes through; none, where its workflow has no machine.
///
/// # Errors
/// A payload that the steps' types do not read.
pub(crate) fn states(history: &History) -> anyhow::Result<BTreeSet<String>> {
    let start = history.events.first().and_then(|event| match event.attributes.as_ref() {
        Some(A::WorkflowExecutionStartedEventAttributes(a)) => Some(a),
        _ => None,
    });
    let Some(start) = start else { return Ok(BTreeSet::new()) };
    let input = first(start.input.as_ref());
    match start.workflow_type.as_ref().map(|t| t.name.as_str()).unwrap_or_default() {
        "InvoiceApproval" | "PurchaseOrderApproval" => {
            let start: DocumentStart = read(&input)?;
            let machine = start.carried.map_or_else(|| Machine::new(start.submitter), |carried| carried.machine);
            let mut approval = Approval { machine, states: BTreeSet::new() };
            for step in steps(history) {
                approval.step(&step)?;
            }
            Ok(approval.states)
        }
        "EmployeeOnboarding" | "EmployeeOffboarding" => {
            let start: ProcessStart = read(&input)?;
            let machine = start.carried.map_or_else(lifecycle::Machine::new, |carried| carried.machine);
            let mut life = Life { machine, states: BTreeSet::new() };
            life.look();
            for step in steps(history) {
                life.step(&step)?;
            }
            Ok(life.states)
        }
        _ => Ok(BTreeSet::new()),
    }
}

fn read<T: DeserializeOwned>(value: &Value) -> anyhow::Result<T> {
    serde_json::from_value(value.clone()).with_context(|| value.to_string())
}

/// A step that was answered.
struct Step {
    name: String,
    input: Value,
    result: Value,
}

fn steps(history: &History) -> Vec<Step> {
    let (mut scheduled, mut steps) = (HashMap::new(), Vec::new());
    for event in &history.events {
        if let Some(Local { activity: name, input, result: Some(result) }) = Local::ended(event) {
            steps.push(Step { name, input: input.first().map(json).unwrap_or_default(), result: json(result) });
        }
        match event.attributes.as_ref() {
            Some(A::ActivityTaskScheduledEventAttributes(a)) => {
                let name = a.activity_type.as_ref().map(|t| t.name.clone()).unwrap_or_default();
                scheduled.insert(event.event_id, (name, first(a.input.as_ref())));
            }
            Some(A::ActivityTaskCompletedEventAttributes(a)) => {
                let result = first(a.result.as_ref());
                let step = scheduled.remove(&a.scheduled_event_id);
                steps.extend(step.map(|(name, input)| Step { name, input, result }));
            }
            _ => {}
        }
    }
    steps
}

fn is_refused(request: &RequestId, refused: &[RefusedCommand]) -> bool {
    refused.iter().any(|r| &r.request_id == request)
}

struct Approval {
    machine: Machine,
    states: BTreeSet<String>,
}

impl Approval {
    fn step(&mut self, step: &Step) -> anyhow::Result<()> {
        match step.name.as_str() {
            "assess" => {
                if let AssessOutput::Assessed(assessed) = read(&step.result)? {
                    self.take(&Input::Open { plan: Box::new(assessed.plan) }, assessed.at)?;
                }
            }
            "record" => {
                let input: RecordInput = read(&step.input)?;
                if let RecordOutput::Recorded { refused } = read(&step.result)? {
                    self.entries(input.entries, &refused)?;
                }
            }
            "settle" => {
                let input: SettleInput = read(&step.input)?;
                let at = input.at;
                match read(&step.result)? {
                    SettleOutput::Settled(_) => self.entries(input.entries, &[])?,
                    SettleOutput::Reassess { why } => {
                        self.entries(input.entries, &[])?;
                        self.take(&Input::Reopen { why }, at)?;
                    }
                    SettleOutput::NotApproved { refused } => self.entries(input.entries, &refused)?,
                    SettleOutput::Refused(_) => {}
                }
            }
            "close" => {
                let input: CloseInput = read(&step.input)?;
                match read(&step.result)? {
                    CloseOutput::Closed => self.entries(input.entries, &[])?,
                    CloseOutput::NotEnded { refused } => self.entries(input.entries, &refused)?,
                    CloseOutput::AlreadySettled(_) | CloseOutput::Refused(_) => {}
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn entries(&mut self, entries: Vec<Entry>, refused: &[RefusedCommand]) -> anyhow::Result<()> {
        for entry in entries {
            match entry {
                Entry::Command { signed, .. } if is_refused(&signed.command.request_id, refused) => {}
                Entry::Command { at, signed } => {
                    self.take(&Input::Command { command: Box::new(signed.command) }, at)?;
                }
                Entry::Tick { at } => self.take(&Input::Tick, at)?,
                Entry::Refused { .. } => {}
            }
        }
        Ok(())
    }

    fn take(&mut self, input: &Input, at: DateTime<Utc>) -> anyhow::Result<()> {
        // What the workflow could not take up either changes nothing.
        for event in self.machine.decide(input, at).unwrap_or_default() {
            self.machine.apply(&event);
            self.states.insert(format!("event: {}", name(&event.what, "event")?));
            self.states.extend(self.machine.tasks().iter().map(|t| format!("task is {}", t.status.name())));
            let what = match &event.what {
                What::RecomputeAsked { recompute, .. } => format!("recompute: {}", name(recompute, "cause")?),
                What::Concluded { outcome } => format!("outcome: {}", name(outcome, "kind")?),
                _ => continue,
            };
            self.states.insert(what);
        }
        Ok(())
    }
}

/// The name of a variant, which serde keeps in this field.
fn name(value: &impl Serialize, field: &str) -> anyhow::Result<String> {
    let value = serde_json::to_value(value)?;
    Ok(value[field].as_str().map_or_else(|| variant(&value), str::to_owned))
}

struct Life {
    machine: lifecycle::Machine,
    states: BTreeSet<String>,
}

impl Life {
    fn step(&mut self, step: &Step) -> anyhow::Result<()> {
        match step.name.as_str() {
            "plan" => match read(&step.result)? {
                PlanOutput::Planned { at, plan, .. } => self.take(&lifecycle::Input::Plan(plan), at)?,
                PlanOutput::NotYet(_) | PlanOutput::Refused(_) => {}
            },
            "progress" => {
                let input: ProgressInput = read(&step.input)?;
                match read(&step.result)? {
                    ProgressOutput::Recorded { refused, known } => {
                        for entry in input.entries {
                            self.entry(entry, &refused, &known)?;
                        }
                    }
                    ProgressOutput::Elsewhere { machine, .. } => {
                        self.machine = *machine;
                        self.look();
                    }
                    ProgressOutput::Refused(_) => {}
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn entry(&mut self, entry: ProcessEntry, refused: &[RefusedCommand], known: &[KnownResult]) -> anyhow::Result<()> {
        match entry {
            ProcessEntry::Command { signed, .. } if is_refused(&signed.command.request_id, refused) => Ok(()),
            ProcessEntry::Command { at, signed } => self.take(&lifecycle::Input::Command(Box::new(signed.command)), at),
            ProcessEntry::Performed { at, task, attempt, result } => {
                let better = known.iter().find(|k| k.task == task && k.attempt == attempt);
                let result = better.map_or(result, |k| k.result.clone());
                self.states.insert(format!("performed: {}", name(&result, "result")?));
                self.take(&lifecycle::Input::Performed { task, attempt, result }, at)
            }
            ProcessEntry::Stop { at, status, why } => self.take(&lifecycle::Input::Stop { status, why }, at),
            ProcessEntry::Tick { at } => self.take(&lifecycle::Input::Tick, at),
            ProcessEntry::Refused { .. } => Ok(()),
        }
    }

    fn take(&mut self, input: &lifecycle::Input, at: DateTime<Utc>) -> anyhow::Result<()> {
        for event in self.machine.handle(input, at).unwrap_or_default() {
            self.states.insert(format!("event: {}", name(&event, "event")?));
        }
        self.look();
        Ok(())
    }

    fn look(&mut self) {
        self.states.insert(format!("phase: {}", self.machine.phase()));
        self.states.extend(self.machine.tasks().iter().map(|t| format!("task is {}", t.status.name())));
    }
}
