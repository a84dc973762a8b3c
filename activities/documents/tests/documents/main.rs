//! The steps of documents on both engines, without Temporal. After every scenario the ledger's own check must find nothing.
#![cfg(test)]

mod administration;
mod amendments;
mod as_it_was;
mod campaign;
mod changes;
mod close;
mod delegation;
mod golden;
mod lookalikes;
mod matching;
mod migrated;
mod notes;
mod order_ends;
mod orders;
mod periods;
mod preview;
mod questions;
mod reassess;
mod receipts;
mod record;
mod refusals;
mod registers;
mod resubmit;
mod retries;
mod settle;
mod shortfall;
mod signatures;
mod statutory;
mod tax_facts;
mod three_way;
mod treasury;
mod unclaimed;
mod withdrawals;
