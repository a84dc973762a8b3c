//! The knee: up to which rate documents go through as fast as they come.

use serde::Serialize;

use crate::fleet::Fleet;
use crate::load::{Pace, Rate};
use crate::mix::Mix;
use crate::phase::{self, Phase, Plan};

/// How long each rate is kept up, in seconds.
const SECONDS: u32 = 15;
/// By how much a rate is more than the one before, in percent.
const STEP: u64 = 20;
/// What a start may take at the 95th percentile: the requirement that callers of the API have.
const START_US: u64 = 300_000;
/// The most rates that are tried.
const TRIES: u32 = 12;

/// What was found.
#[derive(Debug, Serialize)]
pub(crate) struct Knee {
    /// The highest rate that went through, in documents in a thousand seconds; none where the first did not.
    pub(crate) carried_per_1000_s: Option<u64>,
    /// The first that did not.
    pub(crate) not_carried_per_1000_s: Option<u64>,
    pub(crate) phases: Vec<Phase>,
}

/// Raises the rate until it does not go through. Answers the next number too.
pub(crate) async fn find(fleet: &Fleet, mix: &Mix, from: Rate, mut next: u32) -> anyhow::Result<(Knee, u32)> {
    let mut knee = Knee { carried_per_1000_s: None, not_carried_per_1000_s: None, phases: Vec::new() };
    let mut rate = from;
    for _ in 0..TRIES {
        let plan = Plan { mix: mix.clone(), pace: Pace::Rate(rate), documents: rate.within(SECONDS), warm_up: 0 };
        let measured = phase::measure(fleet, &plan, next).await?;
        next = measured.1;
        let is_carried = carries(&measured.0, rate);
        knee.phases.push(measured.0);
        if !is_carried {
            knee.not_carried_per_1000_s = Some(rate.0);
            break;
        }
        knee.carried_per_1000_s = Some(rate.0);
        rate = Rate(rate.0 * (100 + STEP) / 100);
    }
    Ok((knee, next))
}

/// Whether all ended hardly later than the last one came, and starts were answered in time.
fn carries(phase: &Phase, rate: Rate) -> bool {
    phase.documents_per_1000_s * 100 >= rate.0 * 93 && phase.start.p95_us <= START_US
}
