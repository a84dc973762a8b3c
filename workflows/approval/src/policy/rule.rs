//! One rule of a policy's file, held to what it promises.

use toml::Spanned;
use vextrus_domain::{PersonId, RoleName};

use super::check::Problem;
use super::file::{EscalationFile, ExceptionFile, LevelFile};
use super::{Asking, Clock, Condition, EscalateTo, EscalationRule, ExceptionRule, LevelRule, Owner, Quorum};

/// The most steps of one escalation.
const MAX_STEPS: usize = 5;
/// The most reminders of one task.
const MAX_REMINDERS: usize = 10;
/// The largest quorum that is written as a number.
const MAX_QUORUM: u32 = 100;

/// What levels and exceptions take from the policy where they say nothing themselves.
pub(super) struct Defaults {
    pub(super) clock: Clock,
    pub(super) remind_at_percent: Vec<u8>,
}

pub(super) fn exception(
    at: usize,
    e: ExceptionFile,
    defaults: &Defaults,
    levels: &[LevelRule],
) -> Result<ExceptionRule, Problem> {
    let name = e.kind.name();
    for answer in [&e.proceed, &e.refuse] {
        let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if answer.is_empty() || answer.len() > 40 || !answer.chars().all(word) {
            let problem = format!("{answer:?} of exception {name} is not an answer: use up to 40 of a-z, 0-9 and _");
            return Err((at, problem));
        }
    }
    if e.proceed == "reject" || e.refuse == "approve" {
        let problem =
            format!("exception {name} proceeds with {:?} and refuses with {:?}; do not swap", e.proceed, e.refuse);
        return Err((at, format!("{problem} `approve` and `reject`")));
    }
    if e.proceed == e.refuse {
        return Err((at, format!("exception {name} has the same answer for proceed and refuse")));
    }
    if let Some(before) = e.before.as_ref().filter(|b| levels.iter().all(|l| l.name != **b)) {
        return Err((at, format!("exception {name} is asked before {before:?}, which is no level here")));
    }
    let own = Own {
        role: e.role,
        people: e.people,
        within: e.within,
        clock: e.clock,
        reminders: e.remind_at_percent,
        steps: e.escalate,
    };
    let asking = asking(at, own, defaults)?;
    Ok(ExceptionRule { kind: e.kind, asking, proceed: e.proceed, refuse: e.refuse, before: e.before })
}

pub(super) fn level(at: usize, l: LevelFile, defaults: &Defaults) -> Result<LevelRule, Problem> {
    let own = Own {
        role: l.role,
        people: l.people,
        within: l.within,
        clock: l.clock,
        reminders: l.remind_at_percent,
        steps: l.escalate,
    };
    let asking = asking(at, own, defaults)?;
    let name = match (l.name, &asking.owner) {
        (Some(name), _) => name,
        (None, Owner::Role(role)) => role.to_string(),
        (None, Owner::People(_)) => return Err((at, "a level with `people` needs a `name`".to_owned())),
    };
    if name.parse::<RoleName>().is_err() {
        return Err((at, format!("{name:?} cannot be a level's name: use 1 to 40 letters, digits, '.', '_' or '-'")));
    }
    let quorum = quorum(l.quorum, &asking.owner)?;
    for (key, amount) in [("above", l.above), ("up_to", l.up_to)] {
        if let Some(amount) = amount.filter(|a| a.is_negative()) {
            return Err((at, format!("{key} of level {name} is {amount}; give zero or more")));
        }
    }
    let condition = Condition {
        above: l.above,
        up_to: l.up_to,
        departments: l.departments,
        projects: l.projects,
        vendor_classes: l.vendor_classes,
    };
    let (same_department, parallel) = (l.same_department, l.parallel);
    Ok(LevelRule { name, condition, asking, quorum, same_department, parallel })
}

/// What levels and exceptions say in the same words.
struct Own {
    role: Option<RoleName>,
    people: Option<Vec<PersonId>>,
    within: u64,
    clock: Option<Clock>,
    reminders: Option<Vec<u8>>,
    steps: Vec<EscalationFile>,
}

fn asking(at: usize, own: Own, defaults: &Defaults) -> Result<Asking, Problem> {
    let owner = match (own.role, own.people) {
        (Some(role), None) => Owner::Role(role),
        (None, Some(people)) if !people.is_empty() => {
            if let Some((_, twice)) = people.iter().enumerate().find(|(i, p)| people[..*i].contains(p)) {
                return Err((at, format!("`people` has {twice} twice; name everybody once")));
            }
            Owner::People(people)
        }
        _ => return Err((at, "give either `role` or `people`, and not an empty list".to_owned())),
    };
    if own.steps.len() > MAX_STEPS {
        return Err((at, format!("{} steps of escalation; the most is {MAX_STEPS}", own.steps.len())));
    }
    let escalations = own.steps.into_iter().map(|s| step(at, s)).collect::<Result<_, _>>()?;
    let remind_at_percent = match own.reminders {
        Some(list) => reminders(at, list)?,
        None => defaults.remind_at_percent.clone(),
    };
    let clock = own.clock.unwrap_or(defaults.clock);
    Ok(Asking { owner, within_seconds: own.within, clock, remind_at_percent, escalations })
}

fn quorum(written: Option<Spanned<toml::Value>>, owner: &Owner) -> Result<Quorum, Problem> {
    let Some(written) = written else { return Ok(Quorum::Any) };
    let at = written.span().start;
    let value = written.into_inner();
    let number = value.as_integer().and_then(|n| u32::try_from(n).ok()).filter(|n| (1..=MAX_QUORUM).contains(n));
    let quorum = match (value.as_str(), number) {
        (Some("any"), _) => Quorum::Any,
        (Some("all"), _) => Quorum::All,
        (None, Some(number)) => Quorum::Of(number),
        _ => {
            let problem = format!("{value} is not a quorum: use \"any\", \"all\" or a number from 1 to {MAX_QUORUM}");
            return Err((at, problem));
        }
    };
    match (&quorum, owner) {
        (Quorum::Of(number), Owner::People(people)) if usize::try_from(*number).is_ok_and(|n| n > people.len()) => {
            Err((at, format!("a quorum of {number} is more than the {} people who are named", people.len())))
        }
        _ => Ok(quorum),
    }
}

fn step(at: usize, step: EscalationFile) -> Result<EscalationRule, Problem> {
    let to = match step.to.as_str() {
        "deputy" => EscalateTo::Deputy,
        "manager" => EscalateTo::Manager,
        "next_level" => EscalateTo::NextLevel,
        role => EscalateTo::Role(role.parse().map_err(|e| (at, format!("escalate to: {e}")))?),
    };
    Ok(EscalationRule { to, within_seconds: step.within })
}

pub(super) fn reminders(at: usize, list: Vec<u8>) -> Result<Vec<u8>, Problem> {
    let ascending = list.windows(2).all(|w| w[0] < w[1]);
    if !ascending || list.len() > MAX_REMINDERS || list.iter().any(|p| !(1..=99).contains(p)) {
        let problem = format!("remind_at_percent is {list:?}; give up to {MAX_REMINDERS} numbers, 1 to 99, ascending");
        return Err((at, problem));
    }
    Ok(list)
}
