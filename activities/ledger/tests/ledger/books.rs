//! Documents brought to where a test needs them, from the ledger's own parts and without the steps that compose them.

use chrono::NaiveDate;
use serde_json::json;
use vextrus_approval::{
    AllowedAnswer, Clock, Limits, Plan, Shortfall, SubmitterTimes, Succession, Task, TaskKind, Terms,
};
use vextrus_domain::ids::PoNumber;
use vextrus_domain::vendor::VendorKind;
use vextrus_domain::{DocumentKey, DocumentType, FiscalYear, Invoice, PayeeFacts, Payer, Taka};
use vextrus_ledger::approvals::Approval;
use vextrus_ledger::assessments::{self, Facts, StoredAssessment};
use vextrus_ledger::budgets::{self, Need};
use vextrus_ledger::documents::{self, Conclusion, Document, State};
use vextrus_ledger::journal::{self, AccountMapping};
use vextrus_ledger::orders::{self, Receipt, ReceivedLine};
use vextrus_ledger::payments::{self, Instruction};
use vextrus_ledger::treasury::{self, CertificateRequest, DepositRequest, Means, Selection};
use vextrus_ledger::{Tx, periods, rules};
use vextrus_tax::mushak::Officer;
use vextrus_tax::{Answers, Assessment, Case, Schedule, Tax};
use vextrus_tests_support::company::{self, ADMINISTRATOR, Acme, CLERK, RULES, actor, id, invoice, order, request};

/// A claimed invoice of its own number.
pub(crate) async fn claimed(acme: &Acme, number: &str) -> DocumentKey {
    acme.claim(&invoice("padma", number, "100000")).await.unwrap().key
}

/// A task for these people, of the first stage.
pub(crate) fn task(name: &str, within_seconds: u64, eligible: &[&str]) -> Task {
    Task {
        id: id(name),
        kind: TaskKind::Level,
        name: name.to_owned(),
        stage: 0,
        role: id("accounts_payable"),
        question: format!("approve {name}?"),
        why: "every document is asked for".to_owned(),
        subject: None,
        department: None,
        eligible: eligible.iter().map(|person| id(person)).collect(),
        needed: 1,
        answers: vec![
            AllowedAnswer { name: "approve".to_owned(), proceeds: true },
            AllowedAnswer { name: "reject".to_owned(), proceeds: false },
        ],
        within_seconds,
        clock: Clock::Calendar,
        remind_at_percent: vec![50],
        escalations: Vec::new(),
    }
}

/// The same, of a later stage.
pub(crate) fn later(stage: u32, task: Task) -> Task {
    Task { stage, ..task }
}

/// A first plan of these tasks.
pub(crate) fn plan(tasks: Vec<Task>) -> Plan {
    Plan {
        revision: 1,
        succession: Succession::Follows,
        policy_hash: "policy".to_owned(),
        terms: Terms {
            document: DocumentType::Invoice,
            amount: Taka::whole(115_000),
            administrators: vec![id(ADMINISTRATOR)],
            may_repeat: Vec::new(),
            may_release: Vec::new(),
            submitter: SubmitterTimes { answer_seconds: 3600, change_seconds: 7200 },
            clock: Clock::Calendar,
            limits: Limits::default(),
            hours: None,
        },
        tasks,
    }
}

/// What an invoice needs of its budget, where the policy stops at it.
pub(crate) fn need(invoice: &Invoice, cost: Taka) -> Need<'_> {
    Need {
        year: invoice.fiscal_year(),
        department: &invoice.department,
        project: invoice.project.as_ref(),
        cost,
        order: invoice.po_number.as_ref(),
        shortfall: Shortfall::Stop,
        again: true,
    }
}

/// Assesses a claimed contractor's invoice with a plan of these tasks, and opens it.
pub(crate) async fn assess(tx: &mut Tx, key: &DocumentKey, tasks: Vec<Task>) -> Assessment {
    let document = documents::lock(tx, key).await.unwrap().unwrap();
    let invoice = document.content.invoice().unwrap();
    let schedule = Schedule::parse(RULES[0].1).unwrap();
    let (payer, payee, answers) = (Payer::default(), PayeeFacts::default(), Answers::new());
    let case = Case {
        invoice,
        payer: &payer,
        kind: VendorKind::Contractor,
        payee: &payee,
        paid_on: invoice.date,
        answers: &answers,
    };
    let assessment = vextrus_tax::assess(&schedule, &case).unwrap();
    budgets::reserve(tx, key, &need(invoice, assessment.cost().unwrap())).await.unwrap().unwrap();
    if let Some(order) = &invoice.po_number {
        orders::bill(tx, key, invoice, Some(order)).await.unwrap();
    }
    open(tx, &document, plan(tasks), Some(assessment.clone())).await;
    assessment
}

/// Stores an assessment with its plan, and opens it.
async fn open(tx: &mut Tx, document: &Document, plan: Plan, assessment: Option<Assessment>) {
    let key = &document.key;
    let stored = StoredAssessment {
        revision: 1,
        assessed_at: tx.now(),
        paid_on: document.content.date(),
        facts: Facts::default(),
        assessment,
        plan_hash: plan.hash().unwrap(),
        tax_hash: "tax".to_owned(),
        approval_hash: "policy".to_owned(),
        accounts_hash: "accounts".to_owned(),
    };
    assessments::store(tx, key, &stored, &plan).await.unwrap();
    documents::assessed(tx, document, 1).await.unwrap();
    tx.audit(key, "assessed", None, json!({"revision": 1}));
    let mut approval = Approval::load(tx, document).await.unwrap();
    approval.open(tx, document, &plan, tx.now()).await.unwrap().unwrap();
    approval.write_tasks(tx, document).await.unwrap();
}

/// A claimed and assessed invoice whose tasks of the first stage are open.
pub(crate) async fn assessed(acme: &Acme, number: &str, tasks: Vec<Task>) -> DocumentKey {
    let key = claimed(acme, number).await;
    let mut tx = acme.begin().await.unwrap();
    assess(&mut tx, &key, tasks).await;
    tx.commit().await.unwrap();
    key
}

/// An issued order of ten at 1,000.00, on which six were received.
pub(crate) async fn issued(acme: &Acme) -> PoNumber {
    let key = acme.claim_order(CLERK, &order("padma", &[("works", "10", "1000")])).await.unwrap().key;
    let mut tx = acme.begin().await.unwrap();
    let document = documents::lock(&mut tx, &key).await.unwrap().unwrap();
    let ordered = document.content.order().unwrap();
    let need = Need {
        year: ordered.fiscal_year(),
        department: &ordered.department,
        project: None,
        cost: ordered.amount,
        order: None,
        shortfall: Shortfall::Stop,
        again: true,
    };
    budgets::reserve(&mut tx, &key, &need).await.unwrap().unwrap();
    open(&mut tx, &document, plan(Vec::new()), None).await;
    let on: NaiveDate = id("2025-08-10");
    let (serial, number) = orders::next_number(&mut tx, &key, FiscalYear::of(on)).await.unwrap();
    orders::issue(&mut tx, &key, ordered, (serial, &number), on).await.unwrap();
    budgets::encumber(&mut tx, &key, &number).await.unwrap();
    let assessed = documents::get(&mut tx, &key).await.unwrap().unwrap();
    let end = Conclusion { to: State::Settled, outcome: "approved", refusal: None, settlement: Some("{}") };
    documents::concluded(&mut tx, &assessed, end).await.unwrap();
    tx.audit(&key, "settled", None, json!({}));
    let came =
        Receipt { received_on: on, lines: vec![ReceivedLine { line: 1, quantity: id("6") }], note: String::new() };
    orders::receive(&mut tx, &actor(CLERK), &request(), &number, &came).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    number
}

/// An invoice on an issued order, claimed: how much of its line it bills.
pub(crate) async fn billed(acme: &Acme, number: &str, order: &PoNumber, quantity: &str) -> DocumentKey {
    let bill = company::billed("padma", number, order.as_str(), &[(1, quantity, "1000")]);
    acme.claim(&bill).await.unwrap().key
}

/// A settled invoice with everything that belongs to it.
pub(crate) async fn settled(acme: &Acme, number: &str) -> DocumentKey {
    let key = claimed(acme, number).await;
    settle(acme, &key).await;
    key
}

/// Assesses a claimed invoice and settles it, with everything that belongs to it.
pub(crate) async fn settle(acme: &Acme, key: &DocumentKey) {
    let mut tx = acme.begin().await.unwrap();
    let assessment = assess(&mut tx, key, Vec::new()).await;
    let document = documents::lock(&mut tx, key).await.unwrap().unwrap();
    let end = Conclusion { to: State::Settled, outcome: "approved", refusal: None, settlement: Some("{}") };
    documents::concluded(&mut tx, &document, end).await.unwrap();
    budgets::commit(&mut tx, key).await.unwrap();
    write_books(&mut tx, key, document.content.invoice().unwrap(), &assessment).await;
    tx.audit(key, "settled", None, json!({}));
    tx.commit().await.unwrap();
}

async fn write_books(tx: &mut Tx, key: &DocumentKey, invoice: &Invoice, assessment: &Assessment) {
    let posting_date: NaiveDate = id("2025-08-10");
    let fiscal_year = FiscalYear::of(posting_date);
    let serial = payments::next_number(tx, &key.tenant, "PI", fiscal_year).await.unwrap();
    let (amount, due_date) = (assessment.net_payable, invoice.due_date);
    let instruction = Instruction { serial, fiscal_year, vendor: &invoice.vendor, amount, due_date, posting_date };
    payments::propose(tx, key, &instruction).await.unwrap();
    payments::exclude(tx, key, &instruction.name(), &[id("rina")]).await.unwrap();
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
    Approval::load(&mut tx, &document).await.unwrap().drop_undecided(&mut tx, &document).await.unwrap();
    let end = Conclusion { to: State::Closed, outcome: "rejected", refusal: None, settlement: None };
    documents::concluded(&mut tx, &document, end).await.unwrap();
    tx.audit(key, "closed", None, json!({}));
    tx.commit().await.unwrap();
}

/// What the settled invoices of August 2025 withheld: deposited, certified, taken back, deposited and certified again, with a month
/// closed and reopened.
pub(crate) async fn certified(acme: &Acme) {
    let payer = Payer { name: "Acme Ltd".to_owned(), address: "Dhaka".to_owned(), ..Payer::default() };
    acme.put_payer(&payer).await;
    let (tenant, who) = (id(company::ACME), actor("nasrin"));
    let of = Selection { month: Some(id("2025-08")), ..Selection::default() };
    let mut tx = acme.begin().await.unwrap();
    let owed = "SELECT CAST(sum(amount) AS BIGINT) FROM tax_obligations WHERE tenant = 'acme' AND tax = 'TDS'";
    let amount = Taka::from_poisha(acme.database.raw().await.number(owed).await).unwrap();
    let challan = |number: &str| DepositRequest {
        tax: Tax::Tds,
        means: Means::Challan,
        number: number.to_owned(),
        on: id("2025-09-10"),
        bank: "Sonali Bank".to_owned(),
        account_code: String::new(),
        amount,
        of: of.clone(),
    };
    let officer = Officer { name: "N. Akter".to_owned(), designation: "Manager".to_owned() };
    let wanted = CertificateRequest { tax: Tax::Tds, vendor: id("padma"), of: of.clone(), deposit: None, officer };
    treasury::deposit(&mut tx, &who, &request(), &challan("CH-1")).await.unwrap().unwrap();
    let first = treasury::certify(&mut tx, &who, &request(), &wanted).await.unwrap().unwrap().certificate;
    treasury::cancel(&mut tx, &who, &request(), &first, "wrong challan").await.unwrap().unwrap();
    treasury::reverse(&mut tx, &who, &request(), 1, "wrong challan").await.unwrap().unwrap();
    treasury::deposit(&mut tx, &who, &request(), &challan("CH-2")).await.unwrap().unwrap();
    treasury::certify(&mut tx, &who, &request(), &wanted).await.unwrap().unwrap();
    periods::lock(&mut tx, &who, &request(), id("2025-07-31"), "reported").await.unwrap().unwrap();
    periods::reopen(&mut tx, &who, &request(), id("2025-06-30"), "a late bill").await.unwrap().unwrap();
    assert_eq!(periods::posting_date(&mut tx, &tenant, id("2025-07-31")).await.unwrap(), id("2025-07-31"));
    tx.commit().await.unwrap();
}
