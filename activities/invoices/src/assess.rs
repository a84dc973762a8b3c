//! `assess`: everything that can be known of an invoice before people are asked.

use chrono::NaiveDate;
use serde_json::{Value, json};
use vextrus_approval::{Choices, ExceptionFinding, ExceptionKind, Plan, Policy, resolve};
use vextrus_contract::steps::{AssessInput, AssessOutput, Assessed, RuleHashes, Totals};
use vextrus_domain::calendar::dhaka_date;
use vextrus_domain::identity::{Bin, IdentityError, Tin};
use vextrus_domain::vendor::Vendor;
use vextrus_domain::{DocumentKey, Payer, Refusal, RefusalCode, canonical};
use vextrus_ledger::assessments::{self, Facts, StoredAssessment};
use vextrus_ledger::documents::{self, Document, State};
use vextrus_ledger::journal::{self, AccountMapping};
use vextrus_ledger::rules::{self, ActiveRule, RuleKind, WHOLE_COMPANY};
use vextrus_ledger::{LedgerError, Tx, budgets, decisions, effects, masterdata, outbox, tasks};
use vextrus_tax::{Assessment, Case, Question, QuestionKind, Schedule};

use crate::activities::Invoices;

/// The largest result of this activity, in bytes.
const MAX_RESULT: usize = 64 * 1024;

/// A step's own "no", or the database's.
enum Stop {
    Refused(Refusal),
    /// A refusal that the step, when its turn comes, must not be answered with.
    OutOfTurn(Refusal),
    Failed(LedgerError),
}

impl From<LedgerError> for Stop {
    fn from(error: LedgerError) -> Self {
        Self::Failed(error)
    }
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// The rules that one assessment uses.
struct Rules {
    tax: ActiveRule,
    approval: ActiveRule,
    accounts: ActiveRule,
    schedule: Schedule,
    policy: Policy,
    mapping: AccountMapping,
}

impl Invoices {
    /// The step itself.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub async fn assess_step(&self, input: &AssessInput) -> Result<AssessOutput, LedgerError> {
        let step = format!("assess/{}", input.revision);
        let mut tx = self.ledger.begin().await?;
        // Whoever can write to the namespace can start this activity; what was not claimed takes no effect key.
        let claimed = documents::get(&mut tx, &input.key).await?;
        let Some(document) = claimed.filter(|d| d.payload_hash == input.payload_hash) else {
            let message = format!("{} was not claimed with this content; submit it through the facade", input.key);
            return out_of_turn(tx, input, Refusal::new(RefusalCode::NotClaimed, message)).await;
        };
        if let Some(done) = effects::begin(&mut tx, &document.key, &step, input).await? {
            return Ok(done);
        }
        let output = match self.assess_document(&mut tx, input).await {
            Ok(assessed) => AssessOutput::Assessed(Box::new(assessed)),
            Err(Stop::Failed(error)) => return Err(error),
            Err(Stop::OutOfTurn(refusal)) => {
                tx.rollback().await?;
                return out_of_turn(self.ledger.begin().await?, input, refusal).await;
            }
            Err(Stop::Refused(refusal)) => {
                // What was done on the way to the refusal must not stay.
                tx.rollback().await?;
                tx = self.ledger.begin().await?;
                if let Some(done) = effects::begin(&mut tx, &document.key, &step, input).await? {
                    return Ok(done);
                }
                documents::lock(&mut tx, &document.key).await?;
                tx.audit(&document.key, "assess_refused", None, told(&refusal, input));
                AssessOutput::Refused(refusal)
            }
        };
        effects::finish(&mut tx, &document.key, &step, &output).await?;
        tx.commit().await?;
        Ok(output)
    }

    async fn assess_document(&self, tx: &mut Tx, input: &AssessInput) -> Result<Assessed, Stop> {
        let document = documents::lock(tx, &input.key)
            .await?
            .ok_or_else(|| Refusal::new(RefusalCode::NotClaimed, format!("{} was not claimed", input.key)))?;
        let expected = if input.revision == 1 { State::Claimed } else { State::Assessed };
        if document.state != expected || document.revision + 1 != input.revision {
            let message = format!("{} is {} at revision {}", input.key, document.state.name(), document.revision);
            return Err(Stop::OutOfTurn(Refusal::new(RefusalCode::DocumentClosed, message)));
        }
        let earlier = assessments::all(tx, &document.key).await?;
        let rules = rules_for(tx, &document, earlier.last()).await?;
        let paid_on = dhaka_date(tx.now());
        let payer = masterdata::payer(tx, &document.key.tenant).await?;
        let vendor = vendor_of(tx, &document).await?;
        let warnings = check_identity(&payer, &vendor, document.invoice.date)?;
        let mut facts = facts_of(tx, &document.key, payer, vendor, &earlier).await?;
        facts.warnings = warnings;
        let assessment = tax_of(&rules.schedule, &document, &facts, paid_on)?;
        journal::postings(&rules.mapping, &assessment)?;
        let findings = match earlier.last() {
            None => self.first_findings(tx, &document, &rules.policy, &assessment).await?,
            Some(before) => {
                let approved = decisions::any_level(tx, &document.key).await?;
                changes(&before.assessment, &assessment, approved)
            }
        };
        let people = masterdata::people(tx, &document.key.tenant).await?;
        let resolving = vextrus_approval::Facts {
            revision: input.revision,
            total: document.invoice.total,
            department: &document.invoice.department,
            submitter: &document.submitter,
            people: &people,
            findings: &findings,
        };
        let plan = resolve(&rules.policy, &rules.approval.hash, &resolving)?;
        let cost = assessment.cost().map_err(|e| Refusal::new(RefusalCode::LimitExceeded, e.to_string()))?;
        if earlier.is_empty() {
            budgets::reserve(tx, &document.key, &document.invoice, cost).await??;
        } else {
            budgets::adjust(tx, &document.key, &document.invoice, cost).await??;
        }
        let stored = StoredAssessment {
            revision: input.revision,
            assessed_at: tx.now(),
            paid_on,
            plan_hash: plan.hash().map_err(LedgerError::from)?,
            facts,
            assessment,
            plan,
            tax_hash: rules.tax.hash,
            approval_hash: rules.approval.hash,
            accounts_hash: rules.accounts.hash,
        };
        self.write_assessment(tx, &document, stored).await
    }

    async fn first_findings(
        &self,
        tx: &mut Tx,
        document: &Document,
        policy: &Policy,
        assessment: &Assessment,
    ) -> Result<Vec<ExceptionFinding>, Stop> {
        let mut findings = Vec::new();
        let mut find = |kind, question| findings.push(ExceptionFinding::new(kind, question));
        let lookalikes = documents::lookalikes(tx, document).await?;
        if !lookalikes.is_empty() {
            let known: Vec<String> = lookalikes.iter().map(|(id, number)| format!("{number} ({id})")).collect();
            find(
                ExceptionKind::PossibleDuplicate,
                format!("same vendor, amount and date as {}: is it another bill?", known.join(", ")),
            );
        }
        if let Some(number) = &document.invoice.po_number {
            let (order, billed) = masterdata::lock_order(tx, &document.key, number)
                .await?
                .filter(|(order, _)| order.open)
                .ok_or_else(|| {
                    Refusal::new(RefusalCode::PoUnknown, format!("purchase order {number} is not open in the ledger"))
                })?;
            if order.vendor != document.invoice.vendor {
                let message = format!(
                    "purchase order {number} was given to {}, not to {}",
                    order.vendor, document.invoice.vendor
                );
                return Err(Refusal::new(RefusalCode::PoVendorMismatch, message).into());
            }
            let out_of_range = |e| Stop::Failed(LedgerError::corrupt("amount", e));
            let unbilled = order.total.minus(billed).map_err(out_of_range)?;
            let difference = document.invoice.total.distance(unbilled).map_err(out_of_range)?;
            if difference > policy.matching.po_tolerance {
                let question = format!(
                    "the total is BDT {}, purchase order {number} has {} left to bill, a difference of {}: accept it?",
                    document.invoice.total.grouped(),
                    unbilled.grouped(),
                    difference.grouped()
                );
                find(ExceptionKind::PoVariance, question);
            }
        }
        findings.extend(asked(&assessment.questions));
        Ok(findings)
    }

    async fn write_assessment(
        &self,
        tx: &mut Tx,
        document: &Document,
        stored: StoredAssessment,
    ) -> Result<Assessed, Stop> {
        let key = &document.key;
        assessments::store(tx, key, &stored).await?;
        tasks::add(tx, key, &stored.plan, &stored.plan_hash).await?;
        tasks::open_next(tx, key, stored.assessed_at).await?;
        documents::assessed(tx, document, stored.revision).await?;
        let rules = RuleHashes { tax: stored.tax_hash, approval: stored.approval_hash, accounts: stored.accounts_hash };
        let totals = totals(&stored.assessment);
        let body = json!({"revision": stored.revision, "totals": &totals, "plan_hash": &stored.plan_hash, "rules": &rules,
            "paid_on": stored.paid_on, "tasks": task_names(&stored.plan), "warnings": &stored.facts.warnings});
        tx.audit(key, "assessed", None, body);
        let payload = json!({"revision": stored.revision, "net_payable": totals.net_payable});
        outbox::add(tx, key, &format!("assessed/{}", stored.revision), &payload).await?;
        let assessed =
            Assessed { at: stored.assessed_at, totals, plan: stored.plan, rules, trust_unsigned: self.trust.unsigned };
        within_limit(&assessed)?;
        Ok(assessed)
    }
}

/// An activity's result is kept in the history: a plan that names a whole company does not belong there.
fn within_limit(assessed: &Assessed) -> Result<(), Stop> {
    let bytes = canonical::to_text(assessed).map_err(LedgerError::from)?.len();
    if bytes <= MAX_RESULT {
        return Ok(());
    }
    let people: usize = assessed.plan.tasks.iter().map(|t| t.eligible.len()).sum();
    let message =
        format!("the plan has {bytes} bytes and names {people} people; the most is {MAX_RESULT}: narrow the roles");
    Err(Refusal::new(RefusalCode::LimitExceeded, message).into())
}

/// Tells the trail of a refusal that takes no effect key.
async fn out_of_turn(mut tx: Tx, input: &AssessInput, refusal: Refusal) -> Result<AssessOutput, LedgerError> {
    if effects::refused(&mut tx, &input.key, "assess_refused", input, told(&refusal, input)).await? {
        tx.commit().await?;
    }
    Ok(AssessOutput::Refused(refusal))
}

fn told(refusal: &Refusal, input: &AssessInput) -> Value {
    json!({"code": refusal.code, "message": &refusal.message, "revision": input.revision})
}

fn task_names(plan: &Plan) -> Vec<String> {
    plan.tasks.iter().map(|t| format!("{} {}", t.id, t.role)).collect()
}

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
fn changes(before: &Assessment, now: &Assessment, approved: bool) -> Vec<ExceptionFinding> {
    let mut findings = Vec::new();
    if approved && before.net_payable != now.net_payable {
        let question = format!(
            "the payable was approved as BDT {} and is {} now ({}): accept it?",
            before.net_payable.grouped(),
            now.net_payable.grouped(),
            now.withheld.iter().map(|w| format!("{} {} {}", w.tax, w.code, w.rate)).collect::<Vec<_>>().join(", ")
        );
        findings.push(ExceptionFinding::new(ExceptionKind::PayableChanged, question));
    }
    findings.extend(asked(now.questions.iter().filter(|q| !before.questions.contains(q))));
    findings
}

/// The tax questions as exceptions: one for all that a person confirms together, one for each that has choices.
fn asked<'q>(questions: impl IntoIterator<Item = &'q Question>) -> Vec<ExceptionFinding> {
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
pub(crate) async fn facts_of(
    tx: &mut Tx,
    key: &DocumentKey,
    payer: Payer,
    vendor: Vendor,
    earlier: &[StoredAssessment],
) -> Result<Facts, LedgerError> {
    let answers = decisions::answers(tx, key, earlier).await?;
    Ok(Facts { payer: Some(payer), kind: Some(vendor.kind), payee: Some(vendor.tax), warnings: Vec::new(), answers })
}

/// The taxes of a document on a day of payment. What must not be paid at all is a refusal.
pub(crate) fn tax_of(
    schedule: &Schedule,
    document: &Document,
    facts: &Facts,
    paid_on: NaiveDate,
) -> Result<Assessment, Refusal> {
    let (payer, payee) = (facts.payer.clone().unwrap_or_default(), facts.payee.clone().unwrap_or_default());
    let Some(kind) = facts.kind else {
        return Err(Refusal::new(RefusalCode::Internal, "the vendor's kind was not read"));
    };
    let invoice = &document.invoice;
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
fn check_identity(payer: &Payer, vendor: &Vendor, on: NaiveDate) -> Result<Vec<String>, Refusal> {
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

/// The active rules; for a later revision, policy and accounts of the first, since a running document keeps its plan. Taxes
/// that are computed again are computed with the schedule that is active then.
async fn rules_for(tx: &mut Tx, document: &Document, earlier: Option<&StoredAssessment>) -> Result<Rules, Stop> {
    let tenant = &document.key.tenant;
    let (tax, approval, accounts) = match earlier {
        None => (
            rules::needed(tx, tenant, RuleKind::Tax, WHOLE_COMPANY).await??,
            rules::needed(tx, tenant, RuleKind::Approval, "invoice").await??,
            rules::needed(tx, tenant, RuleKind::Accounts, "invoice").await??,
        ),
        Some(kept) => (
            rules::needed(tx, tenant, RuleKind::Tax, WHOLE_COMPANY).await??,
            rules::version(tx, RuleKind::Approval, &kept.approval_hash).await?,
            rules::version(tx, RuleKind::Accounts, &kept.accounts_hash).await?,
        ),
    };
    let schedule = schedule_of(&tax)?;
    let policy = Policy::parse(&approval.content).map_err(|e| LedgerError::corrupt("approval policy", e))?;
    let mapping = mapping_of(&accounts)?;
    Ok(Rules { tax, approval, accounts, schedule, policy, mapping })
}

pub(crate) fn schedule_of(rule: &ActiveRule) -> Result<Schedule, LedgerError> {
    Schedule::parse(&rule.content).map_err(|e| LedgerError::corrupt("tax schedule", e))
}

pub(crate) fn mapping_of(rule: &ActiveRule) -> Result<AccountMapping, LedgerError> {
    AccountMapping::parse(&rule.content).map_err(|e| LedgerError::corrupt("account mapping", e))
}

async fn vendor_of(tx: &mut Tx, document: &Document) -> Result<Vendor, Stop> {
    let id = &document.invoice.vendor;
    let vendor = masterdata::lock_vendor(tx, &document.key.tenant, id)
        .await?
        .ok_or_else(|| Refusal::new(RefusalCode::VendorUnknown, format!("vendor {id} is not in the register")))?;
    if !vendor.active {
        return Err(Refusal::new(
            RefusalCode::VendorInactive,
            format!("vendor {id} is not active; activate it or refuse the bill"),
        )
        .into());
    }
    Ok(vendor)
}

#[cfg(test)]
mod tests {
    use super::*;
    use vextrus_domain::Taka;

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
