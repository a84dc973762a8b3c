//! Takes the descriptors of Temporal's messages from the crate that compiled them, so that there is one version of both.

use std::path::PathBuf;
use std::{env, fs};

fn main() {
    let from = env::var("DEP_TEMPORALIO_PROTOS_DESCRIPTOR_PATH").unwrap_or_else(|_| {
        panic!("temporalio-protos does not say where its descriptors are: is it a direct dependency?")
    });
    println!("cargo:rerun-if-changed={from}");
    let to = PathBuf::from(env::var("OUT_DIR").unwrap_or_default()).join("temporal.descriptors");
    if let Err(error) = fs::copy(&from, &to) {
        panic!("{from} cannot be copied to {}: {error}", to.display());
    }
}
