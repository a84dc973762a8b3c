//! The RPCs: each is one call, answered by one function.

use std::sync::Arc;

use temporalio_client::Client;
use tonic::{Request, Response, Status};
use vextrus_domain::RoleName;
use vextrus_domain::signature::KeyPair;
use vextrus_ledger::Ledger;
use vextrus_proto::approval::v1 as approval;
use vextrus_proto::approval::v1::approval_service_server::ApprovalService;
use vextrus_proto::invoice::v1 as invoice;
use vextrus_proto::invoice::v1::invoice_service_server::InvoiceService;
use vextrus_proto::onboarding::v1 as onboarding;
use vextrus_proto::onboarding::v1::onboarding_service_server::OnboardingService;
use vextrus_proto::purchasing::v1 as purchasing;
use vextrus_proto::purchasing::v1::purchasing_service_server::PurchasingService;

use crate::call::Call;
use crate::{act, delegations, employees, inbox, orders, preview, read, submit};

/// What every call needs.
pub(crate) struct App {
    pub(crate) ledger: Ledger,
    pub(crate) client: Client,
    pub(crate) key: KeyPair,
    pub(crate) step_timeout_millis: u64,
    pub(crate) perform_within_millis: u64,
    pub(crate) events_of_a_run: u32,
    pub(crate) officer_roles: Vec<RoleName>,
}

/// The service.
#[derive(Clone)]
pub(crate) struct Service(Arc<App>);

impl Service {
    pub(crate) fn new(app: App) -> Self {
        Self(Arc::new(app))
    }
}

// The RPCs differ in a name, a function and two types; the macro keeps each from answering in a way of its own.
macro_rules! rpcs {
    ($service:ident in $package:ident: $($method:ident = $name:literal, $function:path, $request:ident -> $response:ident;)*) => {
        #[tonic::async_trait]
        impl $service for Service {
            $(async fn $method(
                &self,
                request: Request<$package::$request>,
            ) -> Result<Response<$package::$response>, Status> {
                let call = Call::of($name, &request).map_err(|failure| failure.into_status($name))?;
                let answer = $function(&self.0, &call, request.into_inner());
                call.answer(answer).await
            })*
        }
    };
}

rpcs! {
    ApprovalService in approval:
    act = "Act", act::act, ActRequest -> ActResponse;
    list_tasks = "ListTasks", inbox::list, ListTasksRequest -> ListTasksResponse;
    give_delegation = "GiveDelegation", delegations::give, GiveDelegationRequest -> GiveDelegationResponse;
    revoke_delegation = "RevokeDelegation", delegations::revoke, RevokeDelegationRequest -> RevokeDelegationResponse;
    list_delegations = "ListDelegations", delegations::list, ListDelegationsRequest -> ListDelegationsResponse;
}

rpcs! {
    InvoiceService in invoice:
    submit_invoice = "SubmitInvoice", submit::invoice, SubmitInvoiceRequest -> SubmitInvoiceResponse;
    get_invoice = "GetInvoice", read::invoice, GetInvoiceRequest -> GetInvoiceResponse;
    resubmit_invoice = "ResubmitInvoice", submit::invoice_again, ResubmitInvoiceRequest -> ResubmitInvoiceResponse;
    preview_invoice = "PreviewInvoice", preview::invoice, PreviewInvoiceRequest -> PreviewInvoiceResponse;
}

rpcs! {
    PurchasingService in purchasing:
    submit_purchase_order = "SubmitPurchaseOrder", submit::order, SubmitPurchaseOrderRequest -> SubmitPurchaseOrderResponse;
    get_purchase_order = "GetPurchaseOrder", read::order, GetPurchaseOrderRequest -> GetPurchaseOrderResponse;
    resubmit_purchase_order = "ResubmitPurchaseOrder", submit::order_again,
        ResubmitPurchaseOrderRequest -> ResubmitPurchaseOrderResponse;
    preview_purchase_order = "PreviewPurchaseOrder", preview::order,
        PreviewPurchaseOrderRequest -> PreviewPurchaseOrderResponse;
    receive_goods = "ReceiveGoods", orders::receive, ReceiveGoodsRequest -> ReceiveGoodsResponse;
    close_purchase_order = "ClosePurchaseOrder", orders::close, ClosePurchaseOrderRequest -> ClosePurchaseOrderResponse;
}

rpcs! {
    OnboardingService in onboarding:
    start_onboarding = "StartOnboarding", employees::start::onboarding, StartOnboardingRequest -> StartOnboardingResponse;
    start_offboarding = "StartOffboarding", employees::start::offboarding,
        StartOffboardingRequest -> StartOffboardingResponse;
    get_process = "GetProcess", employees::read::get, GetProcessRequest -> GetProcessResponse;
    list_processes = "ListProcesses", employees::read::list, ListProcessesRequest -> ListProcessesResponse;
    act_on_process = "ActOnProcess", employees::act::act, ActOnProcessRequest -> ActOnProcessResponse;
    erase_employee = "EraseEmployee", employees::erase::erase, EraseEmployeeRequest -> EraseEmployeeResponse;
}
