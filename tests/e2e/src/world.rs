//! One test's company, with everything that runs for it.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use temporalio_client::{
    WorkflowDescribeOptions, WorkflowExecutionDescription, WorkflowGetResultOptions, WorkflowHandle,
    WorkflowQueryOptions,
};
use tokio::sync::OnceCell;
use vextrus_contract::document::{DocumentResult, StatusView};
use vextrus_domain::{DocumentKey, DocumentType, Invoice, Order, Taka, TenantId};
use vextrus_invoice::InvoiceApproval;
use vextrus_ledger::masterdata::Company;
use vextrus_ledger::rules::{self, RuleKind};
use vextrus_ledger::{Ledger, check, views};
use vextrus_proto::approval::v1::act_request::Action;
use vextrus_proto::approval::v1::{ActResponse, Decide, TaskState, Withdraw};
use vextrus_proto::invoice::v1::Invoice as Shown;
use vextrus_proto::purchasing::v1::PurchaseOrder;
use vextrus_purchase_order::PurchaseOrderApproval;
use vextrus_starter_cli::client::{Client, new_request_id, task_of};
use vextrus_starter_cli::json;
use vextrus_starter_cli::stack::{Stack, StackOptions, Temporal};
use vextrus_temporal::{DevServer, DevServerOptions};

/// How long a test waits for anything.
const PATIENCE: Duration = Duration::from_secs(60);

/// Names a server that runs already, so that what it recorded outlives the tests.
const RUNNING: &str = "VEXTRUS_TEST_TEMPORAL";

/// Lets workers keep no workflow between its tasks, so that each task replays all that was before it.
const UNCACHED: &str = "VEXTRUS_TEST_UNCACHED";

static SERVER: OnceCell<DevServer> = OnceCell::const_new();
static NAMESPACES: AtomicU32 = AtomicU32::new(0);

/// A handle of an invoice's workflow.
pub type Handle = WorkflowHandle<temporalio_client::Client, InvoiceApproval>;
/// A handle of an order's workflow.
pub type OrderHandle = WorkflowHandle<temporalio_client::Client, PurchaseOrderApproval>;

/// A test's company and all that runs for it.
pub struct World {
    /// What runs.
    pub stack: Stack,
    /// The company.
    pub company: Company,
}

/// The name of the test that runs on this thread, as it can stand in a namespace's.
fn test_name() -> String {
    let name = std::thread::current().name().unwrap_or("test").replace("::", "-");
    name.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect()
}

/// Waits for a condition.
///
/// # Errors
/// The condition's own, or that it did not come about in time.
pub(crate) async fn until(what: &str, mut condition: impl AsyncFnMut() -> anyhow::Result<bool>) -> anyhow::Result<()> {
    let waited = async {
        while !condition().await? {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        anyhow::Ok(())
    };
    tokio::time::timeout(PATIENCE, waited).await.with_context(|| format!("it did not come about that {what}"))?
}

impl World {
    /// A world with the default policy and signed decisions only.
    ///
    /// # Errors
    /// What could not be started.
    pub async fn new() -> anyhow::Result<Self> {
        Self::with(|_| {}).await
    }

    /// A world with other options.
    ///
    /// # Errors
    /// What could not be started.
    pub async fn with(change: impl FnOnce(&mut StackOptions)) -> anyhow::Result<Self> {
        let address = match std::env::var(RUNNING) {
            Ok(address) => address,
            Err(_) => SERVER.get_or_try_init(|| DevServer::start(DevServerOptions::default())).await?.address.clone(),
        };
        let number = NAMESPACES.fetch_add(1, Ordering::SeqCst);
        let namespace = format!("{}-{}-{number}", test_name(), std::process::id());
        let mut options = StackOptions {
            temporal: Temporal::Running { address, namespace },
            step_timeout: Duration::from_secs(2),
            cached_workflows: std::env::var_os(UNCACHED).map(|_| 0),
            ..StackOptions::default()
        };
        change(&mut options);
        let stack = Stack::start(options).await?;
        let company: Company = serde_json::from_str(include_str!("../../../examples/company.json"))?;
        stack.found(&company).await?;
        Ok(Self { stack, company })
    }

    /// Activates a rule in place of the default one: farida proposes it, tanvir activates it.
    ///
    /// # Errors
    /// The ledger's, or the rule's.
    pub async fn activate(&self, kind: RuleKind, content: &str) -> anyhow::Result<()> {
        let (tenant, farida, tanvir) = (&self.company.tenant, "farida".parse()?, "tanvir".parse()?);
        let mut tx = self.stack.ledger.begin(tenant).await?;
        let proposal = rules::propose(&mut tx, tenant, kind, content, &farida, None, "for a test").await??;
        rules::activate(&mut tx, tenant, proposal.number, &tanvir).await??;
        Ok(tx.commit().await?)
    }

    /// A person's connection to the facade.
    ///
    /// # Errors
    /// A facade that does not answer.
    pub async fn person(&self, person: &str) -> anyhow::Result<Client> {
        let token = self.stack.token(&self.company.tenant, &person.parse()?)?;
        Client::new(&self.stack.facade, self.company.tenant.as_str(), &token).await
    }

    /// Submits an invoice as nasrin; answers its id.
    ///
    /// # Errors
    /// The facade's refusal.
    pub async fn submit(&self, invoice: &Invoice) -> anyhow::Result<String> {
        let mut nasrin = self.person("nasrin").await?;
        let (shown, _) = nasrin.submit(json::content(invoice), new_request_id()).await?;
        Ok(json::last(&shown.name).to_owned())
    }

    /// Answers a person's first open task.
    ///
    /// # Errors
    /// The facade's refusal.
    pub async fn decide(&self, id: &str, person: &str, answer: &str) -> anyhow::Result<()> {
        self.person(person).await?.decide(id, None, answer, words(answer), new_request_id()).await?;
        Ok(())
    }

    /// Waits until this task is in the person's inbox, then answers it.
    ///
    /// # Errors
    /// The facade's refusal, or no such task in time.
    pub async fn decide_when_open(&self, id: &str, task: &str, person: &str, answer: &str) -> anyhow::Result<()> {
        let mut client = self.person(person).await?;
        let name = format!("{}/tasks/{task}", client.name(DocumentType::Invoice, id));
        self.until(&format!("{task} of {id} is open for {person}"), async || {
            Ok(client.inbox().await?.iter().any(|t| t.name == name))
        })
        .await?;
        client.decide(id, Some(task), answer, words(answer), new_request_id()).await?;
        Ok(())
    }

    /// Brings a person's command to a document or a task of it, once that can be done.
    ///
    /// # Errors
    /// The facade's refusal.
    pub async fn act(
        &self,
        (kind, id, task): (DocumentType, &str, Option<&str>),
        person: &str,
        action: Action,
    ) -> anyhow::Result<ActResponse> {
        let mut client = self.person(person).await?;
        let name = task_of(client.name(kind, id), task);
        Ok(client.act(name, action, new_request_id()).await?)
    }

    /// Takes a document back as its submitter.
    ///
    /// # Errors
    /// The facade's refusal.
    pub async fn withdraw(&self, kind: DocumentType, id: &str, person: &str) -> anyhow::Result<()> {
        let withdraw = Action::Withdraw(Withdraw { comment: "sent twice".to_owned() });
        self.act((kind, id, None), person, withdraw).await.map(drop)
    }

    /// Submits an order as nasrin; answers its id.
    ///
    /// # Errors
    /// The facade's refusal.
    pub async fn order(&self, order: &Order) -> anyhow::Result<String> {
        let mut nasrin = self.person("nasrin").await?;
        let (shown, _) = nasrin.submit_order(json::order_content(order), new_request_id()).await?;
        Ok(json::last(&shown.name).to_owned())
    }

    /// Waits until this task of an order is in the person's inbox, then answers it.
    ///
    /// # Errors
    /// The facade's refusal, or no such task in time.
    pub async fn decide_order(&self, id: &str, task: &str, person: &str, answer: &str) -> anyhow::Result<()> {
        let mut client = self.person(person).await?;
        let name = task_of(client.name(DocumentType::PurchaseOrder, id), Some(task));
        self.until(&format!("{task} of order {id} is open for {person}"), async || {
            Ok(client.inbox().await?.iter().any(|t| t.name == name))
        })
        .await?;
        let decide = Decide { answer: answer.to_owned(), comment: words(answer).to_owned() };
        client.act(name, Action::Decide(decide), new_request_id()).await?;
        Ok(())
    }

    /// Waits until the order is shown so.
    ///
    /// # Errors
    /// That it was not, in time.
    pub async fn until_order(&self, id: &str, so: impl Fn(&PurchaseOrder) -> bool) -> anyhow::Result<PurchaseOrder> {
        let mut nasrin = self.person("nasrin").await?;
        let mut shown = nasrin.order(id).await?;
        self.until(&format!("order {id} is shown as expected"), async || {
            shown = nasrin.order(id).await?;
            Ok(so(&shown))
        })
        .await?;
        Ok(shown)
    }

    /// The order's workflow.
    ///
    /// # Errors
    /// The ledger's.
    pub async fn order_handle(&self, id: &str) -> anyhow::Result<OrderHandle> {
        let key = self.key(id).await?;
        Ok(self.stack.client.get_workflow_handle::<PurchaseOrderApproval>(format!("purchase-order/{key}")))
    }

    /// Waits for the result of an order's workflow.
    ///
    /// # Errors
    /// That it did not end in time, or not well.
    pub async fn order_result(&self, id: &str) -> anyhow::Result<DocumentResult> {
        let handle = self.order_handle(id).await?;
        let result = handle.get_result(WorkflowGetResultOptions::default());
        let result = tokio::time::timeout(PATIENCE, result).await.context("the workflow did not end")?;
        result.map_err(|e| anyhow::anyhow!("{e:?}"))
    }

    /// Waits for a condition.
    ///
    /// # Errors
    /// The condition's own, or that it did not come about in time.
    pub async fn until(&self, what: &str, condition: impl AsyncFnMut() -> anyhow::Result<bool>) -> anyhow::Result<()> {
        until(what, condition).await
    }

    /// Waits until the invoice is shown so.
    ///
    /// # Errors
    /// That it was not, in time.
    pub async fn until_shown(&self, id: &str, so: impl Fn(&Shown) -> bool) -> anyhow::Result<Shown> {
        let mut nasrin = self.person("nasrin").await?;
        let mut shown = nasrin.get(id).await?;
        self.until(&format!("{id} is shown as expected"), async || {
            shown = nasrin.get(id).await?;
            Ok(so(&shown))
        })
        .await?;
        Ok(shown)
    }

    /// Waits until some task of the invoice is open.
    ///
    /// # Errors
    /// That none was, in time.
    pub async fn until_open(&self, id: &str) -> anyhow::Result<Shown> {
        self.until_shown(id, |i| json::tasks(i).iter().any(|t| t.state() == TaskState::Open)).await
    }

    /// The invoice's key, its latest submission.
    ///
    /// # Errors
    /// The ledger's.
    pub async fn key(&self, id: &str) -> anyhow::Result<DocumentKey> {
        let mut tx = self.stack.ledger.read(&self.company.tenant).await?;
        Ok(views::document(&mut tx, &self.company.tenant, &id.parse()?).await?.context("no such document")?.key)
    }

    /// The invoice's workflow, its latest submission.
    ///
    /// # Errors
    /// The ledger's.
    pub async fn handle(&self, id: &str) -> anyhow::Result<Handle> {
        let key = self.key(id).await?;
        Ok(self.stack.client.get_workflow_handle::<InvoiceApproval>(format!("invoice/{key}")))
    }

    /// Waits for the workflow's result.
    ///
    /// # Errors
    /// That it did not end in time, or not well.
    pub async fn result(&self, id: &str) -> anyhow::Result<DocumentResult> {
        let handle = self.handle(id).await?;
        let result = handle.get_result(WorkflowGetResultOptions::default());
        let result = tokio::time::timeout(PATIENCE, result).await.context("the workflow did not end")?;
        result.map_err(|e| anyhow::anyhow!("{e:?}"))
    }

    /// Whether a document has ended in the ledger.
    ///
    /// # Errors
    /// The ledger's.
    pub async fn is_over(&self, id: &str) -> anyhow::Result<bool> {
        let key = self.key(id).await?;
        let mut tx = self.stack.ledger.read(&self.company.tenant).await?;
        let document = vextrus_ledger::documents::get(&mut tx, &key).await?.context("no such document")?;
        tx.rollback().await?;
        Ok(document.outcome.is_some())
    }

    /// Waits for the end of an invoice's or an order's run that was cancelled, and that the ledger says so too.
    ///
    /// # Errors
    /// That it did not end in time, or otherwise.
    pub async fn ends_cancelled(&self, id: &str) -> anyhow::Result<()> {
        let described = async || {
            let key = self.key(id).await?;
            let mut tx = self.stack.ledger.read(&self.company.tenant).await?;
            let document = vextrus_ledger::documents::get(&mut tx, &key).await?.context("no such document")?;
            tx.rollback().await?;
            let status = match document.content.kind() {
                DocumentType::Invoice => self.describe(id).await?.status(),
                DocumentType::PurchaseOrder => {
                    let handle = self.order_handle(id).await?;
                    let described = handle.describe(WorkflowDescribeOptions::default()).await;
                    described.map_err(|e| anyhow::anyhow!("{e:?}"))?.status()
                }
            };
            anyhow::Ok((format!("{status:?}"), document.outcome.unwrap_or_default()))
        };
        let mut found = described().await?;
        self.until(&format!("{id} has ended"), async || {
            found = described().await?;
            Ok(!found.0.contains("Running"))
        })
        .await?;
        ensure!(found.0.contains("Canceled") && found.1 == "cancelled", "it ended so: {found:?}");
        Ok(())
    }

    /// The workflow's own view of where it stands.
    ///
    /// # Errors
    /// The server's.
    pub async fn status(&self, id: &str) -> anyhow::Result<StatusView> {
        let handle = self.handle(id).await?;
        handle
            .query(InvoiceApproval::status, (), WorkflowQueryOptions::default())
            .await
            .map_err(|e| anyhow::anyhow!("{e:?}"))
    }

    /// What the server says of the workflow.
    ///
    /// # Errors
    /// The server's.
    pub async fn describe(&self, id: &str) -> anyhow::Result<WorkflowExecutionDescription> {
        let handle = self.handle(id).await?;
        handle.describe(WorkflowDescribeOptions::default()).await.map_err(|e| anyhow::anyhow!("{e:?}"))
    }

    /// How many of the trail's entries of an invoice are of this kind.
    ///
    /// # Errors
    /// A broken trail.
    pub async fn trail(&self, id: &str, kind: &str) -> anyhow::Result<Vec<serde_json::Value>> {
        let mut tx = self.stack.ledger.read(&self.company.tenant).await?;
        let entries = vextrus_ledger::audit::read_chain(&mut tx, &self.company.tenant, id).await??;
        Ok(entries.into_iter().filter(|e| e.kind == kind).map(|e| e.body).collect())
    }

    /// Checks the books and the trail, and that nothing is reserved, then stops everything.
    ///
    /// # Errors
    /// What is wrong.
    pub async fn finish(self) -> anyhow::Result<()> {
        self.sound(true).await?;
        self.stack.stop().await
    }

    /// Checks the books and the trail ([`sound`]).
    ///
    /// # Errors
    /// What is wrong.
    pub async fn sound(&self, all_ended: bool) -> anyhow::Result<()> {
        sound(&self.stack.ledger, &self.company.tenant, all_ended).await
    }
}

/// Checks a tenant's books and trail; `all_ended`: no document is open, so that nothing may be reserved.
///
/// # Errors
/// What is wrong.
pub async fn sound(ledger: &Ledger, tenant: &TenantId, all_ended: bool) -> anyhow::Result<()> {
    let mut tx = ledger.read(tenant).await?;
    let wrong = check::check(&mut tx, tenant).await?;
    ensure!(wrong.is_empty(), "the ledger is not sound: {wrong:#?}");
    for line in views::budgets(&mut tx, tenant).await? {
        ensure!(!all_ended || line.reserved == Taka::ZERO, "{line:?} is reserved though every document has ended");
    }
    Ok(tx.rollback().await?)
}

/// The words that an answer needs.
fn words(answer: &str) -> &'static str {
    if answer == "reject" { "it will not do" } else { "" }
}
