//! How long the encryption of payloads takes: `cargo bench -p vextrus-benches-codec`. It measures and judges nothing.
#![cfg(test)]

use std::hint::black_box;
use std::time::Duration;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use vextrus_benches_codec::{codec, payload};

/// A step's answer, a document with its plan, and one of many lines.
const SIZES: [usize; 3] = [256, 4_096, 65_536];

fn payloads(c: &mut Criterion) {
    let codec = codec().unwrap();
    let mut group = c.benchmark_group("codec");
    for size in SIZES {
        let plain = payload(size);
        let encrypted = codec.encrypt(&plain).unwrap();
        group.throughput(Throughput::Bytes(size as u64));
        group.bench_function(BenchmarkId::new("encrypt", size), |b| {
            b.iter(|| codec.encrypt(black_box(&plain)).unwrap())
        });
        group.bench_function(BenchmarkId::new("decrypt", size), |b| {
            b.iter_batched(|| encrypted.clone(), |encrypted| codec.decrypt(encrypted).unwrap(), BatchSize::SmallInput);
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    // Short: the numbers are steady to a few per cent within it, and a machine is shared.
    config = Criterion::default().warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2)).sample_size(30);
    targets = payloads
}
criterion_main!(benches);
