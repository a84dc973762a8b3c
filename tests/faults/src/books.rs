//! What must be in the books once every document of a company has ended, whatever was killed on the way. Read past the
//! ledger's own face, so that the ledger is not its own witness.

use anyhow::ensure;
use vextrus_domain::{DocumentType, TenantId};
use vextrus_ledger::{Ledger, audit};
use vextrus_tests_e2e::World;
use vextrus_tests_support::raw::Raw;

/// How a document has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Two decisions, then settled.
    Approved,
    /// One decision, then closed.
    Rejected,
    /// Taken back by its submitter, then closed.
    Withdrawn,
}

/// A document: an invoice of padma-builders, a contractor (15 % VAT, 7.5 % withheld), or an order.
#[derive(Debug, Clone)]
pub struct Document {
    /// What it is.
    pub kind: DocumentType,
    /// Its id.
    pub id: String,
    /// Its subtotal, in whole taka.
    pub subtotal: u32,
    /// How it has ended.
    pub ending: Ending,
}

/// In poisha.
struct Amounts {
    subtotal: i64,
    vat: i64,
    withheld: i64,
    payable: i64,
}

impl Document {
    /// Whether it was approved, and is of this kind.
    fn is_approved(&self, kind: DocumentType) -> bool {
        self.kind == kind && self.ending == Ending::Approved
    }

    fn amounts(&self) -> Amounts {
        let subtotal = i64::from(self.subtotal) * 100;
        let (vat, withheld) = (subtotal * 15 / 100, subtotal * 75 / 1000);
        Amounts { subtotal, vat, withheld, payable: subtotal + vat - withheld }
    }
}

impl Ending {
    fn steps(self) -> &'static [&'static str] {
        match self {
            Self::Approved => &["assess/1", "record", "settle"],
            Self::Rejected | Self::Withdrawn => &["assess/1", "close"],
        }
    }

    fn trail(self) -> &'static [&'static str] {
        match self {
            Self::Approved => &["claimed", "assessed", "decided", "decided", "settled"],
            Self::Rejected => &["claimed", "assessed", "decided", "closed"],
            Self::Withdrawn => &["claimed", "assessed", "taken_back", "closed"],
        }
    }

    fn state(self) -> &'static str {
        match self {
            Self::Approved => "settled approved",
            Self::Rejected => "closed rejected",
            Self::Withdrawn => "closed withdrawn",
        }
    }

    fn tasks(self) -> [&'static str; 2] {
        match self {
            Self::Approved => ["level-1 decided", "level-2 decided"],
            Self::Rejected => ["level-1 decided", "level-2 dropped"],
            Self::Withdrawn => ["level-1 dropped", "level-2 dropped"],
        }
    }
}

/// One connection, and the complaints so far.
struct Audit<'a> {
    ledger: &'a Ledger,
    tenant: &'a TenantId,
    raw: Raw,
    wrong: Vec<String>,
}

impl Audit<'_> {
    fn same<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, found: T, right: T) {
        if found != right {
            self.wrong.push(format!("{what}: {found:?}, right would be {right:?}"));
        }
    }

    async fn number(&mut self, what: &str, sql: &str, right: i64) {
        let found = self.raw.number(sql).await;
        self.same(what, found, right);
    }

    async fn document(&mut self, document: &Document) -> anyhow::Result<()> {
        let Document { id, ending, kind, .. } = document;
        let Amounts { subtotal, withheld, payable, .. } = document.amounts();
        let paid = document.is_approved(DocumentType::Invoice);
        let issued = document.is_approved(DocumentType::PurchaseOrder);
        let named = |what: &str| format!("{what} of {id}");
        let steps = format!("SELECT step FROM effects WHERE document = '{id}' AND result IS NOT NULL ORDER BY step");
        let steps: Vec<String> = self.raw.texts(&steps).await;
        // All keys but that of an assessment end with the hash of what the step was given: the names are compared.
        let name =
            |step: &str| ["record", "settle", "close"].into_iter().find(|n| step.starts_with(n)).map(str::to_owned);
        let steps: Vec<String> = steps.into_iter().map(|step| name(&step).unwrap_or(step)).collect();
        let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
        self.same(&named("steps"), steps.as_slice(), ending.steps());
        self.number(
            &named("steps without a result"),
            &format!("SELECT count(*) FROM effects WHERE document = '{id}' AND result IS NULL"),
            0,
        )
        .await;
        let mut tx = self.ledger.read(self.tenant).await?;
        let trail = audit::read_chain(&mut tx, self.tenant, id).await??;
        tx.rollback().await?;
        let trail: Vec<&str> = trail.iter().map(|e| e.kind.as_str()).collect();
        self.same(&named("trail"), trail.as_slice(), ending.trail());
        let payments = if paid { vec![payable.to_string()] } else { vec![] };
        let reserved = match kind {
            _ if *ending != Ending::Approved => "released",
            DocumentType::Invoice => "committed",
            // It keeps its budget for the bills that will come.
            DocumentType::PurchaseOrder => "encumbered",
        };
        for (what, sql, right) in [
            ("payment instructions", "CAST(amount AS TEXT) FROM payment_instructions", payments.clone()),
            (
                "accounts payable",
                "CAST(l.credit - l.debit AS TEXT) FROM journal_entries e JOIN journal_lines l
                 ON l.tenant = e.tenant AND l.entry = e.entry AND l.purpose = 'accounts_payable'",
                payments,
            ),
            (
                "withheld tax",
                "CAST(amount AS TEXT) FROM tax_obligations",
                if paid { vec![withheld.to_string()] } else { vec![] },
            ),
            (
                "issued orders",
                "CAST(amount AS TEXT) FROM purchase_orders",
                if issued { vec![subtotal.to_string()] } else { vec![] },
            ),
            (
                "reservations",
                "CAST(amount AS TEXT) || ' ' || state FROM budget_reservations",
                vec![format!("{subtotal} {reserved}")],
            ),
            ("state", "state || ' ' || outcome FROM documents", vec![ending.state().to_owned()]),
            ("tasks", "task || ' ' || state FROM tasks", ending.tasks().map(str::to_owned).to_vec()),
        ] {
            let found = self.raw.texts(&format!("SELECT {sql} WHERE document = '{id}' ORDER BY 1")).await;
            self.same(&named(what), found, right);
        }
        Ok(())
    }
}

/// Checks the books of a world in which these documents, and no others, have been submitted and have ended.
///
/// # Errors
/// Everything that is wrong.
pub async fn check(world: &World, documents: &[Document]) -> anyhow::Result<()> {
    let stack = &world.stack;
    check_books(&stack.ledger, &stack.config.ledger.address, &world.company.tenant, documents).await?;
    world.sound(true).await
}

/// The same of a ledger at this address, where the company has submitted these documents and no others.
///
/// # Errors
/// Everything that is wrong.
pub async fn check_books(
    ledger: &Ledger,
    address: &str,
    tenant: &TenantId,
    documents: &[Document],
) -> anyhow::Result<()> {
    let mut audit = Audit { ledger, tenant, raw: Raw::open(address).await, wrong: Vec::new() };
    for document in documents {
        audit.document(document).await?;
    }
    let of = |kind| documents.iter().filter(move |d| d.is_approved(kind)).map(Document::amounts);
    let (paid, issued): (Vec<_>, Vec<_>) =
        (of(DocumentType::Invoice).collect(), of(DocumentType::PurchaseOrder).collect());
    let sum = |of: fn(&Amounts) -> i64| paid.iter().map(of).sum::<i64>();
    // None is missing, and none was given twice.
    for (table, right) in [("payment_instructions", paid.len()), ("purchase_orders", issued.len())] {
        let sql = format!(
            "SELECT CAST(d.serial AS TEXT) FROM {table} AS d WHERE d.serial IS NOT NULL ORDER BY d.fiscal_year, d.serial"
        );
        let serials = audit.raw.texts(&sql).await;
        audit.same(&format!("numbers of {table}"), serials, (1..=right).map(|n| n.to_string()).collect());
    }
    let count = i64::try_from(paid.len() + issued.len())?;
    audit.number("last numbers", "SELECT CAST(coalesce(sum(last), 0) AS BIGINT) FROM number_series", count).await;
    for (purpose, sign, right) in [
        ("expense", 1, sum(|a| a.subtotal)),
        ("input_vat", 1, sum(|a| a.vat)),
        ("tds_payable", -1, sum(|a| a.withheld)),
        ("accounts_payable", -1, sum(|a| a.payable)),
    ] {
        let sql = format!(
            "SELECT CAST(coalesce(sum({sign} * (debit - credit)), 0) AS BIGINT) FROM journal_lines WHERE purpose = '{purpose}'"
        );
        audit.number(&format!("balance of {purpose}"), &sql, right).await;
    }
    audit.number("committed budget", &of_budgets("committed"), sum(|a| a.subtotal)).await;
    audit.number("reserved budget", &of_budgets("reserved"), issued.iter().map(|a| a.subtotal).sum()).await;
    let wrong = audit.wrong;
    ensure!(wrong.is_empty(), "the books are wrong:\n  {}", wrong.join("\n  "));
    Ok(())
}

fn of_budgets(column: &str) -> String {
    format!("SELECT CAST(sum({column}) AS BIGINT) FROM budget_lines")
}
