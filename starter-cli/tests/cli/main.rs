//! The programs, run as a user runs them: what they print, how they exit, and what they leave behind.
#![cfg(test)]

mod audit;
mod clients;
mod cutover;
mod demo;
mod dev;
mod fleet;
mod health;
mod help;
mod lists;
mod manual;
mod namespace;
mod offline;
mod onboarding;
mod orders;
mod outbox;
mod policies;
mod program;
mod reconcile;
mod records;
mod replay;
mod reports;
mod returned;
mod rollout;
mod rules;
mod running;
mod settings;
mod tax;
mod traces;
mod versioning;
