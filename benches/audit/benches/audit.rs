//! How long the trail's hashing takes: `cargo bench -p vextrus-benches-audit`. It measures and judges nothing.
#![cfg(test)]

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use vextrus_benches_audit::{Stored, chained, entries, sealed};
use vextrus_domain::canonical;
use vextrus_ledger::audit::Entry;
use vextrus_ledger::audit::checkpoint::Leaf;

/// A document's entries, and a busy hour's.
const LENGTHS: [usize; 2] = [4, 1_000];

/// The part of a verification that is computed: each content is hashed, compared and read.
fn read(stored: &[Stored]) -> Vec<Entry> {
    let one = |entry: &Stored| {
        assert_eq!(canonical::sha256_hex(&entry.content), entry.hash);
        canonical::from_text(&entry.content).unwrap()
    };
    stored.iter().map(one).collect()
}

fn trail(c: &mut Criterion) {
    let mut group = c.benchmark_group("audit");
    for length in LENGTHS {
        let mut entries = entries(length).unwrap();
        let stored = chained(&mut entries).unwrap();
        let leaf = |(entry, stored): (&Entry, &Stored)| Leaf {
            chain: entry.chain.clone(),
            seq: entry.seq,
            hash: stored.hash.clone(),
        };
        let leaves: Vec<Leaf> = entries.iter().zip(&stored).map(leaf).collect();
        // Criterion prints elements a second beside the time: entries.
        group.throughput(Throughput::Elements(length as u64));
        group.bench_function(BenchmarkId::new("chain", length), |b| {
            b.iter(|| chained(black_box(&mut entries)).unwrap())
        });
        group.bench_function(BenchmarkId::new("read", length), |b| b.iter(|| read(black_box(&stored))));
        group.bench_function(BenchmarkId::new("seal", length), |b| b.iter(|| sealed(black_box(&leaves))));
    }
    group.finish();
}

criterion_group! {
    name = benches;
    // Short: the numbers are steady to a few per cent within it, and a machine is shared.
    config = Criterion::default().warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2)).sample_size(30);
    targets = trail
}
criterion_main!(benches);
