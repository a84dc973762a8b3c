//! ListTasks: the caller's open tasks, page by page.

use vextrus_ledger::views;
use vextrus_proto::approval::v1 as proto;

use crate::call::Call;
use crate::errors::Failure;
use crate::service::App;
use crate::{names, pages, read, render};

pub(crate) async fn list(
    app: &App,
    call: &Call,
    request: proto::ListTasksRequest,
) -> Result<proto::ListTasksResponse, Failure> {
    let actor = &call.actor;
    names::own_tenant(&request.parent, actor)?;
    let size = pages::size(request.page_size)?;
    let after = pages::cursor(&request.page_token)?;
    let mut tx = app.ledger.report(&call.actor.tenant).await?;
    read::reader(app, &mut tx, call, &request.parent).await?;
    // One more than asked for says whether there is a next page.
    let mut lines = views::inbox(&mut tx, &actor.tenant, &actor.person, after.as_ref(), size + 1).await?;
    let next_page_token = pages::cut(&mut lines, size, |l| (l.sorted_at, l.document.clone(), l.task.clone()))?;
    let tasks = lines.into_iter().map(|line| render::pending(&actor.tenant, line)).collect::<Result<_, _>>()?;
    Ok(proto::ListTasksResponse { tasks, next_page_token })
}
