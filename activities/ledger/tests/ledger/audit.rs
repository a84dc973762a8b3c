//! A trail that was tampered with does not verify, even when the triggers were taken away first.

use serde_json::json;
use vextrus_domain::DocumentKey;
use vextrus_domain::canonical;
use vextrus_ledger::audit::{self, BrokenChain, Entry, TENANT_CHAIN};
use vextrus_ledger::masterdata::{self, Budget};
use vextrus_tests_support::company::{ACME, Acme, company, id};
use vextrus_tests_support::on_both;
use vextrus_tests_support::raw::Raw;

use crate::books;

on_both![
    entries_are_chained_in_the_order_of_their_writing,
    what_is_rolled_back_leaves_no_entry,
    every_tampering_is_found,
    an_entry_that_is_edited_with_its_hash_breaks_the_next,
    a_chain_does_not_pass_for_another,
    an_import_tells_what_it_changes,
];

/// A document with five entries on its trail.
async fn with_a_trail(acme: &Acme) -> DocumentKey {
    let key = books::claimed(acme, "INV-1").await;
    let mut tx = acme.begin().await.unwrap();
    for (n, kind) in ["two", "three"].into_iter().enumerate() {
        tx.audit(&key, kind, Some(&id("rina")), json!({"n": n}));
    }
    tx.commit().await.unwrap();
    let mut tx = acme.begin().await.unwrap();
    tx.audit_as(&key, "four", Some(&id("rina")), Some(&id("salma")), json!({}));
    tx.audit(&key, "five", None, json!({}));
    tx.commit().await.unwrap();
    key
}

async fn read(acme: &Acme, chain: &str) -> Result<Vec<Entry>, BrokenChain> {
    let mut tx = acme.read().await.unwrap();
    audit::read_chain(&mut tx, &id(ACME), chain).await.unwrap()
}

async fn entries_are_chained_in_the_order_of_their_writing(acme: &Acme) {
    let key = with_a_trail(acme).await;
    let entries = read(acme, key.document.as_str()).await.unwrap();
    let kinds: Vec<&str> = entries.iter().map(|e| e.kind.as_str()).collect();
    assert_eq!(kinds, ["claimed", "two", "three", "four", "five"]);
    for pair in entries.windows(2) {
        assert_eq!(pair[1].prev, canonical::hash(&pair[0]).unwrap());
        assert!(pair[0].at <= pair[1].at);
    }
    let people = (entries[3].actor.as_deref(), entries[3].principal.as_deref());
    assert_eq!(people, (Some("rina"), Some("salma")));
    let tenant: Vec<String> = read(acme, TENANT_CHAIN).await.unwrap().into_iter().map(|e| e.kind).collect();
    let founded = ["rule_activated"; 4];
    assert_eq!(tenant, [&["master_data_imported"][..], &founded].concat());
    let mut tx = acme.read().await.unwrap();
    assert_eq!(audit::chains(&mut tx, &id(ACME)).await.unwrap(), [TENANT_CHAIN, key.document.as_str()]);
}

async fn what_is_rolled_back_leaves_no_entry(acme: &Acme) {
    let key = books::claimed(acme, "INV-1").await;
    for dropped in [true, false] {
        let mut tx = acme.begin().await.unwrap();
        tx.audit(&key, "never", None, json!({}));
        if dropped { drop(tx) } else { tx.rollback().await.unwrap() }
    }
    assert_eq!(acme.trail(&key).await, ["claimed"]);
}

async fn every_tampering_is_found(acme: &Acme) {
    let key = with_a_trail(acme).await;
    let chain = key.document.as_str();
    let mut raw = acme.database.raw().await;
    raw.take_guards_away().await;
    raw.exec("CREATE TABLE kept AS SELECT * FROM audit_entries").await.unwrap();

    let of = |seq: u32| format!("WHERE chain = '{chain}' AND seq = {seq}");
    let copy = |columns: &str, from: u32| {
        format!(
            "INSERT INTO audit_entries (tenant, chain, seq, content, prev_hash, hash)
             SELECT tenant, chain, {columns} FROM kept {}",
            of(from)
        )
    };
    // Entries from `seq` on make room for one more.
    let shift = |seq: u32| {
        [
            format!("UPDATE audit_entries SET seq = seq + 100 WHERE chain = '{chain}' AND seq >= {seq}"),
            format!("UPDATE audit_entries SET seq = seq - 99 WHERE chain = '{chain}' AND seq >= 100"),
        ]
    };
    let swap = |column: &str, a: u32, b: u32| {
        [(a, b), (b, a)].map(|(to, from)| {
            format!("UPDATE audit_entries SET {column} = (SELECT {column} FROM kept {}) {}", of(from), of(to))
        })
    };
    let tamperings: Vec<(&str, Vec<String>)> = vec![
        ("edit", vec![format!("UPDATE audit_entries SET content = replace(content, 'rina', 'omar') {}", of(2))]),
        (
            "edit the last",
            vec![format!("UPDATE audit_entries SET content = replace(content, 'five', 'six') {}", of(5))],
        ),
        ("edit a hash", vec![format!("UPDATE audit_entries SET hash = prev_hash {}", of(3))]),
        ("edit a link", vec![format!("UPDATE audit_entries SET prev_hash = hash {}", of(3))]),
        ("make it unreadable", vec![format!("UPDATE audit_entries SET content = '' {}", of(3))]),
        ("delete the first", vec![format!("DELETE FROM audit_entries {}", of(1))]),
        ("delete in the middle", vec![format!("DELETE FROM audit_entries {}", of(3))]),
        (
            "delete in the middle and close the gap",
            vec![
                format!("DELETE FROM audit_entries {}", of(3)),
                // One by one: in a single statement the database may take them in an order that clashes.
                format!("UPDATE audit_entries SET seq = 3 {}", of(4)),
                format!("UPDATE audit_entries SET seq = 4 {}", of(5)),
            ],
        ),
        ("swap contents", swap("content", 2, 3).to_vec()),
        ("swap whole entries", [swap("content", 2, 3), swap("prev_hash", 2, 3), swap("hash", 2, 3)].concat()),
        ("repeat the last", vec![copy("6, content, prev_hash, hash", 5)]),
        ("repeat the last with a fitting link", vec![copy("6, content, hash, hash", 5)]),
        ("insert in the middle", [shift(3).to_vec(), vec![copy("3, content, prev_hash, hash", 2)]].concat()),
        ("insert before the first", [shift(1).to_vec(), vec![copy("1, content, prev_hash, hash", 5)]].concat()),
        ("leave a gap at the end", vec![copy("7, content, hash, hash", 5)]),
    ];
    for (name, statements) in tamperings {
        for sql in statements {
            assert!(raw.exec(&sql).await.unwrap() > 0, "{name}: {sql}");
        }
        let broken = read(acme, chain).await.expect_err(name);
        assert!(acme.wrong().await.contains(&broken.to_string()), "{name}");
        restore(&mut raw).await;
        assert_eq!(read(acme, chain).await.map(|entries| entries.len()), Ok(5), "{name}, put right again");
    }
}

async fn restore(raw: &mut Raw) {
    raw.exec("DELETE FROM audit_entries").await.unwrap();
    raw.exec("INSERT INTO audit_entries SELECT * FROM kept").await.unwrap();
}

async fn an_entry_that_is_edited_with_its_hash_breaks_the_next(acme: &Acme) {
    let key = with_a_trail(acme).await;
    let mut entry = read(acme, key.document.as_str()).await.unwrap().swap_remove(2);
    entry.actor = Some("omar".to_owned());
    let (content, hash) = (canonical::to_text(&entry).unwrap(), canonical::hash(&entry).unwrap());
    let mut raw = acme.database.raw().await;
    raw.take_guards_away().await;
    let sql = format!(
        "UPDATE audit_entries SET content = '{content}', hash = '{hash}' WHERE chain = '{}' AND seq = 3",
        key.document
    );
    assert_eq!(raw.exec(&sql).await.unwrap(), 1);
    let broken = read(acme, key.document.as_str()).await.unwrap_err();
    assert_eq!((broken.seq, broken.what), (4, "it does not follow the entry before it"));
}

async fn a_chain_does_not_pass_for_another(acme: &Acme) {
    let key = with_a_trail(acme).await;
    let mut raw = acme.database.raw().await;
    for sql in [
        format!(
            "INSERT INTO audit_entries SELECT tenant, 'other', seq, content, prev_hash, hash FROM audit_entries
             WHERE chain = '{}'",
            key.document
        ),
        "INSERT INTO audit_entries SELECT 'acme', 'theirs', seq, content, prev_hash, hash FROM audit_entries
         WHERE tenant = 'globex'"
            .to_owned(),
    ] {
        raw.exec(&sql).await.unwrap();
    }
    for chain in ["other", "theirs"] {
        assert_eq!(read(acme, chain).await.unwrap_err().what, "its content belongs elsewhere", "{chain}");
    }
}

async fn an_import_tells_what_it_changes(acme: &Acme) {
    let mut company = company(ACME);
    let mut tx = acme.begin().await.unwrap();
    masterdata::import(&mut tx, &company, "controller").await.unwrap();
    tx.commit().await.unwrap();
    let same = read(acme, TENANT_CHAIN).await.unwrap().pop().unwrap();
    assert_eq!((same.kind.as_str(), &same.body["changes"]), ("master_data_imported", &json!([])));

    company.vendors[0].tin = "999999999999".to_owned();
    company.people[0].active = false;
    let (vendor, person) = (company.vendors[0].id.to_string(), company.people[0].id.to_string());
    // More than one entry takes.
    let budget = company.budgets[0].clone();
    let more = (0..250).map(|n| Budget { department: id(&format!("shop-{n}")), ..budget.clone() });
    company.budgets.extend(more);
    let mut tx = acme.begin().await.unwrap();
    masterdata::import(&mut tx, &company, "controller").await.unwrap();
    tx.commit().await.unwrap();
    let entries = read(acme, TENANT_CHAIN).await.unwrap();
    let [first, second] = &entries[entries.len() - 2..] else { panic!("{entries:?}") };
    assert_eq!([first.kind.as_str(), second.kind.as_str()], ["master_data_imported", "master_data_changed"]);
    let changes = first.body["changes"].as_array().unwrap();
    let of = |what: &str, name: &str| changes.iter().find(|c| c["what"] == what && c["name"] == name).unwrap().clone();
    let changed = of("vendor", &vendor);
    assert_ne!(changed["before"]["tin"], changed["after"]["tin"]);
    assert_eq!(changed["after"]["tin"], "999999999999");
    let changed = of("person", &person);
    assert_eq!((&changed["before"]["active"], &changed["after"]["active"]), (&json!(true), &json!(false)));
    assert!(
        of("budget", "2025-26/shop-0").get("before").unwrap().is_null() || budget.fiscal_year.to_string() != "2025-26"
    );
    assert_eq!(changes.len() + second.body["changes"].as_array().unwrap().len(), 252);
}
