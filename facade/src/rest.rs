//! The same services as JSON over HTTP, for scripts and browsers, and their OpenAPI document.

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};
use vextrus_proto::rest::{OPENAPI, RestService, Transcoder};
use vextrus_proto::{approval, audit, invoice, masterdata, onboarding, purchasing, tax};

use crate::attachments;
use crate::call::CALL_LIMIT;
use crate::server::{MAX_REQUEST_BYTES, SLOW_REQUEST};
use crate::service::Service;

/// The longest refusal that is put into other words, in bytes.
const LONGEST: usize = 64 * 1024;

/// Serves `/v1/…` and `/openapi.json`.
pub(crate) fn router(service: &Service) -> Router {
    // Each call authenticates itself, however it comes.
    macro_rules! bridged {
        ($area:ident, $module:ident, $bridge:ident) => {
            $area::v1::$module::$bridge::externally_authenticated(service.clone())
        };
    }
    let transcoder = Transcoder::new(
        bridged!(approval, __rest_over_grpc_bridge_ApprovalService, ApprovalServiceRestBridge),
        bridged!(audit, __rest_over_grpc_bridge_AuditService, AuditServiceRestBridge),
        bridged!(invoice, __rest_over_grpc_bridge_InvoiceService, InvoiceServiceRestBridge),
        bridged!(masterdata, __rest_over_grpc_bridge_MasterDataService, MasterDataServiceRestBridge),
        bridged!(onboarding, __rest_over_grpc_bridge_OnboardingService, OnboardingServiceRestBridge),
        bridged!(purchasing, __rest_over_grpc_bridge_PurchasingService, PurchasingServiceRestBridge),
        bridged!(tax, __rest_over_grpc_bridge_TaxService, TaxServiceRestBridge),
    );
    let rest = RestService::new(transcoder).with_max_body_bytes(MAX_REQUEST_BYTES);
    let rest = Router::new().route_service("/v1/{*rest}", rest).layer(axum::middleware::map_response(in_words));
    let rest = rest.layer(axum::middleware::from_fn(in_time));
    let rest = rest.merge(attachments::http::router(service));
    rest.route("/openapi.json", get(async || ([(CONTENT_TYPE, "application/json")], OPENAPI)))
}

/// Ends a call whose request does not arrive.
async fn in_time(request: Request, next: Next) -> Response {
    match tokio::time::timeout(CALL_LIMIT + SLOW_REQUEST / 2, next.run(request)).await {
        Ok(response) => response,
        Err(_) => StatusCode::REQUEST_TIMEOUT.into_response(),
    }
}

/// Puts the details of a refusal into words: the transcoder passes them on as gRPC has them.
async fn in_words(response: Response) -> Response {
    if response.status().is_success() {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, LONGEST).await else {
        return Response::from_parts(parts, Body::empty());
    };
    let (words, details) = words(&bytes);
    add_headers(parts.status, &mut parts.headers, details.as_ref());
    parts.headers.remove(axum::http::header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(words))
}

/// A refusal of a call that the transcoder has no part in, in the same words.
pub(crate) fn refused(status: &Status) -> Response {
    let details = status.get_error_details();
    let told = json!({"code": i32::from(status.code()), "message": status.message(), "details": shown(&details)});
    let mut response = (http_status(status.code()), axum::Json(told)).into_response();
    add_headers(response.status(), response.headers_mut(), Some(&details));
    response
}

/// The HTTP status of a gRPC code, as `google.rpc.Code` has it.
const fn http_status(code: Code) -> StatusCode {
    match code {
        Code::InvalidArgument | Code::FailedPrecondition | Code::OutOfRange => StatusCode::BAD_REQUEST,
        Code::Unauthenticated => StatusCode::UNAUTHORIZED,
        Code::PermissionDenied => StatusCode::FORBIDDEN,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::AlreadyExists | Code::Aborted => StatusCode::CONFLICT,
        Code::ResourceExhausted => StatusCode::TOO_MANY_REQUESTS,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Code::DeadlineExceeded => StatusCode::GATEWAY_TIMEOUT,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// What HTTP says of a refusal in headers.
fn add_headers(status: StatusCode, headers: &mut HeaderMap, details: Option<&ErrorDetails>) {
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    if let Some(wait) = details.and_then(ErrorDetails::retry_info).and_then(|info| info.retry_delay) {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
}

fn words(bytes: &Bytes) -> (Bytes, Option<ErrorDetails>) {
    let Ok(mut told) = serde_json::from_slice::<Value>(bytes) else { return (bytes.clone(), None) };
    let encoded = told["details"][0]["value"].as_str().map(|text| STANDARD.decode(text));
    let Some(Ok(details)) = encoded else { return (bytes.clone(), None) };
    let details = Status::with_details(Code::Unknown, "", details.into()).get_error_details();
    told["details"] = shown(&details);
    (Bytes::from(told.to_string()), Some(details))
}

/// The details as `google.rpc` writes them in JSON.
fn shown(details: &ErrorDetails) -> Value {
    let mut all = Vec::new();
    if let Some(info) = details.error_info() {
        all.push(json!({"@type": of("ErrorInfo"), "reason": info.reason, "domain": info.domain}));
    }
    if let Some(info) = details.retry_info().and_then(|info| info.retry_delay) {
        all.push(json!({"@type": of("RetryInfo"), "retryDelay": format!("{}s", info.as_secs_f64())}));
    }
    if let Some(bad) = details.bad_request() {
        let fields = bad.field_violations.iter();
        let fields: Vec<Value> = fields.map(|f| json!({"field": f.field, "description": f.description})).collect();
        all.push(json!({"@type": of("BadRequest"), "fieldViolations": fields}));
    }
    if let Some(failure) = details.precondition_failure() {
        let all_of = failure.violations.iter();
        let violations: Vec<Value> =
            all_of.map(|v| json!({"type": v.r#type, "subject": v.subject, "description": v.description})).collect();
        all.push(json!({"@type": of("PreconditionFailure"), "violations": violations}));
    }
    if let Some(info) = details.resource_info() {
        all.push(json!({"@type": of("ResourceInfo"), "resourceType": info.resource_type,
            "resourceName": info.resource_name, "description": info.description}));
    }
    Value::Array(all)
}

fn of(name: &str) -> String {
    format!("type.googleapis.com/google.rpc.{name}")
}
