//! Filters of lists: conditions joined by AND, a part of AIP-160's language.

use chrono::{DateTime, Utc};
use vextrus_ledger::employees::processes::ProcessFilter;
use vextrus_ledger::views::ListFilter;

use crate::errors::Failure;

/// The longest filter, in bytes.
const LONGEST: usize = 1000;
const STATES: [&str; 4] = ["claimed", "assessed", "settled", "closed"];
const KINDS: [&str; 2] = ["onboarding", "offboarding"];
const PROCESS_STATES: [&str; 3] = ["claimed", "running", "ended"];
const OUTCOMES: [&str; 6] = ["approved", "rejected", "expired", "withdrawn", "cancelled", "failed"];

/// Reads a filter of documents. `numbered`: they have numbers of their vendors.
pub(crate) fn read(text: &str, numbered: bool) -> Result<ListFilter, Failure> {
    let mut filter = ListFilter::default();
    conditions(text, |condition| set(&mut filter, condition, numbered))?;
    Ok(filter)
}

/// Reads a filter of employees' processes.
pub(crate) fn processes(text: &str) -> Result<ProcessFilter, Failure> {
    let mut filter = ProcessFilter::default();
    conditions(text, |(field, operator, value)| {
        let place = match field {
            "kind" => known(field, value, &KINDS).map(|()| &mut filter.kind)?,
            "state" => known(field, value, &PROCESS_STATES).map(|()| &mut filter.state)?,
            "employee" => &mut filter.employee,
            other => return Err(format!("there is no field {other:?}; there are kind, state, employee")),
        };
        equal(field, operator, value, place)
    })?;
    Ok(filter)
}

/// Takes each condition of a filter: field, operator, value.
fn conditions(text: &str, mut take: impl FnMut((&str, &str, &str)) -> Result<(), String>) -> Result<(), Failure> {
    let bad = |why: String| Failure::field("filter", why);
    if text.len() > LONGEST {
        return Err(bad(format!("it has {} bytes; the most is {LONGEST}", text.len())));
    }
    if text.contains('\0') {
        return Err(bad("it holds a character (U+0000) that no value has".to_owned()));
    }
    let mut words = words(text).map_err(bad)?.into_iter();
    while let Some(field) = words.next() {
        let (Some(operator), Some(value)) = (words.next(), words.next()) else {
            return Err(bad(format!("{field:?} is no condition; write FIELD = \"VALUE\"")));
        };
        take((&field, &operator, &value)).map_err(bad)?;
        match words.next() {
            None => break,
            Some(and) if and == "AND" => {
                if words.len() == 0 {
                    return Err(bad("a condition is missing after AND".to_owned()));
                }
            }
            Some(other) => {
                return Err(bad(format!("{other:?} stands where only AND can; conditions are joined by AND")));
            }
        }
    }
    Ok(())
}

fn set(filter: &mut ListFilter, (field, operator, value): (&str, &str, &str), numbered: bool) -> Result<(), String> {
    if field == "claim_time" {
        let time: DateTime<Utc> =
            value.parse().map_err(|_| format!("claim_time: {value:?} is no time; write 2026-11-30T00:00:00+06:00"))?;
        let place = match operator {
            ">=" => &mut filter.since,
            "<" => &mut filter.before,
            other => return Err(format!("claim_time knows >= and <, not {other}")),
        };
        return once(field, place, time);
    }
    let place = match field {
        "state" => known(field, value, &STATES).map(|()| &mut filter.state)?,
        "outcome" => known(field, value, &OUTCOMES).map(|()| &mut filter.outcome)?,
        "vendor" => &mut filter.vendor,
        "department" => &mut filter.department,
        "submitter" => &mut filter.submitter,
        "number" if numbered => &mut filter.number,
        other => {
            let number = if numbered { ", number" } else { "" };
            return Err(format!(
                "there is no field {other:?}; there are state, outcome, vendor, department, submitter{number}, claim_time"
            ));
        }
    };
    equal(field, operator, value, place)
}

fn known(field: &str, value: &str, names: &[&str]) -> Result<(), String> {
    match names.contains(&value) {
        true => Ok(()),
        false => Err(format!("{field}: {value:?} is none of {}", names.join(", "))),
    }
}

fn equal(field: &str, operator: &str, value: &str, place: &mut Option<String>) -> Result<(), String> {
    if operator != "=" {
        return Err(format!("{field} knows = and nothing else"));
    }
    if value.is_empty() {
        return Err(format!("{field}: an empty value; leave the condition out"));
    }
    once(field, place, value.to_owned())
}

fn once<T>(field: &str, place: &mut Option<T>, value: T) -> Result<(), String> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(format!("{field} stands there twice")),
    }
}

/// Names, operators and values; values may be quoted, with `\"` and `\\` within.
fn words(text: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let mut word = String::new();
        match letter {
            _ if letter.is_whitespace() => continue,
            '"' => loop {
                match letters.next() {
                    Some('"') => break,
                    Some('\\') => word.extend(letters.next()),
                    Some(other) => word.push(other),
                    None => return Err("a quotation mark is missing at its end".to_owned()),
                }
            },
            '=' | '<' | '>' => {
                word.push(letter);
                word.extend(letters.next_if(|next| letter != '=' && *next == '='));
            }
            _ => {
                word.push(letter);
                while let Some(next) = letters.next_if(|c| !c.is_whitespace() && !matches!(c, '=' | '<' | '>' | '"')) {
                    word.push(next);
                }
            }
        }
        words.push(word);
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        read(text, true).unwrap_err().into_status("ListInvoices").message().to_owned()
    }

    #[test]
    fn conditions_are_read() {
        assert_eq!(read("", true).unwrap(), ListFilter::default());
        let read =
            read("state=assessed AND number = \"A \\\"1\\\"\" AND claim_time >= 2026-11-30T00:00:00+06:00", true);
        let filter = read.unwrap();
        assert_eq!((filter.state.as_deref(), filter.number.as_deref()), (Some("assessed"), Some("A \"1\"")));
        assert_eq!(filter.since.unwrap().to_rfc3339(), "2026-11-29T18:00:00+00:00");
    }

    #[test]
    fn conditions_of_processes_are_read() {
        let read = processes("kind = onboarding AND employee = emp-9").unwrap();
        assert_eq!(
            (read.kind.as_deref(), read.employee.as_deref(), read.state),
            (Some("onboarding"), Some("emp-9"), None)
        );
        for bad in ["kind = invoice", "state = open", "vendor = a", "employee >= a"] {
            assert!(processes(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_said_with_its_remedy() {
        for (text, why) in [
            ("state", "is no condition"),
            ("state = open", "is none of claimed, assessed"),
            ("vendor > a", "knows = and nothing else"),
            ("vendor = a OR vendor = b", "only AND can"),
            ("vendor = a AND", "missing after AND"),
            ("vendor = a AND vendor = b", "stands there twice"),
            ("vendor = \"a", "quotation mark"),
            ("vendor = \"\"", "an empty value"),
            ("claim_time = 2026-11-30T00:00:00Z", "knows >= and <"),
            ("claim_time < yesterday", "is no time"),
            ("colour = red", "there is no field"),
            ("vendor = \"a\0\"", "no value has"),
        ] {
            assert!(refused(text).contains(why), "{text}: {}", refused(text));
        }
        assert!(read("number = 7", false).is_err());
        assert!(refused(&"a".repeat(LONGEST + 1)).contains("the most is 1000"));
    }
}
