//! GiveDelegation, RevokeDelegation and ListDelegations.

use vextrus_approval::StandingDelegation;
use vextrus_domain::{DocumentType, RequestId, TenantId};
use vextrus_ledger::{delegations, requests, retry};
use vextrus_proto::approval::v1 as proto;

use crate::call::Call;
use crate::errors::Failure;
use crate::service::App;
use crate::translate::{self, Reader};
use crate::{names, read};

pub(crate) async fn give(
    app: &App,
    call: &Call,
    request: proto::GiveDelegationRequest,
) -> Result<proto::GiveDelegationResponse, Failure> {
    names::own_tenant(&request.parent, &call.actor)?;
    let mut reader = Reader::default();
    let request_id: Option<RequestId> = reader.required("request_id", &request.request_id);
    let wanted = match request.delegation {
        Some(delegation) => read_delegation(&mut reader, call, delegation),
        None => {
            reader.say("delegation", "it is missing");
            None
        }
    };
    let (request_id, wanted) = reader.done(request_id.zip(wanted))?;
    let given = retry::keyed(async || {
        let mut tx = app.ledger.begin(&call.actor.tenant).await?;
        let given = delegations::give(&mut tx, &call.actor, &request_id, &wanted).await??;
        tx.commit().await?;
        Ok::<_, Failure>(given)
    })
    .await?;
    Ok(proto::GiveDelegationResponse { delegation: Some(shown(&call.actor.tenant, given)) })
}

pub(crate) async fn revoke(
    app: &App,
    call: &Call,
    request: proto::RevokeDelegationRequest,
) -> Result<proto::RevokeDelegationResponse, Failure> {
    let number = names::delegation(&request.name, &call.actor)?;
    let request_id: RequestId = translate::required("request_id", &request.request_id)?;
    retry::keyed(async || {
        let mut tx = app.ledger.begin(&call.actor.tenant).await?;
        if let Some(fresh) = requests::fresh(&mut tx, &call.actor, &request_id, "delegation_revoked", &number).await?? {
            delegations::revoke(&mut tx, &call.actor, number).await??;
            fresh.done(&mut tx).await?;
        }
        tx.commit().await?;
        Ok::<_, Failure>(())
    })
    .await?;
    Ok(proto::RevokeDelegationResponse {})
}

pub(crate) async fn list(
    app: &App,
    call: &Call,
    request: proto::ListDelegationsRequest,
) -> Result<proto::ListDelegationsResponse, Failure> {
    names::own_tenant(&request.parent, &call.actor)?;
    let mut tx = app.ledger.report(&call.actor.tenant).await?;
    read::reader(app, &mut tx, call, &request.parent).await?;
    let open = delegations::open(&mut tx, &call.actor.tenant).await?;
    let delegations = open.into_iter().map(|d| shown(&call.actor.tenant, d)).collect();
    Ok(proto::ListDelegationsResponse { delegations })
}

fn read_delegation(reader: &mut Reader, call: &Call, d: proto::Delegation) -> Option<StandingDelegation> {
    let from = reader.optional("delegation.from", &d.from).or_else(|| Some(call.actor.person.clone()));
    let to = reader.required("delegation.to", &d.to);
    let first_day = reader.date("delegation.first_day", &d.first_day);
    let last_day = reader.date("delegation.last_day", &d.last_day);
    let mut documents: Vec<DocumentType> = Vec::new();
    for (i, name) in d.documents.iter().enumerate() {
        documents.extend(reader.required::<DocumentType>(&format!("delegation.documents[{i}]"), name));
    }
    documents.sort_unstable();
    documents.dedup();
    let limit = d.limit_poisha.map(|poisha| reader.taka("delegation.limit_poisha", poisha));
    Some(StandingDelegation {
        number: 0,
        from: from?,
        to: to?,
        first_day: first_day?,
        last_day: last_day?,
        documents,
        limit,
    })
}

fn shown(tenant: &TenantId, d: StandingDelegation) -> proto::Delegation {
    proto::Delegation {
        name: format!("tenants/{tenant}/delegations/{}", d.number),
        from: d.from.to_string(),
        to: d.to.to_string(),
        first_day: d.first_day.to_string(),
        last_day: d.last_day.to_string(),
        documents: d.documents.iter().map(ToString::to_string).collect(),
        limit_poisha: d.limit.map(|limit| limit.poisha()),
    }
}
