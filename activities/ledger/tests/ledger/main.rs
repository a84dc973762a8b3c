//! The ledger on both engines. One binary, and so one PostgreSQL; one module a question.
#![cfg(test)]

mod audit;
mod books;
mod budgets;
mod check;
mod claims;
mod decisions;
mod effects;
mod guards;
mod inbox;
mod journal;
mod migrations;
mod numbers;
mod outbox;
mod proposals;
mod rules;
