//! Every key is changed as docs/secrets.md has it, while people work: no call fails, and what was under way goes on.
#![cfg(test)]

mod wires;

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use futures::StreamExt as _;
use prost::Message as _;
use temporalio_client::WorkflowFetchHistoryOptions;
use temporalio_client::envconfig::ClientConfigProfile;
use temporalio_protos::temporal::api::history::v1::History;
use tokio::net::TcpListener;
use tokio::sync::{RwLock, watch};
use tokio::task::JoinHandle;
use vextrus_domain::signature::{AcceptedKeys, KeyPair};
use vextrus_facade::FacadeError;
use vextrus_invoice::InvoiceApproval;
use vextrus_ledger::Ledger;
use vextrus_ledger::audit::verify::verify;
use vextrus_platform::Config;
use vextrus_starter_cli::client::{Client, new_request_id};
use vextrus_starter_cli::json;
use vextrus_starter_cli::secrets::{fresh_key, write_secret};
use vextrus_temporal::{Codec, ConnectOptions, connect_as, connect_to};
use vextrus_tests_e2e::{World, invoice};
use vextrus_tests_support::postgres::{self, Server};
use vextrus_tests_support::raw::Raw;
use vextrus_worker::Fleet;

const OLD: &str = "k-1=AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE";
const NEW: &str = "k-2=AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI";

/// A worker and a facade that were started with one configuration.
struct Running {
    ledger: Ledger,
    worker: Fleet,
    facade: JoinHandle<Result<(), FacadeError>>,
    stop: watch::Sender<bool>,
    url: String,
}

impl Running {
    async fn start(config: &Config, temporal: &ClientConfigProfile) -> anyhow::Result<Self> {
        let connect = ConnectOptions { codec: Codec::configured(&config.codec)?, ..ConnectOptions::default() };
        let client = connect_as(temporal.clone(), connect).await?;
        let ledger = Ledger::open_to_serve(&config.ledger).await?;
        let parts = vextrus_worker::parts(config, client.clone(), ledger.clone(), None)?;
        let worker = vextrus_worker::start(parts, |_| {})?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let (stop, mut stopped) = watch::channel(false);
        let (config, of_facade) = (config.clone(), ledger.clone());
        let facade = tokio::spawn(async move {
            let stop = async move { drop(stopped.wait_for(|s| *s).await) };
            vextrus_facade::serve(&config, of_facade, client, listener, None, stop).await
        });
        Ok(Self { ledger, worker, facade, stop, url })
    }

    async fn stop(self) -> anyhow::Result<()> {
        self.stop.send_replace(true);
        self.facade.await??;
        self.worker.stop().await?;
        self.ledger.close().await;
        Ok(())
    }
}

/// A company whose processes are replaced while it works.
struct Turning {
    world: World,
    config: Config,
    /// How both find Temporal.
    temporal: ClientConfigProfile,
    running: Option<Running>,
    /// Where the facade is. Like a load balancer, it sends no new call to one that goes, and waits for those that it has sent.
    url: Arc<RwLock<String>>,
}

impl Turning {
    /// On this ledger; on a file of its own where there is none.
    async fn on(ledger: Option<String>) -> Self {
        let mut codec = Config::layered(None, |_| None).unwrap().codec;
        codec.keys = OLD.to_owned().into();
        let started = World::with(|options| (options.codec, options.ledger) = (Some(codec), ledger));
        let mut world = started.await.unwrap();
        let config = world.stack.config.clone();
        let (address, namespace) = (world.stack.temporal.clone(), world.stack.namespace.clone());
        let temporal = ClientConfigProfile::builder().address(address).namespace(namespace).build();
        let running = Running::start(&config, &temporal).await.unwrap();
        world.stack.stop_worker().await.unwrap();
        let url = Arc::new(RwLock::new(running.url.clone()));
        Self { world, config, temporal, running: Some(running), url }
    }

    /// Replaces both processes by such as have another configuration: the new ones are there before the old ones go.
    async fn turn(&mut self, change: impl FnOnce(&mut Config)) {
        change(&mut self.config);
        let next = Running::start(&self.config, &self.temporal).await.unwrap();
        next.url.clone_into(&mut *self.url.write().await);
        self.running.replace(next).unwrap().stop().await.unwrap();
    }

    async fn person(&self, name: &str) -> Client {
        let token = self.world.stack.token(&self.world.company.tenant, &name.parse().unwrap()).unwrap();
        let url = self.url.read().await.clone();
        Client::new(&url, self.world.company.tenant.as_str(), &token).await.unwrap()
    }

    /// Submits an invoice with two levels; answers its id.
    async fn submit(&self, number: &str, subtotal: &str) -> String {
        let mut nasrin = self.person("nasrin").await;
        let content = json::content(&invoice("padma-builders", number, subtotal));
        let (shown, _) = nasrin.submit(content, new_request_id()).await.unwrap();
        json::last(&shown.name).to_owned()
    }

    async fn approve(&self, id: &str, level: &str, person: &str) {
        let mut approver = self.person(person).await;
        let is_asked = async || Ok(approver.inbox().await?.iter().any(|t| t.name.contains(id)));
        self.world.until(&format!("{person} is asked"), is_asked).await.unwrap();
        let mut approver = self.person(person).await;
        if let Err(refused) = approver.decide(id, Some(level), "approve", "", new_request_id()).await {
            let asked =
                json::tasks(&approver.get(id).await.unwrap()).iter().map(|t| t.question.clone()).collect::<Vec<_>>();
            panic!("{refused}: {asked:?}");
        }
    }

    async fn settles(&self, id: &str) {
        self.world.until(&format!("{id} is settled"), async || self.world.is_over(id).await).await.unwrap();
    }

    /// The keys that the payloads of a document's history are encrypted with, as one without keys sees them.
    async fn keys_of(&self, id: &str) -> Vec<String> {
        let (temporal, namespace) = (&self.world.stack.temporal, &self.world.stack.namespace);
        let stranger = connect_to(temporal, namespace, ConnectOptions::default()).await.unwrap();
        let workflow = format!("invoice/{}", self.world.key(id).await.unwrap());
        let handle = stranger.get_workflow_handle::<InvoiceApproval>(workflow);
        let events = handle.fetch_history(WorkflowFetchHistoryOptions::default());
        let events = events.map(|event| event.unwrap()).collect().await;
        let bytes = History { events }.encode_to_vec();
        // An entry of a payload's metadata, as it is encoded.
        let entry = |key: &str| format!("encryption-key-id\u{12}\u{3}{key}");
        let in_use = |key: &&str| bytes.windows(entry(key).len()).any(|window| window == entry(key).as_bytes());
        ["k-1", "k-2"].into_iter().filter(in_use).map(str::to_owned).collect()
    }
}

/// Somebody who submits invoices, reads them and looks into their inbox all the time. Answers how many were submitted.
fn work(turning: &Turning, stop: watch::Receiver<bool>) -> JoinHandle<anyhow::Result<u32>> {
    let tenant = turning.world.company.tenant.clone();
    let (url, token) =
        (Arc::clone(&turning.url), turning.world.stack.token(&tenant, &"nasrin".parse().unwrap()).unwrap());
    tokio::spawn(async move {
        let mut submitted = 0;
        while !*stop.borrow() {
            let now = url.read().await;
            let calls = async {
                let mut nasrin = Client::new(&now, tenant.as_str(), &token).await?;
                let number = format!("T-{submitted}");
                let content = json::content(&invoice("jamuna-survey", &number, &(1_000 + submitted).to_string()));
                let (shown, _) = nasrin.submit(content, new_request_id()).await?;
                nasrin.get(json::last(&shown.name)).await?;
                nasrin.inbox().await?;
                anyhow::Ok(())
            };
            calls.await.with_context(|| format!("invoice {submitted}, by {now}"))?;
            submitted += 1;
        }
        Ok(submitted)
    })
}

/// A new key in a file of the stack's folder.
fn key_file(folder: &tempfile::TempDir, name: &str) -> (KeyPair, PathBuf) {
    let (key, file) = (fresh_key(), folder.path().join(name));
    write_secret(&file, &key.to_secret_text()).unwrap();
    (key, file)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_call_fails_while_keys_are_changed() {
    let folder = tempfile::tempdir().unwrap();
    let mut turning = Turning::on(None).await;
    let (stop, stopped) = watch::channel(false);
    let working = work(&turning, stopped);

    // Keys of decisions: accepted beside the old one, then used, then alone.
    let decided_under_both = turning.submit("R-1", "200000").await;
    turning.approve(&decided_under_both, "level-1", "rahim").await;
    let (signing, file) = key_file(&folder, "signing-2.key");
    turning.turn(|c| c.signing.accepted_keys = format!("{},{}", c.signing.accepted_keys, signing.public_text())).await;
    turning.turn(|c| c.signing.key_file = file).await;
    turning.approve(&decided_under_both, "level-2", "karim").await;
    turning.settles(&decided_under_both).await;
    turning.turn(|c| c.signing.accepted_keys = signing.public_text()).await;

    // Keys of payloads: last in the list, then first, then alone.
    let under_both = turning.submit("R-2", "210000").await;
    turning.approve(&under_both, "level-1", "rahim").await;
    turning.turn(|c| c.codec.keys = format!("{OLD},{NEW}").into()).await;
    assert_eq!(turning.keys_of(&under_both).await, ["k-1"]);
    turning.turn(|c| c.codec.keys = format!("{NEW},{OLD}").into()).await;
    turning.approve(&under_both, "level-2", "karim").await;
    turning.settles(&under_both).await;
    assert_eq!(turning.keys_of(&under_both).await, ["k-1", "k-2"]);

    // Keys of the trail: both count, the new one signs.
    let old = turning.config.audit.accepted_keys.clone();
    let (audit, file) = key_file(&folder, "audit-2.key");
    turning.turn(|c| c.audit.accepted_keys = format!("{old},{}", audit.public_text())).await;
    turning.turn(|c| c.audit.key_file = file).await;
    let after = turning.submit("R-3", "220000").await;
    turning.approve(&after, "level-1", "rahim").await;
    turning.approve(&after, "level-2", "karim").await;
    turning.settles(&after).await;
    assert_eq!(turning.keys_of(&after).await, ["k-2"]);

    stop.send_replace(true);
    assert!(working.await.unwrap().unwrap() > 5);
    turning.running.take().unwrap().stop().await.unwrap();
    let (ledger, tenant) = (&turning.world.stack.ledger, &turning.world.company.tenant);
    let both = AcceptedKeys::from_public_texts(turning.config.audit.accepted_keys.split(',')).unwrap();
    let alone = AcceptedKeys::from_public_texts([old.as_str()]).unwrap();
    for (keys, is_whole) in [(both, true), (alone, false)] {
        let mut tx = ledger.read(tenant).await.unwrap();
        let found = verify(&mut tx, tenant, &keys, &[]).await.unwrap();
        assert_eq!(found.problems.is_empty(), is_whole, "{:?}", found.problems);
    }
    turning.world.sound(false).await.unwrap();
}

/// The tests' database server, as its administrator knows it.
struct Administrator {
    server: &'static Server,
    database: String,
    psql: Raw,
}

impl Administrator {
    /// Of a new database, whose owner's two logins are made as docs/secrets.md says. They need their passwords.
    async fn new() -> Self {
        let owners = postgres::fresh_database().await;
        let database = owners.split('?').next().unwrap().rsplit('/').next().unwrap().to_owned();
        let server = postgres::server().await;
        let mut psql = Raw::open(&server.address("postgres")).await;
        let file = server.folder().join("data/pg_hba.conf");
        let trusted = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, format!("local all vextrus_a,vextrus_b scram-sha-256\n{trusted}")).unwrap();
        psql.exec("SELECT pg_reload_conf()").await.unwrap();
        let page = include_str!("../../../../docs/secrets.md");
        let mut blocks = page.split("```sql\n").skip(1).filter_map(|block| block.split("```").next());
        let block = blocks.find(|block| block.contains("CREATE ROLE vextrus_a")).unwrap();
        for line in block.lines().filter(|line| !line.starts_with('\\')) {
            psql.exec(line).await.unwrap();
        }
        Self { server, database, psql }
    }

    fn address(&self, role: &str, password: &str) -> String {
        self.server.address(&self.database).replacen("postgres@", &format!("{role}:{password}@"), 1)
    }

    async fn opens(&mut self, role: &str, password: &str) -> String {
        self.psql.exec(&format!("ALTER ROLE {role} LOGIN PASSWORD '{password}'")).await.unwrap();
        self.address(role, password)
    }

    async fn closes(&mut self, role: &str) {
        self.psql.exec(&format!("ALTER ROLE {role} NOLOGIN")).await.unwrap();
    }

    async fn connections(&mut self, role: &str) -> i64 {
        self.psql.number(&format!("SELECT count(*) FROM pg_stat_activity WHERE usename = '{role}'")).await
    }
}

async fn is_let_in(address: &str) -> bool {
    let mut config = Config::layered(None, |_| None).unwrap().ledger;
    address.clone_into(&mut config.address);
    Ledger::open_to_serve(&config).await.is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_call_fails_while_database_passwords_take_turns() {
    let mut administrator = Administrator::new().await;
    let mut turning = Turning::on(Some(administrator.server.owners(&administrator.database))).await;
    let first = administrator.opens("vextrus_a", "first").await;
    turning.turn(|c| first.clone_into(&mut c.ledger.address)).await;
    let (stop, stopped) = watch::channel(false);
    let working = work(&turning, stopped);
    let id = turning.submit("R-1", "200000").await;
    turning.approve(&id, "level-1", "rahim").await;

    for (opened, password, closed) in [
        ("vextrus_b", "second", "vextrus_a"),
        ("vextrus_a", "third", "vextrus_b"),
        ("vextrus_b", "fourth", "vextrus_a"),
    ] {
        let next = administrator.opens(opened, password).await;
        let before = turning.config.ledger.address.clone();
        turning.turn(|c| next.clone_into(&mut c.ledger.address)).await;
        assert!(administrator.connections(opened).await > 0);
        let have_ended = async || Ok(administrator.connections(closed).await == 0);
        turning.world.until(&format!("all of {closed} have ended"), have_ended).await.unwrap();
        administrator.closes(closed).await;
        assert!(!is_let_in(&before).await && is_let_in(&next).await);
    }
    assert!(!is_let_in(&administrator.address("vextrus_b", "second")).await, "a password of before");

    turning.approve(&id, "level-2", "karim").await;
    turning.settles(&id).await;
    stop.send_replace(true);
    assert!(working.await.unwrap().unwrap() > 5);
    turning.running.take().unwrap().stop().await.unwrap();
    turning.world.sound(false).await.unwrap();
}
