//! Whether the worker's memory grows with the documents that it has carried.

use serde::Serialize;

use crate::fleet::Fleet;
use crate::load::{self, Pace};
use crate::mix::Mix;

/// How many samples are taken.
const SAMPLES: u32 = 25;

/// What was seen.
#[derive(Debug, Serialize)]
pub(crate) struct Memory {
    pub(crate) documents: u32,
    /// What the worker had resident after each part of them, in KiB.
    pub(crate) resident_kib: Vec<u64>,
    /// The slope of the line that fits them best.
    pub(crate) kib_per_1000_documents: i64,
}

/// Sends so many documents, and looks at the worker between. Answers the next number too.
pub(crate) async fn watch(
    fleet: &Fleet,
    (mix, pace): (&Mix, Pace),
    (warm_up, documents): (u32, u32),
    first: u32,
) -> anyhow::Result<(Memory, u32)> {
    eprintln!("memory over {documents} documents, after {warm_up}");
    load::send(&fleet.people, mix, pace, (first, warm_up)).await?;
    let (mut next, part) = (first + warm_up, (documents / SAMPLES).max(1));
    let mut seen: Vec<(i64, i64)> = Vec::new();
    for sample in 1..=SAMPLES {
        load::send(&fleet.people, mix, pace, (next, part)).await?;
        next += part;
        if let Some(kib) = fleet.worker.process.resident_kib() {
            seen.push((i64::from(sample * part), i64::try_from(kib)?));
        }
    }
    let resident_kib = seen.iter().map(|(_, kib)| u64::try_from(*kib)).collect::<Result<_, _>>()?;
    Ok((Memory { documents: part * SAMPLES, resident_kib, kib_per_1000_documents: slope(&seen) }, next))
}

/// The least-squares slope, in KiB in a thousand documents.
fn slope(points: &[(i64, i64)]) -> i64 {
    let count = i64::try_from(points.len()).unwrap_or(i64::MAX).max(1);
    let (mean_x, mean_y) =
        (points.iter().map(|p| p.0).sum::<i64>() / count, points.iter().map(|p| p.1).sum::<i64>() / count);
    let over: i128 = points.iter().map(|(x, y)| i128::from(x - mean_x) * i128::from(y - mean_y)).sum();
    let under: i128 = points.iter().map(|(x, _)| i128::from(x - mean_x).pow(2)).sum();
    i64::try_from((over * 1000).checked_div(under).unwrap_or_default()).unwrap_or(i64::MAX)
}
