//! What a process is asked by signals: to stop, or to read its configuration again.

use std::future::Future;

/// Waits until the process is asked to stop: SIGTERM or Ctrl-C. From this call on neither ends it by itself. Must be called within a tokio
/// runtime.
#[cfg(unix)]
pub fn requested() -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};
    let [terminate, interrupt] = [SignalKind::terminate(), SignalKind::interrupt()].map(|kind| {
        signal(kind).inspect_err(|error| tracing::warn!(%error, ?kind, "a signal cannot be listened to")).ok()
    });
    let next = async |signal: Option<tokio::signal::unix::Signal>| match signal {
        Some(mut signal) => drop(signal.recv().await),
        None => std::future::pending().await,
    };
    async move {
        tokio::select! {
            () = next(terminate) => {}
            () = next(interrupt) => {}
        }
    }
}

/// Waits until the process is asked to stop by Ctrl-C.
#[cfg(not(unix))]
pub async fn requested() {
    if let Err(error) = tokio::signal::ctrl_c().await {
        tracing::warn!(%error, "Ctrl-C cannot be listened to");
    }
}

/// The SIGHUPs that the process gets from now on, which would end it otherwise; none where there is no such signal.
#[cfg(unix)]
pub(crate) fn hangups() -> Option<tokio::signal::unix::Signal> {
    use tokio::signal::unix::{SignalKind, signal};
    signal(SignalKind::hangup()).inspect_err(|error| tracing::warn!(%error, "SIGHUP cannot be listened to")).ok()
}

/// The SIGHUPs that the process gets from now on; none where there is no such signal.
#[cfg(not(unix))]
pub(crate) fn hangups() -> Option<tokio::sync::mpsc::Receiver<()>> {
    None
}
