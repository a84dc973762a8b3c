//! The taxes of an invoice: facts, questions, and what a later assessment asks.

use chrono::NaiveDate;
use vextrus_approval::{Choices, ExceptionFinding, ExceptionKind, Machine};
use vextrus_contract::steps::Totals;
use vextrus_domain::identity::{Bin, IdentityError, Tin};
use vextrus_domain::vendor::Vendor;
use vextrus_domain::{Invoice, Payer, Refusal, RefusalCode};
use vextrus_ledger::assessments::Facts;
use vextrus_tax::{Answers, Assessment, Case, Question, QuestionKind, Schedule};

pub(crate) fn totals(a: &Assessment) -> Totals {
    Totals {
        subtotal: a.subtotal,
        sd: a.sd,
        vat: a.vat,
        total: a.total,
        withheld: a.withheld.clone(),
        borne: a.borne,
        retention: a.retention,
        advance: a.advance,
        net_payable: a.net_payable,
    }
}

/// What a later assessment asks: a payable that differs from what somebody has approved, and rates that nobody has confirmed
/// yet.
pub(super) fn changes(before: &Assessment, now: &Assessment, approved: bool) -> Vec<ExceptionFinding> {
    let mut findings: Vec<ExceptionFinding> =
        if approved { payable_change(before, now).into_iter().collect() } else { Vec::new() };
    findings.extend(asked(now.questions.iter().filter(|q| !before.questions.contains(q))));
    findings
}

/// A payable that differs from what was approved.
pub(super) fn payable_change(before: &Assessment, now: &Assessment) -> Option<ExceptionFinding> {
    (before.net_payable != now.net_payable).then(|| {
        let question = format!(
            "the payable was approved as BDT {} and is {} now ({}): accept it?",
            before.net_payable.grouped(),
            now.net_payable.grouped(),
            now.withheld.iter().map(|w| format!("{} {} {}", w.tax, w.code, w.rate)).collect::<Vec<_>>().join(", ")
        );
        ExceptionFinding::new(ExceptionKind::PayableChanged, question)
    })
}

/// The tax questions as exceptions: one for all that a person confirms together, one for each that has choices.
pub(super) fn asked<'q>(questions: impl IntoIterator<Item = &'q Question>) -> Vec<ExceptionFinding> {
    let (chosen, confirmed): (Vec<&Question>, Vec<&Question>) =
        questions.into_iter().partition(|q| !q.choices.is_empty());
    let mut findings = Vec::new();
    if !confirmed.is_empty() {
        let texts: Vec<&str> = confirmed.iter().map(|q| q.text.as_str()).collect();
        findings.push(ExceptionFinding::new(ExceptionKind::UncertainRate, texts.join("; ")));
    }
    findings.extend(chosen.into_iter().map(|q| ExceptionFinding {
        kind: ExceptionKind::UncertainRate,
        question: q.text.clone(),
        choices: Some(Choices { subject: q.key(), answers: q.choices.clone() }),
    }));
    findings
}

/// What an assessment uses beside the document: the records as they are, and what people have answered so far.
pub(crate) fn facts(payer: Payer, vendor: Vendor, machine: &Machine) -> Facts {
    Facts {
        payer: Some(payer),
        kind: Some(vendor.kind),
        payee: Some(vendor.tax),
        answers: answers(machine),
        ..Facts::default()
    }
}

/// What people have answered to the questions whose answers count, by what they are stored under.
fn answers(machine: &Machine) -> Answers {
    let asked = machine.tasks().iter().filter_map(|t| Some((t.task.subject.clone()?, t)));
    let answered = asked.filter_map(|(subject, t)| {
        let given = t.decisions.iter().rfind(|d| d.proceeds)?;
        Some((subject, given.answer.clone()))
    });
    answered.collect()
}

/// The taxes of a document on a day of payment. What must not be paid at all is a refusal.
pub(crate) fn tax_of(
    schedule: &Schedule,
    invoice: &Invoice,
    facts: &Facts,
    paid_on: NaiveDate,
) -> Result<Assessment, Refusal> {
    let (payer, payee) = (facts.payer.clone().unwrap_or_default(), facts.payee.clone().unwrap_or_default());
    let Some(kind) = facts.kind else {
        return Err(Refusal::new(RefusalCode::Internal, "the vendor's kind was not read"));
    };
    let case = Case { invoice, payer: &payer, kind, payee: &payee, paid_on, answers: &facts.answers };
    let assessment = vextrus_tax::assess(schedule, &case)?;
    if let Some(question) = assessment.blocking().next() {
        let code = match question.kind {
            QuestionKind::ReturnProof => RefusalCode::ReturnProofMissing,
            _ => RefusalCode::MushakMissing,
        };
        return Err(Refusal::new(code, question.text.clone()));
    }
    Ok(assessment)
}

/// Checks the vendor's identities against what the company takes. Answers what the trail should say of legacy ones.
pub(crate) fn check_identity(payer: &Payer, vendor: &Vendor, on: NaiveDate) -> Result<Vec<String>, Refusal> {
    let invalid =
        |why: String| Refusal::new(RefusalCode::VendorIdentityInvalid, format!("vendor {}: {why}", vendor.id));
    let tin: Tin = vendor.tin.parse().map_err(|e: IdentityError| invalid(e.to_string()))?;
    let bin: Bin = vendor.bin.parse().map_err(|e: IdentityError| invalid(e.to_string()))?;
    let profile = payer.identity_profile;
    let accepted = [
        ("TIN", profile.check_tin(&tin, on).map_err(|e| invalid(e.to_string()))?),
        ("BIN", profile.check_bin(&bin, on).map_err(|e| invalid(e.to_string()))?),
    ];
    Ok(accepted.iter().filter_map(|(name, a)| Some(format!("{}: the vendor's {name}", a.warning()?))).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use vextrus_domain::Taka;

    use super::*;

    #[test]
    fn only_what_has_changed_asks() {
        let zero: Assessment =
            serde_json::from_value(json!({"subtotal": "0", "vat": "0", "total": "0", "withheld": [],
            "net_payable": "0", "trace": [], "questions": []}))
            .unwrap();
        assert!(changes(&zero, &zero, true).is_empty());
        let more = Assessment { net_payable: Taka::whole(5), ..zero.clone() };
        assert_eq!(changes(&zero, &more, true)[0].kind, ExceptionKind::PayableChanged);
        assert!(changes(&zero, &more, false).is_empty(), "nobody has approved anything yet");
        let doubtful =
            Assessment { questions: vec![serde_json::from_value(json!("is it right?")).unwrap()], ..zero.clone() };
        assert_eq!(changes(&zero, &doubtful, true)[0].kind, ExceptionKind::UncertainRate);
        assert!(changes(&doubtful, &doubtful, true).is_empty(), "it was confirmed before");
    }
}
