//! Bangladesh tax on a vendor's invoice: VAT, supplementary duty, what is withheld (VDS, TDS), and for every poisha why.
//!
//! Pure: no clock, no I/O, no floats. A schedule is data with its sources; an amount always comes with its trace; what is
//! ambiguous or doubtful is a question for a person, never a guess.

mod assessment;
pub mod compliance;
pub mod deadlines;
pub mod explain;
pub mod mushak;
mod schedule;

pub use assessment::{
    Answers, Assessment, Case, LineTax, Question, QuestionKind, ScheduleRef, Step, TraceStep, UpliftGround, Withheld,
    assess,
};
pub use schedule::{
    Ambiguous, Basis, BothUplifts, Change, Confidence, MonthDay, NoMushak63, NoPsr, PartPayments, PayeeClass, Policy,
    PsrDays, Required, Row, Schedule, ScheduleError, Status, Tax, TdsBase, TdsRounding, Uplift, Vds, Withholding, diff,
};
