//! Events as CloudEvents 1.0.

use chrono::SecondsFormat;
use serde_json::{Value, json};
use vextrus_ledger::outbox::{About, EventKind, OutboxEvent};

/// What the name of a schema begins with, as an identifier.
const SCHEMAS: &str = "urn:vextrus:schema:";
/// How many digits a sequence has, so that its text orders as the number does.
const DIGITS: usize = 12;

/// The identifier of the schema of an event's data: a name and no address.
#[must_use]
pub fn schema_id(kind: EventKind) -> String {
    format!("{SCHEMAS}{}", kind.schema())
}

/// An event as others get it, attributes and data in one object.
#[must_use]
pub fn cloud_event(event: &OutboxEvent) -> Value {
    // What another version wrote is passed on as it is.
    let collection = About::parse(&event.about).map_or("documents", About::collection);
    let data: Value = serde_json::from_str(&event.payload).unwrap_or_default();
    let mut whole = json!({
        "specversion": "1.0",
        "id": event.id,
        "source": format!("/tenants/{}/{collection}/{}", event.tenant, event.document),
        "type": event.kind,
        "subject": format!("submissions/{}", event.submission),
        "time": event.created_at.to_rfc3339_opts(SecondsFormat::Micros, true),
        "datacontenttype": "application/json",
        "sequence": format!("{:0DIGITS$}", event.sequence),
        "data": data,
    });
    if let Some(kind) = EventKind::of_type(&event.kind) {
        whole["dataschema"] = json!(schema_id(kind));
    }
    whole
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    #[test]
    fn an_event_has_every_attribute() {
        let mut event = OutboxEvent {
            id: "0199".to_owned(),
            tenant: "acme".to_owned(),
            document: "inv-1".to_owned(),
            submission: 2,
            event: "settled".to_owned(),
            about: "invoice".to_owned(),
            kind: EventKind::Settled.type_name().to_owned(),
            sequence: 17,
            payload: r#"{"number":"PI-1"}"#.to_owned(),
            created_at: DateTime::from_timestamp_micros(1_764_000_000_000_001).unwrap(),
        };
        let expected = json!({
            "specversion": "1.0", "id": "0199", "source": "/tenants/acme/invoices/inv-1",
            "type": "bd.vextrus.document.settled.v1", "subject": "submissions/2", "time": "2025-11-24T16:00:00.000001Z",
            "datacontenttype": "application/json", "dataschema": "urn:vextrus:schema:document.settled.v1",
            "sequence": "000000000017", "data": {"number": "PI-1"},
        });
        assert_eq!(cloud_event(&event), expected);
        // Attributes are lower-case letters and digits.
        let names = expected.as_object().unwrap().keys();
        assert!(names.clone().all(|name| name.len() <= 20 && name.chars().all(|c| c.is_ascii_lowercase())));
        (event.kind, event.about) = ("bd.vextrus.document.later.v9".to_owned(), "contract".to_owned());
        let later = cloud_event(&event);
        assert_eq!((&later["source"], &later["dataschema"]), (&json!("/tenants/acme/documents/inv-1"), &Value::Null));
    }
}
