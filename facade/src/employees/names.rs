//! The names of processes, such as `tenants/{tenant}/onboardings/{process}/tasks/{task}`, and of employees.

use vextrus_domain::{Actor, DocumentId, DocumentKey, PersonId, TaskId, TenantId};
use vextrus_lifecycle::Process;

use crate::errors::Failure;
use crate::names::of_actor;

/// The collection that holds the processes of a kind, as their names spell it.
#[must_use]
pub const fn collection(kind: Process) -> &'static str {
    match kind {
        Process::Onboarding => "onboardings",
        Process::Offboarding => "offboardings",
    }
}

/// The name of a process.
pub(crate) fn process_name(kind: Process, tenant: &TenantId, process: &str) -> String {
    format!("tenants/{tenant}/{}/{process}", collection(kind))
}

/// The name of a process's task.
pub(crate) fn task_name(kind: Process, tenant: &TenantId, process: &str, task: &str) -> String {
    format!("{}/tasks/{task}", process_name(kind, tenant, process))
}

/// A process's name, as it came, of the actor's tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) kind: Process,
    pub(crate) key: DocumentKey,
    pub(crate) task: Option<TaskId>,
}

/// Reads `name` as a process or as one of its tasks.
pub(crate) fn named(name: &str, actor: &Actor) -> Result<Named, Failure> {
    const FORM: &str = "write it as tenants/{tenant}/onboardings/{id} or tenants/{tenant}/offboardings/{id}, with /tasks/{task} for a task";
    let malformed = || Failure::field("name", FORM);
    let parts: Vec<&str> = name.split('/').collect();
    let (tenant, found, process, task) = match parts[..] {
        ["tenants", tenant, found, process] => (tenant, found, process, None),
        ["tenants", tenant, found, process, "tasks", task] => (tenant, found, process, Some(task)),
        _ => return Err(malformed()),
    };
    let kind = Process::ALL.into_iter().find(|kind| collection(*kind) == found).ok_or_else(malformed)?;
    let task = task.map(|task| task.parse::<TaskId>().map_err(|_| malformed())).transpose()?;
    let document: DocumentId = process.parse().map_err(|_| malformed())?;
    of_actor("name", tenant, actor, name)?;
    Ok(Named { kind, key: DocumentKey { tenant: actor.tenant.clone(), document, submission: 1 }, task })
}

/// Reads `name` as an employee. What it holds is not repeated, since somebody may take an address for an id.
pub(crate) fn employee(name: &str, actor: &Actor) -> Result<PersonId, Failure> {
    let malformed = || Failure::field("name", "write it as tenants/{tenant}/employees/{id}");
    let parts: Vec<&str> = name.split('/').collect();
    let ["tenants", tenant, "employees", employee] = parts[..] else { return Err(malformed()) };
    let employee = employee.parse().map_err(|_| malformed())?;
    of_actor("name", tenant, actor, name)?;
    Ok(employee)
}

#[cfg(test)]
mod tests {
    use vextrus_domain::RefusalCode;

    use super::*;

    fn actor() -> Actor {
        Actor { tenant: "acme".parse().unwrap(), person: "hasina".parse().unwrap() }
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
        for kind in Process::ALL {
            let found = named(&process_name(kind, &actor.tenant, "0198-a"), &actor).unwrap();
            assert_eq!((found.kind, found.key.to_string(), found.task), (kind, "acme/0198-a/1".to_owned(), None));
            let found = named(&task_name(kind, &actor.tenant, "0198-a", "handover"), &actor).unwrap();
            assert_eq!((found.kind, found.task.unwrap().as_str()), (kind, "handover"));
        }
        assert_eq!(employee("tenants/acme/employees/emp-0042", &actor).unwrap().as_str(), "emp-0042");
    }

    #[test]
    fn another_tenants_name_is_not_found_and_a_malformed_one_is_not_repeated() {
        let actor = actor();
        for other in ["tenants/other/onboardings/p", "tenants/other/offboardings/p/tasks/t"] {
            assert_eq!(code(named(other, &actor).unwrap_err()), RefusalCode::NotFound);
        }
        assert_eq!(code(employee("tenants/other/employees/emp-1", &actor).unwrap_err()), RefusalCode::NotFound);
        for bad in [
            "",
            "tenants/acme",
            "tenants/acme/onboardings/",
            "tenants/acme/invoices/d",
            "tenants/acme/onboardings/p/t/x",
        ] {
            assert_eq!(code(named(bad, &actor).unwrap_err()), RefusalCode::InvalidField, "{bad}");
        }
        for bad in ["emp-1", "tenants/acme/employees/rokeya@example.com", "tenants/acme/people/emp-1"] {
            let failure = employee(bad, &actor).unwrap_err();
            assert!(!format!("{failure:?}").contains("rokeya"), "{failure:?}");
            assert_eq!(code(failure), RefusalCode::InvalidField, "{bad}");
        }
    }
}
