//! Taking an attachment in: its bytes go to their place as they come, and it counts once the ledger has it.

use std::sync::Arc;

use axum::body::Bytes;
use futures::{Stream, StreamExt as _};
use object_store::ObjectStoreExt as _;
use object_store::buffered::BufWriter;
use object_store::path::Path;
use sha2::{Digest as _, Sha256};
use tokio::io::AsyncWriteExt as _;
use uuid::Uuid;
use vextrus_domain::{DocumentKey, Refusal, RefusalCode, RequestId};
use vextrus_ledger::attachments::{self, Attachment, AttachmentKind, NewAttachment};
use vextrus_ledger::retry;
use vextrus_proto::approval::v1 as proto;

use crate::call::Call;
use crate::errors::Failure;
use crate::names::{self, Named};
use crate::read;
use crate::service::App;
use crate::translate::Reader;

/// The longest name of a file, in bytes.
const MAX_FILE_NAME: usize = 200;
/// The longest media type, in bytes.
const MAX_MEDIA_TYPE: usize = 100;
/// As much is sent to the place at once: a smaller paper in one piece, a larger one in several.
const PART: usize = 5 * 1024 * 1024;
/// Parts under way at the same time; what comes faster waits.
const PARTS: usize = 2;
/// By so many bytes the type of a file is known.
const HEAD: usize = 512;

/// What is to be attached, and to what.
pub(crate) struct Wanted {
    pub(crate) named: Named,
    request_id: RequestId,
    kind: AttachmentKind,
    file_name: String,
    media_type: String,
    bytes: Option<u64>,
}

impl Wanted {
    /// Reads what the first message says.
    pub(crate) fn read(app: &App, call: &Call, given: &proto::NewAttachment) -> Result<Self, Failure> {
        let named = match names::named(&given.parent, &call.actor) {
            Ok(named) if named.task.is_none() => named,
            Ok(_) | Err(Failure::Fields(_)) => {
                let form = "write it as tenants/{tenant}/invoices/{id} or tenants/{tenant}/purchaseOrders/{id}";
                return Err(Failure::field("parent", form));
            }
            Err(other) => return Err(other),
        };
        let mut reader = Reader::default();
        let request_id: Option<RequestId> = reader.required("request_id", &given.request_id);
        let kind = match given.kind() {
            proto::AttachmentKind::Unspecified => {
                reader.say("kind", "it is missing; say what is attached");
                None
            }
            given => AttachmentKind::ALL.into_iter().find(|kind| super::kind(*kind) == given),
        };
        let file_name = given.file_name.trim();
        reader.limited("file_name", file_name, MAX_FILE_NAME);
        let is_plain = |c: char| !c.is_control() && !matches!(c, '/' | '\\');
        if file_name.is_empty() || matches!(file_name, "." | "..") || !file_name.chars().all(is_plain) {
            reader.say("file_name", "it is no name of a file: give one without folders, such as mushak-6.3.pdf");
        }
        let media_type = given.media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let taken = &app.attachments.media_types;
        if !taken.contains(&media_type) {
            let shown: String = media_type.chars().take(MAX_MEDIA_TYPE).collect();
            reader.say("media_type", format!("{shown:?} is not taken; these are: {}", taken.join(", ")));
        }
        let bytes = u64::try_from(given.size_bytes).ok();
        if bytes.is_none() {
            reader.say("size_bytes", "it is below zero; give how many bytes come, or leave it out");
        }
        let (request_id, kind) = reader.done(request_id.zip(kind))?;
        let bytes = bytes.filter(|bytes| *bytes > 0);
        Ok(Self { named, request_id, kind, file_name: file_name.to_owned(), media_type, bytes })
    }

    /// Takes the bytes in and attaches them.
    pub(crate) async fn carry(
        &self,
        app: &App,
        call: &Call,
        chunks: impl Stream<Item = Result<Bytes, Failure>>,
    ) -> Result<Attachment, Failure> {
        let place = app.attachments.place()?;
        let _turn = app.attachments.turn()?;
        let tenant = &call.actor.tenant;
        let mut tx = app.ledger.read(tenant).await?;
        read::member(&mut tx, &call.actor).await?;
        let key = read::document(&mut tx, &call.actor, self.named.kind, &self.named.document).await?.key;
        // Whoever may not is told before their bytes are taken. A request that came through before is answered whatever has become of the
        // document since.
        if attachments::of_request(&mut tx, tenant, &self.request_id).await?.is_none() {
            attachments::may_attach(&mut tx, &call.actor, &key).await??;
        }
        tx.rollback().await?;
        let path = place.folder(tenant.as_str()).join(key.document.as_str()).join(Uuid::now_v7().to_string());
        let kept = self.keep(app, &path, chunks).await?;
        let attached = self.attach(app, call, &key, (path.as_ref(), &kept)).await;
        match &attached {
            Ok(attachment) if attachment.place == path.as_ref() => {}
            // It was refused, or was there before: these bytes are nobody's.
            Ok(_) | Err(Failure::Refused(_) | Failure::Foreign(_) | Failure::Fields(_)) => {
                if let Err(error) = place.store().delete(&path).await {
                    tracing::warn!(%error, %path, "bytes that are not attached to anything stay in their place");
                }
            }
            // Nobody knows whether they count.
            Err(failure) => {
                tracing::warn!(?failure, %path, "bytes stay in their place, and may be attached to nothing");
            }
        }
        attached
    }

    async fn attach(
        &self,
        app: &App,
        call: &Call,
        key: &DocumentKey,
        (path, kept): (&str, &Kept),
    ) -> Result<Attachment, Failure> {
        let new = NewAttachment {
            kind: self.kind,
            file_name: &self.file_name,
            media_type: &self.media_type,
            bytes: i64::try_from(kept.bytes).unwrap_or(i64::MAX),
            sha256: &kept.sha256,
            place: path,
        };
        retry::keyed(async || {
            let mut tx = app.ledger.begin(&call.actor.tenant).await?;
            let attachment = attachments::add(&mut tx, &call.actor, &self.request_id, key, &new).await??;
            tx.commit().await?;
            Ok::<_, Failure>(attachment)
        })
        .await
    }

    /// Brings the bytes to their place. Where they cannot be taken, nothing stays there.
    async fn keep(
        &self,
        app: &App,
        path: &Path,
        chunks: impl Stream<Item = Result<Bytes, Failure>>,
    ) -> Result<Kept, Failure> {
        let failed =
            |error: object_store::Error| Failure::Internal(format!("the place for attachments failed: {error}"));
        let store = Arc::clone(app.attachments.place()?.store());
        let mut writer = BufWriter::with_capacity(store, path.clone(), PART).with_max_concurrency(PARTS);
        let mut kept = Kept::default();
        let taken = async {
            let (mut hasher, mut head) = (Sha256::new(), Vec::with_capacity(HEAD));
            let mut chunks = std::pin::pin!(chunks);
            while let Some(chunk) = chunks.next().await {
                let chunk = chunk?;
                kept.bytes += chunk.len() as u64;
                if kept.bytes > app.attachments.max_bytes {
                    let message =
                        format!("the attachment has more than {} bytes; that is the most", app.attachments.max_bytes);
                    return Err(Refusal::new(RefusalCode::LimitExceeded, message).into());
                }
                let missing = HEAD.saturating_sub(head.len());
                head.extend_from_slice(chunk.get(..missing.min(chunk.len())).unwrap_or_default());
                if head.len() == HEAD && missing > 0 {
                    self.check_type(&head)?;
                }
                hasher.update(&chunk);
                writer.put(chunk).await.map_err(failed)?;
            }
            if kept.bytes == 0 {
                return Err(Failure::field("chunk", "there are no bytes"));
            }
            if self.bytes.is_some_and(|told| told != kept.bytes) {
                let message = format!("{} bytes came; send the paper again, whole", kept.bytes);
                return Err(Failure::field("size_bytes", message));
            }
            if head.len() < HEAD {
                self.check_type(&head)?;
            }
            kept.sha256 = hex::encode(hasher.finalize());
            Ok(())
        };
        let taken: Result<(), Failure> = taken.await;
        match taken {
            Ok(()) => {
                writer
                    .shutdown()
                    .await
                    .map_err(|e| Failure::Internal(format!("the place for attachments failed: {e}")))?;
                Ok(kept)
            }
            Err(failure) => {
                if let Err(error) = writer.abort().await {
                    tracing::warn!(%error, %path, "an upload that ended early may have left bytes in its place");
                }
                Err(failure)
            }
        }
    }

    /// That the bytes begin as a file of the named type does.
    fn check_type(&self, head: &[u8]) -> Result<(), Failure> {
        let found = infer::get(head).map(|kind| kind.mime_type());
        if found == Some(self.media_type.as_str()) {
            return Ok(());
        }
        let found = found.unwrap_or("something that is not known");
        Err(Failure::field("media_type", format!("{} is named, and the bytes are {found}", self.media_type)))
    }
}

#[derive(Debug, Default)]
struct Kept {
    bytes: u64,
    sha256: String,
}
