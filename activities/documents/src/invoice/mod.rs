//! A vendor's invoice: its taxes, its match, and what it becomes when it is settled.

mod matching;
mod settle;
mod taxes;

use vextrus_approval::{Amounts, ExceptionFinding, ExceptionKind, Occasion, Restart, TaskKind, TaskStatus};
use vextrus_domain::vendor::Vendor;
use vextrus_domain::{Invoice, Refusal, RefusalCode, Taka};
use vextrus_ledger::documents::{self, Document};
use vextrus_ledger::journal::AccountMapping;
use vextrus_ledger::rules::RuleKind;
use vextrus_ledger::{Tx, journal, masterdata, orders};
use vextrus_tax::Schedule;

use crate::assess::{Computed, Paying, Setting, Taxes, lookalikes};
use crate::stop::Stop;

pub(crate) use settle::settle;
pub(crate) use taxes::{check_identity, facts, tax_of, totals};

pub(crate) async fn compute(
    tx: &mut Tx,
    document: &Document,
    invoice: &Invoice,
    setting: &Setting<'_>,
) -> Result<Computed, Stop> {
    let company = setting.company;
    let tax_rule = company.tax(tx).await??;
    let accounts = match setting.earlier.last() {
        Some(kept) => vextrus_ledger::rules::version(tx, RuleKind::Accounts, &kept.accounts_hash).await?,
        None => company.accounts(tx).await??,
    };
    let payer = company.payer.clone();
    let vendor = vendor_of(tx, document).await?;
    let vendor_class = vendor.class().to_owned();
    let warnings = check_identity(&payer, &vendor, invoice.date)?;
    let mut facts = facts(payer, vendor, setting.approval.machine());
    facts.warnings = warnings;
    let schedule = tax_rule.read(tx, Schedule::parse)?;
    let assessment = tax_of(&schedule, invoice, &facts, setting.paid_on)?;
    let mapping = accounts.read(tx, AccountMapping::parse)?;
    journal::postings(&mapping, &assessment)?;
    let named = documents::orders_named(tx, document).await?;
    for number in &named {
        orders::lock_row(tx, &document.key.tenant, number).await?;
    }
    let matched = matching::of(tx, document, invoice, setting).await?;
    let order = matched.as_ref().and_then(|m| m.issued.clone());
    if let Some(matched) = matched {
        facts.matched = matched.differences;
    }
    let findings = findings(tx, document, setting, &assessment, &facts.matched).await?;
    // A changed invoice may name another order than before, or none.
    if order.is_some() || document.revision > 0 {
        orders::bill(tx, &document.key, invoice, order.as_ref().map(|(number, ..)| number)).await?;
    }
    for earlier in named.iter().filter(|number| invoice.po_number.as_ref() != Some(number)) {
        orders::end_when_billed(tx, &document.key, earlier).await?;
    }
    let cost = assessment.cost().map_err(|e| Refusal::new(RefusalCode::LimitExceeded, e.to_string()))?;
    let paying = match order {
        // The order's budget pays, whatever the bill says; a difference is asked about.
        Some((number, department, project)) => Paying { department, project, cost, order: Some(number) },
        None => Paying { department: invoice.department.clone(), project: invoice.project.clone(), cost, order: None },
    };
    let amounts = Amounts { total: invoice.total, subtotal: invoice.subtotal, payable: assessment.net_payable };
    let taxes = Some(Taxes { assessment, tax_hash: tax_rule.hash, accounts_hash: accounts.hash });
    Ok(Computed { amounts, together: Taka::ZERO, change: None, vendor_class, findings, facts, taxes, paying })
}

/// What people are asked: everything at first, and what has changed later.
async fn findings(
    tx: &mut Tx,
    document: &Document,
    setting: &Setting<'_>,
    assessment: &vextrus_tax::Assessment,
    matched: &[String],
) -> Result<Vec<ExceptionFinding>, Stop> {
    let mut found = Vec::new();
    let known = setting.earlier.last().filter(|_| matches!(setting.occasion, Occasion::Reassessed { .. }));
    if known.is_none() {
        found.extend(lookalikes(tx, document).await?);
    }
    let new: Vec<&str> =
        matched.iter().filter(|m| known.is_none_or(|k| !k.facts.matched.contains(m))).map(String::as_str).collect();
    if !new.is_empty() {
        let question = format!("{}: accept it?", new.join("; "));
        found.push(ExceptionFinding::new(ExceptionKind::PoVariance, question));
    }
    match known.and_then(|k| k.assessment.as_ref()) {
        Some(before) => {
            // A changed payable concerns nobody before a level has approved it.
            let approved = !setting.approval.machine().approvers().is_empty();
            found.extend(taxes::changes(before, assessment, approved));
        }
        None => {
            let approved = approved_assessment(setting);
            found.extend(approved.and_then(|approved| taxes::payable_change(approved, assessment)));
            found.extend(taxes::asked(&assessment.questions));
        }
    }
    Ok(found)
}

/// What the levels that have approved saw first, where another plan keeps their approvals.
fn approved_assessment<'s>(setting: &Setting<'s>) -> Option<&'s vextrus_tax::Assessment> {
    let keeps = match setting.occasion {
        Occasion::Replanned => true,
        Occasion::Resubmitted { .. } => setting.policy.restart == Restart::Undecided,
        Occasion::First | Occasion::Reassessed { .. } => false,
    };
    let levels = setting.approval.machine().tasks().iter().filter(|t| t.task.kind == TaskKind::Level);
    let standing = levels.filter(|t| keeps && t.status != TaskStatus::Superseded);
    let since = standing.flat_map(|t| &t.decisions).filter(|d| d.proceeds).map(|d| d.at).min()?;
    let seen = setting.earlier.iter().rev().find(|e| e.assessed_at < since).or(setting.earlier.first());
    seen.and_then(|e| e.assessment.as_ref())
}

/// The vendor, locked, once it may be dealt with.
pub(crate) async fn vendor_of(tx: &mut Tx, document: &Document) -> Result<Vendor, Stop> {
    let id = document.content.vendor();
    let vendor = masterdata::lock_vendor(tx, &document.key.tenant, id)
        .await?
        .ok_or_else(|| Refusal::new(RefusalCode::VendorUnknown, format!("vendor {id} is not in the register")))?;
    if !vendor.active {
        let what = document.content.kind().words();
        let message = format!("vendor {id} is not active; activate it or refuse the {what}");
        return Err(Refusal::new(RefusalCode::VendorInactive, message).into());
    }
    Ok(vendor)
}
