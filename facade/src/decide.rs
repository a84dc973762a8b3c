//! DecideTask.

use vextrus_proto::invoice::v1 as proto;

use crate::call::Call;
use crate::decision::{Fields, Wish};
use crate::errors::Failure;
use crate::service::App;
use crate::workflow::Verb;
use crate::{names, render};

pub(crate) async fn decide(
    app: &App,
    call: &Call,
    request: proto::DecideTaskRequest,
) -> Result<proto::DecideTaskResponse, Failure> {
    let (document, task) = names::task_or_invoice(&request.name, &call.actor)?;
    let proto::DecideTaskRequest { answer, comment, request_id, submission, .. } = request;
    let wish = Wish::read(Verb::Decide, document, task, Fields { answer, comment, request_id, submission })?;
    let standing = wish.carry(app, call).await?;
    let key = &standing.view.key;
    let task_name = |task: &vextrus_domain::TaskId| names::task_name(&key.tenant, key.document.as_str(), task.as_str());
    Ok(proto::DecideTaskResponse {
        invoice: names::invoice_name(&key.tenant, key.document.as_str()),
        state: render::state(standing.view.state).into(),
        outcome: render::outcome(standing.view.outcome.as_deref())?.into(),
        open_tasks: standing.open.iter().map(task_name).collect(),
    })
}
