//! A plain WebSocket: one task owns it, reads verbs, writes what the rooms and the link say.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::time::{interval_at, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};
use tracing::debug;

use super::bucket::{Bucket, Verdict};
use super::common::{RETRY_AFTER_MS, TOO_SLOW, last_moment, reached};
use super::place::{Place, Reply};
use super::register::Register;
use super::station::Station;
use crate::accept::stream::Stream;
use crate::auth::Identity;
use crate::dialects::Mistake;
use crate::metrics::OpenConnection;
use crate::service::SharedApp;

/// How often a screen is pinged: load balancers cut an idle connection at 60 s.
const PING_EVERY: Duration = Duration::from_secs(20);
/// Two missed pings: the other side is gone.
const DEAD_AFTER: Duration = Duration::from_secs(45);
/// Longest wait for one write. Who does not read for so long will not catch up.
const WRITE_WITHIN: Duration = Duration::from_secs(10);
/// Longest wait for the other side's close frame.
const CLOSE_WITHIN: Duration = Duration::from_secs(2);

/// What the request that became this socket said.
#[derive(Debug, Clone)]
pub struct SocketQuery {
    /// D5: the tenant of the path. None is D1.
    pub tenant: Option<String>,
    /// The last position that the client saw (`?after=`).
    pub after: Option<String>,
    /// The client's address.
    pub address: Option<IpAddr>,
}

/// Serves one socket of dialect D1 or D5 until it ends or `app.stop` is cancelled.
pub async fn serve(socket: WebSocketStream<Stream>, app: SharedApp, who: Identity, query: SocketQuery) {
    let bucket = Bucket::of(&app, &who, Instant::now());
    let after = query.after.as_deref();
    let (name, talk) = match query.tenant {
        None => (
            "station",
            Talk::Station(Box::new(Station::new(Arc::clone(&app), who, after))),
        ),
        Some(_) => (
            "register",
            Talk::Register(Box::new(Register::new(Arc::clone(&app), who, after))),
        ),
    };
    let _open = OpenConnection::of(name);
    let mut session = Session {
        socket,
        bucket,
        heard: Instant::now(),
        talk,
        app,
    };
    let end = session.run().await;
    debug!(?end, address = ?query.address, "a socket ended");
    session.close(end).await;
}

struct Session {
    socket: WebSocketStream<Stream>,
    app: SharedApp,
    talk: Talk,
    bucket: Bucket,
    heard: Instant,
}

/// Which dialect is spoken.
enum Talk {
    Station(Box<Station>),
    Register(Box<Register>),
}

impl Talk {
    fn place(&mut self) -> &mut Place {
        match self {
            Self::Station(station) => &mut station.place,
            Self::Register(register) => &mut register.place,
        }
    }

    async fn open(&mut self) {
        match self {
            Self::Station(station) => station.open().await,
            Self::Register(register) => register.open().await,
        }
    }

    /// Safe to drop and call again.
    async fn next(&mut self) -> Reply {
        match self {
            Self::Station(station) => station.next().await,
            Self::Register(register) => register.place.next().await,
        }
    }

    async fn text(&mut self, text: &str) {
        match self {
            Self::Station(station) => station.text(text).await,
            Self::Register(register) => register.text(text).await,
        }
    }

    fn stop(&mut self) {
        match self {
            Self::Station(station) => station.stop(),
            Self::Register(_) => {}
        }
    }

    fn wrong(&mut self, code: &'static str, message: &str) {
        self.place().mistake(&Mistake {
            code,
            message: message.to_owned(),
            field: None,
        });
    }
}

/// Why a session ended: the code and reason of the close frame; none where the socket is gone.
#[derive(Debug)]
enum End {
    Gone,
    Close(CloseCode, String),
}

impl Session {
    async fn run(&mut self) -> End {
        let stop = self.app.stop.clone();
        let mut pings = interval_at(tokio::time::Instant::now() + PING_EVERY, PING_EVERY);
        // What happens seldom is boxed: thousands of sockets rest, and each is as large as its largest wait.
        Box::pin(self.talk.open()).await;
        loop {
            let expiry = last_moment(&self.talk.place().who);
            let next = tokio::select! {
                message = self.socket.next() => self.received(message).await,
                reply = self.talk.next() => self.write(reply).await,
                _ = pings.tick() => self.ping().await,
                () = reached(expiry) => Box::pin(self.talk.place().check()).await.map_err(End::from),
                () = stop.cancelled() => {
                    Box::pin(self.goodbye()).await;
                    return End::Close(CloseCode::Restart, "the relay restarts".to_owned());
                }
            };
            if let Err(end) = next {
                return end;
            }
        }
    }

    async fn received(&mut self, message: Option<Result<Message, Error>>) -> Result<(), End> {
        let message = message.ok_or(End::Gone)?.map_err(|error| end_of(&error))?;
        self.heard = Instant::now();
        match message {
            Message::Text(text) => match self.bucket.frame(self.heard) {
                Verdict::Take => Box::pin(self.talk.text(&text)).await,
                Verdict::Refuse => self.talk.wrong("RATE_LIMITED", "too many frames; wait a second"),
                Verdict::Close => {
                    return Err(End::Close(
                        CloseCode::Policy,
                        "too many frames for 10 s".to_owned(),
                    ));
                }
            },
            Message::Binary(_) => self
                .talk
                .wrong("VALIDATION_ERROR", "frames are JSON text, not binary"),
            Message::Close(_) => return Err(End::Gone),
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
        }
        Ok(())
    }

    /// Writes a reply, and with it whatever else waits: many frames, one flush.
    async fn write(&mut self, reply: Reply) -> Result<(), End> {
        let mut next = Some(reply);
        while let Some(reply) = next {
            match reply {
                Reply::Text(text) => self.feed(Message::Text(text)).await?,
                Reply::Close(code, reason) => {
                    self.flush().await?;
                    return Err(End::Close(code, reason));
                }
            }
            next = self.talk.place().waiting();
        }
        self.flush().await
    }

    async fn feed(&mut self, message: Message) -> Result<(), End> {
        let overflowed = self.talk.place().overflowed();
        tokio::select! {
            fed = timeout(WRITE_WITHIN, self.socket.feed(message)) => written(fed),
            () = overflowed.cancelled() => Err(too_slow()),
        }
    }

    async fn flush(&mut self) -> Result<(), End> {
        let overflowed = self.talk.place().overflowed();
        tokio::select! {
            flushed = timeout(WRITE_WITHIN, self.socket.flush()) => written(flushed),
            () = overflowed.cancelled() => Err(too_slow()),
        }
    }

    async fn ping(&mut self) -> Result<(), End> {
        if self.heard.elapsed() >= DEAD_AFTER {
            return Err(End::Gone);
        }
        written(timeout(WRITE_WITHIN, self.socket.send(Message::Ping(Vec::new().into()))).await)
    }

    async fn goodbye(&mut self) {
        self.talk.stop();
        while let Some(Reply::Text(text)) = self.talk.place().waiting() {
            if self.feed(Message::Text(text)).await.is_err() {
                return;
            }
        }
    }

    async fn close(mut self, end: End) {
        let End::Close(code, reason) = end else { return };
        let reason = with_retry(code, reason);
        let frame = CloseFrame {
            code,
            reason: reason.into(),
        };
        let closing = async {
            self.socket.close(Some(frame)).await?;
            while self.socket.next().await.transpose()?.is_some() {}
            Ok::<_, Error>(())
        };
        let _ = timeout(CLOSE_WITHIN, closing).await;
    }
}

impl From<Reply> for End {
    fn from(reply: Reply) -> Self {
        match reply {
            Reply::Close(code, reason) => Self::Close(code, reason),
            Reply::Text(_) => Self::Gone,
        }
    }
}

fn written(result: Result<Result<(), Error>, tokio::time::error::Elapsed>) -> Result<(), End> {
    match result {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) => Err(End::Gone),
        Err(_) => Err(too_slow()),
    }
}

fn too_slow() -> End {
    End::Close(CloseCode::Again, TOO_SLOW.to_owned())
}

/// Where it helps to come back, the reason says when.
fn with_retry(code: CloseCode, reason: String) -> String {
    match code {
        CloseCode::Again | CloseCode::Restart => format!("{reason}; retry_after_ms={RETRY_AFTER_MS}"),
        _ => reason,
    }
}

/// The close frame for a socket that broke a rule of the transport (RFC 6455, section 7.4.1).
fn end_of(error: &Error) -> End {
    match error {
        Error::Capacity(_) => End::Close(CloseCode::Size, "a frame over the size limit".to_owned()),
        Error::Utf8(_) => End::Close(CloseCode::Invalid, "text that is not UTF-8".to_owned()),
        Error::Protocol(_) => End::Close(CloseCode::Protocol, "not the WebSocket protocol".to_owned()),
        _ => End::Gone,
    }
}
