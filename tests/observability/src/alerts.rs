//! Prometheus's rules, of a file that says what wakes whom.

use anyhow::{Context as _, ensure};
use serde::Deserialize;

const HEAD: &str = "# Made of sources/alerts.toml by tests/observability: change that, not this.\n";

/// The alerts.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alerts {
    /// Each.
    #[serde(rename = "alert")]
    pub all: Vec<Alert>,
}

/// An alert.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alert {
    /// Its name.
    pub name: String,
    /// It fires while this has a result.
    pub expr: String,
    /// For how long that must have been so.
    #[serde(rename = "for")]
    pub lasting: String,
    /// `page` or `ticket`.
    pub severity: String,
    /// Its page in `docs/runbooks`.
    pub runbook: String,
    summary: String,
}

impl Alerts {
    /// What the file says.
    ///
    /// # Errors
    /// The file, or what it says.
    pub fn read() -> anyhow::Result<Self> {
        let alerts: Self = toml::from_str(&crate::read("sources/alerts.toml")?).context("sources/alerts.toml")?;
        for alert in &alerts.all {
            ensure!(
                ["page", "ticket"].contains(&alert.severity.as_str()),
                "{}: severity {}",
                alert.name,
                alert.severity
            );
            let runbook = crate::root().join("docs/runbooks").join(format!("{}.md", alert.runbook));
            ensure!(runbook.is_file(), "{}: {} is not there", alert.name, runbook.display());
        }
        Ok(alerts)
    }

    /// As Prometheus reads them. `at_once`: none waits until its condition has lasted, for tests.
    ///
    /// # Errors
    /// JSON's.
    pub fn yaml(&self, at_once: bool) -> anyhow::Result<String> {
        let mut text = format!("{HEAD}groups:\n  - name: vextrus\n    rules:\n");
        for alert in &self.all {
            // What JSON quotes, YAML reads.
            let quoted = |text: &str| serde_json::to_string(text);
            let lasting = if at_once { "0m" } else { &alert.lasting };
            let summary = quoted(&alert.summary)?;
            let expr = quoted(&alert.expr)?;
            text.push_str(&format!(
                "      - alert: {}\n        expr: {expr}\n        for: {lasting}\n        labels:\n          severity: {}\n          \
                 service: vextrus\n        annotations:\n          summary: {summary}\n          runbook_url: docs/runbooks/{}.md\n",
                alert.name, alert.severity, alert.runbook
            ));
        }
        Ok(text)
    }
}
