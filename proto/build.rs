//! Compiles the `.proto` files in Rust alone (protox), so that no `protoc` is needed on the machine.

use std::path::PathBuf;

use prost::Message as _;

const FILES: [&str; 4] = [
    "vextrus/approval/v1/approval.proto",
    "vextrus/invoice/v1/invoice.proto",
    "vextrus/onboarding/v1/onboarding.proto",
    "vextrus/purchasing/v1/purchasing.proto",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for file in FILES {
        println!("cargo::rerun-if-changed={file}");
    }
    let descriptors = protox::compile(FILES, ["."])?;
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    std::fs::write(out.join("vextrus.bin"), descriptors.encode_to_vec())?;
    tonic_prost_build::configure().compile_fds(descriptors)?;
    Ok(())
}
