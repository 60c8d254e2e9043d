//! One WebSocket to the relay: frames out of a bounded outbox, frames in, and why it ended.

use std::collections::VecDeque;
use std::fs;
use std::future::poll_fn;
use std::io;
use std::path::Path;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_util::{Sink as _, Stream as _};
use std::pin::Pin;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::tungstenite::http::{HeaderValue, StatusCode, header};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use super::Dialled;
use crate::config::Relay;
use crate::net::{DialError, Tls, Wire, dial};

/// Frames that wait for a slow line. The machine paces itself; more means that nothing moves.
const OUTBOX: usize = 1024;

/// Enough for most frames; the default of 128 KiB would be the agent's largest piece of memory.
const BUFFER: usize = 4096;

/// An order's body is at most 1 MiB at the relay, and a ticket carries little more than its items.
const MESSAGE_MAX: usize = 2 * 1024 * 1024;

/// The longest wait for the upgrade to a WebSocket.
const UPGRADE_WITHIN: Duration = Duration::from_secs(10);

/// The longest wait for a close to go out.
const CLOSE_WITHIN: Duration = Duration::from_secs(1);

/// A token is a few hundred bytes; a larger file is another one.
const TOKEN_MAX: u64 = 8 * 1024;

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConnectError {
    /// No TCP or TLS connection.
    #[error(transparent)]
    Dial(#[from] DialError),
    /// The token cannot be read.
    #[error("the token file {path} cannot be read: check who may read it, or pair this computer again")]
    Token {
        path: String,
        #[source]
        source: io::Error,
    },
    /// 401 or 403.
    #[error(
        "the relay refuses this device ({status}): {}",
        if *.had_token { "its token is revoked, expired or another relay's. Get a new pairing code (`printrail-relay enrol`) and run `printrail-agent pair CODE`" }
        else { "this computer is not paired. Get a pairing code (`printrail-relay enrol`) and run `printrail-agent pair CODE`" }
    )]
    Refused { status: StatusCode, had_token: bool },
    /// Another answer than an upgrade.
    #[error("no relay answers at {url} (HTTP {status}): check the address")]
    NoRelay { url: String, status: StatusCode },
    /// The relay is there and has no room or time.
    #[error("the relay is busy or starting (HTTP {status}): it is tried again")]
    Busy { status: StatusCode },
    /// The upgrade failed.
    #[error("the connection to {url} cannot be upgraded to a WebSocket: a proxy on the way may not allow it")]
    Upgrade {
        url: String,
        #[source]
        source: Box<tungstenite::Error>,
    },
}

impl ConnectError {
    /// The step that failed.
    pub(super) fn step(&self) -> Dialled {
        match self {
            Self::Dial(DialError::Name { .. }) => Dialled::Name,
            Self::Dial(DialError::Unreachable { .. }) => Dialled::Tcp,
            Self::Dial(DialError::Untrusted { .. } | DialError::Handshake { .. } | DialError::Tls(_)) => {
                Dialled::Tls
            }
            _ => Dialled::Relay,
        }
    }
}

/// What comes out of a connection.
#[derive(Debug)]
pub(super) enum Event {
    /// A frame's text.
    Text(String),
    /// It is over.
    Closed {
        /// When the relay wants to see this agent again, where it said so.
        retry_after: Option<Duration>,
        /// In words for a person.
        why: String,
    },
}

/// An open WebSocket.
pub(super) struct Connection {
    socket: WebSocketStream<Box<dyn Wire>>,
    outbox: VecDeque<Message>,
}

impl Connection {
    /// Connects, with the token that the file holds now.
    pub(super) async fn open(relay: Relay, tls: Tls) -> Result<Self, ConnectError> {
        let url = relay.url.socket();
        let token = token(&relay.token_file)?;
        let had_token = token.is_some();
        let wire = dial(&relay.url, &tls).await?;
        let upgrade = |source| ConnectError::Upgrade {
            url: url.clone(),
            source: Box::new(source),
        };
        let request = request(&url, token.as_deref()).map_err(upgrade)?;
        let config = WebSocketConfig::default()
            .read_buffer_size(BUFFER)
            .write_buffer_size(BUFFER)
            .max_message_size(Some(MESSAGE_MAX))
            .max_frame_size(Some(MESSAGE_MAX));
        let opened = timeout(
            UPGRADE_WITHIN,
            client_async_with_config(request, wire, Some(config)),
        )
        .await;
        match opened.unwrap_or_else(|_| Err(tungstenite::Error::Io(io::ErrorKind::TimedOut.into()))) {
            Ok((socket, _)) => Ok(Self {
                socket,
                outbox: VecDeque::new(),
            }),
            Err(tungstenite::Error::Http(response)) => Err(refusal(response.status(), had_token, url)),
            Err(error) => Err(upgrade(error)),
        }
    }

    /// Queues a frame. False: nothing has moved for so long that the connection is of no use.
    #[must_use]
    pub(super) fn send(&mut self, text: String) -> bool {
        self.outbox.push_back(Message::text(text));
        self.outbox.len() <= OUTBOX
    }

    /// Sends what waits, and gives what comes. May be dropped and called again at any time.
    pub(super) async fn event(&mut self) -> Event {
        poll_fn(|cx| {
            if let Poll::Ready(Err(error)) = self.poll_send(cx) {
                return Poll::Ready(closed(&error));
            }
            self.poll_receive(cx)
        })
        .await
    }

    /// Sends what waits and says goodbye, for as long as it makes sense.
    pub(super) async fn close(mut self) {
        let close = async {
            let sent = poll_fn(|cx| self.poll_send(cx)).await;
            if sent.is_ok() {
                let _ = self.socket.close(None).await;
            }
        };
        // Whoever does not take it has gone away already.
        let _ = timeout(CLOSE_WITHIN, close).await;
    }

    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), tungstenite::Error>> {
        while !self.outbox.is_empty() {
            ready!(Pin::new(&mut self.socket).poll_ready(cx))?;
            if let Some(message) = self.outbox.pop_front() {
                Pin::new(&mut self.socket).start_send(message)?;
            }
        }
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<Event> {
        loop {
            return Poll::Ready(match ready!(Pin::new(&mut self.socket).poll_next(cx)) {
                Some(Ok(Message::Text(text))) => Event::Text(text.to_string()),
                // Pings are answered below; binary frames belong to no version of the dialect.
                Some(Ok(Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {
                    continue;
                }
                Some(Ok(Message::Close(frame))) => {
                    let reason = frame.map(|frame| frame.reason.to_string()).unwrap_or_default();
                    let why = match reason.as_str() {
                        "" => "the relay closed the connection".to_owned(),
                        reason => format!("the relay closed the connection: {reason}"),
                    };
                    Event::Closed {
                        retry_after: retry_after(&reason),
                        why,
                    }
                }
                Some(Err(error)) => closed(&error),
                None => Event::Closed {
                    retry_after: None,
                    why: "the connection ended".to_owned(),
                },
            });
        }
    }
}

fn closed(error: &tungstenite::Error) -> Event {
    Event::Closed {
        retry_after: None,
        why: format!("the connection broke: {error}"),
    }
}

/// The token, none where there is no file.
fn token(path: &Path) -> Result<Option<String>, ConnectError> {
    let wrong = |source| ConnectError::Token {
        path: path.display().to_string(),
        source,
    };
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(wrong(error)),
        Ok(meta) if meta.len() > TOKEN_MAX => return Err(wrong(io::ErrorKind::InvalidData.into())),
        Ok(_) => {}
    }
    let token = fs::read_to_string(path).map_err(wrong)?;
    Ok(Some(token.trim().to_owned()).filter(|token| !token.is_empty()))
}

fn request(url: &str, token: Option<&str>) -> Result<Request, tungstenite::Error> {
    let mut request = url.into_client_request()?;
    let agent = HeaderValue::from_static(concat!("printrail-agent/", env!("CARGO_PKG_VERSION")));
    request.headers_mut().insert(header::USER_AGENT, agent);
    if let Some(token) = token {
        let mut bearer = HeaderValue::try_from(format!("Bearer {token}"))
            .map_err(|error| tungstenite::Error::HttpFormat(error.into()))?;
        bearer.set_sensitive(true);
        request.headers_mut().insert(header::AUTHORIZATION, bearer);
    }
    Ok(request)
}

fn refusal(status: StatusCode, had_token: bool, url: String) -> ConnectError {
    match status.as_u16() {
        401 | 403 => ConnectError::Refused { status, had_token },
        429 | 500..=599 => ConnectError::Busy { status },
        _ => ConnectError::NoRelay { url, status },
    }
}

/// Close frames carry `retry_after_ms` and a number in their reason.
fn retry_after(reason: &str) -> Option<Duration> {
    let (_, after) = reason.split_once("retry_after_ms")?;
    let digits = after.trim_start_matches(|c: char| !c.is_ascii_digit());
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    digits.get(..end)?.parse().ok().map(Duration::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_that_a_close_frame_asks_for_is_found_in_any_spelling() {
        let wait = Some(Duration::from_millis(2500));
        assert_eq!(retry_after(r#"{"retry_after_ms":2500}"#), wait);
        assert_eq!(retry_after("stopping retry_after_ms=2500"), wait);
        assert_eq!(retry_after("stopping"), None);
        assert_eq!(retry_after("retry_after_ms"), None);
    }

    #[test]
    fn a_refusal_says_whether_there_was_a_token() {
        let text = |had| refusal(StatusCode::UNAUTHORIZED, had, String::new()).to_string();
        assert!(text(true).contains("revoked"));
        assert!(text(false).contains("not paired"));
    }
}
