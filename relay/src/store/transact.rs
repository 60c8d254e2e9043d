//! One request to one order, inside the clerk's transaction: key, decision, plan, rows.
//!
//! What an order becomes and what prints is decided by `order` and `routing`; here is only what they
//! are told, and where what they answer is written.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::SignedDuration;
use protocol::{JobHeader, JobId, JobState};

use super::books::Counter;
use super::desk::{Desk, Outcome};
use super::sql::house::{self, List};
use super::sql::jobs::JobRow;
use super::sql::orders::{Creation, Kept};
use super::sql::{jobs, orders};
use super::{Job, JobBrief, OrderReply, OrderRequest, OutletId, Step, fate};
use super::{answers, deeds, told};
use crate::dialects::session::session_id;
use crate::order::house::{MenuItem, refuse_unavailable};
use crate::order::{
    Actor, Change, Command, Context, Decision, Event, Order, Refusal, Role, Stats, Status, Subject,
};
use crate::order::{change, create};
use crate::routing::{Plan, Settings, Ticket, order_number, plan};

/// Does what is asked, once for each key.
pub(super) fn order(desk: &mut Desk<'_>, request: &OrderRequest) -> Outcome<OrderReply> {
    let settings = desk.books.settings(desk.conn, &request.outlet)?;
    if let Some(reply) = answers::replay(desk, request)? {
        desk.refused = matches!(reply, OrderReply::Refused(_));
        return Ok(reply);
    }
    match perform(desk, request, &settings)? {
        Ok(done) => Ok(done),
        Err(refusal) => {
            desk.refused = true;
            Ok(OrderReply::Refused(refusal))
        }
    }
}

fn perform(
    desk: &mut Desk<'_>,
    request: &OrderRequest,
    settings: &Settings,
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
    if let Err(refusal) = available(desk, request)? {
        return Ok(Err(refusal));
    }
    let mut decision = match decide(desk, request, settings, before.as_ref())? {
        Ok(decision) => decision,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let from = before.as_ref().map(|kept| kept.order.status);
    let plan = plan_tickets(desk, request, settings, &mut decision, before.is_some())?;
    store(desk, request, settings, decision, plan, from)
}

/// Refuses items that are switched off in the menu.
fn available(desk: &Desk<'_>, request: &OrderRequest) -> Outcome<Result<(), Refusal>> {
    let items = match &request.command {
        Command::Create(new) => &new.items,
        Command::AddItems { items } => items,
        _ => return Ok(Ok(())),
    };
    let mut listed: HashMap<&str, MenuItem> = HashMap::new();
    for id in items.iter().filter_map(|item| item.menu_item_id.as_deref()) {
        if let Some(item) = house::get(desk.conn, List::Menu, &request.outlet, id)? {
            listed.insert(id, item);
        }
    }
    Ok(refuse_unavailable(items, |id| listed.get(id).cloned()))
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
    let ids = desk.ids;
    let mut cx = Context {
        now,
        actor: &request.actor,
        settings,
        new_id: &mut || ids(),
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
    let Decision {
        order,
        internal,
        changes,
    } = decision;
    Ok(plan(order, internal, changes, &ledger, settings, &mut || {
        desk.new_id()
    }))
}

fn store(
    desk: &mut Desk<'_>,
    request: &OrderRequest,
    settings: &Settings,
    decision: Decision,
    plan: Plan,
    from: Option<Status>,
) -> Outcome<Result<OrderReply, Refusal>> {
    let Decision {
        order,
        internal,
        changes,
    } = decision;
    let kept = Kept { order, internal };
    let doc = serde_json::to_string(&kept.order)?;
    if changes.is_empty() {
        let body = answers::changed(&doc, &[])?;
        return done(desk, request, Vec::new(), None, body).map(Ok);
    }
    let outlet = &request.outlet;
    for job in &plan.withdraw {
        withdraw(desk, outlet, job)?;
    }
    let (jobs, sheets) = print(desk, outlet, settings, &kept.order, &plan.tickets)?;
    let seq = desk.books.next(desk.conn, outlet, Counter::Event)?;
    let body = if from.is_some() {
        orders::update(desk.conn, outlet, &kept, &doc)?;
        answers::changed(&doc, &jobs)?
    } else {
        let answer = answers::created(&kept.order, &jobs)?;
        let new = Creation {
            seq,
            doc: &doc,
            fingerprint: &request.fingerprint,
            answer: &answer,
        };
        if !orders::insert(desk.conn, outlet, &kept, &new)? {
            let message = format!("there is another order under the id {}", kept.order.id.key());
            return Ok(Err(Refusal::Conflict(message)));
        }
        if let Some(token) = &kept.internal.session {
            house::touch_visit(desk.conn, outlet, token, desk.now)?;
        }
        answer
    };
    let stats = stats(desk, outlet, from, kept.order.status, &changes)?;
    if let Some(what) = deeds::of_order(&request.command, &kept.order) {
        deeds::audit(desk, outlet, &request.actor, what)?;
    }
    let Kept { order, internal } = kept;
    let id = order.id.key();
    let subject = Subject::Order {
        order: Box::new(order),
        changes,
        tickets: plan.tickets,
        stats,
        session: internal.session,
    };
    let event = Event {
        seq,
        at: desk.now,
        by: who(&request.actor),
        subject,
    };
    let text = told::text(&event, &doc, &sheets)?;
    let event = told::keep(desk, outlet, event, Some(&id), &text)?;
    done(desk, request, jobs, Some(event), body).map(Ok)
}

fn done(
    desk: &Desk<'_>,
    request: &OrderRequest,
    jobs: Vec<JobBrief>,
    event: Option<Arc<Event>>,
    body: String,
) -> Outcome<OrderReply> {
    answers::remember(desk, request, &body)?;
    Ok(OrderReply::Done {
        jobs,
        event,
        body: body.into(),
    })
}

/// `role:subject`, as events and the audit name people.
pub(super) fn who(actor: &Actor) -> String {
    let role = serde_json::to_value(actor.role).ok();
    let role = role
        .as_ref()
        .and_then(serde_json::Value::as_str)
        .unwrap_or("somebody");
    if actor.role == Role::Guest {
        // A guest's subject is its token, which nobody else may read.
        return format!("{role}:{}", session_id(&actor.subject));
    }
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

/// Writes tickets down as jobs; also the JSON of each ticket's data.
fn print(
    desk: &mut Desk<'_>,
    outlet: &OutletId,
    settings: &Settings,
    order: &Order,
    tickets: &[Ticket],
) -> Outcome<(Vec<JobBrief>, Vec<Arc<str>>)> {
    let mut briefs = Vec::with_capacity(tickets.len());
    let mut sheets = Vec::with_capacity(tickets.len());
    for ticket in tickets {
        let Some(id) = &ticket.job else {
            sheets.push(serde_json::to_string(&ticket.data)?.into());
            continue;
        };
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
        sheets.push(row.job.data);
    }
    Ok((briefs, sheets))
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
        via: None,
        hops: 0,
    };
    let (order_id, order_number) = order.map(|(id, number)| (id, number.to_owned())).unzip();
    let job = Job {
        outlet: Arc::clone(outlet),
        header,
        order_id,
        order_number,
        event: ticket.event.clone(),
        data: super::paper::data_of(ticket, settings)?.into(),
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
        diverted: None,
        lent: None,
        hand_back: None,
    };
    jobs::insert(desk.conn, &row)?;
    desk.out.nudge(outlet, &ticket.station);
    Ok(row)
}

/// Counts the order where it stands now; the kitchen's statistics after it, where its changes are told with them.
fn stats(
    desk: &mut Desk<'_>,
    outlet: &OutletId,
    from: Option<Status>,
    to: Status,
    changes: &[Change],
) -> Outcome<Option<Stats>> {
    if from != Some(to) {
        if let Some(from) = from {
            desk.books.add(desk.conn, outlet, Counter::At(from), -1)?;
        }
        desk.books.add(desk.conn, outlet, Counter::At(to), 1)?;
    }
    if !Stats::follow(changes) {
        return Ok(None);
    }
    let mut stats = Stats::count([]);
    for status in [
        Status::Pending,
        Status::Confirmed,
        Status::Preparing,
        Status::Ready,
    ] {
        let count = desk.books.read(desk.conn, outlet, &Counter::At(status))?;
        stats.add(status, u32::try_from(count).unwrap_or(0));
    }
    Ok(Some(stats))
}
