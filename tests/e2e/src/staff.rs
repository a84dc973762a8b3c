//! Employees who come and go, as tests drive them.

use std::collections::BTreeSet;

use anyhow::{Context as _, ensure};
use chrono::{Days, SubsecRound as _, Utc};
use temporalio_client::errors::WorkflowUpdateError;
use temporalio_client::{
    Client, WorkflowExecuteUpdateOptions, WorkflowGetResultOptions, WorkflowHandle, WorkflowQueryOptions,
    WorkflowStartOptions,
};
use temporalio_common::search_attributes::SearchAttributes;
use temporalio_protos::temporal::api::history::v1::HistoryEvent;
use vextrus_contract::employees::{ProcessAnswer, ProcessResult, ProcessStart, ProcessStatusView, ProcessTaskView};
use vextrus_contract::search_attributes::{STAGE, STATUS};
use vextrus_domain::calendar::dhaka_date;
use vextrus_domain::signature::KeyPair;
use vextrus_domain::{
    Actor, DocumentKey, Employee, EmployeeClass, Employment, Person, PersonalData, Refusal, RefusalCode, RequestId,
};
use vextrus_ledger::employees::claim::{self, Asked};
use vextrus_ledger::employees::processes::StoredProcess;
use vextrus_ledger::employees::provisions::{self, Provision};
use vextrus_ledger::masterdata;
use vextrus_ledger::masterdata::Company;
use vextrus_ledger::{Ledger, check};
use vextrus_lifecycle::{Action, Command, Process, TaskStatus, Verdict};
use vextrus_onboarding::EmployeeOnboarding;
use vextrus_platform::config::StepsConfig;
use vextrus_temporal::search_attributes::{DEPARTMENT, DOCUMENT, TENANT};
use vextrus_temporal::task_queue;

use vextrus_proto::onboarding::v1::{EmployeeProcess, StartOffboardingRequest};
use vextrus_starter_cli::client::{Client as Facade, new_request_id};
use vextrus_starter_cli::json;

use crate::world::until;
use crate::{World, history};

/// A handle of an onboarding's workflow.
pub(crate) type Handle = WorkflowHandle<Client, EmployeeOnboarding>;

/// A synthetic employee; every number of one is that of no other.
#[must_use]
pub fn employee(number: u32, class: EmployeeClass) -> Employee {
    let personal: Result<PersonalData, _> = serde_json::from_value(serde_json::json!({
        "name": format!("Zubaida Qamrunnahar{number:04}"),
        "email": format!("zubaida{number:04}@private.example"),
        "phone": format!("0171777{number:04}"),
        "nid": format!("777555{number:04}"),
    }));
    let employment: Result<Employment, _> = serde_json::from_value(serde_json::json!({
        "department": "works", "position": "Site engineer", "grade": "G7", "class": class,
        "start_date": dhaka_date(Utc::now()) + Days::new(14), "manager": "karim", "hr_manager": "hasina",
    }));
    // The texts above are of the right form, whatever the number.
    let (Ok(personal), Ok(employment), Ok(id)) = (personal, employment, format!("emp-{number:04}").parse()) else {
        unreachable!("a synthetic employee can be written");
    };
    Employee { id, personal, employment }
}

/// What hasina asks for when an employee has resigned and leaves in three days; a request of its own each time.
#[must_use]
pub fn leaving(employee: &Employee) -> StartOffboardingRequest {
    StartOffboardingRequest {
        employee: employee.id.to_string(),
        last_day: (dhaka_date(Utc::now()) + Days::new(3)).to_string(),
        reason: "resigned".to_owned(),
        hr_manager: "hasina".to_owned(),
        request_id: new_request_id(),
        ..StartOffboardingRequest::default()
    }
}

/// What is personal about a synthetic employee, as it could stand anywhere.
#[must_use]
pub fn personal_words(employee: &Employee) -> Vec<String> {
    let personal = &employee.personal;
    let mut names = personal.name.split(' ').map(str::to_owned);
    let phone = personal.phone.to_string();
    let national = phone.trim_start_matches("+88").trim_start_matches('0').to_owned();
    let nid = personal.nid.as_ref().map(vextrus_domain::identity::Nid::digits);
    names.by_ref().chain([personal.email.clone(), national]).chain(nid).collect()
}

/// The way to the facade: its address, and a person's token.
#[derive(Debug, Clone)]
pub struct Door {
    address: String,
    token: String,
}

/// The people who bring employees in, and what they bring them in with.
pub struct Staff {
    /// The ledger.
    pub ledger: Ledger,
    /// The connection to Temporal.
    pub client: Client,
    /// The key that signs commands.
    pub signing_key: KeyPair,
    /// The company.
    pub company: Company,
    /// How steps are timed.
    pub steps: StepsConfig,
    /// How hasina comes to the facade, where there is one.
    pub door: Option<Door>,
}

impl Staff {
    /// A world's company with the people that an onboarding asks.
    ///
    /// # Errors
    /// The ledger's.
    pub async fn of(world: &World) -> anyhow::Result<Self> {
        let staff = Self {
            ledger: world.stack.ledger.clone(),
            client: world.stack.client.clone(),
            signing_key: world.stack.signing_key.clone(),
            company: world.company.clone(),
            steps: world.stack.config.steps.clone(),
            door: Some(Door {
                address: world.stack.facade.clone(),
                token: world.stack.token(&world.company.tenant, &"hasina".parse()?)?,
            }),
        };
        staff.hired().await
    }

    /// Adds the people that an onboarding asks.
    ///
    /// # Errors
    /// The ledger's.
    pub async fn hired(mut self) -> anyhow::Result<Self> {
        for (id, role) in [("hasina", "hr_administrator"), ("mizan", "it"), ("rubel", "facilities")] {
            if !self.company.people.iter().any(|p| p.id.as_str() == id) {
                self.company.people.push(Person::new(id.parse()?, None, vec![role.parse()?]));
            }
        }
        let mut tx = self.ledger.begin(&self.company.tenant).await?;
        masterdata::import(&mut tx, &self.company, "test").await?;
        tx.commit().await?;
        Ok(self)
    }

    fn actor(&self, person: &str) -> anyhow::Result<Actor> {
        Ok(Actor { tenant: self.company.tenant.clone(), person: person.parse()? })
    }

    /// Begins an onboarding, as hasina.
    ///
    /// # Errors
    /// The facade's refusal; without one the ledger's, or the server's.
    pub async fn onboard(&self, employee: &Employee) -> anyhow::Result<DocumentKey> {
        if self.door.is_none() {
            return self.start(self.claim(employee).await?).await;
        }
        let (process, _) =
            self.hr().await?.start_onboarding(vextrus_facade::employee(employee), new_request_id()).await?;
        self.key_of(&process)
    }

    /// The key of a process that the facade has shown.
    ///
    /// # Errors
    /// An id that is none.
    pub fn key_of(&self, process: &EmployeeProcess) -> anyhow::Result<DocumentKey> {
        let document = json::last(&process.name).parse()?;
        Ok(DocumentKey { tenant: self.company.tenant.clone(), document, submission: 1 })
    }

    /// hasina's connection to the facade.
    ///
    /// # Errors
    /// A facade that is not there or does not answer.
    pub async fn hr(&self) -> anyhow::Result<Facade> {
        let door = self.door.as_ref().context("there is no facade")?;
        Facade::new(&door.address, self.company.tenant.as_str(), &door.token).await
    }

    /// Claims an onboarding, as hasina.
    ///
    /// # Errors
    /// The ledger's refusal.
    pub async fn claim(&self, employee: &Employee) -> anyhow::Result<StoredProcess> {
        let request: RequestId = format!("onboard-{}", employee.id).parse()?;
        let actor = self.actor("hasina")?;
        let claim = claim::claim(&self.ledger, &actor, &request, Asked::Onboarding(employee)).await??;
        Ok(claim.process)
    }

    /// Starts a claimed onboarding.
    ///
    /// # Errors
    /// The server's.
    pub async fn start(&self, process: StoredProcess) -> anyhow::Result<DocumentKey> {
        let start = ProcessStart {
            key: process.key.clone(),
            process: Process::Onboarding,
            employee: process.employee.clone(),
            payload_hash: process.payload_hash.clone(),
            employment: process.employment.clone(),
            step_timeout_millis: self.steps.timeout_millis,
            perform_within_millis: self.steps.perform_within_millis,
            events_of_a_run: self.steps.events_of_a_run,
            carried: None,
        };
        let attributes = SearchAttributes::new([
            TENANT.value_set(process.key.tenant.to_string()),
            DOCUMENT.value_set(process.key.document.to_string()),
            DEPARTMENT.value_set(process.employment.department.to_string()),
            STATUS.value_set("planning".to_owned()),
            STAGE.value_set("planning".to_owned()),
        ]);
        let options = WorkflowStartOptions::new(task_queue::ONBOARDING, format!("onboarding/{}", process.key))
            .search_attributes(attributes)
            .build();
        let started = self.client.start_workflow(EmployeeOnboarding::run, start, options).await;
        started.map_err(|e| anyhow::anyhow!("{e:?}"))?;
        Ok(process.key)
    }

    /// The workflow of an onboarding.
    #[must_use]
    pub fn handle(&self, key: &DocumentKey) -> Handle {
        self.client.get_workflow_handle::<EmployeeOnboarding>(format!("onboarding/{key}"))
    }

    /// The events of every run of a process, the first run first.
    ///
    /// # Errors
    /// The server's.
    pub async fn runs(&self, key: &DocumentKey) -> anyhow::Result<Vec<Vec<HistoryEvent>>> {
        history::runs(&self.client, &format!("onboarding/{key}")).await
    }

    /// Brings a person's command to a process.
    ///
    /// # Errors
    /// The refusal, or the server's.
    pub async fn tell(&self, key: &DocumentKey, person: &str, action: Action) -> anyhow::Result<()> {
        let request_id: RequestId = uuid::Uuid::now_v7().to_string().parse()?;
        match self.say(key, person, action, request_id).await? {
            ProcessAnswer::Accepted { .. } => Ok(()),
            ProcessAnswer::Refused(refusal) => Err(refusal.into()),
        }
    }

    /// The same, with its answer.
    ///
    /// # Errors
    /// The server's; a validator's refusal is read back as an answer.
    pub async fn say(
        &self,
        key: &DocumentKey,
        person: &str,
        action: Action,
        request_id: RequestId,
    ) -> anyhow::Result<ProcessAnswer> {
        let at = Utc::now().trunc_subsecs(6);
        let update_id = request_id.to_string();
        let command = Command { key: key.clone(), action, actor: person.parse()?, in_office: false, request_id, at };
        let signed = command.sign(&self.signing_key)?;
        loop {
            let options = WorkflowExecuteUpdateOptions::builder().update_id(update_id.clone()).build();
            let handle = self.handle(key);
            match handle.execute_update(EmployeeOnboarding::command, signed.clone(), options).await {
                Ok(answer) => return Ok(answer),
                // Its run has ended: the process has, or it goes on in another run.
                Err(WorkflowUpdateError::NotFound(_)) => {
                    if let Some(status) = self.ended(key).await? {
                        let message = format!("the process has ended: {status}");
                        return Ok(ProcessAnswer::Refused(Refusal::new(RefusalCode::DocumentClosed, message)));
                    }
                }
                // A task failed under it, as when the run was about to go on as new: the facade would say that it is unavailable.
                Err(WorkflowUpdateError::Rpc(status))
                    if status.message().contains("unexpected workflow task failure") =>
                {
                    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                }
                Err(error) => {
                    let refusal = Refusal::find_in(&format!("{error:?}"));
                    return refusal.map(ProcessAnswer::Refused).with_context(|| format!("{error:?}"));
                }
            }
        }
    }

    /// Where the workflow stands.
    ///
    /// # Errors
    /// The server's.
    pub async fn status(&self, key: &DocumentKey) -> anyhow::Result<ProcessStatusView> {
        let asked = self.handle(key).query(EmployeeOnboarding::status, (), WorkflowQueryOptions::default()).await;
        asked.map_err(|e| anyhow::anyhow!("{e:?}"))
    }

    /// The tasks, as the workflow shows them.
    ///
    /// # Errors
    /// The server's.
    pub async fn tasks(&self, key: &DocumentKey) -> anyhow::Result<Vec<ProcessTaskView>> {
        let asked = self.handle(key).query(EmployeeOnboarding::tasks, (), WorkflowQueryOptions::default()).await;
        asked.map_err(|e| anyhow::anyhow!("{e:?}"))
    }

    /// The tasks that the ledger has open for people.
    ///
    /// # Errors
    /// The ledger's.
    pub async fn open(&self, key: &DocumentKey) -> anyhow::Result<Vec<vextrus_lifecycle::TaskState>> {
        let machine = self.machine(key).await?;
        Ok(machine.tasks().iter().filter(|t| t.status == TaskStatus::Open).cloned().collect())
    }

    /// Where the ledger has the process.
    ///
    /// # Errors
    /// The ledger's.
    pub async fn machine(&self, key: &DocumentKey) -> anyhow::Result<vextrus_lifecycle::Machine> {
        let mut tx = self.ledger.read(&self.company.tenant).await?;
        let view = vextrus_ledger::employees::views::process(&mut tx, key).await?.context("no such process")?;
        Ok(view.machine)
    }

    /// Whether the ledger says that the process has ended, and how.
    ///
    /// # Errors
    /// The ledger's.
    pub async fn ended(&self, key: &DocumentKey) -> anyhow::Result<Option<String>> {
        Ok(self.machine(key).await?.ended().map(|s| s.name().to_owned()))
    }

    /// Waits until these tasks are open, in the ledger.
    ///
    /// # Errors
    /// That they were not, in time.
    pub async fn until_open(&self, key: &DocumentKey, tasks: &[&str]) -> anyhow::Result<()> {
        until(&format!("{tasks:?} of {key} are open"), async || {
            let open: BTreeSet<String> = self.open(key).await?.iter().map(|t| t.plan.id.to_string()).collect();
            Ok(tasks.iter().all(|t| open.contains(*t)))
        })
        .await
    }

    /// Waits until a task stands so, in the ledger.
    ///
    /// # Errors
    /// That it did not, in time.
    pub async fn until_task(&self, key: &DocumentKey, task: &str, status: TaskStatus) -> anyhow::Result<()> {
        let id = task.parse()?;
        until(&format!("{task} of {key} is {}", status.name()), async || {
            Ok(self.machine(key).await?.task(&id).is_some_and(|t| t.status == status))
        })
        .await
    }

    /// Completes a task as one of those who may.
    ///
    /// # Errors
    /// The refusal.
    pub async fn complete(&self, key: &DocumentKey, task: &str) -> anyhow::Result<()> {
        self.until_open(key, &[task]).await?;
        let machine = self.machine(key).await?;
        let state = machine.task(&task.parse()?).context("no such task")?;
        let person = state.people.iter().find(|p| !p.as_str().starts_with("emp-")).context("nobody may")?;
        let verdict = state.plan.review.then_some(Verdict::Confirm);
        let action = Action::Complete { task: task.parse()?, verdict, note: String::new() };
        self.tell(key, person.as_str(), action).await
    }

    /// Completes whatever is open, again and again, until the process has ended in the ledger; `but` alone is left.
    ///
    /// # Errors
    /// A refusal that is none of a race, or no end in time.
    pub async fn work_until_ended(&self, key: &DocumentKey, but: &[&str]) -> anyhow::Result<()> {
        self.work_until(key, but, async || Ok(self.ended(key).await?.is_some())).await
    }

    /// Completes whatever is open, again and again, until a condition holds; `but` alone is left.
    ///
    /// # Errors
    /// A refusal that is none of a race, or that it did not come about in time.
    pub async fn work_until(
        &self,
        key: &DocumentKey,
        but: &[&str],
        mut so: impl AsyncFnMut() -> anyhow::Result<bool>,
    ) -> anyhow::Result<()> {
        until(&format!("{key} has come so far"), async || {
            if so().await? {
                return Ok(true);
            }
            self.work(key, but).await?;
            so().await
        })
        .await
    }

    /// Completes whatever is open now; `but` alone is left.
    ///
    /// # Errors
    /// The server's. A refusal is none: it may have been completed a moment ago, since the ledger is behind the workflow.
    pub async fn work(&self, key: &DocumentKey, but: &[&str]) -> anyhow::Result<()> {
        for task in self.open(key).await? {
            if but.contains(&task.plan.id.as_str()) {
                continue;
            }
            let person = task.people.iter().find(|p| !p.as_str().starts_with("emp-")).context("nobody may")?;
            let verdict = task.plan.review.then_some(Verdict::Confirm);
            let action = Action::Complete { task: task.plan.id.clone(), verdict, note: String::new() };
            let request: RequestId = uuid::Uuid::now_v7().to_string().parse()?;
            self.say(key, person.as_str(), action, request).await?;
        }
        Ok(())
    }

    /// Waits for the result of an onboarding's workflow.
    ///
    /// # Errors
    /// That it did not end in time, or not well.
    pub async fn result(&self, key: &DocumentKey) -> anyhow::Result<ProcessResult> {
        let handle = self.handle(key);
        let result = handle.get_result(WorkflowGetResultOptions::default());
        let result = tokio::time::timeout(std::time::Duration::from_secs(60), result).await;
        result.context("the workflow did not end")?.map_err(|e| anyhow::anyhow!("{e:?}"))
    }

    /// What an employee was given by the company's own systems.
    ///
    /// # Errors
    /// The ledger's.
    pub async fn provisions(&self, employee: &Employee) -> anyhow::Result<Vec<Provision>> {
        let mut tx = self.ledger.read(&self.company.tenant).await?;
        Ok(provisions::of(&mut tx, &self.company.tenant, &employee.id).await?)
    }

    /// That books, processes and trail are as they must be.
    ///
    /// # Errors
    /// What is wrong.
    pub async fn check(&self) -> anyhow::Result<()> {
        let mut tx = self.ledger.read(&self.company.tenant).await?;
        let wrong = check::check(&mut tx, &self.company.tenant).await?;
        ensure!(wrong.is_empty(), "the ledger is wrong: {wrong:#?}");
        Ok(())
    }
}
