//! `vextrus audit`: the trail of a ledger on a file, verified here and, once exported, by Python alone.

use std::path::Path;
use std::process::Command;

use vextrus_ledger::Ledger;
use vextrus_platform::Config;
use vextrus_sealer::Sealer;

use crate::offline::{Books, text};
use crate::program::{Ran, run, vextrus};

const TENANT: [&str; 2] = ["--tenant", "acme-bd"];

/// A ledger with the example company whose trail is sealed.
struct Sealed {
    books: Books,
    env: Vec<(String, String)>,
}

impl Sealed {
    async fn new() -> Self {
        let books = Books::of_the_example();
        let (key, out) = (books.path("audit.key"), books.path("checkpoints"));
        let public = books.run(&["audit", "key", text(&key)]).ok();
        let env = [
            ("VEXTRUS_AUDIT_KEY_FILE", text(&key).to_owned()),
            ("VEXTRUS_AUDIT_ACCEPTED_KEYS", public.trim().to_owned()),
            ("VEXTRUS_AUDIT_EXPORT", format!("file://{}", text(&out))),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec();
        let sealed = Self { books, env };
        sealed.seal().await;
        sealed
    }

    async fn seal(&self) {
        let env = |name: &str| self.env.iter().find(|(n, _)| n == name).map(|(_, value)| value.clone());
        let config = Config::layered(None, env).unwrap();
        let ledger = Ledger::open(&self.books.address()).await.unwrap();
        Sealer::configured(&config.audit).unwrap().unwrap().round(&ledger).await.unwrap();
        ledger.close().await;
    }

    fn run(&self, args: &[&str]) -> Ran {
        let mut command = vextrus(&[args, &TENANT].concat());
        command.env("VEXTRUS_LEDGER_ADDRESS", self.books.address()).envs(self.env.clone());
        run(command)
    }

    async fn raw(&self, sql: &'static str) {
        let ledger = Ledger::open(&self.books.address()).await.unwrap();
        let mut tx = ledger.begin_for_all().await.unwrap();
        tx.raw(sql).await.unwrap();
        tx.commit().await.unwrap();
        ledger.close().await;
    }
}

fn recipe(folder: &Path) -> Ran {
    let mut command = Command::new("python3");
    command.arg("verify.py").current_dir(folder);
    run(command)
}

#[tokio::test]
async fn a_trail_is_shown_and_verified() {
    let sealed = Sealed::new().await;
    let shown = sealed.run(&["audit", "show", "-"]).ok();
    assert!(shown.contains("master_data_imported by controller"), "{shown}");
    let entries = sealed.run(&["audit", "show", "-", "-o", "jsonl"]).jsonl();
    assert_eq!((entries[1]["seq"].as_i64(), entries[1]["kind"].as_str()), (Some(2), Some("master_data_imported")));
    sealed.run(&["audit", "show", "inv-9"]).fails(1, "has no trail of \"inv-9\"");

    let said = sealed.run(&["audit", "verify"]).ok();
    assert!(said.contains("sealed by 1 checkpoints, 0 wait") && said.ends_with("the trail is sound\n"), "{said}");
    let json = sealed.run(&["audit", "verify", "-o", "json"]).json();
    assert_eq!((&json["witnessed"], &json["problems"]), (&json["entries"], &serde_json::json!([])));
    let file = sealed.books.path("checkpoints/acme-bd/0000000001.json");
    sealed.run(&["audit", "verify", "--checkpoint", text(&file)]).ok();
    sealed.run(&["audit", "verify", "--checkpoint", "none.json"]).fails(1, "checkpoint none.json cannot be read");
    let other = sealed.books.file("other.json", "{}");
    sealed.run(&["audit", "verify", "--checkpoint", text(&other)]).fails(1, "not a checkpoint");

    sealed.raw("DROP TRIGGER audit_entries_keep").await;
    sealed.raw("UPDATE audit_entries SET content = replace(content, 'controller', 'nobody') WHERE seq = 1").await;
    let ran = sealed.run(&["audit", "verify"]).exits(1);
    assert!(ran.err.contains("wrong: entry 1 of chain -tenant: its content does not fit its hash"), "{ran:#?}");
    assert!(!ran.out.contains("sound"), "{ran:#?}");
}

#[tokio::test]
async fn an_exported_trail_is_verified_without_this_program() {
    let sealed = Sealed::new().await;
    let folder = sealed.books.path("trail");
    sealed.run(&["audit", "export", "--out", text(&folder), "--by", "auditor"]).ok();
    sealed.run(&["audit", "export", "--out", text(&folder), "--by", "auditor"]).fails(1, "name a new one");
    assert!(recipe(&folder).ok().starts_with("sound: 3 entries, 2 of them under 1 signed checkpoints"));
    let told = sealed.run(&["audit", "show", "-", "-o", "jsonl"]).jsonl();
    assert_eq!((told[2]["kind"].as_str(), told[2]["actor"].as_str()), (Some("trail_exported"), Some("auditor")));

    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let checkpoint = "checkpoints/0000000001.json";
    let (entries, log, bundle, keys) = (read("entries.jsonl"), read("log.txt"), read(checkpoint), read("keys.txt"));
    let another_key = vextrus_domain::signature::KeyPair::from_seed(&[9; 32]).public_text();
    for (file, whole, change, said) in [
        ("entries.jsonl", &entries, entries.replacen("controller", "nobody", 1), "does not follow entry 1"),
        ("entries.jsonl", &entries, entries.lines().skip(1).collect::<Vec<_>>().join("\n"), "does not follow entry 0"),
        ("log.txt", &log, log.replacen(" 1", " 2", 1), "entry 2 of chain -tenant is not what was sealed"),
        ("log.txt", &log, String::new(), "the log had 2 entries, log.txt has 0"),
        (checkpoint, &bundle, bundle.replacen("\\\"size\\\":2", "\\\"size\\\":3", 1), "its signature does not fit"),
        ("keys.txt", &keys, another_key, "no key of keys.txt has the id"),
    ] {
        assert_ne!(*whole, change, "{file}: {said}");
        std::fs::write(folder.join(file), change).unwrap();
        recipe(&folder).fails(1, said);
        std::fs::write(folder.join(file), whole).unwrap();
    }
    recipe(&folder).ok();
}

#[tokio::test]
async fn a_hold_is_set_and_released_once() {
    let books = Sealed::new().await;
    let set = ["audit", "hold", "set", "--reason", "Labour Court, case 12/2026", "--by", "counsel"];
    assert!(books.run(&set).ok().contains("hold 1 is set"));
    let listed = books.run(&["audit", "hold", "list"]).ok();
    assert!(listed.contains("every record  in force  set by counsel: Labour Court"), "{listed}");
    books.run(&["audit", "hold", "release", "1", "--by", "counsel"]).ok();
    books.run(&["audit", "hold", "release", "1", "--by", "counsel"]).exits(3);
    books.run(&["audit", "hold", "set", "--reason", " ", "--by", "counsel"]).exits(4);
    let kinds: Vec<_> = books.run(&["audit", "show", "-", "-o", "jsonl"]).jsonl();
    let kinds: Vec<_> = kinds.iter().filter_map(|e| e["kind"].as_str()).collect();
    assert_eq!(kinds, ["payer_set", "master_data_imported", "hold_set", "hold_released"]);
}
