//! `assess`: everything that can be known of a document before people are asked.

use chrono::NaiveDate;
use serde_json::{Value, json};
use vextrus_approval::{
    Change, ExceptionFinding, ExceptionKind, Facts as Resolving, Occasion, Plan, Policy, Recompute, Shortfall, resolve,
};
use vextrus_contract::steps::{AssessInput, AssessOutput, Assessed, RuleHashes, Totals};
use vextrus_domain::calendar::dhaka_date;
use vextrus_domain::{Content, DocumentType, Refusal, RefusalCode, Taka, canonical};
use vextrus_ledger::approvals::Approval;
use vextrus_ledger::assessments::{self, Facts, StoredAssessment};
use vextrus_ledger::budgets::{self, Need};
use vextrus_ledger::documents::{self, Document, State};
use vextrus_ledger::outbox::{self, EventKind, NewEvent};
use vextrus_ledger::rules::{self, ActiveRule, RuleKind};
use vextrus_ledger::standing::{Standing, standing};
use vextrus_ledger::{LedgerError, Tx, effects, masterdata, retry};
use vextrus_tax::Assessment;

use crate::stop::Stop;
use crate::{Steps, invoice, order};

/// The largest result of this activity, in bytes.
const MAX_RESULT: usize = 64 * 1024;

/// What one type of document makes of its content.
pub(crate) struct Computed {
    /// The amounts that policies know.
    pub(crate) amounts: vextrus_approval::Amounts,
    /// What counts together with them.
    pub(crate) together: Taka,
    /// What was approved already of what this document changes.
    pub(crate) change: Option<Change>,
    pub(crate) vendor_class: String,
    pub(crate) findings: Vec<ExceptionFinding>,
    pub(crate) facts: Facts,
    pub(crate) taxes: Option<Taxes>,
    /// Whose budget pays, and how much of it.
    pub(crate) paying: Paying,
}

/// The taxes of a document, and the rules that they and the postings rest on.
pub(crate) struct Taxes {
    pub(crate) assessment: Assessment,
    pub(crate) tax_hash: String,
    pub(crate) accounts_hash: String,
}

/// Whose budget pays, and how much of it.
pub(crate) struct Paying {
    pub(crate) department: vextrus_domain::DepartmentId,
    pub(crate) project: Option<vextrus_domain::ProjectId>,
    pub(crate) cost: Taka,
    pub(crate) order: Option<vextrus_domain::ids::PoNumber>,
}

/// What an assessment rests on beside the document.
pub(crate) struct Setting<'a> {
    pub(crate) occasion: Occasion,
    pub(crate) company: &'a Standing,
    pub(crate) policy: &'a Policy,
    pub(crate) earlier: &'a [StoredAssessment],
    pub(crate) approval: &'a Approval,
    /// The day for which withholding is computed: on which the document would be posted if it were settled now.
    pub(crate) paid_on: NaiveDate,
}

/// An assessment that stands, before anything of it is written but locks and reservations.
pub(crate) struct Made {
    pub(crate) stored: StoredAssessment,
    pub(crate) plan: Plan,
    pub(crate) totals: Option<Totals>,
    pub(crate) paying: Paying,
}

impl Steps {
    /// The step itself.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub async fn assess_step(&self, input: &AssessInput) -> Result<AssessOutput, LedgerError> {
        retry::keyed(|| self.assess_once(input)).await
    }

    async fn assess_once(&self, input: &AssessInput) -> Result<AssessOutput, LedgerError> {
        let step = format!("assess/{}", input.revision);
        let mut tx = self.ledger.begin(&input.key.tenant).await?;
        match effects::begin(&mut tx, &input.key, &step, input).await {
            Ok(None) => {}
            Ok(Some(done)) => return Ok(done),
            // Whoever can write to the namespace can start this activity.
            Err(LedgerError::EffectConflict { .. }) if !is_claimed(&mut tx, input).await? => {
                tx.rollback().await?;
                return out_of_turn(self.ledger.begin(&input.key.tenant).await?, input, not_claimed(input)).await;
            }
            Err(error) => return Err(error),
        }
        let output = match self.assess_document(&mut tx, input).await {
            Ok(assessed) => AssessOutput::Assessed(Box::new(assessed)),
            Err(Stop::Failed(error)) => return Err(error),
            Err(Stop::OutOfTurn(refusal)) => {
                tx.rollback().await?;
                return out_of_turn(self.ledger.begin(&input.key.tenant).await?, input, refusal).await;
            }
            Err(Stop::Refused(refusal)) => {
                // What was done on the way to the refusal must not stay.
                tx.rollback().await?;
                tx = self.ledger.begin(&input.key.tenant).await?;
                if let Some(done) = effects::begin(&mut tx, &input.key, &step, input).await? {
                    return Ok(done);
                }
                documents::lock(&mut tx, &input.key).await?;
                tx.audit(&input.key, "assess_refused", None, told(&refusal, input));
                AssessOutput::Refused(refusal)
            }
        };
        effects::finish(&mut tx, &input.key, &step, &output).await?;
        tx.commit().await?;
        Ok(output)
    }

    async fn assess_document(&self, tx: &mut Tx, input: &AssessInput) -> Result<Assessed, Stop> {
        // What was not claimed takes no effect key.
        let claimed = documents::lock(tx, &input.key).await?.filter(|d| d.payload_hash == input.payload_hash);
        let document = claimed.ok_or_else(|| Stop::OutOfTurn(not_claimed(input)))?;
        let mut approval = Approval::load(tx, &document).await?;
        let expected = if input.revision == 1 { State::Claimed } else { State::Assessed };
        let is_turn = document.state == expected && document.revision + 1 == input.revision;
        if !is_turn || approval.machine().recompute().is_none() {
            let message = format!("{} is {} at revision {}", input.key, document.state.name(), document.revision);
            return Err(Stop::OutOfTurn(Refusal::new(RefusalCode::DocumentClosed, message)));
        }
        let made = make(tx, &document, &approval).await?;
        self.write(tx, &document, &mut approval, made).await
    }

    async fn write(
        &self,
        tx: &mut Tx,
        document: &Document,
        approval: &mut Approval,
        made: Made,
    ) -> Result<Assessed, Stop> {
        let key = &document.key;
        let Made { stored, plan, totals, .. } = made;
        assessments::store(tx, key, &stored, &plan).await?;
        documents::assessed(tx, document, stored.revision).await?;
        let rules = RuleHashes { tax: stored.tax_hash, approval: stored.approval_hash, accounts: stored.accounts_hash };
        let tasks: Vec<String> = plan.tasks.iter().map(|t| format!("{} {}", t.id, t.role)).collect();
        let body = json!({"revision": stored.revision, "totals": &totals, "plan_hash": &stored.plan_hash, "rules": &rules,
            "paid_on": stored.paid_on, "tasks": tasks, "warnings": &stored.facts.warnings});
        tx.audit(key, "assessed", None, body);
        approval.open(tx, document, &plan, stored.assessed_at).await??;
        approval.write_tasks(tx, document).await?;
        let payload = json!({"revision": stored.revision, "net_payable": totals.as_ref().map(|t| t.net_payable)});
        let (about, instance) = (document.content.kind().into(), stored.revision.to_string());
        let event = NewEvent { kind: EventKind::Assessed, about, instance: &instance, payload: &payload };
        outbox::add(tx, key, event)?;
        Ok(Assessed { at: stored.assessed_at, totals, plan, rules, trust_unsigned: self.trust.unsigned })
    }
}

async fn is_claimed(tx: &mut Tx, input: &AssessInput) -> Result<bool, LedgerError> {
    Ok(documents::get(tx, &input.key).await?.is_some_and(|d| d.payload_hash == input.payload_hash))
}

fn not_claimed(input: &AssessInput) -> Refusal {
    let message = format!("{} was not claimed with this content; submit it through the facade", input.key);
    Refusal::new(RefusalCode::NotClaimed, message)
}

/// The day on which the document would be posted if it were settled now. An order posts nothing.
fn paid_on(tx: &Tx, document: &Document, company: &Standing) -> NaiveDate {
    let today = dhaka_date(tx.now());
    match &document.content {
        Content::Invoice(_) => company.posting_date(today),
        Content::Order(_) => today,
    }
}

/// Computes an assessment, resolves its plan and reserves its budget. A preview does the same and rolls back.
pub(crate) async fn make(tx: &mut Tx, document: &Document, approval: &Approval) -> Result<Made, Stop> {
    let key = &document.key;
    let earlier = approval.assessments()?;
    let occasion = occasion(approval);
    let company = standing(tx, &key.tenant, document.content.kind()).await?;
    let rule = policy_rule(tx, &company, occasion, earlier.last()).await?;
    let policy = rule.read(tx, Policy::parse)?;
    let paid_on = paid_on(tx, document, &company);
    let setting = Setting { occasion, company: &company, policy: &policy, earlier: &earlier, approval, paid_on };
    let mut computed = match &document.content {
        Content::Invoice(invoice) => invoice::compute(tx, document, invoice, &setting).await?,
        Content::Order(order) => order::compute(tx, document, order, &setting).await?,
    };
    let need = Need {
        year: document.content.fiscal_year(),
        department: &computed.paying.department,
        project: computed.paying.project.as_ref(),
        cost: computed.paying.cost,
        order: computed.paying.order.as_ref(),
        shortfall: policy.shortfall,
        again: document.revision > 0,
    };
    let short = budgets::reserve(tx, key, &need).await??;
    // Another plan asks everything anew; what was answered before is kept with it.
    let goes_on = matches!(occasion, Occasion::Reassessed { .. });
    let known = goes_on && earlier.last().is_some_and(|e| short.iter().all(|s| e.facts.warnings.contains(&s.message)));
    for line in short {
        if policy.shortfall == Shortfall::Exception && !known {
            let question = format!("{}: let it be exceeded?", line.message);
            computed.findings.push(ExceptionFinding::new(ExceptionKind::BudgetExceeded, question));
        }
        computed.facts.warnings.push(line.message);
    }
    let people = masterdata::people(tx, &key.tenant).await?;
    let calendar = company.calendar(tx).await?;
    let resolving = Resolving {
        revision: document.revision + 1,
        occasion,
        amounts: computed.amounts,
        together: computed.together,
        change: computed.change,
        department: document.content.department(),
        project: document.content.project(),
        vendor_class: &computed.vendor_class,
        submitter: &document.submitter,
        people: &people,
        findings: &computed.findings,
        calendar: &calendar,
        at: tx.now(),
    };
    let plan = resolve(&policy, &rule.hash, &resolving)?;
    let totals = computed.taxes.as_ref().map(|t| invoice::totals(&t.assessment));
    let (assessment, tax_hash, accounts_hash) = match computed.taxes {
        Some(taxes) => (Some(taxes.assessment), taxes.tax_hash, taxes.accounts_hash),
        None => (None, String::new(), String::new()),
    };
    let stored = StoredAssessment {
        revision: plan.revision,
        assessed_at: tx.now(),
        paid_on,
        plan_hash: plan.hash().map_err(LedgerError::from)?,
        facts: computed.facts,
        assessment,
        tax_hash,
        approval_hash: rule.hash,
        accounts_hash,
    };
    within_limit(&plan, totals.as_ref())?;
    Ok(Made { stored, plan, totals, paying: computed.paying })
}

/// Why the document is computed, as the ledger's own approval says.
fn occasion(approval: &Approval) -> Occasion {
    let machine = approval.machine();
    let before = machine.resolved_for();
    match machine.recompute() {
        _ if machine.revision() == 0 => Occasion::First,
        Some(Recompute::Resubmit { .. }) => Occasion::Resubmitted { before },
        Some(Recompute::Replan) => Occasion::Replanned,
        Some(Recompute::Reassess) | None => Occasion::Reassessed { before },
    }
}

/// The policy: the active one at first and when a new plan is asked for; else the one that the document has, since a running
/// document keeps its plan.
async fn policy_rule(
    tx: &mut Tx,
    company: &Standing,
    occasion: Occasion,
    earlier: Option<&StoredAssessment>,
) -> Result<ActiveRule, Stop> {
    match earlier {
        Some(kept) if occasion != Occasion::Replanned => {
            Ok(rules::version(tx, RuleKind::Approval, &kept.approval_hash).await?)
        }
        _ => Ok(company.approval(tx).await??),
    }
}

/// What looks the same as another document.
pub(crate) async fn lookalikes(tx: &mut Tx, document: &Document) -> Result<Option<ExceptionFinding>, Stop> {
    let found = documents::lookalikes(tx, document).await?;
    if found.first.is_empty() {
        return Ok(None);
    }
    let what = match document.content.kind() {
        DocumentType::Invoice => "bill",
        DocumentType::PurchaseOrder => "order",
    };
    let name = |(id, number)| if String::is_empty(&number) { id } else { format!("{number} ({id})") };
    let mut known = found.first.into_iter().map(name).collect::<Vec<String>>().join(", ");
    if found.more > 0 {
        known = format!("{known} and {} more", found.more);
    }
    let question = format!("same vendor, amount and date as {known}: is it another {what}?");
    Ok(Some(ExceptionFinding::new(ExceptionKind::PossibleDuplicate, question)))
}

/// An activity's result is kept in the history: a plan that names a whole company does not belong there.
fn within_limit(plan: &Plan, totals: Option<&Totals>) -> Result<(), Stop> {
    let bytes = canonical::to_text(&(plan, totals)).map_err(LedgerError::from)?.len();
    if bytes <= MAX_RESULT {
        return Ok(());
    }
    let people: usize = plan.tasks.iter().map(|t| t.eligible.len()).sum();
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
