//! The outbox at the command line: what waits, what is dead, and what is done about it.

use serde_json::{Value, json};
use vextrus_domain::{DocumentKey, DocumentType};
use vextrus_ledger::Ledger;
use vextrus_ledger::outbox::{self, About, Channel, EventKind, NewEvent, Outcome, Worked};

use crate::offline::Books;

const HOOK: Channel = Channel { name: "webhook", to_people: false };

/// Two documents of an event each: one is dead, one waits.
async fn planted(books: &Books) {
    let ledger = Ledger::open(&books.address()).await.unwrap();
    for document in ["inv-1", "inv-2"] {
        let mut tx = ledger.begin_for_all().await.unwrap();
        let key =
            DocumentKey { tenant: "acme-bd".parse().unwrap(), document: document.parse().unwrap(), submission: 1 };
        let (kind, about) = (EventKind::Settled, About::Document(DocumentType::Invoice));
        let payload = json!({"number": "PI-1", "to": "nasrin", "vendor": "padma"});
        outbox::add(&mut tx, &key, NewEvent { kind, about, instance: "", payload: &payload }).unwrap();
        tx.commit().await.unwrap();
    }
    outbox::spread(&ledger, &[HOOK], 10).await.unwrap();
    let leased = outbox::lease(&ledger, HOOK.name, 10, chrono::TimeDelta::zero()).await.unwrap();
    let (lane, deliveries) = leased.lanes.iter().find(|(lane, _)| lane.contains("inv-1")).unwrap();
    let outcomes = vec![(deliveries[0].delivery.clone(), Outcome::Dead("it answered 400, a refusal".to_owned()))];
    outbox::finish(&ledger, &leased.lease, &[Worked { lane: lane.clone(), outcomes }]).await.unwrap();
    ledger.close().await;
}

fn ask(books: &Books, args: &[&str]) -> crate::program::Ran {
    books.run(&[&["outbox"], args, &["--tenant", "acme-bd"]].concat())
}

fn dead(books: &Books) -> Vec<Value> {
    ask(books, &["list", "--dead", "-o", "jsonl"]).jsonl()
}

#[tokio::test]
async fn a_dead_letter_is_seen_and_sent_once_more() {
    let books = Books::of_the_example();
    assert!(ask(&books, &["status"]).ok().contains("nothing waits and nothing is dead"));
    planted(&books).await;
    let status = ask(&books, &["status", "-o", "json"]).json();
    assert_eq!(status["unspread"], 0);
    assert_eq!(
        (&status["channels"]["webhook"]["waiting"], &status["channels"]["webhook"]["dead"]),
        (&json!(1), &json!(1))
    );
    assert!(ask(&books, &["status"]).ok().contains("webhook"));

    let [found] = <[Value; 1]>::try_from(dead(&books)).unwrap();
    let id = found["delivery"].as_str().unwrap();
    assert_eq!((&found["document"], &found["last_error"]), (&json!("inv-1"), &json!("it answered 400, a refusal")));
    assert_eq!(ask(&books, &["list", "-o", "jsonl"]).jsonl().len(), 2);
    assert_eq!(ask(&books, &["list", "--waiting", "-o", "jsonl"]).jsonl().len(), 1);
    assert_eq!(ask(&books, &["list", "--dead", "--channel", "smtp", "-o", "jsonl"]).jsonl().len(), 0);
    let shown = ask(&books, &["show", id, "-o", "json"]).json();
    assert_eq!(shown["event"]["type"], "bd.vextrus.document.settled.v1");
    assert_eq!(shown["deliveries"][0]["state"], "dead");
    assert!(ask(&books, &["show", id]).ok().contains("it answered 400, a refusal"));

    assert!(ask(&books, &["replay", id, "--by", "tanvir"]).ok().contains("1 deliveries of acme-bd are sent once more"));
    assert_eq!(dead(&books).len(), 0);
    ask(&books, &["replay", id, "--by", "tanvir"]).fails(4, "is waiting; only what is dead or was skipped");
    assert!(books.run(&["ledger", "check", "--tenant", "acme-bd"]).ok().contains("sound"));
}

#[tokio::test]
async fn all_dead_letters_are_sent_once_more_and_one_is_discarded() {
    let books = Books::of_the_example();
    planted(&books).await;
    assert!(ask(&books, &["replay", "--all-dead", "--channel", "smtp", "--by", "tanvir"]).ok().starts_with("0 "));
    assert!(ask(&books, &["replay", "--all-dead", "--by", "tanvir"]).ok().starts_with("1 "));
    let all = ask(&books, &["list", "--waiting", "-o", "json"]).json();
    let id = all[0]["delivery"].as_str().unwrap();
    ask(&books, &["discard", id, "--by", "tanvir", "--reason", " "]).fails(4, "REASON_REQUIRED");
    assert!(
        ask(&books, &["discard", id, "--by", "tanvir", "--reason", "the receiver is gone"])
            .ok()
            .contains("is discarded")
    );
    let shown = ask(&books, &["show", id, "-o", "json"]).json();
    let state = (&shown["deliveries"][0]["state"], &shown["deliveries"][0]["last_error"]);
    assert_eq!(state, (&json!("discarded"), &json!("the receiver is gone")));
    ask(&books, &["show", "nothing"]).fails(3, "has no event or delivery \"nothing\"");
    assert!(books.run(&["ledger", "check", "--tenant", "acme-bd"]).ok().contains("sound"));
}

#[test]
fn contacts_come_with_the_master_data_and_are_not_repeated() {
    let books = Books::of_the_example();
    let company = |email: &str| {
        let part = json!({"tenant": "acme-bd", "people": [], "vendors": [], "budgets": [],
            "contacts": [{"who": {"person": "rahim"}, "email": email, "lang": "bn"}]});
        books.file("contacts.json", &part.to_string())
    };
    let import = |file: &std::path::Path| {
        books.run(&["ledger", "import", file.to_str().unwrap(), "--tenant", "acme-bd", "--by", "controller"])
    };
    import(&company("rahim@example.com")).ok();
    let ran = import(&company("rahim at example")).exits(4);
    assert!(ran.out.contains("contacts[person/rahim].email"), "{ran:#?}");
    assert!(!ran.out.contains("at example") && !ran.err.contains("at example"), "{ran:#?}");
}
