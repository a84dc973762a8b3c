//! Files of documents, as commands read them.

use std::io::Read as _;
use std::path::Path;

use anyhow::Context as _;
use tonic::Status;
use vextrus_domain::invoice::FieldViolation;

/// The largest file that is read: as much as the facade takes, with room for white space.
const MAX_FILE: u64 = 1024 * 1024;

/// Reads the text of a document's file; `-` is stdin.
pub(crate) fn read(path: &Path, what: &str) -> anyhow::Result<String> {
    read_up_to(path, what, MAX_FILE)
}

/// Reads a file of at most this many bytes; `-` is stdin.
pub(crate) fn read_up_to(path: &Path, what: &str, most: u64) -> anyhow::Result<String> {
    let mut text = String::new();
    if path == Path::new("-") {
        std::io::stdin().take(most + 1).read_to_string(&mut text).context("stdin cannot be read")?;
    } else {
        let file = std::fs::File::open(path).with_context(|| format!("{} cannot be opened", path.display()))?;
        file.take(most + 1).read_to_string(&mut text).with_context(|| format!("{} cannot be read", path.display()))?;
    }
    if text.len() as u64 > most {
        return Err(Status::out_of_range(format!("LIMIT_EXCEEDED: the {what} is larger than {most} bytes")).into());
    }
    Ok(text)
}

/// Refuses a document with everything that is wrong with it.
pub(crate) fn sound(violations: Vec<FieldViolation>) -> anyhow::Result<()> {
    let wrong: Vec<String> = violations.into_iter().map(|v| v.refusal.to_string()).collect();
    if wrong.is_empty() { Ok(()) } else { Err(Status::invalid_argument(wrong.join("\n       ")).into()) }
}
