//! The search attributes that workflows change while they run. The others are set once, at the start.

use temporalio_common_wasm::SearchAttributeKey;

/// Where the document stands: `assessing`, `waiting`, then the status of the result.
pub const STATUS: SearchAttributeKey<String> = SearchAttributeKey::keyword("VextrusStatus");
/// The role whose task is open, or `end`.
pub const STAGE: SearchAttributeKey<String> = SearchAttributeKey::keyword("VextrusStage");
