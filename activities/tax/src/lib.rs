//! Bangladesh tax on a vendor's invoice: the arithmetic, VAT against the schedule, withholding, and why.
//!
//! Pure: no clock, no I/O. A schedule is data with its sources; an amount always comes with its trace.

mod arithmetic;
mod assessment;
mod schedule;

pub use arithmetic::check_arithmetic;
pub use assessment::{Assessment, TraceStep, Withheld, assess};
pub use schedule::{Confidence, Row, Schedule, ScheduleError, Tax};
