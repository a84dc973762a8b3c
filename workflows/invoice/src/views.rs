//! What queries show.

use vextrus_approval::TaskState;
use vextrus_contract::invoice::{DetailsView, StatusView, TaskView};

use crate::state::State;

impl State {
    pub(crate) fn status_view(&self) -> StatusView {
        let concluding = self.machine.outcome().is_some() || self.closing;
        let status = match self.ended {
            Some(status) => status.name(),
            None if concluding => "concluding",
            None if self.must_assess => "assessing",
            None => "waiting",
        };
        StatusView {
            status: status.to_owned(),
            revision: self.revision,
            tasks: self.machine.tasks().iter().map(task_view).collect(),
            refused_messages: self.refused_messages,
        }
    }

    pub(crate) fn details_view(&self) -> DetailsView {
        DetailsView {
            key: self.start.key.clone(),
            submitter: self.start.submitter.clone(),
            head: self.start.head.clone(),
            totals: self.assessed.as_ref().map(|a| a.totals.clone()),
        }
    }
}

fn task_view(state: &TaskState) -> TaskView {
    let name = match (&state.decision, state.opened_at) {
        (Some(_), _) => "decided",
        (None, Some(_)) => "open",
        (None, None) => "waiting",
    };
    TaskView {
        task: state.task.id.clone(),
        kind: state.task.kind.name().to_owned(),
        role: state.task.role.to_string(),
        eligible: state.task.eligible.clone(),
        state: name.to_owned(),
        due_at: state.due_at(),
    }
}
