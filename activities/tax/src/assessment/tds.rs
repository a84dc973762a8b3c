//! Income tax deducted at source: Income Tax Act 2023 Part VII and the TDS Rules.

use rust_decimal::Decimal;
use vextrus_domain::money::MoneyError;
use vextrus_domain::tax_facts::PaymentMethod;
use vextrus_domain::{PayeeFacts, Rate, Refusal, RefusalCode, Taka};

use super::book::{Book, LineWork};
use super::question::QuestionKind;
use super::result::{Step, UpliftGround, Withheld, since};
use super::vat::spread;
use super::{ReturnProof, return_proof, tds_base, too_large};
use crate::schedule::{BothUplifts, NoPsr, Rates, Tax, TdsRounding, Uplift};

/// The first day of s.142.
const S142: (i32, u32, u32) = (2023, 7, 1);
const NON_RESIDENT: &str = "s119";
const MILLION: Decimal = Decimal::from_parts(1_000_000, 0, 0, false, 0);

/// The lines of one kind of payment.
struct Group<'a> {
    key: (&'a str, &'a str),
    /// The code as the first of its lines writes it.
    named: Option<&'a str>,
    lines: Vec<usize>,
    billed: Taka,
    commission: Option<Taka>,
}

/// What has been computed and rounded of a section so far.
struct Section<'a> {
    name: &'a str,
    exact: Decimal,
    rounded: Taka,
}

/// A rate that was found to apply, with what it is applied to.
struct Reckoned {
    row: u32,
    base: Taka,
    rate: Rate,
    exact: Decimal,
}

/// Withholds income tax: one rounding a section.
pub(super) fn withhold(book: &mut Book<'_>, lines: &mut [LineWork<'_>]) -> Result<(), Refusal> {
    if !book.case.payer.specified_person {
        let subtotal = book.case.invoice.subtotal;
        book.not_withheld(
            None,
            Tax::Tds,
            subtotal,
            "the payer is not a specified person (Income Tax Act 2023 s.140(3))",
        );
        return Ok(());
    }
    let groups = groups(book, lines)?;
    let billed: Vec<Taka> = groups.iter().map(|g| g.billed).collect();
    let bases = tds_base::bases(book, &billed)?;
    let ground = uplift_ground(book);
    let mut sections: Vec<Section<'_>> = Vec::with_capacity(groups.len());
    let mut import_credit = book.case.invoice.tax.import_tax_paid.decimal();
    for (group, base) in groups.iter().zip(bases) {
        let payee = book.case.payee;
        let rates = book.schedule.tds_rates(group.key, book.paid_on(), payee.natural_person, base).ok_or_else(|| {
            let named = group.named.unwrap_or_else(|| book.schedule.withholding.code(book.case.kind));
            Refusal::new(
                RefusalCode::RateNotCovered,
                format!(
                    "schedule {} has no TDS row for code {named:?} on {} and a base of {base}; add a row with its source",
                    book.schedule.name,
                    book.paid_on()
                ),
            )
        })?;
        doubts(book, group, rates);
        let mut due = reckon(book, group, rates, base, ground)?;
        if group.key.0 == "s89" && !import_credit.is_zero() {
            take_credit(book, &mut due, &mut import_credit)?;
        }
        let amount = round(book, &mut sections, group.key.0, &due)?;
        let weights: Vec<Taka> = group
            .lines
            .iter()
            .filter_map(|i| lines.get(*i))
            .map(|l| tds_base::billed(book, l))
            .collect::<Result<_, _>>()?;
        for (i, part) in group.lines.iter().zip(spread(amount, &weights)?) {
            if let Some(line) = lines.get_mut(*i) {
                line.tax.tds = part;
            }
        }
        if borne(book) {
            book.borne = book.borne.plus(amount).map_err(too_large)?;
        }
        let code = book.rows.get(due.row as usize).map(|r| r.key()).unwrap_or_default();
        if amount != Taka::ZERO {
            book.withheld.push(Withheld { tax: Tax::Tds, code, rate: due.rate, base: due.base, amount });
        }
    }
    let import_credit = Taka::round_half_up(import_credit).map_err(too_large)?;
    if import_credit != Taka::ZERO {
        let text = format!(
            "BDT {} of tax paid at import is more than the tax on these goods: is the rest claimed elsewhere?",
            import_credit.grouped()
        );
        book.ask(QuestionKind::Combination, "import_credit", text);
    }
    Ok(())
}

fn groups<'a>(book: &mut Book<'a>, lines: &[LineWork<'_>]) -> Result<Vec<Group<'a>>, Refusal> {
    let (schedule, case) = (book.schedule, book.case);
    let mut groups: Vec<Group<'a>> = Vec::with_capacity(2);
    let mut uncoded: Option<(&'a str, &'a str)> = None;
    for (i, (work, line)) in lines.iter().zip(&case.invoice.lines).enumerate() {
        let named = line.tds_code.as_deref();
        let known = groups.iter().find(|g| named.is_some() && g.named == named).map(|g| g.key);
        let key = match (known.or(uncoded.filter(|_| named.is_none())), named) {
            (Some(key), _) => key,
            (None, Some(code)) => schedule.tds_serving(schedule.tds_key(code)?, case.paid_on),
            (None, None) => {
                let code = schedule.withholding.code(case.kind);
                if schedule.withholding.ask {
                    let text = format!(
                        "a line names no code of income tax; {code} was taken for a {}: is that right?",
                        case.kind
                    );
                    book.ask(QuestionKind::UncodedPayment, code, text);
                }
                *uncoded.insert(schedule.tds_serving(schedule.tds_key(code)?, case.paid_on))
            }
        };
        if (key.0 == NON_RESIDENT) != case.payee.non_resident && !key.0.is_empty() {
            let is = if case.payee.non_resident {
                "not resident: give a code of s119"
            } else {
                "resident: s119 is not for it"
            };
            let whence = if line.tds_code.is_some() { "is" } else { "is missing and taken as" };
            let message = format!("lines[{i}].tds_code {whence} {}/{}, but the vendor is {is}", key.0, key.1);
            return Err(Refusal::new(RefusalCode::TaxFactsContradict, message));
        }
        let billed = tds_base::billed(book, work)?;
        let at = groups.iter().position(|g| g.key == key).unwrap_or_else(|| {
            groups.push(Group { key, named, lines: Vec::new(), billed: Taka::ZERO, commission: None });
            groups.len() - 1
        });
        if let Some(group) = groups.get_mut(at) {
            group.lines.push(i);
            group.billed = group.billed.plus(billed).map_err(too_large)?;
            if let Some(commission) = line.commission {
                group.commission = Some(group.commission.unwrap_or_default().plus(commission).map_err(too_large)?);
            }
        }
    }
    Ok(groups)
}

/// What must be asked of a group whatever its amounts.
fn doubts(book: &mut Book<'_>, group: &Group<'_>, rates: Rates<'_>) {
    if rates.commission.is_some() && group.commission.is_none() {
        let key = rates.main.key();
        let text = format!(
            "{key} is taxed on the higher of commission and gross bill; the bill shows no commission: is there none?"
        );
        book.ask(QuestionKind::CommissionNotShown, &key, text);
    }
    let banded = rates.main.over.is_some() || rates.main.upto.is_some();
    let before = book.case.invoice.tax.contract.as_ref().map_or(Taka::ZERO, |c| c.taxed_before);
    if banded && before != Taka::ZERO {
        let key = rates.main.key();
        let text = format!(
            "{key} has bands, and BDT {} was taxed before: does the band follow the sum of the year?",
            before.grouped()
        );
        book.ask(QuestionKind::Combination, "bands", text);
    }
}

/// Why the rates are raised, where they are.
fn uplift_ground(book: &mut Book<'_>) -> Option<UpliftGround> {
    let case = book.case;
    let policy = &book.schedule.policy;
    if policy.s142_uplift == Uplift::None || !since(case.paid_on, S142) || case.payee.non_resident {
        return None;
    }
    let (no_psr, both) = (policy.no_psr, policy.both_uplifts);
    let mut proof = return_proof(case.payee, &policy.psr_days, case.paid_on);
    if !matches!(proof, ReturnProof::Shown | ReturnProof::NotNeeded)
        && let Some(psr) = &case.invoice.tax.psr
    {
        let with_bill = PayeeFacts { psr: Some(psr.clone()), ..case.payee.clone() };
        proof = return_proof(&with_bill, &policy.psr_days, case.paid_on);
        if proof == ReturnProof::Shown {
            let text = format!("proof of return {} came with the bill: has it been verified?", psr.number);
            book.ask(QuestionKind::ReturnProof, "with_bill", text);
        }
    }
    let missing = match proof {
        ReturnProof::Shown | ReturnProof::NotNeeded => false,
        ReturnProof::Doubtful(why) => {
            book.ask(QuestionKind::ReturnProof, "doubtful", format!("{why}: does it still count?"));
            false
        }
        ReturnProof::Missing(why) => {
            let text = format!(
                "{why}: the law asks to refrain from paying without one (Income Tax Act 2023 s.264(5)); the rate is raised by half \
                 (s.142): pay so?"
            );
            book.question(QuestionKind::ReturnProof, "", text, Vec::new(), no_psr == NoPsr::Block);
            true
        }
    };
    let outside = case.invoice.tax.payment.method == PaymentMethod::Other;
    match (missing, outside) {
        (false, false) => None,
        (true, false) => Some(UpliftGround::NoPsr),
        (false, true) => Some(UpliftGround::NotByBank),
        (true, true) => {
            if both == BothUplifts::OneAndAsk {
                let text = "there is neither proof of return nor a bank transfer; the law does not say how the two uplifts of s.142 \
                            combine, and one was applied: is that right?";
                book.ask(QuestionKind::BothUplifts, "", text.to_owned());
            }
            Some(UpliftGround::Both)
        }
    }
}

/// The rate after certificates and uplift.
fn final_rate(
    book: &mut Book<'_>,
    section: &str,
    row: u32,
    base: Taka,
    ground: Option<UpliftGround>,
) -> Result<Rate, Refusal> {
    let case = book.case;
    let mut rate = book.rows.get(row as usize).map_or(Rate::from_ppm(0), |r| r.rate);
    let tax_inclusive = case.invoice.tax.contract.as_ref().is_some_and(|c| c.tax_inclusive);
    let on_record = case.payee.certificates.iter().map(|c| (c, false));
    let shown = on_record.chain(case.invoice.tax.certificates.iter().map(|c| (c, true)));
    let valid = shown.filter(|(c, _)| c.section == section && c.paper.covers(case.paid_on));
    if let Some((certificate, with_bill)) = valid.min_by_key(|(c, with_bill)| (c.rate, *with_bill)) {
        if tax_inclusive {
            let why = format!(
                "certificate {} does not hold: the price was agreed with the tax in it (r.11)",
                certificate.paper.number
            );
            book.step(None, Tax::Tds, Step::NotWithheld { why }, Some(row), (base, rate, Taka::ZERO));
        } else if certificate.rate < rate {
            let step = Step::Certificate { from: rate, number: certificate.paper.number.clone() };
            rate = certificate.rate;
            if with_bill {
                let number = &certificate.paper.number;
                let text = format!("certificate {number} of the Board came with the bill: has it been verified?");
                book.ask(QuestionKind::Certificate, number, text);
            }
            book.step(None, Tax::Tds, step, Some(row), (base, rate, Taka::ZERO));
        }
    }
    let Some(ground) = ground else { return Ok(rate) };
    let raised = match (ground, book.schedule.policy.both_uplifts) {
        (UpliftGround::Both, BothUplifts::Sum) => scaled(rate, 2, 1)?,
        (UpliftGround::Both, BothUplifts::Product) => scaled(rate, 9, 4)?,
        _ => scaled(rate, 3, 2)?,
    };
    if raised != rate {
        book.step(None, Tax::Tds, Step::Uplift { from: rate, ground }, Some(row), (base, raised, Taka::ZERO));
    }
    Ok(raised)
}

fn scaled(rate: Rate, times: u32, over: u32) -> Result<Rate, Refusal> {
    let product = rate.ppm().checked_mul(times).filter(|p| p % over == 0).map(|p| Rate::from_ppm(p / over));
    product.ok_or_else(|| {
        Refusal::new(
            RefusalCode::LimitExceeded,
            format!("{rate} times {times}/{over} is finer than a part per million"),
        )
    })
}

/// The tax of a group: on the base, or on the higher of gross bill and commission.
fn reckon(
    book: &mut Book<'_>,
    group: &Group<'_>,
    rates: Rates<'_>,
    base: Taka,
    ground: Option<UpliftGround>,
) -> Result<Reckoned, Refusal> {
    let mut reckoned = |row, base| -> Result<Reckoned, Refusal> {
        let row = book.cite(row);
        let rate = final_rate(book, group.key.0, row, base, ground)?;
        Ok(Reckoned { row, base, rate, exact: exact(base, rate, borne(book))? })
    };
    let main = reckoned(rates.main, base)?;
    let Some((row, commission)) = rates.commission.zip(group.commission) else { return Ok(main) };
    let other = reckoned(row, commission)?;
    let (higher, lower) = if other.exact > main.exact { (other, main) } else { (main, other) };
    let amount = Taka::round_half_up(lower.exact).map_err(too_large)?;
    book.step(None, Tax::Tds, Step::LowerAlternative, Some(lower.row), (lower.base, lower.rate, amount));
    Ok(higher)
}

/// Whether the payer bears the tax of the payee.
fn borne(book: &Book<'_>) -> bool {
    book.case.invoice.tax.contract.as_ref().is_some_and(|c| c.net_of_tax)
}

/// The exact tax: a share of the base or, when the payer bears it, what makes the base the net (s.141: C = 100 x A / (100 - B)).
fn exact(base: Taka, rate: Rate, borne: bool) -> Result<Decimal, Refusal> {
    let ppm = Decimal::from(rate.ppm());
    let divisor = if borne { MILLION - ppm } else { MILLION };
    let exact = base.decimal().checked_mul(ppm).and_then(|x| x.checked_div(divisor));
    exact.ok_or(MoneyError::OutOfRange).map_err(too_large)
}

/// Takes tax paid at import off the tax on those goods: B - A (TDS Rules 2026 r.3(2)). Exactly: if each kind of goods rounded
/// what it takes, the order of the lines would change the section's tax.
fn take_credit(book: &mut Book<'_>, due: &mut Reckoned, credit: &mut Decimal) -> Result<(), Refusal> {
    let before = Taka::round_half_up(due.exact).map_err(too_large)?;
    let taken = due.exact.min(*credit);
    if borne(book) {
        let text = "the payer bears the tax and tax was paid at import: the law does not say which comes first; is that right?";
        book.ask(QuestionKind::Combination, "import_gross_up", text.to_owned());
    }
    *credit -= taken;
    due.exact -= taken;
    let after = Taka::round_half_up(due.exact).map_err(too_large)?;
    let taken = before.minus(after).map_err(too_large)?;
    book.step(None, Tax::Tds, Step::ImportCredit { from: before }, Some(due.row), (taken, due.rate, after));
    Ok(())
}

/// Rounds a group's tax so that the section's sum is rounded once; the last group bears the difference.
fn round<'a>(
    book: &mut Book<'_>,
    sections: &mut Vec<Section<'a>>,
    name: &'a str,
    due: &Reckoned,
) -> Result<Taka, Refusal> {
    let at = sections.iter().position(|s| s.name == name).unwrap_or_else(|| {
        sections.push(Section { name, exact: Decimal::ZERO, rounded: Taka::ZERO });
        sections.len() - 1
    });
    let Some(section) = sections.get_mut(at) else { return Ok(Taka::ZERO) };
    section.exact = section.exact.checked_add(due.exact).ok_or(MoneyError::OutOfRange).map_err(too_large)?;
    let poisha = Taka::round_half_up(section.exact).map_err(too_large)?;
    let nearest_taka = book.schedule.policy.tds_rounding == TdsRounding::NearestTakaS331;
    let rounded = if nearest_taka { nearest(section.exact)? } else { poisha };
    let amount = rounded.minus(section.rounded).map_err(too_large)?;
    section.rounded = rounded;
    let step = if borne(book) { Step::GrossUp } else { Step::Share };
    book.step(None, Tax::Tds, step, Some(due.row), (due.base, due.rate, amount));
    if nearest_taka && rounded != poisha {
        book.step(None, Tax::Tds, Step::NearestTaka, Some(due.row), (poisha, due.rate, rounded));
    }
    Ok(amount)
}

fn nearest(exact: Decimal) -> Result<Taka, Refusal> {
    let whole = exact.round_dp_with_strategy(0, rust_decimal::RoundingStrategy::MidpointAwayFromZero);
    Taka::round_half_up(whole).map_err(too_large)
}
