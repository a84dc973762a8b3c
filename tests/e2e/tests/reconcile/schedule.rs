//! The rounds come by themselves, one at a time, and an operator can pause them.

use std::time::Duration;

use anyhow::ensure;
use temporalio_client::NamespacedClient as _;
use temporalio_protos::temporal::api::enums::v1::ScheduleOverlapPolicy;
use temporalio_protos::temporal::api::schedule::v1::SchedulePatch;
use temporalio_protos::temporal::api::workflowservice::v1::{
    DescribeScheduleRequest, DescribeScheduleResponse, PatchScheduleRequest,
};
use tonic::{Code, Request};
use vextrus_platform::config::{ReconcileConfig, Switch};
use vextrus_reconcile::{SCHEDULE, ensure as ensure_rounds};
use vextrus_tests_e2e::{World, invoice};

use crate::{config, is_closed, terminate};

async fn described(world: &World) -> Result<DescribeScheduleResponse, tonic::Status> {
    let client = &world.stack.client;
    let describe = DescribeScheduleRequest { namespace: client.namespace(), schedule_id: SCHEDULE.to_owned() };
    let mut service = client.connection().workflow_service();
    Ok(service.describe_schedule(Request::new(describe)).await?.into_inner())
}

fn on() -> ReconcileConfig {
    ReconcileConfig { schedule: Switch::On, ..config(Duration::ZERO) }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rounds_come_by_themselves() -> anyhow::Result<()> {
    // The schedule's own input is in clear, and must be read all the same.
    let mut codec = vextrus_platform::Config::layered(None, |_| None)?.codec;
    codec.keys = "k-1=AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE".to_owned().into();
    let world = World::with(|options| {
        options.reconcile = Some(on());
        options.codec = Some(codec);
    })
    .await?;
    let id = world.submit(&invoice("padma-builders", "R-1", "200000")).await?;
    world.until_open(&id).await?;
    terminate(&world.handle(&id).await?).await?;
    world.until("a round has closed it", async || world.is_over(&id).await).await?;
    is_closed(&world, &world.key(&id).await?, "failed").await?;
    let schedule = described(&world).await?.schedule.unwrap_or_default();
    let policies = schedule.policies.unwrap_or_default();
    ensure!(policies.overlap_policy == ScheduleOverlapPolicy::Skip as i32, "{policies:?}");
    ensure!(policies.catchup_window.is_some_and(|w| w.seconds == 60), "{policies:?}");
    world.finish().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_operator_paused_stays_paused_and_what_is_off_is_gone() -> anyhow::Result<()> {
    let world = World::with(|options| options.reconcile = Some(on())).await?;
    let client = &world.stack.client;
    let patch = PatchScheduleRequest {
        namespace: client.namespace(),
        schedule_id: SCHEDULE.to_owned(),
        patch: Some(SchedulePatch { pause: "while we look".to_owned(), ..Default::default() }),
        ..Default::default()
    };
    client.connection().workflow_service().patch_schedule(Request::new(patch)).await?;
    // The same again, and another interval, by many at once.
    ensure_rounds(client, &on()).await?;
    let slower = ReconcileConfig { interval_millis: 60_000, ..on() };
    tokio::try_join!(ensure_rounds(client, &slower), ensure_rounds(client, &slower), ensure_rounds(client, &slower))?;
    let schedule = described(&world).await?.schedule.unwrap_or_default();
    let every = schedule.spec.unwrap_or_default().interval.first().and_then(|i| i.interval);
    ensure!(every.is_some_and(|every| every.seconds == 60), "{every:?}");
    ensure!(schedule.state.is_some_and(|state| state.paused), "it was set going again");
    let hurried = ReconcileConfig { interval_millis: 10, ..on() };
    let error = ensure_rounds(client, &hurried).await.err().map(|error| error.to_string()).unwrap_or_default();
    ensure!(error.contains("interval_millis is 10; the least is 1000"), "{error}");
    let off = ReconcileConfig { schedule: Switch::Off, ..on() };
    for _ in 0..2 {
        ensure_rounds(client, &off).await?;
    }
    world
        .until("the schedule is gone", async || {
            Ok(described(&world).await.err().is_some_and(|status| status.code() == Code::NotFound))
        })
        .await?;
    world.finish().await
}
