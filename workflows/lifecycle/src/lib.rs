//! The life of an employee in the company as a graph of tasks: onboarding, offboarding and the undoing of either.
//!
//! Pure: template data becomes a plan, and the machine turns inputs into events or a refusal. No clock, no SDK, no I/O: the
//! workflow drives it, the ledger runs it again over what is stored, and tests run it by table and by property.

mod command;
mod event;
mod machine;
mod operation;
mod plan;
mod process;
mod resolve;
mod template;
mod undo;

pub use command::{Action, Command, MAX_COMMANDS, MAX_NOTE, SignedCommand, Verdict};
pub use event::{Event, Input, Performed};
pub use machine::{Changes, Machine, Stopped, TaskState, TaskStatus};
pub use operation::{Operation, System};
pub use plan::{DAY_MILLIS, Head, Plan, PlannedTask, PlannedUndo, Work};
pub use process::{Process, Status, UnknownProcess};
pub use resolve::{Facts, resolve};
pub use template::{
    Anchor, Condition, Day, Fact, MAX_TASKS, Owner, Probation, TaskRule, Template, TemplateError, UNDO_GROUP, Undo,
    Undoing,
};
