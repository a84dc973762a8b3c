//! Patches: whether each is listed, and whether anything still needs it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;
use temporalio_protos::temporal::api::history::v1::History;
use vextrus_replay::steps;

/// The list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Patches {
    /// The versions whose workflows may still run.
    pub supported: Vec<String>,
    /// The patches.
    #[serde(default)]
    pub patch: Vec<Patch>,
}

/// A patch.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Patch {
    /// Its id.
    pub id: String,
    /// The workflow types whose code has it.
    pub types: Vec<String>,
    /// The day on which it came.
    pub introduced: String,
    /// The version that brought it.
    pub since: String,
    /// When it can go.
    pub until: String,
}

/// The ids of the patches that this source asks for: those of the constants, and those that are written where they are asked for.
#[must_use]
pub fn asked(sources: &[String]) -> BTreeSet<String> {
    let mut constants: BTreeMap<&str, &str> = BTreeMap::new();
    for line in sources.iter().flat_map(|source| source.lines()) {
        if let Some((name, value)) = line.split_once("const ").and_then(|(_, rest)| rest.split_once(": &str = \"")) {
            constants.insert(name.trim(), value.trim_end_matches("\";"));
        }
    }
    let mut asked = BTreeSet::new();
    for source in sources {
        for call in [".patched(", ".deprecate_patch("] {
            for (_, rest) in source.match_indices(call).map(|(at, _)| source[at..].split_at(call.len())) {
                let argument = rest.split(')').next().unwrap_or_default().trim();
                let name = argument.rsplit("::").next().unwrap_or(argument);
                let id = constants.get(name).copied().unwrap_or_else(|| argument.trim_matches('"'));
                asked.insert(id.to_owned());
            }
        }
    }
    asked
}

/// What is wrong with the list: patches that are not on it, that nothing asks for, or that nothing needs.
#[must_use]
pub fn faults<'a>(
    patches: &Patches,
    asked: &BTreeSet<String>,
    corpus: impl IntoIterator<Item = (&'a str, &'a str, &'a History)>,
) -> Vec<String> {
    let mut faults = Vec::new();
    let listed: BTreeSet<&str> = patches.patch.iter().map(|p| p.id.as_str()).collect();
    faults
        .extend(asked.iter().filter(|id| !listed.contains(id.as_str())).map(|id| format!("patch {id} is not listed")));
    let corpus: Vec<_> = corpus.into_iter().collect();
    for patch in &patches.patch {
        let Patch { id, since, .. } = patch;
        if !asked.contains(id) {
            faults.push(format!("patch {id} is listed, and no workflow asks for it"));
        }
        // What began before it has no marker of it; of the version that brought it, only what was recorded after has one.
        let by_history = corpus.iter().any(|(workflow, version, history)| {
            patch.types.iter().any(|t| t == workflow) && order(version) <= order(since) && !marks(history, id)
        });
        if !by_history && !patches.supported.iter().any(|version| order(version) < order(since)) {
            faults.push(format!("patch {id} can go: no history and no supported version is older than {since}"));
        }
    }
    faults
}

fn marks(history: &History, id: &str) -> bool {
    steps::recorded(&history.events).iter().any(|step| step.kind == "Patch" && step.subject == id)
}

/// A version as numbers.
fn order(version: &str) -> Vec<u32> {
    version.split('.').map(|part| part.parse().unwrap_or(0)).collect()
}

/// Every source file of the workflows.
///
/// # Errors
/// A file that cannot be read.
pub fn sources(workflows: &Path) -> std::io::Result<Vec<String>> {
    let mut sources = Vec::new();
    for entry in std::fs::read_dir(workflows)? {
        let path = entry?.path();
        if path.is_dir() {
            sources.extend(self::sources(&path)?);
        } else if path.extension().is_some_and(|e| e == "rs") {
            sources.push(std::fs::read_to_string(path)?);
        }
    }
    Ok(sources)
}
