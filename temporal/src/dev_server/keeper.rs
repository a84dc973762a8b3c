//! The server's process, under a shell that ends it when we end, in whichever way we do: also by a panic or a
//! `SIGKILL`, which no destructor sees. (The kernel's own way, `PR_SET_PDEATHSIG`, fires when the *thread* ends that
//! started the process, and needs unsafe code or `setpriv`.)

use std::{
    ffi::OsString,
    fs::File,
    io,
    os::unix::process::CommandExt as _,
    path::Path,
    process::{Child, ChildStdin, Command, ExitStatus, Stdio},
    thread,
    time::Duration,
};

use crate::deadline::Deadline;

const SCRIPT: &str = include_str!("keeper.sh");

/// The shell as a child, and the pipe that keeps the server alive. No tokio type: a server may outlive the runtime
/// that started it, as where the tests of one binary share it.
#[derive(Debug)]
pub(super) struct Keeper {
    child: Option<Child>,
    lifeline: Option<ChildStdin>,
    grace: Duration,
}

impl Keeper {
    /// Starts the program. When it is let go it has `grace` to stop by itself; none, and it is killed at once.
    pub(super) fn start(program: &Path, args: &[OsString], log: &File, grace: Duration) -> io::Result<Self> {
        let mut command = Command::new("/bin/sh");
        command.arg("-c").arg(SCRIPT).arg("keeper").arg(program).args(args);
        command.env("GRACE", (grace.as_millis() / 100).to_string());
        command.stdin(Stdio::piped()).stdout(log.try_clone()?).stderr(log.try_clone()?);
        // Ctrl-C in a terminal goes to us, and we end the server after what uses it.
        command.process_group(0);
        let mut child = command.spawn()?;
        let lifeline = child.stdin.take();
        Ok(Self { child: Some(child), lifeline, grace })
    }

    /// How the server ended, if it has.
    pub(super) fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        self.child.as_mut().map_or(Ok(None), Child::try_wait)
    }

    /// Ends the server, and waits until it has ended.
    pub(super) async fn stop(mut self) -> io::Result<()> {
        drop(self.lifeline.take());
        let mut deadline = Deadline::after(self.grace + Duration::from_secs(10));
        while self.ended()?.is_none() {
            if !deadline.pause().await {
                return Err(io::Error::new(io::ErrorKind::TimedOut, "the server's process does not end"));
            }
        }
        self.child = None;
        Ok(())
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.lifeline.take());
        if let Some(mut child) = self.child.take() {
            // Reaps the shell; nobody waits for this thread.
            thread::spawn(move || child.wait());
        }
    }
}
