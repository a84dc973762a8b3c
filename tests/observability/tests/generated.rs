//! What is committed in `deploy/observability` is what its sources say, and asks for nothing that is not exported.
#![cfg(test)]

use std::collections::BTreeSet;

use vextrus_tests_observability::alerts::Alerts;
use vextrus_tests_observability::catalogue::Catalogue;
use vextrus_tests_observability::dashboards::{self, Dashboard};
use vextrus_tests_observability::{collector, folder, read, root};

/// Holds a committed file to its source, or writes it where that is asked for.
fn hold(name: &str, made: &str) {
    if std::env::var_os("VEXTRUS_WRITE_GOLDEN").is_some() {
        std::fs::write(folder().join(name), made).unwrap();
        return;
    }
    let committed = read(name).unwrap_or_default();
    assert!(
        committed == made,
        "deploy/observability/{name} is not what its source says: VEXTRUS_WRITE_GOLDEN=1 cargo test -p vextrus-tests-observability"
    );
}

#[test]
fn dashboards_ask_for_what_is_exported() {
    let catalogue = Catalogue::read().unwrap();
    for name in dashboards::ALL {
        let dashboard = Dashboard::read(name).unwrap();
        for panel in dashboard.panels() {
            for query in panel.queries() {
                catalogue.check(&query.expr).unwrap_or_else(|e| panic!("{name}, {}: {e:#}", panel.title));
            }
        }
        hold(&format!("dashboards/{name}.json"), &dashboard.json().unwrap());
    }
}

#[test]
fn alerts_ask_for_what_is_exported_and_have_their_runbooks() {
    let catalogue = Catalogue::read().unwrap();
    let alerts = Alerts::read().unwrap();
    let mut named = BTreeSet::new();
    for alert in &alerts.all {
        catalogue.check(&alert.expr).unwrap_or_else(|e| panic!("{}: {e:#}", alert.name));
        assert!(named.insert(&alert.name), "{} stands twice", alert.name);
    }
    hold("rules/vextrus.yaml", &alerts.yaml(false).unwrap());
    let pages: BTreeSet<String> = alerts.all.iter().map(|alert| format!("{}.md", alert.runbook)).collect();
    for entry in std::fs::read_dir(root().join("docs/runbooks")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(pages.contains(&name), "docs/runbooks/{name} is of no alert");
    }
}

#[test]
fn every_metric_of_ours_is_looked_at() {
    let catalogue = Catalogue::read().unwrap();
    let mut asked = BTreeSet::new();
    for name in dashboards::ALL {
        let dashboard = Dashboard::read(name).unwrap();
        let queries = dashboard.panels().flat_map(|panel| panel.queries()).collect::<Vec<_>>();
        asked.extend(queries.iter().flat_map(|query| catalogue.check(&query.expr).unwrap()));
    }
    for alert in Alerts::read().unwrap().all {
        asked.extend(catalogue.check(&alert.expr).unwrap());
    }
    let is_asked = |name: &&String| asked.iter().any(|series| series.starts_with(name.as_str()));
    let nobody: Vec<_> = catalogue.ours().iter().filter(|name| !is_asked(name)).collect();
    assert!(nobody.is_empty(), "no panel and no alert asks for {nobody:?}");
}

#[test]
fn what_is_not_exported_is_found() {
    let catalogue = Catalogue::read().unwrap();
    for (bad, why) in [
        ("sum(vextrus_nothing)", "vextrus_nothing is not exported"),
        ("sum by (tenant) (vextrus_refusals_total)", "it groups by"),
        ("vextrus_refusals_total{tenant=\"x\"}", "has no label tenant"),
        ("rate(vextrus_refusals_total)", "expected type matrix"),
        (
            "histogram_quantile(0.9, sum by (rpc_method) (rate(rpc_server_call_duration_seconds_bucket[5m])))",
            "without le",
        ),
    ] {
        let error = format!("{:#}", catalogue.check(bad).unwrap_err());
        assert!(error.contains(why), "{bad}: {error}");
    }
}

#[test]
fn the_collector_would_start() {
    let config = read("otel-collector.yaml").unwrap();
    assert_eq!(collector::faults(&config).unwrap(), Vec::<String>::new());
    for (change, to, why) in [
        (
            "spike_limit_percentage: 20",
            "spike_limit_percentage: 80",
            "memSpikeLimit must be smaller than memAllocLimit",
        ),
        ("limit_percentage: 80\n", "\n", "memAllocLimit or memLimitPercentage must be greater than zero"),
        ("exporters: [otlp/traces]", "exporters: [otlp/jaeger]", "names otlp/jaeger, which is not among the exporters"),
        ("[memory_limiter, attributes, batch]", "[batch, memory_limiter, attributes]", "must be the first processor"),
        (
            "[memory_limiter, attributes, batch]",
            "[memory_limiter, batch]",
            "attributes of processors is in no pipeline",
        ),
    ] {
        assert!(config.contains(change), "{change}");
        let faults = collector::faults(&config.replace(change, to)).unwrap();
        assert!(faults.iter().any(|fault| fault.contains(why)), "{why}: {faults:?}");
    }
}

#[test]
fn nothing_is_asked_of_localhost() {
    for name in ["prometheus.yaml", "alertmanager.yaml", "otel-collector.yaml", "grafana/datasources.yaml"] {
        let text = read(name).unwrap();
        assert!(!text.contains("localhost") && !text.contains("127.0.0.1"), "{name}");
    }
}
