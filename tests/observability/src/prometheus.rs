//! A real Prometheus, as tests drive it.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;

/// Names the folder that holds `prometheus`, `promtool` and `amtool`.
const PROGRAMS: &str = "VEXTRUS_PROMETHEUS_BIN";
const UP_WITHIN: Duration = Duration::from_secs(30);

/// One of Prometheus's programs: of the folder that the environment names, or that is found or fetched.
///
/// # Errors
/// There is none.
pub fn program(name: &str) -> anyhow::Result<PathBuf> {
    let folder = match std::env::var(PROGRAMS) {
        Ok(folder) => folder,
        Err(_) => {
            let mut fetch = Command::new("python3");
            fetch.arg(crate::root().join("tools/fetch.py")).arg("prometheus");
            let done = fetch.output().context("python3 does not run")?;
            ensure!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
            String::from_utf8(done.stdout)?.trim().to_owned()
        }
    };
    Ok(Path::new(&folder).join(name))
}

/// A port of this machine that nobody uses.
///
/// # Errors
/// There is none.
pub fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// A running Prometheus, which looks every second. It ends when this is dropped.
#[derive(Debug)]
pub struct Prometheus {
    process: Child,
    address: String,
    _folder: tempfile::TempDir,
}

/// One value of an answer, with its labels.
#[derive(Debug, Clone)]
pub struct Sample {
    /// The labels.
    pub labels: Value,
    /// The value, as Prometheus writes it.
    pub value: String,
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        // After its end, these fail.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

impl Prometheus {
    /// Starts one that scrapes these targets, a job and an address each, by these rules.
    ///
    /// # Errors
    /// It does not come up.
    pub fn start(targets: &[(&str, String)], rules: &str) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        std::fs::write(folder.path().join("rules.yaml"), rules)?;
        let jobs = targets.iter().enumerate().map(|(i, (job, address))| {
            // The job's name must be another one each time; the label is what it stands for.
            format!(
                "  - job_name: target-{i}\n    static_configs:\n      - targets: [\"{address}\"]\n        labels: {{job: {job}}}\n"
            )
        });
        let config = format!(
            "global:\n  scrape_interval: 1s\n  scrape_timeout: 1s\n  evaluation_interval: 1s\nrule_files: [rules.yaml]\nscrape_configs:\n{}",
            jobs.collect::<String>()
        );
        std::fs::write(folder.path().join("prometheus.yaml"), config)?;
        let address = format!("127.0.0.1:{}", free_port()?);
        let log = std::fs::File::create(folder.path().join("log"))?;
        let mut command = Command::new(program("prometheus")?);
        command.current_dir(folder.path()).arg("--config.file=prometheus.yaml").arg("--storage.tsdb.path=data");
        command.arg(format!("--web.listen-address={address}")).stdin(Stdio::null());
        command.stdout(Stdio::null()).stderr(log);
        let process = command.spawn().context("prometheus does not start")?;
        let mut started = Self { process, address, _folder: folder };
        let until = Instant::now() + UP_WITHIN;
        while started.get("/-/ready").is_err() {
            let ended = started.process.try_wait()?;
            if ended.is_some() || Instant::now() > until {
                let log = std::fs::read_to_string(started._folder.path().join("log"))?;
                bail!("prometheus does not come up: {log}");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(started)
    }

    /// HTTP/1.0, so that the answer ends with the connection and is not cut into chunks.
    fn get(&self, path: &str) -> anyhow::Result<String> {
        let mut stream = TcpStream::connect(&self.address)?;
        write!(stream, "GET {path} HTTP/1.0\r\nHost: prometheus\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").context("no answer")?;
        ensure!(head.split(' ').nth(1) == Some("200"), "{head}: {body}");
        Ok(body.to_owned())
    }

    /// What an expression is now.
    ///
    /// # Errors
    /// It cannot be told, such as when it is none.
    pub fn query(&self, expression: &str) -> anyhow::Result<Vec<Sample>> {
        let encoded: String = expression.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let body: Value = serde_json::from_str(&self.get(&format!("/api/v1/query?query={encoded}"))?)?;
        ensure!(body["status"] == "success", "{body}");
        let result = &body["data"]["result"];
        if body["data"]["resultType"] == "scalar" {
            let value = result[1].as_str().unwrap_or_default().to_owned();
            return Ok(vec![Sample { labels: Value::Null, value }]);
        }
        let samples = result.as_array().context("no samples")?.iter().map(|sample| Sample {
            labels: sample["metric"].clone(),
            value: sample["value"][1].as_str().unwrap_or_default().to_owned(),
        });
        Ok(samples.collect())
    }

    /// The names of the alerts that fire.
    ///
    /// # Errors
    /// They cannot be told.
    pub fn firing(&self) -> anyhow::Result<Vec<String>> {
        let body: Value = serde_json::from_str(&self.get("/api/v1/alerts")?)?;
        let alerts = body["data"]["alerts"].as_array().context("no alerts")?;
        let firing = alerts.iter().filter(|alert| alert["state"] == "firing");
        Ok(firing.filter_map(|alert| alert["labels"]["alertname"].as_str().map(str::to_owned)).collect())
    }
}
