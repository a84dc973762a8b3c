//! A system on this machine.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode};
use tokio::net::TcpListener;

/// A system that keeps what it was asked and acts once for each idempotency key.
#[derive(Clone, Default)]
pub(crate) struct Receiver {
    seen: Arc<Mutex<Vec<(HeaderMap, Bytes)>>>,
    done: Arc<Mutex<BTreeMap<String, usize>>>,
    fixed: Option<(u16, String)>,
}

impl Receiver {
    /// One that gives what it does a running number.
    pub(crate) async fn numbering() -> (Self, String) {
        Self::default().serve().await
    }

    /// One that always answers this.
    pub(crate) async fn answering(status: u16, body: &str) -> (Self, String) {
        Self { fixed: Some((status, body.to_owned())), ..Self::default() }.serve().await
    }

    async fn serve(self) -> (Self, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/p4th?token=t0psecret", listener.local_addr().unwrap());
        let me = self.clone();
        let router = Router::new().fallback(move |request: Request| async move {
            let (parts, body) = request.into_parts();
            let body = to_bytes(body, usize::MAX).await.unwrap();
            me.take(parts.headers, body)
        });
        tokio::spawn(async move { axum::serve(listener, router).await });
        (self, url)
    }

    fn take(&self, headers: HeaderMap, body: Bytes) -> (StatusCode, String) {
        let key = headers["idempotency-key"].to_str().unwrap().to_owned();
        self.seen.lock().unwrap().push((headers, body));
        if let Some((status, body)) = &self.fixed {
            return (StatusCode::from_u16(*status).unwrap(), body.clone());
        }
        let mut done = self.done.lock().unwrap();
        let next = done.len() + 1;
        (StatusCode::OK, format!(r#"{{"reference":"N-{}"}}"#, done.entry(key).or_insert(next)))
    }

    pub(crate) fn seen(&self) -> Vec<(HeaderMap, Bytes)> {
        self.seen.lock().unwrap().clone()
    }
}
