//! What a process tells of itself at `/metrics`, as far as it is counted here.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context as _;
use http_body_util::BodyExt as _;
use vextrus_platform::http::{self, Body, Client};

/// Series that count something, by name and labels as they are written.
#[derive(Debug, Clone, Default)]
pub(crate) struct Counts(BTreeMap<String, u64>);

/// Asks one process.
#[derive(Debug, Clone)]
pub(crate) struct Scraper {
    client: Client,
    address: String,
}

impl Scraper {
    pub(crate) fn new(address: &str) -> anyhow::Result<Self> {
        Ok(Self { client: http::client(false)?, address: format!("http://{address}") })
    }

    pub(crate) async fn get(&self, path: &str) -> anyhow::Result<(u16, String)> {
        let request = hyper::Request::get(format!("{}{path}", self.address)).body(Body::default())?;
        let response = self.client.request(request).await?;
        let status = response.status().as_u16();
        let text = response.into_body().collect().await?.to_bytes();
        Ok((status, String::from_utf8_lossy(&text).into_owned()))
    }

    pub(crate) async fn counts(&self) -> anyhow::Result<Counts> {
        let (_, text) = self.get("/metrics").await.with_context(|| format!("{} does not tell", self.address))?;
        Ok(Counts::read(&text))
    }
}

impl Counts {
    fn read(text: &str) -> Self {
        let series = text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
            let (name, value) = line.rsplit_once(' ')?;
            // What counts is whole, whichever way it is written.
            Some((name.to_owned(), value.split('.').next()?.parse().ok()?))
        });
        Self(series.collect())
    }

    /// What has been added since.
    pub(crate) fn since(&self, before: &Self) -> Self {
        let grown = self
            .0
            .iter()
            .map(|(name, now)| (name.clone(), now.saturating_sub(before.0.get(name).copied().unwrap_or(0))));
        Self(grown.collect())
    }

    /// The sum of the series of this name.
    pub(crate) fn sum(&self, name: &str) -> u64 {
        self.named(name).map(|(_, value)| value).sum()
    }

    /// The time that this share of a hundred of what a histogram has seen does not exceed: the upper bound of its bucket.
    pub(crate) fn quantile(&self, histogram: &str, percent: u64) -> Option<Duration> {
        let mut buckets: BTreeMap<u64, u64> = BTreeMap::new();
        for (labels, count) in self.named(&format!("{histogram}_bucket")) {
            let bound = labels.split("le=\"").nth(1)?.split('"').next()?;
            let bound = if bound == "+Inf" { u64::MAX } else { us(bound)? };
            *buckets.entry(bound).or_default() += count;
        }
        let all = buckets.values().next_back().copied().filter(|all| *all > 0)?;
        let (bound, _) = buckets.iter().find(|(_, count)| **count * 100 >= all * percent)?;
        Some(Duration::from_micros(*bound))
    }

    fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = (&'a str, u64)> {
        self.0.iter().filter_map(move |(series, value)| {
            let labels = series.strip_prefix(name)?;
            (labels.is_empty() || labels.starts_with('{')).then_some((labels, *value))
        })
    }
}

fn us(seconds: &str) -> Option<u64> {
    let seconds = Duration::try_from_secs_f64(seconds.parse().ok()?).ok()?;
    Some(crate::figures::micros(seconds))
}
