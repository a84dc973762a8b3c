//! One document, from its submission to its settlement, as clients bring it there.

use std::collections::{BTreeMap, HashSet};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use vextrus_domain::{Content, DocumentType};
use vextrus_ledger::masterdata::Company;
use vextrus_proto::approval::v1::act_request::Action;
use vextrus_proto::approval::v1::{Decide, DocumentOutcome, DocumentState, Task, TaskState};
use vextrus_starter_cli::client::{Client, new_request_id};
use vextrus_starter_cli::json;
use vextrus_starter_cli::stack::Stack;

use crate::mix::Kind;

/// Who submits.
pub(crate) const SUBMITTER: &str = "nasrin";
/// How long a client rests before it looks again whether a document has moved: at first, and at most. Times that include waiting for that
/// are up to this much too long.
const REST: (Duration, Duration) = (Duration::from_millis(25), Duration::from_millis(200));
/// How long one document may take.
const PATIENCE: Duration = Duration::from_secs(180);
/// The tasks of an inbox that a person sees at once.
const PAGE: i32 = 50;

/// The people of the company, connected to one facade.
#[derive(Clone)]
pub(crate) struct People(BTreeMap<String, Client>);

/// How long the parts of one document took.
pub(crate) struct Timed {
    pub(crate) kind: Kind,
    pub(crate) workflow_id: String,
    /// From when it was due to be submitted.
    pub(crate) start: Duration,
    pub(crate) decide: Vec<Duration>,
    pub(crate) query: Vec<Duration>,
    pub(crate) inbox: Vec<Duration>,
    /// From when it was due to be submitted until it was seen as settled.
    pub(crate) whole: Duration,
}

/// What is seen of a document.
struct Seen {
    state: DocumentState,
    outcome: DocumentOutcome,
    tasks: Vec<Task>,
    workflow_id: String,
}

impl People {
    /// Connects everybody.
    pub(crate) async fn connect(stack: &Stack, company: &Company, facade: &str) -> anyhow::Result<Self> {
        let mut people = BTreeMap::new();
        for (person, token) in stack.tokens(company)? {
            people.insert(person, Client::new(facade, company.tenant.as_str(), &token).await?);
        }
        Ok(Self(people))
    }

    pub(crate) fn person(&self, person: &str) -> anyhow::Result<Client> {
        self.0.get(person).cloned().with_context(|| format!("{person} is not connected"))
    }

    /// Brings the document of this number to its end.
    pub(crate) async fn bring(&self, kind: Kind, number: u32, due: Instant) -> anyhow::Result<Timed> {
        let timed = tokio::time::timeout(PATIENCE, self.story(kind, number, due)).await;
        timed.with_context(|| format!("document {number} did not end within {PATIENCE:?}"))?
    }

    async fn story(&self, kind: Kind, number: u32, due: Instant) -> anyhow::Result<Timed> {
        let mut submitter = self.person(SUBMITTER)?;
        let name = submit(&mut submitter, &kind.document(number)?).await?;
        let start = due.elapsed();
        let (mut decide, mut query, mut inbox, mut decided) = (Vec::new(), Vec::new(), Vec::new(), HashSet::new());
        let mut rest = REST.0;
        loop {
            let asked = Instant::now();
            let seen = look(&mut submitter, kind, &name).await?;
            query.push(asked.elapsed());
            if seen.state == DocumentState::Settled {
                anyhow::ensure!(seen.outcome == DocumentOutcome::Approved, "{name} ended {:?}", seen.outcome);
                let workflow_id = seen.workflow_id;
                return Ok(Timed { kind, workflow_id, start, decide, query, inbox, whole: due.elapsed() });
            }
            anyhow::ensure!(seen.state != DocumentState::Closed, "{name} was closed");
            // The ledger is told of a decision a moment after whoever took it has their answer.
            let is_next = |task: &Task| task.state() == TaskState::Open && !decided.contains(&task.name);
            let Some(task) = seen.tasks.into_iter().find(is_next) else {
                tokio::time::sleep(rest).await;
                rest = (rest * 2).min(REST.1);
                continue;
            };
            let person = task.eligible.first().with_context(|| format!("nobody may decide {}", task.name))?;
            let mut approver = self.person(person)?;
            let asked = Instant::now();
            approver.inbox_page(PAGE, String::new()).await?;
            inbox.push(asked.elapsed());
            let asked = Instant::now();
            let approve = Decide { answer: "approve".to_owned(), comment: String::new() };
            approver.act(task.name.clone(), Action::Decide(approve), new_request_id()).await?;
            decide.push(asked.elapsed());
            decided.insert(task.name);
            rest = REST.0;
        }
    }
}

/// Submits it; answers its name.
pub(crate) async fn submit(submitter: &mut Client, content: &Content) -> anyhow::Result<String> {
    Ok(match content {
        Content::Invoice(invoice) => submitter.submit(json::content(invoice), new_request_id()).await?.0.name,
        Content::Order(order) => submitter.submit_order(json::order_content(order), new_request_id()).await?.0.name,
    })
}

async fn look(client: &mut Client, kind: Kind, name: &str) -> anyhow::Result<Seen> {
    let (approval, state, outcome, workflow_id) = match document_type(kind) {
        DocumentType::Invoice => {
            let i = client.get(name).await?;
            let (state, outcome) = (i.state(), i.outcome());
            (i.approval, state, outcome, i.workflow_id)
        }
        DocumentType::PurchaseOrder => {
            let o = client.order(name).await?;
            let (state, outcome) = (o.state(), o.outcome());
            (o.approval, state, outcome, o.workflow_id)
        }
    };
    Ok(Seen { state, outcome, tasks: approval.map(|a| a.tasks).unwrap_or_default(), workflow_id })
}

pub(crate) const fn document_type(kind: Kind) -> DocumentType {
    match kind {
        Kind::OneLevel | Kind::ThreeLevels => DocumentType::Invoice,
        Kind::Order => DocumentType::PurchaseOrder,
    }
}
