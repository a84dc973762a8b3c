//! The last scenes: an employee who comes and is confirmed, and one who takes another offer. Days pass in moments.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use chrono::{Days, Utc};
use vextrus_domain::calendar::dhaka_date;
use vextrus_domain::{Employee, TenantId};
use vextrus_lifecycle::Process;
use vextrus_proto::onboarding::v1::act_on_process_request::Action;
use vextrus_proto::onboarding::v1::{
    Complete, EmployeeProcess, ProcessState, ProcessStatus, ProcessTask, ProcessTaskState, Verdict, Withdraw,
};

use super::{LOOK_EVERY, PATIENCE, client};
use crate::client::{Client, new_request_id};
use crate::employees;
use crate::json::last;
use crate::output::line;
use crate::stack::Stack;

/// How long a day is in these scenes.
pub(super) const DAY: Duration = Duration::from_millis(50);

const FILE: &str = "examples/onboarding/01-engineer.json";
const HR: &str = "hasina";
/// How many days before the first one the letter is signed.
const NOTICE: Days = Days::new(14);

pub(super) async fn play(stack: &Stack, tenant: &TenantId, number: usize) -> anyhow::Result<()> {
    line(&format!(
        "\n=== {number}. An employee comes, and is confirmed after the probation ({FILE}; days pass in moments)"
    ))?;
    let mut rokeya = employees::read(Path::new(FILE)).context("run the demonstration from the repository's folder")?;
    rokeya.employment.start_date = dhaka_date(Utc::now()).checked_add_days(NOTICE).context("there is no such day")?;
    comes(stack, tenant, &rokeya).await?;
    line(&format!(
        "\n=== {}. A candidate takes another offer: what was done is undone ({FILE}, emp-0043)",
        number + 1
    ))?;
    let shahana = Employee { id: "emp-0043".parse()?, ..rokeya };
    goes(stack, tenant, &shahana).await
}

async fn comes(stack: &Stack, tenant: &TenantId, employee: &Employee) -> anyhow::Result<()> {
    let mut told = Told::begin(stack, tenant, employee).await?;
    let ended = told.until(stack, tenant, &[], |p| p.state() == ProcessState::Ended).await?;
    line(employees::text::process(&ended).trim_end())?;
    let well = matches!(ended.status(), ProcessStatus::Completed | ProcessStatus::Partial);
    anyhow::ensure!(well, "the onboarding ended {:?}", ended.status());
    Ok(())
}

async fn goes(stack: &Stack, tenant: &TenantId, employee: &Employee) -> anyhow::Result<()> {
    let mut told = Told::begin(stack, tenant, employee).await?;
    let badge = |p: &EmployeeProcess| {
        let given = |task| p.tasks.iter().any(|t| last(&t.name) == task && t.state() == ProcessTaskState::Done);
        ["create-badge", "send-welcome", "photo-id"].into_iter().all(given)
    };
    told.until(stack, tenant, &["probation-review"], badge).await?;
    let reason = "took another offer".to_owned();
    let withdraw = Action::Withdraw(Withdraw { reason: reason.clone() });
    told.hr.act_on_process(told.name.clone(), withdraw, new_request_id()).await?;
    line(&format!("{HR} withdraws: {reason}"))?;
    let ended = told.until(stack, tenant, &[], |p| p.state() == ProcessState::Ended).await?;
    anyhow::ensure!(ended.status() == ProcessStatus::Withdrawn, "the onboarding ended {:?}", ended.status());
    line(&format!("ended       {}", ended.why))
}

/// A process and what of it was told already.
struct Told {
    hr: Client,
    name: String,
    settled: BTreeSet<String>,
}

impl Told {
    async fn begin(stack: &Stack, tenant: &TenantId, employee: &Employee) -> anyhow::Result<Self> {
        let mut hr = client(stack, tenant, HR).await?;
        let (process, _) = hr.start_onboarding(vextrus_facade::employee(employee), new_request_id()).await?;
        let work = &employee.employment;
        line(&format!(
            "{HR} begins the onboarding of {}, {}, first day {}",
            employee.id, work.position, work.start_date
        ))?;
        Ok(Self { hr, name: process.name, settled: BTreeSet::new() })
    }

    /// Has people do what they are asked, `but` for some tasks, until the process stands so.
    async fn until(
        &mut self,
        stack: &Stack,
        tenant: &TenantId,
        but: &[&str],
        so: impl Fn(&EmployeeProcess) -> bool,
    ) -> anyhow::Result<EmployeeProcess> {
        let looked = async {
            loop {
                let now = self.hr.process(Process::Onboarding, &self.name).await?;
                self.tell(&now)?;
                if so(&now) {
                    return anyhow::Ok(now);
                }
                for task in now.tasks.iter().filter(|t| t.state() == ProcessTaskState::Open) {
                    if !but.contains(&last(&task.name)) {
                        complete(stack, tenant, task).await?;
                    }
                }
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        tokio::time::timeout(PATIENCE, looked).await.with_context(|| format!("{} did not move in time", self.name))?
    }

    /// Tells what has been settled since the last time.
    fn tell(&mut self, now: &EmployeeProcess) -> anyhow::Result<()> {
        for task in now.tasks.iter().filter(|t| t.state() == ProcessTaskState::Done) {
            let nothing = task.by.is_empty() && task.reference.is_empty();
            if self.settled.insert(task.name.clone()) && !nothing {
                line(&format!("  {:<28} {}", last(&task.name), employees::text::who(task)))?;
            }
        }
        Ok(())
    }
}

/// One of those who may do it does it; another one may have been quicker, or the task gone with its process.
async fn complete(stack: &Stack, tenant: &TenantId, task: &ProcessTask) -> anyhow::Result<()> {
    let person = task.people.iter().find(|p| !p.starts_with("emp-")).context("nobody may do it")?;
    let verdict = if task.review { Verdict::Confirm } else { Verdict::Unspecified };
    let complete = Complete { verdict: verdict.into(), note: String::new() };
    let mut person = client(stack, tenant, person).await?;
    match person.act_on_process(task.name.clone(), Action::Complete(complete), new_request_id()).await {
        Ok(_) => Ok(()),
        Err(status) if status.code() == tonic::Code::FailedPrecondition => Ok(()),
        Err(status) => Err(status.into()),
    }
}
