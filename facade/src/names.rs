//! Resource names, such as `tenants/{tenant}/invoices/{invoice}/tasks/{task}`. What belongs to another tenant is not found.

use std::str::FromStr;

use vextrus_domain::{Actor, DocumentId, DocumentType, Refusal, RefusalCode, TaskId, TenantId};

use crate::errors::Failure;

/// The collection that holds the documents of a type, as their names spell it.
#[must_use]
pub const fn collection(kind: DocumentType) -> &'static str {
    match kind {
        DocumentType::Invoice => "invoices",
        DocumentType::PurchaseOrder => "purchaseOrders",
    }
}

/// The name of a document.
pub(crate) fn document_name(kind: DocumentType, tenant: &TenantId, document: &str) -> String {
    format!("tenants/{tenant}/{}/{document}", collection(kind))
}

/// The name of a task.
pub(crate) fn task_name(kind: DocumentType, tenant: &TenantId, document: &str, task: &str) -> String {
    format!("{}/tasks/{task}", document_name(kind, tenant, document))
}

/// Checks that `parent` is the actor's own tenant.
pub(crate) fn own_tenant(parent: &str, actor: &Actor) -> Result<(), Failure> {
    const FORM: &str = "write it as tenants/{tenant}";
    match parent.split('/').collect::<Vec<_>>()[..] {
        ["tenants", tenant] => of_actor("parent", tenant, actor, parent),
        _ => Err(Failure::field("parent", FORM)),
    }
}

/// A document's name, as it came, of the actor's tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) kind: DocumentType,
    pub(crate) document: DocumentId,
    pub(crate) task: Option<TaskId>,
}

/// Reads `name` as a document of this type.
pub(crate) fn document(name: &str, kind: DocumentType, actor: &Actor) -> Result<DocumentId, Failure> {
    match named(name, actor) {
        Ok(Named { kind: found, document, task: None }) if found == kind => Ok(document),
        Ok(_) | Err(Failure::Fields(_)) => {
            Err(Failure::field("name", format!("write it as tenants/{{tenant}}/{}/{{id}}", collection(kind))))
        }
        Err(other) => Err(other),
    }
}

/// Reads `name` as a document of any type, or as one of its tasks.
pub(crate) fn named(name: &str, actor: &Actor) -> Result<Named, Failure> {
    const FORM: &str = "write it as tenants/{tenant}/invoices/{id} or tenants/{tenant}/purchaseOrders/{id}, with /tasks/{task} for a task";
    let parts: Vec<&str> = name.split('/').collect();
    let (tenant, found, document, task) = match parts[..] {
        ["tenants", tenant, found, document] => (tenant, found, document, None),
        ["tenants", tenant, found, document, "tasks", task] => (tenant, found, document, Some(task)),
        _ => return Err(Failure::field("name", FORM)),
    };
    let Some(kind) = DocumentType::ALL.into_iter().find(|kind| collection(*kind) == found) else {
        return Err(Failure::field("name", FORM));
    };
    let task = task.map(|task| id("name", task)).transpose()?;
    let document = id("name", document)?;
    of_actor("name", tenant, actor, name)?;
    Ok(Named { kind, document, task })
}

/// Reads `name` as a delegation of the actor's tenant.
pub(crate) fn delegation(name: &str, actor: &Actor) -> Result<u32, Failure> {
    const FORM: &str = "write it as tenants/{tenant}/delegations/{number}";
    match name.split('/').collect::<Vec<_>>()[..] {
        ["tenants", tenant, "delegations", number] => {
            // One name each: `+7` and `007` are none.
            let read = number.parse::<u32>().ok().filter(|read| read.to_string() == number);
            let number = read.ok_or_else(|| Failure::field("name", FORM))?;
            of_actor("name", tenant, actor, name)?;
            Ok(number)
        }
        _ => Err(Failure::field("name", FORM)),
    }
}

/// What a resource's name names.
pub(crate) fn resource_type(name: &str) -> &'static str {
    match name.split('/').collect::<Vec<_>>()[..] {
        [.., "tasks", _] => "vextrus/Task",
        [.., "invoices", _] => "vextrus/Invoice",
        [.., "purchaseOrders", _] => "vextrus/PurchaseOrder",
        [.., "onboardings" | "offboardings", _] => "vextrus/EmployeeProcess",
        [.., "employees", _] => "vextrus/Employee",
        [.., "delegations", _] => "vextrus/Delegation",
        [.., "vendors", _] => "vextrus/Vendor",
        [.., "people", _] => "vextrus/Person",
        [.., "departments", _] => "vextrus/Department",
        [.., "budgets", _] => "vextrus/Budget",
        [.., "bankAccountChanges", _] => "vextrus/BankAccountChange",
        _ => "vextrus/Resource",
    }
}

/// The refusal that hides whether a thing is missing or another tenant's.
pub(crate) fn not_found(name: &str) -> Refusal {
    Refusal::new(RefusalCode::NotFound, format!("there is no {name}")).about(name)
}

pub(crate) fn of_actor(field: &str, tenant: &str, actor: &Actor, name: &str) -> Result<(), Failure> {
    let tenant: TenantId = id(field, tenant)?;
    if tenant == actor.tenant { Ok(()) } else { Err(Failure::Foreign(not_found(name))) }
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
            Failure::Refused(refusal) | Failure::Foreign(refusal) => refusal.code,
            Failure::Fields(fields) => fields[0].refusal.code,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn names_are_read_as_they_are_written() {
        let actor = actor();
        own_tenant("tenants/acme", &actor).unwrap();
        let name = document_name(DocumentType::PurchaseOrder, &actor.tenant, "0198-a");
        assert_eq!(document(&name, DocumentType::PurchaseOrder, &actor).unwrap().as_str(), "0198-a");
        assert_eq!(code(document(&name, DocumentType::Invoice, &actor).unwrap_err()), RefusalCode::InvalidField);
        assert_eq!(named(&name, &actor).unwrap().task, None);
        let named = named(&task_name(DocumentType::Invoice, &actor.tenant, "d", "level-1"), &actor).unwrap();
        assert_eq!((named.document.as_str(), named.task.unwrap().as_str()), ("d", "level-1"));
        assert_eq!(delegation("tenants/acme/delegations/7", &actor).unwrap(), 7);
    }

    #[test]
    fn another_tenants_name_is_not_found_and_a_malformed_one_is_said_to_be_so() {
        let actor = actor();
        for other in ["tenants/other/invoices/d", "tenants/other/purchaseOrders/d/tasks/t"] {
            assert_eq!(code(named(other, &actor).unwrap_err()), RefusalCode::NotFound);
        }
        assert_eq!(code(own_tenant("tenants/other", &actor).unwrap_err()), RefusalCode::NotFound);
        assert_eq!(code(delegation("tenants/other/delegations/1", &actor).unwrap_err()), RefusalCode::NotFound);
        for bad in [
            "",
            "tenants/acme",
            "tenants/acme/invoices/",
            "tenants/acme/invoices/d/tasks/",
            "tenants/acme/bills/d",
            "x/acme/invoices/d",
        ] {
            assert_eq!(code(named(bad, &actor).unwrap_err()), RefusalCode::InvalidField, "{bad}");
        }
        for bad in ["", "acme", "tenants/a b", "tenants/acme/"] {
            assert_eq!(code(own_tenant(bad, &actor).unwrap_err()), RefusalCode::InvalidField, "{bad}");
        }
        for number in ["x", "+7", "007", "-1", ""] {
            let name = format!("tenants/acme/delegations/{number}");
            assert_eq!(code(delegation(&name, &actor).unwrap_err()), RefusalCode::InvalidField, "{name}");
        }
    }
}
