//! A caller of the relay's HTTP interface, as small as a till's.

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

/// Longest wait for one answer; a relay that takes longer is as good as gone.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// A client of one relay. Every call is a connection of its own, so that a relay may come and go.
#[derive(Debug, Clone)]
pub struct Client {
    relay: SocketAddr,
    token: Option<String>,
}

/// An answer: status and body.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body's bytes.
    pub body: Bytes,
}

impl Answer {
    /// The body as JSON; null where it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Whether the relay did it.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

impl Client {
    /// A client of the relay at this address; a token where it asks for one.
    #[must_use]
    pub fn new(relay: SocketAddr, token: Option<String>) -> Self {
        Self { relay, token }
    }

    /// GET.
    ///
    /// # Errors
    /// Where no answer came.
    pub async fn get(&self, path: &str) -> Result<Answer> {
        self.call("GET", path, None).await
    }

    /// POST with a JSON body.
    ///
    /// # Errors
    /// Where no answer came: the request may or may not have been carried out.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Answer> {
        self.call("POST", path, Some(body)).await
    }

    /// Any method.
    ///
    /// # Errors
    /// Where no answer came.
    pub async fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Answer> {
        timeout(ANSWER_WITHIN, self.exchange(method, path, body))
            .await
            .context("the relay did not answer in time")?
    }

    async fn exchange(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Answer> {
        let stream = TcpStream::connect(self.relay)
            .await
            .context("the relay cannot be reached")?;
        stream.set_nodelay(true)?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let body = body.map(Value::to_string).unwrap_or_default();
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", self.relay.to_string())
            .header("connection", "close")
            .header("content-type", "application/json");
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let request = request.body(Full::new(Bytes::from(body)))?;
        let answer = async move {
            let response = sender.send_request(request).await?;
            let status = response.status().as_u16();
            let body = response.into_body().collect().await?.to_bytes();
            Ok::<_, hyper::Error>(Answer { status, body })
        };
        let (answer, _) = tokio::join!(answer, connection);
        Ok(answer?)
    }

    /// Sends an order until it is taken or refused, as a till with a queue does.
    ///
    /// # Errors
    /// Where the relay refuses it.
    pub async fn order(&self, order: &Value) -> Result<Value> {
        let answer = self.post("/api/orders", order).await?;
        if !answer.is_success() {
            bail!(
                "the relay refused the order ({}): {}",
                answer.status,
                answer.text()
            );
        }
        Ok(answer.json())
    }
}
