//! The steps of an invoice on both engines, without Temporal. After every scenario the ledger's own check must find nothing.
#![cfg(test)]

mod close;
mod golden;
mod lookalikes;
mod matching;
mod orders;
mod reassess;
mod refusals;
mod resubmit;
mod retries;
mod settle;
mod signatures;
mod statutory;
mod tax_facts;
mod unclaimed;
