//! A facade on a port of its own, over a fresh ledger and a Temporal that never answers.

use std::future::{Ready, pending, ready};
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use chrono::Utc;
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
use vextrus_approval::{Decision, ExceptionFinding, Facts, Plan, Policy, resolve};
use vextrus_domain::signature::{AcceptedKeys, KeyPair};
use vextrus_domain::{Actor, DocumentKey, Invoice, Taka};
use vextrus_facade::{FacadeError, dev_tokens, serve};
use vextrus_ledger::claims::{self, Claim};
use vextrus_ledger::decisions::{self, Trust};
use vextrus_ledger::masterdata::{self, Company};
use vextrus_ledger::{Ledger, documents, tasks};
use vextrus_platform::Config;
use vextrus_proto::invoice::v1 as proto;
use vextrus_proto::invoice::v1::invoice_service_client::InvoiceServiceClient;
use vextrus_temporal::ConnectOptions;

pub(crate) const POLICY: &str = include_str!("../../../rules/approval/invoice.toml");

pub(crate) struct World {
    pub(crate) ledger: Ledger,
    pub(crate) channel: Channel,
    pub(crate) key: KeyPair,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<Result<(), FacadeError>>,
    _dir: TempDir,
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

/// A Temporal that can be connected to and then says nothing.
async fn silent_temporal() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let router = axum::Router::new().fallback(async |request: axum::extract::Request| {
        if !request.uri().path().ends_with("/GetSystemInfo") {
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
        let dir = tempfile::tempdir().unwrap();
        let file = |name: &str| dir.path().join(name);
        let key = KeyPair::from_seed(&[7; 32]);
        std::fs::write(file("jwks.json"), dev_tokens::jwks_json(&key)).unwrap();
        std::fs::write(file("key"), key.to_secret_text()).unwrap();
        let mut config = Config::layered(None, |_| None).unwrap();
        config.auth.issuer = "dev".to_owned();
        config.auth.jwks_file = file("jwks.json");
        config.signing.key_file = file("key");
        let ledger = Ledger::open(&format!("sqlite:{}", file("ledger.db").display())).await.unwrap();
        for tenant in ["acme", "other"] {
            let mut tx = ledger.begin().await.unwrap();
            masterdata::import(&mut tx, &company(tenant), "test").await.unwrap();
            tx.commit().await.unwrap();
        }
        let temporal = silent_temporal().await;
        let client = vextrus_temporal::connect_to(&temporal, "default", ConnectOptions::default()).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let served = ledger.clone();
        let serving =
            tokio::spawn(
                async move { serve(&config, served, client, listener, async move { drop(stopped.await) }).await },
            );
        let channel = Channel::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap();
        Self { ledger, channel, key, stop, serving, _dir: dir }
    }

    pub(crate) fn client(&self) -> InvoiceServiceClient<Channel> {
        InvoiceServiceClient::new(self.channel.clone())
    }

    pub(crate) fn request<T>(&self, tenant: &str, person: &str, message: T) -> Request<T> {
        let (tenant, person) = (tenant.parse().unwrap(), person.parse().unwrap());
        let token = dev_tokens::mint(&self.key, "dev", "vextrus", &tenant, &person, Duration::from_secs(60)).unwrap();
        let mut request = Request::new(message);
        request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
        // What Temporal is asked is never answered, so let it not be waited for.
        request.set_timeout(Duration::from_secs(1));
        request
    }

    /// An invoice that `salma` has claimed, under its number as the request id.
    pub(crate) async fn claimed(&self) -> DocumentKey {
        let content = content();
        self.claim(&content).await.key
    }

    /// Claims an invoice as the facade would.
    pub(crate) async fn claim(&self, content: &proto::InvoiceContent) -> Claim {
        let actor = Actor { tenant: "acme".parse().unwrap(), person: "salma".parse().unwrap() };
        let request_id = content.number.parse().unwrap();
        claims::claim(&self.ledger, &actor, &request_id, &invoice(content)).await.unwrap().unwrap()
    }

    /// Writes the tasks of a plan with an exception and two levels, the exception open.
    pub(crate) async fn planned(&self, key: &DocumentKey) -> Plan {
        let policy = Policy::parse(POLICY).unwrap();
        let (people, department, submitter) =
            (company("acme").people, "works".parse().unwrap(), "salma".parse().unwrap());
        let kind = vextrus_approval::ExceptionKind::UncertainRate;
        let findings = [ExceptionFinding::new(kind, "is it right?".to_owned())];
        let facts = Facts {
            revision: 1,
            total: Taka::whole(115_000),
            department: &department,
            submitter: &submitter,
            people: &people,
            findings: &findings,
        };
        let plan = resolve(&policy, "policy", &facts).unwrap();
        let mut tx = self.ledger.begin().await.unwrap();
        let document = documents::get(&mut tx, key).await.unwrap().unwrap();
        documents::assessed(&mut tx, &document, 1).await.unwrap();
        tasks::add(&mut tx, key, &plan, &plan.hash().unwrap()).await.unwrap();
        tasks::open(&mut tx, key, &plan.tasks[0].id, Utc::now()).await.unwrap();
        tx.commit().await.unwrap();
        plan
    }

    /// Writes a decision as `record` would.
    pub(crate) async fn decided(&self, decision: Decision) {
        let trust = Trust {
            keys: AcceptedKeys::from_public_texts([self.key.public_text().as_str()]).unwrap(),
            unsigned: false,
        };
        let mut tx = self.ledger.begin().await.unwrap();
        let document = documents::get(&mut tx, &decision.key).await.unwrap().unwrap();
        let signed = decision.sign(&self.key).unwrap();
        decisions::store(&mut tx, &document, &signed, &trust, Utc::now()).await.unwrap().unwrap();
        tx.commit().await.unwrap();
    }

    pub(crate) async fn stop(self) {
        self.stop.send(()).unwrap();
        drop(self.channel);
        self.serving.await.unwrap().unwrap();
    }
}

pub(crate) fn company(tenant: &str) -> Company {
    let person = |id: &str, roles: &[&str]| serde_json::json!({"id": id, "department": "works", "roles": roles});
    serde_json::from_value(serde_json::json!({
        "tenant": tenant,
        "people": [
            person("salma", &[]), person("rahim", &["accounts_payable"]), person("karim", &["accounts_payable"]),
            person("hasina", &["department_head"]),
            {"id": "gone", "roles": ["accounts_payable"], "active": false},
        ],
        "vendors": [{"id": "padma", "name": "Padma", "kind": "contractor", "tin": "123456789012", "bin": "123456789-0101"}],
        "budgets": [],
    }))
    .unwrap()
}

/// A good invoice with a number of its own.
pub(crate) fn content() -> proto::InvoiceContent {
    let number = format!("INV-{}", NEXT.fetch_add(1, Ordering::Relaxed));
    let line = proto::InvoiceLine {
        description: "works".to_owned(),
        quantity: "1".to_owned(),
        unit_price_poisha: 10_000_000,
        amount_poisha: 10_000_000,
        ..Default::default()
    };
    proto::InvoiceContent {
        vendor: "padma".to_owned(),
        number,
        date: "2026-08-01".to_owned(),
        due_date: "2026-09-01".to_owned(),
        currency: "BDT".to_owned(),
        lines: vec![line],
        subtotal_poisha: 10_000_000,
        vat_poisha: 1_500_000,
        total_poisha: 11_500_000,
        department: "works".to_owned(),
        ..Default::default()
    }
}

/// The same invoice in the domain's words.
fn invoice(content: &proto::InvoiceContent) -> Invoice {
    serde_json::from_value(serde_json::json!({
        "vendor": content.vendor, "number": content.number, "date": content.date, "due_date": content.due_date,
        "currency": "BDT",
        "lines": [{"description": "works", "quantity": "1", "unit_price": "100000", "amount": "100000"}],
        "subtotal": "100000", "vat": "15000", "total": "115000", "department": content.department,
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
