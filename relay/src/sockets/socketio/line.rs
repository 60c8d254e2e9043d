//! What rooms push into: the connection's own queue, without a task between.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use engineioxide::DisconnectReason;
use tokio_util::sync::CancellationToken;

use super::{EngineSocket, MAX_WAITING};
use crate::rooms::{Line, Text};

/// Free places in the queue that a replay waits for, and how many of them it takes. The rest is for
/// pings and answers, which must not find the queue full.
const FREE: usize = MAX_WAITING / 2;
const TAKEN: usize = FREE / 2;
/// How often a replay looks for room in the queue. The client reads meanwhile.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// The hall's end of a connection.
#[derive(Debug)]
pub(super) struct EngineLine {
    socket: EngineSocket,
    out: CancellationToken,
    dismissed: AtomicBool,
}

impl EngineLine {
    pub(super) fn new(socket: EngineSocket) -> Self {
        Self {
            socket,
            out: CancellationToken::new(),
            dismissed: AtomicBool::new(false),
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
    fn push(&self, text: &Text) -> bool {
        self.socket.emit(text.packet()).is_ok()
    }

    fn put_out(&self, dismissed: bool) {
        self.dismissed.store(dismissed, Ordering::Relaxed);
        self.out.cancel();
    }
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
