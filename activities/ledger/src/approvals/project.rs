//! Tasks as inboxes and pages see them, written from where the approval stands.

use std::collections::BTreeSet;
use std::iter::successors;

use vextrus_approval::{Machine, TaskState};
use vextrus_domain::{DocumentKey, PersonId, canonical};

use crate::db::{Tx, args};
use crate::error::LedgerError;

/// Where a task stands in inboxes, as its row says: nowhere while it is not open.
macro_rules! place {
    () => {
        "(SELECT coalesce(t.due_at, t.opened_at) FROM tasks t
            WHERE t.tenant = $1 AND t.document = $2 AND t.submission = $3 AND t.task = $4 AND t.state = 'open')"
    };
}

/// Writes what differs between two moments of an approval.
pub(super) async fn write(tx: &mut Tx, key: &DocumentKey, before: &Machine, now: &Machine) -> Result<(), LedgerError> {
    let amount = |machine: &Machine| machine.terms().map(|terms| terms.amount);
    for (position, task) in (0_i64..).zip(now.tasks()) {
        let earlier = before.task(&task.task.id);
        let (tenant, document, id) = (key.tenant.as_str(), key.document.as_str(), task.task.id.as_str());
        if earlier != Some(task) || amount(before) != amount(now) {
            put(tx, key, now, task, position).await?;
            tx.exec(
                concat!(
                    "UPDATE task_people SET sorted_at = ",
                    place!(),
                    " WHERE tenant = $1 AND document = $2 AND submission = $3 AND task = $4 AND sorted_at IS DISTINCT FROM ",
                    place!()
                ),
                args![tenant, document, key.submission, id],
            )
            .await?;
        }
        let people = asked(now, task);
        let known = earlier.map(|task| asked(before, task)).unwrap_or_default();
        for (person, _) in known.difference(&people) {
            tx.exec(
                "DELETE FROM task_people WHERE tenant = $1 AND person = $2 AND document = $3 AND submission = $4 AND task = $5",
                args![tenant, person.as_str(), document, key.submission, id],
            )
            .await?;
        }
        for (person, principal) in people.difference(&known) {
            tx.exec(
                concat!(
                    "INSERT INTO task_people (tenant, document, submission, task, person, principal, sorted_at)
                     VALUES ($1, $2, $3, $4, $5, $6, ",
                    place!(),
                    ") ON CONFLICT DO NOTHING"
                ),
                args![tenant, document, key.submission, id, person.as_str(), principal.as_str()],
            )
            .await?;
        }
    }
    Ok(())
}

/// Drops what is still undecided, when a document ends.
pub(super) async fn drop_undecided(tx: &mut Tx, key: &DocumentKey) -> Result<(), LedgerError> {
    let of = args![key.tenant.as_str(), key.document.as_str(), key.submission];
    tx.exec(
        "UPDATE tasks SET state = 'dropped'
         WHERE tenant = $1 AND document = $2 AND submission = $3 AND state IN ('waiting', 'open')",
        of.clone(),
    )
    .await?;
    tx.exec(
        "UPDATE task_people SET sorted_at = NULL
         WHERE tenant = $1 AND document = $2 AND submission = $3 AND sorted_at IS NOT NULL",
        of,
    )
    .await
    .map(drop)
}

/// Everybody in whose inbox a task belongs, and in whose name: those who may decide it, and those to whom one of them gave it.
/// Nobody while the document is changed or computed again.
fn asked<'m>(machine: &Machine, task: &'m TaskState) -> BTreeSet<(&'m PersonId, &'m PersonId)> {
    if !machine.takes_decisions() {
        return BTreeSet::new();
    }
    let own = task.eligible.iter().map(|person| (person, person));
    let owner = |to| task.delegations.iter().find(|(_, given)| given == to).map(|(from, _)| from);
    // A task is given on and on at most as often as there are delegations of it.
    let root =
        |to| successors(Some(to), |p| owner(*p)).take(task.delegations.len() + 1).find(|p| task.eligible.contains(p));
    let given = task.delegations.iter().map(|(_, to)| to).filter(|to| !task.eligible.contains(to));
    own.chain(given.filter_map(|to| Some((to, root(to)?)))).collect()
}

async fn put(
    tx: &mut Tx,
    key: &DocumentKey,
    machine: &Machine,
    state: &TaskState,
    position: i64,
) -> Result<(), LedgerError> {
    let task = &state.task;
    let last = state.decisions.last();
    let given = i64::try_from(state.decisions.iter().filter(|d| d.proceeds).count()).unwrap_or(i64::MAX);
    tx.exec(
        "INSERT INTO tasks (tenant, document, submission, task, revision, position, stage, kind, role, question, answers,
            plan_hash, state, opened_at, due_at, needed, given, answer, actor, principal, comment, decided_at, amount)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)
         ON CONFLICT (tenant, document, submission, task) DO UPDATE SET stage = $7, state = $13, opened_at = $14, due_at = $15,
            given = $17, answer = $18, actor = $19, principal = $20, comment = $21, decided_at = $22, amount = $23",
        args![
            key.tenant.as_str(),
            key.document.as_str(),
            key.submission,
            task.id.as_str(),
            machine.revision(),
            position,
            state.stage,
            task.kind.name(),
            task.role.as_str(),
            &task.question,
            canonical::to_text(&task.answers)?,
            &state.plan_hash,
            state.status.name(),
            state.opened_at,
            machine.due_at(state),
            task.needed,
            given,
            last.map(|d| d.answer.as_str()),
            last.map(|d| d.by.actor.as_str()),
            last.map(|d| d.by.principal.as_str()),
            last.map(|d| d.comment.as_str()),
            last.map(|d| d.at),
            machine.terms().map_or(0, |terms| terms.amount.poisha())
        ],
    )
    .await
    .map(drop)
}
