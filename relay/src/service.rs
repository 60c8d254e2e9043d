//! What HTTP and sockets share: the relay's state, and how an order is asked for.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::warn;

use crate::alarms::Alarms;
use crate::auth::{Auth, Identity, roles};
use crate::config::Config;
use crate::error::Problem;
use crate::limits::Meter;
use crate::link::Links;
use crate::metrics::Metrics;
use crate::news::News;
use crate::order::input::fingerprint_of;
use crate::order::{Actor, Command, Role, guest};
use crate::pace::Pace;
use crate::planted;
use crate::rooms::Hub;
use crate::screens::Screens;
use crate::store::{OrderReply, OrderRequest, Outlet, OutletId, Store, Visit};

/// Outlets remembered as existing. A chain's fit; past it, all are asked for anew.
const KNOWN_OUTLETS: usize = 10_000;

/// The relay's state.
pub struct App {
    /// The settings.
    pub config: Config,
    /// The memory.
    pub store: Store,
    /// Who listens where.
    pub hub: Arc<Hub>,
    /// The agents' links.
    pub links: Links,
    /// Wakes those who follow the log.
    pub news: News,
    /// Who is told what needs a person.
    pub alarms: Alarms,
    /// How long kitchens take.
    pub pace: Pace,
    /// Which kitchen displays are heard of.
    pub screens: Screens,
    /// Who is who.
    pub auth: Auth,
    /// Counts requests.
    pub meter: Meter,
    /// Counts everything.
    pub metrics: Metrics,
    /// The relay goes away: say goodbye and end.
    pub stop: CancellationToken,
    /// Every socket is one of its tasks.
    pub tasks: TaskTracker,
    /// Sockets of Socket.IO among them: each has a last word to say.
    pub talks: TaskTracker,
    /// Outlets that were seen to exist.
    pub known: KnownOutlets,
}

/// Outlets that were seen to exist; an outlet is never taken away.
#[derive(Debug, Default)]
pub struct KnownOutlets(Mutex<HashSet<String>>);

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

impl App {
    /// Asks for a change of an order, if the caller's role may.
    ///
    /// `order` is none for [`Command::Create`]; `key` is the `Idempotency-Key`.
    ///
    /// # Errors
    /// What the caller is told: forbidden, refused by the order's rules, or the store's trouble.
    pub async fn order(
        &self,
        who: &Identity,
        order: Option<String>,
        command: Command,
        key: Option<String>,
    ) -> Result<OrderReply, Problem> {
        if !roles::may_command(who.role, &command) {
            warn!(outlet = %who.outlet, who = who.label(), role = ?who.role, ?order,
                "refused: {} asked for what its role may not do", who.label());
            return Err(Problem::forbidden(format!(
                "the role {} may not do that; ask somebody who may",
                role_name(who)
            )));
        }
        // Of what was asked, not of what the house made of it: prices change between two tries.
        let fingerprint = fingerprint_of(order.as_deref(), &command);
        let command = self.seated(who, command).await?;
        let request = OrderRequest {
            outlet: who.outlet.clone(),
            actor: who.actor(),
            order,
            command,
            key,
            fingerprint,
        };
        match self.store.order(request).await? {
            OrderReply::Refused(refusal) => Err(refusal.into()),
            reply => Ok(reply),
        }
    }

    /// An order that belongs to a visit is for the visit's table, and the visit must be open.
    async fn seated(&self, who: &Identity, command: Command) -> Result<Command, Problem> {
        let Command::Create(mut new) = command else {
            return Ok(command);
        };
        if who.role == Role::Guest {
            let tables = self.store.tables(&who.outlet).await?;
            let menu = self.store.menu(&who.outlet).await?;
            guest::seat(&mut new, who.table.as_deref(), &tables, &menu)?;
        } else if let Some(token) = &new.session {
            let visit = self.visit(&who.outlet, token, &who.actor()).await?;
            new.table_number = new.table_number.or(visit.table_number);
        }
        Ok(Command::Create(new))
    }

    /// The open visit of this token. Where no token is needed it comes into being.
    ///
    /// # Errors
    /// 422 naming `sessionToken` where there is none; the store's trouble.
    pub async fn visit(&self, outlet: &OutletId, token: &str, by: &Actor) -> Result<Visit, Problem> {
        let closed = || {
            Problem::invalid(
                "sessionToken",
                "`sessionToken` opens no visit; open one with POST /api/sessions",
            )
        };
        let visit = self.store.visit(token).await?;
        let settings = self.store.settings(outlet).await?;
        match visit {
            Some(visit) if visit.outlet == **outlet && visit.is_open(Timestamp::now(), &settings) => {
                Ok(visit)
            }
            None if self.auth.is_insecure() => {
                let token = Some(token.to_owned());
                Ok(self.store.open_visit(outlet, None, None, token, by).await?)
            }
            Some(_) | None => Err(closed()),
        }
    }

    /// A device's token was taken back: its link and its sockets end now.
    pub fn cut_off(&self, outlet: &OutletId, device: &str) {
        if planted::is("revoked sockets stay") {
            return;
        }
        self.links.revoked(outlet, device);
        self.hub.dismiss(outlet, |guise| guise.subject == device);
    }

    /// Whether a token that was good when a stream began still is. Where the store cannot say, it is.
    pub async fn is_still_good(&self, who: &Identity) -> bool {
        if who.expires.is_some_and(|expires| expires <= Timestamp::now()) {
            return false;
        }
        if let Some(id) = &who.token_id {
            return !self
                .store
                .token_is_revoked(&who.outlet, id)
                .await
                .unwrap_or(false);
        }
        let Some(visit) = &who.session else { return true };
        match self.store.visit(visit).await {
            Ok(Some(visit)) => visit.closed_at.is_none(),
            Ok(None) | Err(_) => true,
        }
    }

    /// Makes sure that the caller's outlet exists. Where no token is needed it comes into being.
    ///
    /// # Errors
    /// 403 where a token names an outlet that this relay does not have; the store's trouble.
    pub async fn outlet(&self, who: &Identity) -> Result<(), Problem> {
        if self.known.has(&who.outlet) {
            return Ok(());
        }
        if self.store.outlet(&who.outlet).await?.is_none() {
            if !self.auth.is_insecure() {
                return Err(Problem::forbidden(format!(
                    "there is no outlet {0} here; make it with printrail-relay outlets add {0}",
                    who.outlet
                )));
            }
            let outlet = Outlet {
                id: who.outlet.to_string(),
                name: who.outlet.to_string(),
                timezone: "UTC".to_owned(),
            };
            self.store.add_outlet(outlet).await?;
        }
        self.known.add(&who.outlet);
        Ok(())
    }
}

impl KnownOutlets {
    /// The outlet exists.
    pub fn add(&self, outlet: &str) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KNOWN_OUTLETS {
            known.clear();
        }
        known.insert(outlet.to_owned());
    }

    fn has(&self, outlet: &str) -> bool {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .contains(outlet)
    }
}

/// A shared [`App`].
pub type SharedApp = Arc<App>;

/// The caller's role, as messages name it.
#[must_use]
pub fn role_name(who: &Identity) -> String {
    format!("{:?}", who.role).to_lowercase()
}
