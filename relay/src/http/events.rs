//! `/api/events` and `/api/sync`: what happened since, by SSE or long poll, and where all stands.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event as Message, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::Instant;

use super::input::{Params, Who, accepts};
use super::reply::json as reply;
use super::screens;
use crate::auth::Identity;
use crate::dialects::{Position, without_people};
use crate::error::Problem;
use crate::metrics;
use crate::order::{Event, Order, Role, Subject};
use crate::planted;
use crate::service::{App, SharedApp};
use crate::store::{OrderFilter, StoreError};

/// Longest long poll, in seconds.
const LONGEST_WAIT_S: u64 = 30;

/// How often the log is looked at where no hint came.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How often a quiet stream says that it lives; load balancers cut at 60 s.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// How long a stream trusts its token before it looks again.
const PROVEN_FOR: Duration = Duration::from_secs(3);

/// Events read at once.
const BATCH: usize = 200;

/// Orders among `recentOrders`.
const RECENT: usize = 10;

/// Open orders in a snapshot. More than a chain's largest outlet has at once.
const MOST_ACTIVE: usize = 2_000;

/// `GET /api/sync`: the whole open state.
pub(super) async fn sync(State(app): State<SharedApp>, Who(who): Who) -> Result<Response, Problem> {
    snapshot(&app, &who).await.map(|body| reply(&body))
}

/// `GET /api/events`: `after`, `wait`; SSE where the client accepts it.
pub(super) async fn follow(
    State(app): State<SharedApp>,
    Who(who): Who,
    params: Params,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let after = position(&params, &headers)?;
    screens::note(&app, &who, params.text("screen")).await?;
    let log = Log::open(app, who, after).await?;
    if accepts(&headers, "text/event-stream") {
        return Ok(log.stream());
    }
    let wait = params.parsed("wait", "0 to 30 seconds", |value| {
        value.parse().ok().filter(|wait| *wait <= LONGEST_WAIT_S)
    })?;
    log.poll(Duration::from_secs(wait.unwrap_or(0))).await
}

/// One client's way through an outlet's log.
struct Log {
    app: SharedApp,
    who: Identity,
    news: watch::Receiver<u64>,
    epoch: u64,
    /// Everything up to here was seen.
    seen: u64,
    /// The client's position is not in this log any more.
    gap: bool,
    waiting: VecDeque<Message>,
    /// When the token was last looked at.
    proven: Instant,
}

impl Log {
    async fn open(app: SharedApp, who: Identity, after: Option<Position>) -> Result<Self, Problem> {
        let news = app.news.listen(&who.outlet);
        let (head, epoch) = app.store.head(&who.outlet).await?;
        if after.is_some() {
            metrics::reconnected("events");
        }
        // A place within an event is before its end: the whole event comes again.
        let wanted = after.map(|after| match after.k {
            u32::MAX => after.seq,
            _ => after.seq.saturating_sub(1),
        });
        let is_other = after.is_some_and(|after| after.epoch != epoch || after.seq > head);
        Ok(Self {
            app,
            who,
            news,
            epoch,
            seen: wanted.filter(|_| !is_other).unwrap_or(head),
            gap: is_other,
            waiting: VecDeque::new(),
            proven: Instant::now(),
        })
    }

    /// The events that this client may see after those that it saw.
    async fn read(&mut self) -> Result<Vec<Value>, StoreError> {
        self.news.mark_unchanged();
        let events = self
            .app
            .store
            .events_after(&self.who.outlet, self.seen, BATCH)
            .await?;
        if events.first().is_some_and(|first| first.seq > self.seen + 1) {
            self.gap = true;
            self.seen = self.app.store.head(&self.who.outlet).await?.0;
            return Ok(Vec::new());
        }
        if let Some(last) = events.last() {
            self.seen = last.seq;
        }
        Ok(events
            .iter()
            .filter_map(|event| shown(&self.who, event))
            .collect())
    }

    async fn poll(mut self, wait: Duration) -> Result<Response, Problem> {
        let until = Instant::now() + wait;
        let events = loop {
            let events = self.read().await?;
            let is_over = Instant::now() >= until || self.app.stop.is_cancelled();
            if !events.is_empty() || self.gap || is_over {
                break events;
            }
            self.sleep(until).await;
        };
        if self.gap {
            let mut body = snapshot(&self.app, &self.who).await?;
            if let Value::Object(fields) = &mut body {
                fields.insert("reason".to_owned(), json!("gap"));
                fields.insert("events".to_owned(), json!([]));
            }
            return Ok(reply(&body));
        }
        Ok(reply(
            &json!({"events": events, "head": self.seen, "epoch": self.epoch}),
        ))
    }

    fn stream(self) -> Response {
        let open = metrics::OpenConnection::of("events");
        let messages = stream::unfold((self, open), async |(mut log, open)| {
            let message = log.next().await?;
            Some((Ok::<_, Infallible>(message), (log, open)))
        });
        Sse::new(messages)
            .keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
            .into_response()
    }

    /// The next message; none where the stream must end: the relay stops, the token has expired, or
    /// the store cannot be read. The client comes back by itself.
    async fn next(&mut self) -> Option<Message> {
        loop {
            if let Some(message) = self.waiting.pop_front() {
                return Some(message);
            }
            if !self.is_still_good().await || self.app.stop.is_cancelled() {
                return None;
            }
            let events = self.read().await.ok()?;
            if std::mem::take(&mut self.gap) {
                let mut body = snapshot(&self.app, &self.who).await.ok()?;
                if let Value::Object(fields) = &mut body {
                    fields.insert("reason".to_owned(), json!("gap"));
                }
                let id = Position::all_of(self.seen, self.epoch).to_string();
                self.waiting.push_back(message("sync_state", id, &body)?);
            }
            for event in &events {
                let seq = event.get("seq").and_then(Value::as_u64)?;
                let id = Position::all_of(seq, self.epoch).to_string();
                let name = event.get("type").and_then(Value::as_str)?;
                self.waiting.push_back(message(name, id, event)?);
            }
            if self.waiting.is_empty() {
                self.sleep(Instant::now() + LOOK_EVERY).await;
            }
        }
    }

    /// Whether the token still is; taken back, it is noticed within 5 s.
    async fn is_still_good(&mut self) -> bool {
        if self.proven.elapsed() < PROVEN_FOR {
            return self.who.expires.is_none_or(|expires| expires > Timestamp::now());
        }
        self.proven = Instant::now();
        self.app.is_still_good(&self.who).await
    }

    /// Until there is news, a look is due, or the relay stops.
    async fn sleep(&mut self, until: Instant) {
        let until = until.min(Instant::now() + LOOK_EVERY);
        tokio::select! {
            _ = self.news.changed() => {}
            () = tokio::time::sleep_until(until) => {}
            () = self.app.stop.cancelled() => {}
        }
    }
}

fn message(name: &str, id: String, data: &Value) -> Option<Message> {
    metrics::events_sent(name, 1);
    Message::default().event(name).id(id).json_data(data).ok()
}

fn position(params: &Params, headers: &HeaderMap) -> Result<Option<Position>, Problem> {
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok());
    let Some(text) = last
        .filter(|text| !text.is_empty())
        .or_else(|| params.get("after"))
    else {
        return Ok(None);
    };
    Position::parse(text).map(Some).ok_or_else(|| {
        Problem::invalid(
            "after",
            format!("`after` is `{text}`, expected a position such as 17 or 17.3"),
        )
    })
}

/// An event as the caller may see it: `{seq, type, at, by, data}`.
fn shown(who: &Identity, event: &Event) -> Option<Value> {
    let (name, data) = match &event.subject {
        Subject::Table(table) if sees_floor(who.role) => {
            ("table.updated".to_owned(), json!({"table": table}))
        }
        Subject::Table(_) => return None,
        Subject::Menu(item) => ("menu.updated".to_owned(), json!({"item": item})),
        Subject::Order { session, .. } if is_foreign(who, session.as_deref()) => return None,
        Subject::Order {
            order,
            changes,
            tickets,
            stats,
            ..
        } => {
            let first = changes
                .first()
                .and_then(|change| serde_json::to_value(change).ok());
            let first = first
                .as_ref()
                .and_then(|change| change.get("change"))
                .and_then(Value::as_str);
            let name = format!("order.{}", first.unwrap_or("updated"));
            let tickets: Vec<Value> = tickets
                .iter()
                .map(|ticket| {
                    json!({"station": ticket.station, "kind": ticket.kind,
                           "trigger": ticket.trigger, "job": ticket.job})
                })
                .collect();
            let data = json!({"order": order, "changes": changes, "tickets": tickets, "stats": stats});
            (name, data)
        }
    };
    let data = match who.role {
        Role::Guest => for_guest(&data),
        _ => data,
    };
    Some(json!({"seq": event.seq, "type": name, "at": event.at, "data": data}))
}

fn is_foreign(who: &Identity, session: Option<&str>) -> bool {
    let foreign = who.role == Role::Guest && (session.is_none() || session != who.session.as_deref());
    foreign && !planted::is("guests read others' events")
}

fn sees_floor(role: Role) -> bool {
    crate::auth::roles::allows(role, crate::auth::roles::Act::ReadTables)
}

/// A guest sees its order and what became of it, not who cooked it or where it printed.
fn for_guest(data: &Value) -> Value {
    let mut data = without_people(data);
    if let Value::Object(fields) = &mut data {
        fields.remove("tickets");
        fields.remove("stats");
    }
    data
}

/// Where all stands: `{head, epoch, activeOrders, recentOrders}`. The head is read first, so that
/// what happens meanwhile is told again rather than missed.
async fn snapshot(app: &App, who: &Identity) -> Result<Value, Problem> {
    let (head, epoch) = app.store.head(&who.outlet).await?;
    let (active, recent) = match (who.role, &who.session) {
        (Role::Guest, None) => (Vec::new(), Vec::new()),
        (Role::Guest, Some(session)) => {
            let orders = app.store.session_orders(&who.outlet, session).await?;
            (orders.clone(), orders)
        }
        _ => (active(app, &who.outlet).await?, recent(app, &who.outlet).await?),
    };
    let body = json!({"head": head, "epoch": epoch, "activeOrders": active, "recentOrders": recent});
    Ok(match who.role {
        Role::Guest => without_people(&body),
        _ => body,
    })
}

async fn active(app: &App, outlet: &str) -> Result<Vec<Order>, Problem> {
    let mut orders = Vec::new();
    let mut filter = OrderFilter {
        open: true,
        limit: BATCH,
        ..OrderFilter::default()
    };
    while orders.len() < MOST_ACTIVE {
        let page = app.store.list_orders(outlet, filter.clone()).await?;
        orders.extend(page.items);
        let Some(next) = page.next else { break };
        filter.cursor = Some(next);
    }
    Ok(orders)
}

async fn recent(app: &App, outlet: &str) -> Result<Vec<Order>, Problem> {
    let filter = OrderFilter {
        limit: RECENT,
        ..OrderFilter::default()
    };
    Ok(app.store.list_orders(outlet, filter).await?.items)
}
