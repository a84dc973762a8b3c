//! The gRPC services, generated from `vextrus/<area>/v1/*.proto`, their descriptors for reflection, and their form for scripts: JSON
//! over HTTP, with its OpenAPI document.

pub use pbjson_types;

// The modules differ in a name; the macro keeps each from leaving something out.
macro_rules! areas {
    ($($(#[doc = $doc:literal])* $area:ident = $package:literal;)*) => {
        $($(#[doc = $doc])*
        pub mod $area {
            /// Version 1.
            #[allow(warnings, clippy::all, clippy::pedantic, missing_docs, reason = "the code is generated")]
            pub mod v1 {
                tonic::include_proto!($package);
                include!(concat!(env!("OUT_DIR"), "/", $package, ".serde.rs"));
                include!(concat!(env!("OUT_DIR"), "/", $package, ".rest.rs"));
            }
        })*
    };
}

areas! {
    /// Approvals of documents, whatever their type.
    approval = "vextrus.approval.v1";
    /// The trail.
    audit = "vextrus.audit.v1";
    /// Vendor invoices.
    invoice = "vextrus.invoice.v1";
    /// Master data.
    masterdata = "vextrus.masterdata.v1";
    /// Onboarding and offboarding of employees.
    onboarding = "vextrus.onboarding.v1";
    /// Purchase orders.
    purchasing = "vextrus.purchasing.v1";
    /// Taxes without a document.
    tax = "vextrus.tax.v1";
}

/// The services as JSON over HTTP.
pub mod rest {
    #[allow(warnings, clippy::all, clippy::pedantic, missing_docs, reason = "the code is generated")]
    mod generated {
        use crate as vextrus;

        include!(concat!(env!("OUT_DIR"), "/transcoder.rest.rs"));
    }

    pub use generated::Transcoder;
    pub use rest_over_grpc::serving::{RestBody, RestService};

    /// The OpenAPI document of it.
    pub const OPENAPI: &str = include_str!(concat!(env!("OUT_DIR"), "/openapi.json"));
}

/// The encoded `FileDescriptorSet` of every service here.
pub const FILE_DESCRIPTOR_SET: &[u8] = tonic::include_file_descriptor_set!("vextrus");
