//! The same for scripts and browsers: the bytes as the body of a request and of an answer.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Path, Query, Request, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use futures::{Stream, StreamExt as _};
use serde::Deserialize;
use tonic::metadata::MetadataMap;
use vextrus_ledger::attachments::AttachmentKind;
use vextrus_proto::approval::v1 as proto;

use super::upload::Wanted;
use super::{download, kind, shown};
use crate::call::{Call, UPLOAD_LIMIT};
use crate::errors::Failure;
use crate::rest;
use crate::service::{App, Service};

#[derive(Deserialize)]
struct Asked {
    #[serde(default, alias = "requestId")]
    request_id: String,
    #[serde(default)]
    kind: String,
    #[serde(default, alias = "fileName")]
    file_name: String,
}

/// Serves the two paths.
pub(crate) fn router(service: &Service) -> Router {
    Router::new()
        .route("/v1/tenants/{tenant}/{collection}/{document}/attachments", post(upload))
        .route("/v1/tenants/{tenant}/{collection}/{document}/attachments/{attachment}/content", get(content))
        // The upload counts its bytes itself.
        .layer(DefaultBodyLimit::disable())
        .with_state(service.clone())
}

async fn upload(
    State(service): State<Service>,
    Path((tenant, collection, document)): Path<(String, String, String)>,
    Query(asked): Query<Asked>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let app = service.app();
    let call = match Call::of(app, "UploadAttachment", &of_headers(&parts.headers)) {
        Ok(call) => call.within(UPLOAD_LIMIT),
        Err(failure) => return rest::refused(&failure.into_status("UploadAttachment")),
    };
    let media_type = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let named: Option<AttachmentKind> = asked.kind.parse().ok();
    let mut given = proto::NewAttachment {
        parent: format!("tenants/{tenant}/{collection}/{document}"),
        request_id: asked.request_id,
        kind: 0,
        file_name: asked.file_name,
        media_type: media_type.to_owned(),
        // The length of the body is HTTP's own.
        size_bytes: 0,
    };
    given.set_kind(named.map_or(proto::AttachmentKind::Unspecified, kind));
    let work = async {
        let wanted = Wanted::read(app, &call, &given)?;
        let attachment = wanted.carry(app, &call, chunks(body)).await?;
        let attachment = Some(shown(wanted.named.kind, &call.actor.tenant, &attachment));
        Ok::<_, Failure>(proto::UploadAttachmentResponse { attachment })
    };
    match call.answer(app, work).await {
        Ok(response) => axum::Json(response.into_inner()).into_response(),
        Err(status) => rest::refused(&status),
    }
}

fn chunks(body: Body) -> impl Stream<Item = Result<Bytes, Failure>> {
    body.into_data_stream().map(|part| part.map_err(|_| Failure::field("chunk", "the upload did not come to its end")))
}

async fn content(
    State(service): State<Service>,
    Path((tenant, collection, document, attachment)): Path<(String, String, String, String)>,
    headers: HeaderMap,
) -> Response {
    let app = service.app();
    let call = match Call::of(app, "DownloadAttachment", &of_headers(&headers)) {
        Ok(call) => call,
        Err(failure) => return rest::refused(&failure.into_status("DownloadAttachment")),
    };
    let name = format!("tenants/{tenant}/{collection}/{document}/attachments/{attachment}");
    match call.answer(app, given(app, &call, &name)).await {
        Ok(response) => response.into_inner(),
        Err(status) => rest::refused(&status),
    }
}

async fn given(app: &App, call: &Call, name: &str) -> Result<Response, Failure> {
    let (_, attachment, bytes) = download::open(app, call, name).await?;
    // Its name can hold what a header cannot: other characters are written as RFC 5987 has them.
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
    let quoted: String = attachment.file_name.bytes().fold(String::new(), |mut text, byte| {
        if plain(byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
        text
    });
    let call = call.clone();
    let bytes = bytes.inspect(move |_| {
        // The caller's place among those that are answered is kept until the bytes are theirs.
        let _ = &call;
    });
    let header = |text: String| HeaderValue::from_str(&text).map_err(|e| Failure::Internal(e.to_string()));
    let mut response = (StatusCode::OK, Body::from_stream(bytes)).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, header(attachment.media_type)?);
    headers.insert(CONTENT_LENGTH, HeaderValue::from(attachment.bytes));
    // It is saved and not shown: what somebody has uploaded is not a page of ours.
    headers.insert(CONTENT_DISPOSITION, header(format!("attachment; filename*=UTF-8''{quoted}"))?);
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    Ok(response)
}

/// A request of gRPC with these headers, as which calls are authenticated.
fn of_headers(headers: &HeaderMap) -> tonic::Request<()> {
    let mut request = tonic::Request::new(());
    *request.metadata_mut() = MetadataMap::from_headers(headers.clone());
    request
}
