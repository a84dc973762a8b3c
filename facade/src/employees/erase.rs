//! EraseEmployee.

use vextrus_domain::violations::FieldViolation;
use vextrus_domain::{RefusalCode, RequestId};
use vextrus_ledger::employees::records;
use vextrus_ledger::{requests, retry};
use vextrus_proto::onboarding::v1 as proto;

use super::names;
use crate::call::Call;
use crate::errors::Failure;
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
    let request_id: Option<RequestId> = reader.required("request_id", &request.request_id);
    reader.required_words("reason", &request.reason, MAX_REASON);
    let request_id = reader.done(request_id)?;
    retry::keyed(async || {
        let mut tx = app.ledger.begin(&call.actor.tenant).await?;
        let input = (&employee, &request.reason);
        if let Some(fresh) = requests::fresh(&mut tx, &call.actor, &request_id, "record_erased", &input).await?? {
            records::erase(&mut tx, &call.actor, &employee, &request.reason).await?.map_err(|refusal| {
                if refusal.code == RefusalCode::PersonalData {
                    return Failure::Fields(vec![FieldViolation { field: "reason".to_owned(), refusal }]);
                }
                refusal.into()
            })?;
            fresh.done(&mut tx).await?;
        }
        tx.commit().await?;
        Ok::<_, Failure>(())
    })
    .await?;
    Ok(proto::EraseEmployeeResponse {})
}
