//! The server comes up, serves a database for each test, and goes when its test process goes.
#![cfg(test)]

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use vextrus_tests_support::ledgers::Database;
use vextrus_tests_support::{on_both, postgres};

on_both![each_test_has_a_database_of_its_own];

async fn each_test_has_a_database_of_its_own(database: &Database) {
    let mut raw = database.raw().await;
    assert_eq!(raw.rows().await, [].into());
    raw.exec("CREATE TABLE mine (x BIGINT)").await.unwrap();
    assert_eq!(raw.rows().await, [("mine".to_owned(), 0)].into());
    let other = Database::create(database.engine).await;
    assert_eq!(other.raw().await.rows().await, [].into());
}

/// Names the part of the test below that runs in a process of its own.
const VICTIM: &str = "VEXTRUS_TEST_VICTIM";

#[test]
fn the_server_ends_with_its_test_process_however_that_ends() {
    if std::env::var_os(VICTIM).is_some() {
        return hold_a_server();
    }
    let this = std::env::current_exe().unwrap();
    let name = "the_server_ends_with_its_test_process_however_that_ends";
    let mut victim = Command::new(this)
        .args(["--exact", name, "--nocapture"])
        .env(VICTIM, "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(victim.stdout.take().unwrap()).lines();
    let folder =
        lines.map_while(Result::ok).find_map(|line| line.strip_prefix("server in ").map(str::to_owned)).unwrap();
    let folder = Path::new(&folder);
    let pid = std::fs::read_to_string(folder.join("data/postmaster.pid")).unwrap();
    let pid = pid.lines().next().unwrap();
    assert!(is_alive(pid), "the server runs while its test process does");

    victim.kill().unwrap();
    victim.wait().unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    while is_alive(pid) || folder.exists() {
        assert!(Instant::now() < deadline, "the server {pid} in {} was left behind", folder.display());
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Starts a server, says where, and waits to be killed.
fn hold_a_server() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let server = runtime.block_on(postgres::server());
    println!("server in {}", server.folder().display());
    std::io::stdin().read_line(&mut String::new()).unwrap();
}

fn is_alive(pid: &str) -> bool {
    Command::new("/bin/sh").args(["-c", &format!("kill -0 {pid} 2>/dev/null")]).status().unwrap().success()
}
