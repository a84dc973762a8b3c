//! What the facade adds to a start: the same starts through it, and by its own steps without it, in turns.

use std::time::{Duration, Instant};

use futures::{StreamExt as _, TryStreamExt as _, stream};
use serde::Serialize;
use temporalio_client::WorkflowStartOptions;
use temporalio_common::search_attributes::SearchAttributes;
use vextrus_contract::TASK_WITHIN;
use vextrus_contract::document::{DocumentStart, Head};
use vextrus_contract::search_attributes::{STAGE, STATUS};
use vextrus_domain::{Actor, Content};
use vextrus_invoice::InvoiceApproval;
use vextrus_ledger::claims;
use vextrus_temporal::search_attributes::{DEPARTMENT, DOCUMENT, TENANT, TOTAL_POISHA, VENDOR};
use vextrus_temporal::task_queue;

use crate::figures::{Spread, Times, micros};
use crate::fleet::Fleet;
use crate::mix::{self, Kind};
use crate::story::{SUBMITTER, submit};

/// How many starts make a turn.
const TURN: u32 = 50;
/// Starts under way at a time.
const IN_FLIGHT: usize = 2;

/// Both, over all turns.
#[derive(Debug, Serialize)]
pub(crate) struct Starts {
    /// The claim in the ledger and the start of the workflow, by this process.
    pub(crate) direct: Way,
    /// By the facade.
    pub(crate) facade: Way,
}

/// How long starts took one way.
#[derive(Debug, Serialize)]
pub(crate) struct Way {
    pub(crate) spread: Spread,
    /// Where the 99th percentile of starts like these is, with 95 % confidence. It rests on few starts, however many there are.
    pub(crate) p99_between_us: (u64, u64),
}

impl Way {
    fn of(mut took: Vec<Duration>) -> anyhow::Result<Self> {
        let mut times = Times::new()?;
        took.iter().for_each(|took| times.record(*took));
        took.sort_unstable();
        let at =
            |rank: usize| took.get(rank.min(took.len().saturating_sub(1))).copied().map(micros).unwrap_or_default();
        let (least, most) = ranks_of_p99(took.len());
        Ok(Self { spread: times.spread(), p99_between_us: (at(least), at(most)) })
    }
}

/// Between which of so many sorted values the 99th percentile of all such values is, with 95 % confidence: how many values lie under it is
/// binomial, 1.96 standard deviations to either side.
fn ranks_of_p99(count: usize) -> (usize, usize) {
    let (middle, margin) = (count * 99 / 100, (196 * (count * 99).isqrt()).div_ceil(10_000));
    (middle.saturating_sub(margin), middle + margin)
}

/// Starts so many invoices each way. They are left open. Answers the next number too.
pub(crate) async fn compare(fleet: &Fleet, each: u32, mut next: u32) -> anyhow::Result<(Starts, u32)> {
    eprintln!("{}, starts: by the facade and without it", fleet.engine.name());
    let (mut direct, mut facade) = (Vec::new(), Vec::new());
    for turn in 0..each.div_ceil(TURN) + 1 {
        // Neither is always the one that comes after the other.
        for by_facade in if turn % 2 == 0 { [false, true] } else { [true, false] } {
            let numbers = stream::iter(next..next + TURN);
            let took = numbers.map(|number| one(fleet, number, by_facade)).buffer_unordered(IN_FLIGHT);
            let took: Vec<Duration> = took.try_collect().await?;
            next += TURN;
            // The first turn finds empty caches and pools.
            let times = if by_facade { &mut facade } else { &mut direct };
            times.extend(took.into_iter().filter(|_| turn > 0));
        }
    }
    Ok((Starts { direct: Way::of(direct)?, facade: Way::of(facade)? }, next))
}

async fn one(fleet: &Fleet, number: u32, by_facade: bool) -> anyhow::Result<Duration> {
    let mut submitter = fleet.people.person(SUBMITTER)?;
    let began = Instant::now();
    if by_facade {
        submit(&mut submitter, Kind::OneLevel, number).await?;
        return Ok(began.elapsed());
    }
    let content = Content::Invoice(Box::new(mix::invoice(&mix::ONE_LEVEL, number, 1)?));
    let actor = Actor { tenant: fleet.company.tenant.clone(), person: SUBMITTER.parse()? };
    let request_id = vextrus_starter_cli::client::new_request_id().parse()?;
    let claim = claims::claim(&fleet.stack.ledger, &actor, &request_id, &content).await??;
    let (id, head) = (format!("invoice/{}", claim.key), Head::from(&content));
    // Who starts it without the facade must set what operators look for all the same.
    let attributes = SearchAttributes::new([
        TENANT.value_set(actor.tenant.to_string()),
        DOCUMENT.value_set(claim.key.document.to_string()),
        VENDOR.value_set(head.vendor().to_string()),
        DEPARTMENT.value_set(head.department().to_string()),
        TOTAL_POISHA.value_set(head.amount().poisha()),
        STATUS.value_set("assessing".to_owned()),
        STAGE.value_set("assess".to_owned()),
    ]);
    let start = DocumentStart {
        key: claim.key,
        payload_hash: claim.payload_hash,
        submitter: actor.person,
        head,
        step_timeout_millis: fleet.stack.config.steps.timeout_millis,
        events_of_a_run: fleet.stack.config.steps.events_of_a_run,
        carried: None,
    };
    let options = WorkflowStartOptions::new(task_queue::INVOICE, id);
    let options = options.task_timeout(TASK_WITHIN).search_attributes(attributes).build();
    fleet.stack.client.start_workflow(InvoiceApproval::run, start, options).await?;
    Ok(began.elapsed())
}
