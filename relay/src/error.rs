//! What a caller hears when something is refused: one stable code for HTTP and sockets alike.

use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::order::Refusal;
use crate::store::{RedeemError, StoreError};

/// How soon a caller may try again when the store cannot take it now. Long enough for a queue of
/// commits to drain, short enough that an order is not late.
const STORE_RETRY: Duration = Duration::from_secs(1);

/// A stable code (DIALECTS.md, D5; PRODUCT.md, HTTP).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "the names are the wire's")]
pub enum Code {
    InvalidJson,
    ValidationError,
    ItemUnavailable,
    Unauthorized,
    Forbidden,
    NotFound,
    MethodNotAllowed,
    Timeout,
    Conflict,
    CodeUnknown,
    CodeExpired,
    CodeUsed,
    CodeLocked,
    TooLarge,
    UpgradeRequired,
    RateLimited,
    Internal,
    Unavailable,
}

impl Code {
    /// All of them.
    pub const ALL: [Self; 18] = [
        Self::InvalidJson,
        Self::ValidationError,
        Self::ItemUnavailable,
        Self::Unauthorized,
        Self::Forbidden,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::Timeout,
        Self::Conflict,
        Self::CodeUnknown,
        Self::CodeExpired,
        Self::CodeUsed,
        Self::CodeLocked,
        Self::TooLarge,
        Self::UpgradeRequired,
        Self::RateLimited,
        Self::Internal,
        Self::Unavailable,
    ];

    /// The HTTP status that goes with it.
    #[must_use]
    pub fn status(self) -> StatusCode {
        match self {
            Self::InvalidJson => StatusCode::BAD_REQUEST,
            Self::ValidationError | Self::ItemUnavailable => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Timeout => StatusCode::REQUEST_TIMEOUT,
            Self::Conflict => StatusCode::CONFLICT,
            Self::CodeUnknown | Self::CodeLocked => StatusCode::FORBIDDEN,
            Self::CodeExpired | Self::CodeUsed => StatusCode::GONE,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UpgradeRequired => StatusCode::UPGRADE_REQUIRED,
            Self::RateLimited => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The name on the wire and in the metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidJson => "INVALID_JSON",
            Self::ValidationError => "VALIDATION_ERROR",
            Self::ItemUnavailable => "ITEM_UNAVAILABLE",
            Self::Unauthorized => "UNAUTHORIZED",
            Self::Forbidden => "FORBIDDEN",
            Self::NotFound => "NOT_FOUND",
            Self::MethodNotAllowed => "METHOD_NOT_ALLOWED",
            Self::Timeout => "TIMEOUT",
            Self::Conflict => "CONFLICT",
            Self::CodeUnknown => "CODE_UNKNOWN",
            Self::CodeExpired => "CODE_EXPIRED",
            Self::CodeUsed => "CODE_USED",
            Self::CodeLocked => "CODE_LOCKED",
            Self::TooLarge => "TOO_LARGE",
            Self::UpgradeRequired => "UPGRADE_REQUIRED",
            Self::RateLimited => "RATE_LIMITED",
            Self::Internal => "INTERNAL",
            Self::Unavailable => "UNAVAILABLE",
        }
    }
}

/// A refusal: an `application/problem+json` body (RFC 9457) over HTTP, an `error` frame on sockets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Problem {
    /// The stable code.
    pub code: Code,
    /// What is wrong and what to do.
    pub message: String,
    /// The field at fault.
    pub field: Option<String>,
    /// When to try again.
    pub retry_after: Option<Duration>,
}

impl Problem {
    /// A refusal without a field.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            field: None,
            retry_after: None,
        }
    }

    /// 422 `VALIDATION_ERROR` about one field.
    pub fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            field: Some(field.into()),
            ..Self::new(Code::ValidationError, message)
        }
    }

    /// 404 `NOT_FOUND`.
    pub fn not_found(what: &str, id: &str) -> Self {
        Self::new(Code::NotFound, format!("there is no {what} {id}"))
    }

    /// 403 `FORBIDDEN`.
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(Code::Forbidden, message)
    }

    /// 401 `UNAUTHORIZED`.
    pub fn unauthorized(message: impl Into<String>) -> Self {
        Self::new(Code::Unauthorized, message)
    }

    /// 503 `UNAVAILABLE`, to be tried again soon.
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self {
            retry_after: Some(STORE_RETRY),
            ..Self::new(Code::Unavailable, message)
        }
    }

    /// 429 `RATE_LIMITED`.
    pub fn rate_limited(retry_after: Duration) -> Self {
        Self {
            retry_after: Some(retry_after),
            ..Self::new(Code::RateLimited, "too many requests; wait and try again")
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let message = refusal.to_string();
        match refusal {
            Refusal::Invalid { field, .. } => Self::invalid(field, message),
            Refusal::NotFound { .. } => Self::new(Code::NotFound, message),
            Refusal::Conflict(_) => Self::new(Code::Conflict, message),
            Refusal::Forbidden(_) => Self::forbidden(message),
            Refusal::Unavailable { field, .. } => Self {
                field: Some(field),
                ..Self::new(Code::ItemUnavailable, message)
            },
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        let message = error.to_string();
        match error {
            StoreError::Full => Self::unavailable("the relay's disk is full; make room on it and try again"),
            StoreError::NotFound { .. } => Self::new(Code::NotFound, message),
            StoreError::Conflict(_) => Self::new(Code::Conflict, message),
            StoreError::Busy | StoreError::Closed => {
                Self::unavailable(format!("{message}; try again with the same key"))
            }
            StoreError::Invalid(_) => Self {
                field: quoted(&message),
                ..Self::new(Code::ValidationError, message)
            },
            StoreError::Newer { .. } | StoreError::AlreadyRunning | StoreError::Fenced => {
                Self::new(Code::Conflict, message)
            }
            StoreError::Fault
            | StoreError::Folder(_)
            | StoreError::Damaged(_)
            | StoreError::Database(_)
            | StoreError::Row(_) => {
                tracing::error!(error = &error as &dyn std::error::Error, "the store failed");
                Self::new(Code::Internal, "the relay's store failed; its log says why")
            }
        }
    }
}

impl From<RedeemError> for Problem {
    fn from(error: RedeemError) -> Self {
        let message = error.to_string();
        let code = match error {
            RedeemError::Wrong => Code::CodeUnknown,
            RedeemError::Expired => Code::CodeExpired,
            RedeemError::Used => Code::CodeUsed,
            RedeemError::TooManyTries => Code::CodeLocked,
            RedeemError::Store(error) => return error.into(),
        };
        Self {
            field: Some("code".to_owned()),
            ..Self::new(code, message)
        }
    }
}

/// The field that a message begins with: "`cursor` must be …".
fn quoted(message: &str) -> Option<String> {
    let (field, _) = message.strip_prefix('`')?.split_once('`')?;
    Some(field.to_owned())
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    r#type: &'static str,
    title: &'a str,
    status: u16,
    code: Code,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u64>,
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        crate::metrics::refused(self.code);
        let status = self.code.status();
        let body = serde_json::to_vec(&Body {
            r#type: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            code: self.code,
            detail: &self.message,
            field: self.field.as_deref(),
            retry_after_ms: self
                .retry_after
                .map(|wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)),
        })
        .unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if let Some(wait) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(whole_seconds(wait)));
        }
        if self.code == Code::Unauthorized {
            headers.insert(
                header::WWW_AUTHENTICATE,
                HeaderValue::from_static("Bearer realm=\"printrail\""),
            );
        }
        response
    }
}

/// Rounded up: coming back too early would be refused again.
fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_rounded_up_to_whole_seconds() {
        assert_eq!(whole_seconds(Duration::from_millis(1)), 1);
        assert_eq!(whole_seconds(Duration::from_secs(2)), 2);
    }

    #[test]
    fn every_code_is_spelled_alike_in_json_and_in_metrics() {
        for code in Code::ALL {
            assert_eq!(
                serde_json::to_string(&code).unwrap(),
                format!("\"{}\"", code.as_str())
            );
        }
    }
}
