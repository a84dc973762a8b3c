//! `vextrus tax explain`.

use chrono::{Datelike as _, NaiveDate};
use serde_json::{Value, json};
use vextrus_domain::tax_facts::PaymentMethod;
use vextrus_domain::{Lang, Rate, Refusal, Taka};
use vextrus_tax::explain::{self, Comparison, WhatIf};
use vextrus_tax::{Assessment, QuestionKind, Tax, Withheld};

use super::case::Read;
use super::options::{ExplainOptions, YesNo};
use crate::options::Format;
use crate::{output, present};

pub(super) fn run(format: Format, asked: &ExplainOptions) -> anyhow::Result<()> {
    let read = Read::from_options(&asked.case)?;
    let now = read.assess()?;
    let lang = present::lang();
    let working = explain::why(&now, asked.tax, asked.rate, lang);
    let compare = |what_if| (what_if, explain::compare(&read.schedule, &read.case(), &now, what_if));
    let compared: Vec<Compared> = what_ifs(asked, &read, &now).into_iter().map(compare).collect();
    let text = || {
        let mut lines = vec![read.head()];
        if working.is_empty() {
            lines.push(nothing_matches(asked, &now));
        }
        lines.extend(working.iter().map(|step| format!("    {step}")));
        for one in &compared {
            lines.push(String::new());
            lines.extend(comparison(one, &now, lang));
        }
        lines.join("\n")
    };
    let comparisons = compared.iter().map(comparison_json).collect::<Result<Vec<Value>, _>>()?;
    let answer = json!({
        "schedule": read.schedule.name,
        "hash": read.schedule.hash,
        "paid_on": read.paid_on,
        "working": working,
        "rates": rates(&now).iter().map(|(tax, rate)| json!({"tax": tax, "rate_ppm": rate})).collect::<Vec<_>>(),
        "withheld": now.withheld,
        "net_payable": now.net_payable,
        "comparisons": comparisons,
    });
    output::answer(format, text, &answer)
}

/// A change, and what it would do or why the changed case is refused.
type Compared = (WhatIf, Result<Comparison, Refusal>);

/// The changes that were asked for; where nothing at all was, those that make sense.
fn what_ifs(asked: &ExplainOptions, read: &Read, now: &Assessment) -> Vec<WhatIf> {
    let mut all: Vec<WhatIf> = asked.if_paid_on.iter().copied().map(WhatIf::PaidOn).collect();
    all.extend(asked.if_psr.map(|said| WhatIf::ReturnProof(said == YesNo::Yes)));
    all.extend(asked.if_bank.map(|said| WhatIf::ByBank(said == YesNo::Yes)));
    if !all.is_empty() || asked.tax.is_some() || asked.rate.is_some() {
        return all;
    }
    let case = read.case();
    all.extend(next_july(read.paid_on).map(WhatIf::PaidOn));
    let needs_none = case.payee.non_resident || case.payee.psr_exemption.is_some();
    // One that is there may have run out: then the assessment asks.
    let asks = now.questions.iter().any(|q| q.kind == QuestionKind::ReturnProof);
    if asks || (case.payee.psr.is_none() && !needs_none) {
        all.push(WhatIf::ReturnProof(true));
    }
    if case.invoice.tax.payment.method == PaymentMethod::Other {
        all.push(WhatIf::ByBank(true));
    }
    all
}

/// The first 1 July after a day: most rates change on one.
fn next_july(day: NaiveDate) -> Option<NaiveDate> {
    let this_year = NaiveDate::from_ymd_opt(day.year(), 7, 1).filter(|july| day < *july);
    this_year.or_else(|| NaiveDate::from_ymd_opt(day.year().checked_add(1)?, 7, 1))
}

/// The taxes and rates of an assessment, each once.
fn rates(assessment: &Assessment) -> Vec<(Tax, Rate)> {
    let rated = assessment.trace.iter().filter(|step| step.row.is_some());
    let mut all: Vec<(Tax, Rate)> = rated.map(|step| (step.tax, step.rate)).collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn nothing_matches(asked: &ExplainOptions, assessment: &Assessment) -> String {
    let tax = asked.tax.map_or("any tax", Tax::name);
    let asked = asked.rate.map_or_else(|| tax.to_owned(), |rate| format!("{tax} at {rate}"));
    let there: Vec<String> = rates(assessment).iter().map(|(tax, rate)| format!("{tax} at {rate}")).collect();
    let there = if there.is_empty() { "no rate at all".to_owned() } else { there.join(", ") };
    format!("nothing matches {asked}; there is {there}")
}

fn name(what_if: WhatIf) -> String {
    match what_if {
        WhatIf::PaidOn(day) => format!("if paid on {day}"),
        WhatIf::ReturnProof(true) => "if a proof of submission of return were shown".to_owned(),
        WhatIf::ReturnProof(false) => "if no proof of submission of return were shown".to_owned(),
        WhatIf::ByBank(true) => "if paid by bank transfer".to_owned(),
        WhatIf::ByBank(false) => "if not paid by bank transfer".to_owned(),
    }
}

fn comparison((what_if, done): &Compared, now: &Assessment, lang: Lang) -> Vec<String> {
    let then = match done {
        Ok(then) => then,
        Err(refusal) => return vec![format!("{}: refused, {refusal}", name(*what_if))],
    };
    let mut lines = vec![name(*what_if)];
    let mut put = |what: &str, before: Taka, after: Taka| {
        let (before, after) = (before.grouped_in(lang), after.grouped_in(lang));
        lines.push(format!("    {what:<10} BDT {before:>18}  then {after:>18}"));
    };
    for tax in [Tax::Vds, Tax::Tds] {
        let (before, after) = (withheld(&now.withheld, tax), withheld(&then.withheld, tax));
        if let (Ok(before), Ok(after)) = (before, after)
            && [before, after] != [Taka::ZERO; 2]
        {
            put(tax.name(), before, after);
        }
    }
    put("payable", now.net_payable, then.net_payable);
    if then.difference == Taka::ZERO {
        lines.push("    no difference to the payable".to_owned());
    } else {
        let sign = if then.difference.is_negative() { "" } else { "+" };
        let difference = format!("{sign}{}", then.difference.grouped_in(lang));
        lines.push(format!("    {:<10} BDT {difference:>18}", "difference"));
    }
    lines.extend(then.new_questions.iter().map(|question| format!("    new question: {question}")));
    lines
}

fn withheld(all: &[Withheld], tax: Tax) -> Result<Taka, vextrus_domain::money::MoneyError> {
    Taka::sum(all.iter().filter(|w| w.tax == tax).map(|w| w.amount))
}

/// A comparison as JSON; a refused one has `refused` in place of amounts.
fn comparison_json((what_if, done): &Compared) -> Result<Value, serde_json::Error> {
    match done {
        Ok(then) => serde_json::to_value(then),
        Err(refusal) => Ok(json!({"what_if": what_if, "refused": refusal})),
    }
}
