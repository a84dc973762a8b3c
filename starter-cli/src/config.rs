//! `vextrus config …`: what the processes would run with.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use vextrus_platform::Config;
use vextrus_platform::config::DEFAULTS;

use crate::options::Global;
use crate::output;

/// A command about the configuration.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Reads the configuration as a process would, and opens the files that it names. Exits with 1 where a process could not start.
    ///
    /// Example: vextrus config check --config /etc/vextrus.toml
    Check(Place),
    /// Prints what counts after defaults, file and environment, without secrets. With --defaults, the commented file to begin with.
    ///
    /// Example: vextrus config print --defaults > vextrus.toml
    Print {
        #[command(flatten)]
        place: Place,
        /// The defaults with their comments, whatever is configured.
        #[arg(long)]
        defaults: bool,
    },
}

/// Which configuration.
#[derive(Debug, Args)]
pub(crate) struct Place {
    /// The configuration file; the defaults and the environment apply without one.
    #[arg(long, env = "VEXTRUS_CONFIG")]
    config: Option<PathBuf>,
}

pub(crate) fn run(global: &Global, command: ConfigCommand) -> anyhow::Result<()> {
    match command {
        ConfigCommand::Print { defaults: true, .. } => output::line(DEFAULTS.trim_end()),
        ConfigCommand::Print { place, .. } => {
            let config = Config::load(place.config.as_deref())?.shown()?;
            output::answer(global.output, || config.to_string(), &serde_json::to_value(&config)?)
        }
        ConfigCommand::Check(place) => {
            let faults = Config::load(place.config.as_deref())?.faults();
            let lines: Vec<Value> = faults.iter().map(|fault| json!({ "fault": fault })).collect();
            output::list(
                global.output,
                || if faults.is_empty() { "sound".to_owned() } else { faults.join("\n") },
                lines,
            )?;
            anyhow::ensure!(faults.is_empty(), "{} of its settings cannot be used", faults.len());
            Ok(())
        }
    }
}
