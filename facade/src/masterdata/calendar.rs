//! ProposeCalendar and GetCalendar.

use chrono::DateTime;
use vextrus_approval::MAX_COMMENT;
use vextrus_domain::RequestId;
use vextrus_ledger::retry;
use vextrus_ledger::rules::{self, RuleKind, WHOLE_COMPANY};
use vextrus_proto::masterdata::v1 as proto;

use super::records::reading;
use crate::call::Call;
use crate::errors::Failure;
use crate::names::{not_found, of_actor, own_tenant};
use crate::service::App;
use crate::translate::Reader;

pub(crate) async fn propose(
    app: &App,
    call: &Call,
    request: proto::ProposeCalendarRequest,
) -> Result<proto::ProposeCalendarResponse, Failure> {
    own_tenant(&request.parent, &call.actor)?;
    let mut reader = Reader::default();
    let request_id: Option<RequestId> = reader.required("request_id", &request.request_id);
    reader.required_words("reason", &request.reason, MAX_COMMENT);
    if let Err(wrong) = RuleKind::Calendar.check(&request.content) {
        reader.say("content", wrong);
    }
    let mut from = None;
    if let Some(time) = request.effective_time {
        from = DateTime::from_timestamp(time.seconds, u32::try_from(time.nanos).unwrap_or(u32::MAX));
        if from.is_none() {
            reader.say("effective_time", "it is no moment");
        }
    }
    let request_id = reader.done(request_id)?;
    let proposal = retry::keyed(async || {
        let mut tx = app.ledger.begin(&call.actor.tenant).await?;
        let (kind, content, reason) = (RuleKind::Calendar, &request.content, &request.reason);
        let proposal = rules::propose_once(&mut tx, &call.actor, &request_id, kind, content, from, reason).await??;
        tx.commit().await?;
        Ok::<_, Failure>(proposal)
    })
    .await?;
    Ok(proto::ProposeCalendarResponse { proposal })
}

pub(crate) async fn get(
    app: &App,
    call: &Call,
    request: proto::GetCalendarRequest,
) -> Result<proto::GetCalendarResponse, Failure> {
    match request.name.split('/').collect::<Vec<_>>()[..] {
        ["tenants", tenant, "calendar"] => of_actor("name", tenant, &call.actor, &request.name)?,
        _ => return Err(Failure::field("name", "write it as tenants/{tenant}/calendar")),
    }
    let mut tx = reading(app, call, &request.name).await?;
    let active = rules::active(&mut tx, &call.actor.tenant, RuleKind::Calendar, WHOLE_COMPANY).await?;
    let rule = active.ok_or_else(|| not_found(&request.name))?;
    Ok(proto::GetCalendarResponse { content: rule.content.to_string(), hash: rule.hash })
}
