//! Papers of documents: taken in as a stream, given out as they were, shown to whoever reads the document.

use axum::http::{Method, StatusCode};
use http_body_util::BodyExt as _;
use tokio_stream::StreamExt as _;
use tonic::{Code, Request, Status};
use vextrus_domain::DocumentKey;
use vextrus_platform::http::{self, Body};
use vextrus_proto::approval::v1 as proto;
use vextrus_proto::approval::v1::download_attachment_response::Part as Given;
use vextrus_proto::approval::v1::upload_attachment_request::Part;
use vextrus_proto::invoice::v1::GetInvoiceRequest;

use crate::json::{Answer, send};
use crate::setup::{World, field_names, reason, refused};

/// A file that begins as a PDF does, of this many bytes.
fn pdf(bytes: usize) -> Vec<u8> {
    let mut file = b"%PDF-1.7\n".to_vec();
    file.extend((file.len()..bytes).map(|i| u8::try_from(i % 251).unwrap()));
    file
}

fn bill(invoice: &str, request_id: &str) -> proto::NewAttachment {
    let mut new = proto::NewAttachment {
        parent: invoice.to_owned(),
        request_id: request_id.to_owned(),
        file_name: "mushak 6.3.pdf".to_owned(),
        media_type: "application/pdf".to_owned(),
        ..Default::default()
    };
    new.set_kind(proto::AttachmentKind::Mushak63);
    new
}

fn name(key: &DocumentKey) -> String {
    format!("tenants/acme/invoices/{}", key.document)
}

fn messages(new: proto::NewAttachment, bytes: &[u8]) -> Vec<proto::UploadAttachmentRequest> {
    let chunks = bytes.chunks(100_000).map(|chunk| Part::Chunk(chunk.to_vec()));
    let parts = std::iter::once(Part::Attachment(new)).chain(chunks);
    parts.map(|part| proto::UploadAttachmentRequest { part: Some(part) }).collect()
}

async fn send_messages(
    world: &World,
    person: &str,
    messages: Vec<proto::UploadAttachmentRequest>,
) -> Result<proto::Attachment, Status> {
    let mut request = Request::new(tokio_stream::iter(messages));
    let bearer = format!("Bearer {}", world.token("acme", person));
    request.metadata_mut().insert("authorization", bearer.parse().unwrap());
    Ok(world.papers().upload_attachment(request).await?.into_inner().attachment.unwrap())
}

async fn upload(
    world: &World,
    person: &str,
    new: proto::NewAttachment,
    bytes: &[u8],
) -> Result<proto::Attachment, Status> {
    send_messages(world, person, messages(new, bytes)).await
}

async fn download(world: &World, person: &str, name: &str) -> Result<(proto::Attachment, Vec<u8>), Status> {
    let request = proto::DownloadAttachmentRequest { name: name.to_owned() };
    let mut stream = world.papers().download_attachment(world.request("acme", person, request)).await?.into_inner();
    let (mut attachment, mut bytes) = (None, Vec::new());
    while let Some(message) = stream.next().await {
        match message?.part.unwrap() {
            Given::Attachment(given) => attachment = Some(given),
            Given::Chunk(chunk) => bytes.extend_from_slice(&chunk),
        }
    }
    Ok((attachment.unwrap(), bytes))
}

/// How many files are kept.
fn kept(world: &World) -> usize {
    fn under(folder: &std::path::Path) -> usize {
        let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
        entries.map(|entry| entry.unwrap().path()).map(|path| if path.is_dir() { under(&path) } else { 1 }).sum()
    }
    under(&world.papers_folder())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paper_is_kept_as_it_came_and_shown_with_its_document() {
    let world = World::new().await;
    let key = world.asked().await;
    // More than one part of an object store's.
    let file = pdf(6_000_000);
    let attached = upload(&world, "salma", bill(&name(&key), "a-1"), &file).await.unwrap();
    assert_eq!((attached.size_bytes, attached.uploader.as_str()), (6_000_000, "salma"));
    assert_eq!(attached.sha256, sha256_of(&file));
    // The same again is the same, and other bytes under its id are not.
    assert_eq!(upload(&world, "salma", bill(&name(&key), "a-1"), &file).await.unwrap(), attached);
    let status = upload(&world, "salma", bill(&name(&key), "a-1"), &pdf(100)).await.unwrap_err();
    assert_eq!(reason(&status), refused(Code::AlreadyExists, "REQUEST_ID_REUSED"));
    assert_eq!(kept(&world), 1, "what does not count is not kept");
    // Whoever decides sees it, and reads it as it was.
    let get = GetInvoiceRequest { name: name(&key) };
    let shown = world.invoices().get_invoice(world.request("acme", "hasina", get)).await.unwrap().into_inner();
    assert_eq!(shown.invoice.unwrap().approval.unwrap().attachments, std::slice::from_ref(&attached));
    assert_eq!(download(&world, "hasina", &attached.name).await.unwrap(), (attached.clone(), file));
    // It is on the document's trail, with its hash.
    let entries = world.entries(&key).await;
    let told = entries.iter().find(|entry| entry.kind == "attached").unwrap();
    assert_eq!((&told.body["sha256"], &told.body["what"]), (&attached.sha256.clone().into(), &"mushak_6_3".into()));
    assert!(!told.body.to_string().contains("mushak 6.3.pdf"), "the name of a file may be personal");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_no_part_attaches_nothing_and_nothing_is_attached_at_the_end() {
    let world = World::new().await;
    let key = world.asked().await;
    let status = upload(&world, "habib", bill(&name(&key), "a-1"), &pdf(100)).await.unwrap_err();
    assert_eq!(reason(&status), refused(Code::PermissionDenied, "NOT_ELIGIBLE"));
    upload(&world, "rahim", bill(&name(&key), "a-2"), &pdf(100)).await.unwrap();
    let elsewhere = bill(&name(&key).replace("acme", "other"), "a-3");
    assert_eq!(upload(&world, "rahim", elsewhere, &pdf(100)).await.unwrap_err().code(), Code::NotFound);
    for number in 0..19 {
        upload(&world, "salma", bill(&name(&key), &format!("b-{number}")), &pdf(100)).await.unwrap();
    }
    let status = upload(&world, "salma", bill(&name(&key), "a-4"), &pdf(100)).await.unwrap_err();
    assert_eq!(reason(&status), refused(Code::InvalidArgument, "LIMIT_EXCEEDED"));
    world.closed(&key).await;
    let status = upload(&world, "salma", bill(&name(&key), "a-5"), &pdf(100)).await.unwrap_err();
    assert_eq!(reason(&status), refused(Code::FailedPrecondition, "DOCUMENT_CLOSED"));
    // What came through before is answered as before.
    upload(&world, "rahim", bill(&name(&key), "a-2"), &pdf(100)).await.unwrap();
    assert_eq!(kept(&world), 20);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_such_paper_is_refused_and_leaves_nothing() {
    let world = World::with(|config| config.attachments.max_bytes = 1000).await;
    let key = world.asked().await;
    let with = |change: &dyn Fn(&mut proto::NewAttachment)| {
        let mut new = bill(&name(&key), "a-1");
        change(&mut new);
        new
    };
    let status = upload(&world, "salma", bill(&name(&key), "a-1"), &pdf(1001)).await.unwrap_err();
    assert_eq!(reason(&status), refused(Code::InvalidArgument, "LIMIT_EXCEEDED"));
    for (new, file, field) in [
        (bill(&name(&key), "a-1"), b"<html><script>".to_vec(), "media_type"),
        (with(&|n| n.media_type = "image/png".to_owned()), pdf(600), "media_type"),
        (with(&|n| n.media_type = "text/html".to_owned()), pdf(600), "media_type"),
        (with(&|n| n.file_name = "../x.pdf".to_owned()), pdf(600), "file_name"),
        (with(&|n| n.kind = 0), pdf(600), "kind"),
        (with(&|n| n.request_id = String::new()), pdf(600), "request_id"),
        (with(&|n| n.parent = "tenants/acme".to_owned()), pdf(600), "parent"),
        (bill(&name(&key), "a-1"), Vec::new(), "chunk"),
        (with(&|n| n.size_bytes = 601), pdf(600), "size_bytes"),
        (with(&|n| n.size_bytes = -1), pdf(600), "size_bytes"),
    ] {
        let status = upload(&world, "salma", new, &file).await.unwrap_err();
        assert_eq!(field_names(&status), [field], "{status}");
    }
    let mut twice = messages(bill(&name(&key), "a-1"), &pdf(600));
    twice.push(twice[0].clone());
    assert_eq!(field_names(&send_messages(&world, "salma", twice).await.unwrap_err()), ["chunk"]);
    let headless = messages(bill(&name(&key), "a-1"), &pdf(600)).split_off(1);
    assert_eq!(field_names(&send_messages(&world, "salma", headless).await.unwrap_err()), ["attachment"]);
    assert_eq!(kept(&world), 0);
    world.stop().await;

    let world = World::with(|config| config.attachments.place = String::new()).await;
    let key = world.asked().await;
    let status = upload(&world, "salma", bill(&name(&key), "a-1"), &pdf(100)).await.unwrap_err();
    assert_eq!(reason(&status), refused(Code::FailedPrecondition, "ATTACHMENTS_OFF"));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_were_changed_in_their_place_are_not_passed_off_as_the_paper() {
    let world = World::new().await;
    let key = world.asked().await;
    let attached = upload(&world, "salma", bill(&name(&key), "a-1"), &pdf(200_000)).await.unwrap();
    let folder = world.papers_folder().join("acme").join(key.document.as_str());
    let path = std::fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
    std::fs::write(&path, pdf(199_999)).unwrap();
    assert_eq!(download(&world, "rahim", &attached.name).await.unwrap_err().code(), Code::DataLoss);
    // One byte differs: over HTTP/1.1 too nobody takes it for the whole paper.
    let mut forged = pdf(200_000);
    forged[150_000] ^= 1;
    std::fs::write(&path, forged).unwrap();
    assert_eq!(download(&world, "rahim", &attached.name).await.unwrap_err().code(), Code::DataLoss);
    let bearer = format!("Bearer {}", world.token("acme", "rahim"));
    let url = format!("http://{}/v1/{}/content", world.address, attached.name);
    let request = axum::http::Request::get(url).header("authorization", bearer).body(Body::default()).unwrap();
    let answer = http::client(false).unwrap().request(request).await.unwrap();
    assert_eq!(answer.headers()["content-length"], "200000");
    assert!(answer.into_body().collect().await.is_err());
    std::fs::remove_file(&path).unwrap();
    let status = download(&world, "rahim", &attached.name).await.unwrap_err();
    assert_eq!(reason(&status), refused(Code::Internal, "INTERNAL"));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn scripts_send_and_fetch_the_bytes_themselves() {
    let world = World::new().await;
    let key = world.asked().await;
    let path = format!("/v1/{}/attachments", name(&key));
    let post = async |person: &str, query: &str, media_type: &str, body: Vec<u8>| -> Answer {
        let bearer = format!("Bearer {}", world.token("acme", person));
        let headers = [("authorization", bearer.as_str()), ("content-type", media_type)];
        send(&world, Method::POST, &format!("{path}?{query}"), &headers, body).await
    };
    let query = "request_id=h-1&kind=bill&file_name=%E0%A6%AC%E0%A6%BF%E0%A6%B2.pdf";
    let file = pdf(400_000);
    let answer = post("salma", query, "application/pdf", file.clone()).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    let attached = answer.json()["attachment"].clone();
    assert_eq!((&attached["sizeBytes"], &attached["fileName"]), (&"400000".into(), &"বিল.pdf".into()));
    let refused = post("salma", "request_id=h-2&kind=poem&file_name=x.pdf", "application/pdf", pdf(10)).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert_eq!(refused.detail("BadRequest")["fieldViolations"][0]["field"], "kind");
    let nobody = send(&world, Method::POST, &format!("{path}?{query}"), &[], pdf(10)).await;
    assert_eq!((nobody.status, nobody.header("www-authenticate")), (StatusCode::UNAUTHORIZED, "Bearer"));

    let bearer = format!("Bearer {}", world.token("acme", "hasina"));
    let content = format!("/v1/{}/content", attached["name"].as_str().unwrap());
    let given = send(&world, Method::GET, &content, &[("authorization", &bearer)], Vec::new()).await;
    assert_eq!((given.status, given.header("content-type")), (StatusCode::OK, "application/pdf"));
    assert_eq!(given.header("content-disposition"), "attachment; filename*=UTF-8''%E0%A6%AC%E0%A6%BF%E0%A6%B2.pdf");
    assert_eq!((given.header("x-content-type-options"), given.body == file), ("nosniff", true));
    let none = content.replace("/content", "x/content");
    let none = send(&world, Method::GET, &none, &[("authorization", &bearer)], Vec::new()).await;
    assert_eq!(none.detail("ErrorInfo")["reason"], "NOT_FOUND");
    world.stop().await;
}

fn sha256_of(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    hex::encode(sha2::Sha256::digest(bytes))
}
