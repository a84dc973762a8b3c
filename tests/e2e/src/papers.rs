//! Documents to submit, and what is read off an answer.

use tonic::Status;
use vextrus_domain::{Invoice, Order, Taka};
use vextrus_proto::approval::v1::Task;
use vextrus_starter_cli::json;

/// An invoice of this vendor with one line and the right VAT.
///
/// # Panics
/// When the amount is not one.
#[must_use]
pub fn invoice(vendor: &str, number: &str, subtotal: &str) -> Invoice {
    let subtotal: Taka = subtotal.parse().unwrap_or_else(|e| panic!("{e}"));
    let vat = subtotal.share(vextrus_domain::Rate::from_ppm(150_000)).unwrap_or_default();
    let total = subtotal.plus(vat).unwrap_or_default();
    let json = serde_json::json!({
        "vendor": vendor, "number": number, "date": "2026-10-12", "due_date": "2026-11-30", "currency": "BDT",
        "lines": [{"description": "supply", "quantity": "1", "unit_price": subtotal, "amount": subtotal}],
        "subtotal": subtotal, "vat": vat, "total": total, "department": "works"
    });
    Invoice::from_json(&json.to_string()).unwrap_or_else(|e| panic!("{e}"))
}

/// An order of one line to this vendor, paid by department works.
///
/// # Panics
/// When the amount is not one.
#[must_use]
pub fn order(vendor: &str, amount: &str) -> Order {
    let amount: Taka = amount.parse().unwrap_or_else(|e| panic!("{e}"));
    let json = serde_json::json!({
        "vendor": vendor, "date": "2026-10-12", "currency": "BDT",
        "lines": [{"product": "supply", "quantity": "1", "unit_price": amount, "amount": amount}],
        "amount": amount, "department": "works"
    });
    Order::from_json(&json.to_string()).unwrap_or_else(|e| panic!("{e}"))
}

/// A policy for orders of one level with this time and these further lines, and a second level from finance above 100,000.
#[must_use]
pub fn order_policy(within: &str, more: &str) -> String {
    format!(
        "document = \"purchase_order\"\nbasis = \"subtotal\"\nremind_at_percent = [50]\n\
         administrators = \"approval_administrator\"\nno_approval_up_to = \"0\"\n\
         [budget]\nshortfall = \"stop\"\n[changes]\nwithin = \"1d\"\nrestart = \"all\"\n\
         [[exception]]\nkind = \"possible_duplicate\"\nrole = \"finance_manager\"\nwithin = \"1d\"\n\
         proceed = \"not_a_duplicate\"\nrefuse = \"reject\"\n\
         [[level]]\nrole = \"department_head\"\nabove = \"0\"\nsame_department = true\nwithin = \"{within}\"\n{more}\n\
         [[level]]\nname = \"finance\"\nrole = \"finance_manager\"\nabove = \"100000\"\nwithin = \"1d\"\n"
    )
}

/// A task of these, by its id.
///
/// # Panics
/// When there is none.
#[must_use]
pub fn task<'t>(tasks: &'t [Task], id: &str) -> &'t Task {
    tasks.iter().find(|t| json::last(&t.name) == id).unwrap_or_else(|| panic!("no task {id}"))
}

/// The status of a facade's refusal.
///
/// # Panics
/// When the error is another one.
#[must_use]
pub fn status_of(error: &anyhow::Error) -> &Status {
    error.downcast_ref().unwrap_or_else(|| panic!("not a status: {error:?}"))
}
