//! What rooms push into: the connection's own queue, without a task between.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use engineioxide::{DisconnectReason, TransportType};
use tokio_util::sync::CancellationToken;

use super::{EngineSocket, MAX_WAITING, SPARE};
use crate::rooms::{Line, MAX_OUTBOX_BYTES, Text};

/// Free places in the queue that a replay waits for, and how many of them it takes. The rest is for
/// pings and answers, which must not find the queue full.
const FREE: usize = MAX_WAITING / 2;
const TAKEN: usize = FREE / 2;
/// How long a client that polls may take to fetch the last word: the way to it and back.
const FETCHED_WITHIN: Duration = Duration::from_secs(1);
/// How often a replay looks for room in the queue. The client reads meanwhile.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// The hall's end of a connection.
#[derive(Debug)]
pub(super) struct EngineLine {
    socket: EngineSocket,
    out: CancellationToken,
    dismissed: AtomicBool,
    /// Messages and bytes queued since it was last looked how many of them still wait.
    messages: AtomicUsize,
    bytes: AtomicUsize,
}

impl EngineLine {
    pub(super) fn new(socket: EngineSocket) -> Self {
        Self {
            socket,
            out: CancellationToken::new(),
            dismissed: AtomicBool::new(false),
            messages: AtomicUsize::new(0),
            bytes: AtomicUsize::new(0),
        }
    }

    /// Cancelled when the hall put this connection out.
    pub(super) fn out(&self) -> CancellationToken {
        self.out.clone()
    }

    /// Whether it may no longer listen; else it was too slow.
    pub(super) fn is_dismissed(&self) -> bool {
        self.dismissed.load(Ordering::Relaxed)
    }
}

impl Line for EngineLine {
    fn push(&self, text: &Arc<Text>) -> bool {
        if !self.fits(text.as_str().len()) {
            return false;
        }
        // The spare places are taken too and given back: events leave them free.
        let Ok(place) = self.socket.reserve() else {
            return false;
        };
        let spare: [_; SPARE] = std::array::from_fn(|_| self.socket.reserve());
        if spare.iter().any(Result::is_err) {
            return false;
        }
        place.emit(text.packet());
        true
    }

    fn put_out(&self, dismissed: bool) {
        self.dismissed.store(dismissed, Ordering::Relaxed);
        self.out.cancel();
    }
}

impl EngineLine {
    /// Whether so many more bytes may wait. What waits is known in messages alone, so it is counted when
    /// enough was queued to matter, and taken to be of average size.
    fn fits(&self, size: usize) -> bool {
        let messages = self.messages.fetch_add(1, Ordering::Relaxed) + 1;
        let bytes = self.bytes.fetch_add(size, Ordering::Relaxed) + size;
        if bytes <= MAX_OUTBOX_BYTES {
            return true;
        }
        let waiting = waiting(&self.socket).min(messages);
        let still = bytes / messages * waiting;
        self.messages.store(waiting, Ordering::Relaxed);
        self.bytes.store(still, Ordering::Relaxed);
        waiting <= 1 || still <= MAX_OUTBOX_BYTES
    }
}

/// Waits until a client that polls has fetched what was said to it, for a while: its next poll would find the
/// session gone. A WebSocket writes what waits before it closes.
pub(super) async fn taken(socket: &EngineSocket) {
    let fetched = async {
        while waiting(socket) > 0 && !socket.is_closed() {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    if socket.transport_type() == TransportType::Polling {
        let _not_in_time = tokio::time::timeout(FETCHED_WITHIN, fetched).await;
    }
}

/// Messages that wait in the queue.
fn waiting(socket: &EngineSocket) -> usize {
    let free: Vec<_> = (0..MAX_WAITING + SPARE)
        .map_while(|_| socket.reserve().ok())
        .collect();
    MAX_WAITING + SPARE - free.len()
}

/// Queues some of the texts once half of the queue is free. Safe to drop and call again.
pub(super) async fn pour(socket: &EngineSocket, texts: &mut VecDeque<Text>) {
    while !has_room(socket) {
        if socket.is_closed() {
            texts.clear();
            return;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    for _ in 0..TAKEN {
        let Some(text) = texts.pop_front() else { return };
        if socket.emit(text.packet()).is_err() {
            socket.close(DisconnectReason::TransportError);
            return;
        }
    }
    // The writer gets its turn before the queue is looked at again.
    tokio::task::yield_now().await;
}

fn has_room(socket: &EngineSocket) -> bool {
    let permits: Vec<_> = (0..FREE).map_while(|_| socket.reserve().ok()).collect();
    permits.len() == FREE
}
