//! Outside systems that are asked by signed webhook: whatever stands behind the address acts, and answers what it calls the thing.
//!
//! A system gets of what is personal only what it cannot do without: identity and access the name, mail the name and the private
//! address, the others nothing; and nobody gets any of it to undo something. NID and phone go to none.

mod reference;

use std::time::Duration;

use serde_json::{Value, json};
use vextrus_domain::PersonalData;
use vextrus_lifecycle::Operation;
use vextrus_notify::webhook::{Secret, Webhook, WebhookConfig, WebhookError};

use super::{AccessControl, AdapterError, Answer, AssetRegister, Calendar, IdentityProvider, MailSystem, Order};

/// A system behind a webhook. It can be any of the five.
#[derive(Debug, Clone)]
pub struct WebhookAdapter(Webhook);

/// The adapter for the address that stands in the configuration, with the secrets of its file.
///
/// # Errors
/// [`WebhookError::Unusable`], saying what is wrong and what would be right.
pub fn from_config(url: &str, secrets: Vec<Secret>, timeout: Duration) -> Result<WebhookAdapter, WebhookError> {
    Webhook::new(WebhookConfig { url: url.to_owned(), secrets, timeout }).map(WebhookAdapter::new)
}

impl WebhookAdapter {
    /// The adapter over this client.
    #[must_use]
    pub const fn new(webhook: Webhook) -> Self {
        Self(webhook)
    }

    /// Asks for the operation, whatever the order says: the method that was called decides.
    fn ask<'a>(&'a self, operation: Operation, order: Order<'a>) -> Answer<'a> {
        Box::pin(async move {
            let body = body(operation, &order)?;
            match self.0.post(order.key, &body).await {
                Ok(answer) => reference::read(&answer, operation.system(), order.personal),
                Err(error) => Err(failed(operation, &error)),
            }
        })
    }
}

/// A 404 or 410 is a no like any other, also to an undoing: a wrong address would say the same, and undo nothing.
fn failed(operation: Operation, error: &WebhookError) -> AdapterError {
    let text = format!("{operation} by the {} system: {error}", operation.system());
    match error {
        WebhookError::Unavailable { .. } => AdapterError::Unavailable(text),
        WebhookError::Refused { .. } | WebhookError::Unusable { .. } => AdapterError::Impossible(text),
    }
}

fn body(operation: Operation, order: &Order<'_>) -> Result<Value, AdapterError> {
    let Order { operation: _, key, tenant, employee, task, personal, employment, reference } = *order;
    let mut body = json!({
        "operation": operation,
        "key": key,
        "tenant": tenant,
        "employee": employee,
        "task": task,
        "start_date": employment.start_date,
        "department": employment.department,
        "position": employment.position,
        "grade": employment.grade,
        "class": employment.class,
        "manager": employment.manager,
        "hr_manager": employment.hr_manager,
        "reference": reference,
    });
    let needed: fn(&PersonalData) -> Value = match operation {
        Operation::CreateAccount | Operation::IssueBadge => |personal| json!({"name": personal.name}),
        Operation::CreateMailbox | Operation::SendWelcome => {
            |personal| json!({"name": personal.name, "email": personal.email})
        }
        Operation::DisableAccount
        | Operation::CloseMailbox
        | Operation::AssignWorkstation
        | Operation::ReturnWorkstation
        | Operation::RevokeBadge
        | Operation::ScheduleOrientation
        | Operation::CancelOrientation => return Ok(body),
    };
    let Some(personal) = personal else {
        let text =
            format!("{operation} needs the employee's name, and the personal data of {employee} have been erased");
        return Err(AdapterError::Impossible(text));
    };
    body["personal"] = needed(personal);
    Ok(body)
}

impl IdentityProvider for WebhookAdapter {
    fn create_account<'a>(&'a self, order: Order<'a>) -> Answer<'a> {
        self.ask(Operation::CreateAccount, order)
    }

    fn disable_account<'a>(&'a self, order: Order<'a>) -> Answer<'a> {
        self.ask(Operation::DisableAccount, order)
    }
}

impl MailSystem for WebhookAdapter {
    fn create_mailbox<'a>(&'a self, order: Order<'a>) -> Answer<'a> {
        self.ask(Operation::CreateMailbox, order)
    }

    fn close_mailbox<'a>(&'a self, order: Order<'a>) -> Answer<'a> {
        self.ask(Operation::CloseMailbox, order)
    }

    fn send_welcome<'a>(&'a self, order: Order<'a>) -> Answer<'a> {
        self.ask(Operation::SendWelcome, order)
    }
}

impl AssetRegister for WebhookAdapter {
    fn assign_workstation<'a>(&'a self, order: Order<'a>) -> Answer<'a> {
        self.ask(Operation::AssignWorkstation, order)
    }

    fn return_workstation<'a>(&'a self, order: Order<'a>) -> Answer<'a> {
        self.ask(Operation::ReturnWorkstation, order)
    }
}

impl AccessControl for WebhookAdapter {
    fn issue_badge<'a>(&'a self, order: Order<'a>) -> Answer<'a> {
        self.ask(Operation::IssueBadge, order)
    }

    fn revoke_badge<'a>(&'a self, order: Order<'a>) -> Answer<'a> {
        self.ask(Operation::RevokeBadge, order)
    }
}

impl Calendar for WebhookAdapter {
    fn schedule_orientation<'a>(&'a self, order: Order<'a>) -> Answer<'a> {
        self.ask(Operation::ScheduleOrientation, order)
    }

    fn cancel_orientation<'a>(&'a self, order: Order<'a>) -> Answer<'a> {
        self.ask(Operation::CancelOrientation, order)
    }
}
