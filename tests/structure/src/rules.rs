//! The rules for manifests. Each answers with its complaints; none means that the rule holds.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    manifest::{Member, Workspace},
    rooms::{Rooms, TABLE},
};

/// Crates of tests and benchmarks are no rooms: they may use every room. What a room may have of them is what its own tests
/// need of those under `tests/`.
#[must_use]
pub fn is_test(path: &str) -> bool {
    path.starts_with("tests/") || path == "benches" || path.starts_with("benches/")
}

fn rooms_of(workspace: &Workspace) -> impl Iterator<Item = &Member> {
    workspace.members.iter().filter(|member| !is_test(&member.path))
}

/// Every room of the table is a member of the workspace, and the reverse.
#[must_use]
pub fn table_is_complete(workspace: &Workspace, rooms: &Rooms) -> Vec<String> {
    let members: BTreeSet<&str> = rooms_of(workspace).map(|member| member.path.as_str()).collect();
    let listed: BTreeSet<&str> = rooms.rooms.iter().map(|room| room.path.as_str()).collect();
    let missing = members.difference(&listed).map(|path| {
        format!(
            "{TABLE}: `{path}` is a member of the workspace and not in the table. Add a [[room]] with what it may use."
        )
    });
    let stale = listed.difference(&members).map(|path| {
        format!("{TABLE}: room `{path}` is no member of the workspace. Add it to Cargo.toml, or remove the [[room]].")
    });
    missing.chain(stale).collect()
}

/// A room uses only the rooms that the table allows, in dependencies of every sort.
#[must_use]
pub fn uses_are_allowed(workspace: &Workspace, rooms: &Rooms) -> Vec<String> {
    let paths: BTreeMap<&str, &str> =
        workspace.members.iter().map(|member| (member.package.as_str(), member.path.as_str())).collect();
    let mut complaints = Vec::new();
    for member in rooms_of(workspace) {
        let Some(room) = rooms.at(&member.path) else {
            continue;
        };
        for dependency in &member.dependencies {
            let Some(used) = paths.get(dependency.package.as_str()) else {
                continue;
            };
            let for_its_tests = used.starts_with("tests/") && dependency.table.ends_with("dev-dependencies");
            if for_its_tests || room.uses.iter().any(|allowed| allowed == used) {
                continue;
            }
            let allowed = if room.uses.is_empty() { "no room".to_owned() } else { room.uses.join(", ") };
            complaints.push(format!(
                "{}/Cargo.toml: [{}] {}: `{}` may not use `{used}`; it may use {allowed}. Move the code to where it may \
                 be used, or give a reason and change {TABLE}.",
                member.path, dependency.table, dependency.key, member.path,
            ));
        }
    }
    complaints
}

/// A pure room and a workflow keep away from what their kind may not use.
#[must_use]
pub fn kinds_are_kept(workspace: &Workspace, rooms: &Rooms) -> Vec<String> {
    let mut complaints = Vec::new();
    for member in rooms_of(workspace) {
        let Some(kind) = rooms.at(&member.path).and_then(|room| rooms.kind(room)) else {
            continue;
        };
        for dependency in member.dependencies.iter().filter(|dependency| kind.bans(&dependency.package)) {
            complaints.push(format!(
                "{}/Cargo.toml: [{}] {}: `{}` may not use `{}`: {}. Remove it, and let a room that may use it call this one.",
                member.path, dependency.table, dependency.key, member.path, dependency.package, kind.reason,
            ));
        }
    }
    complaints
}

/// There is one table of versions: every dependency says `workspace = true`.
#[must_use]
pub fn versions_stand_in_one_place(workspace: &Workspace) -> Vec<String> {
    let mut complaints = Vec::new();
    for member in &workspace.members {
        for dependency in member.dependencies.iter().filter(|dependency| !dependency.inherited) {
            complaints.push(format!(
                "{}/Cargo.toml: [{}] {} brings its own version or path. Put it into [workspace.dependencies] of Cargo.toml \
                 and write `{}.workspace = true`.",
                member.path, dependency.table, dependency.key, dependency.key,
            ));
        }
    }
    complaints
}

/// Every entry of that table is used by a member.
#[must_use]
pub fn no_version_is_left_over(workspace: &Workspace) -> Vec<String> {
    let used: BTreeSet<&str> = workspace
        .members
        .iter()
        .flat_map(|member| &member.dependencies)
        .filter(|dependency| dependency.inherited)
        .map(|dependency| dependency.key.as_str())
        .collect();
    let left_over = workspace.dependencies.keys().filter(|key| !used.contains(key.as_str()));
    left_over.map(|key| format!("Cargo.toml: [workspace.dependencies] {key}: no member uses it. Remove it.")).collect()
}

/// Every member takes the workspace's lints, and those forbid unsafe code.
#[must_use]
pub fn lints_are_shared(workspace: &Workspace) -> Vec<String> {
    let mut complaints = Vec::new();
    if workspace.unsafe_code.as_deref() != Some("forbid") {
        complaints.push("Cargo.toml: [workspace.lints.rust] lacks `unsafe_code = \"forbid\"`. Put it back.".to_owned());
    }
    for member in workspace.members.iter().filter(|member| !member.inherits_lints) {
        complaints.push(format!("{}/Cargo.toml: [lints] lacks `workspace = true`. Add it.", member.path));
    }
    complaints
}

/// A crate's path is its name.
#[must_use]
pub fn names_follow_paths(workspace: &Workspace) -> Vec<String> {
    let mut complaints = Vec::new();
    for member in &workspace.members {
        let last = member.path.rsplit('/').next().unwrap_or_default();
        let group = ["tests", "benches"].into_iter().find(|g| member.path.starts_with(&format!("{g}/")));
        let expected = group.map_or_else(|| format!("vextrus-{last}"), |g| format!("vextrus-{g}-{last}"));
        if member.package != expected {
            complaints.push(format!(
                "{}/Cargo.toml: the package is named `{}`. Its path makes it `{expected}`.",
                member.path, member.package,
            ));
        }
    }
    complaints
}
