//! A configuration as people may see it, and what of it cannot be used.

use toml::{Table, Value};

use super::{Config, ConfigError};

/// What stands in the place of what is not shown.
const HIDDEN: &str = "(hidden)";

impl Config {
    /// What counts, as it may be shown: secrets and passwords are hidden.
    ///
    /// # Errors
    /// [`ConfigError::Content`]: a value that TOML cannot hold.
    pub fn shown(&self) -> Result<Table, ConfigError> {
        let mut table = Table::try_from(self).map_err(|e| ConfigError::Content(e.to_string()))?;
        for (section, keys) in &mut table {
            let leads_to_others = |key: &str| section == "adapters" || key == "webhook_url";
            for (key, value) in keys.as_table_mut().into_iter().flatten() {
                if let Value::String(text) = value {
                    *text = if leads_to_others(key) && text.contains("://") {
                        // Its path or query may be as good as a password.
                        format!("{}://{HIDDEN}", text.split("://").next().unwrap_or_default())
                    } else {
                        without_password(text)
                    };
                }
            }
        }
        Ok(table)
    }

    /// What a process would stumble over once it starts: files that cannot be read. What is unknown or out of range is found when the
    /// configuration is read.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        let Ok(table) = Table::try_from(self) else { return vec!["it cannot be written".to_owned()] };
        let mut faults = Vec::new();
        for (section, keys) in &table {
            for (key, value) in keys.as_table().into_iter().flatten() {
                let Some(path) = value.as_str().filter(|path| !path.is_empty() && key.ends_with("_file")) else {
                    continue;
                };
                if let Err(error) = std::fs::File::open(path) {
                    faults.push(format!("{section}.{key} {path}: {error}"));
                }
            }
        }
        if let Err(error) = tracing_subscriber::EnvFilter::try_new(&self.log.filter) {
            faults.push(format!("log.filter {:?}: {error}", self.log.filter));
        }
        faults
    }
}

/// A URL without a password before its host or in its query. A name without a password may be one itself, but where it leads to a database.
pub(crate) fn without_password(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let (host, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let is_database = scheme.starts_with("postgres");
    let host = match host.rsplit_once('@') {
        Some((who, host)) => match who.split_once(':') {
            Some((name, _)) => format!("{name}:{HIDDEN}@{host}"),
            None if is_database => format!("{who}@{host}"),
            None => format!("{HIDDEN}@{host}"),
        },
        None => host.to_owned(),
    };
    let path = match path.split_once('?') {
        Some((path, query)) if is_database => {
            let hide = |pair: &str| match pair.split_once('=') {
                Some(("password", _)) => format!("password={HIDDEN}"),
                _ => pair.to_owned(),
            };
            format!("{path}?{}", query.split('&').map(hide).collect::<Vec<_>>().join("&"))
        }
        Some((path, _)) => format!("{path}?{HIDDEN}"),
        None => path.to_owned(),
    };
    format!("{scheme}://{host}{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_not_shown() {
        let env = |name: &str| {
            let value = match name {
                "VEXTRUS_LEDGER_ADDRESS" => "postgres://vextrus:geheim@db/vextrus?password=geheim&sslmode=require",
                "VEXTRUS_CODEC_KEYS" => "k1=geheim",
                "VEXTRUS_ADAPTERS_MAIL" => "https://mail.example/hook/geheim",
                "VEXTRUS_NOTIFY_WEBHOOK_URL" => "https://erp.example/events/geheim",
                "VEXTRUS_AUTH_JWKS_URL" => "https://geheim@login.example?key=geheim",
                "VEXTRUS_LEDGER_REPLICA_ADDRESS" => "postgres://vextrus@db?dbname=v&password=geheim",
                "VEXTRUS_SIGNING_KEY_FILE" => "/nowhere/signing.key",
                _ => return None,
            };
            Some(value.to_owned())
        };
        let config = Config::layered(None, env).unwrap();
        let shown = config.shown().unwrap().to_string();
        assert!(!shown.contains("geheim"), "{shown}");
        for there in [
            "postgres://vextrus:(hidden)@db/vextrus?password=(hidden)&sslmode=require",
            "https://(hidden)@login.example?(hidden)",
        ] {
            assert!(shown.contains(there), "{there}: {shown}");
        }
        let faults = config.faults();
        assert!(faults.len() == 1 && faults[0].starts_with("signing.key_file /nowhere/signing.key: "), "{faults:?}");
    }
}
