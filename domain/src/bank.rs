//! The bank accounts to which vendors are paid.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::violations::{FieldViolation, Violations};

/// How many characters of a number are shown to whoever need not know it.
const SHOWN: usize = 4;
/// The digits of a routing number (Bangladesh Bank, for cheques and electronic transfers between banks).
const ROUTING_DIGITS: usize = 9;

/// A bank account. `Debug` shows no more of its number than its end.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BankAccount {
    /// The bank's name.
    pub bank: String,
    /// Its branch; empty where it does not matter.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub branch: String,
    /// Bangladesh Bank's routing number of the branch: nine digits. Empty for an account abroad.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub routing_number: String,
    /// The bank's code (ISO 9362), for an account abroad. Empty for one in Bangladesh.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub swift: String,
    /// In whose name it stands.
    pub account_name: String,
    /// Its number: 4 to 34 letters and digits.
    pub account_number: String,
    /// What proves it, such as the number of the bank's letter or of a cancelled cheque.
    pub evidence: String,
}

impl BankAccount {
    /// Everything that is wrong with it. No message repeats the account's number.
    #[must_use]
    pub fn violations(&self) -> Vec<FieldViolation> {
        let mut found = Violations::default();
        for (field, text) in [("bank", &self.bank), ("account_name", &self.account_name), ("evidence", &self.evidence)]
        {
            found.text(field, text);
        }
        if !self.branch.is_empty() {
            found.text("branch", &self.branch);
        }
        let number = &self.account_number;
        if !(4..=34).contains(&number.len()) || !number.chars().all(|c| c.is_ascii_alphanumeric()) {
            found.invalid("account_number", "it is not 4 to 34 letters and digits; leave out spaces and hyphens");
        }
        match (self.routing_number.as_str(), self.swift.as_str()) {
            ("", "") => found.invalid("routing_number", "it is empty; give it, or the swift of a bank abroad"),
            (routing, "") => {
                if routing.len() != ROUTING_DIGITS || !routing.chars().all(|c| c.is_ascii_digit()) {
                    found.invalid("routing_number", format!("{routing:.20?} is not nine digits"));
                }
            }
            ("", swift) => {
                if !matches!(swift.len(), 8 | 11)
                    || !swift.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
                {
                    found.invalid("swift", format!("{swift:.20?} is not 8 or 11 capital letters and digits"));
                }
            }
            _ => found.invalid("swift", "there is a routing number too; an account is in Bangladesh or abroad"),
        }
        found.0
    }

    /// The account's number as everybody may see it: its last four characters.
    #[must_use]
    pub fn masked_number(&self) -> String {
        let shown = self.account_number.len().saturating_sub(SHOWN);
        let end: String = self.account_number.chars().skip(shown.max(SHOWN)).collect();
        format!("…{end}")
    }

    /// The same account, its number as everybody may see it.
    #[must_use]
    pub fn masked(&self) -> Self {
        Self { account_number: self.masked_number(), ..self.clone() }
    }
}

impl fmt::Debug for BankAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BankAccount").field("bank", &self.bank).field("number", &self.masked_number()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account() -> BankAccount {
        BankAccount {
            bank: "Sonali Bank".to_owned(),
            branch: "Motijheel".to_owned(),
            routing_number: "200270522".to_owned(),
            swift: String::new(),
            account_name: "Padma Builders Ltd".to_owned(),
            account_number: "0123456789012".to_owned(),
            evidence: "letter SB/2026/17".to_owned(),
        }
    }

    #[test]
    fn an_account_is_in_bangladesh_or_abroad() {
        assert_eq!(account().violations(), []);
        let abroad = BankAccount { routing_number: String::new(), swift: "SCBLSGSG".to_owned(), ..account() };
        assert_eq!(abroad.violations(), []);
        let cases: [(&str, BankAccount); 7] = [
            ("bank", BankAccount { bank: " ".to_owned(), ..account() }),
            ("evidence", BankAccount { evidence: String::new(), ..account() }),
            ("account_number", BankAccount { account_number: "12".to_owned(), ..account() }),
            ("account_number", BankAccount { account_number: "0123-456".to_owned(), ..account() }),
            ("routing_number", BankAccount { routing_number: "20027052".to_owned(), ..account() }),
            ("routing_number", BankAccount { routing_number: String::new(), ..account() }),
            ("swift", BankAccount { swift: "SCBLSGSG".to_owned(), ..account() }),
        ];
        for (field, wrong) in cases {
            let found = wrong.violations();
            assert_eq!(found.iter().map(|v| v.field.as_str()).collect::<Vec<_>>(), [field], "{found:?}");
            assert!(!found[0].refusal.message.contains("0123"), "{found:?}");
        }
        let swift = BankAccount { routing_number: String::new(), swift: "sonali".to_owned(), ..account() };
        assert_eq!(swift.violations()[0].field, "swift");
    }

    #[test]
    fn a_number_is_shown_by_its_end_alone() {
        assert_eq!(account().masked_number(), "…9012");
        let short = BankAccount { account_number: "12345".to_owned(), ..account() };
        assert_eq!(short.masked_number(), "…5", "never more than what is left after four");
        assert!(!format!("{:?}", account()).contains("0123456"), "{:?}", account());
        assert_eq!(account().masked().account_number, "…9012");
    }
}
