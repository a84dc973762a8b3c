//! A program that a test runs: its output, its end, and no process of it afterwards.

use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How long a test waits for anything.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);

/// How a program ended.
#[derive(Debug)]
pub(crate) struct Ran {
    /// Its exit code; none where a signal ended it.
    pub(crate) code: Option<i32>,
    /// What it wrote to stdout.
    pub(crate) out: String,
    /// What it wrote to stderr.
    pub(crate) err: String,
}

impl Ran {
    /// Requires this exit code.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    /// Requires exit code 0, and answers stdout.
    #[track_caller]
    pub(crate) fn ok(self) -> String {
        self.exits(0).out
    }

    /// Requires this exit code with nothing on stdout and this in stderr.
    #[track_caller]
    pub(crate) fn fails(self, code: i32, saying: &str) {
        let ran = self.exits(code);
        assert!(ran.out.is_empty() && ran.err.contains(saying), "{saying:?} is expected: {ran:#?}");
    }

    /// Requires exit code 0, and answers stdout as JSON.
    #[track_caller]
    pub(crate) fn json(self) -> serde_json::Value {
        let out = self.ok();
        serde_json::from_str(&out).unwrap_or_else(|e| panic!("{e}: {out}"))
    }

    /// Requires exit code 0, and answers every line of stdout as JSON.
    #[track_caller]
    pub(crate) fn jsonl(self) -> Vec<serde_json::Value> {
        let out = self.ok();
        out.lines().map(|l| serde_json::from_str(l).unwrap_or_else(|e| panic!("{e}: {l}"))).collect()
    }
}

/// A running program. It is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Program {
    child: Child,
    // Files and not pipes: nobody needs to read along, and what was written can be read at any time.
    out: File,
    err: File,
}

impl Program {
    /// Starts a program, with this text as its stdin.
    pub(crate) fn start(mut command: Command, stdin: &str) -> Self {
        let (out, err) = (tempfile::tempfile().unwrap(), tempfile::tempfile().unwrap());
        command.stdin(Stdio::piped()).stdout(out.try_clone().unwrap()).stderr(err.try_clone().unwrap());
        let mut child = command.spawn().unwrap_or_else(|e| panic!("{command:?}: {e}"));
        if let Some(mut pipe) = child.stdin.take() {
            // A program may end without having read its stdin.
            drop(pipe.write_all(stdin.as_bytes()));
        }
        Self { child, out, err }
    }

    /// What it has written to stdout by now.
    pub(crate) fn out(&self) -> String {
        read(&self.out)
    }

    /// What it has written to stderr by now.
    pub(crate) fn err(&self) -> String {
        read(&self.err)
    }

    /// Whether it has ended.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Waits for its end.
    pub(crate) fn wait(mut self) -> Ran {
        until("the program ends", || self.has_ended().then_some(()));
        let code = self.child.wait().unwrap().code();
        Ran { code, out: self.out(), err: self.err() }
    }

    /// Asks it to stop, and waits for its end.
    pub(crate) fn terminate(self) -> Ran {
        self.signal("TERM");
        self.wait()
    }

    /// Asks it to read its configuration again.
    pub(crate) fn hang_up(&self) {
        self.signal("HUP");
    }

    fn signal(&self, name: &str) {
        // The standard library can only kill.
        let pid = self.child.id().to_string();
        let sent = Command::new("/bin/sh").args(["-c", "kill -\"$2\" \"$1\"", "sh", &pid, name]).status().unwrap();
        assert!(sent.success(), "{}", self.err());
    }

    /// Its children, theirs and so on, as `/proc` shows them; nothing where there is no `/proc`.
    pub(crate) fn descendants(&self) -> Vec<u32> {
        let parents = processes();
        let mut found = vec![self.child.id()];
        let mut next = 0;
        while let Some(&parent) = found.get(next) {
            found.extend(parents.iter().filter(|(_, p)| *p == parent).map(|(pid, _)| *pid));
            next += 1;
        }
        found.split_off(1)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // After its end, these fail.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn read(file: &File) -> String {
    let mut text = vec![0; usize::try_from(file.metadata().unwrap().len()).unwrap()];
    file.read_exact_at(&mut text, 0).unwrap();
    String::from_utf8(text).unwrap()
}

/// Every running process and its parent. What has ended and waits for its parent does not run.
fn processes() -> Vec<(u32, u32)> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    let process = |entry: std::fs::DirEntry| {
        let pid = entry.file_name().to_str()?.parse().ok()?;
        let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
        // `pid (name) state parent …`, and a name may hold anything.
        let (_, rest) = stat.rsplit_once(')')?;
        let mut fields = rest.split_whitespace();
        let runs = fields.next()? != "Z";
        runs.then_some((pid, fields.next()?.parse().ok()?))
    };
    entries.filter_map(|entry| process(entry.ok()?)).collect()
}

/// Waits until none of these processes runs.
#[track_caller]
pub(crate) fn until_gone(processes_of: &[u32]) {
    until("its processes are gone", || {
        let left = processes();
        (!left.iter().any(|(pid, _)| processes_of.contains(pid))).then_some(())
    });
}

/// Waits until something is there.
#[track_caller]
pub(crate) fn until<T>(what: &str, mut there: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = there() {
            return found;
        }
        assert!(Instant::now() < end, "it did not come about that {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// A program of ours that sees nothing of our own configuration.
pub(crate) fn program(path: &Path) -> Command {
    let mut command = Command::new(path);
    for (name, _) in std::env::vars_os() {
        let ours = |n: &str| n.starts_with("VEXTRUS_") || n.starts_with("TEMPORAL_") && n != "TEMPORAL_CLI";
        if name.to_str().is_some_and(ours) {
            command.env_remove(&name);
        }
    }
    command.current_dir(root());
    command
}

/// `vextrus` with these arguments.
pub(crate) fn vextrus(args: &[&str]) -> Command {
    let mut command = program(Path::new(env!("CARGO_BIN_EXE_vextrus")));
    command.args(args);
    command
}

/// Runs a program to its end, with nothing on its stdin.
#[track_caller]
pub(crate) fn run(command: Command) -> Ran {
    Program::start(command, "").wait()
}

/// Whether somebody listens at `host:port`.
pub(crate) fn listens(address: &str) -> bool {
    std::net::TcpStream::connect(address).is_ok()
}

/// A port that is free now. Another process can take it before it is used.
pub(crate) fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
