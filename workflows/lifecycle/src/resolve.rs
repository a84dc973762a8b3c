//! From a template and an employee to a plan.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike as _, Days, Months, NaiveDate, TimeDelta, Utc};
use vextrus_domain::calendar::{WorkingCalendar, dhaka_date, dhaka_midnight};
use vextrus_domain::{Employment, Person, PersonId, Refusal, RefusalCode, RoleName, TaskId};

use crate::machine::Machine;
use crate::plan::{DAY_MILLIS, Head, Plan, PlannedTask, PlannedUndo, Work};
use crate::template::{Anchor, Day, Owner, TaskRule, Template, UNDO_GROUP, Undo};
use crate::undo;

/// Beyond the last day of a plan, office hours are kept for this long: tasks are late.
const HOURS_KEPT: Days = Days::new(366);

/// What a plan is made from.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The employee.
    pub employee: &'a PersonId,
    /// The work, as it is now: a moved start date and another manager stand in it.
    pub employment: &'a Employment,
    /// Whether the probation was extended.
    pub extended: bool,
    /// The people of the company.
    pub people: &'a [Person],
    /// Its calendar.
    pub calendar: &'a WorkingCalendar,
    /// The hash of the template.
    pub template: &'a str,
    /// The number of the plan.
    pub revision: u32,
    /// When the process began.
    pub began_at: DateTime<Utc>,
    /// The length of a day in milliseconds; 86,400,000 but for trying out.
    pub day_millis: u64,
    /// What an offboarding undoes: where the onboarding ended.
    pub undoes: Option<&'a Machine>,
}

/// Makes the plan.
///
/// # Errors
/// `NO_ELIGIBLE_APPROVER` when nobody is left to answer for the process, `LIMIT_EXCEEDED` when a date is beyond the calendar.
pub fn resolve(template: &Template, facts: &Facts<'_>) -> Result<Plan, Refusal> {
    Resolver::new(template, facts)?.plan()
}

struct Resolver<'a> {
    template: &'a Template,
    facts: &'a Facts<'a>,
    administrators: Vec<PersonId>,
    probation_end: Option<NaiveDate>,
    extension: u32,
    uncertain: Option<i32>,
}

impl<'a> Resolver<'a> {
    fn new(template: &'a Template, facts: &'a Facts<'a>) -> Result<Self, Refusal> {
        let work = facts.employment;
        let mut administrators: Vec<PersonId> = active(facts.people, &work.hr_manager).into_iter().collect();
        administrators.extend(holders(facts, &template.administrators));
        administrators.sort();
        administrators.dedup();
        administrators.retain(|p| p != facts.employee);
        if administrators.is_empty() {
            let message =
                format!("{} is not an active person and nobody may stand in; name an HR manager", work.hr_manager);
            return Err(Refusal::new(RefusalCode::NoEligibleApprover, message));
        }
        let months = template.probation.months.get(&work.class).copied();
        let possible = template.probation.extension_months.get(&work.class).copied().unwrap_or_default();
        let (added, extension) = if facts.extended { (possible, 0) } else { (0, possible) };
        let probation_end = months.map(|months| last_day(work.start_date, months + added)).transpose()?;
        Ok(Self { template, facts, administrators, probation_end, extension, uncertain: None })
    }

    fn plan(mut self) -> Result<Plan, Refusal> {
        let work = self.facts.employment;
        let applying: BTreeSet<&TaskId> =
            self.template.tasks.iter().filter(|t| self.applies(t)).map(|t| &t.id).collect();
        let undone = self.undo_tasks(&applying)?;
        let group: Vec<TaskId> = undone.iter().map(|t| t.id.clone()).collect();
        let template = self.template;
        let mut tasks = Vec::new();
        for rule in template.tasks.iter().filter(|t| applying.contains(&t.id)) {
            tasks.push(self.task(rule, &applying, &group)?);
        }
        tasks.extend(undone);
        let today = dhaka_date(self.facts.began_at).min(work.start_date);
        let last = self.probation_end.unwrap_or(work.start_date).max(today);
        let until = last.checked_add_days(HOURS_KEPT).ok_or_else(too_far)?;
        let begins_at = self.instant(work.start_date)?;
        let head = Head {
            process: template.process,
            revision: self.facts.revision,
            template: self.facts.template.to_owned(),
            employee: self.facts.employee.clone(),
            start_date: work.start_date,
            begins_at,
            probation_end: self.probation_end,
            extension_months: self.extension,
            manager: work.manager.clone(),
            administrators: self.administrators,
            hours: self.facts.calendar.office_hours(today, until),
            day_millis: self.facts.day_millis,
            uncertain_year: self.uncertain,
        };
        Ok(Plan { head, tasks })
    }

    /// Whether the employee has a task. Without a probation nothing is counted from its end.
    fn applies(&self, task: &TaskRule) -> bool {
        let of_probation = |day: &Option<Day>| day.is_some_and(|day| day.anchor == Anchor::Probation);
        if self.probation_end.is_none() && (of_probation(&task.opens) || of_probation(&task.due)) {
            return false;
        }
        let (when, work) = (&task.when, self.facts.employment);
        let position = |p: &String| p.to_lowercase() == work.position.to_lowercase();
        (when.departments.is_empty() || when.departments.contains(&work.department))
            && (when.positions.is_empty() || when.positions.iter().any(position))
            && (when.grades.is_empty() || work.grade.as_ref().is_some_and(|g| when.grades.contains(g)))
            && (when.classes.is_empty() || when.classes.contains(&work.class))
    }

    fn task(
        &mut self,
        rule: &TaskRule,
        applying: &BTreeSet<&TaskId>,
        group: &[TaskId],
    ) -> Result<PlannedTask, Refusal> {
        let mut after = BTreeSet::new();
        self.waits_for(&rule.after, applying, group, &mut after);
        let people = self.people(&rule.owner);
        Ok(PlannedTask {
            id: rule.id.clone(),
            name: rule.name.clone(),
            owner: rule.owner.name().to_owned(),
            escalate_to: self.escalation(&people),
            people,
            of_employee: rule.owner == Owner::Employee,
            work: rule.automatic.map_or(Work::Person, Work::System),
            after: after.into_iter().collect(),
            opens_at: self.moment(rule.opens, 0)?,
            due_at: self.moment(rule.due, 1)?,
            within_seconds: rule.within_seconds,
            remind_at_percent: rule.remind_at_percent.clone(),
            blocking: rule.blocking,
            skippable: rule.skippable,
            again_when: rule.again_when.clone(),
            review: rule.review,
            undo: self.undo(&rule.undo),
            undoes: None,
            takes_back: None,
            reference: None,
        })
    }

    /// What is waited for; where a task does not apply, what that one would have waited for.
    fn waits_for(&self, ids: &[TaskId], applying: &BTreeSet<&TaskId>, group: &[TaskId], found: &mut BTreeSet<TaskId>) {
        let mut seen = BTreeSet::new();
        let mut next: Vec<&TaskId> = ids.iter().collect();
        while let Some(id) = next.pop() {
            // Many ways can lead through the same task that was left out.
            if !seen.insert(id) {
                continue;
            }
            if applying.contains(id) {
                found.insert(id.clone());
            } else if id.as_str() == UNDO_GROUP {
                found.extend(group.iter().cloned());
                if group.is_empty() {
                    next.extend(&self.template.undoing.after);
                }
            } else if let Some(left_out) = self.template.tasks.iter().find(|t| t.id == *id) {
                next.extend(&left_out.after);
            }
        }
    }

    fn undo(&self, undo: &Undo) -> PlannedUndo {
        match undo {
            Undo::Nothing => PlannedUndo::Nothing,
            Undo::System(operation) => PlannedUndo::System(*operation),
            Undo::Person { name, owner } => {
                PlannedUndo::Person { name: name.clone(), owner: owner.name().to_owned(), people: self.people(owner) }
            }
        }
    }

    /// What the onboarding has done, as tasks of an offboarding; undone again by the people who answer for it.
    fn undo_tasks(&mut self, applying: &BTreeSet<&TaskId>) -> Result<Vec<PlannedTask>, Refusal> {
        let Some(onboarding) = self.facts.undoes else { return Ok(Vec::new()) };
        let opens_at = self.moment(self.template.undoing.opens, 0)?;
        let mut first = BTreeSet::new();
        self.waits_for(&self.template.undoing.after, applying, &[], &mut first);
        let mut tasks = undo::tasks(onboarding);
        tasks.retain(|task| task.work != Work::Nothing);
        let kept: BTreeSet<TaskId> = tasks.iter().map(|t| t.id.clone()).collect();
        for task in &mut tasks {
            task.people = self.present(&task.people);
            task.escalate_to = self.escalation(&task.people);
            task.opens_at = opens_at;
            task.after.retain(|id| kept.contains(id));
            if task.after.is_empty() {
                task.after = first.iter().cloned().collect();
            }
            task.undo = PlannedUndo::Person {
                name: undo::again_name(&task.name),
                owner: Owner::Hr.name().to_owned(),
                people: self.administrators.clone(),
            };
        }
        Ok(tasks)
    }

    fn people(&self, owner: &Owner) -> Vec<PersonId> {
        let work = self.facts.employment;
        match owner {
            Owner::Manager => self.present(std::slice::from_ref(&work.manager)),
            Owner::Hr => self.present(std::slice::from_ref(&work.hr_manager)),
            Owner::Role(role) => self.present(&holders(self.facts, role)),
            // The employee may have no account yet; then it is done on their behalf.
            Owner::Employee => {
                let mut people = vec![self.facts.employee.clone()];
                people.extend(self.administrators.iter().cloned());
                people
            }
        }
    }

    /// Who is asked beside them when their time has passed.
    fn escalation(&self, people: &[PersonId]) -> Vec<PersonId> {
        let of = |p: &PersonId| self.facts.people.iter().find(|known| known.id == *p).and_then(|p| p.deputy.as_ref());
        let deputies = people.iter().filter_map(of).filter_map(|deputy| active(self.facts.people, deputy));
        let asked: BTreeSet<PersonId> = deputies.chain(self.administrators.iter().cloned()).collect();
        asked.into_iter().filter(|p| !people.contains(p) && p != self.facts.employee).collect()
    }

    /// Those of them who are active and not the employee; the people who answer for the process, where none is.
    fn present(&self, people: &[PersonId]) -> Vec<PersonId> {
        let others = people.iter().filter(|p| *p != self.facts.employee);
        let found: Vec<PersonId> = others.filter_map(|p| active(self.facts.people, p)).collect();
        if found.is_empty() { self.administrators.clone() } else { found }
    }

    /// The moment at which a day begins, or with `later` = 1 the one at which it ends.
    fn moment(&mut self, day: Option<Day>, later: u64) -> Result<Option<DateTime<Utc>>, Refusal> {
        let Some(day) = day else { return Ok(None) };
        let from = match day.anchor {
            Anchor::Start => self.facts.employment.start_date,
            // A class without probation has no day that counts from it.
            Anchor::Probation => match self.probation_end {
                Some(end) => end,
                None => return Ok(None),
            },
        };
        let date = self.shifted(from, day.offset)?.checked_add_days(Days::new(later)).ok_or_else(too_far)?;
        self.instant(date).map(Some)
    }

    /// A day so many working days later or earlier.
    fn shifted(&mut self, from: NaiveDate, offset: i32) -> Result<NaiveDate, Refusal> {
        let calendar = self.facts.calendar;
        if offset >= 0 {
            let count = u16::try_from(offset).map_err(|_| too_far())?;
            let answer = calendar.add_working_days(from, count);
            self.uncertain = self.uncertain.or(answer.missing_year);
            return Ok(answer.date);
        }
        let mut date = from;
        let mut left = offset.unsigned_abs();
        while left > 0 {
            date = date.pred_opt().ok_or_else(too_far)?;
            if calendar.is_working_day(date) {
                left -= 1;
            }
        }
        let touched = date.year()..=from.year();
        self.uncertain = self.uncertain.or_else(|| touched.rev().find(|year| !calendar.covers(*year)));
        Ok(date)
    }

    /// When a date begins: at midnight in Dhaka, or in shorter days counted from the beginning of the process.
    fn instant(&self, date: NaiveDate) -> Result<DateTime<Utc>, Refusal> {
        if self.facts.day_millis == DAY_MILLIS {
            return Ok(dhaka_midnight(date));
        }
        let began = self.facts.began_at;
        let days = date.signed_duration_since(dhaka_date(began)).num_days();
        i64::try_from(self.facts.day_millis)
            .ok()
            .and_then(|millis| days.checked_mul(millis))
            .and_then(TimeDelta::try_milliseconds)
            .and_then(|time| began.checked_add_signed(time))
            .ok_or_else(too_far)
    }
}

/// The last day of a span of months: the day before the corresponding one, or the end of a month that has no corresponding day.
fn last_day(first: NaiveDate, months: u32) -> Result<NaiveDate, Refusal> {
    let same = first.checked_add_months(Months::new(months)).ok_or_else(too_far)?;
    if same.day() == first.day() { same.pred_opt().ok_or_else(too_far) } else { Ok(same) }
}

fn too_far() -> Refusal {
    Refusal::new(RefusalCode::LimitExceeded, "a date of the plan is beyond the calendar; give a nearer start date")
}

fn active(people: &[Person], person: &PersonId) -> Option<PersonId> {
    people.iter().find(|p| p.active && p.id == *person).map(|p| p.id.clone())
}

fn holders(facts: &Facts<'_>, role: &RoleName) -> Vec<PersonId> {
    let found: BTreeSet<&PersonId> =
        facts.people.iter().filter(|p| p.active && p.roles.contains(role)).map(|p| &p.id).collect();
    found.into_iter().cloned().collect()
}
