//! The outside systems, each behind a small trait.
//!
//! An adapter is asked at least once and must act at most once: everything that it is asked carries a key that stays the
//! same when it is asked again.

pub mod ledger;
mod set;
pub mod webhook;

use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use vextrus_domain::{Employment, PersonId, PersonalData, TaskId, TenantId};
use vextrus_lifecycle::Operation;

pub use set::{Adapters, AdaptersError};

/// What a system is asked to do, for whom.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    /// What.
    pub operation: Operation,
    /// The same for every attempt of this order, and for no other order.
    pub key: &'a str,
    /// The company.
    pub tenant: &'a TenantId,
    /// The employee.
    pub employee: &'a PersonId,
    /// The task that asks for it.
    pub task: &'a TaskId,
    /// What is personal; none where it has been erased.
    pub personal: Option<&'a PersonalData>,
    /// The work.
    pub employment: &'a Employment,
    /// What the system called the thing that is to be undone or moved, where there is one.
    pub reference: Option<&'a str>,
}

/// What a system calls what it did, such as the number of a badge. It stands in histories and on the trail: nothing personal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference(pub String);

/// Why it is not known that a system did it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AdapterError {
    /// It will not, however often it is asked under this key, and did nothing when it said so. Whether it had done it before, in an
    /// attempt whose answer was lost, is not said.
    #[error("{0}")]
    Impossible(String),
    /// It may have been done; a person must find out. Asking again would tell no more.
    #[error("{0}")]
    Unclear(String),
    /// It cannot now, or whether it did is not known. Asking again under the same key is safe.
    #[error("{0}")]
    Unavailable(String),
}

/// What an adapter answers.
pub type Answer<'a> = BoxFuture<'a, Result<Reference, AdapterError>>;

/// Who may sign in.
pub trait IdentityProvider: Send + Sync {
    /// Lets the employee sign in.
    fn create_account<'a>(&'a self, order: Order<'a>) -> Answer<'a>;
    /// Takes that back.
    fn disable_account<'a>(&'a self, order: Order<'a>) -> Answer<'a>;
}

/// Mailboxes, and the letters that go out by them.
pub trait MailSystem: Send + Sync {
    /// Gives a mailbox.
    fn create_mailbox<'a>(&'a self, order: Order<'a>) -> Answer<'a>;
    /// Closes it.
    fn close_mailbox<'a>(&'a self, order: Order<'a>) -> Answer<'a>;
    /// Writes to the private address that the employee is awaited.
    fn send_welcome<'a>(&'a self, order: Order<'a>) -> Answer<'a>;
}

/// What the company lends.
pub trait AssetRegister: Send + Sync {
    /// Sets a workstation aside.
    fn assign_workstation<'a>(&'a self, order: Order<'a>) -> Answer<'a>;
    /// Takes it back into the store.
    fn return_workstation<'a>(&'a self, order: Order<'a>) -> Answer<'a>;
}

/// Doors.
pub trait AccessControl: Send + Sync {
    /// Issues a badge.
    fn issue_badge<'a>(&'a self, order: Order<'a>) -> Answer<'a>;
    /// Revokes it.
    fn revoke_badge<'a>(&'a self, order: Order<'a>) -> Answer<'a>;
}

/// Appointments.
pub trait Calendar: Send + Sync {
    /// Sets a time for the orientation, or moves it.
    fn schedule_orientation<'a>(&'a self, order: Order<'a>) -> Answer<'a>;
    /// Takes it off the calendar.
    fn cancel_orientation<'a>(&'a self, order: Order<'a>) -> Answer<'a>;
}
