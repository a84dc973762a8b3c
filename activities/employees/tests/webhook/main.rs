//! The adapters over webhooks, against a real server.
#![cfg(test)]

mod failures;
mod receiver;
mod requests;

use serde_json::json;
use vextrus_domain::{Employee, PersonId, PersonalData, TaskId, TenantId};
use vextrus_employees::adapters::webhook::{WebhookAdapter, from_config};
use vextrus_employees::adapters::{
    AccessControl, AdapterError, AssetRegister, Calendar, IdentityProvider, MailSystem, Order, Reference,
};
use vextrus_lifecycle::Operation;
use vextrus_notify::webhook::{Secret, TIMEOUT};

/// What must be found nowhere but in the bodies for those who need it.
const PERSONAL: [&str; 4] = ["Rokeya Sultana", "rokeya@example.com", "1712345678", "9876543210"];

fn secret() -> Secret {
    "whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0".parse().unwrap()
}

fn adapter(url: &str) -> WebhookAdapter {
    from_config(url, vec![secret()], TIMEOUT).unwrap()
}

/// An order and what it borrows from.
struct Case {
    tenant: TenantId,
    task: TaskId,
    employee: Employee,
    erased: bool,
    reference: Option<&'static str>,
}

impl Case {
    fn new() -> Self {
        let employee = json!({
            "id": "emp-0042",
            "personal": {"name": PERSONAL[0], "email": PERSONAL[1], "phone": format!("0{}", PERSONAL[2]), "nid": PERSONAL[3]},
            "employment": {"department": "works", "position": "Site engineer", "grade": "G7", "class": "skilled",
                "start_date": "2026-12-06", "manager": "karim", "hr_manager": "hasina"}
        });
        let employee = Employee::from_json(&employee.to_string()).unwrap();
        Self {
            tenant: "acme-bd".parse().unwrap(),
            task: "badge".parse().unwrap(),
            employee,
            erased: false,
            reference: None,
        }
    }

    /// Asks the adapter by the method that belongs to the operation.
    async fn ask(&self, adapter: &WebhookAdapter, operation: Operation, key: &str) -> Result<Reference, AdapterError> {
        let employee: &PersonId = &self.employee.id;
        let personal: Option<&PersonalData> = (!self.erased).then_some(&self.employee.personal);
        let (tenant, task, employment) = (&self.tenant, &self.task, &self.employee.employment);
        let order = Order { operation, key, tenant, employee, task, personal, employment, reference: self.reference };
        match operation {
            Operation::CreateAccount => adapter.create_account(order),
            Operation::DisableAccount => adapter.disable_account(order),
            Operation::CreateMailbox => adapter.create_mailbox(order),
            Operation::CloseMailbox => adapter.close_mailbox(order),
            Operation::SendWelcome => adapter.send_welcome(order),
            Operation::AssignWorkstation => adapter.assign_workstation(order),
            Operation::ReturnWorkstation => adapter.return_workstation(order),
            Operation::IssueBadge => adapter.issue_badge(order),
            Operation::RevokeBadge => adapter.revoke_badge(order),
            Operation::ScheduleOrientation => adapter.schedule_orientation(order),
            Operation::CancelOrientation => adapter.cancel_orientation(order),
        }
        .await
    }
}

fn undoes(operation: Operation) -> bool {
    use Operation::{CancelOrientation, CloseMailbox, DisableAccount, ReturnWorkstation, RevokeBadge};
    matches!(operation, DisableAccount | CloseMailbox | ReturnWorkstation | RevokeBadge | CancelOrientation)
}
