//! How long the tax library takes: `cargo bench -p vextrus-benches-tax --bench tax`. It measures and judges nothing.
#![cfg(test)]

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use vextrus_benches_tax::{Bill, HOUSE, NBR, nbr};
use vextrus_domain::{Lang, Taka, words};
use vextrus_tax::{Schedule, explain};

fn assessments(c: &mut Criterion) {
    let schedule = nbr().unwrap();
    let mut group = c.benchmark_group("assess");
    // Criterion prints elements a second beside the time: lines, so that growth with their number shows.
    for lines in [1_usize, 10, 100, 1_000, 10_000] {
        let bill = Bill::new(lines).unwrap();
        bill.assess(&schedule).unwrap();
        group.throughput(Throughput::Elements(lines as u64));
        group.bench_with_input(BenchmarkId::new("nbr_lines", lines), &bill, |b, bill| {
            b.iter(|| black_box(bill).assess(&schedule));
        });
    }
    group.finish();
}

fn schedules(c: &mut Criterion) {
    for (name, text) in [("house", HOUSE), ("nbr", NBR)] {
        c.bench_function(&format!("load_schedule/{name}"), |b| b.iter(|| Schedule::parse(black_box(text)).unwrap()));
    }
}

fn amounts(c: &mut Criterion) {
    let amount = Taka::from_poisha(12_345_678_909).unwrap();
    for (name, lang) in [("ascii", Lang::En), ("bengali", Lang::Bn)] {
        c.bench_function(&format!("amount/format/{name}"), |b| b.iter(|| black_box(amount).grouped_in(lang)));
        let written = amount.grouped_in(lang);
        c.bench_function(&format!("amount/parse/{name}"), |b| b.iter(|| black_box(&written).parse::<Taka>()));
        c.bench_function(&format!("amount/words/{name}"), |b| b.iter(|| words::in_words(black_box(amount), lang)));
    }
}

fn explanations(c: &mut Criterion) {
    let assessment = Bill::new(10).unwrap().assess(&nbr().unwrap()).unwrap();
    for (name, lang) in [("english", Lang::En), ("bengali", Lang::Bn)] {
        c.bench_function(&format!("explain/10_lines/{name}"), |b| {
            b.iter(|| explain::lines(black_box(&assessment), lang));
        });
    }
}

criterion_group! {
    name = benches;
    // Short: the numbers are steady to a few per cent within it, and a machine is shared.
    config = Criterion::default().warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2)).sample_size(30);
    targets = assessments, schedules, amounts, explanations
}
criterion_main!(benches);
