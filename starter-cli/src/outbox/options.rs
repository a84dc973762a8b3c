//! What can be said behind `vextrus outbox`.

use clap::{Args, Subcommand, value_parser};
use vextrus_domain::PersonId;
use vextrus_ledger::outbox::MOST_LISTED;

use crate::options::LedgerOptions;

#[derive(Debug, Subcommand)]
pub(crate) enum OutboxCommand {
    /// Says what waits, is under way, failed or is dead, by channel, and how long the oldest has waited.
    Status(LedgerOptions),
    /// Lists deliveries, the newest first.
    ///
    /// Example: vextrus outbox list --dead --channel webhook
    List(ListOptions),
    /// Shows an event with all of its deliveries.
    Show(ShowOptions),
    /// Sends deliveries once more that are dead or were skipped.
    ///
    /// Example: vextrus outbox replay --all-dead --channel smtp --by tanvir
    Replay(ReplayOptions),
    /// Gives a delivery up for good: one that waits, is dead or was skipped.
    Discard(DiscardOptions),
}

#[derive(Debug, Args)]
pub(crate) struct ListOptions {
    /// Only those that were given up.
    #[arg(long, conflicts_with_all = ["skipped", "waiting"])]
    dead: bool,
    /// Only those that were skipped, since no address was known.
    #[arg(long, conflicts_with = "waiting")]
    skipped: bool,
    /// Only those that wait.
    #[arg(long)]
    waiting: bool,
    /// Only those of this channel.
    #[arg(long)]
    pub(crate) channel: Option<String>,
    /// The most to list.
    #[arg(long, default_value_t = 100, value_parser = value_parser!(u32).range(1..=i64::from(MOST_LISTED)))]
    pub(crate) limit: u32,
    #[command(flatten)]
    pub(crate) ledger: LedgerOptions,
}

impl ListOptions {
    /// The state that is asked for.
    pub(crate) const fn state(&self) -> Option<&'static str> {
        match (self.dead, self.skipped, self.waiting) {
            (true, ..) => Some("dead"),
            (_, true, _) => Some("skipped"),
            (.., true) => Some("waiting"),
            _ => None,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct ShowOptions {
    /// The id of the event, or of one of its deliveries.
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) ledger: LedgerOptions,
}

#[derive(Debug, Args)]
#[command(override_usage = "vextrus outbox replay [OPTIONS] --tenant <TENANT> --by <PERSON> <DELIVERY>...\n       \
                            vextrus outbox replay [OPTIONS] --tenant <TENANT> --by <PERSON> --all-dead [--channel <CHANNEL>]")]
pub(crate) struct ReplayOptions {
    /// The deliveries.
    #[arg(value_name = "DELIVERY", required_unless_present = "all_dead", conflicts_with = "all_dead", num_args = 1..=500)]
    pub(crate) deliveries: Vec<String>,
    /// All that were given up.
    #[arg(long)]
    pub(crate) all_dead: bool,
    /// Of these, only those of this channel.
    #[arg(long, requires = "all_dead")]
    pub(crate) channel: Option<String>,
    /// Who does it, for the trail.
    #[arg(long, value_name = "PERSON")]
    pub(crate) by: PersonId,
    #[command(flatten)]
    pub(crate) ledger: LedgerOptions,
}

#[derive(Debug, Args)]
pub(crate) struct DiscardOptions {
    /// The delivery.
    pub(crate) delivery: String,
    /// Why, for the trail.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    /// Who does it, for the trail.
    #[arg(long, value_name = "PERSON")]
    pub(crate) by: PersonId,
    #[command(flatten)]
    pub(crate) ledger: LedgerOptions,
}
