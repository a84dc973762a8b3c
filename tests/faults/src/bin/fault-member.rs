//! A worker or a facade in a process of its own, as its configuration says. Only tests start it.

use std::io::{Read as _, Write as _};
use std::time::Duration;

use anyhow::Context as _;
use tokio::net::TcpListener;
use vextrus_ledger::{Clock, Ledger};
use vextrus_platform::{Config, shutdown};
use vextrus_temporal::ConnectOptions;
use vextrus_tests_faults::campaign::{Member, Role};

/// After this, what waits for a dead worker goes to another.
const STICKY: Duration = Duration::from_secs(1);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    std::thread::spawn(die_with_the_test);
    let member = std::env::args().nth(1).context("a member is needed as the one argument")?;
    let member: Member = serde_json::from_str(&member)?;
    let config = Config::load(Some(&member.config))?;
    let clock = Clock::Behind(member.clock_behind_micros);
    let ledger = Ledger::open(&config.ledger.address).await?.with_clock(clock);
    let client = vextrus_temporal::connect_to(&member.temporal, "default", ConnectOptions::default()).await?;
    match member.role {
        Role::Worker => {
            let parts = vextrus_worker::parts(&config, client, ledger)?;
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
            Ok(vextrus_facade::serve(&config, ledger, client, listener, shutdown::requested()).await?)
        }
    }
}

/// Nobody writes to the pipe: its end means that the test is gone.
fn die_with_the_test() {
    let mut nothing = [0_u8; 1];
    let ended = std::io::stdin().read(&mut nothing);
    eprintln!("fault-member: its test is gone ({ended:?})");
    std::process::exit(3);
}
