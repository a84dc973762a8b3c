//! A fleet whose health and metrics are served, and its load: for tests with a real Prometheus. Metrics are of the whole process, so that one
//! of them at a time is in a test program.

use std::net::TcpListener;
use std::time::Duration;

use vextrus_domain::DocumentType;
use vextrus_ledger::rules::RuleKind;
use vextrus_platform::Config;
use vextrus_proto::approval::v1::act_request::Action;
use vextrus_proto::approval::v1::{Comment, ReturnForChanges};
use vextrus_starter_cli::client::new_request_id;
use vextrus_starter_cli::stack::Temporal;
use vextrus_temporal::{DevServer, DevServerOptions};
use vextrus_tests_observability::prometheus::free_port;
use vextrus_tests_support::proxy::{Proxy, Target};

use crate::{World, invoice, order, order_policy};

/// How long anything may take to be seen.
const PATIENCE: Duration = Duration::from_secs(120);

/// A fleet, and where it is looked at.
pub struct Watched {
    pub world: World,
    pub server: DevServer,
    /// The wire to Temporal.
    pub wire: Proxy,
    pub worker: String,
    pub facade: String,
}

fn here() -> String {
    format!("127.0.0.1:{}", free_port().unwrap())
}

/// Where an order goes once nobody has decided it in time.
const ONWARDS: &str = "escalate = [{ to = \"deputy\", within = \"2s\" }, { to = \"manager\", within = \"1d\" }]";

impl Watched {
    pub async fn start() -> Self {
        let server = DevServer::start(DevServerOptions::default()).await.unwrap();
        let wire = Proxy::to(Target::Tcp(server.address.clone())).await.unwrap();
        let (worker, facade) = (here(), here());
        let temporal = Temporal::Running { address: wire.address.to_string(), namespace: "default".to_owned() };
        let world = World::with(|options| {
            options.temporal = temporal;
            options.worker_admin_listen = Some(worker.clone());
            options.facade_admin_listen = Some(facade.clone());
        });
        let mut fleet = Self { world: world.await.unwrap(), server, wire, worker, facade };
        // Its trails are verified again and again.
        fleet.restart(|config| config.audit.verify_every_millis = 1_000).await;
        fleet.world.activate(RuleKind::Approval, &order_policy("1d", ONWARDS)).await.unwrap();
        fleet
    }

    /// Stops the worker.
    pub async fn stop_worker(&mut self) {
        self.world.stack.stop_worker().await.unwrap();
        // Its listener is closed a moment later.
        until("the port is free", || TcpListener::bind(&self.worker).map(drop).map_err(|e| e.to_string())).await;
    }

    /// Has the worker go on with another configuration.
    pub async fn restart(&mut self, change: impl FnOnce(&mut Config)) {
        self.stop_worker().await;
        change(&mut self.world.stack.config);
        self.world.stack.start_worker().unwrap();
    }

    pub fn targets(&self) -> Vec<(&'static str, String)> {
        vec![("vextrus-worker", self.worker.clone()), ("vextrus-facade", self.facade.clone())]
    }

    /// Has everybody approve an invoice who is asked: several bills of one vendor count together.
    async fn approve(&self, id: &str) {
        while !self.world.is_over(id).await.unwrap() {
            for person in &self.world.company.people {
                let mut client = self.world.person(person.id.as_str()).await.unwrap();
                let Ok(inbox) = client.inbox().await else { continue };
                let Some(task) = inbox.iter().find(|task| task.document.ends_with(id)) else { continue };
                let task = vextrus_starter_cli::json::last(&task.name).to_owned();
                // It may have been decided by somebody else meanwhile.
                drop(client.decide(id, Some(&task), "approve", "", new_request_id()).await);
            }
        }
    }

    /// Invoices and orders that end in every way, and one that waits.
    pub async fn load(&self, round: u32) {
        let world = &self.world;
        for number in 0..4 {
            // Bills that look alike would be asked about.
            let amount = (60_000 + 1_000 * round + 100 * number).to_string();
            let id = world.submit(&invoice("jamuna-survey", &format!("L-{round}-{number}"), &amount)).await.unwrap();
            world.until_open(&id).await.unwrap();
            match (round, number) {
                (1, 0) => world.decide(&id, "rahim", "reject").await.unwrap(),
                (1, 1) => {
                    let act = ReturnForChanges { comment: "the date is wrong".to_owned() };
                    let action = Action::ReturnForChanges(act);
                    world.act((DocumentType::Invoice, &id, None), "rahim", action).await.unwrap();
                    world.withdraw(DocumentType::Invoice, &id, "nasrin").await.unwrap();
                }
                _ => self.approve(&id).await,
            }
            world.result(&id).await.unwrap_or_else(|e| panic!("{number}: {e:#}"));
        }
        let id = world.order(&order("meghna-steel", &(60_000 + 100 * round).to_string())).await.unwrap();
        world.decide_order(&id, "level-1", "karim", "approve").await.unwrap();
        world.order_result(&id).await.unwrap();
        // What waits is worth a word, and what nobody may do is refused.
        let amount = (50_000 + 1_000 * round).to_string();
        let id = world.submit(&invoice("jamuna-survey", &format!("W-{round}"), &amount)).await.unwrap();
        world.until_open(&id).await.unwrap();
        let comment = Action::Comment(Comment { text: "it waits".to_owned() });
        world.act((DocumentType::Invoice, &id, None), "nasrin", comment).await.unwrap();
        world.decide(&id, "nasrin", "approve").await.unwrap_err();
        let mut nasrin = world.person("nasrin").await.unwrap();
        nasrin.get("no-such-invoice").await.unwrap_err();
        nasrin.inbox().await.unwrap();
    }

    /// Orders that nobody decides in time.
    pub async fn leave_an_order(&self) -> String {
        self.world.activate(RuleKind::Approval, &order_policy("2s", ONWARDS)).await.unwrap();
        let mut client = self.world.person("nasrin").await.unwrap();
        let content = vextrus_starter_cli::json::order_content(&order("meghna-steel", "1000"));
        let (shown, _) = client.submit_order(content, new_request_id()).await.unwrap();
        shown.name
    }

    pub async fn stop(self) {
        self.world.stack.stop().await.unwrap();
        self.server.shutdown().await.unwrap();
    }
}

/// Waits until something is seen.
pub async fn until<T>(what: &str, mut seen: impl FnMut() -> Result<T, String>) -> T {
    let end = tokio::time::Instant::now() + PATIENCE;
    loop {
        match seen() {
            Ok(seen) => return seen,
            Err(why) if tokio::time::Instant::now() > end => panic!("it did not come about that {what}: {why}"),
            Err(_) => tokio::time::sleep(Duration::from_millis(250)).await,
        }
    }
}
