//! The facade's messages as text for people, with amounts in lakh and crore.

use std::fmt::Write as _;

use vextrus_domain::{Rate, Taka};
use vextrus_proto::invoice::v1::{Invoice, PendingTask, Task, TaskState};

use crate::json::{last, outcome, state, task_state, time};

/// Poisha as people write taka.
pub(crate) fn amount(poisha: i64) -> String {
    Taka::from_poisha(poisha).map_or_else(|_| format!("{poisha} poisha"), Taka::grouped)
}

/// An invoice in full.
pub(crate) fn invoice(i: &Invoice) -> String {
    let mut out = String::new();
    let content = i.content.clone().unwrap_or_default();
    let ended = outcome(i).map(|o| format!(", {o}")).unwrap_or_default();
    // Writing to a String cannot fail.
    let _ = writeln!(out, "invoice     {} (submission {})", last(&i.name), i.submission);
    let _ = writeln!(out, "state       {}{ended}", state(i));
    if let Some(refusal) = &i.refusal {
        let _ = writeln!(out, "because     {}: {}", refusal.code, refusal.message);
    }
    let _ = writeln!(out, "vendor      {}, number {}, of {}", content.vendor, content.number, content.date);
    let _ = writeln!(out, "total       BDT {:>16}", amount(content.total_poisha));
    out.push_str(&taxes(i));
    if !i.payment_instruction.is_empty() {
        let _ = writeln!(out, "instruction {} due {}", i.payment_instruction, content.due_date);
    }
    for task in &i.tasks {
        let _ = writeln!(out, "{}", task_line(task));
    }
    let _ = writeln!(out, "workflow    {}", i.workflow_id);
    out
}

/// An invoice's taxes with their working; nothing before its assessment.
pub(crate) fn taxes(i: &Invoice) -> String {
    let Some(taxes) = &i.taxes else { return String::new() };
    let mut out = String::new();
    let _ = writeln!(out, "VAT         BDT {:>16}", amount(taxes.vat_poisha));
    for (name, poisha) in [
        ("SD", taxes.sd_poisha),
        ("borne tax", taxes.borne_poisha),
        ("retention", taxes.retention_poisha),
        ("advance", taxes.advance_poisha),
    ] {
        if poisha != 0 {
            let _ = writeln!(out, "{name:<12}BDT {:>16}", amount(poisha));
        }
    }
    for w in &taxes.withheld {
        let rate = Rate::from_ppm(w.rate_ppm);
        let _ = writeln!(out, "withheld    BDT {:>16}  {} {} {rate}", amount(w.amount_poisha), w.tax, w.code);
    }
    let _ = writeln!(out, "payable     BDT {:>16}", amount(taxes.net_payable_poisha));
    for warning in &taxes.warnings {
        let _ = writeln!(out, "warning     {warning}");
    }
    for step in &taxes.working {
        let _ = writeln!(out, "  why       {step}");
    }
    out
}

/// A task in one line.
pub(crate) fn task_line(t: &Task) -> String {
    let mut line = format!("task        {:<14} {:<18} {}", last(&t.name), t.role, task_state(t.state()));
    match t.state() {
        TaskState::Decided => {
            let _ = write!(line, ": {} by {}", t.answer, t.actor);
            if !t.comment.is_empty() {
                let _ = write!(line, " ({})", t.comment);
            }
        }
        TaskState::Open => {
            let answers: Vec<&str> = t.allowed_answers.iter().map(|a| a.name.as_str()).collect();
            let due = time(t.due_time.as_ref()).unwrap_or_default();
            let _ = write!(line, " until {due}: {} [{}]", t.question, answers.join(" | "));
        }
        _ => {}
    }
    line
}

/// An inbox.
pub(crate) fn inbox(tasks: &[PendingTask]) -> String {
    if tasks.is_empty() {
        return "nothing waits for you".to_owned();
    }
    let mut out = String::new();
    for t in tasks {
        let answers: Vec<&str> = t.allowed_answers.iter().map(|a| a.name.as_str()).collect();
        let due = time(t.due_time.as_ref()).unwrap_or_default();
        let _ = writeln!(
            out,
            "{}  {:<14} BDT {:>16}  {} {}  due {due}\n    {} [{}]",
            last(&t.invoice),
            last(&t.name),
            amount(t.total_poisha),
            t.vendor,
            t.number,
            t.question,
            answers.join(" | ")
        );
    }
    out
}
