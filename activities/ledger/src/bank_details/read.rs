//! Changes of bank details as they are, and the account that counts.

use chrono::{DateTime, Utc};
use vextrus_domain::{BankAccount, DocumentId, DocumentKey, TenantId, VendorId, canonical};

use super::{BankChange, ChangeState, log};
use crate::db::{LATEST, Tx, args};
use crate::error::LedgerError;

#[derive(sqlx::FromRow)]
struct Row {
    change: String,
    vendor: String,
    account: String,
    account_hash: String,
    account_salt: String,
    reason: String,
    proposed_by: String,
    proposed_at: DateTime<Utc>,
    plan: String,
    state: String,
    due_at: DateTime<Utc>,
    concluded_at: Option<DateTime<Utc>>,
}

impl Row {
    async fn into_change(self, tx: &mut Tx, tenant: &TenantId) -> Result<BankChange, LedgerError> {
        let bad = |why: String| LedgerError::corrupt("change", why);
        let document: DocumentId = self.change.parse().map_err(|e| bad(format!("{e}")))?;
        let key = DocumentKey { tenant: tenant.clone(), document, submission: 1 };
        let proposed_by = self.proposed_by.parse().map_err(|e| bad(format!("{e}")))?;
        let machine = log::run(tx, &key, &proposed_by, canonical::from_text(&self.plan)?).await?;
        let state = ChangeState::ALL.into_iter().find(|s| s.name() == self.state);
        Ok(BankChange {
            key,
            vendor: self.vendor.parse().map_err(|e| bad(format!("{e}")))?,
            account: canonical::from_text(&self.account)?,
            account_hash: self.account_hash,
            account_salt: self.account_salt,
            reason: self.reason,
            proposed_by,
            proposed_at: self.proposed_at,
            state: state.ok_or_else(|| bad(format!("{:?} is no state", self.state)))?,
            due_at: self.due_at,
            concluded_at: self.concluded_at,
            machine,
        })
    }
}

/// A change.
///
/// # Errors
/// [`LedgerError::Database`]; [`LedgerError::Corrupt`] when its log leads nowhere any more.
pub async fn one(tx: &mut Tx, tenant: &TenantId, id: &DocumentId) -> Result<Option<BankChange>, LedgerError> {
    let row: Option<Row> = tx
        .opt(
            "SELECT change, vendor, account, account_hash, account_salt, reason, proposed_by, proposed_at, plan, state, due_at,
                concluded_at FROM bank_changes WHERE tenant = $1 AND change = $2",
            args![tenant.as_str(), id.as_str()],
        )
        .await?;
    match row {
        Some(row) => Ok(Some(row.into_change(tx, tenant).await?)),
        None => Ok(None),
    }
}

/// The open change of a vendor's bank details, where there is one.
pub(super) async fn open_of(
    tx: &mut Tx,
    tenant: &TenantId,
    vendor: &VendorId,
) -> Result<Option<DocumentId>, LedgerError> {
    let found: Option<(String,)> = tx
        .opt(
            "SELECT change FROM bank_changes WHERE tenant = $1 AND vendor = $2 AND state = 'open'",
            args![tenant.as_str(), vendor.as_str()],
        )
        .await?;
    found.map(|(id,)| id.parse().map_err(|e| LedgerError::corrupt("change", format!("{e}")))).transpose()
}

/// The account that a vendor is paid to, with the change by which it counts.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn in_force(
    tx: &mut Tx,
    tenant: &TenantId,
    vendor: &VendorId,
) -> Result<Option<(DocumentId, BankAccount)>, LedgerError> {
    let found: Option<(String, String)> = tx
        .opt(
            "SELECT c.change, c.account FROM vendor_accounts a JOIN bank_changes c ON c.tenant = a.tenant AND c.change = a.change
             WHERE a.tenant = $1 AND a.vendor = $2 ORDER BY a.seq DESC LIMIT 1",
            args![tenant.as_str(), vendor.as_str()],
        )
        .await?;
    let read = |(change, account): (String, String)| {
        let change = change.parse().map_err(|e| LedgerError::corrupt("change", format!("{e}")))?;
        Ok((change, canonical::from_text(&account)?))
    };
    found.map(read).transpose()
}

/// Where a page of changes ends: time and id of its last one.
pub type ChangeCursor = (DateTime<Utc>, String);

/// The changes of the tenant's vendors, or of one of them, the latest first, beyond a cursor.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn list(
    tx: &mut Tx,
    tenant: &TenantId,
    vendor: Option<&VendorId>,
    after: Option<&ChangeCursor>,
    page: u32,
) -> Result<Vec<BankChange>, LedgerError> {
    let (time, id) = after.cloned().unwrap_or_else(|| (LATEST, String::new()));
    let rows: Vec<Row> = tx
        .all(
            "SELECT change, vendor, account, account_hash, account_salt, reason, proposed_by, proposed_at, plan, state, due_at,
                concluded_at FROM bank_changes WHERE tenant = $1 AND ($2 = '' OR vendor = $2) AND (proposed_at, change) < ($3, $4)
             ORDER BY proposed_at DESC, change DESC LIMIT CAST($5 AS BIGINT)",
            args![tenant.as_str(), vendor.map_or("", VendorId::as_str), time, id, page],
        )
        .await?;
    let mut changes = Vec::with_capacity(rows.len());
    for row in rows {
        changes.push(row.into_change(tx, tenant).await?);
    }
    Ok(changes)
}
