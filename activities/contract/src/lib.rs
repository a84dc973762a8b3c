//! What workflows and activities have agreed on: the activities' signatures, their payloads, and what a workflow is
//! started with, asked, told and answers. Everything here is written into histories and hashed into
//! effects: a field is never changed, and one that is added is left out of the text while it has its default.

// The macros write `::temporalio_common`; this puts the crate that workflows may use under that name.
extern crate temporalio_common_wasm as temporalio_common;

use std::time::Duration;

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

/// How long a worker may take for one task of a workflow, as whoever starts one says; the server's own is ten seconds. A task that reaches a
/// worker in the moment of its stop is lost for so long, and a caller who waits for it waits for ten seconds at most.
pub const TASK_WITHIN: Duration = Duration::from_secs(7);

/// The longest that a local activity may take: after four fifths of [`TASK_WITHIN`] the task in which it runs is begun anew, and no message
/// is answered meanwhile.
pub const LOCAL_WITHIN: Duration = Duration::from_secs(5);

const _: () = assert!(LOCAL_WITHIN.as_millis() * 5 < TASK_WITHIN.as_millis() * 4);

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
