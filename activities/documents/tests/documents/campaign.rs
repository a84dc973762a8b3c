//! Whatever order the steps of several documents come in, and however many come at once, the books stay right.

mod year;

use std::time::{SystemTime, UNIX_EPOCH};

use vextrus_contract::steps::CloseReason;
use vextrus_ledger::claims::Claim;
use vextrus_tests_support::company::{Acme, CLERK, invoice};
use vextrus_tests_support::ledgers::all_at_once;
use vextrus_tests_support::on_both;
use vextrus_tests_support::steps::{Desk, assess_input};

on_both![steps_in_a_random_order_keep_the_books];

const DOCUMENTS: usize = 6;
const STEPS: usize = 120;
/// How many steps run at once.
const WIDTH: usize = 6;

/// xorshift64*: small, and the same on every machine.
struct Dice(u64);

impl Dice {
    /// A number below `sides`.
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let rolled = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(rolled).unwrap() % sides
    }

    /// One of these.
    fn pick<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        if of.is_empty() { None } else { of.get(self.roll(of.len())) }
    }
}

/// The seed: from `VEXTRUS_TEST_SEED`, or a new one. It is printed where the test fails.
fn seed() -> u64 {
    let given = std::env::var("VEXTRUS_TEST_SEED").ok().map(|text| text.parse().unwrap());
    let seed = given.unwrap_or_else(|| SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros() as u64 | 1);
    println!("VEXTRUS_TEST_SEED={seed}");
    seed
}

async fn steps_in_a_random_order_keep_the_books(desk: &Desk) {
    let mut dice = Dice(seed());
    let mut claims = Vec::new();
    for i in 0..DOCUMENTS {
        // Two alike, on one order, on one project: as many locks in common as there are.
        let mut bill = invoice("padma", &format!("INV-{i}"), &format!("{}", 50_000 + 25_000 * (i / 2)));
        bill.project = (i % 2 == 0).then(|| "bridge".parse().unwrap());
        bill.po_number = (i % 3 == 0).then(|| "PO-1".parse().unwrap());
        claims.push(desk.claim(&bill).await.unwrap());
    }
    for _ in 0..STEPS / WIDTH {
        let mut steps = Vec::new();
        for _ in 0..WIDTH {
            let claim = &claims[dice.roll(DOCUMENTS)];
            steps.push(step(desk, claim, &mut dice).await);
        }
        all_at_once(steps).await;
    }
    let mut raw = desk.database.raw().await;
    println!("ended as {:?}", raw.texts("SELECT coalesce(outcome, state) FROM documents ORDER BY number").await);
}

/// A random step for a document. What it answers is its own matter; that it fails is not.
async fn step(desk: &Desk, claim: &Claim, dice: &mut Dice) -> impl Future<Output = ()> + Send + use<> {
    let steps = desk.steps();
    let key = claim.key.clone();
    let shown = desk.document(&key).await;
    let revision = shown.assessment.as_ref().map_or(1, |a| a.revision);
    let assess = assess_input(claim, revision + u32::from(dice.roll(8) == 0));
    // Mostly a task that is open, mostly answered so that the document goes on.
    let open = shown.tasks.iter().find(|t| t.state == "open").filter(|_| dice.roll(4) > 0);
    let signed = match open.or(shown.tasks.get(dice.roll(3))) {
        Some(task) => {
            let person = ["rina", "salma", "habib", "omar", CLERK][dice.roll(5)];
            let answer = if dice.roll(8) == 0 { "reject" } else { "approve" };
            Some(Acme::signed(desk, &key, &task.task, person, answer).await)
        }
        None => None,
    };
    let reason =
        [CloseReason::Rejected, CloseReason::Withdrawn, CloseReason::Expired, CloseReason::Cancelled][dice.roll(4)];
    let withdrawal = Some(desk.withdrawal(&key, CLERK)).filter(|_| reason == CloseReason::Withdrawn);
    let record = signed.as_ref().map(|signed| desk.record_input(signed));
    let settle = desk.settle_input(&key, revision, signed);
    let close = desk.close_input(&key, reason, withdrawal);
    let kind = dice.roll(24);
    async move {
        let done = match (kind, record) {
            (0..4, _) => steps.assess_step(&assess).await.map(drop),
            (4..16, Some(record)) => steps.record_step(&record).await.map(drop),
            (16..23, _) => steps.settle_step(&settle).await.map(drop),
            (23, _) => steps.close_step(&close).await.map(drop),
            _ => Ok(()),
        };
        match done {
            Ok(()) => {}
            Err(error) => panic!("{error}"),
        }
    }
}
