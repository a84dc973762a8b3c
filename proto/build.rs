//! Compiles the `.proto` files in Rust alone (protox), so that no `protoc` is needed on the machine: messages and services, their JSON
//! form, their mapping to HTTP, and the OpenAPI document of that.

use std::error::Error;
use std::path::PathBuf;

use prost::Message as _;
use rest_over_grpc::build::{DescriptorOptions, Generator, ServiceDefinition};

#[path = "build/openapi.rs"]
mod openapi;

const FILES: [&str; 8] = [
    "vextrus/approval/v1/approval.proto",
    "vextrus/approval/v1/attachment.proto",
    "vextrus/audit/v1/audit.proto",
    "vextrus/invoice/v1/invoice.proto",
    "vextrus/masterdata/v1/masterdata.proto",
    "vextrus/onboarding/v1/onboarding.proto",
    "vextrus/purchasing/v1/purchasing.proto",
    "vextrus/tax/v1/tax.proto",
];

/// Types whose JSON form is not that of their fields.
const WELL_KNOWN: (&str, &str) = (".google.protobuf", "::pbjson_types");

fn main() -> Result<(), Box<dyn Error>> {
    for file in FILES {
        println!("cargo::rerun-if-changed={file}");
    }
    println!("cargo::rerun-if-changed=build");
    let mut compiler = protox::Compiler::new(["."])?;
    // With their comments, which the OpenAPI document shows.
    compiler.include_imports(true).include_source_info(true).open_files(FILES)?;
    let encoded = compiler.encode_file_descriptor_set();
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    let mut bare = compiler.file_descriptor_set();
    bare.file.iter_mut().for_each(|file| file.source_code_info = None);
    std::fs::write(out.join("vextrus.bin"), bare.encode_to_vec())?;
    let messages =
        tonic_prost_build::configure().compile_well_known_types(true).extern_path(WELL_KNOWN.0, WELL_KNOWN.1);
    messages.compile_fds(compiler.file_descriptor_set())?;
    pbjson_build::Builder::new()
        .extern_path(WELL_KNOWN.0, WELL_KNOWN.1)
        .register_descriptors(&encoded)?
        .build(&[".vextrus"])?;
    let mut rest = Generator::builder().build();
    let options = DescriptorOptions::new().extern_path(WELL_KNOWN.0, WELL_KNOWN.1);
    rest.add_all(ServiceDefinition::from_fds(&encoded, &options)?);
    rest.write(&out)?;
    Ok(std::fs::write(out.join("openapi.json"), openapi::document(&out, &FILES)?)?)
}
