//! UploadAttachment and DownloadAttachment.

use axum::body::Bytes;
use futures::{Stream, StreamExt as _};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};
use vextrus_proto::approval::v1 as proto;
use vextrus_proto::approval::v1::attachment_service_server::AttachmentService;
use vextrus_proto::approval::v1::download_attachment_response::Part as Given;
use vextrus_proto::approval::v1::upload_attachment_request::Part;

use super::upload::Wanted;
use super::{download, shown};
use crate::call::{Call, UPLOAD_LIMIT};
use crate::errors::Failure;
use crate::service::{App, Service};

const UPLOAD: &str = "UploadAttachment";
const DOWNLOAD: &str = "DownloadAttachment";
/// Messages that wait for the caller to read them.
const WAITING: usize = 4;

#[tonic::async_trait]
impl AttachmentService for Service {
    type DownloadAttachmentStream = ReceiverStream<Result<proto::DownloadAttachmentResponse, Status>>;

    async fn upload_attachment(
        &self,
        request: Request<Streaming<proto::UploadAttachmentRequest>>,
    ) -> Result<Response<proto::UploadAttachmentResponse>, Status> {
        let call = Call::of(self.app(), UPLOAD, &request).map_err(|failure| failure.into_status(UPLOAD))?;
        let call = call.within(UPLOAD_LIMIT);
        let work = upload(self.app(), &call, request.into_inner());
        call.answer(self.app(), work).await
    }

    async fn download_attachment(
        &self,
        request: Request<proto::DownloadAttachmentRequest>,
    ) -> Result<Response<Self::DownloadAttachmentStream>, Status> {
        let call = Call::of(self.app(), DOWNLOAD, &request).map_err(|failure| failure.into_status(DOWNLOAD))?;
        let work = give(self.app(), &call, request.into_inner());
        call.answer(self.app(), work).await
    }
}

async fn upload(
    app: &App,
    call: &Call,
    mut messages: Streaming<proto::UploadAttachmentRequest>,
) -> Result<proto::UploadAttachmentResponse, Failure> {
    let first = messages.message().await.map_err(broken)?.and_then(|message| message.part);
    let Some(Part::Attachment(given)) = first else {
        return Err(Failure::field("attachment", "the first message must say what is attached"));
    };
    let wanted = Wanted::read(app, call, &given)?;
    let attachment = wanted.carry(app, call, chunks(messages)).await?;
    let kind = wanted.named.kind;
    Ok(proto::UploadAttachmentResponse { attachment: Some(shown(kind, &call.actor.tenant, &attachment)) })
}

fn chunks(messages: Streaming<proto::UploadAttachmentRequest>) -> impl Stream<Item = Result<Bytes, Failure>> {
    messages.map(|message| match message.map_err(broken)?.part {
        Some(Part::Chunk(bytes)) => Ok(Bytes::from(bytes)),
        _ => Err(Failure::field("chunk", "every message after the first must bring bytes")),
    })
}

/// The caller's stream did not come to its end.
fn broken(status: Status) -> Failure {
    Failure::field("chunk", format!("the upload did not come to its end: {}", status.message()))
}

async fn give(
    app: &App,
    call: &Call,
    request: proto::DownloadAttachmentRequest,
) -> Result<ReceiverStream<Result<proto::DownloadAttachmentResponse, Status>>, Failure> {
    let (kind, attachment, bytes) = download::open(app, call, &request.name).await?;
    let first = Given::Attachment(shown(kind, &call.actor.tenant, &attachment));
    let (sender, receiver) = tokio::sync::mpsc::channel(WAITING);
    // The caller's place among those that are answered is kept until the bytes are theirs.
    let call = call.clone();
    tokio::spawn(async move {
        let message = |part| proto::DownloadAttachmentResponse { part: Some(part) };
        let mut bytes = std::pin::pin!(bytes);
        if sender.send(Ok(message(first))).await.is_err() {
            return;
        }
        while let Some(piece) = bytes.next().await {
            let next = piece
                .map(|piece| message(Given::Chunk(piece.to_vec())))
                .map_err(|_| Status::data_loss("the bytes are not those that were attached; tell the operators"));
            let is_last = next.is_err();
            if sender.send(next).await.is_err() || is_last {
                break;
            }
        }
        drop(call);
    });
    Ok(ReceiverStream::new(receiver))
}
