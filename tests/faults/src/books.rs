//! What must be in the books once every document of a company has ended, whatever was killed on the way. Read past the
//! ledger's own face, so that the ledger is not its own witness.

use anyhow::ensure;
use vextrus_ledger::audit;
use vextrus_tests_e2e::World;
use vextrus_tests_support::raw::Raw;

/// How a document has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Two decisions, then settled.
    Approved,
    /// One decision, then closed.
    Rejected,
}

/// A document of padma-builders, a contractor: 15 % VAT, 7.5 % withheld.
#[derive(Debug, Clone)]
pub struct Document {
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
    fn amounts(&self) -> Amounts {
        let subtotal = i64::from(self.subtotal) * 100;
        let (vat, withheld) = (subtotal * 15 / 100, subtotal * 75 / 1000);
        Amounts { subtotal, vat, withheld, payable: subtotal + vat - withheld }
    }
}

/// One connection, and the complaints so far.
struct Audit {
    raw: Raw,
    wrong: Vec<String>,
}

impl Audit {
    fn same<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, found: T, right: T) {
        if found != right {
            self.wrong.push(format!("{what}: {found:?}, right would be {right:?}"));
        }
    }

    async fn number(&mut self, what: &str, sql: &str, right: i64) {
        let found = self.raw.number(sql).await;
        self.same(what, found, right);
    }

    async fn document(&mut self, world: &World, document: &Document) -> anyhow::Result<()> {
        let Document { id, ending, .. } = document;
        let Amounts { subtotal, withheld, payable, .. } = document.amounts();
        let approved = *ending == Ending::Approved;
        let named = |what: &str| format!("{what} of {id}");
        let steps = format!("SELECT step FROM effects WHERE document = '{id}' AND result IS NOT NULL ORDER BY step");
        let steps: Vec<String> = self.raw.texts(&steps).await;
        // All keys but that of an assessment end with the hash of what the step was given: the names are compared.
        let name =
            |step: &str| ["record", "settle", "close"].into_iter().find(|n| step.starts_with(n)).map(str::to_owned);
        let steps: Vec<String> = steps.into_iter().map(|step| name(&step).unwrap_or(step)).collect();
        let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
        let right: &[&str] = if approved { &["assess/1", "record", "settle"] } else { &["assess/1", "close"] };
        self.same(&named("steps"), steps.as_slice(), right);
        self.number(
            &named("steps without a result"),
            &format!("SELECT count(*) FROM effects WHERE document = '{id}' AND result IS NULL"),
            0,
        )
        .await;
        let mut tx = world.stack.ledger.read(&world.company.tenant).await?;
        let trail = audit::read_chain(&mut tx, &world.company.tenant, id).await??;
        tx.rollback().await?;
        let trail: Vec<&str> = trail.iter().map(|e| e.kind.as_str()).collect();
        let right: &[&str] = if approved {
            &["claimed", "assessed", "decided", "decided", "settled"]
        } else {
            &["claimed", "assessed", "decided", "closed"]
        };
        self.same(&named("trail"), trail.as_slice(), right);
        let payments = if approved { vec![payable.to_string()] } else { vec![] };
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
                if approved { vec![withheld.to_string()] } else { vec![] },
            ),
            (
                "reservations",
                "CAST(amount AS TEXT) || ' ' || state FROM budget_reservations",
                vec![format!("{subtotal} {}", if approved { "committed" } else { "released" })],
            ),
            (
                "state",
                "state || ' ' || outcome FROM documents",
                vec![if approved { "settled approved" } else { "closed rejected" }.to_owned()],
            ),
            (
                "tasks",
                "task || ' ' || state FROM tasks",
                vec!["level-1 decided".to_owned(), format!("level-2 {}", if approved { "decided" } else { "dropped" })],
            ),
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
    let raw = Raw::open(&world.stack.config.ledger.address).await;
    let mut audit = Audit { raw, wrong: Vec::new() };
    for document in documents {
        audit.document(world, document).await?;
    }
    let approved: Vec<Amounts> =
        documents.iter().filter(|d| d.ending == Ending::Approved).map(Document::amounts).collect();
    let sum = |of: fn(&Amounts) -> i64| approved.iter().map(of).sum::<i64>();
    let count = i64::try_from(approved.len())?;
    let serials =
        audit.raw.texts("SELECT CAST(serial AS TEXT) FROM payment_instructions ORDER BY fiscal_year, serial").await;
    audit.same("numbers", serials, (1..=count).map(|n| n.to_string()).collect());
    audit.number("last number", "SELECT CAST(coalesce(sum(last), 0) AS BIGINT) FROM number_series", count).await;
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
    audit.number("reserved budget", &of_budgets("reserved"), 0).await;
    let wrong = audit.wrong;
    ensure!(wrong.is_empty(), "the books are wrong:\n  {}", wrong.join("\n  "));
    world.sound(true).await
}

fn of_budgets(column: &str) -> String {
    format!("SELECT CAST(sum({column}) AS BIGINT) FROM budget_lines")
}
