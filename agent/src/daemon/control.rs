//! The local control endpoint: a loopback port, and a secret in a file that only the owner reads.

use std::io;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use super::ask::{Answer, CONTROL_FILE, Endpoint, REQUEST_MAX, Refusal, Request};
use super::desk::Desk;
use super::device::write_private;

/// People and scripts that ask at the same time; more wait in the system's queue.
const AT_ONCE: usize = 8;

/// The longest a connection may take.
const WITHIN: Duration = Duration::from_secs(15);

/// A listening endpoint.
pub(super) struct Control {
    listener: TcpListener,
    token: String,
    file: PathBuf,
}

impl Control {
    /// Takes a free loopback port and writes the file that leads to it.
    pub(super) async fn open(data: &Path) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let token = format!("{:032x}{:032x}", rand::random::<u128>(), rand::random::<u128>());
        let endpoint = Endpoint {
            port: listener.local_addr()?.port(),
            token: token.clone(),
            pid: std::process::id(),
        };
        let file = data.join(CONTROL_FILE);
        write_private(&file, &serde_json::to_string(&endpoint)?)?;
        Ok(Self {
            listener,
            token,
            file,
        })
    }

    /// Answers until `stop`, then removes the file.
    pub(super) async fn run(self, desk: Arc<Desk>, stop: CancellationToken) {
        let token: Arc<str> = self.token.into();
        let mut open = JoinSet::new();
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                Some(_) = open.join_next() => {}
                accepted = self.listener.accept(), if open.len() < AT_ONCE => match accepted {
                    Ok((stream, _)) => {
                        let (desk, token) = (Arc::clone(&desk), Arc::clone(&token));
                        open.spawn(async move {
                            let _ = timeout(WITHIN, serve(stream, &desk, &token)).await;
                        });
                    }
                    Err(error) => {
                        warn!("the control port takes no connection: {error}");
                        // Out of handles, most likely; asking again at once would only burn the processor.
                        tokio::time::sleep(Duration::from_millis(100)).await;
                    }
                },
            }
        }
        let _ = std::fs::remove_file(&self.file);
    }
}

async fn serve(stream: TcpStream, desk: &Desk, token: &str) -> io::Result<()> {
    let mut stream = BufReader::with_capacity(1024, stream);
    let mut line = String::new();
    (&mut stream).take(REQUEST_MAX).read_line(&mut line).await?;
    let answer = match serde_json::from_str::<Request>(&line) {
        Ok(request) if same(&request.token, token) => {
            debug!("asked for {:?}", request.ask);
            match desk.answer(request.ask).await {
                Ok(value) => Answer::Ok(value),
                Err(refusal) => Answer::Error(refusal),
            }
        }
        // Whoever guesses learns nothing.
        Ok(_) | Err(_) => return Ok(()),
    };
    let mut text = serde_json::to_string(&answer)?;
    text.push('\n');
    stream.get_mut().write_all(text.as_bytes()).await?;
    stream.get_mut().shutdown().await
}

/// Compares in constant time.
fn same(given: &str, token: &str) -> bool {
    let differing = given
        .bytes()
        .zip(token.bytes())
        .fold(0, |sum, (a, b)| sum | (a ^ b));
    given.len() == token.len() && differing == 0
}

impl Refusal {
    pub(super) fn new(code: &str, message: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            message: message.into(),
        }
    }
}
