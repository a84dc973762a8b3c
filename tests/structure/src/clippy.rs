//! clippy reads the one `clippy.toml` nearest to a crate and merges nothing.

use toml::Table;

/// A complaint for each key of the root's file that the nearer one does not repeat.
///
/// # Errors
///
/// Where one of them cannot be parsed.
pub fn keys_not_repeated(root: &str, nearer_file: &str, nearer: &str) -> anyhow::Result<Vec<String>> {
    let root: Table = root.parse()?;
    let nearer: Table = nearer.parse()?;
    let differing = root.iter().filter(|(key, value)| nearer.get(key.as_str()) != Some(*value));
    Ok(differing
        .map(|(key, value)| {
            format!("{nearer_file}: clippy does not merge the root's clippy.toml into it. Repeat `{key} = {value}`.")
        })
        .collect())
}
