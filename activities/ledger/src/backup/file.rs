//! Backups as files. They hold personal data: nobody but their owner reads them, and no half-written one is taken for a whole.

use std::fs::{self, File, OpenOptions};
use std::io::{BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use uuid::Uuid;

use super::{Backup, BackupError, load, save as writing};
use crate::db::Ledger;

/// How much is written or read at once, in bytes.
const BUFFER: usize = 256 * 1024;

/// Writes the ledger to a new file, readable by its owner alone: first under another name, then synced, then renamed.
///
/// # Errors
/// [`BackupError::File`] where the file is there already or cannot be written; [`BackupError::Ledger`].
pub async fn save(ledger: &Ledger, path: &Path) -> Result<Backup, BackupError> {
    let wrong = |why: String| BackupError::File { path: path.to_owned(), why };
    if path.exists() {
        return Err(wrong("the file is there already; name another one".to_owned()));
    }
    let name = path.file_name().ok_or_else(|| wrong("it names no file".to_owned()))?.to_string_lossy();
    let partial = path.with_file_name(format!(".{name}.{}.partial", Uuid::new_v4()));
    let written = write(ledger, &partial, path).await;
    if written.is_err() {
        // The first error is the one to be told.
        drop(fs::remove_file(&partial));
    }
    written
}

async fn write(ledger: &Ledger, partial: &Path, path: &Path) -> Result<Backup, BackupError> {
    let wrong = |error: std::io::Error| BackupError::File { path: path.to_owned(), why: error.to_string() };
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut out = BufWriter::with_capacity(BUFFER, options.open(partial).map_err(wrong)?);
    let backup = writing::write(ledger, &mut out).await?;
    out.flush().map_err(wrong)?;
    out.get_ref().sync_all().map_err(wrong)?;
    // Unlike a rename, a link never takes another file's place.
    fs::hard_link(partial, path).or_else(|_| fs::rename(partial, path)).map_err(wrong)?;
    drop(fs::remove_file(partial));
    let folder =
        path.parent().filter(|folder| !folder.as_os_str().is_empty()).map_or_else(|| PathBuf::from("."), PathBuf::from);
    // The name is on the disk when its folder is.
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(wrong)?;
    Ok(backup)
}

/// Restores a file into an empty ledger, in one transaction: all of it, found sound, or nothing. `by` is written to every
/// company's trail. With `keep_faults`, what is wrong with the books is told and restored all the same.
///
/// # Errors
/// [`BackupError`]; nothing was written.
pub async fn restore(ledger: &Ledger, path: &Path, by: &str, keep_faults: bool) -> Result<Backup, BackupError> {
    let file = File::open(path).map_err(|e| BackupError::File { path: path.to_owned(), why: e.to_string() })?;
    load::read(ledger, &mut BufReader::with_capacity(BUFFER, file), by, keep_faults).await
}
