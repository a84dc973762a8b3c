//! The company's own systems, kept in the ledger: where no outside system is configured.

use vextrus_ledger::employees::provisions;
use vextrus_ledger::{Ledger, LedgerError, retry};

use super::{
    AccessControl, AdapterError, Answer, AssetRegister, Calendar, IdentityProvider, MailSystem, Order, Reference,
};

/// All five systems over the ledger. An order is carried out in one transaction, once.
#[derive(Debug, Clone)]
pub struct LedgerSystems(pub Ledger);

impl LedgerSystems {
    fn give<'a>(&'a self, order: Order<'a>) -> Answer<'a> {
        // Another attempt of the same order may be quicker; the next look knows it.
        Box::pin(async move { retry::keyed(|| self.give_once(&order)).await.map_err(unavailable) })
    }

    async fn give_once(&self, order: &Order<'_>) -> Result<Reference, LedgerError> {
        let mut tx = self.0.begin(order.tenant).await?;
        let reference = provisions::give(&mut tx, asked(order)).await?;
        tx.commit().await?;
        Ok(Reference(reference))
    }

    fn take_back<'a>(&'a self, order: Order<'a>) -> Answer<'a> {
        Box::pin(async move { retry::keyed(|| self.take_back_once(&order)).await.map_err(unavailable) })
    }

    async fn take_back_once(&self, order: &Order<'_>) -> Result<Reference, LedgerError> {
        let mut tx = self.0.begin(order.tenant).await?;
        let reference = provisions::take_back(&mut tx, asked(order)).await?;
        tx.commit().await?;
        Ok(Reference(reference))
    }
}

fn asked<'a>(order: &Order<'a>) -> provisions::Order<'a> {
    provisions::Order {
        tenant: order.tenant,
        key: order.key,
        employee: order.employee,
        operation: order.operation,
        employment: order.employment,
    }
}

fn unavailable(error: LedgerError) -> AdapterError {
    AdapterError::Unavailable(error.to_string())
}

impl IdentityProvider for LedgerSystems {
    fn create_account<'a>(&'a self, order: Order<'a>) -> Answer<'a> {
        self.give(order)
    }

    fn disable_account<'a>(&'a self, order: Order<'a>) -> Answer<'a> {
        self.take_back(order)
    }
}

impl MailSystem for LedgerSystems {
    fn create_mailbox<'a>(&'a self, order: Order<'a>) -> Answer<'a> {
        self.give(order)
    }

    fn close_mailbox<'a>(&'a self, order: Order<'a>) -> Answer<'a> {
        self.take_back(order)
    }

    fn send_welcome<'a>(&'a self, order: Order<'a>) -> Answer<'a> {
        self.give(order)
    }
}

impl AssetRegister for LedgerSystems {
    fn assign_workstation<'a>(&'a self, order: Order<'a>) -> Answer<'a> {
        self.give(order)
    }

    fn return_workstation<'a>(&'a self, order: Order<'a>) -> Answer<'a> {
        self.take_back(order)
    }
}

impl AccessControl for LedgerSystems {
    fn issue_badge<'a>(&'a self, order: Order<'a>) -> Answer<'a> {
        self.give(order)
    }

    fn revoke_badge<'a>(&'a self, order: Order<'a>) -> Answer<'a> {
        self.take_back(order)
    }
}

impl Calendar for LedgerSystems {
    fn schedule_orientation<'a>(&'a self, order: Order<'a>) -> Answer<'a> {
        self.give(order)
    }

    fn cancel_orientation<'a>(&'a self, order: Order<'a>) -> Answer<'a> {
        self.take_back(order)
    }
}
