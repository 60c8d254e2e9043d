//! One connection's outbox: bounded, drained by its socket at once, closed when it overflows.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::lock;
use crate::dialects::{Position, Wire, encode};

/// Most messages that wait for a socket: a screen on a good line is never more than a few behind.
pub const MAX_MESSAGES: usize = 256;
/// Most bytes that wait for a socket.
pub const MAX_BYTES: usize = 1 << 20;
/// Least time between two statistics to one socket: at most twice a second, the last never lost.
const STATS_EVERY: Duration = Duration::from_millis(500);

/// A frame on its way to a socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The text that goes over the wire, shared by all who get it.
    pub text: Arc<str>,
    /// Its place in the log; none for answers and announcements.
    pub position: Option<Position>,
}

/// The outbox overflowed: close the socket with this code and reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the client reads too slowly; connect again and resume from the last event seen")]
pub struct Closed;

impl Closed {
    /// WebSocket close code "try again later" (RFC 6455, IANA registry).
    pub const CODE: u16 = 1013;
}

/// The socket's end of an outbox.
#[derive(Debug)]
pub struct Outbox {
    shared: Arc<Shared>,
    wire: Wire,
    last: Option<Position>,
    stats_after: Instant,
}

/// The hub's end.
#[derive(Debug, Clone)]
pub(super) struct Sender {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    queue: Mutex<Queue>,
    ready: Notify,
    overflow: CancellationToken,
}

#[derive(Debug, Default)]
struct Queue {
    messages: VecDeque<Message>,
    bytes: usize,
    stats: Option<Latest>,
}

/// A value of which only the last counts.
#[derive(Debug, Clone)]
pub(super) struct Latest {
    pub(super) name: &'static str,
    pub(super) data: Arc<Value>,
    pub(super) position: Position,
}

impl Sender {
    /// Puts a message in, or closes the connection where there is no room.
    pub(super) fn push(&self, message: Message) {
        let mut queue = lock(&self.shared.queue);
        if self.shared.overflow.is_cancelled() {
            return;
        }
        let bytes = queue.bytes + message.text.len();
        if queue.messages.len() >= MAX_MESSAGES || (bytes > MAX_BYTES && !queue.messages.is_empty()) {
            *queue = Queue::default();
            self.shared.overflow.cancel();
            return;
        }
        queue.bytes = bytes;
        queue.messages.push_back(message);
        drop(queue);
        self.shared.ready.notify_one();
    }

    /// Replaces the statistics that wait.
    pub(super) fn replace(&self, latest: Latest) {
        lock(&self.shared.queue).stats = Some(latest);
        self.shared.ready.notify_one();
    }
}

impl Outbox {
    pub(super) fn new(wire: Wire) -> Self {
        Self {
            shared: Arc::default(),
            wire,
            last: None,
            stats_after: Instant::now(),
        }
    }

    pub(super) fn sender(&self) -> Sender {
        Sender {
            shared: Arc::clone(&self.shared),
        }
    }

    /// Waits for at least one message and takes all that wait, to be written with one flush.
    /// Cancel-safe.
    ///
    /// # Errors
    /// [`Closed`] once the outbox has overflowed.
    pub async fn recv(&mut self) -> Result<Vec<Message>, Closed> {
        let shared = Arc::clone(&self.shared);
        loop {
            let ready = shared.ready.notified();
            if shared.overflow.is_cancelled() {
                return Err(Closed);
            }
            let messages = self.take(Instant::now());
            if !messages.is_empty() {
                return Ok(messages);
            }
            let stats_wait = lock(&shared.queue).stats.is_some();
            tokio::select! {
                () = ready => {}
                () = shared.overflow.cancelled() => return Err(Closed),
                () = sleep_until(self.stats_after), if stats_wait => {}
            }
        }
    }

    /// Ends when the outbox has overflowed: to be awaited beside a write that may stall.
    pub async fn overflowed(&self) -> Closed {
        self.shared.overflow.cancelled().await;
        Closed
    }

    fn take(&mut self, now: Instant) -> Vec<Message> {
        let shared = Arc::clone(&self.shared);
        let mut queue = lock(&shared.queue);
        queue.bytes = 0;
        let mut messages: Vec<Message> = std::mem::take(&mut queue.messages).into();
        let newest = messages.iter().filter_map(|message| message.position).max();
        self.last = self.last.max(newest);
        let due = now >= self.stats_after;
        let latest = if due { queue.stats.take() } else { None };
        drop(queue);
        if let Some(latest) = latest {
            self.stats_after = now + STATS_EVERY;
            messages.push(self.stats(&latest));
        }
        messages
    }

    /// Statistics that waited take the place of the newest frame sent, so that a client's last
    /// position never moves back.
    fn stats(&mut self, latest: &Latest) -> Message {
        let position = self.last.max(Some(latest.position));
        self.last = position;
        let place = position.map(|position| position.to_string());
        Message {
            text: encode(self.wire, latest.name, &latest.data, place.as_deref()),
            position,
        }
    }
}
