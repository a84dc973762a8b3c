//! Signals as they arrive: raw, so that what cannot be read is refused instead of failing the workflow's task for ever.

use std::time::SystemTime;

use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use temporalio_workflow::SyncWorkflowContext;
use temporalio_workflow::common::data_converters::{
    GenericPayloadConverter as _, RawValue, SerializationContext, SerializationContextData,
    WorkflowSerializationContext,
};
use vextrus_approval::SignedCommand;
use vextrus_contract::document::{ApproveSignal, RejectSignal, RequestInfoSignal};
use vextrus_domain::{PersonId, Refusal, RefusalCode, TaskId};

/// An update's refusal by its validator: it reaches the client as text, with the code first.
pub type Refused = Box<dyn std::error::Error + Send + Sync>;

/// What a signal says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) person: PersonId,
    pub(crate) wish: Wish,
    pub(crate) words: String,
    pub(crate) task: Option<TaskId>,
    pub(crate) assertion: Option<SignedCommand>,
}

/// What a signal asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    Approve,
    Reject,
    Ask,
}

impl From<ApproveSignal> for Message {
    fn from(s: ApproveSignal) -> Self {
        Self { person: s.approver, wish: Wish::Approve, words: s.comments, task: s.task, assertion: s.assertion }
    }
}

impl From<RejectSignal> for Message {
    fn from(s: RejectSignal) -> Self {
        Self { person: s.approver, wish: Wish::Reject, words: s.reason, task: s.task, assertion: s.assertion }
    }
}

impl From<RequestInfoSignal> for Message {
    fn from(s: RequestInfoSignal) -> Self {
        Self { person: s.requested_by, wish: Wish::Ask, words: s.question, task: None, assertion: s.assertion }
    }
}

/// Reads the one payload that a signal should have.
///
/// # Errors
/// `MESSAGE_MALFORMED`.
pub fn parse<W, T: DeserializeOwned + 'static>(ctx: &SyncWorkflowContext<W>, raw: RawValue) -> Result<T, Refusal> {
    let malformed = |why: String| Refusal::new(RefusalCode::MessageMalformed, why);
    let count = raw.payloads.len();
    let Ok([payload]) = <[_; 1]>::try_from(raw.payloads) else {
        return Err(malformed(format!("{count} payloads were sent; send one")));
    };
    let converter = ctx.payload_converter();
    let data = SerializationContextData::Workflow(WorkflowSerializationContext::new());
    converter
        .from_payload::<T>(&SerializationContext::new(&data, converter), payload)
        .map_err(|e| malformed(e.to_string().chars().take(300).collect()))
}

/// The workflow's time; the first task of a history always has one.
#[must_use]
pub fn time(at: Option<SystemTime>) -> DateTime<Utc> {
    at.map_or(DateTime::<Utc>::UNIX_EPOCH, DateTime::<Utc>::from)
}
