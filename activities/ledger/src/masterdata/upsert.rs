//! Writing records: one by a service that owns it, or many from a file.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use vextrus_domain::{Actor, Refusal, RefusalCode, RequestId, TenantId};

use super::{Record, store};
use crate::asked::{self, Begun};
use crate::db::Tx;
use crate::error::LedgerError;
use crate::masterdata;

/// How many changes stand in one entry of the trail.
const IN_AN_ENTRY: usize = 200;

/// What became of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// There was none of its name.
    Created,
    /// It differs from what was there.
    Updated,
    /// It is what was there.
    Unchanged,
}

impl Change {
    /// The change's name in data.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Unchanged => "unchanged",
        }
    }
}

/// A record that was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upserted {
    /// What became of it.
    pub change: Change,
    /// The number of its version.
    pub version: i64,
}

/// Brings a record to what is given. The same request is answered the same way, and writes nothing again.
///
/// `expected` is the version that the caller has read: 0 for none, nothing where any may be overwritten.
///
/// # Errors
/// [`LedgerError::Database`]; the inner error is `RECORD_CHANGED`, `REQUEST_ID_REUSED`, `PERMISSION_DENIED`, or what is wrong with
/// the record.
pub async fn upsert(
    tx: &mut Tx,
    actor: &Actor,
    request: &RequestId,
    record: &Record,
    expected: Option<i64>,
) -> Result<Result<Upserted, Refusal>, LedgerError> {
    let hash = match asked::begin_beside_the_books(tx, actor, request, ACTION, &(record, expected)).await? {
        Ok(Begun::New(hash)) => hash,
        Ok(Begun::Done(done)) => return Ok(Ok(done)),
        Err(refusal) => return Ok(Err(refusal)),
    };
    let put = match put(tx, &actor.tenant, record, expected).await? {
        Ok(put) => put,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if let Some(change) = put.entry {
        let body = json!({"changes": [change], "request_id": request, "version": put.done.version});
        tx.audit_tenant(&actor.tenant, "master_data_changed", actor.person.as_str(), body);
    }
    asked::finish(tx, (actor, request), (ACTION, &hash), &put.done).await?;
    Ok(Ok(put.done))
}

const ACTION: &str = "master_data_changed";

/// What became of one record of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowReport {
    /// What it is, in one word.
    pub what: &'static str,
    /// What it is called.
    pub name: String,
    /// What became of it, or why it was refused.
    pub result: Result<Change, Refusal>,
}

/// Brings records to what a file gives, in its order, and puts what they change on the trail. What is refused is reported and
/// leaves the others alone: whoever asks decides whether to commit.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn import_rows(
    tx: &mut Tx,
    tenant: &TenantId,
    records: &[Record],
    by: &str,
) -> Result<Vec<RowReport>, LedgerError> {
    let (mut reports, mut entries) = (Vec::with_capacity(records.len()), Vec::new());
    for record in records {
        let result = match put(tx, tenant, record, None).await? {
            Ok(put) => {
                entries.extend(put.entry);
                Ok(put.done.change)
            }
            Err(refusal) => Err(refusal),
        };
        reports.push(RowReport { what: record.what(), name: record.name(), result });
    }
    let mut chunks = entries.chunks(IN_AN_ENTRY);
    let count = |what: &str| reports.iter().filter(|r| r.what == what).count();
    let body = json!({
        "people": count("person"), "departments": count("department"), "vendors": count("vendor"),
        "purchase_orders": count("order"), "budgets": count("budget"), "contacts": count("contact"),
        "changes": chunks.next().unwrap_or_default(),
    });
    tx.audit_tenant(tenant, "master_data_imported", by, body);
    for more in chunks {
        tx.audit_tenant(tenant, "master_data_changed", by, json!({"changes": more}));
    }
    Ok(reports)
}

/// A record that is in the transaction, and what the trail says of it.
struct Put {
    done: Upserted,
    entry: Option<Value>,
}

async fn put(
    tx: &mut Tx,
    tenant: &TenantId,
    record: &Record,
    expected: Option<i64>,
) -> Result<Result<Put, Refusal>, LedgerError> {
    if let Some(wrong) = record.violations().into_iter().next() {
        return Ok(Err(wrong.refusal));
    }
    let before = store::read(tx, tenant, record).await?;
    let version = before.as_ref().map_or(0, |b| b.version);
    if let Some(expected) = expected.filter(|expected| *expected != version) {
        let message = format!(
            "{} {} is of version {version}, not {expected}; read it again and decide again",
            record.what(),
            record.name()
        );
        return Ok(Err(Refusal::new(RefusalCode::RecordChanged, message).about(record.name())));
    }
    let before = before.map(|b| b.record);
    if before.as_ref() == Some(record) {
        return Ok(Ok(Put { done: Upserted { change: Change::Unchanged, version }, entry: None }));
    }
    if let Some(refusal) = at_odds(tx, tenant, record).await? {
        return Ok(Err(refusal));
    }
    store::write(tx, tenant, record, version).await?;
    let change = if before.is_some() { Change::Updated } else { Change::Created };
    let done = Upserted { change, version: version + 1 };
    Ok(Ok(Put { done, entry: entry(record, before.as_ref())? }))
}

/// What stands in a record's way beside itself.
async fn at_odds(tx: &mut Tx, tenant: &TenantId, record: &Record) -> Result<Option<Refusal>, LedgerError> {
    match record {
        Record::Budget(b) => {
            let year = b.fiscal_year.to_string();
            let Some(line) = store::budget(tx, tenant, &year, &b.department, b.project.as_ref()).await? else {
                return Ok(None);
            };
            let least = line.record.least()?;
            let message = || {
                let (allocated, least) = (b.allocated.grouped(), least.grouped());
                format!(
                    "allocated is {allocated}, and {least} of {} is reserved or spent; give at least that",
                    record.name()
                )
            };
            Ok((b.allocated < least).then(|| Refusal::new(RefusalCode::BudgetExceeded, message())))
        }
        Record::Order(o) if !masterdata::vendor_exists(tx, tenant, &o.vendor).await? => {
            let message = format!("vendor {} of order {} is not in the register; add it first", o.vendor, o.number);
            Ok(Some(Refusal::new(RefusalCode::VendorUnknown, message)))
        }
        _ => Ok(None),
    }
}

/// A change for the trail: the record as it was and as it is. Of an address nothing, since the trail keeps for ever.
fn entry(record: &Record, before: Option<&Record>) -> Result<Option<Value>, LedgerError> {
    if matches!(record, Record::Contact(_)) {
        return Ok(None);
    }
    let plain = |record: &Record| -> Result<Value, LedgerError> {
        let value = serde_json::to_value(record).map_err(vextrus_domain::canonical::CanonicalError::from)?;
        // The kind is said beside it.
        Ok(value.as_object().and_then(|o| o.values().next()).cloned().unwrap_or_default())
    };
    let (before, after) = (before.map(plain).transpose()?, plain(record)?);
    Ok(Some(json!({"what": record.what(), "name": record.name(), "before": before, "after": after})))
}
