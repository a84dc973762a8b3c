//! The properties of librdkafka: ours, those of a file, and what they may not say.

use rdkafka::ClientConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use vextrus_platform::notify::{KafkaSecurity, NotifyConfig};

use crate::channels::{NotifyError, read};

const FILE: &str = "kafka_properties_file";
const ROOT: &str = "kafka_root_file";
const CLIENT: &str = "kafka_client_file";

/// What order and safety rest on is not for the file to change.
const FIXED: [(&str, &str); 4] = [
    ("enable.idempotence", "true"),
    ("acks", "all"),
    ("enable.ssl.certificate.verification", "true"),
    ("ssl.endpoint.identification.algorithm", "https"),
];
/// What has a key of ours.
const KEYS: [(&str, &str); 9] = [
    ("bootstrap.servers", "kafka_brokers"),
    ("metadata.broker.list", "kafka_brokers"),
    ("message.timeout.ms", "timeout_millis"),
    ("delivery.timeout.ms", "timeout_millis"),
    ("security.protocol", "kafka_security"),
    ("ssl.ca.location", ROOT),
    ("ssl.ca.pem", ROOT),
    ("ssl.certificate.pem", CLIENT),
    ("ssl.key.pem", CLIENT),
];

/// The client's configuration.
pub(super) fn client(config: &NotifyConfig) -> Result<ClientConfig, NotifyError> {
    let mut client = ClientConfig::new();
    client.set("client.id", "vextrus");
    let mut has_credentials = false;
    for (name, value) in from_file(config)? {
        has_credentials |= name.starts_with("sasl.");
        client.set(name, value);
    }
    client.set("bootstrap.servers", config.kafka_brokers.trim());
    client.set("message.timeout.ms", config.timeout_millis.to_string());
    match config.kafka_security {
        KafkaSecurity::Tls => {
            client.set("security.protocol", if has_credentials { "sasl_ssl" } else { "ssl" });
            tls(&mut client, config)?;
        }
        KafkaSecurity::None if has_credentials => {
            return Err(NotifyError::key(FILE, "credentials are not sent in plain; set kafka_security to tls"));
        }
        KafkaSecurity::None => {
            client.set("security.protocol", "plaintext");
        }
    }
    for (name, value) in FIXED {
        client.set(name, value);
    }
    Ok(client)
}

fn tls(client: &mut ClientConfig, config: &NotifyConfig) -> Result<(), NotifyError> {
    if let Some(pem) = read(ROOT, &config.kafka_root_file)? {
        if CertificateDer::from_pem_slice(pem.as_bytes()).is_err() {
            return Err(NotifyError::key(ROOT, "it holds no certificate in PEM"));
        }
        client.set("ssl.ca.pem", pem);
    } else {
        // The machine's: the library is built in and knows no place of its own.
        client.set("ssl.ca.location", "probe");
    }
    if let Some(pem) = read(CLIENT, &config.kafka_client_file)? {
        let key = PrivateKeyDer::from_pem_slice(pem.as_bytes());
        if CertificateDer::from_pem_slice(pem.as_bytes()).is_err() || key.is_err() {
            return Err(NotifyError::key(CLIENT, "it holds no certificate with its private key in PEM"));
        }
        client.set("ssl.certificate.pem", &pem).set("ssl.key.pem", pem);
    }
    Ok(())
}

/// The properties of the file, `NAME=VALUE` a line. No message repeats a value.
fn from_file(config: &NotifyConfig) -> Result<Vec<(String, String)>, NotifyError> {
    let path = &config.kafka_properties_file;
    let text = read(FILE, path)?.unwrap_or_default();
    let lines = (1..).zip(text.lines().map(str::trim)).filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|(number, line): (u32, _)| {
            let wrong = |why: String| NotifyError::key(FILE, format!("line {number} of {}: {why}", path.display()));
            let (name, value) = line.split_once('=').ok_or_else(|| wrong("write NAME=VALUE".to_owned()))?;
            let name = name.trim();
            if let Some((_, value)) = FIXED.iter().find(|(fixed, _)| *fixed == name) {
                return Err(wrong(format!("{name} is always {value}; take the line out")));
            }
            if let Some((_, key)) = KEYS.iter().find(|(known, _)| *known == name) {
                return Err(wrong(format!("set notify.{key} in place of {name}")));
            }
            Ok((name.to_owned(), value.trim().to_owned()))
        })
        .collect()
}
