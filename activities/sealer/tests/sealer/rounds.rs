//! What the other modules need: a ledger with checkpoints.

use vextrus_domain::signature::{AcceptedKeys, KeyPair};
use vextrus_ledger::Ledger;
use vextrus_ledger::audit::exports::{self, Pending};
use vextrus_ledger::audit::seal;
use vextrus_tests_support::company::{ACME, Acme, id, invoice};

pub(crate) fn key() -> KeyPair {
    KeyPair::from_seed(&[3; 32])
}

pub(crate) fn accepted() -> AcceptedKeys {
    AcceptedKeys::from_public_texts([key().public_text().as_str()]).unwrap()
}

/// Two checkpoints.
pub(crate) async fn checkpoints(acme: &Acme) -> Vec<Pending> {
    seal::seal(&acme.ledger(), &id(ACME), &key()).await.unwrap().unwrap();
    acme.claim(&invoice("padma", "INV-1", "100000")).await.unwrap();
    seal::seal(&acme.ledger(), &id(ACME), &key()).await.unwrap().unwrap();
    pending(&acme.ledger()).await
}

pub(crate) async fn pending(ledger: &Ledger) -> Vec<Pending> {
    exports::pending(ledger, "there").await.unwrap()
}
