//! Ids as types of their own, checked once, when they are read.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The text cannot be an id of this kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{value:?} is not a {kind}: use 1 to {max} letters, digits, '.', '_' or '-', starting with a letter or digit")]
pub struct IdError {
    kind: &'static str,
    value: String,
    max: usize,
}

fn check(kind: &'static str, max: usize, text: &str) -> Result<(), IdError> {
    let ok = (1..=max).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'));
    if ok { Ok(()) } else { Err(IdError { kind, value: text.chars().take(80).collect(), max }) }
}

// Ten ids share one shape and one check; written out, they would be ten chances to forget one.
macro_rules! id {
    ($($(#[$doc:meta])* $name:ident, $kind:literal, $max:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                check($kind, $max, text).map(|()| Self(text.to_owned()))
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", self.0)
            }
        }
    )*};
}

id! {
    /// A company whose books are kept apart from every other's.
    TenantId, "tenant id", 40;
    /// A person of a tenant, as the token's subject names them.
    PersonId, "person id", 64;
    /// A role that a policy can ask for, such as `accounts_payable`.
    RoleName, "role", 40;
    /// A vendor in the tenant's register.
    VendorId, "vendor id", 64;
    /// A department in the tenant's budget.
    DepartmentId, "department", 40;
    /// A project in the tenant's budget.
    ProjectId, "project", 40;
    /// A claimed document; it stays the same over all submissions of one business key.
    DocumentId, "document id", 64;
    /// One task of a document's plan, such as `level-1`.
    TaskId, "task id", 40;
    /// The caller's own id of a request; the same id gives the same answer.
    RequestId, "request id", 80;
    /// A purchase order's number.
    PoNumber, "purchase order number", 64;
}

/// Which document, and which of its submissions: the address of everything that is written about it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DocumentKey {
    /// The company.
    pub tenant: TenantId,
    /// The document.
    pub document: DocumentId,
    /// 1 for the first submission of this business key; one more after each refused, withdrawn or expired one.
    pub submission: u32,
}

impl fmt::Display for DocumentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.tenant, self.document, self.submission)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_checked_when_read() {
        assert_eq!("acme-bd".parse::<TenantId>().unwrap().as_str(), "acme-bd");
        for bad in ["", "-a", "a/b", "a b", "é", &"x".repeat(41)] {
            assert!(bad.parse::<TenantId>().is_err(), "{bad}");
            assert!(serde_json::from_value::<TenantId>(bad.into()).is_err(), "{bad}");
        }
    }
}
