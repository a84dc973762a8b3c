//! What tax law asks of the company that pays: the tenant's own facts.

use serde::{Deserialize, Serialize};

use crate::identity::IdentityProfile;

/// The tax facts of the company that pays. The default is a limited company: it withholds both taxes and is registered for VAT.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Payer {
    /// Its name, as papers print it.
    pub name: String,
    /// Its BIN; empty where none is recorded.
    pub bin: String,
    /// Its address, as papers print it.
    pub address: String,
    /// Whether it is a "specified person" that deducts income tax (Income Tax Act 2023 s.140(3)).
    pub specified_person: bool,
    /// Whether it is a withholding entity for VAT (Value Added Tax and Supplementary Duty Act 2012 s.2(21)).
    pub withholding_entity: bool,
    /// Whether it is registered for VAT: it accounts for withheld VAT in its return instead of depositing it.
    pub vat_registered: bool,
    /// Which forms of TIN and BIN it accepts.
    pub identity_profile: IdentityProfile,
}

impl Default for Payer {
    fn default() -> Self {
        Self {
            name: String::new(),
            bin: String::new(),
            address: String::new(),
            specified_person: true,
            withholding_entity: true,
            vat_registered: true,
            identity_profile: IdentityProfile::default(),
        }
    }
}
