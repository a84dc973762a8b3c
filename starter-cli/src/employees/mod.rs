//! `vextrus onboarding …`, `vextrus offboarding …` and `vextrus employee …`.

mod json;
mod options;
pub(crate) mod text;

use std::path::Path;

use serde_json::json;
use tonic::Status;
use vextrus_domain::Employee;
use vextrus_lifecycle::Process;
use vextrus_proto::onboarding::v1::act_on_process_request::Action;
use vextrus_proto::onboarding::v1::{EmployeeProcess, ProcessState, StartOffboardingRequest};

use crate::client::{Client, new_request_id, task_of, told_again, watch};
use crate::options::Global;
use crate::{files, json as shown, lists, output};
use options::{Asked, Meant};

pub(crate) use options::{EmployeeCommand, OffboardingCommand, OnboardingCommand, ProcessCommand};

pub(crate) async fn onboarding(global: &Global, command: OnboardingCommand) -> anyhow::Result<()> {
    let (file, request) = match command {
        OnboardingCommand::Process(command) => return run(global, Process::Onboarding, command).await,
        OnboardingCommand::Start { file, request } => (file, request),
    };
    // A file that cannot be read needs no connection to be refused.
    let employee = vextrus_facade::employee(&read(&file)?);
    let request_id = request.request_id.unwrap_or_else(new_request_id);
    let mut client = Client::from_options(global).await?;
    let started = client.start_onboarding(employee, request_id.clone()).await;
    print(global, &told_again(started, &request_id)?.0)
}

pub(crate) async fn offboarding(global: &Global, command: OffboardingCommand) -> anyhow::Result<()> {
    let (leaving, request) = match command {
        OffboardingCommand::Process(command) => return run(global, Process::Offboarding, command).await,
        OffboardingCommand::Start { employee, last_day, reason, hr_manager, request } => {
            (StartOffboardingRequest { employee, last_day, reason, hr_manager, ..Default::default() }, request)
        }
    };
    let request_id = request.request_id.unwrap_or_else(new_request_id);
    let mut client = Client::from_options(global).await?;
    let leaving = StartOffboardingRequest { request_id: request_id.clone(), ..leaving };
    let started = client.start_offboarding(leaving).await;
    print(global, &told_again(started, &request_id)?.0)
}

pub(crate) async fn employee(global: &Global, command: EmployeeCommand) -> anyhow::Result<()> {
    let EmployeeCommand::Erase { employee, reason, request_id } = command;
    let id = request_id.unwrap_or_else(new_request_id);
    let mut client = Client::from_options(global).await?;
    told_again(client.erase_employee(&employee, &reason, id.clone()).await, &id)?;
    output::answer(global.output, || format!("the record of {employee} is erased"), &json!({"erased": employee}))
}

async fn run(global: &Global, kind: Process, command: ProcessCommand) -> anyhow::Result<()> {
    let mut client = Client::from_options(global).await?;
    match command.meant() {
        Meant::Show(process) => print(global, &client.process(kind, &process).await?),
        Meant::Watch(process) => {
            let ended = |p: &EmployeeProcess| p.state() == ProcessState::Ended;
            let name = client.process_name(kind, &process);
            watch(client, &name, async |client| client.process(kind, &process).await, ended, |p| print(global, p)).await
        }
        Meant::Trail(process) => {
            let name = client.process_name(kind, &process);
            lists::trail(global, client, &name).await
        }
        Meant::List(filter) => {
            let own = format!("kind = {}", kind.name());
            let filter = if filter.is_empty() { own } else { format!("{own} AND {filter}") };
            let all = client.processes(&filter).await?;
            output::list(global.output, || text::list(kind, &all), all.iter().map(json::process).collect())
        }
        Meant::Act(asked) => act(global, client, kind, asked).await,
    }
}

async fn act(global: &Global, mut client: Client, kind: Process, asked: Asked) -> anyhow::Result<()> {
    let Asked { process, task, action, request_id } = asked;
    let name = task_of(client.process_name(kind, &process), task.as_deref());
    let request_id = request_id.unwrap_or_else(new_request_id);
    let withdraws = matches!(action, Action::Withdraw(_));
    let taken = told_again(client.act_on_process(name, action, request_id.clone()).await, &request_id)?;
    let open: Vec<&str> = taken.open_tasks.iter().map(|t| shown::last(t)).collect();
    let said = || match (withdraws, open.is_empty()) {
        (true, _) => "taken back; what was done is undone".to_owned(),
        (false, true) => "taken; nobody is asked now".to_owned(),
        (false, false) => format!("taken; open: {}", open.join(", ")),
    };
    let answer = json!({"process": taken.process, "open_tasks": open, "request_id": request_id});
    output::answer(global.output, said, &answer)
}

fn print(global: &Global, process: &EmployeeProcess) -> anyhow::Result<()> {
    output::answer(global.output, || text::process(process), &json::process(process))
}

/// Reads an employee's file; `-` is stdin. What is wrong is said without what is personal.
pub(crate) fn read(path: &Path) -> anyhow::Result<Employee> {
    let text = files::read(path, "employee")?;
    let employee = Employee::from_json(&text).map_err(|refusal| Status::invalid_argument(refusal.to_string()))?;
    files::sound(employee.violations())?;
    Ok(employee)
}
