//! Each patch is listed, asked for and needed.
#![cfg(test)]

use std::path::Path;

use vextrus_tests_replay::corpus::{self, Entry};
use vextrus_tests_replay::patches::{self, Patches};

#[test]
fn every_patch_is_listed_and_needed() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let list: Patches = toml::from_str(&std::fs::read_to_string(here.join("patches.toml")).unwrap()).unwrap();
    let asked = patches::asked(&patches::sources(&here.join("../../workflows")).unwrap());
    let entries = corpus::read(&corpus::folder()).unwrap();
    let faults = patches::faults(&list, &asked, entries.iter().map(of));
    assert!(faults.is_empty(), "tests/replay/patches.toml:\n  {}", faults.join("\n  "));
}

/// A history goes when no version that is supported wrote it.
#[test]
fn every_history_is_of_a_supported_version() {
    let list = include_str!("../patches.toml");
    let list: Patches = toml::from_str(list).unwrap();
    let entries = corpus::read(&corpus::folder()).unwrap();
    let over = entries.iter().filter(|e| !list.supported.contains(&e.since)).map(Entry::name);
    assert_eq!(over.collect::<Vec<_>>(), Vec::<String>::new());
}

fn of(entry: &Entry) -> (&str, &str, &corpus::History) {
    (&entry.workflow_type, &entry.since, &entry.history)
}

#[test]
fn what_is_unlisted_unused_or_over_is_found() {
    let sources = ["const LATE: &str = \"late\";\nif ctx.patched(patches::LATE) {}\nctx.patched(\"bare\");".to_owned()];
    let asked = patches::asked(&sources);
    assert_eq!(asked.iter().map(String::as_str).collect::<Vec<_>>(), ["bare", "late"]);
    let list = |supported: &str, patch: &str| -> Patches {
        toml::from_str(&format!("supported = [\"{supported}\"]\n{patch}")).unwrap()
    };
    let patch = |id: &str, since: &str| {
        format!(
            "[[patch]]\nid = \"{id}\"\ntypes = [\"InvoiceApproval\"]\nintroduced = \"2026-12-01\"\nsince = \"{since}\"\nuntil = \"x\"\n"
        )
    };
    let both = patch("late", "0.2.0") + &patch("bare", "0.10.0");
    let faults = |supported: &str, patch: &str| patches::faults(&list(supported, patch), &asked, []);
    assert_eq!(faults("0.1.0", &both), Vec::<String>::new());
    assert_eq!(faults("0.9.0", &both), ["patch late can go: no history and no supported version is older than 0.2.0"]);
    assert_eq!(faults("0.1.0", &patch("late", "0.2.0")), ["patch bare is not listed"]);
    let unused = both.clone() + &patch("never", "0.2.0");
    assert_eq!(faults("0.1.0", &unused), ["patch never is listed, and no workflow asks for it"]);
    // A history of the corpus needs it, whatever is supported.
    let entries = corpus::read(&corpus::folder()).unwrap();
    let kept = patches::faults(&list("0.9.0", &both), &asked, entries.iter().map(of));
    assert_eq!(kept, Vec::<String>::new());
}
