//! A purchase order as its requester submits it, and what can be said of it without knowing the vendor or the budget.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::calendar::FiscalYear;
use crate::ids::{DepartmentId, PoNumber, ProjectId, VendorId};
use crate::money::Taka;
use crate::quantity::Quantity;
use crate::refusal::{Refusal, RefusalCode};
use crate::violations::{FieldViolation, MAX_LINES, Violations};

/// One line of a purchase order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderLine {
    /// What is ordered.
    pub product: String,
    /// How much of it.
    pub quantity: Quantity,
    /// The price of one, VAT excluded; zero for what comes free of charge.
    pub unit_price: Taka,
    /// Quantity times unit price, rounded half-up to the poisha.
    pub amount: Taka,
}

/// A purchase order as its requester gives it. Who asks for it comes from their token; its number is given when it is issued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// Who is to supply.
    pub vendor: VendorId,
    /// The date of the order.
    pub date: NaiveDate,
    /// The day by which it is needed, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needed_by: Option<NaiveDate>,
    /// The currency; only BDT is handled.
    pub currency: String,
    /// What is ordered. A line's number is its place here, from 1.
    pub lines: Vec<OrderLine>,
    /// The sum of the lines, VAT excluded.
    pub amount: Taka,
    /// The department that pays.
    pub department: DepartmentId,
    /// The project that pays, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<ProjectId>,
    /// What else the approvers or the vendor should know; empty where there is nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// The issued order that this one amends, where it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amends: Option<PoNumber>,
}

impl Order {
    /// Reads a purchase order from JSON.
    ///
    /// # Errors
    /// A refusal that names the place and the trouble.
    pub fn from_json(text: &str) -> Result<Self, Refusal> {
        serde_json::from_str(text)
            .map_err(|e| Refusal::new(RefusalCode::InvalidField, format!("the purchase order cannot be read: {e}")))
    }

    /// Everything that is wrong with the order on its own. Empty means that it may be claimed.
    #[must_use]
    pub fn violations(&self) -> Vec<FieldViolation> {
        let mut found = Violations::default();
        if let Some(day) = self.needed_by.filter(|day| *day < self.date) {
            found.invalid("needed_by", format!("{day} is before the order date {}", self.date));
        }
        found.currency(&self.currency);
        found.line_count(self.lines.len());
        for (i, line) in self.lines.iter().enumerate().take(MAX_LINES) {
            line.check(i, &mut found);
        }
        self.check_amount(&mut found);
        if !self.note.is_empty() {
            found.text("note", &self.note);
        }
        found.0
    }

    fn check_amount(&self, found: &mut Violations) {
        found.not_negative("amount", self.amount);
        if self.amount == Taka::ZERO {
            found.invalid("amount", "it is zero; there is nothing to approve");
        }
        match Taka::sum(self.lines.iter().map(|line| line.amount)) {
            Ok(sum) if sum == self.amount => {}
            Ok(sum) => {
                let message = format!("it is {}; the lines add up to {sum}", self.amount);
                found.say("amount", RefusalCode::TotalMismatch, message);
            }
            Err(e) => found.say("amount", RefusalCode::LimitExceeded, format!("the lines cannot be added up: {e}")),
        }
    }

    /// The fiscal year of the order date.
    #[must_use]
    pub fn fiscal_year(&self) -> FiscalYear {
        FiscalYear::of(self.date)
    }
}

impl OrderLine {
    fn check(&self, i: usize, found: &mut Violations) {
        let at = |name: &str| format!("lines[{i}].{name}");
        found.text(&at("product"), &self.product);
        found.not_negative(&at("unit_price"), self.unit_price);
        found.not_negative(&at("amount"), self.amount);
        match self.quantity.priced(self.unit_price) {
            Ok(priced) if priced == self.amount => {}
            Ok(priced) => {
                let message = format!("it is {}; {} x {} is {priced}", self.amount, self.quantity, self.unit_price);
                found.say(&at("amount"), RefusalCode::LineArithmetic, message);
            }
            Err(e) => found.say(&at("amount"), RefusalCode::LimitExceeded, format!("it cannot be computed: {e}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::violations::MAX_TEXT;

    fn sample() -> Value {
        json!({
            "vendor": "padma", "date": "2026-08-01", "needed_by": "2026-08-01", "currency": "BDT",
            "lines": [
                {"product": "cement", "quantity": "2.5", "unit_price": "33.33", "amount": "83.33"},
                {"product": "samples", "quantity": "10", "unit_price": "0", "amount": "0"}
            ],
            "amount": "83.33", "department": "works", "project": "bridge", "note": "at the gate", "amends": "PO-7"
        })
    }

    /// The sample with other values, and what is found.
    fn with(changes: &[(&str, Value)]) -> Vec<String> {
        let mut json = sample();
        for (path, value) in changes {
            *json.pointer_mut(path).unwrap() = value.clone();
        }
        let order = Order::from_json(&json.to_string()).unwrap();
        order.violations().into_iter().map(|v| v.refusal.to_string()).collect()
    }

    #[test]
    fn a_good_order_has_no_violations() {
        let none = Vec::<String>::new();
        assert_eq!(with(&[]), none);
        assert_eq!(with(&[("/needed_by", Value::Null)]), none);
        let line = sample().pointer("/lines/1").unwrap().clone();
        let mut lines = vec![line; MAX_LINES - 1];
        lines.push(sample().pointer("/lines/0").unwrap().clone());
        assert_eq!(with(&[("/lines", lines.into())]), none);
    }

    #[test]
    fn what_is_not_said_is_not_written() {
        let mut json = sample();
        for name in ["needed_by", "project", "note", "amends"] {
            json.as_object_mut().unwrap().remove(name);
        }
        let order = Order::from_json(&json.to_string()).unwrap();
        assert_eq!((order.needed_by, order.note.as_str(), &order.amends), (None, "", &None));
        let written = serde_json::to_value(&order).unwrap();
        assert_eq!(written.as_object().unwrap().len(), 6);
        for json in [written, sample()] {
            let order = Order::from_json(&json.to_string()).unwrap();
            assert_eq!(Order::from_json(&serde_json::to_string(&order).unwrap()), Ok(order));
        }
    }

    #[test]
    fn violations_name_field_value_and_remedy() {
        let long: Value = "x".repeat(MAX_TEXT + 1).into();
        for (changes, said) in [
            (
                vec![("/currency", "USD".into())],
                "CURRENCY_NOT_SUPPORTED: currency: \"USD\" is not handled; only BDT is",
            ),
            (
                vec![("/needed_by", "2026-07-31".into())],
                "INVALID_FIELD: needed_by: 2026-07-31 is before the order date 2026-08-01",
            ),
            (vec![("/lines/0/product", " ".into())], "INVALID_FIELD: lines[0].product: it is empty"),
            (vec![("/note", "\u{7}".into())], "INVALID_FIELD: note: it holds control characters"),
            (vec![("/note", long)], "LIMIT_EXCEEDED: note: it has 501 bytes; the most is 500"),
            (
                vec![("/lines/0/amount", "83.32".into()), ("/amount", "83.32".into())],
                "LINE_ARITHMETIC: lines[0].amount: it is 83.32; 2.5 x 33.33 is 83.33",
            ),
            (
                vec![("/lines/1/amount", "0.01".into()), ("/amount", "83.34".into())],
                "LINE_ARITHMETIC: lines[1].amount: it is 0.01; 10 x 0.00 is 0.00",
            ),
            (vec![("/amount", "83.34".into())], "TOTAL_MISMATCH: amount: it is 83.34; the lines add up to 83.33"),
            (
                vec![
                    ("/lines/0/quantity", "1".into()),
                    ("/lines/0/unit_price", "0".into()),
                    ("/lines/0/amount", "0".into()),
                    ("/amount", "0".into()),
                ],
                "INVALID_FIELD: amount: it is zero; there is nothing to approve",
            ),
        ] {
            assert_eq!(with(&changes), [said], "{changes:?}");
        }
    }

    #[test]
    fn lines_are_counted() {
        assert_eq!(
            with(&[("/lines", json!([]))]),
            [
                "INVALID_FIELD: lines: there are none; give at least one",
                "TOTAL_MISMATCH: amount: it is 83.33; the lines add up to 0.00"
            ]
        );
        let many = vec![sample().pointer("/lines/0").unwrap().clone(); MAX_LINES + 1];
        assert_eq!(
            with(&[("/lines", many.into()), ("/amount", "41748.33".into())]),
            ["LIMIT_EXCEEDED: lines: there are 501; the most is 500"]
        );
    }

    #[test]
    fn negative_prices_are_refused() {
        let changes =
            [("/lines/1/unit_price", "-1".into()), ("/lines/1/amount", "-10".into()), ("/amount", "73.33".into())];
        let found = with(&changes);
        assert!(found.len() == 2, "{found:?}");
        assert!(found[0].starts_with("INVALID_FIELD: lines[1].unit_price: -1.00 is negative"), "{found:?}");
        assert!(found[1].starts_with("INVALID_FIELD: lines[1].amount: -10.00 is negative"), "{found:?}");
        let found = with(&[("/amount", "-83.33".into())]);
        assert!(found[0].starts_with("INVALID_FIELD: amount: -83.33 is negative"), "{found:?}");
    }

    #[test]
    fn what_the_ledger_cannot_hold_is_refused() {
        let most = "1000000000000.00";
        let found = with(&[("/lines/0/unit_price", most.into())]);
        assert!(
            found.len() == 1 && found[0].starts_with("LIMIT_EXCEEDED: lines[0].amount: it cannot be computed"),
            "{found:?}"
        );
        let line = json!({"product": "works", "quantity": "1", "unit_price": most, "amount": most});
        let found = with(&[("/lines", json!([line, line])), ("/amount", most.into())]);
        assert!(
            found.len() == 1 && found[0].starts_with("LIMIT_EXCEEDED: amount: the lines cannot be added up"),
            "{found:?}"
        );
    }

    #[test]
    fn what_cannot_be_read_is_refused_with_its_place() {
        for (path, value) in [
            ("/amount", json!(5.0)),
            ("/lines/0/quantity", "0".into()),
            ("/needed_by", "soon".into()),
            ("/amends", "PO 7".into()),
            ("/lines/0", json!({"product": "cement", "colour": "grey"})),
        ] {
            let mut json = sample();
            *json.pointer_mut(path).unwrap() = value;
            let refusal = Order::from_json(&json.to_string()).unwrap_err();
            assert_eq!(refusal.code, RefusalCode::InvalidField);
            assert!(refusal.message.starts_with("the purchase order cannot be read: "), "{refusal}");
            assert!(refusal.message.contains("line 1 column"), "{refusal}");
        }
    }

    #[test]
    fn the_fiscal_year_is_that_of_the_order_date() {
        let mut order = Order::from_json(&sample().to_string()).unwrap();
        assert_eq!(order.fiscal_year(), FiscalYear::of("2026-07-01".parse().unwrap()));
        order.date = "2026-06-30".parse().unwrap();
        assert_eq!(order.fiscal_year(), FiscalYear::of("2025-07-01".parse().unwrap()));
    }
}
