//! What a D1 socket does with verbs: rooms for eyes, and where an agent registers, its link.

use std::sync::Arc;

use protocol::AgentFrame;
use protocol::link::CloseReason;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tracing::warn;

use super::common::{permit, settings};
use super::place::{Place, Reply};
use crate::auth::{Identity, is_outlet_id};
use crate::dialects::station::{self, Device, Verb};
use crate::dialects::{Frame, Mistake, Wire};
use crate::link::{Driver, Said};
use crate::metrics;
use crate::service::SharedApp;
use crate::store::OutletId;

/// One D1 connection's state.
pub(super) struct Station {
    pub(super) place: Place,
    link: Option<Box<Driver>>,
    device: Option<Frame>,
}

impl Station {
    pub(super) fn new(app: SharedApp, who: Identity, after: Option<&str>) -> Self {
        if after.is_some() {
            metrics::reconnected("station");
        }
        Self {
            place: Place::new(app, who, Wire::Station, after),
            link: None,
            device: None,
        }
    }

    /// Takes its seat where the token names the outlet, so that whoever loses the right to be here is
    /// found, in rooms or not.
    pub(super) async fn open(&mut self) {
        if self.place.who.open {
            return;
        }
        if let Err(mistake) = self.settle(None).await {
            self.place.mistake(&mistake);
        }
    }

    /// The next thing for the socket. Safe to drop and call again.
    pub(super) async fn next(&mut self) -> Reply {
        loop {
            let said = tokio::select! {
                reply = self.place.next() => return reply,
                said = from_link(self.link.as_mut()) => said,
            };
            self.linked(said);
        }
    }

    pub(super) fn stop(&mut self) {
        if let Some(link) = &mut self.link {
            link.stop();
        }
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
            self.place.mistake(&mistake);
        }
    }

    async fn agents(&mut self, outlet: Option<&str>, text: &str) -> Result<(), Mistake> {
        self.settle(outlet).await?;
        let link = self.link.get_or_insert_with(|| {
            Box::new(Driver::new(Arc::clone(&self.place.app), self.place.who.clone()))
        });
        link.frame(AgentFrame::decode(text));
        Ok(())
    }

    fn linked(&mut self, said: Said) {
        match said {
            Said::Text(text) => self.place.reply(Reply::Text(text.into())),
            Said::Registered(device) => self.announce(&serde_json::to_value(device).unwrap_or_default()),
            Said::Close(reason) => {
                let code = match reason {
                    CloseReason::Stopping => CloseCode::Restart,
                    CloseReason::StoreFailed => CloseCode::Again,
                    CloseReason::Silent | CloseReason::Fenced | CloseReason::Flooded => CloseCode::Policy,
                };
                self.place.close(code, reason.as_str());
            }
        }
    }

    async fn register(&mut self, device: &Device) -> Result<(), Mistake> {
        self.settle(device.outlet_id.as_deref()).await?;
        let settings = settings(&self.place.app, &self.place.who.outlet).await?;
        let rooms = station::rooms_of(device, &self.place.who.outlet, &settings);
        for room in &rooms {
            permit(&self.place.app, &self.place.who, room, &settings).await?;
        }
        for room in &rooms {
            self.place.enter(room)?;
        }
        let data = station::device_data(device, &self.place.who.outlet, None);
        self.place.welcome("device_registered", &data);
        self.announce(&data);
        Ok(())
    }

    /// Tells the outlet's room, without this socket, who came; and remembers whom to announce at the end.
    fn announce(&mut self, data: &Value) {
        let room = station::outlet_room(&self.place.who.outlet);
        let frame = |name: &'static str| Frame {
            k: 0,
            wire: Wire::Station,
            rooms: vec![room.clone()],
            name: name.into(),
            data: data.clone(),
        };
        self.place.app.hub.announce_except(
            &self.place.who.outlet,
            &frame("device_registered"),
            self.place.seat(),
        );
        self.device = Some(frame("device_disconnected"));
    }

    async fn join(&mut self, name: &str) -> Result<(), Mistake> {
        self.settle(None).await?;
        let settings = settings(&self.place.app, &self.place.who.outlet).await?;
        let room = station::room(name, &self.place.who.outlet, &settings)?;
        permit(&self.place.app, &self.place.who, &room, &settings).await?;
        self.place.enter(&room)?;
        self.place.welcome("room_joined", &json!({"room": name}));
        Ok(())
    }

    async fn leave(&mut self, name: &str) -> Result<(), Mistake> {
        self.settle(None).await?;
        let room = station::room(
            name,
            &self.place.who.outlet,
            &settings(&self.place.app, &self.place.who.outlet).await?,
        )?;
        let _ = self.place.seat().is_some_and(|seat| seat.leave(&room));
        self.place.say("room_left", &json!({"room": name}));
        Ok(())
    }

    /// Fixes the outlet (without tokens the first frame that names one does), and takes a seat in it.
    async fn settle(&mut self, named: Option<&str>) -> Result<(), Mistake> {
        if let Some(outlet) = named.filter(|outlet| !outlet.is_empty() && **outlet != *self.place.who.outlet)
        {
            self.settle_in(outlet)?;
        }
        if let Some((position, gap @ Some(_))) = self.place.settle().await? {
            self.place.sync(gap, position).await;
        }
        Ok(())
    }

    fn settle_in(&mut self, outlet: &str) -> Result<(), Mistake> {
        let field = Some("outlet_id".to_owned());
        if !self.place.who.open || self.place.seat().is_some() {
            warn!(outlet = %self.place.who.outlet, who = self.place.who.label(), named = outlet, "refused: a socket named another outlet");
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
        self.place.who.outlet = OutletId::from(outlet);
        Ok(())
    }
}

impl Drop for Station {
    fn drop(&mut self) {
        self.link = None;
        if let Some(gone) = self.device.take() {
            self.place
                .app
                .hub
                .announce_except(&self.place.who.outlet, &gone, self.place.seat());
        }
    }
}

async fn from_link(link: Option<&mut Box<Driver>>) -> Said {
    match link {
        Some(link) => link.next().await,
        None => std::future::pending().await,
    }
}
