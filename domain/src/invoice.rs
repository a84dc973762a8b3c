//! A vendor's invoice as submitted, and what can be said of it without knowing the vendor, the rates or the budget.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::calendar::FiscalYear;
use crate::digits;
use crate::ids::{DepartmentId, PoNumber, ProjectId, VendorId};
use crate::money::{Rate, Taka};
use crate::quantity::Quantity;
use crate::refusal::{Refusal, RefusalCode};
use crate::tax_facts::TaxFacts;

/// The most lines that one document may have.
pub const MAX_LINES: usize = 500;
/// The longest free text in one field, in bytes.
pub const MAX_TEXT: usize = 500;

/// One line of an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InvoiceLine {
    /// What was supplied.
    pub description: String,
    /// How much of it.
    pub quantity: Quantity,
    /// The price of one; taxes excluded, unless the invoice says that its prices include them.
    pub unit_price: Taka,
    /// Quantity times unit price, rounded half-up to the poisha.
    pub amount: Taka,
    /// The supply's code in the tax schedule, which VAT and VDS follow; none means the schedule's standard row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_code: Option<String>,
    /// The code that income tax at source follows, such as `s90/PROFESSIONAL`; none means what the vendor's kind gives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tds_code: Option<String>,
    /// The rate of supplementary duty as printed, in parts per million; none means none.
    #[serde(default, rename = "sd_rate_ppm", skip_serializing_if = "Option::is_none")]
    pub sd_rate: Option<Rate>,
    /// The commission within the amount, for services that are taxed on the higher of commission and gross bill.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commission: Option<Taka>,
}

/// The VAT invoice (Mushak 6.3) that came with the bill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mushak63 {
    /// Its number.
    pub number: String,
    /// Its date.
    pub date: NaiveDate,
}

/// An invoice as its submitter gives it. Who submits comes from their token, the vendor's kind from the vendor's record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Invoice {
    /// Who sent the bill.
    pub vendor: VendorId,
    /// The vendor's number, as printed.
    pub number: String,
    /// The date of the bill.
    pub date: NaiveDate,
    /// When payment is due.
    pub due_date: NaiveDate,
    /// The currency; only BDT is handled.
    pub currency: String,
    /// What was supplied.
    pub lines: Vec<InvoiceLine>,
    /// The sum of the lines, taxes excluded.
    pub subtotal: Taka,
    /// The supplementary duty charged.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub sd: Taka,
    /// The VAT charged.
    pub vat: Taka,
    /// Subtotal, supplementary duty and VAT.
    pub total: Taka,
    /// The purchase order that it answers, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub po_number: Option<PoNumber>,
    /// The department that pays.
    pub department: DepartmentId,
    /// The project that pays, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<ProjectId>,
    /// The VAT invoice, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mushak_63: Option<Mushak63>,
    /// What else tax depends on.
    #[serde(default, skip_serializing_if = "TaxFacts::is_empty")]
    pub tax: TaxFacts,
}

fn is_zero(amount: &Taka) -> bool {
    *amount == Taka::ZERO
}

/// One thing that is wrong with a field of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldViolation {
    /// The field's path, such as `lines[2].amount`.
    pub field: String,
    /// What is wrong with it and what would be right.
    pub refusal: Refusal,
}

impl Invoice {
    /// Reads an invoice from JSON.
    ///
    /// # Errors
    /// A refusal that names the place and the trouble.
    pub fn from_json(text: &str) -> Result<Self, Refusal> {
        serde_json::from_str(text)
            .map_err(|e| Refusal::new(RefusalCode::InvalidField, format!("the invoice cannot be read: {e}")))
    }

    /// Everything that is wrong with the invoice on its own. Empty means that it may be claimed.
    #[must_use]
    pub fn violations(&self) -> Vec<FieldViolation> {
        let mut found = Vec::new();
        let mut say = |field: &str, code, message: String| {
            found.push(FieldViolation {
                field: field.to_owned(),
                refusal: Refusal::new(code, format!("{field}: {message}")),
            });
        };
        let invalid = RefusalCode::InvalidField;
        if self.currency != "BDT" {
            let currency: String = self.currency.chars().take(10).collect();
            say("currency", RefusalCode::CurrencyNotSupported, format!("{currency:?} is not handled; only BDT is"));
        }
        text("number", &self.number, &mut say);
        if !self.number.trim().is_empty() && canonical_number(&self.number).is_empty() {
            say("number", invalid, format!("{:?} has no letter or digit", self.number));
        }
        if self.due_date < self.date {
            say("due_date", invalid, format!("{} is before the invoice date {}", self.due_date, self.date));
        }
        if self.lines.is_empty() {
            say("lines", invalid, "there are none; give at least one".to_owned());
        }
        if self.lines.len() > MAX_LINES {
            say(
                "lines",
                RefusalCode::LimitExceeded,
                format!("there are {}; the most is {MAX_LINES}", self.lines.len()),
            );
        }
        for (i, line) in self.lines.iter().enumerate().take(MAX_LINES) {
            text(&format!("lines[{i}].description"), &line.description, &mut say);
            for (name, code) in [("tax_code", &line.tax_code), ("tds_code", &line.tds_code)] {
                if let Some(code) = code {
                    text(&format!("lines[{i}].{name}"), code, &mut say);
                }
            }
            let commission = line.commission.unwrap_or_default();
            for (name, amount) in [("unit_price", line.unit_price), ("amount", line.amount), ("commission", commission)]
            {
                not_negative(&format!("lines[{i}].{name}"), amount, &mut say);
            }
            if line.commission.is_some() && commission > line.amount {
                let message = format!("{commission} is more than the line's amount {}", line.amount);
                say(&format!("lines[{i}].commission"), invalid, message);
            }
        }
        let whole = [("subtotal", self.subtotal), ("sd", self.sd), ("vat", self.vat), ("total", self.total)];
        for (name, amount) in whole.into_iter().chain(self.tax.amounts()) {
            not_negative(name, amount, &mut say);
        }
        for (name, value) in self.tax.texts() {
            text(name, value, &mut say);
        }
        if self.total == Taka::ZERO {
            say("total", invalid, "it is zero; there is nothing to approve".to_owned());
        }
        if let Some(mushak) = &self.mushak_63 {
            text("mushak_63.number", &mushak.number, &mut say);
        }
        found
    }

    /// The fiscal year of the invoice date.
    #[must_use]
    pub fn fiscal_year(&self) -> FiscalYear {
        FiscalYear::of(self.date)
    }
}

fn not_negative(field: &str, amount: Taka, say: &mut impl FnMut(&str, RefusalCode, String)) {
    if amount.is_negative() {
        say(field, RefusalCode::InvalidField, format!("{amount} is negative; a credit is another document"));
    }
}

fn text(field: &str, value: &str, say: &mut impl FnMut(&str, RefusalCode, String)) {
    if value.trim().is_empty() {
        say(field, RefusalCode::InvalidField, "it is empty".to_owned());
    } else if value.len() > MAX_TEXT {
        say(field, RefusalCode::LimitExceeded, format!("it has {} bytes; the most is {MAX_TEXT}", value.len()));
    } else if value.chars().any(char::is_control) {
        say(field, RefusalCode::InvalidField, "it holds control characters".to_owned());
    }
}

/// An invoice number as it is compared: letters and digits only, upper case, Bengali digits read as ASCII.
///
/// Leading zeros stay, since `0012` and `12` may be two papers.
#[must_use]
pub fn canonical_number(printed: &str) -> String {
    digits::to_ascii(printed).chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> serde_json::Value {
        serde_json::json!({
            "vendor": "padma", "number": "INV/2026-001", "date": "2026-08-01", "due_date": "2026-09-01", "currency": "BDT",
            "lines": [{"description": "works", "quantity": "1", "unit_price": "100000", "amount": "100000"}],
            "subtotal": "100000", "vat": "15000", "total": "115000", "department": "works"
        })
    }

    fn with(path: &str, value: serde_json::Value) -> Result<Vec<String>, Refusal> {
        let mut json = sample();
        *json.pointer_mut(path).unwrap() = value;
        Invoice::from_json(&json.to_string())
            .map(|i| i.violations().into_iter().map(|v| v.refusal.to_string()).collect())
    }

    #[test]
    fn a_good_invoice_has_no_violations() {
        assert_eq!(with("/number", "INV-1".into()).unwrap(), Vec::<String>::new());
    }

    #[test]
    fn violations_name_field_value_and_remedy() {
        for (path, value, said) in [
            ("/currency", "USD".into(), "CURRENCY_NOT_SUPPORTED: currency: \"USD\" is not handled; only BDT is"),
            ("/number", " ".into(), "INVALID_FIELD: number: it is empty"),
            ("/number", "--".into(), "INVALID_FIELD: number: \"--\" has no letter or digit"),
            ("/due_date", "2026-07-31".into(), "INVALID_FIELD: due_date: 2026-07-31 is before"),
            ("/lines", serde_json::json!([]), "INVALID_FIELD: lines: there are none"),
            ("/lines/0/amount", "-1".into(), "INVALID_FIELD: lines[0].amount: -1.00 is negative"),
            ("/total", "-5".into(), "INVALID_FIELD: total: -5.00 is negative"),
            ("/total", "0".into(), "INVALID_FIELD: total: it is zero"),
        ] {
            let found = with(path, value).unwrap();
            assert!(found.len() == 1 && found[0].starts_with(said), "{path}: {found:?}");
        }
        let line = sample().pointer("/lines/0").unwrap().clone();
        let many = with("/lines", serde_json::Value::Array(vec![line; MAX_LINES + 1])).unwrap();
        assert_eq!(many, ["LIMIT_EXCEEDED: lines: there are 501; the most is 500"]);
    }

    #[test]
    fn what_cannot_be_read_is_refused_with_its_place() {
        for (path, value) in [
            ("/total", serde_json::json!(5.0)),
            ("/total", "1e9".into()),
            ("/date", "tomorrow".into()),
            ("/vendor", "a b".into()),
        ] {
            let refusal = with(path, value).unwrap_err();
            assert_eq!(refusal.code, RefusalCode::InvalidField);
            assert!(refusal.message.contains("line 1 column"), "{refusal}");
        }
    }

    #[test]
    fn numbers_are_compared_by_letters_and_digits() {
        assert_eq!(canonical_number("inv/২০২৬-০০১ "), "INV2026001");
        assert_ne!(canonical_number("INV-0012"), canonical_number("INV-12"));
    }
}
