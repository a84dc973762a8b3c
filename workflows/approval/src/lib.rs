//! Approvals as a pure state machine: policy data becomes a plan, and `decide(input, now)` becomes events or a refusal.
//!
//! No clock, no SDK, no I/O: the workflow shells drive it, the ledger runs it again over what is stored, and tests run it by
//! table and by property.

mod command;
mod delegation;
mod duration;
mod event;
pub mod examples;
mod forecast;
mod machine;
mod plan;
mod policy;
mod resolve;
mod seats;

pub use command::{Action, Command, MAX_COMMENT, SignedCommand};
pub use delegation::StandingDelegation;
pub use event::{By, Event, Input, Outcome, Recompute, What};
pub use forecast::{Expected, forecast};
pub use machine::{Given, HISTORY_KEPT, Machine, Question, Returned, Standing, TaskState, TaskStatus};
pub use plan::{AllowedAnswer, Escalation, Keep, Plan, SubmitterTimes, Succession, Task, TaskKind, Terms, allowed};
pub use policy::{
    Asking, BankDetailsRule, Basis, Clock, Condition, EscalateTo, EscalationRule, ExceptionKind, ExceptionRule,
    LevelRule, Limits, Owner, Policy, PolicyError, Quorum, Restart, Shortfall,
};
pub use resolve::{Amounts, Change, Choices, ExceptionFinding, Facts, Occasion, bank_details, resolve};
