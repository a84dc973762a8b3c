//! Grafana's dashboards, of a file each that says what they show.

use anyhow::{Context as _, ensure};
use serde::Deserialize;
use serde_json::{Value, json};

/// The dashboards, by the names of their files.
pub const ALL: [&str; 3] = ["service-health", "business-kpis", "infrastructure-metrics"];
/// The width of Grafana's grid.
const WIDTH: u32 = 24;
const HEIGHT: u32 = 8;
/// The model that Grafana 11 reads as its own.
const SCHEMA: u32 = 39;
const DATASOURCE: &str = "vextrus-prometheus";

/// A dashboard.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dashboard {
    uid: String,
    title: String,
    description: String,
    #[serde(rename = "row")]
    rows: Vec<Row>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    title: String,
    #[serde(rename = "panel")]
    panels: Vec<Panel>,
}

/// A panel.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Panel {
    /// What it is called.
    pub title: String,
    #[serde(default)]
    description: String,
    kind: Kind,
    #[serde(default)]
    unit: String,
    width: u32,
    /// Where its data come from.
    #[serde(default)]
    pub from: From,
    #[serde(default)]
    expr: String,
    #[serde(default)]
    legend: String,
    #[serde(default)]
    queries: Vec<Query>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Timeseries,
    Stat,
    Heatmap,
    Gauge,
    Bargauge,
    Table,
}

/// Where a panel's data come from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum From {
    /// A running fleet.
    #[default]
    Fleet,
    /// A cluster.
    Kubernetes,
}

/// One query of a panel.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// The expression.
    pub expr: String,
    legend: String,
}

impl Panel {
    /// Its queries.
    #[must_use]
    pub fn queries(&self) -> Vec<Query> {
        if self.queries.is_empty() {
            return vec![Query { expr: self.expr.clone(), legend: self.legend.clone() }];
        }
        self.queries.clone()
    }

    fn json(&self, id: u32, x: u32, y: u32) -> Value {
        let targets = self.queries().into_iter().enumerate().map(|(i, query)| {
            let heatmap = matches!(self.kind, Kind::Heatmap);
            json!({
                "refId": char::from(b'A' + u8::try_from(i % 26).unwrap_or_default()).to_string(),
                "datasource": {"type": "prometheus", "uid": DATASOURCE}, "expr": query.expr,
                "legendFormat": query.legend, "format": if heatmap { "heatmap" } else { "time_series" },
                "instant": matches!(self.kind, Kind::Stat | Kind::Gauge | Kind::Bargauge | Kind::Table),
                "range": !matches!(self.kind, Kind::Stat | Kind::Gauge | Kind::Bargauge | Kind::Table),
            })
        });
        let kind = match self.kind {
            Kind::Timeseries => "timeseries",
            Kind::Stat => "stat",
            Kind::Heatmap => "heatmap",
            Kind::Gauge => "gauge",
            Kind::Bargauge => "bargauge",
            Kind::Table => "table",
        };
        let unit = if self.unit.is_empty() { "short" } else { &self.unit };
        let options = match self.kind {
            Kind::Stat | Kind::Gauge | Kind::Bargauge => json!({"reduceOptions": {"calcs": ["lastNotNull"]}}),
            Kind::Heatmap => json!({"calculate": false, "yAxis": {"unit": unit}}),
            Kind::Timeseries => json!({"legend": {"displayMode": "list", "placement": "bottom", "showLegend": true}}),
            Kind::Table => json!({}),
        };
        json!({
            "id": id, "title": self.title, "description": self.description, "type": kind,
            "datasource": {"type": "prometheus", "uid": DATASOURCE},
            "gridPos": {"x": x, "y": y, "w": self.width, "h": HEIGHT},
            "targets": targets.collect::<Vec<_>>(),
            "fieldConfig": {"defaults": {"unit": unit}, "overrides": []}, "options": options,
        })
    }
}

impl Dashboard {
    /// What its file says.
    ///
    /// # Errors
    /// The file, or what it says.
    pub fn read(name: &str) -> anyhow::Result<Self> {
        let file = format!("sources/{name}.toml");
        let dashboard: Self = toml::from_str(&crate::read(&file)?).with_context(|| file.clone())?;
        for panel in dashboard.panels() {
            ensure!(panel.expr.is_empty() != panel.queries.is_empty(), "{file}: {} needs expr or queries", panel.title);
            ensure!((1..=WIDTH).contains(&panel.width), "{file}: {} is {} wide", panel.title, panel.width);
        }
        Ok(dashboard)
    }

    /// Its panels, row by row.
    pub fn panels(&self) -> impl Iterator<Item = &Panel> {
        self.rows.iter().flat_map(|row| &row.panels)
    }

    /// As Grafana reads it.
    ///
    /// # Errors
    /// JSON's.
    pub fn json(&self) -> anyhow::Result<String> {
        let (mut panels, mut id, mut y) = (Vec::new(), 1, 0);
        for row in &self.rows {
            panels.push(json!({"id": id, "type": "row", "title": row.title, "collapsed": false, "panels": [],
                "gridPos": {"x": 0, "y": y, "w": WIDTH, "h": 1}}));
            (id, y) = (id + 1, y + 1);
            let mut x = 0;
            for panel in &row.panels {
                if x + panel.width > WIDTH {
                    (x, y) = (0, y + HEIGHT);
                }
                panels.push(panel.json(id, x, y));
                (id, x) = (id + 1, x + panel.width);
            }
            y += HEIGHT;
        }
        let dashboard = json!({
            "uid": self.uid, "title": self.title, "description": self.description, "tags": ["vextrus"],
            "schemaVersion": SCHEMA, "version": 1, "editable": false, "refresh": "30s", "timezone": "Asia/Dhaka",
            "time": {"from": "now-3h", "to": "now"}, "annotations": {"list": []}, "templating": {"list": []},
            "panels": panels,
        });
        Ok(format!("{}\n", serde_json::to_string_pretty(&dashboard)?))
    }
}
