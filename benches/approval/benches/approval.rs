//! How many documents the approval machine takes through: `cargo bench -p vextrus-benches-approval`. It measures and judges
//! nothing.
#![cfg(test)]

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use vextrus_approval::{Occasion, Policy};
use vextrus_benches_approval::Company;

const DOCUMENTS: usize = 1_000;

fn documents(c: &mut Criterion) {
    let company = Company::new().unwrap();
    let documents = company.documents(DOCUMENTS).unwrap();
    let mut group = c.benchmark_group("approval");
    // Criterion prints elements a second beside the time: documents, on one core.
    group.throughput(Throughput::Elements(DOCUMENTS as u64));
    group.bench_function("resolve", |b| {
        b.iter(|| documents.iter().for_each(|document| drop(black_box(company.plan(document, 1, Occasion::First)))));
    });
    group.bench_function("resolve_and_drive", |b| {
        b.iter(|| documents.iter().for_each(|document| drop(black_box(company.approve(document).unwrap()))));
    });
    group.finish();
}

fn policies(c: &mut Criterion) {
    let text = include_str!("../../../rules/approval/invoice.toml");
    c.bench_function("load_policy/invoice", |b| b.iter(|| Policy::parse(black_box(text)).unwrap()));
}

criterion_group! {
    name = benches;
    // Short: the numbers are steady to a few per cent within it, and a machine is shared.
    config = Criterion::default().warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(4)).sample_size(20);
    targets = documents, policies
}
criterion_main!(benches);
