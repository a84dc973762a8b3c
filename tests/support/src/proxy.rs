//! A wire that a test can cut and stall, between a program and a server that know nothing of it. It may be spoken to by TLS.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

/// Where a wire leads.
#[derive(Debug, Clone)]
pub enum Target {
    /// A `host:port`.
    Tcp(String),
    /// A socket of this machine.
    Unix(PathBuf),
}

/// What a wire does with what is sent over it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Condition {
    /// Nothing comes through, and nobody is told.
    stalled: bool,
    /// How often it was cut: connections of before are dropped.
    cuts: u64,
}

/// What a wire does before it carries anything.
#[derive(Debug, Clone)]
enum Door {
    Open,
    /// TLS, at once.
    Secured(Arc<ServerConfig>),
    /// TLS, once a client of PostgreSQL has asked for it.
    Asked(Arc<ServerConfig>),
}

/// A wire. It ends when this is dropped.
#[derive(Debug)]
pub struct Proxy {
    /// Where it begins, on this machine.
    pub address: SocketAddr,
    condition: watch::Sender<Condition>,
    target: Arc<Mutex<Target>>,
    door: Arc<Mutex<Door>>,
    accepting: JoinHandle<()>,
}

impl Proxy {
    /// A wire to a server.
    ///
    /// # Errors
    /// No free port.
    pub async fn to(target: Target) -> io::Result<Self> {
        Self::with(target, Door::Open).await
    }

    /// The same by TLS.
    ///
    /// # Errors
    /// No free port.
    pub async fn secured(target: Target, shows: Arc<ServerConfig>) -> io::Result<Self> {
        Self::with(target, Door::Secured(shows)).await
    }

    /// The same to a PostgreSQL, whose clients ask first.
    ///
    /// # Errors
    /// No free port.
    pub async fn secured_postgres(target: Target, shows: Arc<ServerConfig>) -> io::Result<Self> {
        Self::with(target, Door::Asked(shows)).await
    }

    async fn with(target: Target, door: Door) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (condition, watched) = watch::channel(Condition { stalled: false, cuts: 0 });
        let target = Arc::new(Mutex::new(target));
        let door = Arc::new(Mutex::new(door));
        let (led, kept) = (Arc::clone(&target), Arc::clone(&door));
        let accepting = tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let target = led.lock().unwrap_or_else(PoisonError::into_inner).clone();
                let door = kept.lock().unwrap_or_else(PoisonError::into_inner).clone();
                // A server that is not there drops the connection, as the network would; so does one that does not know the client.
                tokio::spawn(enter(near, door, target, watched.clone()));
            }
        });
        Ok(Self { address, condition, target, door, accepting })
    }

    /// Shows something else to further connections, or lets in others, where it is spoken to by TLS.
    pub fn show(&self, shows: Arc<ServerConfig>) {
        match &mut *self.door.lock().unwrap_or_else(PoisonError::into_inner) {
            Door::Open => {}
            Door::Secured(shown) | Door::Asked(shown) => *shown = shows,
        }
    }

    /// Leads further connections elsewhere.
    pub fn lead_to(&self, target: Target) {
        *self.target.lock().unwrap_or_else(PoisonError::into_inner) = target;
    }

    /// Drops every connection; new ones come through.
    pub fn cut(&self) {
        self.condition.send_modify(|c| c.cuts += 1);
    }

    /// Lets nothing through, or everything again.
    pub fn stall(&self, stalled: bool) {
        self.condition.send_modify(|c| c.stalled = stalled);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
        self.cut();
    }
}

async fn enter(mut near: TcpStream, door: Door, target: Target, watched: watch::Receiver<Condition>) {
    let shows = match door {
        Door::Open => return carry(near, target, watched).await,
        Door::Secured(shows) => shows,
        Door::Asked(shows) => {
            // SSLRequest: its length and its code.
            let mut asked = [0; 8];
            let is_asked = near.read_exact(&mut asked).await.is_ok() && asked == [0, 0, 0, 8, 4, 210, 22, 47];
            if !is_asked || near.write_all(b"S").await.is_err() {
                return;
            }
            shows
        }
    };
    if let Ok(near) = TlsAcceptor::from(shows).accept(near).await {
        carry(near, target, watched).await;
    }
}

async fn carry(near: impl AsyncRead + AsyncWrite, target: Target, watched: watch::Receiver<Condition>) {
    let done = match target {
        Target::Tcp(address) => match TcpStream::connect(address).await {
            Ok(far) => both(near, far, watched).await,
            Err(error) => Err(error),
        },
        Target::Unix(path) => match UnixStream::connect(path).await {
            Ok(far) => both(near, far, watched).await,
            Err(error) => Err(error),
        },
    };
    // That an end has gone is what a wire is for to tell: by closing the other.
    drop(done);
}

async fn both(
    near: impl AsyncRead + AsyncWrite,
    far: impl AsyncRead + AsyncWrite,
    watched: watch::Receiver<Condition>,
) -> io::Result<()> {
    let cuts = watched.borrow().cuts;
    let (near_in, near_out) = tokio::io::split(near);
    let (far_in, far_out) = tokio::io::split(far);
    let mut cut = watched.clone();
    tokio::select! {
        done = one_way(near_in, far_out, watched.clone()) => done,
        done = one_way(far_in, near_out, watched) => done,
        _ = cut.wait_for(|c| c.cuts != cuts) => Ok(()),
    }
}

async fn one_way(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut watched: watch::Receiver<Condition>,
) -> io::Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let read = from.read(&mut buffer).await?;
        if read == 0 || watched.wait_for(|c| !c.stalled).await.is_err() {
            return to.shutdown().await;
        }
        to.write_all(&buffer[..read]).await?;
    }
}
