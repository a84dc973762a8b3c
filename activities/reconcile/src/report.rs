//! What a round tells.

use std::collections::BTreeMap;

use vextrus_contract::reconcile::{Place, Tally};
use vextrus_domain::DocumentKey;
use vextrus_temporal::runs::Seen;

use crate::Namespaces;
use crate::judge::{Act, What, remedy};

/// The most findings that a round lists; more are counted only.
pub const MOST_LISTED: usize = 1000;

/// Something that does not fit together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What it is about.
    pub key: DocumentKey,
    /// The id of its workflow.
    pub workflow: String,
    /// The run that was seen; none where there is none.
    pub run: Option<String>,
    /// What was found.
    pub finding: What,
    /// What was done, or would be.
    pub act: Act,
    /// What a person is to do.
    pub remedy: &'static str,
    /// Whether it was found for the first time; not known of a round that only looks.
    pub is_new: bool,
}

impl Found {
    pub(crate) fn new(key: &DocumentKey, workflow: &str, seen: &Seen, (what, act): (What, Act), are_one: bool) -> Self {
        let run = match seen {
            Seen::Running { run, .. } | Seen::Ended { run, .. } => Some(run.clone()),
            Seen::Missing => None,
        };
        Self {
            key: key.clone(),
            workflow: workflow.to_owned(),
            run,
            finding: what,
            act,
            remedy: remedy(what, act, are_one),
            is_new: false,
        }
    }

    /// Its name in counts.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}/{}", self.finding.name(), self.act.name())
    }
}

/// What a page came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// How many documents, processes or runs it held.
    pub looked_at: usize,
    /// What does not fit together.
    pub found: Vec<Found>,
    /// The next page; none when the round is over.
    pub next: Option<Place>,
}

impl Page {
    /// In numbers.
    #[must_use]
    pub fn tally(&self) -> Tally {
        let mut found = BTreeMap::new();
        for one in &self.found {
            *found.entry(one.name()).or_default() += 1;
        }
        Tally { looked_at: self.looked_at as u64, found }
    }
}

/// What a whole round came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Round {
    /// The namespaces that ledger and server speak of.
    pub namespaces: Namespaces,
    /// In numbers.
    pub tally: Tally,
    /// What does not fit together: the first [`MOST_LISTED`].
    pub found: Vec<Found>,
}

impl Round {
    pub(crate) fn begun(namespaces: Namespaces) -> Self {
        Self { namespaces, tally: Tally::default(), found: Vec::new() }
    }

    pub(crate) fn add(&mut self, page: Page) {
        self.tally.add(page.tally());
        let room = MOST_LISTED - self.found.len().min(MOST_LISTED);
        self.found.extend(page.found.into_iter().take(room));
    }

    /// Whether everything fits together.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.tally.found.is_empty() && self.namespaces.are_one()
    }
}
