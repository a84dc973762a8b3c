//! What needs no running stack: rules, and the ledger on a file.

use std::path::{Path, PathBuf};

use vextrus_ledger::Ledger;

use crate::program::{Ran, run, vextrus};

const RULES: [(&str, &str); 3] = [
    ("tax", "rules/tax/house.toml"),
    ("approval", "rules/approval/invoice.toml"),
    ("accounts", "rules/accounts/invoice.toml"),
];

#[test]
fn good_rules_are_named_by_their_hash() {
    for (kind, file) in RULES {
        let said = run(vextrus(&["rules", "check", kind, file])).ok();
        let hash = said.trim().rsplit(' ').next().unwrap();
        assert!(said.starts_with(file) && said.contains(kind), "{said}");
        assert!(hash.len() == 64 && hash.chars().all(|c| c.is_ascii_hexdigit()), "{said}");
    }
}

#[test]
fn bad_rules_are_refused_with_the_place() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policy.toml");
    let check = |kind: &str| run(vextrus(&["rules", "check", kind, file.to_str().unwrap()]));
    check("approval").fails(1, "policy.toml");
    std::fs::write(&file, "document = \"invoice\"\nremind_at_percent = \"half\"\n").unwrap();
    let ran = check("approval").exits(1);
    assert!(ran.err.contains("policy.toml") && ran.err.contains("line 2"), "{ran:#?}");
    // A sound rule of one kind is none of another.
    let policy = std::fs::read_to_string(crate::program::root().join(RULES[1].1)).unwrap();
    std::fs::write(&file, policy).unwrap();
    check("approval").ok();
    check("accounts").fails(1, "policy.toml");
    check("tax").fails(1, "policy.toml");
}

/// A ledger in a file of its own.
struct Books {
    folder: tempfile::TempDir,
}

impl Books {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn address(&self) -> String {
        format!("sqlite:{}", self.folder.path().join("ledger.db").display())
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn run(&self, args: &[&str]) -> Ran {
        let mut command = vextrus(args);
        command.env("VEXTRUS_LEDGER_ADDRESS", self.address());
        run(command)
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_fresh_ledger_is_founded_and_sound() {
    let books = Books::new();
    let tenant = ["--tenant", "acme-bd"];
    let by = ["--by", "controller"];
    let said = books.run(&[&["ledger", "import", "examples/company.json"], &tenant[..], &by].concat()).ok();
    assert!(said.contains("acme-bd"), "{said}");
    for (kind, file) in RULES {
        let activate = || books.run(&[&["rules", "activate", kind, file], &tenant[..], &by].concat()).ok();
        let first = activate();
        assert!(first.contains(kind) && first.contains("acme-bd"), "{first}");
        assert_eq!(activate(), first, "once more changes nothing");
    }
    assert!(books.run(&["ledger", "check", "--tenant", "acme-bd"]).ok().contains("sound"));

    let bad = books.file("bad.toml", "document = 7");
    books.run(&[&["rules", "activate", "tax", text(&bad)], &tenant[..], &by].concat()).fails(1, "bad.toml");
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
    let books = Books::new();
    books.run(&["ledger", "import", "examples/company.json", "--tenant", "acme-bd", "--by", "controller"]).ok();
    let ledger = Ledger::open(&books.address()).await.unwrap();
    let mut tx = ledger.begin().await.unwrap();
    tx.raw("UPDATE budget_lines SET reserved = 5 WHERE project = 'bridge-7'").await.unwrap();
    tx.commit().await.unwrap();
    ledger.close().await;
    let ran = books.run(&["ledger", "check", "--tenant", "acme-bd"]).exits(1);
    assert!(ran.out.is_empty() && ran.err.contains("wrong: a budget line's reserved amount"), "{ran:#?}");
    assert!(ran.err.contains("works/bridge-7") && ran.err.contains("1 thing"), "{ran:#?}");
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
