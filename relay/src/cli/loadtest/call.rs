//! A caller of the relay: every request is a connection of its own, so that a relay may come and go.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::Request;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Longest wait for an answer; whoever gets none sends again with the same key.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// Jobs on one page of a list: as many as the relay gives.
const PAGE: usize = 200;

/// A caller with its token, where the relay asks for one.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    relay: SocketAddr,
    token: Option<String>,
}

/// Status and body of an answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Value,
}

impl Caller {
    pub(super) fn new(relay: SocketAddr, token: Option<String>) -> Self {
        Self { relay, token }
    }

    pub(super) fn relay(&self) -> SocketAddr {
        self.relay
    }

    /// GET; fails where the answer is no success.
    pub(super) async fn get(&self, path: &str) -> Result<Value> {
        succeeded(self.call("GET", path, None, None).await?)
    }

    /// POST; fails where the answer is no success.
    pub(super) async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        succeeded(self.call("POST", path, None, Some(body)).await?)
    }

    /// POST under an idempotency key; whatever the answer is.
    pub(super) async fn try_post(&self, path: &str, key: &str, body: &Value) -> Result<Answer> {
        self.call("POST", path, Some(key), Some(body)).await
    }

    /// Every job, or those in one state.
    pub(super) async fn jobs(&self, state: Option<&str>) -> Result<Vec<Value>> {
        let filter = state.map(|state| format!("&state={state}")).unwrap_or_default();
        let first = format!("/api/jobs?limit={PAGE}{filter}");
        let (mut jobs, mut path) = (Vec::new(), first.clone());
        loop {
            let mut page = self.get(&path).await?;
            let Some(Value::Array(items)) = page.get_mut("items").map(Value::take) else {
                bail!("the relay's list of jobs has no items");
            };
            jobs.extend(items);
            match page.get("next").and_then(Value::as_str) {
                Some(next) => path = format!("{first}&cursor={next}"),
                None => return Ok(jobs),
            }
        }
    }

    async fn call(
        &self,
        method: &str,
        path: &str,
        key: Option<&str>,
        body: Option<&Value>,
    ) -> Result<Answer> {
        let exchange = self.exchange(method, path, key, body);
        timeout(ANSWER_WITHIN, exchange)
            .await
            .context("the relay did not answer in time")?
    }

    async fn exchange(
        &self,
        method: &str,
        path: &str,
        key: Option<&str>,
        body: Option<&Value>,
    ) -> Result<Answer> {
        let stream = TcpStream::connect(self.relay)
            .await
            .context("the relay cannot be reached")?;
        stream.set_nodelay(true)?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", self.relay.to_string())
            .header("connection", "close")
            .header("content-type", "application/json");
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let body = body.map(Value::to_string).unwrap_or_default();
        let request = request.body(Full::new(Bytes::from(body)))?;
        let answer = async move {
            let response = sender.send_request(request).await?;
            let status = response.status().as_u16();
            let body = response.into_body().collect().await?.to_bytes();
            let body = serde_json::from_slice(&body).unwrap_or_default();
            Ok::<_, hyper::Error>(Answer { status, body })
        };
        let (answer, _) = tokio::join!(answer, connection);
        Ok(answer?)
    }
}

impl Answer {
    pub(super) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Whether the same request may succeed later: the relay is busy, full, or not there.
    pub(super) fn is_worth_a_retry(&self) -> bool {
        self.status >= 500 || self.status == 429 || self.status == 408
    }
}

fn succeeded(answer: Answer) -> Result<Value> {
    if answer.is_success() {
        return Ok(answer.body);
    }
    let detail = answer
        .body
        .get("detail")
        .and_then(Value::as_str)
        .unwrap_or_default();
    bail!("the relay answered {}: {detail}", answer.status)
}
