//! What the checks need of the workspace's manifests.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::Context as _;
use serde::Deserialize;
use toml::Value;

/// The workspace, as its manifests describe it.
#[derive(Debug, Default)]
pub struct Workspace {
    /// In the order of the root manifest.
    pub members: Vec<Member>,
    /// `[workspace.dependencies]`: the key, and the package that it stands for.
    pub dependencies: BTreeMap<String, String>,
    /// The level of rustc's lint `unsafe_code` for all members.
    pub unsafe_code: Option<String>,
}

/// One crate of the workspace.
#[derive(Debug)]
pub struct Member {
    /// Its folder, from the root.
    pub path: String,
    /// The name of its package.
    pub package: String,
    /// Whether it has `[lints] workspace = true`.
    pub inherits_lints: bool,
    /// Of every sort, in every table.
    pub dependencies: Vec<Dependency>,
}

/// One entry in a table of dependencies of a member.
#[derive(Debug)]
pub struct Dependency {
    /// The key, which is the package's name unless the entry renames it.
    pub key: String,
    /// The package.
    pub package: String,
    /// The table it stands in, such as `dev-dependencies`.
    pub table: String,
    /// Whether it says `workspace = true`.
    pub inherited: bool,
}

impl Workspace {
    /// Reads the root manifest and that of every member.
    ///
    /// # Errors
    ///
    /// Where a manifest is missing or cannot be parsed; the error names it.
    pub fn load(root: &Path) -> anyhow::Result<Self> {
        Self::read(|path| {
            let path = root.join(path);
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
        })
    }

    /// The same from any source of manifests, by their path from the root.
    ///
    /// # Errors
    ///
    /// As [`Workspace::load`].
    pub fn read(manifest: impl Fn(&str) -> anyhow::Result<String>) -> anyhow::Result<Self> {
        let raw: RawRoot = toml::from_str(&manifest("Cargo.toml")?).context("Cargo.toml")?;
        let dependencies: BTreeMap<_, _> =
            raw.workspace.dependencies.into_iter().map(|(key, value)| (key.clone(), package_of(key, &value))).collect();
        let mut members = Vec::new();
        for path in raw.workspace.members {
            anyhow::ensure!(!path.contains('*'), "Cargo.toml: member `{path}`: write every member out");
            let file = format!("{path}/Cargo.toml");
            let raw: RawMember = toml::from_str(&manifest(&file)?).with_context(|| file.clone())?;
            members.push(raw.into_member(path, &dependencies));
        }
        let level = |value: &Value| {
            let level = value.as_str().or_else(|| value.get("level")?.as_str());
            level.map(str::to_owned)
        };
        let unsafe_code = raw.workspace.lints.rust.get("unsafe_code").and_then(level);
        Ok(Self { members, dependencies, unsafe_code })
    }
}

fn package_of(key: String, entry: &Value) -> String {
    entry.get("package").and_then(Value::as_str).map_or(key, str::to_owned)
}

#[derive(Deserialize)]
struct RawRoot {
    workspace: RawWorkspace,
}

#[derive(Deserialize)]
struct RawWorkspace {
    members: Vec<String>,
    #[serde(default)]
    dependencies: BTreeMap<String, Value>,
    #[serde(default)]
    lints: RawToolLints,
}

#[derive(Deserialize, Default)]
struct RawToolLints {
    #[serde(default)]
    rust: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
struct RawMember {
    package: RawPackage,
    #[serde(default)]
    lints: RawLints,
    #[serde(flatten)]
    tables: RawTables,
    #[serde(default)]
    target: BTreeMap<String, RawTables>,
}

#[derive(Deserialize)]
struct RawPackage {
    name: String,
}

#[derive(Deserialize, Default)]
struct RawLints {
    #[serde(default)]
    workspace: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct RawTables {
    #[serde(default)]
    dependencies: BTreeMap<String, Value>,
    #[serde(default)]
    dev_dependencies: BTreeMap<String, Value>,
    #[serde(default)]
    build_dependencies: BTreeMap<String, Value>,
}

impl RawMember {
    fn into_member(self, path: String, shared: &BTreeMap<String, String>) -> Member {
        let mut dependencies = self.tables.into_dependencies("", shared);
        for (target, tables) in self.target {
            dependencies.extend(tables.into_dependencies(&format!("target.'{target}'."), shared));
        }
        Member { path, package: self.package.name, inherits_lints: self.lints.workspace, dependencies }
    }
}

impl RawTables {
    fn into_dependencies(self, prefix: &str, shared: &BTreeMap<String, String>) -> Vec<Dependency> {
        let tables = [
            ("dependencies", self.dependencies),
            ("dev-dependencies", self.dev_dependencies),
            ("build-dependencies", self.build_dependencies),
        ];
        let mut found = Vec::new();
        for (table, entries) in tables {
            found.extend(entries.into_iter().map(|(key, entry)| {
                let inherited = entry.get("workspace").and_then(Value::as_bool) == Some(true);
                let package = match shared.get(&key) {
                    Some(package) if inherited => package.clone(),
                    _ => package_of(key.clone(), &entry),
                };
                Dependency { key, package, table: format!("{prefix}{table}"), inherited }
            }));
        }
        found
    }
}
