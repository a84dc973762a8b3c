//! The facade, as commands call it.

mod attachments;
mod certificates;
mod employees;
mod reading;
mod records;

use std::time::Duration;

use anyhow::Context as _;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status};
use vextrus_domain::{DocumentType, TenantId};
use vextrus_facade::collection;
use vextrus_proto::approval::v1::act_request::Action;
use vextrus_proto::approval::v1::approval_service_client::ApprovalServiceClient;
use vextrus_proto::approval::v1::attachment_service_client::AttachmentServiceClient;
use vextrus_proto::approval::v1::{
    ActRequest, ActResponse, Decide, Delegation, GiveDelegationRequest, ListDelegationsRequest, ListTasksRequest,
    PendingTask, RevokeDelegationRequest,
};
use vextrus_proto::audit::v1::audit_service_client::AuditServiceClient;
use vextrus_proto::invoice::v1::invoice_service_client::InvoiceServiceClient;
use vextrus_proto::invoice::v1::{
    GetInvoiceRequest, Invoice, InvoiceContent, PreviewInvoiceRequest, PreviewInvoiceResponse, ResubmitInvoiceRequest,
    SubmitInvoiceRequest,
};
use vextrus_proto::masterdata::v1::master_data_service_client::MasterDataServiceClient;
use vextrus_proto::onboarding::v1::onboarding_service_client::OnboardingServiceClient;
use vextrus_proto::purchasing::v1::purchasing_service_client::PurchasingServiceClient;
use vextrus_proto::purchasing::v1::{
    ClosePurchaseOrderRequest, GetPurchaseOrderRequest, IssuedOrder, OrderContent, PreviewPurchaseOrderRequest,
    PreviewPurchaseOrderResponse, PurchaseOrder, ReceiveGoodsRequest, ReceivedLine, ResubmitPurchaseOrderRequest,
    SubmitPurchaseOrderRequest,
};
use vextrus_proto::tax::v1::tax_service_client::TaxServiceClient;

use crate::options::Global;
use crate::profiles;
use crate::session::Session;
use crate::traced;

pub use certificates::Certificates;
pub(crate) use reading::watch;

/// The environment's token, where no file is named.
const TOKEN: &str = "VEXTRUS_TOKEN";
/// How long one call may take.
const WITHIN: Duration = Duration::from_secs(30);

/// A person's connection to the facade.
#[derive(Debug, Clone)]
pub struct Client {
    approvals: ApprovalServiceClient<Channel>,
    invoices: InvoiceServiceClient<Channel>,
    purchasing: PurchasingServiceClient<Channel>,
    employees: OnboardingServiceClient<Channel>,
    master_data: MasterDataServiceClient<Channel>,
    papers: AttachmentServiceClient<Channel>,
    audit: AuditServiceClient<Channel>,
    tax: TaxServiceClient<Channel>,
    bearer: MetadataValue<Ascii>,
    tenant: String,
}

impl Client {
    /// Connects to a facade.
    ///
    /// # Errors
    /// An address or a token that cannot be one, or a facade that does not answer.
    pub async fn new(address: &str, tenant: &str, token: &str) -> anyhow::Result<Self> {
        Self::trusting(&Certificates::default(), address, tenant, token).await
    }

    /// The same, with these certificates where the facade is served under TLS.
    ///
    /// # Errors
    /// As [`Self::new`]; certificates that cannot be used.
    pub async fn trusting(
        certificates: &Certificates,
        address: &str,
        tenant: &str,
        token: &str,
    ) -> anyhow::Result<Self> {
        let endpoint = Endpoint::from_shared(address.to_owned())
            .with_context(|| format!("{address:?} is not an address such as http://127.0.0.1:7300"))?;
        let channel = certificates
            .apply(address, endpoint)?
            .connect_timeout(Duration::from_secs(5))
            .connect()
            .await
            .map_err(|e| Status::unavailable(format!("the facade at {address} does not answer: {}", causes(&e))))?;
        let bearer = format!("Bearer {}", token.trim()).parse().context("the token has characters that none has")?;
        Ok(Self {
            approvals: ApprovalServiceClient::new(channel.clone()),
            invoices: InvoiceServiceClient::new(channel.clone()),
            purchasing: PurchasingServiceClient::new(channel.clone()),
            employees: OnboardingServiceClient::new(channel.clone()),
            master_data: MasterDataServiceClient::new(channel.clone()),
            papers: AttachmentServiceClient::new(channel.clone()),
            audit: AuditServiceClient::new(channel.clone()),
            tax: TaxServiceClient::new(channel),
            bearer,
            tenant: tenant.to_owned(),
        })
    }

    /// The connection that the command line asks for.
    pub(crate) async fn from_options(global: &Global) -> anyhow::Result<Self> {
        let session = || Session::read(&global.session);
        let profile = profiles::named(global.profile.as_deref())?;
        let certificates = profile.certificates();
        let token_file = global.token_file.as_ref().or(profile.token_file.as_ref().filter(|_| global.person.is_none()));
        let token = match (token_file, &global.person) {
            (Some(file), _) => std::fs::read_to_string(file)
                .with_context(|| format!("token file {} cannot be read", file.display()))?,
            (None, Some(person)) => {
                let session = session()?;
                session.tokens.get(person).cloned().with_context(|| {
                    let known: Vec<&str> = session.tokens.keys().map(String::as_str).collect();
                    format!("{person:?} is nobody of {}; there are {}", session.tenant, known.join(", "))
                })?
            }
            (None, None) => match std::env::var(TOKEN) {
                Ok(token) => token,
                Err(_) => anyhow::bail!(
                    "say who you are: --as PERSON with `vextrus dev`, --token-file FILE, {TOKEN}, or --profile NAME"
                ),
            },
        };
        let address = global.address.clone().or(profile.address);
        let address = address.map_or_else(|| session().map(|s| s.address), Ok)?;
        let tenant = global.tenant.clone().or(profile.tenant);
        let tenant = tenant.map_or_else(|| session().map(|s| s.tenant), Ok)?;
        let certificates = global.certificates.or(certificates);
        Self::trusting(&certificates, &address, &tenant, &token).await
    }

    fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        request.metadata_mut().insert("authorization", self.bearer.clone());
        traced::pass_on(request.metadata_mut());
        request.set_timeout(WITHIN);
        request
    }

    /// The tenant whose documents are asked for.
    pub(crate) fn tenant(&self) -> anyhow::Result<TenantId> {
        Ok(self.tenant.parse()?)
    }

    fn parent(&self) -> String {
        format!("tenants/{}", self.tenant)
    }

    /// The name of a document that was given by its name or its id.
    #[must_use]
    pub fn name(&self, kind: DocumentType, document: &str) -> String {
        if document.contains('/') {
            return document.to_owned();
        }
        format!("{}/{}/{document}", self.parent(), collection(kind))
    }

    /// Submits an invoice; answers it, and whether this very request had claimed it before.
    ///
    /// # Errors
    /// The facade's status.
    pub async fn submit(&mut self, content: InvoiceContent, request_id: String) -> Result<(Invoice, bool), Status> {
        let message = SubmitInvoiceRequest { parent: self.parent(), request_id, content: Some(content) };
        let response = self.invoices.submit_invoice(self.request(message)).await?.into_inner();
        Ok((response.invoice.ok_or_else(incomplete)?, response.repeated_request))
    }

    /// Submits an order; answers it, and whether this very request had claimed it before.
    ///
    /// # Errors
    /// The facade's status.
    pub async fn submit_order(
        &mut self,
        content: OrderContent,
        request_id: String,
    ) -> Result<(PurchaseOrder, bool), Status> {
        let message = SubmitPurchaseOrderRequest { parent: self.parent(), request_id, content: Some(content) };
        let response = self.purchasing.submit_purchase_order(self.request(message)).await?.into_inner();
        Ok((response.purchase_order.ok_or_else(incomplete)?, response.repeated_request))
    }

    /// Submits a returned invoice again, changed.
    ///
    /// # Errors
    /// The facade's status.
    pub async fn resubmit(
        &mut self,
        invoice: &str,
        content: InvoiceContent,
        comment: &str,
        request_id: String,
    ) -> Result<Invoice, Status> {
        let name = self.name(DocumentType::Invoice, invoice);
        let message = ResubmitInvoiceRequest { name, request_id, content: Some(content), comment: comment.to_owned() };
        self.invoices.resubmit_invoice(self.request(message)).await?.into_inner().invoice.ok_or_else(incomplete)
    }

    /// Submits a returned order again, changed.
    ///
    /// # Errors
    /// The facade's status.
    pub async fn resubmit_order(
        &mut self,
        order: &str,
        content: OrderContent,
        comment: &str,
        request_id: String,
    ) -> Result<PurchaseOrder, Status> {
        let name = self.name(DocumentType::PurchaseOrder, order);
        let message =
            ResubmitPurchaseOrderRequest { name, request_id, content: Some(content), comment: comment.to_owned() };
        let response = self.purchasing.resubmit_purchase_order(self.request(message)).await?.into_inner();
        response.purchase_order.ok_or_else(incomplete)
    }

    /// What a submission of this invoice would meet.
    ///
    /// # Errors
    /// The facade's status.
    pub async fn preview(&mut self, content: InvoiceContent) -> Result<PreviewInvoiceResponse, Status> {
        let message = PreviewInvoiceRequest { parent: self.parent(), content: Some(content) };
        Ok(self.invoices.preview_invoice(self.request(message)).await?.into_inner())
    }

    /// What a submission of this order would meet.
    ///
    /// # Errors
    /// The facade's status.
    pub async fn preview_order(&mut self, content: OrderContent) -> Result<PreviewPurchaseOrderResponse, Status> {
        let message = PreviewPurchaseOrderRequest { parent: self.parent(), content: Some(content) };
        Ok(self.purchasing.preview_purchase_order(self.request(message)).await?.into_inner())
    }

    /// Reads an invoice by its name or id.
    ///
    /// # Errors
    /// The facade's status.
    pub async fn get(&mut self, invoice: &str) -> Result<Invoice, Status> {
        let message = GetInvoiceRequest { name: self.name(DocumentType::Invoice, invoice) };
        self.invoices.get_invoice(self.request(message)).await?.into_inner().invoice.ok_or_else(incomplete)
    }

    /// Reads an order by its name or id.
    ///
    /// # Errors
    /// The facade's status.
    pub async fn order(&mut self, order: &str) -> Result<PurchaseOrder, Status> {
        let message = GetPurchaseOrderRequest { name: self.name(DocumentType::PurchaseOrder, order) };
        let response = self.purchasing.get_purchase_order(self.request(message)).await?.into_inner();
        response.purchase_order.ok_or_else(incomplete)
    }

    /// Brings a command to a document or a task, by its name.
    ///
    /// # Errors
    /// The facade's status.
    pub async fn act(&mut self, name: String, action: Action, request_id: String) -> Result<ActResponse, Status> {
        self.act_if(String::new(), name, action, request_id).await
    }

    /// The same, only if the document still has this etag.
    ///
    /// # Errors
    /// The facade's status.
    pub async fn act_if(
        &mut self,
        etag: String,
        name: String,
        action: Action,
        request_id: String,
    ) -> Result<ActResponse, Status> {
        let message = ActRequest { name, request_id, etag, action: Some(action) };
        Ok(self.approvals.act(self.request(message)).await?.into_inner())
    }

    /// Answers a task of an invoice; without one, the person's first open task.
    ///
    /// # Errors
    /// The facade's status.
    pub async fn decide(
        &mut self,
        invoice: &str,
        task: Option<&str>,
        answer: &str,
        comment: &str,
        request_id: String,
    ) -> Result<ActResponse, Status> {
        let name = task_of(self.name(DocumentType::Invoice, invoice), task);
        let decide = Decide { answer: answer.to_owned(), comment: comment.to_owned() };
        self.act(name, Action::Decide(decide), request_id).await
    }

    /// Records goods that came on an order: the number of each line, and how much.
    ///
    /// # Errors
    /// The facade's status.
    pub async fn receive(
        &mut self,
        po_number: &str,
        received_on: &str,
        lines: Vec<(i32, String)>,
        note: &str,
        request_id: String,
    ) -> Result<(i32, IssuedOrder), Status> {
        let message = ReceiveGoodsRequest {
            parent: self.parent(),
            po_number: po_number.to_owned(),
            request_id,
            received_on: received_on.to_owned(),
            lines: lines.into_iter().map(|(line, quantity)| ReceivedLine { line, quantity }).collect(),
            note: note.to_owned(),
        };
        let response = self.purchasing.receive_goods(self.request(message)).await?.into_inner();
        Ok((response.receipt, response.order.ok_or_else(incomplete)?))
    }

    /// Closes what is left of an order.
    ///
    /// # Errors
    /// The facade's status.
    pub async fn close_order(
        &mut self,
        po_number: &str,
        reason: &str,
        request_id: String,
    ) -> Result<IssuedOrder, Status> {
        let (po_number, reason) = (po_number.to_owned(), reason.to_owned());
        let message = ClosePurchaseOrderRequest { parent: self.parent(), po_number, reason, request_id };
        let response = self.purchasing.close_purchase_order(self.request(message)).await?.into_inner();
        response.order.ok_or_else(incomplete)
    }

    /// Has somebody decide in the person's name.
    ///
    /// # Errors
    /// The facade's status.
    pub async fn delegate(&mut self, delegation: Delegation, request_id: String) -> Result<Delegation, Status> {
        let message = GiveDelegationRequest { parent: self.parent(), request_id, delegation: Some(delegation) };
        let response = self.approvals.give_delegation(self.request(message)).await?.into_inner();
        response.delegation.ok_or_else(incomplete)
    }

    /// Takes a delegation back.
    ///
    /// # Errors
    /// The facade's status.
    pub async fn revoke(&mut self, number: u32, request_id: String) -> Result<(), Status> {
        let name = format!("{}/delegations/{number}", self.parent());
        let message = RevokeDelegationRequest { name, request_id };
        self.approvals.revoke_delegation(self.request(message)).await.map(drop)
    }

    /// The delegations of the tenant that count or will count.
    ///
    /// # Errors
    /// The facade's status.
    pub async fn delegations(&mut self) -> Result<Vec<Delegation>, Status> {
        let message = ListDelegationsRequest { parent: self.parent() };
        Ok(self.approvals.list_delegations(self.request(message)).await?.into_inner().delegations)
    }

    /// The whole inbox, page by page.
    ///
    /// # Errors
    /// The facade's status.
    pub async fn inbox(&mut self) -> Result<Vec<PendingTask>, Status> {
        let (mut tasks, mut page_token) = (Vec::new(), String::new());
        loop {
            let (page, next) = self.inbox_page(200, page_token).await?;
            tasks.extend(page);
            if next.is_empty() {
                return Ok(tasks);
            }
            page_token = next;
        }
    }

    /// A page of the inbox, and the token of the next one: empty where there is none, as the first page's is.
    ///
    /// # Errors
    /// The facade's status.
    pub async fn inbox_page(
        &mut self,
        page_size: i32,
        page_token: String,
    ) -> Result<(Vec<PendingTask>, String), Status> {
        let message = ListTasksRequest { parent: self.parent(), page_size, page_token };
        let response = self.approvals.list_tasks(self.request(message)).await?.into_inner();
        Ok((response.tasks, response.next_page_token))
    }
}

/// An error with what led to it.
fn causes(error: &dyn std::error::Error) -> String {
    let all = std::iter::successors(Some(error), |e| e.source()).map(ToString::to_string);
    all.collect::<Vec<_>>().join(": ")
}

fn incomplete() -> Status {
    Status::internal("the facade answered without what was asked for")
}

/// The name of a task, or of its document where none is given.
#[must_use]
pub fn task_of(document: String, task: Option<&str>) -> String {
    task.map_or_else(|| document.clone(), |task| format!("{document}/tasks/{task}"))
}

/// Says how to send a request again of which nobody knows whether it was carried out.
pub(crate) fn told_again<T>(answer: Result<T, Status>, request_id: &str) -> Result<T, Status> {
    answer.inspect_err(|status| {
        if matches!(status.code(), Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled) {
            eprintln!("try again with --request-id {request_id}");
        }
    })
}

/// A new request id.
pub fn new_request_id() -> String {
    uuid::Uuid::now_v7().to_string()
}
