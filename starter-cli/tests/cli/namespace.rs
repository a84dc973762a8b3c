//! What is made before the first worker starts: the namespace, its search attributes, the ledger's tables.

use std::time::Duration;

use serde_json::json;
use vextrus_temporal::{ConnectOptions, DevServer, DevServerOptions, connect_to, ensure_namespace, search_attributes};

use crate::fleet::Site;

#[tokio::test(flavor = "multi_thread")]
async fn a_namespace_its_attributes_and_the_tables_are_made_once_and_found_again() {
    let server = DevServer::start(DevServerOptions::default()).await.unwrap();
    let site = Site::new(&server.address);
    let run = |verb: &str| site.at_temporal(&["namespace", verb, "--namespace", "fresh", "-o", "json"]);
    // It would be another one that is changed, or asked.
    for verb in [&["namespace", "ensure"][..], &["rollout", "status"], &["replay"]] {
        let named = [verb, &["--namespace", "fresh"]].concat();
        site.operate(&named).fails(2, "set TEMPORAL_NAMESPACE=fresh");
    }

    let made = json!({"namespace": "fresh", "change": "created", "retention_days": 30, "was_days": null});
    assert_eq!(run("ensure").json(), made);
    let found = json!({"namespace": "fresh", "change": "unchanged", "retention_days": 30, "was_days": null});
    assert_eq!(run("ensure").json(), found);

    let client = connect_to(&server.address, "short", ConnectOptions::default()).await.unwrap();
    ensure_namespace(&client, "short", Duration::from_secs(3 * 24 * 60 * 60)).await.unwrap();
    let lengthened = json!({"namespace": "short", "change": "updated", "retention_days": 30, "was_days": 3});
    assert_eq!(site.at_temporal(&["namespace", "ensure", "--namespace", "short", "-o", "json"]).json(), lengthened);

    let nowhere = ["namespace", "ensure-attributes", "--namespace", "nowhere"];
    site.at_temporal(&nowhere).fails(1, "cannot list the search attributes of namespace nowhere");
    let names = search_attributes::ALL.map(|(name, _)| name);
    assert_eq!(run("ensure-attributes").json(), json!({"namespace": "fresh", "added": names}));
    assert_eq!(run("ensure-attributes").json(), json!({"namespace": "fresh", "added": []}));

    let migrated = site.operate(&["ledger", "migrate", "-o", "json"]).json();
    assert!(migrated["tables"].as_i64().is_some_and(|tables| tables > 0), "{migrated}");
    assert_eq!(site.operate(&["ledger", "migrate", "-o", "json"]).json(), migrated);
    server.shutdown().await.unwrap();
}
