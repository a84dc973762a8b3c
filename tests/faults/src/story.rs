//! How a document is brought through its steps while workers come and go.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use futures::StreamExt as _;
use temporalio_client::WorkflowFetchHistoryOptions;
use temporalio_protos::temporal::api::history::v1::history_event::Attributes;
use tokio::sync::{Semaphore, SemaphorePermit};
use tonic::Code;
use vextrus_contract::document::FinalStatus;
use vextrus_domain::DocumentType;
use vextrus_replay::local::Local;
use vextrus_starter_cli::client::{new_request_id, task_of};
use vextrus_tests_e2e::{World, invoice};

use crate::books::Ending;

/// How long one decision may be repeated. A workflow task that died with its worker comes back after ten seconds.
const DECIDED_WITHIN: Duration = Duration::from_secs(60);

static SLOTS: Semaphore = Semaphore::const_new(2);

/// A place among the scenarios that may run at once.
///
/// # Errors
/// None: the places are never closed.
pub async fn slot() -> anyhow::Result<SemaphorePermit<'static>> {
    Ok(SLOTS.acquire().await?)
}

/// One person's answer to one task.
#[derive(Debug, Clone, Copy)]
pub struct Answer {
    /// The task.
    pub task: &'static str,
    /// Who answers.
    pub person: &'static str,
    /// What.
    pub answer: &'static str,
}

/// What people answer, in order, to a document of two levels.
#[derive(Debug, Clone, Copy)]
pub struct Story {
    /// The answers.
    pub answers: &'static [Answer],
    /// How it ends.
    pub ending: Ending,
}

impl Story {
    /// Both levels approve.
    pub const APPROVED: Self = Self {
        answers: &[
            Answer { task: "level-1", person: "rahim", answer: "approve" },
            Answer { task: "level-2", person: "karim", answer: "approve" },
        ],
        ending: Ending::Approved,
    };
    /// The first level rejects.
    pub const REJECTED: Self =
        Self { answers: &[Answer { task: "level-1", person: "rahim", answer: "reject" }], ending: Ending::Rejected };

    /// The story in which a document goes through a step, and after how many of its answers it does.
    ///
    /// # Errors
    /// An unknown step.
    pub fn through(step: &str) -> anyhow::Result<(Self, usize)> {
        Ok(match step {
            "assess" => (Self::APPROVED, 0),
            "record" => (Self::APPROVED, 1),
            "settle" => (Self::APPROVED, 2),
            "close" => (Self::REJECTED, 1),
            other => anyhow::bail!("no such step: {other}"),
        })
    }

    /// Submits a document; its subtotal is above one level's limit and below two levels'.
    ///
    /// # Errors
    /// The facade's.
    pub async fn submit(world: &World, number: &str, subtotal: u32) -> anyhow::Result<String> {
        world.submit(&invoice("padma-builders", number, &subtotal.to_string())).await
    }

    /// Waits until the task is open, and answers it; while no worker is there to take the answer, again with the same
    /// request id, as a client must.
    ///
    /// # Errors
    /// The facade's refusal.
    pub async fn tell(world: &World, id: &str, answer: &Answer) -> anyhow::Result<()> {
        let Answer { task, person, answer } = *answer;
        let mut client = world.person(person).await?;
        let name = task_of(client.name(DocumentType::Invoice, id), Some(task));
        world
            .until(&format!("{task} of {id} is open for {person}"), async || {
                Ok(client.inbox().await?.iter().any(|t| t.name == name))
            })
            .await?;
        let request = new_request_id();
        let words = if answer == "reject" { "it will not do" } else { "" };
        let told = async {
            loop {
                match client.decide(id, Some(task), answer, words, request.clone()).await {
                    Ok(_) => return Ok(()),
                    Err(e) if matches!(e.code(), Code::Unavailable | Code::Cancelled | Code::DeadlineExceeded) => {}
                    Err(other) => return Err(other),
                }
            }
        };
        let told = tokio::time::timeout(DECIDED_WITHIN, told).await;
        Ok(told.with_context(|| format!("{person} could not answer {task}"))??)
    }

    /// Waits for the document's end, and that it is the story's.
    ///
    /// # Errors
    /// Another end, or none in time.
    pub async fn ends(&self, world: &World, id: &str) -> anyhow::Result<()> {
        let result = world.result(id).await?;
        let expected = match self.ending {
            Ending::Approved => FinalStatus::Approved,
            Ending::Rejected => FinalStatus::Rejected,
            Ending::Withdrawn => FinalStatus::Withdrawn,
        };
        ensure!(result.status == expected, "the document ended as {result:?}, not {expected:?}");
        Ok(())
    }

    /// How often the server was told that this step was carried out for the document.
    ///
    /// # Errors
    /// The server's.
    pub async fn completed(world: &World, id: &str, step: &str) -> anyhow::Result<usize> {
        let handle = world.handle(id).await?;
        let mut events = handle.fetch_history(WorkflowFetchHistoryOptions::builder().build());
        let (mut scheduled, mut completed) = (Vec::new(), 0);
        while let Some(event) = events.next().await {
            let event = event.map_err(|e| anyhow::anyhow!("{e:?}"))?;
            if Local::ended(&event).is_some_and(|local| local.activity == step && local.result.is_some()) {
                completed += 1;
            }
            match &event.attributes {
                Some(Attributes::ActivityTaskScheduledEventAttributes(a))
                    if a.activity_type.as_ref().is_some_and(|t| t.name == step) =>
                {
                    scheduled.push(event.event_id);
                }
                Some(Attributes::ActivityTaskCompletedEventAttributes(a))
                    if scheduled.contains(&a.scheduled_event_id) =>
                {
                    completed += 1;
                }
                _ => {}
            }
        }
        Ok(completed)
    }
}
