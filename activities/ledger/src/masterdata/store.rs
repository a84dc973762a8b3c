//! Records as they are stored, each with the number of its version.

use vextrus_domain::ids::PoNumber;
use vextrus_domain::vendor::Vendor;
use vextrus_domain::{Department, DepartmentId, Person, PersonId, ProjectId, Taka, TenantId, VendorId, canonical};

use super::{Budget, PersonRow, PurchaseOrder, Record, VendorRow};
use crate::db::{Tx, args};
use crate::error::LedgerError;
use crate::outbox;

/// A record as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored<T> {
    /// The record.
    pub record: T,
    /// How often it has been written.
    pub version: i64,
}

/// A budget line as it is stored, with what of it is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BudgetLine {
    /// The line.
    pub budget: Budget,
    /// What open documents and issued orders hold.
    pub reserved: Taka,
    /// What is spent.
    pub committed: Taka,
    /// How far exceptions were allowed beyond it.
    pub excess: Taka,
}

impl BudgetLine {
    /// The least that can be allocated, with what is taken of it.
    pub(super) fn least(&self) -> Result<Taka, LedgerError> {
        let taken = self.reserved.plus(self.committed).and_then(|taken| taken.minus(self.excess));
        Ok(taken.map_err(|e| LedgerError::corrupt("budget", e.to_string()))?.max(Taka::ZERO))
    }
}

#[derive(sqlx::FromRow)]
pub(super) struct VersionedPerson {
    #[sqlx(flatten)]
    row: PersonRow,
    version: i64,
}

impl VersionedPerson {
    pub(super) fn into_stored(self) -> Result<Stored<Person>, LedgerError> {
        Ok(Stored { record: self.row.into_person()?, version: self.version })
    }
}

#[derive(sqlx::FromRow)]
pub(super) struct VersionedVendor {
    vendor: String,
    #[sqlx(flatten)]
    row: VendorRow,
    version: i64,
}

impl VersionedVendor {
    pub(super) fn into_stored(self) -> Result<Stored<Vendor>, LedgerError> {
        let id: VendorId = self.vendor.parse().map_err(|e| LedgerError::corrupt("vendor", format!("{e}")))?;
        Ok(Stored { record: self.row.into_vendor(&id)?, version: self.version })
    }
}

#[derive(sqlx::FromRow)]
pub(super) struct DepartmentRow {
    department: String,
    name: String,
    head: Option<String>,
    active: bool,
    version: i64,
}

impl DepartmentRow {
    pub(super) fn into_stored(self) -> Result<Stored<Department>, LedgerError> {
        let bad = |why: String| LedgerError::corrupt("department", why);
        let record = Department {
            id: self.department.parse().map_err(|e| bad(format!("{e}")))?,
            name: self.name,
            head: self.head.map(|p| p.parse()).transpose().map_err(|e| bad(format!("{e}")))?,
            active: self.active,
        };
        Ok(Stored { record, version: self.version })
    }
}

#[derive(sqlx::FromRow)]
pub(super) struct BudgetRow {
    fiscal_year: String,
    department: String,
    project: String,
    allocated: i64,
    reserved: i64,
    committed: i64,
    excess: i64,
    version: i64,
}

impl BudgetRow {
    pub(super) fn into_stored(self) -> Result<Stored<BudgetLine>, LedgerError> {
        let bad = |why: String| LedgerError::corrupt("budget", why);
        let taka = |poisha| Taka::from_poisha(poisha).map_err(|e| bad(e.to_string()));
        let project = Some(self.project).filter(|p| !p.is_empty());
        let budget = Budget {
            fiscal_year: self.fiscal_year.parse().map_err(|e| bad(format!("{e}")))?,
            department: self.department.parse().map_err(|e| bad(format!("{e}")))?,
            project: project.map(|p| p.parse()).transpose().map_err(|e| bad(format!("{e}")))?,
            allocated: taka(self.allocated)?,
        };
        let (reserved, committed, excess) = (taka(self.reserved)?, taka(self.committed)?, taka(self.excess)?);
        Ok(Stored { record: BudgetLine { budget, reserved, committed, excess }, version: self.version })
    }
}

/// A person, whether active or not.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn person(tx: &mut Tx, tenant: &TenantId, id: &PersonId) -> Result<Option<Stored<Person>>, LedgerError> {
    let row: Option<VersionedPerson> = tx
        .opt(
            "SELECT person, department, roles, active, manager, deputy, approval_limit, version FROM people
             WHERE tenant = $1 AND person = $2",
            args![tenant.as_str(), id.as_str()],
        )
        .await?;
    row.map(VersionedPerson::into_stored).transpose()
}

/// A vendor, whether active or not.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn stored_vendor(
    tx: &mut Tx,
    tenant: &TenantId,
    id: &VendorId,
) -> Result<Option<Stored<Vendor>>, LedgerError> {
    let row: Option<VersionedVendor> = tx
        .opt(
            "SELECT vendor, name, kind, tin, bin, active, tax, class, version FROM vendors WHERE tenant = $1 AND vendor = $2",
            args![tenant.as_str(), id.as_str()],
        )
        .await?;
    row.map(VersionedVendor::into_stored).transpose()
}

/// A department, whether active or not.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn department(
    tx: &mut Tx,
    tenant: &TenantId,
    id: &DepartmentId,
) -> Result<Option<Stored<Department>>, LedgerError> {
    let row: Option<DepartmentRow> = tx
        .opt(
            "SELECT department, name, head, active, version FROM departments WHERE tenant = $1 AND department = $2",
            args![tenant.as_str(), id.as_str()],
        )
        .await?;
    row.map(DepartmentRow::into_stored).transpose()
}

/// A budget line.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn budget(
    tx: &mut Tx,
    tenant: &TenantId,
    year: &str,
    department: &DepartmentId,
    project: Option<&ProjectId>,
) -> Result<Option<Stored<BudgetLine>>, LedgerError> {
    let row: Option<BudgetRow> = tx
        .opt(
            "SELECT fiscal_year, department, project, allocated, reserved, committed, excess, version FROM budget_lines
             WHERE tenant = $1 AND fiscal_year = $2 AND department = $3 AND project = $4",
            args![tenant.as_str(), year, department.as_str(), project.map_or("", ProjectId::as_str)],
        )
        .await?;
    row.map(BudgetRow::into_stored).transpose()
}

/// What is stored under a record's name. Of a contact nothing is: what stands there is nobody's to compare.
pub(super) async fn read(
    tx: &mut Tx,
    tenant: &TenantId,
    record: &Record,
) -> Result<Option<Stored<Record>>, LedgerError> {
    fn of<T>(stored: Option<Stored<T>>, record: impl Fn(T) -> Record) -> Option<Stored<Record>> {
        stored.map(|s| Stored { record: record(s.record), version: s.version })
    }
    Ok(match record {
        Record::Person(p) => of(person(tx, tenant, &p.id).await?, Record::Person),
        Record::Department(d) => of(department(tx, tenant, &d.id).await?, Record::Department),
        Record::Vendor(v) => of(stored_vendor(tx, tenant, &v.id).await?, |vendor| Record::Vendor(Box::new(vendor))),
        Record::Budget(b) => {
            let year = b.fiscal_year.to_string();
            let line = budget(tx, tenant, &year, &b.department, b.project.as_ref()).await?;
            of(line, |line| Record::Budget(line.budget))
        }
        Record::Order(o) => {
            order_from_elsewhere(tx, tenant, &o.number).await?.map(|o| Stored { record: Record::Order(o), version: 1 })
        }
        Record::Contact(_) => None,
    })
}

/// An order that was issued elsewhere.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn order_from_elsewhere(
    tx: &mut Tx,
    tenant: &TenantId,
    number: &PoNumber,
) -> Result<Option<PurchaseOrder>, LedgerError> {
    let row: Option<(String, i64, bool)> = tx
        .opt(
            "SELECT vendor, total, open FROM purchase_orders WHERE tenant = $1 AND po_number = $2 AND document IS NULL",
            args![tenant.as_str(), number.as_str()],
        )
        .await?;
    let bad = |why: String| LedgerError::corrupt("purchase order", why);
    let read = |(vendor, total, open): (String, i64, bool)| {
        Ok(PurchaseOrder {
            number: number.clone(),
            vendor: vendor.parse().map_err(|e| bad(format!("{e}")))?,
            total: Taka::from_poisha(total).map_err(|e| bad(e.to_string()))?,
            open,
        })
    };
    row.map(read).transpose()
}

/// Writes a record, as the version after the one that was read.
///
/// # Errors
/// [`LedgerError::Overtaken`] when another version was written meanwhile, or more of a budget was reserved.
pub(super) async fn write(tx: &mut Tx, tenant: &TenantId, record: &Record, before: i64) -> Result<(), LedgerError> {
    let id = tenant.as_str();
    let written = match record {
        Record::Person(person) => write_person(tx, id, person, before).await?,
        Record::Department(department) => write_department(tx, id, department, before).await?,
        Record::Vendor(vendor) => write_vendor(tx, id, vendor, before).await?,
        Record::Order(order) => write_order(tx, id, order).await?,
        Record::Budget(budget) => write_budget(tx, id, budget, before).await?,
        Record::Contact(contact) => return outbox::put_contact(tx, tenant, contact).await,
    };
    if written == 1 { Ok(()) } else { Err(LedgerError::Overtaken("the record was written or used meanwhile")) }
}

async fn write_person(tx: &mut Tx, tenant: &str, p: &Person, before: i64) -> Result<u64, LedgerError> {
    tx.exec(
        "INSERT INTO people (tenant, person, department, roles, active, manager, deputy, approval_limit)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (tenant, person)
         DO UPDATE SET department = $3, roles = $4, active = $5, manager = $6, deputy = $7, approval_limit = $8,
            version = people.version + 1 WHERE people.version = $9",
        args![
            tenant,
            p.id.as_str(),
            p.department.as_ref().map(DepartmentId::as_str),
            canonical::to_text(&p.roles)?,
            p.active,
            p.manager.as_ref().map(PersonId::as_str),
            p.deputy.as_ref().map(PersonId::as_str),
            p.approval_limit.map(Taka::poisha),
            before
        ],
    )
    .await
}

async fn write_department(tx: &mut Tx, tenant: &str, d: &Department, before: i64) -> Result<u64, LedgerError> {
    tx.exec(
        "INSERT INTO departments (tenant, department, name, head, active) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (tenant, department) DO UPDATE SET name = $3, head = $4, active = $5,
            version = departments.version + 1 WHERE departments.version = $6",
        args![tenant, d.id.as_str(), &d.name, d.head.as_ref().map(PersonId::as_str), d.active, before],
    )
    .await
}

async fn write_vendor(tx: &mut Tx, tenant: &str, v: &Vendor, before: i64) -> Result<u64, LedgerError> {
    tx.exec(
        "INSERT INTO vendors (tenant, vendor, name, kind, tin, bin, active, tax, class)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (tenant, vendor)
         DO UPDATE SET name = $3, kind = $4, tin = $5, bin = $6, active = $7, tax = $8, class = $9,
            version = vendors.version + 1 WHERE vendors.version = $10",
        args![
            tenant,
            v.id.as_str(),
            &v.name,
            v.kind.name(),
            &v.tin,
            &v.bin,
            v.active,
            canonical::to_text(&v.tax)?,
            v.class.as_deref(),
            before
        ],
    )
    .await
}

async fn write_order(tx: &mut Tx, tenant: &str, o: &PurchaseOrder) -> Result<u64, LedgerError> {
    tx.exec(
        "INSERT INTO purchase_orders (tenant, po_number, vendor, total, open) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (tenant, po_number) DO UPDATE SET vendor = $3, total = $4, open = $5",
        args![tenant, o.number.as_str(), o.vendor.as_str(), o.total, o.open],
    )
    .await
}

async fn write_budget(tx: &mut Tx, tenant: &str, b: &Budget, before: i64) -> Result<u64, LedgerError> {
    let project = b.project.as_ref().map_or("", ProjectId::as_str);
    tx.exec(
        "INSERT INTO budget_lines (tenant, fiscal_year, department, project, allocated) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (tenant, fiscal_year, department, project) DO UPDATE SET allocated = $5,
            version = budget_lines.version + 1 WHERE budget_lines.version = $6
            AND $5 >= budget_lines.reserved + budget_lines.committed - budget_lines.excess",
        args![tenant, b.fiscal_year.to_string(), b.department.as_str(), project, b.allocated, before],
    )
    .await
}
