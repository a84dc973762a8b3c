//! The machine and the people: trail, retention, segregation of duties.

use chrono::Months;

use super::facts::Facts;
use super::parts::Parts;

/// General Order 16/Mushak/2019 asks for this many backups a day.
const BACKUPS_A_DAY: u32 = 2;
/// The longest of the law's terms, of Companies Act s.181(5) by Income Tax Act 2023 s.72A, which we keep for
/// everything.
const YEARS_KEPT: u32 = 12;
/// How long an officer's access may be given at a time: a good habit of others, not law.
const OFFICER_DAYS: u32 = 90;

pub(super) fn trail_intact(facts: &Facts<'_>) -> Parts {
    let Some(trail) = &facts.trail else { return Parts::not_known("trail") };
    let mut parts = Parts::default();
    parts.flag("trail.chain_verified", trail.chain_verified, true, "find where the chain breaks before anything else");
    match trail.return_filed {
        None => parts.unknown("trail.return_filed"),
        Some(false) => parts.right("the period's return is not filed yet"),
        Some(true) => {
            parts.flag("trail.period_locked", trail.period_locked, true, "lock the period: its return is filed")
        }
    }
    parts.flag("trail.serials_without_gap", trail.serials_without_gap, true, "explain every missing serial");
    match trail.backups_a_day {
        None => parts.unknown("trail.backups_a_day"),
        Some(n) => parts.expect(
            n >= BACKUPS_A_DAY,
            format!("trail.backups_a_day is {n}"),
            format!("trail.backups_a_day is {n}; the least is {BACKUPS_A_DAY} (General Order 16/Mushak/2019)"),
            "back up more often",
        ),
    }
    parts.flag("trail.restore_tested", trail.restore_tested, true, "restore from a backup and write down the result");
    parts.flag("trail.admin_acts_logged", trail.admin_acts_logged, true, "put administrators' acts on the trail");
    parts
}

pub(super) fn retention_and_access(facts: &Facts<'_>) -> Parts {
    let Some(kept) = &facts.retention else { return Parts::not_known("retention") };
    let mut parts = Parts::default();
    let last = [facts.invoice.map(|i| i.date), facts.paid_on].into_iter().flatten().max();
    match (kept.kept_until, last) {
        (Some(until), Some(last)) => match last.checked_add_months(Months::new(12 * YEARS_KEPT)) {
            Some(needed) => parts.expect(
                until >= needed,
                format!("retention.kept_until is {until}"),
                format!(
                    "retention.kept_until is {until}; {YEARS_KEPT} years are up on {needed} (Income Tax Act 2023 s.72A)"
                ),
                "keep it longer",
            ),
            None => parts.unknown("how long it must be kept"),
        },
        (None, _) => parts.unknown("retention.kept_until"),
        (_, None) => parts.unknown("the document's date"),
    }
    match (kept.legal_hold, kept.disposed) {
        (Some(true), Some(true)) => parts.wrong(
            "retention.disposed is true under a legal hold",
            "restore it from a backup and tell whoever ordered the hold",
        ),
        (_, disposed) => parts.flag("retention.disposed", disposed, false, "restore it from a backup"),
    }
    if kept.legal_hold.is_none() {
        parts.unknown("retention.legal_hold");
    }
    parts.flag("retention.exportable", kept.exportable, true, "make an export that is readable offline");
    parts.flag("retention.officers_read_only", kept.officers_read_only, true, "take all but reading from the role");
    match kept.officer_access_days {
        None => parts.unknown("retention.officer_access_days"),
        Some(days) => parts.expect(
            days <= OFFICER_DAYS,
            format!("retention.officer_access_days is {days}"),
            format!("retention.officer_access_days is {days}; the most is {OFFICER_DAYS}"),
            "give access for a shorter time",
        ),
    }
    parts.flag("retention.reads_logged", kept.reads_logged, true, "log what officers read");
    parts.flag("retention.reproducible", kept.reproducible, true, "find which rate or entry changed since");
    parts
}

pub(super) fn duties_segregated(facts: &Facts<'_>) -> Parts {
    let Some(who) = &facts.approvals else { return Parts::not_known("approvals") };
    let mut parts = Parts::default();
    let remedy = "let somebody else do it, and write down the delegation";
    if who.approvers.is_empty() {
        parts.wrong(
            "approvals.approvers is empty",
            "name the approver: s.143 of the Income Tax Act 2023 reaches them personally",
        );
    }
    for (i, approver) in who.approvers.iter().enumerate() {
        let own = *approver == who.submitter;
        let again = who.approvers.iter().take(i).any(|earlier| earlier == approver);
        if own {
            parts.wrong(format!("approvals.approvers[{i}] is {approver}, who submitted it"), remedy);
        }
        if again {
            parts.wrong(format!("approvals.approvers[{i}] is {approver}, who approved another level"), remedy);
        }
        if !own && !again {
            parts.right(format!("{approver} approved"));
        }
    }
    match &who.releaser {
        None => parts.unknown("approvals.releaser"),
        Some(releaser) if *releaser == who.submitter => {
            parts.wrong(format!("approvals.releaser is {releaser}, who submitted it"), remedy);
        }
        Some(releaser) if who.approvers.contains(releaser) => {
            parts.wrong(format!("approvals.releaser is {releaser}, who approved it"), remedy);
        }
        Some(releaser) => parts.right(format!("{releaser} released it")),
    }
    parts
}
