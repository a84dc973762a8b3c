//! StartOnboarding and StartOffboarding: the claim first, then the workflow. A crash between the two is mended by the same request.

use vextrus_contract::employees::ProcessStart;
use vextrus_domain::violations::FieldViolation;
use vextrus_domain::{Refusal, RefusalCode, RequestId};
use vextrus_ledger::employees::claim::{self, Asked, Claim};
use vextrus_ledger::employees::processes::State;
use vextrus_lifecycle::Process;
use vextrus_proto::onboarding::v1 as proto;

use super::{read, workflow};
use crate::call::Call;
use crate::errors::Failure;
use crate::names;
use crate::service::App;
use crate::translate::Reader;

pub(crate) async fn onboarding(
    app: &App,
    call: &Call,
    request: proto::StartOnboardingRequest,
) -> Result<proto::StartOnboardingResponse, Failure> {
    names::own_tenant(&request.parent, &call.actor)?;
    let mut reader = Reader::default();
    let request_id = reader.request_id(&request.request_id);
    let employee = reader.employee(request.employee);
    let (request_id, employee) = reader.done(request_id.zip(employee))?;
    let (process, repeated_request) = start(app, call, &request_id, Asked::Onboarding(&employee)).await?;
    Ok(proto::StartOnboardingResponse { process: Some(process), repeated_request })
}

pub(crate) async fn offboarding(
    app: &App,
    call: &Call,
    request: proto::StartOffboardingRequest,
) -> Result<proto::StartOffboardingResponse, Failure> {
    names::own_tenant(&request.parent, &call.actor)?;
    let mut reader = Reader::default();
    let request_id = reader.request_id(&request.request_id);
    let leaving = reader.leaving(&request);
    let (request_id, leaving) = reader.done(request_id.zip(leaving))?;
    let (process, repeated_request) = start(app, call, &request_id, Asked::Offboarding(&leaving)).await?;
    Ok(proto::StartOffboardingResponse { process: Some(process), repeated_request })
}

async fn start(
    app: &App,
    call: &Call,
    request_id: &RequestId,
    asked: Asked<'_>,
) -> Result<(proto::EmployeeProcess, bool), Failure> {
    let kind = asked.process();
    let claimed = claim::claim(&app.ledger, &call.actor, request_id, asked).await?;
    let Claim { process, repeated } = claimed.map_err(|refusal| refused(kind, refusal))?;
    // A later state proves that the workflow has started, and Temporal forgets ended runs: after its retention, a start would run
    // the process a second time.
    if process.state == State::Claimed {
        let start = ProcessStart {
            key: process.key.clone(),
            process: kind,
            employee: process.employee,
            payload_hash: process.payload_hash,
            employment: process.employment,
            step_timeout_millis: app.step_timeout_millis,
            perform_within_millis: app.perform_within_millis,
            events_of_a_run: app.events_of_a_run,
            carried: None,
        };
        workflow::start(app, start, call.left()).await?;
    }
    let mut tx = app.ledger.read(&call.actor.tenant).await?;
    let view = read::process(&mut tx, kind, &process.key).await?;
    Ok((read::shown(&mut tx, &call.actor, view).await?, repeated))
}

/// What the ledger finds wrong with a field begins with the field's name in the domain.
fn refused(kind: Process, refusal: Refusal) -> Failure {
    if !matches!(refusal.code, RefusalCode::InvalidField | RefusalCode::PersonalData) {
        return refusal.into();
    }
    let field = match (kind, refusal.message.split_once(": ").map(|(field, _)| field)) {
        (_, Some("request_id")) => "request_id".to_owned(),
        (Process::Onboarding, Some("id")) => "employee.employee_id".to_owned(),
        (Process::Onboarding, Some(field)) => format!("employee.{field}"),
        (Process::Offboarding, Some("employment.hr_manager")) => "hr_manager".to_owned(),
        (Process::Offboarding, Some("reason")) => "reason".to_owned(),
        _ => return refusal.into(),
    };
    Failure::Fields(vec![FieldViolation { field, refusal }])
}
