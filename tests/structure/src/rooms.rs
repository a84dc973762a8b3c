//! The table of who may use whom, `rooms.toml`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use anyhow::Context as _;
use serde::Deserialize;

/// Where the table is, from the root.
pub const TABLE: &str = "tests/structure/rooms.toml";

/// The table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rooms {
    /// What rooms of one kind have in common.
    #[serde(default, rename = "kind")]
    pub kinds: BTreeMap<String, Kind>,
    /// Every room.
    #[serde(rename = "room")]
    pub rooms: Vec<Room>,
}

/// A kind of room.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kind {
    /// Packages from outside; `name-*` stands for all that begin so.
    pub may_not_use: Vec<String>,
    /// Why not.
    pub reason: String,
}

/// A room: a crate that is not a test.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Room {
    /// Its folder, from the root.
    pub path: String,
    /// One of the kinds, or none.
    pub kind: Option<String>,
    /// The paths of the rooms that it may use.
    pub uses: Vec<String>,
}

impl Rooms {
    /// Reads the table of this repository.
    ///
    /// # Errors
    ///
    /// Where the table is missing, cannot be parsed or contradicts itself.
    pub fn load(root: &Path) -> anyhow::Result<Self> {
        let text = fs::read_to_string(root.join(TABLE)).with_context(|| format!("cannot read {TABLE}"))?;
        Self::parse(&text).context(TABLE)
    }

    /// Parses a table.
    ///
    /// # Errors
    ///
    /// Where it cannot be parsed, a room stands in it twice, or it names a room or kind that it does not hold.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let table: Self = toml::from_str(text)?;
        let mut seen = BTreeSet::new();
        for room in &table.rooms {
            anyhow::ensure!(seen.insert(room.path.as_str()), "room `{}` stands twice: remove one", room.path);
        }
        for room in &table.rooms {
            if let Some(used) = room.uses.iter().find(|used| !seen.contains(used.as_str())) {
                anyhow::bail!("room `{}` uses `{used}`, which is no room: add it or correct the path", room.path);
            }
            if let Some(kind) = room.kind.as_ref().filter(|kind| !table.kinds.contains_key(kind.as_str())) {
                anyhow::bail!("room `{}` is of kind `{kind}`, which is not described: add [kind.{kind}]", room.path);
            }
        }
        Ok(table)
    }

    /// The room at `path`.
    #[must_use]
    pub fn at(&self, path: &str) -> Option<&Room> {
        self.rooms.iter().find(|room| room.path == path)
    }

    /// What is common to the rooms of the same kind as `room`.
    #[must_use]
    pub fn kind(&self, room: &Room) -> Option<&Kind> {
        self.kinds.get(room.kind.as_deref()?)
    }
}

impl Kind {
    /// Whether `package` is one of those that such a room may not use.
    #[must_use]
    pub fn bans(&self, package: &str) -> bool {
        self.may_not_use.iter().any(|pattern| match pattern.strip_suffix('*') {
            Some(beginning) => package.starts_with(beginning),
            None => package == pattern,
        })
    }
}
