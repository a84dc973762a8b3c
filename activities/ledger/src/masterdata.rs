//! People, vendors, purchase orders, budgets and contacts, as the services that own them give them.

mod pages;
mod record;
mod store;
mod upsert;

use serde::{Deserialize, Serialize};
use serde_json::json;
use vextrus_domain::ids::PoNumber;
use vextrus_domain::vendor::Vendor;
use vextrus_domain::{
    Contact, Department, DepartmentId, FiscalYear, Payer, Person, PersonId, ProjectId, RoleName, Taka, TenantId,
    VendorId, canonical,
};

pub use pages::{budgets, departments, people_page, vendors};
pub use record::{ME, Record};
pub use store::{BudgetLine, Stored, budget, department, order_from_elsewhere, person, stored_vendor};
pub use upsert::{Change, RowReport, Upserted, import_rows, upsert};

use crate::db::{Tx, args};
use crate::error::LedgerError;

/// A purchase order that an invoice can answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PurchaseOrder {
    /// Its number.
    pub number: PoNumber,
    /// To whom it was given.
    pub vendor: VendorId,
    /// Its value, VAT included.
    pub total: Taka,
    /// Whether it still takes invoices.
    #[serde(default = "yes")]
    pub open: bool,
}

/// What a department, or a project of it, may spend in a fiscal year, VAT excluded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// The year.
    pub fiscal_year: FiscalYear,
    /// The department.
    pub department: DepartmentId,
    /// The project; none is the department's own line.
    #[serde(default)]
    pub project: Option<ProjectId>,
    /// The amount.
    pub allocated: Taka,
}

fn yes() -> bool {
    true
}

/// A company's master data in one piece.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Company {
    /// The tenant.
    pub tenant: TenantId,
    /// Its own tax facts; what is stored stays where none are given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payer: Option<Payer>,
    /// Its people.
    #[serde(default)]
    pub people: Vec<Person>,
    /// Its departments.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub departments: Vec<Department>,
    /// Its vendors.
    #[serde(default)]
    pub vendors: Vec<Vendor>,
    /// Its purchase orders.
    #[serde(default)]
    pub purchase_orders: Vec<PurchaseOrder>,
    /// Its budgets.
    #[serde(default)]
    pub budgets: Vec<Budget>,
    /// How people and vendors are written to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<Contact>,
}

impl Company {
    /// Its records, each after those that it may name.
    #[must_use]
    pub fn records(&self) -> Vec<Record> {
        let people = self.people.iter().cloned().map(Record::Person);
        let departments = self.departments.iter().cloned().map(Record::Department);
        let vendors = self.vendors.iter().cloned().map(|vendor| Record::Vendor(Box::new(vendor)));
        let orders = self.purchase_orders.iter().cloned().map(Record::Order);
        let budgets = self.budgets.iter().cloned().map(Record::Budget);
        let contacts = self.contacts.iter().cloned().map(Record::Contact);
        people.chain(departments).chain(vendors).chain(orders).chain(budgets).chain(contacts).collect()
    }
}

/// Writes a company's master data; what is there already is brought to what is given.
///
/// # Errors
/// [`LedgerError::Database`]; [`LedgerError::Corrupt`] for the first record that is refused, such as a budget below what is reserved
/// and spent, or an order with a number of our own series.
pub async fn import(tx: &mut Tx, company: &Company, by: &str) -> Result<(), LedgerError> {
    if let Some(payer) = &company.payer {
        put_payer(tx, &company.tenant, payer, by).await?;
    }
    for row in import_rows(tx, &company.tenant, &company.records(), by).await? {
        row.result
            .map_err(|refusal| LedgerError::corrupt("master data", format!("{} {}: {refusal}", row.what, row.name)))?;
    }
    Ok(())
}

/// Writes the tenant's own tax facts, where they differ from what is stored; says what became of them.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn put_payer(tx: &mut Tx, tenant: &TenantId, payer: &Payer, by: &str) -> Result<Change, LedgerError> {
    let before = stored_payer(tx, tenant).await?;
    let text = canonical::to_text(payer)?;
    if before.as_ref() == Some(&text) {
        return Ok(Change::Unchanged);
    }
    tx.exec(
        "INSERT INTO payers (tenant, seq, payer, set_by, set_at)
         SELECT $1, coalesce(max(seq), 0) + 1, $2, $3, $4 FROM payers WHERE tenant = $1",
        args![tenant.as_str(), &text, by, tx.now()],
    )
    .await?;
    tx.audit_tenant(tenant, "payer_set", by, json!({"payer": payer, "before": before}));
    Ok(if before.is_some() { Change::Updated } else { Change::Created })
}

async fn stored_payer(tx: &mut Tx, tenant: &TenantId) -> Result<Option<String>, LedgerError> {
    let found: Option<(String,)> =
        tx.opt("SELECT payer FROM payers WHERE tenant = $1 ORDER BY seq DESC LIMIT 1", args![tenant.as_str()]).await?;
    Ok(found.map(|(text,)| text))
}

/// The tenant's own tax facts; those of a limited company where none are stored.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn payer(tx: &mut Tx, tenant: &TenantId) -> Result<Payer, LedgerError> {
    read_payer(stored_payer(tx, tenant).await?.as_deref())
}

pub(crate) fn read_payer(stored: Option<&str>) -> Result<Payer, LedgerError> {
    Ok(stored.map(canonical::from_text).transpose()?.unwrap_or_default())
}

#[derive(sqlx::FromRow)]
struct PersonRow {
    person: String,
    department: Option<String>,
    roles: String,
    active: bool,
    manager: Option<String>,
    deputy: Option<String>,
    approval_limit: Option<i64>,
}

impl PersonRow {
    fn into_person(self) -> Result<Person, LedgerError> {
        let bad = |why: String| LedgerError::corrupt("person", why);
        let other = |id: Option<String>| id.map(|p| p.parse()).transpose().map_err(|e| bad(format!("{e}")));
        let limit = self.approval_limit.map(Taka::from_poisha).transpose();
        Ok(Person {
            manager: other(self.manager)?,
            deputy: other(self.deputy)?,
            approval_limit: limit.map_err(|e| bad(e.to_string()))?,
            id: self.person.parse().map_err(|e| bad(format!("{e}")))?,
            department: self.department.map(|d| d.parse()).transpose().map_err(|e| bad(format!("{e}")))?,
            roles: canonical::from_text(&self.roles)?,
            active: self.active,
        })
    }
}

/// The tenant's active people.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn people(tx: &mut Tx, tenant: &TenantId) -> Result<Vec<Person>, LedgerError> {
    let rows: Vec<PersonRow> = tx
        .all(
            "SELECT person, department, roles, active, manager, deputy, approval_limit FROM people WHERE tenant = $1 AND active ORDER BY person",
            args![tenant.as_str()],
        )
        .await?;
    rows.into_iter().map(PersonRow::into_person).collect()
}

/// Whether there is anybody of this tenant, active or not.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn is_known(tx: &mut Tx, tenant: &TenantId) -> Result<bool, LedgerError> {
    let found: Option<(String,)> =
        tx.opt("SELECT person FROM people WHERE tenant = $1 LIMIT 1", args![tenant.as_str()]).await?;
    Ok(found.is_some())
}

/// Whether the person is an active member of the tenant.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn is_active(tx: &mut Tx, tenant: &TenantId, person: &PersonId) -> Result<bool, LedgerError> {
    Ok(roles(tx, tenant, person).await?.is_some())
}

/// The roles of an active member of the tenant. `None`: the person is none.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn roles(tx: &mut Tx, tenant: &TenantId, person: &PersonId) -> Result<Option<Vec<RoleName>>, LedgerError> {
    let found: Option<(String,)> = tx
        .opt(
            "SELECT roles FROM people WHERE tenant = $1 AND person = $2 AND active",
            args![tenant.as_str(), person.as_str()],
        )
        .await?;
    found.map(|(text,)| canonical::from_text(&text).map_err(LedgerError::from)).transpose()
}

#[derive(sqlx::FromRow)]
struct VendorRow {
    name: String,
    kind: String,
    tin: String,
    bin: String,
    active: bool,
    tax: String,
    class: Option<String>,
}

impl VendorRow {
    fn into_vendor(self, id: &VendorId) -> Result<Vendor, LedgerError> {
        Ok(Vendor {
            id: id.clone(),
            name: self.name,
            kind: self.kind.parse().map_err(|e| LedgerError::corrupt("vendor", format!("{e}")))?,
            tin: self.tin,
            bin: self.bin,
            class: self.class,
            active: self.active,
            tax: canonical::from_text(&self.tax)?,
        })
    }
}

/// The vendor, locked until the transaction ends: two documents of one vendor are assessed one after the other.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn lock_vendor(tx: &mut Tx, tenant: &TenantId, vendor: &VendorId) -> Result<Option<Vendor>, LedgerError> {
    let row: Option<VendorRow> = tx
        .opt(
            "UPDATE vendors SET lock_version = lock_version + 1 WHERE tenant = $1 AND vendor = $2
             RETURNING name, kind, tin, bin, active, tax, class",
            args![tenant.as_str(), vendor.as_str()],
        )
        .await?;
    row.map(|row| row.into_vendor(vendor)).transpose()
}

/// The vendor as it is.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn vendor(tx: &mut Tx, tenant: &TenantId, vendor: &VendorId) -> Result<Option<Vendor>, LedgerError> {
    let row: Option<VendorRow> = tx
        .opt(
            "SELECT name, kind, tin, bin, active, tax, class FROM vendors WHERE tenant = $1 AND vendor = $2",
            args![tenant.as_str(), vendor.as_str()],
        )
        .await?;
    row.map(|row| row.into_vendor(vendor)).transpose()
}

/// Whether the vendor is in the register.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn vendor_exists(tx: &mut Tx, tenant: &TenantId, vendor: &VendorId) -> Result<bool, LedgerError> {
    let found: Option<(String,)> = tx
        .opt("SELECT vendor FROM vendors WHERE tenant = $1 AND vendor = $2", args![tenant.as_str(), vendor.as_str()])
        .await?;
    Ok(found.is_some())
}
