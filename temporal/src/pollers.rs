//! What the service says of our task queues: whether it sees us poll, and what waits.

use std::time::Duration;

use temporalio_client::{Client, NamespacedClient as _};
use temporalio_protos::temporal::api::enums::v1::TaskQueueType;
use temporalio_protos::temporal::api::taskqueue::v1::TaskQueue;
use temporalio_protos::temporal::api::workflowservice::v1::{
    DescribeNamespaceRequest, DescribeTaskQueueRequest, GetSystemInfoRequest,
};
use tonic::Status;
use vextrus_platform::Health;
use vextrus_platform::health::Check;

use crate::rpc::request;

/// Has a process's readiness depend on the service from now on. Must be called within a tokio runtime.
pub fn watch(health: &Health, client: &Client) {
    let asked = client.clone();
    health.add(Check::ready("temporal"), move || {
        let client = asked.clone();
        async move { answers(&client).await.map(|()| String::new()).map_err(|e| e.to_string()) }
    });
}

/// Whether the service answers, and knows our namespace.
async fn answers(client: &Client) -> Result<(), Status> {
    let mut service = client.connection().workflow_service();
    service.get_system_info(request(GetSystemInfoRequest {})).await?;
    let describe = DescribeNamespaceRequest { namespace: client.namespace(), ..Default::default() };
    service.describe_namespace(request(describe)).await.map(drop)
}

/// A task queue, as the service sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// How long ago a poll of this process was last seen; none where the service knows of none. A poll without work lasts a minute, so that
    /// an idle worker was seen up to so long ago.
    pub polled: Option<Duration>,
    /// About how many tasks wait, of all workers.
    pub backlog: i64,
}

/// Asks of a task queue.
///
/// # Errors
/// The service's status.
pub async fn seen(client: &Client, queue: &str, activities: bool) -> Result<Seen, Status> {
    let kind = if activities { TaskQueueType::Activity } else { TaskQueueType::Workflow };
    let describe = DescribeTaskQueueRequest {
        namespace: client.namespace(),
        task_queue: Some(TaskQueue { name: queue.to_owned(), ..Default::default() }),
        task_queue_type: kind.into(),
        report_stats: true,
        ..Default::default()
    };
    let answer = client.connection().workflow_service().describe_task_queue(request(describe)).await?.into_inner();
    let identity = client.connection().identity();
    let now = std::time::SystemTime::now();
    let backlog = answer.stats.map_or(0, |stats| stats.approximate_backlog_count);
    let ours = answer.pollers.into_iter().filter(|poller| poller.identity == identity);
    let ages = ours.filter_map(|poller| {
        let at = std::time::SystemTime::try_from(poller.last_access_time?).ok()?;
        // The service's clock may be ahead of ours.
        Some(now.duration_since(at).unwrap_or_default())
    });
    Ok(Seen { polled: ages.min(), backlog })
}
