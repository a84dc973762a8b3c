//! The server as a child process: it starts, serves, and is gone afterwards, whichever way we end.
#![cfg(test)]

use std::{
    env, fs,
    future::Future,
    io::{BufRead as _, BufReader},
    net::{SocketAddr, TcpListener, TcpStream},
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use vextrus_temporal::{ConnectOptions, DevServer, DevServerError, DevServerOptions, connect_to, dev_server::find_cli};

fn run<T>(test: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(test)
}

fn listens(address: &str) -> anyhow::Result<bool> {
    let address: SocketAddr = address.parse()?;
    Ok(TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok())
}

fn wait_until_gone(address: &str) -> anyhow::Result<()> {
    let end = Instant::now() + Duration::from_secs(20);
    while listens(address)? {
        anyhow::ensure!(Instant::now() < end, "{address} still listens");
        thread::yield_now();
    }
    Ok(())
}

#[test]
fn two_at_once_serve_and_stop() -> anyhow::Result<()> {
    let (one, two) = run(async {
        let with_ui = DevServerOptions { ui: true, namespaces: vec!["extra".into()], ..DevServerOptions::default() };
        let (one, two) = tokio::join!(DevServer::start(with_ui), DevServer::start(DevServerOptions::default()));
        Ok((one?, two?))
    })?;
    // The runtime that started them is gone.
    run(async {
        assert_ne!(one.address, two.address);
        assert!(two.ui_address.is_none());
        let ui = one.ui_address.clone().context("no UI")?;
        assert!(listens(&ui)?);
        assert!(one.log_tail().contains("Temporal Server:"), "{}", one.log_tail());
        for (server, namespace) in [(&one, "extra"), (&two, "default")] {
            let client = connect_to(&server.address, namespace, ConnectOptions::default()).await?;
            assert_eq!(client.options().namespace, namespace);
        }
        let addresses = [one.address.clone(), ui, two.address.clone()];
        one.shutdown().await?;
        two.shutdown().await?;
        for address in addresses {
            assert!(!listens(&address)?, "{address}");
        }
        Ok(())
    })
}

#[test]
fn a_file_outlives_its_server() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let (db_file, log_file) = (folder.path().join("temporal.db"), folder.path().join("temporal.log"));
    let options = DevServerOptions {
        db_file: Some(db_file),
        log_file: Some(log_file.clone()),
        namespaces: vec!["kept".into()],
        ..DevServerOptions::default()
    };
    let again = DevServerOptions { namespaces: Vec::new(), ..options.clone() };
    run(async {
        DevServer::start(options).await?.shutdown().await?;
        let server = DevServer::start(again).await?;
        let client = connect_to(&server.address, "kept", ConnectOptions::default()).await?;
        let count = client.count_workflows("", Default::default()).await?;
        assert_eq!(count.count(), 0);
        server.shutdown().await?;
        let log = fs::read_to_string(log_file)?;
        assert_eq!(log.matches("Temporal Server:").count(), 2, "{log}");
        Ok(())
    })
}

#[test]
fn a_dropped_server_is_gone() -> anyhow::Result<()> {
    let server = run(async { Ok(DevServer::start(DevServerOptions::default()).await?) })?;
    let address = server.address.clone();
    drop(server);
    wait_until_gone(&address)
}

/// Run by the tests below in a process of its own.
#[test]
#[ignore = "holds a server until it is killed"]
fn hold_a_server() -> anyhow::Result<()> {
    let server = run(async { Ok(DevServer::start(DevServerOptions::default()).await?) })?;
    println!("\nserving {}", server.address);
    loop {
        thread::park();
    }
}

/// Starts a process that holds a server, by the given `temporal`; and where it serves.
fn hold(temporal: &Path) -> anyhow::Result<(Child, Option<String>)> {
    let mut holder = Command::new(env::current_exe()?)
        .args(["--exact", "hold_a_server", "--ignored", "--nocapture"])
        .env("TEMPORAL_CLI", temporal)
        .stdout(Stdio::piped())
        .spawn()?;
    let lines = BufReader::new(holder.stdout.take().context("no output")?).lines();
    let serving = lines.map_while(Result::ok).find_map(|line| line.strip_prefix("serving ").map(str::to_owned));
    Ok((holder, serving))
}

#[test]
fn a_killed_process_takes_its_server_along() -> anyhow::Result<()> {
    let (mut holder, serving) = hold(&find_cli()?)?;
    let listened = serving.as_deref().map(listens).transpose();
    holder.kill()?; // SIGKILL
    holder.wait()?;
    assert_eq!(listened?, Some(true));
    wait_until_gone(&serving.context("it did not serve")?)
}

#[test]
fn a_port_that_is_taken_meanwhile_is_left_for_another() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let (script, marker) = (folder.path().join("temporal"), folder.path().join("tried"));
    let (real, tried) = (find_cli()?, marker.display());
    let text = format!(
        "#!/bin/sh\nprintf x >> {tried}\n[ $(wc -c < {tried}) -gt 2 ] && exec {} \"$@\"\n\
         echo 'bind: address already in use'; exit 1\n",
        real.canonicalize()?.display()
    );
    fs::write(&script, text)?;
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755))?;
    let (mut holder, serving) = hold(&script)?;
    holder.kill()?;
    holder.wait()?;
    wait_until_gone(&serving.context("it gave up")?)?;
    assert_eq!(fs::read_to_string(marker)?, "xxx");
    Ok(())
}

#[test]
fn a_server_that_cannot_start_says_why() -> anyhow::Result<()> {
    run(async {
        let taken = TcpListener::bind(("127.0.0.1", 0))?;
        let port = taken.local_addr()?.port();
        let options = DevServerOptions { port: Some(port), ..DevServerOptions::default() };
        let error = DevServer::start(options).await.err().context("the port was free")?;
        assert!(matches!(error, DevServerError::Ended { .. }), "{error:?}");
        let text = error.to_string();
        assert!(text.contains("address already in use") && text.contains(&port.to_string()), "{text}");

        let options =
            DevServerOptions { dynamic_config: vec![("k".into(), "{".into())], ..DevServerOptions::default() };
        let error = DevServer::start(options).await.err().context("it took what is no JSON")?;
        assert!(error.to_string().contains("dynamic config"), "{error}");

        let options = DevServerOptions { log_file: Some("/nowhere/x.log".into()), ..DevServerOptions::default() };
        let error = DevServer::start(options).await.err().context("it wrote to nowhere")?;
        assert!(matches!(error, DevServerError::Start { .. }), "{error:?}");

        let options = DevServerOptions { within: Duration::ZERO, ..DevServerOptions::default() };
        let error = DevServer::start(options).await.err().context("it took no time")?;
        assert!(matches!(error, DevServerError::NotReady { .. }), "{error:?}");
        Ok(())
    })
}
