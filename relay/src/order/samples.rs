//! Orders and settings for tests.

use jiff::Timestamp;
use serde_json::Value;

use super::command::{Actor, Command, Role};
use super::decide::{Context, Decision, change, create};
use super::input::parse_order;
use super::{Internal, Order, Refusal};
use crate::routing::Settings;

/// A desk that decides, with a clock that the test moves and ids that count.
pub(crate) struct Desk {
    pub(crate) now: Timestamp,
    pub(crate) actor: Actor,
    pub(crate) settings: Settings,
    pub(crate) ids: u32,
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

impl Desk {
    pub(crate) fn new() -> Self {
        let actor = Actor {
            role: Role::Pos,
            subject: "till-7".into(),
        };
        Self {
            now: at("2026-11-20T12:00:00Z"),
            actor,
            settings: Settings::default(),
            ids: 0,
        }
    }

    pub(crate) fn guest(session: &str) -> Self {
        let actor = Actor {
            role: Role::Guest,
            subject: session.into(),
        };
        Self { actor, ..Self::new() }
    }

    pub(crate) fn later(&mut self, seconds: i64) {
        self.now += jiff::SignedDuration::from_secs(seconds);
    }

    pub(crate) fn try_order(&mut self, body: &Value) -> Result<Decision, Refusal> {
        let input = parse_order(body)?;
        let ids = &mut self.ids;
        let mut new_id = || {
            *ids += 1;
            format!("id-{ids}")
        };
        let mut cx = Context {
            now: self.now,
            actor: &self.actor,
            settings: &self.settings,
            new_id: &mut new_id,
        };
        create(&input, "ORD-20261120-001".into(), &mut cx)
    }

    pub(crate) fn order(&mut self, body: &Value) -> Decision {
        self.try_order(body).unwrap()
    }

    pub(crate) fn try_change(
        &mut self,
        order: &Order,
        internal: &Internal,
        command: &Command,
    ) -> Result<Decision, Refusal> {
        let ids = &mut self.ids;
        let mut new_id = || {
            *ids += 1;
            format!("id-{ids}")
        };
        let mut cx = Context {
            now: self.now,
            actor: &self.actor,
            settings: &self.settings,
            new_id: &mut new_id,
        };
        change(order, internal, command, &mut cx)
    }

    /// Does the command on what an earlier decision left.
    pub(crate) fn then(&mut self, was: &Decision, command: Command) -> Decision {
        self.try_change(&was.order, &was.internal, &command).unwrap()
    }
}
