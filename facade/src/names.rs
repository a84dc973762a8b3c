//! Resource names: `tenants/{tenant}/invoices/{invoice}/tasks/{task}`. What belongs to another tenant is not found.

use std::str::FromStr;

use vextrus_domain::{Actor, DocumentId, Refusal, RefusalCode, TaskId, TenantId};

use crate::errors::Failure;

/// The name of an invoice.
pub(crate) fn invoice_name(tenant: &TenantId, document: &str) -> String {
    format!("tenants/{tenant}/invoices/{document}")
}

/// The name of a task.
pub(crate) fn task_name(tenant: &TenantId, document: &str, task: &str) -> String {
    format!("tenants/{tenant}/invoices/{document}/tasks/{task}")
}

/// Checks that `parent` is the actor's own tenant.
pub(crate) fn own_tenant(parent: &str, actor: &Actor) -> Result<(), Failure> {
    const FORM: &str = "write it as tenants/{tenant}";
    match parent.split('/').collect::<Vec<_>>()[..] {
        ["tenants", tenant] => of_actor("parent", tenant, actor, parent),
        _ => Err(Failure::field("parent", FORM)),
    }
}

/// Reads `name` as an invoice of the actor's tenant.
pub(crate) fn invoice(name: &str, actor: &Actor) -> Result<DocumentId, Failure> {
    const FORM: &str = "write it as tenants/{tenant}/invoices/{invoice}";
    match name.split('/').collect::<Vec<_>>()[..] {
        ["tenants", tenant, "invoices", document] => {
            let document = id("name", document)?;
            of_actor("name", tenant, actor, name)?;
            Ok(document)
        }
        _ => Err(Failure::field("name", FORM)),
    }
}

/// Reads `name` as a task of an invoice of the actor's tenant, or as the invoice alone.
pub(crate) fn task_or_invoice(name: &str, actor: &Actor) -> Result<(DocumentId, Option<TaskId>), Failure> {
    const FORM: &str = "write it as tenants/{tenant}/invoices/{invoice}/tasks/{task}, or without the task";
    match name.split_once("/tasks/") {
        None => match invoice(name, actor) {
            Err(Failure::Fields(_)) => Err(Failure::field("name", FORM)),
            found => found.map(|document| (document, None)),
        },
        Some((name, task)) => {
            let task = id("name", task)?;
            invoice(name, actor).map(|document| (document, Some(task)))
        }
    }
}

/// The refusal that hides whether a thing is missing or another tenant's.
pub(crate) fn not_found(name: &str) -> Refusal {
    Refusal::new(RefusalCode::NotFound, format!("there is no {name}"))
}

fn of_actor(field: &str, tenant: &str, actor: &Actor, name: &str) -> Result<(), Failure> {
    let tenant: TenantId = id(field, tenant)?;
    if tenant == actor.tenant { Ok(()) } else { Err(not_found(name).into()) }
}

fn id<T: FromStr<Err: std::fmt::Display>>(field: &str, text: &str) -> Result<T, Failure> {
    text.parse().map_err(|error| Failure::field(field, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn actor() -> Actor {
        Actor { tenant: "acme".parse().unwrap(), person: "rahim".parse().unwrap() }
    }

    fn code(failure: Failure) -> RefusalCode {
        match failure {
            Failure::Refused(refusal) => refusal.code,
            Failure::Fields(fields) => fields[0].refusal.code,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn names_are_read_as_they_are_written() {
        let actor = actor();
        own_tenant("tenants/acme", &actor).unwrap();
        let name = invoice_name(&actor.tenant, "0198-a");
        assert_eq!(invoice(&name, &actor).unwrap().as_str(), "0198-a");
        assert_eq!(task_or_invoice(&name, &actor).unwrap().1, None);
        let (document, task) = task_or_invoice(&task_name(&actor.tenant, "d", "level-1"), &actor).unwrap();
        assert_eq!((document.as_str(), task.unwrap().as_str()), ("d", "level-1"));
    }

    #[test]
    fn another_tenants_name_is_not_found_and_a_malformed_one_is_said_to_be_so() {
        let actor = actor();
        for other in ["tenants/other/invoices/d", "tenants/other/invoices/d/tasks/t"] {
            assert_eq!(code(task_or_invoice(other, &actor).unwrap_err()), RefusalCode::NotFound);
        }
        assert_eq!(code(own_tenant("tenants/other", &actor).unwrap_err()), RefusalCode::NotFound);
        for bad in ["", "tenants/acme", "tenants/acme/invoices/", "tenants/acme/invoices/d/tasks/", "x/acme/invoices/d"]
        {
            assert_eq!(code(task_or_invoice(bad, &actor).unwrap_err()), RefusalCode::InvalidField, "{bad}");
        }
        for bad in ["", "acme", "tenants/a b", "tenants/acme/"] {
            assert_eq!(code(own_tenant(bad, &actor).unwrap_err()), RefusalCode::InvalidField, "{bad}");
        }
    }
}
