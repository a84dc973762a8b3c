//! How a process is asked for its health by its own program, in images that hold nothing else to ask with.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::Request;
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

/// The longest answer that is read, in bytes.
const MOST: usize = 64 * 1024;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Question {
    /// Whether work may be sent there.
    Ready,
    /// Whether the process turns at all.
    Live,
    /// Whether it has come up.
    Startup,
}

impl Question {
    fn path(self) -> &'static str {
        match self {
            Self::Ready => "/health/ready",
            Self::Live => "/health/live",
            Self::Startup => "/health/startup",
        }
    }
}

/// The arguments of `health`.
#[derive(Debug, Clone, clap::Args)]
pub struct Probe {
    /// What is asked for.
    #[arg(value_enum, default_value = "ready")]
    pub question: Question,
    /// How long the answer may take, in milliseconds.
    #[arg(long, default_value_t = 2000, value_parser = clap::value_parser!(u64).range(1..=60_000))]
    pub timeout_millis: u64,
}

/// The process is not as it was asked to be, or does not say.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// It serves no health.
    #[error(
        "{key} is {listen:?}, so that nothing can be asked there; give it an IP address with a port, such as 127.0.0.1:9464"
    )]
    Nowhere {
        /// The key of the configuration.
        key: &'static str,
        /// Its value.
        listen: String,
    },
    /// It does not answer.
    #[error("{url} does not answer: {why}")]
    Silent {
        /// What was asked.
        url: String,
        /// Why there is no answer.
        why: String,
    },
    /// It says no.
    #[error("{url} says {status}: {said}")]
    No {
        /// What was asked.
        url: String,
        /// The status of HTTP.
        status: u16,
        /// What else it says.
        said: String,
    },
}

/// Asks the process that listens there, on this machine. `listen` is its admin listener as the configuration has it, under `key`.
/// Answers what it says.
///
/// # Errors
/// [`ProbeError`].
pub async fn ask((key, listen): (&'static str, &str), probe: &Probe) -> Result<String, ProbeError> {
    let address = here(listen).ok_or_else(|| ProbeError::Nowhere { key, listen: listen.to_owned() })?;
    let url = format!("http://{address}{}", probe.question.path());
    let silent = |why: String| ProbeError::Silent { url: url.clone(), why };
    let request = Request::get(&url).body(Empty::<Bytes>::new()).map_err(|e| silent(e.to_string()))?;
    let client = Client::builder(TokioExecutor::new()).build::<_, Empty<Bytes>>(HttpConnector::new());
    let answer = async {
        let response = client.request(request).await.map_err(|e| silent(causes(&e)))?;
        let status = response.status();
        let body = Limited::new(response.into_body(), MOST).collect().await.map_err(|e| silent(e.to_string()))?;
        let said = String::from_utf8_lossy(&body.to_bytes()).into_owned();
        if status.is_success() {
            Ok(said)
        } else {
            Err(ProbeError::No { url: url.clone(), status: status.as_u16(), said })
        }
    };
    let within = Duration::from_millis(probe.timeout_millis);
    tokio::time::timeout(within, answer)
        .await
        .map_err(|_| silent(format!("no answer within {} ms", within.as_millis())))?
}

/// As [`ask`], and prints what is said.
///
/// # Errors
/// [`ProbeError`].
#[expect(clippy::print_stdout, reason = "it is what the command line asked for")]
pub async fn report(place: (&'static str, &str), probe: &Probe) -> Result<(), ProbeError> {
    println!("{}", ask(place, probe).await?);
    Ok(())
}

/// Where a listener of this machine is reached. One that listens everywhere listens on the loopback too.
fn here(listen: &str) -> Option<SocketAddr> {
    let mut address: SocketAddr = listen.parse().ok().filter(|address: &SocketAddr| address.port() != 0)?;
    if address.ip().is_unspecified() {
        let loopback = if address.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { IpAddr::V6(Ipv6Addr::LOCALHOST) };
        address.set_ip(loopback);
    }
    Some(address)
}

fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use futures::FutureExt as _;

    use super::*;
    use crate::{Health, admin};

    fn probe(question: Question) -> Probe {
        Probe { question, timeout_millis: 2000 }
    }

    #[tokio::test]
    async fn a_process_is_asked_where_it_listens() {
        let health = Health::starting();
        let source: admin::Source = Arc::new(|| async { String::new() }.boxed());
        let admin = admin::serve(("worker.admin_listen", "0.0.0.0:0"), health.clone(), source).unwrap();
        let listen = admin.address.to_string();
        let place = ("worker.admin_listen", listen.as_str());
        assert!(ask(place, &probe(Question::Live)).await.unwrap().contains("pass"));
        let error = ask(place, &probe(Question::Startup)).await.unwrap_err().to_string();
        assert!(error.contains("/health/startup says 503"), "{error}");
        drop(admin);
    }

    #[tokio::test]
    async fn what_cannot_be_asked_is_named() {
        for listen in ["", "0.0.0.0:0", "worker:9464"] {
            let error = ask(("facade.admin_listen", listen), &probe(Question::Ready)).await.unwrap_err().to_string();
            assert!(error.starts_with(&format!("facade.admin_listen is {listen:?}")), "{error}");
        }
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let error =
            ask(("worker.admin_listen", &port.to_string()), &probe(Question::Ready)).await.unwrap_err().to_string();
        assert!(error.contains("does not answer") && error.contains("refused"), "{error}");
    }
}
