//! Any text as an identity, a period or a setting.
#![no_main]

#[path = "../../domain/tests/arbitrary.rs"]
#[allow(dead_code, reason = "the other targets use the rest")]
mod arbitrary;

libfuzzer_sys::fuzz_target!(|text: &str| {
    arbitrary::check_identities(text);
    arbitrary::check_periods(text);
    arbitrary::check_settings(text);
});
