//! Mushak 6.6 for VAT deducted at source, and the certificate of income tax deducted.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use vextrus_domain::calendar::{FiscalYear, TaxPeriod, dhaka_date};
use vextrus_domain::vendor::Vendor;
use vextrus_domain::{
    Actor, Content, DocumentKey, Payer, Refusal, RefusalCode, RequestId, Taka, TenantId, VendorId, canonical,
};
use vextrus_tax::mushak::form_6_6::{self, Form66Row, Request66, Supplier};
use vextrus_tax::mushak::tds_certificate::{self, TdsRequest};
use vextrus_tax::mushak::{Challan, Form66, Officer, TdsCertificate};
use vextrus_tax::{Assessment, Tax};

use super::deposits::was_registered;
use super::select::{self, Obligation, Selection};
use crate::asked::{self, Begun};
use crate::db::{Tx, args};
use crate::error::LedgerError;
use crate::{assessments, documents, masterdata, payments};

const ACTION: &str = "certificate_issued";
/// What stands in a form's number while it is checked: numbers are taken last, and none for a form that cannot be issued.
const UNNUMBERED: &str = "to be numbered";

/// What a certificate is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateRequest {
    /// VDS or TDS.
    pub tax: Tax,
    /// Whom it is for.
    pub vendor: VendorId,
    /// What it certifies: those that are deposited and not certified yet.
    pub of: Selection,
    /// Only what this deposit covers.
    pub deposit: Option<i64>,
    /// Who signs.
    pub officer: Officer,
}

/// A certificate that was issued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certified {
    /// Its number, such as `VDSC-2026-27-000001`.
    pub certificate: String,
    /// The tax that it certifies.
    pub amount: Taka,
    /// The form.
    pub content: Value,
}

/// What stands behind one obligation.
struct Backed<'a> {
    obligation: &'a Obligation,
    deposit: StoredDeposit,
    content: Content,
    assessment: Assessment,
    registered: bool,
}

#[derive(Debug, Clone, sqlx::FromRow)]
struct StoredDeposit {
    deposit: i64,
    means: String,
    number: String,
    deposited_on: NaiveDate,
    amount: i64,
}

impl StoredDeposit {
    fn challan(&self) -> Result<Challan, LedgerError> {
        let amount = Taka::from_poisha(self.amount).map_err(|e| LedgerError::corrupt("deposit", e))?;
        Ok(Challan { number: self.number.clone(), date: self.deposited_on, amount })
    }
}

/// A form, made and not yet numbered.
enum Form {
    Vds(Box<Form66>),
    Tds(Box<TdsCertificate>),
}

impl Form {
    fn amount(&self) -> Taka {
        match self {
            Self::Vds(form) => form.vat_deducted,
            Self::Tds(form) => form.tax,
        }
    }

    fn numbered(self, number: &str) -> Result<Value, LedgerError> {
        let value = match self {
            Self::Vds(form) => serde_json::to_value(Form66 { number: number.to_owned(), ..*form }),
            Self::Tds(form) => serde_json::to_value(TdsCertificate { number: number.to_owned(), ..*form }),
        };
        Ok(value.map_err(canonical::CanonicalError::from)?)
    }
}

/// Issues a certificate today, under the next number of its series and fiscal year. The same request is answered the same way.
///
/// # Errors
/// [`LedgerError::Database`]; the inner error is what the form lacks, `NOT_FOUND` or `OBLIGATION_STATE` where there is nothing to
/// certify, `VENDOR_UNKNOWN`, `PERMISSION_DENIED` or `REQUEST_ID_REUSED`.
pub async fn certify(
    tx: &mut Tx,
    actor: &Actor,
    request: &RequestId,
    asked: &CertificateRequest,
) -> Result<Result<Certified, Refusal>, LedgerError> {
    let Some(vendor) = masterdata::vendor(tx, &actor.tenant, &asked.vendor).await? else {
        let message = format!("vendor {} is not in the register of {}; correct its id", asked.vendor, actor.tenant);
        return Ok(Err(Refusal::new(RefusalCode::VendorUnknown, message)));
    };
    let hash = match asked::begin(tx, actor, request, ACTION, asked).await? {
        Ok(Begun::New(hash)) => hash,
        Ok(Begun::Done(done)) => return Ok(Ok(done)),
        Err(refusal) => return Ok(Err(refusal)),
    };
    let certified = match to_certify(tx, &actor.tenant, asked).await? {
        Ok(certified) => certified,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let mut backed = Vec::with_capacity(certified.len());
    for obligation in &certified {
        backed.push(back(tx, &actor.tenant, obligation).await?);
    }
    let payer = masterdata::payer(tx, &actor.tenant).await?;
    let issued_on = dhaka_date(tx.now());
    let form = match asked.tax {
        Tax::Vds => mushak_66(&backed, payer, vendor, asked, issued_on)?,
        _ => deduction(&backed, payer, vendor, asked, issued_on)?,
    };
    let form = match form {
        Ok(form) => form,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let done = write(tx, actor, asked, (form, issued_on), &backed).await?;
    let body = json!({"certificate": &done.certificate, "tax": asked.tax, "vendor": &asked.vendor, "amount": done.amount,
        "hash": canonical::hash(&done.content)?, "obligations": backed.len(), "request_id": request});
    tx.audit_tenant(&actor.tenant, ACTION, actor.person.as_str(), body);
    asked::finish(tx, (actor, request), (ACTION, &hash), &done).await?;
    Ok(Ok(done))
}

/// What is deposited and not certified.
async fn to_certify(
    tx: &mut Tx,
    tenant: &TenantId,
    asked: &CertificateRequest,
) -> Result<Result<Vec<Obligation>, Refusal>, LedgerError> {
    let state = |message: String| Ok(Err(Refusal::new(RefusalCode::ObligationState, message)));
    let of = Selection { vendor: Some(asked.vendor.clone()), ..asked.of.clone() };
    let mut found = match select::obligations(tx, tenant, asked.tax, &of).await? {
        Ok(found) => found,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if let Some(deposit) = asked.deposit {
        found.retain(|o| o.deposit == Some(deposit));
        if found.is_empty() {
            return state(format!(
                "deposit {deposit} covers none of these, or was reversed; see `vextrus report {}`",
                asked.tax.name().to_lowercase()
            ));
        }
    }
    let of_documents = !asked.of.documents.is_empty();
    if let Some((one, certificate)) = found.iter().find_map(|o| Some((o, o.certificate.as_ref()?)))
        && (of_documents || found.iter().all(|o| o.certificate.is_some()))
    {
        return state(format!("{} is certified already, by {certificate}", one.name()));
    }
    found.retain(|o| o.certificate.is_none());
    if let Some(one) = found.iter().find(|o| o.deposit.is_none()) {
        return state(format!("{} is not deposited; record its deposit first, or name documents that are", one.name()));
    }
    Ok(Ok(found))
}

async fn back<'a>(tx: &mut Tx, tenant: &TenantId, obligation: &'a Obligation) -> Result<Backed<'a>, LedgerError> {
    let missing = |what| LedgerError::corrupt(what, format!("{} has none", obligation.key));
    let deposit: StoredDeposit = tx
        .one(
            "SELECT deposit, means, number, deposited_on, amount FROM treasury_deposits WHERE tenant = $1 AND deposit = $2",
            args![tenant.as_str(), obligation.deposit],
        )
        .await?;
    let document = documents::get(tx, &obligation.key).await?.ok_or_else(|| missing("document"))?;
    let latest = assessments::all(tx, &obligation.key).await?.pop().ok_or_else(|| missing("assessment"))?;
    Ok(Backed {
        obligation,
        deposit,
        content: document.content,
        registered: was_registered(&latest),
        assessment: latest.assessment.ok_or_else(|| missing("assessment"))?,
    })
}

/// One for each document, in order.
fn by_document<'b, 'a>(backed: &'b [Backed<'a>]) -> Vec<&'b Backed<'a>> {
    let mut seen: BTreeSet<&DocumentKey> = BTreeSet::new();
    backed.iter().filter(|b| seen.insert(&b.obligation.key)).collect()
}

fn mushak_66(
    backed: &[Backed<'_>],
    payer: Payer,
    vendor: Vendor,
    asked: &CertificateRequest,
    issued_on: NaiveDate,
) -> Result<Result<Form, Refusal>, LedgerError> {
    let registered = backed.iter().all(|b| b.registered);
    if !registered && backed.iter().any(|b| b.registered) {
        let message =
            "some of this was withheld while registered for VAT and some while not; name the documents of one kind";
        return Ok(Err(Refusal::new(RefusalCode::TaxFactsContradict, message)));
    }
    let first = backed.first().map(|b| &b.deposit);
    let other = first.and_then(|f| backed.iter().find(|b| b.deposit.deposit != f.deposit));
    if let (false, Some(first), Some(other)) = (registered, first, other) {
        let message = format!(
            "deposits {} and {} cover this, and the form names one challan; name the deposit",
            first.deposit, other.deposit.deposit
        );
        return Ok(Err(Refusal::new(RefusalCode::InvalidField, message)));
    }
    let challan = first.filter(|d| d.means == "challan").map(StoredDeposit::challan).transpose()?;
    let mut rows: Vec<Form66Row> = Vec::new();
    for one in by_document(backed) {
        let Content::Invoice(invoice) = &one.content else {
            return Err(LedgerError::corrupt("obligation", "it is of a document that is no invoice"));
        };
        match form_6_6::row_of(invoice, &one.assessment) {
            Ok(row) => rows.push(row),
            Err(refusal) => {
                let message = format!("document {}: {}", one.obligation.key.document, refusal.message);
                return Ok(Err(Refusal::new(refusal.code, message)));
            }
        }
    }
    // What the company was when it withheld counts, and not what it has become.
    let payer = Payer { vat_registered: registered, withholding_entity: true, ..payer };
    let form = form_6_6::issue(Request66 {
        number: UNNUMBERED.to_owned(),
        issued_on,
        payer: &payer,
        supplier: Supplier { name: vendor.name, bin: vendor.bin },
        rows,
        officer: asked.officer.clone(),
        challan,
    });
    Ok(form.and_then(|form| whole(&form, backed).map(|()| Form::Vds(Box::new(form)))))
}

/// A row of Mushak 6.6 is an invoice as a whole: all that was withheld of its VAT.
fn whole(form: &Form66, backed: &[Backed<'_>]) -> Result<(), Refusal> {
    let sum = Taka::sum(backed.iter().map(|b| b.obligation.amount));
    if sum.as_ref().is_ok_and(|sum| *sum == form.vat_deducted) {
        return Ok(());
    }
    let message = format!(
        "{} was withheld of these invoices, and not all of it is deposited and uncertified; deposit the rest first",
        form.vat_deducted
    );
    Err(Refusal::new(RefusalCode::ObligationState, message))
}

fn deduction(
    backed: &[Backed<'_>],
    payer: Payer,
    vendor: Vendor,
    asked: &CertificateRequest,
    issued_on: NaiveDate,
) -> Result<Result<Form, Refusal>, LedgerError> {
    let mut deductions = Vec::with_capacity(backed.len());
    let mut deposits: Vec<&StoredDeposit> = Vec::new();
    for one in backed {
        let (assessment, obligation) = (&one.assessment, one.obligation);
        let withheld = assessment.withheld.iter().filter(|w| w.tax == Tax::Tds);
        let found = withheld.zip(tds_certificate::deductions_of(assessment, obligation.withheld_on));
        let own = found.into_iter().find(|(w, _)| w.code == obligation.code).map(|(_, deduction)| deduction);
        deductions.push(
            own.ok_or_else(|| LedgerError::corrupt("obligation", format!("{} was not assessed", obligation.name())))?,
        );
        if deposits.iter().all(|d| d.deposit != one.deposit.deposit) {
            deposits.push(&one.deposit);
        }
    }
    let days = || backed.iter().map(|b| TaxPeriod::of(b.obligation.withheld_on));
    let (Some(from), Some(until)) = (days().min(), days().max()) else {
        return Err(LedgerError::corrupt("obligation", "a certificate of nothing"));
    };
    let payer = Payer { specified_person: true, ..payer };
    let form = tds_certificate::issue(TdsRequest {
        number: UNNUMBERED.to_owned(),
        issued_on,
        payer: &payer,
        payee_name: vendor.name,
        payee_tin: vendor.tin,
        from: from.first_day(),
        until: until.last_day(),
        deductions,
        deposits: deposits.into_iter().map(StoredDeposit::challan).collect::<Result<_, _>>()?,
        officer: asked.officer.clone(),
    });
    Ok(form.map(|form| Form::Tds(Box::new(form))))
}

async fn write(
    tx: &mut Tx,
    actor: &Actor,
    asked: &CertificateRequest,
    (form, issued_on): (Form, NaiveDate),
    backed: &[Backed<'_>],
) -> Result<Certified, LedgerError> {
    let tenant = actor.tenant.as_str();
    let (year, amount) = (FiscalYear::of(issued_on), form.amount());
    let serial = payments::next_number(tx, &actor.tenant, super::series(asked.tax), year).await?;
    let certificate = format!("{}-{year}-{serial:06}", super::series(asked.tax));
    let content = form.numbered(&certificate)?;
    let text = canonical::to_text(&content)?;
    tx.exec(
        "INSERT INTO tax_certificates (tenant, certificate, tax, fiscal_year, serial, vendor, issued_on, amount, content,
            content_hash, issued_by, issued_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        args![
            tenant,
            &certificate,
            asked.tax.name(),
            year.to_string(),
            serial,
            asked.vendor.as_str(),
            issued_on,
            amount,
            &text,
            canonical::sha256_hex(&text),
            actor.person.as_str(),
            tx.now()
        ],
    )
    .await?;
    for one in backed {
        let obligation = one.obligation;
        tx.exec(
            "INSERT INTO certificate_lines (tenant, certificate, deposit, document, submission, tax, code)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
            args![
                tenant,
                &certificate,
                one.deposit.deposit,
                obligation.key.document.as_str(),
                obligation.key.submission,
                asked.tax.name(),
                &obligation.code
            ],
        )
        .await?;
    }
    Ok(Certified { certificate, amount, content })
}

/// A certificate as it was issued, and whether it is in force still.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn certificate(tx: &mut Tx, tenant: &TenantId, number: &str) -> Result<Option<(Value, bool)>, LedgerError> {
    let found: Option<(String, i64)> = tx
        .opt(
            "SELECT t.content, (SELECT count(*) FROM certificate_cancellations x
                WHERE x.tenant = t.tenant AND x.certificate = t.certificate)
             FROM tax_certificates t WHERE t.tenant = $1 AND t.certificate = $2",
            args![tenant.as_str(), number],
        )
        .await?;
    found.map(|(text, cancelled)| Ok((canonical::from_text(&text)?, cancelled == 0))).transpose()
}
