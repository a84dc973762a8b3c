//! What may be asked for: our own metrics, which the code lists, and those of others, which a file lists.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, bail};
use promql_parser::label::METRIC_NAME;
use promql_parser::parser::{self, Expr, LabelModifier, VectorSelector};

/// Labels that Prometheus adds to every metric that it scrapes.
const OF_THE_SCRAPE: [&str; 2] = ["job", "instance"];
/// What a histogram is exported as.
const OF_A_HISTOGRAM: [&str; 3] = ["_bucket", "_count", "_sum"];

/// Metrics and their labels.
#[derive(Debug)]
pub struct Catalogue {
    labels: BTreeMap<String, BTreeSet<String>>,
    ours: BTreeSet<String>,
}

impl Catalogue {
    /// Our own and those of others.
    ///
    /// # Errors
    /// The file of others cannot be read.
    pub fn read() -> anyhow::Result<Self> {
        let foreign: BTreeMap<String, BTreeMap<String, BTreeSet<String>>> =
            toml::from_str(&crate::read("sources/foreign-metrics.toml")?)?;
        let mut labels: BTreeMap<String, BTreeSet<String>> = foreign.into_values().flatten().collect();
        let mut ours = BTreeSet::new();
        for (name, own) in vextrus_platform::metrics::all() {
            ours.insert(name.to_owned());
            labels.insert(name.to_owned(), own.into_iter().map(str::to_owned).collect());
        }
        Ok(Self { labels, ours })
    }

    /// The names of all.
    pub fn names(&self) -> impl Iterator<Item = &String> {
        self.labels.keys()
    }

    /// The names of our own.
    #[must_use]
    pub fn ours(&self) -> &BTreeSet<String> {
        &self.ours
    }

    /// The labels that a series of this name has beside those of the scrape.
    #[must_use]
    pub fn labels(&self, series: &str) -> Option<BTreeSet<String>> {
        if let Some(labels) = self.labels.get(series) {
            return Some(labels.clone());
        }
        let base = OF_A_HISTOGRAM.iter().find_map(|suffix| series.strip_suffix(suffix))?;
        let mut labels = self.labels.get(base)?.clone();
        if series.ends_with("_bucket") {
            labels.insert("le".to_owned());
        }
        Some(labels)
    }

    /// The metrics that an expression asks for.
    ///
    /// # Errors
    /// It is no PromQL, or asks for a metric or a label that is not exported.
    pub fn check(&self, expression: &str) -> anyhow::Result<BTreeSet<String>> {
        let text = fixed(expression);
        let parsed = parser::parse(&text).map_err(|why| anyhow::anyhow!("{expression}: {why}"))?;
        let mut asked = BTreeSet::new();
        self.walk(&parsed, &mut asked).with_context(|| expression.to_owned())?;
        if asked.is_empty() && !expression.contains("time()") {
            bail!("{expression}: it asks for no metric");
        }
        Ok(asked)
    }

    /// Looks at an expression; answers the labels that its series may have.
    fn walk(&self, expression: &Expr, asked: &mut BTreeSet<String>) -> anyhow::Result<BTreeSet<String>> {
        match expression {
            Expr::VectorSelector(selector) => self.selector(selector, asked),
            Expr::MatrixSelector(matrix) => self.selector(&matrix.vs, asked),
            Expr::Aggregate(aggregate) => {
                let there = self.walk(&aggregate.expr, asked)?;
                if let Some(LabelModifier::Include(by)) = &aggregate.modifier {
                    let missing: Vec<_> = by.labels.iter().filter(|label| !there.contains(*label)).collect();
                    anyhow::ensure!(missing.is_empty(), "it groups by {missing:?}, of {there:?}");
                    return Ok(by.labels.iter().cloned().collect());
                }
                Ok(BTreeSet::new())
            }
            Expr::Binary(binary) => {
                let left = self.walk(&binary.lhs, asked)?;
                let right = self.walk(&binary.rhs, asked)?;
                Ok(if left.is_empty() { right } else { left })
            }
            Expr::Unary(unary) => self.walk(&unary.expr, asked),
            Expr::Paren(paren) => self.walk(&paren.expr, asked),
            Expr::Subquery(subquery) => self.walk(&subquery.expr, asked),
            Expr::Call(call) => {
                let mut labels = BTreeSet::new();
                for argument in &call.args.args {
                    labels.extend(self.walk(argument, asked)?);
                }
                if call.func.name == "histogram_quantile" {
                    anyhow::ensure!(labels.remove("le"), "a quantile of what is grouped without le");
                }
                Ok(labels)
            }
            Expr::NumberLiteral(_) | Expr::StringLiteral(_) => Ok(BTreeSet::new()),
            Expr::Extension(_) => bail!("it is more than PromQL"),
        }
    }

    fn selector(&self, selector: &VectorSelector, asked: &mut BTreeSet<String>) -> anyhow::Result<BTreeSet<String>> {
        let named = selector.matchers.matchers.iter().find(|m| m.name == METRIC_NAME).map(|m| m.value.clone());
        let Some(name) = selector.name.clone().or(named) else { bail!("it names no metric") };
        let Some(mut labels) = self.labels(&name) else { bail!("{name} is not exported") };
        labels.extend(OF_THE_SCRAPE.map(str::to_owned));
        for matcher in selector.matchers.matchers.iter().filter(|m| m.name != METRIC_NAME) {
            anyhow::ensure!(labels.contains(&matcher.name), "{name} has no label {}", matcher.name);
        }
        asked.insert(name);
        Ok(labels)
    }
}

/// An expression without Grafana's variables.
#[must_use]
pub fn fixed(expression: &str) -> String {
    expression.replace("$__rate_interval", "1m")
}
