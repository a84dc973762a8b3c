//! The files of the corpus: `histories/WORKFLOW/SCENARIO@SINCE.json`, as the Temporal CLI exports them. A file is never edited. It is
//! added by `make record`, and removed when no version that is supported wrote it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
pub use temporalio_protos::temporal::api::history::v1::History;
use vextrus_replay::format;
use vextrus_replay::gate::Recorded;

/// One history.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The type of its workflow: the folder.
    pub workflow_type: String,
    /// What is told by it.
    pub scenario: String,
    /// The version that recorded it.
    pub since: String,
    /// The history.
    pub history: History,
}

impl Entry {
    /// Its name, as a report shows it.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}/{}@{}", self.workflow_type, self.scenario, self.since)
    }

    /// For the gate.
    #[must_use]
    pub fn recorded(&self) -> Recorded {
        Recorded { name: self.name(), history: self.history.clone() }
    }
}

/// Where the corpus is.
#[must_use]
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("histories")
}

/// Reads the corpus, in the order of its names.
///
/// # Errors
/// A file that is misplaced or no history.
pub fn read(folder: &Path) -> anyhow::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for workflow in sorted(folder)? {
        let workflow_type = name_of(&workflow)?;
        for file in sorted(&workflow)? {
            let name = name_of(&file)?;
            let stem = name.strip_suffix(".json").with_context(|| format!("{} is no .json", file.display()))?;
            let (scenario, since) =
                stem.split_once('@').with_context(|| format!("{} is not SCENARIO@SINCE.json", file.display()))?;
            let history = format::read(&fs::read(&file)?).with_context(|| file.display().to_string())?;
            let found = vextrus_replay::gate::workflow_type(&history).unwrap_or_default();
            ensure!(found == workflow_type, "{} is of {found}, not of {workflow_type}", file.display());
            let (scenario, since) = (scenario.to_owned(), since.to_owned());
            entries.push(Entry { workflow_type: workflow_type.clone(), scenario, since, history });
        }
    }
    Ok(entries)
}

fn sorted(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let all = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut paths: Vec<PathBuf> = all.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    paths.sort();
    Ok(paths)
}

fn name_of(path: &Path) -> anyhow::Result<String> {
    let name = path.file_name().and_then(|n| n.to_str());
    Ok(name.with_context(|| format!("{} has no name", path.display()))?.to_owned())
}
