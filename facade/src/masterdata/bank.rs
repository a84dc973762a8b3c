//! ProposeBankAccount, GetBankAccountChange and ListBankAccountChanges; and Act on a change.

use chrono::{SubsecRound as _, Utc};
use vextrus_approval::{Action, Command, MAX_COMMENT};
use vextrus_domain::signature::AcceptedKeys;
use vextrus_domain::{DocumentId, Refusal, RefusalCode, RequestId, VendorId};
use vextrus_ledger::approvals::Trust;
use vextrus_ledger::bank_details::{self, BankChange, ChangeState};
use vextrus_ledger::{Tx, retry};
use vextrus_proto::approval::v1 as approval;
use vextrus_proto::approval::v1::act_request::Action as Wanted;
use vextrus_proto::masterdata::v1 as proto;

use super::records::reading;
use super::{fields, names, render};
use crate::call::Call;
use crate::errors::Failure;
use crate::names::{not_found, own_tenant};
use crate::service::App;
use crate::translate::Reader;
use crate::{pages, read};

pub(crate) async fn propose(
    app: &App,
    call: &Call,
    request: proto::ProposeBankAccountRequest,
) -> Result<proto::ProposeBankAccountResponse, Failure> {
    let vendor: VendorId = names::record("parent", &request.parent, "vendors", &call.actor)?;
    let mut reader = Reader::default();
    let request_id: Option<RequestId> = reader.required("request_id", &request.request_id);
    reader.required_words("reason", &request.reason, MAX_COMMENT);
    let account = fields::account(&mut reader, request.account);
    let (request_id, account) = reader.done(request_id.zip(account))?;
    let change = retry::keyed(async || {
        let mut tx = app.ledger.begin(&call.actor.tenant).await?;
        let id = bank_details::propose(&mut tx, &call.actor, &request_id, &vendor, &account, &request.reason).await??;
        let change = one(&mut tx, call, &id).await?;
        tx.commit().await?;
        Ok::<_, Failure>(change)
    })
    .await?;
    Ok(proto::ProposeBankAccountResponse { change: Some(render::bank_change(&change, true)) })
}

pub(crate) async fn get(
    app: &App,
    call: &Call,
    request: proto::GetBankAccountChangeRequest,
) -> Result<proto::GetBankAccountChangeResponse, Failure> {
    let id: DocumentId = names::record("name", &request.name, "bankAccountChanges", &call.actor)?;
    let mut tx = reading(app, call, &request.name).await?;
    let change = one(&mut tx, call, &id).await?;
    let whole = change.is_shown_to(&call.actor.person);
    Ok(proto::GetBankAccountChangeResponse { change: Some(render::bank_change(&change, whole)) })
}

pub(crate) async fn list(
    app: &App,
    call: &Call,
    request: proto::ListBankAccountChangesRequest,
) -> Result<proto::ListBankAccountChangesResponse, Failure> {
    let vendor: Option<VendorId> = match request.parent.split('/').count() {
        4 => Some(names::record("parent", &request.parent, "vendors", &call.actor)?),
        _ => own_tenant(&request.parent, &call.actor).map(|()| None)?,
    };
    let (size, after) = (pages::size(request.page_size)?, pages::cursor(&request.page_token)?);
    let mut tx = app.ledger.report(&call.actor.tenant).await?;
    read::reader(app, &mut tx, call, &request.parent).await?;
    let tenant = &call.actor.tenant;
    let mut lines = bank_details::list(&mut tx, tenant, vendor.as_ref(), after.as_ref(), size + 1).await?;
    let next_page_token = pages::cut(&mut lines, size, |l| (l.proposed_at, l.key.document.to_string()))?;
    let changes = lines.iter().map(|change| render::bank_change(change, false)).collect();
    Ok(proto::ListBankAccountChangesResponse { changes, next_page_token })
}

/// Act on a change. No workflow takes part: the ledger decides at once.
pub(crate) async fn act(
    app: &App,
    call: &Call,
    id: &DocumentId,
    request: approval::ActRequest,
) -> Result<approval::ActResponse, Failure> {
    let mut reader = Reader::default();
    let request_id: Option<RequestId> = reader.required("request_id", &request.request_id);
    if !request.etag.is_empty() {
        reader.say("etag", "a change of a bank account stays as it was proposed and has none; leave it out");
    }
    let wanted = action(&mut reader, request.action);
    let (request_id, wanted) = reader.done(request_id.zip(wanted))?;
    let own = AcceptedKeys::from_public_texts([app.key.public_text().as_str()]);
    let trust = Trust { keys: own.map_err(|e| Failure::Internal(e.to_string()))?, unsigned: false };
    let change = retry::keyed(async || {
        let mut tx = app.ledger.begin(&call.actor.tenant).await?;
        read::member(&mut tx, &call.actor).await?;
        let change = one(&mut tx, call, id).await?;
        let command = command(&change, wanted.clone(), call, request_id.clone())?;
        let done = bank_details::command(&mut tx, &command.sign(&app.key)?, &trust).await?;
        // Of a refusal too: that the change's time is over stays written.
        tx.commit().await?;
        Ok::<_, Failure>(done?)
    })
    .await?;
    let name = names::change_name(&call.actor.tenant, id);
    let (state, outcome) = standing(change.state);
    Ok(approval::ActResponse {
        document: name.clone(),
        state: state.into(),
        outcome: outcome.into(),
        open_tasks: if change.state == ChangeState::Open { vec![name] } else { Vec::new() },
        principal: call.actor.person.to_string(),
    })
}

/// What is wanted, and its words.
fn action(reader: &mut Reader, wanted: Option<Wanted>) -> Option<Wanted> {
    let Some(wanted) = wanted else {
        reader.say("action", "it is missing; say what is to be done");
        return None;
    };
    match &wanted {
        Wanted::Decide(w) => {
            let _: Option<String> = reader.required("decide.answer", &w.answer);
            reader.words("decide.comment", &w.comment, MAX_COMMENT);
        }
        Wanted::Withdraw(w) => reader.words("withdraw.comment", &w.comment, MAX_COMMENT),
        Wanted::Comment(w) => reader.required_words("comment.text", &w.text, MAX_COMMENT),
        _ => {
            reader.say("action", "a change of a bank account is decided, withdrawn or commented on, and nothing else");
        }
    }
    Some(wanted)
}

fn command(change: &BankChange, wanted: Wanted, call: &Call, request_id: RequestId) -> Result<Command, Failure> {
    let actor = &call.actor.person;
    let task = change.machine.tasks().first();
    let task = task.ok_or_else(|| Failure::Internal("a change of a bank account has no task".to_owned()))?;
    let action = match wanted {
        Wanted::Decide(w) => Action::Decide {
            task: task.task.id.clone(),
            plan_hash: task.plan_hash.clone(),
            answer: w.answer,
            comment: w.comment,
        },
        Wanted::Withdraw(w) => Action::Withdraw { comment: w.comment },
        Wanted::Comment(w) => Action::Comment { text: w.text },
        _ => return Err(Refusal::new(RefusalCode::InvalidField, "action: it cannot be asked of a bank account").into()),
    };
    let key = change.key.clone();
    let at = Utc::now().trunc_subsecs(6);
    Ok(Command { key, action, actor: actor.clone(), principal: actor.clone(), via: Vec::new(), request_id, at })
}

const fn standing(state: ChangeState) -> (approval::DocumentState, approval::DocumentOutcome) {
    use approval::{DocumentOutcome as Outcome, DocumentState as State};
    match state {
        ChangeState::Open => (State::Assessed, Outcome::Unspecified),
        ChangeState::Approved => (State::Settled, Outcome::Approved),
        ChangeState::Rejected => (State::Closed, Outcome::Rejected),
        ChangeState::Withdrawn => (State::Closed, Outcome::Withdrawn),
        ChangeState::Expired => (State::Closed, Outcome::Expired),
    }
}

async fn one(tx: &mut Tx, call: &Call, id: &DocumentId) -> Result<BankChange, Failure> {
    let found = bank_details::one(tx, &call.actor.tenant, id).await?;
    found.ok_or_else(|| not_found(&names::change_name(&call.actor.tenant, id)).into())
}
