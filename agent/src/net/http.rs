//! One HTTP request: with JSON for pairing, or for the relay's clock.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper::header::{CONTENT_TYPE, DATE, HOST, USER_AGENT};
use hyper::http::request::Builder;
use hyper::http::response::Parts;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use serde_json::Value;
use tokio::time::timeout;

use super::{DialError, Tls, dial};
use crate::config::RelayUrl;

/// The longest wait for the whole request.
const WITHIN: Duration = Duration::from_secs(20);

/// An answer to pairing is a few hundred bytes.
const BODY_MAX: usize = 64 * 1024;

/// What came back.
#[derive(Debug)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The body, `Null` where it is no JSON.
    pub body: Value,
}

/// Why there was no answer.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// No connection.
    #[error(transparent)]
    Dial(#[from] DialError),
    /// The connection broke, or the answer is no HTTP.
    #[error("the relay's answer cannot be read: check that the address is a relay's")]
    Broken(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It took too long.
    #[error("the relay did not answer within 20 s: try again")]
    TooSlow,
}

/// Sends `body` to `path` below the relay's address.
///
/// # Errors
/// [`HttpError`]; a status that is no success is no error here.
pub async fn post_json(url: &RelayUrl, tls: &Tls, path: &str, body: &Value) -> Result<Reply, HttpError> {
    timeout(WITHIN, exchange(url, tls, path, body))
        .await
        .unwrap_or(Err(HttpError::TooSlow))
}

/// The relay's clock, as the `Date` of any of its answers says it, to a second.
///
/// # Errors
/// [`HttpError`], also where the answer has no date.
pub async fn server_time(url: &RelayUrl, tls: &Tls) -> Result<Timestamp, HttpError> {
    let asked = async {
        let request = request(url, Request::get(url.resource("/healthz")), Bytes::new())?;
        let (head, _) = send(url, tls, request).await?;
        let date = head.headers.get(DATE).and_then(|date| date.to_str().ok());
        let date = date.ok_or_else(|| broken("the answer has no date"))?;
        let date = jiff::fmt::rfc2822::parse(date).map_err(broken)?;
        Ok(date.timestamp())
    };
    timeout(WITHIN, asked).await.unwrap_or(Err(HttpError::TooSlow))
}

/// Fetches a file of at most `limit` bytes within `within`.
///
/// # Errors
/// [`HttpError`]; a status that is no success is no error here.
pub async fn fetch(
    url: &RelayUrl,
    tls: &Tls,
    file: &str,
    limit: usize,
    within: Duration,
) -> Result<(StatusCode, Bytes), HttpError> {
    let asked = async {
        let request = request(url, Request::get(url.resource(file)), Bytes::new())?;
        let (head, body) = send_for(url, tls, request, limit).await?;
        Ok((head.status, body))
    };
    timeout(within, asked).await.unwrap_or(Err(HttpError::TooSlow))
}

async fn exchange(url: &RelayUrl, tls: &Tls, path: &str, body: &Value) -> Result<Reply, HttpError> {
    let builder = Request::post(url.resource(path)).header(CONTENT_TYPE, "application/json");
    let request = request(url, builder, Bytes::from(body.to_string()))?;
    let (head, body) = send(url, tls, request).await?;
    Ok(Reply {
        status: head.status,
        body: serde_json::from_slice(&body).unwrap_or(Value::Null),
    })
}

fn request(url: &RelayUrl, builder: Builder, body: Bytes) -> Result<Request<Full<Bytes>>, HttpError> {
    let builder = builder
        .header(HOST, url.authority())
        .header(USER_AGENT, concat!("printrail-agent/", env!("CARGO_PKG_VERSION")));
    builder.body(Full::new(body)).map_err(broken)
}

async fn send(url: &RelayUrl, tls: &Tls, request: Request<Full<Bytes>>) -> Result<(Parts, Bytes), HttpError> {
    send_for(url, tls, request, BODY_MAX).await
}

async fn send_for(
    url: &RelayUrl,
    tls: &Tls,
    request: Request<Full<Bytes>>,
    limit: usize,
) -> Result<(Parts, Bytes), HttpError> {
    let wire = dial(url, tls).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(wire)).await.map_err(broken)?;
    let answer = async {
        let (head, body) = sender.send_request(request).await.map_err(broken)?.into_parts();
        let body = Limited::new(body, limit)
            .collect()
            .await
            .map_err(HttpError::Broken)?;
        Ok((head, body.to_bytes()))
    };
    tokio::pin!(answer, connection);
    // The connection may end before the answer is taken out of it.
    tokio::select! {
        biased;
        answer = &mut answer => answer,
        ended = &mut connection => match ended {
            Ok(()) => answer.await,
            Err(error) => Err(broken(error)),
        },
    }
}

fn broken(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> HttpError {
    HttpError::Broken(error.into())
}
