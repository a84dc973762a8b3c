//! What is made before the first worker starts: the namespace, its search attributes, the ledger's tables.

use serde_json::json;
use vextrus_temporal::{DevServer, DevServerOptions, search_attributes};

use crate::fleet::Site;

#[tokio::test(flavor = "multi_thread")]
async fn a_namespace_its_attributes_and_the_tables_are_made_once_and_found_again() {
    let server = DevServer::start(DevServerOptions::default()).await.unwrap();
    let site = Site::new(&server.address);
    let run = |verb: &str| site.at_temporal(&["namespace", verb, "--namespace", "fresh", "-o", "json"]);
    // It would be another one that is changed.
    site.operate(&["namespace", "ensure", "--namespace", "fresh"]).fails(2, "set TEMPORAL_NAMESPACE=fresh");

    let made = json!({"namespace": "fresh", "change": "created", "retention_days": 30, "was_days": null});
    assert_eq!(run("ensure").json(), made);
    let found = json!({"namespace": "fresh", "change": "unchanged", "retention_days": 30, "was_days": null});
    assert_eq!(run("ensure").json(), found);

    let names = search_attributes::ALL.map(|(name, _)| name);
    assert_eq!(run("ensure-attributes").json(), json!({"namespace": "fresh", "added": names}));
    assert_eq!(run("ensure-attributes").json(), json!({"namespace": "fresh", "added": []}));

    let migrated = site.operate(&["ledger", "migrate", "-o", "json"]).json();
    assert!(migrated["tables"].as_i64().is_some_and(|tables| tables > 0), "{migrated}");
    assert_eq!(site.operate(&["ledger", "migrate", "-o", "json"]).json(), migrated);
    server.shutdown().await.unwrap();
}
