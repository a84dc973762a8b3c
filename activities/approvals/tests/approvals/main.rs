//! The step that every document with approvals shares, on both engines, without Temporal. After every scenario the
//! ledger's own check must find nothing.
#![cfg(test)]

mod decisions;
mod notes;
