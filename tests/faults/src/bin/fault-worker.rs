//! The real worker, with points at which it dies or hangs. Only tests start it.

use vextrus_ledger::Ledger;
use vextrus_platform::Config;
use vextrus_temporal::ConnectOptions;
use vextrus_tests_faults::{STICKY, Spec, told};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let spec: Spec = told()?;
    let ledger = Ledger::open(&spec.ledger).await?;
    let client = vextrus_temporal::connect_to(&spec.temporal, &spec.namespace, ConnectOptions::default()).await?;
    let mut config = Config::layered(None, |_| None)?;
    config.signing.accepted_keys.clone_from(&spec.accepted_keys);
    config.onboarding.day_millis = spec.day_millis;
    let mut fleet = vextrus_worker::start(vextrus_worker::parts(&config, client, ledger, None)?, |options| {
        options.sticky_queue_schedule_to_start_timeout = STICKY;
        spec.points.install(options);
    })?;
    Ok(fleet.ended().await?)
}
