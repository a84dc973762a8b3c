//! The fields of requests about employees. No message repeats what a field held: it may be personal, wherever it stands.

use std::fmt::Display;
use std::str::FromStr;

use chrono::NaiveDate;
use vextrus_domain::identity::{Mobile, Nid};
use vextrus_domain::{Employee, EmployeeClass, Employment, PersonalData, RequestId};
use vextrus_ledger::employees::claim::Leaving;
use vextrus_lifecycle::Verdict;
use vextrus_proto::onboarding::v1 as proto;

use crate::translate::Reader;

/// What an id of a person looks like.
pub(super) const PERSON: &str = "use 1 to 64 letters, digits, '.', '_' or '-', starting with a letter or digit";
const DEPARTMENT: &str = "use 1 to 40 letters, digits, '.', '_' or '-', starting with a letter or digit";
const REQUEST: &str = "use 1 to 80 letters, digits, '.', '_' or '-', starting with a letter or digit";
const CLASSES: &str = "say managerial, clerical, skilled or worker";

impl Reader {
    /// A field that must be there and is not repeated; `remedy` says what would be right.
    pub(super) fn quiet<T: FromStr>(&mut self, field: &str, text: &str, remedy: &str) -> Option<T> {
        let read = text.parse().ok();
        if text.is_empty() {
            self.say(field, "it is missing");
        } else if read.is_none() {
            self.say(field, format!("it cannot be read; {remedy}"));
        }
        read.filter(|_| !text.is_empty())
    }

    /// A number of a person. Its own errors do not repeat it.
    fn number<T: FromStr<Err: Display>>(&mut self, field: &str, text: &str) -> Option<T> {
        if text.is_empty() {
            self.say(field, "it is missing");
            return None;
        }
        text.parse().map_err(|error| self.say(field, error)).ok()
    }

    /// A day that is not repeated.
    pub(super) fn day(&mut self, field: &str, text: &str) -> Option<NaiveDate> {
        let read: Option<NaiveDate> = self.quiet(field, text, "write it as YYYY-MM-DD");
        let canonical = read.filter(|date| date.to_string() == text);
        if read.is_some() && canonical.is_none() {
            self.say(field, "it cannot be read; write it as YYYY-MM-DD");
        }
        canonical
    }

    pub(super) fn request_id(&mut self, text: &str) -> Option<RequestId> {
        self.quiet("request_id", text, REQUEST)
    }

    /// A verdict, where there is one.
    pub(super) fn verdict(&mut self, field: &str, verdict: i32) -> Option<Verdict> {
        match proto::Verdict::try_from(verdict) {
            Ok(proto::Verdict::Unspecified) => None,
            Ok(proto::Verdict::Confirm) => Some(Verdict::Confirm),
            Ok(proto::Verdict::Extend) => Some(Verdict::Extend),
            Ok(proto::Verdict::End) => Some(Verdict::End),
            Err(_) => {
                self.say(field, format!("{verdict} is no verdict; say confirm, extend or end"));
                None
            }
        }
    }

    fn class(&mut self, field: &str, class: i32) -> Option<EmployeeClass> {
        match proto::EmployeeClass::try_from(class) {
            Ok(proto::EmployeeClass::Managerial) => Some(EmployeeClass::Managerial),
            Ok(proto::EmployeeClass::Clerical) => Some(EmployeeClass::Clerical),
            Ok(proto::EmployeeClass::Skilled) => Some(EmployeeClass::Skilled),
            Ok(proto::EmployeeClass::Worker) => Some(EmployeeClass::Worker),
            Ok(proto::EmployeeClass::Unspecified) => {
                self.say(field, format!("it is missing; {CLASSES}"));
                None
            }
            Err(_) => {
                self.say(field, format!("{class} is no class of employees; {CLASSES}"));
                None
            }
        }
    }

    /// The employee, with stand-ins for fields that cannot be read, so that the others are checked all the same. None only where
    /// something is wrong. What a missing message would hold is missing.
    pub(super) fn employee(&mut self, employee: Option<proto::Employee>) -> Option<Employee> {
        let Some(employee) = employee else {
            self.say("employee", "it is missing");
            return None;
        };
        let id =
            self.quiet("employee.employee_id", &employee.employee_id, PERSON).or_else(|| "stand-in-1".parse().ok());
        let personal = self.personal(employee.personal.unwrap_or_default());
        let employment = self.employment(employee.employment.unwrap_or_default());
        let employee = Employee { id: id?, personal: personal?, employment: employment? };
        self.add_as(employee.violations(), |field| format!("employee.{field}"));
        Some(employee)
    }

    fn personal(&mut self, personal: proto::PersonalData) -> Option<PersonalData> {
        let phone: Option<Mobile> = self.number("employee.personal.phone", &personal.phone);
        let nid: Option<Nid> = match personal.nid.as_str() {
            "" => None,
            nid => self.number("employee.personal.nid", nid),
        };
        Some(PersonalData {
            name: personal.name,
            email: personal.email,
            phone: phone.or_else(|| "01700000000".parse().ok())?,
            nid,
            birth_registration: Some(personal.birth_registration).filter(|number| !number.is_empty()),
        })
    }

    fn employment(&mut self, work: proto::Employment) -> Option<Employment> {
        let at = |name: &str| format!("employee.employment.{name}");
        Some(Employment {
            department: self
                .quiet(&at("department"), &work.department, DEPARTMENT)
                .or_else(|| "stand-in".parse().ok())?,
            position: work.position,
            grade: Some(work.grade).filter(|grade| !grade.is_empty()),
            class: self.class(&at("class"), work.class).unwrap_or(EmployeeClass::Worker),
            start_date: self.day(&at("start_date"), &work.start_date).unwrap_or_default(),
            manager: self.quiet(&at("manager"), &work.manager, PERSON).or_else(|| "stand-in-2".parse().ok())?,
            hr_manager: self
                .quiet(&at("hr_manager"), &work.hr_manager, PERSON)
                .or_else(|| "stand-in-3".parse().ok())?,
        })
    }

    /// The leaving, with stand-ins as for an employee.
    pub(super) fn leaving(&mut self, request: &proto::StartOffboardingRequest) -> Option<Leaving> {
        self.words("reason", &request.reason, usize::MAX);
        let leaving = Leaving {
            employee: self.quiet("employee", &request.employee, PERSON).or_else(|| "stand-in-1".parse().ok())?,
            last_day: self.day("last_day", &request.last_day).unwrap_or_default(),
            reason: request.reason.clone(),
            hr_manager: self.quiet("hr_manager", &request.hr_manager, PERSON).or_else(|| "stand-in-2".parse().ok())?,
        };
        self.add_as(leaving.violations(), str::to_owned);
        Some(leaving)
    }
}
