//! What the OpenTelemetry collector would refuse, as far as it can be told without it.

use std::collections::BTreeSet;

use anyhow::Context as _;
use serde_json::Value;

/// What is wrong with a collector's configuration; nothing where it can start.
///
/// # Errors
/// It is no YAML.
pub fn faults(text: &str) -> anyhow::Result<Vec<String>> {
    let config: Value = serde_saphyr::from_str(text).context("the collector's configuration is no YAML")?;
    let mut faults = Vec::new();
    for (name, processor) in section(&config, "processors") {
        if name == "memory_limiter" || name.starts_with("memory_limiter/") {
            faults.extend(memory(&name, &processor));
        }
    }
    let mut used = BTreeSet::new();
    for (pipeline, of) in section(&config["service"], "pipelines") {
        for kind in ["receivers", "processors", "exporters"] {
            let names = of[kind].as_array().cloned().unwrap_or_default();
            let names: Vec<String> = names.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect();
            if names.is_empty() && kind != "processors" {
                faults.push(format!("pipeline {pipeline} has no {kind}"));
            }
            for name in &names {
                used.insert((kind, name.clone()));
                if config[kind].get(name).is_none() {
                    faults.push(format!("pipeline {pipeline} names {name}, which is not among the {kind}"));
                }
            }
            let limiter = names.iter().position(|name| name.starts_with("memory_limiter"));
            if kind == "processors" && limiter != Some(0) {
                faults.push(format!("pipeline {pipeline}: memory_limiter must be the first processor"));
            }
        }
    }
    for kind in ["receivers", "processors", "exporters"] {
        for (name, _) in section(&config, kind) {
            if !used.contains(&(kind, name.clone())) {
                faults.push(format!("{name} of {kind} is in no pipeline"));
            }
        }
    }
    Ok(faults)
}

fn section(config: &Value, name: &str) -> Vec<(String, Value)> {
    let entries = config[name].as_object().into_iter().flatten();
    entries.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// The collector's own words for a spike that is not below its limit.
const SPIKE: &str = "memSpikeLimit must be smaller than memAllocLimit";

fn memory(name: &str, processor: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    if processor["check_interval"].is_null() {
        faults.push(format!("{name}: checkInterval must be greater than zero"));
    }
    let mut any = false;
    for unit in ["percentage", "mib"] {
        let limit = processor[format!("limit_{unit}")].as_u64();
        let spike = processor[format!("spike_limit_{unit}")].as_u64();
        any |= limit.is_some();
        // Without one, the collector takes a fifth of the limit.
        if let (Some(limit), Some(spike)) = (limit, spike)
            && spike >= limit
        {
            faults.push(format!("{name}: spike_limit_{unit} {spike} is not below limit_{unit} {limit}: {SPIKE}"));
        }
    }
    if !any {
        faults.push(format!("{name}: memAllocLimit or memLimitPercentage must be greater than zero"));
    }
    faults
}
