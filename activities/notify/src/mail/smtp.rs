//! How mail is sent: over connections that are kept, with what a receiver needs to drop what comes twice.

use std::fmt;
use std::time::Duration;

use lettre::address::Address;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::{Error, PoolConfig};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use sha2::{Digest as _, Sha256};
use vextrus_domain::Lang;
use vextrus_ledger::outbox::Delivery;
use vextrus_platform::notify::{NotifyConfig, SmtpSecurity};

use super::letter;
use crate::channels::{NotifyError, read};
use crate::failure::Failure;

type Transport = AsyncSmtpTransport<Tokio1Executor>;

/// Sends mail through one server.
pub(crate) struct Mailer {
    transport: Transport,
    from: Mailbox,
    link: String,
    timeout: Duration,
}

impl fmt::Debug for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mailer").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

impl Mailer {
    pub(crate) fn new(config: &NotifyConfig) -> Result<Self, NotifyError> {
        let host = config.smtp_host.trim();
        if host.is_empty() {
            return Err(NotifyError::key("smtp_host", "it is empty; name the mail server"));
        }
        let from: Mailbox = config.smtp_from.parse().map_err(|_| {
            NotifyError::key("smtp_from", "it is no address; write it like Approvals <approvals@example.com>")
        })?;
        if !config.link.is_empty() && !config.link.starts_with("https://") && !config.link.starts_with("http://") {
            return Err(NotifyError::key(
                "link",
                "it is no web address; write it like https://erp.example.com/{document}",
            ));
        }
        let timeout = Duration::from_millis(config.timeout_millis);
        let tls = match config.smtp_security {
            SmtpSecurity::Tls => Tls::Wrapper(tls(host, config)?),
            SmtpSecurity::Starttls => Tls::Required(tls(host, config)?),
            SmtpSecurity::None => Tls::None,
        };
        let mut transport = Transport::builder_dangerous(host)
            .port(config.smtp_port)
            .tls(tls)
            .timeout(Some(timeout))
            .pool_config(PoolConfig::new().max_size(config.in_flight));
        if let Some(credentials) = credentials(config)? {
            transport = transport.credentials(credentials);
        }
        Ok(Self { transport: transport.build(), from, link: config.link.clone(), timeout })
    }

    pub(crate) async fn send(&self, delivery: &Delivery) -> Result<(), Failure> {
        let Some(email) = &delivery.letter.email else {
            return Err(Failure::Nobody("no e-mail address is known".to_owned()));
        };
        let lang: Lang = delivery.letter.lang.as_deref().and_then(|lang| lang.parse().ok()).unwrap_or_default();
        let Some(written) = letter(delivery, lang, &self.link) else {
            return Err(Failure::Nobody("people are not written to about this event".to_owned()));
        };
        let to: Address =
            email.parse().map_err(|_| Failure::Never("the e-mail address cannot be written to".to_owned()))?;
        let mut message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(written.subject)
            .message_id(Some(self.message_id(delivery)))
            .date(delivery.event.created_at.into())
            .multipart(MultiPart::alternative_plain_html(written.text, written.html))
            .map_err(|_| Failure::Never("no message can be made of it".to_owned()))?;
        for (name, value) in [
            ("Auto-Submitted", "auto-generated".to_owned()),
            ("Content-Language", lang.to_string()),
            ("X-Vextrus-Event", delivery.event.id.clone()),
        ] {
            if let Ok(name) = HeaderName::new_from_ascii(name.to_owned()) {
                message.headers_mut().insert_raw(HeaderValue::new(name, value));
            }
        }
        match tokio::time::timeout(self.timeout, self.transport.send(message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(failed(&error)),
            Err(_) => Err(Failure::later(format!("no answer within {} ms", self.timeout.as_millis()))),
        }
    }

    /// The same for one event and one recipient, however often it is sent: what came twice is dropped by it.
    fn message_id(&self, delivery: &Delivery) -> String {
        let recipient = hex::encode(&Sha256::digest(&delivery.lane)[..8]);
        format!("<{}.{recipient}@{}>", delivery.event.id, self.from.email.domain())
    }
}

fn tls(host: &str, config: &NotifyConfig) -> Result<TlsParameters, NotifyError> {
    let mut tls = TlsParameters::builder(host.to_owned());
    if let Some(pem) = read("smtp_root_file", &config.smtp_root_file)? {
        let root = Certificate::from_pem(pem.as_bytes())
            .map_err(|_| NotifyError::key("smtp_root_file", "it holds no certificate in PEM"))?;
        tls = tls.add_root_certificate(root);
    }
    tls.build_rustls().map_err(|e| NotifyError::key("smtp_security", format!("TLS cannot be set up: {e}")))
}

/// User name and password: the first two lines of a file.
fn credentials(config: &NotifyConfig) -> Result<Option<Credentials>, NotifyError> {
    const KEY: &str = "smtp_credentials_file";
    let Some(text) = read(KEY, &config.smtp_credentials_file)? else { return Ok(None) };
    if config.smtp_security == SmtpSecurity::None {
        return Err(NotifyError::key(KEY, "a password is not sent in plain; set smtp_security to tls or starttls"));
    }
    let mut lines = text.lines().map(str::to_owned).filter(|line| !line.is_empty());
    match (lines.next(), lines.next(), lines.next()) {
        (Some(user), Some(password), None) => Ok(Some(Credentials::new(user, password))),
        _ => Err(NotifyError::key(
            KEY,
            "write the user name in its first line and the password in its second, and no more",
        )),
    }
}

/// What a failure means. The server's own words are not repeated: they often hold the address.
fn failed(error: &Error) -> Failure {
    // The server does not want us, whatever the mail: that is mended here, and the mail goes out then.
    const OURS: [u16; 4] = [530, 534, 535, 538];
    if let Some(code) = error.status().map(u16::from) {
        let why = format!("the mail server answered {code}");
        return if error.is_permanent() && !OURS.contains(&code) { Failure::Never(why) } else { Failure::later(why) };
    }
    Failure::later(if error.is_timeout() {
        "the mail server did not answer in time"
    } else if error.is_tls() {
        "TLS with the mail server failed"
    } else if error.is_client() {
        "the mail server does not speak as configured: see smtp_security and smtp_credentials_file"
    } else {
        "the connection to the mail server failed"
    })
}
