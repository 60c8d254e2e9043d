//! A D5 socket: a register submits orders and moves them, and hears what its tenant's registers hear.

use serde_json::Value;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::common::{internal, mistake_of, permit, settings, store_failed};
use super::place::Place;
use crate::auth::Identity;
use crate::dialects::register::{self, Verb};
use crate::dialects::{Mistake, Wire};
use crate::metrics;
use crate::order::Command;
use crate::service::SharedApp;
use crate::store::OrderReply;

/// One D5 connection.
pub(super) struct Register {
    pub(super) place: Place,
}

impl Register {
    pub(super) fn new(app: SharedApp, who: Identity, after: Option<&str>) -> Self {
        if after.is_some() {
            metrics::reconnected("register");
        }
        Self {
            place: Place::new(app, who, Wire::Register, after),
        }
    }

    /// Says where all stands, before anything else, and joins the tenant's registers.
    pub(super) async fn open(&mut self) {
        if let Err(mistake) = self.join().await {
            self.place.mistake(&mistake);
            self.place.close(CloseCode::Policy, &mistake.message);
        }
    }

    async fn join(&mut self) -> Result<(), Mistake> {
        let (app, who) = (self.place.app.clone(), self.place.who.clone());
        let room = register::room();
        permit(&app, &who, &room, &settings(&app, &who.outlet).await?).await?;
        if let Some((position, gap)) = self.place.settle().await? {
            self.place.sync(gap, position).await;
            // What happens while the snapshot is made comes after it.
            self.place.resume_from(position);
        }
        self.place.enter(&room)
    }

    /// A text frame. A mistake is answered, and the socket stays open.
    pub(super) async fn text(&mut self, text: &str) {
        let done = match register::read(text, &self.place.who.outlet) {
            Ok(Verb::Submit(command)) => self.submit(command).await,
            Ok(Verb::Update { order, command }) => self.ask(Some(order), command).await.map(|_| ()),
            Err(mistake) => Err(mistake),
        };
        if let Err(mistake) = done {
            self.place.mistake(&mistake);
        }
    }

    /// Every register hears of a new order, the sender too; of a repeat the sender alone.
    async fn submit(&mut self, command: Command) -> Result<(), Mistake> {
        let OrderReply::Replayed { body } = self.ask(None, command).await? else {
            return Ok(());
        };
        let (app, outlet) = (&self.place.app, self.place.who.outlet.clone());
        let first: Value = serde_json::from_str(&body).unwrap_or_default();
        let id = match first.get("id") {
            Some(Value::String(id)) => id.clone(),
            Some(id) => id.to_string(),
            None => return Err(internal("the first answer cannot be read")),
        };
        let order = app.store.get_order(&outlet, &id).await;
        if let Some(order) = order.map_err(|error| store_failed(&outlet, &error))? {
            let data = register::created_data(&outlet, &order);
            self.place.say("order_created", &data);
        }
        Ok(())
    }

    async fn ask(&self, order: Option<String>, command: Command) -> Result<OrderReply, Mistake> {
        let place = &self.place;
        let reply = place.app.order(&place.who, order, command, None).await;
        reply.map_err(mistake_of)
    }
}
