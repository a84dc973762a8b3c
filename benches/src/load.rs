//! The load: documents from submission to settlement, through the facade, as clients do it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use serde::Serialize;
use temporalio_client::{WorkflowFetchHistoryOptions, WorkflowGetResultOptions};
use vextrus_domain::Invoice as InvoiceFile;
use vextrus_invoice::InvoiceApproval;
use vextrus_ledger::masterdata::Company;
use vextrus_proto::approval::v1::{DocumentOutcome, DocumentState, TaskState};
use vextrus_proto::invoice::v1::Invoice;
use vextrus_starter_cli::client::{Client, new_request_id};
use vextrus_starter_cli::json;
use vextrus_starter_cli::stack::Stack;

use crate::figures::{Spread, micros};
use crate::process::Process;
use crate::worker::Worker;

/// Who submits, and who decides the levels in turn.
const SUBMITTER: &str = "nasrin";
const APPROVERS: [&str; 3] = ["rahim", "karim", "farida"];
/// How often a client looks whether a document has moved. Times that include waiting for that are up to this much too long.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// How long one document may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// A kind of document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    OneLevel,
    ThreeLevels,
}

impl Kind {
    pub(crate) const ALL: [Self; 2] = [Self::OneLevel, Self::ThreeLevels];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::OneLevel => "one level",
            Self::ThreeLevels => "three levels",
        }
    }

    const fn levels(self) -> usize {
        match self {
            Self::OneLevel => 1,
            Self::ThreeLevels => 3,
        }
    }

    /// The document of this number. No two have the same total, so that none is taken for another's double.
    fn document(self, number: u32) -> anyhow::Result<InvoiceFile> {
        // Whatever may be asked for stays within the limits of its levels.
        let (vendor, least, step) = match self {
            Self::OneLevel => ("jamuna-survey", 20_000, 10),
            Self::ThreeLevels => ("padma-builders", 500_000, 20),
        };
        let subtotal = u64::from(number) * step + least;
        let vat_poisha = subtotal * 15;
        let total_poisha = subtotal * 100 + vat_poisha;
        let taka = |poisha: u64| format!("{}.{:02}", poisha / 100, poisha % 100);
        let amount = taka(subtotal * 100);
        let invoice = serde_json::json!({
            "vendor": vendor, "number": format!("B-{number}"), "date": "2026-10-12", "due_date": "2026-11-30",
            "currency": "BDT", "department": "works", "subtotal": amount, "vat": taka(vat_poisha), "total": taka(total_poisha),
            "lines": [{"description": "supply", "quantity": "1", "unit_price": amount, "amount": amount}],
        });
        InvoiceFile::from_json(&invoice.to_string()).map_err(|refusal| anyhow::anyhow!("{refusal}"))
    }
}

/// How long the parts of one document took, in microseconds.
struct Timed {
    workflow_id: String,
    submit: u64,
    decide: Vec<u64>,
    settle: u64,
}

/// What was measured of many documents of one kind. CPU times are per document.
#[derive(Debug, Serialize)]
pub(crate) struct Phase {
    pub(crate) kind: &'static str,
    pub(crate) documents: u32,
    pub(crate) elapsed_us: u64,
    pub(crate) documents_per_1000_s: u64,
    /// The least and the most.
    pub(crate) events: (usize, usize),
    pub(crate) worker_cpu_us: Option<u64>,
    pub(crate) rest_cpu_us: Option<u64>,
    pub(crate) submit: Spread,
    pub(crate) decide: Spread,
    pub(crate) settle: Spread,
}

/// The clients.
pub(crate) struct Load {
    people: BTreeMap<&'static str, Client>,
    temporal: temporalio_client::Client,
    in_flight: usize,
    /// This process: the facade and the load itself.
    rest: Process,
}

impl Load {
    /// Connects the people of the company.
    pub(crate) async fn new(stack: &Stack, company: &Company, in_flight: u32) -> anyhow::Result<Self> {
        let mut people = BTreeMap::new();
        for person in APPROVERS.into_iter().chain([SUBMITTER]) {
            let token = stack.token(&company.tenant, &person.parse()?)?;
            people.insert(person, Client::new(&stack.facade, company.tenant.as_str(), &token).await?);
        }
        let (temporal, rest) = (stack.client.clone(), Process::of(std::process::id()));
        Ok(Self { people, temporal, in_flight: usize::try_from(in_flight)?, rest })
    }

    /// Sends `count` documents, numbered from `first`, and waits until all have ended.
    pub(crate) async fn phase(&self, kind: Kind, first: u32, count: u32, worker: &Worker) -> anyhow::Result<Phase> {
        let cpu = || (worker.process.cpu_us(), self.rest.cpu_us());
        let (before, began) = (cpu(), Instant::now());
        let timed: Vec<Timed> = stream::iter(first..first + count)
            .map(|number| self.one(kind, number))
            .buffer_unordered(self.in_flight)
            .try_collect()
            .await?;
        let elapsed_us = micros(began.elapsed()).max(1);
        // The ledger is a step ahead of the workflow's own end.
        for document in &timed {
            self.ended(document).await?;
        }
        let after = cpu();
        let each = |before: Option<u64>, after: Option<u64>| Some(after?.saturating_sub(before?) / u64::from(count));
        let mut events = Vec::with_capacity(timed.len());
        for document in &timed {
            events.push(self.events(document).await?);
        }
        let least_and_most = (events.iter().min().copied(), events.iter().max().copied());
        Ok(Phase {
            kind: kind.name(),
            documents: count,
            elapsed_us,
            documents_per_1000_s: u64::from(count) * 1_000_000_000 / elapsed_us,
            events: (least_and_most.0.unwrap_or_default(), least_and_most.1.unwrap_or_default()),
            worker_cpu_us: each(before.0, after.0),
            rest_cpu_us: each(before.1, after.1),
            submit: Spread::of(timed.iter().map(|t| t.submit).collect()),
            decide: Spread::of(timed.iter().flat_map(|t| t.decide.clone()).collect()),
            settle: Spread::of(timed.iter().map(|t| t.settle).collect()),
        })
    }

    async fn one(&self, kind: Kind, number: u32) -> anyhow::Result<Timed> {
        let whole = self.story(kind, number);
        let timed = tokio::time::timeout(PATIENCE, whole).await;
        timed.with_context(|| format!("document {number} did not end within {PATIENCE:?}"))?
    }

    async fn story(&self, kind: Kind, number: u32) -> anyhow::Result<Timed> {
        let content = json::content(&kind.document(number)?);
        let mut submitter = self.person(SUBMITTER)?;
        let began = Instant::now();
        let (submitted, _) = submitter.submit(content, new_request_id()).await?;
        let submit = micros(began.elapsed());
        let mut decide = Vec::with_capacity(kind.levels());
        for (level, person) in (1..).zip(APPROVERS).take(kind.levels()) {
            let task = format!("level-{level}");
            until(&mut submitter, &submitted.name, |i| is_open(i, &task)).await?;
            let mut approver = self.person(person)?;
            let asked = Instant::now();
            approver.decide(&submitted.name, Some(&task), "approve", "", new_request_id()).await?;
            decide.push(micros(asked.elapsed()));
        }
        let ended = until(&mut submitter, &submitted.name, |i| i.state() == DocumentState::Settled).await?;
        let settle = micros(began.elapsed());
        anyhow::ensure!(ended.outcome() == DocumentOutcome::Approved, "{} ended {:?}", ended.name, ended.outcome());
        Ok(Timed { workflow_id: ended.workflow_id, submit, decide, settle })
    }

    fn person(&self, person: &str) -> anyhow::Result<Client> {
        self.people.get(person).cloned().with_context(|| format!("{person} is not connected"))
    }

    async fn ended(&self, document: &Timed) -> anyhow::Result<()> {
        let handle = self.temporal.get_workflow_handle::<InvoiceApproval>(document.workflow_id.clone());
        handle.get_result(WorkflowGetResultOptions::default()).await.map_err(|e| anyhow::anyhow!("{e:?}"))?;
        Ok(())
    }

    async fn events(&self, document: &Timed) -> anyhow::Result<usize> {
        let handle = self.temporal.get_workflow_handle::<InvoiceApproval>(document.workflow_id.clone());
        let events = handle.fetch_history(WorkflowFetchHistoryOptions::builder().build());
        let counted = events.try_fold(0, async |count, _| Ok(count + 1)).await;
        counted.map_err(|e| anyhow::anyhow!("{e:?}"))
    }
}

fn is_open(invoice: &Invoice, task: &str) -> bool {
    json::tasks(invoice).iter().any(|t| json::last(&t.name) == task && t.state() == TaskState::Open)
}

/// Looks until the invoice is so; one that ended otherwise will never be.
async fn until(client: &mut Client, name: &str, so: impl Fn(&Invoice) -> bool) -> anyhow::Result<Invoice> {
    loop {
        let invoice = client.get(name).await?;
        if so(&invoice) {
            return Ok(invoice);
        }
        let closed = matches!(invoice.state(), DocumentState::Closed);
        anyhow::ensure!(!closed, "{name} was closed: {:?}", invoice.refusal);
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
