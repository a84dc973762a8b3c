//! Lists, trails and taxes.

use std::time::Duration;

use tokio::time::{Instant, timeout};
use tokio_stream::StreamExt as _;
use tonic::{Code, Request, Status};
use vextrus_proto::approval::v1::{Decide, DecideTasksRequest, DecisionResult, TaskDecision};
use vextrus_proto::audit::v1::{AuditEntry, ListAuditEntriesRequest, WatchChangesRequest};
use vextrus_proto::invoice::v1::{InvoiceContent, InvoiceSummary, InvoiceTaxes, ListInvoicesRequest};
use vextrus_proto::purchasing::v1::{ListPurchaseOrdersRequest, PurchaseOrderSummary};
use vextrus_proto::tax::v1::{AssessTaxesRequest, AssessTaxesResponse, ExplainTaxesRequest};

use super::{Client, incomplete};

/// The largest page.
const PAGE: i32 = 200;
/// How long a change is waited for in one call.
const CHANGE_WITHIN: Duration = Duration::from_secs(600);
/// What comes so soon after a change is one with it.
const TOGETHER: Duration = Duration::from_millis(50);
/// How long a facade that does not answer is waited for.
const AWAY: Duration = Duration::from_secs(60);

impl Client {
    /// The latest invoices of the tenant that fit a filter.
    ///
    /// # Errors
    /// The facade's status.
    pub async fn list_invoices(&mut self, filter: &str, most: usize) -> Result<Vec<InvoiceSummary>, Status> {
        let (mut all, mut page_token) = (Vec::new(), String::new());
        loop {
            let (parent, filter) = (self.parent(), filter.to_owned());
            let message = ListInvoicesRequest { parent, page_size: page(most - all.len()), page_token, filter };
            let found = self.invoices.list_invoices(self.request(message)).await?.into_inner();
            all.extend(found.invoices);
            page_token = found.next_page_token;
            if page_token.is_empty() || all.len() >= most {
                return Ok(all);
            }
        }
    }

    /// The latest orders of the tenant that fit a filter.
    ///
    /// # Errors
    /// The facade's status.
    pub async fn list_orders(&mut self, filter: &str, most: usize) -> Result<Vec<PurchaseOrderSummary>, Status> {
        let (mut all, mut page_token) = (Vec::new(), String::new());
        loop {
            let (parent, filter) = (self.parent(), filter.to_owned());
            let message = ListPurchaseOrdersRequest { parent, page_size: page(most - all.len()), page_token, filter };
            let found = self.purchasing.list_purchase_orders(self.request(message)).await?.into_inner();
            all.extend(found.purchase_orders);
            page_token = found.next_page_token;
            if page_token.is_empty() || all.len() >= most {
                return Ok(all);
            }
        }
    }

    /// The whole trail of a document or process.
    ///
    /// # Errors
    /// The facade's status.
    pub async fn trail(&mut self, name: &str) -> Result<Vec<AuditEntry>, Status> {
        let (mut all, mut page_token) = (Vec::new(), String::new());
        loop {
            let message = ListAuditEntriesRequest { parent: name.to_owned(), page_size: PAGE, page_token };
            let found = self.audit.list_audit_entries(self.request(message)).await?.into_inner();
            all.extend(found.entries);
            page_token = found.next_page_token;
            if page_token.is_empty() {
                return Ok(all);
            }
        }
    }

    /// Waits until more has happened to a document or process than up to this place of its trail; answers up to which.
    async fn changed(&mut self, name: &str, after_sequence: i64) -> Result<i64, Status> {
        let mut request = Request::new(WatchChangesRequest { name: name.to_owned(), after_sequence });
        request.metadata_mut().insert("authorization", self.bearer.clone());
        request.set_timeout(CHANGE_WITHIN);
        let mut changes = self.audit.watch_changes(request).await?.into_inner();
        let mut after = after_sequence;
        let mut next = changes.next().await;
        while let Some(change) = next {
            after = change?.entry.map_or(after, |entry| entry.sequence);
            next = timeout(TOGETHER, changes.next()).await.ok().flatten();
        }
        Ok(after)
    }

    /// What an invoice would owe.
    ///
    /// # Errors
    /// The facade's status.
    pub async fn assess_taxes(
        &mut self,
        content: InvoiceContent,
        paid_on: String,
    ) -> Result<AssessTaxesResponse, Status> {
        let message = AssessTaxesRequest { parent: self.parent(), content: Some(content), paid_on };
        Ok(self.tax.assess_taxes(self.request(message)).await?.into_inner())
    }

    /// How an invoice's taxes were computed.
    ///
    /// # Errors
    /// The facade's status.
    pub async fn explain_taxes(&mut self, name: String) -> Result<InvoiceTaxes, Status> {
        let explained = self.tax.explain_taxes(self.request(ExplainTaxesRequest { name })).await?.into_inner();
        explained.taxes.ok_or_else(incomplete)
    }

    /// Decides several tasks in the same way.
    ///
    /// # Errors
    /// The facade's status; what becomes of each is in its answer.
    pub async fn decide_tasks(
        &mut self,
        tasks: &[String],
        decide: &Decide,
        request_id: String,
    ) -> Result<Vec<DecisionResult>, Status> {
        let one =
            |name: &String| TaskDecision { name: name.clone(), etag: String::new(), decide: Some(decide.clone()) };
        let decisions = tasks.iter().map(one).collect();
        let message = DecideTasksRequest { parent: self.parent(), request_id, decisions };
        Ok(self.approvals.decide_tasks(self.request(message)).await?.into_inner().results)
    }
}

fn page(left: usize) -> i32 {
    i32::try_from(left).map_or(PAGE, |left| left.clamp(1, PAGE))
}

/// Shows something each time that it has changed, until it has ended. A facade that is away for a while is waited for.
pub(crate) async fn watch<T: PartialEq>(
    mut client: Client,
    name: &str,
    mut look: impl AsyncFnMut(&mut Client) -> Result<T, Status>,
    ended: impl Fn(&T) -> bool,
    show: impl Fn(&T) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let (mut last, mut after, mut since) = (None, 0, None);
    loop {
        let seen = async {
            let now = look(&mut client).await?;
            // It is there, whatever becomes of the wait.
            since = None;
            if last.as_ref() != Some(&now) {
                show(&now).map_err(|error| Status::aborted(format!("{error:#}")))?;
            }
            let is_over = ended(&now);
            last = Some(now);
            if !is_over {
                after = client.changed(name, after).await?;
            }
            Ok::<bool, Status>(is_over)
        };
        match seen.await {
            Ok(true) => return Ok(()),
            Ok(false) => {}
            Err(status) if passes(&status) && since.get_or_insert_with(Instant::now).elapsed() < AWAY => {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            Err(status) => return Err(status.into()),
        }
    }
}

/// The facade stops, starts, or is gone in the middle of an answer: what was watched goes on.
fn passes(status: &Status) -> bool {
    match status.code() {
        Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled | Code::ResourceExhausted => true,
        // A broken connection; what the facade itself says has its details.
        Code::Unknown | Code::Internal => status.details().is_empty(),
        _ => false,
    }
}
