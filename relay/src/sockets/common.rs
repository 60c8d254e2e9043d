//! What sockets of every dialect do alike: who may join, what a snapshot holds, how a failure sounds.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tracing::{error, warn};

use crate::auth::Identity;
use crate::auth::jwt::LEEWAY_SECONDS;
use crate::dialects::register::{self, Gap, RECENT};
use crate::dialects::{Mistake, Permit, Room, Viewer, may_join, without_people};
use crate::error::Problem;
use crate::order::{Order, Role};
use crate::planted;
use crate::rooms::Guise;
use crate::routing::Settings;
use crate::service::{SharedApp, role_name};
use crate::store::{OrderFilter, OutletId, StoreError};

/// When a client that was sent away may come back: chance spreads them from there on.
pub(super) const RETRY_AFTER_MS: u64 = 1_000;
/// What a client hears that let its queue overflow.
pub(super) const TOO_SLOW: &str = "this client reads too slowly; connect again and resume";
/// What a client hears whose token was revoked, or whose visit has ended.
pub(super) const DISMISSED: &str = "this token is no longer valid; get a new one";
/// Orders of one page.
const PAGE: usize = 200;
/// Open orders in a snapshot: more than the largest outlet has at once.
const MOST_ACTIVE: usize = 2_000;

/// Who sits there, as far as rooms care.
pub(super) fn guise(who: &Identity) -> Guise {
    Guise {
        subject: who.subject.clone(),
        session: who.session.clone(),
        token: who.token_id.clone(),
        is_guest: who.role == Role::Guest,
    }
}

/// Whether the caller may join that room of its outlet; who may not is written down.
pub(super) async fn permit(
    app: &SharedApp,
    who: &Identity,
    room: &Room,
    settings: &Settings,
) -> Result<(), Mistake> {
    let stations: Vec<String> = who
        .device
        .iter()
        .flat_map(|device| &device.stations)
        .map(|(name, location)| settings.station_for_device(name, location.as_deref()))
        .collect();
    let viewer = Viewer {
        role: who.role,
        session: who.session.as_deref(),
        table: who.table.as_deref(),
        stations: &stations,
    };
    let may = match may_join(&viewer, room, settings) {
        Permit::Yes => true,
        Permit::No => false,
        Permit::IfOwnOrder => is_own_order(app, who, room).await?,
    };
    if may {
        return Ok(());
    }
    let name = room_label(room);
    warn!(outlet = %who.outlet, who = who.label(), room = name,
        "refused: {} may not join {name}", who.label());
    Err(Mistake {
        field: Some("room".to_owned()),
        ..Mistake::forbidden(format!("`room` {name} is not for a {}", role_name(who)))
    })
}

/// A room's name without the secret in it.
fn room_label(room: &Room) -> &str {
    match room.name.split_once(':') {
        Some(("session", _)) => "session",
        _ => &room.name,
    }
}

async fn is_own_order(app: &SharedApp, who: &Identity, room: &Room) -> Result<bool, Mistake> {
    let order = room
        .name
        .strip_prefix("order_")
        .or(room.name.strip_prefix("order:"));
    let (Some(order), Some(session)) = (order, &who.session) else {
        return Ok(false);
    };
    let own = app.store.session_orders(&who.outlet, session).await;
    let own = own.map_err(|error| store_failed(&who.outlet, &error))?;
    Ok(own.iter().any(|its| its.id.key() == order))
}

/// The outlet's settings.
pub(super) async fn settings(app: &SharedApp, outlet: &OutletId) -> Result<Settings, Mistake> {
    let settings = app.store.settings(outlet).await;
    settings.map_err(|error| store_failed(outlet, &error))
}

/// `sync_state` as the caller may see it: all of the outlet's open orders and the last ten, a guest's
/// own, nothing for an agent.
pub(super) async fn sync_state(
    app: &SharedApp,
    who: &Identity,
    gap: Option<Gap>,
) -> Result<Value, StoreError> {
    if who.role == Role::Agent {
        return Ok(register::sync_state(&[], &[], gap));
    }
    if who.role == Role::Guest {
        let session = who.session.as_deref().unwrap_or_default();
        let mut own = app.store.session_orders(&who.outlet, session).await?;
        own.reverse();
        return Ok(without_people(&register::sync_state(&own, &own, gap)));
    }
    let recent = OrderFilter {
        limit: RECENT,
        ..OrderFilter::default()
    };
    let recent = app.store.list_orders(&who.outlet, recent).await?.items;
    Ok(register::sync_state(
        &open_orders(app, &who.outlet).await?,
        &recent,
        gap,
    ))
}

async fn open_orders(app: &SharedApp, outlet: &str) -> Result<Vec<Order>, StoreError> {
    let mut filter = OrderFilter {
        open: true,
        limit: PAGE,
        ..OrderFilter::default()
    };
    let mut open = Vec::new();
    loop {
        let page = app.store.list_orders(outlet, filter.clone()).await?;
        open.extend(page.items);
        filter.cursor = page.next;
        if filter.cursor.is_none() || open.len() >= MOST_ACTIVE {
            return Ok(open);
        }
    }
}

/// When the caller's token ends: a guest's visit goes on with every order, so it is looked at again.
///
/// # Errors
/// The token has ended.
pub(super) async fn ends(app: &SharedApp, who: &Identity) -> Result<Option<Timestamp>, Problem> {
    if last_moment(who).is_none_or(|at| at > Timestamp::now()) {
        return Ok(who.expires);
    }
    let over = || Problem::unauthorized("the token has expired; get a new one");
    let token = who.session.as_deref().ok_or_else(over)?;
    Ok(app.auth.identify(token, &app.store).await?.expires)
}

/// Until when the socket may stay: as long as its token would still be taken.
pub(super) fn last_moment(who: &Identity) -> Option<Timestamp> {
    let leeway = match who.role {
        Role::Guest => 0,
        _ => LEEWAY_SECONDS,
    };
    let leeway = SignedDuration::from_secs(i64::try_from(leeway).unwrap_or_default());
    let expires = who
        .expires
        .filter(|_| !planted::is("sockets outlive their tokens"));
    expires.map(|at| at.checked_add(leeway).unwrap_or(at))
}

/// Waits until a token has expired; never where it does not.
pub(super) async fn reached(expiry: Option<Timestamp>) {
    match expiry.map(|at| at.duration_since(Timestamp::now())) {
        Some(left) => tokio::time::sleep(left.try_into().unwrap_or_default()).await,
        None => std::future::pending().await,
    }
}

/// A mistake of ours.
pub(super) fn internal(message: &str) -> Mistake {
    Mistake {
        code: "INTERNAL",
        message: message.to_owned(),
        field: None,
    }
}

/// What a client hears where the store cannot say.
pub(super) fn store_failed(outlet: &str, error: &StoreError) -> Mistake {
    error!(outlet, "the store cannot be read for a socket: {error}");
    internal("the relay cannot read its store now; try again")
}

/// A refusal as sockets say it.
pub(super) fn mistake_of(problem: Problem) -> Mistake {
    Mistake {
        code: problem.code.as_str(),
        message: problem.message,
        field: problem.field,
    }
}
