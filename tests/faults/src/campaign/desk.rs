//! People who bring a document to its end, and do not give up: what is not answered is sent again under the same request id.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use tonic::{Code, Status};
use vextrus_domain::{DocumentType, Invoice as Bill};
use vextrus_proto::approval::v1::act_request::Action;
use vextrus_proto::approval::v1::{DocumentState, Withdraw};
use vextrus_proto::invoice::v1::Invoice;
use vextrus_starter_cli::client::{Client, new_request_id, task_of};
use vextrus_starter_cli::json;

use super::Rig;
use crate::books::Ending;

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(240);
/// How long one thing may go without an answer.
const ANSWERED_WITHIN: Duration = Duration::from_secs(120);
const AGAIN: Duration = Duration::from_millis(100);

/// The people of the campaign.
#[derive(Debug, Clone)]
pub struct Desk {
    submitter: Client,
    first: Client,
    second: Client,
}

impl Desk {
    /// The people of a fleet.
    ///
    /// # Errors
    /// A facade that does not answer.
    pub async fn of(rig: &Rig) -> anyhow::Result<Self> {
        Ok(Self {
            submitter: rig.person("nasrin").await?,
            first: rig.person("rahim").await?,
            second: rig.person("karim").await?,
        })
    }

    /// Brings an invoice to this end; answers its id.
    ///
    /// # Errors
    /// A refusal, or no end in time.
    pub async fn bring(&self, invoice: &Bill, ending: Ending) -> anyhow::Result<String> {
        let mut people = self.clone();
        let number = invoice.number.clone();
        tokio::time::timeout(PATIENCE, people.through(invoice, ending))
            .await
            .with_context(|| format!("{number} has not come to its end {ending:?} in time"))?
            .with_context(|| format!("{number}, to be {ending:?}"))
    }

    async fn through(&mut self, invoice: &Bill, ending: Ending) -> anyhow::Result<String> {
        let request = new_request_id();
        let content = json::content(invoice);
        let submitter = &self.submitter;
        // Two at once under the same id, as an impatient client sends.
        let (one, other) = tokio::try_join!(
            persist(submitter, async |c| c.submit(content.clone(), request.clone()).await),
            persist(submitter, async |c| c.submit(content.clone(), request.clone()).await),
        )?;
        ensure!(one.0.name == other.0.name, "one request led to {} and {}", one.0.name, other.0.name);
        let id = json::last(&one.0.name).to_owned();
        match ending {
            Ending::Approved => {
                self.decide(&id, "level-1", "approve").await?;
                self.decide(&id, "level-2", "approve").await?;
            }
            Ending::Rejected => self.decide(&id, "level-1", "reject").await?,
            Ending::Withdrawn => {
                self.until_open(&id, "level-1").await?;
                let name = self.submitter.name(DocumentType::Invoice, &id);
                let request = new_request_id();
                persist(&self.submitter, async |c| {
                    let withdraw = Action::Withdraw(Withdraw { comment: "sent twice".to_owned() });
                    c.act(name.clone(), withdraw, request.clone()).await
                })
                .await?;
            }
        }
        loop {
            let shown = persist(&self.submitter, async |c| c.get(&id).await).await?;
            if has_ended(&shown) {
                return Ok(id);
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    fn of_task(&self, task: &str) -> &Client {
        if task == "level-1" { &self.first } else { &self.second }
    }

    async fn until_open(&self, id: &str, task: &str) -> anyhow::Result<()> {
        let client = self.of_task(task);
        let name = task_of(client.name(DocumentType::Invoice, id), Some(task));
        loop {
            let inbox = persist(client, async |c| c.inbox().await).await?;
            if inbox.iter().any(|t| t.name == name) {
                return Ok(());
            }
            let shown = persist(&self.submitter, async |c| c.get(id).await).await?;
            ensure!(!has_ended(&shown), "it has ended before {task} was open: {:?} {:?}", shown.outcome, shown.refusal);
            tokio::time::sleep(AGAIN).await;
        }
    }

    async fn decide(&self, id: &str, task: &str, answer: &str) -> anyhow::Result<()> {
        self.until_open(id, task).await?;
        let request = new_request_id();
        let words = if answer == "reject" { "it will not do" } else { "" };
        let told = async |c: &mut Client| c.decide(id, Some(task), answer, words, request.clone()).await;
        persist(self.of_task(task), told).await.map(drop)
    }
}

fn has_ended(shown: &Invoice) -> bool {
    matches!(shown.state(), DocumentState::Settled | DocumentState::Closed)
}

/// Asks until it is answered, yes or no.
async fn persist<T>(client: &Client, mut ask: impl AsyncFnMut(&mut Client) -> Result<T, Status>) -> anyhow::Result<T> {
    let mut client = client.clone();
    let deadline = Instant::now() + ANSWERED_WITHIN;
    loop {
        match ask(&mut client).await {
            Ok(answer) => return Ok(answer),
            // What a wire that breaks looks like to tonic is "unknown".
            Err(e)
                if matches!(e.code(), Code::Unavailable | Code::Cancelled | Code::DeadlineExceeded | Code::Unknown) =>
            {
                ensure!(Instant::now() < deadline, "not answered within {ANSWERED_WITHIN:?}, at last: {e}");
            }
            Err(no) => return Err(no.into()),
        }
        tokio::time::sleep(AGAIN).await;
    }
}
