//! What handlers take from a request, with refusals that name what is wrong.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, OptionalFromRequestParts, Path, Query, Request};

use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use http_body_util::BodyExt;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::auth::Identity;
use crate::config::duration;
use crate::error::{Code, Problem};
use crate::service::SharedApp;

/// How long a body may take (X1).
const BODY_WITHIN: Duration = Duration::from_secs(9);

/// How much of a body that is too large is read and thrown away, so that its sender gets to read
/// the answer instead of a reset connection.
const DISCARD_AT_MOST: usize = 16 * 1024 * 1024;

/// The longest `Idempotency-Key`, as Stripe has it.
const LONGEST_KEY: usize = 255;

/// Items on a page where the caller names no number.
const PAGE: usize = 50;

/// Most items on a page.
const LARGEST_PAGE: usize = 200;

/// The caller; the door has looked at the token.
#[derive(Debug, Clone)]
pub(super) struct Who(pub(super) Identity);

/// A JSON body; null where there is none.
#[derive(Debug)]
pub(super) struct Payload(pub(super) Value);

/// The `Idempotency-Key`.
#[derive(Debug)]
pub(super) struct Key(pub(super) String);

/// What the path names, percent-decoded.
#[derive(Debug)]
pub(super) struct Named<T>(pub(super) T);

/// The query's parameters.
#[derive(Debug)]
pub(super) struct Params(BTreeMap<String, String>);

impl<S: Sync> FromRequestParts<S> for Who {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let who = parts.extensions.get::<Identity>().cloned();
        who.map(Self)
            .ok_or_else(|| Problem::unauthorized("a token is needed"))
    }
}

impl FromRequest<SharedApp> for Payload {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &SharedApp) -> Result<Self, Problem> {
        let limit = match app.config.limits.body_bytes {
            0 => usize::MAX,
            limit => limit,
        };
        let body = tokio::time::timeout(BODY_WITHIN, collect(request.into_body(), limit))
            .await
            .map_err(|_| Problem::new(Code::Timeout, "the body did not come in time; send it again"))??;
        parse(&body).map(Self)
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for Key {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Problem> {
        let Some(value) = parts.headers.get("idempotency-key") else {
            return Ok(None);
        };
        let key = value.to_str().unwrap_or_default();
        if key.is_empty() || key.len() > LONGEST_KEY {
            return Err(Problem::invalid(
                "Idempotency-Key",
                format!("`Idempotency-Key` must be 1 to {LONGEST_KEY} visible characters"),
            ));
        }
        Ok(Some(Self(key.to_owned())))
    }
}

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Named<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        <Path<T> as FromRequestParts<S>>::from_request_parts(parts, state)
            .await
            .map(|Path(named)| Self(named))
            .map_err(|_| Problem::not_found("page", parts.uri.path()))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Params {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        Query::from_request_parts(parts, state)
            .await
            .map(|Query(params)| Self(params))
            .map_err(|_| Problem::invalid("query", "the `query` cannot be read; percent-encode it as UTF-8"))
    }
}

impl Params {
    /// A parameter; an empty one counts as none.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// A parameter as text of its own.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }

    /// A parameter, read by `parse`.
    pub(super) fn parsed<T>(
        &self,
        name: &str,
        expected: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Problem> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        parse(value)
            .map(Some)
            .ok_or_else(|| Problem::invalid(name, format!("`{name}` is `{value}`, expected {expected}")))
    }

    /// How many items a page has: `limit`, 1 to [`LARGEST_PAGE`].
    pub(super) fn limit(&self) -> Result<usize, Problem> {
        let limit = self.parsed("limit", "1 to 200", |value| {
            value
                .parse()
                .ok()
                .filter(|limit| (1..=LARGEST_PAGE).contains(limit))
        })?;
        Ok(limit.unwrap_or(PAGE))
    }
}

async fn collect(mut body: Body, limit: usize) -> Result<Vec<u8>, Problem> {
    let too_large = || {
        Problem::new(
            Code::TooLarge,
            format!("the body is larger than {limit} bytes; split the request"),
        )
    };
    let mut bytes = Vec::new();
    let mut seen = 0_usize;
    while let Some(frame) = body.frame().await {
        let frame =
            frame.map_err(|_| Problem::new(Code::InvalidJson, "the body broke off; send it again"))?;
        let Some(data) = frame.data_ref() else { continue };
        seen = seen.saturating_add(data.len());
        if seen > limit.saturating_add(DISCARD_AT_MOST) {
            return Err(too_large());
        }
        if seen <= limit {
            bytes.extend_from_slice(data);
        }
    }
    if seen > limit { Err(too_large()) } else { Ok(bytes) }
}

fn parse(body: &[u8]) -> Result<Value, Problem> {
    if body.trim_ascii().is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_slice(body).map_err(|error| {
        Problem::new(
            Code::InvalidJson,
            format!(
                "the body is not valid JSON at line {}, column {}: {error}",
                error.line(),
                error.column()
            ),
        )
    })
}

/// Longest name of a station, a location, a computer or a token, in characters.
const LONGEST_NAME: usize = 100;

/// A field of a body as text, trimmed; none where it is left out or empty. `field` is its whole path.
pub(super) fn text<'a>(body: &'a Value, name: &str, field: &str) -> Result<Option<&'a str>, Problem> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
        Some(Value::String(text)) if text.chars().count() <= LONGEST_NAME => Ok(Some(text.trim())),
        Some(Value::String(_)) => Err(Problem::invalid(
            field,
            format!("`{field}` is longer than {LONGEST_NAME} characters"),
        )),
        Some(_) => Err(Problem::invalid(field, format!("`{field}` is no text"))),
    }
}

/// The field `ttl` of a body: seconds, or text such as `15m`, up to `longest`; `expected` says so.
pub(super) fn lifetime(
    body: &Value,
    unless_said: Duration,
    longest: Duration,
    expected: &str,
) -> Result<Duration, Problem> {
    let wanted = match body.get("ttl") {
        None | Some(Value::Null) => return Ok(unless_said),
        Some(Value::String(text)) => duration::parse(text).ok(),
        Some(value) => value.as_u64().map(Duration::from_secs),
    };
    wanted
        .filter(|ttl| !ttl.is_zero() && *ttl <= longest)
        .ok_or_else(|| {
            Problem::invalid(
                "ttl",
                format!("`ttl` must be {expected}, in seconds or as text such as 15m"),
            )
        })
}

/// Whether the client accepts that kind of answer, by its name in `Accept`.
pub(super) fn accepts(headers: &HeaderMap, kind: &str) -> bool {
    headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.contains(kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_json_is_named_by_line_and_column() {
        let problem = parse(b"{\n  \"items\": [}\n").unwrap_err();
        assert_eq!(problem.code, Code::InvalidJson);
        assert!(problem.message.contains("line 2, column 13"), "{problem}");
    }

    #[test]
    fn no_body_is_null() {
        assert_eq!(parse(b" \r\n").unwrap(), Value::Null);
    }

    #[tokio::test]
    async fn a_body_may_be_as_large_as_the_limit_and_no_larger() {
        assert_eq!(collect(Body::from(vec![b' '; 10]), 10).await.unwrap().len(), 10);
        let refused = collect(Body::from(vec![b' '; 11]), 10).await.unwrap_err();
        assert_eq!(refused.code, Code::TooLarge);
    }
}
