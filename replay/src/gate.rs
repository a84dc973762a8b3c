//! The gate: histories are replayed by the workflow code of this build, and what it does otherwise is found.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use temporalio_client::WorkflowHistory;
use temporalio_common::protos::coresdk::workflow_completion::WorkflowActivationCompletion;
use temporalio_common::protos::coresdk::workflow_completion::workflow_activation_completion::Status;
use temporalio_protos::temporal::api::enums::v1::EventType;
use temporalio_protos::temporal::api::history::v1::history_event::Attributes;
use temporalio_protos::temporal::api::history::v1::{History, WorkflowExecutionStartedEventAttributes};
use temporalio_sdk::interceptors::WorkerInterceptor;
use temporalio_sdk::workflow_replayer::{WorkflowReplayer, WorkflowReplayerOptions};

use crate::steps::{self, Difference, Step};

/// The queue that replayed code believes to run on.
const TASK_QUEUE: &str = "replay";

/// A history and what it is called.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// Its name: a file, or a workflow and its run.
    pub name: String,
    /// The history.
    pub history: History,
}

/// What became of a history.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// The code goes where the history went, and says the same.
    Replayed,
    /// The code goes where the history went and says something else: another input, another time. Running workflows go on.
    Changed(Difference),
    /// The code goes elsewhere: running workflows would stop.
    Diverged {
        /// Where, where it is known.
        at: Option<Difference>,
        /// What the SDK says.
        why: String,
    },
    /// It cannot be replayed by this build.
    NotReplayable(String),
}

/// A history that has been through the gate.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Its name.
    pub name: String,
    /// The type of its workflow.
    pub workflow_type: String,
    /// How many events it has.
    pub events: usize,
    /// What became of it.
    pub verdict: Verdict,
}

/// The gate cannot be passed at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GateError {
    /// The SDK's replayer failed as a whole.
    #[error("histories cannot be replayed: {0}")]
    Replayer(String),
    /// Its runtime cannot be made.
    #[error("histories cannot be replayed: {0}")]
    Runtime(#[from] std::io::Error),
}

fn started(history: &History) -> Option<&WorkflowExecutionStartedEventAttributes> {
    match history.events.first()?.attributes.as_ref()? {
        Attributes::WorkflowExecutionStartedEventAttributes(started) => Some(started),
        _ => None,
    }
}

/// The type of a history's workflow.
#[must_use]
pub fn workflow_type(history: &History) -> Option<&str> {
    started(history)?.workflow_type.as_ref().map(|t| t.name.as_str())
}

/// Replays histories on the calling thread, which must not be one of a runtime's. Takes memory for these histories and no others.
///
/// # Errors
/// [`GateError`].
pub fn replay(options: &WorkflowReplayerOptions, histories: Vec<Recorded>) -> Result<Vec<Outcome>, GateError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(replay_here(options, histories))
}

/// The run that a history is of: by it the SDK tells histories apart.
fn run_of(history: &History) -> &str {
    started(history).map_or("", |started| &started.original_execution_run_id)
}

async fn replay_here(options: &WorkflowReplayerOptions, histories: Vec<Recorded>) -> Result<Vec<Outcome>, GateError> {
    let known: Vec<String> = options.workflows().workflow_definitions().map(|d| d.workflow_type.clone()).collect();
    let mut outcomes = Vec::with_capacity(histories.len());
    // Histories of one run (the same file twice) cannot be replayed beside each other.
    let mut rounds: Vec<Vec<(usize, History)>> = Vec::new();
    for Recorded { name, history } in histories {
        let workflow_type = workflow_type(&history).unwrap_or_default().to_owned();
        let fault = unreplayable(&history, &workflow_type, &known);
        let verdict = fault.map_or(Verdict::Replayed, Verdict::NotReplayable);
        // What no worker has seen yet holds nothing that code could differ from, and the SDK takes no such history.
        let is_begun = history.events.iter().any(|e| e.event_type() == EventType::WorkflowTaskStarted);
        let is_replayed = verdict == Verdict::Replayed && is_begun;
        let place = outcomes.len();
        outcomes.push(Outcome { name, workflow_type, events: history.events.len(), verdict });
        if is_replayed {
            let is_free = |round: &Vec<(usize, History)>| round.iter().all(|(_, h)| run_of(h) != run_of(&history));
            match rounds.iter().position(is_free) {
                Some(round) => rounds[round].push((place, history)),
                None => rounds.push(vec![(place, history)]),
            }
        }
    }
    for round in rounds {
        for (place, verdict) in judged(options, round).await? {
            outcomes[place].verdict = verdict;
        }
    }
    Ok(outcomes)
}

async fn judged(
    options: &WorkflowReplayerOptions,
    histories: Vec<(usize, History)>,
) -> Result<Vec<(usize, Verdict)>, GateError> {
    let witness = Witness::default();
    let mut options = options.clone();
    TASK_QUEUE.clone_into(&mut options.task_queue);
    options.worker_interceptor(witness.clone());
    let replayer = WorkflowReplayer::new(options).map_err(|e| GateError::Replayer(e.to_string()))?;
    let given = histories.iter().map(|(_, history)| WorkflowHistory::from(history.clone()));
    let results = replayer.replay_workflows(given).await.map_err(|e| GateError::Replayer(e.to_string()))?;
    let judged = histories.into_iter().zip(results).map(|((place, history), result)| {
        let given = witness.given(run_of(&history));
        let recorded = steps::recorded(&history.events);
        let difference = steps::difference(&recorded, &given);
        let verdict = match (result.replay_failure, difference) {
            (Some(failure), at) => Verdict::Diverged { at, why: plain(&failure.to_string()) },
            (None, Some(difference)) => Verdict::Changed(difference),
            (None, None) => {
                steps::surplus(&history.events, &recorded, &given).map_or(Verdict::Replayed, Verdict::Changed)
            }
        };
        (place, verdict)
    });
    Ok(judged.collect())
}

/// Why a history cannot be replayed by this build. The SDK would fail as a whole.
fn unreplayable(history: &History, workflow_type: &str, known: &[String]) -> Option<String> {
    if workflow_type.is_empty() {
        return Some("its first event is no start of a workflow: it is cut, or of something else".to_owned());
    }
    if !known.iter().any(|k| k == workflow_type) {
        return Some(format!("this build has no workflow {workflow_type}"));
    }
    if let Some(gap) = history.events.windows(2).find(|two| two[1].event_id != two[0].event_id + 1) {
        return Some(format!("event {} is followed by event {}", gap[0].event_id, gap[1].event_id));
    }
    None
}

/// The SDK's own words, out of the failure in which it wraps them.
fn plain(failure: &str) -> String {
    let inner = failure.split_once("message: \"").and_then(|(_, rest)| rest.split_once("\", source: "));
    inner.map_or(failure, |(message, _)| message).to_owned()
}

/// Sees the commands that replayed code gives, by run.
#[derive(Clone, Default)]
struct Witness {
    given: Arc<Mutex<HashMap<String, Vec<Step>>>>,
}

impl Witness {
    fn given(&self, run: &str) -> Vec<Step> {
        self.given.lock().unwrap_or_else(PoisonError::into_inner).remove(run).unwrap_or_default()
    }
}

#[async_trait(?Send)]
impl WorkerInterceptor for Witness {
    async fn on_workflow_activation_completion(&self, completion: &WorkflowActivationCompletion) {
        if let Some(Status::Successful(success)) = &completion.status {
            let given = steps::given(&success.commands, TASK_QUEUE);
            let mut all = self.given.lock().unwrap_or_else(PoisonError::into_inner);
            all.entry(completion.run_id.clone()).or_default().extend(given);
        }
    }
}
