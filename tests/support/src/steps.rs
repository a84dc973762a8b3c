//! The steps of an invoice, called as a worker calls them, without Temporal.

use std::ops::Deref;

use chrono::{DateTime, SubsecRound as _, Utc};
use vextrus_approval::SignedDecision;
use vextrus_approvals::Approvals;
use vextrus_contract::steps::{
    AssessInput, AssessOutput, Assessed, CloseInput, CloseOutput, CloseReason, RecordInput, RecordOutput, SettleInput,
    SettleOutput, Settlement,
};
use vextrus_domain::{DocumentKey, Invoice, Refusal};
use vextrus_invoices::Invoices;
use vextrus_ledger::Clock;
use vextrus_ledger::claims::Claim;
use vextrus_ledger::decisions::Trust;

use crate::company::{Acme, id};
use crate::ledgers::{Database, Fixture};

/// Who answers for a role, where a test does not care.
const IN_CHARGE: &[(&str, &str)] = &[
    ("accounts_payable", "rina"),
    ("department_head", "habib"),
    ("finance_manager", "nasrin"),
    ("cfo", "tareq"),
    ("ceo", "farida"),
];

/// When every approval of these tests is settled: 10 August 2025 in Dhaka, in the fiscal year of the sample invoices.
#[must_use]
pub fn settled_at() -> DateTime<Utc> {
    id("2025-08-10T06:00:00Z")
}

/// The time, as the ledger keeps it.
#[must_use]
pub fn now() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(6)
}

/// The companies with workers that serve them. Books and trails must be right after every scenario.
#[derive(Debug)]
pub struct Desk {
    /// The companies.
    pub acme: Acme,
    /// The steps of an invoice.
    pub invoices: Invoices,
    /// The step that all documents share.
    pub approvals: Approvals,
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
        let (ledger, trust) = (acme.ledger(), acme.trust.clone());
        let invoices = Invoices { ledger: ledger.clone(), trust: trust.clone() };
        Self { acme, invoices, approvals: Approvals { ledger, trust } }
    }

    async fn after(&self) {
        assert_eq!(self.wrong().await, Vec::<String>::new());
    }
}

impl Desk {
    /// The steps of workers that also take unsigned words, as in `vextrus dev`.
    #[must_use]
    pub fn trusting(&self) -> (Invoices, Approvals) {
        let (ledger, trust) = (self.ledger(), Trust { unsigned: true, ..self.trust.clone() });
        (Invoices { ledger: ledger.clone(), trust: trust.clone() }, Approvals { ledger, trust })
    }

    /// The steps of a worker whose ledger takes this moment for the present.
    #[must_use]
    pub fn at(&self, moment: &str) -> Invoices {
        let ledger = self.ledger().with_clock(Clock::Fixed(id(moment)));
        Invoices { ledger, trust: self.trust.clone() }
    }

    /// Claims and assesses an invoice that stands up to it.
    pub async fn submit(&self, invoice: &Invoice) -> (Claim, Assessed) {
        let claim = self.claim(invoice).await.unwrap();
        let assessed = self.assessed(&claim).await;
        (claim, assessed)
    }

    /// Assesses a claimed invoice for the first time.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn assessed(&self, claim: &Claim) -> Assessed {
        match self.assess(claim, 1).await {
            AssessOutput::Assessed(assessed) => *assessed,
            AssessOutput::Refused(refusal) => panic!("{refusal}"),
        }
    }

    /// The step `assess`.
    pub async fn assess(&self, claim: &Claim, revision: u32) -> AssessOutput {
        self.invoices.assess_step(&assess_input(claim, revision)).await.unwrap()
    }

    /// The refusal of an invoice that is claimed and does not stand up to its assessment.
    ///
    /// # Panics
    /// When it does.
    pub async fn refused(&self, invoice: &Invoice) -> Refusal {
        let claim = self.claim(invoice).await.unwrap();
        match self.assess(&claim, 1).await {
            AssessOutput::Refused(refusal) => refusal,
            AssessOutput::Assessed(assessed) => panic!("it was assessed: {assessed:?}"),
        }
    }

    /// The step `record` for one decision.
    pub async fn record(&self, decision: &SignedDecision) -> RecordOutput {
        self.approvals.record_step(&record_input(decision)).await.unwrap()
    }

    /// Has everybody in charge approve what is undecided, stage by stage. The last decision is handed back, unstored, since
    /// `settle` brings it.
    ///
    /// # Panics
    /// When nothing is undecided.
    pub async fn approve(&self, key: &DocumentKey) -> SignedDecision {
        let undecided: Vec<_> = self.document(key).await.tasks.into_iter().filter(|t| t.state != "decided").collect();
        for (i, task) in undecided.iter().enumerate() {
            let (_, person) = IN_CHARGE.iter().find(|(role, _)| *role == task.role).unwrap();
            let decision = self.signed(key, &task.task, person, "approve").await;
            if i + 1 == undecided.len() {
                return decision;
            }
            assert_eq!(self.record(&decision).await, RecordOutput::Recorded);
        }
        panic!("nothing of {key} is undecided");
    }

    /// The step `settle` for the first assessment.
    pub async fn settle(&self, key: &DocumentKey, decision: Option<SignedDecision>) -> SettleOutput {
        self.invoices.settle_step(&settle_input(key, 1, decision)).await.unwrap()
    }

    /// Submits, approves and settles an invoice.
    ///
    /// # Panics
    /// When it is not settled.
    pub async fn settled(&self, invoice: &Invoice) -> (DocumentKey, Settlement) {
        let (claim, _) = self.submit(invoice).await;
        let last = self.approve(&claim.key).await;
        match self.settle(&claim.key, Some(last)).await {
            SettleOutput::Settled(settlement) => (claim.key, *settlement),
            other => panic!("{other:?}"),
        }
    }

    /// The step `close`.
    pub async fn close(&self, key: &DocumentKey, reason: CloseReason, decision: Option<SignedDecision>) -> CloseOutput {
        self.invoices.close_step(&close_input(key, reason, decision)).await.unwrap()
    }
}

/// Input of `assess`.
#[must_use]
pub fn assess_input(claim: &Claim, revision: u32) -> AssessInput {
    AssessInput { key: claim.key.clone(), revision, payload_hash: claim.payload_hash.clone() }
}

/// Input of `record` for one decision.
#[must_use]
pub fn record_input(decision: &SignedDecision) -> RecordInput {
    let key = decision.decision.key.clone();
    RecordInput { key, at: now(), decision: Some(decision.clone()), notes: Vec::new() }
}

/// Input of `settle`.
#[must_use]
pub fn settle_input(key: &DocumentKey, revision: u32, decision: Option<SignedDecision>) -> SettleInput {
    SettleInput { key: key.clone(), revision, at: settled_at(), decision }
}

/// Input of `close`.
#[must_use]
pub fn close_input(key: &DocumentKey, reason: CloseReason, decision: Option<SignedDecision>) -> CloseInput {
    CloseInput { key: key.clone(), at: settled_at(), reason, refusal: None, decision }
}
