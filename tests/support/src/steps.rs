//! The steps of documents, called as a worker calls them, without Temporal.

use std::ops::Deref;

use vextrus_approval::SignedCommand;
use vextrus_contract::steps::{
    AssessInput, AssessOutput, Assessed, CloseInput, CloseOutput, CloseReason, Entry, RecordInput, RecordOutput,
    SettleInput, SettleOutput, Settlement,
};
use vextrus_documents::{Preview, Steps, preview};
use vextrus_domain::ids::PoNumber;
use vextrus_domain::{Content, DocumentKey, Invoice, Order, Refusal, RequestId};
use vextrus_ledger::approvals::Trust;
use vextrus_ledger::claims::Claim;
use vextrus_ledger::orders::{self, Issued, Receipt, ReceivedLine};

use crate::acme::{Acme, bill, ordered};
use crate::company::{ACME, CLERK, actor, id, request};
use crate::events;
use crate::ledgers::{Database, Fixture};

/// Who answers for a role, where a test does not care.
const IN_CHARGE: &[(&str, &str)] = &[
    ("accounts_payable", "rina"),
    ("department_head", "habib"),
    ("finance_manager", "nasrin"),
    ("cfo", "tareq"),
    ("ceo", "farida"),
];

/// The moment at which a test begins: 10 August 2025 in Dhaka, in the fiscal year of the sample invoices.
pub const TODAY: &str = "2025-08-10T06:00:00Z";

/// The companies with workers that serve them, at a moment that the test moves. Books and trails must be right after every
/// scenario.
#[derive(Debug)]
pub struct Desk {
    /// The companies.
    pub acme: Acme,
}

impl Deref for Desk {
    type Target = Acme;

    fn deref(&self) -> &Acme {
        &self.acme
    }
}

impl Fixture for Desk {
    async fn build(database: Database) -> Self {
        let acme = Acme::build(database).await;
        acme.at(TODAY);
        Self { acme }
    }

    async fn after(&self) {
        assert_eq!(self.wrong().await, Vec::<String>::new());
        events::assert_sound(&self.database).await;
    }
}

impl Desk {
    /// The steps at the present.
    #[must_use]
    pub fn steps(&self) -> Steps {
        Steps { ledger: self.ledger(), trust: self.trust.clone() }
    }

    /// The steps of workers that also take unsigned words, as in `vextrus dev`.
    #[must_use]
    pub fn trusting(&self) -> Steps {
        Steps { trust: Trust { unsigned: true, ..self.trust.clone() }, ..self.steps() }
    }

    /// Claims and assesses an invoice that stands up to it.
    ///
    /// # Panics
    /// When it does not.
    pub async fn submit(&self, invoice: &Invoice) -> (Claim, Assessed) {
        self.submit_as(CLERK, &bill(invoice)).await
    }

    /// Claims and assesses a purchase order that stands up to it.
    ///
    /// # Panics
    /// When it does not.
    pub async fn ask(&self, order: &Order) -> (Claim, Assessed) {
        self.submit_as(CLERK, &ordered(order)).await
    }

    /// Claims and assesses a document that stands up to it.
    ///
    /// # Panics
    /// When it does not.
    pub async fn submit_as(&self, person: &str, content: &Content) -> (Claim, Assessed) {
        let claim = self.claim_content(person, &request(), content).await.unwrap();
        let assessed = self.assessed(&claim).await;
        (claim, assessed)
    }

    /// Assesses a claimed document for the first time.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn assessed(&self, claim: &Claim) -> Assessed {
        stands(self.assess(claim, 1).await)
    }

    /// The step `assess`.
    pub async fn assess(&self, claim: &Claim, revision: u32) -> AssessOutput {
        self.steps().assess_step(&assess_input(claim, revision)).await.unwrap()
    }

    /// Assesses a document once more, with the content that it has now.
    pub async fn assess_again(&self, key: &DocumentKey) -> AssessOutput {
        let shown = self.document(key).await;
        let revision = shown.assessment.map_or(1, |a| a.revision + 1);
        let payload_hash = vextrus_domain::canonical::sha256_hex(&shown.content.to_text().unwrap());
        self.steps().assess_step(&AssessInput { key: key.clone(), revision, payload_hash }).await.unwrap()
    }

    /// The same, of a document that stands up to it.
    ///
    /// # Panics
    /// When it does not.
    pub async fn reassessed(&self, key: &DocumentKey) -> Assessed {
        stands(self.assess_again(key).await)
    }

    /// The refusal of an invoice that is claimed and does not stand up to its assessment.
    ///
    /// # Panics
    /// When it does.
    pub async fn refused(&self, invoice: &Invoice) -> Refusal {
        self.refused_as(CLERK, &bill(invoice)).await
    }

    /// The refusal of a document that is claimed and does not stand up to its assessment.
    ///
    /// # Panics
    /// When it does.
    pub async fn refused_as(&self, person: &str, content: &Content) -> Refusal {
        let claim = self.claim_content(person, &request(), content).await.unwrap();
        match self.assess(&claim, 1).await {
            AssessOutput::Refused(refusal) => refusal,
            AssessOutput::Assessed(assessed) => panic!("it was assessed: {assessed:?}"),
        }
    }

    /// The step `record` for entries.
    pub async fn record_all(&self, key: &DocumentKey, entries: Vec<Entry>) -> RecordOutput {
        self.steps().record_step(&RecordInput { key: key.clone(), entries }).await.unwrap()
    }

    /// The step `record` for one command that comes now; the refusal, where it does not stand.
    ///
    /// # Errors
    /// The refusal of the command, or of the step.
    pub async fn record(&self, signed: &SignedCommand) -> Result<(), Refusal> {
        taken(self.steps().record_step(&self.record_input(signed)).await.unwrap())
    }

    /// The step `record` for the time that has passed.
    ///
    /// # Panics
    /// When the step is refused.
    pub async fn tick(&self, key: &DocumentKey) {
        taken(self.record_all(key, vec![Entry::Tick { at: self.now() }]).await).unwrap();
    }

    /// Has everybody in charge approve what is undecided, stage by stage. The last decision is handed back, unstored, since
    /// `settle` brings it.
    ///
    /// # Panics
    /// When nothing is undecided.
    pub async fn approve(&self, key: &DocumentKey) -> SignedCommand {
        let mut undecided = self.document(key).await.tasks;
        undecided.retain(|t| t.state == "open" || t.state == "waiting");
        for (i, task) in undecided.iter().enumerate() {
            let (_, person) = IN_CHARGE.iter().find(|(role, _)| *role == task.role).unwrap();
            let decision = self.signed(key, &task.task, person, "approve").await;
            if i + 1 == undecided.len() {
                return decision;
            }
            assert_eq!(self.record(&decision).await, Ok(()));
        }
        panic!("nothing of {key} is undecided");
    }

    /// The step `settle` for the latest assessment, now.
    pub async fn settle(&self, key: &DocumentKey, last: Option<SignedCommand>) -> SettleOutput {
        let revision = self.document(key).await.assessment.map_or(0, |a| a.revision);
        self.steps().settle_step(&self.settle_input(key, revision, last)).await.unwrap()
    }

    /// Has everybody in charge approve a document, and settles it.
    ///
    /// # Panics
    /// When it is not settled.
    pub async fn carry_out(&self, key: &DocumentKey) -> Settlement {
        let undecided = self.document(key).await.tasks.iter().any(|t| t.state == "open");
        let last = if undecided { Some(self.approve(key).await) } else { None };
        match self.settle(key, last).await {
            SettleOutput::Settled(settlement) => *settlement,
            other => panic!("{other:?}"),
        }
    }

    /// Submits, approves and settles an invoice.
    ///
    /// # Panics
    /// When it is not settled.
    pub async fn settled(&self, invoice: &Invoice) -> (DocumentKey, Settlement) {
        let (claim, _) = self.submit(invoice).await;
        let settlement = self.carry_out(&claim.key).await;
        (claim.key, settlement)
    }

    /// Submits, approves and issues an order, or carries an amendment out; answers the order's number.
    ///
    /// # Panics
    /// When it is not issued.
    pub async fn issue(&self, order: &Order) -> (DocumentKey, String) {
        let (claim, _) = self.ask(order).await;
        let settlement = self.carry_out(&claim.key).await;
        (claim.key, settlement.number)
    }

    /// An issued order with what was received and billed of it, and whether it is open.
    ///
    /// # Panics
    /// When there is none.
    pub async fn order(&self, number: &str) -> (Issued, bool) {
        let mut tx = self.read().await.unwrap();
        let order = orders::get(&mut tx, &id(ACME), &id(number)).await.unwrap().unwrap();
        (order.issued.unwrap(), order.open)
    }

    /// What an order keeps of a line of `works` in the fiscal year of the sample invoices: its amount, and what of it is held,
    /// used and released, in whole taka.
    pub async fn kept(&self, number: &str) -> [i64; 4] {
        let mut raw = self.database.raw().await;
        let mut kept = [0; 4];
        for (n, column) in ["amount", "held", "used", "released"].into_iter().enumerate() {
            let sql = format!(
                "SELECT CAST(coalesce(sum({column}), 0) / 100 AS BIGINT) FROM encumbrances
                 WHERE tenant = 'acme' AND po_number = '{number}' AND fiscal_year = '2025-26' AND project = ''"
            );
            kept[n] = raw.number(&sql).await;
        }
        kept
    }

    /// Goods that came today on an order: line and quantity.
    ///
    /// # Errors
    /// The refusal.
    pub async fn receive(&self, number: &str, lines: &[(u32, &str)]) -> Result<u32, Refusal> {
        self.receive_as(&request(), number, &receipt(self, lines)).await
    }

    /// Goods that came, as the clerk reports them.
    ///
    /// # Errors
    /// The refusal.
    pub async fn receive_as(&self, request: &RequestId, number: &str, receipt: &Receipt) -> Result<u32, Refusal> {
        let mut tx = self.begin().await.unwrap();
        let number: PoNumber = id(number);
        let received = orders::receive(&mut tx, &actor(CLERK), request, &number, receipt).await.unwrap();
        if received.is_ok() {
            tx.commit().await.unwrap();
        }
        received
    }

    /// Closes the rest of an order, as whoever requested it.
    ///
    /// # Errors
    /// The refusal.
    pub async fn end_order(&self, number: &str, reason: &str) -> Result<(), Refusal> {
        let requester = format!(
            "SELECT d.submitter FROM documents d JOIN purchase_orders o ON o.tenant = d.tenant AND o.document = d.document
             WHERE o.tenant = '{ACME}' AND o.po_number = '{number}' AND d.state = 'settled'"
        );
        let requester = self.database.raw().await.texts(&requester).await.pop().unwrap_or_else(|| CLERK.to_owned());
        let mut tx = self.begin().await.unwrap();
        let closed = orders::close(&mut tx, &actor(&requester), &id(number), reason).await.unwrap();
        if closed.is_ok() {
            tx.commit().await.unwrap();
        }
        closed
    }

    /// What would become of a document.
    ///
    /// # Errors
    /// The refusal.
    pub async fn preview(&self, content: &Content) -> Result<Preview, Refusal> {
        preview(&self.ledger(), &actor(CLERK), content).await.unwrap()
    }

    /// The step `close`.
    pub async fn close(&self, key: &DocumentKey, reason: CloseReason, word: Option<SignedCommand>) -> CloseOutput {
        self.steps().close_step(&self.close_input(key, reason, word)).await.unwrap()
    }

    /// One command, as a workflow takes it now.
    #[must_use]
    pub fn entry(&self, signed: &SignedCommand) -> Entry {
        Entry::Command { at: self.now(), signed: Box::new(signed.clone()) }
    }

    /// Input of `record` for one command.
    #[must_use]
    pub fn record_input(&self, signed: &SignedCommand) -> RecordInput {
        RecordInput { key: signed.command.key.clone(), entries: vec![self.entry(signed)] }
    }

    /// Input of `settle`.
    #[must_use]
    pub fn settle_input(&self, key: &DocumentKey, revision: u32, last: Option<SignedCommand>) -> SettleInput {
        let entries = last.iter().map(|word| self.entry(word)).collect();
        SettleInput { key: key.clone(), revision, at: self.now(), entries }
    }

    /// Input of `close`.
    #[must_use]
    pub fn close_input(&self, key: &DocumentKey, reason: CloseReason, word: Option<SignedCommand>) -> CloseInput {
        let entries = word.iter().map(|word| self.entry(word)).collect();
        CloseInput { key: key.clone(), reason, refusal: None, entries }
    }
}

/// Goods that came today: line and quantity.
#[must_use]
pub fn receipt(desk: &Desk, lines: &[(u32, &str)]) -> Receipt {
    Receipt {
        received_on: vextrus_domain::calendar::dhaka_date(desk.now()),
        lines: lines.iter().map(|(line, quantity)| ReceivedLine { line: *line, quantity: id(quantity) }).collect(),
        note: String::new(),
    }
}

fn stands(output: AssessOutput) -> Assessed {
    match output {
        AssessOutput::Assessed(assessed) => *assessed,
        AssessOutput::Refused(refusal) => panic!("{refusal}"),
    }
}

/// What `record` did with a single command.
///
/// # Errors
/// The refusal of the command, or of the step.
pub fn taken(output: RecordOutput) -> Result<(), Refusal> {
    match output {
        RecordOutput::Recorded { refused } => refused.into_iter().next().map_or(Ok(()), |r| Err(r.refusal)),
        RecordOutput::Refused(refusal) => Err(refusal),
    }
}

/// Input of `assess`.
#[must_use]
pub fn assess_input(claim: &Claim, revision: u32) -> AssessInput {
    AssessInput { key: claim.key.clone(), revision, payload_hash: claim.payload_hash.clone() }
}
