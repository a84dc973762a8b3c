//! What the server prints.

use std::{
    fs::{File, OpenOptions},
    io,
    os::unix::fs::FileExt as _,
    path::Path,
};

/// The most of it that an error carries.
const TAIL: u64 = 8 * 1024;

/// How far from its beginning the announcement is looked for.
const HEAD: u64 = 256 * 1024;

/// A file that the server writes to and we read: named, to be kept; or without a name, gone when nobody uses it.
#[derive(Debug)]
pub(super) struct Log {
    file: File,
    /// Where this server's part begins, in a file that earlier ones have written to.
    start: u64,
}

impl Log {
    pub(super) fn open(path: Option<&Path>) -> io::Result<Self> {
        let file = match path {
            Some(path) => OpenOptions::new().create(true).append(true).read(true).open(path)?,
            None => tempfile::tempfile()?,
        };
        let start = file.metadata()?.len();
        Ok(Self { file, start })
    }

    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// The last of what this server printed; of a file that cannot be read, why.
    pub(super) fn tail(&self) -> String {
        let read = self.file.metadata().and_then(|now| self.read(now.len().saturating_sub(TAIL).max(self.start), TAIL));
        read.unwrap_or_else(|error| format!("(the log cannot be read: {error})"))
    }

    /// Whether the server says that it serves this port. It says so after it has bound it, so that what answers there
    /// is this server and no other.
    pub(super) fn announces(&self, port: u16) -> bool {
        let text = self.read(self.start, HEAD).unwrap_or_default();
        text.lines().any(|line| line.starts_with("Temporal Server:") && line.trim_end().ends_with(&format!(":{port}")))
    }

    /// About `most` bytes. A positioned read: the server shares the file's own position.
    fn read(&self, mut from: u64, most: u64) -> io::Result<String> {
        let mut text = Vec::new();
        let mut chunk = [0; 1024];
        let end = from + most;
        while from < end {
            let read = self.file.read_at(&mut chunk, from)?;
            if read == 0 {
                break;
            }
            text.extend_from_slice(&chunk[..read]);
            from += read as u64;
        }
        Ok(String::from_utf8_lossy(&text).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn the_tail_is_the_end_and_reading_moves_nothing() {
        let log = Log::open(None).unwrap();
        let mut writer = log.file().try_clone().unwrap();
        assert_eq!(log.tail(), "");
        for line in 0..2000 {
            writeln!(writer, "line {line}").unwrap();
        }
        assert!(log.tail().ends_with("line 1999\n"));
        assert!(log.tail().len() <= 8 * 1024);
        writeln!(writer, "more").unwrap();
        assert!(log.tail().ends_with("line 1999\nmore\n"));
    }

    #[test]
    fn only_its_own_port_is_announced() {
        let log = Log::open(None).unwrap();
        let mut writer = log.file().try_clone().unwrap();
        writeln!(writer, "Error: can't set frontend port 7233: listen tcp 127.0.0.1:7233").unwrap();
        assert!(!log.announces(7233));
        writeln!(writer, "Temporal Server:      localhost:17233").unwrap();
        assert!(log.announces(17233) && !log.announces(7233));
    }
}
