//! Tasks as inboxes and pages see them, written from where the approval stands.

use std::collections::BTreeSet;
use std::iter::successors;

use vextrus_approval::{Machine, TaskState};
use vextrus_domain::{DocumentKey, PersonId, canonical};

use crate::db::{Arg, Tx, args};
use crate::error::LedgerError;

/// Writes what differs between two moments of an approval.
pub(super) async fn write(tx: &mut Tx, key: &DocumentKey, before: &Machine, now: &Machine) -> Result<(), LedgerError> {
    let amount = |machine: &Machine| machine.terms().map(|terms| terms.amount);
    for (position, task) in (0_i64..).zip(now.tasks()) {
        let earlier = before.task(&task.task.id);
        let changes = earlier != Some(task) || amount(before) != amount(now);
        if changes {
            put(tx, key, now, task, position).await?;
        }
        let of = args![key.tenant.as_str(), key.document.as_str(), key.submission, task.task.id.as_str()];
        let people = asked(now, task);
        let known = earlier.map(|task| asked(before, task)).unwrap_or_default();
        let gone: Vec<Arg> = known.difference(&people).map(|(person, _)| person.as_str().into()).collect();
        tx.exec_in(
            "DELETE FROM task_people WHERE tenant = $1 AND document = $2 AND submission = $3 AND task = $4 AND person IN",
            of.clone(),
            gone,
        )
        .await?;
        if changes && known.intersection(&people).next().is_some() {
            // Where a task stands in inboxes follows from its row: nowhere while it is not open.
            tx.exec(
                "UPDATE task_people SET sorted_at = (SELECT coalesce(t.due_at, t.opened_at) FROM tasks t
                    WHERE t.tenant = $1 AND t.document = $2 AND t.submission = $3 AND t.task = $4 AND t.state = 'open')
                 WHERE tenant = $1 AND document = $2 AND submission = $3 AND task = $4",
                of.clone(),
            )
            .await?;
        }
        let row = |(person, principal): &(&PersonId, &PersonId)| {
            let mut row = of.clone();
            row.extend(args![person.as_str(), principal.as_str()]);
            row
        };
        tx.insert(
            "WITH p (tenant, document, submission, task, person, principal) AS (VALUES",
            people.difference(&known).map(row).collect(),
            ") INSERT INTO task_people (tenant, document, submission, task, person, principal, sorted_at)
             SELECT p.tenant, p.document, p.submission, p.task, p.person, p.principal,
                (SELECT coalesce(t.due_at, t.opened_at) FROM tasks t WHERE t.tenant = p.tenant AND t.document = p.document
                    AND t.submission = p.submission AND t.task = p.task AND t.state = 'open')
             FROM p WHERE TRUE ON CONFLICT DO NOTHING",
        )
        .await?;
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
