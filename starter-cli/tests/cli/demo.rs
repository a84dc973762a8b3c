//! The demonstration.

use std::collections::BTreeMap;
use std::path::Path;

use crate::program::{Program, listens, run, until, until_gone, vextrus};

/// Where the demonstration says that Temporal's UI is.
fn ui(out: &str) -> String {
    let line = out.lines().find_map(|line| line.strip_prefix("Temporal UI: http://")).unwrap();
    line.split('/').next().unwrap().to_owned()
}

/// Waits until the first invoice is on the stage.
fn begun(program: &mut Program) -> (String, Vec<u32>) {
    until("the first scene begins", || (program.out().contains("=== 1.") || program.has_ended()).then_some(()));
    let children = program.descendants();
    assert!(!children.is_empty() || !Path::new("/proc/self").exists(), "Temporal is a child: {}", program.err());
    (ui(&program.out()), children)
}

#[test]
fn it_plays_to_its_end_and_leaves_nothing() {
    let mut program = Program::start(vextrus(&["demo"]), "");
    let (ui, children) = begun(&mut program);
    let ran = program.wait().exits(0);
    let mut scenes = BTreeMap::new();
    for line in ran.out.lines().filter_map(|l| l.strip_prefix("=== ")) {
        *scenes.entry(line.split(' ').next().unwrap()).or_insert(0) += 1;
    }
    let expected: BTreeMap<&str, i32> =
        ["1.", "2.", "3.", "4.", "5.", "6.", "7.", "8.", "9.", "10.", "11.", "the"].map(|scene| (scene, 1)).into();
    assert_eq!(scenes, expected, "{ran:#?}");
    assert!(ran.out.contains("shirin is asked for karim") && ran.out.contains("shirin approves for karim"), "{ran:#?}");
    assert!(ran.out.contains("receipt 2 on PO-") && ran.out.contains("order, receipts and bill match"), "{ran:#?}");
    assert!(ran.out.contains("create-user-account          a system: account emp-0042 1"), "{ran:#?}");
    assert!(ran.out.contains("undo-create-user-account     a system: account emp-0043 1"), "{ran:#?}");
    assert!(ran.out.contains("every hash and link verified"), "{ran:#?}");
    assert!(ran.out.contains("books: budgets, postings, instructions, obligations and numbers agree"), "{ran:#?}");
    assert!(!listens(&ui), "{ui}");
    until_gone(&children);
}

#[test]
fn it_can_be_interrupted() {
    let mut program = Program::start(vextrus(&["demo"]), "");
    let (ui, children) = begun(&mut program);
    let ran = program.terminate().exits(1);
    assert!(ran.err.contains("stopped before its end"), "{ran:#?}");
    assert!(!listens(&ui), "{ui}");
    until_gone(&children);
}

#[test]
fn it_keeps_a_session_when_told_to() {
    let folder = tempfile::tempdir().unwrap();
    let session = folder.path().join("session.json");
    let program = Program::start(vextrus(&["demo", "--keep", "--session", session.to_str().unwrap()]), "");
    until("it stays up", || (program.out().contains("everything stays up") && session.exists()).then_some(()));
    let children = program.descendants();
    until("the session can be used", || {
        let mut command = vextrus(&["--as", "nasrin", "inbox"]);
        command.env("VEXTRUS_SESSION", &session);
        (run(command).code == Some(0)).then_some(())
    });
    program.terminate().exits(0);
    assert!(!session.exists());
    until_gone(&children);
}

#[test]
fn elsewhere_it_says_where_to_run_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = vextrus(&["demo"]);
    command.current_dir(folder.path());
    let ran = run(command).exits(1);
    assert!(ran.err.contains("repository's folder"), "{ran:#?}");
}
