//! Proposals and activations, as they are shown.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};
use vextrus_domain::calendar::dhaka_time;
use vextrus_ledger::rules::{Activation, Proposal, WHOLE_COMPANY};

/// A proposal.
pub(super) fn proposal(p: &Proposal) -> Value {
    json!({
        "proposal": p.number,
        "kind": p.kind,
        "subject": subject(&p.subject),
        "hash": p.hash,
        "effective_from": time(p.effective_from),
        "reason": p.reason,
        "proposed_by": p.proposed_by,
        "proposed_at": time(p.proposed_at),
    })
}

/// An activation.
pub(super) fn activation(a: &Activation) -> Value {
    json!({
        "proposal": a.proposal,
        "kind": a.kind,
        "subject": subject(&a.subject),
        "hash": a.hash,
        "effective_from": time(a.effective_from),
        "activated_by": a.activated_by,
        "activated_at": time(a.activated_at),
    })
}

/// The type of document that a rule is for; none for the company as a whole.
pub(super) fn subject(subject: &str) -> Option<&str> {
    Some(subject).filter(|s| *s != WHOLE_COMPANY)
}

/// A time as RFC 3339 text, for scripts.
fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// A time on the clock of Dhaka, for people.
pub(super) fn dhaka(at: DateTime<Utc>) -> String {
    dhaka_time(at).format("%Y-%m-%d %H:%M").to_string()
}
