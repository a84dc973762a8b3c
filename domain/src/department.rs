//! Departments, as far as approvals and budgets need to know them.

use serde::{Deserialize, Serialize};

use crate::ids::{DepartmentId, PersonId};

/// A department's record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Department {
    /// The department.
    pub id: DepartmentId,
    /// What people call it.
    pub name: String,
    /// Who heads it, where that is recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<PersonId>,
    /// Whether documents can be submitted for it.
    #[serde(default = "active")]
    pub active: bool,
}

fn active() -> bool {
    true
}
