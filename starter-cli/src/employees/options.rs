//! What can be said of employees and their processes.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use vextrus_proto::onboarding::v1 as proto;
use vextrus_proto::onboarding::v1::act_on_process_request::Action;

/// A command about onboardings.
#[derive(Debug, Subcommand)]
pub(crate) enum OnboardingCommand {
    /// Begins an onboarding. Example: vextrus --as hasina onboarding start examples/onboarding/01-engineer.json
    Start {
        /// The employee as JSON; - reads it from stdin.
        file: PathBuf,
        #[command(flatten)]
        request: Request,
    },
    #[command(flatten)]
    Process(ProcessCommand),
}

/// A command about offboardings.
#[derive(Debug, Subcommand)]
pub(crate) enum OffboardingCommand {
    /// Begins the offboarding of an employee whose onboarding is completed.
    Start {
        /// The employee's id.
        employee: String,
        /// The last day at work, YYYY-MM-DD.
        #[arg(long)]
        last_day: String,
        /// Why, for the trail; without anything personal.
        #[arg(long)]
        reason: String,
        /// Who answers for it.
        #[arg(long, value_name = "PERSON")]
        hr_manager: String,
        #[command(flatten)]
        request: Request,
    },
    #[command(flatten)]
    Process(ProcessCommand),
}

/// A command about the record of an employee.
#[derive(Debug, Subcommand)]
pub(crate) enum EmployeeCommand {
    /// Erases what is personal about an employee whose processes have ended, for good.
    Erase {
        /// The employee's id.
        employee: String,
        /// Why, for the trail; without anything personal.
        #[arg(long)]
        reason: String,
        /// The id of this request; the same id gives the same answer. A new one without it.
        #[arg(long)]
        request_id: Option<String>,
    },
}

/// The id of a request.
#[derive(Debug, Args)]
pub(crate) struct Request {
    /// The id of this request; the same id gives the same answer. A new one without it.
    #[arg(long)]
    pub(crate) request_id: Option<String>,
}

/// What a review of the probation says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Verdict {
    /// The employee is confirmed.
    Confirm,
    /// The probation goes on, once.
    Extend,
    /// The employment ends.
    End,
}

impl From<Verdict> for proto::Verdict {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Confirm => Self::Confirm,
            Verdict::Extend => Self::Extend,
            Verdict::End => Self::End,
        }
    }
}

/// A command on a process, whichever it is.
#[derive(Debug, Subcommand)]
pub(crate) enum ProcessCommand {
    /// Shows a process with its tasks.
    Show {
        /// The process's id or name.
        process: String,
    },
    /// Lists the company's processes of this kind, the latest first. Example: vextrus --as hasina onboarding list --filter 'state = running'
    List {
        /// Which ones: state (claimed, running, ended) and employee, joined by AND.
        #[arg(long, default_value = "")]
        filter: String,
    },
    /// Follows a process until it ends.
    Watch {
        /// The process's id or name.
        process: String,
    },
    /// Shows everything that has happened in a process: its trail.
    Trail {
        /// The process's id or name.
        process: String,
    },
    /// Completes a task that is yours.
    Complete {
        /// The process's id or name.
        process: String,
        /// The task.
        task: String,
        /// What a review of the probation says.
        #[arg(long)]
        verdict: Option<Verdict>,
        /// What is to be remembered of it; without anything personal.
        #[arg(long, default_value = "")]
        note: String,
        #[command(flatten)]
        request: Request,
    },
    /// Leaves a task out, where the template allows it.
    Skip {
        /// The process's id or name.
        process: String,
        /// The task.
        task: String,
        /// Why, for the trail; without anything personal.
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        request: Request,
    },
    /// Gives a task to somebody else; for those who answer for the process.
    Reassign {
        /// The process's id or name.
        process: String,
        /// The task.
        task: String,
        /// To whom.
        #[arg(long)]
        to: String,
        /// Why, for the trail; without anything personal.
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        request: Request,
    },
    /// Lets a system try again what it could not do.
    Retry {
        /// The process's id or name.
        process: String,
        /// The task.
        task: String,
        /// Why it may succeed now; without anything personal.
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        request: Request,
    },
    /// Moves the first day at work, of an offboarding the last; for those who answer for the process.
    MoveStart {
        /// The process's id or name.
        process: String,
        /// To which day, YYYY-MM-DD.
        date: String,
        /// Why, for the trail; without anything personal.
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        request: Request,
    },
    /// Has the employee report to somebody else; for those who answer for the process.
    ChangeManager {
        /// The process's id or name.
        process: String,
        /// To whom.
        #[arg(long)]
        to: String,
        /// Why, for the trail; without anything personal.
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        request: Request,
    },
    /// Takes a process back, and undoes what it has done; for those who answer for it.
    Withdraw {
        /// The process's id or name.
        process: String,
        /// Why, for the trail; without anything personal.
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        request: Request,
    },
}

/// The process, the task where one is named, what is asked, and the request's id.
pub(super) struct Asked {
    pub(super) process: String,
    pub(super) task: Option<String>,
    pub(super) action: Action,
    pub(super) request_id: Option<String>,
}

/// What a command on a process is.
pub(super) enum Meant {
    Show(String),
    List(String),
    Watch(String),
    Trail(String),
    Act(Asked),
}

impl ProcessCommand {
    pub(super) fn meant(self) -> Meant {
        let act = |process, task, action, request: Request| {
            Meant::Act(Asked { process, task, action, request_id: request.request_id })
        };
        match self {
            Self::Show { process } => Meant::Show(process),
            Self::List { filter } => Meant::List(filter),
            Self::Watch { process } => Meant::Watch(process),
            Self::Trail { process } => Meant::Trail(process),
            Self::Complete { process, task, verdict, note, request } => {
                let verdict = verdict.map_or(proto::Verdict::Unspecified, Into::into).into();
                act(process, Some(task), Action::Complete(proto::Complete { verdict, note }), request)
            }
            Self::Skip { process, task, reason, request } => {
                act(process, Some(task), Action::Skip(proto::Skip { reason }), request)
            }
            Self::Reassign { process, task, to, reason, request } => {
                act(process, Some(task), Action::Reassign(proto::Reassign { to, reason }), request)
            }
            Self::Retry { process, task, reason, request } => {
                act(process, Some(task), Action::Retry(proto::Retry { reason }), request)
            }
            Self::MoveStart { process, date, reason, request } => {
                act(process, None, Action::MoveStart(proto::MoveStart { start_date: date, reason }), request)
            }
            Self::ChangeManager { process, to, reason, request } => {
                act(process, None, Action::ChangeManager(proto::ChangeManager { to, reason }), request)
            }
            Self::Withdraw { process, reason, request } => {
                act(process, None, Action::Withdraw(proto::Withdraw { reason }), request)
            }
        }
    }
}
