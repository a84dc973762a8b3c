//! What others are told, held to the schemas that others read.

use std::path::{Path, PathBuf};

use jsonschema::Validator;
use serde_json::Value;
use vextrus_ledger::outbox::EventKind;

use crate::ledgers::Database;

/// The folder of the schemas.
#[must_use]
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/events")
}

/// The schema of an event's data.
///
/// # Panics
/// When there is none, or it is no schema.
#[must_use]
pub fn schema(kind: EventKind) -> Value {
    let file = folder().join(format!("{}.json", kind.schema()));
    let text = std::fs::read_to_string(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", file.display()))
}

/// Holds every event of a ledger to the schema of its type, and the places of each document's events to their rule: from 1,
/// without a gap.
///
/// # Panics
/// When one does not fit.
pub async fn assert_sound(database: &Database) {
    let mut raw = database.raw().await;
    let types = raw.texts("SELECT DISTINCT type FROM outbox").await;
    for name in types {
        let kind = EventKind::of_type(&name).unwrap_or_else(|| panic!("{name} is no type of event"));
        let schema = schema(kind);
        let validator = Validator::new(&schema).unwrap_or_else(|e| panic!("{name}: {e}"));
        for payload in raw.texts(&format!("SELECT DISTINCT payload FROM outbox WHERE type = '{name}'")).await {
            let data: Value = serde_json::from_str(&payload).unwrap();
            let wrong: Vec<String> =
                validator.iter_errors(&data).map(|e| format!("{}: {e}", e.instance_path())).collect();
            assert!(wrong.is_empty(), "{name}: {wrong:?}: {payload}");
            // A receiver passes by what it does not know; we describe all that we say.
            let untold: Vec<_> =
                data.as_object().unwrap().keys().filter(|key| schema["properties"].get(key).is_none()).collect();
            assert!(untold.is_empty(), "{name}: {untold:?} are not described: {payload}");
        }
    }
    let gaps =
        "SELECT document FROM outbox GROUP BY tenant, document HAVING max(sequence) <> count(*) OR min(sequence) <> 1";
    assert_eq!(raw.texts(gaps).await, Vec::<String>::new(), "events have a place that leaves a gap");
}
