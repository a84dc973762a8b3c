//! A tenant's rules at a glance.

use chrono::{DateTime, Utc};
use vextrus_domain::TenantId;

use super::records::{Activation, ActivationRow, Proposal, ProposalRow};
use crate::db::{Tx, args};
use crate::error::LedgerError;

/// A tenant's rules.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listing {
    /// What is in force, by kind and subject.
    pub active: Vec<Activation>,
    /// What will be in force by what has been activated so far, by kind, subject and day.
    pub scheduled: Vec<Activation>,
    /// The proposals that can still be activated, by number.
    pub open: Vec<Proposal>,
}

/// A tenant's rules in force, those to come and the open proposals.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn list(tx: &mut Tx, tenant: &TenantId) -> Result<Listing, LedgerError> {
    let activations: Vec<ActivationRow> = tx
        .all(
            "SELECT kind, subject, seq, hash, activated_by, activated_at, effective_from, proposal
             FROM rule_activations WHERE tenant = $1",
            args![tenant.as_str()],
        )
        .await?;
    let mut activations = activations.into_iter().map(ActivationRow::read).collect::<Result<Vec<_>, _>>()?;
    // The databases sort text differently.
    activations.sort_by(|a, b| (a.kind, &a.subject, a.seq).cmp(&(b.kind, &b.subject, b.seq)));
    let mut listing = Listing::default();
    for of_one in activations.chunk_by(|a, b| (a.kind, &a.subject) == (b.kind, &b.subject)) {
        let (active, scheduled) = standing(of_one, tx.now());
        listing.active.extend(active.cloned());
        listing.scheduled.extend(scheduled.into_iter().cloned());
    }
    let open: Vec<ProposalRow> = tx
        .all(
            "SELECT p.proposal, p.kind, p.subject, p.hash, p.base, p.reason, p.proposed_by, p.proposed_at, p.effective_from
             FROM rule_proposals p WHERE p.tenant = $1 AND p.base = (
                SELECT coalesce(max(a.seq), 0) FROM rule_activations a
                WHERE a.tenant = p.tenant AND a.kind = p.kind AND a.subject = p.subject)
             ORDER BY p.proposal",
            args![tenant.as_str()],
        )
        .await?;
    listing.open = open.into_iter().map(ProposalRow::read).collect::<Result<_, _>>()?;
    Ok(listing)
}

/// Of the activations of one kind and subject, in order: the one in force, and those that will be, by day.
fn standing(activations: &[Activation], now: DateTime<Utc>) -> (Option<&Activation>, Vec<&Activation>) {
    let mut scheduled = Vec::new();
    // From the latest back: one counts until a later one has taken effect.
    for activation in activations.iter().rev() {
        if activation.effective_from <= now {
            scheduled.reverse();
            return (Some(activation), scheduled);
        }
        if scheduled.last().is_none_or(|later: &&Activation| activation.effective_from < later.effective_from) {
            scheduled.push(activation);
        }
    }
    scheduled.reverse();
    (None, scheduled)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rules::{RuleKind, WHOLE_COMPANY};

    fn moment(day: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + chrono::TimeDelta::days(day)
    }

    fn activation(seq: i64, day: i64) -> Activation {
        Activation {
            kind: RuleKind::Tax,
            subject: WHOLE_COMPANY.to_owned(),
            seq,
            hash: seq.to_string(),
            activated_by: "tareq".to_owned(),
            activated_at: moment(0),
            effective_from: moment(day),
            proposal: None,
        }
    }

    proptest! {
        /// What is listed tells for every day to come which activation is the latest that has taken effect.
        #[test]
        fn the_list_foretells_what_is_in_force(days in prop::collection::vec(0_i64..12, 0..8), now in 0_i64..12) {
            let all: Vec<Activation> = (1..).zip(&days).map(|(seq, day)| activation(seq, *day)).collect();
            let (active, scheduled) = standing(&all, moment(now));
            prop_assert!(scheduled.iter().all(|a| a.effective_from > moment(now)));
            for day in now..14 {
                let counts = all.iter().filter(|a| a.effective_from <= moment(day)).max_by_key(|a| a.seq);
                let listed = scheduled.iter().rfind(|a| a.effective_from <= moment(day)).copied().or(active);
                prop_assert_eq!(listed, counts);
            }
        }
    }
}
