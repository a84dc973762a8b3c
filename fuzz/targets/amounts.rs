//! Any text as an amount and as a rate.
#![no_main]

#[path = "../../domain/tests/arbitrary.rs"]
#[allow(dead_code, reason = "the other targets use the rest")]
mod arbitrary;

libfuzzer_sys::fuzz_target!(|text: &str| {
    arbitrary::check_amount(text);
    arbitrary::check_rate(text);
});
