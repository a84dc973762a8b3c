//! What each operation sends, and to whom it tells what.

use serde_json::{Value, json};
use vextrus_employees::adapters::{AdapterError, Reference};
use vextrus_lifecycle::{Operation, System};
use vextrus_notify::webhook::{ID, IDEMPOTENCY_KEY, TOLERANCE, verify};

use crate::receiver::Receiver;
use crate::{Case, PERSONAL, adapter, secret, undoes};

fn personal(operation: Operation) -> Value {
    match operation.system() {
        _ if undoes(operation) => Value::Null,
        System::Identity | System::Access => json!({"name": "Rokeya Sultana"}),
        System::Mail => json!({"name": "Rokeya Sultana", "email": "rokeya@example.com"}),
        System::Assets | System::Calendar => Value::Null,
    }
}

#[tokio::test]
async fn every_operation_says_what_its_system_needs_and_no_more() {
    for operation in Operation::ALL {
        let (receiver, url) = Receiver::numbering().await;
        let case = Case { reference: undoes(operation).then_some("N-9"), ..Case::new() };
        let key = format!("acme-bd/emp-0042/1/{operation}");
        assert_eq!(case.ask(&adapter(&url), operation, &key).await, Ok(Reference("N-1".to_owned())), "{operation}");
        let [(headers, bytes)] = receiver.seen().try_into().unwrap();
        verify(&[secret()], &headers, &bytes, chrono::Utc::now(), TOLERANCE).unwrap();
        assert_eq!((&headers[ID], &headers[IDEMPOTENCY_KEY]), (&key.parse().unwrap(), &key.parse().unwrap()));
        assert_eq!(headers["content-type"], "application/json");
        let mut expected = json!({
            "operation": operation.name(), "key": key, "tenant": "acme-bd", "employee": "emp-0042", "task": "badge",
            "start_date": "2026-12-06", "department": "works", "position": "Site engineer", "grade": "G7", "class": "skilled",
            "manager": "karim", "hr_manager": "hasina", "reference": case.reference,
        });
        let told = personal(operation);
        if !told.is_null() {
            expected["personal"] = told.clone();
        }
        let body: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(body, expected, "{operation}");
        // Whatever the fields are called: only what was allowed is in the text, or in a header.
        let text = format!("{} {headers:?}", String::from_utf8(bytes.to_vec()).unwrap());
        for hidden in PERSONAL {
            assert_eq!(text.contains(hidden), told.to_string().contains(hidden), "{operation}: {hidden}");
        }
    }
}

#[tokio::test]
async fn asked_again_a_system_acts_once() {
    let (receiver, url) = Receiver::numbering().await;
    let (adapter, case) = (adapter(&url), Case::new());
    for (key, number) in [("k1", "N-1"), ("k1", "N-1"), ("k2", "N-2"), ("k1", "N-1")] {
        let answer = case.ask(&adapter, Operation::IssueBadge, key).await;
        assert_eq!(answer, Ok(Reference(number.to_owned())), "{key}");
    }
    assert_eq!(receiver.seen().len(), 4);
}

#[tokio::test]
async fn after_erasure_only_what_is_not_personal_can_be_done() {
    for operation in Operation::ALL {
        let (receiver, url) = Receiver::numbering().await;
        let answer = Case { erased: true, ..Case::new() }.ask(&adapter(&url), operation, "k").await;
        if personal(operation).is_null() {
            assert_eq!(answer, Ok(Reference("N-1".to_owned())), "{operation}");
        } else {
            let text =
                format!("{operation} needs the employee's name, and the personal data of emp-0042 have been erased");
            assert_eq!(answer, Err(AdapterError::Impossible(text)));
            assert_eq!(receiver.seen().len(), 0);
        }
    }
}
