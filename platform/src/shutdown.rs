//! What a process is asked by signals: to stop, or to read its configuration again.

/// Waits until the process is asked to stop: SIGTERM or Ctrl-C.
pub async fn requested() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = tokio::signal::ctrl_c() => {}
                }
                return;
            }
            Err(error) => tracing::warn!(%error, "SIGTERM cannot be listened to"),
        }
    }
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
