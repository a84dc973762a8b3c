//! Workers that die while an employee comes, in every part of the process. Whatever dies where, another worker brings the process to its
//! right end, and every system is asked to the effect once.
#![cfg(test)]

use std::time::Duration;

use anyhow::{Context as _, ensure};
use chrono::Days;
use vextrus_domain::{DocumentKey, Employee, EmployeeClass};
use vextrus_lifecycle::{Action, Status};
use vextrus_tests_e2e::{Staff, World, employee};
use vextrus_tests_faults::{FaultWorker, Point, Points, slot};
use vextrus_tests_support::ledgers::{Database, Engine};
use vextrus_tests_support::raw::Raw;

const PROGRAM: &str = env!("CARGO_BIN_EXE_fault-worker");
/// A day of a test.
const DAY: Duration = Duration::from_millis(20);
/// Accounts, mailbox, workstation, badge, orientation, letter.
const GIVEN: usize = 6;
/// What people leave undone, so that the process stays where a worker is to die.
const REVIEW: &str = "probation-review";
/// By how many days the start is put off where a worker is to die before it. The days pass from the claim on, and a
/// worker needs a while to come up.
const PUT_OFF: u64 = 350;

/// A world whose only worker is one to be killed.
async fn world(engine: Engine) -> anyhow::Result<World> {
    let ledger = match engine {
        Engine::Sqlite => None,
        Engine::Postgres => Some(Database::create(engine).await.address),
    };
    let mut world = World::with(|o| {
        o.ledger = ledger;
        o.day = Some(DAY);
    })
    .await?;
    world.stack.stop_worker().await?;
    Ok(world)
}

fn unharmed() -> Points {
    Points { at: std::collections::BTreeMap::new(), after: 0, markers: "/nowhere".into() }
}

/// How the story of an employee goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Story {
    Stays,
    /// Withdraws once every system has done its work.
    Withdraws,
}

impl Story {
    /// Up to its turning point, if it has one.
    async fn turns(self, staff: &Staff, key: &DocumentKey, employee: &Employee) -> anyhow::Result<()> {
        if self == Self::Withdraws {
            let given = async || Ok(staff.provisions(employee).await?.len() == GIVEN);
            staff.work_until(key, &[REVIEW], given).await?;
            staff.tell(key, "hasina", Action::Withdraw { reason: "another offer".to_owned() }).await?;
        }
        Ok(())
    }

    async fn goes(self, staff: &Staff, key: &DocumentKey, employee: &Employee) -> anyhow::Result<()> {
        self.turns(staff, key, employee).await?;
        staff.work_until_ended(key, &[]).await
    }

    /// What must be so in the end, whatever died on the way.
    async fn ends(self, world: &World, staff: &Staff, key: &DocumentKey, employee: &Employee) -> anyhow::Result<()> {
        let result = staff.result(key).await?;
        // Days are short: what does not block may lapse while no worker is there.
        let expected = match self {
            Self::Stays => matches!(result.status, Status::Completed | Status::Partial),
            Self::Withdraws => result.status == Status::Withdrawn,
        };
        ensure!(expected, "it ended as {result:#?}");
        let given = staff.provisions(employee).await?;
        let kept = given.iter().filter(|p| p.active).count();
        let right = if self == Self::Stays { GIVEN } else { 1 };
        ensure!(given.len() == GIVEN && kept == right, "not everything was given and taken back once: {given:#?}");
        // One answer of a system for each task that a system does, undoing included.
        let mut raw = Raw::open(&world.stack.config.ledger.address).await;
        let performed =
            format!("SELECT count(*) FROM effects WHERE document = '{}' AND step LIKE 'perform/%'", key.document);
        let systems = if self == Self::Stays { GIVEN } else { GIVEN + GIVEN - 1 };
        let found = raw.number(&performed).await;
        ensure!(usize::try_from(found)? == systems, "systems were asked {found} times, not {systems}");
        staff.check().await
    }
}

async fn dies_at(engine: Engine, story: Story, (step, after, point): (&str, u32, Point)) -> anyhow::Result<()> {
    let world = world(engine).await?;
    let staff = Staff::of(&world).await?;
    let markers = tempfile::tempdir()?;
    let points = Points { at: [(step.to_owned(), point)].into(), after, markers: markers.path().to_owned() };
    let mut first = FaultWorker::start(PROGRAM, &world, points)?;
    let zubaida = employee(1, EmployeeClass::Skilled);
    let key = staff.onboard(&zubaida).await?;
    let another = async {
        let status = first.died().await?;
        ensure!(Points::marker(markers.path(), step).exists(), "the worker died of something else: {status}");
        FaultWorker::start(PROGRAM, &world, unharmed())
    };
    let (second, ()) = tokio::try_join!(another, story.goes(&staff, &key, &zubaida))?;
    story.ends(&world, &staff, &key, &zubaida).await?;
    second.kill().await?;
    world.stack.stop().await
}

/// Killed as `kill -9` does, once the process is in this part of its life.
async fn dies_in(story: Story, phase: &str, put_off: u64) -> anyhow::Result<()> {
    let world = world(Engine::Sqlite).await?;
    let staff = Staff::of(&world).await?;
    let first = FaultWorker::start(PROGRAM, &world, unharmed())?;
    let mut zubaida = employee(1, EmployeeClass::Skilled);
    zubaida.employment.start_date = zubaida.employment.start_date + Days::new(put_off);
    let key = staff.onboard(&zubaida).await?;
    story.turns(&staff, &key, &zubaida).await?;
    let there = async || Ok(staff.machine(&key).await?.phase() == phase);
    staff.work_until(&key, &[REVIEW], there).await.with_context(|| format!("the process is not in {phase}"))?;
    first.kill().await?;
    let second = FaultWorker::start(PROGRAM, &world, unharmed())?;
    staff.work_until_ended(&key, &[]).await?;
    story.ends(&world, &staff, &key, &zubaida).await?;
    second.kill().await?;
    world.stack.stop().await
}

macro_rules! dies {
    ($($name:ident: $run:expr;)*) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() -> anyhow::Result<()> {
            let _slot = slot().await?;
            $run.await.context(stringify!($name))
        }
    )*};
}

dies! {
    plan_committed: dies_at(Engine::Sqlite, Story::Stays, ("plan", 0, Point::Committed));
    progress_committed: dies_at(Engine::Sqlite, Story::Stays, ("progress", 1, Point::Committed));
    before_perform: dies_at(Engine::Sqlite, Story::Stays, ("perform", 0, Point::Before));
    perform_committed: dies_at(Engine::Sqlite, Story::Stays, ("perform", 2, Point::Committed));
    perform_replied: dies_at(Engine::Sqlite, Story::Stays, ("perform", 0, Point::Replied));
    undo_committed: dies_at(Engine::Sqlite, Story::Withdraws, ("perform", 8, Point::Committed));
    undo_committed_on_postgres: dies_at(Engine::Postgres, Story::Withdraws, ("perform", 7, Point::Committed));
    in_preparation: dies_in(Story::Stays, "preparation", PUT_OFF);
    in_settling_in: dies_in(Story::Stays, "settling_in", 0);
    in_probation: dies_in(Story::Stays, "probation", 0);
    in_undoing: dies_in(Story::Withdraws, "undoing", 0);
}
