//! One real PostgreSQL for each test process, and a fresh database in it for each test.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use sqlx::Connection as _;
use sqlx::postgres::PgConnection;
use tokio::sync::OnceCell;

use crate::raw::Raw;

/// How long the server may take to answer, on a machine that is busy compiling.
const UP_WITHIN: Duration = Duration::from_secs(60);
const ASK_EVERY: Duration = Duration::from_millis(20);

/// A running server.
#[derive(Debug)]
pub struct Server {
    folder: PathBuf,
    // Its stdin is the pipe that keeps the server alive. A static is never dropped, so this is left to the kernel.
    _watchdog: Child,
}

static SERVER: OnceCell<Server> = OnceCell::const_new();

/// The server of this process, started when it is first asked for.
pub async fn server() -> &'static Server {
    SERVER.get_or_init(Server::start).await
}

/// Who owns the databases of the tests: a role like that of a production, which is held to row security. A superuser is not.
pub const OWNER: &str = "vextrus";

/// The address of a new, empty database, for its owner.
pub async fn fresh_database() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(1);
    let server = server().await;
    let name = format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    server.create(&name).await;
    server.owners(&name)
}

impl Server {
    /// Where its data, its log and its socket are.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The address of one of its databases, for its superuser.
    #[must_use]
    pub fn address(&self, database: &str) -> String {
        format!("postgres://postgres@localhost:5432/{database}?sslmode=disable&host={}", self.folder.display())
    }

    async fn start() -> Self {
        let durable = std::env::var("VEXTRUS_TEST_POSTGRES_FSYNC").unwrap_or_else(|_| "off".to_owned());
        Self::started(&durable, None).await.with_owner().await
    }

    /// A server of the caller's own, which keeps what it has committed when it is killed. It ends when this is dropped.
    ///
    /// # Panics
    /// When it does not come up.
    pub async fn durable() -> Self {
        Self::started("on", None).await.with_owner().await
    }

    /// A streaming replica of this server, of the caller's own. It ends when it is dropped.
    ///
    /// # Panics
    /// When it does not come up.
    pub async fn replica(&self) -> Self {
        Self::started("off", Some(self)).await
    }

    async fn started(durable: &str, primary: Option<&Self>) -> Self {
        let programs = programs();
        let folder = tempfile::Builder::new().prefix("vextrus-postgres-").tempdir().unwrap().keep();
        let mut command = Command::new("/bin/sh");
        command.args(["-c", include_str!("watchdog.sh"), "watchdog.sh"]).arg(&programs).arg(&folder);
        command.arg(durable).args(primary.map(|p| &p.folder));
        command.env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C").env("HOME", &folder);
        command.current_dir("/").stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        // A Ctrl-C or a kill of the test's process group must not take the one that cleans up.
        command.process_group(0);
        if let Some((user, group)) = someone_else(&folder) {
            chown(&folder, Some(user), Some(group)).unwrap();
            command.uid(user).gid(group);
        }
        let server = Self { _watchdog: command.spawn().unwrap(), folder };
        server.wait_until_it_answers().await;
        server
    }

    async fn with_owner(self) -> Self {
        let mut admin = Raw::open(&self.address("postgres")).await;
        admin.exec(&format!("CREATE ROLE {OWNER} LOGIN")).await.unwrap();
        self
    }

    /// Makes an empty database, for its owner.
    ///
    /// # Panics
    /// When there is one of this name.
    pub async fn create(&self, name: &str) {
        let mut admin = Raw::open(&self.address("postgres")).await;
        admin.exec(&format!("CREATE DATABASE {name} OWNER {OWNER} TEMPLATE template0")).await.unwrap();
    }

    /// The address of one of its databases, for its owner.
    #[must_use]
    pub fn owners(&self, database: &str) -> String {
        self.address(database).replacen("postgres@", &format!("{OWNER}@"), 1)
    }

    /// The address of one of its databases over a wire that begins at this port, for its owner.
    #[must_use]
    pub fn address_by(port: u16, database: &str) -> String {
        format!("postgres://{OWNER}@127.0.0.1:{port}/{database}?sslmode=disable")
    }

    /// The socket that it listens on.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.folder.join(".s.PGSQL.5432")
    }

    /// Kills it as `kill -9` does, with all that it is doing. It comes up again by itself; connecting may take a moment.
    ///
    /// # Panics
    /// When it was not running.
    pub fn crash(&self) {
        fs::write(self.folder.join("crashed"), "").unwrap();
        let process = fs::read_to_string(self.folder.join("server")).unwrap();
        let killed = Command::new("/bin/sh").args(["-c", "kill -KILL \"$1\"", "sh", process.trim()]).status().unwrap();
        assert!(killed.success(), "PostgreSQL was not running");
    }

    /// Waits until it answers.
    ///
    /// # Panics
    /// When it does not come up.
    pub async fn wait_until_it_answers(&self) {
        let deadline = Instant::now() + UP_WITHIN;
        loop {
            let error = match PgConnection::connect(&self.address("postgres")).await {
                Ok(_) => return,
                Err(error) => error,
            };
            if self.folder.join("failed").exists() || Instant::now() > deadline {
                let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
                panic!("PostgreSQL did not come up in {}: {error}\n{log}", self.folder.display());
            }
            tokio::time::sleep(ASK_EVERY).await;
        }
    }
}

/// The folder with `initdb` and `postgres`.
fn programs() -> PathBuf {
    if let Some(named) = std::env::var_os("VEXTRUS_TEST_POSTGRES_BIN") {
        return named.into();
    }
    let fetch = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tools/fetch.py");
    let found = Command::new("python3").arg(fetch).arg("postgres").stderr(Stdio::inherit()).output().unwrap();
    assert!(found.status.success(), "set VEXTRUS_TEST_POSTGRES_BIN to the folder that holds initdb and postgres");
    String::from_utf8(found.stdout).unwrap().trim().into()
}

/// PostgreSQL refuses to run as root: the user and group to run it as instead, where `ours`, a folder that we have made,
/// belongs to root.
fn someone_else(ours: &Path) -> Option<(u32, u32)> {
    if fs::metadata(ours).unwrap().uid() != 0 {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").unwrap();
    let ids = ["postgres", "nobody"].into_iter().find_map(|name| {
        let line: Vec<&str> = users.lines().map(|l| l.split(':').collect()).find(|l: &Vec<&str>| l[0] == name)?;
        Some((line.get(2)?.parse().ok()?, line.get(3)?.parse().ok()?))
    });
    Some(ids.expect("PostgreSQL does not run as root, and there is neither a user postgres nor nobody"))
}
