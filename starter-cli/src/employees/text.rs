//! Processes as text for people.

use std::fmt::Write as _;

use vextrus_lifecycle::Process;
use vextrus_proto::onboarding::v1::{EmployeeProcess, ProcessKind, ProcessTask, ProcessTaskState};

use super::json::{class, kind, state, status, task_state, verdict};
use crate::json::{last, time};
use crate::text::one_line;

/// A process in full.
pub(crate) fn process(p: &EmployeeProcess) -> String {
    let mut out = String::new();
    let work = p.employment.clone().unwrap_or_default();
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{:<12}{} of {}", kind(p.kind()), last(&p.name), p.employee);
    let how = status(p.status()).filter(|status| *status != state(p.state()));
    let how = how.or_else(|| Some(p.phase.clone()).filter(|phase| !phase.is_empty()));
    let _ = writeln!(out, "state       {}{}", state(p.state()), how.map(|how| format!(", {how}")).unwrap_or_default());
    if !p.why.is_empty() {
        let _ = writeln!(out, "because     {}", one_line(&p.why));
    }
    let grade = if work.grade.is_empty() { String::new() } else { format!(", {}", one_line(&work.grade)) };
    let position = one_line(&work.position);
    let _ = writeln!(out, "work        {position} ({}{grade}) of {}", class(work.class()), work.department);
    let _ = writeln!(out, "people      manager {}, HR manager {}", work.manager, work.hr_manager);
    let day = if p.kind() == ProcessKind::Offboarding { "last day" } else { "first day" };
    let probation =
        if p.probation_end.is_empty() { String::new() } else { format!(", probation until {}", p.probation_end) };
    let _ = writeln!(out, "{day:<12}{}{probation}", p.start_date);
    if let Some(personal) = &p.personal {
        let _ = writeln!(out, "name        {}", one_line(&personal.name));
        let numbers = [("NID", &personal.nid), ("birth registration", &personal.birth_registration)];
        let numbers = numbers.iter().filter(|(_, n)| !n.is_empty()).map(|(what, n)| format!(", {what} {n}"));
        let _ = writeln!(out, "reached at  {}, {}{}", personal.email, personal.phone, numbers.collect::<String>());
    }
    out.push_str(&tasks(&p.tasks));
    let _ = writeln!(out, "workflow    {}", p.workflow_id);
    out
}

/// The tasks as a table: state, owner, due, and who.
fn tasks(tasks: &[ProcessTask]) -> String {
    if tasks.is_empty() {
        return String::new();
    }
    let rows =
        std::iter::once(["task", "state", "owner", "due", "who"].map(str::to_owned)).chain(tasks.iter().map(|t| {
            let due = time(t.due_time.as_ref()).unwrap_or_else(|| "-".to_owned());
            [last(&t.name).to_owned(), task_state(t.state()), t.owner.clone(), due, who(t)]
        }));
    table(&rows.collect::<Vec<_>>())
}

fn table<const N: usize>(rows: &[[String; N]]) -> String {
    let mut out = String::new();
    let widths: [usize; N] = std::array::from_fn(|i| rows.iter().map(|r| r[i].chars().count()).max().unwrap_or(0));
    for row in rows {
        let cells: Vec<String> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        let _ = writeln!(out, "{}", cells.join("  ").trim_end());
    }
    out
}

/// Who did a task or may do it, and what came of it.
pub(crate) fn who(t: &ProcessTask) -> String {
    let mut who = match t.state() {
        ProcessTaskState::Waiting | ProcessTaskState::Open => t.people.join(", "),
        ProcessTaskState::Running => "a system".to_owned(),
        ProcessTaskState::Done if t.by.is_empty() && !t.reference.is_empty() => "a system".to_owned(),
        ProcessTaskState::Done if t.by.is_empty() => "nothing had to be done".to_owned(),
        _ => t.by.clone(),
    };
    if !t.on_behalf_of.is_empty() {
        let _ = write!(who, " for {}", t.on_behalf_of);
    }
    let handed_over = if t.state() == ProcessTaskState::Open { t.handed_over.as_str() } else { "" };
    let said = verdict(t.verdict()).unwrap_or_default();
    for more in [said.as_str(), &t.reference, handed_over, &t.note] {
        if !more.is_empty() {
            let _ = write!(who, ": {}", one_line(more));
        }
    }
    who
}

/// Processes, one a line.
pub(super) fn list(kind: Process, all: &[EmployeeProcess]) -> String {
    if all.is_empty() {
        return format!("there is no {kind}");
    }
    let row = |p: &EmployeeProcess| {
        let how = status(p.status()).unwrap_or_else(|| state(p.state()));
        let department = p.employment.as_ref().map(|e| e.department.clone()).unwrap_or_default();
        [last(&p.name).to_owned(), p.employee.clone(), how, p.start_date.clone(), department]
    };
    table(&all.iter().map(row).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use vextrus_proto::onboarding::v1::Verdict;

    use super::*;

    fn task(state: ProcessTaskState) -> ProcessTask {
        ProcessTask {
            name: "tenants/acme/onboardings/p/tasks/probation-review".to_owned(),
            owner: "manager".to_owned(),
            people: vec!["karim".to_owned(), "shirin".to_owned()],
            state: state.into(),
            ..ProcessTask::default()
        }
    }

    #[test]
    fn it_is_said_who_is_asked_and_who_did_it() {
        use ProcessTaskState as S;
        let by = |state, by: &str| ProcessTask { by: by.to_owned(), ..task(state) };
        let text = |text: &str| text.to_owned();
        for (task, said) in [
            (task(S::Open), "karim, shirin"),
            (task(S::Running), "a system"),
            (ProcessTask { handed_over: text("no\nroom"), ..task(S::Open) }, "karim, shirin: no room"),
            (ProcessTask { reference: text("badge 7"), ..task(S::Done) }, "a system: badge 7"),
            (ProcessTask { on_behalf_of: text("emp-1"), ..by(S::Done, "hasina") }, "hasina for emp-1"),
            (
                ProcessTask { verdict: Verdict::Extend.into(), note: text("ill"), ..by(S::Done, "karim") },
                "karim: extend: ill",
            ),
            (ProcessTask { note: text("none came"), ..by(S::Skipped, "karim") }, "karim: none came"),
            (task(S::Done), "nothing had to be done"),
            (task(S::Dropped), ""),
        ] {
            assert_eq!(who(&task), said);
        }
    }

    #[test]
    fn tasks_stand_in_columns() {
        let rows = tasks(&[
            task(ProcessTaskState::Open),
            ProcessTask { owner: "hr".to_owned(), ..task(ProcessTaskState::Waiting) },
        ]);
        let expected = "task              state    owner    due  who\n\
                        probation-review  open     manager  -    karim, shirin\n\
                        probation-review  waiting  hr       -    karim, shirin\n";
        assert_eq!(rows, expected);
        assert_eq!(list(Process::Onboarding, &[]), "there is no onboarding");
    }
}
