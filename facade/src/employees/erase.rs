//! EraseEmployee.

use vextrus_domain::RefusalCode;
use vextrus_domain::violations::FieldViolation;
use vextrus_ledger::employees::records;
use vextrus_ledger::retry;
use vextrus_proto::onboarding::v1 as proto;

use super::names;
use crate::call::Call;
use crate::errors::Failure;
use crate::read::member;
use crate::service::App;
use crate::translate::Reader;

/// The longest reason, in bytes.
const MAX_REASON: usize = 500;

pub(crate) async fn erase(
    app: &App,
    call: &Call,
    request: proto::EraseEmployeeRequest,
) -> Result<proto::EraseEmployeeResponse, Failure> {
    let employee = names::employee(&request.name, &call.actor)?;
    let mut reader = Reader::default();
    reader.required_words("reason", &request.reason, MAX_REASON);
    reader.done(Some(()))?;
    retry::unkeyed(async || {
        let mut tx = app.ledger.begin(&call.actor.tenant).await?;
        member(&mut tx, &call.actor).await?;
        records::erase(&mut tx, &call.actor, &employee, &request.reason).await?.map_err(|refusal| {
            if refusal.code == RefusalCode::PersonalData {
                return Failure::Fields(vec![FieldViolation { field: "reason".to_owned(), refusal }]);
            }
            refusal.into()
        })?;
        tx.commit().await?;
        Ok::<_, Failure>(())
    })
    .await?;
    Ok(proto::EraseEmployeeResponse {})
}
