//! What can be said of a rollout on the command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use vextrus_platform::Config;
use vextrus_temporal::Codec;

use crate::server::Namespace;

#[derive(Debug, Subcommand)]
pub(crate) enum RolloutCommand {
    /// Shows the versions of the workers: which is current, which is ramping, which can go.
    Status(Place),
    /// Lets a part of new workflows go to a version.
    ///
    /// Example: vextrus rollout ramp 4f2a9c1 --percent 10
    Ramp {
        /// The version: the build id of its workers.
        build: String,
        /// How many of a hundred new workflows.
        #[arg(long, value_parser = percent)]
        percent: f32,
        #[command(flatten)]
        place: Place,
    },
    /// Lets all new workflows go to a version.
    Promote {
        /// The version: the build id of its workers.
        build: String,
        #[command(flatten)]
        place: Place,
    },
    /// Takes a ramp back; with --to, makes an earlier version the current one again.
    Rollback {
        /// The version that new workflows go to again.
        #[arg(long, value_name = "BUILD")]
        to: Option<String>,
        #[command(flatten)]
        place: Place,
    },
    /// Brings a version in step by step, and takes it back by itself where something goes wrong.
    ///
    /// First its workers must poll, on each task queue that those of the current version poll; every running workflow must replay with
    /// this program's code; and the gate's workflow must pass on the new version, which asks a worker on each of these queues. Then come the steps of the ramp, each watched for a while: workflows of the new version whose tasks fail again
    /// and again, and a question to Prometheus, take everything back.
    ///
    /// Example: vextrus rollout run 4f2a9c1 --steps 5,25,50 --watch 10m
    Run(RunOptions),
}

impl RolloutCommand {
    pub(crate) fn place(&self) -> &Place {
        match self {
            Self::Status(place)
            | Self::Ramp { place, .. }
            | Self::Promote { place, .. }
            | Self::Rollback { place, .. }
            | Self::Run(RunOptions { place, .. }) => place,
        }
    }
}

/// Which deployment.
#[derive(Debug, Clone, Args)]
pub(crate) struct Place {
    /// The deployment's name, as the workers have it.
    #[arg(long, env = "TEMPORAL_DEPLOYMENT_NAME", default_value = "vextrus")]
    pub(crate) deployment: String,
    #[command(flatten)]
    pub(crate) namespace: Namespace,
    /// The configuration file, for the keys of encrypted payloads.
    #[arg(long, env = "VEXTRUS_CONFIG")]
    pub(crate) config: Option<PathBuf>,
}

impl Place {
    pub(crate) fn codec(&self) -> anyhow::Result<Option<Codec>> {
        Ok(Codec::configured(&Config::load(self.config.as_deref())?.codec)?)
    }
}

#[derive(Debug, Clone, Args)]
pub(crate) struct RunOptions {
    /// The version: the build id of its workers.
    pub(crate) build: String,
    #[command(flatten)]
    pub(crate) place: Place,
    /// The steps of the ramp, in percent, separated by commas.
    #[arg(long, value_delimiter = ',', default_value = "5,25,50", value_parser = percent)]
    pub(crate) steps: Vec<f32>,
    /// For how long each step is watched, and the version once it is current; such as 30s, 10m or 1h.
    #[arg(long, default_value = "10m", value_parser = humantime::parse_duration)]
    pub(crate) watch: Duration,
    /// For how long the version's workers are waited for.
    #[arg(long, default_value = "5m", value_parser = humantime::parse_duration)]
    pub(crate) within: Duration,
    /// Prometheus, such as http://prometheus:9090.
    #[arg(long, value_name = "URL", requires = "query")]
    pub(crate) prometheus: Option<String>,
    /// What Prometheus is asked: whatever it answers with a value above zero takes the version back.
    #[arg(long, value_name = "PROMQL", requires = "prometheus")]
    pub(crate) query: Option<String>,
    /// How many running workflows are replayed at most, the latest first.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) replay_limit: u32,
    /// Leave the replay out: this program is of another build than the workers, and its code says nothing of theirs.
    #[arg(long)]
    pub(crate) no_replay: bool,
    /// Let a version come in whose workers poll fewer task queues than those of the current one.
    #[arg(long)]
    pub(crate) fewer_queues: bool,
}

fn percent(text: &str) -> Result<f32, String> {
    let number: f32 = text.trim().parse().map_err(|_| "a number from 0 to 100 is expected".to_owned())?;
    if (0.0..=100.0).contains(&number) { Ok(number) } else { Err("it must be from 0 to 100".to_owned()) }
}
