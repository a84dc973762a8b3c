//! The papers behind a payment: register, tax invoice, credit, deposits.

use vextrus_domain::calendar::TaxPeriod;
use vextrus_domain::invoice::FieldViolation;
use vextrus_domain::payee::VatStatus;
use vextrus_domain::tax_facts::PaymentMethod;
use vextrus_domain::{Invoice, Taka};

use super::facts::{Credit, Deposits, Facts};
use super::parts::Parts;
use crate::mushak::{claim_window, in_claim_window};
use crate::schedule::Tax;

/// A purchase above this that is not paid through a bank gives no input credit (VAT Act s.46). This itself is not
/// above.
const BY_BANK_ABOVE: Taka = Taka::whole(100_000);
/// How far a 6.3 may be from its recomputation where no schedule says: one poisha.
const ONE_POISHA: &str = "0.01";

pub(super) fn purchase_booked(facts: &Facts<'_>) -> Parts {
    let Some(booking) = &facts.booking else { return Parts::not_known("booking") };
    let mut parts = Parts::default();
    let claimed = facts.credit.as_ref().filter(|c| c.amount > Taka::ZERO);
    match (booking.booked_on, claimed) {
        (None, _) => parts
            .wrong("booking.booked_on is missing: the purchase is in no register", "book it in Mushak 6.1 or 6.2.1"),
        (Some(on), Some(credit)) if credit.taken_on < on => parts.wrong(
            format!("booking.booked_on is {on}, after the credit of {}", credit.taken_on),
            "reverse the credit and take it again after booking",
        ),
        (Some(on), _) => parts.right(format!("booking.booked_on is {on}")),
    }
    if claimed.is_some() && booking.reference.trim().is_empty() {
        parts.wrong(
            "booking.reference is empty under a credit",
            "name the Mushak 6.3 or the import document in the register",
        );
    }
    if facts.credit.is_none() {
        parts.unknown("credit");
    }
    parts
}

/// Everything that is wrong with the captured 6.3; none where there is none to look at.
fn defects(facts: &Facts<'_>) -> Option<Vec<FieldViolation>> {
    let (form, payer) = (facts.form_6_3?, facts.payer?);
    let tolerance = facts.schedule.map(|s| s.vat_tolerance).or_else(|| ONE_POISHA.parse().ok()).unwrap_or_default();
    let mut found = form.check(payer.identity_profile, tolerance);
    if let (Some(invoice), Some(bin)) = (facts.invoice, facts.payee_bin) {
        found.extend(form.matches(invoice, bin, &payer.bin));
    }
    Some(found)
}

/// Whether the supplier must give a 6.3 at all; why not.
fn gives_none(facts: &Facts<'_>) -> Option<&'static str> {
    match facts.payee?.vat_status {
        VatStatus::Registered => None,
        VatStatus::Enlisted => Some("the supplier is enlisted for turnover tax and gives a Mushak 6.9"),
        VatStatus::Unregistered => {
            Some("the supplier is not registered for VAT; the recipient is liable (VDS Rules 2025 r.6(1))")
        }
    }
}

pub(super) fn tax_invoice_valid(facts: &Facts<'_>) -> Parts {
    let Some(invoice) = facts.invoice else { return Parts::not_known("invoice") };
    if let Some(why) = gives_none(facts) {
        return Parts::beside(why);
    }
    let mut parts = Parts::default();
    if facts.payee.is_none() {
        parts.unknown("payee");
    }
    if invoice.mushak_63.is_none() && facts.payee.is_some() {
        let why =
            "invoice.mushak_63 is missing: without one the bill must not be accepted or paid (VDS Rules 2025 r.6(1))";
        parts.wrong(why, "ask the supplier for its Mushak 6.3");
    }
    match defects(facts) {
        None => parts.unknown(if facts.form_6_3.is_none() { "form_6_3" } else { "payer" }),
        Some(found) if found.is_empty() => {
            parts.right("the Mushak 6.3 is complete, its sums are right, and it is this bill's")
        }
        Some(found) => {
            for violation in found {
                parts.wrong(
                    format!("form_6_3.{}", violation.refusal.message),
                    "ask the supplier for a right Mushak 6.3",
                );
            }
        }
    }
    if facts.payee_bin.is_none() {
        parts.unknown("payee_bin");
    }
    parts
}

pub(super) fn credit_allowed(facts: &Facts<'_>) -> Parts {
    let Some(credit) = &facts.credit else { return Parts::not_known("credit") };
    if credit.amount <= Taka::ZERO {
        return Parts::beside("no input credit is claimed");
    }
    let Some(invoice) = facts.invoice else { return Parts::not_known("invoice") };
    let mut parts = Parts::default();
    if let Some(on) = credit.reversed_on {
        let taken = credit.taken_on;
        parts.expect(
            on >= taken,
            format!("the credit was reversed on {on}"),
            format!("credit.reversed_on is {on}, before it was taken on {taken}"),
            "correct the date of the reversal",
        );
        return parts;
    }
    blocked(&mut parts, facts, credit, invoice);
    parts
}

fn blocked(parts: &mut Parts, facts: &Facts<'_>, credit: &Credit, invoice: &Invoice) {
    let remedy = "reverse the credit and log the reversal";
    if facts.payee.is_none() || facts.payee_bin.is_none() {
        parts.unknown("payee or payee_bin");
    }
    if credit.amount > invoice.vat {
        parts.wrong(format!("credit.amount is {}, more than the VAT of {}", credit.amount, invoice.vat), remedy);
    }
    let paper = invoice.mushak_63.as_ref().map_or(invoice.date, |m| m.date);
    let of = TaxPeriod::of(paper);
    parts.expect(
        in_claim_window(of, credit.period),
        format!("credit.period is {}", credit.period),
        format!(
            "credit.period is {}, outside {of} and the {} periods after it (VAT Act s.46)",
            credit.period,
            claim_window(of).0
        ),
        remedy,
    );
    let method = invoice.tax.payment.method;
    parts.expect(
        invoice.total <= BY_BANK_ABOVE || method == PaymentMethod::BankTransfer,
        "the means of payment allow it",
        format!(
            "invoice.tax.payment.method is not a bank transfer, for {} (above 1,00,000: VAT Act s.46)",
            invoice.total
        ),
        remedy,
    );
    match credit.exempt_use {
        None => parts.unknown("credit.exempt_use"),
        Some(exempt) => {
            let why = "credit.exempt_use is true: exempt supplies give no credit";
            parts.expect(!exempt, "it serves taxable supplies", why, remedy);
        }
    }
    match (gives_none(facts), &invoice.mushak_63, defects(facts)) {
        (Some(why), _, _) => parts.wrong(format!("payee.vat_status: {why}"), remedy),
        (None, None, _) => parts.wrong("invoice.mushak_63 is missing: nothing is evidence for the credit", remedy),
        (None, Some(_), None) => parts.unknown(if facts.form_6_3.is_none() { "form_6_3" } else { "payer" }),
        (None, Some(_), Some(found)) => match found.first() {
            None => parts.right("the Mushak 6.3 is evidence for it"),
            Some(first) => {
                let why =
                    format!("form_6_3.{}: a defective form is no evidence (VAT Rules r.40(3))", first.refusal.message);
                parts.wrong(why, remedy);
            }
        },
    }
}

pub(super) fn challan_tie_out(facts: &Facts<'_>) -> Parts {
    let Some(assessment) = facts.assessment else { return Parts::not_known("assessment") };
    let withheld = Taka::sum(assessment.withheld.iter().filter(|w| w.tax == Tax::Tds).map(|w| w.amount));
    let Ok(withheld) = withheld else {
        return Parts::not_known("the sum of what was withheld: it is beyond all limits");
    };
    if withheld <= Taka::ZERO {
        return Parts::beside("no income tax is withheld");
    }
    let Some(deposits) = &facts.deposits else { return Parts::not_known("deposits") };
    if deposits.challans.is_empty() && deposits.certified_on.is_none() {
        match (deposits.due, facts.today) {
            (Some(due), Some(today)) if today <= due => return Parts::beside(format!("the deposit is due on {due}")),
            (Some(_), Some(_)) => {}
            _ => return Parts::not_known("deposits.due or today"),
        }
    }
    let mut parts = Parts::default();
    tie(&mut parts, deposits, withheld);
    parts
}

fn tie(parts: &mut Parts, deposits: &Deposits, withheld: Taka) {
    let remedy = "deposit the difference by A-Challan, with what is due for delay (s.143)";
    if withheld > deposits.deducted {
        let why = format!("deposits.deducted is {}, less than this bill's {withheld}", deposits.deducted);
        parts.wrong(why, "add this bill to the period's deductions");
    }
    match Taka::sum(deposits.challans.iter().map(|c| c.amount)) {
        Ok(sum) => parts.expect(
            sum == deposits.deducted,
            format!("the A-Challans add up to {sum}"),
            format!("deposits.challans add up to {sum}, the period's deductions to {}", deposits.deducted),
            remedy,
        ),
        Err(e) => parts.wrong(format!("deposits.challans cannot be added up: {e}"), "correct the amounts"),
    }
    for (i, challan) in deposits.challans.iter().enumerate() {
        if challan.number.trim().is_empty() {
            parts.wrong(format!("deposits.challans[{i}].number is empty"), "record the A-Challan's number");
        }
        match deposits.due {
            None => parts.unknown("deposits.due"),
            Some(due) if challan.date > due => {
                parts.wrong(
                    format!("deposits.challans[{i}].date is {}, after {due} (TDS Rules 2026 r.9)", challan.date),
                    "pay what is due for delay (s.143)",
                );
            }
            Some(_) => {}
        }
    }
    if let Some(on) = deposits.certified_on {
        let last = deposits.challans.iter().map(|c| c.date).max();
        match last {
            Some(last) if last <= on => parts.right(format!("certified on {on}, after the deposit")),
            Some(last) => parts.wrong(
                format!("deposits.certified_on is {on}, before the deposit of {last}"),
                "withdraw the certificate and issue another",
            ),
            None => parts.wrong(
                format!("deposits.certified_on is {on}, without a deposit"),
                "withdraw the certificate until the deposit",
            ),
        }
    }
    if let Some(total) = deposits.return_total {
        parts.expect(
            total == deposits.deducted,
            "the withholding return agrees",
            format!("deposits.return_total is {total}, the period's deductions {} (s.177)", deposits.deducted),
            "amend the withholding return",
        );
    }
}
