//! Standing delegations, and whether a chain of delegations leads from one person to another.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use vextrus_domain::calendar::dhaka_date;
use vextrus_domain::{DocumentType, PersonId, Refusal, RefusalCode, Taka};

/// Somebody decides in somebody's name from one day to another, such as during leave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StandingDelegation {
    /// Its number in the tenant.
    pub number: u32,
    /// In whose name.
    pub from: PersonId,
    /// Who decides.
    pub to: PersonId,
    /// The first day, in Dhaka.
    pub first_day: NaiveDate,
    /// The last day, in Dhaka.
    pub last_day: NaiveDate,
    /// For which types of document; none means all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub documents: Vec<DocumentType>,
    /// Up to which amount; none means whatever the owner may decide.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<Taka>,
}

impl StandingDelegation {
    /// Whether it counts for a document of this type and amount at this moment.
    #[must_use]
    pub fn covers(&self, document: DocumentType, amount: Taka, at: DateTime<Utc>) -> bool {
        self.counts(document, dhaka_date(at)) && self.limit.is_none_or(|limit| amount <= limit)
    }

    /// Whether it counts for documents of this type on this day in Dhaka, up to its limit.
    #[must_use]
    pub fn counts(&self, document: DocumentType, day: NaiveDate) -> bool {
        (self.first_day..=self.last_day).contains(&day)
            && (self.documents.is_empty() || self.documents.contains(&document))
    }

    /// Whether two delegations can count on the same day for the same type of document.
    fn meets(&self, other: &Self) -> bool {
        let types = |d: &Self| if d.documents.is_empty() { DocumentType::ALL.to_vec() } else { d.documents.clone() };
        self.first_day <= other.last_day
            && other.first_day <= self.last_day
            && types(self).iter().any(|t| types(other).contains(t))
    }

    /// Checks a new delegation against those that stand: nobody stands for themselves, and no circle closes.
    ///
    /// # Errors
    /// `DELEGATION_INVALID`.
    pub fn check(&self, standing: &[Self]) -> Result<(), Refusal> {
        let invalid = |why: String| Err(Refusal::new(RefusalCode::DelegationInvalid, why));
        if self.from == self.to {
            return invalid(format!("{} cannot stand for themselves; name somebody else", self.from));
        }
        if self.last_day < self.first_day {
            return invalid(format!("last_day {} is before first_day {}", self.last_day, self.first_day));
        }
        if self.limit.is_some_and(|limit| limit <= Taka::ZERO) {
            return invalid("limit is not above zero; leave it out or give an amount".to_owned());
        }
        let links: Vec<Link<'_>> =
            standing.iter().filter(|d| d.meets(self)).map(|d| Link { from: &d.from, to: &d.to }).collect();
        match path(&self.to, &self.from, &links, usize::MAX) {
            Some(way) => {
                let names: Vec<&str> = way.iter().map(|p| p.as_str()).collect();
                invalid(format!("{} already delegates to {}: {}", self.to, self.from, names.join(" to ")))
            }
            None => Ok(()),
        }
    }
}

/// One step of a chain: `to` may act for `from`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Link<'a> {
    pub(crate) from: &'a PersonId,
    pub(crate) to: &'a PersonId,
}

/// The shortest chain of at most `hops` links from one person to another, both included. Chains never visit a person twice.
pub(crate) fn path<'a>(
    from: &'a PersonId,
    to: &'a PersonId,
    links: &[Link<'a>],
    hops: usize,
) -> Option<Vec<&'a PersonId>> {
    let mut ways: Vec<Vec<&PersonId>> = vec![vec![from]];
    let mut seen = vec![from];
    while let Some(way) = (!ways.is_empty()).then(|| ways.remove(0)) {
        let Some(last) = way.last().copied() else { continue };
        if last == to {
            return Some(way);
        }
        if way.len() > hops {
            continue;
        }
        for link in links.iter().filter(|l| l.from == last) {
            if !seen.contains(&link.to) {
                seen.push(link.to);
                ways.push(way.iter().copied().chain([link.to]).collect());
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delegation(from: &str, to: &str, first: &str, last: &str) -> StandingDelegation {
        StandingDelegation {
            number: 1,
            from: from.parse().unwrap(),
            to: to.parse().unwrap(),
            first_day: first.parse().unwrap(),
            last_day: last.parse().unwrap(),
            documents: Vec::new(),
            limit: None,
        }
    }

    #[test]
    fn circles_are_refused_while_they_meet() {
        let standing =
            [delegation("a", "b", "2026-08-01", "2026-08-10"), delegation("b", "c", "2026-08-05", "2026-08-20")];
        let circle = delegation("c", "a", "2026-08-10", "2026-08-31").check(&standing);
        assert_eq!(circle.unwrap_err().code, RefusalCode::DelegationInvalid);
        delegation("c", "a", "2026-08-21", "2026-08-31").check(&standing).unwrap();
        delegation("c", "d", "2026-08-01", "2026-08-31").check(&standing).unwrap();
        let mut orders = delegation("c", "a", "2026-08-10", "2026-08-31");
        orders.documents = vec![DocumentType::PurchaseOrder];
        let mut bills = standing.clone();
        bills[0].documents = vec![DocumentType::Invoice];
        orders.check(&bills).unwrap();
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        assert!(delegation("a", "a", "2026-08-01", "2026-08-10").check(&[]).is_err());
        assert!(delegation("a", "b", "2026-08-02", "2026-08-01").check(&[]).is_err());
        let nothing =
            StandingDelegation { limit: Some(Taka::ZERO), ..delegation("a", "b", "2026-08-01", "2026-08-01") };
        assert!(nothing.check(&[]).is_err());
    }

    #[test]
    fn it_covers_its_days_in_dhaka_its_types_and_its_limit() {
        let mut d = delegation("a", "b", "2026-08-01", "2026-08-02");
        let at = |text: &str| text.parse().unwrap();
        let covers = |d: &StandingDelegation, t: &str| d.covers(DocumentType::Invoice, Taka::whole(100), at(t));
        assert!(!covers(&d, "2026-07-31T17:59:59Z") && covers(&d, "2026-07-31T18:00:00Z"));
        assert!(covers(&d, "2026-08-02T17:59:59Z") && !covers(&d, "2026-08-02T18:00:00Z"));
        d.limit = Some(Taka::whole(100));
        assert!(covers(&d, "2026-08-01T06:00:00Z"));
        d.limit = Some("99.99".parse().unwrap());
        assert!(!covers(&d, "2026-08-01T06:00:00Z"));
        (d.limit, d.documents) = (None, vec![DocumentType::PurchaseOrder]);
        assert!(!covers(&d, "2026-08-01T06:00:00Z"));
    }

    #[test]
    fn chains_are_bounded_and_shortest() {
        let ids: Vec<PersonId> = ["a", "b", "c", "d"].iter().map(|p| p.parse().unwrap()).collect();
        let link = |f: usize, t: usize| Link { from: &ids[f], to: &ids[t] };
        let links = [link(0, 1), link(1, 2), link(2, 3), link(2, 0)];
        assert_eq!(path(&ids[0], &ids[3], &links, 3).unwrap().len(), 4);
        assert!(path(&ids[0], &ids[3], &links, 2).is_none());
        assert!(path(&ids[3], &ids[0], &links, 9).is_none());
        assert_eq!(path(&ids[1], &ids[1], &links, 0).unwrap().len(), 1);
    }
}
