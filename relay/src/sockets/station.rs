//! What a D1 socket does with verbs: rooms for eyes, and where an agent registers, its link.

use std::collections::VecDeque;
use std::sync::Arc;

use jiff::Timestamp;
use protocol::AgentFrame;
use protocol::link::CloseReason;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

use crate::auth::{Identity, is_outlet_id};
use crate::dialects::station::{self, Device, Verb};
use crate::dialects::{Frame, Mistake, Permit, Room, Viewer, Wire, encode, may_join};
use crate::link::{Driver, Said};
use crate::metrics;
use crate::rooms::Seat;
use crate::routing::Settings;
use crate::service::{SharedApp, role_name};
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
    app: SharedApp,
    who: Identity,
    seat: Option<Seat>,
    link: Option<Box<Driver>>,
    device: Option<Frame>,
    replies: VecDeque<Reply>,
}

impl Station {
    pub(super) fn new(app: SharedApp, who: Identity) -> Self {
        Self {
            app,
            who,
            seat: None,
            link: None,
            device: None,
            replies: VecDeque::new(),
        }
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
        self.seat
            .as_ref()
            .map_or_else(CancellationToken::new, |seat| seat.outbox.overflowed())
    }

    /// A look now and then: a token that ended ends its socket.
    pub(super) fn check(&self) -> Result<(), Reply> {
        match self.who.expires {
            Some(expires) if expires < Timestamp::now() => Err(Reply::Close(
                CloseCode::Policy,
                "the token has expired; get a new one".to_owned(),
            )),
            _ => Ok(()),
        }
    }

    pub(super) fn stop(&mut self) {
        if let Some(link) = &mut self.link {
            link.stop();
        }
    }

    pub(super) fn rate_limited(&mut self) {
        let message = "too many frames; wait a second".to_owned();
        self.mistake(&Mistake {
            code: "RATE_LIMITED",
            message,
            field: None,
        });
    }

    pub(super) fn binary(&mut self) {
        let message = "frames are JSON text, not binary".to_owned();
        self.mistake(&Mistake {
            code: "VALIDATION_ERROR",
            message,
            field: None,
        });
    }

    /// A text frame. A mistake is answered, and the socket stays open.
    pub(super) async fn text(&mut self, text: &str) {
        let done = match station::read(text) {
            Ok(Verb::Register(device)) if device.agent => {
                self.agents(device.outlet_id.as_deref(), text).await
            }
            Ok(Verb::Register(device)) => self.register(&device).await,
            Ok(Verb::Join(room)) => self.join(&room).await,
            Ok(Verb::Leave(room)) => self.leave(&room).await,
            Ok(Verb::Agent) => self.agents(None, text).await,
            Err(mistake) => Err(mistake),
        };
        if let Err(mistake) = done {
            self.mistake(&mistake);
        }
    }

    async fn agents(&mut self, outlet: Option<&str>, text: &str) -> Result<(), Mistake> {
        self.settle(outlet).await?;
        let link = self
            .link
            .get_or_insert_with(|| Box::new(Driver::new(Arc::clone(&self.app), self.who.clone())));
        link.frame(AgentFrame::decode(text));
        Ok(())
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
                self.replies
                    .push_back(Reply::Close(code, reason.as_str().to_owned()));
            }
        }
    }

    async fn register(&mut self, device: &Device) -> Result<(), Mistake> {
        self.settle(device.outlet_id.as_deref()).await?;
        let settings = settings(&self.app, &self.who.outlet).await?;
        let rooms = station::rooms_of(device, &self.who.outlet, &settings);
        for room in &rooms {
            self.may_join(room, &settings)?;
        }
        for room in &rooms {
            self.enter(room)?;
        }
        let data = station::device_data(device, &self.who.outlet, None);
        self.say("device_registered", &data);
        self.announce(&data);
        Ok(())
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
        self.app
            .hub
            .announce_except(&self.who.outlet, &frame("device_registered"), self.seat.as_ref());
        self.device = Some(frame("device_disconnected"));
    }

    async fn join(&mut self, name: &str) -> Result<(), Mistake> {
        self.settle(None).await?;
        let settings = settings(&self.app, &self.who.outlet).await?;
        let room = station::room(name, &self.who.outlet, &settings)?;
        self.may_join(&room, &settings)?;
        self.enter(&room)?;
        self.say("room_joined", &json!({"room": name}));
        Ok(())
    }

    async fn leave(&mut self, name: &str) -> Result<(), Mistake> {
        self.settle(None).await?;
        let room = station::room(
            name,
            &self.who.outlet,
            &settings(&self.app, &self.who.outlet).await?,
        )?;
        let _ = self.seat.as_ref().is_some_and(|seat| seat.leave(&room));
        self.say("room_left", &json!({"room": name}));
        Ok(())
    }

    fn enter(&mut self, room: &Room) -> Result<(), Mistake> {
        let Some(seat) = &self.seat else {
            return Err(internal("this socket has no place"));
        };
        seat.join(room)
            .map(|_| ())
            .map_err(|full| Mistake::invalid("room", &format!("is one too many: {full}")))
    }

    fn may_join(&self, room: &Room, settings: &Settings) -> Result<(), Mistake> {
        let stations: Vec<String> = self
            .who
            .device
            .iter()
            .flat_map(|device| &device.stations)
            .map(|(name, location)| settings.station_for_device(name, location.as_deref()))
            .collect();
        let viewer = Viewer {
            role: self.who.role,
            session: self.who.session.as_deref(),
            table: self.who.table.as_deref(),
            stations: &stations,
        };
        if may_join(&viewer, room, settings) == Permit::Yes {
            return Ok(());
        }
        warn!(outlet = %self.who.outlet, subject = self.who.subject, room = &*room.name,
            "refused: {} may not join {}", self.who.label(), room.name);
        let message = format!("`room` {} is not for a {}", room.name, role_name(&self.who));
        Err(Mistake {
            field: Some("room".to_owned()),
            ..Mistake::forbidden(message)
        })
    }

    /// Fixes the outlet (without tokens the first frame that names one does), and takes a seat in it.
    async fn settle(&mut self, named: Option<&str>) -> Result<(), Mistake> {
        if let Some(outlet) = named.filter(|outlet| !outlet.is_empty() && **outlet != *self.who.outlet) {
            self.settle_in(outlet)?;
        }
        if self.seat.is_some() {
            return Ok(());
        }
        if let Err(problem) = self.app.outlet(&self.who).await {
            return Err(Mistake {
                field: Some("outlet_id".to_owned()),
                ..Mistake::forbidden(problem.to_string())
            });
        }
        match self.app.hub.connect(&self.who.outlet, Wire::Station) {
            Ok(seat) => self.seat = Some(seat),
            Err(full) => {
                self.replies
                    .push_back(Reply::Close(CloseCode::Again, full.to_string()));
                return Err(internal(&full.to_string()));
            }
        }
        Ok(())
    }

    fn settle_in(&mut self, outlet: &str) -> Result<(), Mistake> {
        let field = Some("outlet_id".to_owned());
        if !self.who.open || self.seat.is_some() {
            warn!(outlet = %self.who.outlet, subject = self.who.subject, named = outlet, "refused: a socket named another outlet");
            return Err(Mistake {
                field,
                ..Mistake::forbidden("`outlet_id`: this connection belongs to another outlet")
            });
        }
        if !is_outlet_id(outlet) {
            return Err(Mistake::invalid(
                "outlet_id",
                "is no outlet's id: 1 to 64 letters, digits, `-`, `_` or `.`",
            ));
        }
        self.who.outlet = OutletId::from(outlet);
        Ok(())
    }

    fn mistake(&mut self, mistake: &Mistake) {
        metrics::frame_refused(mistake.code);
        self.say("error", &mistake.data());
    }

    fn say(&mut self, event: &str, data: &Value) {
        self.replies
            .push_back(Reply::Text(encode(Wire::Station, event, data, None)));
    }
}

impl Drop for Station {
    fn drop(&mut self) {
        self.link = None;
        if let Some(gone) = self.device.take() {
            self.app
                .hub
                .announce_except(&self.who.outlet, &gone, self.seat.as_ref());
        }
    }
}

async fn settings(app: &SharedApp, outlet: &OutletId) -> Result<Settings, Mistake> {
    app.store.settings(outlet).await.map_err(|error| {
        error!(outlet = %outlet, "the settings cannot be read: {error}");
        internal("the relay cannot read this outlet's settings now; try again")
    })
}

fn internal(message: &str) -> Mistake {
    Mistake {
        code: "INTERNAL",
        message: message.to_owned(),
        field: None,
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
        || {
            Reply::Close(
                CloseCode::Again,
                "this client reads too slowly; connect again and resume".to_owned(),
            )
        },
        Reply::Text,
    )
}

async fn from_link(link: Option<&mut Box<Driver>>) -> Said {
    match link {
        Some(link) => link.next().await,
        None => std::future::pending().await,
    }
}
