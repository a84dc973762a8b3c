//! Connecting, where it goes wrong and where the environment says whereto.
#![cfg(test)]

use std::{
    env,
    error::Error as _,
    net::TcpListener,
    process::Command,
    time::{Duration, Instant},
};

use vextrus_temporal::{ConnectError, ConnectOptions, DevServer, DevServerOptions, connect, connect_to};

fn briefly() -> ConnectOptions {
    ConnectOptions { within: Duration::from_millis(300), ..ConnectOptions::default() }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named() -> anyhow::Result<()> {
    let free = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.to_string();
    let start = Instant::now();
    let error = connect_to(&free, "default", briefly()).await.err();
    assert!(start.elapsed() >= Duration::from_millis(300) && start.elapsed() < Duration::from_secs(3));
    let Some(ConnectError::Unreachable { address, source: Some(_), .. }) = &error else {
        panic!("{error:?}");
    };
    assert_eq!(*address, free);
    Ok(())
}

#[tokio::test]
async fn a_server_that_never_answers_is_not_waited_for() -> anyhow::Result<()> {
    let silent = TcpListener::bind(("127.0.0.1", 0))?;
    let start = Instant::now();
    let error = connect_to(&silent.local_addr()?.to_string(), "default", briefly()).await.err();
    assert!(start.elapsed() < Duration::from_secs(3));
    assert!(matches!(error, Some(ConnectError::Unreachable { .. })), "{error:?}");
    Ok(())
}

#[tokio::test]
async fn an_address_that_is_none_is_refused_at_once() {
    let error = connect_to("not an address", "default", ConnectOptions::default()).await.err();
    assert!(matches!(error, Some(ConnectError::Config(_))), "{error:?}");
}

/// Run by the test below in processes of its own, each with an environment of its own.
#[tokio::test]
#[ignore = "reads an environment that a test prepares"]
async fn connect_by_the_environment() -> anyhow::Result<()> {
    let options = ConnectOptions { identity: Some("tester".into()), ..ConnectOptions::default() };
    match connect(options).await {
        Ok(client) => println!("in {} as {}", client.options().namespace, client.connection().identity()),
        Err(error) => println!("refused: {error}: {:?}", error.source().map(ToString::to_string)),
    }
    Ok(())
}

#[tokio::test]
async fn the_environment_says_whereto() -> anyhow::Result<()> {
    let server = DevServer::start(DevServerOptions::default()).await?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("temporal.toml");
    std::fs::write(&file, format!("[profile.test]\naddress = \"{}\"\nnamespace = \"from-file\"\n", server.address))?;
    let file = file.display().to_string();
    for (variables, expected) in [
        (vec![("TEMPORAL_ADDRESS", server.address.as_str())], "in default as tester"),
        (vec![("TEMPORAL_ADDRESS", server.address.as_str()), ("TEMPORAL_NAMESPACE", "x")], "in x as tester"),
        (vec![("TEMPORAL_CONFIG_FILE", file.as_str()), ("TEMPORAL_PROFILE", "test")], "in from-file as tester"),
        (vec![("TEMPORAL_CONFIG_FILE", file.as_str()), ("TEMPORAL_PROFILE", "none")], "there is no profile \"none\""),
        (vec![("TEMPORAL_CONFIG_FILE", "/nowhere.toml")], "TEMPORAL_CONFIG_FILE names /nowhere.toml"),
        (
            vec![("TEMPORAL_ADDRESS", server.address.as_str()), ("TEMPORAL_TLS_CLIENT_CERT_PATH", "/no.pem")],
            "refused: cannot read",
        ),
    ] {
        let mut command = Command::new(env::current_exe()?);
        for (name, _) in env::vars().filter(|(name, _)| name.starts_with("TEMPORAL_")) {
            command.env_remove(name);
        }
        command.args(["--exact", "connect_by_the_environment", "--ignored", "--nocapture"]);
        let output = command.envs(variables.clone()).output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(text.contains(expected), "{variables:?}: {text}");
    }
    server.shutdown().await?;
    Ok(())
}
