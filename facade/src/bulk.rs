//! DecideTasks: several decisions in one call, each answered by itself.

use std::collections::BTreeSet;

use futures::StreamExt as _;
use vextrus_domain::{DocumentId, RequestId};
use vextrus_proto::approval::v1 as proto;
use vextrus_proto::approval::v1::act_request::Action;
use vextrus_proto::approval::v1::decision_result::Result as Outcome;

use crate::call::Call;
use crate::errors::Failure;
use crate::service::App;
use crate::{act, masterdata, names, read, render, translate};

/// The most decisions of a call.
const MOST: usize = 50;
/// How many are brought to their documents at the same time.
const AT_ONCE: usize = 8;

pub(crate) async fn decide(
    app: &App,
    call: &Call,
    request: proto::DecideTasksRequest,
) -> Result<proto::DecideTasksResponse, Failure> {
    names::own_tenant(&request.parent, &call.actor)?;
    let _: RequestId = translate::required("request_id", &request.request_id)?;
    check(&request.decisions, call)?;
    let mut tx = app.ledger.read(&call.actor.tenant).await?;
    read::member(&mut tx, &call.actor).await?;
    tx.rollback().await?;
    app.limits.more(&call.actor, request.decisions.len() - 1)?;
    let each = request.decisions.into_iter().map(|decision| one(app, call, &request.request_id, decision));
    let results = futures::stream::iter(each.collect::<Vec<_>>()).buffered(AT_ONCE).collect().await;
    Ok(proto::DecideTasksResponse { results })
}

/// What is wrong with the call as a whole: nothing is decided then.
fn check(decisions: &[proto::TaskDecision], call: &Call) -> Result<(), Failure> {
    if decisions.is_empty() || decisions.len() > MOST {
        return Err(Failure::field("decisions", format!("there are {}; give 1 to {MOST}", decisions.len())));
    }
    let mut documents: BTreeSet<DocumentId> = BTreeSet::new();
    for (place, decision) in decisions.iter().enumerate() {
        let field = format!("decisions[{place}].name");
        let document = match masterdata::names::change(&decision.name, &call.actor) {
            Some(change) => change?,
            None => {
                let named = names::named(&decision.name, &call.actor)?;
                if named.task.is_none() {
                    return Err(Failure::field(&field, format!("{:?} names no task", decision.name)));
                }
                named.document
            }
        };
        if !documents.insert(document) {
            return Err(Failure::field(&field, "its document is there twice; decide its tasks one after another"));
        }
    }
    Ok(())
}

async fn one(app: &App, call: &Call, request_id: &str, decision: proto::TaskDecision) -> proto::DecisionResult {
    let name = decision.name.clone();
    let request = proto::ActRequest {
        name: decision.name,
        request_id: request_id.to_owned(),
        etag: decision.etag,
        action: decision.decide.map(Action::Decide),
    };
    let result = match act::act(app, call, request).await {
        Ok(accepted) => Outcome::Accepted(accepted),
        Err(failure) => Outcome::Refused(render::refusal(failure.into_refusal(call.rpc()))),
    };
    proto::DecisionResult { name, result: Some(result) }
}
