//! Many histories of a running server go through the gate, a few at a time. `make soak` takes 2,000.
#![cfg(test)]

use std::fs;
use std::sync::Arc;

use futures::{StreamExt as _, TryStreamExt as _};
use temporalio_client::{WorkflowGetResultOptions, WorkflowStartOptions};
use temporalio_common::data_converters::DataConverter;
use temporalio_macros::activities;
use temporalio_sdk::activities::{ActivityContext, ActivityError};
use temporalio_sdk::runtime::RuntimeOptions;
use temporalio_sdk::{Runtime, Worker, WorkerOptions};
use vextrus_contract::activities::definitions;
use vextrus_contract::rollout::{GateInput, ProbeInput, Probed};
use vextrus_replay::fetch::{self, Ask};
use vextrus_rollout::RolloutGate;
use vextrus_temporal::{ConnectOptions, DevServer, DevServerOptions, connect_to};

const QUEUE: &str = "many";
const MANY: usize = 60;
const AT_ONCE: usize = 50;
/// By how much the process may grow while it replays, in kibibytes: some threads and the histories that each of them holds.
const MOST_GROWTH: u64 = 150 * 1024;

pub struct Ready;

#[activities]
impl Ready {
    #[activity(definition = definitions::Probe)]
    pub async fn probe(self: Arc<Self>, _ctx: ActivityContext, input: ProbeInput) -> Result<Probed, ActivityError> {
        Ok(Probed { build_id: input.build_id, tables: 1 })
    }
}

/// The memory that this process holds, in kibibytes; nothing where there is no `/proc`.
fn held() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse().unwrap_or_default()
}

#[test]
fn many_histories_take_no_more_memory_than_few() {
    let many: usize = std::env::var("VEXTRUS_SOAK_HISTORIES").map_or(MANY, |n| n.parse().unwrap());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let server = runtime.block_on(DevServer::start(DevServerOptions::default())).unwrap();
    let client = runtime.block_on(connect_to(&server.address, "default", ConnectOptions::default())).unwrap();
    let worker = {
        let (client, handle) = (client.clone(), runtime.handle().clone());
        let (started, starting) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let _inside = handle.enter();
            let core = Runtime::from_current_tokio(RuntimeOptions::builder().build().unwrap()).unwrap();
            let options = WorkerOptions::new(QUEUE).register_workflow::<RolloutGate>().unwrap();
            let mut worker = Worker::new(&core, client, options.register_activities(Ready).build()).unwrap();
            let stop: Box<dyn Fn() + Send + Sync> = Box::new(worker.shutdown_handle());
            started.send(stop).unwrap();
            handle.block_on(worker.run()).unwrap();
        });
        (starting.recv().unwrap(), thread)
    };
    let all = async |count: usize| {
        let starts = futures::stream::iter(0..count).map(async |n| {
            let options = WorkflowStartOptions::new(QUEUE, format!("many-{n}")).build();
            let input = GateInput { build_id: n.to_string(), queues: Vec::new() };
            let handle = client.start_workflow(RolloutGate::run, input, options).await.map_err(anyhow::Error::from)?;
            anyhow::Ok(handle.get_result(WorkflowGetResultOptions::default()).await.map(drop).is_ok())
        });
        let ended: Vec<bool> = starts.buffer_unordered(AT_ONCE).try_collect().await.unwrap();
        assert!(ended.iter().all(|well| *well));
    };
    runtime.block_on(all(many));
    {
        let _inside = runtime.enter();
        (worker.0)();
    }
    worker.1.join().unwrap();

    let workflows = vextrus_replay::workflows(DataConverter::default()).unwrap();
    let ask = |limit| Ask { query: String::new(), limit, threads: 2 };
    let first = runtime.block_on(fetch::replay_all(&client, &workflows, &ask(MANY / 2))).unwrap();
    assert_eq!(first.total().replayed, MANY / 2, "{}", first.text());
    let before = held();
    let report = runtime.block_on(fetch::replay_all(&client, &workflows, &ask(10 * many))).unwrap();
    println!("{}; from {before} to {} KiB", report.text(), held());
    assert_eq!((report.total().replayed, report.findings()), (many, &[][..]));
    assert!(held() < before + MOST_GROWTH, "it grew from {before} to {} KiB", held());
    runtime.block_on(server.shutdown()).unwrap();
}
