//! A receiver of events that keeps what it got, and answers as told.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::Value;
use tokio::net::TcpListener;

/// A receiver on this machine.
pub(crate) struct Receiver {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<(HeaderMap, Bytes)>>>,
}

impl Receiver {
    /// One that answers by what came and by how many came before.
    pub(crate) async fn new(answer: impl Fn(usize, Value) -> Response + Clone + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen: Arc<Mutex<Vec<(HeaderMap, Bytes)>>> = Arc::default();
        let kept = Arc::clone(&seen);
        let router = Router::new().fallback(move |request: Request| async move {
            let (parts, body) = request.into_parts();
            let body = to_bytes(body, usize::MAX).await.unwrap();
            let before = {
                let mut kept = kept.lock().unwrap();
                kept.push((parts.headers, body.clone()));
                kept.len() - 1
            };
            answer(before, serde_json::from_slice(&body).unwrap())
        });
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, seen }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/events", self.address)
    }

    pub(crate) fn seen(&self) -> Vec<(HeaderMap, Bytes)> {
        self.seen.lock().unwrap().clone()
    }

    /// The events that came, as JSON.
    pub(crate) fn events(&self) -> Vec<Value> {
        self.seen().iter().map(|(_, body)| serde_json::from_slice(body).unwrap()).collect()
    }
}
