//! A worker or a facade in a process of its own, as its configuration says. Only tests start it.

use std::io::Write as _;

use tokio::net::TcpListener;
use vextrus_ledger::{Clock, Ledger};
use vextrus_platform::{Config, shutdown};
use vextrus_temporal::ConnectOptions;
use vextrus_tests_faults::campaign::{Member, Role};
use vextrus_tests_faults::{STICKY, told};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let member: Member = told()?;
    let config = Config::load(Some(&member.config))?;
    let clock = Clock::Behind(member.clock_behind_micros);
    let ledger = Ledger::open(&config.ledger.address).await?.with_clock(clock);
    let client = vextrus_temporal::connect_to(&member.temporal, "default", ConnectOptions::default()).await?;
    match member.role {
        Role::Worker => {
            let parts = vextrus_worker::parts(&config, client, ledger, None)?;
            let mut fleet = vextrus_worker::start(parts, |options| {
                options.sticky_queue_schedule_to_start_timeout = STICKY;
            })?;
            Ok(fleet.ended().await?)
        }
        Role::Facade => {
            let listener = TcpListener::bind(&config.facade.listen).await?;
            let mut out = std::io::stdout();
            writeln!(out, "{}", listener.local_addr()?)?;
            out.flush()?;
            Ok(vextrus_facade::serve(&config, ledger, client, listener, None, shutdown::requested()).await?)
        }
    }
}
