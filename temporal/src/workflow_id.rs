//! The id of a workflow: `<kind>/<tenant>/<document>/<submission>`, such as `invoice/acme/0198/1`. An employee's process is named by
//! its own id, never by anything personal.

use std::{fmt, str::FromStr};

use vextrus_domain::DocumentType;

use crate::task_queue;

/// What a workflow is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WorkflowKind {
    /// The approval of a document.
    Document(DocumentType),
    /// An employee's coming.
    Onboarding,
    /// An employee's leaving.
    Offboarding,
}

impl WorkflowKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [
        Self::Document(DocumentType::Invoice),
        Self::Document(DocumentType::PurchaseOrder),
        Self::Onboarding,
        Self::Offboarding,
    ];

    /// What its ids begin with.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Document(kind) => task_queue::of(kind),
            Self::Onboarding => "onboarding",
            Self::Offboarding => "offboarding",
        }
    }
}

impl From<DocumentType> for WorkflowKind {
    fn from(kind: DocumentType) -> Self {
        Self::Document(kind)
    }
}

/// Far below the server's limit of 1000 bytes for an id.
const LONGEST_PART: usize = 100;

/// The text is no workflow id of ours, or a part cannot stand in one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WorkflowIdError {
    /// The whole has another form.
    #[error("{0:?} is not a workflow id: use invoice/<tenant>/<document>/<submission>, or purchase-order/…")]
    Form(String),
    /// The tenant or the document.
    #[error(
        "{value:?} cannot be the {part} of a workflow id: use 1 to {LONGEST_PART} letters, digits, '.', '_' or '-', \
         starting with a letter or digit"
    )]
    Part {
        /// `tenant` or `document`.
        part: &'static str,
        /// What was given, cut to a readable length.
        value: String,
    },
    /// The submission.
    #[error("{0:?} cannot be the submission of a workflow id: use 1, 2, 3 and so on")]
    Submission(String),
}

/// The parts of a workflow id. What it displays as, it is parsed from, and nothing else.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WorkflowId {
    kind: WorkflowKind,
    tenant: String,
    document: String,
    submission: u32,
}

impl WorkflowId {
    /// An id from its parts.
    ///
    /// # Errors
    ///
    /// Where a part is empty, too long or holds a character that is not allowed, such as `/`, or the submission is 0.
    pub fn new(
        kind: impl Into<WorkflowKind>,
        tenant: &str,
        document: &str,
        submission: u32,
    ) -> Result<Self, WorkflowIdError> {
        let tenant = part("tenant", tenant)?;
        let document = part("document", document)?;
        if submission == 0 {
            return Err(WorkflowIdError::Submission("0".to_owned()));
        }
        Ok(Self { kind: kind.into(), tenant, document, submission })
    }

    /// What the workflow is about.
    #[must_use]
    pub fn kind(&self) -> WorkflowKind {
        self.kind
    }

    /// The company.
    #[must_use]
    pub fn tenant(&self) -> &str {
        &self.tenant
    }

    /// The claimed document.
    #[must_use]
    pub fn document(&self) -> &str {
        &self.document
    }

    /// From 1.
    #[must_use]
    pub fn submission(&self) -> u32 {
        self.submission
    }
}

impl fmt::Display for WorkflowId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}/{}", self.kind.name(), self.tenant, self.document, self.submission)
    }
}

impl FromStr for WorkflowId {
    type Err = WorkflowIdError;

    fn from_str(text: &str) -> Result<Self, WorkflowIdError> {
        let parts: Vec<&str> = text.split('/').collect();
        let form = || WorkflowIdError::Form(cut(text));
        let [name, tenant, document, submission] = parts[..] else { return Err(form()) };
        let kind = WorkflowKind::ALL.into_iter().find(|kind| kind.name() == name).ok_or_else(form)?;
        // `u32::from_str` takes "+1" and "01", under which one run would have two ids.
        let canonical = submission.parse().ok().filter(|number: &u32| number.to_string() == submission);
        let submission = canonical.ok_or_else(|| WorkflowIdError::Submission(cut(submission)))?;
        Self::new(kind, tenant, document, submission)
    }
}

fn part(part: &'static str, text: &str) -> Result<String, WorkflowIdError> {
    let ok = (1..=LONGEST_PART).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'));
    if ok { Ok(text.to_owned()) } else { Err(WorkflowIdError::Part { part, value: cut(text) }) }
}

fn cut(text: &str) -> String {
    text.chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_parsed_from_what_it_displays_as() {
        let id = WorkflowId::new(DocumentType::Invoice, "acme-bd", "inv_01.a", 12).unwrap();
        assert_eq!(id.to_string(), "invoice/acme-bd/inv_01.a/12");
        assert_eq!(id.to_string().parse(), Ok(id.clone()));
        let order = WorkflowId::new(DocumentType::PurchaseOrder, "acme-bd", "d", 1).unwrap();
        assert_eq!(
            (order.to_string().as_str(), order.kind()),
            ("purchase-order/acme-bd/d/1", WorkflowKind::Document(DocumentType::PurchaseOrder))
        );
        for kind in WorkflowKind::ALL {
            let id = WorkflowId::new(kind, "acme-bd", "0198", 1).unwrap();
            assert_eq!(id.to_string().parse::<WorkflowId>().map(|id| id.kind()), Ok(kind));
        }
        assert_eq!((id.tenant(), id.document(), id.submission()), ("acme-bd", "inv_01.a", 12));
    }

    #[test]
    fn another_form_is_refused() {
        for bad in ["", "invoice", "invoice/a/b", "invoice/a/b/1/2", "order/a/b/1", "/invoice/a/b/1"] {
            assert_eq!(bad.parse::<WorkflowId>(), Err(WorkflowIdError::Form(bad.to_owned())));
        }
    }

    #[test]
    fn a_part_that_could_be_read_in_two_ways_is_refused() {
        for bad in ["", "a/b", "-a", "a b", "é", &"x".repeat(101)] {
            assert!(
                matches!(
                    WorkflowId::new(DocumentType::Invoice, bad, "d", 1),
                    Err(WorkflowIdError::Part { part: "tenant", .. })
                ),
                "{bad}"
            );
            assert!(
                matches!(
                    WorkflowId::new(DocumentType::PurchaseOrder, "t", bad, 1),
                    Err(WorkflowIdError::Part { part: "document", .. })
                ),
                "{bad}"
            );
        }
        for bad in ["0", "01", "+1", "-1", "1.0", "", "4294967296"] {
            let text = format!("invoice/t/d/{bad}");
            assert_eq!(text.parse::<WorkflowId>(), Err(WorkflowIdError::Submission(bad.to_owned())));
        }
    }
}
