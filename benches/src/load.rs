//! The load: documents at a steady rate, or so many under way at a time.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use tokio::task::JoinSet;

use crate::figures::thousandths;
use crate::mix::Mix;
use crate::story::{People, Timed};

/// How documents come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// The next one when one has ended.
    InFlight(usize),
    /// So many in a thousand seconds, whether or not those before have ended. Times count from when each was due, so that a slow answer
    /// slows down no clock.
    Rate(Rate),
}

/// Documents in a thousand seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rate(pub(crate) u64);

impl Rate {
    fn interval(self) -> Duration {
        Duration::from_micros(1_000_000_000 / self.0.max(1))
    }

    /// How many come in this time.
    pub(crate) fn within(self, seconds: u32) -> u32 {
        u32::try_from(self.0 * u64::from(seconds) / 1000).unwrap_or(u32::MAX).max(1)
    }
}

impl FromStr for Rate {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        let digits = format!("{whole}{part:0<3}");
        let rate = (part.len() <= 3).then(|| digits.parse().ok()).flatten().filter(|r| (100..=10_000_000).contains(r));
        rate.map(Self).with_context(|| format!("{text:?} is no rate; say documents per second, such as 12.5"))
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&thousandths(self.0))
    }
}

impl fmt::Display for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InFlight(count) => write!(f, "{count} under way"),
            Self::Rate(rate) => write!(f, "{rate} a second"),
        }
    }
}

/// Sends `count` documents, numbered from `first`, and waits until all are settled. Answers how long that took too.
pub(crate) async fn send(
    people: &People,
    mix: &Mix,
    pace: Pace,
    (first, count): (u32, u32),
) -> anyhow::Result<(Vec<Timed>, Duration)> {
    let began = Instant::now();
    let timed = match pace {
        Pace::InFlight(most) => {
            let numbers = stream::iter(first..first + count);
            let each = numbers.map(|number| people.bring(mix.kind(number), number, Instant::now()));
            each.buffer_unordered(most).try_collect().await?
        }
        Pace::Rate(rate) => at_rate(people, mix, rate, (first, count), began).await?,
    };
    Ok((timed, began.elapsed()))
}

async fn at_rate(
    people: &People,
    mix: &Mix,
    rate: Rate,
    (first, count): (u32, u32),
    began: Instant,
) -> anyhow::Result<Vec<Timed>> {
    let mut under_way = JoinSet::new();
    for number in first..first + count {
        let due = began + rate.interval() * (number - first);
        tokio::time::sleep_until(due.into()).await;
        let (people, kind) = (people.clone(), mix.kind(number));
        under_way.spawn(async move { people.bring(kind, number, due).await });
    }
    let mut timed = Vec::new();
    while let Some(ended) = under_way.join_next().await {
        timed.push(ended??);
    }
    Ok(timed)
}
