//! Example documents that a policy is held to: who is expected to be asked about which document.
//!
//! The person who keeps the policy writes them beside it, and sees before it is activated what it will do.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use toml::Spanned;
use vextrus_domain::calendar::WorkingCalendar;
use vextrus_domain::{DepartmentId, DocumentType, Person, PersonId, ProjectId, Refusal, RefusalCode, Taka};

use crate::plan::Plan;
use crate::policy::{Basis, ExceptionKind, Policy};
use crate::resolve::{Amounts, ExceptionFinding, Facts, Occasion, resolve};

/// The longest file that is read, in bytes.
const LONGEST: usize = 256 * 1024;

/// Why a file of examples cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExamplesError {
    /// The text is far longer than any list of examples.
    #[error("the examples are longer than {LONGEST} bytes")]
    TooLong,
    /// The text is no list of examples; the message names line and column.
    #[error("the examples cannot be read: {0}")]
    Unreadable(String),
    /// Something in it contradicts itself.
    #[error("line {line} of the examples: {problem}")]
    Wrong {
        /// The line, from 1.
        line: usize,
        /// What is wrong and what would be right.
        problem: String,
    },
}

/// What is expected of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expect {
    /// The people asked, stage by stage, each stage sorted. What is asked at the same time is one stage.
    People(Vec<Vec<PersonId>>),
    /// That the document is refused.
    Refusal(RefusalCode),
}

/// A document, and who is expected to be asked about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// Its name, unique in the file.
    pub name: String,
    /// The type of document; none where it is for every policy.
    pub document: Option<DocumentType>,
    /// VAT included, where given.
    pub total: Option<Taka>,
    /// VAT excluded, where given.
    pub subtotal: Option<Taka>,
    /// What the vendor is paid, where given.
    pub payable: Option<Taka>,
    /// What counts together with it.
    pub together: Taka,
    /// The department that pays.
    pub department: DepartmentId,
    /// The project that pays, where one does.
    pub project: Option<ProjectId>,
    /// The vendor's class; empty where it does not matter.
    pub vendor_class: String,
    /// Who submits it.
    pub submitter: PersonId,
    /// What its assessment finds.
    pub findings: Vec<ExceptionKind>,
    /// What is expected.
    pub expect: Expect,
}

/// A file of examples.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examples {
    /// The people of the examples; empty where those of the company are meant.
    pub people: Vec<Person>,
    /// The examples, in order; at least one.
    pub examples: Vec<Example>,
}

/// What came of one example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The example's name.
    pub name: String,
    /// Nothing where it is as expected; otherwise what was expected and what was found.
    pub result: Result<(), String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExamplesFile {
    #[serde(default, rename = "person")]
    people: Vec<Spanned<Person>>,
    #[serde(default, rename = "example")]
    examples: Vec<Spanned<ExampleFile>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExampleFile {
    name: String,
    document: Option<DocumentType>,
    amount: Option<Taka>,
    total: Option<Taka>,
    subtotal: Option<Taka>,
    payable: Option<Taka>,
    #[serde(default)]
    together: Taka,
    department: DepartmentId,
    project: Option<ProjectId>,
    #[serde(default)]
    vendor_class: String,
    submitter: PersonId,
    #[serde(default)]
    findings: Vec<ExceptionKind>,
    expect: Option<Vec<Vec<PersonId>>>,
    expect_refusal: Option<RefusalCode>,
}

impl Examples {
    /// Reads and checks a file of examples; those under `examples/approvals/` show its form.
    ///
    /// # Errors
    /// [`ExamplesError`], with its line, in words for the person who keeps the policy.
    pub fn parse(text: &str) -> Result<Self, ExamplesError> {
        if text.len() > LONGEST {
            return Err(ExamplesError::TooLong);
        }
        let file: ExamplesFile =
            toml::from_str(text).map_err(|e| ExamplesError::Unreadable(e.to_string().trim_end().to_owned()))?;
        let wrong = |at: usize, problem: String| {
            let line = text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1;
            ExamplesError::Wrong { line, problem }
        };
        if file.examples.is_empty() {
            return Err(wrong(0, "there is no [[example]]; give at least one".to_owned()));
        }
        let mut people: Vec<Person> = Vec::new();
        for person in file.people {
            if people.iter().any(|p| p.id == person.get_ref().id) {
                return Err(wrong(person.span().start, format!("{} is listed twice", person.get_ref().id)));
            }
            people.push(person.into_inner());
        }
        let (mut examples, mut names) = (Vec::new(), BTreeSet::new());
        for written in file.examples {
            let at = written.span().start;
            let example = written.into_inner();
            if example.name.trim().is_empty() || !names.insert(example.name.clone()) {
                return Err(wrong(at, format!("give each example a name of its own; {:?} is none", example.name)));
            }
            let name = example.name.clone();
            examples.push(checked(example).map_err(|problem| wrong(at, format!("example {name:?}: {problem}")))?);
        }
        Ok(Self { people, examples })
    }
}

fn checked(e: ExampleFile) -> Result<Example, String> {
    let single = [e.total, e.subtotal, e.payable];
    if e.amount.is_some() == single.iter().any(Option::is_some) {
        return Err("give either `amount`, or the amounts that count of `total`, `subtotal` and `payable`".to_owned());
    }
    if let Some(amount) = single.iter().chain([&e.amount, &Some(e.together)]).flatten().find(|a| a.is_negative()) {
        return Err(format!("{amount} is no amount of a document; give zero or more"));
    }
    let expect = match (e.expect, e.expect_refusal) {
        (Some(stages), None) => {
            if stages.iter().any(Vec::is_empty) {
                return Err("a stage of `expect` is empty; write `expect = []` where nobody is asked".to_owned());
            }
            Expect::People(stages.into_iter().map(sorted).collect())
        }
        (None, Some(code)) => Expect::Refusal(code),
        _ => return Err("give either `expect` or `expect_refusal`".to_owned()),
    };
    Ok(Example {
        name: e.name,
        document: e.document,
        total: e.total.or(e.amount),
        subtotal: e.subtotal.or(e.amount),
        payable: e.payable.or(e.amount),
        together: e.together,
        department: e.department,
        project: e.project,
        vendor_class: e.vendor_class,
        submitter: e.submitter,
        findings: e.findings,
        expect,
    })
}

fn sorted(mut people: Vec<PersonId>) -> Vec<PersonId> {
    people.sort();
    people.dedup();
    people
}

/// Resolves the policy for each example of its type of document, and compares who is asked. Examples of other types are left
/// out.
#[must_use]
pub fn run(
    policy: &Policy,
    examples: &[Example],
    people: &[Person],
    calendar: &WorkingCalendar,
    at: DateTime<Utc>,
) -> Vec<Outcome> {
    let is_meant = |e: &&Example| e.document.is_none_or(|document| document == policy.document);
    let one = |e: &Example| Outcome { name: e.name.clone(), result: compare(policy, e, people, calendar, at) };
    examples.iter().filter(is_meant).map(one).collect()
}

fn compare(
    policy: &Policy,
    example: &Example,
    people: &[Person],
    calendar: &WorkingCalendar,
    at: DateTime<Utc>,
) -> Result<(), String> {
    if people.iter().all(|p| p.id != example.submitter) {
        return Err(format!("the submitter {} is not among the people", example.submitter));
    }
    if let Some(kind) = example.findings.iter().find(|kind| policy.exceptions.iter().all(|e| e.kind != **kind)) {
        return Err(format!("the policy has no rule for exception {}", kind.name()));
    }
    let own = match policy.basis {
        Basis::Total => example.total,
        Basis::Subtotal => example.subtotal,
        Basis::Payable => example.payable,
    };
    let own = own.ok_or_else(|| format!("the policy counts the {}, which is not given", policy.basis.words()))?;
    let findings: Vec<ExceptionFinding> =
        example.findings.iter().map(|kind| ExceptionFinding::new(*kind, kind.name().to_owned())).collect();
    let facts = Facts {
        revision: 1,
        occasion: Occasion::First,
        amounts: Amounts {
            total: example.total.unwrap_or(own),
            subtotal: example.subtotal.unwrap_or(own),
            payable: example.payable.unwrap_or(own),
        },
        together: example.together,
        change: None,
        department: &example.department,
        project: example.project.as_ref(),
        vendor_class: &example.vendor_class,
        submitter: &example.submitter,
        people,
        findings: &findings,
        calendar,
        at,
    };
    let found = resolve(policy, "", &facts);
    let as_expected = match (&example.expect, &found) {
        (Expect::People(expected), Ok(plan)) => *expected == stages(plan),
        (Expect::Refusal(code), Err(refusal)) => *code == refusal.code,
        _ => false,
    };
    if as_expected {
        return Ok(());
    }
    let expected = match &example.expect {
        Expect::People(stages) => in_words(stages),
        Expect::Refusal(code) => code.to_string(),
    };
    let found = found.map_or_else(|refusal: Refusal| refusal.to_string(), |plan| in_words(&stages(&plan)));
    Err(format!("expected {expected}; found {found}"))
}

/// The people of each stage, whatever tasks it has.
fn stages(plan: &Plan) -> Vec<Vec<PersonId>> {
    let numbers: BTreeSet<u32> = plan.tasks.iter().map(|t| t.stage).collect();
    let of = |stage: u32| plan.tasks.iter().filter(move |t| t.stage == stage).flat_map(|t| t.eligible.iter().cloned());
    numbers.into_iter().map(|stage| sorted(of(stage).collect())).collect()
}

fn in_words(stages: &[Vec<PersonId>]) -> String {
    let words = |people: &Vec<PersonId>| people.iter().map(PersonId::as_str).collect::<Vec<_>>().join(", ");
    if stages.is_empty() { "nobody".to_owned() } else { stages.iter().map(words).collect::<Vec<_>>().join(", then ") }
}
