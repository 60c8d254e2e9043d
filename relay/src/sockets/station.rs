//! What a D1 socket does with verbs: rooms for eyes, and where an agent registers, its link.

use std::collections::VecDeque;
use std::sync::Arc;

use jiff::Timestamp;
use protocol::AgentFrame;
use protocol::link::CloseReason;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::auth::Identity;
use crate::dialects::station::{self, DeviceRegistration, Verb, VerbError};
use crate::dialects::{Frame, Wire};
use crate::link::{Driver, Said};
use crate::rooms::Seat;
use crate::service::App;
use crate::store::OutletId;

/// Something for the socket.
#[derive(Debug)]
pub(super) enum Reply {
    /// A frame.
    Text(Arc<str>),
    /// The end.
    Close(CloseCode, String),
}

/// One D1 connection's state.
pub(super) struct Station {
    app: Arc<App>,
    who: Identity,
    seat: Option<Seat>,
    link: Option<Box<Driver>>,
    device: Option<Frame>,
    replies: VecDeque<Reply>,
}

impl Station {
    pub(super) fn new(app: Arc<App>, who: Identity) -> Self {
        Self { app, who, seat: None, link: None, device: None, replies: VecDeque::new() }
    }

    /// The next thing for the socket. Safe to drop and call again.
    pub(super) async fn next(&mut self) -> Reply {
        loop {
            if let Some(reply) = self.replies.pop_front() {
                return reply;
            }
            let said = tokio::select! {
                text = from_rooms(self.seat.as_mut()) => return from_room(text),
                said = from_link(self.link.as_mut()) => said,
            };
            self.linked(said);
        }
    }

    /// What waits for the socket right now.
    pub(super) fn waiting(&mut self) -> Option<Reply> {
        if let Some(reply) = self.replies.pop_front() {
            return Some(reply);
        }
        self.seat.as_mut()?.outbox.waiting().map(Reply::Text)
    }

    /// Cancelled when the rooms gave up on this socket.
    pub(super) fn overflowed(&self) -> CancellationToken {
        self.seat.as_ref().map_or_else(CancellationToken::new, |seat| seat.outbox.overflowed())
    }

    /// A look now and then: a token that ended ends its socket.
    pub(super) fn check(&self) -> Result<(), Reply> {
        match self.who.expires {
            Some(expires) if expires < Timestamp::now() => {
                Err(Reply::Close(CloseCode::Policy, "the token has expired; get a new one".to_owned()))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn stop(&mut self) {
        if let Some(link) = &mut self.link {
            link.stop();
        }
    }

    pub(super) fn rate_limited(&mut self) {
        self.error("RATE_LIMITED", "too many frames; wait a second", None);
    }

    pub(super) fn binary(&mut self) {
        self.error("VALIDATION_ERROR", "frames are JSON text, not binary", None);
    }

    /// A text frame.
    pub(super) async fn text(&mut self, text: &str) {
        let value: Value = match serde_json::from_str(text) {
            Ok(value) => value,
            Err(error) => {
                self.error("VALIDATION_ERROR", &format!("the frame is not JSON: {error}"), None);
                return;
            }
        };
        if is_agents(&value) {
            self.agents(&value, text).await;
            return;
        }
        match station::parse(&value) {
            Ok(Verb::Register(device)) => self.register(device).await,
            Ok(Verb::Join(room)) => self.join(room).await,
            Ok(Verb::Leave(room)) => self.leave(&room),
            Err(error) => self.mistake(&error),
        }
    }

    async fn agents(&mut self, value: &Value, text: &str) {
        let named = value.pointer("/data/outlet_id").or_else(|| value.pointer("/data/outletId"));
        if !self.settle(named.and_then(Value::as_str)).await {
            return;
        }
        let link = self.link.get_or_insert_with(|| Box::new(Driver::new(Arc::clone(&self.app), self.who.clone())));
        link.frame(AgentFrame::decode(text));
    }

    fn linked(&mut self, said: Said) {
        match said {
            Said::Text(text) => self.replies.push_back(Reply::Text(text.into())),
            Said::Registered(device) => self.announce(&serde_json::to_value(device).unwrap_or_default()),
            Said::Close(reason) => {
                let code = match reason {
                    CloseReason::Stopping => CloseCode::Restart,
                    CloseReason::StoreFailed => CloseCode::Again,
                    CloseReason::Silent | CloseReason::Fenced | CloseReason::Flooded => CloseCode::Policy,
                };
                self.replies.push_back(Reply::Close(code, reason.as_str().to_owned()));
            }
        }
    }

    async fn register(&mut self, device: DeviceRegistration) {
        if !self.settle(device.outlet_id.as_deref()).await {
            return;
        }
        let settings = match self.app.store.settings(&self.who.outlet).await {
            Ok(settings) => settings,
            Err(error) => {
                warn!(outlet = %self.who.outlet, "the settings cannot be read: {error}");
                self.error("INTERNAL", "the relay cannot read this outlet's settings now; try again", None);
                return;
            }
        };
        let rooms = station::rooms_of(&device, &self.who.outlet, &settings);
        for room in &rooms {
            if !station::may_join(self.who.role, room, &self.who.outlet, self.who.open) {
                self.forbidden(room);
                return;
            }
        }
        for room in &rooms {
            self.enter(room);
        }
        let data = json!({
            "device_id": device.device_id, "role": device.role, "location": device.location,
            "outlet_id": &*self.who.outlet,
        });
        // The device itself hears it too, even where it is not in the outlet's room.
        self.say("device_registered", &data);
        self.announce(&data);
    }

    /// Tells the outlet's room, without this socket, who came; and remembers whom to announce at the end.
    fn announce(&mut self, data: &Value) {
        let room = station::outlet_room(&self.who.outlet);
        let frame = |name: &'static str| Frame {
            k: 0,
            wire: Wire::Station,
            rooms: vec![room.clone()],
            name: name.into(),
            data: data.clone(),
        };
        self.app.hub.announce_except(&self.who.outlet, &frame("device_registered"), self.seat.as_ref());
        self.device = Some(frame("device_disconnected"));
    }

    async fn join(&mut self, room: String) {
        if !self.settle(None).await {
            return;
        }
        if !station::may_join(self.who.role, &room, &self.who.outlet, self.who.open) {
            self.forbidden(&room);
            return;
        }
        if self.enter(&room) {
            self.say("room_joined", &json!({"room": room}));
        }
    }

    fn leave(&mut self, room: &str) {
        let _ = self.seat.as_ref().is_some_and(|seat| seat.leave(room));
        self.say("room_left", &json!({"room": room}));
    }

    fn enter(&mut self, room: &str) -> bool {
        let Some(seat) = &self.seat else { return false };
        match seat.join(room) {
            Ok(_) => true,
            Err(full) => {
                self.error("VALIDATION_ERROR", &full.to_string(), Some("room"));
                false
            }
        }
    }

    /// Fixes the outlet (without tokens the first frame that names one does), and takes a seat in it.
    async fn settle(&mut self, named: Option<&str>) -> bool {
        let named = named.filter(|outlet| !outlet.is_empty());
        if let Some(outlet) = named
            && **outlet != *self.who.outlet
        {
            if !self.who.open || self.seat.is_some() {
                warn!(outlet = %self.who.outlet, subject = self.who.subject, "a socket named another outlet");
                self.error("FORBIDDEN", "this connection belongs to another outlet", Some("outlet_id"));
                return false;
            }
            if !crate::auth::is_outlet_id(outlet) {
                self.error("VALIDATION_ERROR", "`outlet_id` is no outlet's id", Some("outlet_id"));
                return false;
            }
            self.who.outlet = OutletId::from(outlet);
        }
        if self.seat.is_some() {
            return true;
        }
        if let Err(problem) = self.app.outlet(&self.who).await {
            self.error(problem.code(), &problem.to_string(), Some("outlet_id"));
            return false;
        }
        match self.app.hub.connect(&self.who.outlet, Wire::Station) {
            Ok(seat) => self.seat = Some(seat),
            Err(full) => self.replies.push_back(Reply::Close(CloseCode::Again, full.to_string())),
        }
        self.seat.is_some()
    }

    fn forbidden(&mut self, room: &str) {
        warn!(outlet = %self.who.outlet, subject = self.who.subject, room, "refused: {} may not join {room}", self.who.label());
        let message = format!("`room` {room} is not for a {}", self.who.label());
        self.error("FORBIDDEN", &message, Some("room"));
    }

    fn mistake(&mut self, error: &VerbError) {
        self.error(error.code, &error.message, error.field.as_deref());
    }

    fn error(&mut self, code: &str, message: &str, field: Option<&str>) {
        self.app.metrics.error(code);
        let mut data = json!({"code": code, "message": message});
        if let Some(field) = field {
            data["field"] = field.into();
        }
        self.say("error", &data);
    }

    fn say(&mut self, event: &str, data: &Value) {
        let text = crate::dialects::frame::encode(Wire::Station, event, data, None);
        self.replies.push_back(Reply::Text(text.into()));
    }
}

impl Drop for Station {
    fn drop(&mut self) {
        self.link = None;
        if let Some(gone) = self.device.take() {
            self.app.hub.announce_except(&self.who.outlet, &gone, self.seat.as_ref());
        }
    }
}

/// Whether a frame is the agent's part of the dialect.
fn is_agents(frame: &Value) -> bool {
    match frame.get("type").and_then(Value::as_str) {
        Some("job_ack" | "job_update" | "printer_status" | "pong") => true,
        Some("register_device") => frame.pointer("/data/agent").is_some_and(Value::is_object),
        _ => false,
    }
}

async fn from_rooms(seat: Option<&mut Seat>) -> Option<Arc<str>> {
    match seat {
        Some(seat) => seat.outbox.next().await,
        None => std::future::pending().await,
    }
}

fn from_room(text: Option<Arc<str>>) -> Reply {
    text.map_or_else(
        || Reply::Close(CloseCode::Again, "this client reads too slowly; connect again and resume".to_owned()),
        Reply::Text,
    )
}

async fn from_link(link: Option<&mut Box<Driver>>) -> Said {
    match link {
        Some(link) => link.next().await,
        None => std::future::pending().await,
    }
}
