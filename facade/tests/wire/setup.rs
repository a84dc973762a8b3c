//! A facade on a port of its own, over a fresh ledger and a Temporal that never answers.

use std::future::{Ready, pending, ready};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use chrono::{DateTime, SubsecRound as _, Utc};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::codegen::Service;
use tonic::server::Grpc;
use tonic::service::Routes;
use tonic::transport::{Channel, Server};
use tonic::{Code, Request, Response, Status};
use tonic_prost::ProstCodec;
use tonic_types::StatusExt as _;
use vextrus_approval::{Action, Command};
use vextrus_contract::steps::{
    AssessInput, AssessOutput, CloseInput, CloseOutput, CloseReason, Entry, RecordInput, RecordOutput, SettleInput,
    SettleOutput,
};
use vextrus_documents::Steps;
use vextrus_domain::signature::{AcceptedKeys, KeyPair};
use vextrus_domain::{Actor, Content, DocumentKey, Invoice, Order, Refusal, RefusalCode};
use vextrus_facade::{FacadeError, dev_tokens, serve};
use vextrus_ledger::approvals::Trust;
use vextrus_ledger::claims::{self, Claim};
use vextrus_ledger::masterdata::{self, Company};
use vextrus_ledger::rules::{self, RuleKind};
use vextrus_ledger::{Ledger, audit, delegations, views};
use vextrus_platform::Config;
use vextrus_proto::approval::v1::approval_service_client::ApprovalServiceClient;
use vextrus_proto::approval::v1::attachment_service_client::AttachmentServiceClient;
use vextrus_proto::audit::v1::audit_service_client::AuditServiceClient;
use vextrus_proto::invoice::v1 as proto;
use vextrus_proto::invoice::v1::invoice_service_client::InvoiceServiceClient;
use vextrus_proto::masterdata::v1::master_data_service_client::MasterDataServiceClient;
use vextrus_proto::onboarding::v1::onboarding_service_client::OnboardingServiceClient;
use vextrus_proto::purchasing::v1::purchasing_service_client::PurchasingServiceClient;
use vextrus_proto::tax::v1::tax_service_client::TaxServiceClient;
use vextrus_temporal::ConnectOptions;

/// The default rules.
const RULES: [(RuleKind, &str); 7] = [
    (RuleKind::Tax, include_str!("../../../rules/tax/house.toml")),
    (RuleKind::Approval, include_str!("../../../rules/approval/invoice.toml")),
    (RuleKind::Approval, include_str!("../../../rules/approval/purchase_order.toml")),
    (RuleKind::Accounts, include_str!("../../../rules/accounts/invoice.toml")),
    (RuleKind::Calendar, include_str!("../../../rules/calendar/bangladesh.toml")),
    (RuleKind::Onboarding, include_str!("../../../rules/onboarding/onboarding.toml")),
    (RuleKind::Onboarding, include_str!("../../../rules/onboarding/offboarding.toml")),
];

pub(crate) struct World {
    pub(crate) ledger: Ledger,
    pub(crate) channel: Channel,
    pub(crate) address: String,
    pub(crate) key: KeyPair,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<Result<(), FacadeError>>,
    dir: TempDir,
}

static NEXT: AtomicU32 = AtomicU32::new(1);

/// Answers with an empty message, as which every response of Temporal can be read.
struct Empty;

impl Service<Request<()>> for Empty {
    type Response = Response<()>;
    type Error = Status;
    type Future = Ready<Result<Response<()>, Status>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        ready(Ok(Response::new(())))
    }
}

/// A Temporal that can be connected to, is well, and then says nothing.
async fn silent_temporal() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let router = axum::Router::new().fallback(async |request: axum::extract::Request| {
        let is_asked_how_it_is =
            ["/GetSystemInfo", "/DescribeNamespace"].iter().any(|name| request.uri().path().ends_with(name));
        if !is_asked_how_it_is {
            pending::<()>().await;
        }
        // What was sent is compressed and does not matter: this is an empty message in its place.
        let empty = axum::extract::Request::new(axum::body::Body::from(vec![0; 5]));
        Grpc::new(ProstCodec::<(), ()>::default()).unary(Empty, empty).await
    });
    let server = Server::builder().add_routes(Routes::from(router));
    tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
    address
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let file = |name: &str| dir.path().join(name);
        let key = KeyPair::from_seed(&[7; 32]);
        std::fs::write(file("jwks.json"), dev_tokens::jwks_json(&key)).unwrap();
        std::fs::write(file("key"), key.to_secret_text()).unwrap();
        let mut config = Config::layered(None, |_| None).unwrap();
        config.auth.issuer = "dev".to_owned();
        config.auth.jwks_file = file("jwks.json");
        config.signing.key_file = file("key");
        config.attachments.place = format!("file://{}", file("papers").display());
        change(&mut config);
        let ledger = Ledger::open(&format!("sqlite:{}", file("ledger.db").display())).await.unwrap();
        for tenant in ["acme", "other"] {
            let mut tx = ledger.begin(&tenant.parse().unwrap()).await.unwrap();
            masterdata::import(&mut tx, &company(tenant), "test").await.unwrap();
            for (kind, content) in RULES {
                rules::found(&mut tx, &tenant.parse().unwrap(), kind, content, "test").await.unwrap().unwrap();
            }
            tx.commit().await.unwrap();
        }
        let temporal = silent_temporal().await;
        let client = vextrus_temporal::connect_to(&temporal, "default", ConnectOptions::default()).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let served = ledger.clone();
        let serving = tokio::spawn(async move {
            serve(&config, served, client, listener, None, async move { drop(stopped.await) }).await
        });
        let channel = Channel::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap();
        Self { ledger, channel, address: address.to_string(), key, stop, serving, dir }
    }

    pub(crate) fn invoices(&self) -> InvoiceServiceClient<Channel> {
        InvoiceServiceClient::new(self.channel.clone())
    }

    pub(crate) fn orders(&self) -> PurchasingServiceClient<Channel> {
        PurchasingServiceClient::new(self.channel.clone())
    }

    pub(crate) fn approvals(&self) -> ApprovalServiceClient<Channel> {
        ApprovalServiceClient::new(self.channel.clone())
    }

    pub(crate) fn employees(&self) -> OnboardingServiceClient<Channel> {
        OnboardingServiceClient::new(self.channel.clone())
    }

    pub(crate) fn master_data(&self) -> MasterDataServiceClient<Channel> {
        MasterDataServiceClient::new(self.channel.clone())
    }

    pub(crate) fn papers(&self) -> AttachmentServiceClient<Channel> {
        AttachmentServiceClient::new(self.channel.clone())
    }

    /// Where attachments are kept.
    pub(crate) fn papers_folder(&self) -> PathBuf {
        self.dir.path().join("papers")
    }

    pub(crate) fn trail(&self) -> AuditServiceClient<Channel> {
        AuditServiceClient::new(self.channel.clone())
    }

    pub(crate) fn taxes(&self) -> TaxServiceClient<Channel> {
        TaxServiceClient::new(self.channel.clone())
    }

    pub(crate) fn token(&self, tenant: &str, person: &str) -> String {
        self.token_for(tenant, person, Duration::from_secs(60))
    }

    pub(crate) fn token_for(&self, tenant: &str, person: &str, life: Duration) -> String {
        let (tenant, person) = (tenant.parse().unwrap(), person.parse().unwrap());
        dev_tokens::mint(&self.key, "dev", "vextrus", &tenant, &person, life).unwrap()
    }

    pub(crate) fn request<T>(&self, tenant: &str, person: &str, message: T) -> Request<T> {
        let mut request = Request::new(message);
        let bearer = format!("Bearer {}", self.token(tenant, person));
        request.metadata_mut().insert("authorization", bearer.parse().unwrap());
        // What Temporal is asked is never answered, so let it not be waited for.
        request.set_timeout(Duration::from_secs(1));
        request
    }

    /// Claims a document for `salma` as the facade would.
    pub(crate) async fn claim(&self, request_id: &str, content: &Content) -> Claim {
        let request_id = request_id.parse().unwrap();
        claims::claim(&self.ledger, &actor("salma"), &request_id, content).await.unwrap().unwrap()
    }

    /// A new invoice that is claimed.
    pub(crate) async fn claimed(&self) -> Claim {
        let invoice = invoice();
        let number = invoice.number.clone();
        self.claim(&number, &Content::Invoice(Box::new(invoice))).await
    }

    /// A document that is claimed and assessed.
    pub(crate) async fn assessed(&self, request_id: &str, content: &Content) -> DocumentKey {
        let Claim { key, payload_hash, .. } = self.claim(request_id, content).await;
        let input = AssessInput { key: key.clone(), revision: 1, payload_hash };
        match self.steps().assess_step(&input).await.unwrap() {
            AssessOutput::Assessed(_) => key,
            AssessOutput::Refused(refusal) => panic!("{refusal}"),
        }
    }

    /// A new invoice with its first level open: `rahim`'s and `karim`'s, before `hasina`'s.
    pub(crate) async fn asked(&self) -> DocumentKey {
        let invoice = invoice();
        let number = invoice.number.clone();
        self.assessed(&number, &Content::Invoice(Box::new(invoice))).await
    }

    /// An issued order that nobody need approve; answers its number.
    pub(crate) async fn issued(&self, request_id: &str, order: Order) -> String {
        let key = self.assessed(request_id, &Content::Order(Box::new(order))).await;
        let input = SettleInput { key, revision: 1, at: now(), entries: Vec::new() };
        match self.steps().settle_step(&input).await.unwrap() {
            SettleOutput::Settled(settlement) => settlement.number,
            other => panic!("{other:?}"),
        }
    }

    /// Writes a command as the worker would.
    pub(crate) async fn brought(
        &self,
        key: &DocumentKey,
        (actor, principal): (&str, &str),
        request_id: &str,
        action: Action,
    ) {
        let mut tx = self.ledger.read(&key.tenant).await.unwrap();
        let standing = delegations::open(&mut tx, &key.tenant).await.unwrap();
        drop(tx);
        let via = standing.into_iter().filter(|d| d.to.as_str() == actor && d.from.as_str() == principal).collect();
        let (actor, principal) = (actor.parse().unwrap(), principal.parse().unwrap());
        let request_id = request_id.parse().unwrap();
        let command = Command { key: key.clone(), action, actor, principal, via, request_id, at: now() };
        let signed = Box::new(command.sign(&self.key).unwrap());
        let input = RecordInput { key: key.clone(), entries: vec![Entry::Command { at: now(), signed }] };
        let recorded = self.steps().record_step(&input).await.unwrap();
        assert_eq!(recorded, RecordOutput::Recorded { refused: Vec::new() });
    }

    /// The trail of a document.
    pub(crate) async fn entries(&self, key: &DocumentKey) -> Vec<audit::Entry> {
        let mut tx = self.ledger.read(&key.tenant).await.unwrap();
        audit::read_chain(&mut tx, &key.tenant, key.document.as_str()).await.unwrap().unwrap()
    }

    /// Ends a document that cannot go on, as the worker would.
    pub(crate) async fn closed(&self, key: &DocumentKey) {
        let refusal = Refusal::new(RefusalCode::Internal, "a step failed");
        let (reason, entries) = (CloseReason::Failed, Vec::new());
        let input = CloseInput { key: key.clone(), reason, refusal: Some(refusal), entries };
        assert_eq!(self.steps().close_step(&input).await.unwrap(), CloseOutput::Closed);
    }

    /// The hash of the plan that holds the document's first task.
    pub(crate) async fn plan_hash(&self, key: &DocumentKey) -> String {
        let mut tx = self.ledger.read(&key.tenant).await.unwrap();
        let view = views::document(&mut tx, &key.tenant, &key.document).await.unwrap().unwrap();
        view.tasks[0].plan_hash.clone()
    }

    /// Requires that nothing was claimed.
    pub(crate) async fn has_no_documents(&self) {
        let mut tx = self.ledger.begin_for_all().await.unwrap();
        assert_eq!(tx.raw("UPDATE documents SET lock_version = lock_version").await.unwrap(), 0);
        tx.rollback().await.unwrap();
    }

    fn steps(&self) -> Steps {
        let keys = AcceptedKeys::from_public_texts([self.key.public_text().as_str()]).unwrap();
        Steps { ledger: self.ledger.clone(), trust: Trust { keys, unsigned: false } }
    }

    pub(crate) async fn stop(self) {
        self.stop.send(()).unwrap();
        drop(self.channel);
        self.serving.await.unwrap().unwrap();
    }
}

fn company(tenant: &str) -> Company {
    let person = |id: &str, roles: &[&str]| serde_json::json!({"id": id, "department": "works", "roles": roles});
    serde_json::from_value(serde_json::json!({
        "tenant": tenant,
        "payer": {"name": "Works Ltd", "bin": "111222333-0101", "address": "Dhaka"},
        "people": [
            person("salma", &[]), person("rahim", &["accounts_payable"]), person("karim", &["accounts_payable"]),
            person("hasina", &["department_head"]), person("shirin", &[]), person("ruma", &["approval_administrator"]),
            person("inspector", &["nbr_officer"]), person("habib", &[]), person("farzana", &["hr_administrator"]), person("mizan", &["it"]),
            person("nadia", &["master_data"]), person("farida", &["finance_manager"]),
            {"id": "gone", "roles": ["accounts_payable"], "active": false},
        ],
        "vendors": [{"id": "padma", "name": "Padma", "kind": "contractor", "tin": "123456789012", "bin": "123456789-0101"}],
        "budgets": [{"fiscal_year": "2026-27", "department": "works", "allocated": "5000000"}],
    }))
    .unwrap()
}

/// A request id that no other request has.
pub(crate) fn new_request_id() -> String {
    format!("request-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

pub(crate) fn actor(person: &str) -> Actor {
    Actor { tenant: "acme".parse().unwrap(), person: person.parse().unwrap() }
}

pub(crate) fn now() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(6)
}

/// A good invoice with a number and an amount of its own, which two levels approve.
pub(crate) fn invoice() -> Invoice {
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let subtotal = 100_000 + u64::from(number) * 100;
    let (vat, total) = (subtotal * 15 / 100, subtotal * 115 / 100);
    serde_json::from_value(serde_json::json!({
        "vendor": "padma", "number": format!("INV-{number}"), "date": "2026-08-01", "due_date": "2026-09-01",
        "currency": "BDT",
        "lines": [{"description": "works", "quantity": "1", "unit_price": subtotal.to_string(), "amount": subtotal.to_string()}],
        "subtotal": subtotal.to_string(), "vat": vat.to_string(), "total": total.to_string(), "department": "works",
    }))
    .unwrap()
}

/// A good invoice as a request carries it.
pub(crate) fn content() -> proto::InvoiceContent {
    vextrus_facade::content(&invoice())
}

/// An order of this many bags for 500 taka each.
pub(crate) fn order(bags: u32) -> Order {
    let amount = (bags * 500).to_string();
    serde_json::from_value(serde_json::json!({
        "vendor": "padma", "date": "2026-08-01", "currency": "BDT", "department": "works", "amount": amount,
        "lines": [{"product": "cement", "quantity": bags.to_string(), "unit_price": "500", "amount": amount}],
    }))
    .unwrap()
}

pub(crate) fn submission(request_id: &str, content: proto::InvoiceContent) -> proto::SubmitInvoiceRequest {
    proto::SubmitInvoiceRequest {
        parent: "tenants/acme".to_owned(),
        request_id: request_id.to_owned(),
        content: Some(content),
    }
}

/// The gRPC code and the refusal code of a status.
pub(crate) fn reason(status: &Status) -> (Code, String) {
    (status.code(), status.get_details_error_info().map(|info| info.reason).unwrap_or_default())
}

/// What [`reason`] is to be.
pub(crate) fn refused(code: Code, refusal: &str) -> (Code, String) {
    (code, refusal.to_owned())
}

/// The fields that a status finds wrong, and what it says of each.
pub(crate) fn fields(status: &Status) -> Vec<(String, String)> {
    assert_eq!(status.code(), Code::InvalidArgument, "{status}");
    let found = status.get_details_bad_request().map(|b| b.field_violations).unwrap_or_default();
    found.into_iter().map(|v| (v.field, v.description)).collect()
}

/// Their names.
pub(crate) fn field_names(status: &Status) -> Vec<String> {
    fields(status).into_iter().map(|(name, _)| name).collect()
}
