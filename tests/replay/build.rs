//! Makes a changed copy of workflow code for each entry of `mutants.toml`, so that the tests can replay the corpus with it.

use std::path::{Path, PathBuf};
use std::{env, fs};

use serde::Deserialize;

#[derive(Deserialize)]
struct Mutants {
    mutant: Vec<Mutant>,
}

#[derive(Deserialize)]
struct Mutant {
    name: String,
    of: String,
    file: String,
    from: String,
    to: String,
    #[serde(default)]
    types: Vec<String>,
    caught: String,
}

/// The rooms that a change of a room changes, with the names of their workflow types in code.
fn rooms(of: &str) -> (&'static [&'static str], &'static [&'static str]) {
    match of {
        "shell" => (
            &["shell", "invoice", "purchase-order"],
            &["invoice::InvoiceApproval", "purchase_order::PurchaseOrderApproval"],
        ),
        "onboarding" => (&["onboarding"], &["onboarding::EmployeeOnboarding", "onboarding::EmployeeOffboarding"]),
        "reconciliation" => (&["reconciliation"], &["reconciliation::LedgerReconciliation"]),
        "rollout" => (&["rollout"], &["rollout::RolloutGate"]),
        other => panic!("mutants.toml: there is no room {other:?}"),
    }
}

fn main() {
    let here = PathBuf::from(env::var("CARGO_MANIFEST_DIR").unwrap_or_default());
    let out = PathBuf::from(env::var("OUT_DIR").unwrap_or_default()).join("mutants");
    let workflows = here.join("../../workflows");
    println!("cargo:rerun-if-changed=mutants.toml");
    println!("cargo:rerun-if-changed={}", workflows.display());
    let text = fs::read_to_string(here.join("mutants.toml")).unwrap_or_else(|e| panic!("mutants.toml: {e}"));
    let mutants: Mutants = toml::from_str(&text).unwrap_or_else(|e| panic!("mutants.toml: {e}"));
    drop(fs::remove_dir_all(&out));
    let (mut modules, mut list) = (String::new(), String::new());
    for mutant in mutants.mutant {
        let (rooms, types) = rooms(&mutant.of);
        let mut inner = String::new();
        for room in rooms {
            let to = out.join(&mutant.name).join(room);
            copy(&workflows.join(room).join("src"), &to, &mutant, room);
            let (path, module) = (to.join("lib.rs"), module(room));
            inner.push_str(&format!("    #[path = {path:?}]\n    pub mod {module};\n"));
        }
        let name = &mutant.name;
        modules.push_str(&format!("pub mod {name} {{\n{inner}}}\n"));
        for workflow in types {
            let short = workflow.rsplit("::").next().unwrap_or_default();
            if mutant.types.is_empty() || mutant.types.iter().any(|t| t == short) {
                let caught = &mutant.caught;
                list.push_str(&format!("    mutant!({name:?}, {short:?}, {caught:?}, {name}::{workflow}),\n"));
            }
        }
    }
    let all = format!("{modules}\npub fn all() -> Vec<super::Mutant> {{\n    vec![\n{list}    ]\n}}\n");
    let write = fs::create_dir_all(&out).and_then(|()| fs::write(out.join("all.rs"), all));
    write.unwrap_or_else(|e| panic!("{}: {e}", out.display()));
}

fn module(room: &str) -> String {
    room.replace('-', "_")
}

/// Copies a room's source as modules of the mutant, without its tests.
fn copy(from: &Path, to: &Path, mutant: &Mutant, room: &str) {
    fs::create_dir_all(to).unwrap_or_else(|e| panic!("{}: {e}", to.display()));
    let entries = fs::read_dir(from).unwrap_or_else(|e| panic!("{}: {e}", from.display()));
    for path in entries.flatten().map(|entry| entry.path()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() || !name.ends_with(".rs") {
            continue;
        }
        let mut text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        if room == mutant.of && name == mutant.file {
            let count = text.matches(mutant.from.as_str()).count();
            assert!(count == 1, "mutants.toml: {}: what it changes stands {count} times in {name}", mutant.name);
            text = text.replace(&mutant.from, &mutant.to);
        }
        text = text.replace("#[cfg(test)]\nmod tests;\n", "");
        text = text.replace("crate::", &format!("crate::mutants::{}::{}::", mutant.name, module(room)));
        if mutant.of == "shell" {
            text = text.replace("vextrus_shell::", &format!("crate::mutants::{}::shell::", mutant.name));
        }
        fs::write(to.join(&name), text).unwrap_or_else(|e| panic!("{name}: {e}"));
    }
}
