//! A purchase order with `vextrus dev`: asked for, approved during a leave, received, billed and closed.

use chrono::{Days, Utc};
use serde_json::{Value, json};
use vextrus_domain::calendar::dhaka_date;

use crate::program::{Program, run, until};
use crate::running::{Dev, id};

const ORDER: &str = "examples/orders/01-cement.json";

#[test]
fn an_order_from_its_request_to_its_end() {
    let dev = Dev::start(&[]);
    it_is_said_who_would_approve(&dev);
    somebody_stands_in(&dev);
    let order = submitted(&dev);
    a_question_is_answered(&dev, &order);
    let number = it_is_issued(&dev, &order);
    goods_come(&dev, &number);
    a_bill_matches(&dev, &number);
    the_rest_is_closed(&dev, &order, &number);
    nobody_stands_in_any_more(&dev);
    let session = dev.session();
    let mut command = dev.command(&["ledger", "check", "--tenant", "acme-bd"]);
    command.env("VEXTRUS_LEDGER_ADDRESS", session["ledger"].as_str().unwrap());
    assert!(run(command).ok().contains("sound"));
}

fn show(dev: &Dev, order: &str) -> Value {
    dev.by("nasrin", &["order", "show", order, "-o", "json"]).json()
}

fn it_is_said_who_would_approve(dev: &Dev) {
    let text = dev.by("nasrin", &["order", "explain", ORDER]).ok();
    for said in
        ["level-1", "department_head", "one of karim", "at the latest", "because", "50,000", "49,19,500.00 free"]
    {
        assert!(text.contains(said), "{said}: {text}");
    }
    let preview = dev.by("nasrin", &["order", "explain", ORDER, "-o", "json"]).json();
    assert_eq!(preview["tasks"][0]["eligible"], json!(["karim"]));
    let small = dev.by("nasrin", &["order", "explain", "examples/orders/02-small.json"]).ok();
    assert!(small.ends_with("  department\nnobody need approve it\n"), "{small}");
    dev.by("nasrin", &["order", "explain", "/nowhere.json"]).fails(1, "/nowhere.json");
    dev.by("nasrin", &["order", "explain", "examples/company.json"]).fails(4, "INVALID_FIELD");
}

fn somebody_stands_in(dev: &Dev) {
    let today = dhaka_date(Utc::now());
    let (from, to) = (today.to_string(), today.checked_add_days(Days::new(14)).unwrap().to_string());
    let give = |to_whom: &'static str| {
        let mut args = vec!["delegation", "give", "--to", to_whom, "--from-day", &from, "--to-day", &to];
        args.extend(["--document", "purchase_order", "--limit", "200000.00", "--request-id"]);
        args.into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let by = |person: &str, mut args: Vec<String>, request_id: &str| {
        args.push(request_id.to_owned());
        dev.by(person, &args.iter().map(String::as_str).collect::<Vec<_>>())
    };
    for _ in 0..2 {
        let text = by("karim", give("shirin"), "g-1").ok();
        assert!(text.contains("   1  shirin for karim") && text.contains("up to BDT 2,00,000.00"), "{text}");
    }
    by("karim", give("tanvir"), "g-1").fails(4, "REQUEST_ID_REUSED");
    by("shirin", give("karim"), "g-2").fails(4, "DELEGATION_INVALID");
    let listed = dev.by("nasrin", &["delegation", "list", "-o", "jsonl"]).jsonl();
    assert_eq!(listed.len(), 1, "{listed:?}");
    assert_eq!((&listed[0]["from"], &listed[0]["limit"]), (&json!("karim"), &json!("200000.00")));
}

fn submitted(dev: &Dev) -> String {
    let submit = || dev.by("nasrin", &["order", "submit", ORDER, "--request-id", "o-1", "-o", "json"]).json();
    let order = id(&submit());
    assert_eq!(id(&submit()), order, "the same request");
    let inbox = until("the stand-in is asked", || {
        let text = dev.by("shirin", &["inbox"]).ok();
        text.contains(&order).then_some(text)
    });
    assert!(inbox.contains("for karim: ") && inbox.contains("80,500.00"), "{inbox}");
    let shown = show(dev, &order);
    assert_eq!(
        (&shown["state"], &shown["outcome"], &shown["issued"]),
        (&json!("assessed"), &Value::Null, &Value::Null)
    );
    assert_eq!((&shown["amount"], &shown["submitter"]), (&json!("80500.00"), &json!("nasrin")));
    assert_eq!(
        shown["lines"][1],
        json!({"product": "Deformed bar 12 mm, kilogram", "quantity": "300",
        "unit_price": "95.00", "amount": "28500.00"})
    );
    let task = &shown["approval"]["tasks"][0];
    assert_eq!((&task["state"], &task["eligible"]), (&json!("open"), &json!(["karim"])));
    assert!(task["why"].as_str().is_some_and(|why| !why.is_empty()), "{task}");
    assert_eq!(shown["approval"]["budgets"][0]["free"], json!("4919500.00"));
    assert_eq!(shown["workflow_id"], format!("purchase-order/acme-bd/{order}/1"));
    order
}

fn a_question_is_answered(dev: &Dev, order: &str) {
    let ask = ["order", "ask", order, "--question", "which site is it for?", "--request-id", "q-1", "-o", "json"];
    assert_eq!(dev.by("shirin", &ask).json()["principal"], "karim");
    dev.by("rahim", &["order", "ask", order, "--question", "why?"]).fails(4, "NOT_ELIGIBLE");
    until("the question is shown", || {
        let text = dev.by("nasrin", &["order", "show", order]).ok();
        text.contains("shirin asks at level-1: which site is it for? (answer with --question q-1)").then_some(())
    });
    let answer = |question: &'static str| ["order", "answer", order, "--question", question, "--text", "bridge 7"];
    dev.by("karim", &answer("q-1")).fails(4, "NOT_SUBMITTER");
    dev.by("nasrin", &answer("q-9")).fails(3, "QUESTION_UNKNOWN");
    assert_eq!(dev.by("nasrin", &answer("q-1")).ok(), "taken; next: level-1\n");
    dev.by("nasrin", &answer("q-1")).fails(3, "QUESTION_UNKNOWN");
}

fn it_is_issued(dev: &Dev, order: &str) -> String {
    dev.by("nasrin", &["order", "approve", order]).fails(4, "SELF_APPROVAL");
    let approve = ["order", "approve", order, "--comment", "in the plan", "--request-id", "d-1", "-o", "json"];
    let answer = dev.by("shirin", &approve).json();
    assert_eq!((&answer["principal"], &answer["open_tasks"]), (&json!("karim"), &json!([])));
    let seen = dev.by("nasrin", &["order", "watch", order, "-o", "jsonl"]).jsonl();
    let last = seen.last().unwrap();
    assert_eq!((&last["state"], &last["outcome"]), (&json!("settled"), &json!("approved")), "{last:#}");
    assert_eq!(dev.by("shirin", &approve).json()["principal"], "karim", "the same request");
    let task = &last["approval"]["tasks"][0];
    assert_eq!(
        (&task["actor"], &task["principal"], &task["comment"]),
        (&json!("shirin"), &json!("karim"), &json!("in the plan"))
    );
    let events: Vec<&str> =
        last["approval"]["history"].as_array().unwrap().iter().map(|h| h["event"].as_str().unwrap()).collect();
    for event in ["info_requested", "answered", "decided"] {
        assert!(events.contains(&event), "{event}: {events:?}");
    }
    let issued = &last["issued"];
    assert_eq!((&issued["version"], &issued["open"], &issued["amount"]), (&json!(1), &json!(true), &json!("80500.00")));
    let text = dev.by("nasrin", &["order", "show", order]).ok();
    let number = issued["po_number"].as_str().unwrap().to_owned();
    for said in
        [number.as_str(), "settled, approved", "approve by shirin for karim (in the plan)", "100 to come, 100 to bill"]
    {
        assert!(text.contains(said), "{said}: {text}");
    }
    number
}

fn goods_come(dev: &Dev, number: &str) {
    let receive = ["order", "receive", number, "--line", "1=60", "--note", "challan 771", "--request-id", "r-1"];
    for _ in 0..2 {
        let text = dev.by("nasrin", &receive).ok();
        assert!(text.starts_with(&format!("receipt 1 of {number}\n")) && text.contains("40 to come"), "{text}");
    }
    dev.by("nasrin", &["order", "receive", number, "--line", "1=41"]).fails(4, "lines[0].quantity");
    dev.by("nasrin", &["order", "receive", number, "--line", "1=1", "--on", "tomorrow"]).fails(4, "received_on");
    dev.by("nasrin", &["order", "receive", "PO-9", "--line", "1=1"]).fails(3, "NOT_FOUND");
}

fn a_bill_matches(dev: &Dev, number: &str) {
    let bill = json!({
        "vendor": "meghna-steel", "number": "MS-0201", "date": "2026-11-10", "due_date": "2026-12-15", "currency": "BDT",
        "lines": [{"description": "Portland cement, bag of 50 kg", "quantity": "60", "unit_price": "520.00",
            "amount": "31200.00", "po_line": 1}],
        "subtotal": "31200.00", "vat": "4680.00", "total": "35880.00", "po_number": number, "department": "works",
    });
    let submit = dev.command(&["--as", "nasrin", "invoice", "submit", "-", "-o", "json"]);
    let invoice = id(&Program::start(submit, &bill.to_string()).wait().json());
    dev.until_open(&invoice);
    dev.by("rahim", &["invoice", "approve", &invoice]).ok();
    let ended = dev.until_ended(&invoice);
    assert_eq!((&ended["outcome"], &ended["po_number"]), (&json!("approved"), &json!(number)), "{ended:#}");
    assert_eq!((&ended["approval"]["match_differences"], &ended["tasks"][0]["kind"]), (&json!([]), &json!("level")));
}

fn the_rest_is_closed(dev: &Dev, order: &str, number: &str) {
    let line = &show(dev, order)["issued"]["lines"][0];
    let said = ["ordered", "received", "billed", "to_receive", "to_bill"].map(|field| line[field].as_str().unwrap());
    assert_eq!(said, ["100", "60", "60", "40", "40"]);
    dev.by("nasrin", &["order", "close", number, "--reason", " "]).fails(4, "REASON_REQUIRED");
    let close = ["order", "close", number, "--reason", "the wall is done", "-o", "json"];
    assert_eq!(dev.by("nasrin", &close).json()["open"], false);
    assert_eq!(show(dev, order)["issued"]["open"], false);
    assert_eq!(show(dev, order)["approval"]["budgets"][0]["free"], json!("4968800.00"), "what is not billed is free");
    dev.by("nasrin", &["order", "receive", number, "--line", "1=1"]).fails(4, "PO_UNKNOWN");
}

fn nobody_stands_in_any_more(dev: &Dev) {
    dev.by("nasrin", &["delegation", "revoke", "1"]).fails(4, "PERMISSION_DENIED");
    dev.by("nasrin", &["delegation", "revoke", "9"]).fails(3, "NOT_FOUND");
    assert_eq!(dev.by("karim", &["delegation", "revoke", "1"]).ok(), "delegation 1 is revoked\n");
    assert_eq!(dev.by("nasrin", &["delegation", "list"]).ok(), "nobody stands in for anybody\n");
    assert_eq!(dev.by("nasrin", &["delegation", "list", "-o", "jsonl"]).ok(), "");
}
