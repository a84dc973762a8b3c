//! An employee as the message that carries one. Commands that start an onboarding use the same words.

use vextrus_domain::{Employee, EmployeeClass, Employment, PersonalData};
use vextrus_proto::onboarding::v1 as proto;

/// The employee as a message.
#[must_use]
pub fn employee(employee: &Employee) -> proto::Employee {
    proto::Employee {
        employee_id: employee.id.to_string(),
        personal: Some(personal(&employee.personal)),
        employment: Some(employment(&employee.employment)),
    }
}

pub(super) fn personal(personal: &PersonalData) -> proto::PersonalData {
    proto::PersonalData {
        name: personal.name.clone(),
        email: personal.email.clone(),
        phone: personal.phone.to_string(),
        nid: personal.nid.as_ref().map(ToString::to_string).unwrap_or_default(),
        birth_registration: personal.birth_registration.clone().unwrap_or_default(),
    }
}

pub(super) fn employment(work: &Employment) -> proto::Employment {
    let class = match work.class {
        EmployeeClass::Managerial => proto::EmployeeClass::Managerial,
        EmployeeClass::Clerical => proto::EmployeeClass::Clerical,
        EmployeeClass::Skilled => proto::EmployeeClass::Skilled,
        EmployeeClass::Worker => proto::EmployeeClass::Worker,
    };
    proto::Employment {
        department: work.department.to_string(),
        position: work.position.clone(),
        grade: work.grade.clone().unwrap_or_default(),
        class: class.into(),
        start_date: work.start_date.to_string(),
        manager: work.manager.to_string(),
        hr_manager: work.hr_manager.to_string(),
    }
}
