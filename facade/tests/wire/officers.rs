//! Whoever reads as an officer reads under the trail's eyes.

use serde_json::json;
use tonic::Code;
use vextrus_ledger::audit::{self, Entry, TENANT_CHAIN};
use vextrus_proto::approval::v1 as approval;
use vextrus_proto::invoice::v1 as invoice;
use vextrus_proto::onboarding::v1 as onboarding;

use crate::setup::{World, reason, refused};

const TENANT: &str = "tenants/acme";

async fn reads(world: &World) -> Vec<Entry> {
    let mut tx = world.ledger.read(&"acme".parse().unwrap()).await.unwrap();
    let trail = audit::read_chain(&mut tx, &"acme".parse().unwrap(), TENANT_CHAIN).await.unwrap().unwrap();
    trail.into_iter().filter(|entry| entry.kind == "read_by_officer").collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_read_of_an_officer_is_an_entry() {
    let world = World::new().await;
    let key = world.asked().await;
    let name = format!("{TENANT}/invoices/{}", key.document);
    for person in ["salma", "inspector"] {
        let get = invoice::GetInvoiceRequest { name: name.clone() };
        world.invoices().get_invoice(world.request("acme", person, get)).await.unwrap();
        let parent = TENANT.to_owned();
        let tasks = approval::ListTasksRequest { parent: parent.clone(), ..Default::default() };
        world.approvals().list_tasks(world.request("acme", person, tasks)).await.unwrap();
        let delegations = approval::ListDelegationsRequest { parent: parent.clone() };
        world.approvals().list_delegations(world.request("acme", person, delegations)).await.unwrap();
        let processes = onboarding::ListProcessesRequest { parent, ..Default::default() };
        world.employees().list_processes(world.request("acme", person, processes)).await.unwrap();
    }
    let seen: Vec<_> = reads(&world).await.into_iter().map(|e| (e.actor.unwrap(), e.body)).collect();
    let entry =
        |rpc: &str, name: &str| ("inspector".to_owned(), json!({"rpc": rpc, "name": name, "roles": ["nbr_officer"]}));
    let right = [
        entry("GetInvoice", &name),
        entry("ListTasks", TENANT),
        entry("ListDelegations", TENANT),
        entry("ListProcesses", TENANT),
    ];
    assert_eq!(seen, right);
    // Also what is asked for and is not there.
    let get = invoice::GetInvoiceRequest { name: format!("{TENANT}/invoices/none") };
    let status = world.invoices().get_invoice(world.request("acme", "inspector", get)).await.unwrap_err();
    assert_eq!(reason(&status), refused(Code::NotFound, "NOT_FOUND"));
    assert_eq!(reads(&world).await.len(), right.len() + 1);
    world.stop().await;
}
