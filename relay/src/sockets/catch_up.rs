//! Resume: brings a connection what its rooms missed, from the log, at the socket's own pace.
//!
//! While it reads, the connection's seat is held: live frames pass it by. Each join after a resume
//! brings what that room's members missed since the position with which the client came; once the
//! log was read to its end the seat goes live in one step, so that there is no gap and no repeat.

use std::collections::BTreeSet;

use crate::dialects::register::Gap;
use crate::dialects::{Frame, Position, Room, Wire, project};
use crate::metrics;
use crate::rooms::{Ear, Full, Replayed, Seat, Text, replay, text_at};
use crate::service::SharedApp;
use crate::store::StoreError;

/// Events read at once: some hundred kilobytes of frames.
const BATCH: usize = 64;

/// Where one connection stands in its outlet's log.
pub(super) struct CatchUp {
    app: SharedApp,
    wire: Wire,
    is_guest: bool,
    /// Where the client stood when it came; none for one that wants nothing but what comes.
    after: Option<Position>,
    epoch: u64,
    /// The seat is held; its rooms had heard everything up to there.
    held: Option<u64>,
    /// Joined, and not yet begun with.
    waiting: BTreeSet<Room>,
    run: Option<Run>,
    stats: Option<Frame>,
}

/// One way through the log.
struct Run {
    /// The rooms for which it is made.
    new: BTreeSet<Room>,
    /// Up to there the other rooms have heard everything.
    until: u64,
    at: Position,
}

/// What a step came to.
pub(super) enum Step {
    /// To be written before the next step; often nothing.
    Texts(Vec<Text>),
    /// What was missed is not in the log any more: a snapshot instead.
    Gap(Gap),
    /// The seat is live.
    Live,
}

impl CatchUp {
    pub(super) fn new(app: SharedApp, wire: Wire, is_guest: bool, after: Option<Position>) -> Self {
        Self {
            app,
            wire,
            is_guest,
            after,
            epoch: 0,
            held: None,
            waiting: BTreeSet::new(),
            run: None,
            stats: None,
        }
    }

    /// Looks whether the log still has what came after the client's position. Returns where the client
    /// stands from now on: that position, or the newest event, then with a gap where one was asked for.
    pub(super) async fn begin(&mut self, outlet: &str) -> Result<(Position, Option<Gap>), StoreError> {
        let (head, epoch) = self.app.store.head(outlet).await?;
        self.epoch = epoch;
        let here = Position::all_of(head, epoch);
        let Some(after) = self.after else {
            return Ok((here, None));
        };
        let other = after.epoch != epoch || after.seq > head;
        if !other && !self.is_trimmed(outlet, after, head).await? {
            return Ok((after, None));
        }
        self.after = Some(here);
        Ok((here, Some(Gap { head, epoch })))
    }

    /// From now on every join brings what happened after `position`.
    pub(super) fn from(&mut self, position: Position) {
        self.after = Some(position);
    }

    async fn is_trimmed(&self, outlet: &str, after: Position, head: u64) -> Result<bool, StoreError> {
        let read = read_up_to(after);
        if read >= head {
            return Ok(false);
        }
        let next = self.app.store.events_after(outlet, read, 1).await?;
        Ok(next.first().is_none_or(|event| event.seq != read + 1))
    }

    /// Joins a room, and what it missed is to come.
    pub(super) fn join(&mut self, seat: &Seat, room: &Room) -> Result<bool, Full> {
        if self.after.is_none() {
            return seat.join(room);
        }
        if self.held.is_none() {
            self.held = Some(seat.hold());
        }
        let new = seat.join(room)?;
        if new {
            self.waiting.insert(room.clone());
        }
        Ok(new)
    }

    /// Whether there are steps to take.
    pub(super) fn is_running(&self) -> bool {
        self.held.is_some()
    }

    /// Reads on. Safe to drop and call again.
    pub(super) async fn step(&mut self, seat: &Seat) -> Result<Step, StoreError> {
        let at = self.run(seat).at;
        let read = read_up_to(at);
        let events = self.app.store.events_after(seat.outlet(), read, BATCH).await?;
        let Some(first) = events.first() else {
            return Ok(self.at_the_end(seat));
        };
        if first.seq > read + 1 {
            return self.lost(seat).await;
        }
        let mut texts = Vec::new();
        for event in &events {
            let frames = project(self.wire, seat.outlet(), event);
            let ear = self.ear(seat, event.seq);
            let Replayed { texts: more, stats } = replay(event.seq, self.epoch, &frames, at, &ear);
            for (name, text) in more {
                metrics::events_sent(&name, 1);
                texts.push(text);
            }
            self.stats = stats.or(self.stats.take());
        }
        let last = events.last().map_or(read, |event| event.seq);
        self.run(seat).at = Position::all_of(last, self.epoch);
        Ok(Step::Texts(texts))
    }

    fn run(&mut self, seat: &Seat) -> &mut Run {
        let until = *self.held.get_or_insert_with(|| seat.hold());
        let here = Position::all_of(until, self.epoch);
        let new = &mut self.waiting;
        let after = self.after.filter(|_| !new.is_empty()).unwrap_or(here);
        self.run.get_or_insert_with(|| Run {
            new: std::mem::take(new),
            until,
            at: after,
        })
    }

    fn ear(&self, seat: &Seat, seq: u64) -> Ear {
        let mut rooms = seat.rooms();
        rooms.retain(|room| !self.waiting.contains(room));
        let mut heard_in = BTreeSet::new();
        if let Some(run) = self.run.as_ref().filter(|run| seq <= run.until) {
            (rooms, heard_in) = rooms.into_iter().partition(|room| run.new.contains(room));
        }
        Ear {
            rooms,
            heard_in,
            is_guest: self.is_guest,
        }
    }

    fn at_the_end(&mut self, seat: &Seat) -> Step {
        let read = self.run(seat).at.seq;
        if let Some(stats) = self.stats.take() {
            return Step::Texts(vec![text_at(read, self.epoch, &stats, self.is_guest)]);
        }
        if !self.waiting.is_empty() {
            self.run = None;
            self.held = Some(read);
            return Step::Texts(Vec::new());
        }
        if !seat.go_live(read) {
            return Step::Texts(Vec::new());
        }
        self.run = None;
        self.held = None;
        Step::Live
    }

    /// Old events were deleted while we read.
    async fn lost(&mut self, seat: &Seat) -> Result<Step, StoreError> {
        let (head, epoch) = self.app.store.head(seat.outlet()).await?;
        let here = Position::all_of(head, epoch);
        self.epoch = epoch;
        self.after = Some(here);
        let run = self.run(seat);
        run.at = here;
        run.until = head;
        Ok(Step::Gap(Gap { head, epoch }))
    }
}

/// The number of the last event of which nothing is to be read again.
fn read_up_to(at: Position) -> u64 {
    match at.k {
        u32::MAX => at.seq,
        _ => at.seq.saturating_sub(1),
    }
}
