//! The gRPC service in front of Temporal and the ledger: authenticate, validate, translate, call, translate back.
//!
//! No business rule lives here. Who acts comes from the token; what is allowed is decided by the workflow and checked
//! again by the ledger. Messages are gRPC, gRPC-web or JSON, under TLS where a certificate is configured.

pub mod auth;
pub mod dev_tokens;
pub mod errors;

mod act;
mod attachments;
mod bulk;
mod call;
mod codec;
mod content;
mod delegations;
mod employees;
mod filter;
mod history;
mod inbox;
mod jwks;
mod limits;
mod list;
mod masterdata;
mod names;
mod orders;
mod pages;
mod permissions;
mod preview;
mod read;
mod render;
mod rest;
mod server;
mod service;
mod submit;
mod summary;
mod taxes;
mod tls;
mod trail;
mod translate;
mod verified;
mod watched;
mod workflow;

pub use attachments::kind as attachment_kind;
pub use auth::{AuthError, Authenticator};
pub use codec::{CodecEndpoint, EndpointError, MAX_BODY_BYTES};
pub use content::{content, order_content};
pub use employees::{employee, process_collection};
pub use masterdata::message as record_messages;
pub use names::collection;
pub use permissions::PermissionsError;
pub use server::{FacadeError, MAX_REQUEST_BYTES, methods, serve};
pub use tls::TlsError;
pub use watched::watched;
