//! Claims: a business key (tenant, vendor, fiscal year, canonical number) belongs to one open or approved document. A purchase
//! order has no number of the vendor's: its own id stands in for it, so that each request is another order.

use serde_json::json;
use uuid::Uuid;
use vextrus_domain::ids::PoNumber;
use vextrus_domain::invoice::canonical_number;
use vextrus_domain::{Actor, Content, DocumentKey, ProjectId, Refusal, RefusalCode, RequestId, TenantId, canonical};

use crate::approvals::Approval;
use crate::audit::{ClaimRow, ContentRow, What};
use crate::db::{Ledger, Tx, args};
use crate::documents::{self, Document, State};
use crate::error::LedgerError;
use crate::intake::{self, Intake};
use crate::{masterdata, retry};

/// A claimed document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Which.
    pub key: DocumentKey,
    /// The hash of what was claimed.
    pub payload_hash: String,
    /// The number of that content; 1 for the first.
    pub content: u32,
    /// Whether this very request had claimed it before.
    pub repeated: bool,
}

/// A request to claim a document.
struct Request<'a> {
    actor: &'a Actor,
    id: &'a RequestId,
    content: &'a Content,
    payload: String,
    hash: String,
}

/// Claims a document's business key.
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
    content: &Content,
) -> Result<Result<Claim, Refusal>, LedgerError> {
    let payload = content.to_text()?;
    let hash = canonical::sha256_hex(&payload);
    let request = Request { actor, id: request_id, content, payload, hash };
    retry::keyed(async || {
        let mut tx = ledger.begin(&actor.tenant).await?;
        let claimed = claim_once(&mut tx, &request).await?;
        if claimed.is_ok() {
            tx.commit().await?;
        }
        Ok(claimed)
    })
    .await
}

/// Claims a document within a transaction of the caller's, who looks what would become of it and rolls back.
///
/// # Errors
/// [`LedgerError::Database`]; the inner error is a refusal.
pub async fn claim_in(
    tx: &mut Tx,
    actor: &Actor,
    content: &Content,
) -> Result<Result<DocumentKey, Refusal>, LedgerError> {
    let payload = content.to_text()?;
    let hash = canonical::sha256_hex(&payload);
    let id = Uuid::now_v7().to_string().parse().map_err(|e| LedgerError::corrupt("request id", format!("{e}")))?;
    let claimed = claim_once(tx, &Request { actor, id: &id, content, payload, hash }).await?;
    Ok(claimed.map(|claim| claim.key))
}

/// What makes two documents the same for their claims.
fn business_key(content: &Content, document: &str) -> String {
    match content {
        Content::Invoice(invoice) => canonical_number(&invoice.number),
        Content::Order(_) => document.to_owned(),
    }
}

/// The number as it is printed; an order has none before it is issued.
fn printed_number(content: &Content) -> &str {
    content.invoice().map_or("", |invoice| invoice.number.as_str())
}

async fn claim_once(tx: &mut Tx, request: &Request<'_>) -> Result<Result<Claim, Refusal>, LedgerError> {
    let (actor, content) = (request.actor, request.content);
    let tenant = &actor.tenant;
    if !masterdata::is_active(tx, tenant, &actor.person).await? {
        return Ok(Err(not_a_member(actor)));
    }
    if let Some(earlier) = same_request(tx, request).await? {
        return Ok(earlier);
    }
    if let Some(refusal) = at_the_door(tx, tenant, content).await? {
        return Ok(Err(refusal));
    }
    let fresh = Uuid::now_v7().to_string();
    let fiscal_year = content.fiscal_year().to_string();
    let canonical = business_key(content, &fresh);
    let latest: Option<(String, i64, String)> = tx
        .opt(
            "SELECT document, submission, state FROM documents
             WHERE tenant = $1 AND vendor = $2 AND fiscal_year = $3 AND canonical_number = $4
             ORDER BY submission DESC LIMIT 1",
            args![tenant.as_str(), content.vendor().as_str(), &fiscal_year, &canonical],
        )
        .await?;
    let (document, submission) = match latest {
        None => (fresh, 1),
        Some((document, last, state)) if State::parse(&state)? == State::Closed => (document, last + 1),
        Some((document, last, state)) => {
            // This very request may have claimed it between our two looks, in another process.
            if let Some(earlier) = same_request(tx, request).await? {
                return Ok(earlier);
            }
            // Or its submitter sends it again under a new id, because the workflow could not be started then.
            let key = key_of(actor, &document, last)?;
            if State::parse(&state)? == State::Claimed && same_content(tx, &key, request).await? {
                return Ok(Ok(Claim { key, payload_hash: request.hash.clone(), content: 1, repeated: true }));
            }
            let message = format!(
                "invoice {} of {} in {fiscal_year} is {state} already as document {document}",
                printed_number(content),
                content.vendor()
            );
            return Ok(Err(Refusal::new(RefusalCode::DuplicateInvoice, message).about(document)));
        }
    };
    let key = key_of(actor, &document, submission)?;
    insert(tx, &key, request, &canonical).await?;
    Ok(Ok(Claim { key, payload_hash: request.hash.clone(), content: 1, repeated: false }))
}

/// What keeps a new document out, asked in one go: its kind is not taken for now, its vendor is unknown, its department is closed.
async fn at_the_door(tx: &mut Tx, tenant: &TenantId, content: &Content) -> Result<Option<Refusal>, LedgerError> {
    let kind = Intake::from(content.kind());
    let (stopped, vendors, closed): (Option<String>, i64, i64) = tx
        .one(
            "SELECT (SELECT CASE WHEN stopped THEN reason END FROM intake WHERE tenant = $1 AND kind = $2 ORDER BY seq DESC LIMIT 1),
                (SELECT count(*) FROM vendors WHERE tenant = $1 AND vendor = $3),
                (SELECT count(*) FROM departments WHERE tenant = $1 AND department = $4 AND NOT active)",
            args![tenant.as_str(), kind.name(), content.vendor().as_str(), content.department().as_str()],
        )
        .await?;
    if let Some(reason) = stopped {
        return Ok(Some(intake::refusal(kind, &reason)));
    }
    if vendors == 0 {
        let message = format!("vendor {} is not in the register of {tenant}; add it first", content.vendor());
        return Ok(Some(Refusal::new(RefusalCode::VendorUnknown, message)));
    }
    Ok((closed > 0).then(|| closed_department(content)))
}

fn closed_department(content: &Content) -> Refusal {
    let message = format!("department {} is closed; name the one that pays now", content.department());
    Refusal::new(RefusalCode::DepartmentInactive, message)
}

/// Whether a document that comes back names another department, which is closed.
async fn moves_to_a_closed_department(
    tx: &mut Tx,
    document: &Document,
    content: &Content,
) -> Result<bool, LedgerError> {
    if content.department() == document.content.department() {
        return Ok(false);
    }
    let department = masterdata::department(tx, &document.key.tenant, content.department()).await?;
    Ok(department.is_some_and(|department| !department.record.active))
}

async fn insert(tx: &mut Tx, key: &DocumentKey, request: &Request<'_>, canonical: &str) -> Result<(), LedgerError> {
    let content = request.content;
    let fiscal_year = content.fiscal_year().to_string();
    tx.exec(
        "INSERT INTO documents (tenant, document, submission, kind, vendor, fiscal_year, canonical_number, number,
            dated, department, project, po_number, total, submitter, request_id, payload, payload_hash, state, claimed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, 'claimed', $18)",
        args![
            key.tenant.as_str(),
            key.document.as_str(),
            key.submission,
            content.kind().name(),
            content.vendor().as_str(),
            &fiscal_year,
            canonical,
            printed_number(content),
            content.date(),
            content.department().as_str(),
            content.project().map(ProjectId::as_str),
            content.po_number().map(PoNumber::as_str),
            content.amount(),
            request.actor.person.as_str(),
            request.id.as_str(),
            &request.payload,
            &request.hash,
            tx.now()
        ],
    )
    .await?;
    keep(tx, key, request, 1).await?;
    let body = json!({"request_id": request.id, "payload_hash": &request.hash, "kind": content.kind(),
        "number": printed_number(content), "vendor": content.vendor(), "fiscal_year": fiscal_year, "total": content.amount()});
    tx.audit(key, "claimed", Some(&request.actor.person), body);
    let row = ClaimRow {
        document: key.document.to_string(),
        submission: i64::from(key.submission),
        request_id: request.id.to_string(),
        submitter: request.actor.person.to_string(),
    };
    tx.tie(key, What::Claim, format!("{}/{}", row.document, row.submission), &row)
}

async fn keep(tx: &mut Tx, key: &DocumentKey, request: &Request<'_>, content: u32) -> Result<(), LedgerError> {
    tx.exec(
        "INSERT INTO document_contents (tenant, document, submission, content, request_id, payload, payload_hash, submitted_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        args![
            key.tenant.as_str(),
            key.document.as_str(),
            key.submission,
            content,
            request.id.as_str(),
            &request.payload,
            &request.hash,
            tx.now()
        ],
    )
    .await?;
    let row = ContentRow {
        document: key.document.to_string(),
        submission: i64::from(key.submission),
        content: i64::from(content),
        request_id: request.id.to_string(),
        payload_hash: request.hash.clone(),
    };
    tx.tie(key, What::Content, row.name(), &row)
}

/// Keeps another content of a document that was returned for changes. Its approval takes it up with the command that names it.
///
/// The same request id with the same content is answered the same way.
///
/// # Errors
/// [`LedgerError::Database`]; the inner error says why the document cannot be changed so.
pub async fn change(
    tx: &mut Tx,
    actor: &Actor,
    request_id: &RequestId,
    key: &DocumentKey,
    content: &Content,
) -> Result<Result<Claim, Refusal>, LedgerError> {
    let payload = content.to_text()?;
    let hash = canonical::sha256_hex(&payload);
    let request = Request { actor, id: request_id, content, payload, hash };
    let Some(document) = documents::lock(tx, key).await? else {
        return Ok(Err(Refusal::new(RefusalCode::NotClaimed, format!("{key} was not claimed"))));
    };
    let earlier: Option<(String, i64, i64, String)> = tx
        .opt(
            "SELECT document, submission, content, payload_hash FROM document_contents WHERE tenant = $1 AND request_id = $2",
            args![key.tenant.as_str(), request_id.as_str()],
        )
        .await?;
    if let Some((same, submission, content, hash)) = earlier {
        if same != key.document.as_str() || submission != i64::from(key.submission) || hash != request.hash {
            return Ok(Err(reused(request_id)));
        }
        let content = u32::try_from(content).map_err(|e| LedgerError::corrupt("content", e))?;
        return Ok(Ok(Claim { key: key.clone(), payload_hash: hash, content, repeated: true }));
    }
    if let Err(refusal) = may_change(&document, actor, content) {
        return Ok(Err(refusal));
    }
    if Approval::load(tx, &document).await?.machine().returned().is_none() {
        let message = "the document was not returned for changes; withdraw it to submit it anew";
        return Ok(Err(Refusal::new(RefusalCode::NotReturned, message)));
    }
    if moves_to_a_closed_department(tx, &document, content).await? {
        return Ok(Err(closed_department(content)));
    }
    let number = document.content_number + 1;
    keep(tx, key, &request, number).await?;
    tx.exec(
        "UPDATE documents SET content = $4, dated = $5, department = $6, project = $7, po_number = $8, total = $9,
            payload = $10, payload_hash = $11 WHERE tenant = $1 AND document = $2 AND submission = $3",
        args![
            key.tenant.as_str(),
            key.document.as_str(),
            key.submission,
            number,
            content.date(),
            content.department().as_str(),
            content.project().map(ProjectId::as_str),
            content.po_number().map(PoNumber::as_str),
            content.amount(),
            &request.payload,
            &request.hash
        ],
    )
    .await?;
    let body = json!({"request_id": request_id, "content": number, "payload_hash": &request.hash,
        "before": &document.payload_hash, "total": content.amount()});
    tx.audit(key, "content_changed", Some(&actor.person), body);
    Ok(Ok(Claim { key: key.clone(), payload_hash: request.hash, content: number, repeated: false }))
}

/// What stays the same when a document is changed: its type, its vendor, its number and fiscal year, and whose it is.
fn may_change(document: &Document, actor: &Actor, content: &Content) -> Result<(), Refusal> {
    let no = |code, message: String| Err(Refusal::new(code, message));
    if document.submitter != actor.person {
        return no(RefusalCode::NotSubmitter, format!("{} did not submit this document", actor.person));
    }
    if document.state != State::Assessed {
        return no(RefusalCode::DocumentClosed, format!("{} is {}", document.key, document.state.name()));
    }
    let (old, id) = (&document.content, document.key.document.as_str());
    let same = old.kind() == content.kind()
        && old.vendor() == content.vendor()
        && business_key(old, id) == business_key(content, id)
        && (old.invoice().is_none() || old.fiscal_year() == content.fiscal_year())
        && (old.order().is_none() || old.po_number() == content.po_number());
    if same {
        return Ok(());
    }
    let message =
        "content: type, vendor, number, fiscal year and amended order stay the same; withdraw and submit anew";
    no(RefusalCode::InvalidField, message.to_owned())
}

fn reused(request_id: &RequestId) -> Refusal {
    let message = format!("request id {request_id} was used for another submission; use a new one");
    Refusal::new(RefusalCode::RequestIdReused, message).about(request_id.as_str())
}

async fn same_request(tx: &mut Tx, request: &Request<'_>) -> Result<Option<Result<Claim, Refusal>>, LedgerError> {
    let actor = request.actor;
    let found: Option<(String, i64, i64, String, String)> = tx
        .opt(
            "SELECT d.document, d.submission, c.content, c.payload_hash, d.submitter FROM document_contents c JOIN documents d
               ON d.tenant = c.tenant AND d.document = c.document AND d.submission = c.submission
             WHERE c.tenant = $1 AND c.request_id = $2",
            args![actor.tenant.as_str(), request.id.as_str()],
        )
        .await?;
    let Some((document, submission, content, payload_hash, submitter)) = found else { return Ok(None) };
    if content != 1 || payload_hash != request.hash || submitter != actor.person.as_str() {
        return Ok(Some(Err(reused(request.id))));
    }
    let key = key_of(actor, &document, submission)?;
    Ok(Some(Ok(Claim { key, payload_hash, content: 1, repeated: true })))
}

fn key_of(actor: &Actor, document: &str, submission: i64) -> Result<DocumentKey, LedgerError> {
    Ok(DocumentKey {
        tenant: actor.tenant.clone(),
        document: document.parse().map_err(|e| LedgerError::corrupt("document id", format!("{e}")))?,
        submission: u32::try_from(submission).map_err(|e| LedgerError::corrupt("submission", e))?,
    })
}

async fn same_content(tx: &mut Tx, key: &DocumentKey, request: &Request<'_>) -> Result<bool, LedgerError> {
    let (same,): (i64,) = tx
        .one(
            "SELECT count(*) FROM documents WHERE tenant = $1 AND document = $2 AND submission = $3
             AND submitter = $4 AND payload_hash = $5",
            args![
                key.tenant.as_str(),
                key.document.as_str(),
                key.submission,
                request.actor.person.as_str(),
                &request.hash
            ],
        )
        .await?;
    Ok(same == 1)
}

/// The refusal of a person who is not an active member of the tenant.
#[must_use]
pub fn not_a_member(actor: &Actor) -> Refusal {
    Refusal::new(RefusalCode::PermissionDenied, format!("{} is not an active person of {}", actor.person, actor.tenant))
}
