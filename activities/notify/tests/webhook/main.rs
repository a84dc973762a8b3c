//! The signing client against a real server, and its signatures by the published example.
#![cfg(test)]

mod answers;
mod receiver;
mod requests;
mod secrecy;
mod signatures;

use std::time::Duration;

use vextrus_notify::webhook::{Secret, TIMEOUT, Webhook, WebhookConfig};

/// A secret of 24 equal bytes.
fn secret(byte: u8) -> Secret {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode([byte; 24]).parse().unwrap()
}

fn config(url: impl Into<String>) -> WebhookConfig {
    WebhookConfig { url: url.into(), secrets: vec![secret(1)], timeout: TIMEOUT }
}

fn webhook(url: impl Into<String>) -> Webhook {
    Webhook::new(config(url)).unwrap()
}

/// One that soon gives up.
fn hasty(url: impl Into<String>) -> Webhook {
    Webhook::new(WebhookConfig { timeout: Duration::from_millis(200), ..config(url) }).unwrap()
}
