//! The gRPC services, generated from `vextrus/<area>/v1/*.proto`, and their descriptors for reflection.

pub use prost_types;

/// Vendor invoices.
pub mod invoice {
    /// Version 1.
    #[expect(clippy::allow_attributes, clippy::too_many_lines, unused_qualifications, reason = "the code is generated")]
    pub mod v1 {
        tonic::include_proto!("vextrus.invoice.v1");
    }
}

/// The encoded `FileDescriptorSet` of every service here.
pub const FILE_DESCRIPTOR_SET: &[u8] = tonic::include_file_descriptor_set!("vextrus");
