//! Lists of documents.

use tonic::Code;
use vextrus_domain::Content;
use vextrus_proto::approval::v1::DocumentState;
use vextrus_proto::invoice::v1 as proto;
use vextrus_proto::purchasing::v1 as purchasing;

use crate::setup::{World, fields, order, reason, refused};

fn asking(filter: &str, page_token: &str) -> proto::ListInvoicesRequest {
    proto::ListInvoicesRequest {
        parent: "tenants/acme".to_owned(),
        page_size: 2,
        page_token: page_token.to_owned(),
        filter: filter.to_owned(),
    }
}

/// The names of all pages.
async fn all(world: &World, filter: &str) -> Vec<String> {
    let (mut names, mut token) = (Vec::new(), String::new());
    loop {
        let request = world.request("acme", "shirin", asking(filter, &token));
        let page = world.invoices().list_invoices(request).await.unwrap().into_inner();
        assert!(page.invoices.len() <= 2);
        names.extend(page.invoices.into_iter().map(|invoice| invoice.name));
        token = page.next_page_token;
        if token.is_empty() {
            return names;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn invoices_are_listed_the_latest_first() {
    let world = World::new().await;
    let mut expected = Vec::new();
    for _ in 0..3 {
        expected.insert(0, format!("tenants/acme/invoices/{}", world.asked().await.document));
    }
    let claimed = format!("tenants/acme/invoices/{}", world.claimed().await.key.document);
    world.assessed("o-1", &Content::Order(Box::new(order(1)))).await;
    assert_eq!(all(&world, "state = assessed").await, expected);
    assert_eq!(all(&world, "state = \"claimed\" AND vendor = padma AND submitter = salma").await, [claimed.as_str()]);
    expected.insert(0, claimed);
    assert_eq!(all(&world, "").await, expected);
    assert_eq!(all(&world, "department = works AND claim_time >= 2000-01-01T00:00:00Z").await, expected);
    assert!(all(&world, "claim_time < 2000-01-01T00:00:00Z").await.is_empty());
    assert!(all(&world, "outcome = approved").await.is_empty());

    let shown = world.invoices().list_invoices(world.request("acme", "shirin", asking("state = assessed", ""))).await;
    let shown = shown.unwrap().into_inner().invoices.remove(0);
    assert_eq!((shown.state(), shown.vendor.as_str()), (DocumentState::Assessed, "padma"));
    assert!(shown.due_time.is_some() && shown.conclude_time.is_none() && shown.total_poisha > 11_500_000, "{shown:?}");
    let orders = purchasing::ListPurchaseOrdersRequest { parent: "tenants/acme".to_owned(), ..Default::default() };
    let orders = world.orders().list_purchase_orders(world.request("acme", "shirin", orders)).await.unwrap();
    assert_eq!(orders.into_inner().purchase_orders[0].amount_poisha, 50_000);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_of_ones_own_tenant_and_a_page_of_its_own_filter() {
    let world = World::new().await;
    for _ in 0..3 {
        world.asked().await;
    }
    let others = world.request("other", "salma", asking("", ""));
    let status = world.invoices().list_invoices(others).await.unwrap_err();
    assert_eq!(reason(&status), refused(Code::NotFound, "NOT_FOUND"));
    let page = world.invoices().list_invoices(world.request("acme", "salma", asking("", ""))).await.unwrap();
    let token = page.into_inner().next_page_token;
    let another = world.request("acme", "salma", asking("state = assessed", &token));
    let status = world.invoices().list_invoices(another).await.unwrap_err();
    assert_eq!(fields(&status)[0].0, "page_token");
    let bad = world.request("acme", "salma", asking("colour = red", ""));
    let status = world.invoices().list_invoices(bad).await.unwrap_err();
    assert!(fields(&status)[0].1.contains("there is no field \"colour\""), "{status}");
    world.stop().await;
}
