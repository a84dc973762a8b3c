//! Which people a plan asks.

use vextrus_domain::{DepartmentId, Person, PersonId, Refusal, RefusalCode, RoleName};

use super::Resolver;
use crate::plan::Escalation;
use crate::policy::{Asking, EscalateTo, LevelRule, Owner};

impl Resolver<'_> {
    /// The people who may be asked at all: active, not the submitter, and not limited to less than this amount.
    fn candidates(&self) -> impl Iterator<Item = &Person> {
        let within = |p: &&Person| p.approval_limit.is_none_or(|limit| self.amount <= limit);
        self.facts.people.iter().filter(|p| p.active && p.id != *self.facts.submitter).filter(within)
    }

    pub(super) fn eligible(
        &self,
        owner: &Owner,
        department: Option<&DepartmentId>,
        name: &str,
    ) -> Result<Vec<PersonId>, Refusal> {
        let of = department.map(|d| format!(" of department {d}")).unwrap_or_default();
        let found = sorted(
            self.candidates()
                .filter(|p| match owner {
                    Owner::Role(role) => p.roles.contains(role),
                    Owner::People(people) => people.contains(&p.id),
                })
                .filter(|p| department.is_none_or(|d| p.department.as_ref() == Some(d)))
                .map(|p| p.id.clone()),
        );
        if !found.is_empty() {
            return Ok(found);
        }
        let who = match owner {
            Owner::Role(role) => format!("holds the role {role}"),
            Owner::People(_) => format!("is left among the people of {name}"),
        };
        Err(Refusal::new(
            RefusalCode::NoEligibleApprover,
            format!(
                "nobody{of} but the submitter {who} and may approve BDT {}; name an active person for it",
                self.amount.grouped()
            ),
        ))
    }

    /// The steps of an escalation that ask somebody who was not asked before.
    pub(super) fn escalations(
        &self,
        asking: &Asking,
        eligible: &[PersonId],
        next: Option<&LevelRule>,
    ) -> Vec<Escalation> {
        let mut asked = eligible.to_vec();
        let mut steps = Vec::new();
        for rule in &asking.escalations {
            let own = |p: &&Person| asked.contains(&p.id);
            let (to, wanted) = match &rule.to {
                EscalateTo::Deputy => ("deputy", self.related(|p| p.deputy.as_ref(), own)),
                EscalateTo::Manager => ("manager", self.related(|p| p.manager.as_ref(), own)),
                EscalateTo::NextLevel => ("next_level", self.of_level(next)),
                EscalateTo::Role(role) => (role.as_str(), self.holders(std::slice::from_ref(role))),
            };
            let people =
                sorted(self.candidates().map(|p| p.id.clone()).filter(|p| wanted.contains(p) && !asked.contains(p)));
            if people.is_empty() {
                continue;
            }
            asked.extend(people.iter().cloned());
            steps.push(Escalation { to: to.to_owned(), people, within_seconds: rule.within_seconds });
        }
        steps
    }

    fn related<'p>(
        &'p self,
        of: impl Fn(&'p Person) -> Option<&'p PersonId>,
        own: impl Fn(&&'p Person) -> bool,
    ) -> Vec<PersonId> {
        self.facts.people.iter().filter(|p| own(p)).filter_map(|p| of(p).cloned()).collect()
    }

    fn of_level(&self, level: Option<&LevelRule>) -> Vec<PersonId> {
        let department = level.filter(|l| l.same_department).map(|_| self.facts.department);
        level.and_then(|l| self.eligible(&l.asking.owner, department, &l.name).ok()).unwrap_or_default()
    }

    /// The active people who hold one of these roles, sorted; the submitter is never among them.
    pub(super) fn holders(&self, roles: &[RoleName]) -> Vec<PersonId> {
        let holds = |p: &&Person| p.roles.iter().any(|r| roles.contains(r));
        let active = self.facts.people.iter().filter(|p| p.active && p.id != *self.facts.submitter);
        sorted(active.filter(holds).map(|p| p.id.clone()))
    }
}

fn sorted(people: impl Iterator<Item = PersonId>) -> Vec<PersonId> {
    let mut people: Vec<PersonId> = people.collect();
    people.sort();
    people.dedup();
    people
}
