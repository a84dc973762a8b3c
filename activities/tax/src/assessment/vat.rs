//! What the lines are worth, and the SD and VAT on them. One rounding a line.

use rust_decimal::Decimal;
use vextrus_domain::payee::VatStatus;
use vextrus_domain::tax_facts::Prices;
use vextrus_domain::{InvoiceLine, Rate, Refusal, RefusalCode, Taka};

use super::book::{Book, LineWork};
use super::question::QuestionKind;
use super::result::{LineTax, Step};
use super::too_large;
use crate::schedule::{Known, Tax};

/// The code of a supply that names none.
pub(super) const STANDARD: &str = "STANDARD";
/// The code of suppliers that are enlisted for turnover tax.
const TURNOVER: &str = "TURNOVER";
const NOTHING: Rate = Rate::from_ppm(0);

/// The lines with their value, SD and VAT, in the order of the invoice.
pub(super) fn lines<'a>(book: &mut Book<'a>) -> Result<Vec<LineWork<'a>>, Refusal> {
    let invoice = book.case.invoice;
    let mut lines = Vec::with_capacity(invoice.lines.len());
    // A long bill names few codes: each is looked up once.
    let mut known: Vec<Settled<'a>> = Vec::with_capacity(4);
    for (number, line) in (1_u32..).zip(&invoice.lines) {
        let named = line.tax_code.as_deref();
        let settled = match known.iter().find(|settled| settled.named == named) {
            Some(settled) => *settled,
            None => {
                let settled = settle(book, named)?;
                known.push(settled);
                settled
            }
        };
        lines.push(one(book, number, line, settled)?);
    }
    Ok(lines)
}

/// What a supply code means on this bill.
#[derive(Clone, Copy)]
struct Settled<'a> {
    named: Option<&'a str>,
    /// The code that is meant; none for the standard row and while nobody has said which of several.
    code: Option<&'a str>,
    /// The VAT rate; none while nobody has said which of several.
    rate: Option<Rate>,
    /// The row that gives it; none where the supplier charges no VAT.
    row: Option<u32>,
}

fn settle<'a>(book: &mut Book<'a>, named: Option<&'a str>) -> Result<Settled<'a>, Refusal> {
    match supply_code(book, named)? {
        Supply::Unclear => Ok(Settled { named, code: None, rate: None, row: None }),
        Supply::Code(code) => {
            let (rate, row) = rate_of(book, code)?;
            Ok(Settled { named, code: Some(code).filter(|c| *c != STANDARD), rate: Some(rate), row })
        }
    }
}

fn one<'a>(
    book: &mut Book<'a>,
    number: u32,
    line: &'a InvoiceLine,
    settled: Settled<'a>,
) -> Result<LineWork<'a>, Refusal> {
    let (vat_rate, row) = (settled.rate, settled.row);
    let rate = vat_rate.unwrap_or(NOTHING);
    let sd_rate = line.sd_rate.unwrap_or(NOTHING);
    let (value, sd, vat, step) = match book.case.invoice.tax.prices {
        Prices::Exclusive => {
            let sd = if sd_rate == NOTHING { Taka::ZERO } else { line.amount.share(sd_rate).map_err(too_large)? };
            let vat = line.amount.plus(sd).and_then(|base| base.share(rate)).map_err(too_large)?;
            (line.amount, sd, vat, Step::Share)
        }
        Prices::Inclusive => {
            let vat = fraction(line.amount, rate)?;
            let without = line.amount.minus(vat).map_err(too_large)?;
            // What SD is within can only be said once the VAT is out of it: `reconcile` does so for a line without a rate.
            let sd = if vat_rate.is_none() { Taka::ZERO } else { fraction(without, sd_rate)? };
            (without.minus(sd).map_err(too_large)?, sd, vat, Step::TaxFraction)
        }
    };
    let base = if step == Step::Share { value.plus(sd).map_err(too_large)? } else { line.amount };
    if sd_rate != NOTHING && (vat_rate.is_some() || step == Step::Share) {
        supplementary_duty(book, number, line, (value, sd_rate, sd))?;
    }
    match (vat_rate, row) {
        (Some(_), Some(row)) => book.step(Some(number), Tax::Vat, step, Some(row), (base, rate, vat)),
        (Some(_), None) => {
            let why = format!("the supplier is {} and charges no VAT", status(book.case.payee.vat_status));
            book.not_withheld(Some(number), Tax::Vat, base, why);
        }
        (None, _) => {}
    }
    let tax = LineTax { line: number, value, sd, vat, vds: Taka::ZERO, tds: Taka::ZERO };
    Ok(LineWork { tax, code: settled.code, vat_rate })
}

#[derive(Clone, Copy)]
enum Supply<'a> {
    Code(&'a str),
    Unclear,
}

/// The code that a line means, with what people have said of codes that mean several things.
fn supply_code<'a>(book: &mut Book<'a>, named: Option<&'a str>) -> Result<Supply<'a>, Refusal> {
    let Some(code) = named else { return Ok(Supply::Code(STANDARD)) };
    let schedule = book.schedule;
    if let Some(ambiguous) = schedule.ambiguous_code(code) {
        let answer = book.answer(QuestionKind::AmbiguousCode, code);
        if let Some(choice) = ambiguous.choices.iter().find(|c| answer == Some(c.as_str())) {
            return Ok(Supply::Code(choice));
        }
        let text = format!("code {code} has several rates: {}", ambiguous.question);
        book.question(QuestionKind::AmbiguousCode, code, text, ambiguous.choices.clone(), false);
        return Ok(Supply::Unclear);
    }
    if schedule.knows_supply(code) {
        return Ok(Supply::Code(code));
    }
    Err(Refusal::new(
        RefusalCode::TaxCodeUnknown,
        format!(
            "schedule {} has no VAT or VDS code {code:?}; `vextrus tax schedule show {} --tax VDS` lists them",
            schedule.name, schedule.name
        ),
    ))
}

/// The VAT rate of a code on the invoice's date, with the row that gives it; no row where the supplier charges none.
fn rate_of(book: &mut Book<'_>, code: &str) -> Result<(Rate, Option<u32>), Refusal> {
    let (schedule, day) = (book.schedule, book.case.invoice.date);
    let status = book.case.payee.vat_status;
    if status == VatStatus::Unregistered || (status == VatStatus::Enlisted && code != TURNOVER) {
        if status == VatStatus::Unregistered && book.case.payer.withholding_entity {
            let text = "the supplier is not registered for VAT: the recipient is liable for the VAT (VDS Rules 2025 r.6(1) \
                        proviso); has that been seen to?";
            book.ask(QuestionKind::UnregisteredSupplier, "", text.to_owned());
        }
        return Ok((NOTHING, None));
    }
    let enlisted = status == VatStatus::Enlisted;
    let found = match schedule.supply_row(Tax::Vat, code, day, enlisted) {
        // A service of the VDS table without a reduced rate of its own is taxed at the standard rate.
        Known::Never if code != TURNOVER => schedule.supply_row(Tax::Vat, STANDARD, day, enlisted),
        found => found,
    };
    match found {
        Known::Row(row) => Ok((row.rate, Some(book.cite(row)))),
        Known::NotThen | Known::Never => Err(Refusal::new(
            RefusalCode::RateNotCovered,
            format!("schedule {} has no VAT row for code {code:?} on {day}; add a row with its source", schedule.name),
        )),
    }
}

fn supplementary_duty(
    book: &mut Book<'_>,
    number: u32,
    line: &InvoiceLine,
    (value, rate, sd): (Taka, Rate, Taka),
) -> Result<(), Refusal> {
    let code = line.tax_code.as_deref().unwrap_or(STANDARD);
    let row = match book.schedule.supply_row(Tax::Sd, code, book.case.invoice.date, false) {
        Known::Row(row) if row.rate != rate => {
            return Err(Refusal::new(
                RefusalCode::VatMismatch,
                format!(
                    "lines[{}].sd_rate_ppm is {}; schedule {} has {}",
                    number - 1,
                    rate,
                    book.schedule.name,
                    row.rate
                ),
            ));
        }
        Known::Row(row) => Some(book.cite(row)),
        _ => {
            let text = format!(
                "supplementary duty of {rate} on {code} is the supplier's word; the schedule has no row for it"
            );
            book.ask(QuestionKind::SupplementaryDuty, code, text);
            None
        }
    };
    book.step(Some(number), Tax::Sd, Step::Share, row, (value, rate, sd));
    Ok(())
}

/// The tax within an amount that includes it: amount x rate / (100 + rate).
fn fraction(gross: Taka, rate: Rate) -> Result<Taka, Refusal> {
    let ppm = Decimal::from(rate.ppm());
    let exact = gross.decimal().checked_mul(ppm).and_then(|x| x.checked_div(Decimal::from(1_000_000) + ppm));
    exact.ok_or(vextrus_domain::money::MoneyError::OutOfRange).and_then(Taka::round_half_up).map_err(too_large)
}

const fn status(status: VatStatus) -> &'static str {
    match status {
        VatStatus::Registered => "registered for VAT",
        VatStatus::Enlisted => "enlisted for turnover tax",
        VatStatus::Unregistered => "not registered for VAT",
    }
}

/// Compares the lines' taxes with the printed ones, and takes the printed ones within the tolerance; the last line bears the
/// difference. Suppliers round by line or once for the document; both are accepted.
pub(super) fn reconcile(book: &mut Book<'_>, lines: &mut [LineWork<'_>]) -> Result<(), Refusal> {
    let (schedule, invoice) = (book.schedule, book.case.invoice);
    let computed = Taka::sum(lines.iter().map(|l| l.tax.vat)).map_err(too_large)?;
    let stated = invoice.vat;
    let mismatch = || {
        Refusal::new(
            RefusalCode::VatMismatch,
            format!(
                "vat is {stated}; schedule {} gives {computed} (tolerance {})",
                schedule.name, schedule.vat_tolerance
            ),
        )
    };
    if lines.iter().any(|l| l.vat_rate.is_none()) {
        // Nobody has said yet which rate is meant: what is printed beyond the other lines belongs to these.
        let rest = stated.minus(computed).map_err(too_large)?;
        give_open(book, lines, rest.max(Taka::ZERO))?;
        if !rest.is_negative() {
            return Ok(());
        }
    }
    let within = |sum: Taka| sum.distance(stated).map(|d| d <= schedule.vat_tolerance).map_err(too_large);
    if computed == stated {
        return Ok(());
    }
    if !within(computed)? && !within(once(lines, invoice.tax.prices)?)? {
        return Err(mismatch());
    }
    let difference = stated.minus(computed).map_err(too_large)?;
    let bearer = lines
        .iter()
        .rposition(|l| l.tax.vat.plus(difference).is_ok_and(|v| l.tax.vat != Taka::ZERO && !v.is_negative()));
    let Some(line) = bearer.and_then(|i| lines.get_mut(i)) else { return Err(mismatch()) };
    line.tax.vat = line.tax.vat.plus(difference).map_err(too_large)?;
    include(&mut line.tax, difference, invoice.tax.prices)?;
    let number = line.tax.line;
    let base = line.tax.value;
    book.step(Some(number), Tax::Vat, Step::Stated { computed }, None, (base, NOTHING, stated));
    Ok(())
}

/// Gives the lines without a rate the VAT that is left for them, by their worth, and takes the duty out of the rest of the price.
fn give_open(book: &mut Book<'_>, lines: &mut [LineWork<'_>], rest: Taka) -> Result<(), Refusal> {
    let invoice = book.case.invoice;
    let others = Taka::sum(lines.iter().filter(|l| l.vat_rate.is_some()).map(|l| l.tax.sd)).map_err(too_large)?;
    let mut open: Vec<&mut LineTax> = lines.iter_mut().filter(|l| l.vat_rate.is_none()).map(|l| &mut l.tax).collect();
    let weights: Vec<Taka> = open.iter().map(|l| l.value).collect();
    for (line, part) in open.iter_mut().zip(spread(rest, &weights)?) {
        line.vat = part;
        include(line, part, invoice.tax.prices)?;
    }
    if invoice.tax.prices == Prices::Exclusive {
        return Ok(());
    }
    let prices = Taka::sum(weights).map_err(too_large)?;
    let mut dutiable: Vec<Dutiable<'_>> = Vec::new();
    for line in open {
        let source = (line.line as usize).checked_sub(1).and_then(|i| invoice.lines.get(i));
        if let Some((source, rate)) = source.and_then(|s| s.sd_rate.filter(|r| *r != NOTHING).map(|r| (s, r))) {
            let computed = fraction(line.value, rate)?;
            dutiable.push(Dutiable { line, source, rate, computed });
        }
    }
    let printed = invoice.sd.minus(others).map_err(too_large)?;
    let stated = stated_duty(&dutiable, printed, (rest, prices), book.schedule.vat_tolerance)?;
    for (i, Dutiable { line, source, rate, computed }) in dutiable.into_iter().enumerate() {
        let sd = stated.as_ref().and_then(|parts| parts.get(i)).copied().unwrap_or(computed);
        let number = line.line;
        let base = line.value.minus(computed).map_err(too_large)?;
        supplementary_duty(book, number, source, (base, rate, computed))?;
        (line.value, line.sd) = (line.value.minus(sd).map_err(too_large)?, sd);
        if sd != computed {
            book.step(Some(number), Tax::Sd, Step::Stated { computed }, None, (line.value, NOTHING, sd));
        }
    }
    Ok(())
}

/// A line without a rate of VAT that bears duty, and the duty within its price if its share of the VAT were right.
struct Dutiable<'w> {
    line: &'w mut LineTax,
    source: &'w InvoiceLine,
    rate: Rate,
    computed: Taka,
}

/// The printed duty by line, where it is right for some division of the VAT between lines of unknown rates, though not for the
/// assumed one. Beside the VAT stands what all those lines cost.
fn stated_duty(
    lines: &[Dutiable<'_>],
    printed: Taka,
    (vat, prices): (Taka, Taka),
    tolerance: Taka,
) -> Result<Option<Vec<Taka>>, Refusal> {
    let weights: Vec<Taka> = lines.iter().map(|l| l.computed).collect();
    let computed = Taka::sum(weights.iter().copied()).map_err(too_large)?;
    if printed.distance(computed).map_err(too_large)? <= tolerance {
        return Ok(None);
    }
    let (mut least, mut most) = (Taka::ZERO.minus(tolerance).map_err(too_large)?, tolerance);
    for Dutiable { line, rate, .. } in lines {
        let price = line.value.plus(line.vat).map_err(too_large)?;
        // A line bears at most all of the VAT, and at least what the others' prices cannot hold.
        let at_least = prices.minus(price).and_then(|others| vat.minus(others)).map_err(too_large)?.max(Taka::ZERO);
        let without = |vat: Taka| price.minus(vat).map(|net| net.max(Taka::ZERO)).map_err(too_large);
        least = least.plus(fraction(without(vat)?, *rate)?).map_err(too_large)?;
        most = most.plus(fraction(without(at_least)?, *rate)?).map_err(too_large)?;
    }
    if printed < least || printed > most {
        return Ok(None);
    }
    let parts = spread(printed, &weights)?;
    Ok(Some(parts)
        .filter(|parts| parts.iter().zip(lines).all(|(part, l)| !part.is_negative() && *part <= l.line.value)))
}

/// Where prices include the taxes, what is VAT is not value.
fn include(line: &mut LineTax, vat: Taka, prices: Prices) -> Result<(), Refusal> {
    if prices == Prices::Inclusive {
        line.value = line.value.minus(vat).map_err(too_large)?;
    }
    Ok(())
}

/// The VAT of the document when it is rounded once for each rate.
fn once(lines: &[LineWork<'_>], prices: Prices) -> Result<Taka, Refusal> {
    let mut bases: Vec<(Rate, Taka)> = Vec::new();
    for line in lines {
        let rate = line.vat_rate.unwrap_or(NOTHING);
        let mut base = line.tax.value.plus(line.tax.sd).map_err(too_large)?;
        if prices == Prices::Inclusive {
            base = base.plus(line.tax.vat).map_err(too_large)?;
        }
        match bases.iter_mut().find(|(r, _)| *r == rate) {
            Some((_, sum)) => *sum = sum.plus(base).map_err(too_large)?,
            None => bases.push((rate, base)),
        }
    }
    bases.into_iter().try_fold(Taka::ZERO, |sum, (rate, base)| {
        let vat = match prices {
            Prices::Exclusive => base.share(rate).map_err(too_large)?,
            Prices::Inclusive => fraction(base, rate)?,
        };
        sum.plus(vat).map_err(too_large)
    })
}

/// Parts of an amount in proportion to weights, to the poisha; they add up to it exactly, the last bearing the remainder.
pub(super) fn spread(amount: Taka, weights: &[Taka]) -> Result<Vec<Taka>, Refusal> {
    let whole = Taka::sum(weights.iter().copied()).map_err(too_large)?;
    let mut parts = Vec::with_capacity(weights.len());
    let (mut seen, mut given) = (Taka::ZERO, Taka::ZERO);
    for (i, weight) in weights.iter().enumerate() {
        seen = seen.plus(*weight).map_err(too_large)?;
        let upto = if i + 1 == weights.len() {
            amount
        } else if whole == Taka::ZERO {
            Taka::ZERO
        } else {
            let exact = amount.decimal().checked_mul(seen.decimal()).and_then(|x| x.checked_div(whole.decimal()));
            exact
                .ok_or(vextrus_domain::money::MoneyError::OutOfRange)
                .and_then(Taka::round_half_up)
                .map_err(too_large)?
        };
        parts.push(upto.minus(given).map_err(too_large)?);
        given = upto;
    }
    Ok(parts)
}
