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
use crate::violations::Violations;

pub use crate::violations::{FieldViolation, MAX_LINES, MAX_TEXT};

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
    /// The line of the purchase order that this one bills, from 1; none where there is no order or no line was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub po_line: Option<u32>,
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
        let mut found = Violations::default();
        found.currency(&self.currency);
        found.text("number", &self.number);
        if !self.number.trim().is_empty() && canonical_number(&self.number).is_empty() {
            found.invalid("number", format!("{:?} has no letter or digit", self.number));
        }
        if self.due_date < self.date {
            found.invalid("due_date", format!("{} is before the invoice date {}", self.due_date, self.date));
        }
        found.line_count(self.lines.len());
        for (i, line) in self.lines.iter().enumerate().take(MAX_LINES) {
            self.check_line(i, line, &mut found);
        }
        let whole = [("subtotal", self.subtotal), ("sd", self.sd), ("vat", self.vat), ("total", self.total)];
        for (name, amount) in whole.into_iter().chain(self.tax.amounts()) {
            found.not_negative(name, amount);
        }
        for (name, value) in self.tax.texts() {
            found.text(name, value);
        }
        if self.total == Taka::ZERO {
            found.invalid("total", "it is zero; there is nothing to approve");
        }
        if let Some(mushak) = &self.mushak_63 {
            found.text("mushak_63.number", &mushak.number);
        }
        found.0
    }

    fn check_line(&self, i: usize, line: &InvoiceLine, found: &mut Violations) {
        let at = |name: &str| format!("lines[{i}].{name}");
        found.text(&at("description"), &line.description);
        for (name, code) in [("tax_code", &line.tax_code), ("tds_code", &line.tds_code)] {
            if let Some(code) = code {
                found.text(&at(name), code);
            }
        }
        let commission = line.commission.unwrap_or_default();
        for (name, amount) in [("unit_price", line.unit_price), ("amount", line.amount), ("commission", commission)] {
            found.not_negative(&at(name), amount);
        }
        if line.commission.is_some() && commission > line.amount {
            let message = format!("{commission} is more than the line's amount {}", line.amount);
            found.invalid(&at("commission"), message);
        }
        if line.po_line == Some(0) {
            found.invalid(&at("po_line"), "0 is no line; the lines of a purchase order are counted from 1");
        } else if let (Some(number), None) = (line.po_line, &self.po_number) {
            let message = format!("line {number} of which purchase order? give po_number, or leave po_line out");
            found.invalid(&at("po_line"), message);
        }
    }

    /// The fiscal year of the invoice date.
    #[must_use]
    pub fn fiscal_year(&self) -> FiscalYear {
        FiscalYear::of(self.date)
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
    fn a_line_of_an_order_is_named_from_1_and_with_the_order() {
        let zero = "INVALID_FIELD: lines[0].po_line: 0 is no line; the lines of a purchase order are counted from 1";
        let no_order =
            "INVALID_FIELD: lines[0].po_line: line 2 of which purchase order? give po_number, or leave po_line out";
        for (order, line, said) in [
            (Some("PO-1"), Some(1), None),
            (Some("PO-1"), Some(u32::MAX), None),
            (Some("PO-1"), None, None),
            (None, None, None),
            (Some("PO-1"), Some(0), Some(zero)),
            (None, Some(0), Some(zero)),
            (None, Some(2), Some(no_order)),
        ] {
            let mut invoice = Invoice::from_json(&sample().to_string()).unwrap();
            invoice.po_number = order.map(|number| number.parse().unwrap());
            invoice.lines[0].po_line = line;
            let found: Vec<String> = invoice.violations().iter().map(|v| v.refusal.to_string()).collect();
            assert_eq!(found, Vec::from_iter(said), "{order:?} {line:?}");
            let written = serde_json::to_value(&invoice).unwrap();
            assert_eq!(written.pointer("/lines/0/po_line").and_then(serde_json::Value::as_u64), line.map(u64::from));
            assert_eq!(Invoice::from_json(&written.to_string()), Ok(invoice));
        }
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
