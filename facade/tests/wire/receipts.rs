//! What becomes of an issued order: its receipts and its end.

use tonic::Code;
use vextrus_ledger::views;
use vextrus_proto::purchasing::v1 as proto;

use crate::setup::{World, fields, new_request_id, order, reason, refused};

fn receive(po_number: &str, request_id: &str, lines: &[(i32, &str)]) -> proto::ReceiveGoodsRequest {
    let line = |(line, quantity): &(i32, &str)| proto::ReceivedLine { line: *line, quantity: (*quantity).to_owned() };
    proto::ReceiveGoodsRequest {
        parent: "tenants/acme".to_owned(),
        po_number: po_number.to_owned(),
        request_id: request_id.to_owned(),
        received_on: "2026-08-02".to_owned(),
        lines: lines.iter().map(line).collect(),
        note: String::new(),
    }
}

fn close(po_number: &str, reason: &str) -> proto::ClosePurchaseOrderRequest {
    let [parent, po_number, reason] = ["tenants/acme", po_number, reason].map(str::to_owned);
    proto::ClosePurchaseOrderRequest { parent, po_number, reason, request_id: new_request_id() }
}

/// What the company's one budget has reserved, in poisha.
async fn reserved(world: &World) -> i64 {
    let mut tx = world.ledger.read(&"acme".parse().unwrap()).await.unwrap();
    views::budgets(&mut tx, &"acme".parse().unwrap()).await.unwrap()[0].reserved.poisha()
}

#[tokio::test(flavor = "multi_thread")]
async fn goods_come_until_everything_has_come() {
    let world = World::new().await;
    let number = world.issued("r-1", order(100)).await;
    let mut client = world.orders();
    for (request_id, quantity, receipt, received, to_receive) in
        [("g-1", "60.5", 1, "60.5", "39.5"), ("g-1", "60.5", 1, "60.5", "39.5"), ("g-2", "39.5", 2, "100", "0")]
    {
        let request = world.request("acme", "salma", receive(&number, request_id, &[(1, quantity)]));
        let answer = client.receive_goods(request).await.unwrap().into_inner();
        let order = answer.order.unwrap();
        let line = &order.lines[0];
        assert_eq!((answer.receipt, order.open, order.po_number.as_str()), (receipt, true, number.as_str()));
        assert_eq!((line.ordered.as_str(), line.received.as_str()), ("100", received));
        assert_eq!((line.to_receive.as_str(), line.billed.as_str(), line.to_bill.as_str()), (to_receive, "0", "100"));
    }
    let other = receive(&number, "g-1", &[(1, "60")]);
    let status = client.receive_goods(world.request("acme", "salma", other)).await.unwrap_err();
    assert_eq!(reason(&status), refused(Code::AlreadyExists, "REQUEST_ID_REUSED"));
    let more = receive(&number, "g-3", &[(1, "0.000001")]);
    let status = client.receive_goods(world.request("acme", "salma", more)).await.unwrap_err();
    let said =
        "INVALID_FIELD: lines[0].quantity: 0.000001 of cement came, 0 are still to come; amend the order for more";
    assert_eq!(fields(&status), [("lines[0].quantity".to_owned(), said.to_owned())]);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_receipt_is_told_by_its_fields() {
    let world = World::new().await;
    let number = world.issued("r-1", order(100)).await;
    let mut client = world.orders();
    let mut wrong = receive("PO 1", "", &[(0, "5"), (1, "many"), (-1, "")]);
    wrong.received_on = "2026-8-2".to_owned();
    let status = client.receive_goods(world.request("acme", "salma", wrong)).await.unwrap_err();
    let found: Vec<String> = fields(&status).into_iter().map(|(field, _)| field).collect();
    let expected = [
        "po_number",
        "request_id",
        "received_on",
        "lines[0].line",
        "lines[1].quantity",
        "lines[2].quantity",
        "lines[2].line",
    ];
    assert_eq!(found, expected);
    let with = |change: fn(&mut proto::ReceiveGoodsRequest)| {
        let mut request = receive(&number, "g-1", &[(1, "5")]);
        change(&mut request);
        request
    };
    for (request, field, said) in [
        (with(|r| r.lines.clear()), "lines", "there are none; say what came"),
        (with(|r| r.lines[0].line = 2), "lines[0].line", "has no line 2"),
        (
            with(|r| r.lines[0].quantity = "101".to_owned()),
            "lines[0].quantity",
            "101 of cement came, 100 are still to come",
        ),
        (with(|r| r.lines.push(r.lines[0].clone())), "lines[1].line", "line 1 is there twice; add it up"),
        (with(|r| r.received_on = "2999-01-01".to_owned()), "received_on", "2999-01-01 is yet to come; it is"),
        (with(|r| r.note = "x".repeat(501)), "note", "at most 500 bytes"),
        (with(|r| r.note = "a\u{1b}b".to_owned()), "note", "without control characters"),
    ] {
        let status = client.receive_goods(world.request("acme", "salma", request)).await.unwrap_err();
        let found = fields(&status);
        assert!(found.len() == 1 && found[0].0 == field && found[0].1.contains(said), "{field}, {said:?}: {found:?}");
    }
    for (tenant, person, number, code, refusal) in [
        ("acme", "salma", "PO-2026-27-999999", Code::NotFound, "NOT_FOUND"),
        ("acme", "gone", number.as_str(), Code::PermissionDenied, "PERMISSION_DENIED"),
        ("other", "salma", number.as_str(), Code::NotFound, "NOT_FOUND"),
    ] {
        let request = world.request(tenant, person, receive(number, "g-1", &[(1, "5")]));
        let status = client.receive_goods(request).await.unwrap_err();
        assert_eq!(reason(&status), refused(code, refusal), "{status}");
    }
    let elsewhere =
        proto::ReceiveGoodsRequest { parent: "tenants/other".to_owned(), ..receive(&number, "g-1", &[(1, "5")]) };
    let status = client.receive_goods(world.request("other", "salma", elsewhere)).await.unwrap_err();
    assert_eq!(reason(&status), refused(Code::NotFound, "NOT_FOUND"), "another tenant's order");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_is_closed_and_its_budget_free() {
    let world = World::new().await;
    let number = world.issued("r-1", order(100)).await;
    let mut client = world.orders();
    assert_eq!(reserved(&world).await, 5_000_000);
    let long = "x".repeat(501);
    for (why, code, field) in
        [("", "REASON_REQUIRED", "reason"), (" ", "REASON_REQUIRED", "reason"), (&long, "LIMIT_EXCEEDED", "reason")]
    {
        let status =
            client.close_purchase_order(world.request("acme", "salma", close(&number, why))).await.unwrap_err();
        assert_eq!(reason(&status), refused(Code::InvalidArgument, code));
        assert_eq!(fields(&status)[0].0, field);
    }
    for (tenant, person, number, code, refusal) in [
        ("acme", "salma", "PO-9", Code::NotFound, "NOT_FOUND"),
        ("acme", "gone", number.as_str(), Code::PermissionDenied, "PERMISSION_DENIED"),
        ("other", "salma", number.as_str(), Code::NotFound, "NOT_FOUND"),
    ] {
        let request = world.request(tenant, person, close(number, "not needed"));
        let status = client.close_purchase_order(request).await.unwrap_err();
        assert_eq!(reason(&status), refused(code, refusal), "{status}");
    }
    for _ in 0..2 {
        let request = world.request("acme", "salma", close(&number, "not needed"));
        let order = client.close_purchase_order(request).await.unwrap().into_inner().order.unwrap();
        assert!(!order.open);
        assert_eq!((order.po_number.as_str(), order.amount_poisha), (number.as_str(), 5_000_000));
    }
    assert_eq!(reserved(&world).await, 0);
    let late = receive(&number, "g-1", &[(1, "5")]);
    let status = client.receive_goods(world.request("acme", "salma", late)).await.unwrap_err();
    assert_eq!(reason(&status), refused(Code::FailedPrecondition, "PO_UNKNOWN"));
    world.stop().await;
}
