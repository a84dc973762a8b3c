//! Templates, their resolution and the machine, by table and by property.
#![cfg(test)]

mod common;
mod desk;
mod oracle;

mod changes;
mod commands;
mod dates;
mod graphs;
mod names;
mod offboarding;
mod people;
mod properties;
mod shipped;
mod stopping;
mod systems;
mod templates;
mod time;
