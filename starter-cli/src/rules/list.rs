//! `vextrus rules list`.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use vextrus_ledger::rules::{self, Listing, RuleKind};

use super::show;
use crate::options::{Format, LedgerOptions};
use crate::tax::{short, table};
use crate::{ledger, output};

pub(super) async fn run(format: Format, options: &LedgerOptions) -> anyhow::Result<()> {
    let tenant = ledger::tenant(options)?;
    let mut tx = ledger::open(options).await?.read(&tenant).await?;
    let listing = rules::list(&mut tx, &tenant).await?;
    tx.rollback().await?;
    let lines = lines(&listing);
    output::list(format, || text(&listing, tenant.as_str()), lines)
}

fn lines(listing: &Listing) -> Vec<Value> {
    let stands = |state: &str, mut rule: Value| {
        rule["state"] = json!(state);
        rule
    };
    let active = listing.active.iter().map(|a| stands("active", show::activation(a)));
    let scheduled = listing.scheduled.iter().map(|a| stands("scheduled", show::activation(a)));
    active.chain(scheduled).chain(listing.open.iter().map(|p| stands("proposed", show::proposal(p)))).collect()
}

fn text(listing: &Listing, tenant: &str) -> String {
    let mut rows = Vec::new();
    for (state, activations) in [("active", &listing.active), ("scheduled", &listing.scheduled)] {
        for a in activations {
            let last = [a.activated_by.clone(), a.proposal.map_or("-".to_owned(), |n| n.to_string()), String::new()];
            rows.push(row(state, a.kind, &a.subject, &a.hash, a.effective_from, last));
        }
    }
    for p in &listing.open {
        let last = [p.proposed_by.clone(), p.number.to_string(), p.reason.clone()];
        rows.push(row("proposed", p.kind, &p.subject, &p.hash, p.effective_from, last));
    }
    if rows.is_empty() {
        return format!("{tenant} has no rules; propose one with `vextrus rules propose`");
    }
    table(["kind", "for", "state", "version", "from (Dhaka)", "by", "proposal", "reason"], &rows)
}

fn row(
    state: &str,
    kind: RuleKind,
    subject: &str,
    hash: &str,
    from: DateTime<Utc>,
    [by, proposal, reason]: [String; 3],
) -> [String; 8] {
    let subject = show::subject(subject).unwrap_or("-").to_owned();
    [kind.to_string(), subject, state.to_owned(), short(hash).to_owned(), show::dhaka(from), by, proposal, reason]
}
