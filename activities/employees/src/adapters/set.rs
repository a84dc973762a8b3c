//! Which adapter does what.

use std::sync::Arc;
use std::time::Duration;

use vextrus_ledger::Ledger;
use vextrus_lifecycle::Operation;
use vextrus_notify::webhook::{SecretError, WebhookError, read_secrets};
use vextrus_platform::config::AdaptersConfig;

use super::ledger::LedgerSystems;
use super::webhook::from_config;
use super::{AccessControl, Answer, AssetRegister, Calendar, IdentityProvider, MailSystem, Order};

/// Why the configured systems cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AdaptersError {
    /// The secrets cannot be read.
    #[error("adapters.secret_file: {0}")]
    Secret(#[from] SecretError),
    /// An address cannot be used.
    #[error("an address of [adapters]: {0}")]
    Address(#[from] WebhookError),
}

/// One adapter for each system.
#[derive(Clone)]
pub struct Adapters {
    /// Who may sign in.
    pub identity: Arc<dyn IdentityProvider>,
    /// Mailboxes and letters.
    pub mail: Arc<dyn MailSystem>,
    /// What the company lends.
    pub assets: Arc<dyn AssetRegister>,
    /// Doors.
    pub access: Arc<dyn AccessControl>,
    /// Appointments.
    pub calendar: Arc<dyn Calendar>,
}

impl Adapters {
    /// The company's own systems for everything.
    #[must_use]
    pub fn of_ledger(ledger: &Ledger) -> Self {
        let own = Arc::new(LedgerSystems(ledger.clone()));
        Self { identity: own.clone(), mail: own.clone(), assets: own.clone(), access: own.clone(), calendar: own }
    }

    /// What the configuration says: for each system an outside one by its address, or the company's own.
    ///
    /// # Errors
    /// [`AdaptersError`].
    pub fn configured(config: &AdaptersConfig, ledger: &Ledger) -> Result<Self, AdaptersError> {
        let mut adapters = Self::of_ledger(ledger);
        let addresses = [&config.identity, &config.mail, &config.assets, &config.access, &config.calendar];
        if addresses.iter().all(|address| address.is_empty()) {
            return Ok(adapters);
        }
        let secrets = read_secrets(&config.secret_file)?;
        let timeout = Duration::from_millis(config.timeout_millis);
        let outside = |address: &String| match address.as_str() {
            "" => Ok(None),
            url => from_config(url, secrets.clone(), timeout).map(|adapter| Some(Arc::new(adapter))),
        };
        if let Some(outside) = outside(&config.identity)? {
            adapters.identity = outside;
        }
        if let Some(outside) = outside(&config.mail)? {
            adapters.mail = outside;
        }
        if let Some(outside) = outside(&config.assets)? {
            adapters.assets = outside;
        }
        if let Some(outside) = outside(&config.access)? {
            adapters.access = outside;
        }
        if let Some(outside) = outside(&config.calendar)? {
            adapters.calendar = outside;
        }
        Ok(adapters)
    }

    /// Has the right system carry an order out.
    pub(crate) fn carry_out<'a>(&'a self, order: Order<'a>) -> Answer<'a> {
        match order.operation {
            Operation::CreateAccount => self.identity.create_account(order),
            Operation::DisableAccount => self.identity.disable_account(order),
            Operation::CreateMailbox => self.mail.create_mailbox(order),
            Operation::CloseMailbox => self.mail.close_mailbox(order),
            Operation::SendWelcome => self.mail.send_welcome(order),
            Operation::AssignWorkstation => self.assets.assign_workstation(order),
            Operation::ReturnWorkstation => self.assets.return_workstation(order),
            Operation::IssueBadge => self.access.issue_badge(order),
            Operation::RevokeBadge => self.access.revoke_badge(order),
            Operation::ScheduleOrientation => self.calendar.schedule_orientation(order),
            Operation::CancelOrientation => self.calendar.cancel_orientation(order),
        }
    }
}
