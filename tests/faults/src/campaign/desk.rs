//! People who bring a document to its end, and do not give up: what is not answered is sent again under the same request id.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use tonic::{Code, Status};
use vextrus_domain::{DocumentType, Invoice as Bill, Order};
use vextrus_proto::approval::v1::act_request::Action;
use vextrus_proto::approval::v1::{Decide, DocumentState, Withdraw};
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
    accounts_payable: Client,
    department_head: Client,
    finance_manager: Client,
}

/// What is brought to its end.
#[derive(Debug, Clone)]
pub enum Paper {
    /// An invoice.
    Bill(Box<Bill>),
    /// An order.
    Order(Order),
}

impl Paper {
    fn kind(&self) -> DocumentType {
        match self {
            Self::Bill(_) => DocumentType::Invoice,
            Self::Order(_) => DocumentType::PurchaseOrder,
        }
    }
}

impl Desk {
    /// The people of a fleet.
    ///
    /// # Errors
    /// A facade that does not answer.
    pub async fn of(rig: &Rig) -> anyhow::Result<Self> {
        Ok(Self {
            submitter: rig.person("nasrin").await?,
            accounts_payable: rig.person("rahim").await?,
            department_head: rig.person("karim").await?,
            finance_manager: rig.person("farida").await?,
        })
    }

    /// Brings a document to this end; answers its id.
    ///
    /// # Errors
    /// A refusal, or no end in time.
    pub async fn bring(&self, paper: &Paper, ending: Ending) -> anyhow::Result<String> {
        tokio::time::timeout(PATIENCE, self.through(paper, ending))
            .await
            .with_context(|| format!("it has not come to its end {ending:?} in time: {paper:?}"))?
            .with_context(|| format!("to be {ending:?}: {paper:?}"))
    }

    async fn through(&self, paper: &Paper, ending: Ending) -> anyhow::Result<String> {
        let request = new_request_id();
        // Two at once under the same id, as an impatient client sends.
        let (name, other) = tokio::try_join!(self.submit(paper, &request), self.submit(paper, &request))?;
        ensure!(name == other, "one request led to {name} and {other}");
        let id = json::last(&name).to_owned();
        let kind = paper.kind();
        match ending {
            Ending::Approved => {
                self.decide(kind, &id, "level-1", "approve").await?;
                self.decide(kind, &id, "level-2", "approve").await?;
            }
            Ending::Rejected => self.decide(kind, &id, "level-1", "reject").await?,
            Ending::Withdrawn => {
                self.until_open(kind, &id, "level-1").await?;
                let request = new_request_id();
                persist(&self.submitter, async |c| {
                    let withdraw = Action::Withdraw(Withdraw { comment: "sent twice".to_owned() });
                    c.act(c.name(kind, &id), withdraw, request.clone()).await
                })
                .await?;
            }
        }
        while !self.has_ended(kind, &id).await? {
            tokio::time::sleep(AGAIN).await;
        }
        Ok(id)
    }

    async fn submit(&self, paper: &Paper, request: &str) -> anyhow::Result<String> {
        persist(&self.submitter, async |c| match paper {
            Paper::Bill(bill) => c.submit(json::content(bill), request.to_owned()).await.map(|(shown, _)| shown.name),
            Paper::Order(order) => {
                c.submit_order(json::order_content(order), request.to_owned()).await.map(|(shown, _)| shown.name)
            }
        })
        .await
    }

    async fn has_ended(&self, kind: DocumentType, id: &str) -> anyhow::Result<bool> {
        let state = persist(&self.submitter, async |c| match kind {
            DocumentType::Invoice => c.get(id).await.map(|shown| shown.state()),
            DocumentType::PurchaseOrder => c.order(id).await.map(|shown| shown.state()),
        });
        Ok(matches!(state.await?, DocumentState::Settled | DocumentState::Closed))
    }

    fn of_task(&self, kind: DocumentType, task: &str) -> &Client {
        match (kind, task) {
            (DocumentType::Invoice, "level-1") => &self.accounts_payable,
            (DocumentType::Invoice, _) | (DocumentType::PurchaseOrder, "level-1") => &self.department_head,
            (DocumentType::PurchaseOrder, _) => &self.finance_manager,
        }
    }

    async fn until_open(&self, kind: DocumentType, id: &str, task: &str) -> anyhow::Result<()> {
        let client = self.of_task(kind, task);
        let name = task_of(client.name(kind, id), Some(task));
        loop {
            let inbox = persist(client, async |c| c.inbox().await).await?;
            if inbox.iter().any(|t| t.name == name) {
                return Ok(());
            }
            ensure!(!self.has_ended(kind, id).await?, "{id} has ended before {task} was open");
            tokio::time::sleep(AGAIN).await;
        }
    }

    async fn decide(&self, kind: DocumentType, id: &str, task: &str, answer: &str) -> anyhow::Result<()> {
        self.until_open(kind, id, task).await?;
        let request = new_request_id();
        let comment = if answer == "reject" { "it will not do" } else { "" };
        let told = async |c: &mut Client| {
            let decide = Decide { answer: answer.to_owned(), comment: comment.to_owned() };
            c.act(task_of(c.name(kind, id), Some(task)), Action::Decide(decide), request.clone()).await
        };
        persist(self.of_task(kind, task), told).await.map(drop)
    }
}

/// Asks until it is answered, yes or no.
async fn persist<T>(client: &Client, mut ask: impl AsyncFnMut(&mut Client) -> Result<T, Status>) -> anyhow::Result<T> {
    let mut client = client.clone();
    let deadline = Instant::now() + ANSWERED_WITHIN;
    loop {
        match ask(&mut client).await {
            Ok(answer) => return Ok(answer),
            // What a wire that breaks looks like to tonic is "unknown"; a facade that has its hands full says so.
            Err(e)
                if matches!(
                    e.code(),
                    Code::Unavailable
                        | Code::ResourceExhausted
                        | Code::Cancelled
                        | Code::DeadlineExceeded
                        | Code::Unknown
                ) =>
            {
                ensure!(Instant::now() < deadline, "not answered within {ANSWERED_WITHIN:?}, at last: {e}");
            }
            Err(no) => return Err(no.into()),
        }
        tokio::time::sleep(AGAIN).await;
    }
}
