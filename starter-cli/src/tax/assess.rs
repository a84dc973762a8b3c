//! `vextrus tax assess`.

use serde_json::{Value, json};
use vextrus_tax::{Assessment, explain};

use super::case::Read;
use super::options::AssessOptions;
use crate::options::Format;
use crate::{exit, output, present};

pub(super) fn run(format: Format, asked: &AssessOptions) -> anyhow::Result<()> {
    let read = Read::from_options(&asked.case)?;
    let assessment = read.assess()?;
    let working = explain::lines(&assessment, present::lang());
    let text = || {
        let mut lines = vec![read.head()];
        lines.extend(explain::summary(&assessment, present::lang()));
        lines.extend(working.iter().map(|step| format!("    {step}")));
        lines.join("\n")
    };
    output::answer(format, text, &answer(&read, &assessment, &working)?)?;
    let open = assessment.questions.len();
    if asked.strict && open > 0 {
        let are = if open == 1 { "question is" } else { "questions are" };
        return Err(exit::Refused(format!("{open} {are} open, and --strict takes none")).into());
    }
    Ok(())
}

fn answer(read: &Read, assessment: &Assessment, working: &[String]) -> anyhow::Result<Value> {
    Ok(json!({
        "schedule": read.schedule.name,
        "hash": read.schedule.hash,
        "paid_on": read.paid_on,
        "assessment": serde_json::to_value(assessment)?,
        "working": working,
    }))
}
