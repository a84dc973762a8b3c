//! Events and deliveries, as they are shown.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};
use vextrus_domain::calendar::dhaka_time;
use vextrus_ledger::outbox::{Backlog, DeliveryView, OutboxEvent};
use vextrus_notify::cloud_event;

use crate::tax::table;

/// What every type of event begins with; left out where people read.
const PREFIX: &str = "bd.vextrus.";

pub(super) fn status(backlog: &Backlog, now: DateTime<Utc>) -> Value {
    let channels = backlog.channels.iter().map(|(name, c)| {
        let oldest = c.oldest.map(|at| (now - at).num_seconds());
        let channel = json!({"waiting": c.waiting, "leased": c.leased, "retrying": c.retrying, "dead": c.dead,
            "oldest_seconds": oldest});
        (name.clone(), channel)
    });
    json!({"unspread": backlog.unspread, "channels": channels.collect::<serde_json::Map<_, _>>()})
}

pub(super) fn status_text(backlog: &Backlog, now: DateTime<Utc>) -> String {
    let rows: Vec<[String; 6]> = backlog
        .channels
        .iter()
        .map(|(name, c)| {
            let counts = [c.waiting, c.leased, c.retrying, c.dead].map(|count| count.to_string());
            let [waiting, leased, retrying, dead] = counts;
            [name.clone(), waiting, leased, retrying, dead, c.oldest.map_or("-".to_owned(), |at| age(now - at))]
        })
        .collect();
    let waits = format!("{} events are not spread to channels yet", backlog.unspread);
    if rows.is_empty() {
        return format!("nothing waits and nothing is dead\n{waits}");
    }
    let heads = ["channel", "waiting", "under way", "failed once", "dead", "oldest waits"];
    format!("{}\n{waits}", table(heads, &rows))
}

/// A time span in its two largest units.
fn age(span: TimeDelta) -> String {
    let seconds = span.num_seconds().max(0);
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min {} s", seconds % 60),
        (0, ..) => format!("{hours} h {minutes} min"),
        _ => format!("{days} d {hours} h"),
    }
}

pub(super) fn delivery(d: &DeliveryView) -> Value {
    json!({
        "delivery": d.delivery,
        "event": d.event,
        "type": d.r#type,
        "document": d.document,
        "sequence": d.sequence,
        "channel": d.channel,
        "recipient": Some(&d.recipient).filter(|r| !r.is_empty()),
        "state": d.state,
        "attempts": d.attempts,
        "last_error": d.last_error,
        "created_at": time(d.created_at),
        "ended_at": d.ended_at.map(time),
        "due_at": Some(d.due_at).filter(|_| d.state == "waiting").map(time),
    })
}

pub(super) fn table_of(all: &[DeliveryView], tenant: &str) -> String {
    if all.is_empty() {
        return format!("{tenant} has no such deliveries");
    }
    let rows: Vec<[String; 8]> = all
        .iter()
        .map(|d| {
            [
                d.delivery.clone(),
                d.state.clone(),
                to(d),
                d.document.clone(),
                d.sequence.to_string(),
                d.r#type.strip_prefix(PREFIX).unwrap_or(&d.r#type).to_owned(),
                d.attempts.to_string(),
                d.last_error.clone().unwrap_or_default(),
            ]
        })
        .collect();
    table(["delivery", "state", "to", "document", "no", "type", "attempts", "last error"], &rows)
}

fn to(d: &DeliveryView) -> String {
    if d.recipient.is_empty() { d.channel.clone() } else { format!("{} {}", d.channel, d.recipient) }
}

pub(super) fn event(event: &OutboxEvent, deliveries: &[DeliveryView]) -> Value {
    json!({"event": cloud_event(event), "deliveries": deliveries.iter().map(delivery).collect::<Vec<_>>()})
}

pub(super) fn event_text(event: &OutboxEvent, deliveries: &[DeliveryView]) -> String {
    let whole = serde_json::to_string_pretty(&cloud_event(event)).unwrap_or_default();
    let rows: Vec<[String; 6]> = deliveries
        .iter()
        .map(|d| {
            let since = d.ended_at.unwrap_or(d.due_at);
            let since = dhaka_time(since).format("%Y-%m-%d %H:%M:%S").to_string();
            let last = d.last_error.clone().unwrap_or_default();
            [d.delivery.clone(), to(d), d.state.clone(), since, d.attempts.to_string(), last]
        })
        .collect();
    let heads = ["delivery", "to", "state", "since, or due (Dhaka)", "attempts", "last error"];
    format!("{whole}\n\n{}", table(heads, &rows))
}

/// A time as RFC 3339 text, for scripts.
fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}
