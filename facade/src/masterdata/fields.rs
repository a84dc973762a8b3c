//! Records as they came, or everything that is wrong with them at once.

use vextrus_domain::payee::{Evidence, Trade, VatStatus};
use vextrus_domain::vendor::{Vendor, VendorKind};
use vextrus_domain::{Actor, BankAccount, Department, PayeeFacts, Person, Taka};
use vextrus_ledger::masterdata::{Budget, Record};
use vextrus_proto::masterdata::v1 as proto;

use super::names;
use crate::errors::Failure;
use crate::translate::Reader;

/// A vendor as it came.
pub(super) fn vendor(mut reader: Reader, vendor: proto::Vendor, actor: &Actor) -> Result<Record, Failure> {
    let id = names::record("vendor.name", &vendor.name, "vendors", actor)?;
    let kind = match vendor.kind() {
        proto::VendorKind::Contractor => Some(VendorKind::Contractor),
        proto::VendorKind::Supplier => Some(VendorKind::Supplier),
        proto::VendorKind::Service => Some(VendorKind::Service),
        proto::VendorKind::Unspecified => {
            reader.say("vendor.kind", "it is missing; say what the vendor supplies");
            None
        }
    };
    let tax = vendor.tax.map(|tax| tax_facts(&mut reader, tax)).unwrap_or_default();
    let record = Record::Vendor(Box::new(Vendor {
        id,
        name: vendor.display_name,
        kind: kind.unwrap_or(VendorKind::Supplier),
        tin: vendor.tin,
        bin: vendor.bin,
        class: Some(vendor.class).filter(|class| !class.is_empty()),
        active: !vendor.inactive,
        tax,
    }));
    checked(reader, record, |field| match field {
        "name" => "vendor.display_name".to_owned(),
        field => format!("vendor.{}", field.replace("tax.psr", "tax.return_proof")),
    })
}

fn tax_facts(reader: &mut Reader, tax: proto::VendorTaxFacts) -> PayeeFacts {
    let trade = match tax.trade() {
        proto::VendorTrade::Unspecified => None,
        proto::VendorTrade::Manufacturer => Some(Trade::Manufacturer),
        proto::VendorTrade::Trader => Some(Trade::Trader),
        proto::VendorTrade::ServiceProvider => Some(Trade::ServiceProvider),
    };
    let vat_status = match tax.vat_status() {
        proto::VatStatus::Unspecified | proto::VatStatus::Registered => VatStatus::Registered,
        proto::VatStatus::Enlisted => VatStatus::Enlisted,
        proto::VatStatus::Unregistered => VatStatus::Unregistered,
    };
    let certificates = tax.certificates.into_iter().enumerate();
    PayeeFacts {
        natural_person: tax.natural_person,
        non_resident: tax.non_resident,
        trade,
        vat_status,
        psr: tax.return_proof.and_then(|proof| reader.return_proof("vendor.tax", proof)),
        psr_exemption: Some(tax.return_proof_exemption).filter(|text| !text.is_empty()),
        filing_certificate: tax.filing_certificate.and_then(|paper| {
            let from = reader.date("vendor.tax.filing_certificate.from", &paper.from);
            let until = reader.date("vendor.tax.filing_certificate.until", &paper.until);
            Some(Evidence { number: paper.number, from: from?, until: until? })
        }),
        certificates: certificates.filter_map(|(i, paper)| reader.certificate("vendor.tax", i, paper)).collect(),
    }
}

/// A person as they came.
pub(super) fn person(mut reader: Reader, person: proto::Person, actor: &Actor) -> Result<Record, Failure> {
    let id = names::record("person.name", &person.name, "people", actor)?;
    let mut roles = Vec::with_capacity(person.roles.len());
    for (i, role) in person.roles.iter().enumerate() {
        roles.extend(reader.required(&format!("person.roles[{i}]"), role));
    }
    let limit = person.approval_limit_poisha.map(|poisha| reader.taka("person.approval_limit_poisha", poisha));
    let record = Record::Person(Person {
        id,
        department: reader.optional("person.department", &person.department),
        roles,
        manager: reader.optional("person.manager", &person.manager),
        deputy: reader.optional("person.deputy", &person.deputy),
        approval_limit: limit,
        active: !person.inactive,
    });
    checked(reader, record, |field| match field {
        "approval_limit" => "person.approval_limit_poisha".to_owned(),
        field => format!("person.{field}"),
    })
}

/// A department as it came.
pub(super) fn department(mut reader: Reader, d: proto::Department, actor: &Actor) -> Result<Record, Failure> {
    let id = names::record("department.name", &d.name, "departments", actor)?;
    let head = reader.optional("department.head", &d.head);
    let record = Record::Department(Department { id, name: d.display_name, head, active: !d.inactive });
    checked(reader, record, |field| match field {
        "name" => "department.display_name".to_owned(),
        field => format!("department.{field}"),
    })
}

/// A budget line as it came.
pub(super) fn budget(mut reader: Reader, budget: proto::Budget) -> Result<Record, Failure> {
    let fiscal_year = reader.required("budget.fiscal_year", &budget.fiscal_year);
    let department = reader.required("budget.department", &budget.department);
    let project = reader.optional("budget.project", &budget.project);
    let allocated: Taka = reader.taka("budget.allocated_poisha", budget.allocated_poisha);
    match fiscal_year.zip(department) {
        Some((fiscal_year, department)) => {
            let record = Record::Budget(Budget { fiscal_year, department, project, allocated });
            checked(reader, record, |field| format!("budget.{field}_poisha"))
        }
        None => reader.done(None),
    }
}

/// A record that is sound by itself, once everything else that was read is.
fn checked(mut reader: Reader, record: Record, path: impl Fn(&str) -> String) -> Result<Record, Failure> {
    reader.add_as(record.violations(), path);
    reader.done(Some(record))
}

/// The version that a caller has read; none where they do not say.
pub(super) fn expected(reader: &mut Reader, field: &str, etag: &str) -> Option<i64> {
    if etag.is_empty() {
        return None;
    }
    let version = etag.parse::<i64>().ok().filter(|v| *v >= 0 && v.to_string() == etag);
    if version.is_none() {
        let shown: String = etag.chars().take(20).collect();
        reader.say(field, format!("{shown:?} is no etag of a record; read it again, or give \"0\" for a new one"));
    }
    version
}

/// A bank account as it came.
pub(super) fn account(reader: &mut Reader, account: Option<proto::BankAccount>) -> Option<BankAccount> {
    let Some(account) = account else {
        reader.say("account", "it is missing");
        return None;
    };
    let account = BankAccount {
        bank: account.bank,
        branch: account.branch,
        routing_number: account.routing_number,
        swift: account.swift,
        account_name: account.account_name,
        account_number: account.account_number,
        evidence: account.evidence,
    };
    reader.add_as(account.violations(), |field| format!("account.{field}"));
    Some(account)
}
