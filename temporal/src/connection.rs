//! Connecting. What to connect to is read by Temporal's own rules (`TEMPORAL_*` variables and `temporal.toml`) and
//! from nowhere else.

use std::{env, ffi::OsStr, path::Path, time::Duration};

use hyper::http::uri::InvalidUri;
use temporalio_client::{
    Client, ClientOptions, Connection, ConnectionOptions, GrpcCompression,
    envconfig::{ClientConfigProfile, ConfigError, DataSource, LoadClientConfigProfileOptions},
    errors::ClientConnectError,
};
use temporalio_common::envconfig::load_client_config_profile;
use temporalio_sdk::opentelemetry::OpenTelemetryPlugin;
use tokio::time::timeout;
use tonic::Code;
use vextrus_platform::machine;

use crate::codec::Codec;
use crate::deadline::Deadline;
use crate::identity::Identity;
use crate::metrics::SdkMetrics;

/// The most that one try may take, so that a server that accepts and never answers is tried again.
const TRY_WITHIN: Duration = Duration::from_secs(5);

/// How to connect, apart from what Temporal's own configuration says.
#[derive(Debug, Clone)]
pub struct ConnectOptions {
    /// How this process is named in histories and in the UI: `<pid>@<host>` where it is unset.
    pub identity: Option<String>,
    /// For how long an unreachable server is tried again.
    pub within: Duration,
    /// What encrypts payloads; they stand in clear where it is unset. Workers of this client use it too.
    pub codec: Option<Codec>,
    /// What counts the calls to the service; they are not counted where it is unset.
    pub metrics: Option<SdkMetrics>,
    /// Whether traces go through the service, from who starts a workflow to its steps. Workers of this client take part too.
    pub traced: bool,
}

impl Default for ConnectOptions {
    fn default() -> Self {
        Self { identity: None, within: Duration::from_secs(30), codec: None, metrics: None, traced: false }
    }
}

/// No connection was made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// `TEMPORAL_*`, `temporal.toml` or the given address cannot be used.
    #[error("cannot read the configuration of temporal: {0}")]
    Config(String),
    /// The server answered, or the options say already, that trying again cannot help.
    #[error("temporal at {address} cannot be used")]
    Refused {
        /// Where.
        address: String,
        /// Why.
        #[source]
        source: Box<ClientConnectError>,
    },
    /// The server did not answer in time.
    #[error("temporal at {address} did not answer within {within:?}")]
    Unreachable {
        /// Where.
        address: String,
        /// For how long it was tried.
        within: Duration,
        /// How the last try failed; nothing where it only never ended.
        #[source]
        source: Option<Box<ClientConnectError>>,
    },
}

/// Connects to where `TEMPORAL_*` and `temporal.toml` say: `localhost:7233`, namespace `default`, where they are silent.
///
/// # Errors
///
/// Where the configuration cannot be read, or the server refuses us or does not answer in time.
pub async fn connect(options: ConnectOptions) -> Result<Client, ConnectError> {
    require_config_file(env::var_os("TEMPORAL_CONFIG_FILE").as_deref())?;
    let profile = load_client_config_profile(LoadClientConfigProfileOptions::default(), None).map_err(config_error)?;
    connect_as(profile, options).await
}

/// Connects as a profile of `temporal.toml` says. The certificate that it names, and that certificate's key, are read again where their files
/// are replaced.
///
/// # Errors
///
/// Where the profile cannot be used, or the server refuses us or does not answer in time.
pub async fn connect_as(profile: ClientConfigProfile, options: ConnectOptions) -> Result<Client, ConnectError> {
    let namespace = profile.namespace.clone().unwrap_or_else(|| "default".to_owned());
    let files = profile.tls.as_ref().and_then(|tls| match (&tls.client_cert, &tls.client_key) {
        (Some(DataSource::Path(certificate)), Some(DataSource::Path(key))) => Some((certificate.clone(), key.clone())),
        _ => None,
    });
    let mut connection = ConnectionOptions::try_from(profile).map_err(config_error)?;
    if let (Some((certificate, key)), Some(tls)) = (files, &mut connection.tls_options) {
        tls.client_tls_options = None;
        tls.client_cert_resolver = Some(Identity::of(&certificate, &key).map_err(ConnectError::Config)?);
        // The SDK has the one or the other. It resolves the host anew for each connection all the same.
        connection.dns_load_balancing = None;
        in_plain_below(&mut connection)?;
    }
    open(connection, namespace, options).await
}

/// With such a certificate the SDK's own connector makes TLS of every connection, and tonic below it, which makes none, refuses `https`. So
/// only the requests bear that scheme.
fn in_plain_below(connection: &mut ConnectionOptions) -> Result<(), ConnectError> {
    let wrong = |what: &dyn std::fmt::Display| ConnectError::Config(format!("{}: {what}", address_of(connection)));
    let origin = format!("https://{}", address_of(connection)).parse().map_err(|e: InvalidUri| wrong(&e))?;
    let (mut target, port) = (connection.target.clone(), connection.target.port_or_known_default());
    target.set_scheme("http").map_err(|()| wrong(&"it takes no other scheme"))?;
    // Left out, it would be that of `http`.
    target.set_port(port).map_err(|()| wrong(&"it takes no port"))?;
    connection.target = target;
    // Where a name is given, the SDK takes it for the origin.
    if connection.tls_options.as_ref().is_some_and(|tls| tls.domain.is_none()) {
        connection.override_origin.get_or_insert(origin);
    }
    Ok(())
}

/// Connects to a server of our own, such as a [`crate::DevServer`], at `host:port`, without TLS; no configuration is read.
///
/// # Errors
///
/// Where the address cannot be parsed, or the server refuses us or does not answer in time.
pub async fn connect_to(address: &str, namespace: &str, options: ConnectOptions) -> Result<Client, ConnectError> {
    connect_as(ClientConfigProfile::builder().address(address).namespace(namespace).build(), options).await
}

async fn open(
    mut connection: ConnectionOptions,
    namespace: String,
    options: ConnectOptions,
) -> Result<Client, ConnectError> {
    let client = ClientOptions::new(namespace);
    let mut client =
        if options.traced { client.plugin(OpenTelemetryPlugin::builder().build()).build() } else { client.build() };
    let address = address_of(&connection);
    if let Some(identity) = options.identity {
        connection.identity = identity;
    }
    if connection.identity.is_empty() {
        // As the SDK's workers name themselves, so that whoever asks the service for us finds us.
        connection.identity = format!("{}@{}", std::process::id(), machine::host());
    }
    // What we send is small, or encrypted: packing it costs worker and server more than the bytes that it saves.
    connection.grpc_compression = GrpcCompression::None;
    if let Some(codec) = options.codec {
        tracing::info!(key = codec.active(), "payloads are encrypted");
        client.data_converter = codec.into_converter();
    }
    if let Some(metrics) = &options.metrics {
        metrics.count(&mut connection);
    }
    let mut deadline = Deadline::after(options.within);
    let mut last = None;
    loop {
        let attempt = timeout(deadline.remaining().min(TRY_WITHIN), Connection::connect(connection.clone())).await;
        match attempt {
            Ok(Ok(connection)) => {
                return Client::new(connection, client)
                    .map_err(|error| ConnectError::Refused { address, source: Box::new(error.into()) });
            }
            Ok(Err(error)) if is_final(&error) => {
                return Err(ConnectError::Refused { address, source: Box::new(error) });
            }
            Ok(Err(error)) => {
                tracing::debug!(%address, %error, "temporal is not reachable yet");
                last = Some(Box::new(error));
            }
            Err(_) => tracing::debug!(%address, "temporal does not answer"),
        }
        if !deadline.pause().await {
            return Err(ConnectError::Unreachable { address, within: options.within, source: last });
        }
    }
}

/// `host:port`: of a URL with a name and a password, only what may stand in a message.
fn address_of(options: &ConnectionOptions) -> String {
    let host = options.target.host_str().unwrap_or_default();
    options.target.port_or_known_default().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn is_final(error: &ClientConnectError) -> bool {
    match error {
        ClientConnectError::InvalidUri(_)
        | ClientConnectError::InvalidHeaders(_)
        | ClientConnectError::InvalidConfig(_) => true,
        ClientConnectError::SystemInfoCallError(status) => matches!(
            status.code(),
            Code::Unauthenticated | Code::PermissionDenied | Code::InvalidArgument | Code::Unimplemented
        ),
        _ => false,
    }
}

/// The SDK takes a configuration file that does not exist for an empty one, and connects to localhost.
fn require_config_file(path: Option<&OsStr>) -> Result<(), ConnectError> {
    match path {
        Some(path) if !path.is_empty() && !Path::new(path).is_file() => Err(ConnectError::Config(format!(
            "TEMPORAL_CONFIG_FILE names {}, which is no file",
            Path::new(path).display()
        ))),
        _ => Ok(()),
    }
}

/// The SDK's error can hold one that is bound to its thread, so only the text is kept.
fn config_error(error: ConfigError) -> ConnectError {
    ConnectError::Config(match error {
        ConfigError::ProfileNotFound(name) => format!("there is no profile {name:?}"),
        ConfigError::InvalidConfig(text) => text,
        ConfigError::LoadError(error) => error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use temporalio_common::envconfig::ClientConfigTLS;

    use super::*;

    #[test]
    fn a_configuration_file_that_is_named_must_exist() {
        assert!(require_config_file(None).is_ok());
        assert!(require_config_file(Some(OsStr::new(""))).is_ok());
        assert!(require_config_file(Some(OsStr::new("Cargo.toml"))).is_ok());
        let error = require_config_file(Some(OsStr::new("/nowhere/temporal.toml"))).unwrap_err().to_string();
        assert!(error.contains("/nowhere/temporal.toml"), "{error}");
    }

    #[test]
    fn errors_travel_between_threads() {
        fn is<T: std::error::Error + Send + Sync + 'static>() {}
        is::<ConnectError>();
        is::<crate::NamespaceError>();
        is::<crate::KeysError>();
        is::<crate::CodecError>();
        is::<crate::SearchAttributesError>();
        is::<crate::DevServerError>();
        is::<crate::WorkflowIdError>();
    }

    #[test]
    fn below_a_certificate_that_is_read_again_only_requests_bear_https() {
        for (address, name, target, origin) in [
            ("temporal.example", None, "http://temporal.example:443/", Some("https://temporal.example:443/")),
            ("https://[::1]:7233", None, "http://[::1]:7233/", Some("https://[::1]:7233/")),
            ("temporal.example:7233", Some("other"), "http://temporal.example:7233/", None),
        ] {
            let tls = ClientConfigTLS::builder().maybe_server_name(name).build();
            let profile = ClientConfigProfile::builder().address(address).tls(tls).build();
            let mut connection = ConnectionOptions::try_from(profile).unwrap();
            in_plain_below(&mut connection).unwrap();
            assert_eq!(connection.target.as_str(), target);
            assert_eq!(connection.override_origin.map(|origin| origin.to_string()).as_deref(), origin);
        }
    }

    #[test]
    fn a_message_names_the_server_without_its_password() {
        let profile = ClientConfigProfile::builder().address("http://user:secret@temporal.example:7233").build();
        assert_eq!(address_of(&ConnectionOptions::try_from(profile).unwrap()), "temporal.example:7233");
    }
}
