//! Prometheus's own tools on what is committed.
#![cfg(test)]

use std::process::Command;

use vextrus_tests_observability::folder;
use vextrus_tests_observability::prometheus::program;

fn run(name: &str, args: &[&str]) -> String {
    let mut command = Command::new(program(name).unwrap());
    let done = command.args(args).current_dir(folder()).output().unwrap();
    let [said, why] = [done.stdout, done.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    assert!(done.status.success(), "{name} {args:?}: {said}{why}");
    said
}

#[test]
fn prometheus_reads_its_configuration_and_rules() {
    let said = run("promtool", &["check", "config", "prometheus.yaml"]);
    assert!(said.contains("SUCCESS: 18 rules found"), "{said}");
}

#[test]
fn alerts_wait_for_as_long_as_they_say() {
    run("promtool", &["test", "rules", "rules/vextrus_test.yaml"]);
}

#[test]
fn alerts_go_to_whom_they_should() {
    run("amtool", &["check-config", "alertmanager.yaml"]);
    let routed = |severity: &str| {
        run("amtool", &["config", "routes", "test", "--config.file=alertmanager.yaml", &format!("severity={severity}")])
    };
    assert_eq!(routed("page").trim(), "on-call");
    assert_eq!(routed("ticket").trim(), "tickets");
}
