//! Claims: a business key (tenant, vendor, fiscal year, canonical number) belongs to one open or approved document.

use serde_json::json;
use uuid::Uuid;
use vextrus_domain::ids::PoNumber;
use vextrus_domain::invoice::canonical_number;
use vextrus_domain::{Actor, DocumentKey, Invoice, ProjectId, Refusal, RefusalCode, RequestId, canonical};

use crate::db::{Ledger, Tx, args};
use crate::documents::State;
use crate::error::LedgerError;
use crate::masterdata;

/// A claimed document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Which.
    pub key: DocumentKey,
    /// The hash of what was claimed.
    pub payload_hash: String,
    /// Whether this very request had claimed it before.
    pub repeated: bool,
}

/// How often a claim is tried again when another one of the same key won the race.
const TRIES: usize = 3;

/// Claims an invoice's business key.
///
/// The same request id with the same content is answered the same way. An open or approved document of the key is a
/// refusal; a refused, withdrawn or expired one makes this the next submission.
///
/// # Errors
/// [`LedgerError::Database`]; the inner error is a refusal.
pub async fn claim(
    ledger: &Ledger,
    actor: &Actor,
    request_id: &RequestId,
    invoice: &Invoice,
) -> Result<Result<Claim, Refusal>, LedgerError> {
    let payload = canonical::to_text(invoice)?;
    let hash = canonical::sha256_hex(&payload);
    let mut tries = 1;
    loop {
        let mut tx = ledger.begin().await?;
        match claim_once(&mut tx, actor, request_id, invoice, &payload, &hash).await {
            Ok(Ok(claim)) => match tx.commit().await {
                Ok(()) => return Ok(Ok(claim)),
                Err(e) if e.is_unique_violation() && tries < TRIES => tries += 1,
                Err(e) => return Err(e),
            },
            Ok(Err(refusal)) => return Ok(Err(refusal)),
            Err(e) if e.is_unique_violation() && tries < TRIES => tries += 1,
            Err(e) => return Err(e),
        }
    }
}

async fn claim_once(
    tx: &mut Tx,
    actor: &Actor,
    request_id: &RequestId,
    invoice: &Invoice,
    payload: &str,
    hash: &str,
) -> Result<Result<Claim, Refusal>, LedgerError> {
    let tenant = &actor.tenant;
    if !masterdata::is_active(tx, tenant, &actor.person).await? {
        return Ok(Err(not_a_member(actor)));
    }
    if let Some(earlier) = same_request(tx, actor, request_id, hash).await? {
        return Ok(earlier);
    }
    if !masterdata::vendor_exists(tx, tenant, &invoice.vendor).await? {
        let message = format!("vendor {} is not in the register of {tenant}; add it first", invoice.vendor);
        return Ok(Err(Refusal::new(RefusalCode::VendorUnknown, message)));
    }
    let fiscal_year = invoice.fiscal_year().to_string();
    let canonical = canonical_number(&invoice.number);
    let latest: Option<(String, i64, String)> = tx
        .opt(
            "SELECT document, submission, state FROM documents
             WHERE tenant = $1 AND vendor = $2 AND fiscal_year = $3 AND canonical_number = $4
             ORDER BY submission DESC LIMIT 1",
            args![tenant.as_str(), invoice.vendor.as_str(), &fiscal_year, &canonical],
        )
        .await?;
    let (document, submission) = match latest {
        None => (Uuid::now_v7().to_string(), 1),
        Some((document, last, state)) if State::parse(&state)? == State::Closed => (document, last + 1),
        Some((document, last, state)) => {
            // This very request may have claimed it between our two looks, in another process.
            if let Some(earlier) = same_request(tx, actor, request_id, hash).await? {
                return Ok(earlier);
            }
            // Or its submitter sends it again under a new id, because the workflow could not be started then.
            let key = key_of(actor, &document, last)?;
            if State::parse(&state)? == State::Claimed && same_content(tx, actor, &key, hash).await? {
                return Ok(Ok(Claim { key, payload_hash: hash.to_owned(), repeated: true }));
            }
            let message = format!(
                "invoice {} of {} in {fiscal_year} is {state} already as document {document}",
                invoice.number, invoice.vendor
            );
            return Ok(Err(Refusal::new(RefusalCode::DuplicateInvoice, message)));
        }
    };
    let key = key_of(actor, &document, submission)?;
    insert(tx, &key, actor, request_id, invoice, payload, hash).await?;
    Ok(Ok(Claim { key, payload_hash: hash.to_owned(), repeated: false }))
}

async fn insert(
    tx: &mut Tx,
    key: &DocumentKey,
    actor: &Actor,
    request_id: &RequestId,
    invoice: &Invoice,
    payload: &str,
    hash: &str,
) -> Result<(), LedgerError> {
    let fiscal_year = invoice.fiscal_year().to_string();
    tx.exec(
        "INSERT INTO documents (tenant, document, submission, kind, vendor, fiscal_year, canonical_number, number,
            invoice_date, department, project, po_number, total, submitter, request_id, payload, payload_hash, state, claimed_at)
         VALUES ($1, $2, $3, 'invoice', $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, 'claimed', $17)",
        args![
            key.tenant.as_str(),
            key.document.as_str(),
            key.submission,
            invoice.vendor.as_str(),
            &fiscal_year,
            canonical_number(&invoice.number),
            &invoice.number,
            invoice.date,
            invoice.department.as_str(),
            invoice.project.as_ref().map(ProjectId::as_str),
            invoice.po_number.as_ref().map(PoNumber::as_str),
            invoice.total,
            actor.person.as_str(),
            request_id.as_str(),
            payload,
            hash,
            tx.now()
        ],
    )
    .await?;
    let body = json!({"request_id": request_id, "payload_hash": hash, "number": &invoice.number, "vendor": &invoice.vendor,
        "fiscal_year": fiscal_year, "total": invoice.total});
    tx.audit(key, "claimed", Some(&actor.person), body);
    Ok(())
}

async fn same_request(
    tx: &mut Tx,
    actor: &Actor,
    request_id: &RequestId,
    hash: &str,
) -> Result<Option<Result<Claim, Refusal>>, LedgerError> {
    let found: Option<(String, i64, String, String)> = tx
        .opt(
            "SELECT document, submission, payload_hash, submitter FROM documents WHERE tenant = $1 AND request_id = $2",
            args![actor.tenant.as_str(), request_id.as_str()],
        )
        .await?;
    let Some((document, submission, payload_hash, submitter)) = found else { return Ok(None) };
    if payload_hash != hash || submitter != actor.person.as_str() {
        let message = format!("request id {request_id} was used for another submission; use a new one");
        return Ok(Some(Err(Refusal::new(RefusalCode::RequestIdReused, message))));
    }
    let key = key_of(actor, &document, submission)?;
    Ok(Some(Ok(Claim { key, payload_hash, repeated: true })))
}

fn key_of(actor: &Actor, document: &str, submission: i64) -> Result<DocumentKey, LedgerError> {
    Ok(DocumentKey {
        tenant: actor.tenant.clone(),
        document: document.parse().map_err(|e| LedgerError::corrupt("document id", format!("{e}")))?,
        submission: u32::try_from(submission).map_err(|e| LedgerError::corrupt("submission", e))?,
    })
}

async fn same_content(tx: &mut Tx, actor: &Actor, key: &DocumentKey, hash: &str) -> Result<bool, LedgerError> {
    let (same,): (i64,) = tx
        .one(
            "SELECT count(*) FROM documents WHERE tenant = $1 AND document = $2 AND submission = $3
             AND submitter = $4 AND payload_hash = $5",
            args![key.tenant.as_str(), key.document.as_str(), key.submission, actor.person.as_str(), hash],
        )
        .await?;
    Ok(same == 1)
}

/// The refusal of a person who is not an active member of the tenant.
#[must_use]
pub fn not_a_member(actor: &Actor) -> Refusal {
    Refusal::new(RefusalCode::PermissionDenied, format!("{} is not an active person of {}", actor.person, actor.tenant))
}
