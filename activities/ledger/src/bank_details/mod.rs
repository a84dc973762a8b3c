//! Vendors' bank details under four eyes: one person proposes an account, and it counts once another one has approved it. The
//! machine is that of documents' approvals, run over the change's own log.

mod command;
mod log;
mod propose;
mod read;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use vextrus_approval::{Machine, Outcome};
use vextrus_domain::{BankAccount, DocumentId, DocumentKey, PersonId, TenantId, VendorId, canonical};

use crate::db::{Tx, args};
use crate::error::LedgerError;

pub use command::command;
pub use propose::propose;
pub use read::{ChangeCursor, in_force, list, one};

/// The one task of a change.
pub const TASK: &str = "level-1";

/// Where a change of bank details stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeState {
    /// Somebody is asked.
    Open,
    /// The account counts, or counted until the next one was approved.
    Approved,
    /// Somebody refused it.
    Rejected,
    /// Whoever proposed it took it back.
    Withdrawn,
    /// Nobody decided in time.
    Expired,
}

impl ChangeState {
    /// Every state.
    pub const ALL: [Self; 5] = [Self::Open, Self::Approved, Self::Rejected, Self::Withdrawn, Self::Expired];

    /// The state's name in data.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Withdrawn => "withdrawn",
            Self::Expired => "expired",
        }
    }

    fn of(machine: &Machine) -> Self {
        match machine.outcome() {
            None => Self::Open,
            Some(Outcome::Approved) => Self::Approved,
            Some(Outcome::Rejected { .. }) => Self::Rejected,
            Some(Outcome::Withdrawn) => Self::Withdrawn,
            Some(Outcome::Expired { .. }) => Self::Expired,
        }
    }
}

/// A change of a vendor's bank details.
#[derive(Debug, Clone)]
pub struct BankChange {
    /// Which: its id, as a document has one.
    pub key: DocumentKey,
    /// The vendor.
    pub vendor: VendorId,
    /// The account that is proposed.
    pub account: BankAccount,
    /// The hash by which the trail knows the account.
    pub account_hash: String,
    account_salt: String,
    /// Why.
    pub reason: String,
    /// Who proposed it.
    pub proposed_by: PersonId,
    /// When.
    pub proposed_at: DateTime<Utc>,
    /// Where it stands.
    pub state: ChangeState,
    /// Until when it can be decided.
    pub due_at: DateTime<Utc>,
    /// When it ended.
    pub concluded_at: Option<DateTime<Utc>>,
    /// Its approval.
    pub machine: Machine,
}

impl BankChange {
    /// Where it stands at this time: an open one is over when its time is, though nobody has come to write that down.
    #[must_use]
    pub fn standing(&self, now: DateTime<Utc>) -> (ChangeState, Option<DateTime<Utc>>) {
        match self.state {
            ChangeState::Open if self.due_at <= now => (ChangeState::Expired, Some(self.due_at)),
            state => (state, self.concluded_at),
        }
    }

    /// Whether this person may see the account's whole number: who proposed it and those who are asked.
    #[must_use]
    pub fn is_shown_to(&self, person: &PersonId) -> bool {
        self.proposed_by == *person || self.machine.tasks().iter().any(|t| t.eligible.contains(person))
    }
}

/// An account as the trail tells of it: its number by its end, and the hash of the whole, so that it can be proved later.
fn shown(account: &BankAccount, hash: &str) -> Result<Value, LedgerError> {
    let mut shown = serde_json::to_value(account.masked()).map_err(canonical::CanonicalError::from)?;
    if let Some(fields) = shown.as_object_mut() {
        fields.insert("hash".to_owned(), Value::from(hash));
    }
    Ok(shown)
}

/// The hash by which an account is known: of its salt and its canonical text, a line each.
fn account_hash(salt: &str, account: &BankAccount) -> Result<String, LedgerError> {
    Ok(canonical::sha256_hex(&format!("{salt}\n{}", canonical::to_text(account)?)))
}

/// A change, locked until the transaction ends.
async fn lock(tx: &mut Tx, tenant: &TenantId, id: &DocumentId) -> Result<Option<BankChange>, LedgerError> {
    let found = tx
        .exec(
            "UPDATE bank_changes SET lock_version = lock_version + 1 WHERE tenant = $1 AND change = $2",
            args![tenant.as_str(), id.as_str()],
        )
        .await?;
    if found == 0 { Ok(None) } else { one(tx, tenant, id).await }
}

/// Whether every change stands where its log leads, for the check of the books.
pub(crate) async fn check(tx: &mut Tx, tenant: &TenantId) -> Result<Vec<String>, LedgerError> {
    let ids: Vec<(String,)> =
        tx.all("SELECT change FROM bank_changes WHERE tenant = $1 ORDER BY change", args![tenant.as_str()]).await?;
    let mut wrong = Vec::new();
    for (id,) in ids {
        let key: DocumentId = id.parse().map_err(|e| LedgerError::corrupt("id", format!("{e}")))?;
        match one(tx, tenant, &key).await {
            Ok(Some(change)) if account_hash(&change.account_salt, &change.account)? != change.account_hash => {
                wrong.push(format!("the account of a change of bank details is not the one that was proposed: {id}"));
            }
            Ok(Some(change)) if ChangeState::of(&change.machine) == change.state => {}
            Ok(_) => wrong.push(format!("a change of bank details is not what its log leads to: {id}")),
            Err(LedgerError::Corrupt { what, why }) => wrong.push(format!("{what} of bank details {id}: {why}")),
            Err(error) => return Err(error),
        }
    }
    Ok(wrong)
}
