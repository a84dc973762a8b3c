//! What is attached to documents: taken in as a stream, kept in a folder or an object store, given out as a stream.

pub(crate) mod download;
pub(crate) mod http;
pub(crate) mod service;
pub(crate) mod upload;

use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use vextrus_domain::{Refusal, RefusalCode, TenantId};
use vextrus_ledger::attachments::{Attachment, AttachmentKind};
use vextrus_platform::config::AttachmentsConfig;
use vextrus_proto::approval::v1 as proto;
use vextrus_storage::{Place, PlaceError};

use crate::errors::Failure;
use crate::names::document_name;
use crate::render::timestamp;

/// The most uploads that one facade takes at the same time.
const UPLOADS: usize = 16;
/// When an upload for which there is no turn may be tried again.
const TURN_AFTER: Duration = Duration::from_secs(2);

/// Where attachments are kept, and which are taken.
#[derive(Debug)]
pub(crate) struct Attachments {
    place: Option<Place>,
    max_bytes: u64,
    media_types: Vec<String>,
    uploads: Semaphore,
}

impl Attachments {
    pub(crate) fn open(config: &AttachmentsConfig) -> Result<Self, PlaceError> {
        Ok(Self {
            place: Place::configured(&config.place)?,
            max_bytes: config.max_bytes,
            media_types: config.media_types().map(str::to_owned).collect(),
            uploads: Semaphore::new(UPLOADS),
        })
    }

    /// A place among the uploads that are under way: each holds parts of its paper in memory.
    fn turn(&self) -> Result<SemaphorePermit<'_>, Failure> {
        self.uploads.try_acquire().map_err(|_| {
            let message = format!("{UPLOADS} papers are on their way at the same time; that is the most");
            Failure::Early(Refusal::new(RefusalCode::TooManyRequests, message), TURN_AFTER)
        })
    }

    /// Where they are kept, where they are.
    fn place(&self) -> Result<&Place, Refusal> {
        let message = "no place for attachments is configured (attachments.place); ask the operators";
        self.place.as_ref().ok_or_else(|| Refusal::new(RefusalCode::AttachmentsOff, message))
    }
}

/// A kind of attachment as messages name it.
#[must_use]
pub const fn kind(kind: AttachmentKind) -> proto::AttachmentKind {
    match kind {
        AttachmentKind::Mushak63 => proto::AttachmentKind::Mushak63,
        AttachmentKind::Bill => proto::AttachmentKind::Bill,
        AttachmentKind::Order => proto::AttachmentKind::Order,
        AttachmentKind::Contract => proto::AttachmentKind::Contract,
        AttachmentKind::Receipt => proto::AttachmentKind::Receipt,
        AttachmentKind::Other => proto::AttachmentKind::Other,
    }
}

/// An attachment of a document as a message.
pub(crate) fn shown(of: vextrus_domain::DocumentType, tenant: &TenantId, attachment: &Attachment) -> proto::Attachment {
    proto::Attachment {
        name: format!("{}/attachments/{}", document_name(of, tenant, attachment.document.as_str()), attachment.id),
        kind: kind(attachment.kind).into(),
        file_name: attachment.file_name.clone(),
        media_type: attachment.media_type.clone(),
        size_bytes: attachment.bytes,
        sha256: attachment.sha256.clone(),
        uploader: attachment.uploaded_by.clone(),
        upload_time: Some(timestamp(attachment.uploaded_at)),
    }
}
