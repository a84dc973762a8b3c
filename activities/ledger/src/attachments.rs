//! What is attached to documents, such as the scan of a Mushak 6.3: where it is kept, and the hash that it is known by. The bytes
//! themselves are elsewhere.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;
use vextrus_domain::{Actor, DocumentId, DocumentKey, Refusal, RefusalCode, RequestId, TenantId};

use crate::approvals::Approval;
use crate::asked;
use crate::db::{Tx, args};
use crate::documents::{self, State};
use crate::error::LedgerError;

/// The most attachments of one document.
pub const MOST: usize = 20;

/// What an attachment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttachmentKind {
    /// A VAT invoice, form Mushak 6.3.
    #[serde(rename = "mushak_6_3")]
    Mushak63,
    /// The vendor's bill.
    Bill,
    /// A purchase order.
    Order,
    /// A contract.
    Contract,
    /// What shows that goods came.
    Receipt,
    /// Anything else.
    Other,
}

impl AttachmentKind {
    /// Every kind.
    pub const ALL: [Self; 6] = [Self::Mushak63, Self::Bill, Self::Order, Self::Contract, Self::Receipt, Self::Other];

    /// The kind's name in data.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mushak63 => "mushak_6_3",
            Self::Bill => "bill",
            Self::Order => "order",
            Self::Contract => "contract",
            Self::Receipt => "receipt",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for AttachmentKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for AttachmentKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = || Self::ALL.map(Self::name).join(", ");
        Self::ALL.into_iter().find(|k| k.name() == text).ok_or_else(|| format!("{text:.40?} is none of {}", known()))
    }
}

/// An attachment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Its id.
    pub id: String,
    /// The document.
    pub document: DocumentId,
    /// What it is.
    pub kind: AttachmentKind,
    /// The name of its file.
    pub file_name: String,
    /// Its media type, such as `application/pdf`.
    pub media_type: String,
    /// How many bytes it has.
    pub bytes: i64,
    /// SHA-256 of its bytes, in hex.
    pub sha256: String,
    /// Under which name it is kept.
    pub place: String,
    /// Who attached it.
    pub uploaded_by: String,
    /// When.
    pub uploaded_at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct Row {
    attachment: String,
    document: String,
    kind: String,
    file_name: String,
    media_type: String,
    bytes: i64,
    sha256: String,
    place: String,
    uploaded_by: String,
    uploaded_at: DateTime<Utc>,
}

impl Row {
    fn into_attachment(self) -> Result<Attachment, LedgerError> {
        let bad = |why: String| LedgerError::corrupt("attachment", why);
        Ok(Attachment {
            id: self.attachment,
            document: self.document.parse().map_err(|e| bad(format!("{e}")))?,
            kind: self.kind.parse().map_err(bad)?,
            file_name: self.file_name,
            media_type: self.media_type,
            bytes: self.bytes,
            sha256: self.sha256,
            place: self.place,
            uploaded_by: self.uploaded_by,
            uploaded_at: self.uploaded_at,
        })
    }
}

/// What somebody attaches.
#[derive(Debug, Clone)]
pub struct NewAttachment<'a> {
    /// What it is.
    pub kind: AttachmentKind,
    /// The name of its file.
    pub file_name: &'a str,
    /// Its media type.
    pub media_type: &'a str,
    /// How many bytes it has.
    pub bytes: i64,
    /// SHA-256 of its bytes, in hex.
    pub sha256: &'a str,
    /// Under which name it is kept.
    pub place: &'a str,
}

/// Whether somebody may attach something to a document now: its submitter and whoever has a part in its approval may, while it is
/// open.
///
/// # Errors
/// [`LedgerError::Database`]; the inner error is `PERMISSION_DENIED`, `NOT_FOUND`, `DOCUMENT_CLOSED`, `NOT_ELIGIBLE` or
/// `LIMIT_EXCEEDED`.
pub async fn may_attach(tx: &mut Tx, actor: &Actor, key: &DocumentKey) -> Result<Result<(), Refusal>, LedgerError> {
    let no = |code, message: String| Ok(Err(Refusal::new(code, message)));
    if let Some(refusal) = asked::stranger(tx, &actor.tenant, &actor.person).await? {
        return Ok(Err(refusal));
    }
    let Some(document) = documents::get(tx, key).await? else {
        return no(RefusalCode::NotFound, format!("there is no document {}", key.document));
    };
    if matches!(document.state, State::Settled | State::Closed) {
        return no(
            RefusalCode::DocumentClosed,
            format!("the document is {}; nothing is attached any more", document.state.name()),
        );
    }
    let approval = Approval::load(tx, &document).await?;
    if document.submitter != actor.person && !approval.machine().takes_part(&actor.person) {
        return no(RefusalCode::NotEligible, format!("{} has no part in this document", actor.person));
    }
    if of(tx, &key.tenant, &key.document).await?.len() >= MOST {
        return no(RefusalCode::LimitExceeded, format!("the document has {MOST} attachments, and that is the most"));
    }
    Ok(Ok(()))
}

/// Keeps an attachment whose bytes are in their place. The same request with the same bytes is answered the same way.
///
/// # Errors
/// As [`may_attach`]; the inner error is also `REQUEST_ID_REUSED`.
pub async fn add(
    tx: &mut Tx,
    actor: &Actor,
    request: &RequestId,
    key: &DocumentKey,
    new: &NewAttachment<'_>,
) -> Result<Result<Attachment, Refusal>, LedgerError> {
    // Two that come at once are counted one after the other.
    documents::lock(tx, key).await?;
    if let Some(earlier) = of_request(tx, &key.tenant, request).await? {
        let same = earlier.document == key.document
            && earlier.sha256 == new.sha256
            && earlier.kind == new.kind
            && earlier.uploaded_by == actor.person.as_str();
        let message = format!("request id {request} was used for another attachment; use a new one");
        let reused = || Refusal::new(RefusalCode::RequestIdReused, message).about(request.as_str());
        return Ok(if same { Ok(earlier) } else { Err(reused()) });
    }
    if let Err(refusal) = may_attach(tx, actor, key).await? {
        return Ok(Err(refusal));
    }
    let attachment = Attachment {
        id: Uuid::now_v7().to_string(),
        document: key.document.clone(),
        kind: new.kind,
        file_name: new.file_name.to_owned(),
        media_type: new.media_type.to_owned(),
        bytes: new.bytes,
        sha256: new.sha256.to_owned(),
        place: new.place.to_owned(),
        uploaded_by: actor.person.to_string(),
        uploaded_at: tx.now(),
    };
    tx.exec(
        "INSERT INTO attachments (tenant, attachment, document, kind, file_name, media_type, bytes, sha256, place, uploaded_by,
            uploaded_at, request_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        args![
            key.tenant.as_str(),
            &attachment.id,
            key.document.as_str(),
            new.kind.name(),
            new.file_name,
            new.media_type,
            new.bytes,
            new.sha256,
            new.place,
            actor.person.as_str(),
            tx.now(),
            request.as_str()
        ],
    )
    .await?;
    let body = json!({"attachment": attachment.id, "what": new.kind, "media_type": new.media_type, "bytes": new.bytes,
        "sha256": new.sha256, "request_id": request});
    tx.audit(key, "attached", Some(&actor.person), body);
    Ok(Ok(attachment))
}

/// The attachments of a document, whatever its submission, the earliest first.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn of(tx: &mut Tx, tenant: &TenantId, document: &DocumentId) -> Result<Vec<Attachment>, LedgerError> {
    let rows: Vec<Row> = tx
        .all(
            "SELECT attachment, document, kind, file_name, media_type, bytes, sha256, place, uploaded_by, uploaded_at
             FROM attachments WHERE tenant = $1 AND document = $2 ORDER BY attachment",
            args![tenant.as_str(), document.as_str()],
        )
        .await?;
    rows.into_iter().map(Row::into_attachment).collect()
}

/// What a request has attached, where it has.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn of_request(
    tx: &mut Tx,
    tenant: &TenantId,
    request: &RequestId,
) -> Result<Option<Attachment>, LedgerError> {
    let row: Option<Row> = tx
        .opt(
            "SELECT attachment, document, kind, file_name, media_type, bytes, sha256, place, uploaded_by, uploaded_at
             FROM attachments WHERE tenant = $1 AND request_id = $2",
            args![tenant.as_str(), request.as_str()],
        )
        .await?;
    row.map(Row::into_attachment).transpose()
}
