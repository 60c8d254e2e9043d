//! Events as they are written down: an order's is put together from texts that its transaction has made already.

use std::sync::Arc;

use protocol::{Banner, JobId, JobKind};
use serde::Serialize;

use super::OutletId;
use super::desk::{Desk, Outcome};
use super::sql::events;
use crate::order::{Change, Event, Id, Stats, Subject};
use crate::routing::{Line, Ticket, Trigger};

/// Writes an event under its number, and says so after the commit.
pub(super) fn record(
    desk: &mut Desk<'_>,
    outlet: &OutletId,
    event: Event,
    order: Option<&Id>,
) -> Outcome<Arc<Event>> {
    let text = serde_json::to_string(&event)?;
    let order = order.map(Id::key);
    keep(desk, outlet, event, order.as_deref(), &text)
}

/// Writes an event's JSON under its number, and says so after the commit.
pub(super) fn keep(
    desk: &mut Desk<'_>,
    outlet: &OutletId,
    event: Event,
    order: Option<&str>,
    text: &str,
) -> Outcome<Arc<Event>> {
    events::insert(desk.conn, outlet, &event, order, text)?;
    let event = Arc::new(event);
    desk.out.events.push((Arc::clone(outlet), Arc::clone(&event)));
    Ok(event)
}

/// What `serde` makes of an event, byte for byte. `order` is its order's JSON, `sheets` are its tickets' data's.
pub(super) fn text(event: &Event, order: &str, sheets: &[Arc<str>]) -> Outcome<String> {
    let Subject::Order {
        changes,
        tickets,
        stats,
        session,
        ..
    } = &event.subject
    else {
        return Ok(serde_json::to_string(event)?);
    };
    let length: usize = sheets.iter().map(|sheet| sheet.len() + TICKET).sum();
    let mut text = String::with_capacity(order.len() + length + EVENT);
    let head = Head {
        seq: event.seq,
        at: event.at,
        by: &event.by,
    };
    text.push_str(&open(&head)?);
    text.extend([",\"subject\":{\"order\":{\"order\":", order, ",\"changes\":"]);
    text.push_str(&serde_json::to_string::<Vec<Change>>(changes)?);
    text.push_str(",\"tickets\":[");
    for (index, (ticket, sheet)) in tickets.iter().zip(sheets).enumerate() {
        if index > 0 {
            text.push(',');
        }
        text.push_str(&open(&Stub::of(ticket))?);
        text.extend([",\"data\":", sheet, "}"]);
    }
    text.push_str("],");
    let tail = serde_json::to_string(&Tail { stats, session })?;
    text.push_str(tail.strip_prefix('{').unwrap_or(&tail));
    text.push_str("}}");
    Ok(text)
}

/// Room for what stands around an order, and around a ticket's data.
const EVENT: usize = 512;
const TICKET: usize = 512;

/// An object's JSON without its last brace.
fn open(object: &impl Serialize) -> Outcome<String> {
    let mut text = serde_json::to_string(object)?;
    text.pop();
    Ok(text)
}

#[derive(Serialize)]
struct Head<'a> {
    seq: u64,
    at: jiff::Timestamp,
    by: &'a str,
}

/// A ticket without its data, which stands at its end.
#[derive(Serialize)]
struct Stub<'a> {
    station: &'a str,
    kind: JobKind,
    trigger: Trigger,
    lines: &'a [Line],
    banners: &'a [Banner],
    copies: u32,
    job: Option<&'a JobId>,
    rooms: bool,
    event: &'a str,
}

impl<'a> Stub<'a> {
    fn of(ticket: &'a Ticket) -> Self {
        let Ticket {
            station,
            kind,
            trigger,
            lines,
            banners,
            copies,
            job,
            rooms,
            event,
            data: _,
        } = ticket;
        Self {
            station,
            kind: *kind,
            trigger: *trigger,
            lines,
            banners,
            copies: *copies,
            job: job.as_ref(),
            rooms: *rooms,
            event,
        }
    }
}

#[derive(Serialize)]
struct Tail<'a> {
    stats: &'a Option<Stats>,
    session: &'a Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialects::samples::{event, meal};
    use crate::order::samples::Desk as Sample;
    use crate::order::{Command, Decision};

    fn is_of_one_piece(event: &Event) {
        let Subject::Order { order, tickets, .. } = &event.subject else {
            return;
        };
        let order = serde_json::to_string(order).unwrap();
        let sheets: Vec<Arc<str>> = tickets
            .iter()
            .map(|ticket| ticket.data.to_string().into())
            .collect();
        let told = text(event, &order, &sheets).unwrap();
        assert_eq!(told, serde_json::to_string(event).unwrap());
    }

    #[test]
    fn an_event_of_parts_reads_as_the_event_of_one_piece() {
        let mut desk = Sample::new();
        let made: Decision = desk.order(&meal("cash"));
        let told = event(&desk, made.clone());
        let tickets = matches!(&told.subject, Subject::Order { tickets, .. } if tickets.len() == 2);
        assert!(tickets, "{told:?}");
        is_of_one_piece(&told);
        let confirmed = desk.then(
            &made,
            Command::SetStatus {
                status: crate::order::Status::Confirmed,
            },
        );
        is_of_one_piece(&event(&desk, confirmed));
    }
}
