//! Checkpoints in a folder, sealed and exported round by round.

use std::path::Path;
use std::time::Duration;

use tokio::sync::watch;
use vextrus_domain::TenantId;
use vextrus_ledger::audit::verify;
use vextrus_platform::Config;
use vextrus_platform::config::AuditConfig;
use vextrus_sealer::{Destination, DestinationError, Round, RoundError, Sealer};
use vextrus_tests_support::company::{ACME, Acme, GLOBEX, id, invoice};
use vextrus_tests_support::on_both;

use crate::rounds::{accepted, key};

on_both![
    each_round_seals_and_takes_out_what_is_new,
    it_goes_on_until_it_is_told_to_stop,
    what_stands_there_already_is_not_written_over,
];

/// A configuration that seals into a folder below `root`.
pub(crate) fn configured(root: &Path) -> AuditConfig {
    let key_file = root.join("audit.key");
    std::fs::write(&key_file, key().to_secret_text()).unwrap();
    AuditConfig {
        key_file,
        accepted_keys: key().public_text(),
        seal_every_millis: 20,
        export: format!("file://{}", root.join("out").display()),
        ..Config::layered(None, |_| None).unwrap().audit
    }
}

fn files(root: &Path, tenant: &str) -> Vec<String> {
    let Ok(found) = std::fs::read_dir(root.join("out").join(tenant)) else { return Vec::new() };
    let mut names: Vec<_> = found.map(|f| f.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

async fn each_round_seals_and_takes_out_what_is_new(acme: &Acme) {
    let root = tempfile::tempdir().unwrap();
    let config = configured(root.path());
    let sealer = Sealer::configured(&config).unwrap().unwrap();
    let ledger = acme.ledger();
    assert_eq!(sealer.round(&ledger).await.unwrap(), Round { sealed: 2, exported: 2 });
    assert_eq!(sealer.round(&ledger).await.unwrap(), Round::default());
    acme.claim(&invoice("padma", "INV-1", "100000")).await.unwrap();
    assert_eq!(sealer.round(&ledger).await.unwrap(), Round { sealed: 1, exported: 1 });
    assert_eq!(files(root.path(), ACME), ["0000000001.json", "0000000002.json"]);
    assert_eq!(files(root.path(), GLOBEX), ["0000000001.json"]);
    // Another place gets all of it.
    let elsewhere = AuditConfig { export: format!("file://{}", root.path().join("other").display()), ..config.clone() };
    let elsewhere = Sealer::configured(&elsewhere).unwrap().unwrap();
    assert_eq!(elsewhere.round(&ledger).await.unwrap(), Round { sealed: 0, exported: 3 });

    let tenant: TenantId = id(ACME);
    let witnesses = Destination::at(&config.export).unwrap().witnesses(&tenant, &accepted()).await.unwrap();
    let mut tx = acme.read().await.unwrap();
    let found = verify::verify(&mut tx, &tenant, &accepted(), &witnesses).await.unwrap();
    assert_eq!((found.problems.as_slice(), found.witnessed), ([].as_slice(), found.entries));
}

async fn it_goes_on_until_it_is_told_to_stop(acme: &Acme) {
    let root = tempfile::tempdir().unwrap();
    let sealer = Sealer::configured(&configured(root.path())).unwrap().unwrap();
    let (stop, stopped) = watch::channel(false);
    let running = tokio::spawn(sealer.run(acme.ledger(), stopped));
    let sealed = async {
        while files(root.path(), ACME).is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), sealed).await.expect("nothing was sealed");
    acme.claim(&invoice("padma", "INV-1", "100000")).await.unwrap();
    stop.send_replace(true);
    running.await.unwrap();
    // What was written before the stop is out.
    assert_eq!(files(root.path(), ACME).len(), 2);
}

async fn what_stands_there_already_is_not_written_over(acme: &Acme) {
    let root = tempfile::tempdir().unwrap();
    let sealer = Sealer::configured(&configured(root.path())).unwrap().unwrap();
    let theirs = root.path().join("out").join(ACME);
    std::fs::create_dir_all(&theirs).unwrap();
    std::fs::write(theirs.join("0000000001.json"), "{}").unwrap();
    let error = sealer.round(&acme.ledger()).await.unwrap_err();
    assert!(matches!(error, RoundError::Destination(DestinationError::Different { .. })), "{error}");
    assert_eq!(std::fs::read_to_string(theirs.join("0000000001.json")).unwrap(), "{}");
    let config = configured(root.path());
    let error = Destination::at(&config.export).unwrap().witnesses(&id(ACME), &accepted()).await.unwrap_err();
    assert!(error.to_string().contains("acme/0000000001.json: not a checkpoint"), "{error}");
}
