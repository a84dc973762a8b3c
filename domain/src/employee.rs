//! Employees: what is personal about them, and what their work is. The two are kept apart, because the first must be erasable
//! and may stand in no history, log or trail.

use std::fmt;
use std::str::FromStr;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::contact::is_email;
use crate::identity::{Mobile, Nid};
use crate::ids::{DepartmentId, PersonId};
use crate::refusal::{Refusal, RefusalCode};
use crate::violations::{FieldViolation, Violations};

/// The longest position or grade, in bytes.
const LONGEST_TITLE: usize = 100;

/// How the Labour Act 2006 s.4 and a company's practice class an employee. It decides the length of the probation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EmployeeClass {
    /// Has written managerial or administrative authority: no *worker* in the sense of the Act (ordinance 65 of 2025).
    Managerial,
    /// A worker whose work is clerical.
    Clerical,
    /// A skilled worker.
    Skilled,
    /// Any other worker.
    Worker,
}

impl EmployeeClass {
    /// Every class.
    pub const ALL: [Self; 4] = [Self::Managerial, Self::Clerical, Self::Skilled, Self::Worker];

    /// The class's name in data.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Managerial => "managerial",
            Self::Clerical => "clerical",
            Self::Skilled => "skilled",
            Self::Worker => "worker",
        }
    }

    /// Whether the Labour Act takes them for a worker.
    #[must_use]
    pub const fn is_worker(self) -> bool {
        !matches!(self, Self::Managerial)
    }
}

impl fmt::Display for EmployeeClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text is not a class of employee.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a class of employee: use managerial, clerical, skilled or worker")]
pub struct UnknownEmployeeClass(String);

impl FromStr for EmployeeClass {
    type Err = UnknownEmployeeClass;

    fn from_str(text: &str) -> Result<Self, UnknownEmployeeClass> {
        Self::ALL.into_iter().find(|c| c.name() == text).ok_or_else(|| UnknownEmployeeClass(text.to_owned()))
    }
}

/// What is personal about an employee. `Debug` shows none of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonalData {
    /// The full name.
    pub name: String,
    /// The private e-mail address.
    pub email: String,
    /// The private mobile number.
    pub phone: Mobile,
    /// The national identity number, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nid: Option<Nid>,
    /// The 17 digits of the birth registration, for those without an NID.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birth_registration: Option<String>,
}

impl fmt::Debug for PersonalData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonalData(…)")
    }
}

/// The work that somebody is hired for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Employment {
    /// The department.
    pub department: DepartmentId,
    /// The position, such as `Site engineer`.
    pub position: String,
    /// The grade, where the company has grades.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grade: Option<String>,
    /// The class.
    pub class: EmployeeClass,
    /// The first day at work.
    pub start_date: NaiveDate,
    /// To whom they will report.
    pub manager: PersonId,
    /// Who answers for the process.
    pub hr_manager: PersonId,
}

/// An employee who is to begin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Employee {
    /// The employee's id in the company. It must not be made of personal data: it stands in histories and on the trail.
    pub id: PersonId,
    /// What is personal.
    pub personal: PersonalData,
    /// The work.
    pub employment: Employment,
}

impl Employee {
    /// Reads an employee from JSON.
    ///
    /// # Errors
    /// A refusal that names the place and the trouble, and repeats nothing personal.
    pub fn from_json(text: &str) -> Result<Self, Refusal> {
        serde_json::from_str(text).map_err(|e| {
            // The message of an unknown or malformed value may quote it.
            let (line, column) = (e.line(), e.column());
            let what = match e.classify() {
                serde_json::error::Category::Data => "a field is missing, unknown or not what it says",
                _ => "it is not JSON",
            };
            let message = format!("the employee cannot be read: {what}, at line {line} column {column}");
            Refusal::new(RefusalCode::InvalidField, message)
        })
    }

    /// Everything that is wrong with the employee on its own. No message repeats what is personal.
    #[must_use]
    pub fn violations(&self) -> Vec<FieldViolation> {
        let mut found = Violations::default();
        let personal = &self.personal;
        found.text("personal.name", &personal.name);
        if !is_email(&personal.email) {
            found.invalid("personal.email", "it is not an e-mail address; give one such as name@example.com");
        }
        match (&personal.nid, &personal.birth_registration) {
            (None, None) => {
                found.invalid("personal.nid", "it is missing, and so is birth_registration; give one of them")
            }
            (_, Some(number)) if number.len() != 17 || !number.bytes().all(|b| b.is_ascii_digit()) => {
                found.invalid(
                    "personal.birth_registration",
                    "it is not a birth registration number; give its 17 digits",
                );
            }
            _ => {}
        }
        let work = &self.employment;
        found.text("employment.position", &work.position);
        for (field, text) in [("employment.position", Some(&work.position)), ("employment.grade", work.grade.as_ref())]
        {
            if let Some(text) = text.filter(|t| t.len() > LONGEST_TITLE) {
                let message = format!("it has {} bytes; the most is {LONGEST_TITLE}", text.len());
                found.say(field, RefusalCode::LimitExceeded, message);
            }
        }
        if let Some(grade) = &work.grade {
            found.text("employment.grade", grade);
        }
        for (field, person) in [("employment.manager", &work.manager), ("employment.hr_manager", &work.hr_manager)] {
            if *person == self.id {
                found.invalid(field, "it is the employee; name somebody else");
            }
        }
        found.0
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sample() -> serde_json::Value {
        json!({
            "id": "emp-0042",
            "personal": {"name": "Rokeya Sultana", "email": "rokeya@example.com", "phone": "01712345678", "nid": "1234567890"},
            "employment": {"department": "works", "position": "Site engineer", "grade": "G7", "class": "skilled",
                "start_date": "2026-12-06", "manager": "karim", "hr_manager": "hasina"}
        })
    }

    fn said(path: &str, value: serde_json::Value) -> Vec<String> {
        let mut json = sample();
        *json.pointer_mut(path).unwrap() = value;
        Employee::from_json(&json.to_string()).unwrap().violations().iter().map(|v| v.refusal.to_string()).collect()
    }

    #[test]
    fn what_is_wrong_is_named_without_what_is_personal() {
        assert_eq!(Employee::from_json(&sample().to_string()).unwrap().violations(), Vec::new());
        for (path, value, field) in [
            ("/personal/name", json!(" "), "personal.name"),
            ("/personal/email", json!("rokeya at example"), "personal.email"),
            ("/personal/nid", json!(null), "personal.nid"),
            ("/employment/position", json!("x".repeat(101)), "employment.position"),
            ("/employment/grade", json!(""), "employment.grade"),
            ("/employment/manager", json!("emp-0042"), "employment.manager"),
        ] {
            let said = said(path, value);
            assert!(said.len() == 1 && said[0].contains(field), "{path}: {said:?}");
        }
        let birth = json!({"birth_registration": "123"});
        let mut json = sample();
        json["personal"].as_object_mut().unwrap().extend(birth.as_object().unwrap().clone());
        let found = Employee::from_json(&json.to_string()).unwrap().violations();
        assert!(
            found[0].field == "personal.birth_registration" && !found[0].refusal.message.contains("123"),
            "{found:?}"
        );
    }

    #[test]
    fn what_cannot_be_read_is_not_repeated() {
        let text = sample().to_string().replace("01712345678", "0171-secret");
        let refusal = Employee::from_json(&text).unwrap_err().to_string();
        assert!(!refusal.contains("secret") && refusal.contains("line 1"), "{refusal}");
        let employee = Employee::from_json(&sample().to_string()).unwrap();
        let shown = format!("{employee:?}");
        assert!(!shown.contains("Rokeya") && !shown.contains("1712") && !shown.contains("1234567890"), "{shown}");
    }

    #[test]
    fn classes_have_names() {
        for class in EmployeeClass::ALL {
            assert_eq!(class.name().parse(), Ok(class));
        }
        assert!("boss".parse::<EmployeeClass>().is_err());
        assert!(!EmployeeClass::Managerial.is_worker() && EmployeeClass::Clerical.is_worker());
    }
}
