//! Why there is no development server.

use std::{io, path::PathBuf, process::ExitStatus, time::Duration};

use crate::{ConnectError, NamespaceError};

/// Why there is no development server.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DevServerError {
    /// `TEMPORAL_CLI` names nothing that can be run.
    #[error("TEMPORAL_CLI names {}, which is no executable file", .0.display())]
    CliNamed(PathBuf),
    /// There is no `temporal`.
    #[error(
        "found no temporal: set TEMPORAL_CLI, put temporal on PATH, or fetch it into .tools of the checkout (looked from {})",
        .0.display()
    )]
    CliMissing(PathBuf),
    /// A port, the log or the process could not be had.
    #[error("cannot start temporal: {what}")]
    Start {
        /// What could not be had.
        what: &'static str,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It ended before it could be used.
    #[error("temporal ended with {status}; it printed:\n{log}")]
    Ended {
        /// How.
        status: ExitStatus,
        /// The last that it printed.
        log: String,
    },
    /// It runs, but does not serve.
    #[error("temporal at {address} could not be used within {within:?}; it printed:\n{log}")]
    NotReady {
        /// Where.
        address: String,
        /// For how long it was waited for.
        within: Duration,
        /// The last that it printed.
        log: String,
        /// How the last try failed.
        #[source]
        source: Option<NotServing>,
    },
    /// It does not stop.
    #[error("cannot stop temporal at {address}")]
    Stop {
        /// Where.
        address: String,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// What a server that runs did not do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotServing {
    /// It takes no connection.
    #[error(transparent)]
    Connection(#[from] ConnectError),
    /// It does not have a namespace.
    #[error(transparent)]
    Namespace(#[from] NamespaceError),
}
