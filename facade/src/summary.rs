//! What the Temporal UI shows of a run. Of people and of tax identities it shows nothing.

use vextrus_contract::document::{Head, InvoiceHead, OrderHead};

/// The one line that lists of runs show. The server takes 400 bytes.
pub(crate) fn line(head: &Head) -> String {
    match head {
        Head::Invoice(head) => {
            format!("invoice {} of {}, BDT {}", short(&head.number), head.vendor, head.total.grouped())
        }
        Head::PurchaseOrder(head) => match &head.amends {
            None => format!("order to {}, BDT {}", head.vendor, head.amount.grouped()),
            Some(number) => format!("amendment of {number} to {}, BDT {}", head.vendor, head.amount.grouped()),
        },
    }
}

/// What a run's page shows.
pub(crate) fn page(head: &Head) -> String {
    let rows = match head {
        Head::Invoice(head) => invoice(head),
        Head::PurchaseOrder(head) => order(head),
    };
    table(rows)
}

/// Names and values as a table in Markdown.
pub(crate) fn table(rows: impl IntoIterator<Item = (&'static str, String)>) -> String {
    let lines = rows.into_iter().map(|(name, value)| format!("| {name} | {value} |\n"));
    format!("| | |\n|---|---|\n{}", lines.collect::<String>())
}

type Rows = Vec<(&'static str, String)>;

fn or_none(value: Option<&impl ToString>) -> String {
    value.map_or_else(|| "–".to_owned(), ToString::to_string)
}

fn invoice(head: &InvoiceHead) -> Rows {
    vec![
        ("vendor", head.vendor.to_string()),
        ("number", short(&head.number)),
        ("date", head.date.to_string()),
        ("due", head.due_date.to_string()),
        ("department", head.department.to_string()),
        ("project", or_none(head.project.as_ref())),
        ("purchase order", or_none(head.po_number.as_ref())),
        ("lines", head.line_count.to_string()),
        ("subtotal", format!("BDT {}", head.subtotal.grouped())),
        ("VAT", format!("BDT {}", head.vat.grouped())),
        ("total", format!("BDT {}", head.total.grouped())),
    ]
}

fn order(head: &OrderHead) -> Rows {
    vec![
        ("vendor", head.vendor.to_string()),
        ("date", head.date.to_string()),
        ("needed by", or_none(head.needed_by.as_ref())),
        ("department", head.department.to_string()),
        ("project", or_none(head.project.as_ref())),
        ("amends", or_none(head.amends.as_ref())),
        ("lines", head.line_count.to_string()),
        ("amount", format!("BDT {}", head.amount.grouped())),
    ]
}

/// A printed number, short enough, and without what Markdown would read as its own.
fn short(number: &str) -> String {
    const MOST: usize = 40;
    let plain = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '/' | '.' | '#' | '(' | ')');
    number.chars().filter(plain).take(MOST).collect()
}

#[cfg(test)]
mod tests {
    use vextrus_domain::Taka;

    use super::*;

    fn head() -> InvoiceHead {
        InvoiceHead {
            vendor: "padma".parse().unwrap(),
            number: "INV|`1`\n2026".to_owned(),
            date: "2026-08-01".parse().unwrap(),
            due_date: "2026-09-01".parse().unwrap(),
            currency: "BDT".to_owned(),
            line_count: 3,
            subtotal: Taka::whole(100_000),
            vat: Taka::whole(15_000),
            total: Taka::whole(115_000),
            po_number: None,
            department: "works".parse().unwrap(),
            project: None,
        }
    }

    #[test]
    fn a_run_says_what_it_is_about_in_one_line_that_fits() {
        assert_eq!(line(&Head::Invoice(head())), "invoice INV12026 of padma, BDT 1,15,000.00");
        let long = InvoiceHead { number: "চালান".repeat(100), ..head() };
        assert!(line(&Head::Invoice(long)).len() < 400);
        let table = page(&Head::Invoice(head()));
        assert!(table.contains("| number | INV12026 |\n") && table.contains("| project | – |\n"), "{table}");
    }

    #[test]
    fn an_amendment_names_its_order() {
        let order = OrderHead {
            vendor: "padma".parse().unwrap(),
            date: "2026-08-01".parse().unwrap(),
            needed_by: None,
            line_count: 1,
            amount: Taka::whole(60_000),
            department: "works".parse().unwrap(),
            project: None,
            amends: Some("PO-2026-27-000001".parse().unwrap()),
        };
        assert_eq!(line(&Head::PurchaseOrder(order.clone())), "amendment of PO-2026-27-000001 to padma, BDT 60,000.00");
        let first = OrderHead { amends: None, ..order };
        assert_eq!(line(&Head::PurchaseOrder(first)), "order to padma, BDT 60,000.00");
    }
}
