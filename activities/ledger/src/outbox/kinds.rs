//! What can be told: every type of event, with the version of what it says.

use vextrus_domain::DocumentType;
use vextrus_lifecycle::Process;

/// What every type begins with.
const PREFIX: &str = "bd.vextrus.";

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $family:literal $name:literal $version:literal $notice:literal;)*) => {
        /// A type of event. Each has a schema under `docs/events`, and a row in `docs/events.md`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum EventKind {
            $($(#[$doc])* $kind,)*
        }

        impl EventKind {
            /// Every type.
            pub const ALL: &[Self] = &[$(Self::$kind),*];

            /// The name without family and version, such as `task_opened`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$kind => $name,)* }
            }

            /// The whole type, such as `bd.vextrus.document.task_opened.v1`. Another version is another type.
            #[must_use]
            pub const fn type_name(self) -> &'static str {
                match self { $(Self::$kind => concat!("bd.vextrus.", $family, ".", $name, ".", $version),)* }
            }

            /// Whether people are written to about it: those whom the event is for (`to`), and the vendor of an order.
            #[must_use]
            pub const fn is_notice(self) -> bool {
                match self { $(Self::$kind => $notice,)* }
            }
        }
    };
}

// Family, name, version of the data, whether people are written to.
kinds! {
    /// A task of a document waits for somebody.
    TaskOpened = "document" "task_opened" "v1" true;
    /// It still waits.
    TaskReminder = "document" "task_reminder" "v1" true;
    /// It has waited too long: others are asked too.
    TaskEscalated = "document" "task_escalated" "v1" true;
    /// The submitter was asked something.
    InfoRequested = "document" "info_requested" "v1" true;
    /// The submitter has answered.
    Answered = "document" "answered" "v1" true;
    /// The document was given back for changes.
    Returned = "document" "returned" "v1" true;
    /// Somebody may decide a task in somebody's name.
    Delegated = "document" "delegated" "v1" true;
    /// A task was given to somebody else.
    Reassigned = "document" "reassigned" "v1" true;
    /// The document was assessed: its amounts and its plan stand.
    Assessed = "document" "assessed" "v1" false;
    /// It was approved and carried out.
    Settled = "document" "settled" "v1" true;
    /// It ended otherwise.
    Closed = "document" "closed" "v1" true;
    /// A purchase order was issued.
    OrderIssued = "document" "order_issued" "v1" true;
    /// An issued order was changed.
    OrderAmended = "document" "order_amended" "v1" true;
    /// The rest of an order was closed.
    OrderClosed = "document" "order_closed" "v1" true;
    /// The document and its workflow do not fit together.
    Reconciled = "document" "reconciled" "v1" false;
    /// A letter of welcome is to be written.
    Welcome = "process" "welcome" "v1" false;
    /// A task of an employee's process waits for somebody.
    ProcessTaskOpened = "process" "task_opened" "v1" true;
    /// What a system could not do waits for a person.
    ProcessTaskHandedOver = "process" "task_handed_over" "v1" true;
    /// A task still waits.
    ProcessTaskReminder = "process" "task_reminder" "v1" true;
    /// A task has waited too long: others are asked too.
    ProcessTaskEscalated = "process" "task_escalated" "v1" true;
    /// A task was given to somebody else.
    ProcessReassigned = "process" "reassigned" "v1" true;
    /// The first or last day at work was moved.
    StartMoved = "process" "start_moved" "v1" false;
    /// The process ends early.
    Stopped = "process" "stopped" "v1" true;
    /// The process has ended.
    Ended = "process" "ended" "v1" true;
    /// The process and its workflow do not fit together.
    ProcessReconciled = "process" "reconciled" "v1" false;
}

impl EventKind {
    /// The kind of this type; none for a type of another version of this program.
    #[must_use]
    pub fn of_type(type_name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.type_name() == type_name)
    }

    /// The type without what every type begins with, such as `document.task_opened.v1`: the name of its schema.
    #[must_use]
    pub fn schema(self) -> &'static str {
        let whole = self.type_name();
        whole.strip_prefix(PREFIX).unwrap_or(whole)
    }
}

/// What an event is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// A document of this type.
    Document(DocumentType),
    /// An employee's process.
    Process(Process),
}

impl About {
    /// Everything that events are about.
    pub const ALL: [Self; 4] = [
        Self::Document(DocumentType::Invoice),
        Self::Document(DocumentType::PurchaseOrder),
        Self::Process(Process::Onboarding),
        Self::Process(Process::Offboarding),
    ];

    /// Its name in data.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Document(kind) => kind.name(),
            Self::Process(process) => process.name(),
        }
    }

    /// What has this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|about| about.name() == name)
    }

    /// The collection that it stands in, as addresses have it.
    #[must_use]
    pub const fn collection(self) -> &'static str {
        match self {
            Self::Document(DocumentType::Invoice) => "invoices",
            Self::Document(DocumentType::PurchaseOrder) => "purchase-orders",
            Self::Process(Process::Onboarding) => "onboardings",
            Self::Process(Process::Offboarding) => "offboardings",
        }
    }
}

impl From<DocumentType> for About {
    fn from(kind: DocumentType) -> Self {
        Self::Document(kind)
    }
}

impl From<Process> for About {
    fn from(process: Process) -> Self {
        Self::Process(process)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_type_is_one_kinds_own() {
        let types: BTreeSet<_> = EventKind::ALL.iter().map(|kind| kind.type_name()).collect();
        assert_eq!(types.len(), EventKind::ALL.len());
        for kind in EventKind::ALL {
            assert_eq!(EventKind::of_type(kind.type_name()), Some(*kind));
            assert!(!kind.schema().starts_with(PREFIX) && kind.schema().contains(kind.name()));
        }
        assert_eq!(EventKind::of_type("bd.vextrus.document.task_opened.v0"), None);
        for about in About::ALL {
            assert_eq!(About::parse(about.name()), Some(about));
        }
    }
}
