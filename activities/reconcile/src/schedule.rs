//! The schedule of the rounds.

use std::time::Duration;

use temporalio_client::Client;
use vextrus_contract::reconcile::WORKFLOW_TYPE;
use vextrus_platform::config::{ReconcileConfig, Switch};
use vextrus_temporal::schedule::{Wanted, delete_schedule, ensure_schedule};
use vextrus_temporal::task_queue;

use crate::ReconcileError;

/// The schedule's id, and what the ids of its workflows begin with.
pub const SCHEDULE: &str = "vextrus-reconcile";
/// A round that was missed for longer is not made up for: the next one sees the same.
const CATCH_UP: Duration = Duration::from_secs(60);
/// The most that a round may take. The next one does not begin before.
const WITHIN: Duration = Duration::from_secs(6 * 60 * 60);
/// The shortest interval, in milliseconds.
const SHORTEST: u64 = 1000;

/// Sets the schedule, or takes it away where there are to be no rounds.
///
/// # Errors
/// [`ReconcileError::Interval`] or [`ReconcileError::Schedule`].
pub async fn ensure(client: &Client, config: &ReconcileConfig) -> Result<(), ReconcileError> {
    if config.schedule == Switch::Off {
        return Ok(delete_schedule(client, SCHEDULE).await?);
    }
    if config.interval_millis < SHORTEST {
        return Err(ReconcileError::Interval(config.interval_millis));
    }
    let wanted = Wanted {
        id: SCHEDULE,
        workflow_type: WORKFLOW_TYPE,
        task_queue: task_queue::RECONCILE,
        workflow: SCHEDULE,
        input: "{}".to_owned(),
        every: Duration::from_millis(config.interval_millis),
        catch_up: CATCH_UP,
        within: WITHIN,
    };
    Ok(ensure_schedule(client, &wanted).await?)
}
