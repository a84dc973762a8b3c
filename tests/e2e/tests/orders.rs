//! Purchase orders from request to issue, and what becomes of them: receipts, matched bills, amendments, their end.
#![cfg(test)]

use chrono::Utc;
use vextrus_contract::document::FinalStatus;
use vextrus_domain::calendar::dhaka_date;
use vextrus_domain::{Invoice, RefusalCode, Taka};
use vextrus_ledger::views;
use vextrus_proto::approval::v1::DocumentState;
use vextrus_starter_cli::client::new_request_id;
use vextrus_starter_cli::json;
use vextrus_tests_e2e::history::event_types;
use vextrus_tests_e2e::{World, order};

fn taka(text: &str) -> Taka {
    text.parse().unwrap()
}

fn today() -> String {
    dhaka_date(Utc::now()).to_string()
}

/// A bill of one line that bills this quantity of the first line of an order, without VAT at this price each.
fn bill(number: &str, po_number: &str, quantity: &str, price: &str) -> Invoice {
    let price = taka(price);
    let subtotal = quantity.parse::<vextrus_domain::quantity::Quantity>().unwrap().priced(price).unwrap();
    let vat = subtotal.share(vextrus_domain::Rate::from_ppm(150_000)).unwrap();
    let json = serde_json::json!({
        "vendor": "meghna-steel", "number": number, "date": "2026-10-20", "due_date": "2026-11-30", "currency": "BDT",
        "lines": [{"description": "supply", "quantity": quantity, "unit_price": price, "amount": subtotal, "po_line": 1}],
        "subtotal": subtotal, "vat": vat, "total": subtotal.plus(vat).unwrap(), "po_number": po_number, "department": "works"
    });
    Invoice::from_json(&json.to_string()).unwrap()
}

async fn budget(world: &World) -> (Taka, Taka) {
    let mut tx = world.stack.ledger.read(&world.company.tenant).await.unwrap();
    let lines = views::budgets(&mut tx, &world.company.tenant).await.unwrap();
    let line = lines.into_iter().find(|l| l.project.is_empty()).unwrap();
    (line.reserved, line.committed)
}

/// An issued order of 100 pieces at BDT 800.00; answers its number.
async fn issued(world: &World) -> String {
    let mut wanted = order("meghna-steel", "80000");
    (wanted.lines[0].quantity, wanted.lines[0].unit_price) = ("100".parse().unwrap(), taka("800"));
    let id = world.order(&wanted).await.unwrap();
    world.decide_order(&id, "level-1", "karim", "approve").await.unwrap();
    world.order_result(&id).await.unwrap().settlement.unwrap().number
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_order_is_issued_by_its_budget_alone_in_few_events() {
    let world = World::new().await.unwrap();
    let id = world.order(&order("meghna-steel", "50000")).await.unwrap();
    let result = world.order_result(&id).await.unwrap();
    assert_eq!((result.status, result.decisions.len()), (FinalStatus::Approved, 0));
    let year = vextrus_domain::FiscalYear::of(dhaka_date(Utc::now()));
    assert_eq!(result.settlement.unwrap().number, format!("PO-{year}-000001"));
    let events = event_types(&world.order_handle(&id).await.unwrap()).await.unwrap();
    println!("no level: {} events", events.len());
    assert_eq!(events.len(), 15, "{events:?}");
    assert_eq!(budget(&world).await, (taka("50000"), Taka::ZERO), "it keeps its budget for the bill");
    let no_money = world.order(&order("meghna-steel", "5000000.01")).await.unwrap();
    let refused = world.order_result(&no_money).await.unwrap();
    assert_eq!(refused.refusal.map(|r| r.code), Some(RefusalCode::BudgetExceeded));
    world.sound(false).await.unwrap();
    world.stack.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_levels_issue_it_and_a_refusal_frees_its_budget() {
    let world = World::new().await.unwrap();
    let id = world.order(&order("meghna-steel", "100000.01")).await.unwrap();
    world.decide_order(&id, "level-1", "karim", "approve").await.unwrap();
    world.decide_order(&id, "level-2", "farida", "approve").await.unwrap();
    let result = world.order_result(&id).await.unwrap();
    assert_eq!((result.status, result.decisions.len()), (FinalStatus::Approved, 2));
    let events = event_types(&world.order_handle(&id).await.unwrap()).await.unwrap();
    println!("two levels: {} events", events.len());
    assert_eq!(events.len(), 34, "{events:?}");
    let other = world.order(&order("jamuna-survey", "60000")).await.unwrap();
    world.decide_order(&other, "level-1", "karim", "reject").await.unwrap();
    assert_eq!(world.order_result(&other).await.unwrap().status, FinalStatus::Rejected);
    assert_eq!(budget(&world).await.0, taka("100000.01"), "what was refused is free again");
    world.sound(false).await.unwrap();
    world.stack.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn goods_are_received_billed_and_matched_until_the_order_ends() {
    let world = World::new().await.unwrap();
    let number = issued(&world).await;
    let mut nasrin = world.person("nasrin").await.unwrap();
    let too_much =
        nasrin.receive(&number, &today(), vec![(1, "100.5".into())], "", new_request_id()).await.unwrap_err();
    assert!(too_much.message().contains("100 are still to come"), "{too_much:?}");
    let (receipt, _) =
        nasrin.receive(&number, &today(), vec![(1, "60".into())], "challan 1", "r-1".into()).await.unwrap();
    let (again, open) =
        nasrin.receive(&number, &today(), vec![(1, "60".into())], "challan 1", "r-1".into()).await.unwrap();
    assert_eq!((receipt, again, open.lines[0].to_receive.as_str()), (1, 1, "40"));
    // The first bill is for what came: nobody is asked but accounts payable.
    let first = world.submit(&bill("B-1", &number, "60", "800")).await.unwrap();
    world.decide_when_open(&first, "level-1", "rahim", "approve").await.unwrap();
    assert_eq!(world.result(&first).await.unwrap().status, FinalStatus::Approved);
    assert_eq!(budget(&world).await, (taka("32000"), taka("48000")));
    // The second bills what did not come, at a higher price: a person is asked, and only the difference is reserved.
    let second = world.submit(&bill("B-2", &number, "40", "820")).await.unwrap();
    let shown = world.until_open(&second).await.unwrap();
    let differences = shown.approval.clone().unwrap().match_differences;
    assert!(differences.iter().any(|d| d.contains("820")) && differences.len() >= 2, "{differences:?}");
    assert_eq!(json::tasks(&shown)[0].kind, "po_variance");
    assert_eq!(budget(&world).await, (taka("32800"), taka("48000")));
    world.decide_when_open(&second, "exception-1-1", "rahim", "reject").await.unwrap();
    assert_eq!(world.result(&second).await.unwrap().status, FinalStatus::Rejected);
    assert_eq!(budget(&world).await, (taka("32000"), taka("48000")), "the order keeps what the bill held");
    nasrin.receive(&number, &today(), vec![(1, "40".into())], "challan 2", "r-2".into()).await.unwrap();
    let third = world.submit(&bill("B-3", &number, "40", "800")).await.unwrap();
    world.decide_when_open(&third, "level-1", "rahim", "approve").await.unwrap();
    assert_eq!(world.result(&third).await.unwrap().status, FinalStatus::Approved);
    let late = world.submit(&bill("B-4", &number, "1", "800")).await.unwrap();
    let refused = world.result(&late).await.unwrap().refusal;
    assert_eq!(refused.map(|r| r.code), Some(RefusalCode::PoUnknown), "everything is billed: the order has ended");
    world.finish().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_amendment_asks_what_the_difference_asks_and_the_rest_is_closed() {
    let world = World::new().await.unwrap();
    let number = issued(&world).await;
    let mut nasrin = world.person("nasrin").await.unwrap();
    nasrin.receive(&number, &today(), vec![(1, "60".into())], "", "r-1".into()).await.unwrap();
    let amended = |quantity: &str, amount: &str| {
        let mut wanted = order("meghna-steel", amount);
        wanted.amends = Some(number.parse().unwrap());
        (wanted.lines[0].quantity, wanted.lines[0].unit_price) = (quantity.parse().unwrap(), taka("800"));
        wanted
    };
    // From 80,000 to 104,000: the band above 100,000 is crossed, the difference alone asks nobody.
    let more = world.order(&amended("130", "104000")).await.unwrap();
    world.decide_order(&more, "level-1", "farida", "approve").await.unwrap();
    assert_eq!(world.order_result(&more).await.unwrap().settlement.unwrap().number, number);
    assert_eq!(budget(&world).await.0, taka("104000"));
    let below = world.order(&amended("59", "47200")).await.unwrap();
    let refused = world.order_result(&below).await.unwrap().refusal;
    assert_eq!(refused.map(|r| r.code), Some(RefusalCode::OrderInUse), "60 came already");
    let less = world.order(&amended("90", "72000")).await.unwrap();
    assert_eq!(world.order_result(&less).await.unwrap().status, FinalStatus::Approved, "less asks nobody");
    assert_eq!(budget(&world).await.0, taka("72000"));
    let shown = nasrin.close_order(&number, "the site has enough", "close-1".to_owned()).await.unwrap();
    assert_eq!((shown.open, shown.version), (false, 3));
    assert_eq!(budget(&world).await.0, Taka::ZERO);
    let closed = nasrin.receive(&number, &today(), vec![(1, "1".into())], "", "r-9".into()).await.unwrap_err();
    assert!(closed.message().starts_with("PO_UNKNOWN"), "{closed:?}");
    world.finish().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_that_are_split_count_together_and_a_preview_starts_nothing() {
    let world = World::new().await.unwrap();
    let mut nasrin = world.person("nasrin").await.unwrap();
    let small = json::order_content(&order("meghna-steel", "30000"));
    assert!(nasrin.preview_order(small.clone()).await.unwrap().tasks.is_empty());
    let first = world.order(&order("meghna-steel", "30000")).await.unwrap();
    world.order_result(&first).await.unwrap();
    let preview = nasrin.preview_order(small).await.unwrap();
    assert_eq!(preview.tasks[0].kind, "possible_duplicate", "the same once more");
    let head = preview.tasks.iter().find(|t| t.role == "department_head" && t.kind == "level").unwrap();
    assert!(head.why.contains("count together"), "{}", head.why);
    assert_eq!(head.eligible, ["karim"]);
    let second = world.order(&order("meghna-steel", "30000.01")).await.unwrap();
    world.decide_order(&second, "level-1", "karim", "approve").await.unwrap();
    let shown = world.until_order(&second, |o| o.state() == DocumentState::Settled).await.unwrap();
    assert!(shown.issued.unwrap().po_number.ends_with("-000002"), "the preview took no number");
    world.sound(false).await.unwrap();
    world.stack.stop().await.unwrap();
}
