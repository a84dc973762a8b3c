//! Who may act on a task, for whom, and by which chain. The ledger asks the same questions of the same code.

use chrono::{DateTime, Utc};
use vextrus_domain::{PersonId, Refusal, RefusalCode, TaskId};

use super::{Machine, TaskState, TaskStatus};
use crate::delegation::{Link, StandingDelegation, path};
use crate::event::By;
use crate::plan::{Task, TaskKind};
use crate::seats::{self, Wanted};

/// In whose name somebody may act on a task, and by which standing delegations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// In whose name.
    pub principal: PersonId,
    /// By which standing delegations.
    pub via: Vec<StandingDelegation>,
}

impl Machine {
    /// In whose name a person may act on a task now, if in anybody's: their own, or by the shortest chain of delegations
    /// somebody's who may.
    #[must_use]
    pub fn standing(
        &self,
        task: &TaskState,
        actor: &PersonId,
        delegations: &[StandingDelegation],
        at: DateTime<Utc>,
    ) -> Option<Standing> {
        if task.eligible.contains(actor) {
            return Some(Standing { principal: actor.clone(), via: Vec::new() });
        }
        let usable: Vec<&StandingDelegation> = delegations.iter().filter(|d| self.covers(d, at)).collect();
        let ways = task.eligible.iter().filter_map(|principal| {
            let way = self.way(task, principal, actor, &links(task, usable.iter().copied()))?;
            let used = |d: &&&StandingDelegation| {
                way.windows(2).any(|step| {
                    let alone = task.delegations.iter().any(|(from, to)| from == step[0] && to == step[1]);
                    !alone && d.from == *step[0] && d.to == *step[1]
                })
            };
            let via = usable.iter().filter(used).map(|d| (*d).clone()).collect();
            let standing = Standing { principal: principal.clone(), via };
            let people: Vec<PersonId> = way.into_iter().cloned().collect();
            Some((self.separated(task, &people).is_err(), people.len(), standing))
        });
        ways.min_by_key(|(refused, length, _)| (*refused, *length)).map(|(_, _, standing)| standing)
    }

    /// The chain by which the actor acts on the task for the principal, once it stands up to every rule.
    pub(super) fn may_act(
        &self,
        task: &TaskState,
        actor: &PersonId,
        principal: &PersonId,
        via: &[StandingDelegation],
        at: DateTime<Utc>,
    ) -> Result<By, Refusal> {
        for person in [actor, principal] {
            if *person == self.submitter {
                return Err(Refusal::new(RefusalCode::SelfApproval, format!("{person} submitted this document")));
            }
        }
        if !task.eligible.contains(principal) {
            let message = format!("{principal} may not decide {} ({})", task.task.id, task.task.role);
            return Err(Refusal::new(RefusalCode::NotEligible, message));
        }
        if let Some(void) = via.iter().find(|d| !self.covers(d, at)) {
            let message = format!("delegation {} of {} does not cover this document today", void.number, void.from);
            return Err(Refusal::new(RefusalCode::DelegationInvalid, message));
        }
        let Some(way) = self.way(task, principal, actor, &links(task, via.iter())) else {
            let message = format!("{actor} does not stand for {principal} at {}", task.task.id);
            return Err(Refusal::new(RefusalCode::NotEligible, message));
        };
        let people: Vec<PersonId> = way.into_iter().cloned().collect();
        self.separated(task, &people)?;
        let through = people.iter().filter(|p| *p != actor && *p != principal).cloned().collect();
        Ok(By { actor: actor.clone(), principal: principal.clone(), through })
    }

    /// The shortest chain from the principal to the actor through people who may have a part in the task; where there is none,
    /// the shortest of all, for its refusal.
    fn way<'a>(
        &self,
        task: &TaskState,
        principal: &'a PersonId,
        actor: &'a PersonId,
        links: &[Link<'a>],
    ) -> Option<Vec<&'a PersonId>> {
        let may = |link: &&Link<'a>| self.separated(task, std::slice::from_ref(link.to)).is_ok();
        let free: Vec<Link<'a>> = links.iter().filter(may).copied().collect();
        path(principal, actor, &free, self.hops()).or_else(|| path(principal, actor, links, self.hops()))
    }

    /// Refuses what leads to a state in which a level finds nobody any more, so that the document could only expire.
    pub(super) fn leaves_enough(&self, next: &Self, decided: &TaskId) -> Result<(), Refusal> {
        let Some(lacking) = next.unfilled().filter(|_| self.unfilled().is_none()) else { return Ok(()) };
        let message = format!(
            "nobody would be left to decide {} ({}) after this; another person must decide {decided}",
            lacking.id, lacking.role
        );
        Err(Refusal::new(RefusalCode::RepeatedApprover, message))
    }

    /// A level for whose missing approvals there are too few different people, those of its escalation included.
    pub(super) fn unfilled(&self) -> Option<&Task> {
        let levels = self.tasks.iter().filter(|t| t.is_undecided() && t.task.kind == TaskKind::Level);
        let wanted: Vec<Wanted<'_>> = levels
            .map(|t| {
                let later = t.task.escalations.iter().flat_map(|step| &step.people);
                let may = |p: &&PersonId| self.separated(t, std::slice::from_ref(*p)).is_ok();
                Wanted {
                    task: &t.task,
                    number: t.missing(),
                    people: t.eligible.iter().chain(later).filter(may).collect(),
                }
            })
            .collect();
        let may_repeat = self.terms.as_ref().map(|t| t.may_repeat.as_slice()).unwrap_or_default();
        seats::unfilled(&wanted, may_repeat)
    }

    /// Segregation of duties, for everybody in a chain: not the submitter, and nobody who had a part in another level, nor in
    /// another answer to this one.
    pub(super) fn separated(&self, task: &TaskState, people: &[PersonId]) -> Result<(), Refusal> {
        if let Some(person) = people.iter().find(|p| **p == self.submitter) {
            return Err(Refusal::new(RefusalCode::SelfApproval, format!("{person} submitted this document")));
        }
        if let Some(person) = people.iter().find(|p| task.reassigned_by.contains(p)) {
            let message = format!("{person} gave {} to somebody and has no part in it", task.task.id);
            return Err(Refusal::new(RefusalCode::SelfApproval, message));
        }
        let may_repeat = |p: &PersonId| self.terms.as_ref().is_some_and(|t| t.may_repeat.contains(p));
        for other in self.tasks.iter().filter(|t| t.status != TaskStatus::Superseded) {
            let same = other.task.id == task.task.id;
            let both_levels = other.task.kind == TaskKind::Level && task.task.kind == TaskKind::Level;
            if !same && !both_levels {
                continue;
            }
            for given in &other.decisions {
                let repeats = |p: &&PersonId| given.by.everybody().any(|q| q == *p) && (same || !may_repeat(p));
                if let Some(person) = people.iter().find(repeats) {
                    let message = format!(
                        "{person} had a part in deciding {}; another person must decide {}",
                        other.task.id, task.task.id
                    );
                    return Err(Refusal::new(RefusalCode::RepeatedApprover, message));
                }
            }
        }
        Ok(())
    }

    /// Whether somebody administers this document's approval.
    pub(super) fn administers(&self, person: &PersonId) -> Result<(), Refusal> {
        if *person == self.submitter {
            let message = format!("{person} submitted this document and does not administer it");
            return Err(Refusal::new(RefusalCode::SelfApproval, message));
        }
        if self.terms.as_ref().is_some_and(|t| t.administrators.contains(person)) {
            return Ok(());
        }
        let known = self.terms.as_ref().map(|t| t.administrators.as_slice()).unwrap_or_default();
        let names: Vec<&str> = known.iter().map(PersonId::as_str).collect();
        let who = if names.is_empty() { "the policy names none".to_owned() } else { names.join(", ") };
        Err(Refusal::new(RefusalCode::NotAdministrator, format!("{person} is no administrator; ask one: {who}")))
    }

    /// Whether somebody has a part in this document: submitter, asked, delegate or administrator.
    /// Whether a person has a part in this approval: who submitted, who may decide, who has, and who administers.
    #[must_use]
    pub fn takes_part(&self, person: &PersonId) -> bool {
        *person == self.submitter
            || self.terms.as_ref().is_some_and(|t| t.administrators.contains(person))
            || self.tasks.iter().any(|t| {
                t.eligible.contains(person)
                    || t.delegations.iter().any(|(_, to)| to == person)
                    || t.decisions.iter().any(|d| d.by.everybody().any(|p| p == person))
            })
    }

    pub(super) fn covers(&self, delegation: &StandingDelegation, at: DateTime<Utc>) -> bool {
        self.terms.as_ref().is_some_and(|t| delegation.covers(t.document, t.amount, at))
    }

    pub(super) fn hops(&self) -> usize {
        self.terms.as_ref().map_or(0, |t| usize::try_from(t.limits.delegation_hops).unwrap_or(usize::MAX))
    }
}

pub(super) fn links<'a>(task: &'a TaskState, via: impl Iterator<Item = &'a StandingDelegation>) -> Vec<Link<'a>> {
    let alone = task.delegations.iter().map(|(from, to)| Link { from, to });
    alone.chain(via.map(|d| Link { from: &d.from, to: &d.to })).collect()
}
