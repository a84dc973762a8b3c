//! Tasks as inboxes see them, written from where the process stands.

use std::collections::BTreeSet;

use vextrus_domain::{DocumentKey, PersonId};
use vextrus_lifecycle::{Machine, TaskState, TaskStatus};

use crate::db::{Tx, args};
use crate::error::LedgerError;

/// Where a task stands in inboxes, as its row says: nowhere while it is not open.
macro_rules! place {
    () => {
        "(SELECT coalesce(t.due_at, t.opened_at) FROM process_tasks t
            WHERE t.tenant = $1 AND t.process = $2 AND t.task = $3 AND t.state = 'open')"
    };
}

/// Writes what differs between two moments of a process.
pub(super) async fn write(tx: &mut Tx, key: &DocumentKey, before: &Machine, now: &Machine) -> Result<(), LedgerError> {
    for (position, task) in (0_i64..).zip(now.tasks()) {
        let earlier = before.task(&task.plan.id);
        if earlier == Some(task) {
            continue;
        }
        put(tx, key, task, position).await?;
        let people = asked(task);
        let known = earlier.map(asked).unwrap_or_default();
        let (tenant, process, id) = (key.tenant.as_str(), key.document.as_str(), task.plan.id.as_str());
        tx.exec(
            concat!(
                "UPDATE process_task_people SET sorted_at = ",
                place!(),
                " WHERE tenant = $1 AND process = $2 AND task = $3 AND sorted_at IS DISTINCT FROM ",
                place!()
            ),
            args![tenant, process, id],
        )
        .await?;
        for person in known.difference(&people) {
            tx.exec(
                "DELETE FROM process_task_people WHERE tenant = $1 AND person = $2 AND process = $3 AND task = $4",
                args![tenant, person.as_str(), process, id],
            )
            .await?;
        }
        for person in people.difference(&known) {
            tx.exec(
                concat!(
                    "INSERT INTO process_task_people (tenant, process, task, person, sorted_at) VALUES ($1, $2, $3, $4, ",
                    place!(),
                    ") ON CONFLICT DO NOTHING"
                ),
                args![tenant, process, id, person.as_str()],
            )
            .await?;
        }
    }
    Ok(())
}

/// Everybody in whose inbox a task is.
pub(super) fn asked(task: &TaskState) -> BTreeSet<&PersonId> {
    if task.status == TaskStatus::Open { task.people.iter().collect() } else { BTreeSet::new() }
}

async fn put(tx: &mut Tx, key: &DocumentKey, task: &TaskState, position: i64) -> Result<(), LedgerError> {
    let plan = &task.plan;
    tx.exec(
        "INSERT INTO process_tasks (tenant, process, task, position, name, owner, review, state, opened_at, due_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         ON CONFLICT (tenant, process, task) DO UPDATE SET name = $5, owner = $6, state = $8, opened_at = $9, due_at = $10",
        args![
            key.tenant.as_str(),
            key.document.as_str(),
            plan.id.as_str(),
            position,
            &plan.name,
            &plan.owner,
            plan.review,
            task.status.name(),
            task.opened_at,
            task.due_at
        ],
    )
    .await
    .map(drop)
}
