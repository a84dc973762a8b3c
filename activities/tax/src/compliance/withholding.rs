//! What was withheld: VAT by code and its certificate, income tax with its working and evidence.

use vextrus_domain::Taka;
use vextrus_domain::tax_facts::PaymentMethod;

use super::facts::Facts;
use super::parts::Parts;
use crate::assessment::{Assessment, LineTax, ReturnProof, Step, TraceStep, UpliftGround, return_proof};
use crate::schedule::{Schedule, Tax, Vds};

fn sum(assessment: &Assessment, tax: Tax) -> Option<Taka> {
    Taka::sum(assessment.withheld.iter().filter(|w| w.tax == tax).map(|w| w.amount)).ok()
}

pub(super) fn vds_by_code(facts: &Facts<'_>) -> Parts {
    if facts.payer.is_some_and(|p| !p.withholding_entity) {
        return Parts::beside("the company is no withholding entity (VAT Act s.2(21))");
    }
    let Some(schedule) = facts.schedule else { return Parts::not_known("schedule") };
    if schedule.policy.vds == Vds::None {
        return Parts::beside(format!("schedule {} withholds no VAT", schedule.name));
    }
    let Some(assessment) = facts.assessment else { return Parts::not_known("assessment") };
    let mut parts = Parts::default();
    if facts.payer.is_none() {
        parts.unknown("payer");
    }
    let charged = assessment.lines.iter().filter(|l| l.vat > Taka::ZERO);
    for line in charged {
        line_of_vds(&mut parts, facts, (schedule, assessment), line);
    }
    if assessment.lines.is_empty() {
        parts.unknown("assessment.lines");
    } else if assessment.vat <= Taka::ZERO {
        return Parts::beside("no VAT was charged");
    }
    if let Some(claimed) = facts.invoice.and_then(|i| i.tax.vds_exemption.as_ref()) {
        let (clause, empty) = (&claimed.clause, claimed.evidence.trim().is_empty());
        let why = format!("invoice.tax.vds_exemption.evidence is empty for clause {clause:?}");
        parts.expect(!empty, format!("r.5({clause}) has evidence"), why, "store the evidence, or withhold");
    }
    parts
}

fn line_of_vds(parts: &mut Parts, facts: &Facts<'_>, (schedule, assessment): (&Schedule, &Assessment), line: &LineTax) {
    let number = line.line;
    if line.vds > Taka::ZERO {
        let of_line = |t: &&TraceStep| t.tax == Tax::Vds && t.line == Some(number);
        let named = assessment.trace.iter().filter(of_line).any(|t| assessment.row(t).is_some());
        let what = format!("line {number} is withheld by its code");
        let why = format!("line {number}: VAT of {} is withheld and no row of the schedule says why", line.vds);
        parts.expect(named, what, why, "assess the bill again");
        return;
    }
    let why = assessment.trace.iter().find_map(|t| match &t.step {
        Step::NotWithheld { why } if t.tax == Tax::Vds && (t.line == Some(number) || t.line.is_none()) => {
            Some(why.as_str())
        }
        _ => None,
    });
    let place = usize::try_from(number).ok().and_then(|n| n.checked_sub(1));
    let code =
        place.zip(facts.invoice).and_then(|(i, invoice)| invoice.lines.get(i)).and_then(|l| l.tax_code.as_deref());
    let listed = code.is_some_and(|c| schedule.rows_of(Tax::Vds, c).next().is_some());
    let remedy = "withhold by the code, or name the clause of r.5 and store its evidence";
    match why {
        // The clause is in the words of the working: an assessment keeps no other trace of it.
        Some(why) if why.contains("r.5(") && facts.invoice.is_none() => parts.unknown("invoice"),
        Some(why) if why.contains("r.5(b)") && (facts.payee.is_none() || facts.paid_on.is_none()) => {
            parts.unknown("payee or paid_on");
        }
        Some(why) if why.contains("r.5(") => match filing_certificate(facts, why) {
            Some(trouble) => parts.wrong(format!("line {number}: {why}, but {trouble}"), remedy),
            None => parts.right(format!("line {number}: {why}")),
        },
        other => {
            let code = code.unwrap_or("none");
            let table = if listed { ", which the table has" } else { "" };
            let said = other.unwrap_or("the working does not say why");
            let why = format!("line {number}: no VAT is withheld of {}; tax_code is {code}{table}; {said}", line.vat);
            parts.wrong(why, remedy);
        }
    }
}

/// What keeps r.5(b) from holding: the trader's filing certificate must cover the day.
fn filing_certificate(facts: &Facts<'_>, why: &str) -> Option<String> {
    let (payee, day) = (facts.payee?, facts.paid_on?);
    if !why.contains("r.5(b)") {
        return None;
    }
    match &payee.filing_certificate {
        None => Some("payee.filing_certificate is missing".to_owned()),
        Some(c) if !c.covers(day) => {
            Some(format!("payee.filing_certificate counts from {} to {}, not on {day}", c.from, c.until))
        }
        Some(_) => None,
    }
}

pub(super) fn vds_certificate(facts: &Facts<'_>) -> Parts {
    let Some(assessment) = facts.assessment else { return Parts::not_known("assessment") };
    let Some(withheld) = sum(assessment, Tax::Vds) else {
        return Parts::not_known("the VAT withheld: it is beyond all limits");
    };
    if withheld <= Taka::ZERO {
        return Parts::beside("no VAT is withheld");
    }
    let Some(paper) = &facts.certificate_6_6 else { return Parts::not_known("certificate_6_6") };
    let mut parts = Parts::default();
    let Some(issued) = paper.issued_on else {
        match (paper.due, facts.today) {
            (Some(due), Some(today)) if today <= due => {
                return Parts::beside(format!("the Mushak 6.6 is due on {due}"));
            }
            (Some(due), Some(today)) => {
                parts.wrong(
                    format!("certificate_6_6.issued_on is missing on {today}; it was due on {due}"),
                    "issue the Mushak 6.6 now",
                );
            }
            _ => parts.unknown("certificate_6_6.due or today"),
        }
        return parts;
    };
    match paper.due {
        None => parts.unknown("certificate_6_6.due"),
        Some(due) => parts.expect(
            issued <= due,
            format!("certificate_6_6.issued_on is {issued}"),
            format!("certificate_6_6.issued_on is {issued}, after {due} (VAT Rules r.40(1)(f))"),
            "issue the next ones in time; this one stays late",
        ),
    }
    match facts.paid_on {
        None => parts.unknown("paid_on"),
        Some(paid) if issued < paid => {
            parts.wrong(
                format!("certificate_6_6.issued_on is {issued}, before the payment of {paid}"),
                "withdraw it and issue another",
            );
        }
        Some(_) => {}
    }
    let stated = paper.vat_deducted;
    let why = format!("certificate_6_6.vat_deducted is {stated}, the assessment withholds {withheld}");
    parts.expect(stated == withheld, format!("it certifies {stated}"), why, "issue a right certificate");
    // Who is not registered for VAT has no return for it to be in; it deposits.
    if facts.payer.is_none_or(|p| p.vat_registered) {
        parts.flag(
            "certificate_6_6.in_note_24",
            paper.in_note_24,
            true,
            "put it into note 24 of the return of the payment's period",
        );
    }
    parts
}

pub(super) fn tds_base_shown(facts: &Facts<'_>) -> Parts {
    let Some(assessment) = facts.assessment else { return Parts::not_known("assessment") };
    let withheld: Vec<_> = assessment.withheld.iter().filter(|w| w.tax == Tax::Tds).collect();
    if withheld.is_empty() {
        return Parts::beside("no income tax is withheld");
    }
    let mut parts = Parts::default();
    let again = "assess the bill again with the present version";
    match (&assessment.schedule, facts.schedule) {
        (None, _) => parts.wrong("assessment.schedule is missing: no version of the rates is stored", again),
        (Some(_), None) => parts.unknown("schedule"),
        (Some(stored), Some(given)) => parts.expect(
            stored.hash == given.hash,
            format!("rates of schedule {}", stored.name),
            format!(
                "assessment.schedule.hash is {}, the schedule at hand has {}",
                short(&stored.hash),
                short(&given.hash)
            ),
            "look it up with the schedule that it names",
        ),
    }
    for tax in withheld {
        let row = assessment.rows.iter().find(|r| r.tax == Tax::Tds && r.key() == tax.code);
        let traced = assessment
            .trace
            .iter()
            .any(|t| t.tax == Tax::Tds && t.base == tax.base && assessment.row(t).is_some_and(|r| r.key() == tax.code));
        match row {
            Some(row) if row.legal_ref.trim().is_empty() || row.source.trim().is_empty() => {
                parts.wrong(
                    format!("row {}: legal_ref or source is empty", tax.code),
                    "add the law and the source to the schedule",
                );
            }
            Some(row) if traced => parts.right(format!("{} on {} by {}", tax.rate, tax.base, row.legal_ref)),
            _ => {
                parts.wrong(format!("withheld {} on {}: no step of the working has its row", tax.code, tax.base), again)
            }
        }
    }
    let Some(invoice) = facts.invoice else {
        parts.unknown("invoice");
        return parts;
    };
    let compared = assessment.trace.iter().any(|t| t.tax == Tax::Tds && matches!(t.step, Step::HighestOf { .. }));
    if (invoice.tax.contract.is_some() || invoice.tax.payment.amount.is_some()) && !compared {
        let given = if invoice.tax.contract.is_some() { "invoice.tax.contract" } else { "invoice.tax.payment.amount" };
        parts.wrong(
            format!("{given} is given, and the working compares it with nothing (Income Tax Act 2023 s.140(5))"),
            again,
        );
    }
    parts
}

fn short(hash: &str) -> String {
    hash.chars().take(12).collect()
}

pub(super) fn return_and_bank_proof(facts: &Facts<'_>) -> Parts {
    let Some(payer) = facts.payer else { return Parts::not_known("payer") };
    if !payer.specified_person {
        return Parts::beside("the company is no specified person (Income Tax Act 2023 s.140(3))");
    }
    let (Some(payee), Some(day)) = (facts.payee, facts.paid_on) else { return Parts::not_known("payee or paid_on") };
    let mut parts = Parts::default();
    match facts.schedule {
        None => parts.unknown("schedule"),
        Some(schedule) => match return_proof(payee, &schedule.policy.psr_days, day) {
            ReturnProof::Shown => parts.right(format!("the proof of return counts on {day}")),
            ReturnProof::NotNeeded => parts.right("no proof of return is needed"),
            ReturnProof::Missing(why) => {
                raised(&mut parts, facts, &format!("payee.psr: {why}"), UpliftGround::NoPsr);
                overridden(&mut parts, facts, &why);
            }
            ReturnProof::Doubtful(why) => overridden(&mut parts, facts, &why),
        },
    }
    let Some(invoice) = facts.invoice else {
        parts.unknown("invoice");
        return parts;
    };
    let payment = &invoice.tax.payment;
    let evidence = payment.evidence.as_deref().or(facts.bank_evidence).filter(|e| !e.trim().is_empty());
    match (payment.method, evidence) {
        (PaymentMethod::Other, _) if payee.non_resident => {
            parts.right("s.142 does not reach payees that are not resident")
        }
        (PaymentMethod::Other, _) => {
            let what = "invoice.tax.payment.method is not a bank transfer";
            raised(&mut parts, facts, what, UpliftGround::NotByBank);
        }
        (PaymentMethod::BankTransfer, Some(_)) => parts.right("the bank transfer has evidence"),
        (PaymentMethod::BankTransfer, None) => parts.unknown("invoice.tax.payment.evidence"),
    }
    parts
}

/// The rate must have been raised for this ground.
fn raised(parts: &mut Parts, facts: &Facts<'_>, what: &str, wanted: UpliftGround) {
    let Some(assessment) = facts.assessment else {
        parts.unknown("assessment");
        return;
    };
    let applied = assessment.trace.iter().any(|t| match t.step {
        Step::Uplift { ground, .. } => ground == wanted || ground == UpliftGround::Both,
        _ => false,
    });
    // There is no rate to raise where nothing is withheld.
    let nothing = sum(assessment, Tax::Tds) == Some(Taka::ZERO);
    parts.expect(
        applied || nothing,
        format!("{what}; the rate was raised"),
        format!("{what}, and the working raises no rate (Income Tax Act 2023 s.142)"),
        "assess with a schedule that applies s.142, or have an adviser confirm that its rates hold it",
    );
}

/// Paying without a proof that counts takes a reason and a second person.
fn overridden(parts: &mut Parts, facts: &Facts<'_>, why: &str) {
    let remedy = "get the proof of return, or have a second person agree with a reason (s.264(5))";
    let Some(given) = &facts.overrides else {
        parts.unknown("overrides");
        return;
    };
    for (i, o) in given.iter().enumerate() {
        if o.reason.trim().is_empty() {
            parts.wrong(format!("overrides[{i}].reason is empty"), remedy);
        } else if o.asked_by == o.agreed_by {
            parts.wrong(format!("overrides[{i}].agreed_by is {}, who asked for it", o.agreed_by), remedy);
        } else {
            parts.right(format!("{} agreed to pay without it", o.agreed_by));
        }
    }
    if given.is_empty() {
        parts.wrong(format!("payee.psr: {why}; overrides has nobody who agreed to pay so"), remedy);
    }
}
