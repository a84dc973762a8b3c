//! `vextrus attachment …`: the papers behind documents.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Subcommand;
use vextrus_domain::DocumentType;
use vextrus_ledger::attachments::AttachmentKind;
use vextrus_proto::approval::v1::NewAttachment;

use crate::client::{Client, new_request_id, told_again};
use crate::exit::Usage;
use crate::options::Global;
use crate::{json, output};

/// A command about attachments.
#[derive(Debug, Subcommand)]
pub(crate) enum AttachmentCommand {
    /// Attaches a paper to a document that is open. Example: vextrus --as nasrin attachment add ID mushak.pdf --kind mushak_6_3
    Add {
        /// The document's id or name.
        document: String,
        /// The file: PDF, JPEG, PNG or TIFF, unless the facade takes others.
        file: PathBuf,
        /// What it is: mushak_6_3, bill, order, contract, receipt or other.
        #[arg(long, default_value = "other")]
        kind: AttachmentKind,
        /// What the document is, where its id alone is given: invoice or purchase_order.
        #[arg(long, default_value = "invoice")]
        document_type: DocumentType,
        /// The id of this request; the same id gives the same answer. A new one without it.
        #[arg(long)]
        request_id: Option<String>,
    },
    /// Writes an attachment to a file that is not there yet. Documents show the names of theirs.
    Get {
        /// The attachment's name, such as tenants/acme-bd/invoices/ID/attachments/ID.
        name: String,
        /// The file.
        file: PathBuf,
    },
}

pub(crate) async fn run(global: &Global, command: AttachmentCommand) -> anyhow::Result<()> {
    match command {
        AttachmentCommand::Add { document, file, kind, document_type, request_id } => {
            let media_type = media_type(&file)?;
            let paper =
                tokio::fs::File::open(&file).await.with_context(|| format!("{} cannot be opened", file.display()))?;
            let size = paper.metadata().await.with_context(|| format!("{} cannot be read", file.display()))?.len();
            let size_bytes = i64::try_from(size)?;
            let file_name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
            let id = request_id.unwrap_or_else(new_request_id);
            let mut client = Client::from_options(global).await?;
            let parent = client.name(document_type, &document);
            let mut new = NewAttachment { parent, request_id: id.clone(), kind: 0, file_name, media_type, size_bytes };
            new.set_kind(vextrus_facade::attachment_kind(kind));
            let attached = told_again(client.attach(new, paper).await, &id)?;
            let said = || format!("{} ({} bytes, SHA-256 {})", attached.name, attached.size_bytes, attached.sha256);
            output::answer(global.output, said, &json::attachment(&attached))
        }
        AttachmentCommand::Get { name, file } => {
            let mut client = Client::from_options(global).await?;
            let mut options = tokio::fs::OpenOptions::new();
            let opened = options.write(true).create_new(true).open(&file).await;
            let mut to = opened.with_context(|| format!("{} cannot be made", file.display()))?;
            match client.attachment(&name, &mut to).await {
                Ok(attachment) => {
                    let said = || format!("{} holds {}", file.display(), attachment.file_name);
                    output::answer(global.output, said, &json::attachment(&attachment))
                }
                Err(status) => {
                    // Half a paper is none.
                    drop(to);
                    tokio::fs::remove_file(&file).await?;
                    Err(status.into())
                }
            }
        }
    }
}

/// The media type that a file's name tells of.
fn media_type(file: &Path) -> anyhow::Result<String> {
    let end = file.extension().and_then(|end| end.to_str()).unwrap_or_default().to_ascii_lowercase();
    let found = match end.as_str() {
        "pdf" => "application/pdf",
        "jpg" | "jpeg" => "image/jpeg",
        "png" => "image/png",
        "tif" | "tiff" => "image/tiff",
        _ => {
            let said = format!("{} ends in none of .pdf, .jpg, .jpeg, .png, .tif, .tiff", file.display());
            return Err(Usage(said).into());
        }
    };
    Ok(found.to_owned())
}
