//! The namespace as code: it exists, and keeps closed runs for as long as we say.

use std::time::Duration;

use temporalio_client::Client;
use temporalio_protos::temporal::api::{
    namespace::v1::NamespaceConfig,
    workflowservice::v1::{
        CountWorkflowExecutionsRequest, DescribeNamespaceRequest, RegisterNamespaceRequest, UpdateNamespaceRequest,
    },
};
use tonic::{Code, Status};

use crate::{
    deadline::Deadline,
    rpc::{may_pass, request},
};

/// For how long Temporal keeps the history of a closed run. The ledger is the long record.
pub const RETENTION: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// A new namespace reaches all parts of a server within about 10 s.
const USABLE_WITHIN: Duration = Duration::from_secs(60);

/// What [`ensure_namespace`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NamespaceChange {
    /// It was missing.
    Created,
    /// Its retention was another.
    Updated {
        /// The retention until now.
        from: Duration,
    },
    /// It was as it should be.
    Unchanged,
}

/// The namespace is not as it should be.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NamespaceError {
    /// The server refused a call, as where we may not administer it.
    #[error("cannot {action} namespace {namespace}: {}", source.message())]
    Refused {
        /// `describe`, `create`, `update` or `use`.
        action: &'static str,
        /// Which.
        namespace: String,
        /// The answer.
        #[source]
        source: Box<Status>,
    },
    /// It cannot be used yet, although it was waited for.
    #[error("namespace {namespace} was not usable within {within:?}")]
    NotUsable {
        /// Which.
        namespace: String,
        /// For how long it was waited for.
        within: Duration,
        /// The last answer.
        #[source]
        source: Option<Box<Status>>,
    },
    /// No server can keep runs for so long.
    #[error("a retention of {0:?} is too long")]
    Retention(Duration),
}

/// Creates the namespace where it is missing, sets its retention where it is another, and waits until it can be used.
/// It may be called by many processes at once, and again at every start.
///
/// # Errors
///
/// Where the server refuses, or the namespace cannot be used within a minute.
pub async fn ensure_namespace(
    client: &Client,
    namespace: &str,
    retention: Duration,
) -> Result<NamespaceChange, NamespaceError> {
    let mut deadline = Deadline::after(USABLE_WITHIN);
    let mut change = None;
    loop {
        let last = match step(client, namespace, retention).await {
            Ok(None) => break,
            Ok(Some(made)) => {
                change.get_or_insert(made);
                None
            }
            Err(Failure::TooLong) => return Err(NamespaceError::Retention(retention)),
            // Where another process created it a moment ago, it is looked at like any other.
            Err(Failure::Call(_, status)) if may_pass(&status) || status.code() == Code::AlreadyExists => Some(status),
            Err(Failure::Call(action, source)) => return Err(refused(action, namespace, source)),
        };
        if !deadline.pause().await {
            return Err(NamespaceError::NotUsable {
                namespace: namespace.to_owned(),
                within: USABLE_WITHIN,
                source: last,
            });
        }
    }
    wait_until_usable(client, namespace, USABLE_WITHIN).await?;
    Ok(change.unwrap_or(NamespaceChange::Unchanged))
}

/// What the server calls the namespace, whatever its name: one that is made anew under the same name has another id.
///
/// # Errors
///
/// Where the server does not answer, or there is no such namespace.
pub async fn namespace_id(client: &Client, namespace: &str) -> Result<String, NamespaceError> {
    let describe = DescribeNamespaceRequest { namespace: namespace.to_owned(), ..Default::default() };
    let answer = client.connection().workflow_service().describe_namespace(request(describe)).await;
    let found = answer.map_err(|status| refused("describe", namespace, Box::new(status)))?.into_inner();
    let id = found.namespace_info.map(|info| info.id).filter(|id| !id.is_empty());
    id.ok_or_else(|| refused("describe", namespace, Box::new(Status::internal("the server tells no id"))))
}

enum Failure {
    TooLong,
    Call(&'static str, Box<Status>),
}

impl Failure {
    fn of(action: &'static str) -> impl Fn(Status) -> Self {
        move |status| Self::Call(action, Box::new(status))
    }
}

/// Makes one change if one is needed; nothing where all is right.
async fn step(client: &Client, namespace: &str, retention: Duration) -> Result<Option<NamespaceChange>, Failure> {
    let ttl = Some(retention.try_into().map_err(|_| Failure::TooLong)?);
    let namespace = namespace.to_owned();
    let mut service = client.connection().workflow_service();
    let describe = DescribeNamespaceRequest { namespace: namespace.clone(), ..Default::default() };
    match service.describe_namespace(request(describe)).await {
        Ok(answer) => {
            let found = answer.into_inner().config.and_then(|config| config.workflow_execution_retention_ttl);
            let from = found.and_then(|found| found.try_into().ok()).unwrap_or_default();
            if from == retention {
                return Ok(None);
            }
            // What a request leaves out, the server leaves as it is.
            let config = NamespaceConfig { workflow_execution_retention_ttl: ttl, ..Default::default() };
            let update = UpdateNamespaceRequest { namespace, config: Some(config), ..Default::default() };
            service.update_namespace(request(update)).await.map_err(Failure::of("update"))?;
            Ok(Some(NamespaceChange::Updated { from }))
        }
        Err(status) if status.code() == Code::NotFound => {
            let register =
                RegisterNamespaceRequest { namespace, workflow_execution_retention_period: ttl, ..Default::default() };
            service.register_namespace(request(register)).await.map_err(Failure::of("create"))?;
            Ok(Some(NamespaceChange::Created))
        }
        Err(status) => Err(Failure::of("describe")(status)),
    }
}

/// A namespace can be described at once, but workflows cannot be started in it until the frontend has it too. Counting
/// them goes the same way and leaves nothing behind.
pub(crate) async fn wait_until_usable(
    client: &Client,
    namespace: &str,
    within: Duration,
) -> Result<(), NamespaceError> {
    let mut deadline = Deadline::after(within);
    loop {
        let count = CountWorkflowExecutionsRequest { namespace: namespace.to_owned(), ..Default::default() };
        let source = match client.connection().workflow_service().count_workflow_executions(request(count)).await {
            Ok(_) => return Ok(()),
            Err(status) if may_pass(&status) || status.code() == Code::NotFound => Box::new(status),
            Err(status) => return Err(refused("use", namespace, Box::new(status))),
        };
        if !deadline.pause().await {
            return Err(NamespaceError::NotUsable { namespace: namespace.to_owned(), within, source: Some(source) });
        }
    }
}

fn refused(action: &'static str, namespace: &str, source: Box<Status>) -> NamespaceError {
    NamespaceError::Refused { action, namespace: namespace.to_owned(), source }
}
