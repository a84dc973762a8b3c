//! Many employees at once: no effect is lost, none is doubled. `make soak` takes more of them.
#![cfg(test)]

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use futures::{StreamExt as _, TryStreamExt as _};
use vextrus_domain::{DocumentKey, Employee, EmployeeClass};
use vextrus_ledger::rules::RuleKind;
use vextrus_lifecycle::{Action, Status};
use vextrus_tests_e2e::{Staff, World, employee};

/// How many come, where the environment does not say.
const CROWD: u32 = 25;
/// A day of a test, and how much longer it is for each one of a large crowd, so that not everybody is late at once.
const DAY: Duration = Duration::from_millis(60);
const DAY_OF_ONE: Duration = Duration::from_millis(2);
/// Account, mailbox, workstation, badge, orientation, letter.
const GIVEN: usize = 6;

/// Every fifth one withdraws once everything was given.
fn withdraws(number: u32) -> bool {
    number.is_multiple_of(5)
}

/// How many are looked after at the same time.
const AT_ONCE: usize = 8;

struct Coming {
    number: u32,
    employee: Employee,
    key: DocumentKey,
}

impl Coming {
    /// Does what there is to do now. Answers whether the process has ended.
    async fn goes_on(&self, staff: &Staff) -> anyhow::Result<bool> {
        if withdraws(self.number)
            && staff.machine(&self.key).await?.stopped().is_none()
            && staff.provisions(&self.employee).await?.len() == GIVEN
        {
            // Under one request id: the ledger is behind the workflow, and it may be asked again.
            let request = format!("withdraw-{}", self.employee.id).parse()?;
            staff.say(&self.key, "hasina", Action::Withdraw { reason: "another offer".to_owned() }, request).await?;
        }
        let review: &[&str] = if withdraws(self.number) { &["probation-review"] } else { &[] };
        staff.work(&self.key, review).await?;
        Ok(staff.ended(&self.key).await?.is_some())
    }

    async fn has_ended_well(&self, staff: &Staff) -> anyhow::Result<()> {
        let result = staff.result(&self.key).await?;
        let expected = match result.status {
            Status::Withdrawn => withdraws(self.number),
            Status::Completed | Status::Partial => !withdraws(self.number),
            _ => false,
        };
        ensure!(expected, "{} ended as {:?}", self.employee.id, result.status);
        let given = staff.provisions(&self.employee).await?;
        let names: BTreeSet<&str> = given.iter().map(|p| p.reference.split(' ').next().unwrap_or_default()).collect();
        let active = given.iter().filter(|p| p.active).count();
        let kept = if withdraws(self.number) { 1 } else { GIVEN };
        ensure!(given.len() == GIVEN && names.len() == GIVEN && active == kept, "{}: {given:#?}", self.employee.id);
        Ok(())
    }
}

/// The template with a month of probation and much time for each task: a thousand people's reminders would be all that a small
/// server does.
fn patient(template: &str) -> String {
    let line = |line: &str| match line.split_once(" = ") {
        Some(("within_hours", _)) => "within_hours = 2000".to_owned(),
        Some(("months", _)) => "months = { managerial = 1, clerical = 1, skilled = 1, worker = 1 }".to_owned(),
        _ => line.to_owned(),
    };
    template.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn many_come_at_once() -> anyhow::Result<()> {
    let crowd: u32 = std::env::var("VEXTRUS_SOAK_EMPLOYEES").ok().map_or(Ok(CROWD), |n| n.parse())?;
    let world = World::with(|options| options.day = Some(DAY.max(DAY_OF_ONE * crowd))).await?;
    if crowd > CROWD {
        world
            .activate(RuleKind::Onboarding, &patient(include_str!("../../../rules/onboarding/onboarding.toml")))
            .await?;
    }
    let staff = Staff::of(&world).await?;
    let mut coming = Vec::new();
    for number in 1..=crowd {
        let class = EmployeeClass::ALL[usize::try_from(number)? % EmployeeClass::ALL.len()];
        let employee = employee(number, class);
        let key = staff.onboard(&employee).await?;
        coming.push(Coming { number, employee, key });
    }
    let deadline = Instant::now() + Duration::from_secs(120) + Duration::from_secs(3) * crowd;
    let mut left: Vec<&Coming> = coming.iter().collect();
    while !left.is_empty() {
        ensure!(Instant::now() < deadline, "{} of {crowd} have not ended in time", left.len());
        let looked = futures::stream::iter(left).map(async |one| {
            let ended = one.goes_on(&staff).await.with_context(|| format!("{} cannot go on", one.employee.id))?;
            anyhow::Ok((one, ended))
        });
        let looked: Vec<(&Coming, bool)> = looked.buffer_unordered(AT_ONCE).try_collect().await?;
        left = looked.into_iter().filter(|(_, ended)| !ended).map(|(one, _)| one).collect();
    }
    for one in &coming {
        one.has_ended_well(&staff).await?;
    }
    staff.check().await
}
