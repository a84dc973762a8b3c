//! Reading what a command is given, no more of it than it may have.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::Context as _;
use vextrus_domain::{Refusal, RefusalCode};

/// The largest bill or case: as much as the facade takes of a bill, with room for white space.
pub(super) const MAX_CASE: u64 = 1024 * 1024;
/// The largest schedule or calendar: ten thousand rows with their sources.
pub(crate) const MAX_RULES: u64 = 8 * 1024 * 1024;

/// Reads a file of at most this many bytes.
pub(crate) fn read(path: &Path, most: u64) -> anyhow::Result<String> {
    let name = path.display().to_string();
    let file = File::open(path).with_context(|| format!("{name} cannot be opened"))?;
    bounded(file, &name, most)
}

/// Reads a file, or stdin for `-`.
pub(super) fn read_or_stdin(path: &Path, most: u64) -> anyhow::Result<String> {
    if path == Path::new("-") { bounded(std::io::stdin(), "stdin", most) } else { read(path, most) }
}

fn bounded(from: impl Read, name: &str, most: u64) -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    from.take(most + 1).read_to_end(&mut bytes).with_context(|| format!("{name} cannot be read"))?;
    // Looked at before the text is: a cut in the middle of a letter is no fault of the file's.
    if bytes.len() as u64 > most {
        return Err(Refusal::new(RefusalCode::LimitExceeded, format!("{name} is larger than {most} bytes")).into());
    }
    String::from_utf8(bytes).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        let message = format!("{name} is not UTF-8 text: byte {at} begins no letter");
        Refusal::new(RefusalCode::InvalidField, message).into()
    })
}
