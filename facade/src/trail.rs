//! ListAuditEntries and WatchChanges: the trail of a document, of a process, or of the company.

use std::time::Duration;

use serde_json::Value;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;
use vextrus_domain::{Actor, Refusal, RefusalCode};
use vextrus_ledger::audit::{self, Entry, TENANT_CHAIN};
use vextrus_ledger::{Tx, views};
use vextrus_proto::audit::v1 as proto;
use vextrus_proto::pbjson_types::{ListValue, Struct, Value as ProtoValue, value::Kind};

use crate::call::Call;
use crate::employees::{names as employees, read as process};
use crate::errors::Failure;
use crate::server::until;
use crate::service::App;
use crate::{names, pages, read, render};

/// How many entries are read at a time.
const AT_A_TIME: u32 = 100;
/// How often it is looked for more: at first after something has come, and at last while nothing comes.
const SOON: Duration = Duration::from_millis(100);
const LATE: Duration = Duration::from_secs(2);
/// How long a caller may take to read what was sent.
const SLOW: Duration = Duration::from_secs(30);
/// How long a watch lasts where the caller says nothing else.
const LONGEST: Duration = Duration::from_secs(3600);
/// What waits for the caller to read it.
const WAITING: usize = 16;

pub(crate) type Changes = ReceiverStream<Result<proto::WatchChangesResponse, Status>>;

pub(crate) async fn list(
    app: &App,
    call: &Call,
    request: proto::ListAuditEntriesRequest,
) -> Result<proto::ListAuditEntriesResponse, Failure> {
    let size = pages::size(request.page_size)?;
    let after = pages::cursor::<i64>(&request.page_token)?.unwrap_or_default();
    let chain = match chain(&request.parent, &call.actor) {
        Err(Failure::Fields(_)) => {
            names::own_tenant(&request.parent, &call.actor)?;
            TENANT_CHAIN.to_owned()
        }
        found => found?,
    };
    let mut tx = app.ledger.report(&call.actor.tenant).await?;
    let is_officer = read::reader(app, &mut tx, call, &request.parent).await?;
    if chain != TENANT_CHAIN {
        ended(&mut tx, call, &chain, &request.parent).await?;
    } else if !is_officer {
        let message = "the company's own trail is for those whose role is for audits (audit.officer_roles)";
        return Err(Refusal::new(RefusalCode::PermissionDenied, message).into());
    }
    let mut entries = audit::entries_of(&mut tx, &call.actor.tenant, &chain, after, size + 1).await?;
    let next_page_token = pages::cut(&mut entries, size, |(entry, _)| entry.seq)?;
    let hears = hears(&mut tx, &call.actor, &request.parent, is_officer).await?;
    let entries = entries.into_iter().map(|entry| shown(entry, hears)).collect::<Result<_, _>>()?;
    Ok(proto::ListAuditEntriesResponse { entries, next_page_token })
}

/// The chain of what a name names: a document or a process.
fn chain(name: &str, actor: &Actor) -> Result<String, Failure> {
    const FORM: &str =
        "write it as tenants/{tenant}/invoices/{id}, or with purchaseOrders, onboardings or offboardings";
    let (document, task) = match names::named(name, actor) {
        Ok(named) => (named.document, named.task),
        Err(Failure::Fields(_)) => match employees::named(name, actor) {
            Ok(named) => (named.key.document, named.task),
            Err(Failure::Fields(_)) => return Err(Failure::field("name", FORM)),
            Err(other) => return Err(other),
        },
        Err(other) => return Err(other),
    };
    if task.is_some() { Err(Failure::field("name", FORM)) } else { Ok(document.to_string()) }
}

/// Whether the caller may read what was said: of documents every member may, of an employee's process only those whom it concerns, who
/// were asked, or who are officers.
async fn hears(tx: &mut Tx, actor: &Actor, name: &str, is_officer: bool) -> Result<bool, Failure> {
    match employees::named(name, actor) {
        Ok(named) if !is_officer => process::hears(tx, actor, named.kind, &named.key).await,
        _ => Ok(true),
    }
}

/// Whether the document or process has ended; refused where there is none of this name.
async fn ended(tx: &mut Tx, call: &Call, chain: &str, name: &str) -> Result<bool, Failure> {
    let found = views::has_ended(tx, &call.actor.tenant, chain).await?;
    // The kind is part of the name: an order is no invoice.
    let found = found.filter(|(kind, _)| name.split('/').nth(2).is_some_and(|c| is_collection_of(c, kind)));
    found.map(|(_, ended)| ended).ok_or_else(|| names::not_found(name).into())
}

fn is_collection_of(collection: &str, kind: &str) -> bool {
    let documents = vextrus_domain::DocumentType::ALL.map(|k| (k.name(), names::collection(k)));
    let processes = vextrus_lifecycle::Process::ALL.map(|k| (k.name(), employees::collection(k)));
    documents.into_iter().chain(processes).any(|(name, of)| name == kind && of == collection)
}

pub(crate) async fn watch(app: &App, call: &Call, request: proto::WatchChangesRequest) -> Result<Changes, Failure> {
    let chain = chain(&request.name, &call.actor)?;
    if request.after_sequence < 0 {
        return Err(Failure::field("after_sequence", format!("{} is negative", request.after_sequence)));
    }
    let mut tx = app.ledger.read(&call.actor.tenant).await?;
    read::reader(app, &mut tx, call, &request.name).await?;
    ended(&mut tx, call, &chain, &request.name).await?;
    tx.rollback().await?;
    let (send, receive) = mpsc::channel(WAITING);
    let watched = Watched {
        app: app.clone(),
        call: call.clone(),
        name: request.name,
        chain,
        after: request.after_sequence,
        until: Instant::now() + call.asked().unwrap_or(LONGEST).min(LONGEST),
        send,
    };
    tokio::spawn(watched.run());
    Ok(ReceiverStream::new(receive))
}

struct Watched {
    app: App,
    call: Call,
    name: String,
    chain: String,
    after: i64,
    until: Instant,
    send: mpsc::Sender<Result<proto::WatchChangesResponse, Status>>,
}

impl Watched {
    async fn run(mut self) {
        let (send, stopping) = (self.send.clone(), self.app.stopping.clone());
        let told = tokio::select! {
            told = self.tell() => told,
            // Whoever hung up is not waited for.
            () = send.closed() => return,
            () = until(stopping) => Err(unavailable("the facade stops; watch again after the latest sequence")),
        };
        if let Err(failure) = told {
            let status = failure.into_status(self.call.rpc());
            drop(tokio::time::timeout(SLOW, send.send(Err(status))).await);
        }
    }

    /// Tells what is there and what comes, until the end.
    async fn tell(&mut self) -> Result<(), Failure> {
        let mut pause = SOON;
        loop {
            let Seen { entries, whole, ended, hears } = self.look().await?;
            pause = if entries.is_empty() { (pause * 2).min(LATE) } else { SOON };
            let count = entries.len();
            for (place, entry) in entries.into_iter().enumerate() {
                self.after = entry.0.seq;
                let last = ended && whole && place + 1 == count;
                let told = proto::WatchChangesResponse { entry: Some(shown(entry, hears)?), ended: last };
                match tokio::time::timeout(SLOW, self.send.send(Ok(told))).await {
                    Ok(Ok(())) => {}
                    // It hung up.
                    Ok(Err(_)) => return Ok(()),
                    Err(_) => {
                        return Err(unavailable("what was sent was not read in time; watch again, and read faster"));
                    }
                }
            }
            if ended && whole {
                return Ok(());
            }
            if Instant::now() + pause >= self.call.token_until() {
                let message = "the token has expired; watch again with a new one, after the latest sequence";
                return Err(Refusal::new(RefusalCode::Unauthenticated, message).into());
            }
            if Instant::now() + pause >= self.until {
                return Err(unavailable("the watch has lasted its time; watch again after the latest sequence"));
            }
            if whole {
                tokio::time::sleep(pause).await;
            }
        }
    }

    /// What has come, and whether that is the end. Who is no member any more is refused.
    async fn look(&self) -> Result<Seen, Failure> {
        let (actor, tenant) = (&self.call.actor, &self.call.actor.tenant);
        let mut tx = self.app.ledger.read(tenant).await?;
        let is_officer = !read::officer(&self.app, &mut tx, actor).await?.is_empty();
        // First whether it has ended: what is written later is told in another look.
        let ended = ended(&mut tx, &self.call, &self.chain, &self.name).await?;
        // One more than is told says whether there are more.
        let mut entries = audit::entries_of(&mut tx, tenant, &self.chain, self.after, AT_A_TIME + 1).await?;
        let most = usize::try_from(AT_A_TIME).unwrap_or(usize::MAX);
        let whole = entries.len() <= most;
        entries.truncate(most);
        let hears = !entries.is_empty() && hears(&mut tx, actor, &self.name, is_officer).await?;
        tx.rollback().await?;
        Ok(Seen { entries, whole, ended, hears })
    }
}

/// What a look has found.
struct Seen {
    entries: Vec<(Entry, String)>,
    /// Whether these are all that there are by now.
    whole: bool,
    ended: bool,
    /// Whether the caller may read what was said.
    hears: bool,
}

fn unavailable(message: &str) -> Failure {
    Refusal::new(RefusalCode::Unavailable, message).into()
}

fn shown((entry, hash): (Entry, String), hears: bool) -> Result<proto::AuditEntry, Failure> {
    let submission = entry.submission.map(|s| render::submission(i64::from(s))).transpose()?;
    let body = match proto_value(entry.body).kind {
        Some(Kind::StructValue(body)) if hears => body,
        _ => Struct::default(),
    };
    Ok(proto::AuditEntry {
        sequence: entry.seq,
        kind: entry.kind,
        time: Some(render::timestamp(entry.at)),
        actor: entry.actor.unwrap_or_default(),
        principal: entry.principal.unwrap_or_default(),
        submission: submission.unwrap_or_default(),
        body: Some(body),
        hash,
        previous_hash: entry.prev,
    })
}

fn proto_value(value: Value) -> ProtoValue {
    let kind = match value {
        Value::Null => Kind::NullValue(0),
        Value::Bool(is) => Kind::BoolValue(is),
        Value::Number(number) => Kind::NumberValue(number.as_f64().unwrap_or_default()),
        Value::String(text) => Kind::StringValue(text),
        Value::Array(values) => Kind::ListValue(ListValue { values: values.into_iter().map(proto_value).collect() }),
        Value::Object(fields) => {
            let fields = fields.into_iter().map(|(name, value)| (name, proto_value(value))).collect();
            Kind::StructValue(Struct { fields })
        }
    };
    ProtoValue { kind: Some(kind) }
}
