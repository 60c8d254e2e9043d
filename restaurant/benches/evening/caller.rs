//! One caller on one connection: sends, waits for the answer, sends again.

use std::net::SocketAddr;

use anyhow::{Context as _, Result};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A connection that stays open.
pub(crate) struct Caller {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Caller {
    pub(crate) async fn connect(relay: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(relay).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: Vec::new(),
        })
    }

    /// Posts and gives the answer's status.
    pub(crate) async fn post(&mut self, path: &str, body: &Value) -> Result<u16> {
        let body = body.to_string();
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        self.stream.write_all(request.as_bytes()).await?;
        self.buffer.clear();
        loop {
            anyhow::ensure!(
                self.stream.read_buf(&mut self.buffer).await? > 0,
                "the relay hung up"
            );
            if let Some(status) = self.whole()? {
                return Ok(status);
            }
        }
    }

    /// The status, once head and body are there.
    fn whole(&self) -> Result<Option<u16>> {
        let text = String::from_utf8_lossy(&self.buffer);
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            return Ok(None);
        };
        let length = head
            .lines()
            .find_map(|line| {
                line.to_ascii_lowercase()
                    .strip_prefix("content-length:")
                    .map(|rest| rest.trim().to_owned())
            })
            .context("an answer without a length")?;
        if body.len() < length.parse()? {
            return Ok(None);
        }
        let status = head.split(' ').nth(1).context("no status line")?;
        Ok(Some(status.parse()?))
    }
}
