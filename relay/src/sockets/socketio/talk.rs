//! What a client of Socket.IO that is in does: it joins and leaves rooms, and comes back to them.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use engineioxide::DisconnectReason;
use serde_json::{Map, Value, json};
use tokio::time::Instant;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tracing::warn;

use super::arrival::Arrival;
use super::farewell::Why;
use super::line::{EngineLine, pour};
use super::{EngineSocket, packet};
use crate::auth::{Identity, is_outlet_id};
use crate::dialects::io::{self, Verb};
use crate::dialects::register::Gap;
use crate::dialects::{Dialect, Mistake, Position, Room, Wire, backoffice, encode};
use crate::metrics;
use crate::order::Role;
use crate::rooms::{Seat, Text};
use crate::service::SharedApp;
use crate::sockets::catch_up::{CatchUp, Step};
use crate::sockets::common::{guise, internal, mistake_of, permit, settings, store_failed, sync_state};
use crate::store::SocketSession;

/// How often the session of a client that stays is kept anew: long before it would be deleted as old.
const KEEP_EVERY: Duration = Duration::from_secs(24 * 60 * 60);
/// As long after a recovery, so that a connection that breaks again and again writes nothing.
const KEEP_AFTER: Duration = Duration::from_secs(60);

/// One client that is in.
pub(super) struct Talk {
    pub(super) who: Identity,
    app: SharedApp,
    socket: EngineSocket,
    line: Arc<EngineLine>,
    arrival: Arrival,
    seat: Option<Seat>,
    catch_up: CatchUp,
    /// What it missed and was not queued yet.
    texts: VecDeque<Text>,
    /// Its session is in the store.
    is_kept: bool,
    keep_at: Instant,
}

impl Talk {
    pub(super) fn new(app: SharedApp, socket: EngineSocket, who: Identity, arrival: Arrival) -> Self {
        let is_guest = who.role == Role::Guest;
        Self {
            line: Arc::new(EngineLine::new(Arc::clone(&socket))),
            catch_up: CatchUp::new(Arc::clone(&app), Wire::SocketIo, is_guest, arrival.after),
            who,
            app,
            socket,
            arrival,
            seat: None,
            texts: VecDeque::new(),
            is_kept: false,
            keep_at: Instant::now() + KEEP_EVERY,
        }
    }

    /// Answers the connection: with the session that the client had, where all it missed is still
    /// there, else with a new one.
    pub(super) async fn open(&mut self) -> Result<(), Mistake> {
        let session = self.arrival.session(&self.app).await.map_err(mistake_of)?;
        let session = session.filter(|(session, _)| self.is_own(session));
        if let Some((session, offset)) = &session {
            self.who.outlet = session.outlet.as_str().into();
            self.who.open = false;
            self.catch_up.from(*offset);
        }
        if self.who.open {
            self.emit(packet::connected(&self.arrival.sid, &self.arrival.pid));
            return Ok(());
        }
        let (position, gap) = self.settle().await?;
        let session = session.map(|(session, _)| session).filter(|_| gap.is_none());
        if let Some(session) = &session {
            self.arrival.sid.clone_from(&session.sid);
            self.arrival.pid.clone_from(&session.pid);
            self.is_kept = true;
            self.keep_at = Instant::now() + KEEP_AFTER;
        }
        self.emit(packet::connected(&self.arrival.sid, &self.arrival.pid));
        self.greet(position, gap).await;
        match session {
            Some(session) => self.restore(&session).await,
            None => Ok(()),
        }
    }

    /// Takes a seat where the connection was answered before.
    pub(super) async fn settle_quietly(&mut self) -> Result<(), Mistake> {
        let (position, gap) = self.settle().await?;
        self.greet(position, gap).await;
        Ok(())
    }

    fn is_own(&self, session: &SocketSession) -> bool {
        let same_outlet = *session.outlet == *self.who.outlet || self.who.open;
        same_outlet && session.who == self.who.label_with_role()
    }

    async fn settle(&mut self) -> Result<(Position, Option<Gap>), Mistake> {
        self.app.outlet(&self.who).await.map_err(mistake_of)?;
        let (hub, line) = (&self.app.hub, Arc::clone(&self.line));
        let seat = hub.connect_line(&self.who.outlet, Wire::SocketIo, guise(&self.who), line);
        self.seat = Some(seat.map_err(|full| internal(&full.to_string()))?);
        if self.arrival.after.is_some() {
            metrics::reconnected("socketio");
        }
        let begun = self.catch_up.begin(&self.who.outlet).await;
        begun.map_err(|error| {
            // The next frame tries again.
            self.seat = None;
            store_failed(&self.who.outlet, &error)
        })
    }

    /// Says where the client stands, and where all stands if what it missed is lost.
    async fn greet(&mut self, position: Position, gap: Option<Gap>) {
        if self.arrival.is_lost {
            self.error(&Mistake::invalid("after", "is no position, such as 17 or 17.3"));
        }
        if gap.is_some() {
            self.sync(gap, position).await;
        }
        let data =
            json!({"position": position.to_string(), "epoch": position.epoch, "outlet": &*self.who.outlet});
        self.say("hello", &data, position);
    }

    async fn sync(&mut self, gap: Option<Gap>, position: Position) {
        match sync_state(&self.app, &self.who, gap).await {
            Ok(data) => self.say("sync_state", &data, position),
            Err(error) => self.error(&store_failed(&self.who.outlet, &error)),
        }
    }

    async fn restore(&mut self, session: &SocketSession) -> Result<(), Mistake> {
        let settings = settings(&self.app, &self.who.outlet).await?;
        for room in session
            .rooms
            .iter()
            .filter_map(|(dialect, name)| kept_room(dialect, name))
        {
            if let Err(mistake) = permit(&self.app, &self.who, &room, &settings).await {
                self.error(&mistake);
            } else if let Some(seat) = &self.seat {
                let _limit_was_lowered = self.catch_up.join(seat, &room);
            }
        }
        Ok(())
    }

    /// An event of the client; what its callback gets.
    pub(super) async fn event(&mut self, name: &str, arguments: &[Value]) -> Result<Value, Mistake> {
        if self.seat.is_none() {
            self.fix(name, arguments);
            self.settle_quietly().await?;
        }
        match io::read(name, arguments, &self.who.outlet)? {
            Verb::Join(room) => self.join(room).await,
            Verb::Leave(room) => self.leave(&room).await,
        }
    }

    /// Without tokens, the first frame that names an outlet fixes it.
    fn fix(&mut self, name: &str, arguments: &[Value]) {
        let argument = arguments.first().unwrap_or(&Value::Null);
        let named = match (name, argument) {
            ("join:restaurant", Value::Number(id)) => Some(id.to_string()),
            ("join:restaurant", Value::String(id)) => Some(id.clone()),
            ("join:restaurant", Value::Object(fields)) => {
                let id = fields.get("id").or_else(|| fields.get("restaurantId"));
                id.and_then(Value::as_str).map(str::to_owned)
            }
            ("join", Value::String(room)) => room.strip_prefix("restaurant:").map(str::to_owned),
            _ => None,
        };
        if let Some(outlet) = named.filter(|id| self.who.open && is_outlet_id(id)) {
            self.who.outlet = outlet.into();
        }
        self.who.open = false;
    }

    async fn join(&mut self, room: Room) -> Result<Value, Mistake> {
        let settings = settings(&self.app, &self.who.outlet).await?;
        permit(&self.app, &self.who, &room, &settings).await?;
        self.is_a_visit(&room).await?;
        let Some(seat) = &self.seat else {
            return Err(internal("this socket has no place"));
        };
        let new = self
            .catch_up
            .join(seat, &room)
            .map_err(|full| Mistake::invalid("room", &format!("is one too many: {full}")))?;
        if new {
            self.keep().await;
        }
        Ok(json!({"ok": true, "room": &*room.name}))
    }

    /// A session's room is there while its visit is.
    async fn is_a_visit(&self, room: &Room) -> Result<(), Mistake> {
        let Some(token) = room
            .name
            .strip_prefix("session:")
            .filter(|_| room.dialect == Dialect::Session)
        else {
            return Ok(());
        };
        if self.who.session.as_deref() == Some(token) {
            return Ok(());
        }
        let known = self.app.auth.identify(token, &self.app.store).await.ok();
        let own = |who: &Identity| who.outlet == self.who.outlet && who.session.is_some();
        match known.filter(own) {
            Some(_) => Ok(()),
            None => Err(Mistake::forbidden("`token` opens no session of this outlet")),
        }
    }

    async fn leave(&mut self, room: &Room) -> Result<Value, Mistake> {
        let was_in = self.seat.as_ref().is_some_and(|seat| seat.leave(room));
        if was_in {
            self.keep().await;
        }
        Ok(json!({"ok": true, "room": &*room.name}))
    }

    /// Keeps the rooms in the store before the client hears that it is in: so it is in them again
    /// after a restart.
    async fn keep(&mut self) {
        self.keep_at = Instant::now() + KEEP_EVERY;
        let Some(seat) = &self.seat else { return };
        let any = backoffice::any_room();
        let rooms = seat.rooms().into_iter().filter(|room| *room != any);
        let session = SocketSession {
            outlet: self.who.outlet.to_string(),
            pid: self.arrival.pid.clone(),
            sid: self.arrival.sid.clone(),
            who: self.who.label_with_role(),
            visit: self.who.session.clone(),
            rooms: rooms
                .map(|room| (kept_dialect(room.dialect).to_owned(), room.name.to_string()))
                .collect(),
        };
        match self.app.store.keep_socket_session(session).await {
            Ok(()) => self.is_kept = true,
            Err(error) => warn!(outlet = %self.who.outlet, "a socket's rooms cannot be kept: {error}"),
        }
    }

    /// The client left on purpose and does not come back to its rooms.
    pub(super) async fn forget(&self) {
        if !self.is_kept {
            return;
        }
        let forgotten = self
            .app
            .store
            .forget_socket_session(&self.who.outlet, &self.arrival.pid)
            .await;
        if let Err(error) = forgotten {
            warn!(outlet = %self.who.outlet, "a socket's rooms cannot be forgotten: {error}");
        }
    }

    /// Pours what was missed, and keeps the session of a client that stays. Safe to drop and call again.
    pub(super) async fn advance(&mut self) -> Result<(), Why> {
        if !self.texts.is_empty() {
            pour(&self.socket, &mut self.texts).await;
            return Ok(());
        }
        let Some(seat) = self.seat.as_ref().filter(|_| self.catch_up.is_running()) else {
            tokio::time::sleep_until(self.keep_at).await;
            if self.is_kept {
                Box::pin(self.keep()).await;
            }
            self.keep_at = Instant::now() + KEEP_EVERY;
            return Ok(());
        };
        match Box::pin(self.catch_up.step(seat)).await {
            Ok(Step::Texts(texts)) => self.texts.extend(texts),
            Ok(Step::Gap(gap)) => {
                Box::pin(self.sync(Some(gap), Position::all_of(gap.head, gap.epoch))).await;
            }
            Ok(Step::Live) => {}
            Err(error) => {
                store_failed(&self.who.outlet, &error);
                return Err(Why::StoreFailed);
            }
        }
        Ok(())
    }

    /// Ends when the rooms put this client out.
    pub(super) fn out(&self) -> WaitForCancellationFutureOwned {
        CancellationToken::cancelled_owned(self.line.out())
    }

    /// Whether it was put out since it may no longer listen.
    pub(super) fn is_dismissed(&self) -> bool {
        self.line.is_dismissed()
    }

    pub(super) fn error(&self, mistake: &Mistake) {
        self.emit(error_packet(mistake));
    }

    fn say(&self, name: &str, data: &Value, position: Position) {
        self.emit(encode(Wire::SocketIo, name, data, Some(&position.to_string())).to_string());
    }

    fn emit(&self, text: String) {
        if self.socket.emit(text).is_err() {
            self.socket.close(DisconnectReason::TransportError);
        }
    }
}

/// What a callback gets where something was refused.
pub(super) fn refusal(mistake: &Mistake) -> Value {
    let mut data = Map::from_iter([("ok".to_owned(), Value::Bool(false))]);
    if let Value::Object(fields) = mistake.data() {
        data.extend(fields);
    }
    Value::Object(data)
}

/// An `error` event.
pub(super) fn error_packet(mistake: &Mistake) -> String {
    encode(Wire::SocketIo, "error", &mistake.data(), None).to_string()
}

fn kept_dialect(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Station => "station",
        Dialect::Floor => "floor",
        Dialect::Session => "session",
        Dialect::BackOffice => "backoffice",
        Dialect::Register => "register",
    }
}

fn kept_room(dialect: &str, name: &str) -> Option<Room> {
    let dialect = [Dialect::Floor, Dialect::Session, Dialect::BackOffice]
        .into_iter()
        .find(|known| kept_dialect(*known) == dialect)?;
    Some(Room::new(dialect, name))
}
