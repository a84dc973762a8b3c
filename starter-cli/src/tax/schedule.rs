//! `vextrus tax schedule …`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use vextrus_tax::{Confidence, Schedule, diff};

use super::options::ScheduleCommand;
use super::schedules::{self, short};
use super::{file, show, table};
use crate::options::Format;
use crate::output;

pub(super) fn run(format: Format, command: ScheduleCommand) -> anyhow::Result<()> {
    match command {
        ScheduleCommand::List => list(format),
        ScheduleCommand::Show { schedule, tax, code, on } => {
            show::run(format, &schedules::load(&schedule)?, &show::Filter { tax, code, on })
        }
        ScheduleCommand::Check { files } => check(format, &files),
        ScheduleCommand::Diff { before, after } => {
            differences(format, &schedules::load(&before)?, &schedules::load(&after)?)
        }
    }
}

fn list(format: Format) -> anyhow::Result<()> {
    let all = schedules::EMBEDDED.iter().map(|(name, _)| schedules::load(name)).collect::<anyhow::Result<Vec<_>>>()?;
    let lines: Vec<Value> = all.iter().map(|schedule| {
        json!({"schedule": schedule.name, "hash": schedule.hash, "rows": schedule.rows.len(), "taxes": counts(schedule)})
    }).collect();
    let row = |schedule: &Schedule| {
        let taxes: Vec<String> = counts(schedule)
            .iter()
            .map(|(tax, by)| {
                let by: Vec<String> = by.iter().map(|(confidence, count)| format!("{count} {confidence}")).collect();
                format!("{tax} {}", by.join(" "))
            })
            .collect();
        [schedule.name.clone(), short(&schedule.hash).to_owned(), schedule.rows.len().to_string(), taxes.join(", ")]
    };
    let text = || {
        let rows: Vec<_> = all.iter().map(row).collect();
        table(["schedule", "hash", "rows", "by tax and confidence"], &rows)
    };
    output::list(format, text, lines)
}

/// How many rows there are by tax and confidence.
fn counts(schedule: &Schedule) -> BTreeMap<&'static str, BTreeMap<&'static str, usize>> {
    let mut all: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
    for row in &schedule.rows {
        *all.entry(row.tax.name()).or_default().entry(grade(row.confidence)).or_default() += 1;
    }
    all
}

/// A confidence as tables write it.
pub(super) const fn grade(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::H => "H",
        Confidence::M => "M",
        Confidence::L => "L",
    }
}

fn check(format: Format, files: &[PathBuf]) -> anyhow::Result<()> {
    let mut wrong = 0_usize;
    let mut answers = Vec::new();
    for path in files {
        let (answer, said) = check_one(path);
        match said {
            Ok(said) if format == Format::Text => output::line(&said)?,
            Ok(_) => {}
            Err(problem) => {
                wrong += 1;
                // Nothing before the place, so that an editor finds it.
                eprintln!("{problem}");
            }
        }
        answers.push(answer);
    }
    if format != Format::Text {
        output::list(format, String::new, answers)?;
    }
    if wrong > 0 {
        anyhow::bail!("{wrong} of {} {} not sound", files.len(), if wrong == 1 { "is" } else { "are" });
    }
    Ok(())
}

/// The answer about a file, and what to say of it: that it is sound, or its problem.
fn check_one(path: &Path) -> (Value, Result<String, String>) {
    let name = path.display().to_string();
    let text = match file::read(path, file::MAX_RULES) {
        Ok(text) => text,
        Err(trouble) => {
            let problem = format!("{trouble:#}");
            return (json!({"file": name, "sound": false, "problem": problem}), Err(problem));
        }
    };
    match Schedule::parse(&text) {
        Ok(schedule) => (
            json!({"file": name, "sound": true, "schedule": schedule.name, "hash": schedule.hash}),
            Ok(format!("{name}: a sound tax schedule {}, {}", schedule.name, schedule.hash)),
        ),
        Err(wrong) => (
            json!({"file": name, "sound": false, "line": wrong.line, "problem": wrong.problem}),
            Err(format!("{name}:{}: {}", wrong.line, wrong.problem)),
        ),
    }
}

fn differences(format: Format, before: &Schedule, after: &Schedule) -> anyhow::Result<()> {
    let changes = diff(before, after);
    let text = || {
        let lines: Vec<String> = changes.iter().map(ToString::to_string).collect();
        match (lines.is_empty(), before.hash == after.hash) {
            (false, _) => lines.join("\n"),
            (true, true) => "no difference".to_owned(),
            (true, false) => format!(
                "no difference in rows and settings; the texts differ, as {} and {} show",
                short(&before.hash),
                short(&after.hash)
            ),
        }
    };
    let named = |schedule: &Schedule| json!({"schedule": schedule.name, "hash": schedule.hash});
    let answer = json!({"before": named(before), "after": named(after), "changes": serde_json::to_value(&changes)?});
    output::answer(format, text, &answer)
}
