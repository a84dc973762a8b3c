//! Which obligations are meant.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use vextrus_domain::calendar::TaxPeriod;
use vextrus_domain::{DocumentId, DocumentKey, Refusal, RefusalCode, Taka, TenantId, VendorId};
use vextrus_tax::Tax;

use crate::db::{Tx, args};
use crate::error::LedgerError;

/// The most obligations of one deposit or certificate.
pub const MAX_OBLIGATIONS: usize = 5_000;

/// Obligations of one tax: those of a month, of a vendor, of documents, or what all of it names together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selection {
    /// Those withheld in this month.
    pub month: Option<TaxPeriod>,
    /// Those of this vendor.
    pub vendor: Option<VendorId>,
    /// Those of these documents.
    pub documents: Vec<DocumentId>,
}

/// An obligation with where it stands.
#[derive(Debug, Clone)]
pub(super) struct Obligation {
    pub(super) key: DocumentKey,
    pub(super) code: String,
    pub(super) amount: Taka,
    pub(super) withheld_on: NaiveDate,
    pub(super) certificate_by: Option<NaiveDate>,
    /// The deposit in force.
    pub(super) deposit: Option<i64>,
    /// The certificate in force.
    pub(super) certificate: Option<String>,
}

impl Obligation {
    /// As messages name it.
    pub(super) fn name(&self) -> String {
        format!("{} of document {}", self.code, self.key.document)
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    document: String,
    submission: i64,
    code: String,
    amount: i64,
    withheld_on: NaiveDate,
    certificate_by: Option<NaiveDate>,
    deposit: Option<i64>,
    certificate: Option<String>,
}

impl Row {
    fn into_obligation(self, tenant: &TenantId) -> Result<Obligation, LedgerError> {
        let bad = |why: String| LedgerError::corrupt("obligation", why);
        Ok(Obligation {
            key: DocumentKey {
                tenant: tenant.clone(),
                document: self.document.parse().map_err(|e| bad(format!("{e}")))?,
                submission: u32::try_from(self.submission).map_err(|e| bad(e.to_string()))?,
            },
            code: self.code,
            amount: Taka::from_poisha(self.amount).map_err(|e| bad(e.to_string()))?,
            withheld_on: self.withheld_on,
            certificate_by: self.certificate_by,
            deposit: self.deposit,
            certificate: self.certificate,
        })
    }
}

/// The obligations of a selection that have an amount, by day, document and code.
///
/// # Errors
/// [`LedgerError::Database`]; the inner error is `INVALID_FIELD` for a selection of everything, `NOT_FOUND` where there are none,
/// `LIMIT_EXCEEDED` for too many.
pub(super) async fn obligations(
    tx: &mut Tx,
    tenant: &TenantId,
    tax: Tax,
    of: &Selection,
) -> Result<Result<Vec<Obligation>, Refusal>, LedgerError> {
    let no = |code, message: String| Ok(Err(Refusal::new(code, message)));
    if of.month.is_none() && of.documents.is_empty() {
        return no(RefusalCode::InvalidField, "neither month nor document is given; name one".to_owned());
    }
    let documents: BTreeSet<&DocumentId> = of.documents.iter().collect();
    let mut found = Vec::new();
    if documents.is_empty() {
        found = query(tx, tenant, tax, of, None).await?;
    }
    for document in documents {
        let own = query(tx, tenant, tax, of, Some(document)).await?;
        if own.is_empty() {
            let message = format!("no {tax} to be deposited was withheld from document {document}{}", told(of));
            return no(RefusalCode::NotFound, message);
        }
        found.extend(own);
    }
    if found.is_empty() {
        return no(RefusalCode::NotFound, format!("no {tax} to be deposited was withheld{}", told(of)));
    }
    if found.len() > MAX_OBLIGATIONS {
        let message = format!("these are more than {MAX_OBLIGATIONS} obligations; name a vendor or documents");
        return no(RefusalCode::LimitExceeded, message);
    }
    found.sort_by(|a, b| (a.withheld_on, &a.key, &a.code).cmp(&(b.withheld_on, &b.key, &b.code)));
    Ok(Ok(found))
}

fn told(of: &Selection) -> String {
    let month = of.month.map(|month| format!(" in {month}")).unwrap_or_default();
    let vendor = of.vendor.as_ref().map(|vendor| format!(" from vendor {vendor}")).unwrap_or_default();
    format!("{month}{vendor}")
}

async fn query(
    tx: &mut Tx,
    tenant: &TenantId,
    tax: Tax,
    of: &Selection,
    document: Option<&DocumentId>,
) -> Result<Vec<Obligation>, LedgerError> {
    let (from, until) = of.month.map_or_else(Default::default, |m| (m.first_day(), m.last_day()));
    let rows: Vec<Row> = tx
        .all(
            "SELECT o.document, o.submission, o.code, o.amount, o.withheld_on, o.certificate_by, l.deposit, c.certificate
             FROM tax_obligations o
             LEFT JOIN deposit_lines l ON l.tenant = o.tenant AND l.document = o.document AND l.submission = o.submission
                AND l.tax = o.tax AND l.code = o.code AND NOT EXISTS (
                SELECT 1 FROM deposit_reversals r WHERE r.tenant = l.tenant AND r.deposit = l.deposit)
             LEFT JOIN certificate_lines c ON c.tenant = o.tenant AND c.document = o.document AND c.submission = o.submission
                AND c.tax = o.tax AND c.code = o.code AND NOT EXISTS (
                SELECT 1 FROM certificate_cancellations x WHERE x.tenant = c.tenant AND x.certificate = c.certificate)
             WHERE o.tenant = $1 AND o.tax = $2 AND o.amount > 0 AND (NOT $3 OR o.withheld_on BETWEEN $4 AND $5)
                AND ($6 = '' OR o.vendor = $6) AND ($7 = '' OR o.document = $7)
             ORDER BY o.withheld_on, o.document, o.submission, o.code LIMIT CAST($8 AS BIGINT)",
            args![
                tenant.as_str(),
                tax.name(),
                of.month.is_some(),
                from,
                until,
                of.vendor.as_ref().map_or("", VendorId::as_str),
                document.map_or("", DocumentId::as_str),
                i64::try_from(MAX_OBLIGATIONS).unwrap_or(i64::MAX).saturating_add(1)
            ],
        )
        .await?;
    rows.into_iter().map(|row| row.into_obligation(tenant)).collect()
}
