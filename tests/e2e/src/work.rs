//! A worker of a test's own, beside the fleet's.

use std::sync::Arc;

use temporalio_client::Client;
use temporalio_sdk::runtime::RuntimeOptions;
use temporalio_sdk::{Runtime, Worker, WorkerOptions};
use tokio::sync::oneshot;

/// Polls as these options say until the answer is dropped. Must be called within a tokio runtime.
///
/// # Errors
/// The SDK's.
pub fn work(client: Client, options: WorkerOptions) -> anyhow::Result<oneshot::Sender<()>> {
    let runtime = RuntimeOptions::builder().build().map_err(anyhow::Error::msg)?;
    let runtime = Arc::new(Runtime::from_current_tokio(runtime)?);
    let handle = tokio::runtime::Handle::current();
    let (stop, stopped) = oneshot::channel::<()>();
    std::thread::spawn(move || {
        let _inside = handle.enter();
        let mut worker = Worker::new(&runtime, client, options).unwrap_or_else(|e| panic!("{e}"));
        let shutdown = worker.shutdown_handle();
        handle.spawn(async move {
            drop(stopped.await);
            shutdown();
        });
        handle.block_on(worker.run()).unwrap_or_else(|e| panic!("{e}"));
    });
    Ok(stop)
}
