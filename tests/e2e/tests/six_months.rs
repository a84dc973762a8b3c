//! A probation of six months in days of full length, on Temporal's time-skipping test server. The SDK has no face for that server: it is
//! started and told to skip by its own calls.
#![cfg(test)]

use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use temporalio_client::Client;
use temporalio_protos::temporal::api::operatorservice::v1::AddSearchAttributesRequest;
use temporalio_protos::temporal::api::testservice::v1::{LockTimeSkippingRequest, SleepRequest};
use tokio::task::JoinHandle;
use tonic::Request;
use vextrus_domain::EmployeeClass;
use vextrus_domain::signature::{AcceptedKeys, KeyPair};
use vextrus_employees::Adapters;
use vextrus_ledger::approvals::Trust;
use vextrus_ledger::masterdata::Company;
use vextrus_ledger::{Clock, Ledger};
use vextrus_lifecycle::{DAY_MILLIS, Status, TaskStatus};
use vextrus_notify::Channels;
use vextrus_platform::Config;
use vextrus_starter_cli::stack::found;
use vextrus_temporal::{ConnectOptions, connect_to, search_attributes, task_queue};
use vextrus_tests_e2e::{Staff, employee};
use vextrus_worker::Parts;

/// The server's time, as the ledger takes it: microseconds since 1970.
static TIME: AtomicI64 = AtomicI64::new(0);

/// The server, which dies with the test.
struct TestServer(Child);

impl Drop for TestServer {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

impl TestServer {
    fn start() -> anyhow::Result<(Self, String)> {
        let program = std::env::var("VEXTRUS_TEST_SERVER").context("`make test` names the test server")?;
        // The server takes no port 0: a free one is found, and may be taken again before the server has it.
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut command = Command::new(program);
        let child = command.args([&port.to_string(), "--enable-time-skipping"]).stdout(Stdio::null()).spawn()?;
        Ok((Self(child), format!("127.0.0.1:{port}")))
    }
}

async fn server_time(client: &Client) -> anyhow::Result<i64> {
    let time = client.connection().test_service().get_current_time(Request::new(())).await?.into_inner().time;
    let time = time.context("the server tells no time")?;
    Ok(time.seconds * 1_000_000 + i64::from(time.nanos / 1_000))
}

/// Keeps the ledger's clock at the server's.
fn follow(client: Client) -> JoinHandle<()> {
    tokio::spawn(async move {
        while let Ok(now) = server_time(&client).await {
            TIME.store(now, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
}

async fn skip(client: &Client, days: i64) -> anyhow::Result<()> {
    let duration = Duration::from_secs(u64::try_from(days)? * 86_400);
    let request = SleepRequest { duration: Some(duration.try_into()?) };
    client.connection().test_service().unlock_time_skipping_with_sleep(Request::new(request)).await?;
    TIME.store(server_time(client).await?, Ordering::SeqCst);
    Ok(())
}

async fn staff(client: &Client, folder: &std::path::Path) -> anyhow::Result<Staff> {
    let address = format!("sqlite:{}", folder.join("ledger.db").display());
    let ledger = Ledger::open(&address).await?.with_clock(Clock::Moved(&TIME));
    let company: Company = serde_json::from_str(include_str!("../../../examples/company.json"))?;
    found(&ledger, &company).await?;
    let steps = Config::layered(None, |_| None)?.steps;
    let signing_key = KeyPair::from_seed(&[7; 32]);
    Staff { ledger, client: client.clone(), signing_key, company, steps, door: None }.hired().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clerk_is_confirmed_after_six_months() -> anyhow::Result<()> {
    let (_server, address) = TestServer::start()?;
    let client = connect_to(&address, "default", ConnectOptions::default()).await?;
    client.connection().test_service().lock_time_skipping(Request::new(LockTimeSkippingRequest {})).await?;
    let attributes = search_attributes::ALL.iter().map(|(name, kind)| ((*name).to_owned(), *kind as i32)).collect();
    let request = AddSearchAttributesRequest { search_attributes: attributes, namespace: "default".to_owned() };
    client.connection().operator_service().add_search_attributes(Request::new(request)).await?;
    TIME.store(server_time(&client).await?, Ordering::SeqCst);
    let clock = follow(client.clone());

    let folder = tempfile::tempdir()?;
    let staff = staff(&client, folder.path()).await?;
    let keys = AcceptedKeys::from_public_texts([staff.signing_key.public_text().as_str()])?;
    let parts = Parts {
        renewal: vextrus_worker::Renewal::default(),
        client: client.clone(),
        ledger: staff.ledger.clone(),
        trust: Trust { keys, unsigned: false },
        adapters: Adapters::of_ledger(&staff.ledger),
        sealer: None,
        channels: Channels::configured(&Config::layered(None, |_| None)?.notify)?,
        day_millis: DAY_MILLIS,
        // The test server keeps no schedules.
        reconciler: None,
        watched: None,
        verifying: None,
        queues: task_queue::ALL.to_vec(),
        version: None,
    };
    let fleet = vextrus_worker::start(parts, |_| {})?;
    let clerk = employee(1, EmployeeClass::Clerical);
    let key = staff.onboard(&clerk).await?;
    staff.until_open(&key, &["appointment-letter"]).await?;
    let began = server_time(&client).await?;
    let mut days = 0;
    while staff.ended(&key).await?.is_none() {
        ensure!(days < 400, "it has not ended after {days} days: {:?}", staff.status(&key).await?);
        staff.work(&key, &[]).await?;
        skip(&client, 1).await?;
        days += 1;
    }
    let result = staff.result(&key).await?;
    // A day is skipped whether or not the worker has caught up: what does not block may lapse.
    ensure!(matches!(result.status, Status::Completed | Status::Partial), "{result:#?}");
    let machine = staff.machine(&key).await?;
    let review = machine.task(&"probation-review".parse()?).context("no review")?;
    let opened = review.opened_at.context("it was never open")?.timestamp_micros();
    // Fourteen days to the start, six months, less ten working days with their weekends and holidays.
    let after = (opened - began) / 86_400_000_000;
    ensure!(review.status == TaskStatus::Done && (165..=195).contains(&after), "the review opened after {after} days");
    staff.check().await?;
    clock.abort();
    Ok(fleet.stop().await?)
}
