//! Records as the messages that carry them. Commands that put one use the same words.

use vextrus_domain::vendor::Vendor;
use vextrus_domain::{BankAccount, Department, Person, Taka, TenantId};
use vextrus_ledger::masterdata::{Budget, BudgetLine, Stored};
use vextrus_proto::masterdata::v1 as proto;

use super::render;

/// A vendor as a message, under this etag.
#[must_use]
pub fn vendor(tenant: &TenantId, vendor: Vendor, etag: String) -> proto::Vendor {
    proto::Vendor { etag, ..render::vendor(tenant, new(vendor), None) }
}

/// A person as a message, under this etag.
#[must_use]
pub fn person(tenant: &TenantId, person: Person, etag: String) -> proto::Person {
    proto::Person { etag, ..render::person(tenant, new(person)) }
}

/// A department as a message, under this etag.
#[must_use]
pub fn department(tenant: &TenantId, department: Department, etag: String) -> proto::Department {
    proto::Department { etag, ..render::department(tenant, new(department)) }
}

/// A budget as a message, under this etag.
#[must_use]
pub fn budget(tenant: &TenantId, budget: Budget, etag: String) -> proto::Budget {
    let nothing = BudgetLine { budget, reserved: Taka::ZERO, committed: Taka::ZERO, excess: Taka::ZERO };
    proto::Budget { etag, ..render::budget(tenant, new(nothing)) }
}

/// A bank account as a message.
#[must_use]
pub fn bank_account(account: &BankAccount) -> proto::BankAccount {
    render::bank_account(account)
}

fn new<T>(record: T) -> Stored<T> {
    Stored { record, version: 0 }
}
