//! What workflows and activities have agreed on: the activities' signatures, their payloads, and what a workflow is
//! started with, asked, told and answers. Everything here is written into histories and hashed into
//! effects: a field is never changed, and one that is added is left out of the text while it has its default.

// The macros write `::temporalio_common`; this puts the crate that workflows may use under that name.
extern crate temporalio_common_wasm as temporalio_common;

use temporalio_common_wasm::ActivityError;
use temporalio_common_wasm::error::ApplicationFailure;
use vextrus_domain::RefusalCode;

pub mod activities;
pub mod document;
pub mod employees;
pub mod reconcile;
pub mod rollout;
pub mod search_attributes;
pub mod steps;

/// The failure of a step: its type is the refusal code, so that workflows and operators read one vocabulary.
/// `is_final`: trying again cannot help.
#[must_use]
pub fn failure(code: RefusalCode, is_final: bool, why: &dyn std::fmt::Display) -> ActivityError {
    ApplicationFailure::builder(format!("{code}: {why}"))
        .type_name(code.name().to_owned())
        .non_retryable(is_final)
        .build()
        .into()
}
