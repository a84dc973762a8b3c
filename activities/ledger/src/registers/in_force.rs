//! Which rules were in force when a day ended.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use vextrus_domain::TenantId;

use super::{Cell, Rows, Totals, end_of};
use crate::db::{Tx, args};
use crate::error::LedgerError;

pub(super) const COLUMNS: &[&str] = &[
    "kind",
    "subject",
    "version",
    "hash",
    "effective_from",
    "proposal",
    "proposed_by",
    "proposed_at",
    "reason",
    "activated_by",
    "activated_at",
];

#[derive(sqlx::FromRow)]
struct Row {
    kind: String,
    subject: String,
    seq: i64,
    hash: String,
    effective_from: DateTime<Utc>,
    proposal: Option<i64>,
    proposed_by: Option<String>,
    proposed_at: Option<DateTime<Utc>>,
    reason: Option<String>,
    activated_by: String,
    activated_at: DateTime<Utc>,
}

pub(super) async fn report(
    tx: &mut Tx,
    tenant: &TenantId,
    at: NaiveDate,
    rows: &mut Rows<'_>,
) -> Result<Totals, LedgerError> {
    // The latest activation that had taken effect counts; the databases sort text differently.
    let mut in_force: BTreeMap<(String, String), Row> = BTreeMap::new();
    tx.each(
        "SELECT a.kind, a.subject, a.seq, a.hash, a.effective_from, a.proposal, p.proposed_by, p.proposed_at, p.reason,
            a.activated_by, a.activated_at
         FROM rule_activations a LEFT JOIN rule_proposals p ON p.tenant = a.tenant AND p.proposal = a.proposal
         WHERE a.tenant = $1 AND a.activated_at < $2 AND a.effective_from < $2
         ORDER BY a.kind, a.subject, a.seq",
        args![tenant.as_str(), end_of(at)],
        |row: Row| {
            in_force.insert((row.kind.clone(), row.subject.clone()), row);
            Ok(())
        },
    )
    .await?;
    let count = i64::try_from(in_force.len()).unwrap_or(i64::MAX);
    for row in in_force.into_values() {
        rows(vec![
            Cell::text(row.kind),
            Cell::text(row.subject),
            Cell::Count(row.seq),
            Cell::text(row.hash),
            Cell::Time(row.effective_from),
            Cell::maybe(row.proposal, Cell::Count),
            Cell::maybe(row.proposed_by, Cell::text),
            Cell::maybe(row.proposed_at, Cell::Time),
            Cell::maybe(row.reason, Cell::text),
            Cell::text(row.activated_by),
            Cell::Time(row.activated_at),
        ])?;
    }
    Ok(Totals { rows: count, ..Totals::default() })
}
