//! Changed copies of workflow code, for build scripts of tests: one for each entry of `mutants.toml`.
//!
//! A test takes one in with `mod mutants { include!(concat!(env!("OUT_DIR"), "/mutants/NAME.rs")); }`.

use std::path::{Path, PathBuf};
use std::{env, fs};

use serde::Deserialize;

#[derive(Deserialize)]
struct Mutants {
    mutant: Vec<Mutant>,
}

/// A change of a workflow's code.
#[derive(Debug, Deserialize)]
pub struct Mutant {
    /// Its name, and that of its module.
    pub name: String,
    /// The room that is changed.
    pub of: String,
    file: String,
    from: String,
    to: String,
    #[serde(default)]
    types: Vec<String>,
    /// How it is caught: `diverged`, `changed`, or `replayed` where it must not be.
    pub caught: String,
}

impl Mutant {
    /// The workflow types that it changes, as paths within its module.
    ///
    /// # Errors
    /// It is of no room that is known.
    pub fn workflows(&self) -> Result<Vec<&'static str>, String> {
        let name = |path: &str| path.rsplit("::").next().unwrap_or_default().to_owned();
        let all = rooms(&self.of)?.1.iter().copied();
        Ok(all.filter(|path| self.types.is_empty() || self.types.contains(&name(path))).collect())
    }
}

/// The rooms that a change of a room changes, with the paths of their workflow types.
fn rooms(of: &str) -> Result<(&'static [&'static str], &'static [&'static str]), String> {
    match of {
        "shell" => Ok((
            &["shell", "invoice", "purchase-order"],
            &["invoice::InvoiceApproval", "purchase_order::PurchaseOrderApproval"],
        )),
        "onboarding" => Ok((&["onboarding"], &["onboarding::EmployeeOnboarding", "onboarding::EmployeeOffboarding"])),
        "reconciliation" => Ok((&["reconciliation"], &["reconciliation::LedgerReconciliation"])),
        "rollout" => Ok((&["rollout"], &["rollout::RolloutGate"])),
        other => Err(format!("there is no room {other:?}")),
    }
}

/// Writes the changed copies of these names, or of all where none is named, to `mutants/` of the build script's folder, each with its
/// module `mutants/NAME.rs`. Answers what was written.
///
/// # Errors
/// A list that cannot be read, a change whose place is not there or not there once, a file that cannot be written.
#[expect(clippy::print_stdout, reason = "cargo reads it there")]
pub fn write(names: &[&str]) -> Result<Vec<Mutant>, String> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (list, workflows) = (here.join("mutants.toml"), here.join("../../workflows"));
    println!("cargo:rerun-if-changed={}", list.display());
    println!("cargo:rerun-if-changed={}", workflows.display());
    let out = PathBuf::from(env::var("OUT_DIR").map_err(|e| format!("OUT_DIR: {e}"))?).join("mutants");
    let text = fs::read_to_string(&list).map_err(|e| format!("{}: {e}", list.display()))?;
    let mut mutants = toml::from_str::<Mutants>(&text).map_err(|e| format!("{}: {e}", list.display()))?.mutant;
    mutants.retain(|m| names.is_empty() || names.contains(&m.name.as_str()));
    if let Some(name) = names.iter().find(|name| mutants.iter().all(|m| m.name != **name)) {
        return Err(format!("{}: there is no {name}", list.display()));
    }
    drop(fs::remove_dir_all(&out));
    for mutant in &mutants {
        one(&workflows, &out, mutant).map_err(|e| format!("{}: {}: {e}", list.display(), mutant.name))?;
    }
    Ok(mutants)
}

fn one(workflows: &Path, out: &Path, mutant: &Mutant) -> Result<(), String> {
    let mut inner = String::new();
    for room in rooms(&mutant.of)?.0 {
        let to = out.join(&mutant.name).join(room);
        copy(&workflows.join(room).join("src"), &to, mutant, room)?;
        inner.push_str(&format!("    #[path = {:?}]\n    pub mod {};\n", to.join("lib.rs"), module(room)));
    }
    let path = out.join(format!("{}.rs", mutant.name));
    fs::write(&path, format!("pub mod {} {{\n{inner}}}\n", mutant.name)).map_err(|e| format!("{}: {e}", path.display()))
}

fn module(room: &str) -> String {
    room.replace('-', "_")
}

/// Copies a room's source as modules of the mutant, without its tests.
fn copy(from: &Path, to: &Path, mutant: &Mutant, room: &str) -> Result<(), String> {
    let failed = |path: &Path| {
        let path = path.display().to_string();
        move |e: std::io::Error| format!("{path}: {e}")
    };
    fs::create_dir_all(to).map_err(failed(to))?;
    for entry in fs::read_dir(from).map_err(failed(from))? {
        let path = entry.map_err(failed(from))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() || !name.ends_with(".rs") {
            continue;
        }
        let mut text = fs::read_to_string(&path).map_err(failed(&path))?;
        if room == mutant.of && name == mutant.file {
            let count = text.matches(mutant.from.as_str()).count();
            if count != 1 {
                return Err(format!("what it changes stands {count} times in {name}"));
            }
            text = text.replace(&mutant.from, &mutant.to);
        }
        text = text.replace("#[cfg(test)]\nmod tests;\n", "");
        text = text.replace("crate::", &format!("crate::mutants::{}::{}::", mutant.name, module(room)));
        if mutant.of == "shell" {
            text = text.replace("vextrus_shell::", &format!("crate::mutants::{}::shell::", mutant.name));
        }
        fs::write(to.join(&name), text).map_err(failed(to))?;
    }
    Ok(())
}
