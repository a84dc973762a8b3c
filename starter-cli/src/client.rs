//! The facade, as commands call it.

use std::time::Duration;

use anyhow::Context as _;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};
use vextrus_proto::invoice::v1::invoice_service_client::InvoiceServiceClient;
use vextrus_proto::invoice::v1::{
    DecideTaskRequest, DecideTaskResponse, GetInvoiceRequest, Invoice, InvoiceContent, ListTasksRequest, PendingTask,
    SubmitInvoiceRequest, WithdrawInvoiceRequest, WithdrawInvoiceResponse,
};

use crate::options::Global;
use crate::session::Session;

/// How long one call may take.
const WITHIN: Duration = Duration::from_secs(30);

/// A person's connection to the facade.
#[derive(Debug, Clone)]
pub struct Client {
    service: InvoiceServiceClient<Channel>,
    bearer: MetadataValue<Ascii>,
    tenant: String,
}

impl Client {
    /// Connects to a facade.
    ///
    /// # Errors
    /// An address or a token that cannot be one, or a facade that does not answer.
    pub async fn new(address: &str, tenant: &str, token: &str) -> anyhow::Result<Self> {
        let channel = Endpoint::from_shared(address.to_owned())
            .with_context(|| format!("{address:?} is not an address such as http://127.0.0.1:7300"))?
            .connect_timeout(Duration::from_secs(5))
            .connect()
            .await
            .map_err(|e| Status::unavailable(format!("the facade at {address} does not answer: {e}")))?;
        let bearer = format!("Bearer {}", token.trim()).parse().context("the token has characters that none has")?;
        Ok(Self { service: InvoiceServiceClient::new(channel), bearer, tenant: tenant.to_owned() })
    }

    /// The connection that the command line asks for.
    pub(crate) async fn from_options(global: &Global) -> anyhow::Result<Self> {
        let session = || Session::read(&global.session);
        let token = match (&global.token_file, &global.person) {
            (Some(file), _) => std::fs::read_to_string(file)
                .with_context(|| format!("token file {} cannot be read", file.display()))?,
            (None, Some(person)) => {
                let session = session()?;
                session.tokens.get(person).cloned().with_context(|| {
                    let known: Vec<&str> = session.tokens.keys().map(String::as_str).collect();
                    format!("{person:?} is nobody of {}; there are {}", session.tenant, known.join(", "))
                })?
            }
            (None, None) => anyhow::bail!("say who you are: --as PERSON with `vextrus dev`, or --token-file FILE"),
        };
        let address = global.address.clone().map_or_else(|| session().map(|s| s.address), Ok)?;
        let tenant = global.tenant.clone().map_or_else(|| session().map(|s| s.tenant), Ok)?;
        Self::new(&address, &tenant, &token).await
    }

    fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        request.metadata_mut().insert("authorization", self.bearer.clone());
        request.set_timeout(WITHIN);
        request
    }

    fn parent(&self) -> String {
        format!("tenants/{}", self.tenant)
    }

    /// The name of an invoice that was given by its name or its id.
    pub fn name(&self, invoice: &str) -> String {
        if invoice.contains('/') { invoice.to_owned() } else { format!("{}/invoices/{invoice}", self.parent()) }
    }

    /// Submits an invoice; answers it, and whether this very request had claimed it before.
    ///
    /// # Errors
    /// The facade's status.
    pub async fn submit(&mut self, content: InvoiceContent, request_id: String) -> Result<(Invoice, bool), Status> {
        let message = SubmitInvoiceRequest { parent: self.parent(), request_id, content: Some(content) };
        let response = self.service.submit_invoice(self.request(message)).await?.into_inner();
        Ok((response.invoice.ok_or_else(incomplete)?, response.repeated_request))
    }

    /// Reads an invoice by its name or id.
    ///
    /// # Errors
    /// The facade's status.
    pub async fn get(&mut self, invoice: &str) -> Result<Invoice, Status> {
        let message = GetInvoiceRequest { name: self.name(invoice) };
        self.service.get_invoice(self.request(message)).await?.into_inner().invoice.ok_or_else(incomplete)
    }

    /// Answers a task; without one, the person's first open task.
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
    ) -> Result<DecideTaskResponse, Status> {
        let invoice = self.name(invoice);
        let name = task.map_or_else(|| invoice.clone(), |task| format!("{invoice}/tasks/{task}"));
        let (answer, comment) = (answer.to_owned(), comment.to_owned());
        let message = DecideTaskRequest { name, answer, comment, request_id, submission: 0 };
        Ok(self.service.decide_task(self.request(message)).await?.into_inner())
    }

    /// Takes an invoice back.
    ///
    /// # Errors
    /// The facade's status.
    pub async fn withdraw(
        &mut self,
        invoice: &str,
        comment: &str,
        request_id: String,
    ) -> Result<WithdrawInvoiceResponse, Status> {
        let message =
            WithdrawInvoiceRequest { name: self.name(invoice), comment: comment.to_owned(), request_id, submission: 0 };
        Ok(self.service.withdraw_invoice(self.request(message)).await?.into_inner())
    }

    /// The whole inbox, page by page.
    ///
    /// # Errors
    /// The facade's status.
    pub async fn inbox(&mut self) -> Result<Vec<PendingTask>, Status> {
        let (mut tasks, mut page_token) = (Vec::new(), String::new());
        loop {
            let message = ListTasksRequest { parent: self.parent(), page_size: 200, page_token };
            let response = self.service.list_tasks(self.request(message)).await?.into_inner();
            tasks.extend(response.tasks);
            if response.next_page_token.is_empty() {
                return Ok(tasks);
            }
            page_token = response.next_page_token;
        }
    }
}

fn incomplete() -> Status {
    Status::internal("the facade answered without an invoice")
}

/// A new request id.
pub fn new_request_id() -> String {
    uuid::Uuid::now_v7().to_string()
}
