//! The sealer: signs what the trail is, every few seconds, and takes what was signed out of the house.

mod destination;

use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::watch;
use vextrus_domain::signature::{AcceptedKeys, KeyPair};
use vextrus_ledger::audit::{exports, seal};
use vextrus_ledger::{Ledger, LedgerError};
use vextrus_platform::config::AuditConfig;
use vextrus_platform::keys::{self, KeyError};

pub use destination::{Destination, DestinationError};

/// No entry waits longer to be sealed.
const LONGEST_WAIT: u64 = 10_000;

/// Seals and exports, as it is configured.
#[derive(Debug, Clone)]
pub struct Sealer {
    key: KeyPair,
    every: Duration,
    destination: Option<Destination>,
}

/// Why nothing can be sealed as it is configured.
#[derive(Debug, thiserror::Error)]
pub enum SealerError {
    /// The key cannot be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Entries would wait too long.
    #[error("audit.seal_every_millis is {0}; give 1 to {LONGEST_WAIT}, so that no entry waits longer")]
    Interval(u64),
    /// The destination cannot be used.
    #[error(transparent)]
    Destination(#[from] DestinationError),
    /// The key that signs is not among those that are accepted: what it signs would not count.
    #[error("audit.accepted_keys does not hold the public key of {0}; add it, so that checkpoints can be verified")]
    NotAccepted(PathBuf),
}

/// Why a round did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum RoundError {
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The destination failed.
    #[error(transparent)]
    Destination(#[from] DestinationError),
}

/// What a round did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Round {
    /// Checkpoints that were made.
    pub sealed: u32,
    /// Checkpoints that were taken out.
    pub exported: u32,
}

impl Sealer {
    /// The sealer of a configuration. `None`: nothing is to be sealed.
    ///
    /// # Errors
    /// [`SealerError`].
    pub fn configured(config: &AuditConfig) -> Result<Option<Self>, SealerError> {
        if config.key_file.as_os_str().is_empty() {
            return Ok(None);
        }
        if !(1..=LONGEST_WAIT).contains(&config.seal_every_millis) {
            return Err(SealerError::Interval(config.seal_every_millis));
        }
        let key = keys::read_secret_key("audit.key_file", &config.key_file)?;
        let accepted = accepted(config)?;
        let probe = "a text";
        if accepted.verify(probe, &key.sign(probe)).is_err() {
            return Err(SealerError::NotAccepted(config.key_file.clone()));
        }
        let destination = Destination::configured(&config.export)?;
        Ok(Some(Self { key, every: Duration::from_millis(config.seal_every_millis), destination }))
    }

    /// Seals and exports until `stop` turns true, and once more then: what a stopping process wrote last is sealed too.
    pub async fn run(self, ledger: Ledger, mut stop: watch::Receiver<bool>) {
        loop {
            let stopping = *stop.borrow();
            match self.round(&ledger).await {
                Ok(Round { sealed: 0, exported: 0 }) => {}
                Ok(round) => tracing::debug!(sealed = round.sealed, exported = round.exported, "sealed"),
                Err(error) => tracing::warn!(%error, "the trail could not be sealed or exported; trying again"),
            }
            if stopping {
                return;
            }
            // An error means that nobody can ask for a stop any more: then stop.
            if let Ok(Err(_)) = tokio::time::timeout(self.every, stop.wait_for(|s| *s)).await {
                return;
            }
        }
    }

    /// Seals what waits, then takes out what is not out yet.
    ///
    /// # Errors
    /// [`RoundError`]; what was done before it stays done.
    pub async fn round(&self, ledger: &Ledger) -> Result<Round, RoundError> {
        let mut round = Round::default();
        loop {
            let before = round.sealed;
            for tenant in seal::waiting(ledger).await? {
                if let Some(made) = seal::seal(ledger, &tenant, &self.key).await? {
                    round.sealed += 1;
                    tracing::debug!(%tenant, number = made.number, size = made.size, "checkpoint");
                }
            }
            if round.sealed == before {
                break;
            }
        }
        let Some(destination) = &self.destination else { return Ok(round) };
        loop {
            let pending = exports::pending(ledger, destination.name()).await?;
            if pending.is_empty() {
                return Ok(round);
            }
            for checkpoint in &pending {
                destination.put(checkpoint).await?;
                exports::exported(ledger, destination.name(), checkpoint).await?;
                round.exported += 1;
            }
        }
    }
}

/// The keys whose checkpoints count.
///
/// # Errors
/// [`KeyError`].
pub fn accepted(config: &AuditConfig) -> Result<AcceptedKeys, KeyError> {
    keys::public_keys("audit.accepted_keys", &config.accepted_keys)
}
