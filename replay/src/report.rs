//! What the gate has found: for people, for programs, and for CI.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::gate::{Outcome, Verdict};

/// What is done about a divergence.
const REMEDY: &str = "Keep the old way for workflows that run: branch on ctx.patched(PATCH) where the new way begins, or pin them \
                      to the old version. See docs/versioning.md.";

/// How many of what there were.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Histories that replay.
    pub replayed: usize,
    /// Histories that replay, where code says something else.
    pub changed: usize,
    /// Histories where code goes elsewhere.
    pub diverged: usize,
    /// Histories that this build cannot replay.
    pub not_replayable: usize,
    /// Events of all of them.
    pub events: usize,
}

impl Tally {
    fn add(&mut self, outcome: &Outcome) {
        self.events += outcome.events;
        *match outcome.verdict {
            Verdict::Replayed => &mut self.replayed,
            Verdict::Changed(_) => &mut self.changed,
            Verdict::Diverged { .. } => &mut self.diverged,
            Verdict::NotReplayable(_) => &mut self.not_replayable,
        } += 1;
    }

    /// How many would stop if this build went out.
    #[must_use]
    pub const fn broken(&self) -> usize {
        self.diverged + self.not_replayable
    }

    /// How many histories there were.
    #[must_use]
    pub const fn histories(&self) -> usize {
        self.replayed + self.changed + self.diverged + self.not_replayable
    }
}

/// What the gate has found, of all histories so far. It keeps those that have not simply replayed.
#[derive(Debug, Clone, Default)]
pub struct Report {
    by_type: BTreeMap<String, Tally>,
    findings: Vec<Outcome>,
}

impl Report {
    /// Counts an outcome.
    pub fn add(&mut self, outcome: Outcome) {
        self.by_type.entry(outcome.workflow_type.clone()).or_default().add(&outcome);
        if outcome.verdict != Verdict::Replayed {
            self.findings.push(outcome);
        }
    }

    /// The sum over all types.
    #[must_use]
    pub fn total(&self) -> Tally {
        self.by_type.values().fold(Tally::default(), |a, b| Tally {
            replayed: a.replayed + b.replayed,
            changed: a.changed + b.changed,
            diverged: a.diverged + b.diverged,
            not_replayable: a.not_replayable + b.not_replayable,
            events: a.events + b.events,
        })
    }

    /// Everything that has not simply replayed.
    #[must_use]
    pub fn findings(&self) -> &[Outcome] {
        &self.findings
    }

    /// For people.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        for found in &self.findings {
            let Outcome { name, workflow_type, events, .. } = found;
            let head = format!("{name} ({workflow_type}, {events} events)");
            text.push_str(&format!("{} {head}\n{}", verdict_name(&found.verdict).to_uppercase(), told(&found.verdict)));
        }
        if self.findings.iter().any(|f| matches!(f.verdict, Verdict::Diverged { .. })) {
            text.push_str(&format!("{REMEDY}\n"));
        }
        for (workflow_type, tally) in &self.by_type {
            let name = if workflow_type.is_empty() { "unknown" } else { workflow_type };
            text.push_str(&format!("{name}: {}\n", counts(tally)));
        }
        text.push_str(&format!("{} histories, {} events", self.total().histories(), self.total().events));
        text
    }

    /// For programs.
    #[must_use]
    pub fn json(&self) -> Value {
        let by_type: serde_json::Map<String, Value> =
            self.by_type.iter().map(|(name, tally)| (name.clone(), tally_json(tally))).collect();
        let findings: Vec<Value> = self.findings.iter().map(finding_json).collect();
        json!({"total": tally_json(&self.total()), "workflow_types": by_type, "findings": findings})
    }

    /// For CI, as JUnit's XML: a suite for each type, a case for each finding, and one for all that have replayed.
    #[must_use]
    pub fn junit(&self) -> String {
        let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"replay\">\n");
        for (workflow_type, tally) in &self.by_type {
            let found: Vec<&Outcome> = self.findings.iter().filter(|f| f.workflow_type == *workflow_type).collect();
            let failures = tally.broken();
            let suite = escaped(workflow_type);
            let tests = found.len() + usize::from(tally.replayed > 0);
            xml.push_str(&format!("  <testsuite name=\"{suite}\" tests=\"{tests}\" failures=\"{failures}\">\n"));
            if tally.replayed > 0 {
                let name = format!("{} histories replay", tally.replayed);
                xml.push_str(&format!("    <testcase classname=\"{suite}\" name=\"{name}\"/>\n"));
            }
            for one in found {
                let (name, why) = (escaped(&one.name), escaped(&told(&one.verdict)));
                let inner = match one.verdict {
                    Verdict::Diverged { .. } | Verdict::NotReplayable(_) => {
                        format!("<failure message=\"{}\">{why}</failure>", verdict_name(&one.verdict))
                    }
                    _ => format!("<system-out>{why}</system-out>"),
                };
                xml.push_str(&format!("    <testcase classname=\"{suite}\" name=\"{name}\">{inner}</testcase>\n"));
            }
            xml.push_str("  </testsuite>\n");
        }
        xml.push_str("</testsuites>\n");
        xml
    }
}

fn verdict_name(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Replayed => "replayed",
        Verdict::Changed(_) => "changed",
        Verdict::Diverged { .. } => "diverged",
        Verdict::NotReplayable(_) => "not replayable",
    }
}

/// What was found, in indented lines.
fn told(verdict: &Verdict) -> String {
    let place = |at: &crate::steps::Difference| {
        let what = at.what.as_ref().map(|what| format!("  {what}\n")).unwrap_or_default();
        format!("  event {}: {}\n  the code gave: {}\n{what}", at.event, at.recorded, at.given)
    };
    match verdict {
        Verdict::Replayed => String::new(),
        Verdict::Changed(at) => place(at),
        Verdict::Diverged { at, why } => {
            format!("{}  {why}\n", at.as_ref().map(place).unwrap_or_default())
        }
        Verdict::NotReplayable(why) => format!("  {why}\n"),
    }
}

fn counts(tally: &Tally) -> String {
    let named = [
        (tally.replayed, "replayed"),
        (tally.changed, "changed"),
        (tally.diverged, "diverged"),
        (tally.not_replayable, "not replayable"),
    ];
    let said = named.iter().filter(|(count, name)| *count > 0 || *name == "replayed");
    said.map(|(count, name)| format!("{count} {name}")).collect::<Vec<_>>().join(", ")
}

fn tally_json(tally: &Tally) -> Value {
    let Tally { replayed, changed, diverged, not_replayable, events } = *tally;
    json!({"replayed": replayed, "changed": changed, "diverged": diverged, "not_replayable": not_replayable,
        "events": events})
}

fn finding_json(found: &Outcome) -> Value {
    let at = match &found.verdict {
        Verdict::Changed(at) => Some(at),
        Verdict::Diverged { at, .. } => at.as_ref(),
        Verdict::Replayed | Verdict::NotReplayable(_) => None,
    };
    let why = match &found.verdict {
        Verdict::Diverged { why, .. } | Verdict::NotReplayable(why) => Some(why),
        Verdict::Replayed | Verdict::Changed(_) => None,
    };
    json!({"name": &found.name, "workflow_type": &found.workflow_type, "events": found.events,
        "verdict": verdict_name(&found.verdict), "event": at.map(|a| a.event), "recorded": at.map(|a| &a.recorded),
        "given": at.map(|a| &a.given), "what": at.and_then(|a| a.what.as_ref()), "why": why})
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            // XML knows no other control characters.
            letter if letter.is_control() && !matches!(letter, '\n' | '\t') => escaped.push('\u{fffd}'),
            letter => escaped.push(letter),
        }
    }
    escaped
}
