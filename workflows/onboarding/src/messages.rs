//! Signals, as the machine takes them.

use vextrus_contract::employees::{CompleteTaskSignal, SkipTaskSignal};
use vextrus_domain::PersonId;
use vextrus_lifecycle::{Action, SignedCommand};

/// What a signal says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    /// Who it says it comes from.
    pub(crate) person: Option<PersonId>,
    pub(crate) action: Action,
    pub(crate) assertion: Option<SignedCommand>,
}

impl From<CompleteTaskSignal> for Message {
    fn from(s: CompleteTaskSignal) -> Self {
        let action = Action::Complete { task: s.task_id, verdict: s.verdict, note: s.note };
        Self { person: Some(s.completed_by), action, assertion: s.assertion }
    }
}

impl From<SkipTaskSignal> for Message {
    fn from(s: SkipTaskSignal) -> Self {
        let action = Action::Skip { task: s.task_id, reason: s.reason };
        Self { person: s.skipped_by, action, assertion: s.assertion }
    }
}
