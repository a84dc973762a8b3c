//! What waits, by channel: for metrics and for operators. Asked of what is open alone, whatever was sent already.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use vextrus_domain::TenantId;

use crate::db::{Tx, args};
use crate::error::LedgerError;

/// What waits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Events that no dispatcher has spread to channels yet.
    pub unspread: i64,
    /// The rest, by channel, also of channels that are not configured any more.
    pub channels: BTreeMap<String, ChannelBacklog>,
}

/// What waits in one channel.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChannelBacklog {
    /// Deliveries that wait, those under way included.
    pub waiting: i64,
    /// Of these, the ones in lanes that a dispatcher has taken.
    pub leased: i64,
    /// Of these, the ones that failed at least once.
    pub retrying: i64,
    /// Deliveries that were given up.
    pub dead: i64,
    /// When the oldest event that waits happened.
    pub oldest: Option<DateTime<Utc>>,
}

/// What waits, of one tenant or of all.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn backlog(tx: &mut Tx, tenant: Option<&TenantId>) -> Result<Backlog, LedgerError> {
    let tenant = || tenant.map(TenantId::as_str);
    let (unspread,): (i64,) = tx
        .one("SELECT count(*) FROM outbox WHERE spread_at IS NULL AND (tenant = $1 OR $1 IS NULL)", args![tenant()])
        .await?;
    let mut channels: BTreeMap<String, ChannelBacklog> = BTreeMap::new();
    let leased: Vec<(String, i64)> = tx
        .all(
            "SELECT channel, CAST(sum(pending) AS BIGINT) FROM outbox_lanes
             WHERE pending > 0 AND lease IS NOT NULL AND due_at > $2 AND (tenant = $1 OR $1 IS NULL) GROUP BY channel",
            args![tenant(), tx.now()],
        )
        .await?;
    for (channel, count) in leased {
        channels.entry(channel).or_default().leased = count;
    }
    let waiting: Vec<(String, i64, i64, Option<DateTime<Utc>>)> = tx
        .all(
            "SELECT channel, count(*), count(last_error), min(created_at) FROM outbox_deliveries
             WHERE state = 'waiting' AND (tenant = $1 OR $1 IS NULL) GROUP BY channel",
            args![tenant()],
        )
        .await?;
    for (channel, count, retrying, oldest) in waiting {
        let found = channels.entry(channel).or_default();
        (found.waiting, found.retrying, found.oldest) = (count, retrying, oldest);
    }
    let dead: Vec<(String, i64)> = tx
        .all(
            "SELECT channel, count(*) FROM outbox_deliveries
             WHERE state = 'dead' AND (tenant = $1 OR $1 IS NULL) GROUP BY channel",
            args![tenant()],
        )
        .await?;
    for (channel, count) in dead {
        channels.entry(channel).or_default().dead = count;
    }
    Ok(Backlog { unspread, channels })
}
