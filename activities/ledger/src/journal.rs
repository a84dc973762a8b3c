//! Double-entry postings through an account mapping that is data.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use vextrus_domain::{DocumentKey, DocumentType, Refusal, RefusalCode, Taka};
use vextrus_tax::{Assessment, Tax};

use crate::audit::{PostingRow, What};
use crate::db::{Tx, args};
use crate::error::LedgerError;

/// The accounts of one type of document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountMapping {
    /// The type of document.
    pub document: DocumentType,
    /// The accounts.
    pub accounts: Accounts,
}

/// The accounts that an invoice is posted to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accounts {
    /// What was bought.
    pub expense: String,
    /// VAT that is recovered.
    pub input_vat: String,
    /// VAT withheld, owed to the treasury.
    pub vds_payable: String,
    /// Income tax withheld, owed to the treasury.
    pub tds_payable: String,
    /// What is owed to vendors.
    pub accounts_payable: String,
    /// What is kept back from vendors until work is accepted; needed for bills with a retention.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention_payable: Option<String>,
    /// What vendors were paid in advance; needed for bills that set an advance off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advances: Option<String>,
}

/// Why an account mapping cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MappingError {
    /// The text is not a mapping; the message names line and column.
    #[error("the account mapping cannot be read: {0}")]
    Unreadable(String),
    /// An account without a code.
    #[error("account {0} is empty; give its code")]
    Empty(&'static str),
    /// Two purposes that must be told apart share a code.
    #[error("accounts {0} and {1} share one code; they must be told apart")]
    Shared(&'static str, &'static str),
}

impl AccountMapping {
    /// Reads and checks a mapping.
    ///
    /// # Errors
    /// [`MappingError`].
    pub fn parse(text: &str) -> Result<Self, MappingError> {
        let mapping: Self = toml::from_str(text).map_err(|e| MappingError::Unreadable(e.to_string()))?;
        let a = &mapping.accounts;
        let optional = [("retention_payable", &a.retention_payable), ("advances", &a.advances)];
        let named: Vec<(&'static str, &String)> = [
            ("expense", &a.expense),
            ("input_vat", &a.input_vat),
            ("vds_payable", &a.vds_payable),
            ("tds_payable", &a.tds_payable),
            ("accounts_payable", &a.accounts_payable),
        ]
        .into_iter()
        .chain(optional.into_iter().filter_map(|(name, code)| Some((name, code.as_ref()?))))
        .collect();
        for (i, (name, code)) in named.iter().enumerate() {
            if code.trim().is_empty() {
                return Err(MappingError::Empty(name));
            }
            if let Some((other, _)) = named[..i].iter().find(|(_, c)| c == code) {
                return Err(MappingError::Shared(other, name));
            }
        }
        Ok(mapping)
    }
}

/// One line of an entry; either its debit or its credit is above zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posting {
    /// The account.
    pub account: String,
    /// What it is for, as the mapping names it.
    pub purpose: &'static str,
    /// The debit.
    pub debit: Taka,
    /// The credit.
    pub credit: Taka,
}

/// The postings of an assessed invoice; lines of nothing are left out.
///
/// # Errors
/// A refusal when the mapping lacks an account that the bill needs, or an amount beyond what the ledger holds.
pub fn postings(mapping: &AccountMapping, assessment: &Assessment) -> Result<Vec<Posting>, Refusal> {
    let a = &mapping.accounts;
    let debit = |purpose, account: &str, amount| Posting {
        account: account.to_owned(),
        purpose,
        debit: amount,
        credit: Taka::ZERO,
    };
    let credit = |purpose, account: &str, amount| Posting {
        account: account.to_owned(),
        purpose,
        debit: Taka::ZERO,
        credit: amount,
    };
    let cost = assessment.cost().map_err(|e| Refusal::new(RefusalCode::LimitExceeded, e.to_string()))?;
    let mut lines = vec![debit("expense", &a.expense, cost), debit("input_vat", &a.input_vat, assessment.vat)];
    for withheld in &assessment.withheld {
        lines.push(match withheld.tax {
            Tax::Vds => credit("vds_payable", &a.vds_payable, withheld.amount),
            Tax::Tds | Tax::Vat | Tax::Sd => credit("tds_payable", &a.tds_payable, withheld.amount),
        });
    }
    for (purpose, account, amount) in [
        ("retention_payable", &a.retention_payable, assessment.retention),
        ("advances", &a.advances, assessment.advance),
    ] {
        if amount == Taka::ZERO {
            continue;
        }
        let Some(account) = account else {
            let message =
                format!("the account mapping has no account {purpose}, which this bill needs; add it and activate");
            return Err(Refusal::new(RefusalCode::RulesNotActive, message));
        };
        lines.push(credit(purpose, account, amount));
    }
    lines.push(credit("accounts_payable", &a.accounts_payable, assessment.net_payable));
    lines.retain(|l| l.debit != Taka::ZERO || l.credit != Taka::ZERO);
    Ok(lines)
}

/// Writes an entry and posts it; the database refuses one that does not balance.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn post(
    tx: &mut Tx,
    key: &DocumentKey,
    entry: &str,
    on: NaiveDate,
    lines: &[Posting],
) -> Result<(), LedgerError> {
    let tenant = key.tenant.as_str();
    tx.exec(
        "INSERT INTO journal_entries (tenant, entry, document, submission, posting_date, state) VALUES ($1, $2, $3, $4, $5, 'draft')",
        args![tenant, entry, key.document.as_str(), key.submission, on],
    )
    .await?;
    let rows = (1_i64..)
        .zip(lines)
        .map(|(number, line)| args![tenant, entry, number, &line.account, line.purpose, line.debit, line.credit]);
    tx.insert(
        "INSERT INTO journal_lines (tenant, entry, line, account, purpose, debit, credit) VALUES",
        rows.collect(),
        "",
    )
    .await?;
    tx.exec("UPDATE journal_entries SET state = 'posted' WHERE tenant = $1 AND entry = $2", args![tenant, entry])
        .await?;
    let written = |l: &Posting| (l.account.clone(), l.purpose.to_owned(), l.debit.poisha(), l.credit.poisha());
    let row = PostingRow {
        document: key.document.to_string(),
        submission: i64::from(key.submission),
        posting_date: on,
        lines: lines.iter().map(written).collect(),
    };
    tx.tie(key, What::Posting, entry.to_owned(), &row)
}
