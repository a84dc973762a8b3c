//! What a company has in force when a step of a document begins. It is one statement, since every step asks for most of it.

use std::sync::Arc;

use chrono::NaiveDate;
use vextrus_domain::calendar::WorkingCalendar;
use vextrus_domain::{DocumentType, Payer, Refusal, TenantId};

use crate::db::{Tx, args};
use crate::error::LedgerError;
use crate::rules::{self, ActiveRule, RuleKind, WHOLE_COMPANY};
use crate::{masterdata, periods};

/// What it has in force for one type of document.
#[derive(Debug, Clone)]
pub struct Standing {
    tenant: TenantId,
    kind: DocumentType,
    /// Its own tax facts; those of a limited company where none are stored.
    pub payer: Payer,
    closed_through: Option<NaiveDate>,
    rules: Hashes,
}

/// The hashes of the rules in force.
#[derive(Debug, Clone, sqlx::FromRow)]
struct Hashes {
    approval: Option<String>,
    accounts: Option<String>,
    tax: Option<String>,
    calendar: Option<String>,
}

#[derive(sqlx::FromRow)]
struct Row {
    #[sqlx(flatten)]
    rules: Hashes,
    payer: Option<String>,
    closed_through: Option<NaiveDate>,
}

/// What the company has in force now.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn standing(tx: &mut Tx, tenant: &TenantId, kind: DocumentType) -> Result<Standing, LedgerError> {
    let now = tx.now();
    let row: Row = tx
        .one(
            "SELECT
                (SELECT hash FROM rule_activations WHERE tenant = $1 AND kind = $2 AND subject = $6 AND effective_from <= $8
                    ORDER BY seq DESC LIMIT 1) AS approval,
                (SELECT hash FROM rule_activations WHERE tenant = $1 AND kind = $3 AND subject = $6 AND effective_from <= $8
                    ORDER BY seq DESC LIMIT 1) AS accounts,
                (SELECT hash FROM rule_activations WHERE tenant = $1 AND kind = $4 AND subject = $7 AND effective_from <= $8
                    ORDER BY seq DESC LIMIT 1) AS tax,
                (SELECT hash FROM rule_activations WHERE tenant = $1 AND kind = $5 AND subject = $7 AND effective_from <= $8
                    ORDER BY seq DESC LIMIT 1) AS calendar,
                (SELECT payer FROM payers WHERE tenant = $1 ORDER BY seq DESC LIMIT 1) AS payer,
                (SELECT through FROM period_locks WHERE tenant = $1 ORDER BY seq DESC LIMIT 1) AS closed_through",
            args![
                tenant.as_str(),
                RuleKind::Approval.name(),
                RuleKind::Accounts.name(),
                RuleKind::Tax.name(),
                RuleKind::Calendar.name(),
                kind.name(),
                WHOLE_COMPANY,
                now
            ],
        )
        .await?;
    let payer = masterdata::read_payer(row.payer.as_deref())?;
    Ok(Standing { tenant: tenant.clone(), kind, payer, closed_through: row.closed_through, rules: row.rules })
}

impl Standing {
    /// The policy of this type of document.
    ///
    /// # Errors
    /// [`LedgerError::Database`]; the inner error is `RULES_NOT_ACTIVE`.
    pub async fn approval(&self, tx: &mut Tx) -> Result<Result<ActiveRule, Refusal>, LedgerError> {
        self.needed(tx, RuleKind::Approval, self.kind.name(), self.rules.approval.as_deref()).await
    }

    /// The accounts that this type of document is posted to.
    ///
    /// # Errors
    /// As [`Self::approval`].
    pub async fn accounts(&self, tx: &mut Tx) -> Result<Result<ActiveRule, Refusal>, LedgerError> {
        self.needed(tx, RuleKind::Accounts, self.kind.name(), self.rules.accounts.as_deref()).await
    }

    /// The tax schedule.
    ///
    /// # Errors
    /// As [`Self::approval`].
    pub async fn tax(&self, tx: &mut Tx) -> Result<Result<ActiveRule, Refusal>, LedgerError> {
        self.needed(tx, RuleKind::Tax, WHOLE_COMPANY, self.rules.tax.as_deref()).await
    }

    /// The working calendar; weekends alone, where none is active.
    ///
    /// # Errors
    /// [`LedgerError::Database`].
    pub async fn calendar(&self, tx: &mut Tx) -> Result<Arc<WorkingCalendar>, LedgerError> {
        rules::calendar_of(tx, self.rules.calendar.as_deref()).await
    }

    /// The day on which is posted what happens on this day: see [`periods::posting_date`].
    #[must_use]
    pub fn posting_date(&self, day: NaiveDate) -> NaiveDate {
        periods::open_day(self.closed_through, day)
    }

    async fn needed(
        &self,
        tx: &mut Tx,
        kind: RuleKind,
        subject: &str,
        hash: Option<&str>,
    ) -> Result<Result<ActiveRule, Refusal>, LedgerError> {
        match hash {
            Some(hash) => rules::version(tx, kind, hash).await.map(Ok),
            None => Ok(Err(rules::not_active(&self.tenant, kind, subject))),
        }
    }
}
