//! Where a webhook goes.

use std::fmt;
use std::net::IpAddr;

use hyper::Uri;
use hyper::http::uri::Scheme;

use super::error::WebhookError;

/// An address that may be spoken to. `Debug` shows scheme, host and port.
#[derive(Clone)]
pub(super) struct Address(Uri);

impl Address {
    /// Reads it. No message repeats the text: its path or query may be as good as a password.
    pub(super) fn parse(text: &str) -> Result<Self, WebhookError> {
        const SHAPE: &str = "the address is no absolute URL; give one such as https://hooks.example.com/identity";
        let uri: Uri = text.parse().map_err(|_| WebhookError::unusable(SHAPE))?;
        let (Some(scheme), Some(authority)) = (uri.scheme(), uri.authority()) else {
            return Err(WebhookError::unusable(SHAPE));
        };
        if authority.as_str().contains('@') {
            return Err(WebhookError::unusable(
                "the address holds a user name or a password; leave them out, since requests are signed",
            ));
        }
        let host = authority.host();
        let has_port = authority.as_str().len() > host.len();
        if host.is_empty() || (has_port && authority.port_u16().is_none_or(|port| port == 0)) {
            return Err(WebhookError::unusable(SHAPE));
        }
        // A name can come to mean another machine; an address cannot.
        let loopback = || host.trim_matches(['[', ']']).parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
        if *scheme == Scheme::HTTPS || (*scheme == Scheme::HTTP && loopback()) {
            return Ok(Self(uri));
        }
        Err(WebhookError::unusable(format!(
            "{scheme}://{host} is not spoken to; use https, or http with a loopback address such as 127.0.0.1"
        )))
    }

    pub(super) fn uri(&self) -> &Uri {
        &self.0
    }

    pub(super) fn is_tls(&self) -> bool {
        self.0.scheme() == Some(&Scheme::HTTPS)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.is_tls() { "https" } else { "http" };
        write!(f, "{scheme}://{}/…", self.0.authority().map_or("", |a| a.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_or_loopback() {
        for good in [
            "https://hooks.example.com",
            "https://hooks.example.com:8443/a?token=t",
            "HTTPS://hooks.example.com/",
            "https://10.0.0.7/x",
            "http://127.0.0.1:8080/x",
            "http://127.8.9.1",
            "http://[::1]:8080/x",
        ] {
            assert!(Address::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "/identity",
            "hooks.example.com",
            "hooks.example.com:443",
            "https://",
            "https:///x",
            "https://:443/",
            "https://example.com:/",
            "https://example.com:0/",
            "https://example.com:99999/",
            "https://example.com:x/",
            "ftp://example.com/",
            "http://hooks.example.com/x",
            "http://localhost:8080/x",
            "http://127.0.0.1.example.com/",
            "http://10.0.0.7/x",
            "http://0.0.0.0/",
            "http://[::]/",
            "http://[::ffff:127.0.0.1]/",
            "https://user@example.com/",
            "https://user:pass@example.com/",
            "http://127.0.0.1@example.com/",
        ] {
            assert!(matches!(Address::parse(bad), Err(WebhookError::Unusable { .. })), "{bad}");
        }
    }

    #[test]
    fn nothing_but_the_host_is_shown() {
        let address = Address::parse("https://hooks.example.com:8443/path-9fd2?token=t0psecret").unwrap();
        assert_eq!(format!("{address:?}"), "https://hooks.example.com:8443/…");
        for bad in [
            "http://example.com/path-9fd2?t0psecret",
            "https://bob:t0psecret@example.com/path-9fd2",
            "t0psecret path-9fd2",
        ] {
            let error = Address::parse(bad).unwrap_err().to_string();
            assert!(!error.contains("t0psecret") && !error.contains("path-9fd2") && !error.contains("bob"), "{error}");
        }
    }
}
