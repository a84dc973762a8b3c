//! The RPCs: each is one call, answered by one function.

use std::sync::Arc;

use temporalio_client::Client;
use tonic::{Request, Response, Status};
use vextrus_domain::signature::KeyPair;
use vextrus_ledger::Ledger;
use vextrus_proto::invoice::v1 as proto;
use vextrus_proto::invoice::v1::invoice_service_server::InvoiceService;

use crate::call::Call;
use crate::{decide, inbox, read, submit, withdraw};

/// What every call needs.
pub(crate) struct App {
    pub(crate) ledger: Ledger,
    pub(crate) client: Client,
    pub(crate) key: KeyPair,
    pub(crate) step_timeout_millis: u64,
}

/// The service.
#[derive(Clone)]
pub(crate) struct Service(Arc<App>);

impl Service {
    pub(crate) fn new(app: App) -> Self {
        Self(Arc::new(app))
    }
}

// Five RPCs differ in a name, a function and two types; the macro keeps each from answering in a way of its own.
macro_rules! rpcs {
    ($($method:ident = $name:literal, $function:path, $request:ident -> $response:ident;)*) => {
        #[tonic::async_trait]
        impl InvoiceService for Service {
            $(async fn $method(
                &self,
                request: Request<proto::$request>,
            ) -> Result<Response<proto::$response>, Status> {
                let call = Call::of($name, &request).map_err(|failure| failure.into_status($name))?;
                let answer = $function(&self.0, &call, request.into_inner());
                call.answer(answer).await
            })*
        }
    };
}

rpcs! {
    submit_invoice = "SubmitInvoice", submit::submit, SubmitInvoiceRequest -> SubmitInvoiceResponse;
    get_invoice = "GetInvoice", read::get, GetInvoiceRequest -> GetInvoiceResponse;
    decide_task = "DecideTask", decide::decide, DecideTaskRequest -> DecideTaskResponse;
    withdraw_invoice = "WithdrawInvoice", withdraw::withdraw, WithdrawInvoiceRequest -> WithdrawInvoiceResponse;
    list_tasks = "ListTasks", inbox::list, ListTasksRequest -> ListTasksResponse;
}
