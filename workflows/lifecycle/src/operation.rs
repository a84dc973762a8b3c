//! What outside systems can be asked to do for an employee, and what undoes it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An outside system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum System {
    /// Who may sign in.
    Identity,
    /// Mailboxes, and the letters that go out by them.
    Mail,
    /// What the company lends.
    Assets,
    /// Doors.
    Access,
    /// Appointments.
    Calendar,
}

impl System {
    /// Every system.
    pub const ALL: [Self; 5] = [Self::Identity, Self::Mail, Self::Assets, Self::Access, Self::Calendar];

    /// The system's name in data.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Mail => "mail",
            Self::Assets => "assets",
            Self::Access => "access",
            Self::Calendar => "calendar",
        }
    }
}

impl fmt::Display for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Something that a system does for an employee.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// Lets the employee sign in.
    CreateAccount,
    /// Takes that back.
    DisableAccount,
    /// Gives a mailbox.
    CreateMailbox,
    /// Closes it.
    CloseMailbox,
    /// Writes to the employee's private address that they are awaited. A letter cannot be taken back.
    SendWelcome,
    /// Sets a workplace's machine aside.
    AssignWorkstation,
    /// Takes it back into the store.
    ReturnWorkstation,
    /// Issues a badge.
    IssueBadge,
    /// Revokes it.
    RevokeBadge,
    /// Sets a time for the orientation. Asked again, it moves it.
    ScheduleOrientation,
    /// Takes it off the calendar.
    CancelOrientation,
}

impl Operation {
    /// Every operation.
    pub const ALL: [Self; 11] = [
        Self::CreateAccount,
        Self::DisableAccount,
        Self::CreateMailbox,
        Self::CloseMailbox,
        Self::SendWelcome,
        Self::AssignWorkstation,
        Self::ReturnWorkstation,
        Self::IssueBadge,
        Self::RevokeBadge,
        Self::ScheduleOrientation,
        Self::CancelOrientation,
    ];

    /// The operation's name in data.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CreateAccount => "create_account",
            Self::DisableAccount => "disable_account",
            Self::CreateMailbox => "create_mailbox",
            Self::CloseMailbox => "close_mailbox",
            Self::SendWelcome => "send_welcome",
            Self::AssignWorkstation => "assign_workstation",
            Self::ReturnWorkstation => "return_workstation",
            Self::IssueBadge => "issue_badge",
            Self::RevokeBadge => "revoke_badge",
            Self::ScheduleOrientation => "schedule_orientation",
            Self::CancelOrientation => "cancel_orientation",
        }
    }

    /// The system that does it.
    #[must_use]
    pub const fn system(self) -> System {
        match self {
            Self::CreateAccount | Self::DisableAccount => System::Identity,
            Self::CreateMailbox | Self::CloseMailbox | Self::SendWelcome => System::Mail,
            Self::AssignWorkstation | Self::ReturnWorkstation => System::Assets,
            Self::IssueBadge | Self::RevokeBadge => System::Access,
            Self::ScheduleOrientation | Self::CancelOrientation => System::Calendar,
        }
    }

    /// What undoes it; nothing undoes an undoing, nor a letter.
    #[must_use]
    pub const fn undone_by(self) -> Option<Self> {
        match self {
            Self::CreateAccount => Some(Self::DisableAccount),
            Self::CreateMailbox => Some(Self::CloseMailbox),
            Self::AssignWorkstation => Some(Self::ReturnWorkstation),
            Self::IssueBadge => Some(Self::RevokeBadge),
            Self::ScheduleOrientation => Some(Self::CancelOrientation),
            _ => None,
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
