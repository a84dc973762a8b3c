//! What is sealed is taken out of the house: into a folder, and into a bucket with object lock.
#![cfg(test)]

mod bucket;
mod configuration;
mod folder;
mod rounds;
mod s3;
