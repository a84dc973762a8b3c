//! What the tax library allocates: `cargo bench -p vextrus-benches-tax --bench allocations`. Counts are exact, not sampled.
#![cfg(test)]

use std::alloc::System;
use std::hint::black_box;
use std::io::Write as _;

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use vextrus_benches_tax::{Bill, HOUSE, NBR, nbr};
use vextrus_domain::Lang;
use vextrus_tax::{Schedule, explain};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn report<T>(what: &str, work: impl FnOnce() -> T) {
    let region = Region::new(ALLOCATOR);
    let done = black_box(work());
    let change = region.change();
    drop(done);
    let (count, grown, bytes) = (change.allocations, change.reallocations, change.bytes_allocated);
    // Not println!: the workspace keeps stdout for what a program is asked to say, and this is.
    writeln!(std::io::stdout(), "{what:<28} {count:>8} allocations {grown:>6} grown {bytes:>10} bytes").unwrap();
}

fn main() {
    let schedule = nbr().unwrap();
    for lines in [1, 10, 100, 1_000, 10_000] {
        let bill = Bill::new(lines).unwrap();
        report(&format!("assess, {lines} lines, nbr"), || bill.assess(&schedule).unwrap());
    }
    let assessment = Bill::new(10).unwrap().assess(&schedule).unwrap();
    report("explain, 10 lines, English", || explain::lines(&assessment, Lang::En));
    report("explain, 10 lines, Bengali", || explain::lines(&assessment, Lang::Bn));
    report("load schedule house", || Schedule::parse(HOUSE).unwrap());
    report("load schedule nbr", || Schedule::parse(NBR).unwrap());
}
