//! How people and vendors are written to.

use vextrus_domain::{Contact, TenantId};

use crate::db::{Tx, args};
use crate::error::LedgerError;

/// Writes how somebody is written to, or forgets it where no address is given. It is not put on the trail, which keeps for ever.
///
/// # Errors
/// [`LedgerError::Database`], or [`LedgerError::Corrupt`] for what is no address.
pub async fn put_contact(tx: &mut Tx, tenant: &TenantId, contact: &Contact) -> Result<(), LedgerError> {
    if let Some(wrong) = contact.violations().into_iter().next() {
        return Err(LedgerError::corrupt("contact", wrong.refusal));
    }
    let party = contact.who.to_string();
    match &contact.email {
        None => tx.exec("DELETE FROM contacts WHERE tenant = $1 AND party = $2", args![tenant.as_str(), party]).await,
        Some(email) => {
            tx.exec(
                "INSERT INTO contacts (tenant, party, email, lang) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (tenant, party) DO UPDATE SET email = $3, lang = $4",
                args![tenant.as_str(), party, email, contact.lang.to_string()],
            )
            .await
        }
    }
    .map(drop)
}
