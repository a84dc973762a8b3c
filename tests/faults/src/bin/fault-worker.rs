//! The real worker, with points at which it dies or hangs. Only tests start it.

use std::io::Read as _;
use std::time::Duration;

use anyhow::Context as _;
use vextrus_ledger::Ledger;
use vextrus_platform::Config;
use vextrus_temporal::ConnectOptions;
use vextrus_tests_faults::Spec;

/// After this, what waits for a dead worker goes to another.
const STICKY: Duration = Duration::from_secs(1);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    std::thread::spawn(die_with_the_test);
    let spec = std::env::args().nth(1).context("a specification is needed as the one argument")?;
    let spec: Spec = serde_json::from_str(&spec)?;
    let ledger = Ledger::open(&spec.ledger).await?;
    let client = vextrus_temporal::connect_to(&spec.temporal, &spec.namespace, ConnectOptions::default()).await?;
    let mut config = Config::layered(None, |_| None)?;
    config.signing.accepted_keys.clone_from(&spec.accepted_keys);
    config.onboarding.day_millis = spec.day_millis;
    let mut fleet = vextrus_worker::start(vextrus_worker::parts(&config, client, ledger)?, |options| {
        options.sticky_queue_schedule_to_start_timeout = STICKY;
        spec.points.install(options);
    })?;
    Ok(fleet.ended().await?)
}

/// Nobody writes to the pipe: its end means that the test is gone.
fn die_with_the_test() {
    let mut nothing = [0_u8; 1];
    let ended = std::io::stdin().read(&mut nothing);
    eprintln!("fault-worker: its test is gone ({ended:?})");
    std::process::exit(3);
}
