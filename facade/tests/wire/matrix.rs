//! Who may call what: every method, by people of every kind. A method without a row fails.

use std::collections::BTreeMap;

use prost_reflect::prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage};
use serde_json::{Value, json};
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::{Bytes, http::uri::PathAndQuery};
use tonic::{Code, Request, Status};
use vextrus_proto::FILE_DESCRIPTOR_SET;

use crate::setup::{World, content, reason};

/// Whatever is sent and answered, as bytes.
#[derive(Default)]
struct Raw;

impl Codec for Raw {
    type Encode = Vec<u8>;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        prost_reflect::bytes::BufMut::put_slice(buffer, &item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        use prost_reflect::bytes::Buf as _;
        let left = buffer.remaining();
        Ok(Some(buffer.copy_to_bytes(left)))
    }
}

/// Calls a method with these bytes, with a token or without; answers its end.
async fn call(world: &World, method: &str, message: Vec<u8>, token: Option<&str>) -> Result<(), Status> {
    let mut client = tonic::client::Grpc::new(world.channel.clone());
    client.ready().await.unwrap();
    let mut request = Request::new(message);
    if let Some(token) = token {
        request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    }
    request.set_timeout(std::time::Duration::from_secs(1));
    let path: PathAndQuery = format!("/{method}").parse().unwrap();
    let mut answers = client.server_streaming(request, path, Raw).await?.into_inner();
    while answers.message().await?.is_some() {}
    Ok(())
}

/// A sound message of each method, about this invoice.
fn messages(invoice: &str) -> BTreeMap<&'static str, Value> {
    let (parent, request_id) = ("tenants/acme", "r-1");
    let bill = || serde_json::to_value(content()).unwrap();
    let wanted = json!({
        "vendor": "padma", "date": "2026-08-01", "currency": "BDT", "department": "works", "amountPoisha": "50000",
        "lines": [{"product": "cement", "quantity": "1", "unitPricePoisha": "50000", "amountPoisha": "50000"}],
    });
    let order = "tenants/acme/purchaseOrders/none";
    let decision = json!([{"name": format!("{invoice}/tasks/level-1"), "decide": {"answer": "approve"}}]);
    let delegation = json!({"to": "shirin", "firstDay": "2026-12-01", "lastDay": "2026-12-02"});
    let mut all = BTreeMap::from([
        ("ApprovalService/Act", json!({"name": invoice, "requestId": request_id, "comment": {"text": "seen"}})),
        ("ApprovalService/DecideTasks", json!({"parent": parent, "requestId": request_id, "decisions": decision})),
        ("ApprovalService/ListTasks", json!({"parent": parent})),
        (
            "ApprovalService/GiveDelegation",
            json!({"parent": parent, "requestId": request_id, "delegation": delegation}),
        ),
        ("ApprovalService/RevokeDelegation", json!({"name": "tenants/acme/delegations/9", "requestId": request_id})),
        ("ApprovalService/ListDelegations", json!({"parent": parent})),
        (
            "AttachmentService/UploadAttachment",
            json!({"attachment": {"parent": invoice, "requestId": "a-1", "kind": "ATTACHMENT_KIND_BILL",
            "fileName": "bill.pdf", "mediaType": "application/pdf"}}),
        ),
        ("AttachmentService/DownloadAttachment", json!({"name": format!("{invoice}/attachments/none")})),
        ("AuditService/ListAuditEntries", json!({"parent": invoice})),
        ("AuditService/WatchChanges", json!({"name": invoice})),
        ("InvoiceService/SubmitInvoice", json!({"parent": parent, "requestId": request_id, "content": bill()})),
        ("InvoiceService/GetInvoice", json!({"name": invoice})),
        ("InvoiceService/ResubmitInvoice", json!({"name": invoice, "requestId": request_id, "content": bill()})),
        ("InvoiceService/ListInvoices", json!({"parent": parent})),
        ("InvoiceService/PreviewInvoice", json!({"parent": parent, "content": bill()})),
        (
            "PurchasingService/SubmitPurchaseOrder",
            json!({"parent": parent, "requestId": request_id, "content": wanted}),
        ),
        ("PurchasingService/GetPurchaseOrder", json!({"name": order})),
        ("PurchasingService/ResubmitPurchaseOrder", json!({"name": order, "requestId": request_id, "content": wanted})),
        ("PurchasingService/ListPurchaseOrders", json!({"parent": parent})),
        ("PurchasingService/PreviewPurchaseOrder", json!({"parent": parent, "content": wanted})),
        (
            "PurchasingService/ReceiveGoods",
            json!({"parent": parent, "requestId": request_id, "poNumber": "PO-2026-27-000009", "receivedOn": "2026-08-02",
            "lines": [{"line": 1, "quantity": "1"}]}),
        ),
        (
            "PurchasingService/ClosePurchaseOrder",
            json!({"parent": parent, "poNumber": "PO-2026-27-000009", "requestId": "c-1",
            "reason": "no more"}),
        ),
        ("TaxService/AssessTaxes", json!({"parent": parent, "content": bill()})),
        ("TaxService/ExplainTaxes", json!({"name": invoice})),
    ]);
    all.extend(of_master_data());
    all.extend(of_employees());
    all
}

/// Those of master data.
fn of_master_data() -> Vec<(&'static str, Value)> {
    let parent = "tenants/acme";
    vec![
        (
            "MasterDataService/UpsertVendor",
            json!({"parent": parent, "requestId": "v-1",
            "vendor": {"name": "tenants/acme/vendors/surma", "displayName": "Surma", "kind": "VENDOR_KIND_SERVICE"}}),
        ),
        ("MasterDataService/GetVendor", json!({"name": "tenants/acme/vendors/padma"})),
        ("MasterDataService/ListVendors", json!({"parent": parent})),
        (
            "MasterDataService/UpsertPerson",
            json!({"parent": parent, "requestId": "v-2", "person": {"name": "tenants/acme/people/lipi"}}),
        ),
        ("MasterDataService/GetPerson", json!({"name": "tenants/acme/people/salma"})),
        ("MasterDataService/ListPeople", json!({"parent": parent})),
        (
            "MasterDataService/UpsertDepartment",
            json!({"parent": parent, "requestId": "v-3",
            "department": {"name": "tenants/acme/departments/works", "displayName": "Works"}}),
        ),
        ("MasterDataService/GetDepartment", json!({"name": "tenants/acme/departments/none"})),
        ("MasterDataService/ListDepartments", json!({"parent": parent})),
        (
            "MasterDataService/UpsertBudget",
            json!({"parent": parent, "requestId": "v-4",
            "budget": {"fiscalYear": "2026-27", "department": "stores", "allocatedPoisha": "100"}}),
        ),
        ("MasterDataService/GetBudget", json!({"name": "tenants/acme/budgets/2026-27~works"})),
        ("MasterDataService/ListBudgets", json!({"parent": parent})),
        (
            "MasterDataService/ProposeCalendar",
            json!({"parent": parent, "requestId": "v-5",
            "content": "holidays = 1", "reason": "Eid"}),
        ),
        ("MasterDataService/GetCalendar", json!({"name": "tenants/acme/calendar"})),
        (
            "MasterDataService/ProposeBankAccount",
            json!({"parent": "tenants/acme/vendors/padma", "requestId": "v-6", "reason": "their letter",
            "account": {"bank": "Sonali Bank", "routingNumber": "200270522", "accountName": "Padma",
            "accountNumber": "0123456789012", "evidence": "letter 17"}}),
        ),
        ("MasterDataService/GetBankAccountChange", json!({"name": "tenants/acme/bankAccountChanges/none"})),
        ("MasterDataService/ListBankAccountChanges", json!({"parent": parent})),
    ]
}

/// Those of employees' processes.
fn of_employees() -> Vec<(&'static str, Value)> {
    let (parent, request_id) = ("tenants/acme", "r-1");
    let process = "tenants/acme/onboardings/none";
    let employee = json!({
        "employeeId": "emp-9",
        "personal": {"name": "Zubaida", "email": "zubaida@private.example", "phone": "01717770009", "nid": "7775550009"},
        "employment": {"department": "works", "position": "Engineer", "grade": "G7", "class": "EMPLOYEE_CLASS_SKILLED",
            "startDate": "2026-12-20", "manager": "karim", "hrManager": "farzana"},
    });
    vec![
        ("OnboardingService/StartOnboarding", json!({"parent": parent, "requestId": request_id, "employee": employee})),
        (
            "OnboardingService/StartOffboarding",
            json!({"parent": parent, "requestId": request_id, "employee": "emp-9",
            "lastDay": "2026-12-30", "reason": "resigned", "hrManager": "farzana"}),
        ),
        ("OnboardingService/GetProcess", json!({"name": process})),
        ("OnboardingService/ListProcesses", json!({"parent": parent})),
        (
            "OnboardingService/ActOnProcess",
            json!({"name": process, "requestId": request_id,
            "withdraw": {"reason": "another offer"}}),
        ),
        (
            "OnboardingService/EraseEmployee",
            json!({"name": "tenants/acme/employees/emp-9", "reason": "twelve years", "requestId": request_id}),
        ),
    ]
}

/// The bytes of a method's message.
fn encoded(pool: &DescriptorPool, method: &str, message: &Value) -> Vec<u8> {
    let (service, name) = method.split_once('/').unwrap();
    let service = pool.get_service_by_name(service).unwrap();
    let input = service.methods().find(|m| m.name() == name).unwrap().input();
    DynamicMessage::deserialize(input, message).unwrap_or_else(|e| panic!("{method}: {e}")).encode_to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_method_knows_whom_it_answers() {
    let world = World::with(|config| {
        (config.facade.calls_per_second, config.facade.calls_in_a_burst) = (10_000, 10_000);
    })
    .await;
    let invoice = format!("tenants/acme/invoices/{}", world.asked().await.document);
    let messages = messages(&invoice);
    let pool = DescriptorPool::decode(FILE_DESCRIPTOR_SET).unwrap();
    let mut rows = messages.len();
    for method in vextrus_facade::methods() {
        let short = method.rsplit_once(".v1.").unwrap().1;
        let message = messages.get(short).unwrap_or_else(|| panic!("{short} has no row in {}", file!()));
        rows -= 1;
        let message = encoded(&pool, &method, message);
        let of = async |token: Option<String>| {
            let ended = call(&world, &method, message.clone(), token.as_deref()).await;
            ended.map_or_else(|status| reason(&status), |()| (Code::Ok, String::new()))
        };
        // Strangers, and whoever brings something else than a token of the issuer.
        let token = world.token("acme", "salma");
        let mut forged = token.clone();
        forged.truncate(forged.len() - 4);
        for bad in [None, Some(String::new()), Some("x.y.z".to_owned()), Some(forged), Some(unsigned(&token))] {
            assert_eq!(
                of(bad.clone()).await,
                (Code::Unauthenticated, "UNAUTHENTICATED".to_owned()),
                "{method}: {bad:?}"
            );
        }
        // Another company's people do not learn that there is anything.
        assert_eq!(of(Some(world.token("other", "nadia"))).await.0, Code::NotFound, "{method}");
        // Nobody of the company, or nobody any more.
        for person in ["nobody", "gone"] {
            let answered = of(Some(world.token("acme", person))).await;
            assert_eq!(answered, (Code::PermissionDenied, "PERMISSION_DENIED".to_owned()), "{method}: {person}");
        }
        // Members are answered by what they ask, and never as strangers.
        for person in ["salma", "rahim", "hasina", "inspector", "farzana", "nadia"] {
            let (code, refusal) = of(Some(world.token("acme", person))).await;
            let is_known = code != Code::Unauthenticated && refusal != "PERMISSION_DENIED";
            let is_hr = short.starts_with("OnboardingService/") && person != "farzana";
            assert!(is_known || is_hr || is_kept_from(short, person), "{method}: {person}: {code:?} {refusal}");
            assert!(!is_known || !is_kept_from(short, person), "{method}: {person} may not: {code:?} {refusal}");
            assert!(
                !matches!(code, Code::Internal | Code::Unknown | Code::Unimplemented),
                "{method}: {person}: {code:?}"
            );
        }
    }
    assert_eq!(rows, 0, "there are rows of methods that are not there");
    world.stop().await;
}

/// Whether the table of permissions keeps a method from a person.
fn is_kept_from(method: &str, person: &str) -> bool {
    let writes = ["/Upsert", "/ProposeCalendar"].iter().any(|start| method.contains(start));
    writes && person != "nadia" || method.ends_with("/ProposeBankAccount") && !matches!(person, "nadia" | "rahim")
}

/// The same token, which says that it needs no signature.
fn unsigned(token: &str) -> String {
    use base64::Engine as _;
    let payload = token.split('.').nth(1).unwrap();
    let header = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT","kid":"dev"}"#);
    format!("{header}.{payload}.")
}

/// Bytes that are no message, cut short, or too deep.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_message_is_refused_and_nothing_falls_over() {
    let world = World::with(|config| {
        (config.facade.calls_per_second, config.facade.calls_in_a_burst) = (100_000, 100_000);
    })
    .await;
    let invoice = format!("tenants/acme/invoices/{}", world.asked().await.document);
    let messages = messages(&invoice);
    let pool = DescriptorPool::decode(FILE_DESCRIPTOR_SET).unwrap();
    let token = world.token("acme", "salma");
    // Its own generator, so that a failure can be run again.
    let mut seed: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut random = move || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed
    };
    for method in vextrus_facade::methods() {
        let short = method.rsplit_once(".v1.").unwrap().1;
        let sound = encoded(&pool, &method, &messages[short]);
        for round in 0..40 {
            let mut message = sound.clone();
            match round % 4 {
                0 => message.truncate(usize::try_from(random()).unwrap() % (message.len() + 1)),
                1 => message = (0..64).map(|_| random().to_le_bytes()[0]).collect(),
                2 => message.extend_from_slice(&sound),
                _ => {
                    let at = usize::try_from(random()).unwrap() % message.len();
                    message[at] ^= 1 << (random() % 8);
                }
            }
            if let Err(status) = call(&world, &method, message.clone(), Some(&token)).await {
                // What cannot be read at all is refused by the protocol itself.
                let unreadable = status.message().contains("decode") || status.message().contains("buffer");
                assert!(status.code() != Code::Internal || unreadable, "{method} {message:02x?}: {status}");
                assert!(status.code() != Code::Unknown, "{method} {message:02x?}: {status}");
            }
        }
    }
    let list = encoded(&pool, "vextrus.approval.v1.ApprovalService/ListTasks", &messages["ApprovalService/ListTasks"]);
    call(&world, "vextrus.approval.v1.ApprovalService/ListTasks", list, Some(&token)).await.unwrap();
    world.stop().await;
}
