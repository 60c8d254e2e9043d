//! A plain socket's place in its outlet: what it says, what its rooms say, what it missed.

use std::collections::VecDeque;
use std::sync::Arc;

use serde_json::Value;
use tokio_tungstenite::tungstenite::Utf8Bytes;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_util::sync::CancellationToken;

use super::catch_up::{CatchUp, Step};
use super::common::{DISMISSED, TOO_SLOW, ends, guise, internal, store_failed, sync_state};
use crate::auth::Identity;
use crate::dialects::register::Gap;
use crate::dialects::{Mistake, Position, Room, Wire, encode};
use crate::metrics;
use crate::order::Role;
use crate::rooms::{Outbox, Seat};
use crate::service::SharedApp;
use crate::store::StoreError;

/// Something for the socket.
#[derive(Debug)]
pub(super) enum Reply {
    /// A frame.
    Text(Utf8Bytes),
    /// The end.
    Close(CloseCode, String),
}

/// One plain connection's place.
pub(super) struct Place {
    pub(super) app: SharedApp,
    pub(super) who: Identity,
    wire: Wire,
    seat: Option<(Seat, Outbox)>,
    /// Where the client stands, until it was told.
    greeting: Option<Position>,
    catch_up: CatchUp,
    replies: VecDeque<Reply>,
}

impl Place {
    /// `after` is the last position that the client saw.
    pub(super) fn new(app: SharedApp, who: Identity, wire: Wire, after: Option<&str>) -> Self {
        let position = after.and_then(Position::parse);
        let is_guest = who.role == Role::Guest;
        let mut place = Self {
            catch_up: CatchUp::new(Arc::clone(&app), wire, is_guest, position),
            app,
            who,
            wire,
            seat: None,
            greeting: None,
            replies: VecDeque::new(),
        };
        if after.is_some() && position.is_none() {
            place.mistake(&Mistake::invalid(
                "after",
                "is no position, such as 17 or 17.3; the whole log cannot be sent",
            ));
        }
        place
    }

    pub(super) fn seat(&self) -> Option<&Seat> {
        self.seat.as_ref().map(|(seat, _)| seat)
    }

    /// The next thing for the socket. Safe to drop and call again.
    pub(super) async fn next(&mut self) -> Reply {
        loop {
            if let Some(reply) = self.waiting() {
                return reply;
            }
            let Some((seat, outbox)) = &mut self.seat else {
                return std::future::pending().await;
            };
            if self.catch_up.is_running() {
                let step = Box::pin(self.catch_up.step(seat)).await;
                Box::pin(self.caught_up(step)).await;
                continue;
            }
            return match outbox.next().await {
                Some(text) => Reply::Text(text.plain()),
                None => put_out(outbox),
            };
        }
    }

    /// What waits for the socket right now.
    pub(super) fn waiting(&mut self) -> Option<Reply> {
        if let Some(reply) = self.replies.pop_front() {
            return Some(reply);
        }
        let (_, outbox) = self.seat.as_mut()?;
        outbox.waiting().map(|text| Reply::Text(text.plain()))
    }

    async fn caught_up(&mut self, step: Result<Step, StoreError>) {
        match step {
            Ok(Step::Texts(texts)) => {
                let texts = texts.into_iter().map(|text| Reply::Text(text.plain()));
                self.replies.extend(texts);
            }
            Ok(Step::Gap(gap)) => self.sync(Some(gap), Position::all_of(gap.head, gap.epoch)).await,
            Ok(Step::Live) => {}
            Err(error) => {
                store_failed(&self.who.outlet, &error);
                self.close(
                    CloseCode::Again,
                    "the log cannot be read now; come back and resume",
                );
            }
        }
    }

    /// Cancelled when the rooms gave up on this socket.
    pub(super) fn overflowed(&self) -> CancellationToken {
        let outbox = self.seat.as_ref().map(|(_, outbox)| outbox.overflowed());
        outbox.unwrap_or_default()
    }

    /// The token may have expired: then its socket ends.
    pub(super) async fn check(&mut self) -> Result<(), Reply> {
        match ends(&self.app, &self.who).await {
            Ok(expires) => {
                self.who.expires = expires;
                Ok(())
            }
            Err(problem) => Err(Reply::Close(CloseCode::Policy, problem.message)),
        }
    }

    /// Takes a seat in the outlet, if there is none yet. Returns where the client stands in the log,
    /// and whether what it missed is lost.
    pub(super) async fn settle(&mut self) -> Result<Option<(Position, Option<Gap>)>, Mistake> {
        if self.seat.is_some() {
            return Ok(None);
        }
        if let Err(problem) = self.app.outlet(&self.who).await {
            return Err(Mistake {
                field: Some("outlet_id".to_owned()),
                ..Mistake::forbidden(problem.to_string())
            });
        }
        let seat = self
            .app
            .hub
            .connect(&self.who.outlet, self.wire, guise(&self.who));
        match seat {
            Ok(seat) => self.seat = Some(seat),
            Err(full) => {
                self.close(CloseCode::Again, &full.to_string());
                return Err(internal(&full.to_string()));
            }
        }
        match self.catch_up.begin(&self.who.outlet).await {
            Ok(begun) => {
                self.greeting = Some(begun.0);
                Ok(Some(begun))
            }
            Err(error) => {
                // The next frame tries again.
                self.seat = None;
                Err(store_failed(&self.who.outlet, &error))
            }
        }
    }

    /// Every room joined from now on brings what happened after that position.
    pub(super) fn resume_from(&mut self, position: Position) {
        self.catch_up.from(position);
    }

    /// Says `sync_state`.
    pub(super) async fn sync(&mut self, gap: Option<Gap>, position: Position) {
        match sync_state(&self.app, &self.who, gap).await {
            Ok(data) => self.say_at("sync_state", &data, Some(position)),
            Err(error) => self.mistake(&store_failed(&self.who.outlet, &error)),
        }
    }

    pub(super) fn enter(&mut self, room: &Room) -> Result<(), Mistake> {
        let Some((seat, _)) = &self.seat else {
            return Err(internal("this socket has no place"));
        };
        self.catch_up
            .join(seat, room)
            .map(|_| ())
            .map_err(|full| Mistake::invalid("room", &format!("is one too many: {full}")))
    }

    pub(super) fn mistake(&mut self, mistake: &Mistake) {
        let data = match self.wire {
            Wire::Register => crate::dialects::register::error_data(mistake),
            Wire::Station | Wire::SocketIo => mistake.data(),
        };
        metrics::frame_refused(mistake.code);
        self.say("error", &data);
    }

    /// Says that the client is in. The first time with its position: from there it resumes if it is cut off
    /// before anything happened.
    pub(super) fn welcome(&mut self, event: &str, data: &Value) {
        let position = self.greeting.take();
        self.say_at(event, data, position);
    }

    pub(super) fn say(&mut self, event: &str, data: &Value) {
        self.say_at(event, data, None);
    }

    fn say_at(&mut self, event: &str, data: &Value, position: Option<Position>) {
        let position = position.map(|position| position.to_string());
        let text = encode(self.wire, event, data, position.as_deref());
        self.reply(Reply::Text((&*text).into()));
    }

    pub(super) fn reply(&mut self, reply: Reply) {
        self.replies.push_back(reply);
    }

    pub(super) fn close(&mut self, code: CloseCode, reason: &str) {
        self.reply(Reply::Close(code, reason.to_owned()));
    }
}

fn put_out(outbox: &Outbox) -> Reply {
    let (code, reason) = if outbox.is_dismissed() {
        (CloseCode::Policy, DISMISSED)
    } else {
        (CloseCode::Again, TOO_SLOW)
    };
    Reply::Close(code, reason.to_owned())
}
