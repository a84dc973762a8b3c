//! Approvals as a pure state machine: policy data becomes a plan, and `decide(command, now)` becomes events or a refusal.
//!
//! No clock, no SDK, no I/O: the workflow shells drive it, the ledger checks it, and tests run it by table.

mod decision;
mod duration;
mod events;
mod machine;
mod plan;
mod policy;

pub use decision::{Decision, MAX_COMMENT, REQUEST_INFO, SignedDecision, WITHDRAW};
pub use events::{Command, Event, Outcome, Question};
pub use machine::{MAX_QUESTIONS, Machine, TaskState};
pub use plan::{AllowedAnswer, Choices, ExceptionFinding, Facts, Plan, Task, TaskKind, allowed, resolve};
pub use policy::{ExceptionKind, ExceptionRule, LevelRule, Matching, Policy, PolicyError, Shortfall};
