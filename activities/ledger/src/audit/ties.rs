//! What an entry answers for: the rows that were written with it, each by name and hash. So a row that nobody wrote, or that was
//! changed afterwards, has no entry that tells of it as it is.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use vextrus_domain::{DocumentKey, TenantId, canonical};

use super::{Entry, PendingEntry, TENANT_CHAIN};
use crate::db::{Row, Tx, args};
use crate::error::LedgerError;

/// A row that was written with an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tie {
    /// What it is: `claim`, `content`, `effect`, `instruction`, `posting`, `obligation`, `order`, `bank_change`,
    /// `bank_log`, `vendor_account`.
    pub what: String,
    /// Its name.
    pub name: String,
    /// SHA-256 of its canonical text.
    pub hash: String,
}

/// What a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    Claim,
    Content,
    Effect,
    Instruction,
    Posting,
    Obligation,
    Order,
    BankChange,
    BankLog,
    VendorAccount,
}

impl What {
    const fn name(self) -> &'static str {
        match self {
            Self::Claim => "claim",
            Self::Content => "content",
            Self::Effect => "effect",
            Self::Instruction => "instruction",
            Self::Posting => "posting",
            Self::Obligation => "obligation",
            Self::Order => "order",
            Self::BankChange => "bank_change",
            Self::BankLog => "bank_log",
            Self::VendorAccount => "vendor_account",
        }
    }
}

/// A tie that waits for its transaction's entries.
#[derive(Debug)]
pub(crate) struct PendingTie {
    tenant: String,
    chain: String,
    submission: Option<u32>,
    tie: Tie,
}

impl Tx {
    /// Names a row that this transaction writes about a document, so that the document's entry answers for it.
    pub(crate) fn tie(
        &mut self,
        key: &DocumentKey,
        what: What,
        name: String,
        row: &impl Serialize,
    ) -> Result<(), LedgerError> {
        let tie = Tie { what: what.name().to_owned(), name, hash: canonical::hash(row)? };
        let (tenant, chain) = (key.tenant.to_string(), key.document.to_string());
        self.ties.push(PendingTie { tenant, chain, submission: Some(key.submission), tie });
        Ok(())
    }

    /// The same of a row about no document: the company's own trail answers for it.
    pub(crate) fn tie_tenant(
        &mut self,
        tenant: &TenantId,
        what: What,
        name: String,
        row: &impl Serialize,
    ) -> Result<(), LedgerError> {
        let tie = Tie { what: what.name().to_owned(), name, hash: canonical::hash(row)? };
        let (tenant, chain) = (tenant.to_string(), TENANT_CHAIN.to_owned());
        self.ties.push(PendingTie { tenant, chain, submission: None, tie });
        Ok(())
    }
}

/// The ties of each entry, by its place: they stand with the last entry of their chain. Where a chain gets none, one is added.
pub(super) fn by_entry(entries: &mut Vec<PendingEntry>, ties: Vec<PendingTie>) -> BTreeMap<usize, Vec<Tie>> {
    let mut found: BTreeMap<usize, Vec<Tie>> = BTreeMap::new();
    for pending in ties {
        let is_its_chain = |e: &PendingEntry| e.tenant == pending.tenant && e.chain == pending.chain;
        let place = entries.iter().rposition(is_its_chain).unwrap_or_else(|| {
            entries.push(PendingEntry {
                tenant: pending.tenant,
                chain: pending.chain,
                submission: pending.submission,
                kind: "written",
                actor: None,
                principal: None,
                body: Value::Object(serde_json::Map::new()),
            });
            entries.len() - 1
        });
        found.entry(place).or_default().push(pending.tie);
    }
    found
}

/// The name of a step's effect.
pub(crate) fn effect_name(document: &str, submission: impl std::fmt::Display, step: &str) -> String {
    format!("{document}/{submission}/{step}")
}

/// A document's claim, as it is hashed.
#[derive(Debug, Serialize, sqlx::FromRow)]
pub(crate) struct ClaimRow {
    pub(crate) document: String,
    pub(crate) submission: i64,
    pub(crate) request_id: String,
    pub(crate) submitter: String,
}

/// A content of a document, as it is hashed.
#[derive(Debug, Serialize, sqlx::FromRow)]
pub(crate) struct ContentRow {
    pub(crate) document: String,
    pub(crate) submission: i64,
    pub(crate) content: i64,
    pub(crate) request_id: String,
    pub(crate) payload_hash: String,
}

impl ContentRow {
    pub(crate) fn name(&self) -> String {
        format!("{}/{}/{}", self.document, self.submission, self.content)
    }
}

/// A step's effect, as it is hashed.
#[derive(Debug, Serialize, sqlx::FromRow)]
pub(crate) struct EffectRow {
    pub(crate) document: String,
    pub(crate) submission: i64,
    pub(crate) step: String,
    pub(crate) input_hash: String,
    pub(crate) result: Option<String>,
}

/// A payment instruction, as it is hashed. Amounts are poisha.
#[derive(Debug, Serialize, sqlx::FromRow)]
pub(crate) struct InstructionRow {
    pub(crate) instruction: String,
    pub(crate) fiscal_year: String,
    pub(crate) serial: i64,
    pub(crate) document: String,
    pub(crate) submission: i64,
    pub(crate) vendor: String,
    pub(crate) amount: i64,
    pub(crate) due_date: NaiveDate,
    pub(crate) posting_date: NaiveDate,
    /// Not among what is hashed where there is none, as in what was written before there was any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) bank_change: Option<String>,
}

/// A line of a journal entry.
#[derive(Debug, sqlx::FromRow)]
struct PostingLineRow {
    entry: String,
    document: String,
    submission: i64,
    posting_date: NaiveDate,
    account: String,
    purpose: String,
    debit: i64,
    credit: i64,
}

/// A journal entry, as it is hashed: its lines are account, purpose, debit and credit in poisha, in their order.
#[derive(Debug, Serialize)]
pub(crate) struct PostingRow {
    pub(crate) document: String,
    pub(crate) submission: i64,
    pub(crate) posting_date: NaiveDate,
    pub(crate) lines: Vec<(String, String, i64, i64)>,
}

/// What is owed to the treasury, as it is hashed. Amounts are poisha.
#[derive(Debug, Serialize, sqlx::FromRow)]
pub(crate) struct ObligationRow {
    pub(crate) document: String,
    pub(crate) submission: i64,
    pub(crate) tax: String,
    pub(crate) code: String,
    pub(crate) vendor: String,
    pub(crate) base: i64,
    pub(crate) rate_ppm: i64,
    pub(crate) amount: i64,
    pub(crate) withheld_on: NaiveDate,
    pub(crate) deposit_by: Option<NaiveDate>,
    pub(crate) certificate_by: Option<NaiveDate>,
    pub(crate) deadline_rule: String,
}

impl ObligationRow {
    pub(crate) fn name(&self) -> String {
        format!("{}/{}/{}/{}", self.document, self.submission, self.tax, self.code)
    }
}

/// An order's number, as it is hashed.
#[derive(Debug, Serialize, sqlx::FromRow)]
pub(crate) struct OrderRow {
    pub(crate) po_number: String,
    pub(crate) fiscal_year: Option<String>,
    pub(crate) serial: Option<i64>,
    pub(crate) document: Option<String>,
    pub(crate) vendor: String,
    pub(crate) first_amount: Option<i64>,
    pub(crate) issued_on: Option<NaiveDate>,
}

/// A change of a vendor's bank details as it was proposed, as it is hashed.
#[derive(Debug, Serialize, sqlx::FromRow)]
pub(crate) struct BankChangeRow {
    pub(crate) change: String,
    pub(crate) vendor: String,
    pub(crate) account_hash: String,
    pub(crate) proposed_by: String,
    pub(crate) plan: String,
}

/// An entry of the log of such a change, as it is hashed.
#[derive(Debug, Serialize, sqlx::FromRow)]
pub(crate) struct BankLogRow {
    pub(crate) change: String,
    pub(crate) seq: i64,
    pub(crate) kind: String,
    pub(crate) content: String,
}

impl BankLogRow {
    pub(crate) fn name(&self) -> String {
        format!("{}/{}", self.change, self.seq)
    }
}

/// The account that such a change brought, as it is hashed.
#[derive(Debug, Serialize, sqlx::FromRow)]
pub(crate) struct VendorAccountRow {
    pub(crate) vendor: String,
    pub(crate) change: String,
    pub(crate) approved_by: String,
}

/// The ties of a tenant's entries, while its chains are read.
#[derive(Debug, Default)]
pub(super) struct Ties {
    found: HashMap<(String, String), (Tie, String)>,
    wrong: Vec<String>,
}

impl Ties {
    /// Takes up those of an entry.
    pub(super) fn of(&mut self, entry: &Entry) {
        for tie in &entry.ties {
            let place = format!("{} {}", entry.chain, entry.seq);
            let name = (tie.what.clone(), tie.name.clone());
            if let Some((_, before)) = self.found.insert(name, (tie.clone(), place.clone())) {
                self.wrong.push(format!("{} {} is on two entries: {before} and {place}", tie.what, tie.name));
            }
        }
    }

    /// What is wrong between the entries and the rows. The second is how many rows are from before entries named them.
    pub(super) async fn check(mut self, tx: &mut Tx, tenant: &TenantId) -> Result<(Vec<String>, u64), LedgerError> {
        let untied: Vec<(String, String)> =
            tx.all("SELECT what, name FROM audit_untied WHERE tenant = $1", args![tenant.as_str()]).await?;
        let mut untied: HashSet<(String, String)> = untied.into_iter().collect();
        let before = u64::try_from(untied.len()).unwrap_or(u64::MAX);
        let claims = "SELECT document, submission, request_id, submitter FROM documents WHERE tenant = $1";
        self.rows(tx, tenant, claims, What::Claim, &mut untied, |r: &ClaimRow| {
            format!("{}/{}", r.document, r.submission)
        })
        .await?;
        let contents =
            "SELECT document, submission, content, request_id, payload_hash FROM document_contents WHERE tenant = $1";
        self.rows(tx, tenant, contents, What::Content, &mut untied, ContentRow::name).await?;
        let effects = "SELECT document, submission, step, input_hash, result FROM effects WHERE tenant = $1";
        self.rows(tx, tenant, effects, What::Effect, &mut untied, |r: &EffectRow| {
            effect_name(&r.document, r.submission, &r.step)
        })
        .await?;
        let instructions =
            "SELECT instruction, fiscal_year, serial, document, submission, vendor, amount, due_date, posting_date,
            bank_change FROM payment_instructions WHERE tenant = $1";
        self.rows(tx, tenant, instructions, What::Instruction, &mut untied, |r: &InstructionRow| r.instruction.clone())
            .await?;
        let obligations =
            "SELECT document, submission, tax, code, vendor, base, rate_ppm, amount, withheld_on, deposit_by,
            certificate_by, deadline_rule FROM tax_obligations WHERE tenant = $1";
        self.rows(tx, tenant, obligations, What::Obligation, &mut untied, ObligationRow::name).await?;
        let orders =
            "SELECT po_number, fiscal_year, serial, document, vendor, first_amount, issued_on FROM purchase_orders
            WHERE tenant = $1 AND document IS NOT NULL";
        self.rows(tx, tenant, orders, What::Order, &mut untied, |r: &OrderRow| r.po_number.clone()).await?;
        let changes = "SELECT change, vendor, account_hash, proposed_by, plan FROM bank_changes WHERE tenant = $1";
        self.rows(tx, tenant, changes, What::BankChange, &mut untied, |r: &BankChangeRow| r.change.clone()).await?;
        let log = "SELECT change, seq, kind, content FROM bank_change_log WHERE tenant = $1";
        self.rows(tx, tenant, log, What::BankLog, &mut untied, BankLogRow::name).await?;
        let accounts = "SELECT vendor, change, approved_by FROM vendor_accounts WHERE tenant = $1";
        self.rows(tx, tenant, accounts, What::VendorAccount, &mut untied, |r: &VendorAccountRow| r.change.clone())
            .await?;
        self.postings(tx, tenant, &mut untied).await?;
        for ((what, name), (_, place)) in self.found {
            self.wrong.push(format!("{what} {name} is on entry {place}, and is not there"));
        }
        self.wrong.sort();
        Ok((self.wrong, before))
    }

    async fn rows<R: Row + Serialize>(
        &mut self,
        tx: &mut Tx,
        tenant: &TenantId,
        sql: &'static str,
        what: What,
        untied: &mut HashSet<(String, String)>,
        name: impl Fn(&R) -> String,
    ) -> Result<(), LedgerError> {
        let rows: Vec<R> = tx.all(sql, args![tenant.as_str()]).await?;
        for row in rows {
            self.row(what, name(&row), &row, untied)?;
        }
        Ok(())
    }

    async fn postings(
        &mut self,
        tx: &mut Tx,
        tenant: &TenantId,
        untied: &mut HashSet<(String, String)>,
    ) -> Result<(), LedgerError> {
        let lines: Vec<PostingLineRow> = tx
            .all(
                "SELECT l.entry, j.document, j.submission, j.posting_date, l.account, l.purpose, l.debit, l.credit
                 FROM journal_entries j JOIN journal_lines l ON l.tenant = j.tenant AND l.entry = j.entry
                 WHERE j.tenant = $1 ORDER BY l.entry, l.line",
                args![tenant.as_str()],
            )
            .await?;
        for entry in lines.chunk_by(|a, b| a.entry == b.entry) {
            let Some(first) = entry.first() else { continue };
            let line = |l: &PostingLineRow| (l.account.clone(), l.purpose.clone(), l.debit, l.credit);
            let row = PostingRow {
                document: first.document.clone(),
                submission: first.submission,
                posting_date: first.posting_date,
                lines: entry.iter().map(line).collect(),
            };
            self.row(What::Posting, first.entry.clone(), &row, untied)?;
        }
        Ok(())
    }

    fn row(
        &mut self,
        what: What,
        name: String,
        row: &impl Serialize,
        untied: &mut HashSet<(String, String)>,
    ) -> Result<(), LedgerError> {
        let named = (what.name().to_owned(), name);
        match self.found.remove(&named) {
            Some((tie, _)) if tie.hash == canonical::hash(row)? => {}
            Some((_, place)) => {
                self.wrong.push(format!("{} {} is not what entry {place} says", named.0, named.1));
            }
            None if untied.remove(&named) => {}
            None => self.wrong.push(format!("{} {} is on no entry", named.0, named.1)),
        }
        Ok(())
    }
}
