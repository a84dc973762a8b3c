//! One record of master data, whatever it is: its name, and what can be wrong with it.

use serde::{Deserialize, Serialize};
use vextrus_domain::vendor::Vendor;
use vextrus_domain::violations::FieldViolation;
use vextrus_domain::{Contact, Department, Person, ProjectId, Refusal, RefusalCode};

use super::{Budget, PurchaseOrder};
use crate::asked;
use crate::orders;

/// The most roles that one person may hold.
const MOST_ROLES: usize = 50;
/// The id that stands for whoever asks, and is nobody's own.
pub const ME: &str = "me";
/// The most certificates of the Board that a vendor's record may have.
const MOST_CERTIFICATES: usize = 50;

/// A record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Record {
    /// A person.
    Person(Person),
    /// A department.
    Department(Department),
    /// A vendor; without bank details, which change under four eyes alone.
    Vendor(Box<Vendor>),
    /// A purchase order that was issued elsewhere.
    Order(PurchaseOrder),
    /// What a department or a project may spend.
    Budget(Budget),
    /// How somebody is written to.
    Contact(Contact),
}

impl Record {
    /// What it is, in one word.
    #[must_use]
    pub const fn what(&self) -> &'static str {
        match self {
            Self::Person(_) => "person",
            Self::Department(_) => "department",
            Self::Vendor(_) => "vendor",
            Self::Order(_) => "order",
            Self::Budget(_) => "budget",
            Self::Contact(_) => "contact",
        }
    }

    /// What it is called among those of its kind.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Person(person) => person.id.to_string(),
            Self::Department(department) => department.id.to_string(),
            Self::Vendor(vendor) => vendor.id.to_string(),
            Self::Order(order) => order.number.to_string(),
            Self::Budget(budget) => {
                let project = budget.project.as_ref().map(ProjectId::as_str);
                let year = budget.fiscal_year.to_string();
                [Some(year.as_str()), Some(budget.department.as_str()), project]
                    .into_iter()
                    .flatten()
                    .collect::<Vec<_>>()
                    .join("/")
            }
            Self::Contact(contact) => contact.who.to_string(),
        }
    }

    /// Everything that is wrong with it by itself, by its fields' names.
    #[must_use]
    pub fn violations(&self) -> Vec<FieldViolation> {
        let mut found = Found::default();
        match self {
            Self::Person(person) => {
                if person.id.as_str() == ME {
                    found.invalid("id", format!("{ME:?} stands for whoever asks; give the person another id"));
                }
                for (field, other) in [("manager", &person.manager), ("deputy", &person.deputy)] {
                    if other.as_ref() == Some(&person.id) {
                        found.invalid(field, format!("{} cannot be their own {field}", person.id));
                    }
                }
                if person.roles.len() > MOST_ROLES {
                    let message = format!("there are {}; the most is {MOST_ROLES}", person.roles.len());
                    found.say("roles", RefusalCode::LimitExceeded, message);
                }
                if let Some(limit) = person.approval_limit.filter(|limit| limit.is_negative()) {
                    found.invalid("approval_limit", format!("{limit} is negative"));
                }
            }
            Self::Department(department) => found.field("name", &department.name, true),
            Self::Vendor(vendor) => of_vendor(&mut found, vendor),
            Self::Order(order) => {
                if orders::is_of_our_series(&order.number) {
                    let why = format!(
                        "{} is a number that is given to orders issued here; import none of these",
                        order.number
                    );
                    found.invalid("number", why);
                }
                if order.total.is_negative() {
                    found.invalid("total", format!("{} is negative", order.total));
                }
            }
            Self::Budget(budget) => {
                if budget.allocated.is_negative() {
                    found.invalid("allocated", format!("{} is negative", budget.allocated));
                }
            }
            Self::Contact(contact) => found.0.extend(contact.violations()),
        }
        found.0
    }
}

fn of_vendor(found: &mut Found, vendor: &Vendor) {
    found.field("name", &vendor.name, true);
    for (field, text) in [("tin", &vendor.tin), ("bin", &vendor.bin)] {
        found.field(field, text, false);
    }
    if let Some(class) = &vendor.class {
        found.field("class", class, true);
    }
    let tax = &vendor.tax;
    let papers = tax.certificates.iter().map(|c| ("tax.certificates.number", &c.paper));
    for (field, paper) in papers.chain(tax.filing_certificate.iter().map(|c| ("tax.filing_certificate.number", c))) {
        found.field(field, &paper.number, true);
        if paper.until < paper.from {
            let message = format!("{} ends on {}, before it begins on {}", paper.number, paper.until, paper.from);
            found.invalid(field, message);
        }
    }
    if let Some(psr) = &tax.psr {
        found.field("tax.psr.number", &psr.number, true);
        found.field("tax.psr.verified_by", psr.verified_by.as_deref().unwrap_or_default(), false);
    }
    if let Some(exemption) = &tax.psr_exemption {
        found.field("tax.psr_exemption", exemption, true);
    }
    if tax.certificates.len() > MOST_CERTIFICATES {
        let message = format!("there are {}; the most is {MOST_CERTIFICATES}", tax.certificates.len());
        found.say("tax.certificates", RefusalCode::LimitExceeded, message);
    }
}

#[derive(Default)]
struct Found(Vec<FieldViolation>);

impl Found {
    fn say(&mut self, field: &str, code: RefusalCode, message: String) {
        let refusal = Refusal::new(code, format!("{field}: {message}"));
        self.0.push(FieldViolation { field: field.to_owned(), refusal });
    }

    fn invalid(&mut self, field: &str, message: String) {
        self.say(field, RefusalCode::InvalidField, message);
    }

    fn field(&mut self, field: &str, text: &str, needed: bool) {
        if let Err(refusal) = asked::field(field, text, needed) {
            self.0.push(FieldViolation { field: field.to_owned(), refusal });
        }
    }
}
