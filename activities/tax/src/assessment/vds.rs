//! VAT deducted at source: VDS Rules 2025 (SRO 182-Ain/2025/310-Mushak), as amended from July 2026.

use std::sync::Arc;

use vextrus_domain::payee::{Trade, VatStatus};
use vextrus_domain::{Rate, Refusal, RefusalCode, Taka};

use super::book::{Book, LineWork};
use super::question::QuestionKind;
use super::result::{Step, Withheld, since};
use super::too_large;
use crate::schedule::{Known, NoMushak63, Row, Tax, Vds};

/// The first day of the VDS Rules 2025, whose exemptions these are.
const RULES_2025: (i32, u32, u32) = (2025, 7, 1);
/// From this day, startups are exempt, and a trader with a 15 % Mushak 6.3 is no procurement provider.
const AMENDED: (i32, u32, u32) = (2026, 7, 1);
/// Whoever supplies what it does not make, under a tender, contract or work order (r.4(2)).
const PROCUREMENT: &str = "S037.00";
/// The answer that nothing is to be withheld.
const NOTHING_DUE: &str = "none";
const STANDARD_RATE: Rate = Rate::from_ppm(150_000);

enum Due<'a> {
    Row(&'a Arc<Row>),
    No(String),
}

/// Withholds VAT line by line, and sums it by row.
pub(super) fn withhold(book: &mut Book<'_>, lines: &mut [LineWork<'_>]) -> Result<(), Refusal> {
    let invoice = book.case.invoice;
    if book.schedule.policy.vds == Vds::None {
        return Ok(());
    }
    if !book.case.payer.withholding_entity {
        book.not_withheld(None, Tax::Vds, invoice.subtotal, "the payer is not a withholding entity (VAT Act s.2(21))");
        return Ok(());
    }
    mushak_63(book);
    let exemption = exemption(book)?;
    let mut sums: Vec<(u32, Withheld)> = Vec::new();
    for line in lines {
        let number = Some(line.tax.line);
        let base = line.tax.value.plus(line.tax.sd).map_err(too_large)?;
        match due(book, line, exemption.as_deref())? {
            Due::No(why) => book.not_withheld(number, Tax::Vds, base, why),
            Due::Row(row) => {
                let cited = book.cite(row);
                let whole = line.vat_rate == Some(row.rate);
                let amount = if whole { line.tax.vat } else { base.share(row.rate).map_err(too_large)? };
                if amount > line.tax.vat {
                    let text = format!(
                        "code {} withholds {} of VAT where {} was charged: is the charge right?",
                        row.code, amount, line.tax.vat
                    );
                    book.ask(QuestionKind::VdsAboveVat, &row.code, text);
                }
                line.tax.vds = amount;
                let step = if whole { Step::Whole } else { Step::Share };
                book.step(number, Tax::Vds, step, Some(cited), (base, row.rate, amount));
                add(&mut sums, cited, row, base, amount)?;
            }
        }
    }
    book.withheld.extend(sums.into_iter().map(|(_, w)| w).filter(|w| w.amount != Taka::ZERO));
    Ok(())
}

fn add(sums: &mut Vec<(u32, Withheld)>, cited: u32, row: &Row, base: Taka, amount: Taka) -> Result<(), Refusal> {
    if let Some((_, sum)) = sums.iter_mut().find(|(c, _)| *c == cited) {
        sum.base = sum.base.plus(base).map_err(too_large)?;
        sum.amount = sum.amount.plus(amount).map_err(too_large)?;
    } else {
        sums.push((cited, Withheld { tax: Tax::Vds, code: row.code.clone(), rate: row.rate, base, amount }));
    }
    Ok(())
}

/// Without a VAT invoice the supply must not be accepted or paid (r.6(1)).
fn mushak_63(book: &mut Book<'_>) {
    let policy = book.schedule.policy.no_mushak_63;
    let case = book.case;
    if policy == NoMushak63::Ignore
        || case.invoice.mushak_63.is_some()
        || case.payee.vat_status != VatStatus::Registered
    {
        return;
    }
    let text = "the bill has no VAT invoice (Mushak 6.3): without one it must not be accepted or paid (VDS Rules 2025 r.6(1)); \
                ask the supplier for it";
    book.question(QuestionKind::Mushak63, "", text.to_owned(), Vec::new(), policy == NoMushak63::Block);
}

/// The ground of a claimed exemption, when it holds for the whole bill.
fn exemption(book: &mut Book<'_>) -> Result<Option<String>, Refusal> {
    let case = book.case;
    let Some(claimed) = &case.invoice.tax.vds_exemption else { return Ok(None) };
    let clause = claimed.clause.as_str();
    let known = matches!(clause, "a" | "b" | "c" | "d" | "e" | "f" | "g" | "h" | "i" | "j" | "k");
    if !known || (clause == "k" && !since(book.paid_on(), AMENDED)) {
        return Err(Refusal::new(
            RefusalCode::TaxFactsContradict,
            format!("tax.vds_exemption.clause is {clause:?}; VDS Rules 2025 r.5 has a to j, and k from 2026-07-01"),
        ));
    }
    let listed = case.invoice.lines.iter().filter_map(|l| l.tax_code.as_deref());
    let listed = listed.filter(|c| book.schedule.rows_of(Tax::Vds, c).next().is_some()).count();
    let trouble = match clause {
        _ if !since(book.paid_on(), RULES_2025) => {
            Some("the clause is of the VDS Rules 2025, the payment is before them")
        }
        _ if claimed.evidence.trim().is_empty() => Some("no evidence is given"),
        "a" if case.payee.trade != Some(Trade::Manufacturer) => {
            Some("the vendor's record does not say that it manufactures")
        }
        "b" if case.payee.filing_certificate.as_ref().is_none_or(|c| !c.covers(book.case.paid_on)) => {
            Some("the vendor's record has no filing certificate for the day")
        }
        "c" if listed > 0 => Some("a line's code is in the table of r.3(1)"),
        _ => None,
    };
    if let Some(trouble) = trouble {
        let text = format!("no VAT is withheld under r.5({clause}), but {trouble}: does the clause hold?");
        book.ask(QuestionKind::VdsExemption, clause, text);
    }
    Ok(Some(format!("VDS Rules 2025 r.5({clause}), evidence {}", claimed.evidence)))
}

fn due<'a>(book: &mut Book<'a>, line: &LineWork<'_>, exemption: Option<&str>) -> Result<Due<'a>, Refusal> {
    let schedule = book.schedule;
    if line.vat_rate.is_none() {
        return Ok(Due::No("a person must say first which code is meant".to_owned()));
    }
    if line.tax.vat == Taka::ZERO {
        return Ok(Due::No(
            "no VAT was charged (exempt, zero-rated, or by a supplier without registration)".to_owned(),
        ));
    }
    if let Some(ground) = exemption {
        return Ok(Due::No(ground.to_owned()));
    }
    let Some(code) = line.code else { return uncoded(book, line) };
    match schedule.supply_row(Tax::Vds, code, book.paid_on(), false) {
        Known::Row(row) => Ok(Due::Row(row)),
        Known::NotThen => Err(Refusal::new(
            RefusalCode::RateNotCovered,
            format!(
                "schedule {} has no VDS row for code {code:?} on {}; add a row with its source",
                schedule.name,
                book.paid_on()
            ),
        )),
        Known::Never if since(book.paid_on(), RULES_2025) && book.case.invoice.mushak_63.is_some() => {
            Ok(Due::No("VDS Rules 2025 r.5(c): outside the table, with a Mushak 6.3".to_owned()))
        }
        Known::Never => uncoded(book, line),
    }
}

/// A supply outside the table: exempt by who supplies it, or a question.
fn uncoded<'a>(book: &mut Book<'a>, line: &LineWork<'_>) -> Result<Due<'a>, Refusal> {
    let (case, day) = (book.case, book.paid_on());
    let papers = case.invoice.mushak_63.is_some() && since(day, RULES_2025);
    let standard = line.vat_rate == Some(STANDARD_RATE);
    let files = case.payee.filing_certificate.as_ref().is_some_and(|c| c.covers(day));
    match case.payee.trade {
        Some(Trade::Manufacturer) if papers => {
            return Ok(Due::No("VDS Rules 2025 r.5(a): a manufacturer with a Mushak 6.3".to_owned()));
        }
        Some(Trade::Trader) if papers && standard && files => {
            return Ok(Due::No(
                "VDS Rules 2025 r.5(b): a trader with a 15 % Mushak 6.3 and a filing certificate".to_owned(),
            ));
        }
        _ => {}
    }
    let procurement = match book.schedule.supply_row(Tax::Vds, PROCUREMENT, day, false) {
        Known::Row(row) => Some(row),
        _ => None,
    };
    let subject = line.code.unwrap_or_default();
    match (book.answer(QuestionKind::UncodedSupply, subject), procurement) {
        (Some(PROCUREMENT), Some(row)) => return Ok(Due::Row(row)),
        (Some(NOTHING_DUE), _) => return Ok(Due::No("a person has said that none is due".to_owned())),
        _ => {}
    }
    let unsaid = "a person must say first what it is";
    if book.asked(QuestionKind::UncodedSupply, subject) {
        return Ok(Due::No(unsaid.to_owned()));
    }
    let what =
        line.code.map_or_else(|| "a line names no supply code".to_owned(), |c| format!("code {c} is in no VDS table"));
    let trader = if case.payee.trade == Some(Trade::Trader) && since(day, AMENDED) && standard {
        " (a trader with a 15 % Mushak 6.3 is not one since July 2026)"
    } else {
        ""
    };
    let text = format!(
        "{what}: was it supplied under a tender, contract or work order by somebody who does not make it{trader}? Then it is \
         {PROCUREMENT}, procurement provider (r.4(2)); otherwise say that none is due, or name the code"
    );
    let mut choices = vec![NOTHING_DUE.to_owned()];
    choices.extend(procurement.map(|row| row.code.clone()));
    book.question(QuestionKind::UncodedSupply, subject, text, choices, false);
    Ok(Due::No(unsaid.to_owned()))
}
