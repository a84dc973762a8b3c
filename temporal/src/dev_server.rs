//! The real server, `temporal server start-dev`, as a child process: for `vextrus dev`, and for tests. For Unix.

mod cli;
mod error;
mod keeper;
mod log;
mod options;

use std::{io, net::TcpListener, path::Path, time::Duration};

use self::{keeper::Keeper, log::Log};
use crate::{ConnectOptions, connect_to, deadline::Deadline, namespace::wait_until_usable};

pub use self::{
    cli::find_cli,
    error::{DevServerError, NotServing},
    options::DevServerOptions,
};

/// Only this machine may reach it.
const IP: &str = "127.0.0.1";

/// Between the choice of a port and its use another process can take it.
const TRIES: u32 = 5;

/// A running server. It ends when this is dropped, and also when this process is killed.
#[derive(Debug)]
pub struct DevServer {
    /// `host:port` of the service.
    pub address: String,
    /// `host:port` of the UI, where it is served.
    pub ui_address: Option<String>,
    keeper: Keeper,
    log: Log,
}

impl DevServer {
    /// Starts a server, and waits until workflows can be started in its namespaces.
    ///
    /// # Errors
    ///
    /// Where `temporal` is not found, does not start, or does not serve in time; with the last that it printed.
    pub async fn start(options: DevServerOptions) -> Result<Self, DevServerError> {
        let cli = find_cli()?;
        let ports_are_ours = options.port.is_none() && options.ui_port.is_none();
        let mut tries = 1;
        loop {
            match Self::try_start(&cli, &options).await {
                Err(DevServerError::Ended { log, .. })
                    if tries < TRIES && ports_are_ours && log.contains("address already in use") =>
                {
                    tracing::debug!(tries, "a port of temporal was taken meanwhile");
                    tries += 1;
                }
                result => return result,
            }
        }
    }

    async fn try_start(cli: &Path, options: &DevServerOptions) -> Result<Self, DevServerError> {
        let failed = |what| move |source| DevServerError::Start { what, source };
        let (port, ui_port) = free_ports().map_err(failed("no free port"))?;
        let (port, ui_port) = (options.port.unwrap_or(port), options.ui_port.unwrap_or(ui_port));
        let log = Log::open(options.log_file.as_deref()).map_err(failed("its log cannot be opened"))?;
        let grace = if options.db_file.is_some() { options.grace } else { Duration::ZERO };
        let keeper = Keeper::start(cli, &options.arguments(port, ui_port), log.file(), grace)
            .map_err(failed("its process cannot be started"))?;
        let ui_address = options.ui.then(|| format!("{IP}:{ui_port}"));
        let mut server = Self { address: format!("{IP}:{port}"), ui_address, keeper, log };
        server.wait_until_ready(port, options).await?;
        Ok(server)
    }

    async fn wait_until_ready(&mut self, port: u16, options: &DevServerOptions) -> Result<(), DevServerError> {
        let mut deadline = Deadline::after(options.within);
        loop {
            self.require_running()?;
            if self.log.announces(port) {
                break;
            }
            if !deadline.pause().await {
                return Err(self.not_ready(options, None));
            }
        }
        let served = self.require_namespaces(options, &deadline).await;
        // A server that ended says more about why than a call that failed.
        self.require_running()?;
        served.map_err(|source| self.not_ready(options, Some(source)))
    }

    fn require_running(&mut self) -> Result<(), DevServerError> {
        match self.keeper.ended() {
            Ok(None) => Ok(()),
            Ok(Some(status)) => Err(DevServerError::Ended { status, log: self.log.tail() }),
            Err(source) => Err(DevServerError::Start { what: "its process cannot be watched", source }),
        }
    }

    async fn require_namespaces(&self, options: &DevServerOptions, deadline: &Deadline) -> Result<(), NotServing> {
        let connect = ConnectOptions { within: deadline.remaining(), ..ConnectOptions::default() };
        let client = connect_to(&self.address, "default", connect).await?;
        for namespace in options.namespaces.iter().map(String::as_str).chain(["default"]) {
            wait_until_usable(&client, namespace, deadline.remaining()).await?;
        }
        Ok(())
    }

    fn not_ready(&self, options: &DevServerOptions, source: Option<NotServing>) -> DevServerError {
        let (address, within, log) = (self.address.clone(), options.within, self.log.tail());
        DevServerError::NotReady { address, within, log, source }
    }

    /// The last that the server printed.
    #[must_use]
    pub fn log_tail(&self) -> String {
        self.log.tail()
    }

    /// Ends the server, and waits until its process has ended. One with a file is asked first, and killed after its grace.
    ///
    /// # Errors
    ///
    /// Where its process does not end.
    pub async fn shutdown(self) -> Result<(), DevServerError> {
        let address = self.address;
        self.keeper.stop().await.map_err(|source| DevServerError::Stop { address, source })
    }
}

/// Two ports that are free now.
fn free_ports() -> io::Result<(u16, u16)> {
    let (one, two) = (TcpListener::bind((IP, 0))?, TcpListener::bind((IP, 0))?);
    Ok((one.local_addr()?.port(), two.local_addr()?.port()))
}
