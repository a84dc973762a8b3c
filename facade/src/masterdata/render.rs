//! Records as messages.

use chrono::Utc;
use vextrus_domain::payee::{Evidence, PayeeFacts, Trade, VatStatus};
use vextrus_domain::vendor::{Vendor, VendorKind};
use vextrus_domain::{BankAccount, Department, Person, TenantId};
use vextrus_ledger::bank_details::{BankChange, ChangeState};
use vextrus_ledger::masterdata::{BudgetLine, Change, Stored};
use vextrus_proto::masterdata::v1 as proto;

use super::names;
use crate::content::{certificate, return_proof};
use crate::render::timestamp;

pub(super) const fn change(change: Change) -> proto::RecordChange {
    match change {
        Change::Created => proto::RecordChange::Created,
        Change::Updated => proto::RecordChange::Updated,
        Change::Unchanged => proto::RecordChange::Unchanged,
    }
}

pub(super) fn vendor(tenant: &TenantId, stored: Stored<Vendor>, account: Option<&BankAccount>) -> proto::Vendor {
    let vendor = stored.record;
    let kind = match vendor.kind {
        VendorKind::Contractor => proto::VendorKind::Contractor,
        VendorKind::Supplier => proto::VendorKind::Supplier,
        VendorKind::Service => proto::VendorKind::Service,
    };
    proto::Vendor {
        name: names::record_name(tenant, "vendors", &vendor.id),
        display_name: vendor.name,
        kind: kind.into(),
        tin: vendor.tin,
        bin: vendor.bin,
        class: vendor.class.unwrap_or_default(),
        inactive: !vendor.active,
        tax: (vendor.tax != PayeeFacts::default()).then(|| tax_facts(&vendor.tax)),
        bank_account: account.map(|account| bank_account(&account.masked())),
        etag: stored.version.to_string(),
    }
}

fn tax_facts(tax: &PayeeFacts) -> proto::VendorTaxFacts {
    let trade = match tax.trade {
        None => proto::VendorTrade::Unspecified,
        Some(Trade::Manufacturer) => proto::VendorTrade::Manufacturer,
        Some(Trade::Trader) => proto::VendorTrade::Trader,
        Some(Trade::ServiceProvider) => proto::VendorTrade::ServiceProvider,
    };
    let vat_status = match tax.vat_status {
        VatStatus::Registered => proto::VatStatus::Registered,
        VatStatus::Enlisted => proto::VatStatus::Enlisted,
        VatStatus::Unregistered => proto::VatStatus::Unregistered,
    };
    let evidence = |paper: &Evidence| proto::Evidence {
        number: paper.number.clone(),
        from: paper.from.to_string(),
        until: paper.until.to_string(),
    };
    proto::VendorTaxFacts {
        natural_person: tax.natural_person,
        non_resident: tax.non_resident,
        trade: trade.into(),
        vat_status: vat_status.into(),
        return_proof: tax.psr.as_ref().map(return_proof),
        return_proof_exemption: tax.psr_exemption.clone().unwrap_or_default(),
        filing_certificate: tax.filing_certificate.as_ref().map(evidence),
        certificates: tax.certificates.iter().map(certificate).collect(),
    }
}

pub(super) fn person(tenant: &TenantId, stored: Stored<Person>) -> proto::Person {
    let person = stored.record;
    let text = |id: Option<String>| id.unwrap_or_default();
    proto::Person {
        name: names::record_name(tenant, "people", &person.id),
        department: text(person.department.map(|d| d.to_string())),
        roles: person.roles.iter().map(ToString::to_string).collect(),
        manager: text(person.manager.map(|p| p.to_string())),
        deputy: text(person.deputy.map(|p| p.to_string())),
        approval_limit_poisha: person.approval_limit.map(|limit| limit.poisha()),
        inactive: !person.active,
        etag: stored.version.to_string(),
    }
}

pub(super) fn department(tenant: &TenantId, stored: Stored<Department>) -> proto::Department {
    let department = stored.record;
    proto::Department {
        name: names::record_name(tenant, "departments", &department.id),
        display_name: department.name,
        head: department.head.map(|p| p.to_string()).unwrap_or_default(),
        inactive: !department.active,
        etag: stored.version.to_string(),
    }
}

pub(super) fn budget(tenant: &TenantId, stored: Stored<BudgetLine>) -> proto::Budget {
    let BudgetLine { budget, reserved, committed, .. } = stored.record;
    proto::Budget {
        name: names::budget_name(tenant, &budget),
        fiscal_year: budget.fiscal_year.to_string(),
        department: budget.department.to_string(),
        project: budget.project.map(|p| p.to_string()).unwrap_or_default(),
        allocated_poisha: budget.allocated.poisha(),
        reserved_poisha: reserved.poisha(),
        committed_poisha: committed.poisha(),
        etag: stored.version.to_string(),
    }
}

pub(super) fn bank_account(account: &BankAccount) -> proto::BankAccount {
    proto::BankAccount {
        bank: account.bank.clone(),
        branch: account.branch.clone(),
        routing_number: account.routing_number.clone(),
        swift: account.swift.clone(),
        account_name: account.account_name.clone(),
        account_number: account.account_number.clone(),
        evidence: account.evidence.clone(),
    }
}

/// A change; the account's whole number where the reader may see it.
pub(super) fn bank_change(change: &BankChange, whole: bool) -> proto::BankAccountChange {
    let tenant = &change.key.tenant;
    let (state, concluded_at) = change.standing(Utc::now());
    let state = match state {
        ChangeState::Open => proto::BankAccountChangeState::Open,
        ChangeState::Approved => proto::BankAccountChangeState::Approved,
        ChangeState::Rejected => proto::BankAccountChangeState::Rejected,
        ChangeState::Withdrawn => proto::BankAccountChangeState::Withdrawn,
        ChangeState::Expired => proto::BankAccountChangeState::Expired,
    };
    let task = change.machine.tasks().first();
    let decision = task.and_then(|t| t.decisions.last());
    proto::BankAccountChange {
        name: names::change_name(tenant, &change.key.document),
        vendor: names::record_name(tenant, "vendors", &change.vendor),
        account: Some(bank_account(&if whole { change.account.clone() } else { change.account.masked() })),
        reason: change.reason.clone(),
        proposer: change.proposed_by.to_string(),
        propose_time: Some(timestamp(change.proposed_at)),
        state: state.into(),
        due_time: Some(timestamp(change.due_at)),
        conclude_time: concluded_at.map(timestamp),
        role: task.map(|t| t.task.role.to_string()).unwrap_or_default(),
        eligible: task.map(|t| t.task.eligible.iter().map(ToString::to_string).collect()).unwrap_or_default(),
        decider: decision.map(|d| d.by.actor.to_string()).unwrap_or_default(),
        comment: decision.map(|d| d.comment.clone()).unwrap_or_default(),
    }
}
