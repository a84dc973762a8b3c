//! Goods that came on an issued order.

use vextrus_domain::{Actor, Order, RefusalCode};
use vextrus_ledger::orders::{self, Receipt};
use vextrus_tests_support::company::{CLERK, GLOBEX, actor, id, order, request};
use vextrus_tests_support::ledgers::at_once;
use vextrus_tests_support::on_both;
use vextrus_tests_support::steps::{Desk, receipt};

on_both![
    goods_come_in_many_parts_and_never_more_than_ordered,
    the_same_request_is_the_same_receipt,
    what_is_no_receipt_is_refused,
    nothing_comes_from_tomorrow,
    only_an_open_order_of_ours_takes_receipts,
    receipts_at_once_never_exceed_the_order,
];

/// An issued order of 10 bags and 2.5 tons.
async fn issued(desk: &Desk) -> String {
    let (_, number) = desk.issue(&order("meghna", &[("cement", "10", "400"), ("steel", "2.5", "1000")])).await;
    number
}

async fn received(desk: &Desk, number: &str) -> Vec<String> {
    desk.order(number).await.0.lines.iter().map(|l| l.received.to_string()).collect()
}

async fn goods_come_in_many_parts_and_never_more_than_ordered(desk: &Desk) {
    let number = issued(desk).await;
    assert_eq!(desk.receive(&number, &[(1, "3"), (2, "0.000001")]).await, Ok(1));
    assert_eq!(desk.receive(&number, &[(1, "6.999999")]).await, Ok(2));
    assert_eq!(received(desk, &number).await, ["9.999999", "0.000001"]);
    let refusal = desk.receive(&number, &[(2, "1"), (1, "0.000002")]).await.unwrap_err();
    assert_eq!(refusal.code, RefusalCode::InvalidField);
    let said = "lines[1].quantity: 0.000002 of cement came, 0.000001 are still to come; amend the order for more";
    assert_eq!(refusal.message, said);
    assert_eq!(received(desk, &number).await, ["9.999999", "0.000001"], "a refused receipt leaves nothing");
    assert_eq!(desk.receive(&number, &[(1, "0.000001"), (2, "2.499999")]).await, Ok(3));
    assert_eq!(desk.receive(&number, &[(2, "0.000001")]).await.unwrap_err().code, RefusalCode::InvalidField);
    let issued = desk.order(&number).await.0;
    assert!(desk.order(&number).await.1, "what came whole stays open for its bills");
    let document = vextrus_domain::DocumentKey { tenant: id("acme"), document: issued.document, submission: 1 };
    assert_eq!(desk.trail(&document).await.iter().filter(|kind| *kind == "goods_received").count(), 3);
}

async fn the_same_request_is_the_same_receipt(desk: &Desk) {
    let number = issued(desk).await;
    let (again, came) = (request(), receipt(desk, &[(1, "4")]));
    for _ in 0..3 {
        assert_eq!(desk.receive_as(&again, &number, &came).await, Ok(1));
    }
    assert_eq!(received(desk, &number).await, ["4", "0"]);
    let other = issued(desk).await;
    for (number, came) in [
        (&number, receipt(desk, &[(1, "5")])),
        (&number, receipt(desk, &[(2, "2")])),
        (&number, Receipt { note: "challan 7".to_owned(), ..came.clone() }),
        (&other, came.clone()),
    ] {
        let refusal = desk.receive_as(&again, number, &came).await.unwrap_err();
        assert_eq!(refusal.code, RefusalCode::RequestIdReused, "{came:?}");
    }
    // A repeated request is answered also when the order has ended since.
    assert_eq!(desk.end_order(&number, "enough").await, Ok(()));
    assert_eq!(desk.receive_as(&again, &number, &came).await, Ok(1));
}

async fn what_is_no_receipt_is_refused(desk: &Desk) {
    let number = issued(desk).await;
    let good = receipt(desk, &[(1, "1")]);
    for (said, came) in [
        ("lines: there are none", receipt(desk, &[])),
        ("lines[1].line: line 1 is there twice", receipt(desk, &[(1, "1"), (1, "2")])),
        ("lines[0].line: purchase order PO-2025-26-000001 has no line 3", receipt(desk, &[(3, "1")])),
        ("lines[0].line: purchase order PO-2025-26-000001 has no line 0", receipt(desk, &[(0, "1")])),
        ("note: give at most 500 bytes", Receipt { note: "x".repeat(501), ..good.clone() }),
        ("note: give at most 500 bytes", Receipt { note: "a\nb".to_owned(), ..good.clone() }),
    ] {
        let refusal = desk.receive_as(&request(), &number, &came).await.unwrap_err();
        assert_eq!(refusal.code, RefusalCode::InvalidField);
        assert!(refusal.message.starts_with(said), "{refusal}");
    }
    assert_eq!(desk.receive_as(&request(), &number, &Receipt { note: "x".repeat(500), ..good }).await, Ok(1));
}

async fn nothing_comes_from_tomorrow(desk: &Desk) {
    let number = issued(desk).await;
    let came = |day: &str| Receipt { received_on: id(day), ..receipt(desk, &[(1, "1")]) };
    // One second before midnight in Dhaka, and midnight.
    desk.at("2025-08-10T17:59:59Z");
    let refusal = desk.receive_as(&request(), &number, &came("2025-08-11")).await.unwrap_err();
    assert_eq!(refusal.to_string(), "INVALID_FIELD: received_on: 2025-08-11 is yet to come; it is 2025-08-10 in Dhaka");
    desk.at("2025-08-10T18:00:00Z");
    assert_eq!(desk.receive_as(&request(), &number, &came("2025-08-11")).await, Ok(1));
    assert_eq!(desk.receive_as(&request(), &number, &came("2025-08-02")).await, Ok(2), "it may have lain there");
}

async fn only_an_open_order_of_ours_takes_receipts(desk: &Desk) {
    assert_eq!(desk.receive("PO-2025-26-000001", &[(1, "1")]).await.unwrap_err().code, RefusalCode::NotFound);
    assert_eq!(desk.receive("PO-1", &[(1, "1")]).await.unwrap_err().code, RefusalCode::PoUnknown, "an imported one");
    let number = issued(desk).await;
    for (who, code) in [
        (Actor { tenant: id(GLOBEX), person: id(CLERK) }, RefusalCode::NotFound),
        (actor("jamal"), RefusalCode::PermissionDenied),
        (actor("nobody"), RefusalCode::PermissionDenied),
    ] {
        let mut tx = desk.ledger().begin(&who.tenant).await.unwrap();
        let came = receipt(desk, &[(1, "1")]);
        let refusal = orders::receive(&mut tx, &who, &request(), &id(&number), &came).await.unwrap().unwrap_err();
        assert_eq!(refusal.code, code, "{who:?}");
    }
    assert_eq!(desk.end_order(&number, "the vendor cannot deliver").await, Ok(()));
    assert_eq!(desk.receive(&number, &[(1, "1")]).await.unwrap_err().code, RefusalCode::PoUnknown);
    let rows = desk.database.raw().await.rows().await;
    assert_eq!((rows["goods_receipts"], rows["goods_receipt_lines"]), (0, 0));
}

async fn receipts_at_once_never_exceed_the_order(desk: &Desk) {
    let many: Order = order("meghna", &[("cement", "20", "100")]);
    let (_, number) = desk.issue(&many).await;
    let (ledger, came, po) = (desk.ledger(), receipt(desk, &[(1, "3")]), number.clone());
    let answers = at_once(16, move |_| {
        let (ledger, came, po) = (ledger.clone(), came.clone(), po.clone());
        async move {
            let mut tx = ledger.begin(&id("acme")).await.unwrap();
            let answer = orders::receive(&mut tx, &actor(CLERK), &request(), &id(&po), &came).await.unwrap();
            if answer.is_ok() {
                tx.commit().await.unwrap();
            } else {
                tx.rollback().await.unwrap();
            }
            answer.map_err(|refusal| refusal.code)
        }
    })
    .await;
    let mut numbers: Vec<u32> = answers.iter().filter_map(|a| a.as_ref().ok().copied()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6], "six times three of twenty: {answers:?}");
    assert!(answers.iter().all(|a| a.is_ok() || *a == Err(RefusalCode::InvalidField)));
    assert_eq!(received(desk, &number).await, ["18"]);
}
