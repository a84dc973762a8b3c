//! How people and vendors are written to.

use vextrus_domain::{Contact, Lang, Party};
use vextrus_ledger::audit::{self, TENANT_CHAIN};
use vextrus_ledger::masterdata::{self, Company};
use vextrus_tests_support::company::{Acme, company, id};
use vextrus_tests_support::on_both;

use super::{MAIL, add, lease, spread};

on_both![
    a_contact_is_set_changed_and_forgotten,
    an_address_is_nowhere_else,
    what_is_no_address_is_refused_without_repeating_it,
];

fn contact(email: Option<&str>, lang: Lang) -> Contact {
    Contact { who: Party::Person(id("rina")), email: email.map(str::to_owned), lang }
}

async fn import(acme: &Acme, contact: Contact) -> Result<(), vextrus_ledger::LedgerError> {
    let mut tx = acme.begin().await.unwrap();
    masterdata::import(&mut tx, &Company { contacts: vec![contact], ..company("acme") }, "controller").await?;
    tx.commit().await
}

async fn a_contact_is_set_changed_and_forgotten(acme: &Acme) {
    add(acme, "d-1", &["one"]).await;
    spread(acme, &[MAIL]).await;
    for (given, found) in [
        (contact(Some("rina@example.com"), Lang::Bn), Some(("rina@example.com", "bn"))),
        (contact(Some("r.khan@example.com"), Lang::En), Some(("r.khan@example.com", "en"))),
        (contact(None, Lang::En), None),
        (contact(None, Lang::En), None),
    ] {
        import(acme, given).await.unwrap();
        // What is stored when it is sent counts, not when it happened.
        let leased = lease(acme, &MAIL, 10).await;
        let letter = &leased.lanes[0].1[0].letter;
        assert_eq!(letter.email.as_deref().zip(letter.lang.as_deref()), found);
        super::finish(acme, &leased, &super::worked(&leased, &super::later(0))).await;
    }
}

async fn an_address_is_nowhere_else(acme: &Acme) {
    let trail = async || {
        let mut tx = acme.read().await.unwrap();
        let entries = audit::read_chain(&mut tx, &id("acme"), TENANT_CHAIN).await.unwrap().unwrap();
        entries.last().unwrap().body.clone()
    };
    import(acme, contact(Some("rina@example.com"), Lang::Bn)).await.unwrap();
    let first = trail().await;
    assert_eq!(first["contacts"], 1);
    import(acme, contact(Some("other@example.com"), Lang::Bn)).await.unwrap();
    assert_eq!(trail().await["hash"], first["hash"], "not even its hash is kept for ever");
    assert!(!first.to_string().contains("example.com"));
}

async fn what_is_no_address_is_refused_without_repeating_it(acme: &Acme) {
    let error = import(acme, contact(Some("rina at example"), Lang::En)).await.unwrap_err();
    let said = error.to_string();
    assert!(said.contains("contacts[person/rina].email") && !said.contains("at example"), "{said}");
    assert_eq!(acme.database.raw().await.number("SELECT count(*) FROM contacts").await, 0);
}
