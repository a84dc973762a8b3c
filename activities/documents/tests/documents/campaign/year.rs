//! Orders, goods, bills, amendments, delegations, returns and time, at random: after every step the books are right, nothing is
//! reserved for what has ended, and nothing was carried out that its plan's people have not approved.

use std::collections::BTreeSet;
use std::pin::Pin;

use chrono::TimeDelta;
use vextrus_approval::{Action, Machine, Outcome, SignedCommand, TaskKind, TaskState, TaskStatus};
use vextrus_contract::steps::{AssessInput, CloseInput, CloseReason, Entry, RecordInput};
use vextrus_domain::{Content, DocumentKey, Invoice, Order, PersonId, RequestId, canonical};
use vextrus_ledger::documents::State;
use vextrus_ledger::rules::RuleKind;
use vextrus_ledger::views::DocumentView;
use vextrus_ledger::{LedgerError, delegations};
use vextrus_tests_support::acme::{bill, ordered};
use vextrus_tests_support::company::{
    ACME, ADMINISTRATOR, INVOICES, ORDERS, billed, id, invoice, order, person, request,
};
use vextrus_tests_support::ledgers::all_at_once;
use vextrus_tests_support::on_both;
use vextrus_tests_support::steps::Desk;

use super::{Dice, seed};

on_both![whatever_happens_the_books_are_right];

const ROUNDS: usize = 150;
/// How many documents are open at once, at most.
const OPEN: usize = 8;
const SUBMITTERS: [&str; 3] = ["karim", "babul", "mizan"];
const PEOPLE: [&str; 11] =
    ["karim", "babul", "mizan", "lipi", "rina", "salma", "omar", "habib", "nasrin", "tareq", ADMINISTRATOR];

/// A step of a worker, ready to run beside others.
type Step = Pin<Box<dyn Future<Output = Result<(), LedgerError>> + Send>>;

struct World<'d> {
    desk: &'d Desk,
    dice: Dice,
    documents: Vec<DocumentKey>,
    serial: usize,
}

async fn whatever_happens_the_books_are_right(desk: &Desk) {
    // Rina and habib have somebody behind them, so that what is late is escalated before it expires.
    for (who, deputy) in [("rina", "lipi"), ("habib", "mizan")] {
        desk.put_person(vextrus_domain::Person { deputy: Some(id(deputy)), ..person(who) }).await;
    }
    let mut world = World { desk, dice: Dice(seed()), documents: Vec::new(), serial: 0 };
    for _ in 0..ROUNDS {
        world.round().await;
        world.holds().await;
    }
    world.end().await;
    let mut raw = desk.database.raw().await;
    let ends = "SELECT kind || ' ' || coalesce(outcome, state) || ' ' || count(*) FROM documents
        GROUP BY kind, coalesce(outcome, state) ORDER BY 1";
    println!("{:?}", raw.texts(ends).await);
    println!("{:?}", raw.texts("SELECT action || ' ' || count(*) FROM approval_log GROUP BY action ORDER BY 1").await);
}

impl World<'_> {
    /// One thing happens, or up to three at once.
    async fn round(&mut self) {
        let mut steps = Vec::new();
        for _ in 0..[1, 1, 1, 2, 3][self.dice.roll(5)] {
            steps.extend(self.something().await);
        }
        for done in all_at_once(steps).await {
            if let Err(error) = done {
                panic!("{error}");
            }
        }
    }

    async fn something(&mut self) -> Option<Step> {
        // Who has much to do starts nothing new.
        let busy = self.open_documents().await.len() >= OPEN;
        match self.dice.roll(100) {
            0..6 if !busy => self.submit_invoice().await,
            6..14 if !busy => self.submit_order(None).await,
            14..18 if !busy => {
                let amends = self.open_order().await?;
                self.submit_order(Some(amends)).await
            }
            18..26 if !busy => self.submit_bill().await,
            26..34 => self.receive().await,
            34..42 => self.odd_command().await,
            42..44 => self.stand_in().await,
            44 if self.dice.roll(2) == 0 => {
                let number = self.open_order().await?;
                drop(self.desk.end_order(&number, "not needed").await);
                None
            }
            45 => self.change_rules().await,
            46..48 => {
                self.desk.pass(TimeDelta::hours(1 + i64::try_from(self.dice.roll(40)).unwrap()));
                let key = self.dice.pick(&self.documents)?.clone();
                Some(self.record(&key, vec![Entry::Tick { at: self.desk.now() }]))
            }
            _ => self.drive().await,
        }
    }

    /// Mostly a document that has not ended.
    async fn document(&mut self) -> Option<DocumentKey> {
        let open = self.open_documents().await;
        if self.dice.roll(20) == 0 { self.dice.pick(&self.documents).cloned() } else { self.dice.pick(&open).cloned() }
    }

    async fn open_documents(&self) -> Vec<DocumentKey> {
        let open = "SELECT document FROM documents WHERE state IN ('claimed', 'assessed')";
        let open: BTreeSet<String> = self.desk.database.raw().await.texts(open).await.into_iter().collect();
        self.documents.iter().filter(|key| open.contains(key.document.as_str())).cloned().collect()
    }

    fn amount(&mut self) -> String {
        let amounts = ["100", "450.50", "999.99", "4000", "12000", "26000", "51000"];
        (*self.dice.pick(&amounts).unwrap()).to_owned()
    }

    async fn claim(&mut self, content: &Content) -> Option<Step> {
        let who = SUBMITTERS[self.dice.roll(3)];
        let claim = self.desk.claim_content(who, &request(), content).await.ok()?;
        self.documents.push(claim.key.clone());
        let (steps, input) = (self.desk.steps(), vextrus_tests_support::steps::assess_input(&claim, 1));
        Some(Box::pin(async move { steps.assess_step(&input).await.map(drop) }))
    }

    fn number(&mut self) -> String {
        self.serial += 1;
        format!("C-{}", self.serial)
    }

    async fn submit_invoice(&mut self) -> Option<Step> {
        let (number, subtotal) = (self.number(), self.amount());
        let mut plain = invoice(["padma", "meghna"][self.dice.roll(2)], &number, &subtotal);
        plain.project = (self.dice.roll(3) == 0).then(|| id("bridge"));
        self.claim(&bill(&plain)).await
    }

    async fn submit_order(&mut self, amends: Option<String>) -> Option<Step> {
        let quantity = |dice: &mut Dice| (1 + dice.roll(12)).to_string();
        let (first, second) = (quantity(&mut self.dice), quantity(&mut self.dice));
        let (price, other) = (self.amount(), self.amount());
        let mut wanted = order("meghna", &[("cement", &first, &price), ("rods", &second, &other)]);
        wanted.project = (self.dice.roll(3) == 0).then(|| id("bridge"));
        if let Some(number) = &amends {
            let (issued, _) = self.desk.order(number).await;
            (wanted.amends, wanted.project) = (Some(id(number)), issued.project);
        }
        self.claim(&ordered(&wanted)).await
    }

    async fn open_order(&mut self) -> Option<String> {
        let open = "SELECT po_number FROM purchase_orders WHERE serial IS NOT NULL AND open ORDER BY serial";
        let open = self.desk.database.raw().await.texts(open).await;
        self.dice.pick(&open).cloned()
    }

    async fn receive(&mut self) -> Option<Step> {
        let number = self.open_order().await?;
        let quantity = ["1", "2.5", "4", "9"][self.dice.roll(4)];
        let line = 1 + u32::try_from(self.dice.roll(2)).unwrap();
        drop(self.desk.receive(&number, &[(line, quantity)]).await);
        None
    }

    async fn submit_bill(&mut self) -> Option<Step> {
        let po_number = self.open_order().await?;
        let (issued, _) = self.desk.order(&po_number).await;
        let line = self.dice.pick(&issued.lines)?.clone();
        let price = line.unit_price.to_string();
        let price = if self.dice.roll(4) == 0 { self.amount() } else { price };
        let quantity = ["1", "2.5", "6"][self.dice.roll(3)];
        let number = self.number();
        let mut on_order: Invoice = billed("meghna", &number, &po_number, &[(line.line, quantity, &price)]);
        on_order.project = issued.project;
        self.claim(&bill(&on_order)).await
    }

    /// Does with a document what its workflow and its people would do next.
    async fn drive(&mut self) -> Option<Step> {
        let key = self.document().await?;
        let shown = self.desk.document(&key).await;
        let machine = &shown.approval;
        if shown.state == State::Claimed || machine.recompute().is_some() {
            // What the assessment has refused is closed.
            return if self.dice.roll(3) > 0 {
                Some(self.assess(&shown))
            } else {
                Some(self.close(&key, CloseReason::Rejected))
            };
        }
        match machine.outcome() {
            Some(Outcome::Approved) => return Some(self.settle(&shown, None)),
            Some(Outcome::Rejected { .. }) => return Some(self.close(&key, CloseReason::Rejected)),
            Some(Outcome::Withdrawn) => return Some(self.close(&key, CloseReason::Withdrawn)),
            Some(Outcome::Expired { .. }) => return Some(self.close(&key, CloseReason::Expired)),
            None => {}
        }
        if machine.returned().is_some() {
            let change = self.changed(&shown);
            let who = shown.submitter.to_string();
            let claim = self.desk.change(&key, &who, &request(), &change).await.ok()?;
            let (content, payload_hash) = (claim.content, claim.payload_hash);
            let again = Action::Resubmit { content, payload_hash, comment: String::new() };
            return Some(self.send(&key, &self.desk.word(&key, &who, again)));
        }
        if let Some(question) = machine.questions().iter().find(|q| q.open).filter(|_| self.dice.roll(2) == 0) {
            let answer = Action::Answer { question: question.id.clone(), text: "so it is".to_owned() };
            return Some(self.send(&key, &self.desk.word(&key, shown.submitter.as_str(), answer)));
        }
        let word = self.decision(&shown).await?;
        Some(if self.dice.roll(3) == 0 { self.settle(&shown, Some(word)) } else { self.send(&key, &word) })
    }

    /// Somebody who may decides an open task, in their own name or by the delegations that stand; mostly in its favour.
    async fn decision(&mut self, shown: &DocumentView) -> Option<SignedCommand> {
        let open: Vec<&TaskState> = shown.approval.open_tasks().collect();
        let task = *self.dice.pick(&open)?;
        let mut tx = self.desk.read().await.unwrap();
        let standing = delegations::open(&mut tx, &id(ACME)).await.unwrap();
        tx.rollback().await.unwrap();
        let now = self.desk.now();
        let may = |who: &&str| shown.approval.standing(task, &id(who), &standing, now).is_some();
        let able: Vec<&str> = PEOPLE.into_iter().filter(|who| may(who)).collect();
        let who = if self.dice.roll(10) == 0 { PEOPLE[self.dice.roll(PEOPLE.len())] } else { self.dice.pick(&able)? };
        let (principal, via) = match shown.approval.standing(task, &id(who), &standing, now) {
            Some(standing) => (standing.principal.to_string(), standing.via),
            None => (who.to_owned(), Vec::new()),
        };
        let answer = match self.dice.roll(20) {
            0 => "reject".to_owned(),
            _ => task.task.answers[0].name.clone(),
        };
        let action = self.desk.answer(&shown.key, task.task.id.as_str(), &answer).await;
        Some(self.desk.word_for(&shown.key, (who, &principal), &via, action))
    }

    /// Another content of a returned document.
    fn changed(&mut self, shown: &DocumentView) -> Content {
        match &shown.content {
            Content::Invoice(old) if old.po_number.is_none() => {
                let amount = self.amount();
                bill(&Invoice { project: old.project.clone(), ..invoice(old.vendor.as_str(), &old.number, &amount) })
            }
            Content::Invoice(old) => {
                let line = &old.lines[0];
                let lines = [(line.po_line.unwrap(), ["1", "3"][self.dice.roll(2)], line.unit_price.to_string())];
                let lines: Vec<(u32, &str, &str)> = lines.iter().map(|(n, q, p)| (*n, *q, p.as_str())).collect();
                let po_number = old.po_number.as_ref().unwrap();
                let mut bill_of = billed(old.vendor.as_str(), &old.number, po_number.as_str(), &lines);
                bill_of.project = old.project.clone();
                if self.dice.roll(4) == 0 {
                    (bill_of.po_number, bill_of.lines[0].po_line) = (None, None);
                }
                bill(&bill_of)
            }
            Content::Order(old) => {
                let (quantity, price) = ((1 + self.dice.roll(9)).to_string(), self.amount());
                let lines = order(old.vendor.as_str(), &[("cement", &quantity, &price), ("rods", "5", "100")]);
                ordered(&Order { amends: old.amends.clone(), project: old.project.clone(), ..lines })
            }
        }
    }

    /// Anybody asks anything of any document.
    async fn odd_command(&mut self) -> Option<Step> {
        let key = self.document().await?;
        let shown = self.desk.document(&key).await;
        let open: Vec<&TaskState> = shown.approval.open_tasks().collect();
        let task = self.dice.pick(&open).map_or_else(|| id("level-1"), |t| t.task.id.clone());
        let eligible: Vec<PersonId> = self.dice.pick(&open).map(|t| t.eligible.clone()).unwrap_or_default();
        let asked = self.dice.pick(&eligible).cloned().unwrap_or_else(|| id("rina"));
        let to: PersonId = id(PEOPLE[self.dice.roll(PEOPLE.len())]);
        let words = || "for a reason".to_owned();
        let (who, action) = match self.dice.roll(12) {
            0 | 1 => (asked.to_string(), Action::Return { task, comment: words() }),
            2 => (asked.to_string(), Action::RequestInfo { task, question: words() }),
            3 => (asked.to_string(), Action::Delegate { task, to, comment: words() }),
            4 => (ADMINISTRATOR.to_owned(), Action::Reassign { task, from: asked, to, reason: words() }),
            5 => (ADMINISTRATOR.to_owned(), Action::Escalate { task, reason: words() }),
            6 => (ADMINISTRATOR.to_owned(), Action::Replan { reason: words() }),
            7 => (asked.to_string(), Action::Reassess { reason: words() }),
            8 => (to.to_string(), Action::Comment { text: words() }),
            9 => (shown.submitter.to_string(), Action::Withdraw { comment: words() }),
            10 => (to.to_string(), Action::Withdraw { comment: words() }),
            _ => (to.to_string(), Action::Return { task, comment: words() }),
        };
        Some(self.send(&key, &self.desk.word(&key, &who, action)))
    }

    /// Somebody goes on leave, or comes back.
    async fn stand_in(&mut self) -> Option<Step> {
        let (from, to) = (PEOPLE[self.dice.roll(PEOPLE.len())], PEOPLE[self.dice.roll(PEOPLE.len())]);
        if self.dice.roll(3) == 0 {
            drop(self.desk.revoke(from, 1 + u32::try_from(self.dice.roll(6)).unwrap()).await);
        } else {
            drop(self.desk.delegate(from, to, ("2025-08-01", "2026-06-30")).await);
        }
        None
    }

    async fn change_rules(&mut self) -> Option<Step> {
        let level = "[[level]]\nrole = \"accounts_payable\"\n";
        let two = INVOICES.replace(level, &format!("{level}quorum = 2\n"));
        let policies = [
            INVOICES.to_owned(),
            two,
            INVOICES.replace("restart = \"all\"", "restart = \"undecided\""),
            ORDERS.to_owned(),
            ORDERS.replace("shortfall = \"stop\"", "shortfall = \"warn\""),
        ];
        let text = self.dice.pick(&policies).unwrap();
        self.desk.try_activate(RuleKind::Approval, text).await;
        None
    }

    fn record(&self, key: &DocumentKey, entries: Vec<Entry>) -> Step {
        let (steps, input) = (self.desk.steps(), RecordInput { key: key.clone(), entries });
        Box::pin(async move { steps.record_step(&input).await.map(drop) })
    }

    fn send(&self, key: &DocumentKey, word: &SignedCommand) -> Step {
        self.record(key, vec![self.desk.entry(word)])
    }

    fn assess(&self, shown: &DocumentView) -> Step {
        let revision = shown.assessment.as_ref().map_or(1, |a| a.revision + 1);
        let payload_hash = canonical::sha256_hex(&shown.content.to_text().unwrap());
        let input = AssessInput { key: shown.key.clone(), revision, payload_hash };
        let steps = self.desk.steps();
        Box::pin(async move { steps.assess_step(&input).await.map(drop) })
    }

    fn settle(&self, shown: &DocumentView, word: Option<SignedCommand>) -> Step {
        let revision = shown.assessment.as_ref().map_or(0, |a| a.revision);
        let (steps, input) = (self.desk.steps(), self.desk.settle_input(&shown.key, revision, word));
        Box::pin(async move { steps.settle_step(&input).await.map(drop) })
    }

    fn close(&self, key: &DocumentKey, reason: CloseReason) -> Step {
        let entries = vec![Entry::Tick { at: self.desk.now() }];
        let input = CloseInput { entries, ..self.desk.close_input(key, reason, None) };
        let steps = self.desk.steps();
        Box::pin(async move { steps.close_step(&input).await.map(drop) })
    }

    /// What holds whatever has happened.
    async fn holds(&self) {
        assert_eq!(self.desk.wrong().await, Vec::<String>::new());
        let mut tx = self.desk.read().await.unwrap();
        for key in &self.documents {
            let shown = vextrus_ledger::views::document(&mut tx, &key.tenant, &key.document).await.unwrap().unwrap();
            match shown.state {
                State::Settled => approved(&shown),
                State::Assessed => shows_its_approval(&shown),
                State::Claimed | State::Closed => {}
            }
        }
    }

    /// Everything is brought to its end: then nothing is reserved.
    async fn end(&mut self) {
        for key in self.documents.clone() {
            self.close(&key, CloseReason::Cancelled).await.unwrap();
        }
        while let Some(number) = self.open_order().await {
            assert_eq!(self.desk.end_order(&number, "the year is over").await, Ok(()));
        }
        self.holds().await;
        for project in ["", "bridge"] {
            assert_eq!(self.desk.budget("works", project).await.0, "0.00", "{project}");
        }
    }
}

/// Every task that its plan asks was answered by as many people as it needs, none of them the submitter, none at two levels.
fn approved(shown: &DocumentView) {
    let machine: &Machine = &shown.approval;
    assert_eq!(machine.outcome(), Some(&Outcome::Approved), "{}", shown.key);
    let mut of_levels: BTreeSet<&PersonId> = BTreeSet::new();
    let mut requests: BTreeSet<&RequestId> = BTreeSet::new();
    for task in machine.tasks() {
        if matches!(task.status, TaskStatus::Superseded | TaskStatus::Dropped) {
            continue;
        }
        assert_eq!(task.status, TaskStatus::Decided, "{} {}", shown.key, task.task.id);
        let given: Vec<_> = task.decisions.iter().filter(|d| d.proceeds).collect();
        assert!(given.len() >= usize::try_from(task.task.needed).unwrap(), "{} {}", shown.key, task.task.id);
        let principals: BTreeSet<&PersonId> = given.iter().map(|d| &d.by.principal).collect();
        assert_eq!(principals.len(), given.len(), "{} {}: one for each", shown.key, task.task.id);
        for decision in given {
            assert!(requests.insert(&decision.request_id), "{} {}", shown.key, task.task.id);
            for person in decision.by.everybody().collect::<BTreeSet<_>>() {
                assert_ne!(person, &shown.submitter, "{} {}", shown.key, task.task.id);
                let first = task.task.kind != TaskKind::Level || of_levels.insert(person);
                assert!(first, "{} {}: {person} at two levels", shown.key, task.task.id);
            }
        }
    }
}

/// What inboxes and pages read is where the approval stands.
fn shows_its_approval(shown: &DocumentView) {
    let told: BTreeSet<(&str, &str)> = shown.tasks.iter().map(|t| (t.task.as_str(), t.state.as_str())).collect();
    let stands: BTreeSet<(&str, &str)> =
        shown.approval.tasks().iter().map(|t| (t.task.id.as_str(), t.status.name())).collect();
    assert_eq!(told, stands, "{}", shown.key);
}
