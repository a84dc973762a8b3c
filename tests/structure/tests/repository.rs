//! The rules, held against this repository.
#![cfg(test)]

use std::{fs, path::Path};

use vextrus_tests_structure::{clippy, documents, manifest::Workspace, none, rooms::Rooms, root, rules, tree};

#[test]
fn every_room_stands_in_the_table() -> anyhow::Result<()> {
    none(&rules::table_is_complete(&Workspace::load(&root()?)?, &Rooms::load(&root()?)?))
}

#[test]
fn rooms_use_only_what_the_table_allows() -> anyhow::Result<()> {
    none(&rules::uses_are_allowed(&Workspace::load(&root()?)?, &Rooms::load(&root()?)?))
}

#[test]
fn pure_rooms_and_workflows_keep_away_from_io() -> anyhow::Result<()> {
    none(&rules::kinds_are_kept(&Workspace::load(&root()?)?, &Rooms::load(&root()?)?))
}

#[test]
fn versions_stand_in_one_table() -> anyhow::Result<()> {
    none(&rules::versions_stand_in_one_place(&Workspace::load(&root()?)?))
}

#[test]
fn that_table_holds_nothing_unused() -> anyhow::Result<()> {
    none(&rules::no_version_is_left_over(&Workspace::load(&root()?)?))
}

#[test]
fn lints_are_shared_and_forbid_unsafe_code() -> anyhow::Result<()> {
    none(&rules::lints_are_shared(&Workspace::load(&root()?)?))
}

#[test]
fn packages_are_named_after_their_paths() -> anyhow::Result<()> {
    none(&rules::names_follow_paths(&Workspace::load(&root()?)?))
}

#[test]
fn workflows_repeat_the_common_keys_of_clippy() -> anyhow::Result<()> {
    let root = root()?;
    let nearer = "workflows/clippy.toml";
    let common = fs::read_to_string(root.join("clippy.toml"))?;
    none(&clippy::keys_not_repeated(&common, nearer, &fs::read_to_string(root.join(nearer))?)?)
}

#[test]
fn no_rust_file_is_too_long() -> anyhow::Result<()> {
    let root = root()?;
    let mut complaints = Vec::new();
    for path in tree::files(&root, "rs")? {
        let file = path.strip_prefix(&root)?.display().to_string();
        complaints.extend(tree::too_long(&file, &fs::read_to_string(&path)?));
    }
    none(&complaints)
}

#[test]
fn money_is_never_a_float() -> anyhow::Result<()> {
    let root = root()?;
    let mut complaints = Vec::new();
    for folder in ["domain", "activities/tax"] {
        for path in tree::files(&root.join(folder), "rs")? {
            let name = path.strip_prefix(&root)?.display().to_string();
            complaints.extend(tree::floats(&name, &fs::read_to_string(&path)?));
        }
    }
    none(&complaints)
}

#[test]
fn links_in_documents_lead_to_files() -> anyhow::Result<()> {
    let root = root()?;
    let mut documents: Vec<_> = ["README.md", "CONTRIBUTING.md", "SECURITY.md"]
        .iter()
        .map(|name| root.join(name))
        .filter(|path| path.exists())
        .collect();
    if root.join("docs").exists() {
        documents.extend(tree::files(&root.join("docs"), "md")?);
    }
    let mut complaints = Vec::new();
    for path in documents {
        let text = fs::read_to_string(&path)?;
        complaints.extend(documents::broken_links(&root, path.strip_prefix(&root)?, &text));
    }
    none(&complaints)
}

#[test]
fn the_gate_lints_and_tests() -> anyhow::Result<()> {
    let gate = root()?.join(".ci/run");
    let text = fs::read_to_string(&gate)?;
    for command in ["make lint", "make test"] {
        anyhow::ensure!(text.lines().any(|line| line.trim() == command), ".ci/run lacks `{command}`. Put it back.");
    }
    is_executable(&gate)
}

#[cfg(unix)]
fn is_executable(path: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = fs::metadata(path)?.permissions().mode();
    anyhow::ensure!(mode & 0o111 != 0, "{} cannot be executed. Run chmod +x on it.", path.display());
    Ok(())
}

#[cfg(not(unix))]
fn is_executable(_path: &Path) -> anyhow::Result<()> {
    Ok(())
}
