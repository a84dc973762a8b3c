//! The channel mail: what people are written, and how it is sent.

mod letter;
mod smtp;

pub use letter::{LETTERS, Written, letter};
pub(crate) use smtp::Mailer;
