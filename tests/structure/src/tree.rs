//! The files of the checkout.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// The most lines that a Rust file may have.
pub const MOST_LINES: usize = 450;

/// Every file under `folder` with the extension, sorted. Hidden folders, and folders marked as caches as
/// cargo marks its target folder, are left out.
///
/// # Errors
///
/// Where a folder cannot be read.
pub fn files(folder: &Path, extension: &str) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let path = entry.path();
            if entry.file_type()?.is_dir() {
                if !is_left_out(&path) {
                    open.push(path);
                }
            } else if path.extension().is_some_and(|found| found == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

fn is_left_out(folder: &Path) -> bool {
    let hidden = folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
    let fetched = folder.ends_with("node_modules");
    hidden || fetched || folder.ends_with("target") || folder.join("CACHEDIR.TAG").exists()
}

/// A complaint where a Rust file is longer than [`MOST_LINES`].
#[must_use]
pub fn too_long(file: &str, text: &str) -> Option<String> {
    let lines = text.lines().count();
    (lines > MOST_LINES).then(|| {
        format!(
            "{file}: {lines} lines; {MOST_LINES} is the most, and 150 the rule. Split it by what its parts are about."
        )
    })
}

/// Complaints where a file of a crate that computes money names a type of floating-point number.
#[must_use]
pub fn floats(file: &str, text: &str) -> Vec<String> {
    let is_float =
        |line: &str| line.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|word| matches!(word, "f32" | "f64"));
    let numbered = (1..).zip(text.lines()).filter(|(_, line)| is_float(line));
    numbered
        .map(|(number, _)| format!("{file}:{number}: a float. Money is exact: use Taka, Rate or Decimal."))
        .collect()
}
