//! What goes wrong when.

use std::time::Duration;

use vextrus_tests_support::dice::Dice;

/// A wire of the fleet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wire {
    /// To the database.
    Postgres,
    /// To Temporal.
    Temporal,
    /// From clients to the facade.
    Facade,
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A worker is killed, and comes back with a clock that is behind.
    Worker {
        /// Which.
        which: usize,
        /// For how long it is gone.
        gone: Duration,
        /// By how much its clock is behind then.
        clock_behind: Duration,
    },
    /// The facade is killed.
    Facade {
        /// For how long it is gone.
        gone: Duration,
    },
    /// The database server is killed, and comes back.
    Postgres,
    /// The Temporal server is killed.
    Temporal {
        /// For how long it is gone.
        gone: Duration,
    },
    /// Every connection of a wire is dropped.
    Cut(Wire),
    /// Nothing comes through a wire.
    Stall {
        /// Which.
        wire: Wire,
        /// For how long.
        lasts: Duration,
    },
}

/// So many faults, each with the time that passes before it. Each sort comes at least once where there are six or more.
pub fn schedule(dice: &mut Dice, count: usize, workers: usize) -> Vec<(Duration, Fault)> {
    let millis = |n: usize| Duration::from_millis(u64::try_from(n).unwrap_or(u64::MAX));
    let mut sorts: Vec<usize> = (0..count).map(|n| n % 6).collect();
    for place in (1..count).rev() {
        sorts.swap(place, dice.roll(place + 1));
    }
    let drawn = sorts.into_iter().map(|sort| {
        let before = millis(300 + dice.roll(2_000));
        let gone = millis(dice.roll(1_500));
        let wire = *dice.pick(&[Wire::Postgres, Wire::Temporal, Wire::Facade]);
        let fault = match sort {
            0 => {
                let clock_behind = millis(dice.roll(5_000));
                Fault::Worker { which: dice.roll(workers), gone, clock_behind }
            }
            1 => Fault::Facade { gone },
            2 => Fault::Postgres,
            3 => Fault::Temporal { gone },
            4 => Fault::Cut(wire),
            _ => Fault::Stall { wire, lasts: millis(500 + dice.roll(2_500)) },
        };
        (before, fault)
    });
    drawn.collect()
}
