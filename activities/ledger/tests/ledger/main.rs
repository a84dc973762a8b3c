//! The ledger on both engines. One binary, and so one PostgreSQL; one module a question.
#![cfg(test)]

mod approvals;
mod audit;
mod backups;
mod bank_details;
mod books;
mod budgets;
mod check;
mod claims;
mod delegations;
mod effects;
mod employees;
mod guards;
mod inbox;
mod journal;
mod lists;
mod masterdata;
mod migrations;
mod numbers;
mod orders;
mod outbox;
mod passwords;
mod periods;
mod plans;
mod proposals;
mod reconcile;
mod registers;
mod replica;
mod retries;
mod rules;
mod sealing;
mod tenants;
