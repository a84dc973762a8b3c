//! The ledger on a file, which needs no running stack.

use std::path::{Path, PathBuf};

use vextrus_ledger::Ledger;

use crate::program::{Ran, run, vextrus};

/// A ledger in a file of its own.
pub(crate) struct Books {
    folder: tempfile::TempDir,
}

impl Books {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// One with the example company.
    pub(crate) fn of_the_example() -> Self {
        let books = Self::new();
        let import = ["ledger", "import", "examples/company.json", "--tenant", "acme-bd", "--by", "controller"];
        assert!(books.run(&import).ok().contains("all of it is written"));
        books
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn address(&self) -> String {
        format!("sqlite:{}", self.folder.path().join("ledger.db").display())
    }

    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        let mut command = vextrus(args);
        command.env("VEXTRUS_LEDGER_ADDRESS", self.address());
        run(command)
    }
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_wrong_company_is_told() {
    let books = Books::of_the_example();
    assert!(books.run(&["ledger", "check", "--tenant", "acme-bd"]).ok().contains("sound"));
    let (tenant, by) = (["--tenant", "acme-bd"], ["--by", "controller"]);
    let other = ["--tenant", "other-co"];
    let import = [&["ledger", "import", "examples/company.json"], &other[..], &by].concat();
    books.run(&import).fails(1, "acme-bd, not other-co");
    let broken = books.file("company.json", "{\"tenant\": \"acme-bd\",\n \"people\": 7}");
    let ran = books.run(&[&["ledger", "import", text(&broken)], &tenant[..], &by].concat()).exits(1);
    assert!(ran.err.contains("company.json") && ran.err.contains("line 2"), "{ran:#?}");
    books.run(&["ledger", "check", "--tenant", "Not A Tenant"]).fails(1, "Not A Tenant");
}

#[tokio::test]
async fn wrong_books_are_found() {
    let books = Books::of_the_example();
    let ledger = Ledger::open(&books.address()).await.unwrap();
    let mut tx = ledger.begin(&"acme-bd".parse().unwrap()).await.unwrap();
    tx.raw("UPDATE budget_lines SET reserved = 5 WHERE project = 'bridge-7'").await.unwrap();
    tx.commit().await.unwrap();
    ledger.close().await;
    let ran = books.run(&["ledger", "check", "--tenant", "acme-bd"]).exits(1);
    assert!(ran.out.is_empty() && ran.err.contains("wrong: a budget line's reserved amount"), "{ran:#?}");
    assert!(ran.err.contains("works/bridge-7") && ran.err.contains("1 thing"), "{ran:#?}");
}

#[test]
fn a_ledger_is_saved_and_restored() {
    let (books, others) = (Books::of_the_example(), Books::new());
    let file = books.folder.path().join("books.backup");
    let out = books.run(&["ledger", "backup", text(&file)]).ok();
    assert!(out.contains("of acme-bd, as of ") && out.contains("sha256 "), "{out}");
    books.run(&["ledger", "backup", text(&file)]).fails(1, "the file is there already");
    books.run(&["ledger", "restore", text(&file), "--by", "operator"]).fails(1, "the ledger is not empty");
    assert!(others.run(&["ledger", "check"]).ok().contains("holds no company"));

    let broken = others.file("broken", &std::fs::read_to_string(&file).unwrap().replacen("acme-bd", "acme-in", 1));
    others.run(&["ledger", "restore", text(&broken), "--by", "operator"]).fails(1, "take another copy");
    let restored = others.run(&["-o", "json", "ledger", "restore", text(&file), "--by", "operator"]).ok();
    let restored: serde_json::Value = serde_json::from_str(&restored).unwrap();
    assert_eq!((&restored["manifest"]["tenants"][0], &restored["faults"]), (&"acme-bd".into(), &serde_json::json!([])));
    assert!(others.run(&["ledger", "check"]).ok().contains("the books and the trail of acme-bd are sound"));
}

#[tokio::test]
async fn all_books_are_checked_without_a_tenant() {
    let books = Books::of_the_example();
    let ledger = Ledger::open(&books.address()).await.unwrap();
    let mut tx = ledger.begin_for_all().await.unwrap();
    tx.raw("UPDATE budget_lines SET reserved = 5 WHERE project = 'bridge-7'").await.unwrap();
    tx.commit().await.unwrap();
    ledger.close().await;
    let ran = books.run(&["ledger", "check"]).exits(1);
    assert!(ran.err.contains("wrong: acme-bd: a budget line's reserved amount"), "{ran:#?}");
    assert!(ran.err.contains("1 things are wrong with the ledger"), "{ran:#?}");
}

#[test]
fn a_ledger_that_cannot_be_opened_is_named_without_its_password() {
    let mut command = vextrus(&["ledger", "check", "--tenant", "acme-bd"]);
    command.env("VEXTRUS_LEDGER_ADDRESS", "postgres://clerk:hunter2@127.0.0.1:1/books");
    let ran = run(command).exits(1);
    assert!(ran.err.contains("127.0.0.1:1/books") && !ran.err.contains("hunter2"), "{ran:#?}");

    let mut command = vextrus(&["ledger", "check", "--tenant", "acme-bd", "--config", "/nowhere.toml"]);
    command.env("VEXTRUS_LEDGER_ADDRESS", "sqlite:unused.db");
    run(command).fails(1, "/nowhere.toml");
}

#[test]
fn a_configuration_is_printed_without_secrets_and_checked() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("vextrus.toml").display().to_string();
    let defaults = run(vextrus(&["config", "print", "--defaults"])).ok();
    assert!(defaults.starts_with("# The configuration of every Vextrus process"), "{defaults}");
    std::fs::write(&file, &defaults).unwrap();
    assert_eq!(run(vextrus(&["config", "check", "--config", &file])).ok(), "sound\n");
    let with_secret =
        defaults.replace("address = \"sqlite:.vextrus/ledger.db\"", "address = \"postgres://v:geheim@db/v\"");
    std::fs::write(&file, with_secret.replace("key_file = \"\"", "key_file = \"/nowhere/a.key\"")).unwrap();
    let shown = run(vextrus(&["config", "print", "--config", &file, "-o", "json"])).json();
    assert_eq!(shown["ledger"]["address"], "postgres://v:(hidden)@db/v");
    let checked = run(vextrus(&["config", "check", "--config", &file])).exits(1);
    assert!(checked.out.contains("signing.key_file /nowhere/a.key"), "{checked:#?}");
    std::fs::write(&file, "[telemetry]\nsample_one_in = \"many\"\n").unwrap();
    run(vextrus(&["config", "check", "--config", &file])).fails(1, "sample_one_in");
}
