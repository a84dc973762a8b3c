//! The steps of onboarding and offboarding on both engines, without Temporal. After every scenario the ledger's own check must find
//! nothing, and nothing personal may stand beside the records.
#![cfg(test)]

mod adapters;
mod campaign;
mod changes;
mod desk;
mod leaving;
mod on_behalf;
mod out_of_turn;
mod retries;
mod signatures;
mod undoing;
mod whole;
mod words;
