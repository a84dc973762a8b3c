//! A challan, or the VAT return that takes withheld VAT up.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::json;
use vextrus_domain::calendar::{TaxPeriod, WorkingCalendar, dhaka_date};
use vextrus_domain::invoice::canonical_number;
use vextrus_domain::{Actor, Refusal, RefusalCode, RequestId, Taka};
use vextrus_tax::{Tax, deadlines};

use super::select::{self, Obligation, Selection};
use crate::asked::{self, Begun};
use crate::assessments::StoredAssessment;
use crate::db::{Tx, args};
use crate::error::LedgerError;
use crate::{assessments, periods, rules};

/// How withheld tax reaches the treasury.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Means {
    /// A deposit by challan: income tax, and VAT of a payer that is not registered for VAT (VDS Rules 2025 r.6(3)).
    Challan,
    /// The increasing adjustment of a VAT return (9.1, note 24): VAT of a payer that is registered (VDS Rules 2025 r.6).
    VatReturn,
}

impl Means {
    /// The name in data.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Challan => "challan",
            Self::VatReturn => "vat_return",
        }
    }
}

/// What is recorded of a deposit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DepositRequest {
    /// VDS or TDS.
    pub tax: Tax,
    /// How.
    pub means: Means,
    /// The challan's number, or that of the return's acknowledgement.
    pub number: String,
    /// The day of the deposit, or of the filing.
    pub on: NaiveDate,
    /// Bank and branch; needed for a challan.
    pub bank: String,
    /// The economic code on the challan, which depends on circle and zone; empty where it is not kept.
    pub account_code: String,
    /// The amount, which is that of its obligations together.
    pub amount: Taka,
    /// What it is for: those of them that are not deposited yet.
    pub of: Selection,
}

/// A deposit that was recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deposited {
    /// Its number among the tenant's deposits, from 1.
    pub deposit: i64,
    /// How many obligations it covers.
    pub obligations: usize,
    /// Their sum.
    pub amount: Taka,
}

const ACTION: &str = "tax_deposited";

/// Records a deposit. The same request is answered the same way.
///
/// # Errors
/// [`LedgerError::Database`]; the inner error names the field, or is `NOT_FOUND` and `OBLIGATION_STATE` where nothing is left to be
/// deposited, `TOTAL_MISMATCH` where the amount is not that of the obligations, `PERIOD_LOCKED`, `TAX_FACTS_CONTRADICT` where the
/// payer's registration for VAT asks for the other means, `PERMISSION_DENIED` or `REQUEST_ID_REUSED`.
pub async fn deposit(
    tx: &mut Tx,
    actor: &Actor,
    request: &RequestId,
    asked: &DepositRequest,
) -> Result<Result<Deposited, Refusal>, LedgerError> {
    let hash = match asked::begin(tx, actor, request, ACTION, asked).await? {
        Ok(Begun::New(hash)) => hash,
        Ok(Begun::Done(done)) => return Ok(Ok(done)),
        Err(refusal) => return Ok(Err(refusal)),
    };
    let covered = match covered(tx, actor, asked).await? {
        Ok(covered) => covered,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let calendar = rules::calendar(tx, &actor.tenant).await?;
    let mut due = Vec::with_capacity(covered.len());
    if let Err(refusal) = one_period(asked, &covered, &calendar) {
        return Ok(Err(refusal));
    }
    for one in &covered {
        let registered = assessments::all(tx, &one.key).await?.last().is_none_or(was_registered);
        if let Err(refusal) = fits(asked, one, registered, &calendar) {
            return Ok(Err(refusal));
        }
        due.push(certificate_by(asked, one, registered, &calendar));
    }
    let done = write(tx, actor, asked, covered.iter().zip(due).collect()).await?;
    let body = json!({"deposit": done.deposit, "tax": asked.tax, "means": asked.means, "number": &asked.number,
        "deposited_on": asked.on, "amount": asked.amount, "obligations": done.obligations, "request_id": request});
    tx.audit_tenant(&actor.tenant, ACTION, actor.person.as_str(), body);
    asked::finish(tx, (actor, request), (ACTION, &hash), &done).await?;
    Ok(Ok(done))
}

/// What a deposit covers, once its own fields are right.
async fn covered(
    tx: &mut Tx,
    actor: &Actor,
    asked: &DepositRequest,
) -> Result<Result<Vec<Obligation>, Refusal>, LedgerError> {
    let tenant = &actor.tenant;
    if let Err(refusal) = sound(asked, dhaka_date(tx.now())) {
        return Ok(Err(refusal));
    }
    if let Some(refusal) = periods::closed(tx, tenant, "the day of the deposit", asked.on).await? {
        return Ok(Err(refusal));
    }
    // A return may be recorded month by month; a challan is one deposit.
    let same: Option<(i64,)> = tx
        .opt(
            "SELECT d.deposit FROM treasury_deposits d WHERE d.tenant = $1 AND d.tax = $2 AND d.means = 'challan' AND d.means = $3
             AND d.canonical = $4 AND NOT EXISTS (
                SELECT 1 FROM deposit_reversals r WHERE r.tenant = d.tenant AND r.deposit = d.deposit)",
            args![tenant.as_str(), asked.tax.name(), asked.means.name(), canonical_number(&asked.number)],
        )
        .await?;
    if let Some((deposit,)) = same {
        let message = format!("number: it is that of deposit {deposit}; reverse that one first, or correct the number");
        return Ok(Err(Refusal::new(RefusalCode::InvalidField, message)));
    }
    let mut found = match select::obligations(tx, tenant, asked.tax, &asked.of).await? {
        Ok(found) => found,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let of_documents = !asked.of.documents.is_empty();
    if let Some((one, deposit)) = found.iter().find_map(|o| Some((o, o.deposit?)))
        && (of_documents || found.iter().all(|o| o.deposit.is_some()))
    {
        let message = format!("{} is deposited already, by deposit {deposit}", one.name());
        return Ok(Err(Refusal::new(RefusalCode::ObligationState, message)));
    }
    found.retain(|o| o.deposit.is_none());
    match Taka::sum(found.iter().map(|o| o.amount)) {
        Ok(sum) if sum == asked.amount => Ok(Ok(found)),
        Ok(sum) => {
            let message = format!("amount is {}; the {} obligations come to {sum}", asked.amount, found.len());
            Ok(Err(Refusal::new(RefusalCode::TotalMismatch, message)))
        }
        Err(error) => Ok(Err(Refusal::new(RefusalCode::LimitExceeded, error.to_string()))),
    }
}

fn sound(asked: &DepositRequest, today: NaiveDate) -> Result<(), Refusal> {
    let invalid = |message: String| Err(Refusal::new(RefusalCode::InvalidField, message));
    if !matches!(asked.tax, Tax::Vds | Tax::Tds) {
        return invalid(format!("tax is {}; VDS and TDS are withheld", asked.tax));
    }
    if asked.means == Means::VatReturn && asked.tax != Tax::Vds {
        return invalid("tax is TDS, which is deposited by challan (Income Tax Act 2023 s.146)".to_owned());
    }
    asked::field("number", &asked.number, true)?;
    asked::field("bank", &asked.bank, asked.means == Means::Challan)?;
    asked::field("account_code", &asked.account_code, false)?;
    if canonical_number(&asked.number).is_empty() {
        return invalid("number has neither letter nor digit; give it as the paper has it".to_owned());
    }
    if asked.on > today {
        return invalid(format!(
            "the day of the deposit is {}, and it is {today} in Dhaka; record it when it is made",
            asked.on
        ));
    }
    Ok(())
}

/// Whether the payer was registered for VAT when this was withheld: its assessment kept that.
pub(super) fn was_registered(assessed: &StoredAssessment) -> bool {
    assessed.facts.payer.as_ref().is_none_or(|payer| payer.vat_registered)
}

fn fits(asked: &DepositRequest, one: &Obligation, registered: bool, calendar: &WorkingCalendar) -> Result<(), Refusal> {
    let contradicts = |message: String| Err(Refusal::new(RefusalCode::TaxFactsContradict, message));
    let invalid = |message: String| Err(Refusal::new(RefusalCode::InvalidField, message));
    let (on, name, withheld_on) = (asked.on, one.name(), one.withheld_on);
    if on < withheld_on {
        return invalid(format!(
            "the day of the deposit is {on}, and {name} was withheld on {withheld_on}; name another month"
        ));
    }
    match (asked.tax, asked.means) {
        (Tax::Vds, Means::Challan) if registered => contradicts(format!(
            "{name} was withheld while registered for VAT: it goes into the VAT return, not to the bank (VDS Rules 2025 r.6)"
        )),
        (Tax::Vds, Means::VatReturn) if !registered => contradicts(format!(
            "{name} was withheld while not registered for VAT: deposit it by challan (VDS Rules 2025 r.6(3))"
        )),
        (Tax::Vds, Means::VatReturn) => {
            let period = calendar.vat_return_period(TaxPeriod::of(withheld_on));
            let last = period.last_day();
            if on <= last {
                return invalid(format!("the return was filed on {on}, and the period of {name} ends on {last}"));
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// A return takes up what was withheld in its own period.
fn one_period(asked: &DepositRequest, covered: &[Obligation], calendar: &WorkingCalendar) -> Result<(), Refusal> {
    let period = |one: &Obligation| calendar.vat_return_period(TaxPeriod::of(one.withheld_on));
    let (Some(first), Some(last)) = (covered.first().map(period), covered.last().map(period)) else { return Ok(()) };
    if asked.means == Means::Challan || first == last {
        return Ok(());
    }
    let message = format!("the obligations belong to the returns of {first} and {last}; record each return by itself");
    Err(Refusal::new(RefusalCode::InvalidField, message))
}

fn certificate_by(asked: &DepositRequest, one: &Obligation, registered: bool, calendar: &WorkingCalendar) -> NaiveDate {
    match asked.tax {
        Tax::Vds => deadlines::mushak_66(asked.on, calendar, registered).due,
        _ => one.certificate_by.unwrap_or_else(|| deadlines::tds_certificate(TaxPeriod::of(one.withheld_on)).due),
    }
}

async fn write(
    tx: &mut Tx,
    actor: &Actor,
    asked: &DepositRequest,
    covered: Vec<(&Obligation, NaiveDate)>,
) -> Result<Deposited, LedgerError> {
    let tenant = actor.tenant.as_str();
    let (deposit,): (i64,) =
        tx.one("SELECT coalesce(max(deposit), 0) + 1 FROM treasury_deposits WHERE tenant = $1", args![tenant]).await?;
    tx.exec(
        "INSERT INTO treasury_deposits (tenant, deposit, tax, means, number, canonical, deposited_on, bank, account_code, amount,
            recorded_by, recorded_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        args![
            tenant,
            deposit,
            asked.tax.name(),
            asked.means.name(),
            &asked.number,
            canonical_number(&asked.number),
            asked.on,
            &asked.bank,
            &asked.account_code,
            asked.amount,
            actor.person.as_str(),
            tx.now()
        ],
    )
    .await?;
    let obligations = covered.len();
    for (one, certificate_by) in covered {
        tx.exec(
            "INSERT INTO deposit_lines (tenant, deposit, document, submission, tax, code, amount, certificate_by)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            args![
                tenant,
                deposit,
                one.key.document.as_str(),
                one.key.submission,
                asked.tax.name(),
                &one.code,
                one.amount,
                certificate_by
            ],
        )
        .await?;
    }
    Ok(Deposited { deposit, obligations, amount: asked.amount })
}
