//! The configuration: defaults, then a file, then the environment. What is unknown or malformed stops the process at start.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use toml::{Table, Value};

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
    /// The signatures of decisions.
    pub signing: SigningConfig,
    /// The word of signals.
    pub signals: SignalsConfig,
    /// The tokens of callers.
    pub auth: AuthConfig,
    /// The gRPC service.
    pub facade: FacadeConfig,
    /// The log.
    pub log: LogConfig,
}

/// `[ledger]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LedgerConfig {
    /// The database's address.
    pub address: String,
}

/// `[steps]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepsConfig {
    /// How long one attempt may take, in milliseconds.
    pub timeout_millis: u64,
    /// After how many events of its history a workflow goes on in another run.
    pub events_of_a_run: u32,
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

/// `[auth]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthConfig {
    /// The issuer of tokens.
    pub issuer: String,
    /// Whom tokens are for.
    pub audience: String,
    /// The file with the issuer's public keys.
    pub jwks_file: PathBuf,
}

/// `[facade]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FacadeConfig {
    /// Where gRPC is served.
    pub listen: String,
}

/// The log's form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

/// `[log]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogConfig {
    /// What is logged.
    pub filter: String,
    /// How.
    pub format: LogFormat,
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
            lay_over(&mut table, text.parse().map_err(|e: toml::de::Error| bad(e.to_string()))?);
        }
        for (section, keys) in &mut table {
            for (key, value) in keys.as_table_mut().into_iter().flatten() {
                let name = format!("VEXTRUS_{}_{}", section.to_uppercase(), key.to_uppercase());
                if let Some(text) = env(&name) {
                    *value = typed(value, &name, text)?;
                }
            }
        }
        Value::Table(table).try_into().map_err(content)
    }
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
mod tests {
    use super::*;

    #[test]
    fn file_over_defaults_environment_over_file() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("vextrus.toml");
        std::fs::write(&file, "[ledger]\naddress = \"sqlite:a\"\n[facade]\nlisten = \"127.0.0.1:1\"\n").unwrap();
        let env = |name: &str| (name == "VEXTRUS_LEDGER_ADDRESS").then(|| "sqlite:b".to_owned());
        let config = Config::layered(Some(&file), env).unwrap();
        assert_eq!((config.ledger.address.as_str(), config.facade.listen.as_str()), ("sqlite:b", "127.0.0.1:1"));
        assert_eq!(config.signals.trust, SignalTrust::Signed);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("vextrus.toml");
        std::fs::write(&file, "[facade]\nlitsen = \"x\"\n").unwrap();
        assert!(Config::layered(Some(&file), |_| None).unwrap_err().to_string().contains("litsen"));
        let env = |name: &str| (name == "VEXTRUS_STEPS_TIMEOUT_MILLIS").then(|| "soon".to_owned());
        let error = Config::layered(None, env).unwrap_err().to_string();
        assert_eq!(error, "VEXTRUS_STEPS_TIMEOUT_MILLIS=\"soon\": a whole number is expected");
        let gone = Config::layered(Some(&dir.path().join("none.toml")), |_| None).unwrap_err().to_string();
        assert!(gone.contains("none.toml"), "{gone}");
    }
}
