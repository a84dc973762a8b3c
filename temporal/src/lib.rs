//! How we meet Temporal: the connection, the namespace and the search attributes as code, workflow ids, task queues,
//! the encryption of payloads, and the development server as a child process.

pub mod codec;
pub mod connection;
mod deadline;
pub mod deployment;
pub mod dev_server;
mod identity;
pub mod metrics;
pub mod namespace;
pub mod pollers;
mod rpc;
pub mod runs;
pub mod schedule;
pub mod search_attributes;
pub mod task_queue;
mod watched;
pub mod workflow_id;

pub use codec::{Codec, CodecError, KeysError, converter};
pub use connection::{ConnectError, ConnectOptions, connect, connect_as, connect_to};
pub use dev_server::{DevServer, DevServerError, DevServerOptions};
pub use metrics::{SdkMetrics, SdkMetricsError};
pub use namespace::{NamespaceChange, NamespaceError, RETENTION, ensure_namespace, namespace_id};
pub use rpc::may_pass;
pub use search_attributes::{SearchAttributesError, ensure_search_attributes};
pub use watched::{Watched, WatchedError};
pub use workflow_id::{WorkflowId, WorkflowIdError, WorkflowKind};
