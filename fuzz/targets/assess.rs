//! Any text as a case, under both schedules.
#![no_main]

#[path = "../../activities/tax/tests/arbitrary.rs"]
#[allow(dead_code, reason = "the other targets use the rest")]
mod arbitrary;

libfuzzer_sys::fuzz_target!(|text: &str| arbitrary::check_case(text));
