//! `vextrus cutover …`: documents that are open in a service that this one replaces.
//!
//! Nobody's decision is written for them: whoever asked for a document submits it, and whoever had approved it confirms that, each with
//! their own token.

mod confirm;
mod open;
mod submit;

use std::path::PathBuf;
use std::time::Duration;

use clap::Subcommand;
use serde_json::{Value, json};
use tonic::{Code, Status};

use open::OpenDocument;

use crate::exit::Refused;
use crate::options::{Format, Global};
use crate::output;
use crate::tax::table;

/// A command about documents of a replaced service.
#[derive(Debug, Subcommand)]
pub(crate) enum CutoverCommand {
    /// Submits those documents of a file that are yours, and tells of each. May be run again: what was submitted stays as it is.
    ///
    /// Example: vextrus --as nasrin cutover submit open.jsonl -o jsonl > submitted.jsonl
    Submit {
        /// The open documents, one JSON object a line, as docs/cutover.md shows them; - reads stdin.
        file: PathBuf,
        /// Only says what would become of each: who would be asked, or why it would be refused.
        #[arg(long)]
        dry_run: bool,
    },
    /// Approves, of what was submitted, the tasks that wait for you and that you had approved before. May be run again.
    ///
    /// Example: vextrus --as rahim cutover confirm open.jsonl --submitted submitted.jsonl
    Confirm {
        /// The open documents as the replaced service wrote them: what you had approved is read here, and nowhere else.
        file: PathBuf,
        /// What `cutover submit -o jsonl` has answered; the names of the documents are taken from it.
        #[arg(long)]
        submitted: PathBuf,
        /// Only says which tasks would be approved, and of what amount.
        #[arg(long)]
        dry_run: bool,
    },
}

pub(crate) async fn run(global: &Global, command: CutoverCommand) -> anyhow::Result<()> {
    match command {
        CutoverCommand::Submit { file, dry_run } => submit::run(global, &file, dry_run).await,
        CutoverCommand::Confirm { file, submitted, dry_run } => confirm::run(global, &file, &submitted, dry_run).await,
    }
}

/// What became of one document of the file.
struct Told {
    document: OpenDocument,
    became: Became,
    /// More to say, such as why it is refused.
    note: String,
}

impl Told {
    fn of(document: OpenDocument, (became, note): (Became, String)) -> Self {
        Self { document, became, note }
    }

    /// As a line that a later command reads.
    fn line(&self) -> anyhow::Result<Value> {
        let mut line = serde_json::to_value(&self.document)?;
        if let Some(fields) = line.as_object_mut() {
            // The name stands in it also where there is none yet.
            let more = [("became", self.became.word()), ("document", &self.document.document), ("note", &self.note)];
            fields.extend(more.map(|(name, value)| (name.to_owned(), json!(value))));
        }
        Ok(line)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Became {
    /// It is here, and was not before.
    Submitted,
    /// It was here already.
    Repeated,
    /// The caller's task is approved.
    Approved,
    /// It would be: this is a dry run.
    Possible,
    /// It is not the caller's to do, or not now.
    Left,
    /// It was refused.
    Refused,
}

impl Became {
    const fn word(self) -> &'static str {
        match self {
            Self::Submitted => "submitted",
            Self::Repeated => "submitted before",
            Self::Approved => "approved",
            Self::Possible => "possible",
            Self::Left => "left",
            Self::Refused => "refused",
        }
    }
}

/// Writes the report. What was refused makes the command fail, once everything is told.
fn report(format: Format, told: &[Told]) -> anyhow::Result<()> {
    let cells = |Told { document, became, note }: &Told| {
        [document.reference.clone(), became.word().to_owned(), document.document.clone(), note.clone()]
    };
    let rows: Vec<[String; 4]> = told.iter().map(cells).collect();
    let lines = told.iter().map(Told::line).collect::<anyhow::Result<_>>()?;
    output::list(format, || table(["reference", "became", "document", ""], &rows), lines)?;
    match told.iter().filter(|t| t.became == Became::Refused).count() {
        0 => Ok(()),
        refused => Err(Refused(format!("{refused} of {} documents are refused", told.len())).into()),
    }
}

/// The refusal, where the facade said no; an error, where it could not answer: the next document would meet the same.
fn refusal(status: Status) -> Result<String, Status> {
    match status.code() {
        Code::InvalidArgument
        | Code::FailedPrecondition
        | Code::PermissionDenied
        | Code::NotFound
        | Code::AlreadyExists => Ok(status.message().to_owned()),
        _ => Err(status),
    }
}

/// How often a call is made again that came too soon after many others.
const TRIES: u32 = 60;

/// Makes a call, and again a second later for as long as the facade says that this caller asks too much.
async fn patiently<T>(mut call: impl AsyncFnMut() -> Result<T, Status>) -> Result<T, Status> {
    let mut tries = 1;
    loop {
        match call().await {
            Err(status) if status.code() == Code::ResourceExhausted && tries < TRIES => {
                tries += 1;
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            answer => return answer,
        }
    }
}

/// Tells of what was done, and then of what stopped it.
fn end(format: Format, told: &[Told], done: anyhow::Result<()>) -> anyhow::Result<()> {
    let reported = report(format, told);
    if done.is_ok() {
        return reported;
    }
    eprintln!("it stopped after {} documents; run it again, what was done stays done", told.len());
    done
}
