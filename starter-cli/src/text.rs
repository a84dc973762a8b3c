//! The facade's messages as text for people, with amounts in lakh and crore.

use std::fmt::Write as _;

use vextrus_domain::{Lang, Rate, Taka};
use vextrus_facade::process_collection;
use vextrus_lifecycle::Process;
use vextrus_proto::approval::v1::{Approval, BudgetLeft, PendingTask, PlannedTask, Task, TaskState};
use vextrus_proto::invoice::v1::{Invoice, InvoiceTaxes};
use vextrus_proto::purchasing::v1::{IssuedOrder, PurchaseOrder};

use crate::json::{BANK_DETAILS, last, outcome, state, task_state, time};
use crate::present;

/// Poisha as people write taka.
pub(crate) fn amount(poisha: i64) -> String {
    Taka::from_poisha(poisha).map_or_else(|_| format!("{poisha} poisha"), Taka::grouped)
}

/// What somebody has written, in one line: nobody's comment may look like a line of ours.
pub(crate) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// An invoice in full.
pub(crate) fn invoice(i: &Invoice) -> String {
    let mut out = String::new();
    let content = i.content.clone().unwrap_or_default();
    let ended = outcome(i.outcome()).map(|o| format!(", {o}")).unwrap_or_default();
    // Writing to a String cannot fail.
    let _ = writeln!(out, "invoice     {} (submission {})", last(&i.name), i.submission);
    let _ = writeln!(out, "state       {}{ended}", state(i.state()));
    if let Some(refusal) = &i.refusal {
        let _ = writeln!(out, "because     {}: {}", refusal.code, refusal.message);
    }
    let _ = writeln!(out, "vendor      {}, number {}, of {}", content.vendor, content.number, content.date);
    for (number, line) in (1..).zip(&content.lines) {
        let _ = writeln!(
            out,
            "line {number:<6} {} x {} at {} = BDT {}",
            line.quantity,
            one_line(&line.description),
            amount(line.unit_price_poisha),
            amount(line.amount_poisha)
        );
    }
    let _ = writeln!(out, "total       BDT {:>16}", amount(content.total_poisha));
    out.push_str(&taxes(i));
    let differs = i.approval.as_ref().is_none_or(|a| a.tasks.is_empty() || !a.match_differences.is_empty());
    if !content.po_number.is_empty() && !differs {
        let _ = writeln!(out, "match       agrees with {}", content.po_number);
    }
    if !i.payment_instruction.is_empty() {
        let to = Some(&i.payment_account).filter(|to| !to.is_empty()).map(|to| format!(" to {to}")).unwrap_or_default();
        let _ = writeln!(out, "instruction {} due {}{to}", i.payment_instruction, content.due_date);
    }
    out.push_str(&i.approval.as_ref().map(approval).unwrap_or_default());
    let _ = writeln!(out, "workflow    {}", i.workflow_id);
    out
}

/// An order in full.
pub(crate) fn order(o: &PurchaseOrder) -> String {
    let mut out = String::new();
    let content = o.content.clone().unwrap_or_default();
    let ended = outcome(o.outcome()).map(|o| format!(", {o}")).unwrap_or_default();
    let _ = writeln!(out, "order       {} (submission {})", last(&o.name), o.submission);
    let _ = writeln!(out, "state       {}{ended}", state(o.state()));
    if let Some(refusal) = &o.refusal {
        let _ = writeln!(out, "because     {}: {}", refusal.code, refusal.message);
    }
    let _ = writeln!(out, "vendor      {}, of {}, for {}", content.vendor, content.date, content.department);
    if !content.amends.is_empty() {
        let _ = writeln!(out, "amends      {}", content.amends);
    }
    for (number, line) in (1..).zip(&content.lines) {
        let _ = writeln!(
            out,
            "line {number:<6} {} x {} at {} = BDT {}",
            line.quantity,
            line.product,
            amount(line.unit_price_poisha),
            amount(line.amount_poisha)
        );
    }
    let _ = writeln!(out, "amount      BDT {:>16}", amount(content.amount_poisha));
    out.push_str(&o.approval.as_ref().map(approval).unwrap_or_default());
    out.push_str(&o.issued.as_ref().map(issued).unwrap_or_default());
    let _ = writeln!(out, "workflow    {}", o.workflow_id);
    out
}

/// An issued order, with what is open of it.
pub(crate) fn issued(o: &IssuedOrder) -> String {
    let mut out = String::new();
    let open = if o.open { "open" } else { "closed" };
    let _ = writeln!(out, "issued      {} version {}, {open}, BDT {}", o.po_number, o.version, amount(o.amount_poisha));
    for l in &o.lines {
        let _ = writeln!(
            out,
            "  line {:<4} {}: ordered {}, received {}, billed {}; {} to come, {} to bill",
            l.line, l.product, l.ordered, l.received, l.billed, l.to_receive, l.to_bill
        );
    }
    out
}

fn budgets(left: &[BudgetLeft]) -> String {
    let mut out = String::new();
    for b in left {
        let of = if b.project.is_empty() { "department".to_owned() } else { format!("project {}", b.project) };
        let free = b.free_poisha.map_or_else(|| "no line".to_owned(), |free| format!("BDT {:>16} free", amount(free)));
        let _ = writeln!(out, "budget      {free}  {of}");
    }
    out
}

/// Where an approval stands: budgets, differences, tasks, questions, and what was said.
fn approval(a: &Approval) -> String {
    let mut out = String::new();
    out.push_str(&budgets(&a.budgets));
    for difference in &a.match_differences {
        let _ = writeln!(out, "difference  {difference}");
    }
    for warning in &a.warnings {
        let _ = writeln!(out, "warning     {warning}");
    }
    for paper in &a.attachments {
        let _ = writeln!(
            out,
            "attached    {} ({} bytes, by {}): {}",
            paper.file_name, paper.size_bytes, paper.uploader, paper.name
        );
    }
    for task in &a.tasks {
        let _ = writeln!(out, "{}", task_line(task));
    }
    for q in a.questions.iter().filter(|q| q.open) {
        let _ = writeln!(
            out,
            "question    {} asks at {}: {} (answer with --question {})",
            q.actor,
            q.task,
            one_line(&q.text),
            q.id
        );
    }
    if a.returned {
        let _ = writeln!(out, "returned    it waits for its submitter to change it");
    }
    for h in a.history.iter().filter(|h| !matches!(h.event.as_str(), "decided" | "concluded")) {
        let when = time(h.time.as_ref()).unwrap_or_default();
        let who = if h.actor.is_empty() { String::new() } else { format!(" by {}", h.actor) };
        let said = one_line(&h.text);
        let about: Vec<&str> = [h.task.as_str(), &h.subject, &said].into_iter().filter(|t| !t.is_empty()).collect();
        let _ = writeln!(out, "  {when}  {}{who}: {}", h.event, about.join(", "));
    }
    let _ = writeln!(out, "etag        {}", a.etag);
    out
}

/// Who would have to approve, why and by when.
pub(crate) fn planned(tasks: &[PlannedTask], left: &[BudgetLeft], warnings: &[String]) -> String {
    let mut out = budgets(left);
    for warning in warnings {
        let _ = writeln!(out, "warning     {warning}");
    }
    if tasks.is_empty() {
        let _ = writeln!(out, "nobody need approve it");
    }
    for t in tasks {
        let due = time(t.due_time.as_ref()).unwrap_or_default();
        let of = if t.needed == 1 { "one of".to_owned() } else { format!("{} of", t.needed) };
        let _ = writeln!(out, "{:<12}{:<18} {of} {}, by {due} at the latest", t.task, t.role, t.eligible.join(", "));
        let _ = writeln!(out, "  because   {}", t.why);
    }
    out
}

/// An invoice's taxes with their working; nothing before its assessment.
pub(crate) fn taxes(i: &Invoice) -> String {
    i.taxes.as_ref().map(tax_lines).unwrap_or_default()
}

/// Taxes with their working.
pub(crate) fn tax_lines(taxes: &InvoiceTaxes) -> String {
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
    let working = if present::lang() == Lang::Bn { &taxes.working_bn } else { &taxes.working };
    for step in working {
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
            if t.principal != t.actor {
                let _ = write!(line, " for {}", t.principal);
            }
            if t.needed > 1 {
                let _ = write!(line, ", {} of {}", t.given, t.needed);
            }
            if !t.comment.is_empty() {
                let _ = write!(line, " ({})", one_line(&t.comment));
            }
        }
        TaskState::Open => {
            let answers: Vec<&str> = t.allowed_answers.iter().map(|a| a.name.as_str()).collect();
            let due = time(t.due_time.as_ref()).unwrap_or_else(|| "an answer comes".to_owned());
            let missing = if t.needed > 1 { format!(" ({} of {})", t.given, t.needed) } else { String::new() };
            let _ = write!(line, " until {due}{missing}: {} [{}]", one_line(&t.question), answers.join(" | "));
        }
        _ => {}
    }
    line
}

/// Which process a name is of.
fn process_of(name: &str) -> &'static str {
    let of = |kind: &Process| name.split('/').any(|part| part == process_collection(*kind));
    Process::ALL.into_iter().find(of).map_or("process", Process::name)
}

/// An inbox.
pub(crate) fn inbox(tasks: &[PendingTask]) -> String {
    if tasks.is_empty() {
        return "nothing waits for you".to_owned();
    }
    let mut out = String::new();
    for t in tasks {
        let answers: Vec<&str> = t.allowed_answers.iter().map(|a| a.name.as_str()).collect();
        let due = time(t.due_time.as_ref()).unwrap_or_else(|| "after an answer".to_owned());
        let about = if t.kind == BANK_DETAILS {
            format!("bank account of {}", t.vendor)
        } else if t.employee.is_empty() {
            let of = [t.vendor.as_str(), &t.number].join(" ");
            format!("BDT {:>16}  {}", amount(t.total_poisha), of.trim_end())
        } else {
            format!("{} of {}", process_of(&t.document), t.employee)
        };
        let answers = if answers.is_empty() { "complete".to_owned() } else { answers.join(" | ") };
        let _ = writeln!(
            out,
            "{}  {:<14} {about}  due {due}\n    for {}: {} [{answers}]",
            last(&t.document),
            if t.kind == BANK_DETAILS { BANK_DETAILS } else { last(&t.name) },
            t.principal,
            one_line(&t.question),
        );
    }
    out
}
