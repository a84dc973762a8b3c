//! Completions, manual pages and profiles; docs/cli.md says how they are used.

use crate::program::{run, vextrus};
use crate::running::Dev;

const PAGE: &str = include_str!("../../../docs/cli.md");

#[test]
fn shells_and_manuals_are_served() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let text = run(vextrus(&["completions", shell])).ok();
        assert!(text.contains("vextrus") && text.contains("move-start"), "{shell}");
    }
    let folder = tempfile::tempdir().unwrap();
    run(vextrus(&["man", folder.path().to_str().unwrap()])).ok();
    for page in ["vextrus.1", "vextrus-invoice-submit.1", "vextrus-rollout-run.1"] {
        let text = std::fs::read_to_string(folder.path().join(page)).unwrap();
        assert!(text.contains(".TH") && text.contains("SYNOPSIS"), "{page}");
    }
    run(vextrus(&["completions", "csh"])).fails(2, "possible values: bash");
    // What was nearly right is named.
    run(vextrus(&["invoice", "aprove", "x"])).fails(2, "approve");
}

#[test]
fn the_page_lists_every_exit_code() {
    let help = run(vextrus(&["--help"])).ok();
    let codes = help.lines().find_map(|line| line.trim().strip_prefix("Exit codes: ")).unwrap();
    for code in codes.trim_end_matches('.').split(", ") {
        let (number, meaning) = code.split_once(' ').unwrap();
        assert!(PAGE.contains(&format!("| {number} | {meaning} |")), "{code} is not in docs/cli.md");
    }
}

#[test]
fn a_profile_says_where_and_who() {
    let dev = Dev::start(&[]);
    let session = dev.session();
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    std::fs::write(file("rahim.jwt"), session["tokens"]["rahim"].as_str().unwrap()).unwrap();
    let profile = format!(
        "[office]\naddress = {}\ntenant = {}\ntoken_file = {:?}\n",
        session["address"],
        session["tenant"],
        file("rahim.jwt")
    );
    std::fs::write(file("profiles.toml"), profile).unwrap();
    let with = |args: &[&str]| {
        let mut command = vextrus(args);
        command.env("VEXTRUS_PROFILES", file("profiles.toml")).env("VEXTRUS_SESSION", file("none"));
        command
    };
    run(with(&["--profile", "office", "inbox"])).ok();
    // What is said on the command line goes before it.
    run(with(&["--profile", "office", "--tenant", "globex", "inbox"])).fails(3, "there is no tenants/globex");
    run(with(&["--profile", "home", "inbox"])).fails(2, "it has office");
    let mut by_token = with(&["inbox", "--address", session["address"].as_str().unwrap()]);
    by_token.args(["--tenant", session["tenant"].as_str().unwrap()]);
    by_token.env("VEXTRUS_TOKEN", session["tokens"]["rahim"].as_str().unwrap());
    run(by_token).ok();
}
