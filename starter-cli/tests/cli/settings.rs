//! What the two servers must be told. deploy/check holds the chart and Compose to the same list.

use std::process::Command;

use serde_json::Value;
use vextrus_temporal::{DevServer, DevServerOptions};

use crate::fleet::{Site, says, sibling};
use crate::program::{Program, program, run};

const REQUIRED: &str = include_str!("../../../deploy/check/required.json");

/// The section and the key of a setting that has this variable.
fn key(variable: &str) -> (String, String) {
    let (section, key) = variable.strip_prefix("VEXTRUS_").unwrap().split_once('_').unwrap();
    (section.to_lowercase(), key.to_lowercase())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_starts_with_what_it_requires_and_not_without() {
    let server = DevServer::start(DevServerOptions::default()).await.unwrap();
    let site = Site::new(&server.address);
    site.operate(&["ledger", "migrate"]).ok();
    let settings: toml::Table = std::fs::read_to_string(site.path("vextrus.toml")).unwrap().parse().unwrap();
    let tell = |command: &mut Command, variable: &str| {
        let (section, key) = key(variable);
        command.env(variable, settings[&section][&key].as_str().unwrap());
    };
    let required: Value = serde_json::from_str(REQUIRED).unwrap();
    for (name, ready) in [("worker", "polling"), ("facade", "gRPC is served")] {
        // Of those that stand for each other, the first.
        let of = |why: &str| -> Vec<&str> {
            let variables = required[name][why].as_array().unwrap();
            variables.iter().map(|v| v.as_str().unwrap().split(" or ").next().unwrap()).collect()
        };
        let needed = of("or it ends");
        let start = |without: &str| {
            let mut command = program(&sibling(&format!("vextrus-{name}")));
            command.env("TEMPORAL_ADDRESS", &server.address).env("VEXTRUS_LOG_FORMAT", "json");
            // It would do without them, and listen where another one does.
            let known = of("or its default is not meant").into_iter().filter(|v| *v != "VEXTRUS_AUDIT_KEY_FILE");
            known.for_each(|v| tell(&mut command, v));
            needed.iter().filter(|v| **v != without).for_each(|v| tell(&mut command, v));
            command
        };
        let mut server = Program::start(start("nothing"), "");
        says(&mut server, ready);
        server.terminate().exits(0);
        for variable in &needed {
            let ended = run(start(variable)).exits(1);
            let (section, key) = key(variable);
            assert!(ended.err.contains(&format!("{section}.{key}")), "without {variable}: {ended:#?}");
        }
    }
    server.shutdown().await.unwrap();
}
