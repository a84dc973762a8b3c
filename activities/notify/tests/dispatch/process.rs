//! The dispatcher as it runs in a process: beside others, and until it is stopped.

use std::time::Duration;

use axum::response::IntoResponse as _;
use tokio::sync::watch;
use vextrus_notify::Channels;
use vextrus_tests_support::company::Acme;
use vextrus_tests_support::on_both;

use crate::receiver::Receiver;
use crate::{deliveries, hook, opened};

on_both![several_run_at_once_and_stop_when_asked];

async fn several_run_at_once_and_stop_when_asked(acme: &Acme) {
    let receiver = Receiver::new(|_, _| "{}".into_response()).await;
    let channels = Channels::configured(&hook(receiver.url())).unwrap();
    let (stop, stopped) = watch::channel(false);
    let run = |_| tokio::spawn(vextrus_notify::run(acme.ledger(), channels.clone(), stopped.clone()));
    let running: Vec<_> = (0..3).map(run).collect();
    for document in ["inv-1", "inv-2", "inv-3"] {
        for task in ["a", "b", "c", "d"] {
            opened(acme, document, task).await;
        }
    }
    let all_sent = async {
        while deliveries(acme).await.iter().filter(|d| d.state == "sent").count() < 12 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), all_sent).await.unwrap();
    stop.send_replace(true);
    for one in running {
        tokio::time::timeout(Duration::from_secs(30), one).await.unwrap().unwrap();
    }
    let events = receiver.events();
    assert_eq!(events.len(), 12, "each once, since nobody died");
    for document in ["inv-1", "inv-2", "inv-3"] {
        let of_it = events.iter().filter(|e| e["source"].as_str().unwrap().ends_with(document));
        let places: Vec<u32> = of_it.map(|e| e["sequence"].as_str().unwrap().parse().unwrap()).collect();
        assert_eq!(places, [1, 2, 3, 4], "{document}");
    }
}
