//! A connection's queue: bounded in messages and bytes. Whoever lets it overflow is put out.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use engineioxide::Str;
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Utf8Bytes;
use tokio_util::sync::CancellationToken;

use crate::dialects::Wire;

/// Messages that may wait for one socket: a busy kitchen's minute.
pub const MAX_OUTBOX_MESSAGES: usize = 256;
/// Bytes that may wait for one socket.
pub const MAX_OUTBOX_BYTES: usize = 1 << 20;

/// A frame's text in the form in which its wire sends it, shared by everybody who gets it.
#[derive(Debug, Clone)]
pub enum Text {
    /// A WebSocket message.
    Plain(Utf8Bytes),
    /// A packet of Socket.IO.
    Packet(Str),
}

/// The end of a connection that keeps its own queue.
pub trait Line: std::fmt::Debug + Send + Sync {
    /// Queues a message without waiting; false when it does not fit.
    fn push(&self, text: &Arc<Text>) -> bool;
    /// It was put out: it reads too slowly, or may no longer listen (`dismissed`). Close the socket.
    fn put_out(&self, dismissed: bool);
}

/// The hall's end.
#[derive(Debug)]
pub(super) enum Sender {
    Queue(Queue),
    Line(Arc<dyn Line>),
}

/// The hall's end of an [`Outbox`].
#[derive(Debug)]
pub(super) struct Queue {
    queue: mpsc::Sender<Arc<Text>>,
    bytes: Arc<AtomicUsize>,
    ends: Ends,
}

#[derive(Debug, Clone, Default)]
struct Ends {
    overflowed: CancellationToken,
    dismissed: CancellationToken,
}

/// The socket's end.
#[derive(Debug)]
pub struct Outbox {
    // Shared texts: a channel keeps room for 32 of its messages, used or not, and most sockets rest.
    queue: mpsc::Receiver<Arc<Text>>,
    bytes: Arc<AtomicUsize>,
    ends: Ends,
}

impl Text {
    /// A text for that wire.
    #[must_use]
    pub fn new(wire: Wire, text: &str) -> Self {
        match wire {
            Wire::Station | Wire::Register => Self::Plain(text.into()),
            Wire::SocketIo => Self::Packet(Str::from(text.to_owned())),
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Plain(text) => text.as_str(),
            Self::Packet(text) => text.as_str(),
        }
    }

    /// As a WebSocket message.
    #[must_use]
    pub fn plain(&self) -> Utf8Bytes {
        match self {
            Self::Plain(text) => text.clone(),
            Self::Packet(text) => text.as_str().into(),
        }
    }

    /// As a packet of Socket.IO.
    #[must_use]
    pub fn packet(&self) -> Str {
        match self {
            Self::Plain(text) => Str::from(text.as_str().to_owned()),
            Self::Packet(text) => text.clone(),
        }
    }
}

pub(super) fn channel() -> (Sender, Outbox) {
    let (sender, receiver) = mpsc::channel(MAX_OUTBOX_MESSAGES);
    let bytes = Arc::new(AtomicUsize::new(0));
    let ends = Ends::default();
    let near = Queue {
        queue: sender,
        bytes: Arc::clone(&bytes),
        ends: ends.clone(),
    };
    let far = Outbox {
        queue: receiver,
        bytes,
        ends,
    };
    (Sender::Queue(near), far)
}

impl Sender {
    /// Queues a message; false when it does not fit: the socket is too slow.
    pub(super) fn push(&self, text: &Arc<Text>) -> bool {
        let fits = match self {
            Self::Queue(queue) => queue.push(text),
            Self::Line(line) => line.push(text),
        };
        if !fits {
            match self {
                Self::Queue(queue) => queue.ends.overflowed.cancel(),
                Self::Line(line) => line.put_out(false),
            }
        }
        fits
    }

    /// It may no longer listen.
    pub(super) fn dismiss(&self) {
        match self {
            Self::Queue(queue) => queue.ends.dismissed.cancel(),
            Self::Line(line) => line.put_out(true),
        }
    }
}

impl Queue {
    fn push(&self, text: &Arc<Text>) -> bool {
        let size = text.as_str().len();
        let waiting = self.bytes.fetch_add(size, Ordering::Relaxed);
        let fits = waiting == 0 || waiting + size <= MAX_OUTBOX_BYTES;
        fits && self.queue.try_send(Arc::clone(text)).is_ok()
    }
}

impl Outbox {
    /// The next message; none once the connection was put out.
    pub async fn next(&mut self) -> Option<Arc<Text>> {
        let text = self.queue.recv().await?;
        self.bytes.fetch_sub(text.as_str().len(), Ordering::Relaxed);
        Some(text)
    }

    /// The next message, if one waits.
    pub fn waiting(&mut self) -> Option<Arc<Text>> {
        let text = self.queue.try_recv().ok()?;
        self.bytes.fetch_sub(text.as_str().len(), Ordering::Relaxed);
        Some(text)
    }

    /// Cancelled when the outbox overflowed: close with 1013, the client resumes from the log.
    #[must_use]
    pub fn overflowed(&self) -> CancellationToken {
        self.ends.overflowed.clone()
    }

    /// Whether it may no longer listen: close with 1008.
    #[must_use]
    pub fn is_dismissed(&self) -> bool {
        self.ends.dismissed.is_cancelled()
    }
}
