//! What becomes of each answer, and of none.

use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use futures::{StreamExt as _, stream};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpSocket};
use vextrus_notify::webhook::{LARGEST_ANSWER, WebhookError};

use crate::receiver::{Receiver, raw};
use crate::{hasty, webhook};

async fn answered(answer: impl Fn(Bytes) -> Response + Clone + Send + Sync + 'static) -> Result<Value, WebhookError> {
    let receiver = Receiver::new(answer).await;
    let answer = webhook(receiver.url()).post("id", &json!({"a": 1})).await;
    assert_eq!(receiver.seen().len(), 1, "a request is sent once: whoever asked repeats it");
    answer
}

fn why(answer: Result<Value, WebhookError>) -> String {
    match answer {
        Err(WebhookError::Unavailable { why, .. }) => why,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn each_status_has_its_meaning() {
    for code in [200, 201, 202, 299] {
        let status = StatusCode::from_u16(code).unwrap();
        assert_eq!(answered(move |_| (status, "{\"a\":2}").into_response()).await, Ok(json!({"a": 2})));
    }
    assert_eq!(answered(|_| StatusCode::NO_CONTENT.into_response()).await, Ok(Value::Null));
    for code in [400, 401, 403, 404, 405, 410, 422, 451] {
        let status = StatusCode::from_u16(code).unwrap();
        assert_eq!(answered(move |_| status.into_response()).await, Err(WebhookError::Refused { status: code }));
    }
    for code in [408, 409, 425, 429, 500, 501, 502, 503, 504, 599, 304] {
        let status = StatusCode::from_u16(code).unwrap();
        let why = why(answered(move |_| status.into_response()).await);
        assert!(why.starts_with(&format!("it answered {code}")), "{why}");
    }
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let elsewhere = Receiver::new(|_| "{}".into_response()).await;
    for code in [301, 302, 303, 307, 308] {
        let (status, to) = (StatusCode::from_u16(code).unwrap(), elsewhere.url());
        let why = why(answered(move |_| (status, [("location", to.clone())]).into_response()).await);
        assert!(why.contains(&code.to_string()) && why.contains("not followed"), "{why}");
        assert!(!why.contains("t0psecret"), "{why}");
    }
    assert_eq!(elsewhere.seen().len(), 0);
}

#[tokio::test]
async fn an_answer_has_a_size() {
    let text = |bytes: usize| format!("\"{}\"", "x".repeat(bytes - 2));
    assert!(answered(move |_| text(LARGEST_ANSWER).into_response()).await.is_ok());
    let declared = why(answered(move |_| text(LARGEST_ANSWER + 1).into_response()).await);
    assert!(declared.contains("more than 65536 bytes"), "{declared}");
    // Without a length, and without an end.
    let endless = |_| {
        let chunks = stream::repeat_with(|| Ok::<_, std::convert::Infallible>(Bytes::from(vec![b'x'; 1000])));
        Body::from_stream(chunks).into_response()
    };
    let endless = why(answered(endless).await);
    assert!(endless.contains("more than 65536 bytes"), "{endless}");
}

#[tokio::test]
async fn a_slow_answer_is_none() {
    let held = |_| Body::from_stream(stream::pending::<Result<Bytes, std::convert::Infallible>>()).into_response();
    let trickling = |_| {
        let first = stream::iter([Ok::<_, std::convert::Infallible>(Bytes::from("{"))]);
        Body::from_stream(first.chain(stream::pending())).into_response()
    };
    // Connected to by the system, and never accepted.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let urls = [
        Receiver::new(held).await.url(),
        Receiver::new(trickling).await.url(),
        format!("http://{}/", silent.local_addr().unwrap()),
    ];
    for url in urls {
        assert_eq!(why(hasty(url).post("id", &json!({})).await), "no answer within 200 ms");
    }
}

#[tokio::test]
async fn what_is_no_answer_is_told() {
    for text in ["done", "{\"reference\":", "<html>", "\u{feff}{}"] {
        assert_eq!(why(answered(move |_| text.into_response()).await), "its answer is not JSON", "{text}");
    }
    let ask = async |url: String| why(webhook(url).post("id", &json!({})).await);
    assert_eq!(ask(raw(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{").await).await, "its answer broke off");
    assert_eq!(ask(raw(b"").await).await, "the connection broke before it answered");
    assert_eq!(ask(raw(b"rokeya@example.com").await).await, "the connection broke before it answered");
}

#[tokio::test]
async fn no_connection_is_told_with_its_cause() {
    // A port that is taken, so that nobody else listens on it either.
    let closed = TcpSocket::new_v4().unwrap();
    closed.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = closed.local_addr().unwrap();
    let refused = why(webhook(format!("http://{address}/")).post("id", &json!({})).await);
    assert!(refused.starts_with("no connection: ") && refused.contains("refused"), "{refused}");
}

#[tokio::test]
async fn https_is_never_answered_in_plain() {
    let plain = Receiver::new(|_| "{}".into_response()).await;
    let url = plain.url().replace("http:", "https:");
    let said = why(webhook(url).post("id", &json!({})).await);
    assert!(said.starts_with("no connection: "), "{said}");
    assert_eq!(plain.seen().len(), 0);
}
