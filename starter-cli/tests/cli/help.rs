//! The command line as such.

use clap::CommandFactory as _;

use crate::program::{run, vextrus};

#[test]
fn the_command_line_is_consistent() {
    vextrus_starter_cli::Options::command().debug_assert();
}

/// The subcommands that a help page lists.
fn listed(page: &str) -> Vec<String> {
    let section = page.split("\nCommands:\n").nth(1).unwrap_or_default();
    let lines = section.lines().take_while(|line| !line.trim().is_empty());
    // A name is indented by two; what it does may go on in the next line, indented by more.
    let names = lines.filter(|line| !line[2..].starts_with(' ')).filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").map(str::to_owned).collect()
}

#[test]
fn every_help_page_renders() {
    let mut pages = vec![Vec::<String>::new()];
    let mut next = 0;
    while let Some(path) = pages.get(next).cloned() {
        let mut args: Vec<&str> = path.iter().map(String::as_str).collect();
        args.push("--help");
        let page = run(vextrus(&args)).ok();
        assert!(page.contains("Usage: vextrus") && page.contains("--help"), "{path:?}: {page}");
        assert!(!page.trim_start().starts_with("Usage"), "{path:?} does not say what it is for");
        pages.extend(listed(&page).into_iter().map(|name| [path.clone(), vec![name]].concat()));
        next += 1;
    }
    let names: Vec<String> = pages.iter().map(|path| path.join(" ")).collect();
    let some = ["invoice submit", "invoice watch", "inbox", "ledger check", "dev", "demo"];
    let rules = ["rules check", "rules list", "rules diff", "rules propose", "rules activate"];
    for name in some.into_iter().chain(rules) {
        assert!(names.iter().any(|n| n == name), "{name} is not listed: {names:?}");
    }
    let all = run(vextrus(&["--help"])).ok();
    assert!(
        all.contains("Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not found, 4 refused, 5 unavailable"),
        "{all}"
    );
    assert!(run(vextrus(&["--version"])).ok().starts_with("vextrus "));
}

#[test]
fn wrong_usage_exits_with_2() {
    let cases: [(&[&str], &str); 17] = [
        (&["frobnicate"], "frobnicate"),
        (&[], "Usage"),
        (&["invoice"], "Usage"),
        (&["invoice", "pay"], "pay"),
        (&["invoice", "reject", "x"], "--reason"),
        (&["inbox", "-o", "yaml"], "yaml"),
        (&["inbox", "--as", "a", "--token-file", "b"], "--token-file"),
        (&["rules", "check", "weather", "x.toml"], "weather"),
        (&["rules", "propose", "tax", "x.toml", "--tenant", "a", "--by", "farida"], "--reason"),
        (&["rules", "propose", "tax", "x.toml", "--tenant", "a", "--reason", "r"], "--by"),
        (&["rules", "activate", "0", "--tenant", "a", "--by", "tanvir"], "0 is not in 1.."),
        (&["rules", "activate", "1", "--tenant", "a", "--by", "no person"], "is not a person id"),
        (&["rules", "diff", "--tenant", "a"], "--proposal"),
        (&["rules", "diff", "tax", "--tenant", "a"], "FILE"),
        (&["rules", "diff", "tax", "x.toml", "--proposal", "1", "--tenant", "a"], "--proposal"),
        (&["rules", "list"], "--tenant"),
        (&["ledger", "check"], "--tenant"),
    ];
    for (args, said) in cases {
        run(vextrus(args)).fails(2, said);
    }
}
