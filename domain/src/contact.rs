//! How people and vendors are written to. Addresses are personal: nothing here shows one.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ids::{PersonId, VendorId};
use crate::lang::Lang;
use crate::violations::{FieldViolation, Violations};

/// The longest e-mail address, in bytes (RFC 5321, 4.5.3.1.3).
pub const LONGEST_EMAIL: usize = 254;

/// Whom a message is for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    /// A person of the tenant.
    Person(PersonId),
    /// A vendor.
    Vendor(VendorId),
}

impl fmt::Display for Party {
    /// `person/ID` or `vendor/ID`; no id holds a slash.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(person) => write!(f, "person/{person}"),
            Self::Vendor(vendor) => write!(f, "vendor/{vendor}"),
        }
    }
}

/// How somebody is written to.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// Who.
    pub who: Party,
    /// The e-mail address; `null` forgets what is stored, and has to be written.
    #[serde(deserialize_with = "Option::deserialize")]
    pub email: Option<String>,
    /// The language of what is written.
    #[serde(default)]
    pub lang: Lang,
}

impl fmt::Debug for Contact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { who, email, lang } = self;
        let email = email.as_ref().map(|_| "…");
        f.debug_struct("Contact").field("who", who).field("email", &email).field("lang", lang).finish()
    }
}

impl Contact {
    /// Everything that is wrong with it. No message repeats the address.
    #[must_use]
    pub fn violations(&self) -> Vec<FieldViolation> {
        let mut found = Violations::default();
        if self.email.as_deref().is_some_and(|email| !is_email(email)) {
            let field = format!("contacts[{}].email", self.who);
            found.invalid(
                &field,
                "it is not an e-mail address; give one such as name@example.com, or null to forget it",
            );
        }
        found.0
    }
}

/// One `@` between two parts that are not empty, and no white space. Whether it exists, only a letter can tell.
pub(crate) fn is_email(text: &str) -> bool {
    let plain = text.len() <= LONGEST_EMAIL && !text.chars().any(|c| c.is_whitespace() || c.is_control());
    let (local, host) = text.split_once('@').unwrap_or_default();
    plain
        && !local.is_empty()
        && !host.is_empty()
        && !host.contains('@')
        && host.contains('.')
        && !host.starts_with('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_checked_and_never_shown() {
        let read = |email: &str| -> Contact {
            let text = format!(r#"{{"who": {{"person": "rina"}}, "email": {email}, "lang": "bn"}}"#);
            serde_json::from_str(&text).unwrap()
        };
        let good = read("\"rina@example.com\"");
        assert_eq!((good.who.to_string().as_str(), good.lang), ("person/rina", Lang::Bn));
        assert!(serde_json::from_str::<Contact>(r#"{"who": {"person": "rina"}}"#).is_err());
        assert!(good.violations().is_empty() && read("null").violations().is_empty());
        assert!(!format!("{good:?}").contains("rina@"), "{good:?}");
        for bad in ["\"\"", "\"rina\"", "\"rina at example.com\"", "\"rina@example.com\\r\\nBcc: x@example.com\""] {
            let wrong = read(bad).violations();
            let [found] = wrong.as_slice() else { panic!("{bad}") };
            assert_eq!(found.field, "contacts[person/rina].email");
            assert!(!found.refusal.to_string().contains("example.com\r") && !found.refusal.to_string().contains("Bcc"));
        }
    }
}
