//! What becomes of a "no", and of no answer.

use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket};
use vextrus_employees::adapters::webhook::from_config;
use vextrus_employees::adapters::{AdapterError, Reference};
use vextrus_lifecycle::Operation;
use vextrus_notify::webhook::{TIMEOUT, WebhookError};

use crate::receiver::Receiver;
use crate::{Case, PERSONAL, adapter, secret};

async fn answered(operation: Operation, status: u16, body: &str, case: &Case) -> Result<Reference, AdapterError> {
    let (_receiver, url) = Receiver::answering(status, body).await;
    case.ask(&adapter(&url), operation, "k").await
}

fn nothing_is_told(error: &AdapterError) {
    let text = format!("{error} {error:?}");
    for hidden in PERSONAL.iter().chain(&["t0psecret", "p4th", "c2VjcmV0", "secret-secret"]) {
        assert!(!text.contains(hidden), "{hidden}: {text}");
    }
}

#[tokio::test]
async fn a_refusal_ends_it_and_everything_else_does_not() {
    let echo = format!("{PERSONAL:?}");
    for operation in [Operation::CreateAccount, Operation::SendWelcome, Operation::RevokeBadge] {
        for status in [400, 401, 403, 422] {
            let error = answered(operation, status, &echo, &Case::new()).await.unwrap_err();
            nothing_is_told(&error);
            let text = format!("{operation} by the {} system: it answered {status}, a refusal", operation.system());
            assert_eq!(error, AdapterError::Impossible(text));
        }
        for status in [302, 408, 409, 425, 429, 500, 503] {
            let error = answered(operation, status, &echo, &Case::new()).await.unwrap_err();
            nothing_is_told(&error);
            assert!(matches!(&error, AdapterError::Unavailable(t) if t.contains(&status.to_string())), "{error}");
        }
        for body in ["", "{", "null", "{}", &echo, r#"{"reference": ""}"#, r#"{"reference": "a\u0007"}"#] {
            let error = answered(operation, 200, body, &Case::new()).await.unwrap_err();
            nothing_is_told(&error);
            assert!(matches!(&error, AdapterError::Unavailable(_)), "{body}: {error}");
        }
    }
}

/// A wrong address answers the same, and undoes nothing.
#[tokio::test]
async fn what_is_not_there_is_not_undone() {
    for operation in Operation::ALL {
        for (status, reference) in [(404, Some("N-9")), (410, None)] {
            let answer = answered(operation, status, "", &Case { reference, ..Case::new() }).await;
            assert!(matches!(answer, Err(AdapterError::Impossible(_))), "{operation}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn a_reference_that_is_personal_is_not_kept() {
    // A system may know them from elsewhere, so it does not matter what it was told.
    for operation in Operation::ALL {
        for personal in PERSONAL {
            let body = format!(r#"{{"reference": "x {}"}}"#, personal.to_uppercase());
            let error = answered(operation, 200, &body, &Case::new()).await.unwrap_err();
            nothing_is_told(&error);
            let expected = format!("the {} system's reference holds personal data; ", operation.system());
            assert!(matches!(&error, AdapterError::Unclear(t) if t.starts_with(&expected)), "{error}");
        }
    }
}

#[tokio::test]
async fn who_does_not_answer_is_asked_again() {
    // Connected to by the system, and never accepted.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    // A port that is taken, so that nobody else listens on it either.
    let closed = TcpSocket::new_v4().unwrap();
    closed.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let addresses = (silent.local_addr().unwrap(), closed.local_addr().unwrap());
    for (address, timeout, said) in
        [(addresses.0, Duration::from_millis(200), "no answer within 200 ms"), (addresses.1, TIMEOUT, "no connection")]
    {
        let url = format!("http://{address}/p4th?t0psecret");
        let adapter = from_config(&url, vec![secret()], timeout).unwrap();
        let error = Case::new().ask(&adapter, Operation::CreateMailbox, "k").await.unwrap_err();
        nothing_is_told(&error);
        assert!(matches!(&error, AdapterError::Unavailable(t) if t.contains(said)), "{error}");
    }
}

#[tokio::test]
async fn a_key_that_cannot_be_sent_ends_it() {
    let (receiver, url) = Receiver::numbering().await;
    let error = Case::new().ask(&adapter(&url), Operation::IssueBadge, "Rokeya Sultana").await.unwrap_err();
    nothing_is_told(&error);
    assert!(matches!(&error, AdapterError::Impossible(t) if t.contains("the id is not")), "{error}");
    assert_eq!(receiver.seen().len(), 0);
}

#[test]
fn a_wrong_address_is_told_at_once() {
    for url in ["", "http://hooks.example.com/p4th?t0psecret", "https://t0psecret@hooks.example.com/p4th"] {
        let error = from_config(url, vec![secret()], TIMEOUT).unwrap_err();
        assert!(matches!(error, WebhookError::Unusable { .. }), "{error}");
        assert!(!format!("{error} {error:?}").contains("t0psecret"), "{error}");
    }
    assert!(from_config("https://hooks.example.com/p4th", vec![], TIMEOUT).is_err());
    let shown = format!("{:?}", adapter("https://hooks.example.com/p4th?t0psecret"));
    assert!(shown.contains("hooks.example.com") && !shown.contains("p4th") && !shown.contains("c2Vj"), "{shown}");
}
