//! Who acts.

use serde::{Deserialize, Serialize};

use crate::ids::{DepartmentId, PersonId, RoleName, TenantId};
use crate::money::Taka;

/// The person behind a request, as their token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// The company that they act for.
    pub tenant: TenantId,
    /// The person.
    pub person: PersonId,
}

/// A person of the tenant, with what they may be asked to decide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// The person.
    pub id: PersonId,
    /// Their department, where they have one.
    #[serde(default)]
    pub department: Option<DepartmentId>,
    /// The roles that they hold.
    pub roles: Vec<RoleName>,
    /// To whom they report, where that is recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manager: Option<PersonId>,
    /// Who stands in for them, where somebody does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deputy: Option<PersonId>,
    /// The largest amount that they may approve; none means that only their roles limit them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval_limit: Option<Taka>,
    /// Whether they are at work for the tenant.
    #[serde(default = "active")]
    pub active: bool,
}

impl Person {
    /// An active person of a department with these roles, and nothing else recorded.
    #[must_use]
    pub fn new(id: PersonId, department: Option<DepartmentId>, roles: Vec<RoleName>) -> Self {
        Self { id, department, roles, manager: None, deputy: None, approval_limit: None, active: true }
    }
}

fn active() -> bool {
    true
}
