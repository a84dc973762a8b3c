//! Papers that are attached to documents.

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Status};
use vextrus_proto::approval::v1::download_attachment_response::Part as Given;
use vextrus_proto::approval::v1::upload_attachment_request::Part;
use vextrus_proto::approval::v1::{Attachment, DownloadAttachmentRequest, NewAttachment, UploadAttachmentRequest};

use super::{Client, incomplete};

/// The bytes of one message.
const CHUNK: usize = 64 * 1024;
/// Messages that wait to be sent.
const WAITING: usize = 4;

impl Client {
    /// Attaches what is read to a document.
    ///
    /// # Errors
    /// The facade's status; `ABORTED` when the paper cannot be read.
    pub async fn attach(
        &mut self,
        new: NewAttachment,
        mut paper: impl AsyncRead + Unpin + Send + 'static,
    ) -> Result<Attachment, Status> {
        let (sender, receiver) = tokio::sync::mpsc::channel(WAITING);
        let reading = tokio::spawn(async move {
            let message = |part| UploadAttachmentRequest { part: Some(part) };
            let mut part = message(Part::Attachment(new));
            // Whoever is refused reads no further.
            while sender.send(part).await.is_ok() {
                let mut bytes = vec![0; CHUNK];
                let read = paper.read(&mut bytes).await?;
                if read == 0 {
                    break;
                }
                bytes.truncate(read);
                part = message(Part::Chunk(bytes));
            }
            Ok::<_, std::io::Error>(())
        });
        let mut request = Request::new(ReceiverStream::new(receiver));
        request.metadata_mut().insert("authorization", self.bearer.clone());
        let response = self.papers.upload_attachment(request).await;
        match reading.await {
            Ok(Err(error)) => Err(Status::aborted(format!("the paper cannot be read: {error}"))),
            _ => response?.into_inner().attachment.ok_or_else(incomplete),
        }
    }

    /// Writes the bytes of an attachment; answers what it is.
    ///
    /// # Errors
    /// The facade's status; `ABORTED` when the bytes cannot be written.
    pub async fn attachment(&mut self, name: &str, to: &mut (impl AsyncWrite + Unpin)) -> Result<Attachment, Status> {
        let mut request = Request::new(DownloadAttachmentRequest { name: name.to_owned() });
        request.metadata_mut().insert("authorization", self.bearer.clone());
        let mut messages = self.papers.download_attachment(request).await?.into_inner();
        let unwritten = |error| Status::aborted(format!("the bytes cannot be written: {error}"));
        let mut attachment = None;
        while let Some(message) = messages.message().await? {
            match message.part {
                Some(Given::Attachment(given)) => attachment = Some(given),
                Some(Given::Chunk(bytes)) => to.write_all(&bytes).await.map_err(unwritten)?,
                None => {}
            }
        }
        to.flush().await.map_err(unwritten)?;
        attachment.ok_or_else(incomplete)
    }
}
