//! What cannot be is said before anything runs.

use vextrus_domain::signature::KeyPair;
use vextrus_platform::Config;
use vextrus_platform::config::AuditConfig;
use vextrus_sealer::Sealer;

use crate::folder::configured;

#[test]
fn nothing_is_sealed_without_a_key() {
    let defaults = Config::layered(None, |_| None).unwrap().audit;
    assert!(Sealer::configured(&defaults).unwrap().is_none());
    assert_eq!(defaults.officer_roles().unwrap(), ["nbr_officer".parse().unwrap()]);
}

#[test]
fn what_is_wrong_is_named() {
    let root = tempfile::tempdir().unwrap();
    let right = configured(root.path());
    let error = |config: &AuditConfig| Sealer::configured(config).unwrap_err().to_string();
    let gone = AuditConfig { key_file: root.path().join("none"), ..right.clone() };
    assert!(error(&gone).contains("set audit.key_file to a readable file"), "{}", error(&gone));
    let slow = AuditConfig { seal_every_millis: 10_001, ..right.clone() };
    assert!(error(&slow).contains("audit.seal_every_millis is 10001; give 1 to 10000"), "{}", error(&slow));
    let other = AuditConfig { accepted_keys: KeyPair::from_seed(&[9; 32]).public_text(), ..right.clone() };
    assert!(error(&other).contains("audit.accepted_keys does not hold the public key"), "{}", error(&other));
    for export in ["checkpoints", "ftp://there/x", "s3:///x", "file://host/x"] {
        let config = AuditConfig { export: export.to_owned(), ..right.clone() };
        assert!(error(&config).contains("is no place for files"), "{export}: {}", error(&config));
    }
    let roles = AuditConfig { officer_roles: "NBR Officer".to_owned(), ..right };
    assert!(roles.officer_roles().unwrap_err().to_string().contains("audit.officer_roles: \"NBR Officer\""));
}
