//! The first scene: an order while its approver is on leave, the goods that come on it, and the bill that matches them.

use std::path::Path;

use anyhow::Context as _;
use chrono::{Days, Utc};
use vextrus_domain::calendar::dhaka_date;
use vextrus_domain::{DocumentType, TenantId};
use vextrus_proto::approval::v1::act_request::Action;
use vextrus_proto::approval::v1::{AnswerQuestion, Decide, Delegation, RequestInformation};

use super::{client, own_task, until};
use crate::client::{new_request_id, task_of};
use crate::output::line;
use crate::stack::Stack;
use crate::{invoices, json, orders, text};

const ORDER: &str = "examples/orders/01-cement.json";
const BILL: &str = "examples/invoices/10-on-the-order.json";

/// Who asks for the order, whose it is to approve, and who stands in during the leave.
const REQUESTER: &str = "nasrin";
const HEAD: &str = "karim";
const STAND_IN: &str = "shirin";
const PAYABLES: &str = "rahim";

pub(super) async fn play(stack: &Stack, tenant: &TenantId) -> anyhow::Result<()> {
    line(&format!("\n=== 1. An order while its approver is on leave, its receipts and its bill ({ORDER})"))?;
    on_leave(stack, tenant).await?;
    let po_number = ordered(stack, tenant).await?;
    received(stack, tenant, &po_number).await?;
    billed(stack, tenant, &po_number).await
}

async fn on_leave(stack: &Stack, tenant: &TenantId) -> anyhow::Result<()> {
    let today = dhaka_date(Utc::now());
    let back = today.checked_add_days(Days::new(14)).context("there is no such day")?;
    let mut head = client(stack, tenant, HEAD).await?;
    let delegation = Delegation {
        to: STAND_IN.to_owned(),
        first_day: today.to_string(),
        last_day: back.to_string(),
        documents: vec![DocumentType::PurchaseOrder.to_string()],
        limit_poisha: Some(20_000_000),
        ..Delegation::default()
    };
    head.delegate(delegation, new_request_id()).await?;
    line(&format!(
        "{HEAD}, department head, is on leave until {back}: {STAND_IN} decides orders up to BDT 2,00,000.00 for {HEAD}"
    ))
}

/// From the question who would have to approve, to the issued order; answers its number.
async fn ordered(stack: &Stack, tenant: &TenantId) -> anyhow::Result<String> {
    let file = orders::read(Path::new(ORDER)).context("run the demonstration from the repository's folder")?;
    let content = json::order_content(&file);
    let mut requester = client(stack, tenant, REQUESTER).await?;
    let preview = requester.preview_order(content.clone()).await?;
    line(&format!("{REQUESTER} asks first who would have to approve it:"))?;
    line(text::planned(&preview.tasks, &preview.budgets, &preview.warnings).trim_end())?;
    let (order, _) = requester.submit_order(content, new_request_id()).await?;
    line(&format!("{REQUESTER} asks for the order: {}, BDT {}", file.vendor, file.amount.grouped()))?;
    let (id, task) = (json::last(&order.name).to_owned(), task_of(order.name, Some("level-1")));
    let mut stand_in = client(stack, tenant, STAND_IN).await?;
    let asked = own_task(&mut stand_in, &task).await?;
    line(&format!("  {STAND_IN} is asked for {}: {}", asked.principal, asked.question))?;
    let question = new_request_id();
    let words = RequestInformation { question: "which site is it for?".to_owned() };
    stand_in.act(task.clone(), Action::RequestInformation(words), question.clone()).await?;
    line(&format!("  {STAND_IN} asks: which site is it for? (the clock of the task stands still)"))?;
    let answer = AnswerQuestion { question, text: "the retaining wall of bridge 7".to_owned() };
    let name = requester.name(DocumentType::PurchaseOrder, &id);
    requester.act(name, Action::AnswerQuestion(answer), new_request_id()).await?;
    line(&format!("  {REQUESTER} answers: the retaining wall of bridge 7"))?;
    let decide = Decide { answer: "approve".to_owned(), comment: "in the plan of the month".to_owned() };
    let decided = stand_in.act(task, Action::Decide(decide), new_request_id()).await?;
    line(&format!("  {STAND_IN} approves for {}: in the plan of the month", decided.principal))?;
    let order = until(&id, async || requester.order(&id).await, |o| json::has_ended(o.state())).await?;
    line(text::order(&order).trim_end())?;
    let ended = json::outcome(order.outcome()).unwrap_or_default();
    anyhow::ensure!(ended == "approved", "the order ended {ended}, not approved");
    Ok(order.issued.context("an approved order was not issued")?.po_number)
}

async fn received(stack: &Stack, tenant: &TenantId, po_number: &str) -> anyhow::Result<()> {
    let mut requester = client(stack, tenant, REQUESTER).await?;
    let today = dhaka_date(Utc::now()).to_string();
    for (note, lines) in [("challan 771", vec![(1, "60")]), ("challan 778", vec![(1, "40"), (2, "300")])] {
        let came: Vec<String> = lines.iter().map(|(line, quantity)| format!("{quantity} of line {line}")).collect();
        let lines = lines.into_iter().map(|(line, quantity)| (line, quantity.to_owned())).collect();
        let (receipt, _) = requester.receive(po_number, &today, lines, note, new_request_id()).await?;
        line(&format!("receipt {receipt} on {po_number} ({note}): {}", came.join(", ")))?;
    }
    Ok(())
}

async fn billed(stack: &Stack, tenant: &TenantId, po_number: &str) -> anyhow::Result<()> {
    let mut file = invoices::read(Path::new(BILL))?;
    file.po_number = Some(po_number.parse()?);
    let mut requester = client(stack, tenant, REQUESTER).await?;
    let (bill, _) = requester.submit(json::content(&file), new_request_id()).await?;
    let id = json::last(&bill.name).to_owned();
    line(&format!(
        "{REQUESTER} submits {} of {} on {po_number}, BDT {}",
        file.number,
        file.vendor,
        file.total.grouped()
    ))?;
    let mut payables = client(stack, tenant, PAYABLES).await?;
    let task = own_task(&mut payables, &task_of(bill.name, Some("level-1"))).await?;
    line(&format!("  order, receipts and bill match; {PAYABLES} is asked as {}: {}", task.role, task.question))?;
    payables.decide(&id, Some("level-1"), "approve", "", new_request_id()).await?;
    line(&format!("  {PAYABLES} approves"))?;
    let bill = until(&id, async || requester.get(&id).await, invoices::has_ended).await?;
    line(text::invoice(&bill).trim_end())?;
    let ended = json::outcome(bill.outcome()).unwrap_or_default();
    anyhow::ensure!(ended == "approved", "the bill ended {ended}, not approved");
    let differences = bill.approval.map(|a| a.match_differences).unwrap_or_default();
    anyhow::ensure!(differences.is_empty(), "the bill does not match: {}", differences.join("; "));
    Ok(())
}
