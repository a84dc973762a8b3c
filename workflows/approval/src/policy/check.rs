//! A policy as a whole, held to what it promises.

use std::collections::BTreeSet;

use toml::Spanned;
use vextrus_domain::{DocumentType, Taka};

use super::file::{LimitsFile, PolicyFile};
use super::rule::{self, Defaults};
use super::{BankDetailsRule, Basis, ExceptionKind, ExceptionRule, LevelRule, Limits, Policy, Shortfall};

/// The most levels that one policy may have.
const MAX_LEVELS: usize = 20;
/// The most of everything that a policy may allow on one document: what is kept of a document stays small enough to be carried.
const MOST: Limits = Limits { questions: 200, comments: 500, returns: 50, delegation_hops: 10, interventions: 200 };

/// A problem and the place in the text where it is; 0 means the policy as a whole.
pub(super) type Problem = (usize, String);

pub(super) fn policy(file: PolicyFile) -> Result<Policy, Problem> {
    let document = *file.document.get_ref();
    let defaults = Defaults {
        clock: file.clock,
        remind_at_percent: rule::reminders(file.remind_at_percent.span().start, file.remind_at_percent.into_inner())?,
    };
    if file.levels.len() > MAX_LEVELS {
        return Err((0, format!("it has {} levels; the most is {MAX_LEVELS}", file.levels.len())));
    }
    let places: Vec<usize> = file.levels.iter().map(|l| l.span().start).collect();
    let free = file.no_approval_up_to.map(|free| (free.span().start, free.into_inner()));
    let levels = file
        .levels
        .into_iter()
        .map(|l| rule::level(l.span().start, l.into_inner(), &defaults))
        .collect::<Result<Vec<_>, _>>()?;
    check_levels(&levels, &places)?;
    check_bands(&levels, &places, free)?;
    let places: Vec<usize> = file.exceptions.iter().map(|e| e.span().start).collect();
    let exceptions = file
        .exceptions
        .into_iter()
        .map(|e| rule::exception(e.span().start, e.into_inner(), &defaults, &levels))
        .collect::<Result<Vec<_>, _>>()?;
    check_exceptions(document, file.budget.shortfall, &exceptions, &places)?;
    let is_invoice = document == DocumentType::Invoice;
    if file.matching.is_some() != is_invoice {
        let what = if is_invoice { "it has no [matching]; give its tolerances" } else { "[matching] is for invoices" };
        return Err((0, what.to_owned()));
    }
    if is_invoice && file.splitting.is_some() {
        return Err((0, "[splitting] is for purchase orders; leave it out".to_owned()));
    }
    let bank_details = match file.bank_details {
        Some(rule) if !is_invoice => {
            let at = rule.span().start;
            return Err((at, "[bank_details] is for the invoice policy, by which vendors are paid".to_owned()));
        }
        rule => rule.map(Spanned::into_inner),
    };
    Ok(Policy {
        document,
        basis: file.basis.unwrap_or(if is_invoice { Basis::Total } else { Basis::Subtotal }),
        clock: file.clock,
        no_approval_up_to: free.map(|(_, free)| free),
        administrators: file.administrators,
        matching: file.matching,
        together_within_seconds: file.splitting.map(|s| s.within),
        bank_details: bank_details.map(|b| BankDetailsRule { role: b.role, within_seconds: b.within }),
        shortfall: file.budget.shortfall,
        answer_seconds: file.information.answer_within,
        change_seconds: file.changes.within,
        restart: file.changes.restart,
        may_repeat: file.separation.may_decide_twice,
        may_release: file.separation.may_release,
        limits: limits(&file.limits)?,
        exceptions,
        levels,
    })
}

fn check_levels(levels: &[LevelRule], places: &[usize]) -> Result<(), Problem> {
    let mut names = BTreeSet::new();
    for (level, place) in levels.iter().zip(places) {
        if !names.insert(&level.name) {
            return Err((*place, format!("two levels have the name {:?}; name them apart with `name`", level.name)));
        }
        if let (Some(above), Some(up_to)) = (level.condition.above, level.condition.up_to)
            && up_to <= above
        {
            return Err((
                *place,
                format!("level {} is above {above} and up to {up_to}: no amount is both", level.name),
            ));
        }
    }
    if levels.first().is_some_and(|l| l.parallel) {
        return Err((places[0], "the first level cannot be parallel to a level before it".to_owned()));
    }
    Ok(())
}

/// Holds the levels that depend on the amount alone to what their bands promise: in order, without gap, and none where nobody
/// need approve.
fn check_bands(levels: &[LevelRule], places: &[usize], free: Option<(usize, Taka)>) -> Result<(), Problem> {
    let plain: Vec<(&LevelRule, usize)> =
        levels.iter().zip(places.iter().copied()).filter(|(l, _)| is_plain(l)).collect();
    // A band that starts below another one of the same kind after it was sorted by slip, and would be asked in the wrong order.
    if let Some(pair) = plain.windows(2).find(|w| w[1].0.condition.above < w[0].0.condition.above) {
        let (name, before) = (&pair[1].0.name, &pair[0].0.name);
        let problem = format!("level {name} is above a smaller amount than {before} before it; sort them by `above`");
        return Err((pair[1].1, problem));
    }
    if let Some((at, free)) = free {
        if free.is_negative() {
            return Err((at, format!("no_approval_up_to is {free}; give zero or more, or leave it out")));
        }
        let early = |l: &LevelRule| l.condition.above.is_none_or(|above| above < free);
        if let Some((level, at)) = plain.iter().find(|(l, _)| early(l)) {
            let problem = format!(
                "level {} asks about amounts up to no_approval_up_to, {free}; give it `above = \"{free}\"` or more",
                level.name
            );
            return Err((*at, problem));
        }
    }
    let Some(reached) = gap(&plain, free.map(|(_, free)| free)) else { return Ok(()) };
    let who = reached.map_or_else(|| "a small one".to_owned(), |reached| format!("one above {reached}"));
    let problem = format!(
        "no level without other conditions asks for every document: {who} would need nobody. Give a level without \
         `above` and `up_to`, or say with no_approval_up_to up to which amount nobody need approve"
    );
    Err((0, problem))
}

/// Above which amount nobody is asked: `Some(None)` where small amounts ask nobody, none where every amount asks somebody.
fn gap(plain: &[(&LevelRule, usize)], free: Option<Taka>) -> Option<Option<Taka>> {
    let mut reached = free;
    loop {
        let from_here = |l: &LevelRule| l.condition.above.is_none_or(|above| reached.is_some_and(|r| above <= r));
        let ends = plain.iter().filter(|(l, _)| from_here(l)).map(|(l, _)| l.condition.up_to);
        let ends: Option<Vec<Taka>> = ends.collect();
        match ends?.into_iter().max() {
            Some(end) if reached.is_none_or(|r| end > r) => reached = Some(end),
            _ => return Some(reached),
        }
    }
}

/// Whether only the amount decides whether the level is asked.
fn is_plain(level: &LevelRule) -> bool {
    let c = &level.condition;
    c.departments.is_empty() && c.projects.is_empty() && c.vendor_classes.is_empty()
}

fn check_exceptions(
    document: DocumentType,
    shortfall: Shortfall,
    rules: &[ExceptionRule],
    places: &[usize],
) -> Result<(), Problem> {
    for kind in ExceptionKind::ALL {
        let mut found = rules.iter().zip(places).filter(|(e, _)| e.kind == kind).map(|(_, place)| *place);
        let needed = match kind {
            ExceptionKind::BudgetExceeded => shortfall == Shortfall::Exception,
            ExceptionKind::PossibleDuplicate => true,
            ExceptionKind::PoVariance | ExceptionKind::UncertainRate | ExceptionKind::PayableChanged => {
                document == DocumentType::Invoice
            }
        };
        match (found.next(), found.next()) {
            (None, _) if needed => return Err((0, format!("it has no rule for exception {}; give one", kind.name()))),
            (_, Some(at)) => {
                return Err((at, format!("it has two rules for exception {}; give one", kind.name())));
            }
            _ => {}
        }
    }
    Ok(())
}

fn limits(file: &LimitsFile) -> Result<Limits, Problem> {
    let within = |key: &str, written: &Option<Spanned<u32>>, usual: u32, most: u32| match written {
        Some(value) if *value.get_ref() > most => {
            Err((value.span().start, format!("limits.{key} is {}; the most is {most}", value.get_ref())))
        }
        written => Ok(written.as_ref().map_or(usual, |value| *value.get_ref())),
    };
    let usual = Limits::default();
    Ok(Limits {
        questions: within("questions", &file.questions, usual.questions, MOST.questions)?,
        comments: within("comments", &file.comments, usual.comments, MOST.comments)?,
        returns: within("returns", &file.returns, usual.returns, MOST.returns)?,
        delegation_hops: within("delegation_hops", &file.delegation_hops, usual.delegation_hops, MOST.delegation_hops)?,
        interventions: within("interventions", &file.interventions, usual.interventions, MOST.interventions)?,
    })
}
