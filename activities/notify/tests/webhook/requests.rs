//! What is sent.

use axum::http::Method;
use axum::response::{IntoResponse as _, Response};
use chrono::Utc;
use serde_json::json;
use vextrus_notify::webhook::{
    ID, IDEMPOTENCY_KEY, SIGNATURE, TOLERANCE, VerifyError, Webhook, WebhookConfig, WebhookError, verify,
};

use crate::receiver::Receiver;
use crate::{config, secret, webhook};

fn done(_: axum::body::Bytes) -> Response {
    r#"{"reference":"A-1"}"#.into_response()
}

#[tokio::test]
async fn a_request_is_signed_and_says_who_it_is() {
    let receiver = Receiver::new(done).await;
    let body = json!({"operation": "create_account", "personal": {"name": "রোকেয়া সুলতানা"}});
    let answer = webhook(receiver.url()).post("acme/emp-0042/1.x", &body).await;
    assert_eq!(answer, Ok(json!({"reference": "A-1"})));
    let [(parts, bytes)] = receiver.seen().try_into().unwrap();
    assert_eq!((&parts.method, parts.uri.to_string().as_str()), (&Method::POST, "/p4th?token=t0psecret"));
    assert_eq!(parts.headers["host"], receiver.address.to_string());
    assert_eq!(parts.headers["content-type"], "application/json");
    assert_eq!(parts.headers[ID], "acme/emp-0042/1.x");
    assert_eq!(parts.headers[IDEMPOTENCY_KEY], "acme/emp-0042/1.x");
    assert_eq!(bytes, body.to_string());
    verify(&[secret(1)], &parts.headers, &bytes, Utc::now(), TOLERANCE).unwrap();
}

#[tokio::test]
async fn a_repeated_request_has_the_same_id() {
    let receiver = Receiver::new(done).await;
    let webhook = webhook(receiver.url());
    for _ in 0..3 {
        webhook.post("once", &json!({"a": 1})).await.unwrap();
    }
    let seen = receiver.seen();
    assert_eq!(seen.len(), 3);
    for (parts, bytes) in seen {
        assert_eq!(
            (&parts.headers[ID], &parts.headers[IDEMPOTENCY_KEY]),
            (&"once".parse().unwrap(), &"once".parse().unwrap())
        );
        verify(&[secret(1)], &parts.headers, &bytes, Utc::now(), TOLERANCE).unwrap();
    }
}

#[tokio::test]
async fn while_a_secret_is_replaced_both_sign() {
    let receiver = Receiver::new(done).await;
    let both = WebhookConfig { secrets: vec![secret(2), secret(1)], ..config(receiver.url()) };
    Webhook::new(both).unwrap().post("id", &json!({})).await.unwrap();
    let [(parts, bytes)] = receiver.seen().try_into().unwrap();
    assert_eq!(parts.headers[SIGNATURE].to_str().unwrap().split(' ').count(), 2);
    for (known, expected) in [
        (vec![secret(1)], Ok(())),
        (vec![secret(2)], Ok(())),
        (vec![secret(3), secret(2)], Ok(())),
        (vec![secret(3)], Err(VerifyError::Mismatch)),
        (vec![], Err(VerifyError::Mismatch)),
    ] {
        assert_eq!(verify(&known, &parts.headers, &bytes, Utc::now(), TOLERANCE), expected, "{}", known.len());
    }
}

#[tokio::test]
async fn what_cannot_be_sent_is_not() {
    let receiver = Receiver::new(done).await;
    let webhook = webhook(receiver.url());
    let long = "x".repeat(257);
    for id in ["", "a b", "a\r\nx: y", "å", long.as_str()] {
        let error = webhook.post(id, &json!({})).await.unwrap_err();
        assert!(matches!(&error, WebhookError::Unusable { why } if why.contains("256 visible")), "{id:?}: {error}");
    }
    for body in [json!(null), json!("1"), json!(5), json!([])] {
        let error = webhook.post("id", &body).await.unwrap_err();
        assert!(matches!(&error, WebhookError::Unusable { why } if why.contains("JSON object")), "{body}: {error}");
    }
    assert_eq!(receiver.seen().len(), 0);
}

#[test]
fn a_client_needs_an_address_a_secret_and_time() {
    for (config, said) in [
        (config("http://hooks.example.com/x"), "http://hooks.example.com is not spoken to; use https"),
        (config("http://10.1.2.3/x"), "http://10.1.2.3 is not spoken to; use https"),
        (config("https://bob:pass@hooks.example.com/x"), "a user name or a password"),
        (config("identity"), "no absolute URL"),
        (WebhookConfig { secrets: vec![], ..config("http://127.0.0.1:1/") }, "no secret"),
        (WebhookConfig { timeout: std::time::Duration::ZERO, ..config("http://127.0.0.1:1/") }, "the time-out is 0"),
    ] {
        let error = Webhook::new(config).unwrap_err();
        assert!(matches!(&error, WebhookError::Unusable { why } if why.contains(said)), "{error}");
    }
    assert!(Webhook::new(config("https://hooks.example.com/x")).is_ok());
}
