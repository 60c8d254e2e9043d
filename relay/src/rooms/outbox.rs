//! A connection's outbox: bounded in messages and bytes. Whoever lets it overflow is put out.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Messages that may wait for one socket: a busy kitchen's minute.
pub const MAX_OUTBOX_MESSAGES: usize = 256;
/// Bytes that may wait for one socket.
pub const MAX_OUTBOX_BYTES: usize = 1 << 20;

/// The hall's end.
#[derive(Debug)]
pub(super) struct Sender {
    queue: mpsc::Sender<Arc<str>>,
    bytes: Arc<AtomicUsize>,
    overflowed: CancellationToken,
}

/// The socket's end.
#[derive(Debug)]
pub struct Outbox {
    queue: mpsc::Receiver<Arc<str>>,
    bytes: Arc<AtomicUsize>,
    overflowed: CancellationToken,
}

pub(super) fn channel() -> (Sender, Outbox) {
    let (sender, receiver) = mpsc::channel(MAX_OUTBOX_MESSAGES);
    let bytes = Arc::new(AtomicUsize::new(0));
    let overflowed = CancellationToken::new();
    let near = Sender {
        queue: sender,
        bytes: Arc::clone(&bytes),
        overflowed: overflowed.clone(),
    };
    (
        near,
        Outbox {
            queue: receiver,
            bytes,
            overflowed,
        },
    )
}

impl Sender {
    /// Queues a message; false when it does not fit: the socket is too slow.
    pub(super) fn push(&self, text: Arc<str>) -> bool {
        let size = text.len();
        let waiting = self.bytes.fetch_add(size, Ordering::Relaxed);
        let fits = waiting == 0 || waiting + size <= MAX_OUTBOX_BYTES;
        let queued = fits && self.queue.try_send(text).is_ok();
        if !queued {
            self.overflowed.cancel();
        }
        queued
    }
}

impl Outbox {
    /// The next message; none once the connection was put out.
    pub async fn next(&mut self) -> Option<Arc<str>> {
        let text = self.queue.recv().await?;
        self.bytes.fetch_sub(text.len(), Ordering::Relaxed);
        Some(text)
    }

    /// The next message, if one waits.
    pub fn waiting(&mut self) -> Option<Arc<str>> {
        let text = self.queue.try_recv().ok()?;
        self.bytes.fetch_sub(text.len(), Ordering::Relaxed);
        Some(text)
    }

    /// Cancelled when the outbox overflowed: close with 1013, the client resumes from the log.
    #[must_use]
    pub fn overflowed(&self) -> CancellationToken {
        self.overflowed.clone()
    }
}
