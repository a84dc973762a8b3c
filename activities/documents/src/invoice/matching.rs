//! The match of an invoice with its order: line by line with the goods received, where the order was issued here; by the whole,
//! where it was imported.

use vextrus_approval::Occasion;
use vextrus_domain::ids::PoNumber;
use vextrus_domain::matching::{Tolerances, three_way};
use vextrus_domain::{DepartmentId, Invoice, ProjectId, Refusal, RefusalCode};
use vextrus_ledger::documents::Document;
use vextrus_ledger::orders::{self, Issued, IssuedOrder};
use vextrus_ledger::{LedgerError, Tx};

use crate::assess::Setting;
use crate::stop::Stop;

/// What the match found.
pub(crate) struct Matched {
    /// Each difference, in words.
    pub(crate) differences: Vec<String>,
    /// The order and whose budget it keeps, where it was issued here.
    pub(crate) issued: Option<(PoNumber, DepartmentId, Option<ProjectId>)>,
}

pub(crate) async fn of(
    tx: &mut Tx,
    document: &Document,
    invoice: &Invoice,
    setting: &Setting<'_>,
) -> Result<Option<Matched>, Stop> {
    let Some(number) = &invoice.po_number else { return Ok(None) };
    let order = orders::lock(tx, &document.key.tenant, number, Some(&document.key.document)).await?;
    // What was matched while the order was open goes on after its end.
    let goes_on = matches!(setting.occasion, Occasion::Reassessed { .. } | Occasion::Replanned);
    let Some(order) = order.filter(|o| o.open || (goes_on && o.issued.is_some())) else {
        let message = format!("purchase order {number} is not open in the ledger");
        return Err(Refusal::new(RefusalCode::PoUnknown, message).into());
    };
    if order.vendor != invoice.vendor {
        let message = format!("purchase order {number} was given to {}, not to {}", order.vendor, invoice.vendor);
        return Err(Refusal::new(RefusalCode::PoVendorMismatch, message).into());
    }
    let tolerances =
        setting.policy.matching.ok_or_else(|| LedgerError::corrupt("approval policy", "it has no [matching]"))?;
    match &order.issued {
        Some(issued) => Ok(Some(line_by_line(number, issued, invoice, &tolerances))),
        None => by_the_whole(tx, document, &order, invoice, &tolerances).await.map(Some),
    }
}

fn line_by_line(number: &PoNumber, issued: &Issued, invoice: &Invoice, tolerances: &Tolerances) -> Matched {
    let mut differences: Vec<String> =
        three_way(&issued.lines, invoice, tolerances).iter().map(ToString::to_string).collect();
    if issued.department != invoice.department || issued.project != invoice.project {
        let of = |d: &DepartmentId, p: &Option<ProjectId>| match p {
            Some(project) => format!("department {d}, project {project}"),
            None => format!("department {d}"),
        };
        differences.push(format!(
            "the bill names {}, {number} is paid by {}, whose budget will pay",
            of(&invoice.department, &invoice.project),
            of(&issued.department, &issued.project)
        ));
    }
    let issued = Some((number.clone(), issued.department.clone(), issued.project.clone()));
    Matched { differences, issued }
}

async fn by_the_whole(
    tx: &mut Tx,
    document: &Document,
    order: &IssuedOrder,
    invoice: &Invoice,
    tolerances: &Tolerances,
) -> Result<Matched, Stop> {
    let out_of_range = |e| Stop::Failed(LedgerError::corrupt("amount", e));
    let billed = orders::billed(tx, &document.key, &order.number).await?;
    let unbilled = order.total.minus(billed).map_err(out_of_range)?;
    let difference = invoice.total.distance(unbilled).map_err(out_of_range)?;
    let mut differences = Vec::new();
    if difference > tolerances.amount {
        differences.push(format!(
            "the total is BDT {}, purchase order {} has {} left to bill, a difference of {}",
            invoice.total.grouped(),
            order.number,
            unbilled.grouped(),
            difference.grouped()
        ));
    }
    Ok(Matched { differences, issued: None })
}
