//! Checkpoints seal the trail: whatever is done to it afterwards, with every guard taken away and every hash made anew, is found.

use serde_json::json;
use vextrus_domain::signature::{AcceptedKeys, KeyPair};
use vextrus_domain::{DocumentKey, TenantId, canonical};
use vextrus_ledger::audit::checkpoint::{Bundle, Checkpoint};
use vextrus_ledger::audit::verify::{self, Problem, Verified, Witness};
use vextrus_ledger::audit::{Entry, exports, seal};
use vextrus_tests_support::company::{ACME, Acme, GLOBEX, id};
use vextrus_tests_support::ledgers::at_once;
use vextrus_tests_support::on_both;
use vextrus_tests_support::raw::Raw;

use crate::{bank_details, books};

on_both![
    entries_are_sealed_in_checkpoints_that_follow_each_other,
    many_sealers_take_turns,
    what_was_not_sealed_is_told,
    rows_are_held_against_what_their_entries_say,
    every_tampering_is_found_by_what_was_exported,
    a_destination_gets_each_checkpoint_once,
    a_checkpoint_that_another_key_signed_does_not_count,
];

fn sealing_key() -> KeyPair {
    KeyPair::from_seed(&[3; 32])
}

fn accepted() -> AcceptedKeys {
    AcceptedKeys::from_public_texts([sealing_key().public_text().as_str()]).unwrap()
}

async fn seal_acme(acme: &Acme) -> Option<Checkpoint> {
    seal::seal(&acme.ledger(), &id(ACME), &sealing_key()).await.unwrap()
}

async fn exported(acme: &Acme) -> Vec<Witness> {
    let mut tx = acme.read().await.unwrap();
    let bundles = exports::bundles(&mut tx, &id(ACME), 0, 1_000).await.unwrap();
    let witness = |p: exports::Pending| {
        let (checkpoint, bundle) = Bundle::read(&serde_json::to_string(&p.bundle).unwrap(), &accepted()).unwrap();
        Witness { place: format!("export {}", p.number), checkpoint, bundle }
    };
    bundles.into_iter().map(witness).collect()
}

async fn verified(acme: &Acme, witnesses: &[Witness]) -> Verified {
    let mut tx = acme.read().await.unwrap();
    verify::verify(&mut tx, &id(ACME), &accepted(), witnesses).await.unwrap()
}

async fn entries_are_sealed_in_checkpoints_that_follow_each_other(acme: &Acme) {
    assert_eq!(seal::waiting(&acme.ledger()).await.unwrap(), [ACME, GLOBEX].map(id::<TenantId>));
    let first = seal_acme(acme).await.unwrap();
    assert_eq!((first.number, first.size, first.previous.as_str()), (1, 5, "0".repeat(64).as_str()));
    assert_eq!(seal_acme(acme).await, None);
    assert_eq!(seal::waiting(&acme.ledger()).await.unwrap(), [id::<TenantId>(GLOBEX)]);
    books::settled(acme, "INV-1").await;
    let second = seal_acme(acme).await.unwrap();
    assert_eq!((second.number, second.previous), (2, canonical::hash(&first).unwrap()));
    assert!(second.size > first.size && second.root != first.root);
    let found = verified(acme, &exported(acme).await).await;
    assert_eq!((found.problems.as_slice(), found.checkpoints, found.unsealed), ([].as_slice(), 2, 0));
    assert_eq!([found.entries, found.sealed, found.witnessed], [second.size; 3]);
}

async fn many_sealers_take_turns(acme: &Acme) {
    let key = books::claimed(acme, "INV-1").await;
    for round in 0..4 {
        for n in 0..5 {
            let mut tx = acme.begin().await.unwrap();
            tx.audit(&key, "told", None, json!({"round": round, "n": n}));
            tx.commit().await.unwrap();
        }
        let ledger = acme.ledger();
        at_once(8, move |_| {
            let ledger = ledger.clone();
            async move { drop(seal::seal(&ledger, &id(ACME), &sealing_key()).await.unwrap()) }
        })
        .await;
    }
    let found = verified(acme, &[]).await;
    assert_eq!((found.problems.as_slice(), found.unsealed, found.checkpoints), ([].as_slice(), 0, 4));
}

async fn what_was_not_sealed_is_told(acme: &Acme) {
    seal_acme(acme).await.unwrap();
    books::claimed(acme, "INV-1").await;
    let found = verified(acme, &[]).await;
    assert_eq!((found.unsealed, found.problems.len()), (1, 0));
    // Whoever takes an entry out of the queue keeps it from being sealed, and does not go unseen.
    let mut raw = acme.database.raw().await;
    raw.exec("DELETE FROM audit_unsealed").await.unwrap();
    let [wrong] = <[Problem; 1]>::try_from(verified(acme, &[]).await.problems).unwrap();
    assert_eq!(wrong.what, "it is neither sealed nor waiting to be");
}

/// What entries answer for, how a row of it is changed, and back.
const CHANGES: [(&str, &str, &str); 10] = [
    ("effect", "UPDATE effects SET result = 'false'", "UPDATE effects SET result = 'true'"),
    (
        "effect",
        "INSERT INTO effects SELECT tenant, document, submission, 'other', input_hash, result, at FROM effects",
        "DELETE FROM effects WHERE step = 'other'",
    ),
    (
        "claim",
        "UPDATE documents SET submitter = 'omar' WHERE kind = 'invoice'",
        "UPDATE documents SET submitter = 'karim' WHERE kind = 'invoice'",
    ),
    (
        "instruction",
        "UPDATE payment_instructions SET due_date = due_date, vendor = vendor || 'x'",
        "UPDATE payment_instructions SET vendor = substr(vendor, 1, length(vendor) - 1)",
    ),
    (
        "posting",
        "UPDATE journal_lines SET account = account || 'x'",
        "UPDATE journal_lines SET account = substr(account, 1, length(account) - 1)",
    ),
    ("obligation", "UPDATE tax_obligations SET amount = amount + 1", "UPDATE tax_obligations SET amount = amount - 1"),
    (
        "order",
        "UPDATE purchase_orders SET serial = serial + 7 WHERE document IS NOT NULL",
        "UPDATE purchase_orders SET serial = serial - 7 WHERE document IS NOT NULL",
    ),
    (
        "bank_change",
        "UPDATE bank_changes SET account_hash = account_hash || 'x'",
        "UPDATE bank_changes SET account_hash = substr(account_hash, 1, length(account_hash) - 1)",
    ),
    (
        "bank_log",
        "INSERT INTO bank_change_log SELECT tenant, change, seq + 1, kind, 'forged', actor, content, at
                FROM bank_change_log WHERE seq = 2",
        "DELETE FROM bank_change_log WHERE request_id = 'forged'",
    ),
    (
        "vendor_account",
        "UPDATE vendor_accounts SET approved_by = 'salma'",
        "UPDATE vendor_accounts SET approved_by = 'nasrin'",
    ),
];

async fn rows_are_held_against_what_their_entries_say(acme: &Acme) {
    let key = books::settled(acme, "INV-1").await;
    books::issued(acme).await;
    bank_details::approved(acme, "1111111111").await;
    let mut tx = acme.begin().await.unwrap();
    let step = vextrus_ledger::effects::begin::<bool>(&mut tx, &key, "step", &1).await.unwrap();
    assert_eq!(step, None);
    vextrus_ledger::effects::finish(&mut tx, &key, "step", &true).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(acme.entries(&key).await.last().map(|entry| entry.kind.as_str()), Some("written"));
    assert_eq!(acme.wrong().await, Vec::<String>::new());

    let mut raw = acme.database.raw().await;
    raw.take_guards_away().await;
    for (what, change, back) in CHANGES {
        assert!(raw.exec(change).await.unwrap() > 0, "{change}");
        let wrong: Vec<String> = verified(acme, &[]).await.problems.iter().map(ToString::to_string).collect();
        let names = wrong
            .iter()
            .any(|w| w.starts_with(what) && (w.contains("is not what entry") || w.contains("is on no entry")));
        assert!(names, "{what}: {wrong:?}");
        raw.exec(back).await.unwrap();
    }
    assert_eq!(acme.wrong().await, Vec::<String>::new());
    raw.exec("DELETE FROM effects").await.unwrap();
    assert!(acme.wrong().await.iter().any(|w| w.ends_with("and is not there")), "{:?}", acme.wrong().await);
}

/// The entries of a chain, as they stand.
async fn contents(raw: &mut Raw, chain: &str) -> Vec<Entry> {
    let sql = format!("SELECT content FROM audit_entries WHERE tenant = '{ACME}' AND chain = '{chain}' ORDER BY seq");
    raw.texts(&sql).await.iter().map(|text| canonical::from_text(text).unwrap()).collect()
}

/// Writes a chain anew, with every hash and link as it should be.
async fn rewrite(raw: &mut Raw, chain: &str, entries: Vec<Entry>) {
    raw.exec(&format!("DELETE FROM audit_entries WHERE tenant = '{ACME}' AND chain = '{chain}'")).await.unwrap();
    let mut prev = "0".repeat(64);
    for (seq, entry) in (1..).zip(entries) {
        let entry = Entry { seq, prev: prev.clone(), ..entry };
        let (content, hash) = (canonical::to_text(&entry).unwrap(), canonical::hash(&entry).unwrap());
        raw.exec(&format!(
            "INSERT INTO audit_entries VALUES ('{ACME}', '{chain}', {seq}, '{content}', '{prev}', '{hash}')"
        ))
        .await
        .unwrap();
        prev = hash;
    }
}

/// Makes the log what the entries are now: the leaves in the order in which they stood, those that are new at the end.
async fn log_anew(raw: &mut Raw) {
    for sql in [
        "CREATE TABLE lies AS SELECT e.tenant, row_number() OVER (ORDER BY coalesce(l.position, 999999), e.chain, e.seq) AS position,
            e.chain, e.seq, e.hash FROM audit_entries e LEFT JOIN audit_leaves l ON l.tenant = e.tenant AND l.chain = e.chain
            AND l.seq = e.seq WHERE e.tenant = 'acme'",
        "DELETE FROM audit_leaves WHERE tenant = 'acme'",
        "INSERT INTO audit_leaves (tenant, position, chain, seq, hash) SELECT tenant, position, chain, seq, hash FROM lies",
        "DROP TABLE lies",
    ] {
        raw.exec(sql).await.unwrap();
    }
}

const KEPT: [&str; 4] = ["audit_entries", "audit_leaves", "audit_checkpoints", "audit_logs"];

async fn keep(raw: &mut Raw) {
    for table in KEPT {
        raw.exec(&format!("CREATE TABLE kept_{table} AS SELECT * FROM {table}")).await.unwrap();
    }
}

async fn put_back(raw: &mut Raw) {
    for table in KEPT {
        raw.exec(&format!("DELETE FROM {table}")).await.unwrap();
        raw.exec(&format!("INSERT INTO {table} SELECT * FROM kept_{table}")).await.unwrap();
    }
}

/// Three documents and three checkpoints, each after another one.
async fn three(acme: &Acme) -> Vec<DocumentKey> {
    let mut keys = Vec::new();
    for number in ["INV-1", "INV-2", "INV-3"] {
        keys.push(books::settled(acme, number).await);
        seal_acme(acme).await.unwrap();
    }
    keys
}

#[derive(Debug, Clone, Copy)]
enum Lie {
    Edit,
    Insert,
    Delete,
    Swap,
    Truncate,
    WholeChain,
}

/// Lies about a chain; answers the place of the first entry that is not as it was.
async fn lie(raw: &mut Raw, chain: &str, lie: Lie) -> i64 {
    let mut entries = contents(raw, chain).await;
    let last = entries.len() - 1;
    let first = match lie {
        Lie::Edit => {
            entries[1].actor = Some("somebody".to_owned());
            2
        }
        Lie::Insert => {
            let more = Entry { kind: "approved".to_owned(), ..entries[0].clone() };
            entries.insert(1, more);
            2
        }
        Lie::Delete => {
            entries.remove(1);
            2
        }
        Lie::Swap => {
            entries.swap(0, 1);
            1
        }
        Lie::Truncate => {
            entries.truncate(last);
            i64::try_from(last).unwrap() + 1
        }
        Lie::WholeChain => {
            entries.clear();
            1
        }
    };
    rewrite(raw, chain, entries).await;
    first
}

async fn every_tampering_is_found_by_what_was_exported(acme: &Acme) {
    let keys = three(acme).await;
    let witnesses = exported(acme).await;
    assert_eq!(verified(acme, &witnesses).await.problems, []);
    let mut raw = acme.database.raw().await;
    raw.take_guards_away().await;
    keep(&mut raw).await;
    for kind in [Lie::Edit, Lie::Insert, Lie::Delete, Lie::Swap, Lie::Truncate, Lie::WholeChain] {
        for key in &keys {
            let chain = key.document.as_str();
            // The chain alone, with every hash made anew.
            let seq = lie(&mut raw, chain, kind).await;
            let found = verified(acme, &[]).await;
            let named = found.problems.iter().any(|p| p.chain.as_deref() == Some(chain) && p.seq == Some(seq));
            assert!(named, "{kind:?} of {chain} at {seq}, the chain alone: {:?}", found.problems);
            // The log too. The checkpoints that are left say that it is not theirs.
            log_anew(&mut raw).await;
            let found = verified(acme, &[]).await;
            assert!(!found.problems.is_empty(), "{kind:?} of {chain}, with the log");
            // The checkpoints are gone as well: nothing in the ledger tells of it, but what was taken out does.
            raw.exec("DELETE FROM audit_checkpoints").await.unwrap();
            raw.exec("DELETE FROM audit_logs").await.unwrap();
            let found = verified(acme, &witnesses).await;
            let first = found.problems.iter().find(|p| p.what.starts_with("export")).unwrap_or_else(|| {
                panic!("{kind:?} of {chain}, with the log and without checkpoints: {:?}", found.problems)
            });
            if matches!(kind, Lie::Edit | Lie::Insert | Lie::Swap) {
                assert_eq!((first.chain.as_deref(), first.seq), (Some(chain), Some(seq)), "{kind:?}: {first}");
            }
            put_back(&mut raw).await;
        }
    }
    assert_eq!(verified(acme, &witnesses).await.problems, []);
    // The newest is cut off, with all that tells of it.
    let (last, size) = (keys[2].document.as_str(), witnesses[1].checkpoint.size);
    raw.exec(&format!("DELETE FROM audit_entries WHERE chain = '{last}'")).await.unwrap();
    raw.exec(&format!("DELETE FROM audit_leaves WHERE tenant = 'acme' AND position > {size}")).await.unwrap();
    raw.exec("DELETE FROM audit_checkpoints WHERE tenant = 'acme' AND number > 2").await.unwrap();
    let found = verified(acme, &witnesses).await;
    let says = found.problems.iter().any(|p| p.what.starts_with("export 3 (number 3) says that the log has"));
    assert!(says, "{:?}", found.problems);
}

async fn a_destination_gets_each_checkpoint_once(acme: &Acme) {
    three(acme).await;
    let ledger = acme.ledger();
    let pending = exports::pending(&ledger, "there").await.unwrap();
    let numbers: Vec<i64> = pending.iter().map(|p| p.number).collect();
    assert_eq!(numbers, [1, 2, 3]);
    exports::exported(&ledger, "there", &pending[1]).await.unwrap();
    // A slower process comes after a quicker one.
    exports::exported(&ledger, "there", &pending[0]).await.unwrap();
    let left = exports::pending(&ledger, "there").await.unwrap();
    assert_eq!(left, pending[2..]);
    assert_eq!(exports::pending(&ledger, "elsewhere").await.unwrap(), pending);
}

async fn a_checkpoint_that_another_key_signed_does_not_count(acme: &Acme) {
    let other = KeyPair::from_seed(&[4; 32]);
    let made = seal::seal(&acme.ledger(), &id(ACME), &other).await.unwrap().unwrap();
    let [wrong] = <[Problem; 1]>::try_from(verified(acme, &[]).await.problems).unwrap();
    assert_eq!(
        wrong.what,
        format!(
            "checkpoint {}: its signature does not stand: no accepted key has the id {:?}",
            made.number,
            other.id()
        )
    );
    let mut raw = acme.database.raw().await;
    for (table, said) in [
        ("audit_leaves", "audit_leaves is append-only"),
        ("audit_checkpoints", "audit_checkpoints is append-only"),
        ("audit_logs", "a log is never deleted"),
    ] {
        let refused = raw.refused(&format!("DELETE FROM {table}")).await;
        assert!(refused.contains(said), "{refused}");
    }
    let refused = raw.refused("UPDATE audit_logs SET size = 0").await;
    assert!(refused.contains("a log never gets shorter"), "{refused}");
    let refused = raw.refused("INSERT INTO audit_untied VALUES ('acme', 'effect', 'x')").await;
    assert!(refused.contains("audit_untied is complete"), "{refused}");
}
