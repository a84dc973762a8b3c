//! What it costs to be seen: the same load on a worker that tells nothing and on one that tells everything, in turns.

use axum::Router;
use axum::routing::post;
use serde::Serialize;
use tokio::net::TcpListener;
use vextrus_starter_cli::stack::Stack;

use crate::load::{Kind, Load, Phase};
use crate::worker::Worker;

/// How often both take their turn.
const ROUNDS: u32 = 3;

/// Both, over all turns.
#[derive(Debug, Serialize)]
pub(crate) struct Telemetry {
    pub(crate) off: Cost,
    pub(crate) on: Cost,
}

/// What one of them cost.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Cost {
    pub(crate) documents: u64,
    pub(crate) elapsed_us: u64,
    pub(crate) worker_cpu_us: u64,
}

impl Cost {
    fn add(&mut self, phase: &Phase) {
        let documents = u64::from(phase.documents);
        self.documents += documents;
        self.elapsed_us += phase.elapsed_us;
        self.worker_cpu_us += phase.worker_cpu_us.unwrap_or_default() * documents;
    }

    /// Documents in a thousand seconds.
    pub(crate) fn documents_per_1000_s(&self) -> u64 {
        (self.documents * 1_000_000_000).checked_div(self.elapsed_us).unwrap_or_default()
    }

    /// Of one document, in microseconds.
    pub(crate) fn cpu_us(&self) -> u64 {
        self.worker_cpu_us.checked_div(self.documents).unwrap_or_default()
    }
}

/// Takes spans and throws them away.
async fn sink() -> anyhow::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let router = Router::new().route("/v1/traces", post(async |_: axum::body::Bytes| ""));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(format!("http://{address}"))
}

/// Measures both, from this number of documents on.
pub(crate) async fn compare(
    stack: &Stack,
    load: &Load,
    (mut next, in_flight): (u32, u32),
    documents: u32,
) -> anyhow::Result<Telemetry> {
    let sink = sink().await?;
    let mut both = Telemetry { off: Cost::default(), on: Cost::default() };
    for round in 1..=ROUNDS {
        for is_on in [false, true] {
            eprintln!("telemetry {}, {round} of {ROUNDS}", if is_on { "on" } else { "off" });
            let worker = Worker::start(stack, is_on.then_some(sink.as_str())).await?;
            load.phase(Kind::OneLevel, next, in_flight, &worker).await?;
            next += in_flight;
            let phase = load.phase(Kind::OneLevel, next, documents, &worker).await?;
            next += documents;
            if is_on { &mut both.on } else { &mut both.off }.add(&phase);
            worker.stop().await?;
        }
    }
    Ok(both)
}
