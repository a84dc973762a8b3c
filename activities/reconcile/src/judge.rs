//! What follows from what was seen. Pure.

use vextrus_temporal::runs::{Ended, Seen};

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// The workflow was terminated, and the ledger holds what it was for as open.
    Terminated,
    /// The same, and it timed out.
    TimedOut,
    /// The same, and it failed.
    Failed,
    /// The same, and it was cancelled.
    Cancelled,
    /// The server knows no such workflow.
    Missing,
    /// The workflow has ended well, and the ledger has not: that must not be.
    Completed,
    /// The workflow runs though the ledger has ended what it is for.
    RunsOn,
    /// The workflow runs for something that the ledger does not hold.
    Unknown,
}

impl What {
    /// Its name in data.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Terminated => "terminated",
            Self::TimedOut => "timed_out",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Missing => "missing",
            Self::Completed => "completed",
            Self::RunsOn => "runs_on",
            Self::Unknown => "unknown",
        }
    }
}

/// What is done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Act {
    /// What the ledger holds as open is closed.
    Close,
    /// The workflow is started again, from where the ledger is.
    Resume,
    /// People are told.
    Alarm,
}

impl Act {
    /// Its name in data.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Close => "close",
            Self::Resume => "resume",
            Self::Alarm => "alarm",
        }
    }
}

/// What was found where the ledger holds something as open, and whether it may be mended. `is_old`: its claim is older than the grace
/// period, in which a start may be on its way.
pub(crate) fn judge(seen: &Seen, is_old: bool) -> Option<(What, bool)> {
    match seen {
        Seen::Running { .. } => None,
        Seen::Missing => is_old.then_some((What::Missing, true)),
        Seen::Ended { how: Ended::Completed, .. } => Some((What::Completed, false)),
        Seen::Ended { how: Ended::Terminated, .. } => Some((What::Terminated, true)),
        Seen::Ended { how: Ended::TimedOut, .. } => Some((What::TimedOut, true)),
        Seen::Ended { how: Ended::Failed, .. } => Some((What::Failed, true)),
        Seen::Ended { how: Ended::Cancelled, .. } => Some((What::Cancelled, true)),
    }
}

/// What a person is to do about it, where we do not.
pub(crate) const fn remedy(what: What, act: Act, are_one: bool) -> &'static str {
    match (act, what) {
        (Act::Close, _) => "nothing: it is closed, and can be asked for again",
        (Act::Resume, _) => "nothing: its workflow goes on from where the ledger is",
        (Act::Alarm, _) if !are_one => {
            "this is not the ledger's namespace: connect to that one, or adopt this one with `vextrus ledger adopt-namespace`"
        }
        (Act::Alarm, What::Completed) => {
            "the ledger may have been restored to an earlier time: restore a later copy, or reset the workflow to its beginning, \
             so that its steps are put to the ledger again"
        }
        (Act::Alarm, What::RunsOn) => {
            "its steps will be refused and it will end by itself; if it does not, terminate it"
        }
        (Act::Alarm, What::Unknown) => {
            "the ledger may have been restored to an earlier time: restore a later copy, or terminate the workflow and ask for it \
             again"
        }
        (Act::Alarm, _) => {
            "where its workflow was ended again and again, find out by whom, then run `vextrus ledger reconcile`; otherwise see the \
             log and `vextrus ledger check`"
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    #[test]
    fn only_what_the_server_says_has_ended_otherwise_is_mended() {
        let ended = |how| Seen::Ended { run: "r".to_owned(), how };
        let running = Seen::Running { run: "r".to_owned(), started_at: SystemTime::UNIX_EPOCH };
        for is_old in [false, true] {
            assert_eq!(judge(&running, is_old), None);
            assert_eq!(judge(&ended(Ended::Completed), is_old), Some((What::Completed, false)));
            assert_eq!(judge(&ended(Ended::Terminated), is_old), Some((What::Terminated, true)));
            assert_eq!(judge(&ended(Ended::TimedOut), is_old), Some((What::TimedOut, true)));
            assert_eq!(judge(&ended(Ended::Failed), is_old), Some((What::Failed, true)));
            assert_eq!(judge(&ended(Ended::Cancelled), is_old), Some((What::Cancelled, true)));
        }
        assert_eq!(judge(&Seen::Missing, false), None, "its start may be on its way");
        assert_eq!(judge(&Seen::Missing, true), Some((What::Missing, true)));
    }
}
