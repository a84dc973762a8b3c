//! Documents brought to where a test needs them, from the ledger's own parts and without the steps that compose them.

use chrono::NaiveDate;
use serde_json::json;
use vextrus_approval::{AllowedAnswer, Plan, Task, TaskKind};
use vextrus_domain::vendor::VendorKind;
use vextrus_domain::{DocumentKey, FiscalYear, Invoice, PayeeFacts, Payer};
use vextrus_ledger::assessments::{self, Facts, StoredAssessment};
use vextrus_ledger::documents::{self, State};
use vextrus_ledger::journal::{self, AccountMapping};
use vextrus_ledger::payments::{self, Instruction};
use vextrus_ledger::{Tx, budgets, rules, tasks};
use vextrus_tax::{Answers, Assessment, Case, Schedule};
use vextrus_tests_support::company::{Acme, RULES, id, invoice};

/// A claimed invoice of its own number.
pub(crate) async fn claimed(acme: &Acme, number: &str) -> DocumentKey {
    acme.claim(&invoice("padma", number, "100000")).await.unwrap().key
}

/// A task for these people.
pub(crate) fn task(name: &str, within_seconds: u64, eligible: &[&str]) -> Task {
    Task {
        id: id(name),
        kind: TaskKind::Level,
        stage: 1,
        role: id("accounts_payable"),
        question: format!("approve {name}?"),
        subject: None,
        eligible: eligible.iter().map(|person| id(person)).collect(),
        answers: vec![
            AllowedAnswer { name: "approve".to_owned(), proceeds: true },
            AllowedAnswer { name: "reject".to_owned(), proceeds: false },
        ],
        within_seconds,
        remind_after_seconds: within_seconds / 2,
    }
}

/// Assesses a claimed contractor's invoice with a plan of these tasks.
pub(crate) async fn assess(tx: &mut Tx, key: &DocumentKey, tasks_of_plan: Vec<Task>) -> Assessment {
    let document = documents::lock(tx, key).await.unwrap().unwrap();
    let schedule = Schedule::parse(RULES[0].1).unwrap();
    let (payer, payee, answers) = (Payer::default(), PayeeFacts::default(), Answers::new());
    let case = Case {
        invoice: &document.invoice,
        payer: &payer,
        kind: VendorKind::Contractor,
        payee: &payee,
        paid_on: document.invoice.date,
        answers: &answers,
    };
    let assessment = vextrus_tax::assess(&schedule, &case).unwrap();
    budgets::reserve(tx, key, &document.invoice, assessment.cost().unwrap()).await.unwrap().unwrap();
    let plan = Plan { revision: 1, policy_hash: "policy".to_owned(), tasks: tasks_of_plan };
    let stored = StoredAssessment {
        revision: 1,
        assessed_at: tx.now(),
        paid_on: document.invoice.date,
        facts: Facts::default(),
        assessment: assessment.clone(),
        plan_hash: plan.hash().unwrap(),
        plan: plan.clone(),
        tax_hash: "tax".to_owned(),
        approval_hash: "policy".to_owned(),
        accounts_hash: "accounts".to_owned(),
    };
    assessments::store(tx, key, &stored).await.unwrap();
    tasks::add(tx, key, &plan, &stored.plan_hash).await.unwrap();
    documents::assessed(tx, &document, 1).await.unwrap();
    tx.audit(key, "assessed", None, json!({"revision": 1}));
    assessment
}

/// A claimed and assessed invoice whose tasks are open.
pub(crate) async fn assessed(acme: &Acme, number: &str, tasks_of_plan: Vec<Task>) -> DocumentKey {
    let key = claimed(acme, number).await;
    let mut tx = acme.begin().await.unwrap();
    assess(&mut tx, &key, tasks_of_plan.clone()).await;
    for task in &tasks_of_plan {
        let now = tx.now();
        tasks::open(&mut tx, &key, &task.id, now).await.unwrap();
    }
    tx.commit().await.unwrap();
    key
}

/// A settled invoice with everything that belongs to it.
pub(crate) async fn settled(acme: &Acme, number: &str) -> DocumentKey {
    let key = claimed(acme, number).await;
    let mut tx = acme.begin().await.unwrap();
    let assessment = assess(&mut tx, &key, Vec::new()).await;
    let document = documents::lock(&mut tx, &key).await.unwrap().unwrap();
    documents::concluded(&mut tx, &document, State::Settled, "approved", None).await.unwrap();
    budgets::commit(&mut tx, &key).await.unwrap();
    write_books(&mut tx, &key, &document.invoice, &assessment).await;
    tx.audit(&key, "settled", None, json!({}));
    tx.commit().await.unwrap();
    key
}

async fn write_books(tx: &mut Tx, key: &DocumentKey, invoice: &Invoice, assessment: &Assessment) {
    let posting_date: NaiveDate = id("2025-08-10");
    let fiscal_year = FiscalYear::of(posting_date);
    let serial = payments::next_number(tx, key, "PI", fiscal_year).await.unwrap();
    let (amount, due_date) = (assessment.net_payable, invoice.due_date);
    let instruction = Instruction { serial, fiscal_year, vendor: &invoice.vendor, amount, due_date, posting_date };
    payments::propose(tx, key, &instruction).await.unwrap();
    let mapping = AccountMapping::parse(RULES[2].1).unwrap();
    let lines = journal::postings(&mapping, assessment).unwrap();
    let calendar = rules::calendar(tx, &key.tenant).await.unwrap();
    journal::post(tx, key, &instruction.name(), posting_date, &lines).await.unwrap();
    for withheld in &assessment.withheld {
        let due = payments::due(withheld, posting_date, &calendar, true);
        payments::owe(tx, key, &invoice.vendor, withheld, posting_date, &due).await.unwrap();
    }
}

/// Closes a document that is claimed or assessed.
pub(crate) async fn close(acme: &Acme, key: &DocumentKey) {
    let mut tx = acme.begin().await.unwrap();
    let document = documents::lock(&mut tx, key).await.unwrap().unwrap();
    budgets::release(&mut tx, key).await.unwrap();
    tasks::drop_undecided(&mut tx, key).await.unwrap();
    documents::concluded(&mut tx, &document, State::Closed, "rejected", None).await.unwrap();
    tx.audit(key, "closed", None, json!({}));
    tx.commit().await.unwrap();
}
