//! Who acts.

use serde::{Deserialize, Serialize};

use crate::ids::{DepartmentId, PersonId, RoleName, TenantId};

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
    /// Whether they are at work for the tenant.
    #[serde(default = "active")]
    pub active: bool,
}

fn active() -> bool {
    true
}
