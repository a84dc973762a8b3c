//! The approval machine by table and by property.
#![cfg(test)]

mod common;
mod desk;

mod changes;
mod delegation;
mod escalation;
mod examples;
mod idempotency;
mod levels;
mod oracle;
mod people;
mod policies;
mod properties;
mod questions;
mod resolution;
mod seats;
mod time;
