//! What it costs to be seen: the same load on a worker and a facade that tell nothing, and on ones that tell everything, in turns.

use serde::Serialize;

use crate::fleet::Fleet;
use crate::phase::{self, Phase, Plan};

/// How often both take their turn.
const ROUNDS: u32 = 4;

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
    /// Of worker and facade together.
    pub(crate) cpu_us: u64,
}

impl Cost {
    fn add(&mut self, phase: &Phase) {
        let documents = u64::from(phase.documents);
        let ours = phase.cpu_us.iter().filter(|(name, _)| ["worker", "facade"].contains(name));
        self.documents += documents;
        self.elapsed_us += phase.elapsed_us;
        self.cpu_us += ours.filter_map(|(_, cpu)| *cpu).sum::<u64>() * documents;
    }

    /// Documents in a thousand seconds.
    pub(crate) fn documents_per_1000_s(&self) -> u64 {
        (self.documents * 1_000_000_000).checked_div(self.elapsed_us).unwrap_or_default()
    }

    /// Of one document.
    pub(crate) fn cpu_each_us(&self) -> u64 {
        self.cpu_us.checked_div(self.documents).unwrap_or_default()
    }
}

/// Measures both. Answers the fleet as it was and the next number too.
pub(crate) async fn compare(mut fleet: Fleet, plan: &Plan, mut next: u32) -> anyhow::Result<(Telemetry, Fleet, u32)> {
    let mut both = Telemetry { off: Cost::default(), on: Cost::default() };
    for round in 1..=ROUNDS {
        // Neither is always the one that comes after the other.
        for is_on in if round % 2 == 1 { [false, true] } else { [true, false] } {
            eprintln!("telemetry {}, {round} of {ROUNDS}", if is_on { "on" } else { "off" });
            fleet = fleet.renew(is_on).await?;
            let measured = phase::measure(&fleet, plan, next).await?;
            next = measured.1;
            if is_on { &mut both.on } else { &mut both.off }.add(&measured.0);
        }
    }
    Ok((both, fleet.renew(true).await?, next))
}
