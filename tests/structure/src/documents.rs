//! Links in Markdown.

use std::path::Path;

/// A link to a file.
#[derive(Debug, PartialEq, Eq)]
pub struct Link {
    /// Counted from 1.
    pub line: usize,
    /// The path as written, without its `#fragment`.
    pub path: String,
}

/// The links to local files in a Markdown text: inline links, images and reference definitions. What
/// stands in code is no link.
#[must_use]
pub fn local_links(text: &str) -> Vec<Link> {
    let mut found = Vec::new();
    let mut fence: Option<&str> = None;
    for (number, line) in text.lines().enumerate() {
        let start = line.trim_start();
        let mark = ["```", "~~~"].into_iter().find(|mark| start.starts_with(mark));
        match (fence, mark) {
            (Some(open), Some(mark)) if open == mark => fence = None,
            (None, Some(mark)) => fence = Some(mark),
            _ => {}
        }
        if fence.is_some() || mark.is_some() {
            continue;
        }
        let line = without_code(line);
        let paths = targets(&line).into_iter().filter_map(local_path);
        found.extend(paths.map(|path| Link { line: number + 1, path }));
    }
    found
}

/// The line with its code spans taken out.
fn without_code(line: &str) -> String {
    let mut kept = String::new();
    let mut rest = line;
    while let Some(start) = rest.find('`') {
        let ticks = rest[start..].len() - rest[start..].trim_start_matches('`').len();
        let mark = &rest[start..start + ticks];
        let after = &rest[start + ticks..];
        let Some(end) = after.find(mark) else { break };
        kept.push_str(&rest[..start]);
        rest = &after[end + ticks..];
    }
    kept + rest
}

fn targets(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let definition = line.trim_start().strip_prefix('[').and_then(|rest| rest.split_once("]:"));
    if let Some((label, target)) = definition
        && !label.contains(']')
    {
        found.push(target);
    }
    let mut rest = line;
    while let Some(start) = rest.find("](") {
        rest = &rest[start + 2..];
        found.push(&rest[..closing(rest)]);
    }
    found
}

/// Where the bracket closes that was open before `text`.
fn closing(text: &str) -> usize {
    let mut depth = 1_usize;
    for (at, character) in text.char_indices() {
        match character {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

/// The path in a link's target, or none where it leads elsewhere or within the page.
fn local_path(target: &str) -> Option<String> {
    let target = target.trim();
    let target = match target.strip_prefix('<').and_then(|rest| rest.split_once('>')) {
        Some((inner, _)) => inner,
        // A title may follow the path.
        None => target.split_whitespace().next().unwrap_or_default(),
    };
    let scheme = target.split_once(':').map(|(scheme, _)| scheme);
    let elsewhere = target.starts_with("//") || scheme.is_some_and(|scheme| !scheme.contains(['/', '#', '.']));
    let path = target.split('#').next().unwrap_or_default();
    (!elsewhere && !path.is_empty()).then(|| path.replace("%20", " "))
}

/// A complaint for each link in `text` that leads to no file. `file` is its path from `root`.
#[must_use]
pub fn broken_links(root: &Path, file: &Path, text: &str) -> Vec<String> {
    let folder = root.join(file);
    let folder = folder.parent().unwrap_or(root);
    let mut complaints = Vec::new();
    for link in local_links(text) {
        // A path that begins with a slash counts from the root of the repository.
        let target = match link.path.strip_prefix('/') {
            Some(path) => root.join(path),
            None => folder.join(&link.path),
        };
        if !target.exists() {
            complaints.push(format!(
                "{}:{}: the link to `{}` leads nowhere. Correct the path or remove the link.",
                file.display(),
                link.line,
                link.path,
            ));
        }
    }
    complaints
}
