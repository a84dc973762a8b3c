//! The templates of letters, held to each other and to the schemas of events.

use std::collections::{BTreeMap, BTreeSet};

use toml::Table;
use vextrus_ledger::outbox::EventKind;
use vextrus_notify::LETTERS;
use vextrus_tests_support::events;

/// The places that a text has.
fn places(text: &str) -> BTreeSet<String> {
    text.split('{').skip(1).map(|rest| rest.split_once('}').unwrap().0.to_owned()).collect()
}

fn letters(text: &str) -> BTreeMap<String, BTreeSet<String>> {
    let table: Table = text.parse().unwrap();
    let letters = table.iter().filter(|(name, _)| *name != "words");
    letters
        .map(|(name, letter)| {
            let text = |key: &str| letter[key].as_str().unwrap();
            assert!(!text("subject").contains('\n') && !text("body").trim().is_empty(), "{name}");
            (name.clone(), &places(text("subject")) | &places(text("body")))
        })
        .collect()
}

#[test]
fn both_languages_say_the_same_of_every_notice() {
    let [english, bengali] = LETTERS.map(|(_, text)| letters(text));
    assert_eq!(english, bengali);
    let words = LETTERS.map(|(_, text)| {
        let table: Table = text.parse().unwrap();
        table["words"].as_table().unwrap().keys().cloned().collect::<BTreeSet<_>>()
    });
    assert_eq!(words[0], words[1]);
    let notices: BTreeSet<String> =
        EventKind::ALL.iter().filter(|kind| kind.is_notice()).map(|kind| kind.schema().to_owned()).collect();
    let to_people: BTreeSet<String> = english.keys().filter(|name| !name.ends_with("/vendor")).cloned().collect();
    assert_eq!(to_people, notices);
}

#[test]
fn every_place_is_a_field_of_its_event() {
    for (name, places) in letters(LETTERS[0].1) {
        let schema = name.split('/').next().unwrap();
        let kind = EventKind::ALL.iter().find(|kind| kind.schema() == schema).unwrap();
        let described = events::schema(*kind);
        for place in places.iter().filter(|place| *place != "thing") {
            assert!(described["properties"].get(place).is_some(), "{name}: {{{place}}} is no field of the event");
        }
    }
}

#[test]
fn every_word_of_an_event_is_translated() {
    for kind in EventKind::ALL.iter().filter(|kind| kind.is_notice()) {
        let described = events::schema(*kind);
        for field in ["reason", "status"] {
            for word in described["properties"][field]["enum"].as_array().into_iter().flatten() {
                for (lang, text) in LETTERS {
                    let table: Table = text.parse().unwrap();
                    assert!(table["words"].get(word.as_str().unwrap()).is_some(), "{lang}: {word}");
                }
            }
        }
    }
}
