//! Each rule bites on something planted, and says what and where it is.
#![cfg(test)]

use std::{fs, path::Path};

use vextrus_tests_structure::{
    clippy,
    documents::{Link, broken_links, local_links},
    manifest::Workspace,
    none,
    rooms::Rooms,
    rules, tree,
};

const ROOT: &str = r#"
    [workspace]
    members = ["domain", "activities/ledger", "worker", "tests/e2e"]
    [workspace.dependencies]
    vextrus-domain = { path = "domain" }
    vextrus-ledger = { path = "activities/ledger" }
    vextrus-worker = { path = "worker" }
    vextrus-tests-e2e = { path = "tests/e2e" }
    serde = "1"
    runtime = { package = "tokio", version = "1" }
    [workspace.lints.rust]
    unsafe_code = "forbid"
"#;

const TABLE: &str = r#"
    kind.pure = { may_not_use = ["tokio", "temporalio-*"], reason = "no runtime" }
    [[room]]
    path = "domain"
    kind = "pure"
    uses = []
    [[room]]
    path = "activities/ledger"
    uses = ["domain"]
    [[room]]
    path = "worker"
    uses = ["domain", "activities/ledger"]
"#;

fn member(package: &str, dependencies: &str) -> String {
    format!("[package]\nname = \"{package}\"\n[lints]\nworkspace = true\n{dependencies}")
}

/// A workspace without fault, but for the manifest of one member.
fn with(path: &str, manifest: &str) -> anyhow::Result<Workspace> {
    Workspace::read(|file| {
        Ok(match file {
            "Cargo.toml" => ROOT.to_owned(),
            _ if file == format!("{path}/Cargo.toml") => manifest.to_owned(),
            "domain/Cargo.toml" => member("vextrus-domain", ""),
            "activities/ledger/Cargo.toml" => member("vextrus-ledger", "[dependencies]\nserde.workspace = true"),
            "worker/Cargo.toml" => member("vextrus-worker", "[dependencies]\nvextrus-ledger.workspace = true"),
            _ => member(
                "vextrus-tests-e2e",
                "[dependencies]\nvextrus-worker.workspace = true\nvextrus-domain.workspace = true",
            ),
        })
    })
}

fn table() -> anyhow::Result<Rooms> {
    Rooms::parse(TABLE)
}

#[track_caller]
fn one(complaints: &[String], parts: &[&str]) {
    assert_eq!(complaints.len(), 1, "{complaints:#?}");
    for part in parts {
        assert!(complaints[0].contains(part), "`{part}` is not in: {}", complaints[0]);
    }
}

#[test]
fn a_workspace_without_fault_passes() -> anyhow::Result<()> {
    let workspace = with("none", "")?;
    none(&rules::table_is_complete(&workspace, &table()?))?;
    none(&rules::uses_are_allowed(&workspace, &table()?))?;
    none(&rules::kinds_are_kept(&workspace, &table()?))?;
    none(&rules::versions_stand_in_one_place(&workspace))?;
    none(&rules::lints_are_shared(&workspace))?;
    none(&rules::names_follow_paths(&workspace))
}

#[test]
fn a_use_against_the_table_is_found_in_every_sort_of_table() -> anyhow::Result<()> {
    for sort in ["dependencies", "dev-dependencies", "build-dependencies", "target.'cfg(unix)'.dependencies"] {
        let workspace =
            with("domain", &member("vextrus-domain", &format!("[{sort}]\nvextrus-ledger.workspace = true")))?;
        let complaints = rules::uses_are_allowed(&workspace, &table()?);
        one(
            &complaints,
            &["domain/Cargo.toml", sort, "vextrus-ledger", "`domain` may not use `activities/ledger`", "no room"],
        );
    }
    Ok(())
}

#[test]
fn only_the_tests_of_a_room_may_use_a_test() -> anyhow::Result<()> {
    let using = |sort| {
        with("worker", &member("vextrus-worker", &format!("[{sort}]\nvextrus-tests-e2e.workspace = true")))
            .and_then(|workspace| Ok(rules::uses_are_allowed(&workspace, &table()?)))
    };
    for sort in ["dependencies", "build-dependencies", "target.'cfg(unix)'.dependencies"] {
        one(&using(sort)?, &["worker/Cargo.toml", sort, "tests/e2e"]);
    }
    for sort in ["dev-dependencies", "target.'cfg(unix)'.dev-dependencies"] {
        none(&using(sort)?)?;
    }
    Ok(())
}

#[test]
fn a_banned_package_is_found_by_pattern_and_behind_another_name() -> anyhow::Result<()> {
    for entry in
        ["temporalio-sdk = \"1\"", "runtime.workspace = true", "other = { package = \"tokio\", version = \"1\" }"]
    {
        let workspace = with("domain", &member("vextrus-domain", &format!("[dev-dependencies]\n{entry}")))?;
        one(&rules::kinds_are_kept(&workspace, &table()?), &["domain/Cargo.toml", "[dev-dependencies]", "no runtime"]);
    }
    let workspace = with("domain", &member("vextrus-domain", "[dependencies]\ntokio-like = \"1\""))?;
    none(&rules::kinds_are_kept(&workspace, &table()?))
}

#[test]
fn a_room_that_is_missing_on_either_side_is_found() -> anyhow::Result<()> {
    let (shorter, _) = TABLE.split_at(TABLE.rfind("[[room]]").unwrap_or_default());
    one(&rules::table_is_complete(&with("none", "")?, &Rooms::parse(shorter)?), &["`worker` is a member", "[[room]]"]);
    let longer = format!("{TABLE}\n[[room]]\npath = \"cellar\"\nuses = []");
    one(&rules::table_is_complete(&with("none", "")?, &Rooms::parse(&longer)?), &["room `cellar` is no member"]);
    Ok(())
}

#[test]
fn a_table_that_contradicts_itself_is_refused() {
    for (text, part) in [
        ("[[room]]\npath = \"a\"\nuses = [\"b\"]", "uses `b`"),
        ("[[room]]\npath = \"a\"\nuses = []\n[[room]]\npath = \"a\"\nuses = []", "stands twice"),
        ("[[room]]\npath = \"a\"\nkind = \"odd\"\nuses = []", "kind `odd`"),
        ("[[room]]\npath = \"a\"\nuse = []", "unknown field"),
    ] {
        let error = Rooms::parse(text).expect_err(text).to_string();
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn a_version_beside_the_one_table_is_found() -> anyhow::Result<()> {
    for entry in ["serde = \"1\"", "serde = { version = \"1\" }", "vextrus-domain = { path = \"../domain\" }"] {
        let workspace = with("worker", &member("vextrus-worker", &format!("[dependencies]\n{entry}")))?;
        one(&rules::versions_stand_in_one_place(&workspace), &["worker/Cargo.toml", "[workspace.dependencies]"]);
    }
    Ok(())
}

#[test]
fn an_unused_version_is_found() -> anyhow::Result<()> {
    let complaints = rules::no_version_is_left_over(&with("none", "")?);
    assert_eq!(complaints.len(), 2, "{complaints:#?}");
    assert!(complaints[0].contains(" runtime:") && complaints[1].contains(" vextrus-tests-e2e:"), "{complaints:#?}");
    Ok(())
}

#[test]
fn lints_that_are_not_shared_are_found() -> anyhow::Result<()> {
    let workspace = with("worker", "[package]\nname = \"vextrus-worker\"")?;
    one(&rules::lints_are_shared(&workspace), &["worker/Cargo.toml", "workspace = true"]);
    let lax = Workspace { unsafe_code: Some("deny".to_owned()), ..Workspace::default() };
    one(&rules::lints_are_shared(&lax), &["unsafe_code = \"forbid\""]);
    Ok(())
}

#[test]
fn a_name_that_is_not_the_path_is_found() -> anyhow::Result<()> {
    one(
        &rules::names_follow_paths(&with("worker", &member("vextrus-runner", ""))?),
        &["`vextrus-runner`", "`vextrus-worker`"],
    );
    one(&rules::names_follow_paths(&with("tests/e2e", &member("vextrus-e2e", ""))?), &["`vextrus-tests-e2e`"]);
    Ok(())
}

#[test]
fn a_key_of_clippy_that_is_not_repeated_is_found() -> anyhow::Result<()> {
    let root = "a = true\nb = 70";
    none(&clippy::keys_not_repeated(root, "near", "c = 1\nb = 70\na = true")?)?;
    one(&clippy::keys_not_repeated(root, "near", "a = true\nb = 71")?, &["near", "b = 70"]);
    Ok(())
}

#[test]
fn a_file_is_too_long_from_the_line_after_the_limit() {
    assert_eq!(tree::too_long("a.rs", &"\n".repeat(tree::MOST_LINES)), None);
    assert!(
        tree::too_long("a.rs", &"\n".repeat(tree::MOST_LINES + 1)).is_some_and(|text| text.starts_with("a.rs: 451"))
    );
}

#[test]
fn a_float_is_found_by_its_line() {
    assert_eq!(tree::floats("a.rs", "let buf64 = 1;\n// half64\n"), Vec::<String>::new());
    let found = tree::floats("a.rs", "use x;\nfn share(of: f64) {}\n");
    assert!(found.len() == 1 && found[0].starts_with("a.rs:2: a float"), "{found:?}");
}

#[test]
fn links_are_found_and_code_is_not_read() {
    let text = "\
See [one](a.md), [two](b/c.md#part \"title\") and ![image](<d e.png>).
Not [this](https://example.org/x.md), [that](mailto:a@example.org), [here](#part) nor `[code](x.md)`.
```
[fenced](y.md)
```
Brackets [in](f(1).md), space [in](g%20h.md).
[reference]: ../i.md
";
    let found: Vec<_> = local_links(text).into_iter().map(|Link { line, path }| (line, path)).collect();
    let expected = [(1, "a.md"), (1, "b/c.md"), (1, "d e.png"), (6, "f(1).md"), (6, "g h.md"), (7, "../i.md")];
    assert_eq!(found, expected.map(|(line, path)| (line, path.to_owned())));
}

#[test]
fn a_link_that_leads_nowhere_is_found() -> anyhow::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = "[up](../Cargo.toml) [root](/src/lib.rs) [folder](.)\n[gone](gone.md)";
    one(&broken_links(root, Path::new("src/page.md"), text), &["src/page.md:2", "`gone.md`"]);
    Ok(())
}

#[test]
fn the_tree_leaves_out_caches_and_hidden_folders() -> anyhow::Result<()> {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("tree");
    for folder in ["src", "build", ".hidden", "target", "node_modules"] {
        fs::create_dir_all(root.join(folder))?;
        fs::write(root.join(folder).join("a.rs"), "")?;
    }
    fs::write(root.join("build/CACHEDIR.TAG"), "")?;
    assert_eq!(tree::files(&root, "rs")?, [root.join("src/a.rs")]);
    Ok(())
}
