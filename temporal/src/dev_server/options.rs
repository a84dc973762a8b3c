//! How a development server is started.

use std::{ffi::OsString, path::PathBuf, time::Duration};

/// How a development server is started. The default is one for tests: in memory, without the UI, on free ports.
#[derive(Debug, Clone)]
pub struct DevServerOptions {
    /// The port of the service; a free one where it is unset.
    pub port: Option<u16>,
    /// Whether the UI is served, on a free port unless [`Self::ui_port`] names one.
    pub ui: bool,
    /// The port of the UI.
    pub ui_port: Option<u16>,
    /// A file to keep everything in; in memory where it is unset.
    pub db_file: Option<PathBuf>,
    /// A file to append what the server prints to; a file without a name where it is unset.
    pub log_file: Option<PathBuf>,
    /// Namespaces to create at the start, besides `default`.
    pub namespaces: Vec<String>,
    /// The server's dynamic configuration, such as `("limit.blobSize.error", "131072")`; values are JSON.
    pub dynamic_config: Vec<(String, String)>,
    /// For how long it is waited for.
    pub within: Duration,
    /// What a server with a file has for finishing what it writes when it is ended; with none it is killed. One in memory has
    /// nothing to lose, and is always killed.
    pub grace: Duration,
}

impl Default for DevServerOptions {
    fn default() -> Self {
        Self {
            port: None,
            ui: false,
            ui_port: None,
            db_file: None,
            log_file: None,
            namespaces: Vec::new(),
            dynamic_config: Vec::new(),
            within: Duration::from_secs(60),
            grace: Duration::from_secs(10),
        }
    }
}

impl DevServerOptions {
    /// The arguments of `temporal`. What else it binds (HTTP, metrics, its inner services), it picks itself.
    pub(super) fn arguments(&self, port: u16, ui_port: u16) -> Vec<OsString> {
        let mut arguments: Vec<OsString> =
            ["server", "start-dev", "--ip", super::IP, "--log-level", "warn"].into_iter().map(OsString::from).collect();
        // The CLI's own configuration is about servers elsewhere.
        arguments.extend(["--disable-config-file", "--disable-config-env"].map(OsString::from));
        let mut push = |name: &str, value: OsString| arguments.extend([OsString::from(name), value]);
        push("--port", port.to_string().into());
        if self.ui {
            push("--ui-port", ui_port.to_string().into());
        }
        for namespace in &self.namespaces {
            push("--namespace", namespace.into());
        }
        for (key, value) in &self.dynamic_config {
            push("--dynamic-config-value", format!("{key}={value}").into());
        }
        if let Some(file) = &self.db_file {
            push("--db-filename", file.into());
        }
        arguments.push(if self.ui { "--ui-disable-news-fetch" } else { "--headless" }.into());
        arguments
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_follow_the_options() {
        let text = |options: DevServerOptions| {
            let arguments = options.arguments(7, 8).into_iter().map(|text| text.into_string().unwrap());
            arguments.collect::<Vec<_>>().join(" ")
        };
        let plain = text(DevServerOptions::default());
        assert!(plain.ends_with("--port 7 --headless") && !plain.contains("ui"), "{plain}");
        let full = text(DevServerOptions {
            ui: true,
            namespaces: vec!["a".into(), "b".into()],
            dynamic_config: vec![("k".into(), "1".into())],
            db_file: Some("x.db".into()),
            ..DevServerOptions::default()
        });
        let expected = "--port 7 --ui-port 8 --namespace a --namespace b --dynamic-config-value k=1 --db-filename x.db \
                        --ui-disable-news-fetch";
        assert!(full.ends_with(expected), "{full}");
    }
}
