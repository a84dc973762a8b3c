//! What is watched while a version comes in: its workflows, and a question to Prometheus.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use chrono::{SecondsFormat, Utc};
use http_body_util::{BodyExt as _, Limited};
use hyper::Request;
use serde_json::Value;
use temporalio_client::Client;
use url::Url;
use vextrus_platform::http::{self, Body};
use vextrus_temporal::runs;

use super::options::RunOptions;
use crate::exit::Usage;

/// How often it is looked.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How long Prometheus may take.
const ANSWERS_WITHIN: Duration = Duration::from_secs(10);
/// The longest answer of Prometheus, in bytes.
const LONGEST: usize = 1024 * 1024;
/// A workflow whose task has failed so often is stuck: its code does not go on.
const STUCK_AFTER: i32 = 3;
/// How many running workflows of the version are looked at, the latest first.
const MOST: i32 = 200;

/// A question to Prometheus.
pub(super) struct Prometheus {
    client: http::Client,
    url: Url,
}

impl Prometheus {
    /// The one that is to be asked, if any.
    ///
    /// # Errors
    /// An address that cannot be called.
    pub(super) fn of(options: &RunOptions) -> anyhow::Result<Option<Self>> {
        let (Some(address), Some(query)) = (&options.prometheus, &options.query) else { return Ok(None) };
        let usage =
            |why: String| Usage(format!("--prometheus {address:?} {why}; give a URL such as http://prometheus:9090"));
        let mut url = Url::parse(address).map_err(|e| usage(format!("is no URL ({e})")))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(usage("is neither http nor https".to_owned()).into());
        }
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(["api", "v1", "query"]);
        }
        url.query_pairs_mut().append_pair("query", query);
        Ok(Some(Self { client: http::client(url.scheme() == "https")?, url }))
    }

    async fn ask(&self) -> anyhow::Result<()> {
        let request = Request::get(self.url.as_str()).body(Body::default())?;
        let answer = async {
            let answer = self.client.request(request).await?;
            let body = Limited::new(answer.into_body(), LONGEST).collect().await;
            Ok::<_, anyhow::Error>(body.map_err(|e| anyhow::anyhow!("{e}"))?.to_bytes())
        };
        let answered = tokio::time::timeout(ANSWERS_WITHIN, answer).await;
        // Who cannot see does not go on.
        let body = answered.context("prometheus does not answer in time")?.context("prometheus does not answer")?;
        let json: Value = serde_json::from_slice(&body).context("prometheus does not answer in JSON")?;
        ensure!(json["status"] == "success", "prometheus does not answer the question: {}", json["error"]);
        match above_zero(&json["data"]["result"]) {
            Some(what) => bail!("prometheus says that something is wrong: {what}"),
            None => Ok(()),
        }
    }
}

/// What is watched.
pub(super) struct Watch<'a> {
    client: &'a Client,
    query: String,
    deployment: String,
    /// The workflows that were in trouble before.
    before: BTreeSet<String>,
    prometheus: Option<Prometheus>,
}

impl<'a> Watch<'a> {
    /// Begins to watch: what is wrong already is nothing to do with the version.
    ///
    /// # Errors
    /// A server that does not answer.
    pub(super) async fn of(
        client: &'a Client,
        options: &RunOptions,
        prometheus: Option<Prometheus>,
    ) -> anyhow::Result<Self> {
        // A workflow whose first task never succeeds is of no version yet.
        let since = Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true);
        let version = format!("{}:{}", options.place.deployment, options.build);
        let query = format!(
            "ExecutionStatus = 'Running' AND (TemporalWorkerDeploymentVersion = '{version}' OR StartTime >= '{since}')"
        );
        let deployment = options.place.deployment.clone();
        let before = runs::troubled(client, Some(&deployment), MOST).await?;
        let before: BTreeSet<String> = before.into_iter().map(|execution| execution.workflow_id).collect();
        let most = usize::try_from(MOST).unwrap_or(usize::MAX);
        ensure!(
            before.len() < most,
            "the tasks of {most} workflows or more fail already: what is new could not be told"
        );
        Ok(Self { client, query, deployment, before, prometheus })
    }

    /// Looks again and again for this long.
    ///
    /// # Errors
    /// What is wrong.
    pub(super) async fn over(&self, time: Duration) -> anyhow::Result<()> {
        let until = Instant::now() + time;
        loop {
            self.look().await?;
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            tokio::time::sleep(left.min(LOOK_EVERY)).await;
        }
    }

    async fn look(&self) -> anyhow::Result<()> {
        let stuck = runs::stuck(self.client, &self.query, MOST, STUCK_AFTER).await?;
        ensure!(stuck.is_empty(), "workflows do not go on:\n  {}", stuck.join("\n  "));
        // A workflow that moves to the version is counted to the earlier one until a task of it succeeds. The server says of any that it
        // is in trouble, but later.
        let troubled = runs::troubled(self.client, Some(&self.deployment), MOST).await?;
        let troubled = troubled.into_iter().map(|execution| execution.workflow_id);
        let troubled: Vec<String> = troubled.filter(|workflow| !self.before.contains(workflow)).collect();
        ensure!(troubled.is_empty(), "the tasks of workflows fail again and again:\n  {}", troubled.join("\n  "));
        match &self.prometheus {
            Some(prometheus) => prometheus.ask().await,
            None => Ok(()),
        }
    }
}

/// The first value above zero, of a vector or a scalar.
fn above_zero(result: &Value) -> Option<String> {
    let is_above = |value: &Value| value.as_str().and_then(|v| v.parse::<f64>().ok()).is_some_and(|v| v > 0.0);
    let all = result.as_array()?;
    if is_above(all.get(1).unwrap_or(&Value::Null)) {
        return all[1].as_str().map(str::to_owned);
    }
    let found = all.iter().find(|series| is_above(&series["value"][1]))?;
    Some(format!("{} = {}", found["metric"], found["value"][1].as_str().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_a_value_above_zero_is_wrong() {
        assert_eq!(above_zero(&json!([])), None);
        assert_eq!(above_zero(&json!([{"metric": {"a": "b"}, "value": [1.0, "0"]}])), None);
        let wrong =
            above_zero(&json!([{"metric": {}, "value": [1.0, "0"]}, {"metric": {"a": "b"}, "value": [1.0, "0.5"]}]));
        assert_eq!(wrong.as_deref(), Some("{\"a\":\"b\"} = 0.5"));
        assert_eq!(above_zero(&json!([1.0, "2"])).as_deref(), Some("2"));
        assert_eq!(above_zero(&json!([1.0, "0"])), None);
    }
}
