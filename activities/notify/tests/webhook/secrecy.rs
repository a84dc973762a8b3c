//! No text of ours repeats what was sent, what came back, a secret, or an address beyond its host.

use axum::body::Bytes;
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use serde_json::json;
use vextrus_notify::webhook::{TIMEOUT, Webhook, WebhookConfig};

use crate::receiver::{Receiver, raw};
use crate::{config, webhook};

const SECRET: &str = "whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0";
const HIDDEN: [&str; 8] =
    ["Rokeya", "rokeya@example.com", "1712345678", "t0psecret", "p4th", "c2VjcmV0", "secret-secret", "115, 101, 99"];

fn nothing_is_in(text: &str) {
    for hidden in HIDDEN {
        assert!(!text.contains(hidden), "{hidden}: {text}");
    }
}

#[test]
fn debug_shows_neither_secret_nor_path() {
    let config = WebhookConfig {
        url: "https://hooks.example.com/p4th?token=t0psecret".to_owned(),
        secrets: vec![SECRET.parse().unwrap()],
        timeout: TIMEOUT,
    };
    nothing_is_in(&format!("{config:?} {config:#?}"));
    let webhook = Webhook::new(config).unwrap();
    let shown = format!("{webhook:?}");
    assert!(shown.contains("https://hooks.example.com/…"), "{shown}");
    nothing_is_in(&format!("{shown} {webhook:#?}"));
}

#[tokio::test]
async fn no_error_repeats_a_body() {
    let body = json!({"personal": {"name": "Rokeya Sultana", "email": "rokeya@example.com", "phone": "1712345678"}});
    let echoes = |status: u16| {
        let status = StatusCode::from_u16(status).unwrap();
        move |body: Bytes| (status, [("location", "/p4th?t0psecret"), ("x-name", "Rokeya")], body).into_response()
    };
    let not_json = |body: Bytes| [b"<p>".as_slice(), &body].concat().into_response();
    let too_long = |body: Bytes| body.repeat(2000).into_response();
    let mut urls = vec![
        Receiver::new(not_json).await.url(),
        Receiver::new(too_long).await.url(),
        raw(b"HTTP/1.1 200 OK\r\nRokeya rokeya@example.com\r\n\r\n").await,
        raw(b"HTTP/9.Rokeya 1712345678\r\n\r\n").await,
        raw(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nRokeya").await,
    ];
    for status in [302, 400, 404, 409, 422, 500, 503] {
        urls.push(Receiver::new(echoes(status)).await.url());
    }
    urls.push(Receiver::new(echoes(200)).await.url().replace("http:", "https:"));
    for url in urls {
        let secrets = vec![SECRET.parse().unwrap()];
        let error =
            Webhook::new(WebhookConfig { secrets, ..config(url) }).unwrap().post("id", &body).await.unwrap_err();
        nothing_is_in(&format!("{error} {error:?} {error:#?}"));
    }
    let error = webhook("http://127.0.0.1:1/p4th?t0psecret").post("Rokeya Sultana", &body).await.unwrap_err();
    nothing_is_in(&format!("{error} {error:?}"));
}
