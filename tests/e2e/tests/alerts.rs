//! Every alert fires once its condition is caused, on a running fleet that a real Prometheus looks at.
#![cfg(test)]

use std::collections::BTreeSet;
use std::time::Duration;

use rcgen::{CertificateParams, KeyPair};
use temporalio_sdk::runtime::worker_tuner::{FixedSizeSlotSupplier, TunerHolder};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use vextrus_domain::{DocumentType, EmployeeClass};
use vextrus_employees::Employees;
use vextrus_ledger::rules::RuleKind;
use vextrus_lifecycle::{Action, TaskStatus};
use vextrus_onboarding::EmployeeOffboarding;
use vextrus_platform::Config;
use vextrus_proto::approval::v1::Withdraw;
use vextrus_proto::approval::v1::act_request::Action as Act;
use vextrus_starter_cli::client::new_request_id;
use vextrus_temporal::task_queue;
use vextrus_tests_e2e::watched::{Watched, until};
use vextrus_tests_e2e::{Staff, employee, invoice};
use vextrus_tests_observability::alerts::Alerts;
use vextrus_tests_observability::prometheus::{Prometheus, free_port};
use vextrus_tests_support::raw::Raw;
use vextrus_worker::Parts;

#[allow(warnings, clippy::all, clippy::pedantic, reason = "it is the changed code that runs, not its looks")]
mod mutants {
    include!(concat!(env!("OUT_DIR"), "/mutants/no_timer_of_processes.rs"));
}

use mutants::no_timer_of_processes::onboarding::EmployeeOnboarding as OnboardingWithoutTimer;

/// What only time brings about is waited for in seconds: the alert's own limit, and what stands for it here.
const SOONER: [(&str, &str); 3] = [
    ("vextrus_jwks_age_seconds > 600", "vextrus_jwks_age_seconds > 20"),
    ("max(vextrus_trail_verified_timestamp_seconds) > 7200", "max(vextrus_trail_verified_timestamp_seconds) > 40"),
    ("max(vextrus_ledger_sampled_timestamp_seconds) > 120", "max(vextrus_ledger_sampled_timestamp_seconds) > 25"),
];

struct Scene {
    fleet: Watched,
    prometheus: Prometheus,
    seen: BTreeSet<String>,
}

impl Scene {
    async fn fires(&mut self, alert: &str) {
        let prometheus = &self.prometheus;
        until(&format!("{alert} fires"), || {
            let firing = prometheus.firing().map_err(|e| e.to_string())?;
            if firing.iter().any(|name| name == alert) { Ok(()) } else { Err(format!("{firing:?}")) }
        })
        .await;
        self.seen.insert(alert.to_owned());
    }

    async fn raw(&self) -> Raw {
        Raw::open(&self.fleet.world.stack.config.ledger.address).await
    }
}

/// A second facade, with a certificate that ends within days and keys of its own; where it is looked at, and what stops it.
struct SecondFacade {
    admin: String,
    folder: tempfile::TempDir,
    stop: Option<oneshot::Sender<()>>,
}

impl SecondFacade {
    fn planned() -> Self {
        let admin = format!("127.0.0.1:{}", free_port().unwrap());
        Self { admin, folder: tempfile::tempdir().unwrap(), stop: None }
    }

    async fn start(&mut self, fleet: &Watched) {
        let key = KeyPair::generate().unwrap();
        let mut certificate = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let soon = chrono::Utc::now().date_naive() + chrono::Days::new(5);
        use chrono::Datelike as _;
        let (month, day) = (u8::try_from(soon.month()).unwrap(), u8::try_from(soon.day()).unwrap());
        certificate.not_after = rcgen::date_time_ymd(soon.year(), month, day);
        let at = |name: &str| self.folder.path().join(name);
        std::fs::write(at("facade.pem"), certificate.self_signed(&key).unwrap().pem()).unwrap();
        std::fs::write(at("facade.key"), key.serialize_pem()).unwrap();
        let stack = &fleet.world.stack;
        let mut config: Config = stack.config.clone();
        std::fs::copy(&config.auth.jwks_file, at("jwks.json")).unwrap();
        config.auth.jwks_file = at("jwks.json");
        config.facade.tls_certificate_file = at("facade.pem");
        config.facade.tls_key_file = at("facade.key");
        config.facade.admin_listen = self.admin.clone();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let (ledger, client) = (stack.ledger.clone(), stack.client.clone());
        tokio::spawn(async move {
            let watched = vextrus_facade::watched(&config, None).unwrap();
            let stop = async move { drop(stopped.await) };
            vextrus_facade::serve(&config, ledger, client, listener, watched, stop).await.unwrap();
        });
        self.stop = Some(stop);
    }
}

fn without_timer(parts: &Parts) -> temporalio_sdk::WorkerOptions {
    let steps = vextrus_employees::Steps {
        ledger: parts.ledger.clone(),
        trust: parts.trust.clone(),
        adapters: parts.adapters.clone(),
        day_millis: parts.day_millis,
    };
    let options = temporalio_sdk::WorkerOptions::new(task_queue::ONBOARDING);
    let options = options.register_workflow::<OnboardingWithoutTimer>().unwrap();
    options.register_workflow::<EmployeeOffboarding>().unwrap().register_activities(Employees(steps)).build()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_alert_fires_once_its_condition_is_caused() {
    let alerts = Alerts::read().unwrap();
    let rules = SOONER.iter().fold(alerts.yaml(true).unwrap(), |rules, (limit, sooner)| {
        assert!(rules.contains(limit), "{limit}");
        rules.replace(limit, sooner)
    });
    let fleet = Watched::start().await;
    let mut second = SecondFacade::planned();
    let mut targets = fleet.targets();
    targets.push(("vextrus-facade", second.admin.clone()));
    let prometheus = Prometheus::start(&targets, &rules).unwrap();
    let mut scene = Scene { fleet, prometheus, seen: BTreeSet::new() };

    scene.fires("VextrusProcessDown").await;
    second.start(&scene.fleet).await;
    scene.fires("VextrusCertificateExpiring").await;
    std::fs::remove_file(second.folder.path().join("jwks.json")).unwrap();
    scene.fleet.load(1).await;

    what_is_late(&mut scene).await;
    workers(&mut scene).await;
    the_network(&mut scene).await;
    the_code(&mut scene).await;
    scene.fires("VextrusKeysOld").await;
    the_ledger(&mut scene).await;

    let all: BTreeSet<String> = alerts.all.iter().map(|alert| alert.name.clone()).collect();
    let never: Vec<_> = all.difference(&scene.seen).collect();
    assert!(never.is_empty(), "nobody has caused {never:?}");
    drop(second.stop.take());
    scene.fleet.stop().await;
}

/// Tasks that nobody decides, events that nobody takes, rates that end.
async fn what_is_late(scene: &mut Scene) {
    scene.fleet.leave_an_order().await;
    scene.fires("VextrusSlaBreach").await;

    let (secret, folder) = ("whsec_AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB\n", tempfile::tempdir().unwrap());
    std::fs::write(folder.path().join("secret"), secret).unwrap();
    // A rate that ends in ten days, after which there is none.
    let ends = chrono::Utc::now().date_naive() + chrono::Days::new(10);
    let house = vextrus_starter_cli::stack::DEFAULT_RULES[0].1;
    let row = format!(
        "\n[[row]]\ntax = \"VAT\"\ncode = \"FAIR\"\nrate_ppm = 50000\nto = \"{ends}\"\nlegal_ref = \"a test\"\n\
         source = \"a test\"\nconfidence = \"H\"\n"
    );
    let house = [house, &row].concat();
    scene.fleet.world.activate(RuleKind::Tax, &house).await.unwrap();
    let secret_file = folder.path().join("secret");
    let to_nobody = |config: &mut Config| {
        let notify = &mut config.notify;
        (notify.channels, notify.webhook_secret_file) = ("webhook".to_owned(), secret_file);
        (notify.webhook_url, notify.attempts, notify.pause_millis) = ("http://127.0.0.1:1/events".to_owned(), 1, 1);
    };
    scene.fleet.restart(to_nobody).await;
    scene.fires("VextrusRateExpiring").await;
    scene.fleet.world.submit(&invoice("jamuna-survey", "O-1", "80000")).await.unwrap();
    scene.fires("VextrusOutboxStuck").await;
    scene.fleet.restart(|config| config.notify.channels = "log".to_owned()).await;
}

/// No workers, late workers, busy workers.
async fn workers(scene: &mut Scene) {
    scene.fleet.stop_worker().await;
    scene.fires("VextrusNoPollers").await;
    let mut late = Vec::new();
    for number in 0..6 {
        let bill = invoice("jamuna-survey", &format!("S-{number}"), &(70_000 + 100 * number).to_string());
        late.push(scene.fleet.world.submit(&bill).await.unwrap());
    }
    tokio::time::sleep(Duration::from_secs(6)).await;
    let few = || FixedSizeSlotSupplier::new(1);
    let parts = scene.fleet.world.stack.parts().unwrap();
    let busy = vextrus_worker::start(parts, |options| {
        options.tuner = TunerHolder::builder()
            .workflow_task_slot_supplier(FixedSizeSlotSupplier::new(10))
            .activity_task_slot_supplier(few())
            .local_activity_task_slot_supplier(few())
            .nexus_task_slot_supplier(few())
            .build()
            .into();
    });
    let busy = busy.unwrap();
    scene.fires("VextrusScheduleToStart").await;
    for id in &late {
        scene.fleet.world.until_open(id).await.unwrap();
    }
    busy_slots(scene, late).await;
    busy.stop().await.unwrap();
    scene.fleet.stop_worker().await;
    scene.fleet.world.stack.start_worker().unwrap();
}

/// While somebody else writes, the steps of what is withdrawn wait for the only slot that there is, and for connections.
async fn busy_slots(scene: &mut Scene, open: Vec<String>) {
    let tenant = scene.fleet.world.company.tenant.clone();
    let writing = scene.fleet.world.stack.ledger.begin(&tenant).await.unwrap();
    let nasrin = scene.fleet.world.person("nasrin").await.unwrap();
    let withdrawn = open.into_iter().map(|id| {
        let mut nasrin = nasrin.clone();
        let name = nasrin.name(DocumentType::Invoice, &id);
        let action = Act::Withdraw(Withdraw { comment: "sent twice".to_owned() });
        tokio::spawn(async move { nasrin.act(name, action, new_request_id()).await })
    });
    let withdrawn: Vec<_> = withdrawn.collect();
    scene.fires("VextrusSlotsExhausted").await;
    let connections = hold_connections(scene).await;
    scene.fires("VextrusPoolExhausted").await;
    drop((writing, connections));
    for said in withdrawn {
        // Whoever waited for too long was told so.
        drop(said.await.unwrap());
    }
}

/// Nearly all connections of the pool, but for what looks at it.
async fn hold_connections(scene: &Scene) -> Vec<vextrus_ledger::Tx> {
    let most = scene.fleet.world.stack.config.ledger.connections;
    let mut held = Vec::new();
    for _ in 2..most {
        held.push(scene.fleet.world.stack.ledger.read_for_all().await.unwrap());
    }
    held
}

/// Temporal cannot be reached.
async fn the_network(scene: &mut Scene) {
    scene.fleet.wire.stall(true);
    scene.fires("VextrusNotReady").await;
    let client = scene.fleet.world.person("nasrin").await.unwrap();
    // Twice: Prometheus sees no rate in a counter's first value.
    for round in 0..2 {
        let calls = (0..20).map(|number| {
            let (mut client, number) = (client.clone(), format!("N-{round}-{number}"));
            let bill = vextrus_starter_cli::json::content(&invoice("jamuna-survey", &number, "80000"));
            tokio::spawn(async move { client.submit(bill, new_request_id()).await.unwrap_err() })
        });
        for call in calls.collect::<Vec<_>>() {
            call.await.unwrap();
        }
    }
    scene.fires("VextrusCallsFail").await;
    scene.fleet.wire.stall(false);
    scene.fleet.wire.cut();
}

/// Another build, whose code goes another way.
async fn the_code(scene: &mut Scene) {
    let staff = Staff::of(&scene.fleet.world).await.unwrap();
    let key = staff.onboard(&employee(1, EmployeeClass::Skilled)).await.unwrap();
    staff.complete(&key, "appointment-letter").await.unwrap();
    staff.until_task(&key, "appointment-letter", TaskStatus::Done).await.unwrap();
    staff.until_open(&key, &["assign-mentor"]).await.unwrap();
    scene.fleet.stop_worker().await;
    let parts = scene.fleet.world.stack.parts().unwrap();
    let given = parts.clone();
    let other = vextrus_worker::start(parts, |options| {
        if options.task_queue == task_queue::ONBOARDING {
            *options = without_timer(&given);
        }
    });
    let other = other.unwrap();
    drop(given);
    let action = Action::Skip { task: "assign-mentor".parse().unwrap(), reason: "there is none".to_owned() };
    let said = tokio::spawn(async move {
        // It is not answered while its workflow cannot go on.
        drop(staff.tell(&key, "karim", action).await);
    });
    scene.fires("VextrusNonDeterminism").await;
    said.abort();
    other.stop().await.unwrap();
    scene.fleet.stop_worker().await;
    scene.fleet.world.stack.start_worker().unwrap();
}

/// A database that is not as it should be. It is not used any more afterwards.
async fn the_ledger(scene: &mut Scene) {
    let mut raw = scene.raw().await;
    raw.take_guards_away().await;
    let tomorrow = chrono::Utc::now().date_naive() + chrono::Days::new(1);
    let soon = format!("UPDATE tax_obligations SET deposit_by = '{tomorrow}'");
    raw.exec(&soon).await.unwrap();
    // What is due is read when a worker starts.
    scene.fleet.restart(|_| {}).await;
    scene.fires("VextrusDepositDeadlineNear").await;
    raw.exec("UPDATE audit_entries SET content = replace(content, 'claimed', 'changed') WHERE seq = 1").await.unwrap();
    scene.fires("VextrusChainBroken").await;

    raw.exec("ALTER TABLE effects RENAME TO effects_away").await.unwrap();
    raw.exec("ALTER TABLE outbox_deliveries RENAME TO deliveries_away").await.unwrap();
    raw.exec("ALTER TABLE audit_logs RENAME TO logs_away").await.unwrap();
    for number in 0..3 {
        let bill = invoice("jamuna-survey", &format!("F-{number}"), "80000");
        drop(scene.fleet.world.submit(&bill).await);
    }
    scene.fires("VextrusActivityFailures").await;
    scene.fires("VextrusFiguresOld").await;
    scene.fires("VextrusTrailUnverified").await;
    raw.exec("ALTER TABLE logs_away RENAME TO audit_logs").await.unwrap();
    raw.exec("ALTER TABLE deliveries_away RENAME TO outbox_deliveries").await.unwrap();
    raw.exec("ALTER TABLE effects_away RENAME TO effects").await.unwrap();
}
