//! `vextrus rollout …`: which version of the workers new workflows go to.

mod options;
mod run;
mod watch;

use serde_json::{Value, json};
use temporalio_client::Client;
use vextrus_domain::{Refusal, RefusalCode};
use vextrus_temporal::deployment::{self, Deployment};

use options::Place;
pub(crate) use options::RolloutCommand;

use crate::options::{Format, Global};
use crate::output;
use crate::tax::table;

pub(crate) async fn run(global: &Global, command: RolloutCommand) -> anyhow::Result<()> {
    let place = command.place();
    let client = place.namespace.client(global, place.codec()?).await?;
    match &command {
        RolloutCommand::Status(_) => {}
        RolloutCommand::Ramp { build, percent, .. } => {
            let found = of_version(&client, place, build).await?;
            deployment::set_ramping(&client, &found, Some((build, *percent))).await?;
        }
        RolloutCommand::Promote { build, .. } => {
            let found = of_version(&client, place, build).await?;
            deployment::set_current(&client, &found, build).await?;
        }
        RolloutCommand::Rollback { to, .. } => roll_back(&client, place, to.as_deref()).await?,
        RolloutCommand::Run(options) => run::run(&client, options).await?,
    }
    show(global.output, &known(&client, place).await?)
}

fn not_found(message: String) -> anyhow::Error {
    Refusal::new(RefusalCode::NotFound, message).into()
}

async fn known(client: &Client, place: &Place) -> anyhow::Result<Deployment> {
    let name = &place.deployment;
    deployment::describe(client, name).await?.ok_or_else(|| {
        not_found(format!("no worker of deployment {name} has polled; start some with TEMPORAL_DEPLOYMENT_NAME={name}"))
    })
}

async fn of_version(client: &Client, place: &Place, build: &str) -> anyhow::Result<Deployment> {
    let found = known(client, place).await?;
    if found.version(build).is_none() {
        let versions: Vec<&str> = found.versions.iter().map(|v| v.build_id.as_str()).collect();
        let name = &found.name;
        return Err(not_found(format!("{name} has no version {build}; it has {}", versions.join(", "))));
    }
    Ok(found)
}

/// Takes the ramp back and, where it is named, makes an earlier version the current one.
async fn roll_back(client: &Client, place: &Place, to: Option<&str>) -> anyhow::Result<()> {
    let mut found = known(client, place).await?;
    if found.ramping.is_some() {
        deployment::set_ramping(client, &found, None).await?;
        found = known(client, place).await?;
    }
    if let Some(build) = to.filter(|build| found.current.as_deref() != Some(*build)) {
        let found = of_version(client, place, build).await?;
        deployment::set_current(client, &found, build).await?;
    }
    Ok(())
}

fn show(format: Format, found: &Deployment) -> anyhow::Result<()> {
    let percent = |build: &str| found.ramping.as_ref().filter(|(b, _)| b == build).map(|(_, percent)| *percent);
    let versions: Vec<Value> = found
        .versions
        .iter()
        .map(|v| json!({"build": &v.build_id, "state": v.stands.to_string(), "percent": percent(&v.build_id)}))
        .collect();
    let ramping = found.ramping.as_ref().map(|(build, percent)| json!({"build": build, "percent": percent}));
    let json = json!({"deployment": &found.name, "current": &found.current, "ramping": ramping, "versions": versions});
    let text = || {
        let rows: Vec<[String; 2]> = found
            .versions
            .iter()
            .map(|v| {
                let share = percent(&v.build_id).map(|percent| format!(" {percent} %")).unwrap_or_default();
                [v.build_id.clone(), format!("{}{share}", v.stands)]
            })
            .collect();
        let current = found.current.as_deref().unwrap_or("workers without a version");
        format!("{}: new workflows go to {current}\n{}", found.name, table(["version", "state"], &rows))
    };
    output::answer(format, text, &json)
}
