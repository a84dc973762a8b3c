//! From a policy and the facts of one document to its plan.

mod bank;
mod people;

use chrono::{DateTime, TimeDelta, Utc};
use vextrus_domain::calendar::{WorkingCalendar, dhaka_date};
use vextrus_domain::{DepartmentId, Person, PersonId, ProjectId, Refusal, RefusalCode, RoleName, Taka};

use crate::plan::{AllowedAnswer, Keep, Plan, SubmitterTimes, Succession, Task, TaskKind, Terms};
use crate::policy::{Basis, ExceptionKind, ExceptionRule, LevelRule, Owner, Policy, Quorum, Restart};
use crate::seats;

pub use bank::bank_details;

/// The longest time that a plan's office hours are written for: what nobody answers within it counts weekends alone.
const HOURS_AHEAD: TimeDelta = TimeDelta::days(400);

/// An exception that the assessment found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExceptionFinding {
    /// What was found.
    pub kind: ExceptionKind,
    /// What is asked, with the values.
    pub question: String,
    /// The answers with which the document goes on; none: those of the policy.
    pub choices: Option<Choices>,
}

/// A question whose answer counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choices {
    /// What the answer is stored under.
    pub subject: String,
    /// The answers.
    pub answers: Vec<String>,
}

impl ExceptionFinding {
    /// A finding that is answered with the policy's own answers.
    #[must_use]
    pub const fn new(kind: ExceptionKind, question: String) -> Self {
        Self { kind, question, choices: None }
    }
}

/// The amounts of a document that policies know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amounts {
    /// VAT included.
    pub total: Taka,
    /// VAT excluded.
    pub subtotal: Taka,
    /// What the vendor is paid.
    pub payable: Taka,
}

impl Amounts {
    /// One amount on every basis, as an order has it.
    #[must_use]
    pub const fn same(amount: Taka) -> Self {
        Self { total: amount, subtotal: amount, payable: amount }
    }

    const fn on(self, basis: Basis) -> Taka {
        match basis {
            Basis::Total => self.total,
            Basis::Subtotal => self.subtotal,
            Basis::Payable => self.payable,
        }
    }
}

/// Why a plan is resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    /// The document is assessed for the first time.
    First,
    /// It was computed again; only what was found is asked, and levels that the new amount needs and the earlier one did not.
    Reassessed {
        /// The highest amount that its plans were resolved for since it was last submitted, on the policy's basis.
        before: Taka,
    },
    /// It was changed by its submitter; the amount that the earlier plan was resolved for, on the policy's basis.
    Resubmitted {
        /// That amount.
        before: Taka,
    },
    /// An administrator asked for a new plan.
    Replanned,
}

/// A change of something that was approved. It asks the levels that the new amount needs and the approved one did not, and those
/// that what it adds would need alone. What adds nothing asks nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The amount that was approved.
    pub approved: Taka,
    /// What the document has beyond what was approved, line by line; it may be more than the amounts differ.
    pub adds: Taka,
}

/// What the resolution of a policy needs to know of a document.
#[derive(Debug, Clone)]
pub struct Facts<'a> {
    /// The assessment; 1 for the first.
    pub revision: u32,
    /// Why the plan is resolved.
    pub occasion: Occasion,
    /// The document's own amounts.
    pub amounts: Amounts,
    /// What counts together with them towards the bands, such as other orders of the same requester to the same vendor.
    pub together: Taka,
    /// The change, where the document changes something approved.
    pub change: Option<Change>,
    /// The department that pays.
    pub department: &'a DepartmentId,
    /// The project that pays, where one does.
    pub project: Option<&'a ProjectId>,
    /// The vendor's class.
    pub vendor_class: &'a str,
    /// Who submitted.
    pub submitter: &'a PersonId,
    /// The tenant's people.
    pub people: &'a [Person],
    /// What the assessment found.
    pub findings: &'a [ExceptionFinding],
    /// The tenant's calendar.
    pub calendar: &'a WorkingCalendar,
    /// When.
    pub at: DateTime<Utc>,
}

/// Resolves a policy into the plan of one document.
///
/// # Errors
/// `NO_ELIGIBLE_APPROVER` when somebody is needed and there is nobody, or not enough different people for all levels.
pub fn resolve(policy: &Policy, policy_hash: &str, facts: &Facts<'_>) -> Result<Plan, Refusal> {
    let own = facts.amounts.on(policy.basis);
    let out_of_range = |e: vextrus_domain::money::MoneyError| Refusal::new(RefusalCode::LimitExceeded, e.to_string());
    let amount = own.plus(facts.together).map_err(out_of_range)?;
    let resolver = Resolver { policy, facts, amount };
    let mut asked = resolver.levels_asked(amount);
    if let Occasion::Reassessed { before } = facts.occasion {
        let earlier = resolver.levels_asked(before);
        asked.retain(|(place, _)| earlier.iter().all(|(other, _)| other != place));
    }
    resolver.somebody_is_asked(&asked)?;
    let tasks = resolver.tasks(&asked)?;
    let may_repeat = resolver.holders(&policy.may_repeat);
    seats::check(&tasks, &may_repeat)?;
    let hours = policy.counts_working_time().then(|| {
        let from = dhaka_date(facts.at);
        let until = dhaka_date(facts.at.checked_add_signed(HOURS_AHEAD).unwrap_or(facts.at));
        facts.calendar.office_hours(from, until)
    });
    let terms = Terms {
        document: policy.document,
        amount,
        administrators: resolver.holders(policy.administrators.as_slice()),
        may_repeat,
        may_release: resolver.holders(&policy.may_release),
        submitter: SubmitterTimes { answer_seconds: policy.answer_seconds, change_seconds: policy.change_seconds },
        clock: policy.clock,
        limits: policy.limits.clone(),
        hours,
    };
    let succession = match facts.occasion {
        Occasion::First | Occasion::Reassessed { .. } => Succession::Follows,
        Occasion::Replanned => Succession::Replaces(Keep::Approved),
        Occasion::Resubmitted { before } if policy.restart == Restart::Undecided && amount <= before => {
            Succession::Replaces(Keep::Approved)
        }
        Occasion::Resubmitted { .. } => Succession::Replaces(Keep::Nothing),
    };
    Ok(Plan { revision: facts.revision, succession, policy_hash: policy_hash.to_owned(), terms, tasks })
}

struct Resolver<'a> {
    policy: &'a Policy,
    facts: &'a Facts<'a>,
    amount: Taka,
}

impl Resolver<'_> {
    /// The levels that are asked about an amount, with their place in the policy.
    fn levels_asked(&self, amount: Taka) -> Vec<(usize, &LevelRule)> {
        let mut asked = Vec::new();
        for (place, level) in self.policy.levels.iter().enumerate() {
            if !self.applies(level, amount) {
                continue;
            }
            if let Some(change) = &self.facts.change {
                let crossed = !self.applies(level, change.approved);
                if change.adds <= Taka::ZERO || !(crossed || self.applies(level, change.adds)) {
                    continue;
                }
            }
            asked.push((place, level));
        }
        asked
    }

    fn applies(&self, level: &LevelRule, amount: Taka) -> bool {
        let c = &level.condition;
        let project = |p| c.projects.contains(p);
        c.above.is_none_or(|above| amount > above)
            && c.up_to.is_none_or(|up_to| amount <= up_to)
            && (c.departments.is_empty() || c.departments.contains(self.facts.department))
            && (c.projects.is_empty() || self.facts.project.is_some_and(project))
            && (c.vendor_classes.is_empty() || c.vendor_classes.iter().any(|v| v == self.facts.vendor_class))
    }

    fn why(&self, level: &LevelRule) -> String {
        let c = &level.condition;
        let basis = self.policy.basis.words();
        let mut parts = Vec::new();
        if let Some(above) = c.above {
            parts.push(format!("the {basis} {} is above {}", self.amount.grouped(), above.grouped()));
        }
        if let Some(up_to) = c.up_to {
            parts.push(format!("the {basis} {} is not above {}", self.amount.grouped(), up_to.grouped()));
        }
        if self.facts.together > Taka::ZERO && (c.above.is_some() || c.up_to.is_some()) {
            parts.push(format!("with {} of other documents that count together", self.facts.together.grouped()));
        }
        if let Some(change) = &self.facts.change {
            let (approved, adds) = (change.approved.grouped(), change.adds.grouped());
            parts.push(format!("{approved} was approved before and {adds} of it is new"));
        }
        if !c.departments.is_empty() {
            parts.push(format!("the department is {}", self.facts.department));
        }
        if let Some(project) = self.facts.project.filter(|_| !c.projects.is_empty()) {
            parts.push(format!("the project is {project}"));
        }
        if !c.vendor_classes.is_empty() {
            parts.push(format!("the vendor's class is {}", self.facts.vendor_class));
        }
        if parts.is_empty() { "every document is asked for".to_owned() } else { parts.join(", ") }
    }

    /// A document that nobody is asked about must be one that the policy lets pass.
    fn somebody_is_asked(&self, asked: &[(usize, &LevelRule)]) -> Result<(), Refusal> {
        let free = self.policy.no_approval_up_to.is_some_and(|free| self.amount <= free);
        let changes_little = self.facts.change.is_some();
        let asked_before = matches!(self.facts.occasion, Occasion::Reassessed { .. });
        if !asked.is_empty() || free || changes_little || asked_before {
            return Ok(());
        }
        Err(Refusal::new(
            RefusalCode::NoEligibleApprover,
            format!(
                "the policy asks nobody about a {} of BDT {}; add a level for it",
                self.policy.basis.words(),
                self.amount.grouped()
            ),
        ))
    }

    fn tasks(&self, asked: &[(usize, &LevelRule)]) -> Result<Vec<Task>, Refusal> {
        let mut tasks = Vec::new();
        let mut stage = 0;
        let mut findings: Vec<(usize, usize, &ExceptionRule, &ExceptionFinding)> = Vec::new();
        for (i, finding) in self.facts.findings.iter().enumerate() {
            if let Some(rule) = self.policy.exceptions.iter().find(|e| e.kind == finding.kind) {
                let place = rule.before.as_ref().and_then(|b| self.policy.levels.iter().position(|l| l.name == *b));
                findings.push((place.unwrap_or(0), i + 1, rule, finding));
            }
        }
        for (n, (place, level)) in asked.iter().enumerate() {
            let (now, later): (Vec<_>, Vec<_>) = findings.into_iter().partition(|(before, ..)| before <= place);
            findings = later;
            if !now.is_empty() {
                tasks.extend(self.exceptions(&now, Some(level), stage)?);
                stage += 1;
            } else if n > 0 && self.group(asked[n - 1].0) == self.group(*place) {
                stage -= 1;
            }
            // Levels that are asked at the same time are no help to each other: their people decide their own.
            let later = asked[n + 1..].iter().find(|(other, _)| self.group(*other) != self.group(*place));
            let next = later.map(|(_, level)| *level);
            tasks.push(self.level(n + 1, level, next, stage)?);
            stage += 1;
        }
        if !findings.is_empty() {
            tasks.extend(self.exceptions(&findings, None, stage)?);
        }
        Ok(tasks)
    }

    /// Levels that are asked at the same time share the place of the first of them.
    fn group(&self, place: usize) -> usize {
        (0..=place).rev().find(|p| !self.policy.levels[*p].parallel).unwrap_or(0)
    }

    fn exceptions(
        &self,
        found: &[(usize, usize, &ExceptionRule, &ExceptionFinding)],
        next: Option<&LevelRule>,
        stage: u32,
    ) -> Result<Vec<Task>, Refusal> {
        let task = |(_, number, rule, finding): &(usize, usize, &ExceptionRule, &ExceptionFinding)| {
            let kind = rule.kind.name();
            let eligible = self.eligible(&rule.asking.owner, None, kind)?;
            let answers = match &finding.choices {
                None => answers(std::slice::from_ref(&rule.proceed), &rule.refuse),
                Some(choices) => answers(&choices.answers, &rule.refuse),
            };
            Ok(Task {
                id: task_id(&format!("exception-{}-{number}", self.facts.revision))?,
                kind: TaskKind::Exception(rule.kind),
                name: kind.to_owned(),
                stage,
                role: label(&rule.asking.owner, kind)?,
                question: finding.question.clone(),
                why: format!("the assessment found {kind}"),
                subject: finding.choices.as_ref().map(|c| c.subject.clone()),
                escalations: self.escalations(&rule.asking, &eligible, next),
                department: None,
                eligible,
                needed: 1,
                answers,
                within_seconds: rule.asking.within_seconds,
                clock: rule.asking.clock,
                remind_at_percent: rule.asking.remind_at_percent.clone(),
            })
        };
        found.iter().map(task).collect()
    }

    fn level(&self, number: usize, level: &LevelRule, next: Option<&LevelRule>, stage: u32) -> Result<Task, Refusal> {
        let own_department = level.same_department.then_some(self.facts.department);
        let eligible = self.eligible(&level.asking.owner, own_department, &level.name)?;
        let department = own_department.cloned();
        let needed = match level.quorum {
            Quorum::Any => 1,
            Quorum::All => u32::try_from(eligible.len()).unwrap_or(u32::MAX),
            Quorum::Of(number) => number,
        };
        let revision = self.facts.revision;
        let id = if revision == 1 { format!("level-{number}") } else { format!("level-{revision}-{number}") };
        let role = label(&level.asking.owner, &level.name)?;
        Ok(Task {
            id: task_id(&id)?,
            kind: TaskKind::Level,
            name: level.name.clone(),
            stage,
            question: self.question(&role),
            role,
            why: self.why(level),
            subject: None,
            escalations: self.escalations(&level.asking, &eligible, next),
            department,
            eligible,
            needed,
            answers: answers(&["approve".to_owned()], "reject"),
            within_seconds: level.asking.within_seconds,
            clock: level.asking.clock,
            remind_at_percent: level.asking.remind_at_percent.clone(),
        })
    }

    fn question(&self, role: &RoleName) -> String {
        let own = self.facts.amounts.on(self.policy.basis).grouped();
        match &self.facts.change {
            Some(change) => {
                format!("approve a change from BDT {} to BDT {own} as {role}?", change.approved.grouped())
            }
            None if self.policy.basis == Basis::Total => format!("approve a total of BDT {own} as {role}?"),
            None => format!("approve BDT {own} ({}) as {role}?", self.policy.basis.words()),
        }
    }
}

fn task_id(text: &str) -> Result<vextrus_domain::TaskId, Refusal> {
    text.parse().map_err(|e| Refusal::new(RefusalCode::Internal, format!("{e}")))
}

/// The role that is asked; the name of the rule, where people are named.
fn label(owner: &Owner, name: &str) -> Result<RoleName, Refusal> {
    match owner {
        Owner::Role(role) => Ok(role.clone()),
        Owner::People(_) => name.parse().map_err(|e| Refusal::new(RefusalCode::Internal, format!("{e}"))),
    }
}

fn answers(proceed: &[String], refuse: &str) -> Vec<AllowedAnswer> {
    let proceed = proceed.iter().map(|name| AllowedAnswer { name: name.clone(), proceeds: true });
    proceed.chain([AllowedAnswer { name: refuse.to_owned(), proceeds: false }]).collect()
}
