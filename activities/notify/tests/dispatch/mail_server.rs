//! A mail server of the tests' own, as RFC 5321 has it: it takes mail, or refuses or breaks off at a chosen word.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use rcgen::generate_simple_self_signed;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::{ServerConfig, crypto::ring};

/// Makes of a word, such as `RCPT TO:<a@b.c>`, an answer of its own. An empty one breaks the connection.
type Manner = Arc<dyn Fn(usize, &str) -> Option<String> + Send + Sync>;

/// How TLS begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tls {
    None,
    Starttls,
    FromTheFirstByte,
}

/// A mail that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mail {
    pub(crate) from: String,
    pub(crate) to: String,
    /// Headers and body, as they came.
    pub(crate) text: String,
    pub(crate) encrypted: bool,
    /// The words of AUTH, where there were some.
    pub(crate) auth: Option<String>,
}

pub(crate) struct MailServer {
    pub(crate) address: SocketAddr,
    /// The certificate, in PEM.
    pub(crate) certificate: String,
    mails: Arc<Mutex<Vec<Mail>>>,
    connections: Arc<Mutex<usize>>,
}

#[derive(Clone)]
struct Desk {
    manner: Manner,
    tls: Tls,
    acceptor: TlsAcceptor,
    mails: Arc<Mutex<Vec<Mail>>>,
}

impl MailServer {
    /// One that takes everything.
    pub(crate) async fn new(tls: Tls) -> Self {
        Self::with(tls, |_, _| None).await
    }

    /// One with manners of its own. It is told how many mails were taken before.
    pub(crate) async fn with(tls: Tls, manner: impl Fn(usize, &str) -> Option<String> + Send + Sync + 'static) -> Self {
        let issued = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = PrivateKeyDer::Pkcs8(issued.signing_key.serialize_der().into());
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![issued.cert.der().clone()], key)
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mails = Arc::default();
        let desk = Desk {
            manner: Arc::new(manner),
            tls,
            acceptor: TlsAcceptor::from(Arc::new(config)),
            mails: Arc::clone(&mails),
        };
        let connections: Arc<Mutex<usize>> = Arc::default();
        let me = Self {
            address: listener.local_addr().unwrap(),
            certificate: issued.cert.pem(),
            mails,
            connections: Arc::clone(&connections),
        };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                *connections.lock().unwrap() += 1;
                let desk = desk.clone();
                tokio::spawn(async move { desk.serve(stream).await });
            }
        });
        me
    }

    pub(crate) fn mails(&self) -> Vec<Mail> {
        self.mails.lock().unwrap().clone()
    }

    pub(crate) fn connections(&self) -> usize {
        *self.connections.lock().unwrap()
    }
}

impl Desk {
    async fn serve(self, stream: TcpStream) -> Option<()> {
        if self.tls == Tls::FromTheFirstByte {
            let stream = self.acceptor.accept(stream).await.ok()?;
            return self.talk(stream, true, true).await.map(drop);
        }
        // STARTTLS ends the talk in plain; another one begins, without a greeting.
        let stream = self.talk(stream, false, true).await?;
        let stream = self.acceptor.accept(stream).await.ok()?;
        self.talk(stream, true, false).await.map(drop)
    }

    /// Talks until the end, or until STARTTLS.
    async fn talk<S: AsyncRead + AsyncWrite + Unpin>(&self, stream: S, encrypted: bool, greets: bool) -> Option<S> {
        let mut stream = BufReader::new(stream);
        if greets {
            say(&mut stream, self.answer("CONNECT").unwrap_or_else(|| "220 localhost".to_owned())).await?;
        }
        let mut mail = Mail { from: String::new(), to: String::new(), text: String::new(), encrypted, auth: None };
        loop {
            let line = hear(&mut stream).await?;
            let word = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
            let own = self.answer(&line);
            let went_well = own.is_none();
            let usual = match word.as_str() {
                "EHLO" if self.tls == Tls::Starttls && !encrypted => "250-localhost\r\n250-STARTTLS\r\n250 8BITMIME",
                "EHLO" => "250-localhost\r\n250-AUTH PLAIN LOGIN\r\n250 8BITMIME",
                "AUTH" => "235 welcome",
                "DATA" => "354 go on",
                "STARTTLS" => "220 go on",
                "QUIT" => "221 bye",
                _ => "250 fine",
            };
            say(&mut stream, own.unwrap_or_else(|| usual.to_owned())).await?;
            match word.as_str() {
                "AUTH" => mail.auth = Some(line),
                "MAIL" => mail.from = address(&line),
                "RCPT" => mail.to = address(&line),
                "STARTTLS" if went_well => return Some(stream.into_inner()),
                "QUIT" => return None,
                "DATA" if went_well => {
                    mail.text = self.read_mail(&mut stream).await?;
                    let own = self.answer("DONE");
                    if own.is_none() {
                        self.mails.lock().unwrap().push(mail.clone());
                    }
                    say(&mut stream, own.unwrap_or_else(|| "250 taken".to_owned())).await?;
                }
                _ => {}
            }
        }
    }

    fn answer(&self, line: &str) -> Option<String> {
        let before = self.mails.lock().unwrap().len();
        (self.manner)(before, line)
    }

    async fn read_mail<S: AsyncRead + AsyncWrite + Unpin>(&self, stream: &mut BufReader<S>) -> Option<String> {
        let mut text = String::new();
        loop {
            let line = hear(stream).await?;
            if line == "." {
                return Some(text);
            }
            text.push_str(line.strip_prefix('.').unwrap_or(&line));
            text.push('\n');
        }
    }
}

fn address(line: &str) -> String {
    line.split(['<', '>']).nth(1).unwrap_or_default().to_owned()
}

async fn hear<S: AsyncRead + Unpin>(stream: &mut BufReader<S>) -> Option<String> {
    let mut line = String::new();
    let read = stream.read_line(&mut line).await.ok()?;
    (read > 0).then(|| line.trim_end().to_owned())
}

/// Answers; an empty answer breaks the connection.
async fn say<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut BufReader<S>, text: String) -> Option<()> {
    if text.is_empty() {
        return None;
    }
    stream.write_all(format!("{text}\r\n").as_bytes()).await.ok()?;
    stream.flush().await.ok()
}
