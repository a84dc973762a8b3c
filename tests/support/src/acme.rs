//! A ledger with two companies, at a moment that the test chooses, and commands that are signed as the facade signs them.

use std::cell::Cell;
use std::ops::Deref;

use chrono::{DateTime, SubsecRound as _, TimeDelta, Utc};
use vextrus_approval::{Action, Command, SignedCommand, StandingDelegation};
use vextrus_domain::signature::{AcceptedKeys, KeyPair};
use vextrus_domain::vendor::Vendor;
use vextrus_domain::{Content, DocumentKey, Invoice, Order, Payer, Person, Refusal, RequestId};
use vextrus_ledger::approvals::Trust;
use vextrus_ledger::audit::{self, Entry};
use vextrus_ledger::claims::{self, Claim};
use vextrus_ledger::masterdata::{self, Budget, Company, Record};
use vextrus_ledger::rules::{self, RuleKind};
use vextrus_ledger::views::{self, BudgetView, DocumentView};
use vextrus_ledger::{Clock, Ledger, LedgerError, Tx, check, delegations};

use crate::company::{ACME, ACTIVATOR, CLERK, GLOBEX, IN_FORCE_SINCE, PROPOSER, RULES, actor, company, id, request};
use crate::ledgers::{Database, Fixture, TestLedger};

/// A ledger with two companies, the default rules active for both, and the key of a facade that both trust.
#[derive(Debug)]
pub struct Acme {
    /// The ledger, by the machine's clock.
    pub on: TestLedger,
    /// The facade's key.
    pub key: KeyPair,
    /// That key, and no unsigned word.
    pub trust: Trust,
    /// What the ledger takes for the present; none is the machine's clock.
    present: Cell<Option<DateTime<Utc>>>,
}

impl Deref for Acme {
    type Target = TestLedger;

    fn deref(&self) -> &TestLedger {
        &self.on
    }
}

impl Fixture for Acme {
    async fn build(database: Database) -> Self {
        let on = TestLedger::build(database).await;
        let mut tx = in_force_since(&on).begin_for_all().await.unwrap();
        for tenant in [ACME, GLOBEX] {
            masterdata::import(&mut tx, &company(tenant), "controller").await.unwrap();
            for (kind, text) in RULES {
                rules::found(&mut tx, &id(tenant), kind, text, "controller").await.unwrap().unwrap();
            }
        }
        tx.commit().await.unwrap();
        let key = KeyPair::from_seed(&[7; 32]);
        let keys = AcceptedKeys::from_public_texts([key.public_text().as_str()]).unwrap();
        Self { on, key, trust: Trust { keys, unsigned: false }, present: Cell::new(None) }
    }
}

/// The ledger at the moment when rules of these tests take effect.
fn in_force_since(ledger: &Ledger) -> Ledger {
    ledger.clone().with_clock(Clock::Fixed(id(IN_FORCE_SINCE)))
}

impl Acme {
    /// The ledger at the present, to be handed to a task.
    #[must_use]
    pub fn ledger(&self) -> Ledger {
        let ledger = Ledger::clone(&self.on);
        match self.present.get() {
            Some(at) => ledger.with_clock(Clock::Fixed(at)),
            None => ledger,
        }
    }

    /// A transaction of the first company that writes, at the present.
    ///
    /// # Errors
    /// What the database says.
    pub async fn begin(&self) -> Result<Tx, LedgerError> {
        self.ledger().begin(&id(ACME)).await
    }

    /// A transaction of the first company that reads, at the present.
    ///
    /// # Errors
    /// What the database says.
    pub async fn read(&self) -> Result<Tx, LedgerError> {
        self.ledger().read(&id(ACME)).await
    }

    /// The present, as the ledger keeps it.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.present.get().unwrap_or_else(Utc::now).trunc_subsecs(6)
    }

    /// Makes this moment the present.
    pub fn at(&self, moment: &str) {
        self.present.set(Some(id(moment)));
    }

    /// Lets time pass.
    pub fn pass(&self, time: TimeDelta) {
        self.present.set(Some(self.now() + time));
    }

    /// Claims an invoice as the clerk.
    ///
    /// # Errors
    /// The refusal.
    pub async fn claim(&self, invoice: &Invoice) -> Result<Claim, Refusal> {
        self.claim_as(CLERK, &request(), invoice).await
    }

    /// Claims an invoice.
    ///
    /// # Errors
    /// The refusal.
    pub async fn claim_as(&self, person: &str, request: &RequestId, invoice: &Invoice) -> Result<Claim, Refusal> {
        self.claim_content(person, request, &bill(invoice)).await
    }

    /// Claims a purchase order, or the amendment of one.
    ///
    /// # Errors
    /// The refusal.
    pub async fn claim_order(&self, person: &str, order: &Order) -> Result<Claim, Refusal> {
        self.claim_content(person, &request(), &ordered(order)).await
    }

    /// Claims a document of any type.
    ///
    /// # Errors
    /// The refusal.
    pub async fn claim_content(&self, person: &str, id: &RequestId, content: &Content) -> Result<Claim, Refusal> {
        claims::claim(&self.ledger(), &actor(person), id, content).await.unwrap()
    }

    /// Stores another content of a returned document.
    ///
    /// # Errors
    /// The refusal.
    pub async fn change(
        &self,
        key: &DocumentKey,
        person: &str,
        request: &RequestId,
        content: &Content,
    ) -> Result<Claim, Refusal> {
        let mut tx = self.begin().await.unwrap();
        let changed = claims::change(&mut tx, &actor(person), request, key, content).await.unwrap();
        if changed.is_ok() {
            tx.commit().await.unwrap();
        }
        changed
    }

    /// Gives a standing delegation in its owner's name, from one day to another.
    ///
    /// # Errors
    /// The refusal.
    pub async fn delegate(
        &self,
        from: &str,
        to: &str,
        (first_day, last_day): (&str, &str),
    ) -> Result<StandingDelegation, Refusal> {
        let wanted = StandingDelegation {
            number: 0,
            from: id(from),
            to: id(to),
            first_day: id(first_day),
            last_day: id(last_day),
            documents: Vec::new(),
            limit: None,
        };
        self.give(&request(), from, &wanted).await
    }

    /// Gives a standing delegation.
    ///
    /// # Errors
    /// The refusal.
    pub async fn give(
        &self,
        request: &RequestId,
        by: &str,
        wanted: &StandingDelegation,
    ) -> Result<StandingDelegation, Refusal> {
        let mut tx = self.begin().await.unwrap();
        let given = delegations::give(&mut tx, &actor(by), request, wanted).await.unwrap();
        if given.is_ok() {
            tx.commit().await.unwrap();
        }
        given
    }

    /// Revokes a standing delegation.
    ///
    /// # Errors
    /// The refusal.
    pub async fn revoke(&self, by: &str, number: u32) -> Result<(), Refusal> {
        let mut tx = self.begin().await.unwrap();
        let revoked = delegations::revoke(&mut tx, &actor(by), number).await.unwrap();
        if revoked.is_ok() {
            tx.commit().await.unwrap();
        }
        revoked
    }

    /// A document as it is shown.
    pub async fn document(&self, key: &DocumentKey) -> DocumentView {
        let mut tx = self.read().await.unwrap();
        views::document(&mut tx, &key.tenant, &key.document).await.unwrap().unwrap()
    }

    /// The kinds of entries on a document's trail, in order, once the chain has been verified; without those that only name what a
    /// step wrote of which there is nothing to tell.
    pub async fn trail(&self, key: &DocumentKey) -> Vec<String> {
        self.entries(key).await.into_iter().map(|entry| entry.kind).filter(|kind| kind != "written").collect()
    }

    /// The entries of a document's trail, in order, once the chain has been verified.
    pub async fn entries(&self, key: &DocumentKey) -> Vec<Entry> {
        let mut tx = self.ledger().read(&key.tenant).await.unwrap();
        audit::read_chain(&mut tx, &key.tenant, key.document.as_str()).await.unwrap().unwrap()
    }

    /// Writes a vendor's record anew.
    pub async fn put_vendor(&self, changed: &Vendor) {
        let mut tx = self.begin().await.unwrap();
        masterdata::import_rows(&mut tx, &id(ACME), &[Record::Vendor(Box::new(changed.clone()))], "test")
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }

    /// Writes a person's record anew.
    pub async fn put_person(&self, changed: Person) {
        self.import(Company { people: vec![changed], ..nothing() }).await;
    }

    /// Writes what a department, or a project of it, may spend.
    pub async fn put_budget(&self, fiscal_year: &str, department: &str, project: Option<&str>, allocated: &str) {
        let budget = Budget {
            fiscal_year: id(fiscal_year),
            department: id(department),
            project: project.map(id),
            allocated: id(allocated),
        };
        self.import(Company { budgets: vec![budget], ..nothing() }).await;
    }

    async fn import(&self, part: Company) {
        let mut tx = self.ledger().begin(&part.tenant).await.unwrap();
        masterdata::import(&mut tx, &part, "controller").await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Writes the tax facts of [`ACME`] itself.
    pub async fn put_payer(&self, payer: &Payer) {
        let mut tx = self.begin().await.unwrap();
        masterdata::put_payer(&mut tx, &id(ACME), payer, "controller").await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Makes a rule the active one of [`ACME`]: one person proposes it, another activates it.
    ///
    /// # Panics
    /// When it is no rule, or the active one already.
    pub async fn activate(&self, kind: RuleKind, text: &str) {
        assert!(self.try_activate(kind, text).await, "{kind}");
    }

    /// The same; answers whether it was taken.
    pub async fn try_activate(&self, kind: RuleKind, text: &str) -> bool {
        let mut tx = in_force_since(&self.on).begin_for_all().await.unwrap();
        let (tenant, proposer) = (id(ACME), id(PROPOSER));
        let proposed = rules::propose(&mut tx, &tenant, kind, text, &proposer, None, "for a test").await.unwrap();
        let Ok(proposed) = proposed else { return false };
        rules::activate(&mut tx, &tenant, proposed.number, &id(ACTIVATOR)).await.unwrap().unwrap();
        tx.commit().await.unwrap();
        true
    }

    /// A budget line of [`ACME`] in the fiscal year of the sample invoices: what is reserved, and what is committed.
    ///
    /// # Panics
    /// When there is no such line.
    pub async fn budget(&self, department: &str, project: &str) -> (String, String) {
        let line = self.budget_of("2025-26", department, project).await;
        (line.reserved.to_string(), line.committed.to_string())
    }

    /// A budget line of [`ACME`].
    ///
    /// # Panics
    /// When there is no such line.
    pub async fn budget_of(&self, fiscal_year: &str, department: &str, project: &str) -> BudgetView {
        let mut tx = self.read().await.unwrap();
        let mut lines = views::budgets(&mut tx, &id(ACME)).await.unwrap();
        lines.retain(|l| l.fiscal_year == fiscal_year && l.department == department && l.project == project);
        lines.pop().unwrap()
    }

    /// Everything that is wrong with the books and trails of both companies.
    pub async fn wrong(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        for tenant in [id(ACME), id(GLOBEX)] {
            let mut tx = self.ledger().read(&tenant).await.unwrap();
            wrong.extend(check::check(&mut tx, &tenant).await.unwrap());
        }
        wrong
    }

    /// A command that a person gives now in their own name, not yet signed.
    #[must_use]
    pub fn command(&self, key: &DocumentKey, person: &str, action: Action) -> Command {
        Command {
            key: key.clone(),
            action,
            actor: id(person),
            principal: id(person),
            via: Vec::new(),
            request_id: request(),
            at: self.now(),
        }
    }

    /// The same, signed.
    #[must_use]
    pub fn word(&self, key: &DocumentKey, person: &str, action: Action) -> SignedCommand {
        self.sign(self.command(key, person, action))
    }

    /// A command that a person gives in somebody's name by standing delegations, signed.
    #[must_use]
    pub fn word_for(
        &self,
        key: &DocumentKey,
        (person, principal): (&str, &str),
        via: &[StandingDelegation],
        action: Action,
    ) -> SignedCommand {
        let own = self.command(key, person, action);
        self.sign(Command { principal: id(principal), via: via.to_vec(), ..own })
    }

    /// Signs a command as the facade does.
    #[must_use]
    pub fn sign(&self, command: Command) -> SignedCommand {
        command.sign(&self.key).unwrap()
    }

    /// An answer to a task as the ledger shows it. A refusing one has its reason.
    ///
    /// # Panics
    /// When the document has no such task.
    pub async fn answer(&self, key: &DocumentKey, task: &str, answer: &str) -> Action {
        let shown = self.document(key).await;
        let task = shown.tasks.iter().find(|t| t.task == task).unwrap();
        let comment = if answer == "reject" { "not what we agreed".to_owned() } else { String::new() };
        Action::Decide { task: id(&task.task), plan_hash: task.plan_hash.clone(), answer: answer.to_owned(), comment }
    }

    /// A decision on a task as the ledger shows it, not yet signed.
    ///
    /// # Panics
    /// When the document has no such task.
    pub async fn decision(&self, key: &DocumentKey, task: &str, person: &str, answer: &str) -> Command {
        self.command(key, person, self.answer(key, task, answer).await)
    }

    /// The same, signed.
    ///
    /// # Panics
    /// When the document has no such task.
    pub async fn signed(&self, key: &DocumentKey, task: &str, person: &str, answer: &str) -> SignedCommand {
        self.sign(self.decision(key, task, person, answer).await)
    }

    /// A person's signed word that they take a document back.
    #[must_use]
    pub fn withdrawal(&self, key: &DocumentKey, person: &str) -> SignedCommand {
        self.word(key, person, Action::Withdraw { comment: "sent twice".to_owned() })
    }
}

/// Master data of [`ACME`] without anything in it, to be filled in part.
fn nothing() -> Company {
    Company {
        people: Vec::new(),
        vendors: Vec::new(),
        purchase_orders: Vec::new(),
        budgets: Vec::new(),
        ..company(ACME)
    }
}

/// An invoice as the ledger claims it.
#[must_use]
pub fn bill(invoice: &Invoice) -> Content {
    Content::Invoice(Box::new(invoice.clone()))
}

/// A purchase order as the ledger claims it.
#[must_use]
pub fn ordered(order: &Order) -> Content {
    Content::Order(Box::new(order.clone()))
}
