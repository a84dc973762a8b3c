//! One document from its submission to its settlement, or one employee from the decision to the end of the probation, as clients bring
//! them there.

use std::collections::{BTreeMap, HashSet};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tonic::Code;
use vextrus_ledger::masterdata::Company;
use vextrus_lifecycle::Process;
use vextrus_proto::approval::v1::act_request::Action;
use vextrus_proto::approval::v1::{Approval, Decide, DocumentOutcome, DocumentState, TaskState};
use vextrus_proto::onboarding::v1::act_on_process_request::Action as ProcessAction;
use vextrus_proto::onboarding::v1::{Complete, ProcessState, ProcessStatus, ProcessTaskState, Verdict};
use vextrus_starter_cli::client::{Client, new_request_id};
use vextrus_starter_cli::json;
use vextrus_starter_cli::stack::Stack;

use crate::mix::{self, Kind};

/// Who submits documents.
pub(crate) const SUBMITTER: &str = "nasrin";
/// Who brings employees in.
const HR: &str = "hasina";
/// How long a client rests before it looks again whether a document has moved: at first, and at most. Times that include waiting for that
/// are up to this much too long.
const REST: (Duration, Duration) = (Duration::from_millis(25), Duration::from_millis(200));
/// How long one document may take.
const PATIENCE: Duration = Duration::from_secs(180);
/// The lines of an invoice with many.
const MANY: u64 = 100;
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

/// What is seen of a document or of a process.
struct Seen {
    /// Whether it has ended well.
    is_done: bool,
    open: Vec<Task>,
    workflow_id: String,
}

/// An open task.
struct Task {
    name: String,
    person: String,
    kind: TaskKind,
}

/// What is asked for.
enum TaskKind {
    /// To decide on a document.
    Decide,
    /// To do something for an employee.
    Complete(Verdict),
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
        let mut client = self.person(if kind == Kind::Onboarding { HR } else { SUBMITTER })?;
        let name = submit(&mut client, kind, number).await?;
        let start = due.elapsed();
        let (mut decide, mut query, mut inbox, mut decided) = (Vec::new(), Vec::new(), Vec::new(), HashSet::new());
        let mut rest = REST.0;
        loop {
            let asked = Instant::now();
            let seen = look(&mut client, kind, &name).await?;
            query.push(asked.elapsed());
            if seen.is_done {
                let workflow_id = seen.workflow_id;
                return Ok(Timed { kind, workflow_id, start, decide, query, inbox, whole: due.elapsed() });
            }
            // The ledger is told of a decision a moment after whoever took it has their answer.
            let Some(task) = seen.open.into_iter().find(|task| !decided.contains(&task.name)) else {
                tokio::time::sleep(rest).await;
                rest = (rest * 2).min(REST.1);
                continue;
            };
            let mut person = self.person(&task.person)?;
            let asked = Instant::now();
            person.inbox_page(PAGE, String::new()).await?;
            inbox.push(asked.elapsed());
            let asked = Instant::now();
            settle(&mut person, &task).await?;
            decide.push(asked.elapsed());
            decided.insert(task.name);
            rest = REST.0;
        }
    }
}

/// Submits what has this number; answers its name.
pub(crate) async fn submit(client: &mut Client, kind: Kind, number: u32) -> anyhow::Result<String> {
    let invoice = |sums, lines| anyhow::Ok(json::content(&mix::invoice(sums, number, lines)?));
    let invoice = match kind {
        Kind::OneLevel => invoice(&mix::ONE_LEVEL, 1)?,
        Kind::ManyLines => invoice(&mix::ONE_LEVEL, MANY)?,
        Kind::ThreeLevels => invoice(&mix::THREE_LEVELS, 1)?,
        Kind::Order => {
            let order = json::order_content(&mix::order(number)?);
            return Ok(client.submit_order(order, new_request_id()).await?.0.name);
        }
        Kind::Onboarding => {
            let employee = vextrus_facade::employee(&mix::employee(number)?);
            return Ok(client.start_onboarding(employee, new_request_id()).await?.0.name);
        }
    };
    Ok(client.submit(invoice, new_request_id()).await?.0.name)
}

async fn look(client: &mut Client, kind: Kind, name: &str) -> anyhow::Result<Seen> {
    match kind {
        Kind::OneLevel | Kind::ManyLines | Kind::ThreeLevels => {
            let i = client.get(name).await?;
            document(name, (i.state(), i.outcome()), i.approval, i.workflow_id)
        }
        Kind::Order => {
            let o = client.order(name).await?;
            document(name, (o.state(), o.outcome()), o.approval, o.workflow_id)
        }
        Kind::Onboarding => process(client, name).await,
    }
}

fn document(
    name: &str,
    (state, outcome): (DocumentState, DocumentOutcome),
    approval: Option<Approval>,
    workflow_id: String,
) -> anyhow::Result<Seen> {
    let is_done = state == DocumentState::Settled;
    anyhow::ensure!(!is_done || outcome == DocumentOutcome::Approved, "{name} ended {outcome:?}");
    anyhow::ensure!(state != DocumentState::Closed, "{name} was closed");
    let tasks = approval.map(|a| a.tasks).unwrap_or_default().into_iter();
    let open = tasks.filter(|t| t.state() == TaskState::Open).map(|t| {
        let person = t.eligible.first().with_context(|| format!("nobody may decide {}", t.name))?.clone();
        anyhow::Ok(Task { name: t.name, person, kind: TaskKind::Decide })
    });
    Ok(Seen { is_done, open: open.collect::<Result<_, _>>()?, workflow_id })
}

async fn process(client: &mut Client, name: &str) -> anyhow::Result<Seen> {
    let process = client.process(Process::Onboarding, name).await?;
    let (is_done, status) = (process.state() == ProcessState::Ended, process.status());
    // What does not block is left undone where its day passes before somebody comes to it.
    let well = matches!(status, ProcessStatus::Completed | ProcessStatus::Partial);
    anyhow::ensure!(!is_done || well, "{name} ended {status:?}");
    let open = process.tasks.into_iter().filter(|t| t.state() == ProcessTaskState::Open).map(|t| {
        // The company's people have tokens; a newcomer has none yet.
        let person = t.people.iter().find(|p| !p.starts_with("emp-"));
        let person = person.with_context(|| format!("nobody may do {}", t.name))?.clone();
        let verdict = if t.review { Verdict::Confirm } else { Verdict::Unspecified };
        anyhow::Ok(Task { name: t.name, person, kind: TaskKind::Complete(verdict) })
    });
    Ok(Seen { is_done, open: open.collect::<Result<_, _>>()?, workflow_id: process.workflow_id })
}

/// Has the person do what a task asks for. A day may have passed meanwhile and taken an employee's task away.
async fn settle(person: &mut Client, task: &Task) -> anyhow::Result<()> {
    match task.kind {
        TaskKind::Decide => {
            let approve = Decide { answer: "approve".to_owned(), comment: String::new() };
            person.act(task.name.clone(), Action::Decide(approve), new_request_id()).await?;
        }
        TaskKind::Complete(verdict) => {
            let complete = Complete { verdict: verdict.into(), note: String::new() };
            let done = person.act_on_process(task.name.clone(), ProcessAction::Complete(complete), new_request_id());
            match done.await {
                Err(status) if status.code() != Code::FailedPrecondition => return Err(status.into()),
                Ok(_) | Err(_) => {}
            }
        }
    }
    Ok(())
}
