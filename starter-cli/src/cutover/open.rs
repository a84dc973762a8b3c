//! The file of open documents.

use std::collections::HashMap;
use std::path::Path;

use chrono::NaiveDate;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use vextrus_domain::canonical::sha256_hex;
use vextrus_domain::{Invoice, Order, PersonId};

use crate::client::Client;
use crate::exit::Refused;
use crate::files;

/// The largest file that is read: some thousand documents.
const MAX_FILE: u64 = 64 * 1024 * 1024;
/// The longest reference.
const MAX_REFERENCE: usize = 100;

/// A document that is open in the replaced service.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OpenDocument {
    /// Its id there, unique in the file. The same reference is the same document, however often it is submitted.
    pub(super) reference: String,
    /// Who asked for it.
    pub(super) submitter: PersonId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    invoice: Option<Box<Invoice>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    purchase_order: Option<Box<Order>>,
    /// Who has approved it so far, the first first.
    #[serde(default)]
    pub(super) approvals: Vec<EarlierApproval>,
    /// Its name here, once it is submitted.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) document: String,
    /// What an earlier command has told of it.
    #[serde(default, skip_serializing, rename = "became")]
    _became: IgnoredAny,
    #[serde(default, skip_serializing, rename = "note")]
    _note: IgnoredAny,
}

/// What was asked for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Content<'a> {
    Invoice(&'a Invoice),
    PurchaseOrder(&'a Order),
}

/// An approval that was given in the replaced service.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EarlierApproval {
    pub(super) person: PersonId,
    pub(super) on: NaiveDate,
    #[serde(default)]
    pub(super) comment: String,
}

impl OpenDocument {
    /// What was asked for.
    pub(super) fn content(&self) -> anyhow::Result<Content<'_>> {
        match (&self.invoice, &self.purchase_order) {
            (Some(invoice), None) => Ok(Content::Invoice(invoice)),
            (None, Some(order)) => Ok(Content::PurchaseOrder(order)),
            _ => anyhow::bail!("reference {:?}: give either invoice or purchase_order", self.reference),
        }
    }

    /// The id of a request about it: always the same, whatever characters its reference has.
    pub(super) fn request_id(&self, what: &str) -> String {
        let kind = if self.invoice.is_some() { "invoice" } else { "purchase_order" };
        let hash = sha256_hex(&format!("{kind}\n{}\n{what}", self.reference));
        format!("cutover-{}", hash.get(..40).unwrap_or(&hash))
    }

    /// What is wrong with it by itself.
    fn check(&self) -> anyhow::Result<()> {
        let length = self.reference.trim().len();
        anyhow::ensure!(
            (1..=MAX_REFERENCE).contains(&length),
            "reference has {length} bytes; give 1 to {MAX_REFERENCE}"
        );
        let wrong = match self.content()? {
            Content::Invoice(invoice) => invoice.violations(),
            Content::PurchaseOrder(order) => order.violations(),
        };
        let wrong: Vec<String> = wrong.into_iter().map(|v| v.refusal.to_string()).collect();
        anyhow::ensure!(wrong.is_empty(), "{}", wrong.join("; "));
        Ok(())
    }
}

/// Reads the documents. A line that is wrong by itself, or a reference that stands twice, spoils the whole file: every such line is told,
/// and nothing is done.
pub(super) fn read(path: &Path) -> anyhow::Result<Vec<OpenDocument>> {
    let text = files::read_up_to(path, "file of open documents", MAX_FILE)?;
    let (mut documents, mut lines_of, mut wrong) = (Vec::new(), HashMap::new(), Vec::new());
    for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        let read = serde_json::from_str::<OpenDocument>(line).map_err(anyhow::Error::from);
        match read.and_then(|document| document.check().map(|()| document)) {
            Err(why) => wrong.push(format!("line {number}: {why}")),
            Ok(document) => match lines_of.insert(document.reference.clone(), number) {
                Some(first) => {
                    wrong.push(format!(
                        "line {number}: reference {:?} stands in line {first} already",
                        document.reference
                    ));
                }
                None => documents.push(document),
            },
        }
    }
    if !wrong.is_empty() {
        return Err(Refused(format!("{}:\n  {}", path.display(), wrong.join("\n  "))).into());
    }
    anyhow::ensure!(!documents.is_empty(), "{} holds no documents", path.display());
    Ok(documents)
}

/// Who the caller's token says they are.
pub(super) async fn caller(client: &mut Client) -> anyhow::Result<PersonId> {
    let person = client.person("me").await?;
    Ok(person.name.rsplit('/').next().unwrap_or_default().parse()?)
}
