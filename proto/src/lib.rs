//! The gRPC services, generated from `vextrus/<area>/v1/*.proto`, and their descriptors for reflection.

pub use prost_types;

/// Approvals of documents, whatever their type.
pub mod approval {
    /// Version 1.
    #[expect(clippy::allow_attributes, clippy::too_many_lines, unused_qualifications, reason = "the code is generated")]
    pub mod v1 {
        tonic::include_proto!("vextrus.approval.v1");
    }
}

/// Vendor invoices.
pub mod invoice {
    /// Version 1.
    #[expect(clippy::allow_attributes, clippy::too_many_lines, unused_qualifications, reason = "the code is generated")]
    pub mod v1 {
        tonic::include_proto!("vextrus.invoice.v1");
    }
}

/// Onboarding and offboarding of employees.
pub mod onboarding {
    /// Version 1.
    #[expect(clippy::allow_attributes, clippy::too_many_lines, unused_qualifications, reason = "the code is generated")]
    pub mod v1 {
        tonic::include_proto!("vextrus.onboarding.v1");
    }
}

/// Purchase orders.
pub mod purchasing {
    /// Version 1.
    #[expect(clippy::allow_attributes, clippy::too_many_lines, unused_qualifications, reason = "the code is generated")]
    pub mod v1 {
        tonic::include_proto!("vextrus.purchasing.v1");
    }
}

/// The encoded `FileDescriptorSet` of every service here.
pub const FILE_DESCRIPTOR_SET: &[u8] = tonic::include_file_descriptor_set!("vextrus");
