//! docs/versioning.md, followed: its commands, in their order and by a shell, on a real server.

use std::os::unix::fs::symlink;
use std::path::Path;

use vextrus_temporal::{DevServer, DevServerOptions};

use crate::fleet::Site;
use crate::program::{Ran, program, root, run, until};

const PAGE: &str = include_str!("../../../docs/versioning.md");
const MAKEFILE: &str = include_str!("../../../Makefile");

/// The commands of the page; what one continues on another line is one.
fn commands() -> Vec<String> {
    let blocks = PAGE.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let lines = blocks.flat_map(|block| block.lines().map(str::to_owned).collect::<Vec<_>>());
    lines.filter(|line| !line.trim().is_empty()).collect()
}

/// Runs a line of the page, here where it says something of another place or another time.
fn follow(line: &str, temporal: &str, folder: &Path, builds: (&str, &str)) -> Ran {
    let line = line
        .replace("temporal:7233", temporal)
        .replace("$(git rev-parse --short HEAD)", "$NEW")
        .replace("--watch 10m", "--watch 1s");
    let mut shell = program(Path::new("/bin/sh"));
    let ours = Path::new(env!("CARGO_BIN_EXE_vextrus")).parent().unwrap();
    let path = std::env::join_paths([ours, Path::new("/usr/bin"), Path::new("/bin")]).unwrap();
    shell.args(["-ec", &line]).env("PATH", path).current_dir(folder);
    shell.env("TEMPORAL_ADDRESS", temporal).env("TEMPORAL_NAMESPACE", "default");
    shell.env("NEW", builds.0).env("BUILD", builds.0).env("OLD", builds.1);
    run(shell)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_takes_a_change_from_the_gate_to_the_drained_version() {
    let commands = commands();
    let of = |start: &str| commands.iter().filter(|line| line.starts_with(start)).cloned().collect::<Vec<_>>();
    for line in of("make ") {
        let target = line.trim_start_matches("make ").trim();
        assert!(MAKEFILE.contains(&format!("\n{target}: ")), "{line}");
    }
    // Workers are started as the page says, by `worker_as`.
    let workers = of("TEMPORAL_DEPLOYMENT_NAME=");
    assert!(workers.len() == 1 && workers[0].contains(" TEMPORAL_WORKER_BUILD_ID="), "{workers:?}");
    assert!(workers[0].ends_with(" vextrus-worker"), "{workers:?}");
    let (replays, rollouts) = (of("vextrus replay"), of("vextrus rollout"));
    assert_eq!((replays.len(), rollouts.len()), (2, 6), "{commands:#?}");
    assert_eq!(commands.len(), of("make ").len() + 1 + replays.len() + rollouts.len(), "{commands:#?}");

    let server = DevServer::start(DevServerOptions::default()).await.unwrap();
    let site = Site::new(&server.address);
    site.found();
    let folder = tempfile::tempdir().unwrap();
    symlink(root().join("tests"), folder.path().join("tests")).unwrap();
    let histories = root().join("tests/replay/histories/RolloutGate");
    let exported = histories.read_dir().unwrap().next().unwrap().unwrap().path();
    std::fs::copy(exported, folder.path().join("exported.json")).unwrap();
    let follow = |line: &str, builds: (&str, &str)| follow(line, &server.address, folder.path(), builds);

    let first = site.worker_as(Some(("vextrus", "v1")));
    until("it is there", || (follow("vextrus rollout promote v1", ("", "")).code == Some(0)).then_some(()));
    for line in &replays {
        follow(line, ("", "")).exits(0);
    }
    assert!(folder.path().join("replay.xml").exists());
    let second = site.worker_as(Some(("vextrus", "v2")));
    follow(&rollouts[0], ("v2", "v1")).exits(0);
    // By hand, another one.
    let third = site.worker_as(Some(("vextrus", "v3")));
    until("it is there", || (follow(&rollouts[2], ("v3", "v2")).code == Some(0)).then_some(()));
    for line in &rollouts[1..] {
        until(line, || {
            // The server takes few changes of a deployment at a time.
            let ran = follow(line, ("v3", "v2"));
            let busy = ran.err.contains("Please try again later");
            (!busy).then(|| ran.exits(0))
        });
    }
    let told = follow(&rollouts[1], ("v3", "v2")).ok();
    assert!(told.contains("new workflows go to v2") && told.contains("draining"), "{told}");
    for worker in [first, second, third] {
        worker.terminate().exits(0);
    }
    server.shutdown().await.unwrap();
}
