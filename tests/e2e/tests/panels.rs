//! Every panel has its data of a running fleet that a real Prometheus looks at, and labels have few values.
#![cfg(test)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::net::TcpListener;
use vextrus_tests_e2e::watched::{Watched, until};
use vextrus_tests_observability::alerts::Alerts;
use vextrus_tests_observability::catalogue::{Catalogue, fixed};
use vextrus_tests_observability::dashboards::{self, Dashboard};
use vextrus_tests_observability::prometheus::Prometheus;
use vextrus_tests_observability::read;

/// The most series of one metric that one process may have.
const MOST_SERIES: usize = 200;
/// Those of a histogram: its buckets, for each method and code.
const MOST_OF_A_HISTOGRAM: usize = 1_500;
/// What is exported only once something has gone wrong.
const SELDOM: [&str; 5] = [
    "temporal_activity_execution_failed_total",
    "temporal_workflow_task_execution_failed_total",
    "temporal_sticky_cache_miss_total",
    "temporal_request_failure_total",
    "ALERTS",
];

/// Serves samples of a cluster: counters go up with each look.
async fn cluster() -> String {
    let samples = read("samples/kubernetes.prom").unwrap();
    let looks = Arc::new(AtomicU64::new(0));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let answer = move || {
        let more = looks.fetch_add(1, Ordering::SeqCst);
        let lines = samples.lines().filter(|line| !line.starts_with('#')).map(|line| {
            let (series, value) = line.rsplit_once(' ').unwrap();
            let is_counter = series.split('{').next().unwrap().ends_with("_total");
            let more = if is_counter && !series.contains("restarts") { more } else { 0 };
            let whole: u64 = value.split('.').next().unwrap().parse().unwrap();
            format!("{series} {}\n", whole + more)
        });
        let text: String = lines.collect();
        async move { text }
    };
    let router = axum::Router::new().route("/metrics", axum::routing::get(answer));
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

#[tokio::test(flavor = "multi_thread")]
async fn every_panel_has_data_of_a_fleet_under_load() {
    let fleet = Watched::start().await;
    let mut targets = fleet.targets();
    targets.push(("kubernetes", cluster().await));
    let prometheus = Prometheus::start(&targets, &Alerts::read().unwrap().yaml(true).unwrap()).unwrap();
    until("everything is up", || {
        let up = prometheus.query("up == 1").map_err(|e| e.to_string())?;
        if up.len() == targets.len() { Ok(()) } else { Err(format!("{up:?}")) }
    })
    .await;
    fleet.load(1).await;
    fleet.load(2).await;

    for name in dashboards::ALL {
        let dashboard = Dashboard::read(name).unwrap();
        for panel in dashboard.panels() {
            for query in panel.queries() {
                let expression = fixed(&query.expr);
                until(&format!("{name}, {:?} has data", panel.title), || {
                    let samples = prometheus.query(&expression).map_err(|e| format!("{expression}: {e:#}"))?;
                    let with_value = samples.iter().filter(|sample| sample.value != "NaN").count();
                    if with_value > 0 { Ok(()) } else { Err(format!("{expression}: {samples:?}")) }
                })
                .await;
            }
        }
    }
    // No alert is an error either; nor does one fire of a fleet that is well.
    for alert in Alerts::read().unwrap().all {
        prometheus.query(&alert.expr).unwrap_or_else(|e| panic!("{}: {e:#}", alert.name));
    }
    assert_eq!(prometheus.firing().unwrap(), Vec::<String>::new());
    labels_are_few(&prometheus);
    fleet.stop().await;
}

/// The labels of each metric are those that the catalogue says, and have few values.
fn labels_are_few(prometheus: &Prometheus) {
    let catalogue = Catalogue::read().unwrap();
    let all = prometheus.query("{job=~\"vextrus-.*\"}").unwrap();
    let mut series: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for sample in &all {
        let labels = sample.labels.as_object().unwrap();
        let name = labels["__name__"].as_str().unwrap();
        seen.insert(name.to_owned());
        *series.entry((name.to_owned(), labels["instance"].as_str().unwrap().to_owned())).or_default() += 1;
        let own: BTreeSet<String> =
            labels.keys().filter(|l| !["__name__", "job", "instance"].contains(&l.as_str())).cloned().collect();
        let Some(known) = catalogue.labels(name) else {
            assert!(!name.starts_with("vextrus_"), "{name} is in no list");
            continue;
        };
        assert!(own.is_subset(&known), "{name} has {own:?}, the catalogue says {known:?}");
        if catalogue.ours().contains(name) {
            assert_eq!(own, known, "{name}");
        }
        for value in labels.values().filter_map(|value| value.as_str()) {
            assert!(!value.contains("acme-bd"), "a company is in a label: {labels:?}");
        }
    }
    for ((name, instance), count) in series {
        let most = if name.ends_with("_bucket") { MOST_OF_A_HISTOGRAM } else { MOST_SERIES };
        assert!(count <= most, "{name} of {instance} has {count} series");
    }
    let is_seen = |name: &String| seen.iter().any(|series| series.starts_with(name.as_str()));
    let unseen: Vec<String> = catalogue
        .names()
        .filter(|name| !is_seen(name) && !SELDOM.contains(&name.as_str()) && !name.starts_with("container_"))
        .filter(|name| !name.starts_with("kube"))
        .cloned()
        .collect();
    // No certificate is served here.
    assert_eq!(unseen, ["vextrus_certificate_expiry_timestamp_seconds"], "in the list and not exported");
}
