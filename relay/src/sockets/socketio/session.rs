//! One Socket.IO connection: a task reads its packets, and pours what it missed.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::http::header;
use axum::http::request::Parts;
use engineioxide::DisconnectReason;
use serde_json::Value;
use tokio::sync::mpsc;
use tracing::debug;

use super::arrival::Arrival;
use super::farewell::{End, Why};
use super::line::taken;
use super::packet::{self, Packet};
use super::talk::Talk;
use super::{EngineSocket, Incoming};
use crate::accept::Connection;
use crate::auth::Identity;
use crate::dialects::Mistake;
use crate::error::Problem;
use crate::http::door;
use crate::metrics::{self, OpenConnection};
use crate::service::SharedApp;
use crate::sockets::bucket::{Bucket, Verdict};
use crate::sockets::common::{ends, last_moment, reached};

/// What a client hears whose token is not good (DIALECTS.md, D2).
const NO_TOKEN: &str = "Authentication error";
/// The cookie of whoever signed in: a staff token. Read on `/api/socket` alone.
const STAFF_COOKIE: &str = "printrail_token";
/// How long a transport may be open before its client says who it is.
const CONNECT_WITHIN: Duration = Duration::from_secs(20);

/// One connection.
pub(super) struct Session {
    app: SharedApp,
    socket: EngineSocket,
    /// It may wait for a guest's token.
    may_wait: bool,
    state: State,
    bucket: Bucket,
    begun: Instant,
}

enum State {
    New,
    /// In, and nobody yet: a guest's token is awaited.
    Waiting(Arrival),
    In(Box<Talk>),
}

impl Session {
    pub(super) fn new(app: SharedApp, socket: EngineSocket, may_wait: bool) -> Self {
        let now = Instant::now();
        let bucket = Bucket::of(&app, &Identity::anyone(""), now);
        Self {
            app,
            socket,
            may_wait,
            state: State::New,
            bucket,
            begun: now,
        }
    }

    pub(super) async fn run(mut self, mut incoming: mpsc::Receiver<Box<Incoming>>) {
        let _open = OpenConnection::of("socketio");
        let stop = self.app.stop.clone();
        let (socket, flooded) = (Arc::clone(&self.socket), self.socket.data.flooded.clone());
        let entry = self
            .socket
            .req_parts
            .extensions
            .get::<Connection>()
            .map(|connection| connection.entry.clone());
        let end = loop {
            let is_known = matches!(self.state, State::In(_));
            let evicted = async {
                match entry.as_ref().filter(|_| !is_known) {
                    Some(entry) => entry.evicted().await,
                    None => std::future::pending().await,
                }
            };
            let done = tokio::select! {
                packet = incoming.recv() => match packet {
                    // Boxed: thousands of sockets rest, and each is as large as its largest wait.
                    Some(packet) => Box::pin(self.incoming(*packet)).await,
                    None => Err(End::Silent(DisconnectReason::TransportClose)),
                },
                done = self.look() => done,
                () = socket.closed() => return,
                () = flooded.cancelled() => Err(End::Told(Why::Flooded)),
                () = evicted => Err(End::broken()),
                () = stop.cancelled() => Err(End::Told(Why::Restart)),
            };
            if let Err(end) = done {
                break end;
            }
        };
        debug!(sid = %socket.id, ?end, "a Socket.IO connection is closed");
        let (reason, last) = end.say();
        if let Some(last) = last.filter(|_| !matches!(self.state, State::New)) {
            let _gone_or_full = socket.emit(last);
            taken(&socket).await;
        }
        socket.close(reason);
    }

    /// Waits for what concerns this connection besides its packets. Safe to drop and call again.
    async fn look(&mut self) -> Result<(), End> {
        let State::In(talk) = &mut self.state else {
            let State::New = self.state else {
                return std::future::pending().await;
            };
            tokio::time::sleep(CONNECT_WITHIN.saturating_sub(self.begun.elapsed())).await;
            return Err(End::Silent(DisconnectReason::TransportClose));
        };
        let (out, expires) = (talk.out(), last_moment(&talk.who));
        tokio::select! {
            done = talk.advance() => done.map_err(End::Told),
            () = out => Err(End::Told(match talk.is_dismissed() {
                true => Why::Dismissed,
                false => Why::TooSlow,
            })),
            () = reached(expires) => match Box::pin(ends(&self.app, &talk.who)).await {
                Ok(expires) => {
                    talk.who.expires = expires;
                    Ok(())
                }
                Err(problem) => Err(End::Told(Why::Expired(problem.message))),
            }
        }
    }

    async fn incoming(&mut self, incoming: Incoming) -> Result<(), End> {
        match self.bucket.frame(Instant::now()) {
            Verdict::Take => {}
            Verdict::Refuse => {
                return self.mistake(None, &limited());
            }
            Verdict::Close => return Err(End::Told(Why::Flooded)),
        }
        let most = self.app.config.limits.frame_bytes;
        if matches!(&incoming, Incoming::Text(text) if most > 0 && text.len() > most) {
            return Err(End::Told(Why::TooLarge));
        }
        let read = match &incoming {
            Incoming::Text(text) => packet::read(text),
            // What follows a binary event was refused with it.
            Incoming::Binary if matches!(self.state, State::In(_) | State::Waiting(_)) => return Ok(()),
            Incoming::Binary => return Err(End::Silent(DisconnectReason::PacketParsingError)),
        };
        match read {
            Ok(Packet::Connect(auth)) => self.connect(auth).await,
            Ok(Packet::Elsewhere(name)) => self.emit(packet::refused(Some(&name), "Invalid namespace")),
            Ok(Packet::Disconnect) => self.leave().await,
            Ok(Packet::Event { ack, name, arguments }) => self.event(ack, &name, &arguments).await,
            Ok(Packet::Binary { ack }) => self.mistake(
                ack,
                &Mistake::invalid("data", "is binary; frames of this relay are JSON text"),
            ),
            Ok(Packet::Answer) => Ok(()),
            Err(problem) => self.mistake(
                None,
                &Mistake::invalid("packet", &format!("cannot be read: {problem}")),
            ),
        }
    }

    async fn connect(&mut self, auth: Value) -> Result<(), End> {
        if !matches!(self.state, State::New) {
            return self.mistake(
                None,
                &Mistake::invalid("packet", "connects a socket that is connected"),
            );
        }
        let arrival = Arrival::new(&auth);
        match self.identify(&auth, &arrival).await {
            Ok(Some(who)) => self.admit(who, arrival).await,
            Ok(None) => {
                let done = self.emit(packet::connected(&arrival.sid, &arrival.pid));
                self.state = State::Waiting(arrival);
                done
            }
            Err(problem) => {
                metrics::refused(problem.code);
                let message = match problem.code {
                    crate::error::Code::Unauthorized => NO_TOKEN,
                    _ => &problem.message,
                };
                self.emit(packet::refused(None, message))
            }
        }
    }

    /// Who it is; none for one that waits for a guest's token.
    async fn identify(&self, auth: &Value, arrival: &Arrival) -> Result<Option<Identity>, Problem> {
        let mut token = token(auth, &self.socket.req_parts);
        if self.may_wait && token.is_none() {
            token = staff_cookie(&self.socket.req_parts);
        }
        if let Some(who) = door::identify_socket(&self.app, token.as_deref(), &self.socket.req_parts).await? {
            return Ok(Some(named(who, auth)));
        }
        if !self.may_wait {
            return Err(Problem::unauthorized(NO_TOKEN));
        }
        // A guest that came back shows its token by the visit that it was in.
        match arrival.visit(&self.app).await? {
            Some(token) => self.app.auth.identify(&token, &self.app.store).await.map(Some),
            None => Ok(None),
        }
    }

    async fn admit(&mut self, who: Identity, arrival: Arrival) -> Result<(), End> {
        if let Some(connection) = self.socket.req_parts.extensions.get::<Connection>() {
            connection.entry.is_known();
        }
        self.bucket = Bucket::of(&self.app, &who, Instant::now());
        let mut talk = Box::new(Talk::new(
            Arc::clone(&self.app),
            Arc::clone(&self.socket),
            who,
            arrival,
        ));
        match talk.open().await {
            Ok(()) => {
                self.state = State::In(talk);
                Ok(())
            }
            Err(mistake) => self.emit(packet::refused(None, &mistake.message)),
        }
    }

    /// The client leaves on purpose; its transport may stay for another try.
    async fn leave(&mut self) -> Result<(), End> {
        if let State::In(talk) = std::mem::replace(&mut self.state, State::New) {
            talk.forget().await;
        }
        self.begun = Instant::now();
        Ok(())
    }

    async fn event(&mut self, ack: Option<u64>, name: &str, arguments: &[Value]) -> Result<(), End> {
        let done = match &mut self.state {
            State::In(talk) => talk.event(name, arguments).await,
            State::Waiting(_) if name == "join:session" => return self.welcome(ack, arguments).await,
            State::Waiting(_) | State::New => Err(Mistake::forbidden(
                "say who you are first: join:session with a session's token, or a token in `auth`",
            )),
        };
        match done {
            Ok(data) => self.answer(ack, &data),
            Err(mistake) => self.mistake(ack, &mistake),
        }
    }

    /// A socket that waited shows a guest's token.
    async fn welcome(&mut self, ack: Option<u64>, arguments: &[Value]) -> Result<(), End> {
        let token = arguments.first().and_then(Value::as_str).unwrap_or_default();
        let known = self.app.auth.identify(token, &self.app.store).await;
        let who = known.ok().filter(|who| who.session.as_deref() == Some(token));
        let (Some(who), State::Waiting(_)) = (who, &self.state) else {
            return self.mistake(ack, &Mistake::forbidden("`token` opens no session here"));
        };
        let State::Waiting(arrival) = std::mem::replace(&mut self.state, State::New) else {
            return Ok(());
        };
        let mut talk = Box::new(Talk::new(
            Arc::clone(&self.app),
            Arc::clone(&self.socket),
            who,
            arrival,
        ));
        if let Err(mistake) = talk.settle_quietly().await {
            return self.mistake(ack, &mistake);
        }
        self.state = State::In(talk);
        Box::pin(self.event(ack, "join:session", arguments)).await
    }

    fn answer(&self, ack: Option<u64>, data: &Value) -> Result<(), End> {
        match ack {
            Some(ack) => self.emit(packet::answer(ack, data)),
            None => Ok(()),
        }
    }

    /// Answered where an answer is awaited, else said as an `error`.
    fn mistake(&self, ack: Option<u64>, mistake: &Mistake) -> Result<(), End> {
        metrics::frame_refused(mistake.code);
        match ack {
            Some(ack) => self.emit(packet::answer(ack, &super::talk::refusal(mistake))),
            None => self.emit(super::talk::error_packet(mistake)),
        }
    }

    fn emit(&self, text: String) -> Result<(), End> {
        let sent = self.socket.emit(text);
        sent.map_err(|_| End::broken())
    }
}

/// The token of `auth`, or the one of the request that opened the transport.
fn token(auth: &Value, request: &Parts) -> Option<String> {
    match auth.get("token") {
        Some(Value::String(token)) => Some(token.clone()),
        Some(Value::Null) | None => door::token_of(request),
        // Something that is no text is no token.
        Some(other) => Some(other.to_string()),
    }
}

/// The token in the cookie that signing in sets (DIALECTS.md, D3). A page of another site cannot use it:
/// its origin was refused before.
fn staff_cookie(request: &Parts) -> Option<String> {
    let cookies = request.headers.get_all(header::COOKIE).iter();
    let pairs = cookies
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'));
    let token = pairs
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(name, token)| (name == STAFF_COOKIE).then_some(token))?;
    (!token.is_empty()).then(|| token.to_owned())
}

/// Without tokens, `auth.outlet` names the outlet once and for all.
fn named(mut who: Identity, auth: &Value) -> Identity {
    let outlet = auth.get("outlet").or_else(|| auth.get("outletId"));
    let outlet = outlet
        .and_then(Value::as_str)
        .filter(|id| crate::auth::is_outlet_id(id));
    if let Some(outlet) = outlet.filter(|_| who.open) {
        who.outlet = outlet.into();
        who.open = false;
    }
    who
}

fn limited() -> Mistake {
    Mistake {
        code: "RATE_LIMITED",
        message: "too many frames; wait a second".to_owned(),
        field: None,
    }
}
