//! Bytes as messages of the API, on the wire and in JSON.
#![no_main]

#[path = "../../proto/tests/hostile/check.rs"]
mod check;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| check::check_all(bytes));
