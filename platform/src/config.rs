//! The configuration: defaults, then a file, then the environment. What is unknown or malformed stops the process at start.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use toml::{Table, Value};
use vextrus_domain::RoleName;

use crate::notify::NotifyConfig;

mod facade;
mod look;
mod telemetry;

pub use facade::{AttachmentsConfig, AuthConfig, CodecConfig, FacadeConfig};
pub(crate) use look::without_password;
pub use telemetry::{LogConfig, LogFormat, OtlpProtocol, TelemetryConfig};

/// The defaults, with their comments.
pub const DEFAULTS: &str = include_str!("default.toml");

/// The configuration of a process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The database.
    pub ledger: LedgerConfig,
    /// The steps of workflows.
    pub steps: StepsConfig,
    /// The processes of employees.
    pub onboarding: OnboardingConfig,
    /// The signatures of decisions.
    pub signing: SigningConfig,
    /// The word of signals.
    pub signals: SignalsConfig,
    /// The sealing of the trail.
    pub audit: AuditConfig,
    /// The tokens of callers.
    pub auth: AuthConfig,
    /// The gRPC service.
    pub facade: FacadeConfig,
    /// What is attached to documents.
    pub attachments: AttachmentsConfig,
    /// The encryption of what Temporal stores.
    pub codec: CodecConfig,
    /// The outside systems.
    pub adapters: AdaptersConfig,
    /// The channels of events.
    pub notify: NotifyConfig,
    /// The comparison of the ledger with Temporal.
    pub reconcile: ReconcileConfig,
    /// The worker.
    pub worker: WorkerConfig,
    /// Traces.
    pub telemetry: TelemetryConfig,
    /// The log.
    pub log: LogConfig,
}

/// `[ledger]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LedgerConfig {
    /// The database's address.
    pub address: String,
    /// A PostgreSQL replica that lists and reports are read from; empty is none.
    pub replica_address: String,
    /// How many connections this process opens at most, to the database and to the replica each.
    pub connections: u32,
    /// How long a connection is waited for, in milliseconds.
    pub acquire_timeout_millis: u64,
    /// How long one statement may take, in milliseconds (PostgreSQL).
    pub statement_timeout_millis: u64,
}

impl LedgerConfig {
    /// A database with the defaults for all else.
    #[must_use]
    pub fn at(address: &str) -> Self {
        Self {
            address: address.to_owned(),
            replica_address: String::new(),
            connections: 14,
            acquire_timeout_millis: 5_000,
            statement_timeout_millis: 10_000,
        }
    }

    fn check(&self) -> Result<(), ConfigError> {
        let numbers = [
            ("ledger.connections", u64::from(self.connections), 2, 500),
            ("ledger.acquire_timeout_millis", self.acquire_timeout_millis, 100, 60_000),
            ("ledger.statement_timeout_millis", self.statement_timeout_millis, 100, 600_000),
        ];
        for (key, value, least, most) in numbers {
            if !(least..=most).contains(&value) {
                return Err(ConfigError::Range { key, value, least, most });
            }
        }
        Ok(())
    }
}

/// `[steps]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepsConfig {
    /// How long one attempt may take, in milliseconds.
    pub timeout_millis: u64,
    /// After how many events of its history a workflow goes on in another run.
    pub events_of_a_run: u32,
    /// How long a system may be asked for one thing, over all attempts, in milliseconds.
    pub perform_within_millis: u64,
}

/// `[onboarding]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OnboardingConfig {
    /// The length of a day, in milliseconds.
    pub day_millis: u64,
}

/// `[signing]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SigningConfig {
    /// The file with the facade's secret key.
    pub key_file: PathBuf,
    /// The accepted public keys, separated by commas.
    pub accepted_keys: String,
}

/// Whose signals count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignalTrust {
    /// Only signed ones.
    Signed,
    /// Everybody's who can write to the namespace.
    Namespace,
}

/// `[signals]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignalsConfig {
    /// Whose signals count.
    pub trust: SignalTrust,
}

/// `[audit]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditConfig {
    /// The file with the secret key that signs checkpoints; empty: nothing is sealed.
    pub key_file: PathBuf,
    /// The public keys of checkpoints, separated by commas.
    pub accepted_keys: String,
    /// How often new entries are sealed, in milliseconds.
    pub seal_every_millis: u64,
    /// How often workers verify the trails, in milliseconds; 0: never.
    pub verify_every_millis: u64,
    /// Where checkpoints are taken to; empty: nowhere.
    pub export: String,
    /// The roles whose reads are put on the trail, separated by commas.
    pub officer_roles: String,
}

impl AuditConfig {
    fn check(&self) -> Result<(), ConfigError> {
        let (key, value, least, most) = ("audit.verify_every_millis", self.verify_every_millis, 1_000, 3_600_000);
        let is_right = value == 0 || (least..=most).contains(&value);
        if is_right { Ok(()) } else { Err(ConfigError::Range { key, value, least, most }) }
    }

    /// The roles whose reads are put on the trail.
    ///
    /// # Errors
    /// [`ConfigError::Content`] where one is no role's name.
    pub fn officer_roles(&self) -> Result<Vec<RoleName>, ConfigError> {
        let names = self.officer_roles.split(',').map(str::trim).filter(|name| !name.is_empty());
        let bad =
            |name: &str, e: &dyn fmt::Display| ConfigError::Content(format!("audit.officer_roles: {name:?}: {e}"));
        names.map(|name| name.parse().map_err(|e| bad(name, &e))).collect()
    }
}

/// `[adapters]`. `Debug` shows no address: its path or query may be as good as a password.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdaptersConfig {
    /// Who may sign in: an address, or nothing for the ledger.
    pub identity: String,
    /// Mailboxes: the same.
    pub mail: String,
    /// What the company lends: the same.
    pub assets: String,
    /// Doors: the same.
    pub access: String,
    /// Appointments: the same.
    pub calendar: String,
    /// The file with the secrets that sign requests.
    pub secret_file: PathBuf,
    /// How long a request may take, in milliseconds.
    pub timeout_millis: u64,
}

impl fmt::Debug for AdaptersConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { identity, mail, assets, access, calendar, secret_file, timeout_millis } = self;
        let mut shown = f.debug_struct("AdaptersConfig");
        let systems =
            [("identity", identity), ("mail", mail), ("assets", assets), ("access", access), ("calendar", calendar)];
        for (system, address) in systems {
            shown.field(system, &if address.is_empty() { "" } else { "…" });
        }
        shown.field("secret_file", secret_file).field("timeout_millis", timeout_millis).finish()
    }
}

/// Whether something is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Switch {
    /// It is.
    On,
    /// It is not.
    Off,
}

/// `[reconcile]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReconcileConfig {
    /// Whether there are rounds by themselves.
    pub schedule: Switch,
    /// How often, in milliseconds.
    pub interval_millis: u64,
    /// How old something must be to be looked at, in milliseconds.
    pub min_age_millis: u64,
    /// For how long a workflow may be missing, or run after its end, in milliseconds.
    pub grace_millis: u64,
}

/// `[worker]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkerConfig {
    /// Where its health and metrics are served; empty is nowhere.
    pub admin_listen: String,
    /// The task queues that it polls, separated by commas; empty is all of them.
    pub task_queues: String,
}

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("configuration file {path}: {why}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// An environment variable has a value of the wrong type.
    #[error("{name}={value:?}: {expected} is expected")]
    Variable {
        /// The variable.
        name: String,
        /// Its value.
        value: String,
        /// What would be right.
        expected: &'static str,
    },
    /// A number is outside of what can be used.
    #[error("{key} = {value}: it must be from {least} to {most}")]
    Range {
        /// The key.
        key: &'static str,
        /// Its value.
        value: u64,
        /// The least.
        least: u64,
        /// The most.
        most: u64,
    },
    /// A key is unknown, missing or of the wrong type.
    #[error("configuration: {0}")]
    Content(String),
}

impl Config {
    /// Loads the configuration of this process: the defaults, the file, the process's environment.
    ///
    /// # Errors
    /// [`ConfigError`], naming the file, the variable or the key.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        Self::layered(file, |name| std::env::var(name).ok())
    }

    /// Loads the configuration with an environment of the caller's.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn layered(file: Option<&Path>, env: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let content = |e: toml::de::Error| ConfigError::Content(e.to_string());
        let mut table: Table = DEFAULTS.parse().map_err(content)?;
        if let Some(path) = file {
            let bad = |why: String| ConfigError::File { path: path.to_owned(), why };
            let text = std::fs::read_to_string(path).map_err(|e| bad(e.to_string()))?;
            lay_over(&mut table, text.parse().map_err(|e| bad(syntax(&text, &e)))?);
        }
        for (section, keys) in &mut table {
            for (key, value) in keys.as_table_mut().into_iter().flatten() {
                let name = format!("VEXTRUS_{}_{}", section.to_uppercase(), key.to_uppercase());
                if let Some(text) = env(&name) {
                    *value = typed(value, &name, text)?;
                }
            }
        }
        let config: Self = Value::Table(table).try_into().map_err(content)?;
        config.ledger.check()?;
        config.facade.check()?;
        config.attachments.check()?;
        config.auth.check()?;
        config.audit.check()?;
        config.telemetry.check()?;
        Ok(config)
    }
}

/// Where a file is no TOML and why. The error's own text repeats the line, and that may hold a secret.
fn syntax(text: &str, error: &toml::de::Error) -> String {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    format!("line {}: {}", before.matches('\n').count() + 1, error.message())
}

fn lay_over(base: &mut Table, over: Table) {
    for (key, value) in over {
        match (base.get_mut(&key), value) {
            (Some(Value::Table(old)), Value::Table(new)) => lay_over(old, new),
            (_, value) => drop(base.insert(key, value)),
        }
    }
}

fn typed(default: &Value, name: &str, text: String) -> Result<Value, ConfigError> {
    match default {
        Value::Integer(_) => match text.parse() {
            Ok(number) => Ok(Value::Integer(number)),
            Err(_) => Err(ConfigError::Variable { name: name.to_owned(), value: text, expected: "a whole number" }),
        },
        _ => Ok(Value::String(text)),
    }
}

#[cfg(test)]
mod tests;
