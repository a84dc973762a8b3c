//! The RPCs: each is one call, answered by one function.

use std::sync::Arc;

use temporalio_client::Client;
use tokio::sync::watch;
use tonic::{Request, Response, Status};
use vextrus_domain::RoleName;
use vextrus_domain::signature::KeyPair;
use vextrus_ledger::Ledger;
use vextrus_proto::approval::v1 as approval;
use vextrus_proto::approval::v1::approval_service_server::ApprovalService;
use vextrus_proto::audit::v1 as audit;
use vextrus_proto::audit::v1::audit_service_server::AuditService;
use vextrus_proto::invoice::v1 as invoice;
use vextrus_proto::invoice::v1::invoice_service_server::InvoiceService;
use vextrus_proto::masterdata::v1 as masterdata_v1;
use vextrus_proto::masterdata::v1::master_data_service_server::MasterDataService;
use vextrus_proto::onboarding::v1 as onboarding;
use vextrus_proto::onboarding::v1::onboarding_service_server::OnboardingService;
use vextrus_proto::purchasing::v1 as purchasing;
use vextrus_proto::purchasing::v1::purchasing_service_server::PurchasingService;
use vextrus_proto::tax::v1 as tax;
use vextrus_proto::tax::v1::tax_service_server::TaxService;

use crate::attachments::Attachments;
use crate::auth::Authenticator;
use crate::call::Call;
use crate::limits::Limits;
use crate::permissions::Permissions;
use crate::{act, bulk, delegations, employees, inbox, list, masterdata, orders, preview, read, submit, taxes, trail};

/// What every call needs. A copy is of handles.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) auth: Arc<Authenticator>,
    pub(crate) limits: Arc<Limits>,
    pub(crate) permissions: Arc<Permissions>,
    pub(crate) attachments: Arc<Attachments>,
    pub(crate) ledger: Ledger,
    pub(crate) client: Client,
    pub(crate) key: KeyPair,
    pub(crate) step_timeout_millis: u64,
    pub(crate) perform_within_millis: u64,
    pub(crate) events_of_a_run: u32,
    pub(crate) officer_roles: Vec<RoleName>,
    /// Whether the facade stops, for what lasts longer than a call.
    pub(crate) stopping: watch::Receiver<bool>,
}

/// The service.
#[derive(Clone)]
pub(crate) struct Service(Arc<App>);

impl Service {
    pub(crate) fn new(app: App) -> Self {
        Self(Arc::new(app))
    }

    /// What every call needs.
    pub(crate) const fn app(&self) -> &Arc<App> {
        &self.0
    }
}

// The RPCs differ in a name, a function and two types; the macro keeps each from answering in a way of its own.
// What streams its answer stands last, behind an arrow.
macro_rules! rpcs {
    ($service:ident in $package:ident: $($method:ident = $name:literal, $function:path, $request:ident -> $response:ident;)*
     $(=> $streaming:ident = $stream_name:literal, $stream_function:path, $stream_request:ident -> $stream:ident = $stream_type:ty;)*) => {
        #[tonic::async_trait]
        impl $service for Service {
            $(type $stream = $stream_type;

            async fn $streaming(
                &self,
                request: Request<$package::$stream_request>,
            ) -> Result<Response<Self::$stream>, Status> {
                let call = Call::of(&self.0, $stream_name, &request).map_err(|failure| failure.into_status($stream_name))?;
                let answer = $stream_function(&self.0, &call, request.into_inner());
                call.answer(&self.0, answer).await
            })*

            $(async fn $method(
                &self,
                request: Request<$package::$request>,
            ) -> Result<Response<$package::$response>, Status> {
                let call = Call::of(&self.0, $name, &request).map_err(|failure| failure.into_status($name))?;
                let answer = $function(&self.0, &call, request.into_inner());
                call.answer(&self.0, answer).await
            })*
        }
    };
}

rpcs! {
    ApprovalService in approval:
    act = "Act", act::act, ActRequest -> ActResponse;
    decide_tasks = "DecideTasks", bulk::decide, DecideTasksRequest -> DecideTasksResponse;
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
    list_invoices = "ListInvoices", list::invoices, ListInvoicesRequest -> ListInvoicesResponse;
    preview_invoice = "PreviewInvoice", preview::invoice, PreviewInvoiceRequest -> PreviewInvoiceResponse;
}

rpcs! {
    PurchasingService in purchasing:
    submit_purchase_order = "SubmitPurchaseOrder", submit::order, SubmitPurchaseOrderRequest -> SubmitPurchaseOrderResponse;
    get_purchase_order = "GetPurchaseOrder", read::order, GetPurchaseOrderRequest -> GetPurchaseOrderResponse;
    resubmit_purchase_order = "ResubmitPurchaseOrder", submit::order_again,
        ResubmitPurchaseOrderRequest -> ResubmitPurchaseOrderResponse;
    list_purchase_orders = "ListPurchaseOrders", list::orders, ListPurchaseOrdersRequest -> ListPurchaseOrdersResponse;
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

rpcs! {
    MasterDataService in masterdata_v1:
    upsert_vendor = "UpsertVendor", masterdata::vendors::upsert, UpsertVendorRequest -> UpsertVendorResponse;
    get_vendor = "GetVendor", masterdata::vendors::get, GetVendorRequest -> GetVendorResponse;
    list_vendors = "ListVendors", masterdata::vendors::list, ListVendorsRequest -> ListVendorsResponse;
    upsert_person = "UpsertPerson", masterdata::people::upsert, UpsertPersonRequest -> UpsertPersonResponse;
    get_person = "GetPerson", masterdata::people::get, GetPersonRequest -> GetPersonResponse;
    list_people = "ListPeople", masterdata::people::list, ListPeopleRequest -> ListPeopleResponse;
    upsert_department = "UpsertDepartment", masterdata::departments::upsert, UpsertDepartmentRequest -> UpsertDepartmentResponse;
    get_department = "GetDepartment", masterdata::departments::get, GetDepartmentRequest -> GetDepartmentResponse;
    list_departments = "ListDepartments", masterdata::departments::list, ListDepartmentsRequest -> ListDepartmentsResponse;
    upsert_budget = "UpsertBudget", masterdata::budgets::upsert, UpsertBudgetRequest -> UpsertBudgetResponse;
    get_budget = "GetBudget", masterdata::budgets::get, GetBudgetRequest -> GetBudgetResponse;
    list_budgets = "ListBudgets", masterdata::budgets::list, ListBudgetsRequest -> ListBudgetsResponse;
    propose_calendar = "ProposeCalendar", masterdata::calendar::propose,
        ProposeCalendarRequest -> ProposeCalendarResponse;
    get_calendar = "GetCalendar", masterdata::calendar::get, GetCalendarRequest -> GetCalendarResponse;
    propose_bank_account = "ProposeBankAccount", masterdata::bank::propose,
        ProposeBankAccountRequest -> ProposeBankAccountResponse;
    get_bank_account_change = "GetBankAccountChange", masterdata::bank::get,
        GetBankAccountChangeRequest -> GetBankAccountChangeResponse;
    list_bank_account_changes = "ListBankAccountChanges", masterdata::bank::list,
        ListBankAccountChangesRequest -> ListBankAccountChangesResponse;
}

rpcs! {
    AuditService in audit:
    list_audit_entries = "ListAuditEntries", trail::list, ListAuditEntriesRequest -> ListAuditEntriesResponse;
    => watch_changes = "WatchChanges", trail::watch, WatchChangesRequest -> WatchChangesStream = trail::Changes;
}

rpcs! {
    TaxService in tax:
    assess_taxes = "AssessTaxes", taxes::assess, AssessTaxesRequest -> AssessTaxesResponse;
    explain_taxes = "ExplainTaxes", taxes::explain, ExplainTaxesRequest -> ExplainTaxesResponse;
}
