//! What is done again and again: a document's whole way, the pages that people read, and what serves them behind.

use chrono::TimeDelta;
use serde_json::json;
use vextrus_approval::Action;
use vextrus_domain::signature::KeyPair;
use vextrus_domain::{Content, DocumentKey, DocumentType};
use vextrus_ledger::audit::{self, exports, seal};
use vextrus_ledger::employees::processes::{self, ProcessFilter};
use vextrus_ledger::outbox::{self, Channel, Outcome, Worked};
use vextrus_ledger::reconcile::findings::{self, Finding};
use vextrus_ledger::reconcile::open::{self, Page};
use vextrus_ledger::views::{self, ListFilter};
use vextrus_ledger::{bank_details, claims, delegations, figures, masterdata, orders};
use vextrus_tests_support::acme::bill;
use vextrus_tests_support::company::{ACME, Acme, CLERK, actor, billed, id, invoice, order, request};
use vextrus_tests_support::staff::{self, Staff};
use vextrus_tests_support::steps::{self, Desk, assess_input};

use crate::employees::{ended, planned};
use crate::{bank_details as bank, books};

const HOOK: Channel = Channel { name: "webhook", to_people: false };
const MAIL: Channel = Channel { name: "smtp", to_people: true };

/// What a few documents leave behind.
pub(super) struct Few {
    /// An order with what came on it.
    order: String,
    /// An invoice.
    pub(super) settled: DocumentKey,
}

fn sealing_key() -> KeyPair {
    KeyPair::from_seed(&[3; 32])
}

/// From the employees to the documents of the same company.
pub(super) fn at_the_desk(staff: Staff) -> Desk {
    staff.at(steps::TODAY);
    Desk { acme: staff.acme }
}

/// And back.
pub(super) fn among_the_staff(desk: Desk) -> Staff {
    desk.at(staff::TODAY);
    Staff { acme: desk.acme }
}

/// One document of each sort, all of them at their end.
pub(super) async fn few_documents(desk: &Desk) -> Few {
    bank::approved(desk, "1111111111").await;
    let (settled, _) = desk.settled(&invoice("padma", "FEW-1", "100000")).await;
    let closed = books::claimed(desk, "FEW-2").await;
    books::close(desk, &closed).await;
    let (_, number) = desk.issue(&order("padma", &[("cement", "10", "1000")])).await;
    desk.receive(&number, &[(1, "6")]).await.unwrap();
    desk.settled(&billed("padma", "FEW-3", &number, &[(1, "2", "1000")])).await;
    let mut raw = desk.database.raw().await;
    for sql in BESIDE {
        raw.exec(sql).await.unwrap();
    }
    told(desk, &closed, 0).await;
    Few { order: number, settled }
}

/// What happened is told and sealed.
pub(super) async fn all_told(desk: &Desk) {
    delivered(desk).await;
    seal::seal(&desk.ledger(), &id(ACME), &sealing_key()).await.unwrap();
}

/// What the sealer has done, and what still waits for it.
pub(super) async fn mostly_sealed(desk: &Desk) {
    for _ in 0..3 {
        seal::seal(&desk.ledger(), &id(ACME), &sealing_key()).await.unwrap().unwrap();
    }
    exported(desk).await;
}

async fn exported(desk: &Desk) {
    let ledger = desk.ledger();
    for pending in exports::pending(&ledger, "folder").await.unwrap() {
        exports::exported(&ledger, "folder", &pending).await.unwrap();
    }
}

/// What stands beside documents.
const BESIDE: &[&str] = &[
    "INSERT INTO attachments (tenant, attachment, document, kind, file_name, media_type, bytes, sha256, place, uploaded_by,
        uploaded_at, request_id)
     SELECT tenant, 'a-' || document, document, 'bill', 'bill.pdf', 'application/pdf', 1, 'h', 'p', 'karim', claimed_at,
        'a-' || document FROM documents",
    "INSERT INTO contacts (tenant, party, email, lang) SELECT tenant, 'person/' || person, 'a@example.com', 'en' FROM people",
];

/// A document that asks one person for ten things, and a change of bank details that asks another; their ids.
pub(super) async fn pending_documents(desk: &Desk) -> [String; 2] {
    let ten: Vec<_> = (0..10).map(|n| books::task(&format!("level-{n}"), 9000, &["rina"])).collect();
    let document = books::assessed(desk, "PENDING", ten).await.document;
    let change = bank::propose_for(desk, "meghna", "rina", "2222222222").await.unwrap();
    desk.delegate("rina", "mizan", ("2025-08-01", "2025-12-31")).await.unwrap();
    [document.to_string(), change.to_string()]
}

async fn told(acme: &Acme, key: &DocumentKey, round: u32) {
    let mut tx = acme.begin().await.unwrap();
    vextrus_ledger::documents::lock(&mut tx, key).await.unwrap();
    let finding = Finding {
        key,
        about: DocumentType::Invoice.into(),
        workflow: "invoice/acme/d/1",
        finding: "terminated",
        act: "alarm",
        reference: &format!("run-{round}"),
        is_known: true,
        body: json!({"workflow": "invoice/acme/d/1", "run": "run-1", "finding": "terminated", "act": "alarm",
            "namespace": "id-1", "remedy": "nothing"}),
    };
    findings::tell(&mut tx, &finding).await.unwrap();
    findings::acts(&mut tx, &key.tenant, finding.workflow, finding.act).await.unwrap();
    findings::has_room(&mut tx, &key.tenant, finding.finding, 100).await.unwrap();
    tx.commit().await.unwrap();
}

/// Whatever waits goes out by both channels.
async fn delivered(acme: &Acme) {
    let ledger = acme.ledger();
    while outbox::spread(&ledger, &[HOOK, MAIL], 500).await.unwrap() > 0 {}
    for channel in [HOOK, MAIL] {
        loop {
            let leased = outbox::lease(&ledger, channel.name, 20, TimeDelta::hours(1)).await.unwrap();
            if leased.lanes.is_empty() {
                break;
            }
            let sent = |lane: &(String, Vec<outbox::Delivery>)| Worked {
                lane: lane.0.clone(),
                outcomes: lane.1.iter().map(|d| (d.delivery.clone(), Outcome::Sent)).collect(),
            };
            let worked: Vec<Worked> = leased.lanes.iter().map(sent).collect();
            outbox::finish(&ledger, &leased.lease, &worked).await.unwrap();
        }
    }
}

/// Everything that a document meets. Every round has numbers of its own.
pub(super) async fn documents(desk: &Desk, few: &Few, round: u32) {
    let content = fresh(round, 1);
    let request_id = request();
    let claim = claims::claim(&desk.ledger(), &actor(CLERK), &request_id, &content).await.unwrap().unwrap();
    let again = claims::claim(&desk.ledger(), &actor(CLERK), &request_id, &content).await.unwrap().unwrap();
    assert!(again.repeated);
    let input = assess_input(&claim, 1);
    for _ in 0..2 {
        desk.steps().assess_step(&input).await.unwrap();
    }
    let first = desk.record_input(&desk.signed(&claim.key, "level-1", "rina", "approve").await);
    for _ in 0..2 {
        desk.steps().record_step(&first).await.unwrap();
    }
    desk.tick(&claim.key).await;
    let last = desk.approve(&claim.key).await;
    let input = desk.settle_input(&claim.key, 1, Some(last));
    let settled = desk.steps().settle_step(&input).await.unwrap();
    assert_eq!(desk.steps().settle_step(&input).await.unwrap(), settled);
    desk.document(&claim.key).await;

    changed(desk, round).await;
    ordered(desk, few, round).await;
    let last = claims::claim(&desk.ledger(), &actor(CLERK), &request(), &fresh(round, 2)).await.unwrap().unwrap();
    told(desk, &last.key, round).await;
    delivered(desk).await;
    behind(desk).await;
    read(desk, &claim.key).await;
    bank::approved(desk, &format!("333333333{round}")).await;
}

/// An invoice of a number and an amount that no other has.
fn fresh(round: u32, number: u32) -> Content {
    let place = round * 10 + number;
    bill(&invoice("padma", &format!("NEW-{place}"), &format!("{}.00", 101_000 + place)))
}

/// A document that is returned, changed, submitted again and withdrawn.
async fn changed(desk: &Desk, round: u32) {
    let (claim, _) = desk.submit_as(CLERK, &fresh(round, 3)).await;
    let handed = Action::Delegate { task: id("level-1"), to: id("mizan"), comment: "I am away".to_owned() };
    assert_eq!(desk.record(&desk.word(&claim.key, "rina", handed)).await, Ok(()));
    let back = Action::Return { task: id("level-1"), comment: "the quantity is wrong".to_owned() };
    assert_eq!(desk.record(&desk.word(&claim.key, "rina", back)).await, Ok(()));
    let mut other = invoice("padma", &format!("NEW-{}", round * 10 + 3), "103000");
    other.due_date = id("2025-09-30");
    let change = desk.change(&claim.key, CLERK, &request(), &bill(&other)).await.unwrap();
    let action = Action::Resubmit {
        content: change.content,
        payload_hash: change.payload_hash.clone(),
        comment: "corrected".to_owned(),
    };
    assert_eq!(desk.record(&desk.word(&claim.key, CLERK, action)).await, Ok(()));
    desk.reassessed(&claim.key).await;
    let word = desk.entry(&desk.withdrawal(&claim.key, CLERK));
    let input = json!({"key": claim.key, "reason": "withdrawn", "refusal": null, "entries": [word]});
    desk.steps().close_step(&serde_json::from_value(input).unwrap()).await.unwrap();
    desk.claim(&other).await.unwrap();
}

/// An order, what comes on it and what bills it.
async fn ordered(desk: &Desk, few: &Few, round: u32) {
    let price = (500 + round).to_string();
    let (_, number) = desk.issue(&order("padma", &[("sand", "10", &price)])).await;
    desk.receive(&number, &[(1, "6")]).await.unwrap();
    desk.settled(&billed("padma", &format!("NEW-{}", round * 10 + 4), &number, &[(1, "2", &price)])).await;
    desk.end_order(&number, "no more is needed").await.unwrap();
    let mut tx = desk.read().await.unwrap();
    orders::get(&mut tx, &id(ACME), &id(&few.order)).await.unwrap().unwrap();
}

/// What runs by itself.
async fn behind(desk: &Desk) {
    let ledger = desk.ledger();
    seal::waiting(&ledger).await.unwrap();
    seal::seal(&ledger, &id(ACME), &sealing_key()).await.unwrap();
    exported(desk).await;
    let mut tx = ledger.read_for_all().await.unwrap();
    figures::open(&mut tx).await.unwrap();
    outbox::backlog(&mut tx, None).await.unwrap();
    let page = |after| Page { after, tenant: None, before: desk.now(), most: 100 };
    let first = open::documents(&mut tx, page(None)).await.unwrap();
    let end = first.last().map(|open| &open.key);
    open::documents(&mut tx, page(end)).await.unwrap();
    open::processes(&mut tx, page(None)).await.unwrap();
}

/// What people read.
async fn read(desk: &Desk, key: &DocumentKey) {
    let (tenant, chain) = (id(ACME), key.document.as_str());
    let mut tx = desk.read().await.unwrap();
    audit::entries_of(&mut tx, &tenant, chain, 0, 100).await.unwrap();
    views::has_ended(&mut tx, &tenant, chain).await.unwrap();
    open::document_standing(&mut tx, key, DocumentType::Invoice).await.unwrap();
    delegations::open(&mut tx, &tenant).await.unwrap();
    bank_details::in_force(&mut tx, &tenant, &id("padma")).await.unwrap();
    drop(tx);
    lists(desk).await;
}

/// Two pages of an inbox.
pub(super) async fn inbox(acme: &Acme, person: &str) {
    let mut tx = acme.read().await.unwrap();
    let first = views::inbox(&mut tx, &id(ACME), &id(person), None, 51).await.unwrap();
    assert_eq!(first.len(), 51, "{person} has much to do");
    let end = first.last().map(|l| (l.sorted_at, l.document.clone(), l.task.clone()));
    views::inbox(&mut tx, &id(ACME), &id(person), end.as_ref(), 51).await.unwrap();
}

/// Two pages of every list.
pub(super) async fn lists(acme: &Acme) {
    let tenant = id(ACME);
    let mut tx = acme.read().await.unwrap();
    let first = views::list(&mut tx, &tenant, DocumentType::Invoice, &ListFilter::default(), None, 51).await.unwrap();
    let end = first.last().map(|l| (l.claimed_at, l.document.clone()));
    let filter = ListFilter { state: Some("settled".to_owned()), ..ListFilter::default() };
    views::list(&mut tx, &tenant, DocumentType::Invoice, &filter, end.as_ref(), 51).await.unwrap();
    views::list(&mut tx, &tenant, DocumentType::PurchaseOrder, &ListFilter::default(), None, 51).await.unwrap();
    bank_details::list(&mut tx, &tenant, None, None, 51).await.unwrap();
    outbox::list(&mut tx, &tenant, (None, None), 51).await.unwrap();
    masterdata::people_page(&mut tx, &tenant, "", 51).await.unwrap();
    masterdata::vendors(&mut tx, &tenant, "", 51).await.unwrap();
    exports::entries(&mut tx, &tenant, ("", 0), 51).await.unwrap();
    exports::leaves(&mut tx, &tenant, 0, 51).await.unwrap();
}

/// An onboarding that has ended.
pub(super) async fn few_employees(staff: &Staff) {
    for name in ["few-1", "few-2", "few-3"] {
        ended(staff, name).await;
    }
}

/// An onboarding that goes on; its id.
pub(super) async fn pending_employees(staff: &Staff) -> String {
    planned(staff, "pending-1").await.document.to_string()
}

/// Everything that an employee's process meets.
pub(super) async fn employees(staff: &Staff, round: u32) {
    let came = format!("new-{round}-1");
    ended(staff, &came).await;
    let key = planned(staff, &format!("new-{round}-2")).await;
    staff.process(&key).await;
    staff.given(&came).await;
    let mut tx = staff.read().await.unwrap();
    open::process_standing(&mut tx, &key, vextrus_lifecycle::Process::Onboarding).await.unwrap();
    processes::list(&mut tx, &id(ACME), &ProcessFilter::default(), None, 51).await.unwrap();
}
