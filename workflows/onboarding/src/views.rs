//! What queries and the result show.

use vextrus_contract::employees::{ProcessResult, ProcessStatusView, ProcessTaskView};
use vextrus_lifecycle::{Status, TaskStatus};

use crate::state::State;

impl State {
    pub(crate) fn status_view(&self) -> ProcessStatusView {
        let machine = self.machine();
        let of = |status| {
            let found = machine.tasks().iter().filter(move |t| t.status == status);
            found.map(|t| t.plan.id.clone()).collect()
        };
        let settled = machine.tasks().iter().filter(|t| t.status.is_settled()).count();
        ProcessStatusView {
            status: self.status().to_owned(),
            phase: machine.phase().to_owned(),
            revision: machine.revision(),
            start_date: machine.head().map(|h| h.start_date),
            probation_end: machine.head().and_then(|h| h.probation_end),
            open: of(TaskStatus::Open),
            running: of(TaskStatus::Running),
            settled: (settled, machine.tasks().len()),
            refused_messages: self.refused_messages,
            runs: self.runs,
        }
    }

    pub(crate) fn tasks_view(&self) -> Vec<ProcessTaskView> {
        let task = |t: &vextrus_lifecycle::TaskState| ProcessTaskView {
            task: t.plan.id.clone(),
            name: t.plan.name.clone(),
            owner: t.plan.owner.clone(),
            people: t.people.clone(),
            state: t.status.name().to_owned(),
            opened_at: t.opened_at,
            due_at: t.due_at,
            by: t.by.clone(),
            on_behalf_of: t.on_behalf_of.clone(),
            verdict: t.verdict,
            reference: t.reference.clone(),
            settled_at: t.settled_at,
            undoes: t.plan.undoes.clone(),
        };
        self.machine().tasks().iter().map(task).collect()
    }

    pub(crate) fn result(&self, status: Status) -> ProcessResult {
        let dead = self.dead().map(ToString::to_string);
        let why = dead.or_else(|| self.machine().stopped().map(|s| s.why.clone()));
        ProcessResult { status, why, tasks: self.tasks_view() }
    }
}
