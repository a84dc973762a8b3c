//! What a worker tells Prometheus: the SDK's figures, and what waits in the outbox.
#![cfg(test)]

use std::net::SocketAddr;

use anyhow::{Context as _, ensure};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use vextrus_ledger::outbox::{self, Backlog};
use vextrus_tests_e2e::{World, invoice};

async fn scraped(address: SocketAddr) -> anyhow::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: metrics\r\nConnection: close\r\n\r\n").await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    ensure!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    Ok(answer)
}

async fn backlog(world: &World) -> anyhow::Result<Backlog> {
    let mut tx = world.stack.ledger.read_for_all().await?;
    Ok(outbox::backlog(&mut tx, None).await?)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_receiver_did_not_take_is_seen() {
    let mut world = World::new().await.unwrap();
    world.stack.stop_worker().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("webhook.secret");
    std::fs::write(&secret, "whsec_AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB\n").unwrap();
    let notify = &mut world.stack.config.notify;
    (notify.channels, notify.webhook_secret_file) = ("webhook".to_owned(), secret);
    // Nobody listens there.
    notify.webhook_url = "http://127.0.0.1:1/events".to_owned();
    world.stack.start_worker().unwrap();
    let id = world.submit(&invoice("padma-builders", "M-1", "200000")).await.unwrap();
    world.until_open(&id).await.unwrap();
    world
        .until("an event could not be delivered", async || {
            let backlog = backlog(&world).await?;
            Ok(backlog.unspread == 0
                && backlog.channels.get("webhook").is_some_and(|c| c.retrying > 0 && c.leased == 0))
        })
        .await
        .unwrap();
    world.stack.stop_worker().await.unwrap();
    let waits = backlog(&world).await.unwrap().channels.remove("webhook").unwrap();

    world.stack.config.worker.admin_listen = "127.0.0.1:0".to_owned();
    let fleet = vextrus_worker::start(world.stack.parts().unwrap(), |_| {}).unwrap();
    let address = fleet.admin_address().context("nothing is served").unwrap();
    world
        .until("all is told", async || {
            let told = scraped(address).await?;
            let figures = [("waiting", waits.waiting), ("dead", waits.dead)];
            let backlog = figures.iter().all(|(what, right)| {
                told.lines().any(|line| line == format!("vextrus_outbox_{what}{{channel=\"webhook\"}} {right}"))
            });
            let others =
                ["vextrus_outbox_unspread 0", "temporal_num_pollers{", "# HELP vextrus_outbox_oldest_age_seconds "];
            Ok(backlog && others.iter().all(|other| told.lines().any(|line| line.starts_with(other))))
        })
        .await
        .unwrap();

    // Whoever cannot serve them says where, and by the name of the key.
    for (listen, why) in [(address.to_string(), "in use"), ("nowhere".to_owned(), "an IP address with a port")] {
        world.stack.config.worker.admin_listen = listen.clone();
        let text = world.stack.parts().map(drop).unwrap_err().to_string();
        assert!(text.contains(&listen) && text.contains("worker.admin_listen") && text.contains(why), "{text}");
    }
    fleet.stop().await.unwrap();
    world.until("nothing is served", async || Ok(TcpStream::connect(address).await.is_err())).await.unwrap();
    world.stack.stop().await.unwrap();
}
