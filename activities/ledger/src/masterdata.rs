//! People, vendors, purchase orders, budgets and contacts, as the services that own them give them.

mod changes;

use serde::{Deserialize, Serialize};
use serde_json::json;
use vextrus_domain::ids::PoNumber;
use vextrus_domain::vendor::Vendor;
use vextrus_domain::{
    Contact, DepartmentId, FiscalYear, Payer, Person, PersonId, ProjectId, RoleName, Taka, TenantId, VendorId,
    canonical,
};

use crate::db::{Tx, args};
use crate::error::LedgerError;
use crate::{orders, outbox};

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
    pub people: Vec<Person>,
    /// Its vendors.
    pub vendors: Vec<Vendor>,
    /// Its purchase orders.
    #[serde(default)]
    pub purchase_orders: Vec<PurchaseOrder>,
    /// Its budgets.
    pub budgets: Vec<Budget>,
    /// How people and vendors are written to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<Contact>,
}

/// Writes a company's master data; what is there already is brought to what is given.
///
/// # Errors
/// [`LedgerError::Database`], also when a budget would fall below what is reserved and committed; [`LedgerError::Corrupt`] for
/// an order with a number of our own series, and for a contact whose address is none.
pub async fn import(tx: &mut Tx, company: &Company, by: &str) -> Result<(), LedgerError> {
    let tenant = &company.tenant;
    let changes = changes::of(tx, company).await?;
    if let Some(payer) = &company.payer {
        put_payer(tx, tenant, payer, by).await?;
    }
    for person in &company.people {
        put_person(tx, tenant, person).await?;
    }
    for vendor in &company.vendors {
        put_vendor(tx, tenant, vendor).await?;
    }
    for order in &company.purchase_orders {
        put_order(tx, tenant, order).await?;
    }
    for budget in &company.budgets {
        put_budget(tx, tenant, budget).await?;
    }
    for contact in &company.contacts {
        outbox::put_contact(tx, tenant, contact).await?;
    }
    // The trail keeps for ever, and so nothing of an address, not even its hash.
    let impersonal = Company { contacts: Vec::new(), ..company.clone() };
    let mut changes = changes.chunks(changes::IN_AN_ENTRY);
    let body = json!({
        "people": company.people.len(), "vendors": company.vendors.len(),
        "purchase_orders": company.purchase_orders.len(), "budgets": company.budgets.len(),
        "contacts": company.contacts.len(), "hash": canonical::hash(&impersonal)?,
        "changes": changes.next().unwrap_or_default(),
    });
    tx.audit_tenant(tenant, "master_data_imported", by, body);
    for more in changes {
        tx.audit_tenant(tenant, "master_data_changed", by, json!({"changes": more}));
    }
    Ok(())
}

/// Writes the tenant's own tax facts, where they differ from what is stored.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn put_payer(tx: &mut Tx, tenant: &TenantId, payer: &Payer, by: &str) -> Result<(), LedgerError> {
    let before = stored_payer(tx, tenant).await?;
    let text = canonical::to_text(payer)?;
    if before.as_ref() == Some(&text) {
        return Ok(());
    }
    tx.exec(
        "INSERT INTO payers (tenant, seq, payer, set_by, set_at)
         SELECT $1, coalesce(max(seq), 0) + 1, $2, $3, $4 FROM payers WHERE tenant = $1",
        args![tenant.as_str(), &text, by, tx.now()],
    )
    .await?;
    tx.audit_tenant(tenant, "payer_set", by, json!({"payer": payer, "before": before}));
    Ok(())
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
    let stored = stored_payer(tx, tenant).await?;
    Ok(stored.as_deref().map(canonical::from_text).transpose()?.unwrap_or_default())
}

async fn put_person(tx: &mut Tx, tenant: &TenantId, person: &Person) -> Result<(), LedgerError> {
    let roles = canonical::to_text(&person.roles)?;
    let department = person.department.as_ref().map(DepartmentId::as_str);
    tx.exec(
        "INSERT INTO people (tenant, person, department, roles, active, manager, deputy, approval_limit)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (tenant, person)
         DO UPDATE SET department = $3, roles = $4, active = $5, manager = $6, deputy = $7, approval_limit = $8",
        args![
            tenant.as_str(),
            person.id.as_str(),
            department,
            roles,
            person.active,
            person.manager.as_ref().map(PersonId::as_str),
            person.deputy.as_ref().map(PersonId::as_str),
            person.approval_limit.map(Taka::poisha)
        ],
    )
    .await
    .map(drop)
}

/// Writes one vendor.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn put_vendor(tx: &mut Tx, tenant: &TenantId, vendor: &Vendor) -> Result<(), LedgerError> {
    tx.exec(
        "INSERT INTO vendors (tenant, vendor, name, kind, tin, bin, active, tax, class)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (tenant, vendor)
         DO UPDATE SET name = $3, kind = $4, tin = $5, bin = $6, active = $7, tax = $8, class = $9",
        args![
            tenant.as_str(),
            vendor.id.as_str(),
            &vendor.name,
            vendor.kind.name(),
            &vendor.tin,
            &vendor.bin,
            vendor.active,
            canonical::to_text(&vendor.tax)?,
            vendor.class.as_deref()
        ],
    )
    .await
    .map(drop)
}

async fn put_order(tx: &mut Tx, tenant: &TenantId, order: &PurchaseOrder) -> Result<(), LedgerError> {
    if orders::is_of_our_series(&order.number) {
        let why = format!("{} is a number that is given to orders issued here; import none of these", order.number);
        return Err(LedgerError::corrupt("purchase order", why));
    }
    tx.exec(
        "INSERT INTO purchase_orders (tenant, po_number, vendor, total, open) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (tenant, po_number) DO UPDATE SET vendor = $3, total = $4, open = $5",
        args![tenant.as_str(), order.number.as_str(), order.vendor.as_str(), order.total, order.open],
    )
    .await
    .map(drop)
}

async fn put_budget(tx: &mut Tx, tenant: &TenantId, budget: &Budget) -> Result<(), LedgerError> {
    let project = budget.project.as_ref().map_or("", ProjectId::as_str);
    tx.exec(
        "INSERT INTO budget_lines (tenant, fiscal_year, department, project, allocated) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (tenant, fiscal_year, department, project) DO UPDATE SET allocated = $5",
        args![tenant.as_str(), budget.fiscal_year.to_string(), budget.department.as_str(), project, budget.allocated],
    )
    .await
    .map(drop)
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
