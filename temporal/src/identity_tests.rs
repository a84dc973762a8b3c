#![cfg(test)]

use rcgen::{CertifiedKey as Issued, KeyPair, generate_simple_self_signed};

use super::{Arc, Identity, ResolvesClientCert as _};

fn issued(name: &str) -> Issued<KeyPair> {
    generate_simple_self_signed([name.to_owned()]).unwrap()
}

#[tokio::test]
async fn files_that_are_replaced_count_and_broken_ones_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let (certificate, key) = (at("tls.crt"), at("tls.key"));
    let [old, new] = ["old", "new"].map(issued);
    let shown = |identity: &Arc<Identity>| identity.resolve(&[], &[]).unwrap().cert[0].clone();
    assert!(Identity::of(&certificate, &key).unwrap_err().contains("tls.crt"));
    std::fs::write(&certificate, old.cert.pem()).unwrap();
    std::fs::write(&key, old.signing_key.serialize_pem()).unwrap();
    let identity = Identity::of(&certificate, &key).unwrap();
    assert_eq!(&shown(&identity), old.cert.der());

    // Half of it is there: the key is still that of the old one.
    std::fs::write(&certificate, new.cert.pem()).unwrap();
    identity.read_again();
    assert_eq!(&shown(&identity), old.cert.der());
    std::fs::write(&key, new.signing_key.serialize_pem()).unwrap();
    identity.read_again();
    assert_eq!(&shown(&identity), new.cert.der());

    for broken in ["", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        std::fs::write(&certificate, broken).unwrap();
        identity.read_again();
        assert_eq!(&shown(&identity), new.cert.der(), "{broken:?}");
    }
}
