//! The turn to write. SQLite has one writer at a time and lets the others look again and again, ever more seldom, so that whoever
//! waits while another process is busy may wait ten times as long as it writes. Here they stand in line: in this process for a permit,
//! between processes for two locked files beside the database, which the kernel hands on the moment they are free.

use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

/// The line of those who want to write one file.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    here: Arc<Semaphore>,
    files: Option<Files>,
    within: Duration,
}

/// Whoever holds `next` waits for `turn` and is the next to get it: without it a busy process would take its own turn again before
/// another one has woken up.
#[derive(Debug, Clone)]
struct Files {
    next: Arc<File>,
    turn: Arc<File>,
}

/// The turn, until it is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    file: Option<Arc<File>>,
    _permit: OwnedSemaphorePermit,
}

impl Line {
    /// The line for this database file. One that only this process has, in memory, needs no files.
    pub(super) fn of(database: &Path, within: Duration) -> io::Result<Self> {
        let open = |suffix: &str| {
            let mut name = OsString::from(database);
            name.push(suffix);
            OpenOptions::new().create(true).truncate(false).write(true).open(name).map(Arc::new)
        };
        let files = if database.exists() { Some(Files { next: open("-next")?, turn: open("-turn")? }) } else { None };
        Ok(Self { here: Arc::new(Semaphore::new(1)), files, within })
    }

    /// Waits for the turn.
    pub(super) async fn turn(&self) -> Result<Turn, sqlx::Error> {
        tokio::time::timeout(self.within, self.stand()).await.map_err(|_| sqlx::Error::PoolTimedOut)?
    }

    async fn stand(&self) -> Result<Turn, sqlx::Error> {
        let permit = Arc::clone(&self.here).acquire_owned().await.map_err(|_| sqlx::Error::PoolClosed)?;
        let Some(files) = self.files.clone() else { return Ok(Turn { file: None, _permit: permit }) };
        if files.is_free()? {
            return Ok(Turn { file: Some(files.turn), _permit: permit });
        }
        // A thread of its own: one of the runtime's would keep a process from ending while another process writes.
        let (tell, told) = oneshot::channel();
        thread::Builder::new().name("ledger-turn".to_owned()).spawn(move || {
            let turn = files.wait().map(|()| Turn { file: Some(files.turn), _permit: permit });
            // Where nobody waits for it any more, the turn is over with this.
            drop(tell.send(turn));
        })?;
        told.await.map_err(|_| sqlx::Error::WorkerCrashed)?.map_err(sqlx::Error::Io)
    }
}

impl Files {
    /// Takes the turn, where nobody has it or waits for it.
    fn is_free(&self) -> io::Result<bool> {
        if !taken(&self.next)? {
            return Ok(false);
        }
        let turn = taken(&self.turn);
        self.next.unlock()?;
        turn
    }

    fn wait(&self) -> io::Result<()> {
        self.next.lock()?;
        let turn = self.turn.lock();
        self.next.unlock()?;
        turn
    }
}

fn taken(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(file) = &self.file
            && let Err(error) = file.unlock()
        {
            tracing::error!(%error, "other processes cannot write to the ledger until this one ends");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WITHIN: Duration = Duration::from_secs(60);

    /// Two lines are two open files each, as those of two processes are.
    fn two(within: Duration) -> (tempfile::TempDir, Line, Line) {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("ledger.db");
        File::create(&database).unwrap();
        let (one, other) = (Line::of(&database, within).unwrap(), Line::of(&database, within).unwrap());
        (folder, one, other)
    }

    #[tokio::test]
    async fn one_writes_at_a_time() {
        let (_folder, one, other) = two(WITHIN);
        let turn = one.turn().await.unwrap();
        assert!(!other.files.as_ref().unwrap().is_free().unwrap());
        let waiting = tokio::spawn(async move { other.turn().await.map(drop) });
        drop(turn);
        waiting.await.unwrap().unwrap();
        drop(one.turn().await.unwrap());
    }

    #[tokio::test]
    async fn whoever_waits_is_next() {
        let (_folder, one, other) = two(WITHIN);
        let turn = one.turn().await.unwrap();
        let waiting = tokio::spawn(async move { other.turn().await });
        // The other one stands in line once `next` is taken.
        while taken(&one.files.as_ref().unwrap().next).unwrap() {
            one.files.as_ref().unwrap().next.unlock().unwrap();
            tokio::task::yield_now().await;
        }
        drop(turn);
        // It has its turn before this one has another.
        let again = one.turn();
        tokio::pin!(again);
        assert!(futures::poll!(again.as_mut()).is_pending());
        drop(waiting.await.unwrap().unwrap());
        drop(again.await.unwrap());
    }

    #[tokio::test]
    async fn nobody_waits_for_ever_and_a_turn_that_nobody_took_is_over() {
        let (_folder, one, other) = two(Duration::from_millis(50));
        let turn = one.turn().await.unwrap();
        assert!(matches!(other.turn().await, Err(sqlx::Error::PoolTimedOut)));
        drop(turn);
        let other = Line { within: WITHIN, ..other };
        drop(other.turn().await.unwrap());
        drop(Line { within: WITHIN, ..one }.turn().await.unwrap());
    }
}
