//! What operators see of deliveries, and what they do about those that were given up.

use chrono::{DateTime, Utc};
use serde_json::json;
use vextrus_domain::{Refusal, RefusalCode, TenantId};

use super::OutboxEvent;
use crate::db::{Arg, Tx, args, places};
use crate::error::LedgerError;

/// The most deliveries that are listed, or replayed in one transaction.
pub const MOST_LISTED: u32 = 500;
/// The longest reason, in bytes.
const LONGEST_REASON: usize = 500;

/// A delivery, as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct DeliveryView {
    /// The delivery's id.
    pub delivery: String,
    /// The event's id.
    pub event: String,
    /// The type of the event.
    pub r#type: String,
    /// The document, or the process.
    pub document: String,
    /// The event's place among those of its document.
    pub sequence: i64,
    /// The channel.
    pub channel: String,
    /// `person/ID` or `vendor/ID`; '' where it goes to the channel itself.
    pub recipient: String,
    /// `waiting`, `sent`, `skipped`, `dead` or `discarded`.
    pub state: String,
    /// How often it was tried since it was made or replayed.
    pub attempts: i64,
    /// Why it failed last, why it was skipped, or why it was discarded.
    pub last_error: Option<String>,
    /// When the event happened.
    pub created_at: DateTime<Utc>,
    /// Since when it does not wait any more.
    pub ended_at: Option<DateTime<Utc>>,
    /// Where it waits: when its lane may next be taken.
    pub due_at: DateTime<Utc>,
}

// The columns stand once.
macro_rules! views {
    ($($which:tt)*) => {
        concat!(
            "SELECT d.delivery, d.event, o.type, o.document, d.sequence, d.channel, d.recipient, d.state, d.attempts, d.last_error,
                d.created_at, d.ended_at, l.due_at
             FROM outbox_deliveries d JOIN outbox o ON o.id = d.event JOIN outbox_lanes l ON l.lane = d.lane
             WHERE d.tenant = $1 AND ",
            $($which)*
        )
    };
}

// The states that are few are named in the text, so that they are found among a million that were sent.
macro_rules! of_state {
    ($state:literal) => {
        views!(concat!(
            "d.state = '",
            $state,
            "' AND (d.channel = $2 OR $2 IS NULL) ORDER BY d.delivery DESC LIMIT CAST($3 AS BIGINT)"
        ))
    };
}

/// The latest deliveries of a tenant, the newest first: of one state and one channel, where they are named.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn list(
    tx: &mut Tx,
    tenant: &TenantId,
    (state, channel): (Option<&str>, Option<&str>),
    most: u32,
) -> Result<Vec<DeliveryView>, LedgerError> {
    let few = match state {
        Some("waiting") => of_state!("waiting"),
        Some("dead") => of_state!("dead"),
        Some("skipped") => of_state!("skipped"),
        _ => {
            let sql = views!(
                "(d.state = $2 OR $2 IS NULL) AND (d.channel = $3 OR $3 IS NULL) ORDER BY d.delivery DESC LIMIT CAST($4 AS BIGINT)"
            );
            return tx.all(sql, args![tenant.as_str(), state, channel, most.min(MOST_LISTED)]).await;
        }
    };
    tx.all(few, args![tenant.as_str(), channel, most.min(MOST_LISTED)]).await
}

/// An event with its deliveries, by its own id or that of one of them.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn show(
    tx: &mut Tx,
    tenant: &TenantId,
    id: &str,
) -> Result<Option<(OutboxEvent, Vec<DeliveryView>)>, LedgerError> {
    let event: Option<OutboxEvent> = tx
        .opt(
            "SELECT id, tenant, document, submission, event, about, type, sequence, payload, created_at FROM outbox
             WHERE tenant = $1 AND id = coalesce((SELECT event FROM outbox_deliveries WHERE delivery = $2), $2)",
            args![tenant.as_str(), id],
        )
        .await?;
    let Some(event) = event else { return Ok(None) };
    let sql = views!("d.event = $2 ORDER BY d.channel, d.recipient");
    let deliveries = tx.all(sql, args![tenant.as_str(), &event.id]).await?;
    Ok(Some((event, deliveries)))
}

/// Who changes a delivery, in the books of which company.
#[derive(Debug, Clone, Copy)]
pub struct Change<'a> {
    /// The company.
    pub tenant: &'a TenantId,
    /// Who, for the trail.
    pub by: &'a str,
}

/// Sends deliveries once more that were given up or skipped. They go out when their lanes are free, later events of the same
/// document having gone before them.
///
/// # Errors
/// [`LedgerError::Database`]; the inner error names the first that cannot be, and nothing is to be committed.
pub async fn replay(tx: &mut Tx, change: Change<'_>, ids: &[String]) -> Result<Result<(), Refusal>, LedgerError> {
    lock_lanes(tx, ids).await?;
    for id in ids {
        let lane: Option<(String,)> = tx
            .opt(
                "UPDATE outbox_deliveries SET state = 'waiting', attempts = 0, last_error = NULL, ended_at = NULL
                 WHERE tenant = $1 AND delivery = $2 AND state IN ('dead', 'skipped') RETURNING lane",
                args![change.tenant.as_str(), id],
            )
            .await?;
        let Some((lane,)) = lane else {
            return not_so(tx, change.tenant, id, "only what is dead or was skipped is sent once more").await;
        };
        // A lane that waits for a failing delivery before it is tried at once; one that somebody works at is theirs until then.
        tx.exec(
            "UPDATE outbox_lanes SET pending = pending + 1, due_at = CASE WHEN lease IS NULL THEN $2 ELSE due_at END WHERE lane = $1",
            args![lane, tx.now()],
        )
        .await?;
    }
    if !ids.is_empty() {
        tx.audit_tenant(change.tenant, "outbox_replayed", change.by, json!({"deliveries": ids}));
    }
    Ok(Ok(()))
}

/// Sends the oldest deliveries once more that were given up, up to [`MOST_LISTED`], and answers how many. Of one channel, where it
/// is named.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn replay_dead(
    tx: &mut Tx,
    change: Change<'_>,
    channel: Option<&str>,
) -> Result<Result<usize, Refusal>, LedgerError> {
    let dead: Vec<(String,)> = tx
        .all(
            "SELECT delivery FROM outbox_deliveries WHERE tenant = $1 AND state = 'dead' AND (channel = $2 OR $2 IS NULL)
             ORDER BY delivery LIMIT CAST($3 AS BIGINT)",
            args![change.tenant.as_str(), channel, MOST_LISTED],
        )
        .await?;
    let ids: Vec<String> = dead.into_iter().map(|(id,)| id).collect();
    Ok(replay(tx, change, &ids).await?.map(|()| ids.len()))
}

/// Gives a delivery up for good, for a reason: one that waits, was given up or was skipped.
///
/// # Errors
/// [`LedgerError::Database`]; the inner error says why it cannot be.
pub async fn discard(
    tx: &mut Tx,
    change: Change<'_>,
    id: &str,
    reason: &str,
) -> Result<Result<(), Refusal>, LedgerError> {
    if reason.trim().is_empty() || reason.len() > LONGEST_REASON || reason.chars().any(char::is_control) {
        let message = format!("reason: say in one line of up to {LONGEST_REASON} bytes why it is not sent");
        return Ok(Err(Refusal::new(RefusalCode::ReasonRequired, message)));
    }
    lock_lanes(tx, std::slice::from_ref(&id.to_owned())).await?;
    let before: Option<(String, String)> = tx
        .opt(
            "SELECT state, lane FROM outbox_deliveries WHERE tenant = $1 AND delivery = $2",
            args![change.tenant.as_str(), id],
        )
        .await?;
    let changed = match &before {
        None => 0,
        Some((state, _)) => {
            tx.exec(
                "UPDATE outbox_deliveries SET state = 'discarded', last_error = $4, ended_at = $5
                 WHERE tenant = $1 AND delivery = $2 AND state = $3 AND state IN ('waiting', 'dead', 'skipped')",
                args![change.tenant.as_str(), id, state, reason, tx.now()],
            )
            .await?
        }
    };
    let Some((state, lane)) = before.filter(|_| changed == 1) else {
        return not_so(tx, change.tenant, id, "only what waits, is dead or was skipped is discarded").await;
    };
    if state == "waiting" {
        // Those behind it need not wait for it any more.
        tx.exec(
            "UPDATE outbox_lanes SET pending = pending - 1, due_at = CASE WHEN lease IS NULL THEN $2 ELSE due_at END WHERE lane = $1",
            args![lane, tx.now()],
        )
        .await?;
    }
    tx.audit_tenant(
        change.tenant,
        "outbox_discarded",
        change.by,
        json!({"delivery": id, "was": state, "reason": reason}),
    );
    Ok(Ok(()))
}

/// Locks the lanes of deliveries, in the order in which everybody does: before the deliveries themselves.
async fn lock_lanes(tx: &mut Tx, ids: &[String]) -> Result<(), LedgerError> {
    if ids.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "SELECT lane FROM outbox_lanes WHERE lane IN (SELECT lane FROM outbox_deliveries WHERE delivery IN {})
         ORDER BY lane{}",
        places(1, ids.len()),
        tx.for_update()
    );
    tx.all_text::<(String,)>(sql, ids.iter().map(Arg::from).collect()).await.map(drop)
}

async fn not_so<T>(tx: &mut Tx, tenant: &TenantId, id: &str, rule: &str) -> Result<Result<T, Refusal>, LedgerError> {
    let state: Option<(String,)> = tx
        .opt("SELECT state FROM outbox_deliveries WHERE tenant = $1 AND delivery = $2", args![tenant.as_str(), id])
        .await?;
    let shown: String = id.chars().take(80).collect();
    Ok(Err(match state {
        None => Refusal::new(
            RefusalCode::NotFound,
            format!("{tenant} has no delivery {shown:?}; `vextrus outbox list` shows them"),
        ),
        Some((state,)) => Refusal::new(RefusalCode::InvalidField, format!("delivery {shown} is {state}; {rule}")),
    }))
}
