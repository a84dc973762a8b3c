//! Servers on this machine.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::Request;
use axum::http::request::Parts;
use axum::response::Response;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// A receiver that keeps what it got.
pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Vec<(Parts, Bytes)>>>,
}

impl Receiver {
    /// One that answers as told. What it is told by is the body that came.
    pub(crate) async fn new(answer: impl Fn(Bytes) -> Response + Clone + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&seen);
        let router = Router::new().fallback(move |request: Request| async move {
            let (parts, body) = request.into_parts();
            let body = to_bytes(body, usize::MAX).await.unwrap();
            kept.lock().unwrap().push((parts, body.clone()));
            answer(body)
        });
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, seen }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/p4th?token=t0psecret", self.address)
    }

    pub(crate) fn seen(&self) -> Vec<(Parts, Bytes)> {
        self.seen.lock().unwrap().clone()
    }
}

/// A server that reads once and answers these bytes, then closes.
pub(crate) async fn raw(answer: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut got = [0; 4096];
            drop(stream.read(&mut got).await);
            drop(stream.write_all(answer).await);
        }
    });
    format!("http://{address}/")
}
