//! What agents and people say of jobs, inside the clerk's transaction: the row, its fate, what follows.

use std::sync::Arc;

use protocol::{Banner, JobId, JobKind, JobState};
use serde_json::Value;

use super::books::Counter;
use super::deeds;
use super::desk::{Desk, Outcome};
use super::fate::{self, Wished};
use super::sql::jobs::JobRow;
use super::sql::{jobs, orders, stations};
use super::{Acked, AgentUpdate, Holder, Job, JobWish, OutletId, StoreError, UpdateStored, told, transact};
use crate::order::{Actor, Change, Event, Subject};
use crate::routing::{LedgerJob, Ticket, Trigger, late_void, reprint_lines};

/// `job_ack`.
pub(super) fn ack(
    desk: &mut Desk<'_>,
    outlet: &OutletId,
    id: &JobId,
    device: &str,
    spool: Option<&str>,
    fence: u64,
) -> Outcome<Acked> {
    let mut row = job(desk, outlet, id)?;
    let (station, backup) = (holder(desk, &row)?, borrower(desk, &row)?);
    let speaks = may_speak(&row, station.as_ref(), device) || is_at(backup.as_ref(), device);
    if desk.books.fence(desk.conn, outlet, device)? != fence || !speaks {
        return Ok(Acked::Fenced);
    }
    let before = row.job.state;
    let (acked, changed) = fate::ack(&mut row, device, spool, desk.now);
    if before == JobState::Accepted && changed {
        // Whoever has it first prints it.
        let home = is_at(station.as_ref(), device);
        row.diverted = row.lent.clone().filter(|_| !home);
    }
    if changed {
        save(desk, &row, before)?;
    }
    Ok(acked)
}

/// `job_update`.
pub(super) fn update(
    desk: &mut Desk<'_>,
    outlet: &OutletId,
    device: &str,
    said: &AgentUpdate,
    fence: u64,
) -> Outcome<UpdateStored> {
    let mut row = job(desk, outlet, &said.job_id)?;
    let (station, backup) = (holder(desk, &row)?, borrower(desk, &row)?);
    let speaks = may_speak(&row, station.as_ref(), device) || is_at(backup.as_ref(), device);
    // A device that gave a job back says so until it is settled, whoever has the job now.
    if desk.books.fence(desk.conn, outlet, device)? != fence || !(speaks || fate::gave_back(&row, said)) {
        return Err(StoreError::Fenced);
    }
    let spool = [station, backup]
        .into_iter()
        .flatten()
        .find(|station| station.device == device)
        .and_then(|station| station.spool);
    let before = row.job.state;
    let updated = fate::update(&mut row, device, spool.as_deref(), said, desk.now);
    if updated.changed {
        save(desk, &row, before)?;
    }
    if updated.given_back {
        desk.out
            .nudge(outlet, row.diverted.as_ref().unwrap_or(&row.job.header.station));
    }
    if updated.withdraw_copy {
        tell(desk, &row.job, JobWish::Cancel);
    }
    if let Some(wish) = fate::unheard(&row, said.state) {
        tell(desk, &row.job, wish);
    }
    if updated.needs_void {
        void(desk, &row)?;
    }
    let state = row.job.state;
    // Of the last word of a device that does not hold the job there is nothing more to say.
    let settled = said.state.is_final() && (state.is_final() || updated.by_stranger || updated.given_back);
    Ok(UpdateStored { state, settled })
}

/// What a person asks of a job.
pub(super) fn wish(
    desk: &mut Desk<'_>,
    outlet: &OutletId,
    id: &JobId,
    wish: JobWish,
    by: &Actor,
) -> Outcome<Job> {
    let mut row = job(desk, outlet, id)?;
    let before = row.job.state;
    let deed = deeds::of_job(wish, &row.job.header.station, row.job.header.number);
    match fate::wish(&mut row, wish, &transact::who(by), desk.now).map_err(StoreError::Conflict)? {
        Wished::Done => save(desk, &row, before)?,
        Wished::Tell => {
            save(desk, &row, before)?;
            tell(desk, &row.job, wish);
        }
        Wished::Copy => row = copy(desk, &row, by)?,
    }
    deeds::audit(desk, outlet, by, deed)?;
    Ok(fate::present(row, None, desk.now))
}

/// A job that nobody took in its time; `false` where somebody did meanwhile.
pub(super) fn expire(desk: &mut Desk<'_>, outlet: &OutletId, id: &str) -> Outcome<bool> {
    let Some(mut row) = jobs::get(desk.conn, outlet, id)? else {
        return Ok(false);
    };
    let before = row.job.state;
    let expired = fate::expire(&mut row, desk.now);
    if expired {
        save(desk, &row, before)?;
    }
    Ok(expired)
}

/// The device becomes the one that prints at the station. What may be in the hands of whoever was it before
/// (offered up to `offered`, or in a row that an earlier process may have offered) is offered marked.
pub(super) fn claim(
    desk: &mut Desk<'_>,
    outlet: &OutletId,
    new: &Holder,
    offered: u64,
    earlier_row: i64,
) -> Outcome<()> {
    let old = stations::holder(desk.conn, outlet, &new.station)?;
    let Some(old) = old else {
        return Ok(stations::put_holder(desk.conn, outlet, new)?);
    };
    let same_device = old.device == new.device;
    if same_device && (new.spool.is_none() || old.spool == new.spool) {
        return Ok(());
    }
    // A device that names its spool for the first time has not lost one.
    if !same_device || old.spool.is_some() {
        jobs::doubt(desk.conn, outlet, &new.station, offered, earlier_row)?;
        jobs::doubt_lent(desk.conn, outlet, &new.station)?;
    }
    let before = if same_device { old.before } else { Some(old.device) };
    stations::put_holder(
        desk.conn,
        outlet,
        &Holder {
            before,
            ..new.clone()
        },
    )?;
    desk.out.nudge(outlet, &new.station);
    Ok(())
}

/// The station is free for whoever asks next, and whatever was not acknowledged is in doubt.
pub(super) fn vacate(desk: &mut Desk<'_>, outlet: &OutletId, station: &str) -> Outcome<()> {
    jobs::doubt(desk.conn, outlet, station, u64::MAX, i64::MAX)?;
    jobs::doubt_lent(desk.conn, outlet, station)?;
    Ok(stations::drop_holder(desk.conn, outlet, station)?)
}

/// The newest connection of a device wins: its number.
pub(super) fn attach(desk: &mut Desk<'_>, outlet: &OutletId, device: &str) -> Outcome<u64> {
    desk.books.next(desk.conn, outlet, Counter::Fence(device.into()))
}

/// Writes a job, and says after the commit where it stands if that is new.
pub(super) fn save(desk: &mut Desk<'_>, row: &JobRow, before: JobState) -> Outcome<()> {
    jobs::update(desk.conn, row)?;
    if row.job.state != before {
        let Job {
            outlet,
            header,
            state,
            ..
        } = &row.job;
        desk.out.jobs.push((
            Arc::clone(outlet),
            header.id.clone(),
            header.station.clone(),
            *state,
        ));
    }
    Ok(())
}

/// After the commit the job's holder hears of a wish.
pub(super) fn tell(desk: &mut Desk<'_>, job: &Job, wish: JobWish) {
    if let Some((device, _)) = &job.holder {
        desk.out.wishes.push((
            Arc::clone(&job.outlet),
            job.header.id.clone(),
            device.clone(),
            wish,
        ));
    }
}

fn job(desk: &Desk<'_>, outlet: &OutletId, id: &JobId) -> Outcome<JobRow> {
    jobs::get(desk.conn, outlet, id.as_str())?.ok_or_else(|| StoreError::NotFound {
        what: "job",
        id: id.to_string(),
    })
}

fn holder(desk: &Desk<'_>, row: &JobRow) -> Outcome<Option<Holder>> {
    Ok(stations::holder(
        desk.conn,
        &row.job.outlet,
        &row.job.header.station,
    )?)
}

/// Who prints at the station that the job was lent to.
fn borrower(desk: &Desk<'_>, row: &JobRow) -> Outcome<Option<Holder>> {
    let Some(lent) = row.lent.as_deref() else {
        return Ok(None);
    };
    Ok(stations::holder(desk.conn, &row.job.outlet, lent)?)
}

fn is_at(station: Option<&Holder>, device: &str) -> bool {
    station.is_some_and(|station| station.device == device || station.before.as_deref() == Some(device))
}

/// A device speaks of jobs that it holds, and of those of a station that it has or had last.
fn may_speak(row: &JobRow, station: Option<&Holder>, device: &str) -> bool {
    let holds = row
        .job
        .holder
        .as_ref()
        .is_some_and(|(holder, _)| holder == device);
    holds || is_at(station, device)
}

/// A withdrawn job is on paper after all: what its station has too much of is voided behind it. The rooms
/// have heard of it already.
fn void(desk: &mut Desk<'_>, row: &JobRow) -> Outcome<()> {
    let outlet = &row.job.outlet;
    let Some(order) = row.job.order_id.as_deref() else {
        return Ok(());
    };
    let Some(kept) = orders::kept(desk.conn, outlet, order)? else {
        return Ok(());
    };
    let ledger = jobs::ledger(desk.conn, outlet, order)?;
    let settings = desk.books.settings(desk.conn, outlet)?;
    let ticket = late_void(&as_ledger(row), &kept.order, &ledger, &settings, &mut || {
        desk.new_id()
    });
    if let Some(ticket) = ticket {
        put(desk, row, &ticket)?;
    }
    Ok(())
}

fn as_ledger(row: &JobRow) -> LedgerJob {
    LedgerJob {
        id: row.job.header.id.clone(),
        station: row.job.header.station.clone(),
        kind: row.job.header.kind,
        state: row.job.state,
        lines: row.lines.clone(),
        cancel_requested: row.job.cancel_requested,
    }
}

/// A new job with the same ticket, headed REPRINT.
fn copy(desk: &mut Desk<'_>, row: &JobRow, by: &Actor) -> Outcome<JobRow> {
    let ticket = reprint(desk, row)?;
    let new = put(desk, row, &ticket)?;
    tell_rooms(desk, row, ticket, by)?;
    Ok(new)
}

/// A person sends a ticket to another station's printer: a marked copy there, and the first is withdrawn where it
/// may still print. Both may come out, since an agent may have begun meanwhile; so the copy says REPRINT too.
pub(super) fn send(desk: &mut Desk<'_>, outlet: &OutletId, id: &JobId, to: &str, by: &Actor) -> Outcome<Job> {
    let row = job(desk, outlet, id)?;
    let from = row.job.header.station.clone();
    let refused = |why: String| Err(StoreError::Conflict(why));
    if from == to {
        return refused(format!(
            "this job is at {to} already; leave out `station` to print it there again"
        ));
    }
    if row.job.state == JobState::Printing {
        return refused("this job is printing; wait until it is known how that ended".to_owned());
    }
    if stations::holder(desk.conn, outlet, to)?.is_none() {
        return refused(format!(
            "no computer prints for {to}; GET /api/stations lists those that do"
        ));
    }
    let mut ticket = reprint(desk, &row)?;
    to.clone_into(&mut ticket.station);
    if !ticket
        .banners
        .iter()
        .any(|banner| matches!(banner, Banner::Backup { .. }))
    {
        ticket.banners.push(Banner::Backup {
            station: from.clone(),
        });
    }
    let new = put(desk, &row, &ticket)?;
    tell_rooms(desk, &row, ticket, by)?;
    if !row.job.state.is_final() {
        wish(desk, outlet, id, JobWish::Cancel, by)?;
    }
    let number = row.job.header.number;
    deeds::audit(
        desk,
        outlet,
        by,
        format!("ticket {number} of {from} was sent to {to}"),
    )?;
    Ok(fate::present(new, None, desk.now))
}

fn tell_rooms(desk: &mut Desk<'_>, row: &JobRow, ticket: Ticket, by: &Actor) -> Outcome<()> {
    let outlet = &row.job.outlet;
    let Some(order) = row.job.order_id.as_deref() else {
        return Ok(());
    };
    let Some(kept) = orders::kept(desk.conn, outlet, order)? else {
        return Ok(());
    };
    let seq = desk.books.next(desk.conn, outlet, Counter::Event)?;
    let changes = vec![Change::Reprinted {
        station: Some(ticket.station.clone()),
    }];
    let id = kept.order.id.clone();
    let subject = Subject::Order {
        order: Box::new(kept.order),
        changes,
        tickets: vec![ticket],
        stats: None,
        session: kept.internal.session,
    };
    let event = Event {
        seq,
        at: desk.now,
        by: transact::who(by),
        subject,
    };
    told::record(desk, outlet, event, Some(&id)).map(|_| ())
}

fn put(desk: &mut Desk<'_>, row: &JobRow, ticket: &Ticket) -> Outcome<JobRow> {
    let settings = desk.books.settings(desk.conn, &row.job.outlet)?;
    let id = ticket.job.clone().unwrap_or_else(|| JobId::new(desk.new_id()));
    let order = row.job.order_id.clone().zip(row.job.order_number.as_deref());
    transact::number(desk, &row.job.outlet, &settings, ticket, id, order)
}

fn reprint(desk: &Desk<'_>, row: &JobRow) -> Outcome<Ticket> {
    let header = &row.job.header;
    let trigger = Trigger::Reprint;
    let mut data: Value = serde_json::from_str(&row.job.data)?;
    if let Some(data) = data.as_object_mut() {
        data.insert("print_trigger".into(), serde_json::to_value(trigger)?);
    }
    let others = header
        .banners
        .iter()
        .filter(|banner| **banner != Banner::Reprint)
        .cloned();
    Ok(Ticket {
        station: header.station.clone(),
        kind: header.kind,
        trigger,
        lines: reprint_lines(&as_ledger(row)),
        banners: std::iter::once(Banner::Reprint).chain(others).collect(),
        copies: header.copies,
        job: Some(JobId::new(desk.new_id())),
        // As in `routing`: rooms do not hear of bills.
        rooms: header.kind != JobKind::Receipt,
        event: row.job.event.clone(),
        data,
    })
}
