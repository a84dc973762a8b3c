//! The dispatcher with its channels, on both engines, against real servers.
#![cfg(test)]

mod letters;
mod mail;
mod mail_server;
mod process;
mod receiver;
mod recipe;
mod webhook;

#[cfg(feature = "kafka")]
mod kafka;
#[cfg(feature = "kafka")]
mod kafka_tls;

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use chrono::TimeDelta;
use serde_json::{Value, json};
use vextrus_domain::{Contact, DocumentKey, DocumentType, Lang, Party};
use vextrus_ledger::outbox::{self, About, DeliveryView, EventKind, NewEvent};
use vextrus_notify::Channels;
use vextrus_platform::Config;
use vextrus_platform::notify::NotifyConfig;
use vextrus_tests_support::company::{ACME, Acme, id};

/// What a test takes for the present.
const TODAY: &str = "2025-08-10T06:00:00Z";
/// A secret of 24 equal bytes.
const SECRET: &str = "whsec_AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB";

/// The defaults with other channels.
fn config(channels: &str) -> NotifyConfig {
    NotifyConfig { channels: channels.to_owned(), ..Config::layered(None, |_| None).unwrap().notify }
}

/// The webhook alone, signed with [`SECRET`].
fn hook(url: String) -> NotifyConfig {
    static FILE: LazyLock<PathBuf> = LazyLock::new(|| file("secrets", SECRET));
    NotifyConfig { webhook_url: url, webhook_secret_file: FILE.clone(), timeout_millis: 2_000, ..config("webhook") }
}

/// A file in the folder that cargo keeps for tests.
fn file(name: &str, text: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("vextrus-notify-{}-{name}", std::process::id()));
    std::fs::write(&path, text).unwrap();
    path
}

async fn add(acme: &Acme, document: &str, kind: EventKind, instance: &str, payload: Value) {
    let mut tx = acme.begin().await.unwrap();
    let key = DocumentKey { tenant: id(ACME), document: id(document), submission: 1 };
    let about = About::Document(DocumentType::Invoice);
    outbox::add(&mut tx, &key, NewEvent { kind, about, instance, payload: &payload }).unwrap();
    tx.commit().await.unwrap();
}

/// A task of a document that opened.
async fn opened(acme: &Acme, document: &str, task: &str) {
    let payload = json!({"task": task, "to": ["rina"], "role": "r", "question": "ok?", "due_at": null});
    add(acme, document, EventKind::TaskOpened, task, payload).await;
}

async fn contact(acme: &Acme, who: Party, email: &str, lang: Lang) {
    let mut tx = acme.begin().await.unwrap();
    let contact = Contact { who, email: Some(email.to_owned()), lang };
    outbox::put_contact(&mut tx, &id(ACME), &contact).await.unwrap();
    tx.commit().await.unwrap();
}

/// Dispatches once; answers how many deliveries were tried.
async fn dispatch(acme: &Acme, channels: &Channels) -> usize {
    vextrus_notify::dispatch(&acme.ledger(), channels).await.unwrap()
}

/// Dispatches, and lets time pass, until nothing is tried any more.
async fn dispatch_all(acme: &Acme, channels: &Channels) {
    let mut idle = 0;
    while idle < 2 {
        idle = if dispatch(acme, channels).await == 0 { idle + 1 } else { 0 };
        acme.pass(TimeDelta::hours(1));
    }
}

/// All deliveries, in the order of their documents' events.
async fn deliveries(acme: &Acme) -> Vec<DeliveryView> {
    let mut tx = acme.read().await.unwrap();
    let mut all = outbox::list(&mut tx, &id(ACME), (None, None), 500).await.unwrap();
    all.sort_by(|a, b| (&a.document, a.sequence, &a.recipient).cmp(&(&b.document, b.sequence, &b.recipient)));
    all
}

async fn states(acme: &Acme) -> Vec<(String, i64, Option<String>)> {
    deliveries(acme).await.into_iter().map(|d| (d.state, d.attempts, d.last_error)).collect()
}
