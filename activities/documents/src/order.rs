//! A purchase order: what it needs of the budget, what counts together with it, and its issue. An amendment is an order that names
//! another one: only the difference is asked and reserved.

use chrono::NaiveDate;
use serde_json::{Value, json};
use vextrus_approval::{Amounts, Change, Occasion};
use vextrus_contract::steps::Settlement;
use vextrus_domain::ids::PoNumber;
use vextrus_domain::money::MoneyError;
use vextrus_domain::order::OrderLine;
use vextrus_domain::quantity::QuantitySum;
use vextrus_domain::vendor::VendorKind;
use vextrus_domain::{DocumentKey, DocumentType, FiscalYear, Order, Refusal, RefusalCode, Taka};
use vextrus_ledger::assessments::Facts;
use vextrus_ledger::documents::{self, Document};
use vextrus_ledger::orders::{self, Issued, IssuedOrder};
use vextrus_ledger::outbox::{self, EventKind, NewEvent};
use vextrus_ledger::{LedgerError, Tx, budgets};

use crate::assess::{Computed, Paying, Setting, lookalikes};
use crate::counted;
use crate::invoice::vendor_of;
use crate::settle::{self, Carried};
use crate::stop::Stop;

pub(crate) async fn compute(
    tx: &mut Tx,
    document: &Document,
    order: &Order,
    setting: &Setting<'_>,
) -> Result<Computed, Stop> {
    let vendor = vendor_of(tx, document).await?;
    let amended = match &order.amends {
        None => None,
        Some(number) => Some(amended(tx, document, order, number).await??),
    };
    let mut findings = Vec::new();
    if !matches!(setting.occasion, Occasion::Reassessed { .. }) && amended.is_none() {
        findings.extend(lookalikes(tx, document).await?);
    }
    let together = match setting.policy.together_within_seconds {
        Some(seconds) => documents::ordered_together(tx, document, seconds).await?,
        None => Taka::ZERO,
    };
    // What an amendment asks is measured from the order as it was issued first, so that many small ones count together.
    let (change, cost) = match (&amended, &order.amends) {
        (Some(issued), Some(number)) => {
            let first = orders::first_lines(tx, &document.key.tenant, number).await?;
            let adds = adds(order, &first).map_err(out_of_range)?;
            let more = order.amount.minus(issued.amount).map_err(out_of_range)?;
            (Some(Change { approved: issued.first_amount, adds }), more.max(Taka::ZERO))
        }
        _ => (None, order.amount),
    };
    Ok(Computed {
        amounts: Amounts::same(order.amount),
        together,
        change,
        vendor_class: vendor.class().to_owned(),
        findings,
        facts: Facts { kind: Some(vendor.kind), ..Facts::default() },
        taxes: None,
        paying: Paying { department: order.department.clone(), project: order.project.clone(), cost, order: None },
    })
}

/// What an amended order has beyond what was approved: of a line that is there still, all but its approved quantity at its approved
/// price, or at the lower ones that it has now; of another product, everything.
fn adds(order: &Order, first: &[OrderLine]) -> Result<Taka, MoneyError> {
    let mut adds = Taka::ZERO;
    for (place, line) in order.lines.iter().enumerate() {
        let kept = match first.get(place).filter(|before| before.product == line.product) {
            Some(before) => before.quantity.min(line.quantity).priced(before.unit_price.min(line.unit_price))?,
            None => Taka::ZERO,
        };
        adds = adds.plus(line.amount.minus(kept)?)?;
    }
    Ok(adds)
}

fn out_of_range(error: impl std::fmt::Display) -> Refusal {
    Refusal::new(RefusalCode::LimitExceeded, error.to_string())
}

/// The order that an amendment changes, once the change can be made.
async fn amended(
    tx: &mut Tx,
    document: &Document,
    order: &Order,
    number: &PoNumber,
) -> Result<Result<Issued, Refusal>, LedgerError> {
    let no = |code, message: String| Ok(Err(Refusal::new(code, message)));
    let known = orders::lock(tx, &document.key.tenant, number, None).await?;
    let Some(IssuedOrder { vendor, issued: Some(issued), .. }) = known.filter(|o| o.open) else {
        let message = format!("purchase order {number} is not open, or was not issued here; it cannot be amended");
        return no(RefusalCode::PoUnknown, message);
    };
    if vendor != order.vendor {
        let message = format!("purchase order {number} was given to {vendor}, not to {}", order.vendor);
        return no(RefusalCode::PoVendorMismatch, message);
    }
    if issued.department != order.department || issued.project != order.project {
        let message = format!("purchase order {number} is paid by {}; close it and order anew", issued.department);
        return no(RefusalCode::OrderInUse, message);
    }
    if let Some(other) = orders::open_amendment(tx, &document.key, number).await? {
        let message = format!("document {other} amends {number} already; decide or withdraw it first");
        return no(RefusalCode::OrderInUse, message);
    }
    Ok(keeps_what_came(order, number, &issued).map(|()| issued))
}

/// Lines may grow, be added and shrink, but never below what was received or billed of them.
fn keeps_what_came(order: &Order, number: &PoNumber, issued: &Issued) -> Result<(), Refusal> {
    for line in &issued.lines {
        let came = line.received.max(line.billed);
        if came == QuantitySum::ZERO {
            continue;
        }
        let place = usize::try_from(line.line).unwrap_or(usize::MAX).saturating_sub(1);
        let now = order.lines.get(place).filter(|l| l.product == line.product);
        if now.is_none_or(|l| QuantitySum::from(l.quantity) < came) {
            let message = format!(
                "lines[{place}]: {came} of {} on {number} were received or billed; keep the line with at least that",
                line.product
            );
            return Err(Refusal::new(RefusalCode::OrderInUse, message));
        }
    }
    Ok(())
}

pub(crate) async fn settle(
    tx: &mut Tx,
    document: &Document,
    order: &Order,
    on: NaiveDate,
) -> Result<Carried, LedgerError> {
    let vendor = match settle::vendor_still(tx, document).await? {
        Ok(vendor) => vendor.kind,
        Err(why) => return Ok(Carried::Changed(why)),
    };
    match &order.amends {
        None => issue(tx, document, order, vendor, on).await,
        Some(number) => amend(tx, document, order, (number, vendor), on).await,
    }
}

async fn issue(
    tx: &mut Tx,
    document: &Document,
    order: &Order,
    vendor: VendorKind,
    on: NaiveDate,
) -> Result<Carried, LedgerError> {
    let key = &document.key;
    // The number series is the last lock: the whole tenant waits for it.
    let (serial, number) = orders::next_number(tx, key, FiscalYear::of(on)).await?;
    orders::issue(tx, key, order, (serial, &number), on).await?;
    budgets::encumber(tx, key, &number).await?;
    let settlement = Settlement { number: number.to_string(), date: on, totals: None };
    settle::conclude(tx, document, &settlement).await?;
    counted::order(tx, vendor, order.amount);
    let payload =
        json!({"po_number": number, "vendor": &order.vendor, "amount": order.amount, "to": &document.submitter});
    tell(tx, key, EventKind::OrderIssued, &payload).await?;
    Ok(Carried::Out(settlement))
}

async fn amend(
    tx: &mut Tx,
    document: &Document,
    order: &Order,
    (number, vendor): (&PoNumber, VendorKind),
    on: NaiveDate,
) -> Result<Carried, LedgerError> {
    let key = &document.key;
    // Goods may have come, or the order been closed, since it was assessed.
    let issued = match amended(tx, document, order, number).await? {
        Ok(issued) => issued,
        Err(refusal) => return Ok(Carried::Changed(refusal.to_string())),
    };
    orders::amend(tx, &key.tenant, number, issued.version + 1, order).await?;
    budgets::encumber(tx, key, number).await?;
    if let Ok(less) = issued.amount.minus(order.amount)
        && less > Taka::ZERO
    {
        budgets::free_order(tx, &key.tenant, number, Some(less)).await?;
    }
    let settlement = Settlement { number: number.to_string(), date: on, totals: None };
    settle::conclude(tx, document, &settlement).await?;
    if let Ok(more) = order.amount.minus(issued.amount) {
        counted::order(tx, vendor, more);
    }
    orders::end_when_billed(tx, key, number).await?;
    let payload = json!({"po_number": number, "vendor": &order.vendor, "before": issued.amount, "amount": order.amount,
        "to": &document.submitter});
    tell(tx, key, EventKind::OrderAmended, &payload).await?;
    Ok(Carried::Out(settlement))
}

async fn tell(tx: &mut Tx, key: &DocumentKey, kind: EventKind, payload: &Value) -> Result<(), LedgerError> {
    let about = DocumentType::PurchaseOrder.into();
    outbox::add(tx, key, NewEvent { kind, about, instance: "", payload })
}
