//! Documents are brought to their ends while workers, facade, PostgreSQL and Temporal are killed and come back, wires are cut and
//! stalled, and clocks are behind. At the end the books, budgets, numbers and the trail are right, and nothing happened twice.
//!
//! `VEXTRUS_TEST_SEED` repeats a campaign; `VEXTRUS_SOAK_DOCUMENTS` makes it a large one.
#![cfg(test)]

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use tokio::sync::watch;
use vextrus_domain::DocumentType;
use vextrus_ledger::Ledger;
use vextrus_ledger::audit::verify;
use vextrus_sealer::Destination;
use vextrus_tests_e2e::{invoice, order, sound};
use vextrus_tests_faults::campaign::{Desk, Fault, Paper, Rig, WORKERS, schedule};
use vextrus_tests_faults::{Document, Ending, check_books};
use vextrus_tests_support::dice::Dice;
use vextrus_tests_support::raw::Raw;

const PROGRAM: &str = env!("CARGO_BIN_EXE_fault-member");
const DOCUMENTS: usize = 40;
/// How many documents there are to a fault.
const TO_A_FAULT: usize = 3;
/// Every so many documents, one is an order.
const ORDER_EVERY: u32 = 4;
const SUBTOTAL: u32 = 200_000;
/// How long it may take until what was written last is sealed and told.
const SETTLES_WITHIN: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_done_twice() -> anyhow::Result<()> {
    let count = std::env::var("VEXTRUS_SOAK_DOCUMENTS").ok().map_or(Ok(DOCUMENTS), |n| n.parse())?;
    let mut dice = Dice::new();
    let faults = schedule(&mut dice, count / TO_A_FAULT, WORKERS);
    let endings: Vec<Ending> = (0..count)
        .map(|_| {
            *dice.pick(&[Ending::Approved, Ending::Approved, Ending::Approved, Ending::Rejected, Ending::Withdrawn])
        })
        .collect();
    let lasts: Duration = faults.iter().map(|(before, _)| *before).sum();
    let mut rig = Rig::start(PROGRAM).await?;
    let desk = Desk::of(&rig).await?;

    let (done, over) = watch::channel(false);
    let (documents, troubled) = tokio::join!(
        async {
            let documents = people(&desk, &endings, lasts).await;
            done.send_replace(true);
            documents
        },
        trouble(&mut rig, faults, over),
    );
    troubled?;
    let documents = match documents {
        Ok(documents) => documents,
        Err(error) => return Err(error.context(format!("open: {:#?}", rig.open().await?))),
    };
    is_right(&rig, &documents).await?;
    rig.stop().await
}

/// Brings every document to its end, one beginning after another over the whole time of the faults.
async fn people(desk: &Desk, endings: &[Ending], lasts: Duration) -> anyhow::Result<Vec<Document>> {
    let apart = lasts / u32::try_from(endings.len())?;
    let began = tokio::time::Instant::now();
    let all = (0_u32..).zip(endings).map(async |(place, ending)| {
        tokio::time::sleep_until(began + apart * place).await;
        // Even, so that each share of it is whole.
        let subtotal = SUBTOTAL + 2 * place;
        let (kind, paper) = if place % ORDER_EVERY == 0 {
            (DocumentType::PurchaseOrder, Paper::Order(order("meghna-steel", &subtotal.to_string())))
        } else {
            let bill = invoice("padma-builders", &format!("C-{place}"), &subtotal.to_string());
            (DocumentType::Invoice, Paper::Bill(Box::new(bill)))
        };
        anyhow::Ok(Document { kind, id: desk.bring(&paper, *ending).await?, subtotal, ending: *ending })
    });
    futures::future::try_join_all(all).await
}

/// Lets everything go wrong that is drawn, and then keeps the fleet up until all documents have ended.
async fn trouble(rig: &mut Rig, faults: Vec<(Duration, Fault)>, mut over: watch::Receiver<bool>) -> anyhow::Result<()> {
    for (before, fault) in faults {
        tokio::time::sleep(before).await;
        rig.suffer(fault).await.with_context(|| format!("{fault:?}"))?;
    }
    while tokio::time::timeout(Duration::from_millis(500), over.wait_for(|o| *o)).await.is_err() {
        rig.tend()?;
    }
    Ok(())
}

async fn is_right(rig: &Rig, documents: &[Document]) -> anyhow::Result<()> {
    let (ledger, tenant) = (rig.ledger().await?, &rig.company.tenant);
    check_books(&ledger, &rig.address(), tenant, documents).await?;
    sound(&ledger, tenant, false).await?;
    let mut raw = Raw::open(&rig.address()).await;
    for (what, sql) in [
        ("a document is open", "SELECT count(*) FROM documents WHERE state NOT IN ('settled', 'closed')"),
        (
            "an invoice was paid twice",
            "SELECT count(*) FROM (SELECT 1 FROM payment_instructions GROUP BY document HAVING count(*) > 1) AS twice",
        ),
        (
            "a notification was written twice",
            "SELECT count(*) FROM (SELECT 1 FROM outbox GROUP BY document, event HAVING count(*) > 1) AS twice",
        ),
        ("a step has no result", "SELECT count(*) FROM effects WHERE result IS NULL"),
    ] {
        let count = raw.number(sql).await;
        ensure!(count == 0, "{what}: {count}");
    }
    settled_down(&ledger, rig).await
}

/// Waits until all is sealed and exported, and verifies the trail by what was exported.
async fn settled_down(ledger: &Ledger, rig: &Rig) -> anyhow::Result<()> {
    let tenant = &rig.company.tenant;
    let keys = rig.checkpoint_keys()?;
    let deadline = Instant::now() + SETTLES_WITHIN;
    loop {
        let witnesses = Destination::at(&rig.checkpoints())?.witnesses(tenant, &keys).await?;
        let mut tx = ledger.read(tenant).await?;
        let found = verify::verify(&mut tx, tenant, &keys, &witnesses).await?;
        ensure!(found.problems.is_empty(), "the trail is not sound: {:#?}", found.problems);
        if found.unsealed == 0 && found.witnessed == found.entries {
            return Ok(());
        }
        ensure!(Instant::now() < deadline, "not all was sealed and exported: {found:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
