//! Answers over HTTP: JSON that nobody may keep, readable by the Temporal UI's pages alone.

use axum::Json;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::json;
use vextrus_domain::{Refusal, RefusalCode};

use super::wire::Payloads;

/// What the UI sends with a request; the last one where its login gave an id token, and we do not read it.
const HEADERS: HeaderValue = HeaderValue::from_static("authorization, content-type, x-namespace, authorization-extras");

/// The answer to a request, for a page of the UI where it came from one.
pub(super) fn of(result: Result<Payloads, Refusal>, browser: Option<HeaderValue>) -> Response {
    let mut response = match result {
        Ok(payloads) => Json(payloads).into_response(),
        Err(refusal) => refused(&refusal),
    };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    allow(response.headers_mut(), browser);
    response
}

/// The answer to a page of the UI that asks whether it may ask.
pub(super) fn preflight(browser: HeaderValue) -> Response {
    let mut response = empty(StatusCode::NO_CONTENT);
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS);
    allow(headers, Some(browser));
    response
}

pub(super) fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

fn allow(headers: &mut HeaderMap, browser: Option<HeaderValue>) {
    headers.insert(header::VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = browser {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    }
}

fn refused(refusal: &Refusal) -> Response {
    let status = match refusal.code {
        RefusalCode::Unauthenticated => StatusCode::UNAUTHORIZED,
        RefusalCode::PermissionDenied => StatusCode::FORBIDDEN,
        RefusalCode::InvalidField => StatusCode::BAD_REQUEST,
        RefusalCode::LimitExceeded => StatusCode::PAYLOAD_TOO_LARGE,
        RefusalCode::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    let body = Json(json!({"code": refusal.code.name(), "message": refusal.message}));
    let mut response = (status, body).into_response();
    if status == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}
