//! A process that a test starts and kills, from both sides.

use std::io::Read as _;
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context as _;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::process::{Child, ChildStdin, Command};

/// After this, what waits for a dead worker goes to another.
pub const STICKY: Duration = Duration::from_secs(1);

/// The running process. It is killed when this is dropped; and when the test's process dies, the end of the pipe ends it.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) child: Child,
    _pipe: Option<ChildStdin>,
}

impl Process {
    /// Starts a program and tells it this, as JSON in its one argument.
    pub(crate) fn start(program: &str, told: &impl Serialize, stdout: Stdio) -> anyhow::Result<Self> {
        let mut command = Command::new(program);
        command.arg(serde_json::to_string(told)?).stdin(Stdio::piped()).stdout(stdout).kill_on_drop(true);
        let mut child = command.spawn().with_context(|| format!("{program} cannot be started"))?;
        let pipe = child.stdin.take();
        Ok(Self { child, _pipe: pipe })
    }
}

/// What the test tells this process, which from now on dies with the test.
///
/// # Errors
/// An argument that is missing or tells something else.
pub fn told<T: DeserializeOwned>() -> anyhow::Result<T> {
    std::thread::spawn(die_with_the_test);
    let told = std::env::args().nth(1).context("what to be is needed as the one argument, as JSON")?;
    Ok(serde_json::from_str(&told)?)
}

/// Nobody writes to the pipe: its end means that the test is gone.
fn die_with_the_test() {
    let mut nothing = [0_u8; 1];
    let ended = std::io::stdin().read(&mut nothing);
    eprintln!("{}: its test is gone ({ended:?})", std::env::args().next().unwrap_or_default());
    std::process::exit(3);
}
