//! One request to one order, inside the clerk's transaction: key, decision, plan, rows.
//!
//! What an order becomes and what prints is decided by `order` and `routing`; here is only what they
//! are told, and where what they answer is written.

use std::sync::Arc;

use jiff::SignedDuration;
use protocol::{JobHeader, JobId, JobState};

use super::books::Counter;
use super::desk::{Desk, Outcome, new_id};
use super::interim::plan;
use super::sql::jobs::JobRow;
use super::sql::orders::Kept;
use super::sql::{events, jobs, orders};
use super::{Job, JobBrief, OrderReply, OrderRequest, OutletId, Step, fate};
use crate::order::{Actor, Command, Context, Decision, Event, Id, Order, Refusal, Stats, Status, Subject};
use crate::order::{change, create};
use crate::routing::{Plan, Settings, Ticket, order_number};

/// Does what is asked, once for each key.
pub(super) fn order(desk: &mut Desk<'_>, request: &OrderRequest) -> Outcome<OrderReply> {
    let settings = desk.books.settings(desk.conn, &request.outlet)?;
    let keys = keys(request);
    for key in &keys {
        if let Some(reply) = replay(desk, request, key)? {
            desk.refused = matches!(reply, OrderReply::Refused(_));
            return Ok(reply);
        }
    }
    match perform(desk, request, &settings, &keys)? {
        Ok(done) => Ok(done),
        Err(refusal) => {
            desk.refused = true;
            Ok(OrderReply::Refused(refusal))
        }
    }
}

/// Under which keys this request is known for good: the caller's order id, and the `Idempotency-Key`.
fn keys(request: &OrderRequest) -> Vec<String> {
    let id = match &request.command {
        Command::Create(new) => new.id.as_ref().map(|id| format!("id:{}", id.key())),
        _ => None,
    };
    let key = request.key.as_ref().map(|key| format!("key:{key}"));
    id.into_iter().chain(key).collect()
}

fn replay(desk: &Desk<'_>, request: &OrderRequest, key: &str) -> Outcome<Option<OrderReply>> {
    let Some(earlier) = orders::earlier(desk.conn, &request.outlet, key)? else {
        return Ok(None);
    };
    let same = earlier.fingerprint == request.fingerprint && earlier.target == request.order;
    if same {
        return Ok(Some(OrderReply::Replayed {
            body: earlier.body.into(),
        }));
    }
    let name = key.strip_prefix("key:");
    let message = name.map_or_else(
        || {
            format!(
                "there is another order under the id {}",
                key.trim_start_matches("id:")
            )
        },
        |name| format!("another request was made under the Idempotency-Key {name}"),
    );
    Ok(Some(OrderReply::Refused(Refusal::Conflict(message))))
}

fn perform(
    desk: &mut Desk<'_>,
    request: &OrderRequest,
    settings: &Settings,
    keys: &[String],
) -> Outcome<Result<OrderReply, Refusal>> {
    let before = match &request.order {
        Some(id) if !matches!(request.command, Command::Create(_)) => {
            let found = orders::kept(desk.conn, &request.outlet, id)?;
            let Some(kept) = found else {
                return Ok(Err(unknown(id)));
            };
            Some(kept)
        }
        _ => None,
    };
    let mut decision = match decide(desk, request, settings, before.as_ref())? {
        Ok(decision) => decision,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let from = before.as_ref().map(|kept| kept.order.status);
    let plan = plan_tickets(desk, request, settings, &mut decision, before.is_some())?;
    store(desk, request, settings, decision, plan, from, keys)
}

fn unknown(id: &str) -> Refusal {
    Refusal::NotFound {
        what: "order",
        id: id.to_owned(),
    }
}

fn decide(
    desk: &mut Desk<'_>,
    request: &OrderRequest,
    settings: &Settings,
    before: Option<&Kept>,
) -> Outcome<Result<Decision, Refusal>> {
    let (now, day) = (desk.now, settings.business_day(desk.now));
    let mut cx = Context {
        now,
        actor: &request.actor,
        settings,
        new_id: &mut new_id,
    };
    Ok(match (&request.command, before) {
        (Command::Create(new), _) => {
            let counter = Counter::Order(day_number(day));
            let count = desk.books.next(desk.conn, &request.outlet, counter)?;
            create(new, order_number(day, count), &mut cx)
        }
        (command, Some(kept)) => change(&kept.order, &kept.internal, command, &mut cx),
        (_, None) => Err(unknown("without an id")),
    })
}

fn day_number(day: jiff::civil::Date) -> u32 {
    let (year, month, day) = (
        i32::from(day.year()),
        i32::from(day.month()),
        i32::from(day.day()),
    );
    u32::try_from(year * 10_000 + month * 100 + day).unwrap_or(0)
}

fn plan_tickets(
    desk: &Desk<'_>,
    request: &OrderRequest,
    settings: &Settings,
    decision: &mut Decision,
    known: bool,
) -> Outcome<Plan> {
    if decision.changes.is_empty() {
        return Ok(Plan::default());
    }
    let ledger = if known {
        jobs::ledger(desk.conn, &request.outlet, &decision.order.id.key())?
    } else {
        Vec::new()
    };
    Ok(plan(decision, &ledger, settings, &mut new_id))
}

fn store(
    desk: &mut Desk<'_>,
    request: &OrderRequest,
    settings: &Settings,
    decision: Decision,
    plan: Plan,
    from: Option<Status>,
    keys: &[String],
) -> Outcome<Result<OrderReply, Refusal>> {
    let Decision {
        order,
        internal,
        changes,
    } = decision;
    let kept = Kept { order, internal };
    let doc = serde_json::to_string(&kept.order)?;
    if changes.is_empty() {
        return done(desk, request, kept.order, &doc, Vec::new(), None, keys).map(Ok);
    }
    let seq = desk.books.next(desk.conn, &request.outlet, Counter::Event)?;
    if from.is_some() {
        orders::update(desk.conn, &request.outlet, &kept, &doc)?;
    } else if !orders::insert(desk.conn, &request.outlet, seq, &kept, &doc)? {
        let message = format!("there is another order under the id {}", kept.order.id.key());
        return Ok(Err(Refusal::Conflict(message)));
    }
    for job in &plan.withdraw {
        withdraw(desk, &request.outlet, job)?;
    }
    let jobs = print(desk, &request.outlet, settings, &kept.order, &plan.tickets)?;
    let stats = stats(desk, &request.outlet, from, kept.order.status)?;
    let session = kept.internal.session.clone();
    let subject = Subject::Order {
        order: Box::new(kept.order.clone()),
        changes,
        tickets: plan.tickets,
        stats,
        session,
    };
    let event = Event {
        seq,
        at: desk.now,
        by: who(&request.actor),
        subject,
    };
    let event = record(desk, &request.outlet, event, Some(&kept.order.id))?;
    done(desk, request, kept.order, &doc, jobs, Some(event), keys).map(Ok)
}

/// Writes an event under its number, and says so after the commit.
pub(super) fn record(
    desk: &mut Desk<'_>,
    outlet: &OutletId,
    event: Event,
    order: Option<&Id>,
) -> Outcome<Arc<Event>> {
    let body = serde_json::to_string(&event)?;
    let order = order.map(Id::key);
    events::insert(desk.conn, outlet, &event, order.as_deref(), &body)?;
    let event = Arc::new(event);
    desk.out.events.push((Arc::clone(outlet), Arc::clone(&event)));
    Ok(event)
}

/// `role:subject`, as events and the audit name people.
pub(super) fn who(actor: &Actor) -> String {
    let role = serde_json::to_value(actor.role).ok();
    let role = role
        .as_ref()
        .and_then(serde_json::Value::as_str)
        .unwrap_or("somebody");
    format!("{role}:{}", actor.subject)
}

fn withdraw(desk: &mut Desk<'_>, outlet: &OutletId, id: &JobId) -> Outcome<()> {
    let Some(mut row) = jobs::get(desk.conn, outlet, id.as_str())? else {
        return Ok(());
    };
    let (before, tell) = (row.job.state, fate::withdraw(&mut row, desk.now));
    super::work::save(desk, &row, before)?;
    if tell {
        super::work::tell(desk, &row.job, super::JobWish::Cancel);
    }
    Ok(())
}

fn print(
    desk: &mut Desk<'_>,
    outlet: &OutletId,
    settings: &Settings,
    order: &Order,
    tickets: &[Ticket],
) -> Outcome<Vec<JobBrief>> {
    let mut briefs = Vec::with_capacity(tickets.len());
    for ticket in tickets {
        let Some(id) = &ticket.job else { continue };
        let row = number(
            desk,
            outlet,
            settings,
            ticket,
            id.clone(),
            Some((order.id.key(), &order.order_number)),
        )?;
        briefs.push(JobBrief {
            id: id.clone(),
            station: ticket.station.clone(),
            state: row.job.state,
        });
    }
    Ok(briefs)
}

/// Gives a ticket the station's next numbers and writes it down as a job.
pub(super) fn number(
    desk: &mut Desk<'_>,
    outlet: &OutletId,
    settings: &Settings,
    ticket: &Ticket,
    id: JobId,
    order: Option<(String, &str)>,
) -> Outcome<JobRow> {
    let (now, station) = (desk.now, Arc::<str>::from(ticket.station.as_str()));
    let wanted = SignedDuration::from_secs(i64::try_from(settings.expires_after_s).unwrap_or(i64::MAX));
    let header = JobHeader {
        id,
        seq: desk
            .books
            .next(desk.conn, outlet, Counter::Queue(Arc::clone(&station)))?,
        station: ticket.station.clone(),
        number: desk.books.next(desk.conn, outlet, Counter::Number(station))?,
        kind: ticket.kind,
        copies: ticket.copies,
        due: now,
        expires: now.checked_add(wanted).unwrap_or(jiff::Timestamp::MAX),
        attempt: 0,
        age_ms: 0,
        banners: ticket.banners.clone(),
    };
    let (order_id, order_number) = order.map(|(id, number)| (id, number.to_owned())).unzip();
    let job = Job {
        outlet: Arc::clone(outlet),
        header,
        order_id,
        order_number,
        event: ticket.event.clone(),
        data: serde_json::to_string(&ticket.data)?.into(),
        state: JobState::Accepted,
        printer: None,
        evidence: None,
        detail: None,
        created_at: now,
        spooled_at: None,
        started_at: None,
        finished_at: None,
        history: vec![Step {
            state: JobState::Accepted,
            at: now,
            detail: None,
        }],
        holder: None,
        cancel_requested: false,
    };
    let row = JobRow {
        job,
        lines: ticket.lines.clone(),
        withdrawn: false,
        doubt: None,
        wish: None,
    };
    jobs::insert(desk.conn, &row)?;
    desk.out.nudge(outlet, &ticket.station);
    Ok(row)
}

/// The kitchen's statistics after an order went from one status to another; none where they are as before.
fn stats(desk: &mut Desk<'_>, outlet: &OutletId, from: Option<Status>, to: Status) -> Outcome<Option<Stats>> {
    if from == Some(to) {
        return Ok(None);
    }
    if let Some(from) = from {
        desk.books.add(desk.conn, outlet, Counter::At(from), -1)?;
    }
    desk.books.add(desk.conn, outlet, Counter::At(to), 1)?;
    let mut at = |status| -> Outcome<u32> {
        let count = desk.books.read(desk.conn, outlet, &Counter::At(status))?;
        Ok(u32::try_from(count).unwrap_or(0))
    };
    let pending = at(Status::Pending)?.saturating_add(at(Status::Confirmed)?);
    let (preparing, ready) = (at(Status::Preparing)?, at(Status::Ready)?);
    let total = pending.saturating_add(preparing).saturating_add(ready);
    Ok(Some(Stats {
        pending,
        preparing,
        ready,
        total,
    }))
}

/// The answer, remembered under the request's keys.
fn done(
    desk: &Desk<'_>,
    request: &OrderRequest,
    order: Order,
    doc: &str,
    jobs: Vec<JobBrief>,
    event: Option<Arc<Event>>,
    keys: &[String],
) -> Outcome<OrderReply> {
    let created = matches!(request.command, Command::Create(_));
    let body = if created {
        created_body(&order, &jobs)?
    } else {
        changed_body(doc, &jobs)?
    };
    for key in keys {
        let target = request.order.as_deref();
        orders::remember(
            desk.conn,
            &request.outlet,
            key,
            target,
            &request.fingerprint,
            &body,
        )?;
    }
    Ok(OrderReply::Done {
        order: Arc::new(order),
        jobs,
        event,
        body: body.into(),
    })
}

/// `{id, orderNumber, status, jobs: [{id, station, state}]}`.
fn created_body(order: &Order, jobs: &[JobBrief]) -> Outcome<String> {
    #[derive(serde::Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Body<'a> {
        id: &'a Id,
        order_number: &'a str,
        status: Status,
        jobs: &'a [JobBrief],
    }
    let body = Body {
        id: &order.id,
        order_number: &order.order_number,
        status: order.status,
        jobs,
    };
    Ok(serde_json::to_string(&body)?)
}

/// The canonical order's JSON with the request's `jobs` at its end.
fn changed_body(doc: &str, jobs: &[JobBrief]) -> Outcome<String> {
    let open = doc.strip_suffix('}').unwrap_or(doc);
    Ok(format!("{open},\"jobs\":{}}}", serde_json::to_string(jobs)?))
}
