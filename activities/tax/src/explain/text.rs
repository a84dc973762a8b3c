//! The working as text, one step a line.

use rust_decimal::Decimal;
use vextrus_domain::{Lang, Rate, Taka};

use super::labels::{self as l, digits, money, percent, say};
use crate::assessment::{Assessment, Step, TraceStep};
use crate::schedule::{Row, Tax};

const MILLION: Decimal = Decimal::from_parts(1_000_000, 0, 0, false, 0);

/// The working, step by step.
#[must_use]
pub fn lines(assessment: &Assessment, lang: Lang) -> Vec<String> {
    assessment.trace.iter().map(|step| line(assessment, step, lang)).collect()
}

/// One step of the working.
#[must_use]
pub fn line(assessment: &Assessment, step: &TraceStep, lang: Lang) -> String {
    let row = assessment.row(step);
    let mut head = l::tax(lang, step.tax).to_owned();
    if let Some(number) = step.line {
        head = format!("{head} {} {}", say(lang, l::LINE), digits(lang, &number.to_string()));
    }
    match row {
        Some(row) => head = format!("{head} {}", row.key()),
        None if !step.code.is_empty() => head = format!("{head} {}", step.code),
        None => {}
    }
    let said = what(step, lang);
    match (row, step.because.as_str()) {
        (Some(row), _) => format!("{head}: {said} ({})", source(assessment, row, lang)),
        (None, "") => format!("{head}: {said}"),
        (None, because) => format!("{head}: {said} ({because})"),
    }
}

fn what(step: &TraceStep, lang: Lang) -> String {
    let (base, amount, rate) = (money(lang, step.base), money(lang, step.amount), percent(lang, step.rate));
    match &step.step {
        Step::Share if lang == Lang::En => format!("{rate} {} {base} = {}", say(lang, l::OF), result(step, lang)),
        Step::Share => format!("{base} {} {rate} = {}", say(lang, l::OF), result(step, lang)),
        Step::TaxFraction => format!("{rate}, {} {base} = {}", say(lang, l::WITHIN), result(step, lang)),
        Step::Whole => format!("{rate}, {} = {amount}", say(lang, l::WHOLE)),
        Step::Stated { computed } => format!("{amount}, {} {}", say(lang, l::STATED), money(lang, *computed)),
        Step::HighestOf { contract, bill, payment, taxed_before } => {
            let mut of = Vec::new();
            for (phrase, value) in [(l::CONTRACT, *contract), (l::BILL, Some(*bill)), (l::PAYMENT, *payment)] {
                of.extend(value.map(|v| format!("{} {}", say(lang, phrase), money(lang, v))));
            }
            let mut text = format!("{} {base}: {} {}", say(lang, l::BASE), say(lang, l::HIGHEST), of.join(", "));
            if *taxed_before != Taka::ZERO {
                text = format!("{text}, {} {}", say(lang, l::BEFORE), money(lang, *taxed_before));
            }
            format!("{text} (Income Tax Act 2023 s.140(5))")
        }
        Step::Uplift { from, ground } => {
            format!("{} {} {rate}: {}", percent(lang, *from), say(lang, l::RAISED), l::ground(lang, *ground))
        }
        Step::Certificate { from, number } => {
            format!("{} {} {number}: {rate}", percent(lang, *from), say(lang, l::LOWERED))
        }
        Step::LowerAlternative => format!("{rate} {} {base} = {amount} {}", say(lang, l::OF), say(lang, l::LOWER)),
        Step::ImportCredit { from } => {
            format!("{} {} {base} = {amount}", money(lang, *from), say(lang, l::IMPORT))
        }
        Step::GrossUp => format!("{rate}, {} {base} = {}", say(lang, l::GROSS_UP), result(step, lang)),
        Step::NearestTaka => format!("{}: {base} = {amount}", say(lang, l::NEAREST)),
        Step::NotWithheld { why } => format!("{}: {why}", say(lang, l::NOTHING)),
    }
}

/// The amount and, where it was rounded, what it was before.
fn result(step: &TraceStep, lang: Lang) -> String {
    let amount = money(lang, step.amount);
    let Some(exact) = exact(step) else { return amount };
    if exact == step.amount.decimal() {
        return amount;
    }
    let how = if Taka::round_half_up(exact) == Ok(step.amount) { l::ROUNDED } else { l::ROUNDED_ONCE };
    let shown = exact.round_dp_with_strategy(6, rust_decimal::RoundingStrategy::ToZero).normalize().to_string();
    format!("{}, {} {amount}", digits(lang, &shown), say(lang, how))
}

fn exact(step: &TraceStep) -> Option<Decimal> {
    let ppm = Decimal::from(step.rate.ppm());
    let divisor = match step.step {
        Step::Share => MILLION,
        Step::TaxFraction => MILLION.checked_add(ppm)?,
        Step::GrossUp => MILLION.checked_sub(ppm)?,
        _ => return None,
    };
    step.base.decimal().checked_mul(ppm)?.checked_div(divisor)
}

fn source(assessment: &Assessment, row: &Row, lang: Lang) -> String {
    let mut text = String::new();
    if let Some(schedule) = &assessment.schedule {
        text = format!("{} {}; ", say(lang, l::SCHEDULE), schedule.name);
    }
    text = format!("{text}{}; {}; {} {:?}", row.legal_ref, row.source, say(lang, l::CONFIDENCE), row.confidence);
    match row.from {
        Some(from) => format!("{text}; {} {}", say(lang, l::FROM), digits(lang, &from.to_string())),
        None => text,
    }
}

/// The steps behind a rate or a tax: every step that rests on the same rows, so that `7.5 %` shows the 5 % that it came from.
#[must_use]
pub fn why(assessment: &Assessment, tax: Option<Tax>, rate: Option<Rate>, lang: Lang) -> Vec<String> {
    let asked = |s: &&TraceStep| tax.is_none_or(|t| t == s.tax) && rate.is_none_or(|r| r == s.rate);
    let rows: Vec<Option<u32>> = assessment.trace.iter().filter(asked).map(|s| s.row).collect();
    let related = |s: &&TraceStep| asked(s) || (s.row.is_some() && rows.contains(&s.row));
    let chosen = assessment.trace.iter().filter(related);
    let mut found: Vec<String> = chosen.map(|step| line(assessment, step, lang)).collect();
    if !found.is_empty() {
        // How the base was chosen belongs to every amount on it.
        let bases = assessment.trace.iter().filter(|s| matches!(s.step, Step::HighestOf { .. }) && !asked(s));
        found.splice(0..0, bases.filter(|s| tax.is_none_or(|t| t == s.tax)).map(|s| line(assessment, s, lang)));
    }
    found
}

/// The amounts alone, one a line, then the questions.
#[must_use]
pub fn summary(assessment: &Assessment, lang: Lang) -> Vec<String> {
    let put = |name: &str, amount: Taka| format!("{name:<38} BDT {:>18}", money(lang, amount));
    let optional = |phrase, amount: Taka| (amount != Taka::ZERO).then(|| put(say(lang, phrase), amount));
    let mut out = vec![put(say(lang, l::SUBTOTAL), assessment.subtotal)];
    out.extend((assessment.sd != Taka::ZERO).then(|| put(l::tax(lang, Tax::Sd), assessment.sd)));
    out.push(put(l::tax(lang, Tax::Vat), assessment.vat));
    out.push(put(say(lang, l::TOTAL), assessment.total));
    for w in &assessment.withheld {
        let name = format!("{} {} {}", l::tax(lang, w.tax), w.code, percent(lang, w.rate));
        out.push(put(&name, w.amount));
    }
    out.extend(optional(l::BORNE, assessment.borne));
    out.extend(optional(l::RETENTION, assessment.retention));
    out.extend(optional(l::ADVANCE, assessment.advance));
    out.push(put(say(lang, l::PAYABLE), assessment.net_payable));
    for question in &assessment.questions {
        let blocks = if question.blocks { format!(" [{}]", say(lang, l::BLOCKS)) } else { String::new() };
        out.push(format!("{}{blocks}: {}", say(lang, l::QUESTION), question.text));
        if !question.choices.is_empty() {
            out.push(format!("    {} = {}", question.key(), question.choices.join(" | ")));
        }
    }
    out
}
