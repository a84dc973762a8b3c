//! What queries show.

use vextrus_contract::document::{DecisionView, DetailsView, History, StatusView, TaskView};

use crate::state::State;

impl State {
    /// Where the document stands and what it waits for.
    #[must_use]
    pub fn status_view(&self) -> StatusView {
        let machine = self.machine();
        let concluding = machine.outcome().is_some() || self.closing;
        let status = match self.ended {
            Some(status) => status.name(),
            None if concluding => "concluding",
            None if machine.recompute().is_some() => "assessing",
            None if machine.returned().is_some() => "returned",
            None => "waiting",
        };
        let tasks = machine.tasks().iter().map(|t| TaskView {
            task: t.task.id.clone(),
            kind: t.task.kind.name().to_owned(),
            role: t.task.role.to_string(),
            eligible: t.eligible.clone(),
            state: t.status.name().to_owned(),
            missing: t.missing(),
            due_at: machine.due_at(t),
        });
        StatusView {
            status: status.to_owned(),
            revision: self.revision(),
            tasks: tasks.collect(),
            questions: machine.questions().iter().filter(|q| q.open).map(|q| q.id.clone()).collect(),
            refused_messages: self.refused_messages,
            runs: self.runs,
        }
    }

    /// The latest of what has happened.
    #[must_use]
    pub fn history_view(&self) -> History {
        self.machine().history().to_vec()
    }

    /// The document's head and amounts.
    #[must_use]
    pub fn details_view(&self) -> DetailsView {
        DetailsView {
            key: self.start.key.clone(),
            submitter: self.start.submitter.clone(),
            head: self.start.head.clone(),
            totals: self.totals(),
        }
    }

    /// The decisions that count.
    pub(crate) fn decisions(&self) -> Vec<DecisionView> {
        let counted = self.machine().tasks().iter().filter(|t| t.status != vextrus_approval::TaskStatus::Superseded);
        let mut given: Vec<DecisionView> = counted
            .flat_map(|t| {
                t.decisions.iter().map(|d| DecisionView {
                    task: t.task.id.clone(),
                    answer: d.answer.clone(),
                    actor: d.by.actor.clone(),
                    principal: d.by.principal.clone(),
                    comment: d.comment.clone(),
                    request_id: d.request_id.clone(),
                    at: d.at,
                })
            })
            .collect();
        given.sort_by_key(|d| d.at);
        given
    }
}
